//! The terminal emulator for programs that draw on the whole screen. The `vt100` crate keeps the
//! cells; this module turns them into styled lines and answers terminal queries.
//!
//! The input is untrusted, and `vt100` indexes and unwraps. Sizes are therefore limited to those
//! that [`Pty`] allows, and a panic in the crate becomes a message on this terminal only.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU16;

use super::pointer::{self, Pointer};
use crate::deck::Pty;
use crate::panics::contain;
use crate::run::characters::whole_characters;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use vt100::{Callbacks, Cell, Parser, Screen};

/// A terminal and its contents.
pub struct Emulator {
    parser: Parser<TerminalReplies>,
    /// The error message, if the crate panicked. Output is ignored from then on.
    fault: Option<String>,
    /// An incomplete character at the end of the last chunk.
    partial: Vec<u8>,
}

/// The name used in panic messages.
const PANIC_SOURCE: &str = "the terminal emulator";

/// Replies to terminal queries, as an xterm would send them.
#[derive(Debug, Default)]
struct TerminalReplies {
    bytes: Vec<u8>,
}

impl Callbacks for TerminalReplies {
    fn unhandled_csi(
        &mut self,
        screen: &mut Screen,
        mark: Option<u8>,
        _: Option<u8>,
        params: &[&[u16]],
        action: char,
    ) {
        let what = params.first().and_then(|param| param.first()).copied().unwrap_or(0);
        match (mark, action, what) {
            (None, 'c', 0) => self.bytes.extend(b"\x1b[?62;22c"),
            (Some(b'>'), 'c', 0) => self.bytes.extend(b"\x1b[>1;10;0c"),
            (None, 'n', 5) => self.bytes.extend(b"\x1b[0n"),
            (None, 'n', 6) => {
                let (row, column) = screen.cursor_position();
                self.bytes.extend(format!("\x1b[{};{}R", row + 1, column + 1).into_bytes());
            }
            _ => {}
        }
    }
}

impl Emulator {
    /// Creates an empty terminal of this size, clamped to the allowed sizes.
    pub fn new(columns: u16, rows: u16) -> Self {
        Self { parser: parser((columns, rows)), fault: None, partial: Vec::new() }
    }

    /// Processes program output. Returns the replies to send to the program.
    #[must_use]
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        let (columns, rows) = self.size();
        let mut all = std::mem::take(&mut self.partial);
        all.extend_from_slice(bytes);
        self.partial = all.split_off(whole_characters(&all));
        let bytes = limit_repeats(&all, usize::from(columns) * usize::from(rows));
        self.change(|parser| process(parser, &bytes));
        std::mem::take(&mut self.parser.callbacks_mut().bytes)
    }

    /// Returns the error message, if the emulator panicked.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Changes the terminal. After a panic, the terminal shows the error message.
    fn change(&mut self, change: impl FnOnce(&mut Parser<TerminalReplies>)) {
        if self.fault.is_some() {
            return;
        }
        let size = self.size();
        if let Err(panicked) = contain(PANIC_SOURCE, || change(&mut self.parser)) {
            self.show_fault(panicked.to_string(), size);
        }
    }

    fn show_fault(&mut self, fault: String, size: (u16, u16)) {
        self.parser = parser(size);
        self.parser.process(fault.as_bytes());
        self.fault = Some(fault);
    }

    /// Returns the columns and rows.
    pub fn size(&self) -> (u16, u16) {
        let (rows, columns) = self.parser.screen().size();
        (columns.get(), rows.get())
    }

    /// Resizes the terminal, clamped to the allowed sizes.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        if let Some(fault) = self.fault.take() {
            return self.show_fault(fault, (columns, rows));
        }
        let (rows, columns) = sides((columns, rows));
        self.change(|parser| parser.screen_mut().set_size(rows, columns));
    }

    /// Returns whether arrow keys use the application encoding.
    pub fn wants_application_keys(&self) -> bool {
        self.parser.screen().application_cursor()
    }

    /// Returns whether pasted text is marked as such for the program (bracketed paste).
    pub fn wants_paste_marks(&self) -> bool {
        self.parser.screen().bracketed_paste()
    }

    /// Returns the bytes that report a mouse event to the program, if it asked for such events.
    pub fn point(&self, pointer: Pointer) -> Option<Vec<u8>> {
        let screen = self.parser.screen();
        let (mode, encoding) = (screen.mouse_protocol_mode(), screen.mouse_protocol_encoding());
        pointer::bytes(pointer, mode, encoding)
    }

    /// Returns whether the program asked for mouse events.
    pub fn wants_mouse(&self) -> bool {
        self.parser.screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None
    }

    /// Returns the rows. With `cursor`, a visible cursor is shown in reverse.
    pub fn lines(&self, cursor: bool) -> Vec<Line<'static>> {
        let screen = self.parser.screen();
        let cursor = Some(screen.cursor_position()).filter(|_| cursor && !screen.hide_cursor());
        let (columns, rows) = self.size();
        (0..rows).map(|row| line(screen, row, columns, cursor)).collect()
    }
}

