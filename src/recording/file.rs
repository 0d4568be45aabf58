//! The recording file: JSON with one line per line of output, which keeps diffs small.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{BlockPosition, Entry, Recording, RunResult, limits, recorded_values};
use crate::deck::Fingerprint;
use crate::run::Outcome;

/// The version of the file format.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct RecordingFile {
    version: u32,
    #[serde(deserialize_with = "limits::blocks")]
    blocks: Vec<EntryRecord>,
}

/// An entry, as it is stored.
#[derive(Serialize, Deserialize)]
pub(super) struct EntryRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "limits::optional_name")]
    slide: Option<String>,
    block: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "limits::optional_name")]
    name: Option<String>,
    #[serde(deserialize_with = "limits::name")]
    language: String,
    #[serde(with = "code")]
    code: Fingerprint,
    #[serde(deserialize_with = "limits::name")]
    recorded: String,
    #[serde(with = "status")]
    status: Outcome,
    #[serde(deserialize_with = "limits::millis")]
    took_ms: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "limits::terminal")]
    terminal: Option<(u16, u16)>,
    #[serde(flatten)]
    picture: recorded_values::PictureRecord,
    #[serde(default, deserialize_with = "limits::lines")]
    output: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(deserialize_with = "limits::values")]
    shown: Vec<recorded_values::ValueRecord>,
}

/// A syntax error in a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingSyntaxError {
    /// What is wrong.
    pub message: String,
    /// The line, from 1.
    pub line: usize,
    /// The byte in that line, from 1.
    pub column: usize,
}

impl Recording {
    /// Parses a recording file.
    ///
    /// # Errors
    /// Returns what is wrong and where.
    pub fn read(text: &str) -> Result<Self, RecordingSyntaxError> {
        let document: RecordingFile =
            serde_json::from_str(text).map_err(|error| RecordingSyntaxError::of(&error))?;
        let broken = |message: String| Err(RecordingSyntaxError { message, line: 1, column: 1 });
        if document.version != VERSION {
            return broken(format!(
                "unsupported recording version {}; expected {VERSION}",
                document.version
            ));
        }
        let sizes = document.blocks.iter().filter_map(|block| block.terminal);
        let cells: usize = sizes.map(|size| usize::from(size.0) * usize::from(size.1)).sum();
        if cells > limits::MAX_TERMINAL_CELLS {
            let most = limits::MAX_TERMINAL_CELLS;
            return broken(format!("its terminals have {cells} cells; the limit is {most}"));
        }
        Ok(Self { entries: document.blocks.into_iter().map(EntryRecord::into_entry).collect() })
    }

    /// Returns the recording as the text of its file.
    pub fn write(&self) -> String {
        let blocks = self.entries.iter().filter_map(EntryRecord::of).collect();
        let document = RecordingFile { version: VERSION, blocks };
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }
}

impl RecordingSyntaxError {
    /// Converts the parser's error. Its message ends with the position, which is removed.
    fn of(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line().max(1), error.column().max(1));
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = format!("invalid recording: {}", text.trim_end_matches(&place));
        Self { message, line, column }
    }
}

impl EntryRecord {
    /// Converts an entry to its stored form. `None` if its run never started.
    pub(super) fn of(entry: &Entry) -> Option<Self> {
        let Entry { place, language, code, date, result } = entry.clone();
        Some(Self {
            slide: place.slide,
            block: place.block,
            name: place.name,
            language,
            code,
            recorded: date,
            // A run that never started is not stored.
            status: status(&result.outcome).map(|_| result.outcome)?,
            took_ms: millis(result.took),
            terminal: result.screen,
            picture: result.picture.map(recorded_values::PictureRecord::of).unwrap_or_default(),
            output: result.lines,
            shown: result.values.into_iter().map(recorded_values::ValueRecord::of).collect(),
        })
    }

