//! Finds what the sandbox has refused in a block's own output. The kernel reports refusals only to the
//! program, so they are read from its error messages: the words of an error, and the path beside them,
//! which counts only if the policy does deny it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::policy::SandboxPolicy;

/// How much of a line is scanned: error messages are shorter.
const MAX_LINE_BYTES: usize = 4096;

/// How many different denials are reported for one run.
const MAX_NOTICES: usize = 4;

/// Messages of errors about files and system calls.
const DENIED: &[&str] = &[
    "Permission denied",
    "PermissionDenied",
    "PermissionError",
    "EACCES",
    "permission denied",
    "Operation not permitted",
    "operation not permitted",
    "EPERM",
    "Invalid cross-device link",
];

/// Parts of those that are about files only.
const FILE_ERRORS: &[&str] = &["ermission denied", "EACCES", "cross-device link"];

/// The folder with the files of processes.
const PROC: &str = "/proc";

/// Messages of errors about connections.
const NETWORK_ERRORS: &[&str] = &[
    "Network is down",
    "network is down",
    "ENETDOWN",
    "Network is unreachable",
    "Could not resolve host",
    "Name or service not known",
    "Temporary failure in name resolution",
    "failed to lookup address",
    "getaddrinfo",
    "offline mode",
];

/// Messages of errors about sockets of other families.
const SOCKET_ERRORS: &[&str] = &[
    "Address family not supported",
    "EAFNOSUPPORT",
    "Failed to connect to bus",
    "cannot open display",
    "can't open display",
];

/// What was refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Denial {
    Network,
    Sockets,
    Signal,
    Process,
    Reading(PathBuf),
    Writing(PathBuf),
    File,
    Call,
}

/// What a path in a message names.
enum PathVerdict {
    /// A file that the policy allows.
    Allowed,
    /// A file that it denies.
    Denied(Denial),
    /// No file, or one of the run itself.
    Irrelevant,
}

/// Scans the output of one run.
#[derive(Debug)]
pub(in crate::exec) struct DenialWatcher {
    policy: SandboxPolicy,
    directory: PathBuf,
    home: Option<PathBuf>,
    /// The temporary folder of the talk.
    own: Option<PathBuf>,
    line: Vec<u8>,
    found: BTreeSet<Denial>,
}

impl DenialWatcher {
    /// Creates a scanner that has found nothing.
    pub(super) fn new(
        policy: SandboxPolicy,
        directory: PathBuf,
        (home, own): (Option<PathBuf>, Option<PathBuf>),
    ) -> Self {
        Self { policy, directory, home, own, line: Vec::new(), found: BTreeSet::new() }
    }

