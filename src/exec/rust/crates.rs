//! The crates that snippets are compiled with: each set built once by cargo, all sets in one target
//! folder, so that they share what they have in common, and kept across talks.

#![expect(clippy::disallowed_methods, reason = "writes a package for cargo")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crossbeam_channel::Receiver;
use parking_lot::Mutex;

use super::builder::{BuildContext, BuildError};
use super::cargo::{Cargo, CargoOutput, CargoProfile, LOCK, Links};
use super::pymodule;
use super::toolchain::Toolchain;
use crate::deck::{self, Crate, CrateOrigin, RustBuild};
use crate::exec::os::process_tree::{Child, ChildStatus, ProcessTree};
use crate::files;

/// The file of a set that says where its crates are.
const LINKS: &str = "links.json";

/// What a toolchain has built is removed when nobody has used it for so long.
pub(super) const FORGOTTEN: Duration = Duration::from_hours(24 * 45);

/// All sets of crates, known and being built.
#[derive(Debug)]
pub(super) struct CrateSets {
    tree: Arc<ProcessTree>,
    /// The deck's folder: crates on paths are looked for from there.
    directory: PathBuf,
    root: PathBuf,
    /// Where those of trusted decks are, which a sandboxed one may use and not change.
    trusted: Option<PathBuf>,
    table: Mutex<BTreeMap<String, CrateSetState>>,
}

#[derive(Debug)]
enum CrateSetState {
    /// Disconnects when it is done.
    Building(Receiver<()>),
    /// BuildResult in this talk, or found.
    Built(Arc<Links>),
    /// Tried in this talk: what cargo said.
    Failed(Arc<str>),
}

/// One set, and where it is.
struct CrateSet {
    name: String,
    manifest: String,
    profile: CargoProfile,
    /// Whether some of it is the author's own work, which may change at any time.
    may_change: bool,
    /// Whether it is for modules, and so for every Python.
    needs_no_python: bool,
    /// The folder of its package, and that of all that is built.
    folder: PathBuf,
    target: PathBuf,
}

impl CrateSets {
    /// No sets yet; they are kept in the first folder, and those in the second may be used.
    pub(super) fn new(
        tree: Arc<ProcessTree>,
        directory: PathBuf,
        (root, trusted): (PathBuf, Option<PathBuf>),
    ) -> Self {
        Self { tree, directory, root, trusted, table: Mutex::default() }
    }

    /// Where a block's crates are, if that is known without asking cargo.
    pub(super) fn known(&self, toolchain: &Toolchain, build: &RustBuild) -> Option<Arc<Links>> {
        if build.crates.is_empty() {
            return Some(Arc::default());
        }
        let set = self.set(toolchain, build);
        if set.may_change {
            return None;
        }
        if let Some(CrateSetState::Built(links)) = self.table.lock().get(&set.name) {
            return Some(links.clone()).filter(|links| links.are_there());
        }
        let own = kept(&self.root, &set.folder);
        let links = own.or_else(|| {
            let trusted = self.trusted.as_ref()?;
            kept(trusted, &trusted.join(Self::name(toolchain)).join("sets").join(&set.name))
        })?;
        self.used(toolchain);
        self.table.lock().insert(set.name, CrateSetState::Built(links.clone()));
        Some(links)
    }

    /// Builder a block's crates, unless they are known.
    pub(super) fn build(
        &self,
        toolchain: &Toolchain,
        build: &RustBuild,
        how: &BuildContext<'_>,
    ) -> Result<Arc<Links>, BuildError> {
        loop {
            if let Some(links) = self.known(toolchain, build) {
                return Ok(links);
            }
            let set = self.set(toolchain, build);
            let (done, is_done) = crossbeam_channel::bounded(0);
            if let Some(other) = self.claim(&set, is_done, how)? {
                crossbeam_channel::select! {
                    recv(other) -> _ => {}
                    recv(how.is_cancelled) -> _ => return Err(BuildError::Cancelled),
                }
                continue;
            }
            let links = self.ask(toolchain, &set, how);
            self.remember(set.name, &links);
            drop(done);
            return links;
        }
    }

    /// Removes what toolchains have built that are no longer used.
    pub(super) fn prune(&self) {
        let Ok(folders) = fs::read_dir(&self.root) else { return };
        for folder in folders.flatten() {
            let used = folder.metadata().and_then(|metadata| metadata.modified());
            let age = used.ok().and_then(|used| used.elapsed().ok()).unwrap_or_default();
            if age > FORGOTTEN {
                let _ = fs::remove_dir_all(folder.path());
            }
        }
    }

