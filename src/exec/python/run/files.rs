//! The files of a run: our ends of its terminal, standard output and reports, and the run's own ends until it
//! is requested.

#![expect(clippy::disallowed_methods, reason = "limits how long to wait for output alone")]

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::output::{LeftoverOutput, RunOutput};
use super::reports::PendingReports;
use super::values::PendingValues;
use crate::exec::RunSink;
use crate::exec::io::capture::StdoutSink;
use crate::exec::os::pty::PtyPair;
use crate::exec::os::temp_dir::TempRoot;
use crate::exec::python::worker::report::{ReportReader, RunReport};
use crate::exec::python::worker::request::{Dispatch, RunRequest};
use crate::run::{Outcome, Request};

/// How long to wait for the output of a requested run alone, and not for its reports.
const OUTPUT_ONLY_WINDOW: Duration = Duration::from_millis(3);

/// The files of a run.
pub(super) struct RunFiles {
    output: RunOutput,
    stdout: StdoutSink,
    reports: PendingReports,
    /// The run's ends, until it is requested.
    child_ends: Option<(OwnedFd, UnixStream)>,
    /// Until when to wait for its output alone.
    output_only_until: Instant,
}

impl RunFiles {
    /// Opens the files of a run in a terminal.
    pub(super) fn open(
        request: &Request,
        pty: PtyPair,
        sink: &RunSink,
        temp_root: &Arc<TempRoot>,
    ) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let values = PendingValues::new(request.run, temp_root.clone());
        Ok(Self {
            output: RunOutput::new(sink.clone(), pty.master),
            stdout: StdoutSink::open(request.target)?,
            reports: PendingReports::new(ReportReader::new(ours).checked(), values),
            child_ends: Some((pty.slave, theirs)),
            output_only_until: Instant::now(),
        })
    }

    /// Requests the run: gives its ends of the files to `send`, whose result it returns. Returns `None` if
    /// the run was requested before.
    pub(super) fn request<T>(
        &mut self,
        request: &RunRequest<'_>,
        send: impl FnOnce(&Dispatch<'_>) -> T,
    ) -> Option<T> {
        let (terminal, reports) = self.child_ends.take()?;
        let output = self.stdout.files(terminal.as_fd());
        let result = send(&Dispatch { request, output, reports: reports.as_fd() });
        self.output_only_until = Instant::now() + OUTPUT_ONLY_WINDOW;
        Some(result)
    }

    /// Returns whether there is output, if it is still too early to wait for anything else.
    pub(super) fn wait_for_output_alone(&self) -> Option<bool> {
        let left = self.output_only_until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then(|| self.output.wait(Some(left)))
    }

    /// Returns the socket of the reports.
    pub(super) fn reports(&self) -> &ReportReader {
        self.reports.reader()
    }

    /// Returns our end of the terminal while the other end is open.
    pub(super) fn terminal(&self) -> Option<&OwnedFd> {
        self.output.terminal()
    }

    /// Returns whether reports wait to be handled.
    pub(super) fn has_unread_reports(&self) -> bool {
        self.reports.has_unread()
    }

    /// Returns the reports that have arrived.
    pub(super) fn drain_reports(&mut self) -> Vec<RunReport> {
        self.reports.drain()
    }

    /// Reads and passes on output.
    pub(super) fn read_output(&mut self) {
        self.output.read(Some(&mut self.reports));
    }

    /// Reads output until the terminal is closed or quiet.
    pub(super) fn drain_until_quiet(&mut self) {
        self.output.drain_until_quiet(&mut self.reports);
    }

    /// Reads all output and reports of a run that has ended, and passes them on.
    pub(super) fn finish(&mut self, sink: &RunSink) {
        self.output.finish(&mut self.reports);
        self.reports.remaining().into_iter().for_each(&**sink);
    }

    /// Keeps the picture that the run wrote to its standard output.
    pub(super) fn keep_picture(
        &mut self,
        request: &Request,
        outcome: &Outcome,
        temp_root: &TempRoot,
        sink: &RunSink,
    ) {
        self.stdout.keep(request, outcome, temp_root, sink);
    }

    /// Returns what is still of use once the run has ended.
    pub(super) fn into_parts(self) -> (ReportReader, LeftoverOutput) {
        (self.reports.into_reader(), LeftoverOutput(self.output))
    }
}
