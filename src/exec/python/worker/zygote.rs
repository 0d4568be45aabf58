//! The worker process: starts it with the embedded or a standalone interpreter, and sends it requests.
//!
//! One build embeds any Python: the worker loads the library that it is given (`embedded.rs`).

#![expect(clippy::disallowed_methods, reason = "waits for the worker with a timeout")]

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
use rustix::process::{Pid, Signal};

use super::control::{Control, LoadedModules};
use super::report::OWN_CODE;
use super::request::{Dispatch, MAX_NONBLOCKING_LEN};
use crate::exec::os::child::Child;
use crate::exec::os::locale::is_locale_installed;
use crate::exec::os::process_tree::ProcessTree;
use crate::exec::os::spawn::SpawnCommand;
use crate::exec::os::wait::wait_readable;
use crate::exec::process::pagers;
use crate::exec::python::interpreter::Interpreter;

/// The argument that makes this program a Python worker.
pub(in crate::exec) const WORKER_ARGUMENT: &str = "--python-worker";

/// The code of the worker. Parts that not every block needs are included as strings, to be compiled
/// when they are first used.
pub(in crate::exec) const BOOT: &str = concat!(
    "DISPLAY = r'''",
    include_str!("../py/display.py"),
    "'''\nERRORS = r'''",
    include_str!("../py/errors.py"),
    "'''\nNOTEBOOK = r'''",
    include_str!("../py/notebook.py"),
    "'''\nMAGICS = r'''",
    include_str!("../py/magics.py"),
    "'''\nSTACKS = r'''",
    include_str!("../py/stacks.py"),
    "'''\n",
    include_str!("../py/session.py"),
    include_str!("../py/preimport.py"),
    include_str!("../py/block.py"),
    include_str!("../py/boot.py")
);

/// Runs its argument under the file name that tracebacks omit, without the current folder on the
/// module path: it may be the deck's.
const LAUNCH: &str = "\
import sys; sys.path[:] = [entry for entry in sys.path if entry]; \
exec(compile(sys.argv.pop(), 'OWN', 'exec'))";

/// The longest quote from a worker that cannot start, in characters.
const MAX_QUOTE_LEN: usize = 300;

/// The environment variables that are changed for the worker and restored for a run.
const CHANGED_VARIABLES: [&str; 3] = ["PYTHONUNBUFFERED", "PYTHONUTF8", ORIGIN_VARIABLE];

/// Tells the worker why its Python is chosen, for the message about a missing module.
const ORIGIN_VARIABLE: &str = "LIVEDECK_PYTHON_ORIGIN";

/// How an interpreter runs the worker's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::exec::python) enum LaunchMode {
    /// Embedded in this program, which loads this library.
    Embedded(PathBuf),
    /// In the interpreter's own process.
    Standalone,
}

impl LaunchMode {
    /// Returns the launch modes of an interpreter, best first.
    pub(in crate::exec::python) fn of(interpreter: &Interpreter) -> VecDeque<Self> {
        let library = interpreter.library.clone().filter(|_| cfg!(feature = "python"));
        library.map(Self::Embedded).into_iter().chain([Self::Standalone]).collect()
    }
}

/// A worker process, ready or starting.
#[derive(Debug)]
pub(in crate::exec::python) struct Zygote {
    child: Arc<Child>,
    control: Mutex<Control>,
    /// The errors that it writes before it is ready.
    startup_output: Mutex<io::PipeReader>,
    /// The original variables that runs get back: `NAME=value`, or `NAME` to remove one.
    environment: Vec<Vec<u8>>,
}

