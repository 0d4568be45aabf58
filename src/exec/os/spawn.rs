//! Starting a process: `posix_spawn`, called directly.
//!
//! `std` cannot start a session without `pre_exec`, and `pre_exec` means a real `fork`: 45 ms when
//! the program is large, where this takes under one. The child gets a session of its own, so that
//! it can neither reach the speaker's terminal by `/dev/tty` nor be reached by its ctrl-c, and one
//! signal to its group reaches all it started. It has no controlling terminal: a program that
//! would ask for a password there says so at once instead of waiting for keys that never come, and
//! a server left running by a snippet gets no SIGHUP when the snippet ends.

#![expect(unsafe_code, reason = "posix_spawn has no safe wrapper that can start a session")]

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};

use rustix::process::Pid;

use crate::exec::os::process_tree::{self, Owner};
use crate::exec::os::scheduling;
use crate::exec::sandbox::{self, DeckSandbox};

/// Puts the child at the head of a new session, and so of a new process group.
#[cfg(target_os = "macos")]
const START_SESSION: libc::c_short = 0x0400;
#[cfg(not(target_os = "macos"))]
const START_SESSION: libc::c_short = libc::POSIX_SPAWN_SETSID as libc::c_short;

/// What is special about the child's environment: it writes to a terminal that we emulate,
/// whatever the speaker's own terminal is.
const TERMINAL: &[(&str, Option<&str>)] = &[
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

/// Whether this program has ever started a process.
pub(in crate::exec) fn has_started_any() -> bool {
    HAS_STARTED_ANY.load(Ordering::Relaxed)
}

/// A process to start: an absolute program, its arguments, and how its surroundings differ from
/// ours.
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
}

