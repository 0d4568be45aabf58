//! What of this machine runs code, looked at by using it: a block of Python is run, the compiler is
//! asked, programs are looked for; and blocks of Rust compiled ahead of a talk.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::registry::Engine;
use super::rust::{BuildResult, Compiler};
use super::{Executor, RunSink};
use crate::run::{self, Outcome, Request, RunId, RunLimits, Snippet, StdinSource, Target};

/// How long a first run of Python may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Prints the version of the Python that runs it.
const VERSION: &str = "import sys; print(sys.version.split()[0])";

/// What there is to run code with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeReport {
    /// The Python that runs blocks, or what is missing and how to get it.
    pub python: Result<PythonInfo, String>,
    /// The compiler of Rust blocks, or what is missing and how to get it.
    pub rust: Result<Compiler, String>,
    /// Where compiled code is kept.
    pub cache: PathBuf,
    /// The bytes that it takes.
    pub cache_bytes: u64,
}

/// A Python that has run a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonInfo {
    /// What it says of itself.
    pub version: String,
    /// The program.
    pub executable: PathBuf,
    /// Whether it is the embedded one; else it runs in a process of its own program.
    pub is_embedded: bool,
}

impl Executor {
    /// Looks at what there is, which takes as long as a first run of Python.
    pub fn probe(&self) -> ProbeReport {
        ProbeReport {
            python: self.found_python(),
            rust: self.rust.compiler(),
            cache_bytes: size(&self.cache),
            cache: self.cache.clone(),
        }
    }

    /// What is missing to run a snippet, and how to get it; nothing if nothing is.
    pub fn missing_tool(&self, snippet: &Snippet, probe: &ProbeReport) -> Option<String> {
        if self.is_compiled(snippet) {
            let needs_cargo = snippet.module.is_some()
                || snippet.rust.as_ref().is_some_and(|it| !it.crates.is_empty());
            return match &probe.rust {
                Err(why) => Some(why.clone()),
                Ok(compiler) => compiler.lack(needs_cargo),
            };
        }
        match self.engine_of(snippet) {
            Err(why) => Some(why),
            Ok(Engine::Python) => probe.python.as_ref().err().cloned(),
            Ok(Engine::Rust) => None,
            Ok(Engine::Process(recipe)) => {
                // What an earlier step makes lies in the run's own folder.
                let programs = recipe.commands.iter().filter_map(|step| step.first());
                let mut programs = programs.filter(|program| !program.starts_with("$pwd"));
                programs
                    .find_map(|program| self.runs.missing_tool(program.as_ref(), &snippet.language))
            }
        }
    }

    /// Whether a snippet is compiled before it can be used.
    pub fn is_compiled(&self, snippet: &Snippet) -> bool {
        snippet.module.is_some() || self.engine_of(snippet) == Ok(Engine::Rust)
    }

    /// Compiles a snippet and the crates it needs, unless all that is there already, and waits for it.
    /// Only for decks whose code the user trusts.
    ///
    /// # Errors
    /// It does not compile: what the compiler says, in its colours, or why it could not be asked.
    pub fn compile(&self, snippet: &Snippet, progress: &dyn Fn(&str)) -> Result<(), String> {
        match self.rust.compile(snippet.clone(), progress) {
            Ok(BuildResult::Binary(_)) => Ok(()),
            Ok(BuildResult::Errors(errors)) => Err(String::from_utf8_lossy(&errors).into_owned()),
            Err(why) => Err(why.to_string()),
        }
    }

    fn found_python(&self) -> Result<PythonInfo, String> {
        let (tell, told) = crossbeam_channel::unbounded();
        let sink: RunSink = std::sync::Arc::new(move |event| drop(tell.send(event)));
        self.python.start(&first_run(), None, sink);
        let mut written = Vec::new();
        for event in told {
            match event {
                run::Event::Output(bytes) => written.extend(bytes),
                run::Event::Finished(Outcome::Exited(0), _) => break,
                run::Event::Finished(Outcome::NotStarted(why), _) => return Err(why),
                run::Event::Finished(outcome, _) => return Err(not_run(&outcome, &written)),
                _ => {}
            }
        }
        let (executable, is_embedded) = self.python.chosen_interpreter()?;
        // It may have been told to say more when it starts.
        let version = last_line(&written).unwrap_or_default();
        Ok(PythonInfo { version, executable, is_embedded })
    }
}

fn first_run() -> Request {
    let language = "python".to_owned();
    Request {
        run: RunId::default(),
        code: Snippet { language, code: VERSION.to_owned(), first_line: 1, ..Snippet::default() },
        columns: 80,
        rows: 24,
        limits: RunLimits { timeout: Some(PATIENCE), ..RunLimits::default() },
        target: Target::Terminal,
        session: None,
        input: StdinSource::Empty,
    }
}

fn not_run(outcome: &Outcome, written: &[u8]) -> String {
    let why = match outcome {
        Outcome::TimedOut => Some("it takes longer than a minute".to_owned()),
        _ => last_line(written),
    };
    let why = why.unwrap_or_else(|| "it does not say why".to_owned());
    format!("Python does not run a line of code: {why}")
}

fn last_line(written: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(written);
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned)
}

/// The bytes of the files in a folder.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let of_entry = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => size(&entry.path()),
        Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |metadata| metadata.len()),
        _ => 0,
    };
    entries.flatten().map(of_entry).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_python_does_not_run_is_told_in_words() {
        let begin = "Python does not run a line of code: ";
        let raised = not_run(&Outcome::Raised, b"Traceback\r\nImportError: no encodings\r\n\r\n");
        assert_eq!(raised, format!("{begin}ImportError: no encodings"));
        assert_eq!(not_run(&Outcome::Signaled(9), b""), format!("{begin}it does not say why"));
        let late = not_run(&Outcome::TimedOut, b"so far");
        assert_eq!(late, format!("{begin}it takes longer than a minute"));
    }
}
