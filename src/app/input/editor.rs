//! A block's text while the speaker changes it on the slide. Nothing is saved unless asked for: the
//! runtime reads the deck as if the new text stood in it.

use crossterm::event::KeyCode;
use ratatui_textarea::{CursorMove, Input, Key as Typed, TextArea};

use crate::app::runs::schedule;
use crate::app::{App, Effect, Key, Mode, ScrollTarget};
use crate::deck::{Cell, CellId};
use crate::source::Span;

/// How far the tab key indents, in columns.
const INDENT: u8 = 4;

/// A block that is being edited.
#[derive(Clone, Debug)]
pub struct BlockEditor {
    /// Which one.
    pub cell: CellId,
    area: TextArea<'static>,
    /// What stands at the end of each line, and whether at the end of the last one.
    line_end: (&'static str, bool),
}

/// A piece of the deck's text that is to read otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Where the piece stands.
    pub span: Span,
    /// What it is to read.
    pub text: String,
    /// What is wanted beside that.
    pub then: AfterEdit,
}

/// What is wanted of an edited piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterEdit {
    /// Nothing more.
    Keep,
    /// That its cell, which has the focus, runs.
    Run,
    /// That it is written into the deck's file.
    Save,
}

impl BlockEditor {
    fn new(cell: CellId, text: &str) -> Self {
        let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let lines = text.lines().map(str::to_owned).collect::<Vec<_>>();
        let mut area = TextArea::from(lines);
        area.set_tab_length(INDENT);
        Self { cell, area, line_end: (line_end, text.ends_with('\n')) }
    }

    /// The lines as they are now.
    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// The cursor's line and character, from 0.
    pub fn cursor(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        (cursor.0, cursor.1)
    }

    fn text(&self) -> String {
        let (end, at_last) = self.line_end;
        let mut text = self.area.lines().join(end);
        if at_last {
            text.push_str(end);
        }
        text
    }

    /// Types a key: a new line begins where the one before did.
    fn press(&mut self, key: Key) {
        match key.code {
            KeyCode::Enter => {
                let line = &self.area.lines()[self.cursor().0];
                let before = line.chars().take(self.cursor().1);
                let indent: String = before.take_while(|c| c.is_whitespace()).collect();
                self.area.insert_newline();
                self.area.insert_str(indent);
            }
            KeyCode::Char('z') if key.ctrl => {
                self.area.undo();
            }
            KeyCode::Home if key.ctrl => self.area.move_cursor(CursorMove::Top),
            KeyCode::End if key.ctrl => {
                self.area.move_cursor(CursorMove::Bottom);
                self.area.move_cursor(CursorMove::End);
            }
            _ => {
                self.area.input(input(key));
            }
        }
    }
}

/// The editor for the focused cell, or the slide's first.
pub(in crate::app) fn begin(app: &mut App) {
    let first = app.visible_cells().next().map(|cell| cell.id);
    let Some((id, text)) = app.focus.or(first).and_then(|id| Some((id, text_of(app, id)?))) else {
        app.notice = Some("there is no code to edit here".to_owned());
        return app.paint_changed();
    };
    app.mode = Mode::Edit(Box::new(BlockEditor::new(id, text)));
    app.focus = Some(id);
    app.internal.scroll_target = Some(ScrollTarget::Cell(id));
    app.scene_changed();
}

/// A key while a block is edited.
pub(in crate::app) fn press(app: &mut App, key: Key) -> Vec<Effect> {
    let Mode::Edit(editing) = &mut app.mode else { return Vec::new() };
    app.changed.paint = true;
    match key.code {
        KeyCode::Char('e') if key.ctrl => edit(app, AfterEdit::Run),
        KeyCode::Char('s') if key.ctrl => edit(app, AfterEdit::Save),
        KeyCode::Char(']' | '5') if key.ctrl => {
            let effects = edit(app, AfterEdit::Keep);
            app.mode = Mode::Slide;
            effects
        }
        KeyCode::Char('c') if key.ctrl => {
            if app.is_running() {
                schedule::stop(app)
            } else {
                Vec::new()
            }
        }
        KeyCode::Esc => revert(app),
        _ => {
            editing.press(key);
            Vec::new()
        }
    }
}

