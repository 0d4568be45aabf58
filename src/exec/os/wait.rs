//! Waiting for files with `poll`: with a time limit, and resumed after a signal.

#![expect(clippy::disallowed_methods, reason = "keeps time limits")]

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

/// Watches a file for input, for the end of a process (pidfd), or for a closed other end.
pub(in crate::exec) fn readable<F: AsFd>(file: &F) -> PollFd<'_> {
    PollFd::new(file, PollFlags::IN)
}

/// Waits until one of the files is ready or the timeout is over. Returns how many are ready: 0 after
/// the timeout, or if the system refuses to wait.
pub(in crate::exec) fn poll(files: &mut [PollFd<'_>], timeout: Option<Duration>) -> usize {
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        match rustix::event::poll(files, left.as_ref()) {
            Ok(ready) => return ready,
            Err(Errno::INTR) => {}
            Err(_) => return 0,
        }
    }
}

/// Waits until a file is readable. Returns `false` after the timeout.
pub(in crate::exec) fn wait_readable(file: impl AsFd, timeout: Option<Duration>) -> bool {
    poll(&mut [readable(&file)], timeout) > 0
}

/// Waits until a file is readable. Returns `false` after the deadline.
pub(in crate::exec) fn wait_readable_until(file: impl AsFd, deadline: Instant) -> bool {
    wait_readable(file, Some(deadline.saturating_duration_since(Instant::now())))
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use super::*;

    #[test]
    fn pipe_is_readable_once_written_or_closed() {
        let (reader, mut writer) = io::pipe().unwrap();
        assert!(!wait_readable(&reader, Some(Duration::from_millis(1))));
        writer.write_all(b"x").unwrap();
        assert!(wait_readable_until(&reader, Instant::now()));
        let (reader, writer) = io::pipe().unwrap();
        drop(writer);
        assert!(wait_readable(&reader, None));
    }
}
