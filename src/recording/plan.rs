//! The runs that recording and checking a deck need.

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
