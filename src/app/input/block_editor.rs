//! The text of a block while the speaker edits it on the slide. Nothing is written to the file unless
//! the speaker saves: the deck is parsed as if the new text were in it.

use crossterm::event::KeyCode;
use ratatui_textarea::{CursorMove, Input, Key as AreaKey, TextArea};

use crate::app::input::keys::Key;
use crate::deck::CellId;
use crate::source::{FencedCode, Span};

/// Columns that the tab key indents by.
const INDENT: u8 = 4;

/// A block that is being edited, or was: its undo history is kept.
#[derive(Clone, Debug)]
pub struct BlockEditor {
    /// The cell of the block.
    pub cell: CellId,
    area: TextArea<'static>,
    /// What undo returns to once the history of `area` is used up, the latest last.
    past: Vec<TextArea<'static>>,
    /// What redo returns to, the next last.
    future: Vec<TextArea<'static>>,
    /// The block that the edited code is put back into.
    block: FencedCode,
    /// The block's text with the code that the deck was last given.
    given: String,
    /// The texts that the deck was given before and that may still be drafts.
    given_before: Vec<String>,
    /// Whether the speaker was asked if the changes are to be discarded.
    is_asking: bool,
}

/// A replacement for a part of the deck's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The part to replace.
    pub span: Span,
    /// The new text.
    pub text: String,
    /// The texts of the speaker's edits that this one follows.
    pub previous: Vec<String>,
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
    /// Creates an editor for a block.
    pub(in crate::app) fn new(cell: CellId, block: FencedCode) -> Self {
        let area = text_area(block.code());
        let given = block.text();
        Self {
            cell,
            area,
            past: Vec::new(),
            future: Vec::new(),
            block,
            given,
            given_before: Vec::new(),
            is_asking: false,
        }
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

    /// Returns whether the speaker is asked if the changes are to be discarded.
    pub fn is_asking(&self) -> bool {
        self.is_asking
    }

    /// Asks whether the changes are to be discarded, or stops asking.
    pub(in crate::app) fn ask(&mut self, is_asking: bool) {
        self.is_asking = is_asking;
    }

    /// Returns the block's text with the current code.
    pub(in crate::app) fn text(&self) -> String {
        self.block.with_code(self.area.lines())
    }

    /// Returns whether the code differs from what the deck was given.
    pub fn has_changes(&self) -> bool {
        self.text() != self.given
    }

    /// Returns whether the block in the deck is another program's: neither what was read nor what
    /// the deck was given.
    pub(in crate::app) fn differs_from(&self, current: &FencedCode) -> bool {
        let current = current.text();
        current != self.given && current != self.block.text() && current != self.text()
    }

    /// Takes the current text as given to the deck. Returns the text, and what it follows.
    pub(in crate::app) fn give(&mut self) -> (String, Vec<String>) {
        let text = self.text();
        let previous = self.take_previous();
        text.clone_into(&mut self.given);
        (text, previous)
    }

    /// The deck did not take the text that it was given: restores what it was given before.
    pub(in crate::app) fn take_back(&mut self, mut previous: Vec<String>) {
        self.given = previous.pop().unwrap_or_default();
        self.given_before = previous;
    }

    /// Returns whether this is the block as the editor read it, or as the speaker's edit left it.
    pub(in crate::app) fn is_of(&self, current: &FencedCode) -> bool {
        !self.differs_from(current)
    }

    /// Returns what the deck was given up to now. It is not remembered any longer.
    pub(in crate::app) fn take_previous(&mut self) -> Vec<String> {
        let mut previous = std::mem::take(&mut self.given_before);
        previous.push(self.given.clone());
        previous
    }

    /// Returns whether the deck was given a text that is not in it any more.
    pub(in crate::app) fn has_lost_version(&self) -> bool {
        !self.given_before.is_empty()
    }

    /// Shows the block as it is in the deck. The code that was shown is one undo back.
    pub(in crate::app) fn adopt(&mut self, current: FencedCode) {
        let code = current.code();
        if code != self.area.lines() {
            self.replace(code);
        }
        let before = std::mem::replace(&mut self.given, current.text());
        if before != self.given {
            self.given_before.push(before);
        }
        self.block = current;
    }

    /// Puts the current code into another program's version of the block. That version is one undo
    /// back.
    pub(in crate::app) fn replace_version(&mut self, theirs: FencedCode) {
        let (mine, (line, column)) = (self.area.lines().to_vec(), self.cursor());
        self.adopt(theirs);
        self.replace(mine);
        let at = |n| u16::try_from(n).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(at(line), at(column)));
    }

    fn replace(&mut self, code: Vec<String>) {
        self.past.push(std::mem::replace(&mut self.area, text_area(code)));
        self.future.clear();
    }

    fn undo(&mut self) {
        if !self.area.undo()
            && let Some(before) = self.past.pop()
        {
            self.future.push(std::mem::replace(&mut self.area, before));
        }
    }

    fn redo(&mut self) {
        if !self.area.redo()
            && let Some(after) = self.future.pop()
        {
            self.past.push(std::mem::replace(&mut self.area, after));
        }
    }

    /// Inserts a text as it is, as one change.
    pub(in crate::app) fn paste(&mut self, text: &str) {
        self.is_asking = false;
        self.future.clear();
        self.area.insert_str(text);
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
                self.future.clear();
            }
            KeyCode::Char('z') if key.ctrl => self.undo(),
            KeyCode::Char('r') if key.ctrl => self.redo(),
            KeyCode::Home if key.ctrl => self.area.move_cursor(CursorMove::Top),
            KeyCode::End if key.ctrl => {
                self.area.move_cursor(CursorMove::Bottom);
                self.area.move_cursor(CursorMove::End);
            }
            _ => {
                if self.area.input(input(key)) {
                    self.future.clear();
                }
            }
        }
    }
}

