//! The sandbox of a deck that its user wants to run but does not trust. Every process of such a deck is
//! started through the launcher, which restricts itself with Landlock and seccomp before it becomes the
//! program; its children inherit the restrictions. `docs/SANDBOX.md` says what they guarantee.
//!
//! Folders that a sandboxed process may write are disjoint from those in which we write ourselves: a
//! link that it leaves there must not redirect our writes.

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
pub(super) use environment::is_allowed_variable;
pub use support::support;

/// The sandbox's options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SandboxOptions {
    /// Whether IPv4 and IPv6 are allowed: `--sandbox=net`.
    pub has_network: bool,
}

/// The folder in the cache with a subfolder of compiled code for each sandboxed deck.
const DECK_CACHES: &str = "sandbox";

/// The folder in a cache with compiled crates.
pub(super) const CRATES: &str = "crates";

/// How long a deck's cache is kept after its last use.
const CACHE_LIFETIME: Duration = Duration::from_hours(24 * 45);

impl SandboxOptions {
    /// Returns the cache of the deck at `deck`: apart from those of other decks, which it must not be
    /// able to change.
    pub fn cache(cache: &Path, deck: &Path) -> PathBuf {
        let deck = deck.canonicalize().unwrap_or_else(|_| deck.to_owned());
        let hash = blake3::hash(deck.as_os_str().as_encoded_bytes()).to_hex();
        cache.join(DECK_CACHES).join(&hash[..16])
    }
}

/// Returns the cache of trusted decks, given that of a sandboxed deck. Compiled crates may be read
/// there, and never changed.
pub(super) fn trusted_cache(cache: &Path) -> Option<&Path> {
    let caches = cache.parent().filter(|caches| caches.ends_with(DECK_CACHES))?;
    caches.parent()
}

/// Runs this program as the launcher, if it was started as one.
#[cfg(target_os = "linux")]
pub(super) fn entry() -> Option<ExitCode> {
    launcher::entry()
}

/// Only Linux has a launcher.
#[cfg(not(target_os = "linux"))]
pub(super) fn entry() -> Option<ExitCode> {
    None
}

/// The sandbox of one talk's deck.
#[derive(Debug)]
pub(super) struct DeckSandbox {
    has_network: bool,
    host: HostPaths,
    temp_root: Arc<TempRoot>,
    setup: OnceLock<Result<SandboxSetup, String>>,
}

/// What applies to every process of the deck, determined when the first one starts.
#[derive(Debug)]
struct SandboxSetup {
    policy: SandboxPolicy,
    variables: Vec<(OsString, OsString)>,
}

/// The launcher to start: its command line, its environment, and the file it inherits.
pub(super) struct LauncherCommand {
    /// The file that it reads at [`LAUNCH_FD`].
    pub(super) launch_file: OwnedFd,
    /// The launcher and its argument.
    pub(super) line: Vec<OsString>,
    /// Its environment, as `NAME=value`: nothing that a deck can influence.
    pub(super) environment: Vec<OsString>,
}

/// The program that the launcher becomes.
pub(super) struct SandboxedProgram<'a> {
    /// The program and its arguments.
    pub(super) line: Vec<OsString>,
    /// Its environment, as `NAME=value`.
    pub(super) environment: Vec<OsString>,
    /// The limit of its data, in bytes.
    pub(super) memory: Option<u64>,
    /// What it may write in addition to what every process of the deck may.
    pub(super) writes: &'a [PathBuf],
}

/// The descriptor at which the launcher inherits its [`LaunchSpec`].
pub(super) const LAUNCH_FD: i32 = 3;

/// Variables of the launcher itself: the mark of our processes, and where the libraries are.
const LAUNCHER_VARIABLES: [&str; 2] = [super::os::process_tag::MARK, "LD_LIBRARY_PATH"];

impl DeckSandbox {
    /// Creates a sandbox for the deck in `directory`, whose Python may be one of `pythons`. Touches no
    /// files yet.
    pub(super) fn new(
        options: SandboxOptions,
        (directory, cache): (&Path, &Path),
        pythons: Vec<PathBuf>,
        temp_root: Arc<TempRoot>,
    ) -> Self {
        let (directory, cache) = (directory.to_owned(), cache.to_owned());
        let host = HostPaths { home: home(), directory, pythons, cache };
        Self { has_network: options.has_network, host, temp_root, setup: OnceLock::new() }
    }

    /// Returns the variables that a process has in addition.
    pub(super) fn variables(&self) -> io::Result<&[(OsString, OsString)]> {
        Ok(&self.setup()?.variables)
    }

    /// Returns the launcher that starts a program in the sandbox.
    pub(super) fn start(&self, program: SandboxedProgram<'_>) -> io::Result<LauncherCommand> {
        let mut policy = self.setup()?.policy.clone();
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
        let launch_file = anonymous_file(&launch.encode())?;
        let line = vec![std::env::current_exe()?.into(), argument().into()];
        Ok(LauncherCommand { launch_file, line, environment })
    }

