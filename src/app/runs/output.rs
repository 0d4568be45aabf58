//! Actions on one cell's output or code on the slide: fold, copy, scroll. And which cell such a key
//! applies to.

use crate::app::effect::Effect;
use crate::app::msg::OutputHit;
use crate::app::state::App;
use crate::deck::{Block, BlockKind, CellId};
use crate::run::{CellRun, group_digits};
use crate::source::pasteable;

/// The maximum number of bytes that are copied. Encoded, they fit in what tmux accepts at a time.
const MAX_COPIED_BYTES: usize = 512 << 10;

/// Returns the cell that a key for one cell applies to: the focused one; else the slide's cell that
/// ran last; else its first cell. If there is none, the speaker is notified.
pub(in crate::app) fn target_cell(app: &mut App) -> Option<CellId> {
    let cell = app.pane.as_ref().map(|pane| pane.cell).or(app.view.focus).or_else(|| {
        let cells = cells_in_view(app);
        let ran = cells.iter().filter_map(|id| Some((app.runs.get(id)?.run, *id)));
        ran.max().map(|(_, id)| id).or(cells.first().copied())
    });
    if cell.is_none() {
        app.notify("no block on this slide can run");
    }
    cell
}

/// Returns the visible cells of the slide, and those whose output the slide shows.
fn cells_in_view(app: &App) -> Vec<CellId> {
    let mut cells: Vec<CellId> = app.visible_cells().map(|cell| cell.id).collect();
    let slide = app.deck.slide(app.view.at.slide);
    outputs(&slide.blocks, &mut |block, id| {
        if block.step <= app.view.at.step {
            cells.push(id);
        }
    });
    cells
}

/// Visits every output that is placed apart from its code.
fn outputs(blocks: &[Block], visit: &mut impl FnMut(&Block, CellId)) {
    for block in blocks {
        match &block.kind {
            BlockKind::Output(id) => visit(block, *id),
            BlockKind::Columns(columns) => {
                columns.columns.iter().for_each(|column| outputs(column, visit));
            }
            _ => {}
        }
    }
}

/// Folds or unfolds the output of the target cell.
pub(in crate::app) fn fold(app: &mut App) {
    let Some(cell) = target_cell(app) else { return };
    match app.runs.get_mut(&cell).filter(|run| run.shown().has_output()) {
        Some(run) => {
            run.view.is_folded = !run.view.is_folded;
            app.scene_changed();
        }
        None => app.notify("this block has no output to fold"),
    }
}

/// Copies the output of the target cell.
pub(in crate::app) fn copy(app: &mut App) -> Vec<Effect> {
    let Some(cell) = target_cell(app) else { return Vec::new() };
    let text = app.runs.get(&cell).map(|run| text_of(run.shown())).unwrap_or_default();
    if text.is_empty() {
        app.notify("this block has no output to copy");
        return Vec::new();
    }
    copied(app, &text, "of output")
}

/// Copies the code of the target cell as it runs.
pub(in crate::app) fn copy_code(app: &mut App) -> Vec<Effect> {
    let Some(cell) = target_cell(app).and_then(|id| app.deck.cell(id)).cloned() else {
        return Vec::new();
    };
    copied(app, cell.code.trim_end(), "of code")
}

/// Returns the output of a run as text.
fn text_of(run: &CellRun) -> String {
    let text = match &run.output.screen {
        Some(screen) => {
            let lines = screen.lines(false).into_iter().map(|line| line.to_string());
            lines.map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
        }
        None => run.output.plain_text(),
    };
    text.trim_end().to_owned()
}

/// Copies as much of a text as is allowed, and notifies the speaker how much. Control and invisible
/// characters are removed, so that pasting it is safe.
fn copied(app: &mut App, text: &str, what: &str) -> Vec<Effect> {
    let text = &*pasteable(text);
    let lines = text.lines().count();
    let part = if text.len() > MAX_COPIED_BYTES {
        // Whole lines if possible.
        let start = &text[..text.floor_char_boundary(MAX_COPIED_BYTES)];
        start.rfind('\n').map_or(start, |end| &start[..end])
    } else {
        text
    };
    let plural = if lines == 1 { "" } else { "s" };
    let whole = format!("{} line{plural} {what}", group_digits(lines));
    if part.len() == text.len() {
        app.notify(format!("copied {whole}"));
    } else {
        app.notify(format!("copied the first {} of {whole}", group_digits(part.lines().count())));
    }
    vec![Effect::Copy(part.to_owned())]
}

/// Scrolls a cell's output by rows; at its end, it follows new output again.
pub(in crate::app) fn scroll(app: &mut App, hit: OutputHit, rows: i32) {
    let Some(cell) = app.runs.get_mut(&hit.cell) else { return };
    let to = hit.first.saturating_add_signed(rows as isize);
    let follows = hit.follows && to + hit.shown >= hit.total;
    if follows {
        cell.view.scroll.remove(&hit.part);
    } else {
        cell.view.scroll.insert(hit.part, to);
    }
    app.scene_changed();
}
