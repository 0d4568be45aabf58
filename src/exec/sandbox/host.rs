//! The policy for a deck on this machine: where its Python, its toolchains and its own files are. Only
//! reads the machine. Paths that a deck names open nothing but folders that look like a Python's.

#![expect(clippy::disallowed_methods, reason = "reads the machine's environment and files")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::policy::{
    Access, DEVICES, SECRETS, SYSTEM, SandboxPolicy, is_too_broad, program_folders, toolchain_home,
};
use crate::files;

/// How many links to follow from a Python's name to its program.
const MAX_LINKS: usize = 16;

/// The paths on this machine that a deck's policy depends on.
#[derive(Clone, Debug)]
pub(super) struct HostPaths {
    /// The user's home folder.
    pub(super) home: Option<PathBuf>,
    /// The deck's folder.
    pub(super) directory: PathBuf,
    /// Programs that may be the deck's Python.
    pub(super) pythons: Vec<PathBuf>,
    /// The cache of this deck's compiled code.
    pub(super) cache: PathBuf,
}

/// The folders of the user's Rust.
#[derive(Clone, Debug, Default)]
pub(super) struct RustHomes {
    /// rustup's folder.
    pub(super) rustup: Option<PathBuf>,
    /// cargo's folder.
    pub(super) cargo: Option<PathBuf>,
}

impl RustHomes {
    /// Finds them by the variables that rustup and cargo read.
    pub(super) fn find(home: Option<&Path>) -> Self {
        let named = |name: &str, usual: &str| {
            let named = env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
            named.or_else(|| Some(home?.join(usual))).filter(|path| path.is_dir())
        };
        Self { rustup: named("RUSTUP_HOME", ".rustup"), cargo: named("CARGO_HOME", ".cargo") }
    }
}

/// Returns a policy with all that the deck needs to read on this machine, and nothing to write.
pub(super) fn read_policy(host: &HostPaths, rust: &RustHomes) -> SandboxPolicy {
    let home = host.home.as_deref();
    let mut policy = SandboxPolicy::default();
    policy.allow_all(Access::Read, SYSTEM);
    policy.allow_all(Access::Device, DEVICES);
    open_etc(&mut policy);
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).flat_map(|folder| program_folders(&folder, home));
    policy.allow_all(Access::Read, folders);
    for python in &host.pythons {
        open_python(&mut policy, python, home);
    }
    open_user_site(&mut policy, home);
    if let Some(rustup) = &rust.rustup {
        policy.allow(Access::Read, rustup.join("toolchains"));
        policy.allow(Access::Read, rustup.join("settings.toml"));
    }
    if let Some(cargo) = &rust.cargo {
        let parts = ["bin", "registry/index", "registry/cache", "git/db"];
        policy.allow_all(Access::Read, parts.map(|part| cargo.join(part)));
    }
    // The launcher and the worker are this program.
    if let Ok(own) = env::current_exe() {
        policy.allow(Access::Read, own);
    }
    policy.allow(Access::Read, &host.cache);
    if !is_too_broad(&host.directory, home) {
        policy.allow(Access::Read, &host.directory);
    }
    canonical(&policy)
}

/// Returns the policy with the canonical paths of existing files, each once: every rule costs every
/// process time.
fn canonical(policy: &SandboxPolicy) -> SandboxPolicy {
    let real = |path: &Path| path.canonicalize().ok();
    let rules = policy.rules.iter().filter_map(|rule| Some((rule.access, real(&rule.path)?)));
    let mut rules: Vec<_> = rules.collect();
    rules.sort_by_key(|(access, path)| (path.components().count(), *access));
    let mut canonical =
        SandboxPolicy { has_network: policy.has_network, ..SandboxPolicy::default() };
    for (access, path) in rules {
        if access != Access::Read || !canonical.can_read(&path) {
            canonical.allow(access, path);
        }
    }
    canonical
}

/// Opens `/etc`: for root everything but secrets, for others everything, since file modes protect the
/// secrets.
fn open_etc(policy: &mut SandboxPolicy) {
    let folder = Path::new("/etc");
    if !rustix::process::geteuid().is_root() {
        return policy.allow(Access::Read, folder);
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name == "ssl" {
            let parts = ["certs", "openssl.cnf"];
            policy.allow_all(Access::Read, parts.map(|part| entry.path().join(part)));
        } else if !SECRETS.iter().any(|secret| name == *secret) {
            policy.allow(Access::Read, entry.path());
        }
    }
}

