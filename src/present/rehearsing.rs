//! Times the steps of a rehearsal, by the timer of the talk: pauses do not count.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::deck::{Cursor, Deck};
use crate::project::{self, Rehearsal, RehearsedSlide};

/// The times so far.
#[derive(Debug, Default)]
pub(super) struct Rehearsing {
    times: BTreeMap<Cursor, Duration>,
    /// The position that is shown, and the timer when it was first shown.
    shown: Option<(Cursor, Duration)>,
}

impl Rehearsing {
    /// The talk shows this position, with this time on its timer.
    pub(super) fn shown(&mut self, at: Cursor, timer: Duration) {
        match self.shown {
            Some((known, since)) if known != at => {
                *self.times.entry(known).or_default() += timer.saturating_sub(since);
            }
            // The timer was reset.
            Some((_, since)) if timer >= since => return,
            _ => {}
        }
        self.shown = Some((at, timer));
    }

    /// Returns the rehearsal, which ends with this time on the timer.
    pub(super) fn end(mut self, deck: &Deck, timer: Duration) -> Rehearsal {
        if let Some((at, since)) = self.shown.take() {
            *self.times.entry(at).or_default() += timer.saturating_sub(since);
        }
        let mut slides: Vec<RehearsedSlide> = Vec::new();
        for (at, time) in self.times {
            let number = at.slide.human();
            if slides.last().is_none_or(|slide| slide.slide != number) {
                let title = project::rehearsed_title(deck, at.slide);
                let title = title.to_owned();
                slides.push(RehearsedSlide { title, slide: number, steps_ms: Vec::new() });
            }
            if let Some(slide) = slides.last_mut() {
                slide.steps_ms.resize(usize::from(at.step.0), 0);
                slide.steps_ms.push(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
            }
        }
        Rehearsal { slides }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deck::{Slide, SlideNo, Step};

    #[test]
    fn steps_are_timed_each_time_they_are_shown() {
        let at = |slide, step| Cursor { slide: SlideNo::new(slide), step: Step(step) };
        let seconds = Duration::from_secs;
        let mut rehearsing = Rehearsing::default();
        let shown = [(at(0, 0), 0), (at(0, 0), 2), (at(0, 2), 5), (at(1, 0), 6), (at(0, 0), 10)];
        for (at, timer) in shown {
            rehearsing.shown(at, seconds(timer));
        }
        // The timer is set to zero.
        rehearsing.shown(at(0, 0), seconds(1));
        let deck = Deck { slides: vec![Slide::default(); 2], ..Deck::default() };
        let rehearsal = rehearsing.end(&deck, seconds(4));
        let steps: Vec<_> = rehearsal.slides.iter().map(|slide| slide.steps_ms.clone()).collect();
        assert_eq!(steps, [vec![8_000, 0, 1_000], vec![4_000]]);
    }
}
