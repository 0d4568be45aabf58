//! Starts processes with `posix_spawn`.
//!
//! `std` cannot start a session without `pre_exec`, and with `pre_exec` it really forks: 45 ms for a
//! large program, where `posix_spawn` takes less than one. The child gets its own session, so it cannot
//! reach the speaker's terminal through `/dev/tty`, the speaker's ctrl-c does not reach it, and one
//! signal to its group reaches all it started. A run's programs are started by the keeper of its terminal
//! instead, which has the terminal as `/dev/tty`; a server that a snippet leaves running gets no SIGHUP
//! when the snippet ends.

mod posix;

use std::collections::BTreeMap;
use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{Mode, OFlags};
use rustix::process::Pid;

use self::posix::{FileActions, Place};
use super::keeper::{Keeper, KeptProgram};
use super::process_tag::{self, Owner, start_as};
use super::scheduling::shorten_time_slice;
use crate::exec::sandbox::{self, DeckSandbox};

pub(in crate::exec) use self::posix::keep_inherited_files;

/// Changes to the child's environment: it writes to a terminal that we emulate, whatever the
/// speaker's own terminal is. `None` removes a variable.
const TERMINAL_VARIABLES: &[(&str, Option<&str>)] = &[
    ("TERM", Some("xterm-256color")),
    ("COLORTERM", Some("truecolor")),
    ("COLUMNS", None),
    ("LINES", None),
    ("KITTY_PID", None),
    ("KITTY_WINDOW_ID", None),
    ("STY", None),
    ("TERM_PROGRAM", None),
    ("TERM_PROGRAM_VERSION", None),
    ("TMUX", None),
    ("TMUX_PANE", None),
    ("WEZTERM_PANE", None),
    ("WINDOWID", None),
];

static HAS_STARTED_ANY: AtomicBool = AtomicBool::new(false);

/// Returns whether this program has ever started a process.
pub(in crate::exec) fn has_started_any() -> bool {
    HAS_STARTED_ANY.load(Ordering::Relaxed)
}

/// A process to start: an absolute program, its arguments, and how its environment differs from ours.
#[derive(Clone, Debug)]
pub(in crate::exec) struct SpawnCommand<'fd> {
    program: PathBuf,
    arguments: Vec<OsString>,
    directory: Option<PathBuf>,
    environment: BTreeMap<OsString, Option<OsString>>,
    input: Option<BorrowedFd<'fd>>,
    output: BorrowedFd<'fd>,
    errors: BorrowedFd<'fd>,
    memory: Option<u64>,
    is_bare: bool,
    shares_session: bool,
    own_terminal: Option<PathBuf>,
    owner: Option<Owner>,
    ignores_hangup: bool,
    sandbox: Option<Arc<DeckSandbox>>,
    writes: Vec<PathBuf>,
    keeper: Option<&'fd Keeper>,
}

impl<'fd> SpawnCommand<'fd> {
    /// Creates a command that writes stdout and stderr to `output` and reads nothing.
    pub(in crate::exec) fn new(program: impl Into<PathBuf>, output: BorrowedFd<'fd>) -> Self {
        let environment = TERMINAL_VARIABLES
            .iter()
            .map(|(name, value)| (OsString::from(name), value.map(OsString::from)))
            .collect();
        Self {
            program: program.into(),
            arguments: Vec::new(),
            directory: None,
            environment,
            input: None,
            output,
            errors: output,
            memory: None,
            is_bare: false,
            shares_session: false,
            own_terminal: None,
            owner: None,
            ignores_hangup: false,
            sandbox: None,
            writes: Vec::new(),
            keeper: None,
        }
    }

    /// Lets it and its children ignore SIGHUP, which the system sends to the foreground group of a
    /// terminal when the session leader ends.
    pub(in crate::exec) fn ignoring_hangup(mut self, ignores: bool) -> Self {
        self.ignores_hangup = ignores;
        self
    }

    /// Tags it and its children as this owner's.
    pub(in crate::exec) fn owner(mut self, owner: Owner) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Redirects stdout, but not stderr, to `output`.
    pub(in crate::exec) fn output(mut self, output: BorrowedFd<'fd>) -> Self {
        self.output = output;
        self
    }

