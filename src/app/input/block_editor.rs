//! The text of a block while the speaker edits it on the slide. Nothing is written to the file unless
//! the speaker saves: the deck is parsed as if the new text were in it.

use crossterm::event::KeyCode;
use ratatui_textarea::{CursorMove, Input, Key as AreaKey, TextArea};

use crate::app::input::keys::Key;
use crate::deck::CellId;
use crate::source::Span;

/// Columns that the tab key indents by.
const INDENT: u8 = 4;

/// A block that is being edited.
#[derive(Clone, Debug)]
pub struct BlockEditor {
    /// The cell of the block.
    pub cell: CellId,
    area: TextArea<'static>,
    /// The line ending, and whether the last line has one.
    line_end: (&'static str, bool),
}

/// A replacement for a part of the deck's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The part to replace.
    pub span: Span,
    /// The new text.
    pub text: String,
    /// What follows the replacement.
    pub then: AfterEdit,
}

/// What follows an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterEdit {
    /// Nothing.
    Keep,
    /// Its cell, which has the focus, runs.
    Run,
    /// The text is written to the deck's file.
    Save,
}

impl BlockEditor {
    /// Creates an editor for a text.
    pub(in crate::app) fn new(cell: CellId, text: &str) -> Self {
        let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let lines = text.lines().map(str::to_owned).collect::<Vec<_>>();
        let mut area = TextArea::from(lines);
        area.set_tab_length(INDENT);
        Self { cell, area, line_end: (line_end, text.ends_with('\n')) }
    }

    /// Returns the current lines.
    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// Returns the cursor's line and character, from 0.
    pub fn cursor(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        (cursor.0, cursor.1)
    }

    /// Returns the current text.
    pub(in crate::app) fn text(&self) -> String {
        let (end, at_last) = self.line_end;
        let mut text = self.area.lines().join(end);
        if at_last {
            text.push_str(end);
        }
        text
    }

    /// Handles a key. A new line has the indentation of the line before.
    pub(in crate::app) fn press(&mut self, key: Key) {
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

/// Converts a key for the text area.
fn input(key: Key) -> Input {
    let code = match key.code {
        KeyCode::Char(c) => AreaKey::Char(c),
        KeyCode::Backspace => AreaKey::Backspace,
        KeyCode::Left => AreaKey::Left,
        KeyCode::Right => AreaKey::Right,
        KeyCode::Up => AreaKey::Up,
        KeyCode::Down => AreaKey::Down,
        KeyCode::Tab => AreaKey::Tab,
        KeyCode::Delete => AreaKey::Delete,
        KeyCode::Home => AreaKey::Home,
        KeyCode::End => AreaKey::End,
        KeyCode::PageUp => AreaKey::PageUp,
        KeyCode::PageDown => AreaKey::PageDown,
        _ => AreaKey::Null,
    };
    Input { key: code, ctrl: key.ctrl, alt: key.alt, shift: key.shift }
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
    fn unedited_text_is_unchanged() {
        for text in ["", "a", "a\n", "a\n\nb\n", "a\r\nb\r\n", "\ta\n"] {
            assert_eq!(typed(text, &[]), text);
        }
    }

    #[test]
    fn new_line_keeps_the_indentation() {
        let keys = [KeyCode::Enter, KeyCode::Char('x')];
        assert_eq!(typed("    a\n", &keys), "    a\n    x\n");
        assert_eq!(typed("a\r\n", &keys), "a\r\nx\r\n");
    }

    #[test]
    fn tab_indents_and_backspace_deletes() {
        assert_eq!(typed("a\n", &[KeyCode::Tab, KeyCode::Char('b')]), "a   b\n");
        assert_eq!(typed("añ\n", &[KeyCode::Backspace]), "a\n");
    }

    #[test]
    fn typing_can_be_undone() {
        let mut editing = BlockEditor::new(CellId(0), "a\n");
        editing.press(KeyCode::Char('x').into());
        assert_eq!(editing.text(), "xa\n");
        editing.press(Key { ctrl: true, ..KeyCode::Char('z').into() });
        assert_eq!(editing.text(), "a\n");
    }
}
