//! The overview: its slides, their jump codes, and the grid of miniatures.

use crate::app::nav::index::{Index, IndexEntry};

/// The approximate columns of a miniature with its margin.
const CELL_COLUMNS: u16 = 21;

/// The most miniatures in a row.
const MAX_COLUMNS: u16 = 10;

/// Rows above the grid.
const FRAME_ROWS: u16 = 1;

/// The grid of the overview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverviewGrid {
    /// Miniatures in a row.
    pub columns: usize,
    /// Rows of miniatures.
    pub rows: usize,
    /// Columns of a miniature with its margin.
    pub cell_width: u16,
    /// Columns and rows of a miniature.
    pub miniature: (u16, u16),
}

impl OverviewGrid {
    /// Returns the grid for a terminal of these columns and rows. Miniatures have the shape of the
    /// terminal, and a row for their title.
    pub fn of((width, height): (u16, u16)) -> Self {
        let columns = (width / CELL_COLUMNS).clamp(1, MAX_COLUMNS);
        let cell_width = (width / columns).max(1);
        let miniature_width = cell_width.saturating_sub(2).max(1);
        let body = height.saturating_sub(FRAME_ROWS).max(1);
        let shape = u32::from(miniature_width) * u32::from(height) / u32::from(width.max(1));
        let miniature_height = (shape as u16).clamp(1, body.saturating_sub(1).max(1));
        // They get a little higher or lower to fill the screen.
        let rows = (body.saturating_add(miniature_height / 2) / (miniature_height + 1)).max(1);
        let miniature_height = (body / rows).saturating_sub(1).max(1).min(miniature_height + 2);
        Self {
            columns: columns.into(),
            rows: rows.into(),
            cell_width,
            miniature: (miniature_width, miniature_height),
        }
    }

    /// Returns the number of miniatures on a page.
    pub fn per_page(&self) -> usize {
        self.columns * self.rows
    }
}

/// The letters of jump codes, the easiest to reach first.
const LETTERS: &[u8; 26] = b"asdfghjklqwertyuiopzxcvbnm";

/// The open overview.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// The slides that it shows, the selected one, and the query.
    pub index: Index,
    /// Whether letters are a query; otherwise they are a jump code.
    pub is_searching: bool,
    /// The letters of a jump code typed so far.
    pub typed: String,
}

impl Overview {
    /// Returns the jump code of the slide at `place`, of one or two letters. No code is the start of
    /// another one. The last slides of a very long deck have none.
    pub fn code(&self, place: usize) -> Option<String> {
        code(place, self.index.found.len())
    }

    /// Returns the slides on the page of the selected one, with their places among all.
    pub fn page(&self, grid: &OverviewGrid) -> impl Iterator<Item = (usize, &IndexEntry)> {
        let first = self.index.chosen / grid.per_page() * grid.per_page();
        self.index.found.iter().enumerate().skip(first).take(grid.per_page())
    }
}

fn code(place: usize, count: usize) -> Option<String> {
    let letters = LETTERS.len();
    // As few letters as possible start codes of two letters.
    let doubled = count.saturating_sub(letters).div_ceil(letters - 1).min(letters);
    let single = letters - doubled;
    let letter = |at: usize| char::from(LETTERS[at]);
    if place < single {
        return Some(letter(place).to_string());
    }
    let rest = place - single;
    let first = single + rest / letters;
    (first < letters).then(|| [letter(first), letter(rest % letters)].iter().collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_short_and_no_code_starts_another() {
        for count in [1, 26, 27, 40, 51, 52, 100, 676, 700] {
            let codes: Vec<_> = (0..count).filter_map(|place| code(place, count)).collect();
            assert_eq!(codes.len(), count.min(676), "{count}");
            let unique: BTreeSet<_> = codes.iter().collect();
            assert_eq!(unique.len(), codes.len());
            let single: Vec<_> = codes.iter().filter(|code| code.len() == 1).collect();
            for code in &codes {
                assert!(code.len() <= 2);
                assert!(
                    code.len() == 1
                        || !single.iter().any(|single| code.starts_with(single.as_str()))
                );
            }
        }
        let single = (0..40).filter(|place| code(*place, 40).unwrap().len() == 1).count();
        assert_eq!(single, 25, "most slides of a usual deck have one letter");
    }

    #[test]
    fn grid_fits_every_terminal() {
        for (width, height) in [
            (80, 24),
            (120, 40),
            (60, 20),
            (300, 90),
            (12, 4),
            (1, 1),
            (0, 0),
            (u16::MAX, u16::MAX),
        ] {
            let grid = OverviewGrid::of((width, height));
            assert!(grid.columns * usize::from(grid.cell_width) <= usize::from(width.max(1)));
            let rows = grid.rows * usize::from(grid.miniature.1 + 1);
            assert!(rows <= usize::from(height.max(4)), "{width}x{height}: {grid:?}");
            assert!(grid.per_page() > 0);
        }
        assert!(OverviewGrid::of((80, 24)).per_page() >= 9);
        assert!(OverviewGrid::of((120, 40)).per_page() >= 20);
    }
}
