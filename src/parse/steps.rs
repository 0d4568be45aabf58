//! Counts a slide's reveal steps: pauses, incremental lists, stepped highlights.

use crate::deck::Step;

/// The step of the next block of a slide.
#[derive(Clone, Debug, Default)]
pub(super) struct StepCounter {
    /// The step since the last pause.
    base: u16,
    /// Steps that highlights take after `base`, before the next pause.
    stepping: u16,
    /// The last step on which something appears.
    last: u16,
    /// Whether there is content since the last pause.
    used: bool,
    /// The first steps after pauses, where there is content.
    pauses: Vec<Step>,
}

impl StepCounter {
    /// Returns the step from which the next block is visible, and marks it as used.
    pub(super) fn place(&mut self) -> Step {
        self.used = true;
        self.last = self.last.max(self.base);
        let step = Step(self.base);
        if step > self.pauses.last().copied().unwrap_or_default() {
            self.pauses.push(step);
        }
        step
    }

    /// Returns the step that the next block would get.
    pub(super) fn now(&self) -> Step {
        Step(self.base)
    }

    /// Handles `pause`: the following content is one step later. A pause without following content
    /// takes no step.
    pub(super) fn pause(&mut self) {
        self.base = self.base.saturating_add(self.stepping).saturating_add(1).min(u16::MAX - 1);
        self.stepping = 0;
        self.used = false;
    }

    /// Adds a pause around or inside an incremental list: never two in a row.
    pub(super) fn implied_pause(&mut self) {
        if self.used {
            self.pause();
        }
    }

    /// Reserves the steps of a block with `groups` groups of highlighted lines, and returns the
    /// step of the first. Blocks between two pauses step one after the other.
    pub(super) fn highlight(&mut self, groups: usize) -> Step {
        let from = self.base.saturating_add(self.stepping).min(u16::MAX - 1);
        let more = u16::try_from(groups.saturating_sub(1)).unwrap_or(u16::MAX);
        self.stepping = self.stepping.saturating_add(more);
        self.last = self.last.max(from.saturating_add(more).min(u16::MAX - 1));
        Step(from)
    }

    /// Returns the number of steps of the slide.
    pub(super) fn count(&self) -> u16 {
        self.last + 1
    }

    /// Returns the first step after each pause that has content after it.
    pub(super) fn pauses(self) -> Vec<Step> {
        self.pauses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_pause_takes_no_step() {
        let mut steps = StepCounter::default();
        assert_eq!(steps.place(), Step(0));
        steps.pause();
        assert_eq!(steps.place(), Step(1));
        steps.pause();
        assert_eq!(steps.count(), 2);
    }

    #[test]
    fn highlights_step_before_the_next_pause() {
        let mut steps = StepCounter::default();
        steps.place();
        assert_eq!(steps.highlight(3), Step(0));
        assert_eq!(steps.place(), Step(0));
        assert_eq!(steps.highlight(2), Step(2));
        steps.pause();
        assert_eq!(steps.place(), Step(4));
        assert_eq!(steps.count(), 5);
        assert_eq!(steps.pauses(), [Step(4)]);
    }

    #[test]
    fn step_count_saturates() {
        let mut steps = StepCounter::default();
        for _ in 0..70_000 {
            steps.pause();
            steps.place();
        }
        steps.highlight(usize::MAX);
        assert_eq!(steps.count(), u16::MAX);
    }
}