    /// Creates a scanner for a run's output that finds what the sandbox has refused.
    pub(super) fn denial_watcher(&self) -> DenialWatcher {
        let policy = self.setup().map(|setup| setup.policy.clone()).unwrap_or_default();
        let own = self.temp_root.guest().ok();
        let own = own.and_then(|guest| guest.parent()?.canonicalize().ok());
        DenialWatcher::new(policy, self.host.directory.clone(), (self.host.home.clone(), own))
    }

    /// Creates the folders that the deck's processes may write, when the first one starts.
    fn setup(&self) -> io::Result<&SandboxSetup> {
        let made = self.setup.get_or_init(|| self.prepare().map_err(|error| error.to_string()));
        made.as_ref()
            .map_err(|error| io::Error::other(format!("cannot set up the sandbox: {error}")))
    }

    fn prepare(&self) -> io::Result<SandboxSetup> {
        let guest = self.temp_root.guest()?;
        let (home, temporary) = (guest.join("home"), guest.join("tmp"));
        let cache = &self.host.cache;
        remove_old_caches(cache.parent());
        let own_cache = cache.join("xdg");
        let (modules, scripts) = (self.temp_root.modules()?, self.temp_root.scripts()?);
        for folder in [&guest, &home, &temporary, cache, &own_cache, &modules, &scripts] {
            private_folder(folder)?;
        }
        let rust = RustHomes::find(self.host.home.as_deref());
        let cargo = self.cargo_home(&rust)?;
        let mut policy = host::read_policy(&self.host, &rust);
        policy.has_network = self.has_network;
        policy.allow_all(Access::Read, [modules, scripts]);
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
            // Messages that the denial watcher knows.
            ("LC_MESSAGES".into(), "C".into()),
            ("LANGUAGE".into(), "C".into()),
        ];
        if !self.has_network {
            variables.push(("CARGO_NET_OFFLINE".into(), "true".into()));
        }
        if let Some(rustup) = rust.rustup {
            variables.push(("RUSTUP_HOME".into(), rustup.into()));
        }
        if let Some(home) = &self.host.home {
            variables.push(("PYTHONUSERBASE".into(), home.join(".local").into()));
        }
        Ok(SandboxSetup { policy, variables })
    }

    /// Creates cargo's folder. Without a network it links to the user's crates, which cannot be changed;
    /// with one it is a folder of the deck's own.
    fn cargo_home(&self, rust: &RustHomes) -> io::Result<CargoHome> {
        if self.has_network {
            let folder = self.host.cache.join("cargo-net");
            private_folder(&folder)?;
            return Ok(CargoHome { writes: vec![folder.clone()], folder });
        }
        let folder = self.host.cache.join("cargo");
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

/// Cargo's folder in the sandbox, and the parts that may be written.
struct CargoHome {
    folder: PathBuf,
    writes: Vec<PathBuf>,
}

/// Removes the caches of sandboxed decks that were not used for long.
fn remove_old_caches(caches: Option<&Path>) {
    let Some(caches) = caches.filter(|caches| caches.ends_with(DECK_CACHES)) else { return };
    for folder in fs::read_dir(caches).into_iter().flatten().flatten() {
        let used = folder.path().join("xdg").metadata().and_then(|it| it.modified());
        let age = used.ok().and_then(|used| used.elapsed().ok()).unwrap_or_default();
        if age > CACHE_LIFETIME {
            let _ = fs::remove_dir_all(folder.path());
        }
    }
}

/// Creates an anonymous file with these bytes, to be read from its start.
#[cfg(target_os = "linux")]
fn anonymous_file(bytes: &[u8]) -> io::Result<OwnedFd> {
    use std::io::{Seek, Write};
    let file = rustix::fs::memfd_create("livedeck", rustix::fs::MemfdFlags::CLOEXEC)?;
    let mut file = fs::File::from(file);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file.into())
}

#[cfg(not(target_os = "linux"))]
fn anonymous_file(_: &[u8]) -> io::Result<OwnedFd> {
    Err(io::Error::other("this system has no sandbox"))
}

#[cfg(target_os = "linux")]
fn argument() -> &'static str {
    launcher::ARGUMENT
}

#[cfg(not(target_os = "linux"))]
fn argument() -> &'static str {
    ""
}

#[expect(clippy::disallowed_methods, reason = "the launcher needs the libraries of this program")]
fn own_library_path() -> Option<OsString> {
    std::env::var_os("LD_LIBRARY_PATH")
}

fn home() -> Option<PathBuf> {
    let home = std::env::home_dir().filter(|home| home.is_absolute())?;
    Some(home.canonicalize().unwrap_or(home))
}
