//! The log of a talk: its frames and runs, as a terminal recording that grows while the talk goes on.
//! Another thread writes it; a slow or full disk never holds up the talk.

#![expect(clippy::disallowed_methods, reason = "the shell reads the clock")]

mod writer;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::channel::EventSender;
use super::draw::draw_editor;
use super::terminal::Frame;
use super::{LoopEvent, Talk};
use crate::app::{Mode, Msg, slide_title};
use crate::deck::{Cell, CellId, Deck, Fingerprint, SlideNo};
use crate::headless;
use crate::layout::{Highlighting, Size};
use crate::media::UnreadPicture;
use crate::project::LoadedDeck;
use crate::recording::{block_positions, file_names};
use crate::run::{CellRun, Outcome, RunId, State};
use crate::view::{self, Overlay};

pub(super) use writer::LogFile;
use writer::{LogEntry, LogWriter, NewestFrame, UnwrittenRun};

/// Maximum number of pending entries before only the newest frame waits.
const MAX_PENDING_FRAMES: usize = 32;

/// Maximum number of pending entries before runs are left out.
const MAX_PENDING_RUNS: usize = 512;

/// How long the end of the talk waits for what is not written yet.
const END_TIMEOUT: Duration = Duration::from_secs(3);

/// The talk's side of its log.
pub(super) struct TalkLog {
    entries: Sender<LogEntry>,
    newest: NewestFrame,
    /// Closed when everything is written.
    written: Receiver<()>,
    started: Instant,
    slide: Option<SlideNo>,
    /// The runs that were logged, and whether they were replays. A replay without a run has a cell.
    runs: BTreeSet<(RunId, Option<CellId>, bool)>,
    has_lost_runs: bool,
}

impl TalkLog {
    /// Starts to write a log of a talk, in a terminal of this size. Failures are reported to `sender`.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub(super) fn start(
        file: LogFile,
        deck: &Deck,
        size: Size,
        sender: EventSender,
    ) -> io::Result<Self> {
        let title = deck.meta.title_source.as_deref().unwrap_or_default();
        let size = (size.columns, size.rows);
        let (entries, receiver) = unbounded();
        let (closed, written) = bounded(0);
        let report = move |why| sender.send(LoopEvent::Exec(Msg::Failed(why)));
        let writer = LogWriter::new(file, title, size, Box::new(report));
        let newest = NewestFrame::default();
        let waiting = Arc::clone(&newest);
        std::thread::Builder::new().name("log".to_owned()).spawn(move || {
            writer.write_all(&receiver, &waiting);
            drop(closed);
        })?;
        Ok(Self {
            entries,
            newest,
            written,
            started: Instant::now(),
            slide: None,
            runs: BTreeSet::new(),
            has_lost_runs: false,
        })
    }

    /// Logs what the screen shows. If there is no time to write all frames, the newest one takes the place
    /// of those that wait.
    fn frame(&mut self, frame: LoggedFrame, (slide, title): (SlideNo, &str)) {
        let at = self.started.elapsed();
        if self.slide.replace(slide) != Some(slide) {
            let label = format!("{} {title}", slide.human());
            let _ = self.entries.send(LogEntry::Slide(at, label));
        }
        let LoggedFrame { buffer, pictures, background } = frame;
        let frame = LogEntry::Frame { at, buffer, pictures, background };
        let is_behind = self.entries.len() >= MAX_PENDING_FRAMES;
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        *newest =
            if is_behind { Some(frame) } else { self.entries.send(frame).err().map(|it| it.0) };
    }

    /// Logs a run that has ended, once.
    fn run(&mut self, deck: &Deck, cell: &Cell, run: &CellRun, outcome: Outcome) {
        let is_replay = run.replay.is_some();
        let of_cell = (run.run == RunId::default()).then_some(cell.id);
        if !self.runs.insert((run.run, of_cell, is_replay)) {
            return;
        }
        if self.entries.len() >= MAX_PENDING_RUNS {
            self.has_lost_runs = true;
            return;
        }
        let positions = block_positions(deck);
        let number = cell.id.0 as usize;
        let (Some(place), Some(name)) =
            (positions.get(number).cloned(), file_names(&positions).into_iter().nth(number))
        else {
            return;
        };
        let shown = run.shown();
        let _ = self.entries.send(LogEntry::Run(Box::new(UnwrittenRun {
            at: self.started.elapsed(),
            run: CellRun { replay: None, ..shown.clone() },
            outcome,
            name,
            place,
            language: cell.language.to_string(),
            fingerprint: if shown.origin.is_stale { Fingerprint(0) } else { cell.fingerprint },
            code: cell.code.to_string(),
            mask: cell.check.mask.clone(),
            is_replay,
        })));
    }

    /// Ends the log. Waits for what is not written yet, but not for a disk that hangs. Returns whether
    /// everything is written.
    pub(super) fn finish(self) -> bool {
        let Self { entries, newest, written, started, has_lost_runs, .. } = self;
        if let Some(frame) = newest.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = entries.send(frame);
        }
        let _ = entries.send(LogEntry::End(started.elapsed()));
        drop(entries);
        let result = written.recv_timeout(END_TIMEOUT);
        !has_lost_runs && result != Err(crossbeam_channel::RecvTimeoutError::Timeout)
    }
}

