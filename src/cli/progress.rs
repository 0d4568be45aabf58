//! A line on the terminal that shows how far a long command is: `block 3 of 12, 4 s`.

#![expect(clippy::disallowed_methods, reason = "shows how long it takes")]

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use parking_lot::Mutex;

/// How long the line stays unchanged: quick commands show none.
const INTERVAL: Duration = Duration::from_millis(250);

/// Removes the line, with the cursor at its start.
const CLEAR: &str = "\r\x1b[K";

/// The progress of a command. Writes to standard error if that is a terminal, and else nothing.
pub(super) struct Progress {
    shown: Option<Arc<Mutex<ProgressState>>>,
    /// Dropped to end the thread that draws.
    _alive: Option<Sender<()>>,
}

/// What the line says.
struct ProgressState {
    what: &'static str,
    number: usize,
    count: usize,
    started: Instant,
    is_active: bool,
    is_drawn: bool,
}

impl Progress {
    /// Creates the progress of a command that does `count` of `what`.
    pub(super) fn new(what: &'static str, count: usize) -> Self {
        if count == 0 || !io::stderr().is_terminal() {
            return Self { shown: None, _alive: None };
        }
        let shown = Arc::new(Mutex::new(ProgressState {
            what,
            number: 0,
            count,
            started: Instant::now(),
            is_active: false,
            is_drawn: false,
        }));
        let (alive, ended) = bounded::<()>(0);
        let line = shown.clone();
        let draw = move || {
            while ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                line.lock().draw();
            }
        };
        // Without a thread, there is no line.
        let thread = std::thread::Builder::new().name("progress".to_owned()).spawn(draw);
        Self { shown: thread.ok().map(|_| shown), _alive: Some(alive) }
    }

    /// Shows that the work with this number, from 1, has begun.
    pub(super) fn begin(&self, number: usize) {
        if let Some(shown) = &self.shown {
            let mut line = shown.lock();
            (line.number, line.is_active) = (number, true);
        }
    }

    /// Removes the line until work begins again: something else is printed.
    pub(super) fn hide(&self) {
        if let Some(shown) = &self.shown {
            shown.lock().hide();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.hide();
    }
}

impl ProgressState {
    fn draw(&mut self) {
        if self.is_active {
            let text = text(self.what, self.number, self.count, self.started.elapsed());
            self.is_drawn = write!(io::stderr(), "{CLEAR}{text}").is_ok();
        }
    }

    fn hide(&mut self) {
        self.is_active = false;
        if std::mem::take(&mut self.is_drawn) {
            // There is nowhere to report that standard error is closed.
            let _ = write!(io::stderr(), "{CLEAR}");
        }
    }
}

fn text(what: &str, number: usize, count: usize, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match seconds / 60 {
        0 => format!("{what} {number} of {count}, {seconds} s"),
        minutes => format!("{what} {number} of {count}, {minutes} min {} s", seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_names_number_and_time() {
        let after = |seconds| text("block", 3, 12, Duration::from_secs(seconds));
        assert_eq!(after(4), "block 3 of 12, 4 s");
        assert_eq!(after(125), "block 3 of 12, 2 min 5 s");
    }
}
