//! Chooses the Python that runs a deck's blocks.
//!
//! The order is: the front matter's, the active virtual environment, one beside the deck, `python3` on
//! `PATH`. The first of them that exists decides: if it does not work, that is an error, and no other Python
//! runs the blocks instead.

#![expect(clippy::disallowed_methods, reason = "reads the environment")]

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::interpreter::{Interpreter, PythonOrigin};
use crate::exec::os::process_tree::ProcessTree;

/// The folders of a virtual environment beside a deck.
const DECK_ENVIRONMENTS: [&str; 2] = [".venv", "venv"];

/// How many folders to look at for a repository: the deck's and those above it.
const MAX_LEVELS: usize = 8;

/// The programs to try, in order, and why.
struct Candidates {
    origin: PythonOrigin,
    programs: Vec<PathBuf>,
}

/// Where to look for a Python.
#[derive(Clone, Debug)]
pub(in crate::exec) struct InterpreterSearch {
    /// The deck's directory, absolute.
    pub(super) directory: PathBuf,
    /// The interpreter that the front matter names.
    pub(super) named: Option<String>,
    /// The folder of the active virtual environment.
    pub(super) virtual_env: Option<PathBuf>,
    /// The value of `PATH`.
    pub(super) path: OsString,
}

impl InterpreterSearch {
    /// Returns the search for a deck in `directory`, with our own environment.
    pub(in crate::exec) fn of(directory: PathBuf, named: Option<String>) -> Self {
        let virtual_env = env::var_os("VIRTUAL_ENV").filter(|folder| !folder.is_empty());
        let path = env::var_os("PATH").unwrap_or_default();
        Self { directory, named, virtual_env: virtual_env.map(PathBuf::from), path }
    }

    /// Returns the interpreter to use, or a message that says what is missing and what to try.
    pub(super) fn choose(&self, tree: &ProcessTree) -> Result<Interpreter, String> {
        let Candidates { origin, programs } = self.candidates()?;
        let mut refused = None;
        for program in programs {
            match Interpreter::ask(&program, tree) {
                Ok(found) => return Ok(Interpreter { origin, ..found }),
                Err(why) => refused = refused.or(Some(why)),
            }
        }
        if let (Some(why), false) = (&refused, matches!(origin, PythonOrigin::OnPath(_))) {
            return Err(format!("{why} ({origin})"));
        }
        Err(refused.map_or_else(
            || {
                "no Python here: looked at `$VIRTUAL_ENV`, `.venv` and `venv` beside the deck, and \
                 `python3` on PATH; install Python 3 (Debian, Ubuntu: `sudo apt install python3`) or \
                 name one in the front matter under `options.python.interpreter`"
                    .to_owned()
            },
            |why| format!("no Python that runs here: {why}"),
        ))
    }

    /// Returns the programs that may become the deck's Python.
    pub(in crate::exec) fn programs(&self) -> Vec<PathBuf> {
        let named = self.named.as_ref().and_then(|named| self.find(named));
        let beside = DECK_ENVIRONMENTS.iter().map(|folder| self.directory.join(folder));
        let environments = self.virtual_env.clone().into_iter().chain(beside);
        let inside = environments.map(|folder| python_of(&folder)).filter(|it| it.is_file());
        named.into_iter().chain(inside).chain(self.on_path("python3")).collect()
    }

    /// Returns the programs to try, or a message if the one that was chosen is gone.
    fn candidates(&self) -> Result<Candidates, String> {
        let one = |origin, program| Candidates { origin, programs: vec![program] };
        if let Some(named) = &self.named {
            let found = self.find(named).map(|program| one(PythonOrigin::FrontMatter, program));
            return found.ok_or_else(|| {
                format!(
                    "no Python `{named}`, which the front matter names under \
                     `options.python.interpreter`; give the path of an interpreter or of a virtual \
                     environment"
                )
            });
        }
        if let Some(folder) = &self.virtual_env {
            return match environment(folder) {
                VirtualEnvironment::Python(program) => Ok(one(PythonOrigin::VirtualEnv, program)),
                _ => Err(format!(
                    "`$VIRTUAL_ENV` is `{}`, which has no Python; deactivate it, or make it again",
                    folder.display()
                )),
            };
        }
        for name in DECK_ENVIRONMENTS {
            match environment(&self.directory.join(name)) {
                VirtualEnvironment::Python(program) => {
                    return Ok(one(PythonOrigin::Beside(name), program));
                }
                VirtualEnvironment::Broken => {
                    return Err(format!(
                        "`{name}` beside the deck has no Python, or one that is gone; make it again with \
                         `python3 -m venv --clear {name}`"
                    ));
                }
                VirtualEnvironment::None => {}
            }
        }
        let origin = PythonOrigin::OnPath(self.environment_above());
        Ok(Candidates { origin, programs: self.on_path("python3").collect() })
    }

