//! The crates that blocks use. Cargo builds each set of crates once. All sets share a target folder,
//! and so their common dependencies; they are kept across talks.

#![expect(clippy::disallowed_methods, reason = "writes a package for cargo")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crossbeam_channel::Receiver;
use parking_lot::Mutex;

use super::build::{BuildContext, BuildError, BuildPhase};
use super::cargo::{BuildPython, Cargo, CargoOutput, CargoProfile, LOCK_FILE};
use super::links::Links;
use super::pymodule::{self, PythonUse};
use super::toolchain::Toolchain;
use crate::deck::{self, Crate, CrateOrigin, RustBuild};
use crate::exec::os::child::{Child, ChildStatus};
use crate::exec::os::process_tree::ProcessTree;
use crate::exec::python_abi::{PythonAbi, PythonAbiSource};
use crate::files;

/// The file that describes a Python to `PyO3`.
const PYTHON_FILE: &str = "pyo3.txt";

/// The file of a set that holds its [`Links`].
const LINKS_FILE: &str = "links.json";

/// Builds are removed when they have not been used for this long.
pub(super) const MAX_UNUSED: Duration = Duration::from_hours(24 * 45);

/// All sets of crates.
pub(super) struct CrateSets {
    tree: Arc<ProcessTree>,
    /// The deck's folder, to which paths of crates are relative.
    directory: PathBuf,
    root: PathBuf,
    /// The sets of trusted decks, which a sandboxed deck may use but not change.
    trusted: Option<PathBuf>,
    /// Returns the deck's Python, which modules are built for.
    python: PythonAbiSource,
    table: Mutex<BTreeMap<String, CrateSetState>>,
}

/// The state of a set's build, by the name of the set.
#[derive(Debug)]
enum CrateSetState {
    /// Another thread builds it; the channel disconnects when that ends.
    Building(Receiver<()>),
    /// Built, or found in the cache.
    Built(Arc<Links>),
    /// The build failed: cargo's messages.
    Failed(Arc<str>),
}

/// A set of crates, and its folders.
struct CrateSet {
    name: String,
    manifest: String,
    profile: CargoProfile,
    /// Whether it has crates on paths, which may change at any time.
    may_change: bool,
    /// The Python that it is built for.
    python: BuildPython,
    /// The text of that Python's configuration file, if it has one.
    python_config: Option<String>,
    /// The folder of the package that depends on the crates.
    folder: PathBuf,
    /// The target folder.
    target: PathBuf,
}

impl CrateSets {
    /// Returns sets that are kept in `root`. Sets in `trusted` are used, too.
    pub(super) fn new(
        tree: Arc<ProcessTree>,
        directory: PathBuf,
        (root, trusted): (PathBuf, Option<PathBuf>),
        python: PythonAbiSource,
    ) -> Self {
        Self { tree, directory, root, trusted, python, table: Mutex::default() }
    }

    /// Returns the Python that modules are built for.
    pub(super) fn python(&self) -> Result<PythonAbi, String> {
        (self.python)()
    }

    /// Returns the links of a block's crates, if they are known without running cargo.
    pub(super) fn known(&self, toolchain: &Toolchain, build: &RustBuild) -> Option<Arc<Links>> {
        if build.crates.is_empty() {
            return Some(Arc::default());
        }
        let set = self.set(toolchain, build).ok()?;
        if set.may_change {
            return None;
        }
        if let Some(CrateSetState::Built(links)) = self.table.lock().get(&set.name) {
            return Some(links.clone()).filter(|links| links.exist());
        }
        let own = load_links(&self.root, &set.folder);
        let links = own.or_else(|| {
            let trusted = self.trusted.as_ref()?;
            load_links(
                trusted,
                &trusted.join(Self::folder_name(toolchain)).join("sets").join(&set.name),
            )
        })?;
        self.mark_used(toolchain);
        self.table.lock().insert(set.name, CrateSetState::Built(links.clone()));
        Some(links)
    }

    /// Builds a block's crates, unless their links are known.
    pub(super) fn build(
        &self,
        toolchain: &Toolchain,
        build: &RustBuild,
        context: &BuildContext<'_>,
    ) -> Result<Arc<Links>, BuildError> {
        loop {
            if let Some(links) = self.known(toolchain, build) {
                return Ok(links);
            }
            let set = self.set(toolchain, build)?;
            let (done, is_done) = crossbeam_channel::bounded(0);
            if let Some(other) = self.claim(&set, is_done, context)? {
                crossbeam_channel::select! {
                    recv(other) -> _ => {}
                    recv(context.cancelled) -> _ => return Err(BuildError::Cancelled),
                }
                continue;
            }
            let links = self.build_set(toolchain, &set, context);
            self.remember(set.name, &links);
            drop(done);
            return links;
        }
    }

