//! Compiling snippets, each once: whoever asks for one that is being compiled waits for it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::Receiver;
use parking_lot::Mutex;

use super::cache::{BINARY, BuildCache, BuildResult};
use super::cargo::Links;
use super::crates::{CrateSets, FORGOTTEN};
use super::pymodule::{self, IncrementalDir};
use super::rewrite::{self, BlackBox};
use super::toolchain::{self, Compiler, Toolchain};
use crate::ansi::strip_colors;
use crate::deck::Profile;
use crate::exec::os::process_tree::{Child, ChildStatus, ProcessTree};
use crate::exec::os::spawn;
use crate::exec::sandbox;
use crate::files;
use crate::run::Snippet;

/// How snippets are compiled.
const FLAGS: &[&str] =
    &["--error-format=human", "--color=always", "-Awarnings", "-Cdebuginfo=0", "-Cstrip=debuginfo"];

/// How far they are optimised. Where nobody says, as far as that costs next to nothing, for a talk
/// shows how fast Rust is; with a debug build's checks, for it also shows how an overflow is caught.
fn optimised(profile: Profile) -> &'static [&'static str] {
    match profile {
        Profile::Quick => &["-Copt-level=1", "-Cdebug-assertions=on"],
        Profile::Release => &["-Copt-level=3"],
        Profile::Debug => &["-Copt-level=0", "-Cdebug-assertions=on"],
    }
}

/// What is made of it: a program, or a library that Python loads.
fn kind(snippet: &Snippet) -> Vec<String> {
    let Some(module) = &snippet.module else {
        let name = rewrite::crate_name(&snippet.code).unwrap_or("snippet");
        let mut kind = vec!["--crate-type=bin".to_owned(), format!("--crate-name={name}")];
        kind.extend(is_tests(snippet).then(|| "--test".to_owned()));
        return kind;
    };
    let mut kind = vec!["--crate-type=cdylib".to_owned(), format!("--crate-name={}", module.name)];
    if cfg!(target_os = "macos") {
        // Python has what is missing.
        kind.extend(["-Clink-arg=-undefined", "-Clink-arg=dynamic_lookup"].map(str::to_owned));
    }
    kind
}

/// Whether a snippet's tests are what runs.
pub(super) fn is_tests(snippet: &Snippet) -> bool {
    snippet.module.is_none() && !snippet.is_timed && rewrite::is_tests(&snippet.code)
}

/// What rustc calls to make a program of what it has compiled.
const LINKER: &str = "cc";

/// The folder that the compiler writes to, in an entry that is being made.
const OUTPUT: &str = "output";

/// The newest edition.
const EDITION: &str = "2024";

/// Part of every entry's name: a change of how programs are made is a new number.
const FORMAT: &[u8] = b"5";

/// All snippets that were compiled, and those that are being.
#[derive(Debug)]
pub(super) struct Builder {
    tree: Arc<ProcessTree>,
    directory: PathBuf,
    cache: BuildCache,
    workplaces: PathBuf,
    crates: CrateSets,
    toolchain: Mutex<Option<Arc<Toolchain>>>,
    table: Mutex<BTreeMap<String, BuildEntry>>,
}

#[derive(Debug)]
enum BuildEntry {
    /// Disconnects when it is done.
    Building(Receiver<()>),
    Done(BuildResult),
}

/// Why there is nothing, neither program nor errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::exec) enum BuildError {
    /// Whoever asked does not want it any more.
    Cancelled,
    /// The compiler died of this signal.
    Killed(i32),
    /// There is no compiler, or no room for its output.
    Unavailable(String),
    /// Its crates cannot be had: what cargo says.
    Crates(Arc<str>),
}

/// What a process is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BuildPhase {
    /// It builds the crates of a snippet.
    Crates,
    /// It compiles the snippet.
    Program,
}