    /// Adds one argument.
    pub(in crate::exec) fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    pub(in crate::exec) fn args<A: Into<OsString>>(
        mut self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Starts it in this directory.
    pub(in crate::exec) fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Sets an environment variable.
    pub(in crate::exec) fn env(
        mut self,
        name: impl Into<OsString>,
        value: impl Into<OsString>,
    ) -> Self {
        self.environment.insert(name.into(), Some(value.into()));
        self
    }

    /// Removes one of our variables from its environment.
    pub(in crate::exec) fn env_remove(mut self, name: impl Into<OsString>) -> Self {
        self.environment.insert(name.into(), None);
        self
    }

    /// Starts it without our environment.
    pub(in crate::exec) fn without_environment(mut self) -> Self {
        self.is_bare = true;
        self
    }

    /// Runs it in the speaker's terminal, if given: in our session, in its own process group, with the
    /// speaker's environment.
    pub(in crate::exec) fn speaker_terminal(mut self, terminal: Option<BorrowedFd<'fd>>) -> Self {
        if terminal.is_some() {
            (self.input, self.shares_session) = (terminal, true);
            for (name, _) in TERMINAL_VARIABLES {
                self.environment.remove(OsStr::new(name));
            }
        }
        self
    }

    /// Makes this terminal its controlling terminal: it reads there, and ctrl-c interrupts it.
    pub(in crate::exec) fn own_terminal(mut self, path: Option<&Path>) -> Self {
        self.own_terminal = path.map(Path::to_owned);
        self
    }

    /// Starts it in the session of a terminal, if given, in a process group of its own.
    pub(in crate::exec) fn kept_by(mut self, keeper: Option<&'fd Keeper>) -> Self {
        self.keeper = keeper;
        self
    }

    /// Sets its standard input.
    pub(in crate::exec) fn input(mut self, input: BorrowedFd<'fd>) -> Self {
        self.input = Some(input);
        self
    }

    /// Sets its standard input, if given.
    pub(in crate::exec) fn input_from(mut self, input: Option<BorrowedFd<'fd>>) -> Self {
        self.input = input.or(self.input);
        self
    }

    /// Limits the bytes of data that it, and each process it starts, may allocate.
    pub(in crate::exec) fn memory(mut self, limit: Option<u64>) -> Self {
        self.memory = limit;
        self
    }

    /// Starts it in this sandbox, if given.
    pub(in crate::exec) fn sandboxed(mut self, sandbox: Option<&Arc<DeckSandbox>>) -> Self {
        self.sandbox = sandbox.cloned();
        self
    }

    /// Lets it write this file, or this folder and everything in it, also in a sandbox.
    pub(in crate::exec) fn writes(mut self, path: impl Into<PathBuf>) -> Self {
        self.writes.push(path.into());
        self
    }

    /// Starts it. Called only by [`ProcessTree`](crate::exec::os::process_tree::ProcessTree), which also
    /// ends it, and for the [`Watchdog`](crate::exec::limits::watchdog::Watchdog), which ends without us.
    pub(in crate::exec) fn spawn(&self) -> io::Result<Pid> {
        let launcher = self.launcher()?;
        let (line, environment) = match &launcher {
            Some(start) => (start.line.clone(), start.environment.clone()),
            None => (self.line(), self.environment()?),
        };
        let (line, environment) = (c_strings(&line)?, c_strings(&environment)?);
        let launch_file = launcher.as_ref().map(|start| start.launch_file.as_fd());
        if let Some(started) = self.start_kept(&line, &environment, launch_file)? {
            shorten_time_slice(started);
            return Ok(started);
        }
        let place = if self.shares_session { Place::Ours } else { Place::NewSession };
        let mut actions = self.actions()?;
        if let Some(file) = launch_file {
            actions.duplicate(file, sandbox::LAUNCH_FD)?;
        }
        let pid = start_as(self.owner, || posix::spawn(&line, &environment, &actions, place))?;
        shorten_time_slice(pid);
        HAS_STARTED_ANY.store(true, Ordering::Relaxed);
        Ok(pid)
    }

    /// Starts it by the keeper of its terminal. Returns `None` if there is none.
    fn start_kept(
        &self,
        line: &[CString],
        environment: &[CString],
        launch_file: Option<BorrowedFd<'_>>,
    ) -> io::Result<Option<Pid>> {
        let keeper = self.keeper.filter(|_| cfg!(target_os = "linux") && !self.shares_session);
        let Some(keeper) = keeper.filter(|_| self.own_terminal.is_none()) else { return Ok(None) };
        let null = rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        let input = self.input.unwrap_or(null.as_fd());
        let files = [input, self.output, self.errors].into_iter().chain(launch_file);
        let directory = self.directory.as_deref().unwrap_or(Path::new(""));
        let program = KeptProgram {
            line,
            environment,
            directory: &c_string(directory.as_os_str())?,
            files: &files.collect::<Vec<_>>(),
            tag: self.owner.and_then(process_tag::number_for),
        };
        keeper.start(&program).transpose()
    }

    /// Returns the program and its arguments. `posix_spawn` can set no limits and ignore no signals, and
    /// setting them from outside would be too late for the program's start: so a shell sets them and
    /// becomes the program. The data is limited, not the address space, of which Java, Go and JavaScript
    /// reserve far more than they use.
    fn line(&self) -> Vec<OsString> {
        let limit = self.memory.filter(|_| cfg!(target_os = "linux") && self.sandbox.is_none());
        let limit = limit.map(|most| format!("ulimit -d {} && ", most.div_ceil(1024)));
        let trap = self.ignores_hangup.then(|| "trap '' HUP && ".to_owned());
        let set: String = trap.into_iter().chain(limit).collect();
        let shell = (!set.is_empty())
            .then(|| ["/bin/sh".into(), "-c".into(), (set + "exec \"$0\" \"$@\"").into()]);
        let program = self.program.clone().into_os_string();
        let shell = shell.into_iter().flatten();
        shell.chain([program]).chain(self.arguments.iter().cloned()).collect()
    }

    /// Returns the launcher to start instead, if it runs in a sandbox.
    fn launcher(&self) -> io::Result<Option<sandbox::LauncherCommand>> {
        let Some(sandbox) = &self.sandbox else { return Ok(None) };
        let (line, environment) = (self.line(), self.environment()?);
        let (memory, writes) = (self.memory, &*self.writes);
        sandbox.start(sandbox::SandboxedProgram { line, environment, memory, writes }).map(Some)
    }

    /// Returns its environment as `NAME=value`: ours, or the part that the sandbox allows, with the
    /// changes.
    fn environment(&self) -> io::Result<Vec<OsString>> {
        let is_allowed =
            |name: &OsStr| self.sandbox.is_none() || sandbox::is_allowed_variable(name);
        let ours = std::env::vars_os().filter(|(name, _)| !self.is_bare && is_allowed(name));
        let mut all: BTreeMap<OsString, OsString> = ours.collect();
        if let Some(sandbox) = &self.sandbox {
            all.extend(sandbox.variables()?.iter().cloned());
        }
        for (name, value) in &self.environment {
            match value {
                Some(value) => all.insert(name.clone(), value.clone()),
                None => all.remove(name),
            };
        }
        let line = |(mut line, value): (OsString, OsString)| {
            line.push("=");
            line.push(value);
            line
        };
        Ok(all.into_iter().map(line).collect())
    }

    /// Returns what the child does to its files before it becomes the program.
    fn actions(&self) -> io::Result<FileActions> {
        let mut actions = FileActions::new()?;
        match (self.input, &self.own_terminal) {
            (Some(input), _) => actions.duplicate(input, 0)?,
            // The first terminal that a session leader opens becomes its controlling terminal.
            (None, Some(terminal)) => {
                actions.open(&c_string(terminal.as_os_str())?, 0, libc::O_RDWR)?;
            }
            (None, None) => actions.open(c"/dev/null", 0, libc::O_RDONLY)?,
        }
        actions.duplicate(self.output, 1)?;
        actions.duplicate(self.errors, 2)?;
        if let Some(directory) = &self.directory {
            actions.change_directory(directory)?;
        }
        Ok(actions)
    }
}

/// Returns whether a program is on `PATH`, or a file if the name contains a slash.
pub fn is_installed(name: &str) -> bool {
    find_program(OsStr::new(name), Path::new("/")).is_some()
}

/// Finds a program by name: on `PATH` or, if the name contains a slash, from `directory`.
pub(in crate::exec) fn find_program(name: &OsStr, directory: &Path) -> Option<PathBuf> {
    if name.as_bytes().contains(&b'/') {
        return Some(directory.join(name)).filter(|path| is_program(path));
    }
    let path = std::env::vars_os().find(|(variable, _)| variable == "PATH")?.1;
    // Relative entries would find programs in the deck's folder.
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    let candidates = folders.map(|folder| folder.join(name));
    candidates.into_iter().find(|candidate| is_program(candidate))
}

fn is_program(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

fn c_strings(texts: &[OsString]) -> io::Result<Vec<CString>> {
    texts.iter().map(|text| c_string(text)).collect()
}

fn c_string(text: &OsStr) -> io::Result<CString> {
    Ok(CString::new(text.as_bytes())?)
}