    /// Converts the stored form to an entry.
    pub(super) fn into_entry(self) -> Entry {
        let result = RunResult {
            outcome: self.status,
            took: Duration::from_secs_f64(self.took_ms / 1000.0),
            lines: self.output,
            screen: self.terminal,
            picture: self.picture.picture(),
            values: self
                .shown
                .into_iter()
                .filter_map(recorded_values::ValueRecord::placed)
                .collect(),
        };
        let place = BlockPosition { slide: self.slide, block: self.block, name: self.name };
        Entry { place, language: self.language, code: self.code, date: self.recorded, result }
    }
}

/// Stores a fingerprint as a hexadecimal number.
mod code {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use super::Fingerprint;
    use crate::source::excerpt;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(code: &Fingerprint, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:016x}", code.0))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Fingerprint, D::Error> {
        let code = String::deserialize(from)?;
        let number = u64::from_str_radix(&code, 16);
        number.map(Fingerprint).map_err(|_| {
            D::Error::custom(format!("block code `{}` is not a hexadecimal number", excerpt(&code)))
        })
    }
}

/// Stores an outcome as text.
mod status {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use super::Outcome;
    use crate::source::excerpt;

    pub(super) fn serialize<S: Serializer>(outcome: &Outcome, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::status(outcome).unwrap_or_default())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Outcome, D::Error> {
        let status = String::deserialize(from)?;
        super::outcome(&status).ok_or_else(|| {
            let status = excerpt(&status);
            D::Error::custom(format!("unknown block status `{status}`"))
        })
    }
}

/// Formats an outcome, or returns `None` for a run that never started.
pub(super) fn status(outcome: &Outcome) -> Option<String> {
    Some(match outcome {
        Outcome::Exited(0) => "done".to_owned(),
        Outcome::Exited(status) => format!("exit {status}"),
        Outcome::Signaled(signal) => format!("signal {signal}"),
        Outcome::Raised => "exception".to_owned(),
        Outcome::NotCompiled => "not compiled".to_owned(),
        Outcome::Stopped => "stopped".to_owned(),
        Outcome::TimedOut => "timed out".to_owned(),
        Outcome::NotStarted(_) => return None,
    })
}

fn outcome(status: &str) -> Option<Outcome> {
    Some(match status {
        "done" => Outcome::Exited(0),
        "exception" => Outcome::Raised,
        "not compiled" => Outcome::NotCompiled,
        "stopped" => Outcome::Stopped,
        "timed out" => Outcome::TimedOut,
        _ => match status.split_once(' ')? {
            ("exit", number) => Outcome::Exited(number.parse().ok()?),
            ("signal", number) => Outcome::Signaled(number.parse().ok()?),
            _ => return None,
        },
    })
}

