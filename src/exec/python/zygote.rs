//! The worker process as we see it: how it is started, in the embedded interpreter or in one of its
//! own, and how it is asked to run something.
//!
//! One build embeds every Python it may meet. The program is linked against the stable interface,
//! so where a deck wants another Python than the build's, the worker finds that one's library under
//! the name of the build's: by a link in the cache folder that `LD_LIBRARY_PATH` leads to.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use rustix::process::Signal;

use super::interpreter::Interpreter;
use super::report::OWN_CODE;
use crate::exec::catch::Files;
use crate::exec::family::{Child, Family};
use crate::exec::spawn::Command;
use crate::run::Snippet;

/// The argument that makes this program a worker.
pub(super) const WORKER: &str = "--python-worker";

/// The code of the worker. What shows values goes with it as a text, to be compiled later.
pub(super) const BOOT: &str = concat!(
    "DISPLAY = r'''",
    include_str!("display.py"),
    "'''\n",
    include_str!("session.py"),
    include_str!("warm.py"),
    include_str!("boot.py")
);

/// Runs its argument under the name that tracebacks leave out.
const LAUNCH: &str = "import sys; exec(compile(sys.argv.pop(), 'OWN', 'exec'))";

/// How much of its last words a worker that cannot start is quoted with.
const LONGEST_QUOTE: usize = 300;

/// Variables that the worker needs to have changed, and a run needs to have back.
const CHANGED: [&str; 3] = ["PYTHONUNBUFFERED", "PYTHONUTF8", "LD_LIBRARY_PATH"];

/// How to have an interpreter run the worker's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// In this program, with the library in this folder instead of the build's, if any.
    Embedded {
        /// The folder that `LD_LIBRARY_PATH` names first.
        library_folder: Option<PathBuf>,
    },
    /// In the interpreter's own process.
    Own,
}

impl Way {
    /// The ways that are open to this interpreter, best first.
    pub(super) fn of(interpreter: &Interpreter, cache: &Path) -> VecDeque<Self> {
        let embedded = interpreter.library.as_deref().and_then(|library| embed(library, cache));
        embedded.into_iter().chain([Self::Own]).collect()
    }
}

/// How this program embeds a Python of that library, if it can.
fn embed(library: &Path, cache: &Path) -> Option<Way> {
    let built_with = Path::new(option_env!("LIVEDECK_LIBPYTHON").filter(|_| cfg!(embed))?);
    if built_with.canonicalize().ok()? == library.canonicalize().ok()? {
        return Some(Way::Embedded { library_folder: None });
    }
    if !cfg!(target_os = "linux") {
        return None;
    }
    let folder = under_the_name_of(built_with.file_name()?.as_ref(), library, cache).ok()?;
    Some(Way::Embedded { library_folder: Some(folder) })
}

/// The folder in the cache where `library` goes by `name`.
fn under_the_name_of(name: &Path, library: &Path, cache: &Path) -> io::Result<PathBuf> {
    let hash = blake3::hash(library.as_os_str().as_bytes()).to_hex();
    let folder = cache.join("pylib").join(&hash[..16]);
    let link = folder.join(name);
    if std::fs::read_link(&link).is_ok_and(|target| target == library) {
        return Ok(folder);
    }
    std::fs::create_dir_all(&folder)?;
    let fresh = folder.join(format!(".{}", std::process::id()));
    std::os::unix::fs::symlink(library, &fresh)?;
    std::fs::rename(&fresh, &link)?;
    Ok(folder)
}

/// What a run is asked to be.
#[derive(Clone, Debug)]
pub(super) struct Order<'a> {
    /// The code, and where it comes from.
    pub(super) snippet: &'a Snippet,
    /// Its working directory, absolute.
    pub(super) directory: &'a Path,
    /// Bytes that it may have for its data.
    pub(super) memory: Option<u64>,
    /// What it is to a session.
    pub(super) kind: Kind,
    /// Where it is told of the deck's modules, if there are any.
    pub(super) modules: Option<&'a Path>,
}

/// What a run is to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// None: it ends with its code.
    Alone,
    /// The first of one.
    First,
    /// One that goes on from another.
    Next,
    /// A look at the names that another left.
    Names,
    /// No block at all: it imports what blocks will.
    Warm,
}

impl Kind {
    /// As the worker reads it.
    fn word(self) -> &'static [u8] {
        match self {
            Self::Alone => b"alone",
            Self::First => b"first",
            Self::Next => b"next",
            Self::Names => b"names",
            Self::Warm => b"warm",
        }
    }
}

