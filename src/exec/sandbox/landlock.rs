//! The policy as the kernel's Landlock holds it: files, TCP, signals and abstract sockets. What an
//! older kernel does not know it does not hold; `support.rs` says which.

use std::os::fd::AsFd;
use std::path::Path;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
};

use super::policy::{Access, SandboxPolicy};

/// The newest interface whose rights are asked for; an older kernel holds those it knows.
const NEWEST: ABI = ABI::V10;

/// The files that a run has open as its terminal.
const STANDARD: [i32; 3] = [0, 1, 2];

/// Restricts this process, and all that it starts, to the policy.
pub(super) fn restrict(policy: &SandboxPolicy) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("Landlock: {error}");
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))
        .map_err(|error| failed(&error))?
        .scope(Scope::AbstractUnixSocket | Scope::Signal)
        .map_err(|error| failed(&error))?;
    if !policy.has_network {
        let network = AccessNet::from_all(NEWEST);
        ruleset = ruleset.handle_access(network).map_err(|error| failed(&error))?;
    }
    let mut created = ruleset.create().map_err(|error| failed(&error))?;
    for rule in &policy.rules {
        // What is not there cannot be opened later either: its folder is closed, or has its own rule.
        let Ok(file) = PathFd::new(&rule.path) else { continue };
        let rights = rights(rule.access, is_folder(&file));
        created =
            created.add_rule(PathBeneath::new(file, rights)).map_err(|error| failed(&error))?;
    }
    for number in STANDARD {
        let name = format!("/proc/self/fd/{number}");
        // By its path, as in `echo > /dev/stderr`. A pipe or socket has none, and needs no rule.
        if !is_terminal(Path::new(&name)) {
            continue;
        }
        let Ok(file) = PathFd::new(&name) else { continue };
        let rule = PathBeneath::new(file, rights(Access::Device, false));
        created = created.add_rule(rule).map_err(|error| failed(&error))?;
    }
    let status = created.restrict_self().map_err(|error| failed(&error))?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err("Landlock: the kernel holds nothing of it".to_owned()),
        _ => Ok(()),
    }
}

/// What the kernel calls an access.
fn rights(access: Access, is_folder: bool) -> BitFlags<AccessFs> {
    let devices = AccessFs::MakeChar | AccessFs::MakeBlock;
    let rights = match access {
        Access::Read => AccessFs::from_read(NEWEST),
        Access::Write => AccessFs::from_all(NEWEST) & !devices,
        Access::Device => AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev,
        Access::InPlace => AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate,
    };
    if is_folder { rights } else { rights & AccessFs::from_file(NEWEST) }
}

fn is_folder(file: &PathFd) -> bool {
    let kind = rustix::fs::fstat(file.as_fd()).map(|stat| stat.st_mode);
    kind.is_ok_and(|mode| rustix::fs::FileType::from_raw_mode(mode).is_dir())
}

/// Whether a path leads to a terminal of `/dev/pts`: never to `/dev` itself or a disk.
fn is_terminal(path: &Path) -> bool {
    std::fs::read_link(path).is_ok_and(|target| target.starts_with("/dev/pts"))
}
