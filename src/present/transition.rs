//! Plays the transition between two slides until it is over or the speaker presses a key. Other
//! changes are drawn afterwards.

#![expect(clippy::disallowed_methods, reason = "the shell reads the clock")]

use std::io;
use std::time::{Duration, Instant};

use ratatui::buffer::{Buffer, Cell};

use super::terminal::PaintedFrame;
use super::{LoopEvent, Talk};
use crate::app::{Direction, Mode};
use crate::deck::{Block, BlockKind, Step};
use crate::view::{self, ColorDepth, Motion, Overlay};

/// How long highlighted lines fade.
const FADE_TIME: Duration = Duration::from_millis(120);

/// How long code fades that takes the place of other code.
const CODE_TIME: Duration = Duration::from_millis(240);

/// Number of frames of a fade.
const FADE_FRAMES: u32 = 6;

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

/// How the code of a slide differs between two steps.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CodeChange {
    None,
    /// Other lines are highlighted.
    Highlight,
    /// Another block takes a place.
    Code,
}

/// Returns how the code differs between two steps.
fn code_change(blocks: &[Block], (one, other): (Step, Step)) -> CodeChange {
    let (mut has_some, mut replaces_code) = (false, false);
    Block::walk_all(blocks, &mut |block| {
        if let BlockKind::Code(code) = &block.kind {
            has_some |= code.group_at(one) != code.group_at(other);
            replaces_code |= code.is_replaced(one) != code.is_replaced(other);
        }
    });
    match (replaces_code, has_some) {
        (true, _) => CodeChange::Code,
        (false, true) => CodeChange::Highlight,
        (false, false) => CodeChange::None,
    }
}

impl Talk {
    /// Starts the transition to the new slide. Returns false if there is none. Pictures that only the
    /// terminal can show disappear at the start and reappear at the end.
    pub(super) fn begin_transition(&mut self, direction: Direction) -> io::Result<bool> {
        let Some(Transition { motion, duration, frames }) = self.settings.transition else {
            return Ok(false);
        };
        if self.is_motion_reduced() {
            return Ok(false);
        }
        let (from, mut to, overlays) = self.both_frames();
        let Self { app, loaded, media, screen, .. } = self;
        let (base, cell) = (loaded.style(app.at().slide).theme.base, screen.size().cell);
        let gone = media.paint(&[], base.bg.unwrap_or_default(), cell, &mut to);
        media.paint_cells(&overlays, base.bg.unwrap_or_default(), cell, &mut to);
        let frame = screen.compose(|buffer| {
            buffer.clone_from(&from);
            PaintedFrame { suffix: gone, ..PaintedFrame::default() }
        });
        self.show(frame, Vec::new())?;
        let (begun, pace) = (Instant::now(), duration / frames.max(1));
        let way = (motion, direction);
        self.transition =
            Some(TransitionPlayer { from, to, way, begun, duration, pace, due: begun + pace });
        Ok(true)
    }

    /// Starts to fade the code from that of an earlier step of the slide: highlighted lines, or code that
    /// takes the place of other code, of which what is the same stays. Returns false if it is the same, or
    /// if more than colours changes between highlighted lines. The first frame is shown at once.
    pub(super) fn begin_fade(&mut self, before: Step) -> io::Result<bool> {
        let at = self.app.at();
        let change = code_change(&self.loaded.deck.slide(at.slide).blocks, (before, at.step));
        let is_plain = matches!(self.app.mode(), Mode::Slide) && self.app.pane().is_none();
        let has_colors = self.screen.depth() == ColorDepth::TrueColor;
        if change == CodeChange::None
            || !is_plain
            || !has_colors
            || !self.overlays.is_empty()
            || self.is_motion_reduced()
        {
            return Ok(false);
        }
        let (from, to, overlays) = self.both_frames();
        let is_same = |(old, new): (&Cell, &Cell)| old.symbol() == new.symbol();
        let keeps_text = || from.content.iter().zip(&to.content).all(is_same);
        if !overlays.is_empty() || change == CodeChange::Highlight && !keeps_text() {
            return Ok(false);
        }
        let duration = if change == CodeChange::Code { CODE_TIME } else { FADE_TIME };
        let (begun, pace) = (Instant::now(), duration / FADE_FRAMES);
        let way = (Motion::Dissolve, Direction::Forward);
        self.transition =
            Some(TransitionPlayer { from, to, way, begun, duration, pace, due: begun });
        // From one pace on: the first frame differs from what is shown.
        self.show_between(view::DONE / FADE_FRAMES as usize)?;
        Ok(true)
    }

    fn is_motion_reduced(&self) -> bool {
        self.settings.reduced_motion || self.loaded.deck.options.reduced_motion
    }

    /// Returns what is shown, what will be, and the pictures of that.
    fn both_frames(&mut self) -> (Buffer, Buffer, Vec<Overlay>) {
        if self.app.changes().scene {
            self.lay_out();
        }
        let Self { app, scene, loaded, screen, notes, media, .. } = self;
        let mut from = screen.shown().clone();
        view::flatten(&mut from);
        let mut to = Buffer::empty(from.area);
        let theme = &loaded.style(app.at().slide).theme;
        let cell = screen.size().cell;
        let draw = |buffer: &mut Buffer| view::draw(app, scene, app.rows_above(), theme, buffer);
        let overlays = notes.draw_page((app, loaded), (cell, media), &mut to, draw);
        view::flatten(&mut to);
        (from, to, overlays)
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
            self.show_between(progress)?;
        }
        Ok(())
    }

    fn show_between(&mut self, progress: usize) -> io::Result<()> {
        let Some(transition) = &mut self.transition else { return Ok(()) };
        transition.due = Instant::now() + transition.pace;
        let frame = view::between(&transition.from, &transition.to, transition.way, progress);
        let frame = self.screen.compose(|buffer| {
            *buffer = frame;
            PaintedFrame::default()
        });
        self.show(frame, Vec::new())
    }
}