impl Order<'_> {
    /// Sends it to a process that waits for orders, with the files that it writes to and is reported
    /// about on. `environment` is what it has over that process's own, as `NAME=value` or `NAME`.
    pub(super) fn send(
        &self,
        mut control: &UnixStream,
        environment: &[Vec<u8>],
        written: Files<'_>,
        reports: BorrowedFd<'_>,
    ) -> io::Result<()> {
        let frame = self.frame(environment);
        let files = [written.output, written.terminal, reports];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        ancillary.push(SendAncillaryMessage::ScmRights(&files));
        let parts = [IoSlice::new(&frame)];
        let sent = rustix::net::sendmsg(control, &parts, &mut ancillary, SendFlags::NOSIGNAL)?;
        control.write_all(&frame[sent..])
    }

    fn frame(&self, environment: &[Vec<u8>]) -> Vec<u8> {
        let Snippet { code, first_line, file, .. } = self.snippet;
        let path = std::path::absolute(file).unwrap_or_else(|_| file.clone());
        let first_line = first_line.to_string();
        let memory = self.memory.unwrap_or(0).to_string();
        let fields = [
            code.as_bytes(),
            first_line.as_bytes(),
            file.as_os_str().as_bytes(),
            path.as_os_str().as_bytes(),
            self.directory.as_os_str().as_bytes(),
            memory.as_bytes(),
            self.kind.word(),
            self.modules.map_or(&[][..], |folder| folder.as_os_str().as_bytes()),
        ];
        let own = self.snippet.environment.iter();
        let own: Vec<_> = own.map(|(name, value)| format!("{name}={value}").into_bytes()).collect();
        let environment = environment.iter().chain(&own).map(Vec::as_slice);
        let fields = fields.into_iter().chain(environment);
        let mut frame = vec![0; 4];
        for field in fields {
            frame.extend(length(field));
            frame.extend(field);
        }
        let total = length(&frame[4..]);
        frame[..4].copy_from_slice(&total);
        frame
    }
}

/// A worker process, warm and waiting, or on its way there.
#[derive(Debug)]
pub(super) struct Zygote {
    child: Arc<Child>,
    control: Mutex<UnixStream>,
    /// What it writes before it is ready; nothing if all is well.
    words: Mutex<io::PipeReader>,
    /// What a run's environment has back, as `NAME=value` or `NAME`.
    environment: Vec<Vec<u8>>,
}

impl Zygote {
    /// Starts a worker for this interpreter. Does not wait for it.
    pub(super) fn start(
        family: &Family,
        interpreter: &Interpreter,
        way: &Way,
        program: &Path,
    ) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let (words, output) = io::pipe()?;
        let command = match way {
            Way::Embedded { .. } => Command::new(program, output.as_fd()).arg(WORKER),
            Way::Own => Command::new(&interpreter.executable, output.as_fd()).args([
                "-u",
                "-c",
                &LAUNCH.replace("OWN", OWN_CODE),
                BOOT,
            ]),
        };
        let mut command = command
            .input(theirs.as_fd())
            .env("PYTHONUNBUFFERED", "1")
            .env("PATH", path_with(interpreter))
            .env_remove("PYTHONHOME");
        if *way != Way::Own && locale_says_nothing() && variable("PYTHONUTF8").is_none() {
            command = command.env("PYTHONUTF8", "1");
        }
        if let Way::Embedded { library_folder: Some(folder) } = way {
            command = command.env("LD_LIBRARY_PATH", folder_first(folder, "LD_LIBRARY_PATH"));
        }
        let child = family.spawn(command)?;
        rustix::io::ioctl_fionbio(&words, true)?;
        let environment = CHANGED.iter().map(|name| as_it_was(name)).collect();
        Ok(Self { child, control: Mutex::new(ours), words: Mutex::new(words), environment })
    }

    /// Asks it to run something that writes to these files and is reported about on `reports`.
    pub(super) fn run(
        &self,
        order: &Order<'_>,
        written: Files<'_>,
        reports: BorrowedFd<'_>,
    ) -> io::Result<()> {
        let control = self.control.lock().unwrap_or_else(PoisonError::into_inner);
        order.send(&control, &self.environment, written, reports)
    }

    /// A file that is readable once the process has ended.
    pub(super) fn exit(&self) -> Option<BorrowedFd<'_>> {
        self.child.exit()
    }

    /// Whether the process has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.child.reap().is_some()
    }

    /// Ends the process at once, and with it what it has not reported as started.
    pub(super) fn kill(&self) {
        self.child.signal(Signal::KILL);
    }

    /// Whether it ever got as far as taking orders.
    pub(super) fn was_ready(&self) -> bool {
        self.wait_until_ready(std::time::Duration::ZERO)
    }

    /// Waits until it takes orders, or `limit` has passed.
    pub(super) fn wait_until_ready(&self, limit: std::time::Duration) -> bool {
        let control = self.control.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = Timespec {
            tv_sec: limit.as_secs().cast_signed(),
            tv_nsec: limit.subsec_nanos().into(),
        };
        let _ = rustix::event::poll(&mut [PollFd::new(&*control, PollFlags::IN)], Some(&limit));
        let mut byte = [0];
        // The one line it ever writes there stays unread, for the next to ask.
        rustix::net::recv(
            &*control,
            &mut byte,
            rustix::net::RecvFlags::PEEK | rustix::net::RecvFlags::DONTWAIT,
        )
        .is_ok_and(|(read, _)| read > 0)
    }

    /// What it said when it could not start.
    pub(super) fn last_words(&self) -> String {
        let mut said = Vec::new();
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = words.read_to_end(&mut said);
        let said = String::from_utf8_lossy(&said);
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        last.trim().chars().take(LONGEST_QUOTE).collect()
    }
}

/// A field's length as the worker reads it.
fn length(field: &[u8]) -> [u8; 4] {
    u32::try_from(field.len()).unwrap_or(u32::MAX).to_le_bytes()
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
