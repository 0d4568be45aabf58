//! The screen that a program's text output is interpreted on: a cursor, a pen, and the last rows
//! that the cursor can reach. Rows that scroll off go to `history`.
//!
//! Lines are not wrapped: a row is as long as the line that was written. A line feed also returns
//! to the first column, as on a terminal in cooked mode. The alternate screen is not separate.

mod cells;
mod history;
mod row;
mod sgr;
mod text;

use std::collections::VecDeque;

use ratatui::style::Style;
use unicode_width::UnicodeWidthChar;
use vte::{Params, Perform};

use crate::source::{is_invisible, mark};
use history::History;
use row::ScreenRow;

pub use row::OutputRow;

/// Default number of rows that cursor movement can reach.
const DEFAULT_ROWS: usize = 50;

const TAB_WIDTH: usize = 8;

/// Maximum column that cursor movement can reach; more than any terminal has.
const MAX_COLUMN: usize = 1_000;

/// Written rows and the cursor.
#[derive(Clone, Debug)]
pub(super) struct TextScreen {
    history: History,
    /// Rows on the screen, at most `height`. Rows below the last one written do not exist.
    rows: VecDeque<ScreenRow>,
    height: usize,
    cursor: CursorPosition,
    saved: CursorPosition,
    pen: Style,
    /// ASCII characters waiting to be written at the cursor as one batch.
    pending: String,
    dispatched: bool,
    /// A dropped row kept for reuse, to avoid allocations during a flood of output.
    spare: ScreenRow,
}

#[derive(Clone, Copy, Debug, Default)]
struct CursorPosition {
    row: usize,
    column: usize,
}

impl Default for TextScreen {
    fn default() -> Self {
        Self {
            history: History::default(),
            rows: VecDeque::new(),
            height: DEFAULT_ROWS,
            cursor: CursorPosition::default(),
            saved: CursorPosition::default(),
            pen: Style::new(),
            pending: String::new(),
            dispatched: false,
            spare: ScreenRow::default(),
        }
    }
}

impl TextScreen {
    /// Sets the number of rows on the screen.
    pub(super) fn resize(&mut self, height: usize) {
        self.height = height.max(1);
        let leaving = self.rows.len().max(self.cursor.row + 1).saturating_sub(self.height);
        for _ in 0..leaving.min(self.rows.len()) {
            self.scroll();
        }
        self.cursor.row = self.cursor.row.saturating_sub(leaving);
        self.saved.row = self.saved.row.saturating_sub(leaving);
    }

    /// Returns the number of rows that [`TextScreen::row`] can return.
    pub(super) fn len(&self) -> usize {
        self.history.len() + self.rows.len()
    }

    /// Returns the row at `index`, from 0.
    pub(super) fn row(&self, index: usize) -> Option<OutputRow<'_>> {
        match index.checked_sub(self.history.len()) {
            Some(index) => self.rows.get(index).map(|row| OutputRow::Line(row.line())),
            None => self.history.row(index),
        }
    }

    /// Writes pending characters. Returns whether the parser dispatched anything since the last
    /// call.
    pub(super) fn finish(&mut self) -> bool {
        if !self.pending.is_empty() {
            self.flush();
        }
        std::mem::take(&mut self.dispatched)
    }

    /// Writes pending characters before anything else happens.
    fn flush(&mut self) {
        self.dispatched = true;
        if !self.pending.is_empty() {
            let pending = std::mem::take(&mut self.pending);
            let (column, pen) = (self.cursor.column, self.pen);
            self.cursor.column = self.current().put_ascii(column, &pending, pen);
            self.pending = pending;
            self.pending.clear();
        }
    }

    fn print_one(&mut self, c: char) {
        self.flush();
        let (column, pen) = (self.cursor.column, self.pen);
        // An invisible character that cannot join the previous one is shown as a mark.
        let c = if has_no_cell(c) { mark(c) } else { c };
        self.cursor.column = match c.width() {
            None => self.current().put(column, char::REPLACEMENT_CHARACTER, 1, pen),
            Some(width) => match self.current().join(column, c) {
                Some(after) => after,
                None if is_invisible(c) => self.current().put(column, mark(c), 1, pen),
                None if width == 0 => column,
                None => self.current().put(column, c, width, pen),
            },
        };
    }

    /// Returns the cursor's row, creating it and those above it if necessary.
    fn current(&mut self) -> &mut ScreenRow {
        let row = self.cursor.row;
        while row >= self.rows.len() {
            self.rows.push_back(std::mem::take(&mut self.spare));
        }
        &mut self.rows[row]
    }

    /// Returns the cursor's row, if it exists.
    fn existing(&mut self) -> Option<&mut ScreenRow> {
        self.rows.get_mut(self.cursor.row)
    }

    fn scroll(&mut self) {
        if let Some(row) = self.rows.pop_front() {
            self.spare = self.history.push(row).unwrap_or_default();
        }
    }

    fn line_feed(&mut self) {
        self.current();
        self.cursor.column = 0;
        if self.cursor.row + 1 < self.height {
            self.cursor.row += 1;
        } else {
            self.scroll();
        }
    }

    fn move_to(&mut self, row: usize, column: usize) {
        self.cursor =
            CursorPosition { row: row.min(self.height - 1), column: column.min(MAX_COLUMN) };
    }

    /// Clears the screen and the history.
    fn clear(&mut self) {
        self.history = History::default();
        self.rows.clear();
    }

    fn erase_in_display(&mut self, what: usize) {
        let CursorPosition { row, column } = self.cursor;
        match what {
            0 if column == 0 => self.rows.truncate(row),
            0 => {
                self.rows.truncate(row + 1);
                self.erase_in_line(0);
            }
            1 => {
                self.rows.iter_mut().take(row).for_each(|row| *row = ScreenRow::default());
                self.erase_in_line(1);
            }
            2 | 3 => self.clear(),
            _ => {}
        }
    }

    fn erase_in_line(&mut self, what: usize) {
        let column = self.cursor.column;
        let Some(row) = self.existing() else { return };
        match what {
            0 => row.truncate(column),
            1 => row.blank(0, column + 1),
            2 => row.truncate(0),
            _ => {}
        }
    }

    fn edit(&mut self, action: char, count: usize) {
        let column = self.cursor.column;
        let Some(row) = self.existing().filter(|row| row.columns() <= MAX_COLUMN) else { return };
        match action {
            'P' => row.delete(column, column.saturating_add(count)),
            'X' => row.blank(column, column.saturating_add(count)),
            _ => row.insert(column, count),
        }
    }
}

