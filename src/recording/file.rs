//! A recording as a file: JSON with a line for each line of output, so that a change of one is a
//! change of one.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{BlockPosition, Entry, Recording, RunResult, limits, recorded_values};
use crate::deck::Fingerprint;
use crate::run::Outcome;

/// The shape's number.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct RecordingFile {
    version: u32,
    #[serde(deserialize_with = "limits::blocks")]
    blocks: Vec<BlockRecord>,
}

/// A take as it is written down.
#[derive(Serialize, Deserialize)]
struct BlockRecord {
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

/// Why a recording cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingSyntaxError {
    /// What is wrong.
    pub message: String,
    /// The line, from 1.
    pub line: usize,
    /// The byte in that line at which reading stopped, from 1.
    pub column: usize,
}

impl Recording {
    /// Reads what [`Recording::write`] wrote.
    ///
    /// # Errors
    /// What cannot be read, and where.
    pub fn read(text: &str) -> Result<Self, RecordingSyntaxError> {
        let document: RecordingFile =
            serde_json::from_str(text).map_err(|error| RecordingSyntaxError::of(&error))?;
        let broken = |message: String| Err(RecordingSyntaxError { message, line: 1, column: 1 });
        if document.version != VERSION {
            return broken(format!("a recording of version {}, not {VERSION}", document.version));
        }
        let sizes = document.blocks.iter().filter_map(|block| block.terminal);
        let cells: usize = sizes.map(|size| usize::from(size.0) * usize::from(size.1)).sum();
        if cells > limits::MAX_SCREEN_CELLS {
            let most = limits::MAX_SCREEN_CELLS;
            return broken(format!("its terminals have {cells} cells; they have at most {most}"));
        }
        Ok(Self { entries: document.blocks.into_iter().map(BlockRecord::into_entry).collect() })
    }

    /// The recording as text.
    pub fn write(&self) -> String {
        let blocks = self.entries.iter().filter_map(BlockRecord::of).collect();
        let document = RecordingFile { version: VERSION, blocks };
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }
}

impl RecordingSyntaxError {
    /// The reader's error, without its own words for the place.
    fn of(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line().max(1), error.column().max(1));
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = format!("no recording: {}", text.trim_end_matches(&place));
        Self { message, line, column }
    }
}

impl BlockRecord {
    fn of(entry: &Entry) -> Option<Self> {
        let Entry { place, language, code, date, result } = entry.clone();
        Some(Self {
            slide: place.slide,
            block: place.block,
            name: place.name,
            language,
            code,
            recorded: date,
            // One that never began is not kept.
            status: status(&result.outcome).map(|_| result.outcome)?,
            took_ms: millis(result.took),
            terminal: result.screen,
            picture: result.picture.map(recorded_values::PictureRecord::of).unwrap_or_default(),
            output: result.lines,
            shown: result.shown.into_iter().map(recorded_values::ValueRecord::of).collect(),
        })
    }

    fn into_entry(self) -> Entry {
        let result = RunResult {
            outcome: self.status,
            took: Duration::from_secs_f64(self.took_ms / 1000.0),
            lines: self.output,
            screen: self.terminal,
            picture: self.picture.picture(),
            shown: self
                .shown
                .into_iter()
                .filter_map(recorded_values::ValueRecord::placed)
                .collect(),
        };
        let place = BlockPosition { slide: self.slide, block: self.block, name: self.name };
        Entry { place, language: self.language, code: self.code, date: self.recorded, result }
    }
}

/// Code, as its fingerprint is written down.
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
            D::Error::custom(format!(
                "a block has the code `{}`, which is no number",
                excerpt(&code)
            ))
        })
    }
}

/// A run's end, as it is written down.
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
            D::Error::custom(format!("a block has the unknown status `{status}`"))
        })
    }
}

/// How a run ended, in a word or two; none for one that never began.
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

