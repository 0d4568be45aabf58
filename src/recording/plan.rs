//! Which cells are run, in which order, and what for.

use std::sync::Arc;

use super::Purpose;
use crate::deck::{Cell, CellId, Deck, OutputMode, Start};

/// One run of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// Which cell.
    pub cell: CellId,
    /// What for.
    pub purpose: Purpose,
}

/// Every cell as it runs on stage, in the deck's order.
pub fn shows(deck: &Deck) -> Vec<Round> {
    all(deck, &[Purpose::Show])
}

/// Every cell as it runs on stage, and those that a check is to run in another way.
pub fn checks(deck: &Deck) -> Vec<Round> {
    all(deck, &[Purpose::Show, Purpose::Validate])
}

/// The cells that carry `+validate`, run for the sake of that.
pub fn validations(deck: &Deck) -> Vec<Round> {
    let due = deck.cells.iter().filter(|cell| cell.check.validates);
    due.map(|cell| Round { cell: cell.id, purpose: Purpose::Validate }).collect()
}

/// Why a cell cannot be run where nobody looks, if so.
pub fn obstacle(cell: &Cell) -> Option<&'static str> {
    (cell.exec.output_mode == OutputMode::Handover).then_some("it needs the terminal itself")
}

fn all(deck: &Deck, purposes: &[Purpose]) -> Vec<Round> {
    let is_due = |cell: &Cell, purpose| match purpose {
        Purpose::Show => cell.exec.start != Start::OnCheck,
        Purpose::Validate => {
            let is_other = cell.check.alternative.is_some() || cell.exec.start == Start::OnCheck;
            cell.check.validates && is_other
        }
    };
    let of_cell = |cell: &Arc<Cell>| -> Vec<Round> {
        let due = purposes.iter().filter(|purpose| is_due(cell, **purpose));
        due.map(|&purpose| Round { cell: cell.id, purpose }).collect()
    };
    deck.cells.iter().flat_map(of_cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deck::{Check, ExecSpec};
    use crate::recording::test_decks::deck;

    #[test]
    fn f163_a_block_is_run_as_on_stage_and_as_its_validation_wants() {
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
            let how = ExecSpec { start, ..ExecSpec::default() };
            *cell = Arc::new(Cell { exec: how, check, ..Cell::clone(cell) });
        }
        let told = |rounds: Vec<Round>| -> Vec<(u32, bool)> {
            let is_show = |round: &Round| (round.cell.0, round.purpose == Purpose::Show);
            rounds.iter().map(is_show).collect()
        };
        assert_eq!(told(shows(&deck)), [(0, true), (2, true), (3, true)]);
        let all = [(0, true), (1, false), (2, true), (3, true), (3, false)];
        assert_eq!(told(checks(&deck)), all);
        assert_eq!(told(validations(&deck)), [(1, false), (2, false), (3, false)]);
    }
}
