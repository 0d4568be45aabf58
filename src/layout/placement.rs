//! Where something stands across its room: a theme's alignment turned into cells.

use crate::deck::Align;
use crate::theme::{Alignment, Margin};

/// A stretch of columns and the side that rows in it lean to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ColumnRange {
    /// First column.
    pub(super) x: u16,
    /// Columns.
    pub(super) width: u16,
    side: Align,
}

impl ColumnRange {
    /// Where a block stands that would like to be `wanted` wide: never wider than its margins let
    /// it, nor narrower than the theme's least size. Margins that leave no room for that are not
    /// left.
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

    /// The same counted in cells `size` times as large, as far as they fit in.
    pub(super) fn scaled_down(self, size: u16) -> Self {
        Self { x: self.x / size, width: self.width / size, ..self }
    }

    /// The first column right of it.
    pub(super) fn right(self) -> u16 {
        self.x.saturating_add(self.width)
    }

    /// The column at which a row of this width starts.
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

/// The alignment that counts: the `alignment` command's, which knows no margin, or the theme's.
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

/// First column and columns that a margin at both sides leaves. One that leaves nothing is ignored.
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
    fn a_block_stands_inside_its_margins(
        #[case] alignment: Alignment,
        #[case] room: u16,
        #[case] wanted: u16,
        #[case] expected: (u16, u16),
    ) {
        let range = ColumnRange::for_block(alignment, room, wanted);
        assert_eq!((range.x, range.width), expected);
    }

    #[test]
    fn rows_lean_to_their_side() {
        let start = |align| {
            ColumnRange::for_block(effective_alignment(Some(align), CODE), 20, 20).row_start(5)
        };
        assert_eq!(start(Align::Left), 0);
        assert_eq!(start(Align::Center), 7);
        assert_eq!(start(Align::Right), 15);
    }
}