/// How to compile.
pub(super) struct BuildContext<'a> {
    /// In the background, leaving the processor to all else.
    pub(super) is_background: bool,
    /// Gets the process that is at work.
    pub(super) begun: &'a dyn Fn(&Arc<Child>, BuildPhase),
    /// Hears how far the crates are.
    pub(super) progress: &'a dyn Fn(&str),
    /// Disconnects when it is not wanted any more.
    pub(super) is_cancelled: &'a Receiver<()>,
}

impl BuildContext<'_> {
    /// A process has begun to work.
    pub(super) fn has_begun(&self, child: &Arc<Child>, work: BuildPhase) {
        if self.is_background {
            let _ = rustix::process::setpriority_process(Some(child.pid()), 10);
        }
        (self.begun)(child, work);
    }

    /// Whether it is not wanted any more.
    pub(super) fn is_cancelled(&self) -> bool {
        self.is_cancelled.try_recv() == Err(DISCONNECTED)
    }
}

impl Builder {
    /// No builds yet. Compilers will run in `directory`, the deck's.
    pub(super) fn new(tree: Arc<ProcessTree>, directory: PathBuf, cache: &Path) -> Self {
        let trusted = sandbox::trusted_cache(cache).filter(|_| tree.is_sandboxed());
        let roots = (cache.join(sandbox::CRATES), trusted.map(|it| it.join(sandbox::CRATES)));
        let crates = CrateSets::new(tree.clone(), directory.clone(), roots);
        let workplaces = cache.join("modules");
        let cache = BuildCache::new(cache.join("rust"));
        let (toolchain, table) = (Mutex::default(), Mutex::default());
        Self { tree, directory, cache, workplaces, crates, toolchain, table }
    }

    /// What came of a snippet, if it was ever compiled.
    pub(super) fn known(&self, snippet: &Snippet) -> Result<Option<BuildResult>, BuildError> {
        let toolchain = self.toolchain()?;
        let links = match &snippet.rust {
            None => Arc::default(),
            Some(build) => match self.crates.known(&toolchain, build) {
                Some(links) => links,
                None => return Ok(None),
            },
        };
        Ok(self.find(&name(&toolchain, &links, snippet)))
    }

    /// What came of the snippet of this name.
    fn find(&self, name: &str) -> Option<BuildResult> {
        if let Some(built) = self.remembered(name) {
            return Some(built);
        }
        let found = self.cache.find(name);
        if let Some(built) = &found {
            self.remember(name, built.clone());
        }
        found
    }

    /// Compiles a snippet, unless it is known.
    pub(super) fn build(
        &self,
        snippet: &Snippet,
        how: &BuildContext<'_>,
    ) -> Result<BuildResult, BuildError> {
        let toolchain = self.toolchain()?;
        let links = match &snippet.rust {
            None => Arc::default(),
            Some(build) => self.crates.build(&toolchain, build, how)?,
        };
        let name = name(&toolchain, &links, snippet);
        loop {
            if let Some(built) = self.find(&name) {
                return Ok(built);
            }
            let (done, is_done) = crossbeam_channel::bounded(0);
            let Some(other) = self.claim(&name, is_done) else {
                let built = self.compile((&toolchain, &links), &name, snippet, how);
                match &built {
                    Ok(built) => self.remember(&name, built.clone()),
                    Err(_) => drop(self.table.lock().remove(&name)),
                }
                drop(done);
                return built;
            };
            crossbeam_channel::select! {
                recv(other) -> _ => {}
                recv(how.is_cancelled) -> _ => return Err(BuildError::Cancelled),
            }
        }
    }

    /// Removes from the cache what has not been used for long.
    pub(super) fn prune(&self) {
        self.cache.prune();
        self.crates.prune();
        // What is still there the next time is removed then.
        let _ = pymodule::prune(&self.workplaces, FORGOTTEN);
    }

    /// Removes what was left half built when the compilers were ended.
    pub(super) fn abandon(&self) {
        self.cache.abandon();
    }

