//! Editing blocks of the deck: on the slide, or in the speaker's own editor.

use crossterm::event::KeyCode;

use crate::app::effect::Effect;
use crate::app::input::bindings::Action;
use crate::app::input::block_editor::{AfterEdit, BlockEditor, Edit};
use crate::app::input::keys::Key;
use crate::app::input::outcome::KeyOutcome;
use crate::app::nav::movement;
use crate::app::state::edits::UnsavedEdits;
use crate::app::state::{App, Mode, ScrollTarget};
use crate::deck::{CellId, Cursor, Deck};
use crate::source::{FencedCode, Span};

/// What is shown when a block was changed by another program while it is edited.
const CONFLICT: &str =
    "another program changed this block: ctrl-s again replaces its version, ctrl-z shows it";

/// Opens the editor for the focused cell, or the slide's first.
pub(in crate::app) fn begin(app: &mut App) {
    let first = app.visible_cells().next().map(|cell| cell.id);
    let id = app.view.focus.or(first);
    let Some((id, (_, block))) = id.and_then(|id| Some((id, block_of(&app.deck, id)?))) else {
        return app.notify("no code to edit on this slide");
    };
    let editor = match app.internal.edits.closed.remove(&id) {
        Some(mut editor) => {
            // What was typed before is still in its history.
            if block.text() != editor.text() {
                editor.adopt(block);
            }
            editor
        }
        None => BlockEditor::new(id, block),
    };
    app.mode = Mode::Edit(Box::new(editor));
    app.view.focus = Some(id);
    app.internal.scroll_target = Some(ScrollTarget::Cell(id));
    app.scene_changed();
}

/// Handles a key while a block is edited.
pub(in crate::app) fn press(app: &mut App, key: Key) -> KeyOutcome {
    let Mode::Edit(editor) = &mut app.mode else { return KeyOutcome::default() };
    app.changed.paint = true;
    if editor.is_asking() {
        editor.ask(false);
        let is_confirmed = matches!(key.code, KeyCode::Char('y' | 'Y')) && !key.ctrl && !key.alt;
        return KeyOutcome::Handled(if is_confirmed { discard(app) } else { Vec::new() });
    }
    let effects = match key.code {
        KeyCode::Char('e') if key.ctrl => edit(app, AfterEdit::Run),
        KeyCode::Char('s') if key.ctrl => edit(app, AfterEdit::Save),
        _ if app.keymap.is_bound(key, Action::ReleaseKeys) => leave(app),
        KeyCode::Char('c') if key.ctrl => {
            if app.is_running() {
                return KeyOutcome::Pass(Action::Stop, None);
            }
            Vec::new()
        }
        KeyCode::Esc => escape(app),
        _ => {
            let before = editor.lines().len();
            editor.press(key);
            if editor.lines().len() != before {
                app.scene_changed();
            }
            Vec::new()
        }
    };
    KeyOutcome::Handled(effects)
}

/// Has the deck parsed with the edited text. If another program has changed the block, reports that
/// instead, once, and keeps both versions.
fn edit(app: &mut App, then: AfterEdit) -> Vec<Effect> {
    let Mode::Edit(editor) = &mut app.mode else { return Vec::new() };
    let Some((span, block)) = block_of(&app.deck, editor.cell) else { return Vec::new() };
    if editor.differs_from(&block) {
        editor.replace_version(block);
        app.scene_changed();
        app.notify(CONFLICT);
        return Vec::new();
    }
    let (text, previous) = editor.give();
    vec![Effect::Edit(Edit { span, text, previous, then })]
}

/// Closes the editor. The deck keeps the edited text, unsaved.
fn leave(app: &mut App) -> Vec<Effect> {
    let effects = edit(app, AfterEdit::Keep);
    if !effects.is_empty() {
        close(app);
    }
    effects
}

/// Closes the editor, or asks first if changes would be lost.
fn escape(app: &mut App) -> Vec<Effect> {
    let Mode::Edit(editor) = &mut app.mode else { return Vec::new() };
    let is_unsaved = match app.deck.cell(editor.cell) {
        Some(cell) => app.internal.edits.unsaved.contains(cell.span),
        None => false,
    };
    if is_unsaved || editor.has_changes() {
        editor.ask(true);
        return Vec::new();
    }
    if editor.has_lost_version() {
        return discard(app);
    }
    close(app);
    Vec::new()
}

/// Closes the editor and restores the block as it is saved. The discarded code is one undo back when
/// the block is edited again.
fn discard(app: &mut App) -> Vec<Effect> {
    let Mode::Edit(editor) = &mut app.mode else { return Vec::new() };
    let previous = editor.take_previous();
    let span = block_of(&app.deck, editor.cell).map(|(span, _)| span);
    close(app);
    span.map(|span| Effect::Revert { span, previous }).into_iter().collect()
}

fn close(app: &mut App) {
    if let Mode::Edit(editor) = std::mem::take(&mut app.mode) {
        app.internal.edits.closed.insert(editor.cell, *editor);
    }
    app.scene_changed();
}

