//! Decides when to draw frames: immediately after a key, and after output until too many frames
//!
//! follow each other. A key that starts a run waits a moment for output: most blocks write something
//! within that time, and one frame can show both. Two frames would flicker, and the first would delay
//! the second.

#![expect(clippy::disallowed_methods, reason = "the shell reads the clock")]

use std::time::{Duration, Instant};

/// Minimum time between two output frames, after the initial burst.
const FRAME_INTERVAL: Duration = Duration::from_millis(16);
/// Number of frames that may be drawn without delay before [`FRAME_INTERVAL`] applies.
const FRAME_BURST: u32 = 6;
/// How long to wait for a run's first output: too short to notice, longer than a warm start.
const FIRST_OUTPUT_DELAY: Duration = Duration::from_millis(6);

/// Decides when the next frame may be drawn.
#[derive(Debug)]
pub(super) struct FramePacing {
    /// Frames that may be drawn without delay.
    left: u32,
    /// When `left` was last increased.
    since: Instant,
    /// The next frame responds to the speaker.
    urgent: bool,
    /// Deadline for a run's first output.
    held: Option<Instant>,
}

impl FramePacing {
    pub(super) fn new() -> Self {
        Self { left: FRAME_BURST, since: Instant::now(), urgent: false, held: None }
    }

    /// Draws the next frame immediately.
    pub(super) fn draw_soon(&mut self) {
        self.urgent = true;
        self.held = None;
    }

    /// Delays the next frame until a run that starts now writes output, but not for long.
    pub(super) fn wait_for_output(&mut self) {
        self.held = Some(Instant::now() + FIRST_OUTPUT_DELAY);
    }

    /// Ends the delay: there is output.
    pub(super) fn output_arrived(&mut self) {
        self.held = None;
    }

    /// Returns whether to draw a frame now, and counts it. `changed` is whether anything needs
    /// drawing.
    pub(super) fn may_draw(&mut self, changed: bool) -> bool {
        if self.held.is_some_and(|until| Instant::now() < until) {
            return false;
        }
        self.held = None;
        std::mem::take(&mut self.urgent) || changed && self.take()
    }

    /// Uses up one of the frames that may be drawn without delay, if there is one.
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

    /// Returns how long until a frame may be drawn.
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
    fn frame_waits_for_first_output() {
        let mut frames = waiting();
        frames.urgent = true;
        assert!(!frames.may_draw(true));
        assert!(frames.wait() > Duration::from_mins(50));
        frames.output_arrived();
        assert!(frames.may_draw(true));
    }

    #[test]
    fn keys_end_the_wait() {
        let mut frames = waiting();
        frames.draw_soon();
        assert_eq!(frames.wait(), Duration::ZERO);
        assert!(frames.may_draw(false));
    }

    #[test]
    fn expired_wait_is_cleared() {
        let mut frames = FramePacing::new();
        frames.held = Some(Instant::now());
        assert!(frames.may_draw(true));
        assert_eq!(frames.held, None);
    }

    #[test]
    fn output_frames_burst_then_pace() {
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
