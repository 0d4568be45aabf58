//! The console's copy of the deck, at the talk's position and with the talk's runs.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::clock;
use crate::app::{App, AppOptions, Keymap, Msg, update};
use crate::control::{BlockReport, BlockStatus, OutputReport, TalkState};
use crate::deck::{CellId, Cursor, Deck, SlideNo, Step};
use crate::headless;
use crate::layout::{Highlighting, Scene, Size};
use crate::media::{Media, PictureBlocks, Protocol};
use crate::present::channel::EventSender;
use crate::present::notes_pane::{NotesPane, NotesPart, PanePlace};
use crate::present::watch::Watch;
use crate::present::{LoopEvent, Settings};
use crate::project::{self, LoadedDeck, Rehearsal, SlideStyle};
use crate::recording;
use crate::run::{CellRun, Outcome, Runs, State};
use crate::theme::{FooterStyle, Theme};
use crate::view::{self, ColorDepth, Overlay};

/// A deck, as the talk shows it.
pub(super) struct Mirror {
    path: PathBuf,
    loaded: LoadedDeck,
    app: App,
    media: Media,
    /// Reloads the deck when it is saved.
    watch: Watch,
    notes: NotesPane,
    /// The times that the slides are planned to take.
    plan: Option<Vec<Duration>>,
    /// The last rehearsal.
    rehearsal: Rehearsal,
    /// How far the talk's slide is scrolled, in thousandths.
    scrolled: u32,
    /// Pictures of the frame.
    overlays: Vec<Overlay>,
}

impl Mirror {
    pub(super) fn new(
        path: &Path,
        loaded: LoadedDeck,
        (settings, keymap): (&Settings, Keymap),
        depth: ColorDepth,
        sender: &EventSender,
    ) -> io::Result<Self> {
        let options = AppOptions { keymap, ..AppOptions::default() };
        let app = App::new(loaded.deck.clone(), options);
        let loaded = without_footer(loaded);
        let pictures = sender.clone();
        let folder = std::env::current_dir()?;
        let mut media = Media::new(folder, settings.protocol, move |loaded| {
            pictures.send(LoopEvent::Picture(loaded));
        });
        media.set_blocks(settings.blocks(depth));
        let load_options = settings.load_options.clone();
        let watch = Watch::start(load_options, loaded.clone(), settings.reload, sender.clone())?;
        Ok(Self {
            path: path.to_owned(),
            loaded,
            app,
            media,
            watch,
            notes: NotesPane::default(),
            plan: None,
            rehearsal: project::read_rehearsal(path).unwrap_or_default(),
            scrolled: 0,
            overlays: Vec::new(),
        })
    }

    /// Returns the path of the deck.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the theme of the current slide.
    pub(super) fn theme(&self) -> &Theme {
        &self.loaded.style(self.app.at().slide).theme
    }

    /// Draws the keys of the console.
    pub(super) fn draw_keys(&self, row: u16, buffer: &mut Buffer) {
        view::draw_bindings(&self.app, row, self.theme(), buffer);
    }

    /// Returns the planned times of the slides.
    pub(super) fn plan(&self) -> Option<&[Duration]> {
        self.plan.as_deref()
    }

    /// Takes the position and the runs of the talk.
    pub(super) fn follow(&mut self, state: &TalkState, now_ms: u64) {
        let position = &state.position;
        let step = u16::try_from(position.step.saturating_sub(1)).unwrap_or(u16::MAX);
        let slide = SlideNo::new(position.slide.saturating_sub(1) as usize);
        update(&mut self.app, Msg::Follow(Cursor { slide, step: Step(step) }));
        update(&mut self.app, Msg::Mirrored(runs(&self.loaded.deck, state, now_ms)));
        self.scrolled = position.scrolled;
        let duration = state.timer.duration_ms.map(Duration::from_millis);
        self.plan = clock::plan(&self.loaded.deck, &self.rehearsal, duration);
    }

