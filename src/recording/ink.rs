//! Styled lines as text with the escape sequences of their colours, and back: what a terminal would
//! be sent to show them, and nothing else that it would obey.

use std::fmt::Write as _;

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;

use crate::ansi;
use crate::run::{Emulator, Output, OutputRow, Part, Written};

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

/// The lines of an output; of what is more than text, those that it is as plain text.
pub(super) fn output(output: &Output) -> Vec<String> {
    let mut lines: Vec<_> = output
        .parts()
        .iter()
        .flat_map(|part| match part {
            Part::Text(written) => text(written),
            Part::Shown(value) => value.plain_text().lines().map(str::to_owned).collect(),
        })
        .collect();
    drop_blank_end(&mut lines);
    lines
}

fn text(written: &Written) -> Vec<String> {
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

/// An output that shows these lines.
pub(super) fn shown(lines: &[String]) -> Output {
    let mut output = Output::default();
    output.feed(lines.join("\n").as_bytes());
    output
}

/// A terminal that shows these rows.
pub(super) fn drawn(lines: &[String], (columns, rows): (u16, u16)) -> Emulator {
    let mut screen = Emulator::new(columns, rows);
    let _ = screen.feed(lines.join("\r\n").as_bytes());
    screen
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
        let lines = output(&first);
        assert_eq!(lines, kept);
        assert_eq!(output(&shown(&lines)), lines, "shown again it is the same");
        let text: Vec<_> = lines.iter().map(|line| plain(line)).collect();
        let bare: Vec<_> = first.plain_text().lines().map(|l| l.trim_end().to_owned()).collect();
        assert_eq!(text, bare[..text.len()]);
    }

    #[test]
    fn a_terminal_on_the_slide_is_kept_row_by_row() {
        let mut terminal = Emulator::new(10, 4);
        let _ = terminal.feed(b"\x1b[2;3H\x1b[32mhi\x1b[0m");
        let lines = screen(&terminal);
        assert_eq!(lines, ["", "  \x1b[0;32mhi\x1b[0m"]);
        assert_eq!(screen(&drawn(&lines, (10, 4))), lines);
    }
}
