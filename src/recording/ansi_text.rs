//! Converts styled lines to text with escape sequences for colours, and back. No other escape
//! sequence survives.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;

use super::{PlacedValue, RecordedPicture, RecordedValue};
use crate::ansi;
use crate::run::{Emulator, Output, OutputRow, OutputValue, Part, TextOutput};

/// Modifiers and their SGR numbers.
const MODIFIERS: [(Modifier, u8); 8] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::REVERSED, 7),
    (Modifier::HIDDEN, 8),
    (Modifier::CROSSED_OUT, 9),
];

/// Converts an output to lines and its displayed values, which the lines contain as plain text.
/// `pictures` are the files of its pictures, in order.
pub(super) fn output(
    output: &Output,
    pictures: Vec<Option<RecordedPicture>>,
) -> (Vec<String>, Vec<PlacedValue>) {
    let (mut lines, mut values) = (Vec::new(), Vec::new());
    let mut pictures = pictures.into_iter();
    for part in output.parts() {
        match part {
            Part::Text(written) => lines.extend(text(written)),
            value => {
                let is_picture = matches!(value, Part::Picture(_));
                let picture = if is_picture { pictures.next().flatten() } else { None };
                let (text, value) = RecordedValue::of(value, picture);
                let line = lines.len();
                lines.extend(text.lines().map(str::to_owned));
                let lines = lines.len() - line;
                values.extend(value.map(|value| PlacedValue { line, lines, value }));
            }
        }
    }
    remove_trailing_blank_lines(&mut lines);
    (lines, values)
}

fn text(written: &TextOutput) -> Vec<String> {
    let rows = (0..written.len()).filter_map(|index| written.row(index));
    let line = |row| match row {
        OutputRow::Line(row) => line(row),
        OutputRow::Omitted(count) => format!("… {count} lines left out …"),
    };
    rows.map(line).collect()
}

/// Returns the rows of a terminal as lines.
pub(super) fn screen(screen: &Emulator) -> Vec<String> {
    let mut lines: Vec<_> = screen.lines(false).iter().map(line).collect();
    remove_trailing_blank_lines(&mut lines);
    lines
}

fn remove_trailing_blank_lines(lines: &mut Vec<String>) {
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
}

/// Recreates an output from recorded lines, with the values in place of the lines that represent
/// them.
pub(super) fn to_output(lines: &[String], values: &[PlacedValue], folder: &Path) -> Output {
    to_output_by(lines, values, &|value| value.to_value(folder))
}

/// Like [`to_output`], with the values that `to_value` returns.
pub(super) fn to_output_by(
    lines: &[String],
    values: &[PlacedValue],
    to_value: &dyn Fn(&RecordedValue) -> Option<OutputValue>,
) -> Output {
    let mut output = Output::default();
    let feed = |output: &mut Output, lines: &[String], end: &str| {
        if !lines.is_empty() {
            output.feed((lines.join("\n") + end).as_bytes());
        }
    };
    let mut next = 0;
    for PlacedValue { line, lines: count, value } in values {
        let Some(value) = to_value(value) else { continue };
        let line = (*line).clamp(next, lines.len());
        feed(&mut output, &lines[next..line], "\n");
        output.show(value);
        next = line.saturating_add(*count).min(lines.len());
    }
    feed(&mut output, &lines[next..], "");
    output
}

/// Maximum bytes of a cell of a recorded terminal: a character with combining marks, and the
/// sequence of its colours.
const MAX_CELL_BYTES: usize = 64;

/// Recreates a terminal from recorded rows. Only their text and colours are used.
pub(super) fn to_terminal(lines: &[String], (columns, rows): (u16, u16)) -> Emulator {
    let mut screen = Emulator::new(columns, rows);
    let most = usize::from(columns) * MAX_CELL_BYTES;
    for (number, line) in lines.iter().take(rows.into()).enumerate() {
        let start = if number == 0 { "" } else { "\r\n" };
        let line = &line[..line.floor_char_boundary(most)];
        let _ = screen.feed((start.to_owned() + &keep_only_colours(line)).as_bytes());
    }
    screen
}

