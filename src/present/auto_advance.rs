//! Auto-advance: `<!-- // auto_advance: 20s -->` sets the time of a slide, `options.auto_advance` that of
//! all. The talk waits while code runs, a panel is open, the screen is blank or the
//! speaker has paused the timer.

#![expect(clippy::disallowed_methods, reason = "the shell reads the clock")]

use std::time::{Duration, Instant};

use super::Talk;
use crate::app::{Action, Mode, Msg};
use crate::deck::{Cursor, Deck};

/// When the current step was shown.
#[derive(Debug, Default)]
pub(super) struct AutoAdvance {
    shown: Option<(Cursor, u32, Instant)>,
}

impl AutoAdvance {
    /// The talk shows this position, scrolled by this many rows.
    pub(super) fn shown(&mut self, at: Cursor, scroll: u32) {
        if self.shown.is_none_or(|(known, row, _)| (known, row) != (at, scroll)) {
            self.shown = Some((at, scroll, Instant::now()));
        }
    }
}

/// Returns how long each step of a slide is shown; `None` if the speaker moves on.
fn time_of_step(deck: &Deck, at: Cursor) -> Option<Duration> {
    let slide = deck.slide(at.slide);
    let time = slide.auto_advance.or(deck.options.auto_advance)?;
    Some(time / u32::from(slide.steps.max(1)))
}

impl Talk {
    /// Returns how long to wait before the next automatic step, if there is one.
    pub(super) fn auto_advance_wait(&self) -> Option<Duration> {
        let (at, _, since) = self.auto_advance.shown.filter(|(at, ..)| *at == self.app.at())?;
        let time = time_of_step(self.app.deck(), at)?;
        let is_held = !matches!(self.app.mode(), Mode::Slide)
            || self.app.pane().is_some()
            || self.app.blank().is_some()
            || self.app.is_running()
            || self.timer.is_paused()
            || self.is_at_end();
        (!is_held).then(|| time.saturating_sub(since.elapsed()))
    }

    /// Goes to the next step if its time has come. Returns true if the presentation ends.
    pub(super) fn advance_by_itself(&mut self) -> bool {
        if self.auto_advance_wait().is_none_or(|wait| !wait.is_zero()) {
            return false;
        }
        self.frame_pacing.draw_soon();
        self.dispatch(Msg::Act(Action::Next))
    }

    /// Returns whether there is no next step.
    fn is_at_end(&self) -> bool {
        let (deck, at) = (self.app.deck(), self.app.at());
        let is_last = at.slide == deck.last_slide();
        let is_whole = at.step.0 + 1 >= deck.slide(at.slide).steps;
        let is_scrolled = self.app.scroll() >= self.app.layout().scroll_limit();
        is_last && is_whole && is_scrolled && !self.settings.loops
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deck::{Options, Slide};

    #[test]
    fn steps_share_the_time_of_their_slide() {
        let seconds = Duration::from_secs;
        let slide = |auto_advance, steps| Slide { steps, auto_advance, ..Slide::default() };
        let options = Options { auto_advance: Some(seconds(9)), ..Options::default() };
        let slides = vec![slide(Some(seconds(20)), 4), slide(None, 1)];
        let deck = Deck { options, slides, ..Deck::default() };
        let at = |slide| Cursor { slide: crate::deck::SlideNo::new(slide), ..Cursor::default() };
        assert_eq!(time_of_step(&deck, at(0)), Some(seconds(5)));
        assert_eq!(time_of_step(&deck, at(1)), Some(seconds(9)));
        let manual = Deck { slides: vec![slide(None, 1)], ..Deck::default() };
        assert_eq!(time_of_step(&manual, at(0)), None);
    }
}