impl Zygote {
    /// Starts a worker with this interpreter. Does not wait until it is ready.
    pub(in crate::exec::python) fn start(
        tree: &ProcessTree,
        interpreter: &Interpreter,
        mode: &LaunchMode,
        program: &Path,
    ) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let (startup_output, output) = io::pipe()?;
        let command = match mode {
            LaunchMode::Embedded(library) => {
                SpawnCommand::new(program, output.as_fd()).arg(WORKER_ARGUMENT).arg(library)
            }
            LaunchMode::Standalone => SpawnCommand::new(&interpreter.executable, output.as_fd())
                .args(["-u", "-c", &LAUNCH.replace("OWN", OWN_CODE), BOOT]),
        };
        let mut command = command
            .input(theirs.as_fd())
            .env("PYTHONUNBUFFERED", "1")
            .env(ORIGIN_VARIABLE, interpreter.origin.to_string())
            .env("PATH", path_with(interpreter))
            .env_remove("PYTHONHOME");
        for (name, value) in pagers::disabled() {
            command = command.env(name, value);
        }
        if *mode != LaunchMode::Standalone
            && is_default_locale()
            && variable("PYTHONUTF8").is_none()
        {
            command = command.env("PYTHONUTF8", "1");
        }
        let child = tree.spawn(command)?;
        rustix::io::ioctl_fionbio(&startup_output, true)?;
        let environment = CHANGED_VARIABLES.iter().map(|name| original_variable(name)).collect();
        let (control, startup_output) =
            (Mutex::new(Control::new(ours)), Mutex::new(startup_output));
        Ok(Self { child, control, startup_output, environment })
    }

    /// Sends a request.
    pub(in crate::exec::python) fn dispatch(&self, dispatch: &Dispatch<'_>) -> io::Result<()> {
        self.control.lock().send(&dispatch.request.frame(&self.environment), dispatch.files())
    }

    /// Sends a request if a fork waits for one and sending does not block; returns whether it was sent.
    pub(in crate::exec::python) fn try_dispatch(&self, dispatch: &Dispatch<'_>) -> bool {
        let Some(mut control) = self.control.try_lock() else { return false };
        let frame = dispatch.request.frame(&self.environment);
        frame.len() <= MAX_NONBLOCKING_LEN && control.send_to_fork(&frame, dispatch.files())
    }

    /// Returns whether a fork waits for a request.
    pub(in crate::exec::python) fn has_fork(&self) -> bool {
        self.control.try_lock().is_some_and(|mut control| control.has_fork())
    }

    /// Returns a file that becomes readable when the process exits.
    pub(in crate::exec::python) fn exit(&self) -> Option<BorrowedFd<'_>> {
        self.child.exit()
    }

    /// Returns the process.
    pub(in crate::exec::python) fn process(&self) -> Pid {
        self.child.pid()
    }

    /// Returns whether the process has ended.
    pub(in crate::exec::python) fn has_ended(&self) -> bool {
        self.child.reap().is_some()
    }

    /// Kills the process, and with it the forks that have not reported their start.
    pub(in crate::exec::python) fn kill(&self) {
        self.child.signal(Signal::KILL);
    }

    /// Returns whether it has become ready for requests.
    pub(in crate::exec::python) fn was_ready(&self) -> bool {
        self.control.lock().loaded().is_some()
    }

    /// Waits until it is ready and returns the modules that it has loaded itself, or `None` after
    /// `limit` or if it has ended.
    pub(in crate::exec::python) fn loaded(&self, limit: Duration) -> Option<Arc<LoadedModules>> {
        let due = Instant::now() + limit;
        let socket = self.control.lock().socket();
        loop {
            let loaded = self.control.lock().loaded();
            let left = due.saturating_duration_since(Instant::now());
            if loaded.is_some() || left.is_zero() || self.has_ended() {
                return loaded;
            }
            wait_readable(&*socket, Some(left));
        }
    }

    /// Returns the last line that it wrote when it failed to start.
    pub(in crate::exec::python) fn startup_error(&self) -> String {
        let mut output = Vec::new();
        let mut startup_output = self.startup_output.lock();
        let _ = startup_output.read_to_end(&mut output);
        let text = String::from_utf8_lossy(&output);
        let last =
            text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it printed nothing");
        last.trim().chars().take(MAX_QUOTE_LEN).collect()
    }
}

/// Returns our variable as a run gets it back.
fn original_variable(name: &str) -> Vec<u8> {
    let mut field = name.as_bytes().to_vec();
    if let Some(value) = variable(name) {
        field.push(b'=');
        field.extend(value.as_bytes());
    }
    field
}

/// Returns whether the locale is `C` or `POSIX`, in which Python uses UTF-8 unless it is embedded.
fn is_default_locale() -> bool {
    let mut set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable);
    let named = set.find(|locale| !locale.is_empty());
    named.is_none_or(|locale| locale == "C" || locale == "POSIX") || !is_locale_installed()
}

/// Returns a `PATH` on which `python3` is this interpreter: the library finds the interpreter's
/// packages this way, and a block can start `python3`.
fn path_with(interpreter: &Interpreter) -> OsString {
    let path = variable("PATH").unwrap_or_default();
    let first = std::env::split_paths(&path).map(|it| it.join("python3")).find(|it| it.is_file());
    if first.is_some_and(|first| first.parent() == Some(interpreter.folder())) {
        return path;
    }
    let mut list = interpreter.folder().as_os_str().to_owned();
    if !path.is_empty() {
        list.push(":");
        list.push(path);
    }
    list
}

#[expect(clippy::disallowed_methods, reason = "the worker's environment is ours, changed")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
