//! Keeping what a run writes to its standard output, for a run that makes a picture: the bytes go
//! past the terminal, into memory while the run lasts, and into a file when it has ended.

use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::thread::JoinHandle;

use rustix::event::{PollFd, PollFlags, poll};

use crate::exec::RunSink;
use crate::exec::os::temp_dir::TempRoot;
use crate::run::{Event, Outcome, Request, Target};

/// The most that is kept: pictures are smaller.
const MOST: usize = 64 << 20;

/// What else than its terminal a run's standard output goes to.
#[derive(Debug)]
pub(in crate::exec) struct StdoutSink {
    caught: Option<(OwnedFd, StdoutCapture)>,
}

/// Where one process writes to.
#[derive(Clone, Copy, Debug)]
pub(in crate::exec) struct StdioFds<'fd> {
    /// What it reads, if it reads anything.
    pub(in crate::exec) input: Option<BorrowedFd<'fd>>,
    /// The run's own terminal, where it reads from that.
    pub(in crate::exec) reads: Option<BorrowedFd<'fd>>,
    /// Standard output.
    pub(in crate::exec) output: BorrowedFd<'fd>,
    /// Standard error.
    pub(in crate::exec) terminal: BorrowedFd<'fd>,
    /// The path of that terminal, where it is to be the process's own.
    pub(in crate::exec) own_terminal: Option<&'fd Path>,
}

impl<'fd> StdioFds<'fd> {
    /// Both to the terminal.
    pub(in crate::exec) fn all(terminal: BorrowedFd<'fd>) -> Self {
        Self { input: None, reads: None, output: terminal, terminal, own_terminal: None }
    }
}

impl StdoutSink {
    /// What a run with this target writes to.
    pub(in crate::exec) fn open(target: Target) -> io::Result<Self> {
        let caught = match target {
            Target::Terminal | Target::Handover | Target::Screen => None,
            Target::Picture => Some(StdoutCapture::open()?),
        };
        Ok(Self { caught })
    }

    /// What a process with this terminal writes to.
    pub(in crate::exec) fn files<'fd>(&'fd self, terminal: BorrowedFd<'fd>) -> StdioFds<'fd> {
        let caught = self.caught.as_ref();
        StdioFds {
            output: caught.map_or(terminal, |(writer, _)| writer.as_fd()),
            ..StdioFds::all(terminal)
        }
    }

    /// Keeps the picture of a run that went well, and tells of it.
    pub(in crate::exec) fn keep(
        &mut self,
        request: &Request,
        outcome: &Outcome,
        temp_root: &TempRoot,
        sink: &RunSink,
    ) {
        let Some((_, catch)) = self.caught.take().filter(|_| outcome.is_success()) else { return };
        let kept = temp_root.picture(request.run).and_then(|file| catch.keep(&file).map(|()| file));
        sink(match kept {
            Ok(file) => Event::Picture(file),
            Err(error) => Event::Output(format!("the picture cannot be kept: {error}\n").into()),
        });
    }
}

/// The catching end of a pipe, read by a thread of its own.
#[derive(Debug)]
struct StdoutCapture {
    /// Closed, it tells the thread that nothing more is wanted.
    over: Option<io::PipeWriter>,
    thread: JoinHandle<Vec<u8>>,
}

impl StdoutCapture {
    /// A pipe to write to, and what catches its bytes.
    fn open() -> io::Result<(OwnedFd, Self)> {
        let (caught, writer) = io::pipe()?;
        let (ended, over) = io::pipe()?;
        rustix::io::ioctl_fionbio(&caught, true)?;
        let thread = std::thread::Builder::new().name("catch".to_owned());
        let thread = thread.spawn(move || read(caught, ended.as_fd()))?;
        Ok((writer.into(), Self { over: Some(over), thread }))
    }

    /// Writes what was caught into `file`. The run has ended; what processes that it left behind
    /// still write is not waited for.
    ///
    /// # Errors
    /// It was too much, or the file cannot be written.
    fn keep(mut self, file: &Path) -> io::Result<()> {
        self.over.take();
        let bytes = self.thread.join().unwrap_or_default();
        if bytes.len() > MOST {
            return Err(io::Error::other(format!("it is larger than {} MiB", MOST >> 20)));
        }
        save(file, &bytes)
    }
}

/// Reads until nobody writes any more, or until it is over and all that was written is read. What
/// is too much is read, too, and dropped: its writer must not wait for ever.
fn read(mut caught: PipeReader, over: BorrowedFd<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let mut files =
            [PollFd::new(&caught, PollFlags::IN), PollFd::from_borrowed_fd(over, PollFlags::IN)];
        let _ = poll(&mut files, None);
        let is_over = !files[1].revents().is_empty();
        match caught.read(&mut chunk) {
            Ok(0) => return bytes,
            Ok(count) if bytes.len() <= MOST => bytes.extend_from_slice(&chunk[..count]),
            Ok(_) if is_over => return bytes,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && !is_over => {}
            Err(_) => return bytes,
        }
    }
}

fn save(file: &Path, bytes: &[u8]) -> io::Result<()> {
    crate::files::write_private(file, bytes)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "looks at what was kept")]
    fn all_that_was_written_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, catch) = StdoutCapture::open().unwrap();
        let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
        for part in bytes.chunks(7_000) {
            let mut left = part;
            while !left.is_empty() {
                left = &left[rustix::io::write(&writer, left).unwrap()..];
            }
        }
        // Somebody still holds the other end.
        catch.keep(&folder.path().join("it")).unwrap();
        assert_eq!(std::fs::read(folder.path().join("it")).unwrap(), bytes);
        drop(writer);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test itself has a limit")]
    fn too_much_is_refused_and_does_not_wait() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, catch) = StdoutCapture::open().unwrap();
        let chunk = vec![0; 1 << 20];
        let start = Instant::now();
        let mut left = MOST + (2 << 20);
        while left > 0 {
            left = left.saturating_sub(rustix::io::write(&writer, &chunk).unwrap());
        }
        assert!(catch.keep(&folder.path().join("it")).is_err());
        assert!(start.elapsed() < Duration::from_mins(1));
    }
}
