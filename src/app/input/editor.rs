//! Editing blocks of the deck: on the slide, or in the speaker's own editor.

use crossterm::event::KeyCode;

use crate::app::effect::Effect;
use crate::app::input::block_editor::{AfterEdit, BlockEditor, Edit};
use crate::app::input::keymap::Action;
use crate::app::input::keys::Key;
use crate::app::input::outcome::KeyOutcome;
use crate::app::state::{App, Mode, ScrollTarget};
use crate::deck::{Cell, CellId};

/// Opens the editor for the focused cell, or the slide's first.
pub(in crate::app) fn begin(app: &mut App) {
    let first = app.visible_cells().next().map(|cell| cell.id);
    let id = app.view.focus.or(first);
    let Some((id, text)) = id.and_then(|id| Some((id, text_of(app, id)?))) else {
        return app.notify("no code to edit on this slide");
    };
    app.mode = Mode::Edit(Box::new(BlockEditor::new(id, text)));
    app.view.focus = Some(id);
    app.internal.scroll_target = Some(ScrollTarget::Cell(id));
    app.scene_changed();
}

/// Handles a key while a block is edited.
pub(in crate::app) fn press(app: &mut App, key: Key) -> KeyOutcome {
    let Mode::Edit(editor) = &mut app.mode else { return KeyOutcome::default() };
    app.changed.paint = true;
    let effects = match key.code {
        KeyCode::Char('e') if key.ctrl => edit(app, AfterEdit::Run),
        KeyCode::Char('s') if key.ctrl => edit(app, AfterEdit::Save),
        _ if key.is_release_chord() => {
            let effects = edit(app, AfterEdit::Keep);
            app.mode = Mode::Slide;
            effects
        }
        KeyCode::Char('c') if key.ctrl => {
            if app.is_running() {
                return KeyOutcome::Pass(Action::Stop, None);
            }
            Vec::new()
        }
        KeyCode::Esc => revert(app),
        _ => {
            editor.press(key);
            Vec::new()
        }
    };
    KeyOutcome::Handled(effects)
}

/// Has the deck parsed with the edited text.
fn edit(app: &App, then: AfterEdit) -> Vec<Effect> {
    let Mode::Edit(editor) = &app.mode else { return Vec::new() };
    let span = app.deck.cell(editor.cell).map(|cell| cell.span);
    let edit = span.map(|span| Effect::Edit(Edit { span, text: editor.text(), then }));
    edit.into_iter().collect()
}

/// Closes the editor and restores the block as it is saved.
fn revert(app: &mut App) -> Vec<Effect> {
    let Mode::Edit(editor) = std::mem::take(&mut app.mode) else { return Vec::new() };
    let span = app.deck.cell(editor.cell).map(|cell| cell.span);
    span.map(Effect::Revert).into_iter().collect()
}

/// Opens the deck in the speaker's own editor: at the focused cell, or at the start of the slide.
pub(in crate::app) fn open_external(app: &App) -> Vec<Effect> {
    let focused = app.view.focus.and_then(|id| app.deck.cell(id)).map(|cell| cell.span);
    let slide = app.deck.slide(app.view.at.slide);
    let first = slide.blocks.first().map_or(slide.span, |block| block.span);
    vec![Effect::OpenEditor(focused.unwrap_or(first))]
}

/// Returns the source text of a cell.
fn text_of(app: &App, id: CellId) -> Option<&str> {
    let Cell { span, .. } = app.deck.cell(id)?.as_ref();
    app.deck.sources.get(span.file)?.text().get(span.range())
}