/// Opens what a Python needs: its virtual environment, and each installation on the chain of links from
/// its name to its program.
fn open_python(policy: &mut SandboxPolicy, program: &Path, home: Option<&Path>) {
    let mut program = program.to_owned();
    for _ in 0..MAX_LINKS {
        let is_python = program.file_name().is_some_and(|name| {
            let name = name.to_string_lossy();
            name.starts_with("python") || name.starts_with("pypy") || name.starts_with("graalpy")
        });
        let (true, Some(folder)) = (is_python, program.parent()) else { return };
        open_installation(policy, folder, home);
        if let Some(base) = base_of(folder).map(|base| base.join("python3"))
            && base != program
            && base.is_file()
        {
            open_python(policy, &base, home);
        }
        let Ok(target) = fs::read_link(&program) else { return };
        let Some(folder) = folder.join(&target).parent().and_then(|it| it.canonicalize().ok())
        else {
            return;
        };
        let Some(name) = target.file_name() else { return };
        program = folder.join(name);
    }
}

/// Opens the folders of the installation whose programs are in `folder`.
fn open_installation(policy: &mut SandboxPolicy, folder: &Path, home: Option<&Path>) {
    let Some(prefix) = folder.parent() else { return };
    if let Some(toolchain) = toolchain_home(folder) {
        return policy.allow(Access::Read, toolchain);
    }
    let is_whole = ["pyvenv.cfg", "conda-meta"].iter().any(|mark| prefix.join(mark).exists());
    if is_whole && !is_too_broad(prefix, home) {
        return policy.allow(Access::Read, prefix);
    }
    policy.allow_all(Access::Read, program_folders(folder, home));
}

/// Returns the program folder of the Python that a virtual environment was created from.
fn base_of(folder: &Path) -> Option<PathBuf> {
    let settings =
        files::read_text(&folder.parent()?.join("pyvenv.cfg"), files::FileKind::Text).ok()?;
    let home = settings.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "home").then(|| PathBuf::from(value.trim()))
    });
    home.filter(|home| home.is_absolute())
}

/// Opens the packages in the home folder that `pip install --user` has installed.
fn open_user_site(policy: &mut SandboxPolicy, home: Option<&Path>) {
    let Some(folder) = home.map(|home| home.join(".local/lib")) else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("python") {
            policy.allow(Access::Read, entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn touch(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }

    #[test]
    fn deck_opens_only_pythons() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        let home = root.join("home");
        let (real, venv) = (home.join("py/3.11"), root.join("deck/.venv"));
        touch(&real.join("bin/python3.11"));
        touch(&venv.join("pyvenv.cfg"));
        touch(&home.join("papers/bin/notes"));
        fs::create_dir(venv.join("bin")).unwrap();
        symlink(real.join("bin/python3.11"), venv.join("bin/python3")).unwrap();
        let mut policy = SandboxPolicy::default();
        open_python(&mut policy, &venv.join("bin/python3"), Some(&home));
        assert!(policy.can_read(&real.join("lib/python3.11/os.py")));
        assert!(policy.can_read(&venv.join("lib/x.py")));
        let before = policy.clone();
        open_python(&mut policy, &home.join("papers/bin/notes"), Some(&home));
        assert_eq!(policy, before, "not a Python");
        assert!(!policy.can_read(&home.join("papers")) && !policy.can_read(&home));
    }

    #[test]
    fn base_python_of_an_environment_is_found() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        touch(&root.join("base/bin/python3"));
        touch(&root.join("env/bin/python3"));
        let home = root.join("base/bin");
        fs::write(root.join("env/pyvenv.cfg"), format!("home = {}\n", home.display())).unwrap();
        let mut policy = SandboxPolicy::default();
        open_python(&mut policy, &root.join("env/bin/python3"), None);
        assert!(policy.can_read(&root.join("base/lib/python3.12/os.py")));
    }
}
