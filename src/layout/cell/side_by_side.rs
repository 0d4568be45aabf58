//! A cell with its output to the right of the code. Both start on the same row, and neither moves
//! when the other grows.

use super::card;
use super::output;
use super::result::{self, CellExtent, start_error};
use super::status;
use crate::deck::{Cell, CodeBlock, OutputPlace};
use crate::layout::code;
use crate::layout::flow::Flow;
use crate::layout::scene::{Item, PlacedItem};
use crate::run::CellRun;
use crate::theme::{Alignment, OutputShape};

/// Columns between code and output.
const GAP: u16 = 2;

/// Minimum columns for output; with fewer, it goes below the code.
const MIN_OUTPUT_WIDTH: u16 = 24;

/// Returns the columns of code and output if they fit side by side: half of the width each, or more
/// for code with long lines.
pub(in crate::layout) fn shares(
    flow: &Flow<'_>,
    block: &CodeBlock,
    cell: &Cell,
) -> Option<(u16, u16)> {
    if cell.exec.place != OutputPlace::Right || cell.detached {
        return None;
    }
    let room = flow.width.checked_sub(GAP)?;
    let code = code::narrowest(flow, block, (room / 2, room.checked_sub(MIN_OUTPUT_WIDTH)?))?;
    Some((code, room - code))
}

