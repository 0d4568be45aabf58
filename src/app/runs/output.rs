//! What a speaker does with a cell's output, or its code, on the slide: fold it, copy it. And which
//! cell is meant by a key that is for one.

use crate::app::{App, Effect};
use crate::deck::{Block, BlockKind, CellId};
use crate::run::{CellRun, group_digits};
use crate::source::pasteable;

/// Bytes that are copied at most: encoded, they have room in what tmux takes at a time.
const MOST_COPIED: usize = 512 << 10;

/// The cell that a key for one cell means: the focused one; else of those on the slide the one that
/// ran last; else the first. Without any, the speaker is told.
pub(in crate::app) fn meant(app: &mut App) -> Option<CellId> {
    let meant = app.pane.as_ref().map(|pane| pane.cell).or(app.focus).or_else(|| {
        let cells = in_view(app);
        let ran = cells.iter().filter_map(|id| Some((app.runs.get(id)?.run, *id)));
        ran.max().map(|(_, id)| id).or(cells.first().copied())
    });
    if meant.is_none() {
        app.notice = Some("no block on this slide can run".to_owned());
        app.paint_changed();
    }
    meant
}

/// The cells on the slide, and those whose output stands on it.
fn in_view(app: &App) -> Vec<CellId> {
    let mut cells: Vec<CellId> = app.visible_cells().map(|cell| cell.id).collect();
    let slide = app.deck.slide(app.at.slide);
    outputs(&slide.blocks, &mut |block, id| {
        if block.step <= app.at.step {
            cells.push(id);
        }
    });
    cells
}

/// Every output that stands apart from its code.
fn outputs(blocks: &[Block], found: &mut impl FnMut(&Block, CellId)) {
    for block in blocks {
        match &block.kind {
            BlockKind::Output(id) => found(block, *id),
            BlockKind::Columns(columns) => {
                columns.columns.iter().for_each(|column| outputs(column, found));
            }
            _ => {}
        }
    }
}

/// Folds the output of the cell that is meant, or unfolds it.
pub(in crate::app) fn fold(app: &mut App) {
    let Some(cell) = meant(app) else { return };
    match app.runs.get_mut(&cell).filter(|run| run.shown().has_output()) {
        Some(run) => {
            run.folded = !run.folded;
            app.scene_changed();
        }
        None => say(app, "this block has written nothing that could be folded"),
    }
}

/// Copies the output of the cell that is meant.
pub(in crate::app) fn copy(app: &mut App) -> Vec<Effect> {
    let Some(cell) = meant(app) else { return Vec::new() };
    let text = app.runs.get(&cell).map(|run| text_of(run.shown())).unwrap_or_default();
    if text.is_empty() {
        say(app, "this block has written nothing that could be copied");
        return Vec::new();
    }
    copied(app, &text, "of output")
}

/// Copies the code of the cell that is meant: what runs.
pub(in crate::app) fn copy_code(app: &mut App) -> Vec<Effect> {
    let Some(cell) = meant(app).and_then(|id| app.deck.cell(id)).cloned() else {
        return Vec::new();
    };
    copied(app, cell.code.trim_end(), "of code")
}

/// What a run has written, as text; nothing if that is empty.
fn text_of(run: &CellRun) -> String {
    let text = match &run.screen {
        Some(screen) => {
            let lines = screen.lines(false).into_iter().map(|line| line.to_string());
            lines.map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
        }
        None => run.output.plain_text(),
    };
    text.trim_end().to_owned()
}

/// Has as much of a text copied as can be, and says how much that is. Where it is pasted, nothing of it
/// acts: control characters and what is invisible are left out.
fn copied(app: &mut App, text: &str, what: &str) -> Vec<Effect> {
    let text = &*pasteable(text);
    let lines = text.lines().count();
    let part = if text.len() > MOST_COPIED {
        // Whole lines, where there are any.
        let room = &text[..text.floor_char_boundary(MOST_COPIED)];
        room.rfind('\n').map_or(room, |end| &room[..end])
    } else {
        text
    };
    let plural = if lines == 1 { "" } else { "s" };
    let whole = format!("{} line{plural} {what}", group_digits(lines));
    if part.len() == text.len() {
        say(app, &format!("copied {whole}"));
    } else {
        say(app, &format!("copied the first {} of {whole}", group_digits(part.lines().count())));
    }
    vec![Effect::Copy(part.to_owned())]
}

fn say(app: &mut App, what: &str) {
    app.notice = Some(what.to_owned());
    app.paint_changed();
}
