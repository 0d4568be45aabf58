//! The position in the talk: slide and step. A step is one key press of revealing: a pause, an item
//! of an incremental list, the next group of highlighted lines. Visibility is a function of the
//! step.

/// A slide's position in the deck, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlideNo(u32);

impl SlideNo {
    /// Returns the slide at `index`, from 0.
    pub fn new(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// Returns the index into the deck's slides.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// Returns the number as shown to people, from 1.
    pub fn human(self) -> u32 {
        self.0 + 1
    }
}

/// The number of steps taken on a slide, from 0. A block is visible from its own step on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step(pub u16);

impl Step {
    /// Everything is revealed, however many steps there are.
    pub const LAST: Self = Self(u16::MAX);
}

/// The position in the talk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The slide.
    pub slide: SlideNo,
    /// The step on the slide.
    pub step: Step,
}
