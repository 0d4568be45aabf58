//! The result of a run below or beside its code: output, folded output, or the reason why it could
//! not be started.

use std::path::Path;

use super::screen::{self, FrameTop};
use super::{bench, output, prompt, status};
use crate::deck::{Cell, CellId, CodeBlock, OutputPlace, Picture, SizePercent};
use crate::layout::code::CodeBox;
use crate::layout::flow::Flow;
use crate::layout::text::{DIM, StyledText};
use crate::run::{CellRun, Outcome, State, group_digits};
use crate::theme::{OutputShape, OutputStyle};

/// The first and last column that a cell covers, and the columns available to its output.
pub(super) type CellExtent = (u16, u16, u16);

/// Lays out the output of a run in boxes at least as wide as `panel`.
pub(super) fn lay_out(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    (cell, run): (&Cell, &CellRun),
    panel: &CodeBox,
) -> Option<CodeBox> {
    if cell.exec.place == OutputPlace::Nowhere {
        let prompt = run.prompt.as_ref()?;
        return Some(prompt::lay_out(flow, block, prompt, None));
    }
    match cell.detached {
        true => None,
        false if flow.context.is_folded(cell.id) => Some(folded(flow, run, panel)),
        false if cell.exec.pty.is_some() => {
            screen::lay_out(flow, block, (cell, run), FrameTop::Title(Some(panel)))
        }
        false => text(flow, block, (cell.id, run), (panel.range.width, Some(panel.range.x))),
    }
}

pub(super) fn extent(panel: CodeBox, output: CodeBox) -> CellExtent {
    let (left, right) =
        (panel.range.x.min(output.range.x), panel.range.right().max(output.range.right()));
    (left, right, output.inner_most())
}

/// Lays out text output in a box at least `columns` wide; a card's output starts at column `x` of its
/// code if it fits there.
pub(super) fn text(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    (id, run): (CellId, &CellRun),
    (columns, x): (u16, Option<u16>),
) -> Option<CodeBox> {
    let columns = run.prompt.as_ref().map_or(columns, |_| columns.max(prompt::COLUMNS));
    let listing = output::lay_out(flow, block, (id, run), (columns, x));
    let made = match &run.prompt {
        None => listing,
        Some(prompt) => {
            let top = flow.height();
            let panel = prompt::lay_out(flow, block, prompt, listing);
            let OutputStyle { shape, running, .. } = flow.context.theme().output;
            if shape == OutputShape::Card && !block.no_background {
                status::edge(flow, &panel, top..flow.height(), running);
            }
            Some(panel)
        }
    };
    let card = bench::card(flow, block, id);
    made.or(card)
}

/// Lays out folded output: one line with the amount of output.
pub(super) fn folded(flow: &mut Flow<'_>, run: &CellRun, panel: &CodeBox) -> CodeBox {
    let (lines, pictures) = run.output.amount();
    let pictures = pictures + usize::from(run.output.picture.is_some());
    let screens = usize::from(run.output.screen.is_some());
    let counts = [(lines, "line"), (pictures, "picture"), (screens, "terminal")];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| {
        format!("{} {what}{}", group_digits(count), if count == 1 { "" } else { "s" })
    });
    let words = format!("… {} folded", counts.collect::<Vec<_>>().join(", "));
    let text = StyledText::plain(&words, DIM);
    let width = panel.range.width.max(text.width()).min(flow.width.saturating_sub(panel.range.x));
    let y = flow.open();
    flow.fill(panel.range.x, y, (width, 1), flow.context.theme().output.style);
    flow.put(panel.x(), y, (text.cut(width), width));
    flow.close(y.saturating_add(1), 1);
    *panel
}

/// Returns whether a run could not be started.
pub(in crate::layout) fn failed_to_start(run: &CellRun) -> bool {
    matches!(run.state, State::Ended(Outcome::NotStarted(_)))
}

/// Lays out the reason why a run could not be started.
pub(in crate::layout) fn start_error(flow: &mut Flow<'_>, run: &CellRun) {
    if let State::Ended(Outcome::NotStarted(reason)) = &run.state {
        let failure = flow.context.theme().output.failure;
        flow.rows(&StyledText::plain(reason, failure), flow.context.theme().code.alignment);
        flow.close(flow.height(), 1);
    }
}

/// Returns the picture made by a run as if the deck named it.
pub(in crate::layout) fn picture_of(file: &Path) -> Picture {
    let base = file.parent().unwrap_or(Path::new("")).to_owned();
    let source = file.file_name().unwrap_or_default().to_string_lossy().into();
    Picture { source, base, size: SizePercent::default(), alt: "".into() }
}
