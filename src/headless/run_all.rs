//! Runs a deck's code without a terminal, block by block in deck order, for recordings and checks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::driver::{Driver, SCREEN_TIMEOUT, run_limits};
use super::scene_builder;
use crate::app::{App, AppOptions, Msg, update};
use crate::deck::{Cell, CellId, Cursor, Deck, Replay, Step};
use crate::files;
use crate::layout::{self, Highlighting, Size};
use crate::media::Media;
use crate::project::{self, Execution, LoadedDeck, RequestOptions};
use crate::recording::{
    PlannedRun, Purpose, RecordedPicture, RunResult, block_positions, file_names, skip_reason,
};
use crate::run::{CellRun, Outcome, RunLimits, State};

/// Terminal size for programs in columns and rows, the same on every machine.
const TERMINAL_SIZE: (u16, u16) = (100, 30);

/// A deck whose code is run.
struct RunAll<'a> {
    loaded: LoadedDeck,
    app: App,
    media: Media,
    driver: Driver,
    limits: RunLimits,
    /// File names for the pictures of each cell.
    names: Vec<String>,
    on_event: &'a mut dyn FnMut(PlanEvent),
}

/// The progress of a plan.
#[derive(Clone, Debug)]
pub enum PlanEvent {
    /// The run with this number, from 1, begins.
    Begun(usize),
    /// A run has ended: with `None` for a block that cannot run without a terminal.
    Ended(PlannedRun, Option<CapturedRun>),
}

/// The result of a run.
#[derive(Clone, Debug)]
pub struct CapturedRun {
    /// The result, as recorded.
    pub ran: RunResult,
    /// The bytes of its pictures, by file name.
    pub pictures: BTreeMap<String, Vec<u8>>,
}

/// Executes planned runs of the deck at `path` one after the other, and reports their progress.
pub fn run_all(
    loaded: &LoadedDeck,
    path: &Path,
    execution: &Execution,
    plan: &[PlannedRun],
    on_event: &mut dyn FnMut(PlanEvent),
) {
    if plan.is_empty() {
        return;
    }
    // Runs must be live, even if the deck replays recordings.
    let mut deck = Deck::clone(&loaded.deck);
    deck.options.replay = Replay::Never;
    let loaded =
        LoadedDeck { deck: Arc::new(deck), limits: layout::SlideArea::default(), ..loaded.clone() };
    let mut runner = RunAll {
        driver: Driver::new(&loaded, path, execution),
        app: App::new(
            loaded.deck.clone(),
            AppOptions {
                trust: execution.trust(),
                repeats_lost_runs: false,
                ..AppOptions::default()
            },
        ),
        media: Media::new(PathBuf::from("."), None, |_| {}),
        limits: run_limits(execution),
        names: file_names(&block_positions(&loaded.deck)),
        loaded,
        on_event,
    };
    runner.prepare(plan);
    for (number, planned) in (1..).zip(plan) {
        (runner.on_event)(PlanEvent::Begun(number));
        let captured = runner.run(*planned);
        (runner.on_event)(PlanEvent::Ended(*planned, captured));
    }
}

impl RunAll<'_> {
    /// Compiles the planned blocks in the background.
    fn prepare(&self, plan: &[PlannedRun]) {
        let deck = &self.loaded.deck;
        let cells = plan.iter().filter_map(|planned| deck.cell(planned.cell));
        let snippets = cells.map(|cell| project::snippet(deck, cell)).collect();
        self.driver.prepare(snippets, &deck.options.python_preload);
    }

    fn run(&mut self, planned: PlannedRun) -> Option<CapturedRun> {
        let deck = self.loaded.deck.clone();
        let cell = deck.cell(planned.cell).filter(|cell| skip_reason(cell).is_none())?;
        self.go_to(cell);
        let messages = [Msg::RunCells(vec![cell.id])];
        let (loaded, limits) = (&self.loaded, self.limits);
        let options = |cell| request_options(loaded, (planned, cell), limits);
        self.driver.run(&deck, &mut self.app, messages, &options);
        self.outcome(cell).map(|outcome| self.capture(cell, outcome))
    }

    /// Lays out the last step of the cell's slide, which determines the width of its output.
    fn go_to(&mut self, cell: &Cell) {
        let at = Cursor { slide: cell.slide, step: Step::LAST };
        update(&mut self.app, Msg::GoTo(at));
        let size = Size::new(TERMINAL_SIZE.0, TERMINAL_SIZE.1);
        scene_builder::scene(
            &self.loaded,
            &mut self.app,
            (size, Highlighting::Full),
            &mut self.media,
        );
    }

    fn outcome(&self, cell: &Cell) -> Option<Outcome> {
        match &self.app.runs().get(&cell.id)?.state {
            // Programs that draw on the slide may never end.
            State::Ended(Outcome::TimedOut) if cell.exec.pty.is_some() => Some(Outcome::Stopped),
            State::Ended(outcome) => Some(outcome.clone()),
            _ => None,
        }
    }

    fn capture(&self, cell: &Cell, outcome: Outcome) -> CapturedRun {
        let run = self.app.runs().get(&cell.id).cloned().unwrap_or_default();
        let name = self.names.get(cell.id.0 as usize).cloned().unwrap_or_default();
        capture(&run, outcome, &name)
    }
}

/// Returns a run as it is recorded, with the data of its pictures. `name` begins their file names.
pub fn capture(run: &CellRun, outcome: Outcome, name: &str) -> CapturedRun {
    let mut pictures = BTreeMap::new();
    let mut keep = |file: &Path, name: &str| {
        let bytes = files::read(file, files::FileKind::Picture).ok()?;
        let picture = picture(name, &bytes);
        pictures.insert(picture.file.clone(), bytes);
        Some(picture)
    };
    let made = run.output.picture.as_ref().and_then(|file| keep(file, name));
    let shown = run.output.pictures().zip(1..);
    let shown = shown.map(|(file, number)| keep(file, &format!("{name}.{number}")));
    let shown = shown.collect();
    CapturedRun { ran: RunResult::of(run, outcome, made, shown), pictures }
}

/// Returns how to run a cell for a planned run: the planned cell itself, or one that it needs.
fn request_options(
    loaded: &LoadedDeck,
    (planned, cell): (PlannedRun, CellId),
    limits: RunLimits,
) -> RequestOptions {
    let is_planned = cell == planned.cell;
    RequestOptions {
        limits,
        screen_timeout: is_planned.then_some(SCREEN_TIMEOUT),
        is_interactive: false,
        validates: is_planned && planned.purpose == Purpose::Validate,
        figures: loaded.figure_colors(cell),
        ..RequestOptions::default()
    }
}

/// Describes a picture for the recording, including its file name.
fn picture(name: &str, bytes: &[u8]) -> RecordedPicture {
    let end = extension(bytes);
    let size = image::ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format().ok();
    let size = size.and_then(|reader| reader.into_dimensions().ok());
    let kind = size.map(|(width, height)| format!("{}, {width} × {height}", end.to_uppercase()));
    RecordedPicture {
        file: format!("{name}.{end}"),
        hash: blake3::hash(bytes).to_hex()[..16].to_owned(),
        kind: kind.unwrap_or_default(),
    }
}

/// Returns the usual file extension for picture data.
fn extension(bytes: &[u8]) -> &'static str {
    let format = image::guess_format(bytes).ok();
    let extension = format.and_then(|format| format.extensions_str().first().copied());
    let is_svg = || bytes.trim_ascii_start().starts_with(b"<");
    extension.unwrap_or(if is_svg() { "svg" } else { "picture" })
}