    /// Makes the caller the one who builds this; else gives the other one's channel.
    fn claim(&self, name: &str, is_done: Receiver<()>) -> Option<Receiver<()>> {
        let mut table = self.table.lock();
        if let Some(BuildEntry::Building(other)) = table.get(name) {
            return Some(other.clone());
        }
        table.insert(name.to_owned(), BuildEntry::Building(is_done));
        None
    }

    fn remembered(&self, name: &str) -> Option<BuildResult> {
        match self.table.lock().get(name)? {
            // Someone may have emptied the cache meanwhile.
            BuildEntry::Done(BuildResult::Binary(binary)) if !binary.is_file() => None,
            BuildEntry::Done(built) => Some(built.clone()),
            BuildEntry::Building(_) => None,
        }
    }

    fn remember(&self, name: &str, built: BuildResult) {
        self.table.lock().insert(name.to_owned(), BuildEntry::Done(built));
    }

    /// The toolchain, looked for until there is one.
    fn toolchain(&self) -> Result<Arc<Toolchain>, BuildError> {
        let mut known = self.toolchain.lock();
        if let Some(toolchain) = &*known {
            return Ok(toolchain.clone());
        }
        let found =
            Toolchain::find(&self.tree, &self.directory).map_err(BuildError::Unavailable)?;
        Ok(known.insert(Arc::new(found)).clone())
    }

    /// What compiles.
    pub(super) fn compiler(&self) -> Result<Compiler, BuildError> {
        let toolchain = self.toolchain()?;
        let (pyo3, build) = pymodule::usual();
        Ok(Compiler {
            rustc: toolchain.release(),
            cargo: toolchain.cargo_release(&self.tree, &self.directory),
            has_linker: spawn::find_program(LINKER.as_ref(), &self.directory).is_some(),
            pyo3: pyo3.to_owned(),
            has_pyo3: self.crates.known(&toolchain, &build).is_some(),
        })
    }