/// Removes control characters and escape sequences from a line, except for colours.
fn keep_only_colours(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(char::is_control) {
        kept.push_str(&rest[..at]);
        rest = &rest[at..];
        let sequence = rest.strip_prefix("\x1b[").and_then(|behind| {
            let end = behind.find(|c: char| !matches!(c, '0'..='9' | ';' | ':'))?;
            behind[end..].starts_with('m').then_some("\x1b[".len() + end + 1)
        });
        let end = sequence.unwrap_or_else(|| rest.chars().next().map_or(0, char::len_utf8));
        kept.push_str(if sequence.is_some() { &rest[..end] } else { "" });
        rest = &rest[end..];
    }
    kept + rest
}

/// Removes the colours from a line.
pub(super) fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, sequence)) = rest.split_once("\x1b[") {
        text.push_str(before);
        rest = sequence.split_once('m').map_or("", |(_, behind)| behind);
    }
    text + rest
}

/// Replaces a part of a line, given as bytes of its text without colours. The new text has the colours
/// of the first character of the old one.
pub(super) fn replace(line: &mut String, part: Range<usize>, with: &str) {
    let (mut replaced, mut rest, mut at) = (String::with_capacity(line.len()), &**line, 0);
    let mut is_due = true;
    while !rest.is_empty() {
        let (text, behind) = rest.split_at(rest.find("\x1b[").unwrap_or(rest.len()));
        let end = at + text.len();
        let before = part.start.clamp(at, end) - at;
        let after = part.end.clamp(at, end) - at;
        replaced += &text[..before];
        if part.start < end && std::mem::take(&mut is_due) {
            replaced += with;
        }
        replaced += &text[after.max(before)..];
        at = end;
        let sequence = behind.find('m').map_or(behind.len(), |end| end + 1);
        replaced += &behind[..sequence];
        rest = &behind[sequence..];
    }
    *line = replaced;
}

/// Converts a line to text. Each span follows the sequence that sets its style from the default.
fn line(line: &Line<'_>) -> String {
    let end = line.spans.iter().rposition(|span| {
        span.style != Style::new() || !span.content.trim_end_matches(' ').is_empty()
    });
    let spans = end.map_or(&[][..], |end| &line.spans[..=end]);
    let mut text = String::new();
    let mut before = Style::new();
    for (at, span) in spans.iter().enumerate() {
        if span.style != before {
            text += &sequence(span.style);
            before = span.style;
        }
        let is_last = at + 1 == spans.len() && span.style == Style::new();
        let content = &*span.content;
        text += if is_last { content.trim_end_matches(' ') } else { content };
    }
    if before != Style::new() {
        text += "\x1b[0m";
    }
    text
}

fn sequence(style: Style) -> String {
    let mut sequence = "\x1b[0".to_owned();
    let set = MODIFIERS.iter().filter(|(modifier, _)| style.add_modifier.contains(*modifier));
    for (_, number) in set {
        let _ = write!(sequence, ";{number}");
    }
    for (color, first) in [(style.fg, 30), (style.bg, 40), (style.underline_color, 50)] {
        let color = color.map(|color| numbers(color, first)).unwrap_or_default();
        sequence += &color;
    }
    sequence + "m"
}

