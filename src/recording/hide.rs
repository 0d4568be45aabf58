//! Hides output that a block's `+mask` matches, for documents and logs. What is on the stage stays as
//! it is.

use std::path::Path;

use regex::Regex;

use super::{PlacedValue, RecordedPicture, RecordedValue, RunResult, ansi_text};
use crate::run::{CellRun, DataTable, Outcome, Output, OutputValue};

/// What documents show in place of a match.
const HIDDEN: &str = "<masked>";

/// The same as markdown, in which it is no tag.
const HIDDEN_MARKDOWN: &str = r"\<masked>";

/// What a terminal shows in place of each hidden character: its rows keep their columns.
const HIDDEN_CELL: &str = "•";

/// Returns a run without the text that a regular expression matches. Its Markdown has to be parsed
/// again.
pub fn hide(run: &CellRun, pattern: &str) -> CellRun {
    let Ok(pattern) = Regex::new(pattern) else { return run.clone() };
    CellRun {
        replay: run.replay.as_ref().map(|replay| Box::new(hidden(replay, &pattern))),
        ..hidden(run, &pattern)
    }
}

fn hidden(run: &CellRun, pattern: &Regex) -> CellRun {
    let files: Vec<_> = run.output.pictures().cloned().collect();
    // The names stand for the files, which stay where they are.
    let names = (0..files.len()).map(|number| {
        let (file, hash, kind) = (number.to_string(), String::new(), String::new());
        Some(RecordedPicture { file, hash, kind })
    });
    let RunResult { mut lines, mut values, .. } =
        RunResult::of(run, Outcome::Exited(0), None, names.collect());
    let screen = run.output.screen.as_ref();
    let replacement = if screen.is_some() { Replacement::Cells } else { Replacement::Word };
    hide_in(&mut lines, pattern, replacement);
    for PlacedValue { value, .. } in &mut values {
        hide_value(value, pattern);
    }
    let mut output = match screen {
        Some(screen) => {
            Output::default().on_screen(Some(ansi_text::to_terminal(&lines, screen.size())))
        }
        None => ansi_text::to_output_by(&lines, &values, &|value| match value {
            RecordedValue::Picture(picture) => {
                let file = files.get(picture.file.parse::<usize>().ok()?)?;
                Some(OutputValue::Picture(file.clone()))
            }
            value => value.to_value(Path::new("")),
        }),
    };
    output.picture.clone_from(&run.output.picture);
    CellRun { output, replay: None, ..run.clone() }
}

fn hide_value(value: &mut RecordedValue, pattern: &Regex) {
    let hide = |text: &str| pattern.replace_all(text, HIDDEN).into_owned();
    match value {
        RecordedValue::Markdown(text) => {
            *text = pattern.replace_all(text, HIDDEN_MARKDOWN).into_owned();
        }
        RecordedValue::Table(DataTable { columns, rows, .. }) => {
            for column in columns {
                column.name = hide(&column.name).into();
            }
            for cell in rows.iter_mut().flatten() {
                *cell = hide(cell).into();
            }
        }
        RecordedValue::Picture(_) | RecordedValue::Timing(_) => {}
    }
}

/// How hidden text is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Replacement {
    /// By one word.
    Word,
    /// Cell by cell.
    Cells,
}

/// Hides the matches in lines with colours. A match may go over several lines, whose number stays the
/// same.
fn hide_in(lines: &mut [String], pattern: &Regex, replacement: Replacement) {
    let plain: Vec<_> = lines.iter().map(|line| ansi_text::plain(line)).collect();
    let text = plain.join("\n");
    let starts = plain.iter().scan(0, |next, line| {
        let start = *next;
        *next += line.len() + 1;
        Some(start)
    });
    let matches: Vec<_> = pattern.find_iter(&text).filter(|found| !found.is_empty()).collect();
    for ((line, plain), start) in lines.iter_mut().zip(&plain).zip(starts) {
        let end = start + plain.len();
        let inside = matches.iter().filter(|found| found.start() < end && found.end() > start);
        // From the end on, so that earlier places stay what they are.
        for found in inside.rev() {
            let part = found.start().max(start) - start..found.end().min(end) - start;
            let shown = match replacement {
                Replacement::Word if found.start() >= start => HIDDEN.to_owned(),
                Replacement::Word => String::new(),
                Replacement::Cells => cells(&plain[part.clone()]),
            };
            ansi_text::replace(line, part, &shown);
        }
    }
}

/// Returns as many hidden cells as a text has columns; blanks stay.
fn cells(text: &str) -> String {
    let cell = |c: char| match unicode_width::UnicodeWidthChar::width(c).unwrap_or(0) {
        _ if c == ' ' => " ".to_owned(),
        width => HIDDEN_CELL.repeat(width),
    };
    text.chars().map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{DataColumn, Emulator};

    fn shown(written: &str, pattern: &str) -> String {
        let mut run = CellRun::default();
        run.output.feed(written.as_bytes());
        hide(&run, pattern).output.plain_text()
    }

    #[test]
    fn matches_are_hidden_in_text() {
        assert_eq!(shown("key sk-12 and sk-3\nok", r"sk-\d+"), "key <masked> and <masked>\nok");
        assert_eq!(shown("a\nb 1\n\n2 c\nd", r"(?s)1.*2"), "a\nb <masked>\n\n c\nd");
        assert_eq!(shown("s\x1b[31mec\x1b[0mret!", "secret"), "<masked>!");
        assert_eq!(shown("a", "("), "a", "an invalid expression is reported by the parser");
        assert_eq!(shown("a", ""), "a");
    }

    #[test]
    fn matches_are_hidden_in_values() {
        let mut run = CellRun::default();
        run.output.show(OutputValue::Picture("scratch/one.png".into()));
        let (name, align) = ("secret".into(), crate::deck::Align::Left);
        let column = DataColumn { name, kind: None, align, is_index: false };
        let rows = vec![vec!["a secret".into()]];
        let table = DataTable { columns: vec![column], rows, height: 1, width: 1 };
        run.output.show(OutputValue::Table(table));
        run.output.show(OutputValue::Markdown("# secret\n".into()));
        let hidden = hide(&run, "secret").output;
        let pictures: Vec<_> = hidden.pictures().collect();
        assert_eq!(pictures, [Path::new("scratch/one.png")]);
        let text = hidden.plain_text();
        assert!(!text.contains("secret") && text.matches(HIDDEN).count() == 3, "{text}");
    }

    #[test]
    fn terminals_keep_their_columns() {
        let mut screen = Emulator::new(20, 2);
        let _ = screen.feed(b"\x1b[31mkey: sk 12\x1b[0m |\r\nsk 3|");
        let output = Output::default().on_screen(Some(screen));
        let run = CellRun { output, ..CellRun::default() };
        let hidden = hide(&run, r"sk \d+").output.screen.unwrap();
        let rows: Vec<_> =
            hidden.lines(false).iter().map(|row| row.to_string().trim_end().to_owned()).collect();
        assert_eq!(rows, ["key: •• •• |", "•• •|"]);
    }

    #[test]
    fn replayed_runs_are_hidden_too() {
        let mut replay = CellRun::default();
        replay.output.feed(b"secret");
        let run = CellRun { replay: Some(Box::new(replay)), ..CellRun::default() };
        assert_eq!(hide(&run, "secret").shown().output.plain_text(), HIDDEN);
    }
}