/// Milliseconds, as exact as anybody reads them.
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
    fn a_table_is_a_line_for_each_row_and_always_whole() {
        let mut result = entry(Outcome::Exited(0));
        let value = RecordedValue::Table(table());
        result.result.shown = vec![PlacedValue { line: 0, lines: 1, value }];
        let text = Recording { entries: vec![result] }.write();
        assert!(text.contains("\"1\\t\"\n"), "{text}");
        let cut = Recording::read(&text.replace("\"1\\t\"", "\"1\"")).unwrap();
        let RecordedValue::Table(table) = &cut.entries[0].result.shown[0].value else {
            panic!("{cut:?}")
        };
        assert_eq!(table.rows[1].len(), 2);
        let other = Recording::read(&text.replace("\"table\"", "\"chart\"")).unwrap();
        assert_eq!(other.entries[0].result.shown, [], "what another version has is its text here");
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
                shown: Vec::new(),
            },
        }
    }

    #[test]
    fn a_recording_is_text_with_a_line_for_each_line() {
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
    fn what_is_written_is_read_again() {
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
        entries[5].result.shown =
            shown.map(|(value, line)| PlacedValue { line, lines: 1, value }).collect();
        let recording = Recording { entries };
        assert_eq!(Recording::read(&recording.write()), Ok(recording));
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let whole = Recording { entries: vec![entry(Outcome::Raised)] }.write();
        let broken = |text: &str| {
            let RecordingSyntaxError { message, line, .. } = Recording::read(text).unwrap_err();
            format!("{line}: {message}")
        };
        assert!(broken("").starts_with("1: no recording: EOF"));
        assert!(broken(&whole.replace("\"block\": 1,", "<<<<<<<")).starts_with("6: no recording"));
        let other = whole.replace("\"version\": 1", "\"version\": 9");
        assert_eq!(broken(&other), "1: a recording of version 9, not 1");
        let strange = whole.replace("exception", "fine");
        assert_eq!(broken(&strange), "10: no recording: a block has the unknown status `fine`");
    }

    /// The recording with a table and a timing, in which `from` is written as `to`; what is said of it.
    fn changed(from: &str, to: &str) -> Option<String> {
        let mut with_values = entry(Outcome::Exited(0));
        with_values.result.screen = Some((80, 24));
        let timing = crate::run::Timing { samples: 7, median: 1.5, ..Default::default() };
        let values = [RecordedValue::Table(table()), RecordedValue::Timing(timing)];
        let values = values.into_iter().map(|value| PlacedValue { line: 0, lines: 1, value });
        with_values.result.shown = values.collect();
        let text = Recording { entries: vec![with_values] }.write();
        let changed = text.replacen(from, to, 1);
        assert!(text.contains(from), "{from} is written");
        Recording::read(&changed)
            .err()
            .map(|broken| format!("{}:{}: {}", broken.line, broken.column, broken.message))
    }

    #[test]
    fn every_number_has_bounds() {
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
                // Taken, or refused with its place.
                let _ = changed(number, &format!("{key} {possible}"));
            }
        }
    }

    #[test]
    fn a_terminal_is_no_larger_and_no_smaller_than_it_can_be() {
        let size = "80,\n        24";
        let refused = |to: &str| changed(size, to).unwrap();
        let why = "a terminal of 1 columns and 1 rows; it has 2 to 1000 columns and 1 to 300 rows";
        assert_eq!(refused("1, 1"), format!("14:7: no recording: {why}"));
        assert!(refused("65535, 65535").contains("a terminal of 65535 columns and 65535 rows"));
        assert_eq!(changed(size, "2, 1"), None);
        assert_eq!(changed(size, "1000, 300"), None);
        let mut large = entry(Outcome::Exited(0));
        large.result.screen = Some((1_000, 300));
        let many = Recording { entries: vec![large; 7] }.write();
        let why = Recording::read(&many).unwrap_err().message;
        assert_eq!(why, "its terminals have 2100000 cells; they have at most 2000000");
    }

    #[test]
    fn nothing_in_it_is_endless() {
        let long = |length: usize| "x".repeat(length);
        for (key, length) in
            [("\"A title\"", 1_001), ("\"python\"", 1_001), ("\"one\"", (1 << 20) + 1)]
        {
            let broken = changed(key, &format!("\"{}\"", long(length)));
            assert!(broken.is_some_and(|why| why.contains("bytes; it has at most")), "{key}");
        }
        let blocks = Recording { entries: vec![entry(Outcome::Exited(0)); 10_001] }.write();
        let why = Recording::read(&blocks).unwrap_err().message;
        assert_eq!(why, "no recording: 10001 blocks; there are at most 10000");
        let row = "\"1\\t\"";
        let rows = changed(row, &vec![row; 10_001].join(","));
        assert!(rows.unwrap().ends_with("10002 rows; there are at most 10000"));
        let wide = changed(row, &format!("\"{}\"", "\\t".repeat(100_000)));
        assert_eq!(wide, None, "cells without a column are dropped");
        let deep =
            changed("\"block\": 1", &format!("\"block\": 1, \"x\": {}", "[".repeat(100_000)));
        assert!(deep.unwrap().contains("recursion limit"));
    }
}
