//! Where the talk is: slide and step. A step is one key press of revealing: a pause, a list item of
//! an incremental list, the next group of highlighted lines. What is visible is a function of it.

/// A slide's place in the deck, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlideNo(u32);

impl SlideNo {
    /// The slide at `index`, from 0.
    pub fn new(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The index into the deck's slides.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The number as the audience counts it, from 1.
    pub fn human(self) -> u32 {
        self.0 + 1
    }
}

/// How far a slide is revealed, from 0. A block is visible from its own step on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step(pub u16);

impl Step {
    /// Everything revealed, however many steps there are.
    pub const LAST: Self = Self(u16::MAX);
}

/// The position in the talk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// Which slide is shown.
    pub slide: SlideNo,
    /// How far it is revealed.
    pub step: Step,
}
