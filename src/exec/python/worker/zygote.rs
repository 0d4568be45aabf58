//! The worker process as we see it: how it is started, in the embedded interpreter or in one of its
//! own, and how it is asked to run something.
//!
//! One build embeds every Python it may meet. The program is linked against the stable interface,
//! so where a deck wants another Python than the build's, the worker finds that one's library under
//! the name of the build's: by a link in the cache folder that `LD_LIBRARY_PATH` leads to.

#![expect(clippy::disallowed_methods, reason = "waits for the worker, and not for ever")]

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, Signal};

use super::control::{Control, LoadedModules};
use super::report::OWN_CODE;
use super::request::{Dispatch, MAX_NONBLOCKING_LEN};
use crate::exec::os::process_tree::{Child, ProcessTree};
use crate::exec::os::spawn::SpawnCommand;
use crate::exec::process::pagers;
use crate::exec::python::interpreter::Interpreter;
use crate::files;

/// The argument that makes this program a worker.
pub(in crate::exec) const WORKER_ARGUMENT: &str = "--python-worker";

/// The code of the worker. What not every block needs goes with it as texts, to be compiled later.
pub(in crate::exec::python) const BOOT: &str = concat!(
    "DISPLAY = r'''",
    include_str!("../py/display.py"),
    "'''\nERRORS = r'''",
    include_str!("../py/errors.py"),
    "'''\nNOTEBOOK = r'''",
    include_str!("../py/notebook.py"),
    "'''\n",
    include_str!("../py/session.py"),
    include_str!("../py/preimport.py"),
    include_str!("../py/block.py"),
    include_str!("../py/boot.py")
);

/// Runs its argument under the name that tracebacks leave out. Modules of the current folder, which
/// may be the deck's, are not its own.
const LAUNCH: &str = "\
import sys; sys.path[:] = [entry for entry in sys.path if entry]; \
exec(compile(sys.argv.pop(), 'OWN', 'exec'))";

/// How much of its last words a worker that cannot start is quoted with.
const MAX_QUOTE_LEN: usize = 300;

/// Variables that the worker needs to have changed, and a run needs to have back.
const CHANGED_VARIABLES: [&str; 3] = ["PYTHONUNBUFFERED", "PYTHONUTF8", "LD_LIBRARY_PATH"];

/// How to have an interpreter run the worker's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::exec::python) enum LaunchMode {
    /// In this program, with the library in this folder instead of the build's, if any.
    Embedded {
        /// The folder that `LD_LIBRARY_PATH` names first.
        library_folder: Option<PathBuf>,
    },
    /// In the interpreter's own process.
    Standalone,
}

impl LaunchMode {
    /// The ways that are open to this interpreter, best first.
    pub(in crate::exec::python) fn of(interpreter: &Interpreter, cache: &Path) -> VecDeque<Self> {
        let embedded = interpreter.library.as_deref().and_then(|library| embed(library, cache));
        embedded.into_iter().chain([Self::Standalone]).collect()
    }
}

/// How this program embeds a Python of that library, if it can.
fn embed(library: &Path, cache: &Path) -> Option<LaunchMode> {
    let built_with = Path::new(option_env!("LIVEDECK_LIBPYTHON").filter(|_| cfg!(embed))?);
    if built_with.canonicalize().ok()? == library.canonicalize().ok()? {
        return Some(LaunchMode::Embedded { library_folder: None });
    }
    if !cfg!(target_os = "linux") {
        return None;
    }
    let folder = under_the_name_of(built_with.file_name()?.as_ref(), library, cache).ok()?;
    Some(LaunchMode::Embedded { library_folder: Some(folder) })
}

/// The folder in the cache where `library` goes by `name`.
fn under_the_name_of(name: &Path, library: &Path, cache: &Path) -> io::Result<PathBuf> {
    let hash = blake3::hash(library.as_os_str().as_bytes()).to_hex();
    let folder = cache.join("pylib").join(&hash[..16]);
    let link = folder.join(name);
    // Another user's would load that user's library.
    files::private_folder(&folder)?;
    if std::fs::read_link(&link).is_ok_and(|target| target == library) {
        return Ok(folder);
    }
    let fresh = folder.join(format!(".{}", std::process::id()));
    std::os::unix::fs::symlink(library, &fresh)?;
    std::fs::rename(&fresh, &link)?;
    Ok(folder)
}

/// A worker process, warm and waiting, or on its way there.
#[derive(Debug)]
pub(in crate::exec::python) struct Zygote {
    child: Arc<Child>,
    control: Mutex<Control>,
    /// What it writes before it is ready; nothing if all is well.
    words: Mutex<io::PipeReader>,
    /// What a run's environment has back, as `NAME=value` or `NAME`.
    environment: Vec<Vec<u8>>,
}