    /// Makes the caller the one who builds this set; else gives the other one's channel. In the
    /// background, what has failed before is not tried again: the key does that.
    fn claim(
        &self,
        set: &CrateSet,
        is_done: Receiver<()>,
        how: &BuildContext<'_>,
    ) -> Result<Option<Receiver<()>>, BuildError> {
        let mut table = self.table.lock();
        match table.get(&set.name) {
            Some(CrateSetState::Building(other)) => return Ok(Some(other.clone())),
            Some(CrateSetState::Failed(why)) if how.is_background => {
                return Err(BuildError::Crates(why.clone()));
            }
            _ => {}
        }
        table.insert(set.name.clone(), CrateSetState::Building(is_done));
        Ok(None)
    }

    fn remember(&self, name: String, built: &Result<Arc<Links>, BuildError>) {
        let mut table = self.table.lock();
        match built {
            Ok(links) => drop(table.insert(name, CrateSetState::Built(links.clone()))),
            Err(BuildError::Crates(why)) => {
                drop(table.insert(name, CrateSetState::Failed(why.clone())))
            }
            Err(_) => drop(table.remove(&name)),
        }
    }

    fn set(&self, toolchain: &Toolchain, build: &RustBuild) -> CrateSet {
        let profile = match build.profile {
            deck::Profile::Debug => CargoProfile::Dev,
            deck::Profile::Quick | deck::Profile::Release => CargoProfile::Release,
        };
        let manifest = manifest(&build.crates, &self.directory);
        let mut hash = blake3::Hasher::new();
        hash.update(manifest.as_bytes());
        hash.update(&[u8::from(profile == CargoProfile::Release)]);
        let name = hash.finalize().to_hex()[..32].to_owned();
        let own = self.own(toolchain);
        let may_change = build.crates.iter().any(|it| matches!(it.origin, CrateOrigin::Path(_)));
        let (folder, target) = (own.join("sets").join(&name), own.join("target"));
        let needs_no_python = pymodule::needs_no_python(build);
        CrateSet { name, manifest, profile, may_change, needs_no_python, folder, target }
    }

    /// A toolchain's own folder.
    fn own(&self, toolchain: &Toolchain) -> PathBuf {
        self.root.join(Self::name(toolchain))
    }

    /// The name of a toolchain's folder.
    fn name(toolchain: &Toolchain) -> String {
        blake3::hash(&toolchain.version).to_hex()[..16].to_owned()
    }

    fn used(&self, toolchain: &Toolchain) {
        // Not worth a word if it fails: it only looks older than it is.
        let folder = File::open(self.own(toolchain));
        let _ = folder.and_then(|folder| folder.set_modified(SystemTime::now()));
    }

    /// Has cargo build a set: from what the user has already, else with the network's help.
    fn ask(
        &self,
        toolchain: &Toolchain,
        set: &CrateSet,
        how: &BuildContext<'_>,
    ) -> Result<Arc<Links>, BuildError> {
        let no_room = |error: io::Error| {
            BuildError::Unavailable(format!("there is no room for the crates: {error}"))
        };
        files::private_folder(&self.root).and_then(|()| set.write()).map_err(no_room)?;
        if self.tree.is_sandboxed() {
            set.make_writable().map_err(no_room)?;
        }
        self.used(toolchain);
        let begun = |child: &Arc<Child>| how.has_begun(child, super::builder::BuildPhase::Crates);
        let cargo = Cargo {
            tree: &self.tree,
            toolchain,
            folder: &set.folder,
            target: &set.target,
            needs_no_python: set.needs_no_python,
            begun: &begun,
            progress: how.progress,
        };
        match set.build(&cargo, how, Some("--offline")) {
            Err(BuildError::Crates(why)) if why.contains("offline") => {
                set.build(&cargo, how, None).map_err(|error| match error {
                    BuildError::Crates(why) => BuildError::Crates(with_hint(&why).into()),
                    error => error,
                })
            }
            built => built,
        }
    }
}

impl CrateSet {
    /// The package of which these are the dependencies.
    fn write(&self) -> io::Result<()> {
        files::private_folder(&self.folder)?;
        files::private_folder(&self.folder.join("src"))?;
        let file = self.folder.join("Cargo.toml");
        if fs::read_to_string(&file).is_ok_and(|known| known == self.manifest) {
            return Ok(());
        }
        files::write_private(&self.folder.join("src/lib.rs"), "")?;
        files::write_private(&file, &self.manifest)
    }

