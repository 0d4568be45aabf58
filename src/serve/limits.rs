//! What clients can use up. docs/SERVE.md lists these limits.

use std::time::Duration;

/// The port of an address without one. If it is taken, the system chooses another.
pub(super) const DEFAULT_PORT: u16 = 8642;

/// Maximum number of connections.
pub(super) const MAX_CONNECTIONS: usize = 512;

/// Maximum number of connections from one IP address. A whole audience may share one.
pub(super) const MAX_CONNECTIONS_PER_ADDRESS: usize = 400;

/// Maximum number of pages that follow the talk.
pub(super) const MAX_VIEWERS: usize = 300;

/// Maximum number of remotes, which do not count as viewers.
pub(super) const MAX_REMOTES: usize = 4;

/// Maximum size of a request's first line and headers.
pub(super) const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Maximum number of headers of a request.
pub(super) const MAX_HEADERS: usize = 64;

/// Maximum length of a request's path.
pub(super) const MAX_PATH_BYTES: usize = 256;

/// Maximum size of the body of a request.
pub(super) const MAX_BODY_BYTES: usize = 1024;

/// Requests that a connection may send at once, and how many more each second.
pub(super) const CONNECTION_RATE: Rate = Rate { burst: 40, per_second: 20 };

/// Connections that are accepted at once, and how many more each second. Others wait in the system's queue.
pub(super) const ACCEPT_RATE: Rate = Rate { burst: 512, per_second: 200 };

/// How long a request may take to arrive, and how long a connection may be idle.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may take to read a response, or one state of the talk.
pub(super) const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// How long a request waits for the talk.
pub(super) const TALK_TIMEOUT: Duration = Duration::from_secs(10);

/// How long what a refused client still sends is discarded, so that it can read why it was refused.
pub(super) const LINGER_TIMEOUT: Duration = Duration::from_secs(2);

/// Maximum bytes that are discarded.
pub(super) const MAX_LINGER_BYTES: usize = 1 << 20;

/// Maximum size of the markup of a slide.
pub(super) const MAX_PAGE_BYTES: usize = 4 << 20;

/// Maximum size of the pictures of a slide.
pub(super) const MAX_PICTURE_BYTES: usize = 16 << 20;

/// Maximum bytes of slides and pictures of the past that clients are still reading. The slowest are
/// disconnected; they come back for the newest slide.
pub(super) const MAX_HELD_BYTES: usize = 16 << 20;

/// The shortest time between two states: output that streams is not sent line by line.
pub(super) const MIN_INTERVAL: Duration = Duration::from_millis(50);

/// How long the talk goes on publishing after the last client has left: a client that comes and goes asks for
/// the state only once in this time.
pub(super) const CLIENT_GRACE: Duration = Duration::from_secs(5);

/// The priority of the threads, as `nice` counts it.
pub(super) const NICE: i32 = 10;

/// A number of events that may happen at once, and how many more each second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    pub(super) burst: u32,
    pub(super) per_second: u32,
}

/// How many events of a [`Rate`] may happen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    rate: Rate,
    /// Events left, in thousandths.
    left: u64,
    /// The time of the last change, in milliseconds.
    at: u64,
}

impl Allowance {
    /// Creates a full allowance at a time in milliseconds.
    pub(super) fn new(rate: Rate, now_ms: u64) -> Self {
        Self { rate, left: u64::from(rate.burst) * 1000, at: now_ms }
    }

    /// Takes one event; returns false if there is none.
    pub(super) fn take(&mut self, now_ms: u64) -> bool {
        let passed = now_ms.saturating_sub(self.at);
        let more = passed.saturating_mul(self.rate.per_second.into());
        self.left = self.left.saturating_add(more).min(u64::from(self.rate.burst) * 1000);
        self.at = now_ms.max(self.at);
        let has_one = self.left >= 1000;
        self.left -= if has_one { 1000 } else { 0 };
        has_one
    }

    /// Returns how long until there is one more.
    pub(super) fn wait(&self) -> Duration {
        let missing = 1000_u64.saturating_sub(self.left);
        Duration::from_millis(missing.div_ceil(self.rate.per_second.max(1).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowance_is_used_up_and_refilled() {
        let mut allowance = Allowance::new(Rate { burst: 2, per_second: 10 }, 1_000);
        assert!(allowance.take(1_000) && allowance.take(1_000) && !allowance.take(1_000));
        assert_eq!(allowance.wait(), Duration::from_millis(100));
        assert!(!allowance.take(1_099) && allowance.take(1_100) && !allowance.take(1_100));
        assert!(!allowance.take(500), "a clock that was set back");
        assert!(allowance.take(100_000) && allowance.take(100_000) && !allowance.take(100_000));
    }
}
