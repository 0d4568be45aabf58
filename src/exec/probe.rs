//! Probes what this machine has to run code: runs a block of Python, asks the compiler, looks for
//! programs. Also compiles Rust blocks ahead of a talk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::custom::CustomRecipe;
use super::kernel::ServerSpecs;
use super::registry::Engine;
use super::remote::RemoteReport;
use super::rust::{BuildResult, Compiler, RemoteBuild};
use super::{Executor, RunSink, SANDBOX_IS_HERE, is_for_ssh};
use crate::deck::RemoteHost;
use crate::run::{self, Outcome, Request, RunId, RunLimits, Snippet, StdinSource, Target};

/// How long a first run of Python may take.
const PYTHON_TIMEOUT: Duration = Duration::from_mins(1);

/// Prints the version of the Python that runs it.
const VERSION_CODE: &str = "import sys; print(sys.version.split()[0])";

/// The program that builds crates.
const CARGO: &str = "cargo";

/// What this machine has to run code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeReport {
    /// The Python that runs blocks, or what is missing and how to get it.
    pub python: Result<PythonInfo, String>,
    /// The compiler of Rust blocks, or what is missing and how to get it.
    pub rust: Result<Compiler, String>,
    /// The other machines that were asked for, or why one cannot be reached.
    pub remotes: BTreeMap<Arc<RemoteHost>, Result<RemoteReport, String>>,
    /// The kernels of the Jupyter servers that were asked for, or why one cannot be reached.
    pub servers: BTreeMap<Arc<RemoteHost>, Result<ServerSpecs, String>>,
    /// The folder of compiled code.
    pub cache: PathBuf,
    /// Its size in bytes.
    pub cache_bytes: u64,
}

/// A Python that has run a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonInfo {
    /// The version that it reports.
    pub version: String,
    /// The program.
    pub executable: PathBuf,
    /// Why it is chosen.
    pub origin: String,
    /// Whether it is embedded; otherwise it runs as its own program.
    pub is_embedded: bool,
}

impl Executor {
    /// Probes the machine, which takes as long as a first run of Python, and connects to those that run
    /// these snippets.
    pub fn probe(&self, snippets: &[Snippet]) -> ProbeReport {
        ProbeReport {
            python: self.probe_python(),
            rust: self.rust.compiler(),
            remotes: self.probe_remotes(snippets),
            servers: self.probe_servers(snippets),
            cache_bytes: folder_size(&self.cache),
            cache: self.cache.clone(),
        }
    }

