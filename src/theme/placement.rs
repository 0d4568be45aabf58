//! Alignment, margins and padding.

/// Horizontal alignment of an element, with its margins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alignment {
    /// Left, with this margin at both sides.
    Left(Margin),
    /// Right, with this margin at both sides.
    Right(Margin),
    /// Centred.
    Center {
        /// Minimum margin at both sides.
        minimum_margin: Margin,
        /// Minimum width, in cells.
        minimum_size: u16,
    },
}

/// Space beside an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Margin {
    /// In cells.
    Fixed(u16),
    /// In percent of the available width, rounded up.
    Percent(u16),
}

impl Default for Margin {
    fn default() -> Self {
        Self::Fixed(0)
    }
}

impl Default for Alignment {
    fn default() -> Self {
        Self::Left(Margin::default())
    }
}

impl Margin {
    /// Returns the margin in cells for an available width.
    pub fn cells(self, width: u16) -> u16 {
        match self {
            Self::Fixed(cells) => cells,
            Self::Percent(percent) => (u32::from(width) * u32::from(percent)).div_ceil(100) as u16,
        }
    }
}

/// Empty cells inside the edges of a box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Padding {
    /// Columns at both sides.
    pub horizontal: u8,
    /// Rows above and below (presenterm treats any number above 0 as 1).
    pub vertical: u8,
}
