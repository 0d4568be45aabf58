//! Limits the time of work on untrusted input, which cannot be interrupted: it continues on a thread
//! of its own, and its result is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::bounded;

use crate::draw::STACK_BYTES;

/// How long a drawing may take.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Limit of threads whose result nothing waits for.
const MAX_ABANDONED: usize = 4;

/// The number of those threads.
static ABANDONED: AtomicUsize = AtomicUsize::new(0);

/// Why work has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TimeLimitError {
    /// It takes too long.
    #[error("drawing it takes more than {} seconds", TIME_LIMIT.as_secs())]
    Late,
    /// Too much other work takes too long.
    #[error("it is not drawn: earlier drawings are still not done")]
    Busy,
    /// There is no thread for it.
    #[error("no thread could be started to draw it")]
    NoThread,
}

/// Does work on a thread with a large stack and waits for it.
pub(super) fn within_time<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, TimeLimitError> {
    within(TIME_LIMIT, &ABANDONED, work)
}

fn within<T: Send + 'static>(
    limit: Duration,
    abandoned: &'static AtomicUsize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, TimeLimitError> {
    if abandoned.load(Ordering::Relaxed) >= MAX_ABANDONED {
        return Err(TimeLimitError::Busy);
    }
    let (done, result) = bounded(1);
    let is_late = Arc::new(AtomicUsize::new(0));
    let late = Arc::clone(&is_late);
    let run = move || {
        let _ = done.send(work());
        // Either side that comes second counts.
        if late.fetch_add(1, Ordering::AcqRel) == 1 {
            abandoned.fetch_sub(1, Ordering::Relaxed);
        }
    };
    let thread = thread::Builder::new().name("drawing".to_owned()).stack_size(STACK_BYTES);
    thread.spawn(run).map_err(|_| TimeLimitError::NoThread)?;
    if let Ok(result) = result.recv_timeout(limit) {
        return Ok(result);
    }
    abandoned.fetch_add(1, Ordering::Relaxed);
    if is_late.fetch_add(1, Ordering::AcqRel) == 1 {
        abandoned.fetch_sub(1, Ordering::Relaxed);
    }
    Err(TimeLimitError::Late)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_work_is_abandoned_and_limited() {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        assert_eq!(within(Duration::from_mins(1), &COUNT, || 1), Ok(1));
        let mut ends = Vec::new();
        for _ in 0..MAX_ABANDONED {
            let (end, ended) = bounded::<()>(1);
            ends.push(end);
            let late = within(Duration::from_millis(1), &COUNT, move || {
                let _ = ended.recv();
            });
            assert_eq!(late, Err(TimeLimitError::Late));
        }
        assert_eq!(within(Duration::from_mins(1), &COUNT, || 1), Err(TimeLimitError::Busy));
        ends.clear();
        while COUNT.load(Ordering::Relaxed) > 0 {
            thread::yield_now();
        }
        assert_eq!(within(Duration::from_mins(1), &COUNT, || 1), Ok(1));
    }
}
