//! The runs that recording and checking a deck need.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Purpose;
use crate::deck::{Cell, CellId, Deck, OutputMode, Start};

/// A planned run of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedRun {
    /// The cell.
    pub cell: CellId,
    /// The purpose.
    pub purpose: Purpose,
}

/// The blocks that the user asks for, counted from 1. By default, all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockSelection {
    /// Only this slide.
    pub slide: Option<u32>,
    /// Only this block that can run: of the slide, or of the deck.
    pub block: Option<u32>,
}

impl BlockSelection {
    /// Returns the selected cells of a deck.
    ///
    /// # Errors
    /// There is no such slide or block: a message.
    pub fn cells(&self, deck: &Deck) -> Result<BTreeSet<CellId>, String> {
        let slides = deck.slides.len();
        let place = match self.slide.map(|number| number as usize) {
            Some(number) if !(1..=slides).contains(&number) => {
                return Err(format!("there is no slide {number}: the deck has {slides}"));
            }
            Some(number) => format!("slide {number}"),
            None => "the deck".to_owned(),
        };
        let is_there = |cell: &&Arc<Cell>| {
            self.slide.is_none_or(|number| cell.slide.index() + 1 == number as usize)
        };
        let cells: Vec<CellId> = deck.cells.iter().filter(is_there).map(|cell| cell.id).collect();
        let Some(number) = self.block else { return Ok(cells.into_iter().collect()) };
        match (number as usize).checked_sub(1).and_then(|index| cells.get(index)) {
            Some(&cell) => Ok([cell].into()),
            None => {
                Err(format!("there is no block {number} that can run: {place} has {}", cells.len()))
            }
        }
    }
}

/// Returns a run of every cell as in a presentation, in deck order.
pub fn presentation_runs(deck: &Deck) -> Vec<PlannedRun> {
    all(deck, &[Purpose::Show])
}

/// Returns a run of every cell as in a presentation, plus the validations that differ from it.
pub fn check_runs(deck: &Deck) -> Vec<PlannedRun> {
    all(deck, &[Purpose::Show, Purpose::Validate])
}

/// Returns a run of each cell with `+validate`.
pub fn validation_runs(deck: &Deck) -> Vec<PlannedRun> {
    let due = deck.cells.iter().filter(|cell| cell.check.validates);
    due.map(|cell| PlannedRun { cell: cell.id, purpose: Purpose::Validate }).collect()
}

/// Returns the reason why a cell cannot run without a terminal, if there is one.
pub fn skip_reason(cell: &Cell) -> Option<&'static str> {
    (cell.exec.output_mode == OutputMode::Handover).then_some("needs the speaker's terminal")
}

fn all(deck: &Deck, purposes: &[Purpose]) -> Vec<PlannedRun> {
    let is_due = |cell: &Cell, purpose| match purpose {
        Purpose::Show => cell.exec.start != Start::OnCheck,
        Purpose::Validate => {
            let is_other = cell.check.alternative.is_some() || cell.exec.start == Start::OnCheck;
            cell.check.validates && is_other
        }
    };
    let of_cell = |cell: &Arc<Cell>| -> Vec<PlannedRun> {
        let due = purposes.iter().filter(|purpose| is_due(cell, **purpose));
        due.map(|&purpose| PlannedRun { cell: cell.id, purpose }).collect()
    };
    deck.cells.iter().flat_map(of_cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deck::{Check, ExecSpec};
    use crate::recording::test_decks::deck;

    #[test]
    fn blocks_are_selected_by_slide_and_number() {
        let deck = deck(&[("One", &["a", "b"]), ("Two", &["c"])]);
        let cells = |slide, block| -> Result<Vec<u32>, String> {
            let cells = BlockSelection { slide, block }.cells(&deck)?;
            Ok(cells.into_iter().map(|id| id.0).collect())
        };
        assert_eq!(cells(None, None).unwrap(), [0, 1, 2]);
        assert_eq!(cells(Some(1), None).unwrap(), [0, 1]);
        assert_eq!(cells(None, Some(3)).unwrap(), [2]);
        assert_eq!(cells(Some(1), Some(2)).unwrap(), [1]);
        assert_eq!(cells(Some(3), None).unwrap_err(), "there is no slide 3: the deck has 2");
        let why = "there is no block 2 that can run: slide 2 has 1";
        assert_eq!(cells(Some(2), Some(2)).unwrap_err(), why);
        assert!(cells(None, Some(0)).is_err());
    }

    #[test]
    fn f163_blocks_are_shown_and_validated() {
        let mut deck = deck(&[("One", &["a", "b", "c", "d"])]);
        let validates = Check { validates: true, ..Check::default() };
        let by_uv = Check { alternative: Some("uv".into()), ..validates.clone() };
        let kinds = [
            (Start::OnKey, Check::default()),
            (Start::OnCheck, validates.clone()),
            (Start::Auto, validates),
            (Start::OnKey, by_uv),
        ];
        for (cell, (start, check)) in deck.cells.iter_mut().zip(kinds) {
            let exec = ExecSpec { start, ..ExecSpec::default() };
            *cell = Arc::new(Cell { exec, check, ..Cell::clone(cell) });
        }
        let summary = |runs: Vec<PlannedRun>| -> Vec<(u32, bool)> {
            let is_show = |planned: &PlannedRun| (planned.cell.0, planned.purpose == Purpose::Show);
            runs.iter().map(is_show).collect()
        };
        assert_eq!(summary(presentation_runs(&deck)), [(0, true), (2, true), (3, true)]);
        let all = [(0, true), (1, false), (2, true), (3, true), (3, false)];
        assert_eq!(summary(check_runs(&deck)), all);
        assert_eq!(summary(validation_runs(&deck)), [(1, false), (2, false), (3, false)]);
    }
}