    /// Handles an event of the deck's files and pictures. Returns whether anything changed.
    pub(super) fn on_event(&mut self, event: LoopEvent) -> bool {
        match event {
            LoopEvent::Loaded(loaded) => {
                self.loaded = without_footer(*loaded);
                self.notes.forget();
                update(&mut self.app, Msg::Loaded(self.loaded.deck.clone()));
            }
            LoopEvent::PicturesChanged => self.media.forget(),
            LoopEvent::Picture(picture) => return self.media.accept(picture),
            LoopEvent::PictureSeen | LoopEvent::Coloured | LoopEvent::Prefetched => {}
            _ => return false,
        }
        true
    }

    pub(super) fn set_protocol(&mut self, protocol: Option<Protocol>, blocks: PictureBlocks) {
        self.media.set_blocks(blocks);
        if let Some(protocol) = protocol {
            self.media.set_protocol(protocol);
        }
    }

    pub(super) fn repaint(&mut self) {
        self.media.repaint();
    }

    /// Returns the bytes that remove all pictures from the terminal.
    pub(super) fn take_pictures(&mut self) -> Vec<u8> {
        self.media.quit()
    }

    pub(super) fn scroll_notes(&mut self, rows: i32) {
        self.notes.scroll(rows);
    }

    /// Draws the slide that the audience sees.
    pub(super) fn draw_current(&mut self, area: Rect, cell: (u16, u16), buffer: &mut Buffer) {
        let at = self.app.at();
        let scene = self.scene(at, area, cell);
        let limit = scene.scroll_limit();
        let scroll = match (self.scrolled, &scene.revealed) {
            (0, Some(rows)) => rows.end.saturating_sub(u32::from(scene.viewport.height)),
            (scrolled, _) => limit * scrolled / 1000,
        };
        self.draw_scene(&scene, scroll.min(limit), area, buffer);
    }

    /// Draws the step that follows. Returns false at the end of the deck.
    pub(super) fn draw_next(&mut self, area: Rect, cell: (u16, u16), buffer: &mut Buffer) -> bool {
        let Some(at) = self.next() else { return false };
        let scene = self.scene(at, area, cell);
        let viewport = u32::from(scene.viewport.height);
        let revealed = scene.revealed.as_ref().map_or(0, |rows| rows.end.saturating_sub(viewport));
        self.draw_scene(&scene, revealed.min(scene.scroll_limit()), area, buffer);
        true
    }

    /// Returns the position of the next step.
    pub(super) fn next(&self) -> Option<Cursor> {
        let (deck, at) = (&self.loaded.deck, self.app.at());
        if at.step.0 + 1 < deck.slide(at.slide).steps.max(1) {
            return Some(Cursor { step: Step(at.step.0 + 1), ..at });
        }
        let slide = SlideNo::new(at.slide.index() + 1);
        (slide <= deck.last_slide()).then_some(Cursor { slide, step: Step(0) })
    }

    /// Draws the notes of the current step.
    pub(super) fn draw_notes(
        &mut self,
        area: Rect,
        cell: (u16, u16),
        buffer: &mut Buffer,
    ) -> NotesPart {
        let place = PanePlace { area, cell, buffer };
        let here = (&self.loaded, self.app.at());
        let (part, overlays) = self.notes.draw(here, place, &mut self.media);
        self.overlays.extend(overlays);
        part
    }

    /// Paints the pictures of all scenes drawn since the last call; returns the bytes to write after the
    /// cells.
    pub(super) fn paint_pictures(&mut self, cell: (u16, u16), buffer: &mut Buffer) -> Vec<u8> {
        let overlays = std::mem::take(&mut self.overlays);
        let background = self.theme().base.bg.unwrap_or_default();
        let bytes = self.media.paint(&overlays, background, cell, buffer);
        self.watch.pictures(self.media.watched_files());
        bytes
    }

    fn scene(&mut self, at: Cursor, area: Rect, cell: (u16, u16)) -> Scene {
        let how = (size(area, cell), Highlighting::Full);
        headless::scene_at(&self.loaded, &self.app, at, how, &mut self.media)
    }

    fn draw_scene(&mut self, scene: &Scene, scroll: u32, area: Rect, buffer: &mut Buffer) {
        let overlays = view::paint_at(scene, scroll, area, buffer);
        self.overlays.extend(overlays);
    }
}