    /// Removes the builds of toolchains that are no longer used.
    pub(super) fn prune(&self) {
        let Ok(folders) = fs::read_dir(&self.root) else { return };
        for folder in folders.flatten() {
            let used = folder.metadata().and_then(|metadata| metadata.modified());
            let age = used.ok().and_then(|used| used.elapsed().ok()).unwrap_or_default();
            if age > MAX_UNUSED {
                let _ = fs::remove_dir_all(folder.path());
            }
        }
    }

    /// Makes the caller the builder of a set; else returns the other builder's channel. A failed
    /// build is tried again when the block is run, but not in the background.
    fn claim(
        &self,
        set: &CrateSet,
        is_done: Receiver<()>,
        context: &BuildContext<'_>,
    ) -> Result<Option<Receiver<()>>, BuildError> {
        let mut table = self.table.lock();
        match table.get(&set.name) {
            Some(CrateSetState::Building(other)) => return Ok(Some(other.clone())),
            Some(CrateSetState::Failed(why)) if context.is_background => {
                return Err(BuildError::Crates(why.clone()));
            }
            _ => {}
        }
        table.insert(set.name.clone(), CrateSetState::Building(is_done));
        Ok(None)
    }

    fn remember(&self, name: String, result: &Result<Arc<Links>, BuildError>) {
        let mut table = self.table.lock();
        match result {
            Ok(links) => drop(table.insert(name, CrateSetState::Built(links.clone()))),
            Err(BuildError::Crates(why)) => {
                drop(table.insert(name, CrateSetState::Failed(why.clone())));
            }
            Err(_) => drop(table.remove(&name)),
        }
    }

    fn set(&self, toolchain: &Toolchain, build: &RustBuild) -> Result<CrateSet, BuildError> {
        let profile = profile(build);
        let manifest = manifest(&build.crates, &self.directory);
        let mut hash = blake3::Hasher::new();
        hash.update(manifest.as_bytes());
        hash.update(&[u8::from(profile == CargoProfile::Release)]);
        let own = self.folder_of(toolchain);
        // Cargo uses the same file names for builds for two Pythons, so each has its own target folder.
        let (python, python_config, target) = match pymodule::python_use(build) {
            PythonUse::Program => (BuildPython::Environment, None, own.join("target")),
            PythonUse::AnyPython => (BuildPython::Any, None, own.join("target")),
            PythonUse::DecksPython => {
                let abi = self.python().map_err(BuildError::Unavailable)?;
                let (config, folder) = (abi.pyo3_config(), own.join(abi.to_string()));
                hash.update(config.as_bytes());
                let file = folder.join(PYTHON_FILE);
                (BuildPython::Configured(file), Some(config), folder.join("target"))
            }
        };
        let name = hash.finalize().to_hex()[..32].to_owned();
        let may_change = build.crates.iter().any(|it| matches!(it.origin, CrateOrigin::Path(_)));
        let folder = own.join("sets").join(&name);
        Ok(CrateSet { name, manifest, profile, may_change, python, python_config, folder, target })
    }

    /// Returns the folder of a toolchain.
    fn folder_of(&self, toolchain: &Toolchain) -> PathBuf {
        self.root.join(Self::folder_name(toolchain))
    }

    /// Returns the name of a toolchain's folder.
    fn folder_name(toolchain: &Toolchain) -> String {
        blake3::hash(&toolchain.version).to_hex()[..16].to_owned()
    }

    fn mark_used(&self, toolchain: &Toolchain) {
        // If this fails, the folder only looks older than it is.
        let folder = File::open(self.folder_of(toolchain));
        let _ = folder.and_then(|folder| folder.set_modified(SystemTime::now()));
    }

    /// Builds a set with cargo: offline, and online only if crates are missing.
    fn build_set(
        &self,
        toolchain: &Toolchain,
        set: &CrateSet,
        context: &BuildContext<'_>,
    ) -> Result<Arc<Links>, BuildError> {
        let no_space =
            |error: io::Error| BuildError::Unavailable(format!("cannot write the crates: {error}"));
        files::private_folder(&self.root).and_then(|()| set.write()).map_err(no_space)?;
        if self.tree.is_sandboxed() {
            set.make_writable().map_err(no_space)?;
        }
        self.mark_used(toolchain);
        let on_start = |child: &Arc<Child>| context.process_started(child, BuildPhase::Crates);
        let cargo = Cargo {
            tree: &self.tree,
            toolchain,
            folder: &set.folder,
            target: &set.target,
            python: &set.python,
            on_start: &on_start,
            on_progress: context.on_progress,
        };
        let built = match set.build(&cargo, context, Some("--offline")) {
            Err(BuildError::Crates(why)) if why.contains("offline") => {
                set.build(&cargo, context, None)
            }
            built => built,
        };
        built.map_err(|error| match error {
            BuildError::Crates(why) => BuildError::Crates(with_hint(&why).into()),
            error => error,
        })
    }
}