/// Feeds bytes to the parser, except for variation selectors that would widen a character in the
/// last column. The crate moves such a character to the next row; if this scrolls, half of a wide
/// character remains, on which it panics later (`screen.rs`, `wrap_widened_cell`).
fn process(parser: &mut Parser<TerminalReplies>, bytes: &[u8]) {
    const VARIATION_SELECTOR: &[u8] = "\u{fe0f}".as_bytes();
    let mut rest = bytes;
    while let Some(at) =
        rest.windows(VARIATION_SELECTOR.len()).position(|part| part == VARIATION_SELECTOR)
    {
        parser.process(&rest[..at]);
        let screen = parser.screen();
        if screen.cursor_position().1 < screen.size().1.get() {
            parser.process(VARIATION_SELECTOR);
        }
        rest = &rest[at + VARIATION_SELECTOR.len()..];
    }
    parser.process(rest);
}

fn parser(size: (u16, u16)) -> Parser<TerminalReplies> {
    let (rows, columns) = sides(size);
    Parser::new_with_callbacks(rows, columns, 0, TerminalReplies::default())
}

/// Returns rows and columns as the crate takes them.
fn sides(size: (u16, u16)) -> (NonZeroU16, NonZeroU16) {
    let (columns, rows) = Pty::fit(size);
    let positive = |count| NonZeroU16::new(count).unwrap_or(NonZeroU16::MIN);
    (positive(rows), positive(columns))
}

/// Clamps the count of each `CSI n b` (repeat character) to `most`: eight bytes would otherwise
/// keep the crate busy for 65,535 characters.
fn limit_repeats(bytes: &[u8], most: usize) -> Cow<'_, [u8]> {
    let mut limited = Vec::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(escape) = bytes[at..].iter().position(|&byte| byte == 0x1b) {
        let start = at + escape + 2;
        at = start.min(bytes.len());
        if bytes.get(start - 1) != Some(&b'[') {
            at = start - 1;
            continue;
        }
        let is_parameter = |byte: &&u8| byte.is_ascii_digit() || matches!(byte, b';' | b':');
        let end = at + bytes[at..].iter().take_while(is_parameter).count();
        let count = bytes[at..end].iter().take_while(|byte| byte.is_ascii_digit());
        let count = count.fold(0_usize, |all, digit| {
            all.saturating_mul(10).saturating_add(usize::from(digit - b'0'))
        });
        if bytes.get(end) == Some(&b'b') && count > most {
            limited.extend_from_slice(&bytes[copied..at]);
            limited.extend(most.to_string().into_bytes());
            copied = end;
        }
        at = end;
    }
    if copied == 0 {
        return bytes.into();
    }
    limited.extend_from_slice(&bytes[copied..]);
    limited.into()
}