    /// Scans the next output.
    pub(in crate::exec) fn feed(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let left = MAX_LINE_BYTES.saturating_sub(self.line.len());
            self.line.extend_from_slice(&part[..part.len().min(left)]);
            if part.ends_with(b"\n") || part.ends_with(b"\r") {
                self.end_line();
            }
        }
    }

    /// Returns the denials as lines to show below the output, if there were any.
    pub(in crate::exec) fn finish(mut self) -> Option<Vec<u8>> {
        let has_open_line = !self.line.is_empty();
        self.end_line();
        if self.found.is_empty() {
            return None;
        }
        let mut notices = if has_open_line { "\n".to_owned() } else { String::new() };
        for denial in self.found.iter().take(MAX_NOTICES) {
            let _ = writeln!(notices, "\x1b[33msandboxed: {}\x1b[0m", self.message(denial));
        }
        Some(notices.into_bytes())
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if self.found.len() >= MAX_NOTICES || line.len() < "EPERM".len() {
            return;
        }
        let line = without_escapes(&String::from_utf8_lossy(&line));
        if let Some(denial) = self.find_denial(&line) {
            self.found.insert(denial);
        }
    }

    fn find_denial(&self, line: &str) -> Option<Denial> {
        let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
        if has(SOCKET_ERRORS) {
            return Some(Denial::Sockets);
        }
        if has(NETWORK_ERRORS) {
            return Some(Denial::Network).filter(|_| !self.policy.has_network);
        }
        if !has(DENIED) {
            return None;
        }
        if has(&["not permitted"]) && line.contains("kill") {
            return Some(Denial::Signal);
        }
        let mut is_allowed = false;
        for path in paths(line) {
            match self.judge(&path) {
                PathVerdict::Denied(denial) => return Some(denial),
                PathVerdict::Allowed => is_allowed = true,
                PathVerdict::Irrelevant => {}
            }
        }
        // The policy allows the file: its own mode denied the access.
        if is_allowed && has(FILE_ERRORS) {
            return None;
        }
        Some(match () {
            () if has(FILE_ERRORS) => Denial::File,
            () => Denial::Call,
        })
    }

    /// Returns what the policy says about a path.
    fn judge(&self, named: &str) -> PathVerdict {
        let path = self.directory.join(named);
        let to_be_created = || {
            let folder = path.parent().filter(|_| named.starts_with('/'))?.canonicalize();
            Some(folder.ok()?.join(path.file_name()?))
        };
        let Some(real) = path.canonicalize().ok().or_else(to_be_created) else {
            return PathVerdict::Irrelevant;
        };
        // Messages start with the path of the block's own script.
        if self.own.as_ref().is_some_and(|own| real.starts_with(own)) {
            return PathVerdict::Irrelevant;
        }
        match () {
            () if real.starts_with(PROC) => PathVerdict::Denied(Denial::Process),
            () if !self.policy.can_read(&real) => PathVerdict::Denied(Denial::Reading(path)),
            () if !self.policy.can_write(&real) => PathVerdict::Denied(Denial::Writing(path)),
            () => PathVerdict::Allowed,
        }
    }

    fn message(&self, denial: &Denial) -> String {
        match denial {
            Denial::Network => "no network (allow with `--sandbox=net`)".to_owned(),
            Denial::Sockets => {
                "no sockets of other programs: D-Bus, X11, agents (run it without the sandbox)"
                    .to_owned()
            }
            Denial::Signal => {
                "no signals to other programs (run it without the sandbox)".to_owned()
            }
            Denial::Process => {
                "other processes are out of reach (run it without the sandbox)".to_owned()
            }
            Denial::Reading(path) => {
                let path = self.short(path);
                format!("{path} is out of reach (copy it beside the deck)")
            }
            Denial::Writing(path) => {
                format!("{} can only be read (write to `$TMPDIR`)", self.short(path))
            }
            Denial::File => {
                "a file is out of reach (copy it beside the deck, write to `$TMPDIR`)".to_owned()
            }
            Denial::Call => {
                "something reaches beyond the sandbox (run it without the sandbox)".to_owned()
            }
        }
    }

    /// Returns a path as users write it: `~` for the home folder, no control characters.
    fn short(&self, path: &Path) -> String {
        let below = self.home.as_deref().and_then(|home| path.strip_prefix(home).ok());
        let short = match below {
            Some(rest) if rest.as_os_str().is_empty() => PathBuf::from("~"),
            Some(rest) => Path::new("~").join(rest),
            None => path.to_owned(),
        };
        short.to_string_lossy().chars().map(|it| if it.is_control() { '?' } else { it }).collect()
    }
}

/// Returns the parts of a message that may be paths: quoted text, the part before the error, words
/// with a leading slash.
fn paths(line: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for quote in ['\'', '"', '`', '‘'] {
        let end = if quote == '‘' { '’' } else { quote };
        let parts = line.split([quote, end]).skip(1).step_by(2);
        paths.extend(
            parts.filter(|part| part.contains('/') || part.contains('.')).map(str::to_owned),
        );
    }
    let before: Vec<&str> = line.split(": ").map(str::trim).collect();
    let at = before.iter().position(|part| DENIED.iter().any(|word| part.starts_with(word)));
    paths.extend(at.and_then(|at| before.get(at.checked_sub(1)?)).map(|part| (*part).to_owned()));
    let words = line.split([' ', ':', ',', '(', ')', '\'', '"', '`']);
    paths.extend(words.filter(|word| word.starts_with('/')).map(str::to_owned));
    paths.retain(|path| !path.is_empty() && !path.contains('\0'));
    paths
}

