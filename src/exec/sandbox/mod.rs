//! The sandbox of a deck whose user wants to see it run and does not trust it. Every process of such
//! a deck is started through the launcher, which restricts itself by Landlock and seccomp before it
//! becomes the program; what it starts inherits that. `docs/SANDBOX.md` says what holds.
//!
//! Folders that a sandboxed process may write are disjoint from those in which we write ourselves:
//! a link that it leaves there must not lead our own writes elsewhere.

mod denial;
mod environment;
mod host;
#[cfg(target_os = "linux")]
mod landlock;
#[cfg(target_os = "linux")]
mod launcher;
mod policy;
#[cfg(target_os = "linux")]
mod seccomp;
mod support;
mod wire;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::os::temp_dir::TempRoot;
use crate::files::private_folder;
use host::{HostPaths, RustHomes};
use policy::{Access, SandboxPolicy};
use wire::LaunchSpec;

pub(super) use denial::DenialWatcher;
pub(super) use environment::is_kept;
pub use support::support;

/// What of the sandbox its user chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SandboxOptions {
    /// Whether IPv4 and IPv6 are open: `--sandbox=net`.
    pub has_network: bool,
}

/// The folder in the cache that holds what sandboxed decks have compiled, each in its own.
const CACHES: &str = "sandbox";

/// The folder in a cache that holds what crates were compiled to.
pub(super) const CRATES: &str = "crates";

/// A deck's cache is removed when no one has used it for so long.
const FORGOTTEN: Duration = Duration::from_hours(24 * 45);

impl SandboxOptions {
    /// Where the compiled code of the deck at `path` is kept: apart from that of every other deck,
    /// which it must not be able to change.
    pub fn cache(cache: &Path, deck: &Path) -> PathBuf {
        let deck = deck.canonicalize().unwrap_or_else(|_| deck.to_owned());
        let hash = blake3::hash(deck.as_os_str().as_encoded_bytes()).to_hex();
        cache.join(CACHES).join(&hash[..16])
    }
}

/// The cache of decks that their user trusts, beside that of a sandboxed deck: what crates made of it
/// may be read there, and never changed.
pub(super) fn trusted_cache(cache: &Path) -> Option<&Path> {
    let caches = cache.parent().filter(|caches| caches.ends_with(CACHES))?;
    caches.parent()
}

/// What this program does when it was started as the launcher; nothing if it was not.
#[cfg(target_os = "linux")]
pub(super) fn entry() -> Option<ExitCode> {
    launcher::entry()
}

/// Elsewhere there is no launcher.
#[cfg(not(target_os = "linux"))]
pub(super) fn entry() -> Option<ExitCode> {
    None
}

/// The sandbox of one talk's deck.
#[derive(Debug)]
pub(super) struct DeckSandbox {
    has_network: bool,
    around: HostPaths,
    temp_root: Arc<TempRoot>,
    ready: OnceLock<Result<SandboxSetup, String>>,
}

/// What holds for every process of the deck, once something was started.
#[derive(Debug)]
struct SandboxSetup {
    policy: SandboxPolicy,
    variables: Vec<(OsString, OsString)>,
}

/// How to start the launcher: what it inherits, and its own line and environment.
pub(super) struct LauncherCommand {
    /// The file that it reads at [`INHERITED`].
    pub(super) orders: OwnedFd,
    /// The launcher and its argument.
    pub(super) line: Vec<OsString>,
    /// Its environment, as `NAME=value`: nothing that a deck has a say in.
    pub(super) environment: Vec<OsString>,
}

/// The program that the launcher is to become.
pub(super) struct SandboxedProgram<'a> {
    /// The program and its arguments.
    pub(super) line: Vec<OsString>,
    /// Its environment, as `NAME=value`.
    pub(super) environment: Vec<OsString>,
    /// Bytes that it may have for its data.
    pub(super) memory: Option<u64>,
    /// What it may write beside what every process of the deck may.
    pub(super) writes: &'a [PathBuf],
}

/// Where the launcher inherits its orders.
pub(super) const INHERITED: i32 = 3;