impl<'fd> SpawnCommand<'fd> {
    /// A process of this program that writes stdout and stderr to `output` and reads nothing.
    pub(in crate::exec) fn new(program: impl Into<PathBuf>, output: BorrowedFd<'fd>) -> Self {
        let environment = TERMINAL
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
        }
    }

    /// Has it, and what it starts, ignore SIGHUP: the system sends that to what is left in the
    /// foreground of a terminal when the process that leads it ends.
    pub(in crate::exec) fn ignoring_hangup(mut self, ignores: bool) -> Self {
        self.ignores_hangup = ignores;
        self
    }

    /// Tags it, and all that it will start, as this owner's.
    pub(in crate::exec) fn owner(mut self, owner: Owner) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Has it write stdout, and stdout only, to `output`.
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

    /// Takes a variable of ours out of its environment.
    pub(in crate::exec) fn env_remove(mut self, name: impl Into<OsString>) -> Self {
        self.environment.insert(name.into(), None);
        self
    }

    /// Gives it nothing of our own environment.
    pub(in crate::exec) fn without_environment(mut self) -> Self {
        self.is_bare = true;
        self
    }

    /// Has it run in this terminal, which it shares with us, if there is one: in our session, in a
    /// process group of its own, with the environment of whoever sits there.
    pub(in crate::exec) fn terminal(mut self, terminal: Option<BorrowedFd<'fd>>) -> Self {
        if terminal.is_some() {
            (self.input, self.shares_session) = (terminal, true);
            for (name, _) in TERMINAL {
                self.environment.remove(OsStr::new(name));
            }
        }
        self
    }

    /// Makes this terminal its own: it reads there, and keys typed there can interrupt it.
    pub(in crate::exec) fn own_terminal(mut self, path: Option<&Path>) -> Self {
        self.own_terminal = path.map(Path::to_owned);
        self
    }

    /// Gives it something to read: its end of a socket, say.
    pub(in crate::exec) fn input(mut self, input: BorrowedFd<'fd>) -> Self {
        self.input = Some(input);
        self
    }

    /// Has it read from this file, if there is one.
    pub(in crate::exec) fn input_from(mut self, input: Option<BorrowedFd<'fd>>) -> Self {
        self.input = input.or(self.input);
        self
    }

    /// Limits the bytes that it, and each process it starts, may have for its data.
    pub(in crate::exec) fn memory(mut self, most: Option<u64>) -> Self {
        self.memory = most;
        self
    }

    /// Starts it in this sandbox, if there is one.
    pub(in crate::exec) fn sandboxed(mut self, sandbox: Option<&Arc<DeckSandbox>>) -> Self {
        self.sandbox = sandbox.cloned();
        self
    }

    /// Lets it write this folder with all in it, or this file, in a sandbox, too.
    pub(in crate::exec) fn writes(mut self, path: impl Into<PathBuf>) -> Self {
        self.writes.push(path.into());
        self
    }

    /// Starts it. Only [`ProcessTree`](crate::exec::os::process_tree::Family) calls this, which also ends it,
    /// and [`Watchdog`](crate::exec::limits::watchdog::Warden), which ends by itself.
    pub(in crate::exec) fn spawn(&self) -> io::Result<Pid> {
        let launcher = self.launcher()?;
        let (line, environment) = match &launcher {
            Some(start) => (start.line.clone(), start.environment.clone()),
            None => (self.line(), self.environment()?),
        };
        let (line, environment) = (c_strings(&line)?, c_strings(&environment)?);
        let mut actions = self.actions()?;
        if let Some(start) = &launcher {
            actions.duplicate(start.orders.as_fd(), sandbox::INHERITED)?;
        }
        let attributes = SpawnAttributes::new(self.shares_session)?;
        let mut pid = 0;
        // SAFETY: the line, which is never empty, and the environment are NUL-terminated and
        // outlive the call, both lists end with a null pointer, and actions and attributes are
        // initialised.
        let error = process_tree::start_as(self.owner, || unsafe {
            libc::posix_spawn(
                &raw mut pid,
                line[0].as_ptr(),
                &raw const actions.0,
                &raw const attributes.0,
                pointers(&line).as_ptr(),
                pointers(&environment).as_ptr(),
            )
        });
        check(error)?;
        let pid = Pid::from_raw(pid);
        let pid = pid.ok_or_else(|| io::Error::other("posix_spawn returned no process"))?;
        scheduling::shorten(pid);
        HAS_STARTED_ANY.store(true, Ordering::Relaxed);
        Ok(pid)
    }

    /// The program and its arguments. `posix_spawn` knows no limits and ignores no signals, and what
    /// is set from outside comes too late for what a program does first: a shell sets it and becomes
    /// the program. It is the data that is limited, not the address space, of which Java, Go and
    /// JavaScript reserve far more than they ever use.
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

    /// The launcher that it starts as, where it is to run in a sandbox.
    fn launcher(&self) -> io::Result<Option<sandbox::LauncherCommand>> {
        let Some(sandbox) = &self.sandbox else { return Ok(None) };
        let (line, environment) = (self.line(), self.environment()?);
        let (memory, writes) = (self.memory, &*self.writes);
        sandbox.start(sandbox::SandboxedProgram { line, environment, memory, writes }).map(Some)
    }

    /// Our environment, or what of it the sandbox keeps, with the changes made, as `NAME=value`.
    fn environment(&self) -> io::Result<Vec<OsString>> {
        let is_kept = |name: &OsStr| self.sandbox.is_none() || sandbox::is_kept(name);
        let ours = std::env::vars_os().filter(|(name, _)| !self.is_bare && is_kept(name));
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

    /// What the child does to its files before it becomes the program.
    fn actions(&self) -> io::Result<FileActions> {
        let mut actions = FileActions::new()?;
        match (self.input, &self.own_terminal) {
            (Some(input), _) => actions.duplicate(input, 0)?,
            // The first terminal that the head of a session opens becomes its own.
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

/// The program that a name means: a file on `PATH`, or, with a slash in it, in `directory`.
pub(in crate::exec) fn find_program(name: &OsStr, directory: &Path) -> Option<PathBuf> {
    if name.as_bytes().contains(&b'/') {
        return Some(directory.join(name)).filter(|path| is_program(path));
    }
    let path = std::env::vars_os().find(|(variable, _)| variable == "PATH")?.1;
    // Another entry would mean programs of the deck's folder.
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    let candidates = folders.map(|folder| folder.join(name));
    candidates.into_iter().find(|candidate| is_program(candidate))
}

fn is_program(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

/// Keeps the files that we ourselves were started with from reaching children. What we open is
/// marked when it is opened; what a shell or `cargo run` left open for us is not.
pub(in crate::exec) fn keep_inherited_files() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for fd in inherited_files() {
            // SAFETY: only sets a flag on a descriptor that was open a moment ago; if it no longer
            // is, the call fails and changes nothing.
            unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    });
}

fn inherited_files() -> Vec<libc::c_int> {
    let Ok(entries) = std::fs::read_dir("/dev/fd") else { return (3..256).collect() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|fd| *fd > 2).collect()
}

fn c_strings(texts: &[OsString]) -> io::Result<Vec<CString>> {
    texts.iter().map(|text| c_string(text)).collect()
}

fn c_string(text: &OsStr) -> io::Result<CString> {
    Ok(CString::new(text.as_bytes())?)
}

fn pointers(strings: &[CString]) -> Vec<*mut libc::c_char> {
    strings.iter().map(|string| string.as_ptr().cast_mut()).chain([ptr::null_mut()]).collect()
}

/// The calls answer with an error number instead of setting `errno`.
fn check(error: libc::c_int) -> io::Result<()> {
    if error == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(error)) }
}