    /// Returns the path from the deck's folder of a virtual environment above it, which is not used: one
    /// folder up, or further up in the same repository.
    fn environment_above(&self) -> Option<String> {
        let is_root = |folder: &&Path| folder.join(".git").exists();
        let above: Vec<_> = self.directory.ancestors().take(MAX_LEVELS).collect();
        let levels = above.iter().position(is_root).unwrap_or(1);
        let mut levels = above.iter().enumerate().skip(1).take(levels);
        levels.find_map(|(level, folder)| {
            let is_there = |name: &&str| folder.join(name).join("pyvenv.cfg").is_file();
            let name = DECK_ENVIRONMENTS.into_iter().find(is_there)?;
            Some("../".repeat(level) + name)
        })
    }

    /// Returns the program that a name in the front matter means: a path, the folder of a virtual
    /// environment, or a name on `PATH`.
    fn find(&self, named: &str) -> Option<PathBuf> {
        let home = || env::home_dir().filter(|_| named.starts_with("~/"));
        let path = match home() {
            Some(home) => home.join(&named[2..]),
            None => self.directory.join(named),
        };
        let beside = Some(path).filter(|path| named.contains('/') || path.is_dir());
        match beside {
            Some(folder) if folder.is_dir() => Some(python_of(&folder)).filter(|it| it.is_file()),
            Some(program) => Some(program).filter(|it| it.is_file()),
            None => self.on_path(named).next(),
        }
    }

    fn on_path(&self, name: &str) -> impl Iterator<Item = PathBuf> {
        env::split_paths(&self.path)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(name))
            .filter(|program| program.is_file())
            .collect::<Vec<_>>()
            .into_iter()
    }
}

fn python_of(environment: &Path) -> PathBuf {
    environment.join("bin").join("python3")
}

/// What a folder is that may be a virtual environment.
enum VirtualEnvironment {
    /// One with this Python.
    Python(PathBuf),
    /// One whose Python is gone.
    Broken,
    /// No virtual environment.
    None,
}

fn environment(folder: &Path) -> VirtualEnvironment {
    let program = python_of(folder);
    if program.is_file() {
        VirtualEnvironment::Python(program)
    } else if program.is_symlink() || folder.join("pyvenv.cfg").is_file() {
        VirtualEnvironment::Broken
    } else {
        VirtualEnvironment::None
    }
}

/// The Python that will most likely run a deck's blocks, found without starting it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LikelyPython {
    /// The program.
    pub program: PathBuf,
    /// Its version, if a file name or configuration tells.
    pub version: Option<String>,
    /// Why it is chosen.
    pub origin: String,
    /// The virtual environment above the deck's folder, which is not used.
    pub unused: Option<String>,
}

/// Returns the Python for a deck in `directory` whose front matter names `named`, if anything; `None` if
/// there is none on this machine.
///
/// # Errors
/// The chosen one is gone: a message.
pub fn likely_python(
    directory: &Path,
    named: Option<&str>,
) -> Result<Option<LikelyPython>, String> {
    let search = InterpreterSearch::of(directory.to_owned(), named.map(str::to_owned));
    let Candidates { origin, programs } = search.candidates()?;
    let Some(program) = programs.into_iter().next() else { return Ok(None) };
    let version = environment_version(&program).or_else(|| version_in_name(&program));
    let text = origin.to_string();
    let unused = match origin {
        PythonOrigin::OnPath(path) => path,
        _ => None,
    };
    Ok(Some(LikelyPython { program, version, origin: text, unused }))
}

/// Returns the version in the configuration of a virtual environment.
fn environment_version(program: &Path) -> Option<String> {
    let file = program.parent()?.parent()?.join("pyvenv.cfg");
    let text = crate::files::read_text(&file, crate::files::FileKind::Text).ok()?;
    let mut pairs = text.lines().filter_map(|line| line.split_once('='));
    let value = |(_, value): (&str, &str)| value.trim().to_owned();
    pairs.find(|(key, _)| matches!(key.trim(), "version" | "version_info")).map(value)
}