/// Returns the SGR parameters of a colour. `first` is 30 for the foreground, 40 for the background
/// and 50 for underlines.
fn numbers(color: Color, first: u8) -> String {
    let named = match color {
        Color::Rgb(red, green, blue) => return format!(";{};2;{red};{green};{blue}", first + 8),
        color => ansi::number(color),
    };
    match named {
        None => String::new(),
        Some(dark @ 0..8) if first < 50 => format!(";{}", first + dark),
        Some(bright @ 8..16) if first < 50 => format!(";{}", first + 60 + bright - 8),
        Some(index) => format!(";{};5;{index}", first + 8),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::run::DataTable;

    #[rstest]
    #[case("plain", &["plain"])]
    #[case("a\n\nb  \n\n", &["a", "", "b"])]
    #[case("10%\r99%", &["99%"])]
    #[case("\x1b[1;31mred\x1b[0m and not", &["\x1b[0;1;31mred\x1b[0m and not"])]
    #[case("\x1b[97;48;5;200mx", &["\x1b[0;97;48;5;200mx\x1b[0m"])]
    #[case("\x1b[38;2;1;2;3;58;5;1mx\x1b[m\x1b]0;title\x07", &["\x1b[0;38;2;1;2;3;58;5;1mx\x1b[0m"])]
    fn only_text_and_colours_are_kept(#[case] written: &str, #[case] kept: &[&str]) {
        let mut first = Output::default();
        first.feed(written.as_bytes());
        let again = |lines: &[String]| output(&to_output(lines, &[], Path::new("")), Vec::new());
        let (lines, _) = output(&first, Vec::new());
        assert_eq!(lines, kept);
        assert_eq!(again(&lines), (lines.clone(), Vec::new()), "a round trip changes nothing");
        let text: Vec<_> = lines.iter().map(|line| plain(line)).collect();
        let bare: Vec<_> = first.plain_text().lines().map(|l| l.trim_end().to_owned()).collect();
        assert_eq!(text, bare[..text.len()]);
    }

    #[test]
    fn values_keep_their_position() {
        let mut first = Output::default();
        first.feed(b"one\n");
        first.show(OutputValue::Picture("scratch/picture-1-1".into()));
        first.show(OutputValue::Picture("scratch/gone".into()));
        first.feed(b"two\n\n");
        let table = DataTable { columns: Vec::new(), rows: Vec::new(), height: 3, width: 0 };
        first.show(OutputValue::Table(table));
        let markdown = OutputValue::Markdown("# *a*\n\nb\n".into());
        first.show(markdown);
        first.feed(b"three");
        let file = |name: &str| RecordedPicture {
            file: name.to_owned(),
            hash: "0".to_owned(),
            kind: "PNG, 4 × 3".to_owned(),
        };
        let pictures = vec![Some(file("a-1.1.png")), None];
        let (lines, values) = output(&first, pictures);
        let expected = [
            "one",
            "[picture: PNG, 4 × 3]",
            "[picture]",
            "two",
            "",
            "… 3 more rows",
            "# *a*",
            "",
            "b",
            "three",
        ];
        assert_eq!(lines, expected);
        let again = to_output(&lines, &values, Path::new("talk.recording"));
        assert_eq!(again.pictures().collect::<Vec<_>>(), [Path::new("talk.recording/a-1.1.png")]);
        assert_eq!(output(&again, vec![Some(file("a-1.1.png"))]), (lines.clone(), values.clone()));
        // Edited files must not cause a panic.
        let mut strange = values;
        (strange[0].line, strange[1].line, strange[2].lines) = (usize::MAX, 0, usize::MAX);
        strange[0].value = RecordedValue::Picture(file(".."));
        assert_eq!(to_output(&lines, &strange, Path::new("")).pictures().count(), 0);
    }

    #[test]
    fn terminals_are_recorded_row_by_row() {
        let mut terminal = Emulator::new(10, 4);
        let _ = terminal.feed(b"\x1b[2;3H\x1b[32mhi\x1b[0m");
        let lines = screen(&terminal);
        assert_eq!(lines, ["", "  \x1b[0;32mhi\x1b[0m"]);
        assert_eq!(screen(&to_terminal(&lines, (10, 4))), lines);
    }

    #[test]
    fn recorded_terminals_interpret_only_colours() {
        let line = "a\x1b[H\x1b[65535b\x1b]0;t\x07\x1b[?1049hb\x1b[32mc\x1b\n\u{9b}\x1b[0;99";
        let lines = vec![line.to_owned(), "d".to_owned(), "e".to_owned()];
        let rows = screen(&to_terminal(&lines, (40, 2)));
        assert_eq!(rows, ["a[H[65535b]0;t[?1049hb\x1b[0;32mc[0;99\x1b[0m", "\x1b[0;32md\x1b[0m"]);
        let endless = vec!["x".repeat(1 << 20); 3];
        assert_eq!(screen(&to_terminal(&endless, (2, 1))), ["xx"]);
    }
}
