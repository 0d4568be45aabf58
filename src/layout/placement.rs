//! Horizontal placement: converts a theme's alignment to columns.

use crate::deck::Align;
use crate::theme::{Alignment, Margin};

/// A range of columns and the alignment of rows in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ColumnRange {
    /// First column.
    pub(super) x: u16,
    /// Number of columns.
    pub(super) width: u16,
    side: Align,
}

impl ColumnRange {
    /// Returns the columns from the first to the last of both.
    pub(super) fn union(self, other: Self) -> Self {
        let x = self.x.min(other.x);
        Self { x, width: self.right().max(other.right()) - x, ..self }
    }

    /// Returns the range of a block with preferred width `wanted`: inside its margins, and not
    /// narrower than the theme's minimum. Margins that leave no space are ignored.
    pub(super) fn for_block(alignment: Alignment, room: u16, wanted: u16) -> Self {
        match alignment {
            Alignment::Left(margin) => {
                let (x, most) = inside_margins(margin, room);
                Self { x, width: wanted.min(most), side: Align::Left }
            }
            Alignment::Right(margin) => {
                let (x, most) = inside_margins(margin, room);
                let width = wanted.min(most);
                Self { x: x + (most - width), width, side: Align::Right }
            }
            Alignment::Center { minimum_margin, minimum_size } => {
                let least = minimum_size.min(room);
                let margin = minimum_margin.cells(room).saturating_mul(2);
                let fits = margin.saturating_add(least) <= room && margin < room;
                let most = if fits { room - margin } else { room };
                let width = wanted.min(most).max(least);
                Self { x: (room - width) / 2, width, side: Align::Center }
            }
        }
    }

    /// Converts to cells `size` times as large, rounding down.
    pub(super) fn scaled_down(self, size: u16) -> Self {
        Self { x: self.x / size, width: self.width / size, ..self }
    }

    /// Returns the first column to the right.
    pub(super) fn right(self) -> u16 {
        self.x.saturating_add(self.width)
    }

    /// Returns the first column of a row with this width.
    pub(super) fn row_start(self, width: u16) -> u16 {
        let free = self.width.saturating_sub(width);
        self.x
            + match self.side {
                Align::Left => 0,
                Align::Center => free / 2,
                Align::Right => free,
            }
    }
}

/// Returns the alignment requested by the `alignment` command, without margins, or else the
/// theme's.
pub(super) fn effective_alignment(asked: Option<Align>, theme: Alignment) -> Alignment {
    match asked {
        None => theme,
        Some(Align::Left) => Alignment::Left(Margin::Fixed(0)),
        Some(Align::Right) => Alignment::Right(Margin::Fixed(0)),
        Some(Align::Center) => {
            Alignment::Center { minimum_margin: Margin::Fixed(0), minimum_size: 0 }
        }
    }
}

/// Returns the first column and the width inside a margin on both sides. A margin that leaves no
/// space is ignored.
pub(super) fn inside_margins(margin: Margin, room: u16) -> (u16, u16) {
    let cells = margin.cells(room);
    match room.checked_sub(cells.saturating_mul(2)) {
        Some(width) if width > 0 => (cells, width),
        _ => (0, room),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const CODE: Alignment =
        Alignment::Center { minimum_margin: Margin::Percent(8), minimum_size: 50 };

    #[rstest]
    #[case::short_code_gets_the_least_size(CODE, 66, 21, (8, 50))]
    #[case::long_code_stops_at_the_margin(CODE, 66, 200, (6, 54))]
    #[case::the_least_size_stops_at_the_room(CODE, 30, 10, (0, 30))]
    #[case::left(Alignment::Left(Margin::Fixed(3)), 20, 99, (3, 14))]
    #[case::right(Alignment::Right(Margin::Fixed(3)), 20, 4, (13, 4))]
    #[case::a_margin_that_cannot_fit(Alignment::Left(Margin::Fixed(10)), 20, 99, (0, 20))]
    #[case::no_room_at_all(CODE, 0, 10, (0, 0))]
    fn blocks_respect_their_margins(
        #[case] alignment: Alignment,
        #[case] room: u16,
        #[case] wanted: u16,
        #[case] expected: (u16, u16),
    ) {
        let range = ColumnRange::for_block(alignment, room, wanted);
        assert_eq!((range.x, range.width), expected);
    }

    #[test]
    fn rows_follow_the_alignment() {
        let start = |align| {
            ColumnRange::for_block(effective_alignment(Some(align), CODE), 20, 20).row_start(5)
        };
        assert_eq!(start(Align::Left), 0);
        assert_eq!(start(Align::Center), 7);
        assert_eq!(start(Align::Right), 15);
    }
}