/// A list of file actions, freed when dropped.
struct FileActions(libc::posix_spawn_file_actions_t);

impl FileActions {
    fn new() -> io::Result<Self> {
        let mut actions = MaybeUninit::uninit();
        // SAFETY: `init` fills what the pointer points to, unless it reports an error.
        check(unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) })?;
        // SAFETY: it reported none.
        Ok(Self(unsafe { actions.assume_init() }))
    }

    fn duplicate(&mut self, from: BorrowedFd<'_>, to: libc::c_int) -> io::Result<()> {
        // SAFETY: the list is initialised; the descriptor is borrowed until the child has started.
        check(unsafe {
            libc::posix_spawn_file_actions_adddup2(&raw mut self.0, from.as_raw_fd(), to)
        })
    }

    fn open(&mut self, path: &CStr, to: libc::c_int, how: libc::c_int) -> io::Result<()> {
        let path = path.as_ptr();
        // SAFETY: the list is initialised and copies the path.
        check(unsafe { libc::posix_spawn_file_actions_addopen(&raw mut self.0, to, path, how, 0) })
    }

    fn change_directory(&mut self, directory: &Path) -> io::Result<()> {
        let path = c_string(directory.as_os_str())?;
        // SAFETY: the list is initialised and copies the path.
        check(unsafe { libc::posix_spawn_file_actions_addchdir_np(&raw mut self.0, path.as_ptr()) })
    }
}

impl Drop for FileActions {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`, destroyed once.
        unsafe { libc::posix_spawn_file_actions_destroy(&raw mut self.0) };
    }
}

/// The child's attributes, freed when dropped: a new session, no signal blocked or ignored (we
/// ignore SIGPIPE, and whoever started us may have blocked others).
struct SpawnAttributes(libc::posix_spawnattr_t);

impl SpawnAttributes {
    fn new(shares_session: bool) -> io::Result<Self> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: `init` fills what the pointer points to, unless it reports an error.
        check(unsafe { libc::posix_spawnattr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: it reported none.
        let mut attributes = Self(unsafe { attributes.assume_init() });
        let place = if shares_session { libc::POSIX_SPAWN_SETPGROUP as _ } else { START_SESSION };
        let flags = place
            | libc::POSIX_SPAWN_SETSIGMASK as libc::c_short
            | libc::POSIX_SPAWN_SETSIGDEF as libc::c_short;
        let (none, all) = signal_sets();
        // SAFETY: the attributes are initialised; the sets are copied.
        unsafe {
            check(libc::posix_spawnattr_setsigmask(&raw mut attributes.0, &raw const none))?;
            check(libc::posix_spawnattr_setsigdefault(&raw mut attributes.0, &raw const all))?;
            check(libc::posix_spawnattr_setflags(&raw mut attributes.0, flags))?;
        }
        Ok(attributes)
    }
}

impl Drop for SpawnAttributes {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`, destroyed once.
        unsafe { libc::posix_spawnattr_destroy(&raw mut self.0) };
    }
}

/// No signal, and every signal whose handling can be changed.
fn signal_sets() -> (libc::sigset_t, libc::sigset_t) {
    let (mut none, mut all) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    // SAFETY: both calls fill the set that they are given and cannot fail, and the signal numbers
    // taken out of it are valid.
    unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigfillset(all.as_mut_ptr());
        libc::sigdelset(all.as_mut_ptr(), libc::SIGKILL);
        libc::sigdelset(all.as_mut_ptr(), libc::SIGSTOP);
        (none.assume_init(), all.assume_init())
    }
}
