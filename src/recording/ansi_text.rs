//! Styled lines as text with the escape sequences of their colours, and back: what a terminal would
//! be sent to show them, and nothing else that it would obey.

use std::fmt::Write as _;
use std::path::Path;

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;

use super::{PlacedValue, RecordedPicture, RecordedValue};
use crate::ansi;
use crate::run::{Emulator, Output, OutputRow, OutputValue, Part, TextOutput};

/// Modifiers and the numbers that set them.
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

/// The lines of an output, and what is more than text, which they have as plain text; its pictures are
/// these, in order.
pub(super) fn output(
    output: &Output,
    pictures: Vec<Option<RecordedPicture>>,
) -> (Vec<String>, Vec<PlacedValue>) {
    let (mut lines, mut shown) = (Vec::new(), Vec::new());
    let mut pictures = pictures.into_iter();
    for part in output.parts() {
        match part {
            Part::Text(written) => lines.extend(text(written)),
            Part::Value(value) => {
                let is_picture = matches!(value, OutputValue::Picture(_));
                let picture = if is_picture { pictures.next().flatten() } else { None };
                let (text, value) = RecordedValue::of(value, picture);
                let line = lines.len();
                lines.extend(text.lines().map(str::to_owned));
                let lines = lines.len() - line;
                shown.extend(value.map(|value| PlacedValue { line, lines, value }));
            }
        }
    }
    drop_blank_end(&mut lines);
    (lines, shown)
}

fn text(written: &TextOutput) -> Vec<String> {
    let rows = (0..written.len()).filter_map(|index| written.row(index));
    let line = |row| match row {
        OutputRow::Line(row) => line(row),
        OutputRow::Omitted(count) => format!("… {count} lines left out …"),
    };
    rows.map(line).collect()
}

/// The rows of a terminal on the slide.
pub(super) fn screen(screen: &Emulator) -> Vec<String> {
    let mut lines: Vec<_> = screen.lines(false).iter().map(line).collect();
    drop_blank_end(&mut lines);
    lines
}

fn drop_blank_end(lines: &mut Vec<String>) {
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
}

/// An output that shows these lines, and these values in the place of those that stand for them.
pub(super) fn shown(lines: &[String], values: &[PlacedValue], folder: &Path) -> Output {
    let mut output = Output::default();
    let feed = |output: &mut Output, lines: &[String], end: &str| {
        if !lines.is_empty() {
            output.feed((lines.join("\n") + end).as_bytes());
        }
    };
    let mut next = 0;
    for PlacedValue { line, lines: count, value } in values {
        let Some(value) = value.shown(folder) else { continue };
        let line = (*line).clamp(next, lines.len());
        feed(&mut output, &lines[next..line], "\n");
        output.show(value);
        next = line.saturating_add(*count).min(lines.len());
    }
    feed(&mut output, &lines[next..], "");
    output
}

/// Bytes that a cell of a recorded terminal takes at most: its character, with marks on it, and the
/// sequence of its colours.
const MAX_CELL_BYTES: usize = 64;

/// A terminal that shows these rows: their text and colours, whatever else stands in them.
pub(super) fn drawn(lines: &[String], (columns, rows): (u16, u16)) -> Emulator {
    let mut screen = Emulator::new(columns, rows);
    let most = usize::from(columns) * MAX_CELL_BYTES;
    for (number, line) in lines.iter().take(rows.into()).enumerate() {
        let start = if number == 0 { "" } else { "\r\n" };
        let line = &line[..line.floor_char_boundary(most)];
        let _ = screen.feed((start.to_owned() + &colours_only(line)).as_bytes());
    }
    screen
}

/// A line without what a terminal would obey, but for the sequences of its colours.
fn colours_only(line: &str) -> String {
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

/// The text of a line, without its colours.
pub(super) fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, sequence)) = rest.split_once("\x1b[") {
        text.push_str(before);
        rest = sequence.split_once('m').map_or("", |(_, behind)| behind);
    }
    text + rest
}

/// A line as text: each span behind the sequence that sets its style from nothing.
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

/// The numbers that set a colour; `first` is 30 for text, 40 behind it, 50 below it.
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
    fn lines_keep_their_colours_and_nothing_else(#[case] written: &str, #[case] kept: &[&str]) {
        let mut first = Output::default();
        first.feed(written.as_bytes());
        let again = |lines: &[String]| output(&shown(lines, &[], Path::new("")), Vec::new());
        let (lines, _) = output(&first, Vec::new());
        assert_eq!(lines, kept);
        assert_eq!(again(&lines), (lines.clone(), Vec::new()), "shown again it is the same");
        let text: Vec<_> = lines.iter().map(|line| plain(line)).collect();
        let bare: Vec<_> = first.plain_text().lines().map(|l| l.trim_end().to_owned()).collect();
        assert_eq!(text, bare[..text.len()]);
    }

    #[test]
    fn values_are_shown_again_where_they_stood() {
        let mut first = Output::default();
        first.feed(b"one\n");
        first.show(OutputValue::Picture("scratch/picture-1-1".into()));
        first.show(OutputValue::Picture("scratch/gone".into()));
        first.feed(b"two\n\n");
        let table = DataTable { columns: Vec::new(), rows: Vec::new(), height: 3, width: 0 };
        first.show(OutputValue::Table(table));
        let markdown = OutputValue::Markdown { text: "# *a*\n\nb\n".into(), blocks: Vec::new() };
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
            "",
            "… 3 more rows",
            "# *a*",
            "",
            "b",
            "three",
        ];
        assert_eq!(lines, expected);
        let again = shown(&lines, &values, Path::new("talk.recording"));
        assert_eq!(again.pictures().collect::<Vec<_>>(), [Path::new("talk.recording/a-1.1.png")]);
        assert_eq!(output(&again, vec![Some(file("a-1.1.png"))]), (lines.clone(), values.clone()));
        // What somebody wrote into the file is no reason to panic.
        let mut strange = values;
        (strange[0].line, strange[1].line, strange[2].lines) = (usize::MAX, 0, usize::MAX);
        strange[0].value = RecordedValue::Picture(file(".."));
        assert_eq!(shown(&lines, &strange, Path::new("")).pictures().count(), 0);
    }

    #[test]
    fn a_terminal_on_the_slide_is_kept_row_by_row() {
        let mut terminal = Emulator::new(10, 4);
        let _ = terminal.feed(b"\x1b[2;3H\x1b[32mhi\x1b[0m");
        let lines = screen(&terminal);
        assert_eq!(lines, ["", "  \x1b[0;32mhi\x1b[0m"]);
        assert_eq!(screen(&drawn(&lines, (10, 4))), lines);
    }

    #[test]
    fn a_recorded_terminal_obeys_nothing_but_colours() {
        let line = "a\x1b[H\x1b[65535b\x1b]0;t\x07\x1b[?1049hb\x1b[32mc\x1b\n\u{9b}\x1b[0;99";
        let lines = vec![line.to_owned(), "d".to_owned(), "e".to_owned()];
        let shown = screen(&drawn(&lines, (40, 2)));
        assert_eq!(shown, ["a[H[65535b]0;t[?1049hb\x1b[0;32mc[0;99\x1b[0m", "\x1b[0;32md\x1b[0m"]);
        let endless = vec!["x".repeat(1 << 20); 3];
        assert_eq!(screen(&drawn(&endless, (2, 1))), ["xx"]);
    }
}
