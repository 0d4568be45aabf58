//! What a sandboxed process may access, as plain data: paths with the access below them, and whether it
//! has a network. Nothing here reads the machine, so the policy can be tested, and the denial watcher
//! can ask it the same questions as the kernel.

use std::path::{Component, Path, PathBuf};

/// The access to a file, or to everything below a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::exec) enum Access {
    /// Read, list and execute.
    Read,
    /// Everything except creating devices.
    Write,
    /// Read, write and control an existing device.
    Device,
    /// Read and write an existing file.
    InPlace,
}

impl Access {
    /// All of them, in the order of their numbers in [`super::wire`].
    pub(super) const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Device, Self::InPlace];

    fn writes(self) -> bool {
        self != Self::Read
    }
}

/// A file or folder, and the access to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::exec) struct Rule {
    /// The access.
    pub(super) access: Access,
    /// The absolute path.
    pub(super) path: PathBuf,
}

/// What a sandboxed process may access.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::exec) struct SandboxPolicy {
    /// The files; everything else is denied.
    pub(super) rules: Vec<Rule>,
    /// Whether IPv4 and IPv6 are allowed.
    pub(super) has_network: bool,
}

impl SandboxPolicy {
    /// Allows access to a path. Ignores relative paths and those with `..`.
    pub(super) fn allow(&mut self, access: Access, path: impl Into<PathBuf>) {
        let path = path.into();
        let is_plain = !path.components().any(|part| part == Component::ParentDir);
        let rule = Rule { access, path };
        if rule.path.is_absolute() && is_plain && !self.rules.contains(&rule) {
            self.rules.push(rule);
        }
    }

    /// Allows access to several paths.
    pub(super) fn allow_all<P: Into<PathBuf>>(
        &mut self,
        access: Access,
        paths: impl IntoIterator<Item = P>,
    ) {
        for path in paths {
            self.allow(access, path);
        }
    }

    /// Returns whether a path without links may be read.
    pub(super) fn can_read(&self, path: &Path) -> bool {
        self.rules.iter().any(|rule| path.starts_with(&rule.path))
    }

    /// Returns whether a path without links may be written.
    pub(super) fn can_write(&self, path: &Path) -> bool {
        self.rules.iter().any(|rule| rule.access.writes() && path.starts_with(&rule.path))
    }
}

/// Folders with the system's programs and what they need to run.
pub(super) const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/opt",
    "/nix/store",
    "/gnu/store",
    "/home/linuxbrew/.linuxbrew",
    "/run/current-system",
    "/run/systemd/resolve",
    "/snap",
    "/proc",
    "/sys/devices/system",
    "/sys/fs/cgroup",
    "/sys/kernel/mm",
    "/var/cache/fontconfig",
    "/var/lib/ghc",
    "/var/lib/texmf",
];

/// Devices that every program may use. Terminals are not among them: a run has its own open already,
/// and `/dev/pts` would give access to its user's.
pub(super) const DEVICES: &[&str] = &[
    "/dev/full",
    "/dev/null",
    "/dev/ptmx",
    "/dev/random",
    "/dev/tty",
    "/dev/urandom",
    "/dev/zero",
];

/// Entries of `/etc` that are denied to root. For other users, file modes protect them.
pub(super) const SECRETS: &[&str] = &[
    "NetworkManager",
    "cups",
    "docker",
    "gshadow",
    "gshadow-",
    "ipsec.d",
    "ipsec.secrets",
    "krb5.keytab",
    "kubernetes",
    "letsencrypt",
    "openvpn",
    "ppp",
    "rancher",
    "security",
    "shadow",
    "shadow-",
    "ssh",
    "sudoers",
    "sudoers.d",
    "wireguard",
    "wpa_supplicant",
];

/// Folders with whole toolchains, and nothing of their user's.
const TOOLCHAIN_HOMES: &[&str] = &[
    ".asdf", ".bun", ".deno", ".dotnet", ".ghcup", ".juliaup", ".nodenv", ".nvm", ".pyenv",
    ".rbenv", ".sdkman", ".volta",
];

