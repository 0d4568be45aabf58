//! When frames are drawn: at once after a key; after output too, until too many come in a row.
//!
//! A key that starts a run is answered a moment later: most blocks of a talk have written
//! something by then, and one frame then shows both. Two would flicker, and the first would delay
//! the second.

#![expect(clippy::disallowed_methods, reason = "the shell reads the clock")]

use std::time::{Duration, Instant};

/// Output is drawn at most this often, once the first pieces were drawn at once.
const FRAME_INTERVAL: Duration = Duration::from_millis(16);
/// How many frames may be drawn at once before [`FRAME_INTERVAL`] holds.
const FRAME_BURST: u32 = 6;
/// How long a run's first output is waited for: less than is seen, more than a warm start takes.
const FIRST_OUTPUT_DELAY: Duration = Duration::from_millis(6);

/// When the next frame may be drawn.
#[derive(Debug)]
pub(super) struct FramePacing {
    /// Frames that may be drawn at once.
    left: u32,
    /// When `left` was last topped up.
    since: Instant,
    /// The next frame answers the speaker.
    urgent: bool,
    /// Until when a run's first output is waited for.
    held: Option<Instant>,
}

impl FramePacing {
    pub(super) fn new() -> Self {
        Self { left: FRAME_BURST, since: Instant::now(), urgent: false, held: None }
    }

    /// The next frame is drawn at once.
    pub(super) fn draw_soon(&mut self) {
        self.urgent = true;
        self.held = None;
    }

    /// The next frame waits for what a run writes that starts now, but not for long.
    pub(super) fn hold(&mut self) {
        self.held = Some(Instant::now() + FIRST_OUTPUT_DELAY);
    }

    /// What was waited for is there.
    pub(super) fn release(&mut self) {
        self.held = None;
    }

    /// Whether a frame is to be drawn now, where something has `changed` or not; asked once a
    /// frame.
    pub(super) fn may_draw(&mut self, changed: bool) -> bool {
        if self.held.is_some_and(|until| Instant::now() < until) {
            return false;
        }
        self.held = None;
        std::mem::take(&mut self.urgent) || changed && self.take()
    }

    /// Takes leave to draw a frame that nobody hurries.
    fn take(&mut self) -> bool {
        let earned = self.since.elapsed().as_nanos() / FRAME_INTERVAL.as_nanos();
        if earned > 0 {
            let earned = u32::try_from(earned).unwrap_or(FRAME_BURST);
            self.left = self.left.saturating_add(earned).min(FRAME_BURST);
            self.since = Instant::now();
        }
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }

    /// How long until a frame may be drawn.
    pub(super) fn wait(&self) -> Duration {
        match self.held {
            Some(until) => until.saturating_duration_since(Instant::now()),
            None if self.left > 0 || self.urgent => Duration::ZERO,
            None => FRAME_INTERVAL.saturating_sub(self.since.elapsed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting() -> FramePacing {
        FramePacing { held: Some(Instant::now() + Duration::from_hours(1)), ..FramePacing::new() }
    }

    #[test]
    fn a_frame_waits_for_the_first_output_of_a_run() {
        let mut frames = waiting();
        frames.urgent = true;
        assert!(!frames.may_draw(true));
        assert!(frames.wait() > Duration::from_mins(50));
        frames.release();
        assert!(frames.may_draw(true));
    }

    #[test]
    fn another_key_does_not_wait() {
        let mut frames = waiting();
        frames.draw_soon();
        assert_eq!(frames.wait(), Duration::ZERO);
        assert!(frames.may_draw(false));
    }

    #[test]
    fn a_wait_that_is_over_is_forgotten() {
        let mut frames = FramePacing::new();
        frames.held = Some(Instant::now());
        assert!(frames.may_draw(true));
        assert_eq!(frames.held, None);
    }

    #[test]
    fn frames_that_nobody_hurries_come_in_a_burst_then_at_a_pace() {
        let mut frames =
            FramePacing { since: Instant::now() + Duration::from_hours(1), ..FramePacing::new() };
        assert_eq!(
            (0..2 * FRAME_BURST).filter(|_| frames.may_draw(true)).count(),
            FRAME_BURST as usize
        );
        assert!(!frames.may_draw(false));
        assert!(frames.wait() > Duration::ZERO);
    }
}