    /// Returns what is missing to run a snippet, and how to get it.
    pub fn missing_tool(&self, snippet: &Snippet, probe: &ProbeReport) -> Option<String> {
        if let Some(host) = snippet.remote.as_ref().filter(|_| is_for_ssh(snippet)) {
            return self.missing_there(snippet, probe.remotes.get(host)?);
        }
        if let (Some(host), Ok(Engine::Kernel(choice))) = (&snippet.remote, self.engine_of(snippet))
        {
            return match probe.servers.get(host)? {
                Ok(specs) => specs.get(&choice).err(),
                Err(why) => Some(why.clone()),
            };
        }
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
            Ok(Engine::Kernel(choice)) => self.kernels.missing(&choice),
            Ok(Engine::Process(recipe)) => programs(&recipe)
                .find_map(|program| self.runs.missing_tool(program.as_ref(), &snippet.language)),
        }
    }

    /// Returns what a snippet lacks on its machine.
    fn missing_there(
        &self,
        snippet: &Snippet,
        found: &Result<RemoteReport, String>,
    ) -> Option<String> {
        let report = match found {
            Ok(report) => report,
            Err(why) => return Some(why.clone()),
        };
        let lacks = |program: &str| format!("`{program}` is not installed on `{}`", report.name);
        match self.engine_of(snippet) {
            Err(why) => Some(why),
            Ok(Engine::Python) => None,
            Ok(Engine::Rust) if report.rustc.is_none() => Some(lacks("rustc")),
            Ok(Engine::Rust) => match RemoteBuild::new(snippet) {
                Err(why) => Some(why),
                Ok(build) if build.has_crates() && report.missing.iter().any(|it| it == CARGO) => {
                    Some(lacks(CARGO))
                }
                Ok(_) => None,
            },
            Ok(Engine::Kernel(_)) => Some(super::KERNEL_IS_HERE.to_owned()),
            Ok(Engine::Process(recipe)) => {
                let is_missing = |program: &&String| report.missing.contains(program);
                programs(&recipe).find(is_missing).map(|program| lacks(program))
            }
        }
    }

    /// Connects to the machines that run these snippets, and asks for the programs they need.
    fn probe_remotes(
        &self,
        snippets: &[Snippet],
    ) -> BTreeMap<Arc<RemoteHost>, Result<RemoteReport, String>> {
        let mut needed: BTreeMap<Arc<RemoteHost>, BTreeSet<String>> = BTreeMap::new();
        let for_ssh = |snippet: &&Snippet| is_for_ssh(snippet);
        for snippet in snippets.iter().filter(for_ssh).filter(|_| self.sandbox.is_none()) {
            let Some(host) = &snippet.remote else { continue };
            let needed = needed.entry(host.clone()).or_default();
            match self.engine_of(snippet) {
                Ok(Engine::Process(recipe)) => needed.extend(programs(&recipe).cloned()),
                Ok(Engine::Rust) if RemoteBuild::new(snippet).is_ok_and(|it| it.has_crates()) => {
                    needed.insert(CARGO.to_owned());
                }
                _ => {}
            }
        }
        let probe = |(host, programs): (Arc<RemoteHost>, BTreeSet<String>)| {
            let report = self.remotes.probe(&host, &programs);
            (host, report)
        };
        needed.into_iter().map(probe).collect()
    }

    /// Asks the Jupyter servers whose kernels run these snippets for their kernels.
    fn probe_servers(
        &self,
        snippets: &[Snippet],
    ) -> BTreeMap<Arc<RemoteHost>, Result<ServerSpecs, String>> {
        let hosts: BTreeSet<_> = snippets.iter().filter_map(|it| it.remote.as_ref()).collect();
        let probe = |host: &Arc<RemoteHost>| {
            let server = host.jupyter.as_ref()?;
            let report = match self.sandbox {
                Some(_) => Err(SANDBOX_IS_HERE.to_owned()),
                None => self.kernels.ask(server),
            };
            Some((host.clone(), report))
        };
        hosts.into_iter().filter_map(probe).collect()
    }

    /// Returns whether a snippet is compiled here before it is used.
    pub fn is_compiled(&self, snippet: &Snippet) -> bool {
        let is_rust = || self.engine_of(snippet) == Ok(Engine::Rust);
        snippet.remote.is_none() && (snippet.module.is_some() || is_rust())
    }

    /// Compiles a snippet and the crates it needs, unless they are compiled already, and waits for it.
    /// Only for decks whose code the user trusts.
    ///
    /// # Errors
    /// It does not compile: the compiler's message with colours, or why the compiler could not run.
    pub fn compile(&self, snippet: &Snippet, progress: &dyn Fn(&str)) -> Result<(), String> {
        match self.rust.compile(snippet.clone(), progress) {
            Ok(BuildResult::Binary(_)) => Ok(()),
            Ok(BuildResult::Errors(errors)) => Err(String::from_utf8_lossy(&errors).into_owned()),
            Err(why) => Err(why.to_string()),
        }
    }

    fn probe_python(&self) -> Result<PythonInfo, String> {
        let (sender, events) = crossbeam_channel::unbounded();
        let sink: RunSink = Arc::new(move |event| drop(sender.send(event)));
        self.python.start(&version_request(), None, sink);
        let mut output = Vec::new();
        for event in events {
            match event {
                run::Event::Output(bytes) => output.extend(bytes),
                run::Event::Finished(Outcome::Exited(0), _) => break,
                run::Event::Finished(Outcome::NotStarted(why), _) => return Err(why),
                run::Event::Finished(outcome, _) => return Err(failure(&outcome, &output)),
                _ => {}
            }
        }
        let (executable, origin, is_embedded) = self.python.chosen_interpreter()?;
        // Its startup files may print more.
        let version = last_line(&output).unwrap_or_default();
        Ok(PythonInfo { version, executable, origin, is_embedded })
    }
}

/// Returns the programs of a recipe. Those in the run's own folder are built by an earlier step.
fn programs(recipe: &CustomRecipe) -> impl Iterator<Item = &String> {
    let programs = recipe.commands.iter().filter_map(|step| step.first());
    programs.filter(|program| !program.starts_with("$pwd"))
}

fn version_request() -> Request {
    let language = "python".to_owned();
    Request {
        run: RunId::default(),
        code: Snippet {
            language,
            code: VERSION_CODE.to_owned(),
            first_line: 1,
            ..Snippet::default()
        },
        columns: 80,
        rows: 24,
        limits: RunLimits { timeout: Some(PYTHON_TIMEOUT), ..RunLimits::default() },
        target: Target::Terminal,
        session: None,
        input: StdinSource::Empty,
    }
}

fn failure(outcome: &Outcome, output: &[u8]) -> String {
    let why = match outcome {
        Outcome::TimedOut => Some("it took longer than a minute".to_owned()),
        _ => last_line(output),
    };
    let why = why.unwrap_or_else(|| "it printed no error".to_owned());
    format!("Python cannot run a line of code: {why}")
}

fn last_line(output: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(output);
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned)
}

/// Returns the size of the files in a folder, in bytes.
fn folder_size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let of_entry = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => folder_size(&entry.path()),
        Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |metadata| metadata.len()),
        _ => 0,
    };
    entries.flatten().map(of_entry).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_failure_is_explained() {
        let begin = "Python cannot run a line of code: ";
        let raised = failure(&Outcome::Raised, b"Traceback\r\nImportError: no encodings\r\n\r\n");
        assert_eq!(raised, format!("{begin}ImportError: no encodings"));
        assert_eq!(failure(&Outcome::Signaled(9), b""), format!("{begin}it printed no error"));
        let late = failure(&Outcome::TimedOut, b"so far");
        assert_eq!(late, format!("{begin}it took longer than a minute"));
    }
}