/// Has the deck read as edited.
fn edit(app: &App, then: AfterEdit) -> Vec<Effect> {
    let Mode::Edit(editing) = &app.mode else { return Vec::new() };
    let span = app.deck.cell(editing.cell).map(|cell| cell.span);
    let edit = span.map(|span| Effect::Edit(Edit { span, text: editing.text(), then }));
    edit.into_iter().collect()
}

/// Leaves the editor; the block reads as it is saved.
fn revert(app: &mut App) -> Vec<Effect> {
    let Mode::Edit(editing) = std::mem::take(&mut app.mode) else { return Vec::new() };
    let span = app.deck.cell(editing.cell).map(|cell| cell.span);
    span.map(Effect::Revert).into_iter().collect()
}

/// Opens the deck in the speaker's own editor: at the focused cell, else at what the slide begins
/// with.
pub(in crate::app) fn open(app: &App) -> Vec<Effect> {
    let focused = app.focus.and_then(|id| app.deck.cell(id)).map(|cell| cell.span);
    let slide = app.deck.slide(app.at.slide);
    let first = slide.blocks.first().map_or(slide.span, |block| block.span);
    vec![Effect::OpenEditor(focused.unwrap_or(first))]
}

/// The text of the deck that a cell was read from.
fn text_of(app: &App, id: CellId) -> Option<&str> {
    let Cell { span, .. } = app.deck.cell(id)?.as_ref();
    app.deck.sources.get(span.file)?.text().get(span.range())
}

/// A key as the text area takes it.
fn input(key: Key) -> Input {
    let typed = match key.code {
        KeyCode::Char(c) => Typed::Char(c),
        KeyCode::Backspace => Typed::Backspace,
        KeyCode::Left => Typed::Left,
        KeyCode::Right => Typed::Right,
        KeyCode::Up => Typed::Up,
        KeyCode::Down => Typed::Down,
        KeyCode::Tab => Typed::Tab,
        KeyCode::Delete => Typed::Delete,
        KeyCode::Home => Typed::Home,
        KeyCode::End => Typed::End,
        KeyCode::PageUp => Typed::PageUp,
        KeyCode::PageDown => Typed::PageDown,
        _ => Typed::Null,
    };
    Input { key: typed, ctrl: key.ctrl, alt: key.alt, shift: key.shift }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str, keys: &[KeyCode]) -> String {
        let mut editing = BlockEditor::new(CellId(0), text);
        editing.area.move_cursor(CursorMove::End);
        for &code in keys {
            editing.press(code.into());
        }
        editing.text()
    }

    #[test]
    fn a_text_that_nobody_changes_stays_as_it_is() {
        for text in ["", "a", "a\n", "a\n\nb\n", "a\r\nb\r\n", "\ta\n"] {
            assert_eq!(typed(text, &[]), text);
        }
    }

    #[test]
    fn a_new_line_begins_where_the_one_before_did() {
        let keys = [KeyCode::Enter, KeyCode::Char('x')];
        assert_eq!(typed("    a\n", &keys), "    a\n    x\n");
        assert_eq!(typed("a\r\n", &keys), "a\r\nx\r\n");
    }

    #[test]
    fn tab_indents_and_backspace_takes_back() {
        assert_eq!(typed("a\n", &[KeyCode::Tab, KeyCode::Char('b')]), "a   b\n");
        assert_eq!(typed("añ\n", &[KeyCode::Backspace]), "a\n");
    }

    #[test]
    fn what_was_typed_can_be_undone() {
        let mut editing = BlockEditor::new(CellId(0), "a\n");
        editing.press(KeyCode::Char('x').into());
        assert_eq!(editing.text(), "xa\n");
        editing.press(Key { ctrl: true, ..KeyCode::Char('z').into() });
        assert_eq!(editing.text(), "a\n");
    }
}