fn text_area(code: Vec<String>) -> TextArea<'static> {
    let mut area = TextArea::from(code);
    area.set_tab_length(INDENT);
    area
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

    fn block(text: &str) -> FencedCode {
        FencedCode::find(text, 0..text.len()).1
    }

    fn editor(text: &str) -> BlockEditor {
        BlockEditor::new(CellId(0), block(text))
    }

    fn typed(text: &str, keys: &[KeyCode]) -> String {
        let mut editing = editor(text);
        editing.area.move_cursor(CursorMove::End);
        for &code in keys {
            editing.press(code.into());
        }
        editing.text()
    }

    fn ctrl(editing: &mut BlockEditor, letter: char) -> String {
        editing.press(Key { ctrl: true, ..KeyCode::Char(letter).into() });
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
    fn typing_can_be_undone_and_redone() {
        let mut editing = editor("a\n");
        editing.press(KeyCode::Char('x').into());
        assert_eq!(editing.text(), "xa\n");
        assert_eq!(ctrl(&mut editing, 'z'), "a\n");
        assert_eq!(ctrl(&mut editing, 'r'), "xa\n");
    }

    #[test]
    fn pasted_text_is_one_change_and_gets_no_indentation() {
        let mut editing = editor("    a\n");
        editing.area.move_cursor(CursorMove::End);
        editing.paste(":\n\tb\n  c");
        assert_eq!(editing.text(), "    a:\n\tb\n  c\n");
        assert_eq!(ctrl(&mut editing, 'z'), "    a\n");
    }

    #[test]
    fn undo_goes_back_across_versions() {
        let mut editing = editor("a\n");
        editing.press(KeyCode::Char('x').into());
        editing.replace_version(block("theirs\n"));
        assert_eq!(editing.text(), "xa\n");
        let back = ['z', 'z', 'z', 'z'].map(|key| ctrl(&mut editing, key));
        assert_eq!(back, ["theirs\n", "xa\n", "a\n", "a\n"]);
        let forth = ['r', 'r', 'r', 'r'].map(|key| ctrl(&mut editing, key));
        assert_eq!(forth, ["xa\n", "theirs\n", "xa\n", "xa\n"]);
    }

    #[test]
    fn version_of_another_program_is_recognized() {
        let mut editing = editor("a\n");
        editing.press(KeyCode::Char('x').into());
        assert!(!editing.differs_from(&block("a\n")) && editing.has_changes());
        assert_eq!(editing.give(), ("xa\n".to_owned(), vec!["a\n".to_owned()]));
        assert!(!editing.differs_from(&block("xa\n")) && !editing.has_changes());
        assert!(editing.differs_from(&block("b\n")));
    }
}