impl CrateSet {
    /// Writes the package that depends on the crates.
    fn write(&self) -> io::Result<()> {
        files::private_folder(&self.folder)?;
        files::private_folder(&self.folder.join("src"))?;
        self.write_python_config()?;
        let file = self.folder.join("Cargo.toml");
        if fs::read_to_string(&file).is_ok_and(|known| known == self.manifest) {
            return Ok(());
        }
        files::write_private(&self.folder.join("src/lib.rs"), "")?;
        files::write_private(&file, &self.manifest)
    }

    /// Describes the Python to `PyO3`, which is built again when the file is written.
    fn write_python_config(&self) -> io::Result<()> {
        let (BuildPython::Configured(file), Some(config)) = (&self.python, &self.python_config)
        else {
            return Ok(());
        };
        if fs::read_to_string(file).is_ok_and(|known| known == *config) {
            return Ok(());
        }
        if let Some(folder) = file.parent() {
            files::private_folder(folder)?;
        }
        files::write_private(file, config)
    }

    /// Creates what cargo writes: in a sandbox, it can write nothing else of the package.
    fn make_writable(&self) -> io::Result<()> {
        fs::create_dir_all(&self.target)?;
        let lock =
            fs::OpenOptions::new().create(true).append(true).open(self.folder.join(LOCK_FILE));
        lock.map(drop)
    }

    fn build(
        &self,
        cargo: &Cargo<'_>,
        context: &BuildContext<'_>,
        offline: Option<&str>,
    ) -> Result<Arc<Links>, BuildError> {
        let platform = cargo.toolchain.host();
        let mut arguments = vec!["metadata", "--format-version=1"];
        arguments.extend(platform.iter().flat_map(|host| ["--filter-platform", host.as_str()]));
        arguments.extend(offline);
        let metadata = stdout_of(cargo.run(&arguments), context)?;
        let mut arguments = vec!["build", "--message-format=json-render-diagnostics"];
        arguments.extend((self.profile == CargoProfile::Release).then_some("--release"));
        arguments.extend(offline);
        let messages = stdout_of(cargo.run(&arguments), context)?;
        let links = Links::parse(&metadata, &messages, self.profile).ok_or_else(|| {
            BuildError::Unavailable("cannot read the output of `cargo`".to_owned())
        })?;
        if let Ok(text) = serde_json::to_vec(&links) {
            // If this fails, cargo runs again the next time.
            let _ = files::write_private(&self.folder.join(LINKS_FILE), text);
        }
        Ok(Arc::new(links))
    }
}

/// Returns the profile that the crates of a block are built in.
pub(super) fn profile(build: &RustBuild) -> CargoProfile {
    match build.profile {
        deck::Profile::Debug => CargoProfile::Dev,
        deck::Profile::Quick | deck::Profile::Release => CargoProfile::Release,
    }
}

/// Returns the links of the set in a folder below `root`, if its crates exist and no other user can
/// have changed them.
fn load_links(root: &Path, folder: &Path) -> Option<Arc<Links>> {
    let links = folder.join(LINKS_FILE);
    if ![root, folder, &links].into_iter().all(files::is_ours) {
        return None;
    }
    let links: Links = serde_json::from_slice(&fs::read(links).ok()?).ok()?;
    Some(Arc::new(links)).filter(|links| links.exist())
}

/// Returns the standard output of cargo.
fn stdout_of(
    output: io::Result<CargoOutput>,
    context: &BuildContext<'_>,
) -> Result<Vec<u8>, BuildError> {
    let CargoOutput { stdout, messages, status } =
        output.map_err(|error| BuildError::Unavailable(format!("cannot run `cargo`: {error}")))?;
    match status {
        ChildStatus::Exited(0) => Ok(stdout),
        ChildStatus::Exited(_) => Err(BuildError::Crates(messages.into())),
        ChildStatus::Signaled(_) if context.is_cancelled() => Err(BuildError::Cancelled),
        ChildStatus::Signaled(signal) => Err(BuildError::Killed(signal)),
    }
}