/// Converts to milliseconds, rounded to a useful precision.
fn millis(took: Duration) -> f64 {
    let tenths = (took.as_secs_f64() * 10_000.0).round();
    if tenths < 100.0 { tenths / 10.0 } else { (tenths / 10.0).round() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deck::Align;
    use crate::recording::RecordedPicture;
    use crate::recording::{PlacedValue, RecordedValue};
    use crate::run::{DataColumn, DataTable};

    fn table() -> DataTable {
        let column = |name: &str, kind: Option<&str>, align, is_index| DataColumn {
            name: name.into(),
            kind: kind.map(Into::into),
            align,
            is_index,
        };
        let columns = vec![
            column("", None, Align::Right, true),
            column("name", Some("str"), Align::Left, false),
        ];
        let row = |cells: [&str; 2]| cells.map(Into::into).to_vec();
        DataTable {
            columns,
            rows: vec![row(["0", "é \\ \""]), row(["1", ""])],
            height: 9,
            width: 1,
        }
    }

    #[test]
    fn tables_have_one_line_per_row() {
        let mut result = entry(Outcome::Exited(0));
        let value = RecordedValue::Table(table());
        result.result.values = vec![PlacedValue { line: 0, lines: 1, value }];
        let text = Recording { entries: vec![result] }.write();
        assert!(text.contains("\"1\\t\"\n"), "{text}");
        let cut = Recording::read(&text.replace("\"1\\t\"", "\"1\"")).unwrap();
        let RecordedValue::Table(table) = &cut.entries[0].result.values[0].value else {
            panic!("{cut:?}")
        };
        assert_eq!(table.rows[1].len(), 2);
        let other = Recording::read(&text.replace("\"table\"", "\"chart\"")).unwrap();
        assert_eq!(other.entries[0].result.values, [], "an unknown value is kept as text");
    }

    fn entry(outcome: Outcome) -> Entry {
        Entry {
            place: BlockPosition { slide: Some("A title".to_owned()), block: 1, name: None },
            language: "python".to_owned(),
            code: Fingerprint(0xab),
            date: "2026-11-22".to_owned(),
            result: RunResult {
                outcome,
                took: Duration::from_micros(1_260),
                lines: vec!["one".to_owned(), "\x1b[0;31mé\x1b[0m".to_owned()],
                screen: None,
                picture: None,
                values: Vec::new(),
            },
        }
    }

    #[test]
    fn file_has_one_line_per_output_line() {
        let recording = Recording { entries: vec![entry(Outcome::Exited(0))] };
        insta::assert_snapshot!(recording.write(), @r#"
        {
          "version": 1,
          "blocks": [
            {
              "slide": "A title",
              "block": 1,
              "language": "python",
              "code": "00000000000000ab",
              "recorded": "2026-11-22",
              "status": "done",
              "took_ms": 1.3,
              "output": [
                "one",
                "\u001b[0;31mé\u001b[0m"
              ]
            }
          ]
        }
        "#);
    }

    #[test]
    fn recordings_round_trip() {
        let outcomes = [
            Outcome::Exited(0),
            Outcome::Exited(3),
            Outcome::Signaled(11),
            Outcome::Raised,
            Outcome::NotCompiled,
            Outcome::Stopped,
            Outcome::TimedOut,
        ];
        let mut entries: Vec<Entry> = outcomes.into_iter().map(entry).collect();
        for (entry, ms) in entries.iter_mut().zip([0, 9, 12, 1_234, 65_000, 3, 4]) {
            entry.result.took = Duration::from_millis(ms);
        }
        entries[1].place = BlockPosition { slide: None, block: 7, name: Some("it".to_owned()) };
        entries[2].result.screen = Some((80, 24));
        let picture = |file: &str, kind: &str| RecordedPicture {
            file: file.to_owned(),
            hash: "0".to_owned(),
            kind: kind.to_owned(),
        };
        entries[3].result.picture = Some(picture("a-1.png", ""));
        entries[4].result.picture = Some(picture("a-2.png", "PNG, 2 × 2"));
        let values = [
            RecordedValue::Picture(picture("a-1.1.png", "PNG, 2 × 2")),
            RecordedValue::Markdown("# a\n".to_owned()),
            RecordedValue::Table(table()),
        ];
        let shown = values.into_iter().zip(1..);
        entries[5].result.values =
            shown.map(|(value, line)| PlacedValue { line, lines: 1, value }).collect();
        let recording = Recording { entries };
        assert_eq!(Recording::read(&recording.write()), Ok(recording));
    }

    #[test]
    fn syntax_errors_have_a_position() {
        let whole = Recording { entries: vec![entry(Outcome::Raised)] }.write();
        let broken = |text: &str| {
            let RecordingSyntaxError { message, line, .. } = Recording::read(text).unwrap_err();
            format!("{line}: {message}")
        };
        assert!(broken("").starts_with("1: invalid recording: EOF"));
        assert!(
            broken(&whole.replace("\"block\": 1,", "<<<<<<<")).starts_with("6: invalid recording")
        );
        let other = whole.replace("\"version\": 1", "\"version\": 9");
        assert_eq!(broken(&other), "1: unsupported recording version 9; expected 1");
        let strange = whole.replace("exception", "fine");
        assert_eq!(broken(&strange), "10: invalid recording: unknown block status `fine`");
    }

    /// Replaces `from` with `to` in a recording with a table and a timing, and returns the error.
    fn changed(from: &str, to: &str) -> Option<String> {
        let mut with_values = entry(Outcome::Exited(0));
        with_values.result.screen = Some((80, 24));
        let timing = crate::run::Timing { samples: 7, median: 1.5, ..Default::default() };
        let values = [RecordedValue::Table(table()), RecordedValue::Timing(timing)];
        let values = values.into_iter().map(|value| PlacedValue { line: 0, lines: 1, value });
        with_values.result.values = values.collect();
        let text = Recording { entries: vec![with_values] }.write();
        let changed = text.replacen(from, to, 1);
        assert!(text.contains(from), "{from} is written");
        Recording::read(&changed)
            .err()
            .map(|broken| format!("{}:{}: {}", broken.line, broken.column, broken.message))
    }

    #[test]
    fn numbers_are_limited() {
        let numbers = [
            "\"version\": 1",
            "\"block\": 1",
            "\"took_ms\": 1.3",
            "\n        80",
            "\n        24",
            "\"line\": 0",
            "\"lines\": 1",
            "\"height\": 9",
            "\"width\": 1",
            "\"calls\": 0",
            "\"samples\": 7",
            "\"total\": 0.0",
            "\"median\": 1.5",
            "\"low\": 0.0",
            "\"high\": 0.0",
        ];
        let strange = ["-1", "1e308", "1e999", "NaN", "99999999999999999999", "null", "[]"];
        for number in numbers {
            let (key, _) = number.rsplit_once(' ').unwrap();
            for strange in strange {
                let broken = changed(number, &format!("{key} {strange}"));
                assert!(broken.is_some_and(|it| !it.starts_with("0:")), "{number}: {strange}");
            }
            for possible in ["0", "1", "65535", "4294967295"] {
                // Accepted or rejected; it must not panic.
                let _ = changed(number, &format!("{key} {possible}"));
            }
        }
    }

    #[test]
    fn terminal_sizes_are_limited() {
        let size = "80,\n        24";
        let refused = |to: &str| changed(size, to).unwrap();
        let why = "a terminal cannot have 1x1 cells; it has 2 to 1000 columns and 1 to 300 rows";
        assert_eq!(refused("1, 1"), format!("14:7: invalid recording: {why}"));
        assert!(refused("65535, 65535").contains("a terminal cannot have 65535x65535 cells"));
        assert_eq!(changed(size, "2, 1"), None);
        assert_eq!(changed(size, "1000, 300"), None);
        let mut large = entry(Outcome::Exited(0));
        large.result.screen = Some((1_000, 300));
        let many = Recording { entries: vec![large; 7] }.write();
        let why = Recording::read(&many).unwrap_err().message;
        assert_eq!(why, "its terminals have 2100000 cells; the limit is 2000000");
    }

    #[test]
    fn lists_and_strings_are_limited() {
        let long = |length: usize| "x".repeat(length);
        for (key, length) in
            [("\"A title\"", 1_001), ("\"python\"", 1_001), ("\"one\"", (1 << 20) + 1)]
        {
            let broken = changed(key, &format!("\"{}\"", long(length)));
            assert!(broken.is_some_and(|why| why.contains("bytes; the limit is")), "{key}");
        }
        let blocks = Recording { entries: vec![entry(Outcome::Exited(0)); 10_001] }.write();
        let why = Recording::read(&blocks).unwrap_err().message;
        assert_eq!(why, "invalid recording: 10001 blocks; the limit is 10000");
        let row = "\"1\\t\"";
        let rows = changed(row, &vec![row; 10_001].join(","));
        assert!(rows.unwrap().ends_with("10002 rows; the limit is 10000"));
        let wide = changed(row, &format!("\"{}\"", "\\t".repeat(100_000)));
        assert_eq!(wide, None, "extra cells are ignored");
        let deep =
            changed("\"block\": 1", &format!("\"block\": 1, \"x\": {}", "[".repeat(100_000)));
        assert!(deep.unwrap().contains("recursion limit"));
    }
}