fn size(area: Rect, cell: (u16, u16)) -> Size {
    Size { cell, ..Size::new(area.width, area.height) }
}

/// Removes the footer: panes have few rows, and the header has the number of the slide.
fn without_footer(loaded: LoadedDeck) -> LoadedDeck {
    let bare = |style: &SlideStyle| {
        let theme = Theme { footer: FooterStyle::Empty, ..(*style.theme).clone() };
        SlideStyle { theme: Arc::new(theme), ..style.clone() }
    };
    LoadedDeck { styles: loaded.styles.iter().map(bare).collect(), ..loaded }
}

/// Returns the runs that a talk reports, as far as the blocks belong to this deck.
fn runs(deck: &Deck, state: &TalkState, now_ms: u64) -> Runs {
    let mut runs = Runs::new();
    for output in &state.outputs {
        let OutputReport { number, lines, screen } = output;
        let run = recording::run_of_lines(lines, *screen);
        runs.insert(CellId(*number), run);
    }
    for block in &state.blocks {
        let run = runs.entry(CellId(block.number)).or_default();
        apply(run, block, now_ms);
    }
    runs.retain(|id, _| deck.cell(*id).is_some());
    runs
}

fn apply(run: &mut CellRun, block: &BlockReport, now_ms: u64) {
    let running = block.since_ms.map(|since| now_ms.saturating_sub(since));
    run.elapsed = Duration::from_millis(block.elapsed_ms.or(running).unwrap_or_default());
    run.origin.is_stale = block.stale;
    run.state = match block.status {
        BlockStatus::NotRun | BlockStatus::Unknown => State::NotRun,
        BlockStatus::NotAllowed => State::NotAllowed,
        BlockStatus::Queued => State::Queued,
        BlockStatus::Compiling => State::Compiling,
        BlockStatus::Ready => State::Ready,
        BlockStatus::Running | BlockStatus::WaitsForInput => State::Running,
        BlockStatus::Done => State::Ended(Outcome::Exited(0)),
        BlockStatus::Stopped => State::Ended(Outcome::Stopped),
        BlockStatus::TimedOut => State::Ended(Outcome::TimedOut),
        BlockStatus::Failed => State::Ended(failure(block.reason.as_deref().unwrap_or_default())),
    };
}

/// Returns the outcome that a talk described.
fn failure(reason: &str) -> Outcome {
    let number = |prefix| reason.strip_prefix(prefix).and_then(|number: &str| number.parse().ok());
    match reason {
        "exception" => Outcome::Raised,
        "does not compile" => Outcome::NotCompiled,
        _ => number("exit status ")
            .map(Outcome::Exited)
            .or_else(|| number("signal ").map(Outcome::Signaled))
            .unwrap_or_else(|| Outcome::NotStarted(reason.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reported_blocks_become_runs() {
        let block = |status, reason: &str| {
            let reason = Some(reason.to_owned());
            let mut run = CellRun::default();
            apply(&mut run, &BlockReport { status, reason, ..BlockReport::default() }, 0);
            run.state
        };
        assert_eq!(block(BlockStatus::Done, ""), State::Ended(Outcome::Exited(0)));
        let exited = State::Ended(Outcome::Exited(3));
        assert_eq!(block(BlockStatus::Failed, "exit status 3"), exited);
        assert_eq!(block(BlockStatus::Failed, "signal 9"), State::Ended(Outcome::Signaled(9)));
        assert_eq!(block(BlockStatus::Failed, "exception"), State::Ended(Outcome::Raised));
        let missing = State::Ended(Outcome::NotStarted("no rustc".to_owned()));
        assert_eq!(block(BlockStatus::Failed, "no rustc"), missing);
    }

    #[test]
    fn runs_of_other_decks_are_ignored() {
        let output = OutputReport { number: 7, lines: vec!["42".to_owned()], screen: None };
        let state = TalkState { outputs: vec![output], ..TalkState::default() };
        assert!(runs(&Deck::default(), &state, 0).is_empty());
    }
}