/// Returns the version in the resolved name of the program: `3.11` of `python3.11`.
fn version_in_name(program: &Path) -> Option<String> {
    let real = program.canonicalize().ok()?;
    let version = real.file_name()?.to_str()?.strip_prefix("python")?.to_owned();
    Some(version).filter(|version| version.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_names_the_places_searched() {
        let nowhere = tempfile::tempdir().unwrap();
        let path = nowhere.path().as_os_str().to_owned();
        let search = InterpreterSearch {
            directory: nowhere.path().into(),
            named: None,
            virtual_env: None,
            path,
        };
        let why = search.choose(&ProcessTree::new()).unwrap_err();
        assert!(why.starts_with("no Python here: looked at `$VIRTUAL_ENV`"), "{why}");
        assert!(why.contains("options.python.interpreter"), "{why}");
    }

    #[test]
    fn error_names_a_missing_named_python() {
        let nowhere = tempfile::tempdir().unwrap();
        let mut search = InterpreterSearch::of(nowhere.path().into(), Some("python9".into()));
        assert!(search.choose(&ProcessTree::new()).unwrap_err().starts_with("no Python `python9`"));
        search.named = Some("./env".into());
        assert!(search.choose(&ProcessTree::new()).unwrap_err().starts_with("no Python `./env`"));
    }

    /// Returns a search in a deck's folder, with `python3` of our own `PATH`.
    fn search_in(directory: &Path) -> InterpreterSearch {
        let mut search = InterpreterSearch::of(directory.to_owned(), None);
        search.virtual_env = None;
        search
    }

    #[test]
    fn environment_without_its_python_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let environment = folder.path().join(".venv");
        std::fs::create_dir_all(environment.join("bin")).unwrap();
        let search = search_in(folder.path());
        assert!(search.choose(&ProcessTree::new()).is_ok(), "a folder is no environment");
        std::os::unix::fs::symlink("/nowhere/python3", python_of(&environment)).unwrap();
        let why = search.choose(&ProcessTree::new()).unwrap_err();
        assert!(
            why.starts_with("`.venv` beside the deck has no Python, or one that is gone"),
            "{why}"
        );
    }

    #[test]
    fn active_environment_that_is_gone_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let mut search = search_in(folder.path());
        search.virtual_env = Some(folder.path().join("gone"));
        let why = search.choose(&ProcessTree::new()).unwrap_err();
        assert!(why.starts_with("`$VIRTUAL_ENV` is `"), "{why}");
        assert!(why.contains("/gone`, which has no Python"), "{why}");
    }

    #[test]
    fn environment_that_does_not_run_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let python = python_of(&folder.path().join("venv"));
        std::fs::create_dir_all(python.parent().unwrap()).unwrap();
        std::fs::write(&python, "#!/bin/sh\necho broken\n").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&python, mode).unwrap();
        let why = search_in(folder.path()).choose(&ProcessTree::new()).unwrap_err();
        let end = "does not run as a Python: broken (from `venv` beside the deck)";
        assert!(why.ends_with(end), "{why}");
    }

    #[test]
    fn environment_above_the_deck_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let deck = folder.path().join("talk");
        std::fs::create_dir_all(folder.path().join(".venv")).unwrap();
        std::fs::write(folder.path().join(".venv/pyvenv.cfg"), "").unwrap();
        let found = search_in(&deck).choose(&ProcessTree::new()).unwrap();
        let why = "`python3` on `PATH`; `../.venv` is not beside the deck";
        assert_eq!(found.origin.to_string(), why);
        // Further up, it may be about something else, unless it is in the same repository.
        let deck = deck.join("of").join("monday");
        std::fs::create_dir_all(&deck).unwrap();
        let origin = || search_in(&deck).choose(&ProcessTree::new()).unwrap().origin.to_string();
        assert_eq!(origin(), "`python3` on `PATH`");
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        assert_eq!(origin(), "`python3` on `PATH`; `../../../.venv` is not beside the deck");
    }

    #[test]
    fn broken_python_is_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let broken = folder.path().join("python3");
        std::fs::write(&broken, "#!/bin/sh\necho no version set >&2; exit 127\n").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&broken, mode).unwrap();
        let mut search = InterpreterSearch::of(folder.path().into(), None);
        search.virtual_env = None;
        let real = search.choose(&ProcessTree::new()).unwrap();
        let both = [folder.path().into()].into_iter().chain(env::split_paths(&search.path));
        search.path = env::join_paths(both).unwrap();
        assert_eq!(search.choose(&ProcessTree::new()).unwrap(), real);
        search.path = folder.path().into();
        let why = search.choose(&ProcessTree::new()).unwrap_err();
        assert!(why.ends_with("does not run as a Python: no version set"), "{why}");
    }
}