/// Returns one row, with adjacent cells of the same style merged.
fn line(screen: &Screen, row: u16, columns: u16, cursor: Option<(u16, u16)>) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    for column in 0..columns {
        let Some(cell) = screen.cell(row, column).filter(|cell| !cell.is_wide_continuation())
        else {
            continue;
        };
        let mut style = style(cell);
        if cursor == Some((row, column)) {
            style = style.add_modifier(Modifier::REVERSED);
        }
        let text = if cell.has_contents() { cell.contents() } else { " " };
        match spans.last_mut().filter(|span| span.style == style) {
            Some(span) => span.content.to_mut().push_str(text),
            None => spans.push(Span::styled(text.to_owned(), style)),
        }
    }
    Line::from(spans)
}

fn style(cell: &Cell) -> Style {
    let modifiers = [
        (cell.bold(), Modifier::BOLD),
        (cell.dim(), Modifier::DIM),
        (cell.italic(), Modifier::ITALIC),
        (cell.underline(), Modifier::UNDERLINED),
        (cell.inverse(), Modifier::REVERSED),
    ];
    let given = modifiers.into_iter().filter(|(is_given, _)| *is_given);
    let modifiers = given.fold(Modifier::empty(), |all, (_, modifier)| all | modifier);
    Style { fg: color(cell.fgcolor()), bg: color(cell.bgcolor()), ..Style::new() }
        .add_modifier(modifiers)
}

fn color(color: vt100::Color) -> Option<Color> {
    match color {
        vt100::Color::Default => None,
        vt100::Color::Idx(index) => Some(Color::Indexed(index)),
        vt100::Color::Rgb(red, green, blue) => Some(Color::Rgb(red, green, blue)),
    }
}

impl Clone for Emulator {
    /// The clone shows the same, and interprets further bytes as outside of any escape sequence.
    fn clone(&self) -> Self {
        let (columns, rows) = self.size();
        let mut clone = Self::new(columns, rows);
        clone.parser.screen_mut().clone_from(self.parser.screen());
        clone.fault.clone_from(&self.fault);
        clone.partial.clone_from(&self.partial);
        clone
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Emulator").field("size", &self.size()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(emulator: &Emulator) -> Vec<String> {
        emulator.lines(false).iter().map(|line| line.to_string().trim_end().to_owned()).collect()
    }

    #[test]
    fn drawing_scrolling_and_alternate_screen_work() {
        let mut emulator = Emulator::new(8, 2);
        assert_eq!(emulator.feed(b"one\r\ntwo\r\nthree"), b"");
        assert_eq!(text(&emulator), ["two", "three"]);
        assert_eq!(emulator.feed(b"\x1b[?1049h\x1b[H\x1b[2Jother"), b"");
        assert_eq!(text(&emulator), ["other", ""]);
        let mut copy = emulator.clone();
        assert_eq!(copy.feed(b"\x1b[?1049l"), b"");
        assert_eq!(text(&copy), ["two", "three"]);
    }

