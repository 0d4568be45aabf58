//! The launcher: this program, started to restrict itself and then become another program. Sandboxed
//! processes start this way because a program cannot be restricted from outside, and `posix_spawn` runs
//! no code of ours in between.
//!
//! It starts with almost no environment, and reads only the file that it inherits: the dynamic loader
//! has done its work before the first line here, and must not have loaded anything of the deck's.

#![expect(unsafe_code, reason = "rights, masks and descriptors of this process")]
#![expect(clippy::disallowed_methods, reason = "reads its environment, and becomes a program")]

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::FromRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use rustix::process::{Resource, Rlimit};

use super::wire::LaunchSpec;
use super::{LAUNCH_FD, landlock, seccomp, support};
use crate::exec::python;

/// The argument that makes this program the launcher.
pub(super) const ARGUMENT: &str = "--sandbox-exec";

/// The exit code of shells for a program that cannot be run.
const CANNOT_RUN: u8 = 126;

/// The largest file that a sandboxed process can create: more would fill the disk, and no slide needs
/// it.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// How many files it can have open. The worker keeps one at 4000.
const MAX_OPEN_FILES: u64 = 4096;

/// The highest capability number, with space for future ones.
const MAX_CAPABILITY: libc::c_ulong = 63;

/// The version of the capability structures: three sets of 64 bits.
const CAPABILITY_VERSION: u32 = 0x2008_0522;

/// Runs this program as the launcher, if it was started as one.
pub(in crate::exec) fn entry() -> Option<ExitCode> {
    if std::env::args_os().nth(1)? != ARGUMENT {
        return None;
    }
    Some(start().unwrap_or_else(|why| {
        // If stderr is closed, the exit code still reports it.
        let _ = writeln!(std::io::stderr(), "sandbox: {why}: nothing was run");
        ExitCode::from(CANNOT_RUN)
    }))
}

/// Restricts this process and becomes the program. Returns only if the program is the Python worker,
/// which is this program too, when it has ended; or with an error, before anything ran.
fn start() -> Result<ExitCode, String> {
    let launch = read_spec()?;
    let (program, arguments) = launch.line.split_first().ok_or("no program was named")?;
    let library = worker_library(&launch).map(OsStr::to_owned);
    close_other_files();
    limit(launch.memory)?;
    // SAFETY: only sets this process's umask.
    unsafe { libc::umask(0o077) };
    drop_capabilities();
    landlock::restrict(&launch.policy)?;
    if support::has_seccomp() {
        seccomp::restrict(launch.policy.has_network)?;
    }
    let variables = launch.environment.iter().filter_map(|line| pair(line));
    if let Some(library) = library {
        take_environment(variables);
        return python::serve(&library).ok_or_else(|| "no embedded Python".to_owned());
    }
    let error = Command::new(program).args(arguments).env_clear().envs(variables).exec();
    Err(format!("cannot start `{}`: {error}", program.display()))
}

/// Reads the launch specification.
fn read_spec() -> Result<LaunchSpec, String> {
    // SAFETY: the launcher inherits this descriptor, and nothing else here uses it; if it is not open,
    // reading fails.
    let mut file = unsafe { File::from_raw_fd(LAUNCH_FD) };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| format!("no launch specification: {error}"))?;
    LaunchSpec::decode(&bytes).ok_or_else(|| "the launch specification is invalid".to_owned())
}

/// Returns the libpython to load, if the program is this one as a Python worker and would find the
/// same other libraries.
fn worker_library(launch: &LaunchSpec) -> Option<&OsStr> {
    let own = std::env::current_exe().ok()?;
    let [program, argument, library] = launch.line.as_slice() else { return None };
    let is_worker = *program == *own && argument == python::WORKER_ARGUMENT;
    let library_path = variable(launch, "LD_LIBRARY_PATH");
    let is_same = library_path == std::env::var_os("LD_LIBRARY_PATH").as_deref();
    (is_worker && is_same).then_some(library)
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

/// Closes all files but the standard ones.
fn close_other_files() {
    let first = libc::c_uint::from(3_u8);
    // SAFETY: no code that still runs in this process uses a higher descriptor.
    unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, 0) };
}

fn limit(memory: Option<u64>) -> Result<(), String> {
    let limits = [
        (Resource::Core, Some(0)),
        (Resource::Fsize, Some(MAX_FILE_BYTES)),
        (Resource::Nofile, Some(MAX_OPEN_FILES)),
        (Resource::Data, memory),
    ];
    for (resource, limit) in limits {
        let Some(limit) = limit else { continue };
        let known = rustix::process::getrlimit(resource);
        let lower = |known: Option<u64>| Some(known.map_or(limit, |known| known.min(limit)));
        let limit = Rlimit { current: lower(known.current), maximum: lower(known.maximum) };
        rustix::process::setrlimit(resource, limit)
            .map_err(|error| format!("cannot set a limit: {error}"))?;
    }
    Ok(())
}

/// Drops the capabilities that root has and other users do not.
fn drop_capabilities() {
    for capability in 0..=MAX_CAPABILITY {
        // SAFETY: drops a capability of this process; invalid numbers are refused.
        unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
    }
    // Also its current ones: the worker, which becomes no other program, would keep them.
    let (mut header, none) = ([CAPABILITY_VERSION, 0], [0_u32; 6]);
    // SAFETY: header and sets have the layout of this version; only the version may be written.
    unsafe { libc::syscall(libc::SYS_capset, &raw mut header, none.as_ptr()) };
}

/// Replaces the environment, as becoming another program would.
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