/// Inserts pasted text into the editor.
pub(in crate::app) fn paste(app: &mut App, text: &str) {
    if let Mode::Edit(editor) = &mut app.mode {
        editor.paste(text);
        app.scene_changed();
    }
}

/// The deck was replaced: the open editor follows its block if nothing was typed; otherwise the
/// other version is reported.
pub(in crate::app) fn follow(app: &mut App, was_unsaved: bool) {
    show_block(app);
    let Mode::Edit(editor) = &mut app.mode else { return };
    let Some((_, block)) = block_of(&app.deck, editor.cell) else { return };
    if !editor.differs_from(&block) {
        return;
    }
    if editor.has_changes() || was_unsaved {
        app.notify("another program changed this block: your version is kept in the editor");
    } else {
        editor.adopt(block);
        app.scene_changed();
    }
}

/// Goes to the slide and the step that show the open editor: another program may have inserted slides
/// before it.
fn show_block(app: &mut App) {
    let Mode::Edit(editor) = &app.mode else { return };
    let Some(cell) = app.deck.cell(editor.cell) else { return };
    let (id, at) = (cell.id, Cursor { slide: cell.slide, step: cell.step });
    if app.view.at.slide != at.slide || app.view.at.step < at.step {
        movement::jump(app, at);
        app.internal.scroll_target = Some(ScrollTarget::Cell(id));
    }
    app.view.focus = Some(id);
}

/// The deck did not take an edit: the editor keeps it, as it did before.
pub(in crate::app) fn take_back(app: &mut App, previous: Vec<String>) {
    if !matches!(app.mode, Mode::Edit(_))
        && let Some(editor) = app.view.focus.and_then(|id| app.internal.edits.closed.remove(&id))
    {
        app.mode = Mode::Edit(Box::new(editor));
        app.scene_changed();
    }
    if let Mode::Edit(editor) = &mut app.mode {
        editor.take_back(previous);
    }
}

/// Another program has removed the block of an open editor: keeps what was typed.
pub(in crate::app) fn keep_orphan(app: &mut App, editor: BlockEditor) {
    app.internal.edits.orphans.push(editor);
    app.notify(
        "another program removed the block that you edit: once it is back, `i`, ctrl-z show yours",
    );
}

/// Gives blocks that are back the editors that were open when they were removed.
pub(in crate::app) fn adopt_orphans(app: &mut App) {
    for mut editor in std::mem::take(&mut app.internal.edits.orphans) {
        let mut cells = app.deck.cells.iter().map(|cell| cell.id);
        let home = cells
            .find(|id| block_of(&app.deck, *id).is_some_and(|(_, block)| editor.is_of(&block)));
        match home {
            Some(cell) => {
                editor.cell = cell;
                app.internal.edits.closed.insert(cell, editor);
            }
            None => app.internal.edits.orphans.push(editor),
        }
    }
}

/// Sets which edits are not saved. Reports an edit that no longer applies.
pub(in crate::app) fn set_unsaved(app: &mut App, unsaved: UnsavedEdits) {
    let before = std::mem::replace(&mut app.internal.edits.unsaved, unsaved);
    if app.internal.edits.unsaved.lost > before.lost && !matches!(app.mode, Mode::Edit(_)) {
        app.notify("another program changed a block with unsaved edits: `i`, ctrl-z show yours");
    }
    app.paint_changed();
}

/// Quits, or asks first if there are unsaved edits.
pub(in crate::app) fn quit(app: &mut App, action: Action) -> Vec<Effect> {
    let now = app.internal.pressed;
    let asked = app.internal.edits.asked_to_quit.replace(now);
    let is_repeated = asked.is_some_and(|asked| asked + 1 == now);
    let edits = &app.internal.edits;
    if edits.unsaved.is_empty() && edits.orphans.is_empty() || is_repeated {
        return vec![Effect::Quit];
    }
    let key = app.keymap.first_of(action).unwrap_or_default();
    app.notify(format!("there are unsaved edits; {key} again to quit without saving them"));
    Vec::new()
}

/// Opens the deck in the speaker's own editor: at the focused cell, or at the start of the slide.
pub(in crate::app) fn open_external(app: &App) -> Vec<Effect> {
    let focused = app.view.focus.and_then(|id| app.deck.cell(id)).map(|cell| cell.span);
    let slide = app.deck.slide(app.view.at.slide);
    let first = slide.blocks.first().map_or(slide.span, |block| block.span);
    vec![Effect::OpenEditor(focused.unwrap_or(first))]
}

/// Returns the block of a cell, and its place.
fn block_of(deck: &Deck, id: CellId) -> Option<(Span, FencedCode)> {
    let span = deck.cell(id)?.span;
    let text = deck.sources.get(span.file)?.text();
    text.get(span.range())?;
    let (range, block) = FencedCode::find(text, span.range());
    Some((Span::new(span.file, range), block))
}