/// What the screen shows.
struct LoggedFrame {
    buffer: Buffer,
    pictures: Vec<(Overlay, UnreadPicture)>,
    background: Option<ratatui::style::Color>,
}

impl Talk {
    /// Shows a frame with these pictures, and logs it.
    pub(super) fn show(&mut self, frame: Frame, overlays: Vec<Overlay>) -> io::Result<()> {
        self.overlays = overlays;
        self.screen.show(frame)?;
        if self.log.is_some()
            && let Some(frame) = self.logged_frame()
        {
            let slide = self.app.at().slide;
            let title = slide_title(self.app.deck(), slide).to_owned();
            if let Some(log) = &mut self.log {
                log.frame(frame, (slide, &title));
            }
        }
        Ok(())
    }

    /// Returns what the screen shows, without what `+mask` matches. `None` if that is not known.
    fn logged_frame(&mut self) -> Option<LoggedFrame> {
        let is_masked = match self.app.mode() {
            Mode::Variables(_) => self.app.deck().cells.iter().any(|it| it.check.mask.is_some()),
            _ => has_masked_output(self.app.deck(), self.app.runs()),
        };
        let (buffer, overlays) = if is_masked {
            self.masked_frame()?
        } else {
            (self.screen.shown().clone(), self.overlays.clone())
        };
        let mut picture = |overlay: Overlay| {
            let picture = self.media.unread_picture(&overlay.key)?;
            Some((overlay, picture))
        };
        let pictures = overlays.into_iter().filter_map(&mut picture).collect();
        let background = self.loaded.style(self.app.at().slide).theme.base.bg;
        Some(LoggedFrame { buffer, pictures, background })
    }

    /// Draws the screen again, without what `+mask` matches. `None` for transitions and the overview,
    /// which show several slides, and for the values of variables.
    fn masked_frame(&mut self) -> Option<(Buffer, Vec<Overlay>)> {
        let is_unknown = matches!(self.app.mode(), Mode::Overview(_) | Mode::Variables(_));
        if self.transition.is_some() || is_unknown {
            return None;
        }
        let loaded = LoadedDeck { hides_masked: true, ..self.loaded.clone() };
        let size = self.screen.size();
        let how = (size, Highlighting::Cached);
        let scene = headless::current_scene(&loaded, &self.app, how, &mut self.media);
        let mut buffer = Buffer::empty(Rect::new(0, 0, size.columns, size.rows));
        let look = loaded.style(self.app.at().slide);
        let (app, rows) = (&self.app, self.app.rows_above());
        let overlays = view::draw(app, &scene, rows, &look.theme, &mut buffer);
        if let Mode::Edit(editing) = app.mode() {
            draw_editor(app, (editing, &mut self.edited), &scene, look, &mut buffer);
        }
        Some((buffer, overlays))
    }

    /// Logs the runs that have ended since the last call.
    pub(super) fn log_runs(&mut self) {
        let Some(log) = &mut self.log else { return };
        let deck = self.app.deck();
        for (id, run) in self.app.runs() {
            if let (State::Ended(outcome), Some(cell)) = (&run.shown().state, deck.cell(*id)) {
                log.run(deck, cell, run, outcome.clone());
            }
        }
    }

    /// Ends the log, with the output so far of what still runs.
    ///
    /// # Errors
    /// It could not be written in time.
    pub(super) fn end_log(&mut self) -> io::Result<()> {
        self.log_runs();
        let Some(mut log) = self.log.take() else { return Ok(()) };
        let deck = self.app.deck();
        for (id, run) in self.app.runs() {
            if let Some(cell) = deck.cell(*id).filter(|_| run.is_under_way() && run.has_output()) {
                log.run(deck, cell, run, Outcome::Stopped);
            }
        }
        if log.finish() {
            Ok(())
        } else {
            Err(io::Error::other("the log of the talk is incomplete"))
        }
    }
}

/// Returns whether the output of any cell may have something to hide.
pub(super) fn has_masked_output(deck: &Deck, runs: &crate::run::Runs) -> bool {
    let masked = deck.cells.iter().filter(|cell| cell.check.mask.is_some());
    let mut runs = masked.filter_map(|cell| runs.get(&cell.id));
    runs.any(|run| run.has_output() || run.shown().has_output())
}

/// Returns the name of a file that does not exist: `talk-2.cast` for `talk.cast`.
fn numbered(path: &Path, number: u32) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map(|it| format!(".{}", it.to_string_lossy()));
    path.with_file_name(format!("{stem}-{number}{}", extension.unwrap_or_default()))
}