    /// Where a module is compiled, if it is one, so that an edit of it takes no longer than it must.
    fn workplace(&self, snippet: &Snippet, toolchain: &Toolchain) -> Option<IncrementalDir> {
        let module = snippet.module.as_ref()?;
        let mut hash = blake3::Hasher::new();
        let deck = self.directory.join(&snippet.file);
        let deck = deck.as_os_str().as_encoded_bytes();
        for part in [&toolchain.version, deck, module.name.as_bytes()] {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        IncrementalDir::take(&self.workplaces, &hash.finalize().to_hex()[..32])
    }

    fn compile(
        &self,
        (toolchain, links): (&Toolchain, &Links),
        name: &str,
        snippet: &Snippet,
        how: &BuildContext<'_>,
    ) -> Result<BuildResult, BuildError> {
        let no_room = |error: io::Error| {
            BuildError::Unavailable(format!("there is no room for the compiled program: {error}"))
        };
        let folder = self.cache.begin().map_err(no_room)?;
        let place = self.workplace(snippet, toolchain);
        let source = place.as_ref().map(IncrementalDir::source);
        let source = source.unwrap_or_else(|| folder.path().join("snippet.rs"));
        let binary = folder.path().join(BINARY);
        let mut arguments = arguments(snippet, links, &source);
        arguments.extend(place.as_ref().map(IncrementalDir::argument));
        // What the compiler leaves in the folder that it writes to, we neither open nor write: code
        // that it runs may have put a link there.
        let own_output = folder.path().join(OUTPUT);
        std::fs::create_dir(&own_output).map_err(no_room)?;
        let output = place.as_ref().map_or_else(|| own_output.clone(), IncrementalDir::output);
        let made = place.as_ref().map_or_else(|| own_output.join(BINARY), IncrementalDir::made);
        arguments.extend(["-o".into(), made.clone().into(), source.clone().into()]);
        let begun = |child: &Arc<Child>| match snippet.module {
            None => how.has_begun(child, BuildPhase::Program),
            // Whoever edits a module will import it at once, and wait.
            Some(_) => (how.begun)(child, BuildPhase::Program),
        };
        let attempt = |text: &str| {
            files::write_private(&source, text).map_err(no_room)?;
            // What an attempt before this one has made is not what is kept.
            let _ = std::fs::remove_file(&made);
            let (rustc, arguments) = (&toolchain.rustc, arguments.clone());
            let folders: (&Path, &[&Path]) = (&self.directory, &[&output]);
            toolchain::listen(&self.tree, rustc, arguments, folders, begun).map_err(|error| {
                BuildError::Unavailable(format!("`rustc` could not be run: {error}"))
            })
        };
        let showing = showing(snippet);
        let (mut output, mut status) = attempt(showing.as_deref().unwrap_or(&*whole(snippet)))?;
        if matches!(status, ChildStatus::Exited(1)) && !how.is_cancelled() {
            if snippet.is_timed {
                (output, status) = attempt_again(snippet, attempt)?;
            } else if showing.is_some() {
                // What is wrong is reported without what we added, if anything is.
                (output, status) = attempt(&whole(snippet))?;
            }
        }
        if matches!(status, ChildStatus::Exited(0)) {
            std::fs::rename(made, &binary).map_err(no_room)?;
            // A macro may have put a link there, which leads to a file of its user.
            if !std::fs::symlink_metadata(&binary).is_ok_and(|it| it.is_file()) {
                return Err(BuildError::Unavailable("`rustc` left no program".to_owned()));
            }
        }
        // It goes with what was kept, if it cannot be removed now.
        let _ = std::fs::remove_dir_all(own_output);
        match status {
            ChildStatus::Exited(0) => self.cache.keep_binary(folder, name).map_err(no_room),
            // `rustc` handles SIGINT and exits with 1, as if the code were wrong.
            _ if how.is_cancelled() => Err(BuildError::Cancelled),
            ChildStatus::Exited(1) if is_about_the_code(&output) => {
                self.cache.keep_errors(folder, name, presentable(&output)).map_err(no_room)
            }
            ChildStatus::Exited(_) => {
                let why = String::from_utf8_lossy(&output);
                let why = strip_colors(why.lines().next().unwrap_or("it does not say why"));
                Err(BuildError::Unavailable(format!("`rustc` could not build it: {why}")))
            }
            ChildStatus::Signaled(signal) => Err(BuildError::Killed(signal)),
        }
    }
}

/// What the compiler said, and how it ended.
type CompilerOutput = (Vec<u8>, ChildStatus);

/// Compiles a snippet that is timed and was refused: what is wrong with it without that is told as of
/// any block; else nothing is hidden from the compiler.
fn attempt_again(
    snippet: &Snippet,
    attempt: impl Fn(&str) -> Result<CompilerOutput, BuildError>,
) -> Result<CompilerOutput, BuildError> {
    let Snippet { code, first_line, .. } = snippet;
    let as_any_block = attempt(&rewrite::program(code, *first_line))?;
    if matches!(as_any_block.1, ChildStatus::Exited(0)) {
        return attempt(&rewrite::bench(code, *first_line, BlackBox::Nothing));
    }
    Ok(as_any_block)
}

/// A snippet as the compiler takes it.
fn whole(snippet: &Snippet) -> String {
    let Snippet { code, first_line, module, is_timed, .. } = snippet;
    match module {
        None if *is_timed => rewrite::bench(code, *first_line, BlackBox::Inputs),
        None => rewrite::program(code, *first_line),
        Some(module) => {
            let name = Some(&*module.name).filter(|_| !module.is_whole);
            rewrite::pymodule(code, *first_line, name)
        }
    }
}

/// A snippet as a program that shows its last value, if it is one.
fn showing(snippet: &Snippet) -> Option<String> {
    let is_program = snippet.module.is_none() && !snippet.is_timed;
    is_program.then(|| rewrite::program_with_value(&snippet.code, snippet.first_line)).flatten()
}

/// What the compiler is told of a snippet.
fn arguments(snippet: &Snippet, links: &Links, source: &Path) -> Vec<OsString> {
    let mut remap = OsString::from("--remap-path-prefix=");
    remap.push(source);
    remap.push("=");
    remap.push(snippet.file.to_string_lossy().replace('=', "_"));
    let flags = FLAGS.iter().chain(optimised(profile(snippet))).map(OsString::from);
    let flags = flags.chain(kind(snippet).into_iter().map(OsString::from));
    let edition = format!("--edition={}", edition(snippet)).into();
    flags.chain([edition, remap]).chain(links.arguments()).collect()
}

fn profile(snippet: &Snippet) -> Profile {
    if snippet.is_timed {
        return Profile::Release;
    }
    snippet.rust.as_ref().map_or(Profile::default(), |build| build.profile)
}

fn edition(snippet: &Snippet) -> &str {
    snippet.rust.as_ref().and_then(|build| build.edition.as_deref()).unwrap_or(EDITION)
}

const DISCONNECTED: crossbeam_channel::TryRecvError = crossbeam_channel::TryRecvError::Disconnected;

/// The name of a snippet's entry: a hash of all that its program is made from, down to the line
/// that a panic will name.
fn name(toolchain: &Toolchain, links: &Links, snippet: &Snippet) -> String {
    let mut hash = blake3::Hasher::new();
    let line = snippet.first_line.to_le_bytes();
    let flags = [FLAGS, optimised(profile(snippet)), &[edition(snippet)]].concat().concat();
    let file = snippet.file.as_os_str().as_encoded_bytes();
    let code = snippet.code.as_bytes();
    let links = links.identity();
    let stopwatch = if snippet.is_timed { rewrite::HARNESS } else { "" };
    let kind = kind(snippet).concat() + stopwatch;
    let parts =
        [FORMAT, &toolchain.version, flags.as_bytes(), kind.as_bytes(), file, &line, code, &links];
    for part in parts {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().to_hex()[..32].to_owned()
}

/// Whether the same code would be refused again: a missing linker may be there the next time.
fn is_about_the_code(output: &[u8]) -> bool {
    !String::from_utf8_lossy(output).contains("linker `")
}

/// The errors without the lines that only sum up.
fn presentable(output: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(output);
    let sums_up = |line: &&str| {
        line.contains("aborting due to")
            || line.contains("For more information about")
            || line.contains("Some errors have detailed explanations")
    };
    let lines: Vec<_> = text.lines().filter(|line| !sums_up(line)).collect();
    let mut text = lines.join("\n").trim_end().to_owned();
    text.push('\n');
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_linker_is_not_held_against_the_code() {
        assert!(!is_about_the_code(b"error: linker `cc` not found"));
        assert!(is_about_the_code(b"error[E0308]: mismatched types"));
    }

    #[test]
    fn sums_are_left_out_of_the_errors() {
        let errors = b"error: no\n  |\n\nerror: aborting due to 1 previous error\n\n";
        assert_eq!(presentable(errors), b"error: no\n  |\n");
    }

    #[test]
    fn a_name_tells_code_file_and_line_apart() {
        let toolchain =
            Toolchain { rustc: PathBuf::new(), cargo: PathBuf::new(), version: b"1.95".to_vec() };
        let snippet = Snippet {
            session: None,
            language: "rust".to_owned(),
            alternative: None,
            code: "fn main() {}".to_owned(),
            rust: None,
            module: None,
            is_timed: false,
            environment: Vec::new(),
            fingerprint: crate::deck::Fingerprint(1),
            file: PathBuf::from("talk.md"),
            first_line: 7,
        };
        let (mut code, mut file, mut line) = (snippet.clone(), snippet.clone(), snippet.clone());
        code.code.push(' ');
        file.file.push("x");
        line.first_line = 8;
        let names: std::collections::BTreeSet<_> = [&snippet, &code, &file, &line]
            .map(|snippet| name(&toolchain, &Links::default(), snippet))
            .into();
        assert_eq!(names.len(), 4);
        let known = Links::default();
        assert_eq!(name(&toolchain, &known, &snippet), name(&toolchain, &known, &snippet.clone()));
    }
}