impl Zygote {
    /// Starts a worker for this interpreter. Does not wait for it.
    pub(in crate::exec::python) fn start(
        tree: &ProcessTree,
        interpreter: &Interpreter,
        way: &LaunchMode,
        program: &Path,
    ) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let (words, output) = io::pipe()?;
        let command = match way {
            LaunchMode::Embedded { .. } => {
                SpawnCommand::new(program, output.as_fd()).arg(WORKER_ARGUMENT)
            }
            LaunchMode::Standalone => SpawnCommand::new(&interpreter.executable, output.as_fd())
                .args(["-u", "-c", &LAUNCH.replace("OWN", OWN_CODE), BOOT]),
        };
        let mut command = command
            .input(theirs.as_fd())
            .env("PYTHONUNBUFFERED", "1")
            .env("PATH", path_with(interpreter))
            .env_remove("PYTHONHOME");
        for (name, value) in pagers::none() {
            command = command.env(name, value);
        }
        if *way != LaunchMode::Standalone
            && locale_says_nothing()
            && variable("PYTHONUTF8").is_none()
        {
            command = command.env("PYTHONUTF8", "1");
        }
        if let LaunchMode::Embedded { library_folder: Some(folder) } = way {
            command = command.env("LD_LIBRARY_PATH", folder_first(folder, "LD_LIBRARY_PATH"));
        }
        let child = tree.spawn(command)?;
        rustix::io::ioctl_fionbio(&words, true)?;
        let environment = CHANGED_VARIABLES.iter().map(|name| as_it_was(name)).collect();
        let (control, words) = (Mutex::new(Control::new(ours)), Mutex::new(words));
        Ok(Self { child, control, words, environment })
    }

    /// Asks it to run something.
    pub(in crate::exec::python) fn run(&self, errand: &Dispatch<'_>) -> io::Result<()> {
        self.control.lock().order(&errand.order.frame(&self.environment), errand.files())
    }

    /// The same where it is a matter of no time: a fork of it waits for an order. Whether one does.
    pub(in crate::exec::python) fn run_at_once(&self, errand: &Dispatch<'_>) -> bool {
        let Some(mut control) = self.control.try_lock() else { return false };
        let frame = errand.order.frame(&self.environment);
        frame.len() <= MAX_NONBLOCKING_LEN && control.order_fork(&frame, errand.files())
    }

    /// Whether a fork of it waits for an order, and can be given it at once.
    pub(in crate::exec::python) fn has_fork(&self) -> bool {
        self.control.try_lock().is_some_and(|mut control| control.has_fork())
    }

    /// A file that is readable once the process has ended.
    pub(in crate::exec::python) fn exit(&self) -> Option<BorrowedFd<'_>> {
        self.child.exit()
    }

    /// The process.
    pub(in crate::exec::python) fn process(&self) -> Pid {
        self.child.pid()
    }

    /// Whether the process has ended.
    pub(in crate::exec::python) fn has_ended(&self) -> bool {
        self.child.reap().is_some()
    }

    /// Ends the process at once, and with it what it has not reported as started.
    pub(in crate::exec::python) fn kill(&self) {
        self.child.signal(Signal::KILL);
    }

    /// Whether it ever got as far as taking orders.
    pub(in crate::exec::python) fn was_ready(&self) -> bool {
        self.control.lock().loaded().is_some()
    }

    /// The modules that it has loaded itself, once it takes orders: nothing if that is not so within
    /// `limit`, or it has ended.
    pub(in crate::exec::python) fn loaded(&self, limit: Duration) -> Option<Arc<LoadedModules>> {
        let due = Instant::now() + limit;
        let socket = self.control.lock().socket();
        loop {
            let loaded = self.control.lock().loaded();
            let left = due.saturating_duration_since(Instant::now());
            if loaded.is_some() || left.is_zero() || self.has_ended() {
                return loaded;
            }
            let mut file = [PollFd::new(&*socket, PollFlags::IN)];
            let _ = rustix::event::poll(&mut file, Timespec::try_from(left).ok().as_ref());
        }
    }

    /// What it said when it could not start.
    pub(in crate::exec::python) fn last_words(&self) -> String {
        let mut said = Vec::new();
        let mut words = self.words.lock();
        let _ = words.read_to_end(&mut said);
        let said = String::from_utf8_lossy(&said);
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        last.trim().chars().take(MAX_QUOTE_LEN).collect()
    }
}

/// A variable of ours as a run has it back.
fn as_it_was(name: &str) -> Vec<u8> {
    let mut field = name.as_bytes().to_vec();
    if let Some(value) = variable(name) {
        field.push(b'=');
        field.extend(value.as_bytes());
    }
    field
}

/// Whether the locale is one in which Python itself, but no embedded one, speaks UTF-8 anyway.
fn locale_says_nothing() -> bool {
    let mut set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable);
    set.find(|locale| !locale.is_empty()).is_none_or(|locale| locale == "C" || locale == "POSIX")
}

/// `PATH` on which `python3` is this interpreter: that is how the library finds the interpreter's
/// packages, and what a block that starts `python3` means.
fn path_with(interpreter: &Interpreter) -> OsString {
    let path = variable("PATH").unwrap_or_default();
    let first = std::env::split_paths(&path).map(|it| it.join("python3")).find(|it| it.is_file());
    if first.is_some_and(|first| first.parent() == Some(interpreter.folder())) {
        return path;
    }
    folder_first(interpreter.folder(), "PATH")
}

/// A list of folders with one more at its head.
fn folder_first(folder: &Path, name: &str) -> OsString {
    let mut list = folder.as_os_str().to_owned();
    if let Some(rest) = variable(name).filter(|rest| !rest.is_empty()) {
        list.push(":");
        list.push(rest);
    }
    list
}

#[expect(clippy::disallowed_methods, reason = "the worker's environment is ours, changed")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