    /// Makes what cargo writes: in a sandbox it can write nothing else of the package.
    fn make_writable(&self) -> io::Result<()> {
        fs::create_dir_all(&self.target)?;
        let lock = fs::OpenOptions::new().create(true).append(true).open(self.folder.join(LOCK));
        lock.map(drop)
    }

    fn build(
        &self,
        cargo: &Cargo<'_>,
        how: &BuildContext<'_>,
        offline: Option<&str>,
    ) -> Result<Arc<Links>, BuildError> {
        let platform = cargo.toolchain.host();
        let mut question = vec!["metadata", "--format-version=1"];
        question.extend(platform.iter().flat_map(|host| ["--filter-platform", host.as_str()]));
        question.extend(offline);
        let metadata = answer(cargo.ask(&question), how)?;
        let mut order = vec!["build", "--message-format=json-render-diagnostics"];
        order.extend((self.profile == CargoProfile::Release).then_some("--release"));
        order.extend(offline);
        let messages = answer(cargo.ask(&order), how)?;
        let links = Links::read(&metadata, &messages, self.profile).ok_or_else(|| {
            BuildError::Unavailable("what `cargo` tells of the crates cannot be read".to_owned())
        })?;
        if let Ok(text) = serde_json::to_vec(&links) {
            // Without it, cargo is asked again the next time.
            let _ = files::write_private(&self.folder.join(LINKS), text);
        }
        Ok(Arc::new(links))
    }
}

/// Where the crates of the set in this folder below `root` are, if they were built, are still there, and
/// nobody else can have changed that.
fn kept(root: &Path, folder: &Path) -> Option<Arc<Links>> {
    let links = folder.join(LINKS);
    if ![root, folder, &links].into_iter().all(files::is_ours) {
        return None;
    }
    let links: Links = serde_json::from_slice(&fs::read(links).ok()?).ok()?;
    Some(Arc::new(links)).filter(|links| links.are_there())
}

/// What cargo answered, or why it did not.
fn answer(answer: io::Result<CargoOutput>, how: &BuildContext<'_>) -> Result<Vec<u8>, BuildError> {
    let CargoOutput { output, said, status } = answer
        .map_err(|error| BuildError::Unavailable(format!("`cargo` could not be run: {error}")))?;
    match status {
        ChildStatus::Exited(0) => Ok(output),
        ChildStatus::Exited(_) => Err(BuildError::Crates(said.into())),
        ChildStatus::Signaled(_) if how.is_cancelled() => Err(BuildError::Cancelled),
        ChildStatus::Signaled(signal) => Err(BuildError::Killed(signal)),
    }
}

/// What cargo says, and what to try where it is the network that is missing.
fn with_hint(said: &str) -> String {
    const SIGNS: [&str; 4] = ["resolve host", "download", "network", "connect"];
    if SIGNS.iter().any(|sign| said.contains(sign)) {
        let hint = "hint: crates are fetched once: open the deck where there is a network, before the talk";
        return format!("{}\n{hint}\n", said.trim_end());
    }
    said.to_owned()
}

/// A package that depends on these crates. What build scripts use is built in another way, so that
/// a crate that both use can be told apart.
fn manifest(crates: &[Crate], directory: &Path) -> String {
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
            CrateOrigin::Git(address, of_it) => {
                key("git", address);
                if let Some((kind, name)) = of_it {
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

/// Text as TOML has it, which is as JSON has it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl Links {
    /// What tells these crates from others, and from themselves built again.
    pub(super) fn identity(&self) -> Vec<u8> {
        let mut identity = Vec::new();
        for (name, file) in &self.externs {
            let made = file.metadata().and_then(|metadata| metadata.modified()).ok();
            let made = made.and_then(|made| made.duration_since(UNIX_EPOCH).ok());
            identity.extend(name.as_bytes());
            identity.extend(file.as_os_str().as_encoded_bytes());
            identity.extend(made.unwrap_or_default().as_nanos().to_le_bytes());
        }
        identity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_has_each_crate_as_its_author_wants_it() {
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
    fn a_missing_network_is_named_with_what_helps() {
        let said = "error: failed to download from `https://static.crates.io`\n";
        assert!(with_hint(said).ends_with("before the talk\n"));
        let said = "error: no matching package named `serd` found\n";
        assert_eq!(with_hint(said), said);
    }
}