    #[test]
    fn colours_and_cursor_become_styles() {
        let mut emulator = Emulator::new(4, 1);
        let _ = emulator.feed(b"\x1b[1;31ma\x1b[0m\x1b[48;2;1;2;3mb\x1b[0m");
        let line = &emulator.lines(true)[0];
        let red = Style::new().fg(Color::Indexed(1)).add_modifier(Modifier::BOLD);
        let on_blue = Style::new().bg(Color::Rgb(1, 2, 3));
        let cursor = Style::new().add_modifier(Modifier::REVERSED);
        let expected = [("a", red), ("b", on_blue), (" ", cursor), (" ", Style::new())];
        let found: Vec<_> = line.spans.iter().map(|span| (&*span.content, span.style)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn terminal_queries_are_answered() {
        let mut emulator = Emulator::new(80, 24);
        assert_eq!(emulator.feed(b"ab\x1b[6n\x1b[c\x1b[5n"), b"\x1b[1;3R\x1b[?62;22c\x1b[0n");
        assert_eq!(emulator.feed(b"c"), b"");
    }

    #[test]
    fn terminal_always_fits_a_wide_character() {
        for size in [(0, 0), (1, 1), (1, 9), (2, 1), (2, 2)] {
            let mut emulator = Emulator::new(size.0, size.1);
            let _ = emulator.feed("1\u{fe0f}\u{fe0f}中\u{301}\x1b[9b\r\u{fe0f}".as_bytes());
            emulator.resize(40, 3);
            let _ = emulator.feed("中中".as_bytes());
            emulator.resize(size.0, size.1);
            let _ = emulator.feed("中\u{fe0f}".as_bytes());
            assert_eq!(emulator.size(), (2, size.1.max(1)));
            assert_eq!(emulator.fault(), None);
        }
        assert_eq!(Emulator::new(65_535, 65_535).size(), Pty::MAX_SIZE);
    }

    #[test]
    fn last_column_is_not_widened() {
        let mut emulator = Emulator::new(3, 2);
        let _ = emulator.feed("\x1b[999;999H1\u{fe0f}\x1b[Ha\x1b[2;1H❤\u{fe0f}".as_bytes());
        let _ = emulator.feed("\x1bMa中".as_bytes());
        assert_eq!(emulator.fault(), None);
        assert_eq!(text(&emulator), ["a a", "中1"]);
    }

    #[test]
    fn split_characters_are_joined() {
        let mut emulator = Emulator::new(9, 1);
        for byte in "a中é👩x".bytes() {
            let _ = emulator.feed(&[byte]);
        }
        assert_eq!(text(&emulator), ["a中é👩x"]);
    }

    #[test]
    fn panics_are_shown_on_the_terminal() {
        let mut emulator = Emulator::new(30, 3);
        let _ = emulator.feed(b"fine");
        emulator.change(|_| panic!("oh no"));
        assert_eq!(text(&emulator), ["the terminal emulator panicked", ": oh no", ""]);
        assert_eq!(emulator.feed(b"more\x1b[6n"), b"");
        emulator.resize(50, 1);
        assert_eq!(text(&emulator), ["the terminal emulator panicked: oh no"]);
        assert_eq!(emulator.clone().fault(), Some("the terminal emulator panicked: oh no"));
    }

    #[test]
    fn repeats_are_limited_to_the_screen() {
        let limited = |bytes: &str| {
            String::from_utf8(limit_repeats(bytes.as_bytes(), 20).into_owned()).unwrap()
        };
        let same = ["x", "\x1b", "\x1b[", "\x1b[b", "x\x1b[20bx", "\x1b[99m", "\x1b\x1b[9b", "é"];
        for bytes in same {
            assert_eq!(limited(bytes), bytes);
        }
        assert_eq!(limited("a\x1b[21bc\x1b[99999999999999999999999;1bd"), "a\x1b[20bc\x1b[20bd");
        assert_eq!(limited("\x1b\x1b[65535b"), "\x1b\x1b[20b");
    }

    #[test]
    fn arbitrary_bytes_and_sizes_are_safe() {
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        let pieces: [&[u8]; 12] = [
            b"\x1b[",
            b"\x1b]0;",
            b";",
            b"H",
            b"999",
            b"\xe4\xb8\xad",
            b"\xff",
            b"\x1b[?1049h",
            b"L",
            b"\x1b[2;3r",
            b"a\xcc\x81",
            b"\r\n",
        ];
        let mut emulator = Emulator::new(10, 5);
        for round in 0..20_000 {
            let _ = emulator.feed(pieces[next() as usize % pieces.len()]);
            let _ = emulator.feed(&[next() as u8]);
            if round % 50 == 0 {
                emulator.resize(next() as u16 % 12, next() as u16 % 6);
                assert_eq!(emulator.lines(true).len(), usize::from(emulator.size().1));
                assert_eq!(emulator.fault(), None);
            }
        }
    }
}
