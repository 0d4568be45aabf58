//! An installed Python: its version and its shared library. The name of a program may be that of a launcher
//! script (pyenv's takes 70 ms), so it is asked once for its real path.

#![expect(clippy::disallowed_methods, reason = "waits for answers")]

use std::fmt;
use std::io::{self, PipeReader, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::exec::os::process_tree::ProcessTree;
use crate::exec::os::spawn::SpawnCommand;
use crate::exec::os::wait::wait_readable_until;
use crate::exec::python_abi::PythonAbi;

/// The oldest Python that can be embedded, by the stable ABI that we use.
const MIN_EMBEDDED_VERSION: (u32, u32) = (3, 9);

/// The oldest Python that the worker's code supports.
const MIN_VERSION: (u32, u32) = (3, 7);

/// How long a program may take to answer the query.
const QUERY_TIMEOUT: Duration = Duration::from_secs(15);

/// The line before an answer. A launcher may print something else before it.
const ANSWER_HEADER: &str = "this is";

/// Prints what [`Interpreter::parse`] reads.
const QUERY: &str = "\
import sys, sysconfig
var = sysconfig.get_config_var
print('this is')
print(sys.implementation.name if hasattr(sys, 'implementation') else 'cpython')
print('%d %d' % sys.version_info[:2])
print(getattr(sys, 'abiflags', '') + ('t' if var('Py_GIL_DISABLED') else ''))
print(sys.executable)
for name in var('INSTSONAME'), var('LDLIBRARY'):
    for folder in getattr(sys, 'base_prefix', sys.prefix) + '/lib', var('LIBDIR'), '%s/%s' % (
        var('LIBDIR'), var('MULTIARCH')), var('LIBPL'):
        if name and folder and '.a' not in name:
            print(folder + '/' + name)
";

/// Why a Python is a deck's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::exec) enum PythonOrigin {
    /// The front matter names it.
    FrontMatter,
    /// Its virtual environment is active.
    VirtualEnv,
    /// Its virtual environment, with this name, is beside the deck.
    Beside(&'static str),
    /// It is `python3` on `PATH`. If there is a virtual environment above the deck's folder, its path.
    OnPath(Option<String>),
}

impl fmt::Display for PythonOrigin {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FrontMatter => to.write_str("named by the front matter"),
            Self::VirtualEnv => to.write_str("from `$VIRTUAL_ENV`"),
            Self::Beside(name) => write!(to, "from `{name}` beside the deck"),
            Self::OnPath(None) => to.write_str("`python3` on `PATH`"),
            Self::OnPath(Some(path)) => {
                write!(to, "`python3` on `PATH`; `{path}` is not beside the deck")
            }
        }
    }
}

/// An installed Python.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interpreter {
    /// The program itself, not a launcher.
    pub(super) executable: PathBuf,
    /// The shared library to embed, if this Python can be embedded.
    pub(super) library: Option<PathBuf>,
    /// What modules for it are compiled for.
    pub(super) abi: PythonAbi,
    /// Why it is chosen.
    pub(super) origin: PythonOrigin,
}

impl Interpreter {
    /// Runs `program` to find out what it is.
    pub(super) fn ask(program: &Path, tree: &ProcessTree) -> Result<Self, String> {
        let failed = |error| format!("`{}` does not start: {error}", program.display());
        let (answer, output) = io::pipe().map_err(failed)?;
        let query = SpawnCommand::new(program, output.as_fd()).args(["-I", "-S", "-c", QUERY]);
        let child = tree.spawn(query).map_err(failed)?;
        drop(output);
        let answer = read_within(QUERY_TIMEOUT, answer);
        child.signal(Signal::KILL);
        child.wait();
        Self::parse(&answer).unwrap_or_else(|| Err(refusal(program, &answer)))
    }

    /// Parses the answer to [`QUERY`]. Returns `None` if it is not an answer.
    fn parse(answer: &str) -> Option<Result<Self, String>> {
        let mut lines = answer.lines().skip_while(|line| *line != ANSWER_HEADER).skip(1);
        let implementation = lines.next()?;
        let (major, minor) = lines.next()?.split_once(' ')?;
        let version = (major.parse().ok()?, minor.parse().ok()?);
        let flags = lines.next()?;
        let executable = PathBuf::from(lines.next().filter(|line| !line.is_empty())?);
        if version < MIN_VERSION {
            return Some(Err(format!(
                "`{}` is Python {major}.{minor}: blocks need {}.{} or newer",
                executable.display(),
                MIN_VERSION.0,
                MIN_VERSION.1
            )));
        }
        let is_plain = implementation == "cpython" && flags.is_empty();
        let can_embed =
            is_plain && version >= MIN_EMBEDDED_VERSION && is_python3_of_its_folder(&executable);
        let library = lines.map(PathBuf::from).find(|path| can_embed && path.is_file());
        let abi = PythonAbi::new(implementation, version, flags);
        Some(Ok(Self { executable, library, abi, origin: PythonOrigin::OnPath(None) }))
    }

    /// Returns the folder of the program, by which its library finds the interpreter.
    pub(super) fn folder(&self) -> &Path {
        self.executable.parent().unwrap_or(Path::new("/"))
    }
}

/// Returns whether the library, which looks for the name `python3`, would find this program.
fn is_python3_of_its_folder(executable: &Path) -> bool {
    let name = executable.with_file_name("python3");
    let real = |path: &Path| path.canonicalize().ok();
    real(&name).is_some_and(|found| Some(found) == real(executable))
}

/// Reads until the pipe is closed or the time is up.
fn read_within(limit: Duration, mut pipe: PipeReader) -> String {
    let give_up = Instant::now() + limit;
    let (mut output, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let is_ready = wait_readable_until(&pipe, give_up);
        match if is_ready { pipe.read(&mut buffer) } else { Ok(0) } {
            Ok(read @ 1..) => output.extend(&buffer[..read]),
            Ok(0) | Err(_) => return String::from_utf8_lossy(&output).into_owned(),
        }
    }
}

fn refusal(program: &Path, output: &str) -> String {
    let last = output.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it printed nothing");
    format!("`{}` does not run as a Python: {}", program.display(), last.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(answer: &str) -> Result<Interpreter, String> {
        Interpreter::parse(&format!("this is\n{answer}")).unwrap()
    }

    #[test]
    fn too_old_python_is_refused() {
        let why = parse("cpython\n2 7\n\n/usr/bin/python2\n").unwrap_err();
        assert_eq!(why, "`/usr/bin/python2` is Python 2.7: blocks need 3.7 or newer");
    }

    #[test]
    fn only_a_plain_cpython_is_embedded() {
        let library = std::env::current_exe().unwrap();
        let library = library.display();
        for kind in ["pypy\n3 11\n\n", "cpython\n3 13\nt\n", "cpython\n3 8\n\n"] {
            let found = parse(&format!("{kind}/usr/bin/python3\n{library}\n")).unwrap();
            assert_eq!(found.library, None, "{kind}");
        }
    }

    #[test]
    fn unparsable_answer_is_not_an_interpreter() {
        assert_eq!(Interpreter::parse("pyenv: no such command\n"), None);
        assert_eq!(Interpreter::parse("this is\ncpython\n3 11\n\n\n"), None);
    }
}
