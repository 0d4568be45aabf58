//! The launcher: this program, started to restrict itself and then become another one. A process of
//! a sandboxed deck is started as this, because a program cannot be restricted from outside, and
//! `posix_spawn` runs nothing of ours in between.
//!
//! It is started with next to no environment, and decides by nothing but the file that it inherits:
//! the loader has done its work before the first line here, and must not have loaded anything of the
//! deck's by then.

#![expect(unsafe_code, reason = "rights, masks and descriptors of a process of our own")]
#![expect(clippy::disallowed_methods, reason = "it has an environment, and becomes a program")]

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::FromRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use rustix::process::{Resource, Rlimit};

use super::wire::LaunchSpec;
use super::{INHERITED, landlock, seccomp, support};
use crate::exec::python;

/// The argument that makes this program the launcher.
pub(super) const ARGUMENT: &str = "--sandbox-exec";

/// What shells say when they cannot run a program that is there.
const NOT_RUN: u8 = 126;

/// The largest file that a sandboxed process can make: more fills a disk, and no slide needs it.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// The most files that it can have open. The worker keeps one at 4000.
const MAX_OPEN_FILES: u64 = 4096;

/// The highest number of a capability, with space for those to come.
const MAX_CAPABILITY: libc::c_ulong = 63;

/// The form in which sets of capabilities are given to the system: three sets of 64 bits.
const CAPABILITY_VERSION: u32 = 0x2008_0522;

/// What this program does when it was started as the launcher; nothing if it was not.
pub(in crate::exec) fn entry() -> Option<ExitCode> {
    if std::env::args_os().nth(1)? != ARGUMENT {
        return None;
    }
    Some(start().unwrap_or_else(|why| {
        // Where no one can be told, the status still says it.
        let _ = writeln!(std::io::stderr(), "sandbox: {why}: nothing was run");
        ExitCode::from(NOT_RUN)
    }))
}

/// Restricts this process and becomes the program. Returns when that is the Python worker, which is
/// this program too, and has ended; or with what failed, before anything ran.
fn start() -> Result<ExitCode, String> {
    let launch = inherited()?;
    let (program, arguments) = launch.line.split_first().ok_or("no program was named")?;
    let is_worker = is_own_worker(&launch);
    close_others();
    limit(launch.memory)?;
    // SAFETY: sets a number of this process.
    unsafe { libc::umask(0o077) };
    drop_capabilities();
    landlock::restrict(&launch.policy)?;
    if support::has_seccomp() {
        seccomp::restrict(launch.policy.has_network)?;
    }
    let variables = launch.environment.iter().filter_map(|line| pair(line));
    if is_worker {
        take_environment(variables);
        return python::serve().ok_or_else(|| "no embedded Python".to_owned());
    }
    let error = Command::new(program).args(arguments).env_clear().envs(variables).exec();
    Err(format!("`{}` could not be started: {error}", program.display()))
}

/// Reads what it is to do.
fn inherited() -> Result<LaunchSpec, String> {
    // SAFETY: whoever starts the launcher leaves this file to it, and nothing else here uses the
    // number; if it is not open, reading fails.
    let mut file = unsafe { File::from_raw_fd(INHERITED) };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| format!("no orders: {error}"))?;
    LaunchSpec::decode(&bytes).ok_or_else(|| "its orders cannot be read".to_owned())
}

/// Whether the program is this one as a Python worker, with the libraries that it has loaded already.
fn is_own_worker(launch: &LaunchSpec) -> bool {
    let Ok(own) = std::env::current_exe() else { return false };
    let library_path = variable(launch, "LD_LIBRARY_PATH");
    launch.line == [own.into_os_string(), OsString::from(python::WORKER_ARGUMENT)]
        && library_path == std::env::var_os("LD_LIBRARY_PATH").as_deref()
}

fn variable<'a>(launch: &'a LaunchSpec, name: &str) -> Option<&'a OsStr> {
    let mut pairs = launch.environment.iter().filter_map(|line| pair(line));
    pairs.find_map(|(known, value)| (known == name).then_some(value))
}

fn pair(line: &OsStr) -> Option<(&OsStr, &OsStr)> {
    let at = line.as_bytes().iter().position(|byte| *byte == b'=')?;
    let (name, value) = line.as_bytes().split_at(at);
    Some((OsStr::from_bytes(name), OsStr::from_bytes(&value[1..])))
}

/// Leaves open what the program writes to and reads from, and nothing else.
fn close_others() {
    let first = libc::c_uint::from(3_u8);
    // SAFETY: nothing of this process that is still to run uses a file of a higher number.
    unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, 0) };
}

fn limit(memory: Option<u64>) -> Result<(), String> {
    let limits = [
        (Resource::Core, Some(0)),
        (Resource::Fsize, Some(MAX_FILE_BYTES)),
        (Resource::Nofile, Some(MAX_OPEN_FILES)),
        (Resource::Data, memory),
    ];
    for (resource, most) in limits {
        let Some(most) = most else { continue };
        let known = rustix::process::getrlimit(resource);
        let lower = |known: Option<u64>| Some(known.map_or(most, |known| known.min(most)));
        let limit = Rlimit { current: lower(known.current), maximum: lower(known.maximum) };
        rustix::process::setrlimit(resource, limit)
            .map_err(|error| format!("a limit cannot be set: {error}"))?;
    }
    Ok(())
}

/// Gives up what makes root more than another user. Others have nothing of it.
fn drop_capabilities() {
    for capability in 0..=MAX_CAPABILITY {
        // SAFETY: takes a right away from this process; a number that is none is refused.
        unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
    }
    // What it holds itself: the worker, which becomes no other program, would keep it.
    let (mut header, none) = ([CAPABILITY_VERSION, 0], [0_u32; 6]);
    // SAFETY: header and sets are as this version has them, and are only read, but for the version.
    unsafe { libc::syscall(libc::SYS_capset, &raw mut header, none.as_ptr()) };
}

/// Takes over an environment, as becoming another program would.
fn take_environment<'a>(variables: impl Iterator<Item = (&'a OsStr, &'a OsStr)>) {
    let old: Vec<OsString> = std::env::vars_os().map(|(name, _)| name).collect();
    // SAFETY: this is the only thread of the process.
    unsafe {
        for name in old {
            std::env::remove_var(name);
        }
        for (name, value) in variables {
            std::env::set_var(name, value);
        }
    }
}