/// Variables that the launcher itself has: the mark of our processes, and where its user says that
/// libraries are.
const LAUNCHER_VARIABLES: [&str; 2] = [super::os::process_tree::MARK, "LD_LIBRARY_PATH"];

impl DeckSandbox {
    /// A sandbox for the deck in `directory`, whose Python may be one of these. Touches nothing yet.
    pub(super) fn new(
        kind: SandboxOptions,
        (directory, cache): (&Path, &Path),
        pythons: Vec<PathBuf>,
        temp_root: Arc<TempRoot>,
    ) -> Self {
        let (directory, cache) = (directory.to_owned(), cache.to_owned());
        let around = HostPaths { home: home(), directory, pythons, cache };
        Self { has_network: kind.has_network, around, temp_root, ready: OnceLock::new() }
    }

    /// The variables that a process has beside those.
    pub(super) fn variables(&self) -> io::Result<&[(OsString, OsString)]> {
        Ok(&self.ready()?.variables)
    }

    /// What starts a program in the sandbox.
    pub(super) fn start(&self, program: SandboxedProgram<'_>) -> io::Result<LauncherCommand> {
        let mut policy = self.ready()?.policy.clone();
        for path in program.writes {
            let access = if path.is_dir() { Access::Write } else { Access::InPlace };
            policy.allow(access, path);
        }
        let own = |line: &&OsString| {
            let name = line.as_encoded_bytes().split(|byte| *byte == b'=').next();
            LAUNCHER_VARIABLES.iter().any(|known| name == Some(known.as_bytes()))
        };
        let mut environment: Vec<OsString> =
            program.environment.iter().filter(own).cloned().collect();
        environment.retain(|line| !line.as_encoded_bytes().starts_with(b"LD_LIBRARY_PATH="));
        if let Some(folders) = own_library_path() {
            let mut line = OsString::from("LD_LIBRARY_PATH=");
            line.push(folders);
            environment.push(line);
        }
        let SandboxedProgram { line, environment: all, memory, .. } = program;
        let launch = LaunchSpec { policy, memory, line, environment: all };
        let orders = handed(&launch.encode())?;
        let line = vec![std::env::current_exe()?.into(), argument().into()];
        Ok(LauncherCommand { orders, line, environment })
    }

    /// What looks at a run's output for what the sandbox has refused.
    pub(super) fn watcher(&self) -> DenialWatcher {
        let policy = self.ready().map(|ready| ready.policy.clone()).unwrap_or_default();
        let own = self.temp_root.guest().ok();
        let own = own.and_then(|guest| guest.parent()?.canonicalize().ok());
        DenialWatcher::new(policy, self.around.directory.clone(), (self.around.home.clone(), own))
    }

    /// Makes the folders that the deck's processes may write, at the first of them.
    fn ready(&self) -> io::Result<&SandboxSetup> {
        let made = self.ready.get_or_init(|| self.prepare().map_err(|error| error.to_string()));
        made.as_ref()
            .map_err(|error| io::Error::other(format!("the sandbox has no place: {error}")))
    }

    fn prepare(&self) -> io::Result<SandboxSetup> {
        let guest = self.temp_root.guest()?;
        let (home, temporary) = (guest.join("home"), guest.join("tmp"));
        let cache = &self.around.cache;
        forget(cache.parent());
        let own_cache = cache.join("xdg");
        let modules = self.temp_root.modules()?;
        for folder in [&guest, &home, &temporary, cache, &own_cache, &modules] {
            private_folder(folder)?;
        }
        let rust = RustHomes::find(self.around.home.as_deref());
        let cargo = self.cargo_home(&rust)?;
        let mut policy = host::readable(&self.around, &rust);
        policy.has_network = self.has_network;
        policy.allow(Access::Read, modules);
        if let Some(trusted) = trusted_cache(cache) {
            policy.allow(Access::Read, trusted.join(CRATES));
        }
        let written = [home.clone(), temporary.clone(), own_cache.clone()];
        policy.allow_all(Access::Write, written.into_iter().chain(cargo.writes));
        let mut variables: Vec<(OsString, OsString)> = vec![
            ("HOME".into(), home.into()),
            ("TMPDIR".into(), temporary.into()),
            ("XDG_CACHE_HOME".into(), own_cache.into()),
            ("CARGO_HOME".into(), cargo.folder.into()),
            // Messages that the watcher knows.
            ("LC_MESSAGES".into(), "C".into()),
            ("LANGUAGE".into(), "C".into()),
        ];
        if !self.has_network {
            variables.push(("CARGO_NET_OFFLINE".into(), "true".into()));
        }
        if let Some(rustup) = rust.rustup {
            variables.push(("RUSTUP_HOME".into(), rustup.into()));
        }
        if let Some(home) = &self.around.home {
            variables.push(("PYTHONUSERBASE".into(), home.join(".local").into()));
        }
        Ok(SandboxSetup { policy, variables })
    }