/// Returns whether a character is invisible and cannot be part of an emoji or of letters. Joiners,
/// variation selectors, flag tags and Hangul fillers can.
fn has_no_cell(c: char) -> bool {
    let may_join = matches!(
        c,
        '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{200c}' | '\u{200d}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{e0020}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}'
    );
    is_invisible(c) && !may_join
}

impl Perform for TextScreen {
    #[inline]
    fn print(&mut self, c: char) {
        match c {
            ' '..='~' => self.pending.push(c),
            '\x7f' => {}
            _ => self.print_one(c),
        }
    }

    fn execute(&mut self, byte: u8) {
        self.flush();
        let CursorPosition { row, column } = self.cursor;
        match byte {
            b'\n' | 0x0b | 0x0c => self.line_feed(),
            b'\r' => self.cursor.column = 0,
            0x08 => self.cursor.column = column.saturating_sub(1),
            b'\t' => self.move_to(row, (column / TAB_WIDTH + 1) * TAB_WIDTH),
            // A byte above 127 that is not UTF-8, or a C1 control character encoded in UTF-8.
            0x80.. => self.print_one(char::REPLACEMENT_CHARACTER),
            _ => {}
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], _cut: bool, action: char) {
        self.flush();
        if intermediates == b"?" && action == 'z' {
            // The marker that livedeck writes before a value, which starts on its own line.
            if self.cursor.column > 0 {
                self.line_feed();
            }
            return;
        }
        if !intermediates.is_empty() {
            return;
        }
        let number = |index: usize| params.iter().nth(index).map_or(0, |param| param[0].into());
        let what: usize = number(0);
        let count = what.max(1);
        let CursorPosition { row, column } = self.cursor;
        match action {
            'm' => sgr::apply(&mut self.pen, params),
            'A' => self.move_to(row.saturating_sub(count), column),
            'B' | 'e' => self.move_to(row + count, column),
            'C' | 'a' => self.move_to(row, column + count),
            'D' => self.move_to(row, column.saturating_sub(count)),
            'E' => self.move_to(row + count, 0),
            'F' => self.move_to(row.saturating_sub(count), 0),
            'G' | '`' => self.move_to(row, count - 1),
            'd' => self.move_to(count - 1, column),
            'H' | 'f' => self.move_to(count - 1, number(1).max(1) - 1),
            'J' => self.erase_in_display(what),
            'K' => self.erase_in_line(what),
            'P' | 'X' | '@' => self.edit(action, count),
            's' => self.saved = self.cursor,
            'u' => self.cursor = self.saved,
            _ => {}
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _cut: bool, byte: u8) {
        self.flush();
        if !intermediates.is_empty() {
            return;
        }
        match byte {
            b'7' => self.saved = self.cursor,
            b'8' => self.cursor = self.saved,
            b'D' | b'E' => self.line_feed(),
            b'M' => self.cursor.row = self.cursor.row.saturating_sub(1),
            b'c' => *self = Self { height: self.height, dispatched: true, ..Self::default() },
            _ => {}
        }
    }

    fn put(&mut self, _byte: u8) {
        self.dispatched = true;
    }

    fn osc_dispatch(&mut self, _params: &[&[u8]], _bell: bool) {
        self.dispatched = true;
    }
}
