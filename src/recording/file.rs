//! A recording as a file: JSON with a line for each line of output, so that a change of one is a
//! change of one.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Place, Ran, Recording, Take, shown};
use crate::deck::Fingerprint;
use crate::run::Outcome;

/// The shape's number.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    blocks: Vec<Entry>,
}

/// A take as it is written down.
#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slide: Option<String>,
    block: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    language: String,
    code: String,
    recorded: String,
    status: String,
    took_ms: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    terminal: Option<(u16, u16)>,
    #[serde(flatten)]
    picture: shown::PictureEntry,
    #[serde(default)]
    output: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shown: Vec<shown::Entry>,
}

/// Why a recording cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong.
    pub message: String,
    /// The line, from 1.
    pub line: usize,
}

impl Recording {
    /// Reads what [`Recording::write`] wrote.
    ///
    /// # Errors
    /// What cannot be read, and where.
    pub fn read(text: &str) -> Result<Self, Broken> {
        let broken = |message: String, line| Broken { message, line };
        let document: Document = serde_json::from_str(text)
            .map_err(|error| broken(format!("no recording: {error}"), error.line()))?;
        if document.version != VERSION {
            let why = format!("a recording of version {}, not {VERSION}", document.version);
            return Err(broken(why, 1));
        }
        let takes = document.blocks.into_iter().map(Entry::take);
        let takes: Result<_, String> = takes.collect();
        Ok(Self { takes: takes.map_err(|message| broken(message, 1))? })
    }

    /// The recording as text.
    pub fn write(&self) -> String {
        let blocks = self.takes.iter().filter_map(Entry::of).collect();
        let document = Document { version: VERSION, blocks };
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }
}

impl Entry {
    fn of(take: &Take) -> Option<Self> {
        let Take { place, language, code, date, ran } = take.clone();
        Some(Self {
            slide: place.slide,
            block: place.block,
            name: place.name,
            language,
            code: format!("{:016x}", code.0),
            recorded: date,
            status: status(&ran.outcome)?,
            took_ms: millis(ran.took),
            terminal: ran.screen,
            picture: ran.picture.map(shown::PictureEntry::of).unwrap_or_default(),
            output: ran.lines,
            shown: ran.shown.into_iter().map(shown::Entry::of).collect(),
        })
    }

    fn take(self) -> Result<Take, String> {
        let outcome = outcome(&self.status)
            .ok_or_else(|| format!("a block has the unknown status `{}`", self.status))?;
        let code = u64::from_str_radix(&self.code, 16)
            .map_err(|_| format!("a block has the code `{}`, which is no number", self.code))?;
        let seconds = (self.took_ms / 1000.0).clamp(0.0, 1e9);
        let ran = Ran {
            outcome,
            took: Duration::from_secs_f64(seconds),
            lines: self.output,
            screen: self.terminal,
            picture: self.picture.picture(),
            shown: self.shown.into_iter().filter_map(shown::Entry::placed).collect(),
        };
        let place = Place { slide: self.slide, block: self.block, name: self.name };
        let (language, code, date) = (self.language, Fingerprint(code), self.recorded);
        Ok(Take { place, language, code, date, ran })
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
    use crate::recording::Picture;
    use crate::recording::{Placed, Recorded};
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
        let mut ran = take(Outcome::Exited(0));
        let value = Recorded::Table(table());
        ran.ran.shown = vec![Placed { line: 0, lines: 1, value }];
        let text = Recording { takes: vec![ran] }.write();
        assert!(text.contains("\"1\\t\"\n"), "{text}");
        let cut = Recording::read(&text.replace("\"1\\t\"", "\"1\"")).unwrap();
        let Recorded::Table(table) = &cut.takes[0].ran.shown[0].value else { panic!("{cut:?}") };
        assert_eq!(table.rows[1].len(), 2);
        let other = Recording::read(&text.replace("\"table\"", "\"chart\"")).unwrap();
        assert_eq!(other.takes[0].ran.shown, [], "what another version has is its text here");
    }

    fn take(outcome: Outcome) -> Take {
        Take {
            place: Place { slide: Some("A title".to_owned()), block: 1, name: None },
            language: "python".to_owned(),
            code: Fingerprint(0xab),
            date: "2026-11-22".to_owned(),
            ran: Ran {
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
        let recording = Recording { takes: vec![take(Outcome::Exited(0))] };
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
        let mut takes: Vec<Take> = outcomes.into_iter().map(take).collect();
        for (take, ms) in takes.iter_mut().zip([0, 9, 12, 1_234, 65_000, 3, 4]) {
            take.ran.took = Duration::from_millis(ms);
        }
        takes[1].place = Place { slide: None, block: 7, name: Some("it".to_owned()) };
        takes[2].ran.screen = Some((80, 24));
        let picture = |file: &str, kind: &str| Picture {
            file: file.to_owned(),
            hash: "0".to_owned(),
            kind: kind.to_owned(),
        };
        takes[3].ran.picture = Some(picture("a-1.png", ""));
        takes[4].ran.picture = Some(picture("a-2.png", "PNG, 2 × 2"));
        let values = [
            Recorded::Picture(picture("a-1.1.png", "PNG, 2 × 2")),
            Recorded::Markdown("# a\n".to_owned()),
            Recorded::Table(table()),
        ];
        let shown = values.into_iter().zip(1..);
        takes[5].ran.shown = shown.map(|(value, line)| Placed { line, lines: 1, value }).collect();
        let recording = Recording { takes };
        assert_eq!(Recording::read(&recording.write()), Ok(recording));
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let whole = Recording { takes: vec![take(Outcome::Raised)] }.write();
        let broken = |text: &str| {
            let Broken { message, line } = Recording::read(text).unwrap_err();
            format!("{line}: {message}")
        };
        assert!(broken("").starts_with("1: no recording: EOF"));
        assert!(broken(&whole.replace("\"block\": 1,", "<<<<<<<")).starts_with("6: no recording"));
        let other = whole.replace("\"version\": 1", "\"version\": 9");
        assert_eq!(broken(&other), "1: a recording of version 9, not 1");
        let strange = whole.replace("exception", "fine");
        assert_eq!(broken(&strange), "1: a block has the unknown status `fine`");
    }
}