/// Adds a hint to cargo's messages if the network is missing, or if a module's crates need another
/// `PyO3` or another Python.
pub(super) fn with_hint(messages: &str) -> String {
    const NO_NETWORK: &str =
        "crates are downloaded once: open the deck with a network connection before the talk";
    const OTHER_PYO3: &str = "the crates need another version of PyO3 than livedeck's: name it in the \
                              block, as in `// cargo-deps: numpy=\"0.29\", pyo3=\"0.29\"`";
    const OTHER_PYTHON: &str = "with `options.rust.pyo3: abi3` in the front matter, modules are built for all \
                                Pythons from 3.9 on";
    let hints: [(&[&str], &str); 3] = [
        (&["native library `pyo3-python`", "native library `python`"], OTHER_PYO3),
        (&["newer than PyO3's maximum supported version"], OTHER_PYTHON),
        (&["resolve host", "download", "network", "connect"], NO_NETWORK),
    ];
    let hint = hints.iter().find(|(signs, _)| signs.iter().any(|sign| messages.contains(sign)));
    match hint {
        Some((_, hint)) => format!("{}\nhint: {hint}\n", messages.trim_end()),
        None => messages.to_owned(),
    }
}

/// Returns the manifest of a package that depends on these crates. The profiles of build scripts
/// differ, which distinguishes the two builds of a crate that both use.
pub(super) fn manifest(crates: &[Crate], directory: &Path) -> String {
    let mut text = String::from(
        "[package]\nname = \"deck\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [workspace]\n\n[profile.dev]\ndebug = 0\n\n[profile.dev.build-override]\n\
         debug-assertions = false\n\n[profile.release]\nopt-level = 3\ndebug = 0\n\n\
         [profile.release.build-override]\nopt-level = 0\n\n[dependencies]\n",
    );
    for it in crates {
        let mut keys = Vec::new();
        let mut key = |name: &str, value: &str| keys.push(format!("{name} = {}", quoted(value)));
        if let Some(version) = &it.version {
            key("version", version);
        }
        if let Some(package) = &it.package {
            key("package", package);
        }
        match &it.origin {
            CrateOrigin::CratesIo if it.version.is_none() => key("version", "*"),
            CrateOrigin::CratesIo => {}
            CrateOrigin::Registry(name) => key("registry", name),
            CrateOrigin::Path(path) => key("path", &directory.join(path).to_string_lossy()),
            CrateOrigin::Git(address, reference) => {
                key("git", address);
                if let Some((kind, name)) = reference {
                    key(kind, name);
                }
            }
        }
        if !it.default_features {
            keys.push("default-features = false".to_owned());
        }
        if !it.features.is_empty() {
            let features: Vec<_> = it.features.iter().map(|name| quoted(name)).collect();
            keys.push(format!("features = [{}]", features.join(", ")));
        }
        let _ = writeln!(text, "{} = {{ {} }}", quoted(&it.name), keys.join(", "));
    }
    text
}

/// Returns a TOML string, which has the syntax of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifest_keeps_options_of_crates() {
        let serde = Crate {
            version: Some("1".into()),
            features: vec!["derive".into()],
            default_features: false,
            ..Crate::new("serde")
        };
        let json = Crate { package: Some("serde_json".into()), ..Crate::new("json") };
        let path = Crate { origin: CrateOrigin::Path("../own".into()), ..Crate::new("own") };
        let git = CrateOrigin::Git("https://a.b/c".into(), Some(("rev", "1a".into())));
        let text = manifest(
            &[serde, json, path, Crate { origin: git, ..Crate::new("c") }],
            Path::new("/talks/one"),
        );
        let (_, crates) = text.split_once("[dependencies]\n").unwrap();
        assert_eq!(
            crates,
            "\"serde\" = { version = \"1\", default-features = false, features = [\"derive\"] }\n\
             \"json\" = { package = \"serde_json\", version = \"*\" }\n\
             \"own\" = { path = \"/talks/one/../own\" }\n\
             \"c\" = { git = \"https://a.b/c\", rev = \"1a\" }\n"
        );
        assert!(toml::de::DeTable::parse(&text).is_ok());
    }

    #[test]
    fn errors_of_cargo_have_hints() {
        let messages = "error: failed to download from `https://static.crates.io`\n";
        assert!(with_hint(messages).ends_with("before the talk\n"));
        let messages = "error: the configured Python version (3.16) is newer than PyO3's maximum supported version\n";
        assert!(with_hint(messages).contains("hint: with `options.rust.pyo3: abi3`"));
        for library in ["pyo3-python", "python"] {
            let messages =
                format!("package `pyo3` links to the native library `{library}`, but …\n");
            assert!(with_hint(&messages).contains("pyo3=\"0.29\"`"));
        }
        let messages = "error: no matching package named `serd` found\n";
        assert_eq!(with_hint(messages), messages);
    }
}