/// Lays out code and status on the left, and output on the right.
pub(in crate::layout) fn lay_out(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    (cell, run): (&Cell, &CellRun),
    (left, right): (u16, u16),
) -> CellExtent {
    let y = flow.open();
    let mut beside = flow.inner(right, y);
    let empty = output::panel(&beside, block, &run.output, 0);
    let made = result::lay_out(&mut beside, block, (cell, run), &empty).unwrap_or(empty);
    let mut code = flow.inner(left, y);
    let panel = match flow.context.theme().output.shape {
        OutputShape::Card => card::code_only(&mut code, block, cell, run),
        OutputShape::Rule => {
            let panel = code::lay_out(&mut code, block);
            status::lay_out(&mut code, &panel, cell, run);
            panel
        }
    };
    start_error(&mut code, run);
    let height = code.height().max(beside.height());
    // Keep both together on wide screens.
    let x = match flow.context.theme().code.alignment {
        Alignment::Left(_) => 0,
        Alignment::Center { .. } | Alignment::Right(_) => left.saturating_sub(code.content.right),
    };
    let is_visible = |it: &&PlacedItem| !matches!(it.item, Item::Begin(_) | Item::End);
    let first =
        beside.content.items.iter().filter(is_visible).map(|placed| placed.x).min().unwrap_or(0);
    let beside_x = x.saturating_add(code.content.right + GAP).saturating_sub(first);
    flow.adopt(code, x, y);
    flow.adopt(beside, beside_x, y);
    flow.close(y.saturating_add(height), 1);
    let right = beside_x.saturating_add(made.range.right());
    (x.saturating_add(panel.range.x), right, made.inner_most())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;

    use super::*;
    use crate::deck::{CellId, ExecSpec, Pty};
    use crate::layout::tests::{
        Fixture, cell as block_of, drawing, folded, stale, table_of, written,
    };
    use crate::run::{Emulator, Outcome, Prompt, State};

    /// Creates a block of code with its output at `place`.
    fn fixture(code: &str, place: OutputPlace, run: CellRun) -> Fixture {
        let mut fixture = Fixture::new(vec![block_of(code)]).size(80, 24).run(run);
        let exec = ExecSpec { place, ..ExecSpec::default() };
        fixture.deck.cells = vec![Arc::new(Cell { exec, ..Cell::default() })];
        fixture
    }

    fn lines(count: usize) -> CellRun {
        let mut run = written((1..=count).map(|line| format!("line {line}")));
        run.state = State::Ended(Outcome::Exited(0));
        run
    }

    #[test]
    fn output_on_the_right_does_not_move_the_code() {
        let code = "for n in range(40):\n    print('line', n)";
        let before = fixture(code, OutputPlace::Right, CellRun::default()).body();
        let after = fixture(code, OutputPlace::Right, lines(40)).body();
        insta::assert_snapshot!(after);
        let left = |body: &str| body.lines().nth(2).map(|line| line.trim_end()[..20].to_owned());
        assert_eq!(left(&before), left(&after));
        assert!(!before.contains("line 1\n"), "{before}");
    }

    #[rstest]
    #[case(80, 40, true)]
    #[case(80, 50, false)]
    #[case(100, 50, true)]
    #[case(58, 20, true)]
    #[case(57, 20, false)]
    #[case(50, 10, false)]
    #[case(20, 3, false)]
    fn wide_code_puts_output_below(
        #[case] columns: u16,
        #[case] code: usize,
        #[case] beside: bool,
    ) {
        let body =
            fixture(&"x".repeat(code), OutputPlace::Right, lines(1)).size(columns, 24).body();
        let row = |words: &str| body.lines().position(|line| line.contains(words)).unwrap();
        assert_eq!(row("line 1") < row("✓ "), beside, "{body}");
        assert!(body.contains(&"x".repeat(code)), "no line is wrapped:\n{body}");
    }

    #[test]
    fn terminal_width_matches_the_output() {
        let columns = |place| {
            let scene = fixture("x", place, CellRun::default()).scene();
            scene.body.iter().find_map(|placed| match placed.item {
                crate::layout::Item::Cell { columns, .. } => Some(columns),
                _ => None,
            })
        };
        assert_eq!(columns(OutputPlace::Right), Some(29), "half of 74, in its margins and padding");
        assert_eq!(columns(OutputPlace::Below), Some(68));
    }

    #[test]
    fn tables_and_terminals_go_to_the_right() {
        insta::assert_snapshot!(fixture("x", OutputPlace::Right, table_of(3, 2)).body());
        let mut emulator = Emulator::new(20, 3);
        let _ = emulator.feed(b"hello");
        let run = drawing(emulator);
        let mut fixture = fixture("x", OutputPlace::Right, run);
        let exec = ExecSpec {
            pty: Some(Pty { standby: false, size: Some((20, 3)) }),
            ..fixture.deck.cells[0].exec.clone()
        };
        fixture.deck.cells = vec![Arc::new(Cell { exec, ..Cell::default() })];
        insta::assert_snapshot!(fixture.body());
    }

    #[test]
    fn output_replaces_code_that_has_run() {
        let body = |run: CellRun| fixture("the code", OutputPlace::Replace, run).body();
        let shows = |run: CellRun| {
            let body = body(run);
            (body.contains("the code"), body.contains("line 1"))
        };
        let code = (true, false);
        assert_eq!(shows(CellRun::default()), code);
        let state = State::Running;
        assert_eq!(shows(CellRun { state: state.clone(), ..CellRun::default() }), code, "not yet");
        assert_eq!(shows(CellRun { state, ..lines(1) }), (false, true));
        assert_eq!(shows(lines(1)), (false, true));
        let silent = State::Ended(Outcome::Exited(0));
        assert_eq!(shows(CellRun { state: silent, ..CellRun::default() }), code, "nothing to see");
        assert_eq!(shows(CellRun { origin: stale(), ..lines(1) }), (true, true), "edited");
        assert_eq!(shows(CellRun { view: folded(), ..lines(1) }), (true, false), "folded");
        let failed = body(CellRun { state: State::Ended(Outcome::Exited(3)), ..lines(1) });
        assert!(failed.contains("✗ exit 3"), "{failed}");
    }

    #[test]
    fn focused_block_shows_status_in_place_of_code() {
        let mut fixture = fixture("the code", OutputPlace::Replace, lines(1));
        assert!(!fixture.body().contains("✓"));
        fixture.focus = Some(CellId(0));
        assert!(fixture.body().contains("▸ ✓ "), "{}", fixture.body());
    }

    #[test]
    fn hidden_output_still_shows_prompts() {
        let body = |run: CellRun| fixture("x", OutputPlace::Nowhere, run).body();
        let quiet = body(lines(30));
        assert!(quiet.contains("✓ ") && !quiet.contains("line"), "{quiet}");
        let folded = body(CellRun { view: folded(), ..lines(30) });
        assert!(!folded.contains("line"), "{folded}");
        let mut prompt = Prompt::default();
        (prompt.waits, prompt.open) = (true, true);
        let asks = body(CellRun { prompt: Some(prompt), state: State::Running, ..lines(30) });
        assert!(asks.contains("enter send") && !asks.contains("line 30"), "{asks}");
    }

    #[test]
    fn every_size_can_be_laid_out() {
        for (columns, rows) in [(1, 1), (3, 2), (26, 5), (52, 9), (300, 100)] {
            for how in [OutputPlace::Right, OutputPlace::Replace, OutputPlace::Nowhere] {
                fixture("some code", how, table_of(40, 9)).size(columns, rows).body();
            }
        }
    }
}