/// Returns a line without escape sequences.
fn without_escapes(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(next) = rest.next() {
        if next != '\x1b' {
            plain.extend(Some(next).filter(|it| !it.is_control()));
            continue;
        }
        // A colour sequence ends with a letter.
        let _ = rest.find(char::is_ascii_alphabetic);
    }
    plain
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn denials(policy: SandboxPolicy, output: &str) -> String {
        let home = Some(PathBuf::from("/root"));
        let mut watcher = DenialWatcher::new(policy, PathBuf::from("/usr"), (home, None));
        // Output may arrive in two parts.
        let (one, two) = output.as_bytes().split_at(output.len() / 2);
        watcher.feed(one);
        watcher.feed(two);
        let notices = String::from_utf8(watcher.finish().unwrap_or_default()).unwrap();
        without_escapes(&notices).trim_start_matches("sandboxed: ").to_owned()
    }

    #[rstest]
    #[case("cat: /root/x: Permission denied\r\n", "~/x is out of reach (copy it beside the deck)")]
    #[case(
        "\x1b[31mPermissionError: [Errno 13] Permission denied: '/root/x'\x1b[0m\n",
        "~/x is out of reach (copy it beside the deck)"
    )]
    #[case(
        "bash: line 1: /usr/x: Permission denied\n",
        "/usr/x can only be read (write to `$TMPDIR`)"
    )]
    #[case(
        "cannot open 'x.txt': Permission denied\n",
        "a file is out of reach (copy it beside the deck, write to `$TMPDIR`)"
    )]
    #[case("curl: (6) Could not resolve host: a.org\n", "no network (allow with `--sandbox=net`)")]
    #[case("OSError: [Errno 100] Network is down", "no network (allow with `--sandbox=net`)")]
    #[case(
        "bash: line 1: kill: (1) - Operation not permitted\n",
        "no signals to other programs (run it without the sandbox)"
    )]
    #[case(
        "Os { code: 1, kind: PermissionDenied, message: \"Operation not permitted\" }\n",
        "something reaches beyond the sandbox (run it without the sandbox)"
    )]
    #[case("all is well\n", "")]
    fn denial_is_found_in_the_output(#[case] output: &str, #[case] expected: &str) {
        let mut policy = SandboxPolicy::default();
        policy.allow(crate::exec::sandbox::policy::Access::Read, "/usr");
        assert_eq!(denials(policy, output), expected);
    }

    #[test]
    fn allowed_paths_are_not_reported() {
        let mut policy = SandboxPolicy { has_network: true, ..SandboxPolicy::default() };
        policy.allow(crate::exec::sandbox::policy::Access::Write, "/usr");
        assert_eq!(denials(policy.clone(), "getaddrinfo failed\n"), "");
        assert_eq!(denials(policy, "rm: cannot remove '/usr/x': Permission denied\n"), "");
    }

    #[test]
    fn reports_are_limited() {
        let mut watcher =
            DenialWatcher::new(SandboxPolicy::default(), PathBuf::from("/"), (None, None));
        for number in 0..1000 {
            watcher.feed(format!("cat: /usr/{number}: Permission denied\n").as_bytes());
        }
        watcher.feed(&vec![b'x'; 100_000]);
        assert!(watcher.line.len() <= MAX_LINE_BYTES);
        let notices = watcher.finish().unwrap();
        let rows = String::from_utf8(notices).unwrap();
        assert_eq!(rows.matches("sandboxed").count(), MAX_NOTICES);
    }
}
