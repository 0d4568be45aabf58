//! Frames as an asciinema recording: the bytes that a terminal would get, with their times.

use std::fmt::Write as _;
use std::time::Duration;

use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr as _;

use crate::ansi::{ChangedCell, write_cells};
use crate::view;

/// A recording in the making, in asciinema's format 2.
pub struct Cast {
    lines: String,
    before: Option<Buffer>,
    /// The time of the last event: times never decrease.
    last: Duration,
}

/// What the first line of a recording says.
#[derive(Clone, Copy, Debug, Default)]
pub struct CastHeader<'a> {
    /// The title.
    pub title: &'a str,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The start, in seconds since 1970.
    pub started: Option<i64>,
}

impl Cast {
    /// Starts a recording.
    pub fn new(header: CastHeader<'_>) -> Self {
        let CastHeader { title, size: (columns, rows), started } = header;
        let mut header = serde_json::json!({
            "version": 2,
            "width": columns,
            "height": rows,
            "title": title,
            "env": {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
        });
        if let Some(started) = started {
            header["timestamp"] = started.into();
        }
        Self { lines: format!("{header}\n"), before: None, last: Duration::ZERO }
    }

    /// Shows a frame from this time on. Cells that did not change are left out; another size is that of
    /// the terminal from now on.
    pub fn frame(&mut self, at: Duration, buffer: &Buffer) {
        let mut buffer = buffer.clone();
        view::flatten(&mut buffer);
        if self.before.as_ref().is_some_and(|before| before.area != buffer.area) {
            self.event(at, "r", &format!("{}x{}", buffer.area.width, buffer.area.height));
        }
        let mut bytes = Vec::new();
        let changed = match &self.before {
            Some(before) if before.area == buffer.area => before.diff(&buffer),
            _ => {
                bytes.extend_from_slice(b"\x1b[?25l\x1b[2J");
                cells(&buffer)
            }
        };
        write_cells(&mut bytes, changed);
        if !bytes.is_empty() {
            self.event(at, "o", &String::from_utf8_lossy(&bytes));
        }
        self.before = Some(buffer);
    }

    /// Marks a time, for players that show chapters.
    pub fn mark(&mut self, at: Duration, label: &str) {
        self.event(at, "m", label);
    }

    /// Adds an event of a kind that players ignore.
    pub fn note(&mut self, at: Duration, kind: &str, text: &str) {
        self.event(at, kind, text);
    }

    /// Returns what was written since the last call, as whole lines, for a file that grows.
    pub fn take_lines(&mut self) -> String {
        std::mem::take(&mut self.lines)
    }

    /// Ends the recording, whose last frame is shown until this time.
    pub fn end(&mut self, at: Duration) {
        // Players end with the last event.
        self.event(at, "o", "\u{1b}[0m");
    }

    /// Ends the recording and returns the file.
    pub fn finish(mut self, end: Duration) -> String {
        self.end(end);
        self.lines
    }

    /// Returns the number of bytes that were written.
    pub fn bytes(&self) -> usize {
        self.lines.len()
    }

    fn event(&mut self, at: Duration, kind: &str, text: &str) {
        self.last = self.last.max(at);
        let (at, text) = (self.last, serde_json::Value::from(text));
        let _ = writeln!(self.lines, "[{:.3}, \"{kind}\", {text}]", at.as_secs_f64());
    }
}

/// Returns all cells but those that a wide character covers.
fn cells(buffer: &Buffer) -> Vec<ChangedCell<'_>> {
    let mut found = Vec::new();
    for y in 0..buffer.area.height {
        let mut x = 0;
        while let Some(cell) = buffer.cell((x, y)) {
            found.push((x, y, cell));
            x += u16::try_from(cell.symbol().width()).unwrap_or(1).max(1);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Stylize as _;

    use super::*;

    /// Shows the output of a recording in a terminal.
    fn screen(cast: &str, at: f64) -> String {
        let mut terminal = vt100::Parser::new(2.try_into().unwrap(), 8.try_into().unwrap(), 0);
        for line in cast.lines().skip(1) {
            let (time, kind, text): (f64, String, String) = serde_json::from_str(line).unwrap();
            if kind == "o" && time <= at {
                terminal.process(text.as_bytes());
            }
        }
        let rows = terminal.screen().contents();
        rows.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
    }

    #[test]
    fn recording_shows_each_frame_at_its_time() {
        let frame = |rows: [&'static str; 2]| {
            Buffer::with_lines(rows.map(|row| ratatui::text::Line::from(row.red().bold())))
        };
        let mut cast = Cast::new(CastHeader { title: "A \"talk\"", size: (8, 2), started: None });
        cast.frame(Duration::ZERO, &frame(["one  中 ", "        "]));
        cast.frame(Duration::from_millis(1500), &frame(["one  x  ", "two     "]));
        cast.mark(Duration::from_secs(2), "Two");
        let file = cast.finish(Duration::from_secs(3));
        let header: serde_json::Value = serde_json::from_str(file.lines().next().unwrap()).unwrap();
        assert_eq!((&header["version"], &header["width"]), (&2.into(), &8.into()));
        assert_eq!(screen(&file, 0.0), "one  中");
        assert_eq!(screen(&file, 1.5), "one  x\ntwo");
        assert!(file.contains("[2.000, \"m\", \"Two\"]\n[3.000, \"o\""), "{file}");
    }

    #[test]
    fn growing_file_has_every_line_once() {
        let header =
            CastHeader { size: (8, 1), started: Some(1_700_000_000), ..CastHeader::default() };
        let mut cast = Cast::new(header);
        let first = cast.take_lines();
        assert!(first.contains("\"timestamp\":1700000000") && first.ends_with("}\n"), "{first}");
        cast.frame(Duration::ZERO, &Buffer::empty(Rect::new(0, 0, 8, 1)));
        assert_eq!(cast.take_lines().lines().count(), 1);
        cast.frame(Duration::from_secs(1), &Buffer::with_lines(["wider and"]));
        let third = cast.take_lines();
        assert!(third.starts_with("[1.000, \"r\", \"9x1\"]\n[1.000, \"o\""), "{third}");
        cast.note(Duration::from_secs(2), "L", "{}");
        assert_eq!(cast.take_lines(), "[2.000, \"L\", \"{}\"]\n");
    }

    #[test]
    fn text_after_a_joined_character_is_placed_anew() {
        let mut cast = Cast::new(CastHeader { size: (8, 1), ..CastHeader::default() });
        cast.frame(Duration::ZERO, &Buffer::with_lines(["a👩\u{200d}💻bc"]));
        let line = cast.take_lines();
        assert!(line.contains("💻\\u001b[1;4Hbc"), "{line}");
    }

    #[test]
    fn unchanged_cells_are_left_out() {
        let buffer = |text: &str| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 1));
            buffer.set_string(0, 0, text, ratatui::style::Style::new());
            buffer
        };
        let mut cast = Cast::new(CastHeader { size: (8, 1), ..CastHeader::default() });
        cast.frame(Duration::ZERO, &buffer("abcdefgh"));
        let first = cast.bytes();
        cast.frame(Duration::from_secs(1), &buffer("abcdefgh"));
        assert_eq!(cast.bytes(), first);
        cast.frame(Duration::from_secs(2), &buffer("abcXefgh"));
        let last = cast.lines.lines().last().unwrap();
        assert!(last.contains("[1;4H") && last.contains('X') && !last.contains('a'), "{last}");
    }
}