    /// Makes cargo's folder. Without a network it shows the crates that the user has, which stay as
    /// they are; with one it is a folder of the deck's own.
    fn cargo_home(&self, rust: &RustHomes) -> io::Result<CargoHome> {
        if self.has_network {
            let folder = self.around.cache.join("cargo-net");
            private_folder(&folder)?;
            return Ok(CargoHome { writes: vec![folder.clone()], folder });
        }
        let folder = self.around.cache.join("cargo");
        let (registry, git) = (folder.join("registry"), folder.join("git"));
        let writes = vec![registry.join("src"), git.join("checkouts")];
        for folder in [&folder, &registry, &git].into_iter().chain(&writes) {
            private_folder(folder)?;
        }
        let Some(theirs) = &rust.cargo else { return Ok(CargoHome { folder, writes }) };
        for part in ["registry/index", "registry/cache", "git/db"] {
            let link = folder.join(part);
            if fs::read_link(&link).is_ok_and(|target| target == theirs.join(part)) {
                continue;
            }
            let _ = fs::remove_file(&link);
            std::os::unix::fs::symlink(theirs.join(part), &link)?;
        }
        Ok(CargoHome { folder, writes })
    }
}

/// Cargo's folder in the sandbox, and what of it may be written.
struct CargoHome {
    folder: PathBuf,
    writes: Vec<PathBuf>,
}

/// Removes the caches of sandboxed decks that have not been shown for long.
fn forget(caches: Option<&Path>) {
    let Some(caches) = caches.filter(|caches| caches.ends_with(CACHES)) else { return };
    for folder in fs::read_dir(caches).into_iter().flatten().flatten() {
        let used = folder.path().join("xdg").metadata().and_then(|it| it.modified());
        let age = used.ok().and_then(|used| used.elapsed().ok()).unwrap_or_default();
        if age > FORGOTTEN {
            let _ = fs::remove_dir_all(folder.path());
        }
    }
}

/// A file without a name that holds these bytes, to be read from its start.
#[cfg(target_os = "linux")]
fn handed(bytes: &[u8]) -> io::Result<OwnedFd> {
    use std::io::{Seek, Write};
    let file = rustix::fs::memfd_create("livedeck", rustix::fs::MemfdFlags::CLOEXEC)?;
    let mut file = fs::File::from(file);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file.into())
}

#[cfg(not(target_os = "linux"))]
fn handed(_: &[u8]) -> io::Result<OwnedFd> {
    Err(io::Error::other("there is no sandbox on this system"))
}

#[cfg(target_os = "linux")]
fn argument() -> &'static str {
    launcher::ARGUMENT
}

#[cfg(not(target_os = "linux"))]
fn argument() -> &'static str {
    ""
}

#[expect(clippy::disallowed_methods, reason = "the launcher is linked as this program is")]
fn own_library_path() -> Option<OsString> {
    std::env::var_os("LD_LIBRARY_PATH")
}

fn home() -> Option<PathBuf> {
    let home = std::env::home_dir().filter(|home| home.is_absolute())?;
    Some(home.canonicalize().unwrap_or(home))
}
