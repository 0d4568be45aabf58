//! Lists the variables of a session in a fork of its process. Inspecting a value runs its own code,
//! which may never end, so the fork is killed after a short time.

#![expect(clippy::disallowed_methods, reason = "waits for an answer with a timeout")]

use std::io::{self, PipeReader, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::process::Signal;

use super::Snapshot;
use crate::exec::io::capture::StdioFds;
use crate::exec::os::wait::wait_readable_until;
use crate::exec::python::worker::report::{ReportReader, RunReport};
use crate::exec::python::worker::request::{Dispatch, RequestKind, RunRequest};
use crate::run::{Snippet, Variable};

/// How long the answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// The most bytes of an answer. More than the worker sends.
const MAX_ANSWER_SIZE: usize = 8 << 20;

/// Returns the variables of a session after this block, or a message that says why not.
pub(in crate::exec::python) fn list(
    snapshot: &Snapshot,
    directory: &Path,
) -> Result<Vec<Variable>, String> {
    let answer = answer(snapshot, directory).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => "inspecting the values takes too long".to_owned(),
        _ => format!("cannot list the variables: {error}"),
    })?;
    let died = || "inspecting a value ended the process".to_owned();
    parse(&String::from_utf8_lossy(&answer)).ok_or_else(died)
}

fn answer(snapshot: &Snapshot, directory: &Path) -> io::Result<Vec<u8>> {
    let (answer, output) = io::pipe()?;
    let (ours, theirs) = UnixStream::pair()?;
    let nowhere = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    let stdio = StdioFds { output: output.as_fd(), ..StdioFds::all(nowhere.as_fd()) };
    let snippet = &Snippet::default();
    let request = RunRequest {
        snippet,
        script: None,
        directory,
        memory: None,
        kind: RequestKind::Variables,
        modules: None,
        owner: None,
    };
    snapshot.dispatch(&Dispatch { request: &request, output: stdio, reports: theirs.as_fd() })?;
    drop((output, theirs));
    let answer = collect(answer, Instant::now() + ANSWER_TIMEOUT);
    // Kill the fork and the processes that a value has started.
    for report in ReportReader::new(ours).checked().take() {
        if let RunReport::Started(group, _) = report {
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
    }
    answer
}

fn collect(mut answer: PipeReader, give_up: Instant) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 64 << 10];
    while bytes.len() < MAX_ANSWER_SIZE {
        if !wait_readable_until(&answer, give_up) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match answer.read(&mut chunk)? {
            0 => break,
            read => bytes.extend_from_slice(&chunk[..read]),
        }
    }
    Ok(bytes)
}

/// Parses an answer: three fields for each variable, each ended by a zero byte, then a full stop.
pub(in crate::exec) fn parse(answer: &str) -> Option<Vec<Variable>> {
    let fields: Vec<&str> = answer.strip_suffix('.')?.split_terminator('\0').collect();
    let name = |of: &[&str]| Variable {
        name: of[0].to_owned(),
        kind: of[1].to_owned(),
        value: of[2].to_owned(),
    };
    Some(fields.chunks_exact(3).map(name).collect())
}
