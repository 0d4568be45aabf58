//! The thread that writes the log.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::Receiver;
use ratatui::buffer::Buffer;
use ratatui::style::Color;
use time::OffsetDateTime;

use super::numbered;
use crate::deck::Fingerprint;
use crate::export::{Cast, CastHeader, Rasterizer, Rgb};
use crate::headless;
use crate::media::UnreadPicture;
use crate::panics::contain;
use crate::recording::{BlockPosition, Entry, LoggedRun, RUN_EVENT};
use crate::run::{CellRun, Outcome};
use crate::source::visible_line;
use crate::view::Overlay;

/// Bytes of a log up to which frames are kept: hours of a talk.
const MAX_FRAME_BYTES: u64 = 256 << 20;

/// Bytes of a log up to which runs are kept.
const MAX_BYTES: u64 = 512 << 20;

/// Maximum number of logs with the same name.
const MAX_LOGS: u32 = 1_000;

/// The file of a log.
#[derive(Debug)]
pub(in crate::present) struct LogFile {
    file: File,
    path: PathBuf,
}

impl LogFile {
    /// Creates the file, or one with a number if there is such a file: no log replaces another one.
    ///
    /// # Errors
    /// It cannot be created.
    pub(in crate::present) fn create(wanted: &Path) -> io::Result<Self> {
        let opened = match std::fs::metadata(wanted) {
            Ok(there) if there.file_type().is_char_device() => {
                Some(File::options().write(true).open(wanted)?)
            }
            Ok(there) if !there.is_file() => return Err(io::Error::other("it is not a file")),
            _ => None,
        };
        if let Some(file) = opened {
            return Ok(Self { file, path: wanted.to_owned() });
        }
        let mut number = 1;
        loop {
            let path = if number == 1 { wanted.to_owned() } else { numbered(wanted, number) };
            match File::create_new(&path) {
                Ok(file) => return Ok(Self { file, path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < MAX_LOGS => {
                    number += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns its path.
    pub(in crate::present) fn path(&self) -> &Path {
        &self.path
    }
}

/// Something to write.
pub(super) enum LogEntry {
    /// The talk is at another slide.
    Slide(Duration, String),
    /// The screen has changed.
    Frame {
        at: Duration,
        buffer: Buffer,
        pictures: Vec<(Overlay, UnreadPicture)>,
        background: Option<Color>,
    },
    /// A run has ended.
    Run(Box<UnwrittenRun>),
    /// The talk has ended.
    End(Duration),
}

/// The newest frame, if there is no time for all of them.
pub(super) type NewestFrame = Arc<Mutex<Option<LogEntry>>>;

/// A run that has ended.
pub(super) struct UnwrittenRun {
    pub(super) at: Duration,
    pub(super) run: CellRun,
    pub(super) outcome: Outcome,
    /// How the names of its pictures begin.
    pub(super) name: String,
    pub(super) place: BlockPosition,
    pub(super) language: String,
    pub(super) fingerprint: Fingerprint,
    pub(super) code: String,
    pub(super) mask: Option<Box<str>>,
    pub(super) is_replay: bool,
}

impl UnwrittenRun {
    /// Returns the run as text, without what its mask matches.
    fn text(self, date: &str) -> Option<String> {
        let Self {
            run, outcome, name, place, language, fingerprint, code, mask, is_replay, ..
        } = self;
        let run = mask.map_or(run.clone(), |mask| headless::hidden(&run, &mask));
        let captured = headless::capture(&run, outcome, &name);
        let (code_of, result) = (fingerprint, captured.ran);
        let entry = Entry { place, language, code: code_of, date: date.to_owned(), result };
        LoggedRun { entry, code, is_replay, pictures: captured.pictures }.write()
    }
}

/// Writes a log.
pub(super) struct LogWriter {
    file: LogFile,
    cast: Cast,
    /// Draws pictures, once there is one.
    rasterizer: Option<Rasterizer>,
    date: String,
    bytes: u64,
    /// Whether nothing more can be written.
    is_over: bool,
    has_reported: bool,
    report: Box<dyn Fn(String) + Send>,
}

impl LogWriter {
    /// Creates a writer, which reports its first failure.
    pub(super) fn new(
        file: LogFile,
        title: &str,
        size: (u16, u16),
        report: Box<dyn Fn(String) + Send>,
    ) -> Self {
        let now = OffsetDateTime::now_utc();
        let header = CastHeader { title, size, started: Some(now.unix_timestamp()) };
        Self {
            file,
            cast: Cast::new(header),
            rasterizer: None,
            date: now.date().to_string(),
            bytes: 0,
            is_over: false,
            has_reported: false,
            report,
        }
    }

    /// Writes all entries, until the talk ends. After a failure, entries are discarded.
    pub(super) fn write_all(mut self, entries: &Receiver<LogEntry>, newest: &NewestFrame) {
        self.flush();
        while let Some(entry) = next(entries, newest) {
            if !self.is_over {
                self.add(entry);
                self.flush();
            }
        }
    }

    fn add(&mut self, entry: LogEntry) {
        let has_space = self.bytes < MAX_FRAME_BYTES;
        match entry {
            LogEntry::Slide(at, label) => self.cast.mark(at, &label),
            LogEntry::Frame { at, mut buffer, pictures, background } if has_space => {
                // A picture that cannot be drawn is no reason to lose the rest.
                let drawn = contain("drawing the pictures of the log", || {
                    self.draw(&pictures, background, &mut buffer);
                });
                if drawn.is_err() {
                    self.rasterizer = None;
                }
                self.cast.frame(at, &buffer);
            }
            LogEntry::Frame { .. } => {
                let most = MAX_FRAME_BYTES >> 20;
                self.report(&format!("has {most} MiB: from now on, only runs are kept"));
            }
            LogEntry::Run(run) => {
                let at = run.at;
                let text = contain("logging a run", || run.text(&self.date)).ok().flatten();
                if let Some(text) = text {
                    self.cast.note(at, RUN_EVENT, &text);
                }
            }
            LogEntry::End(at) => self.cast.end(at),
        }
    }

    /// Draws pictures into the cells.
    fn draw(
        &mut self,
        pictures: &[(Overlay, UnreadPicture)],
        background: Option<Color>,
        buffer: &mut Buffer,
    ) {
        let background = match background {
            Some(Color::Rgb(red, green, blue)) => Rgb(red, green, blue),
            _ => Rgb(0, 0, 0),
        };
        for (overlay, picture) in pictures {
            if let Some(content) = picture.read() {
                let rasterizer = self.rasterizer.get_or_insert_with(|| Rasterizer::new(1));
                rasterizer.half_blocks(overlay, &content, background, buffer);
            }
        }
    }

    /// Writes what was added to the file.
    fn flush(&mut self) {
        let lines = self.cast.take_lines();
        if self.bytes + lines.len() as u64 > MAX_BYTES {
            self.is_over = true;
            self.has_reported = false;
            return self.report(&format!("has {} MiB and ends here", MAX_BYTES >> 20));
        }
        match self.file.file.write_all(lines.as_bytes()) {
            Ok(()) => self.bytes += lines.len() as u64,
            Err(error) => {
                self.is_over = true;
                self.has_reported = false;
                self.report(&format!("ends here: {error}"));
            }
        }
    }

    /// Reports what is wrong with the log, once.
    fn report(&mut self, what: &str) {
        if !std::mem::replace(&mut self.has_reported, true) {
            let file = self.file.path.to_string_lossy();
            (self.report)(format!("the log `{}` {what}", visible_line(&file)));
        }
    }
}

/// Waits for the next entry: the newest frame when there is nothing before it. `None` at the end.
fn next(entries: &Receiver<LogEntry>, newest: &NewestFrame) -> Option<LogEntry> {
    let newest = || newest.lock().unwrap_or_else(PoisonError::into_inner).take();
    entries.try_recv().ok().or_else(newest).or_else(|| entries.recv().ok())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::recording::LoggedRun;
    use crate::run::State;

    fn run(output: &str, mask: Option<&str>) -> LogEntry {
        let outcome = Outcome::Exited(0);
        let mut run = CellRun { state: State::Ended(outcome.clone()), ..CellRun::default() };
        run.output.feed(output.as_bytes());
        LogEntry::Run(Box::new(UnwrittenRun {
            at: Duration::from_secs(2),
            run,
            outcome,
            name: "one-1".to_owned(),
            place: BlockPosition { slide: Some("One".to_owned()), block: 1, name: None },
            language: "bash".to_owned(),
            fingerprint: Fingerprint(3),
            code: "echo".to_owned(),
            mask: mask.map(Into::into),
            is_replay: false,
        }))
    }

    fn frame(text: &'static str) -> LogEntry {
        let (at, buffer) = (Duration::from_secs(1), Buffer::with_lines([text]));
        LogEntry::Frame { at, buffer, pictures: Vec::new(), background: None }
    }

    /// Writes entries to a file; returns it and what was reported.
    fn written(path: &Path, entries: Vec<LogEntry>) -> Vec<String> {
        written_with(path, entries, &NewestFrame::default())
    }

    fn written_with(path: &Path, entries: Vec<LogEntry>, newest: &NewestFrame) -> Vec<String> {
        let (reports, reported) = mpsc::channel();
        let report = move |why| reports.send(why).unwrap();
        let file = LogFile::create(path).unwrap();
        let writer = LogWriter::new(file, "Talk", (20, 1), Box::new(report));
        let (sender, receiver) = crossbeam_channel::unbounded();
        for entry in entries {
            sender.send(entry).unwrap();
        }
        drop(sender);
        writer.write_all(&receiver, newest);
        reported.try_iter().collect()
    }

    #[test]
    fn log_has_frames_slides_and_runs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talk.cast");
        let slide = LogEntry::Slide(Duration::ZERO, "1 One".to_owned());
        let entries = vec![
            slide,
            frame("hello"),
            run("key sk-123 ok", Some(r"sk-\d+")),
            LogEntry::End(Duration::from_secs(3)),
        ];
        assert_eq!(written(&path, entries), Vec::<String>::new());
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 5, "{text}");
        assert!(lines[1].contains("\"m\", \"1 One\"") && lines[2].contains("hello"), "{text}");
        assert!(!text.contains("sk-123"), "{text}");
        let (at, kind, run): (f64, String, String) = serde_json::from_str(lines[3]).unwrap();
        assert_eq!((at, &*kind), (2.0, RUN_EVENT));
        assert_eq!(LoggedRun::read(&run).unwrap().entry.result.lines, ["key <masked> ok"]);
        assert!(lines[4].starts_with("[3.000, \"o\""), "{text}");
    }

    #[test]
    fn newest_frame_is_written_after_those_that_wait() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talk.cast");
        let later = LogEntry::Slide(Duration::from_secs(5), "later".to_owned());
        let newest = Arc::new(Mutex::new(Some(frame("newest"))));
        written_with(&path, vec![frame("oldest"), later], &newest);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[1].contains("oldest"), "{text}");
        // Times never decrease.
        assert!(lines[3].starts_with("[5.000, \"o\""), "{text}");
    }

    #[test]
    fn full_disk_is_reported_once() {
        let entries = vec![frame("a"), frame("b"), run("c", None), frame("d")];
        let reports = written(Path::new("/dev/full"), entries);
        assert_eq!(reports.len(), 1, "{reports:?}");
        assert!(reports[0].starts_with("the log `/dev/full` ends here: No space"), "{reports:?}");
    }

    #[test]
    fn existing_log_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talk.cast");
        std::fs::write(&path, "old").unwrap();
        written(&path, Vec::new());
        written(&path, Vec::new());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        for name in ["talk-2.cast", "talk-3.cast"] {
            assert!(folder.path().join(name).is_file(), "{name}");
        }
        assert!(LogFile::create(folder.path()).is_err());
        assert!(LogFile::create(&folder.path().join("none/talk.cast")).is_err());
    }
}
