//! Enforces the policy with the kernel's Landlock: files, TCP, signals and abstract sockets. An older
//! kernel does not enforce what it does not know; `support.rs` says what that is.

use std::os::fd::AsFd;
use std::path::Path;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
};

use super::policy::{Access, SandboxPolicy};

/// The newest ABI whose rights are requested. An older kernel enforces those it knows.
const NEWEST_ABI: ABI = ABI::V10;

/// The standard files, which are a run's terminal.
const STANDARD_FDS: [i32; 3] = [0, 1, 2];

/// Restricts this process and its children to the policy.
pub(super) fn restrict(policy: &SandboxPolicy) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("Landlock: {error}");
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST_ABI))
        .map_err(|error| failed(&error))?
        .scope(Scope::AbstractUnixSocket | Scope::Signal)
        .map_err(|error| failed(&error))?;
    if !policy.has_network {
        let network = AccessNet::from_all(NEWEST_ABI);
        ruleset = ruleset.handle_access(network).map_err(|error| failed(&error))?;
    }
    let mut created = ruleset.create().map_err(|error| failed(&error))?;
    for rule in &policy.rules {
        // A path that does not exist needs no rule: its folder is closed, or has a rule of its own.
        let Ok(file) = PathFd::new(&rule.path) else { continue };
        let rights = rights(rule.access, is_folder(&file));
        created =
            created.add_rule(PathBeneath::new(file, rights)).map_err(|error| failed(&error))?;
    }
    for number in STANDARD_FDS {
        let name = format!("/proc/self/fd/{number}");
        // By path, as in `echo > /dev/stderr`. Pipes and sockets have no path and need no rule.
        if !is_terminal(Path::new(&name)) {
            continue;
        }
        let Ok(file) = PathFd::new(&name) else { continue };
        let rule = PathBeneath::new(file, rights(Access::Device, false));
        created = created.add_rule(rule).map_err(|error| failed(&error))?;
    }
    let status = created.restrict_self().map_err(|error| failed(&error))?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err("Landlock: the kernel enforces nothing".to_owned()),
        _ => Ok(()),
    }
}

/// Converts an access to Landlock's rights.
fn rights(access: Access, is_folder: bool) -> BitFlags<AccessFs> {
    let devices = AccessFs::MakeChar | AccessFs::MakeBlock;
    let rights = match access {
        Access::Read => AccessFs::from_read(NEWEST_ABI),
        Access::Write => AccessFs::from_all(NEWEST_ABI) & !devices,
        Access::Device => AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev,
        Access::InPlace => AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate,
    };
    if is_folder { rights } else { rights & AccessFs::from_file(NEWEST_ABI) }
}

fn is_folder(file: &PathFd) -> bool {
    let kind = rustix::fs::fstat(file.as_fd()).map(|stat| stat.st_mode);
    kind.is_ok_and(|mode| rustix::fs::FileType::from_raw_mode(mode).is_dir())
}

/// Returns whether a path leads to a terminal in `/dev/pts`, and not to `/dev` itself or a disk.
fn is_terminal(path: &Path) -> bool {
    std::fs::read_link(path).is_ok_and(|target| target.starts_with("/dev/pts"))
}
