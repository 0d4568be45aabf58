//! Captures the standard output of a run that makes a picture: the bytes bypass the terminal, are
//! kept in memory while the run lasts, and are written to a file when it has ended.

use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::thread::JoinHandle;

use crate::exec::RunSink;
use crate::exec::os::keeper::Keeper;
use crate::exec::os::temp_dir::TempRoot;
use crate::exec::os::wait::{poll, readable};
use crate::run::{Event, Outcome, Request, Target};

/// Bytes of the largest picture.
const MAX_BYTES: usize = 64 << 20;

/// Where a run's standard output goes: to its terminal, or into a capture.
#[derive(Debug)]
pub(in crate::exec) struct StdoutSink {
    capture: Option<(OwnedFd, StdoutCapture)>,
}

/// The standard files of one process.
#[derive(Clone, Copy, Debug)]
pub(in crate::exec) struct StdioFds<'fd> {
    /// Standard input, if the process shares the speaker's terminal.
    pub(in crate::exec) input: Option<BorrowedFd<'fd>>,
    /// The run's own terminal as standard input.
    pub(in crate::exec) reads: Option<BorrowedFd<'fd>>,
    /// Standard output.
    pub(in crate::exec) output: BorrowedFd<'fd>,
    /// Standard error.
    pub(in crate::exec) terminal: BorrowedFd<'fd>,
    /// The path of the terminal that becomes the process's controlling terminal.
    pub(in crate::exec) own_terminal: Option<&'fd Path>,
    /// The process that leads the session of the run's terminal.
    pub(in crate::exec) keeper: Option<&'fd Keeper>,
}

impl<'fd> StdioFds<'fd> {
    /// Standard output and standard error to the terminal, no input.
    pub(in crate::exec) fn all(terminal: BorrowedFd<'fd>) -> Self {
        Self {
            input: None,
            reads: None,
            output: terminal,
            terminal,
            own_terminal: None,
            keeper: None,
        }
    }
}

impl StdoutSink {
    /// Opens the sink for a run with this target.
    pub(in crate::exec) fn open(target: Target) -> io::Result<Self> {
        let capture = match target {
            Target::Terminal | Target::Handover | Target::Screen => None,
            Target::Picture => Some(StdoutCapture::open()?),
        };
        Ok(Self { capture })
    }

    /// Returns the standard files of a process in this terminal.
    pub(in crate::exec) fn files<'fd>(&'fd self, terminal: BorrowedFd<'fd>) -> StdioFds<'fd> {
        let capture = self.capture.as_ref();
        StdioFds {
            output: capture.map_or(terminal, |(writer, _)| writer.as_fd()),
            ..StdioFds::all(terminal)
        }
    }

    /// Writes the picture of a successful run to a file and reports it.
    pub(in crate::exec) fn keep(
        &mut self,
        request: &Request,
        outcome: &Outcome,
        temp_root: &TempRoot,
        sink: &RunSink,
    ) {
        let Some((_, capture)) = self.capture.take().filter(|_| outcome.is_success()) else {
            return;
        };
        let kept =
            temp_root.picture(request.run).and_then(|file| capture.keep(&file).map(|()| file));
        sink(match kept {
            Ok(file) => Event::Picture(file),
            Err(error) => Event::Output(format!("cannot keep the picture: {error}\n").into()),
        });
    }
}

/// The reading end of a pipe, on a thread of its own.
#[derive(Debug)]
struct StdoutCapture {
    /// Closed to tell the thread that the run has ended.
    run_ended: Option<io::PipeWriter>,
    thread: JoinHandle<Vec<u8>>,
}

impl StdoutCapture {
    /// Opens a pipe. Returns its writing end and the capture.
    fn open() -> io::Result<(OwnedFd, Self)> {
        let (reader, writer) = io::pipe()?;
        let (ended, run_ended) = io::pipe()?;
        rustix::io::ioctl_fionbio(&reader, true)?;
        let thread = std::thread::Builder::new().name("capture".to_owned());
        let thread = thread.spawn(move || read(reader, ended.as_fd()))?;
        Ok((writer.into(), Self { run_ended: Some(run_ended), thread }))
    }

    /// Writes the captured bytes to `file` when the run has ended. Does not wait for background
    /// processes that still write.
    ///
    /// # Errors
    /// The output is too large, or the file cannot be written.
    fn keep(mut self, file: &Path) -> io::Result<()> {
        self.run_ended.take();
        let bytes = self.thread.join().unwrap_or_default();
        if bytes.len() > MAX_BYTES {
            return Err(io::Error::other(format!("it is larger than {} MiB", MAX_BYTES >> 20)));
        }
        crate::files::write_private(file, &bytes)
    }
}

/// Reads until all writers have closed the pipe, or until the run has ended and the pipe is empty.
/// Bytes beyond the limit are read and dropped: the writer must not block.
fn read(mut pipe: PipeReader, run_ended: BorrowedFd<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let mut files = [readable(&pipe), readable(&run_ended)];
        poll(&mut files, None);
        let is_over = !files[1].revents().is_empty();
        match pipe.read(&mut chunk) {
            Ok(0) => return bytes,
            Ok(count) if bytes.len() <= MAX_BYTES => bytes.extend_from_slice(&chunk[..count]),
            Ok(_) if is_over => return bytes,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && !is_over => {}
            Err(_) => return bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "reads the file that was kept")]
    fn all_output_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, capture) = StdoutCapture::open().unwrap();
        let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
        for part in bytes.chunks(7_000) {
            let mut left = part;
            while !left.is_empty() {
                left = &left[rustix::io::write(&writer, left).unwrap()..];
            }
        }
        // The writing end is still open.
        capture.keep(&folder.path().join("it")).unwrap();
        assert_eq!(std::fs::read(folder.path().join("it")).unwrap(), bytes);
        drop(writer);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test itself has a time limit")]
    fn oversized_output_is_refused_without_blocking() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, capture) = StdoutCapture::open().unwrap();
        let chunk = vec![0; 1 << 20];
        let start = Instant::now();
        let mut left = MAX_BYTES + (2 << 20);
        while left > 0 {
            left = left.saturating_sub(rustix::io::write(&writer, &chunk).unwrap());
        }
        assert!(capture.keep(&folder.path().join("it")).is_err());
        assert!(start.elapsed() < Duration::from_mins(1));
    }
}
