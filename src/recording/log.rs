//! Runs in the log of a talk: each is a JSON object, which the log keeps as the text of an event that
//! players of terminal recordings ignore.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::file::EntryRecord;
use super::{BlockPosition, Entry, Recording};

/// The kind of the events that are runs.
pub const RUN_EVENT: &str = "L";

/// A run that has ended in a talk.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedRun {
    /// Its block and its result.
    pub entry: Entry,
    /// The code that ran.
    pub code: String,
    /// Whether it was shown from a recording.
    pub is_replay: bool,
    /// The bytes of its pictures, by file name.
    pub pictures: BTreeMap<String, Vec<u8>>,
}

/// A run, as it is stored.
#[derive(Serialize, Deserialize)]
struct LoggedRunRecord {
    run: EntryRecord,
    #[serde(default)]
    source: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    replay: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pictures: BTreeMap<String, String>,
}

impl LoggedRun {
    /// Returns the run as text. `None` if it never started.
    pub fn write(&self) -> Option<String> {
        let pictures = self.pictures.iter();
        let record = LoggedRunRecord {
            run: EntryRecord::of(&self.entry)?,
            source: self.code.clone(),
            replay: self.is_replay,
            pictures: pictures
                .map(|(name, bytes)| (name.clone(), STANDARD.encode(bytes)))
                .collect(),
        };
        serde_json::to_string(&record).ok()
    }

    /// Reads the text of a run.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let record: LoggedRunRecord = serde_json::from_str(text).map_err(|it| it.to_string())?;
        let decode = |(name, text): (String, String)| match STANDARD.decode(text) {
            Ok(bytes) => Ok((name, bytes)),
            Err(error) => Err(format!("picture `{}`: {error}", crate::source::excerpt(&name))),
        };
        Ok(Self {
            entry: record.run.into_entry(),
            code: record.source,
            is_replay: record.replay,
            pictures: record.pictures.into_iter().map(decode).collect::<Result<_, _>>()?,
        })
    }
}

/// The last run of each block of a talk.
#[derive(Clone, Debug, Default)]
pub struct LastRuns {
    runs: BTreeMap<BlockPosition, LoggedRun>,
}

impl LastRuns {
    /// Adds a run that ended later than the others. A block that has run is not replaced by its
    /// recording.
    pub fn add(&mut self, run: LoggedRun) {
        let known = self.runs.get(&run.entry.place);
        if !run.is_replay || known.is_none_or(|known| known.is_replay) {
            self.runs.insert(run.entry.place.clone(), run);
        }
    }

    /// Returns the runs as a recording, and their pictures.
    pub fn into_recording(self) -> (Recording, BTreeMap<String, Vec<u8>>) {
        let (mut entries, mut pictures) = (Vec::new(), BTreeMap::new());
        for run in self.runs.into_values() {
            entries.push(run.entry);
            pictures.extend(run.pictures);
        }
        (Recording { entries }, pictures)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::deck::Fingerprint;
    use crate::recording::RunResult;
    use crate::run::Outcome;

    fn run(block: u32, line: &str, is_replay: bool) -> LoggedRun {
        let result = RunResult {
            outcome: Outcome::Exited(0),
            took: Duration::from_millis(20),
            lines: vec![line.to_owned()],
            screen: None,
            picture: None,
            values: Vec::new(),
        };
        let place = BlockPosition { slide: Some("One".to_owned()), block, name: None };
        let (language, date) = ("bash".to_owned(), "2026-11-22".to_owned());
        let entry = Entry { place, language, code: Fingerprint(7), date, result };
        let pictures = [("one-1.png".to_owned(), b"\0\xffbytes".to_vec())].into();
        LoggedRun { entry, code: "echo \"é\"\n".to_owned(), is_replay, pictures }
    }

    #[test]
    fn run_is_read_as_it_was_written() {
        let run = run(1, "a \u{1b}[31mline", true);
        assert_eq!(LoggedRun::read(&run.write().unwrap()), Ok(run));
        for wrong in ["", "{}", "{\"run\": 1}"] {
            assert!(LoggedRun::read(wrong).is_err(), "{wrong}");
        }
        let broken = run_text().replace("AP9", "!");
        assert!(LoggedRun::read(&broken).unwrap_err().starts_with("picture `one-1.png`"));
    }

    fn run_text() -> String {
        run(1, "x", false).write().unwrap()
    }

    #[test]
    fn last_live_run_of_a_block_is_kept() {
        let mut last = LastRuns::default();
        for (block, line, is_replay) in
            [(1, "a", false), (2, "b", true), (1, "c", false), (1, "d", true), (2, "e", true)]
        {
            last.add(run(block, line, is_replay));
        }
        let (recording, pictures) = last.into_recording();
        let lines: Vec<_> =
            recording.entries.iter().flat_map(|entry| entry.result.lines.clone()).collect();
        assert_eq!((lines, pictures.len()), (vec!["c".to_owned(), "e".to_owned()], 1));
    }
}
