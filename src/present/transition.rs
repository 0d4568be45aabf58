//! Plays the transition between two slides until it is over or the speaker presses a key. Other
//! changes are drawn afterwards.

#![expect(clippy::disallowed_methods, reason = "the shell reads the clock")]

use std::io;
use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;

use super::{LoopEvent, Talk};
use crate::app::Direction;
use crate::view::{self, Motion};

/// A transition between slides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The animation.
    pub motion: Motion,
    /// Its duration.
    pub duration: Duration,
    /// Number of frames.
    pub frames: u32,
}

/// Plays the transition from one slide to another.
#[derive(Debug)]
pub(super) struct TransitionPlayer {
    from: Buffer,
    to: Buffer,
    way: (Motion, Direction),
    begun: Instant,
    duration: Duration,
    /// Time between two frames.
    pace: Duration,
    /// When to show the next frame.
    due: Instant,
}

impl TransitionPlayer {
    /// Returns the time until the next frame.
    pub(super) fn wait(&self) -> Duration {
        self.due.saturating_duration_since(Instant::now())
    }

    /// Returns the progress, from 0 to [`view::DONE`].
    fn progress(&self) -> usize {
        let (passed, whole) = (self.begun.elapsed().as_micros(), self.duration.as_micros());
        let thousandths = (passed * view::DONE as u128).checked_div(whole);
        thousandths.and_then(|done| usize::try_from(done).ok()).unwrap_or(view::DONE)
    }
}

/// Returns whether an event ends the transition.
pub(super) fn is_ended_by(event: &LoopEvent) -> bool {
    matches!(
        event,
        LoopEvent::Key(_) | LoopEvent::Mouse(_) | LoopEvent::Resized | LoopEvent::Suspend
    )
}

impl Talk {
    /// Starts the transition to the new slide. Returns false if there is none. Pictures that only the
    /// terminal can show disappear at the start and reappear at the end.
    pub(super) fn begin_transition(&mut self, direction: Direction) -> io::Result<bool> {
        let Some(Transition { motion, duration, frames }) = self.settings.transition else {
            return Ok(false);
        };
        if self.app.changes().scene {
            self.lay_out();
        }
        let Self { app, scene, loaded, media, screen, .. } = self;
        let mut from = screen.shown().clone();
        view::flatten(&mut from);
        let mut to = Buffer::empty(from.area);
        let overlays =
            view::draw(app, scene, app.rows_above(), &loaded.style(app.at().slide).theme, &mut to);
        view::flatten(&mut to);
        let (base, cell) = (loaded.style(app.at().slide).theme.base, screen.size().cell);
        let gone = media.paint(&[], base.bg.unwrap_or_default(), cell, &mut to);
        media.paint_cells(&overlays, base.bg.unwrap_or_default(), cell, &mut to);
        let frame = screen.compose(|buffer| {
            buffer.clone_from(&from);
            gone
        })?;
        screen.show(frame)?;
        let (begun, pace) = (Instant::now(), duration / frames.max(1));
        let way = (motion, direction);
        self.transition =
            Some(TransitionPlayer { from, to, way, begun, duration, pace, due: begun + pace });
        Ok(true)
    }

    /// Shows the next frame if it is due, or ends the transition.
    pub(super) fn advance_transition(&mut self) -> io::Result<()> {
        let Some(transition) = &mut self.transition else { return Ok(()) };
        let progress = transition.progress();
        if progress >= view::DONE {
            self.transition = None;
            return self.draw();
        }
        if transition.wait().is_zero() {
            transition.due = Instant::now() + transition.pace;
            let frame = view::between(&transition.from, &transition.to, transition.way, progress);
            let frame = self.screen.compose(|buffer| {
                *buffer = frame;
                Vec::new()
            })?;
            self.screen.show(frame)?;
        }
        Ok(())
    }
}