/// Folders beside a `bin` folder that belong to its programs.
const BESIDE_BIN: &[&str] = &["include", "lib", "lib64", "libexec"];

/// Returns the toolchain folder that contains a path: `/home/u/.pyenv` for `/home/u/.pyenv/shims`.
pub(super) fn toolchain_home(path: &Path) -> Option<PathBuf> {
    let is_home =
        |part: &Component<'_>| TOOLCHAIN_HOMES.iter().any(|name| part.as_os_str() == *name);
    let depth = path.components().position(|part| is_home(&part))?;
    Some(path.components().take(depth + 1).collect())
}

/// Returns what the programs in a folder of `PATH` need to read. Never `home` itself or its parents.
pub(super) fn program_folders(folder: &Path, home: Option<&Path>) -> Vec<PathBuf> {
    if let Some(toolchain) = toolchain_home(folder) {
        return vec![toolchain];
    }
    if is_too_broad(folder, home) {
        return Vec::new();
    }
    let mut folders = vec![folder.to_owned()];
    let prefix = folder.parent().filter(|_| folder.ends_with("bin"));
    if let Some(prefix) = prefix.filter(|prefix| !is_too_broad(prefix, home)) {
        folders.extend(BESIDE_BIN.iter().map(|name| prefix.join(name)));
    }
    folders
}

/// Returns whether a folder contains more than a deck or a toolchain: the home folder, its parents, or
/// a folder that all users share.
pub(super) fn is_too_broad(folder: &Path, home: Option<&Path>) -> bool {
    const SHARED: &[&str] = &["/", "/dev/shm", "/home", "/root", "/tmp", "/var/tmp"];
    SHARED.iter().any(|shared| folder == Path::new(shared))
        || home.is_some_and(|home| home.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn only_named_paths_are_allowed() {
        let mut policy = SandboxPolicy::default();
        policy.allow(Access::Read, "/usr");
        policy.allow(Access::Write, "/tmp/t");
        policy.allow(Access::Read, "relative");
        policy.allow(Access::Read, "/usr/../etc");
        assert_eq!(policy.rules.len(), 2);
        assert!(policy.can_read(Path::new("/usr/bin/python3")));
        assert!(!policy.can_read(Path::new("/usrlocal")));
        assert!(!policy.can_write(Path::new("/usr/bin")));
        assert!(policy.can_write(Path::new("/tmp/t/x")) && policy.can_read(Path::new("/tmp/t")));
        assert!(!policy.can_read(Path::new("/etc/shadow")));
    }

    #[test]
    fn programs_open_their_toolchain_not_the_home_folder() {
        let home = Some(Path::new("/home/u"));
        let folders = |path: &str| program_folders(Path::new(path), home);
        assert_eq!(folders("/home/u/.pyenv/plugins/x/shims"), paths(&["/home/u/.pyenv"]));
        assert_eq!(folders("/home/u/bin"), paths(&["/home/u/bin"]));
        let local = paths(&[
            "/home/u/.local/bin",
            "/home/u/.local/include",
            "/home/u/.local/lib",
            "/home/u/.local/lib64",
            "/home/u/.local/libexec",
        ]);
        assert_eq!(folders("/home/u/.local/bin"), local);
        assert_eq!(folders("/home/u"), paths(&[]));
        assert_eq!(folders("/home"), paths(&[]));
    }

    #[test]
    fn home_and_shared_folders_are_too_broad() {
        let home = Some(Path::new("/home/u"));
        for broad in ["/", "/tmp", "/home", "/home/u"] {
            assert!(is_too_broad(Path::new(broad), home), "{broad}");
        }
        for fine in ["/tmp/deck", "/home/u/talks"] {
            assert!(!is_too_broad(Path::new(fine), home), "{fine}");
        }
    }
}
