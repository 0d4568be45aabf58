//! A deck's code run where nobody looks, block after block in the deck's order, as a speaker would who
//! runs them all: for recordings and for checks. The app decides here, too, so that what runs before
//! what is as on stage.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};

use super::scene_builder;
use crate::app::{App, AppOptions, Effect, Msg, update};
use crate::deck::{Cell, Cursor, Deck, Fingerprint, Replay, Step};
use crate::exec::{self, Executor, Stop, Watchdog};
use crate::files;
use crate::layout::{self, Highlighting, Size};
use crate::media::Media;
use crate::project::{self, Execution, LoadedDeck};
use crate::recording::{
    PlannedRun, Purpose, RecordedPicture, RunResult, block_positions, file_names, skip_reason,
};
use crate::run::{Outcome, Request, RunLimits, State, Target};

/// How long a block may take where neither it nor the configuration says.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a program is watched that draws on the slide: most have no end of their own.
const GLANCE: Duration = Duration::from_secs(5);
/// The terminal that programs believe in, the same on every machine.
const SIZE: (u16, u16) = (100, 30);

/// A deck whose code is run.
struct RunAll<'a> {
    loaded: LoadedDeck,
    app: App,
    media: Media,
    executor: Executor,
    events: Receiver<exec::ExecEvent>,
    limits: RunLimits,
    /// A name for the files of each cell.
    names: Vec<String>,
    /// Ends what runs started, should this program be killed.
    _watchdog: Option<Watchdog>,
    heard: &'a mut dyn FnMut(PlannedRun, Option<CapturedRun>),
}

/// What came out of a round.
#[derive(Clone, Debug)]
pub struct CapturedRun {
    /// What is to be seen of it.
    pub ran: RunResult,
    /// The bytes of its pictures, by the names of their files.
    pub pictures: BTreeMap<String, Vec<u8>>,
}

/// Runs these rounds of the deck at `path`, one after the other, and tells of each when it is over;
/// nothing came out of those that cannot be run where nobody looks.
pub fn run_all(
    loaded: &LoadedDeck,
    path: &Path,
    execution: &Execution,
    rounds: &[PlannedRun],
    heard: &mut dyn FnMut(PlannedRun, Option<CapturedRun>),
) {
    if rounds.is_empty() {
        return;
    }
    let (send, events) = unbounded();
    let options = project::options(execution, path, loaded);
    let executor = Executor::new(options, move |event| drop(send.send(event)));
    let own = execution.limits;
    // What is recorded is never played here, whatever the deck does on stage.
    let mut deck = Deck::clone(&loaded.deck);
    deck.options.replay = Replay::Never;
    let loaded =
        LoadedDeck { deck: Arc::new(deck), limits: layout::SlideArea::default(), ..loaded.clone() };
    let mut rehearsal = RunAll {
        app: App::new(
            loaded.deck.clone(),
            AppOptions { trust: execution.trust(), ..AppOptions::default() },
        ),
        media: Media::new(PathBuf::from("."), None, |_| {}),
        executor,
        events,
        limits: RunLimits { timeout: own.timeout.or(Some(PATIENCE)), ..own },
        names: file_names(&block_positions(&loaded.deck)),
        // Without one, nothing is lost but what it does when this program is killed.
        _watchdog: Watchdog::start().ok().flatten(),
        loaded,
        heard,
    };
    rehearsal.prepare(rounds);
    for round in rounds {
        rehearsal.run(*round);
    }
}

impl RunAll<'_> {
    /// Compiles what will run, while other blocks do.
    fn prepare(&self, rounds: &[PlannedRun]) {
        let deck = &self.loaded.deck;
        let cells = rounds.iter().filter_map(|round| deck.cell(round.cell));
        let snippets = cells.map(|cell| project::snippet(deck, cell)).collect();
        self.executor.prepare(snippets, &deck.options.python_preload);
    }

    fn run(&mut self, round: PlannedRun) {
        let deck = self.loaded.deck.clone();
        let Some(cell) = deck.cell(round.cell) else { return };
        if skip_reason(cell).is_some() {
            return (self.heard)(round, None);
        }
        self.go_to(cell);
        let effects = update(&mut self.app, Msg::RunCells(vec![cell.id]));
        self.perform(effects, round);
        self.wait(round);
        let rehearsed = self.outcome(cell).map(|outcome| self.look(cell, outcome));
        (self.heard)(round, rehearsed);
    }

    /// Lays the cell's slide out, wholly revealed: its output is as wide as there.
    fn go_to(&mut self, cell: &Cell) {
        let at = Cursor { slide: cell.slide, step: Step::LAST };
        update(&mut self.app, Msg::GoTo(at));
        let size = Size::new(SIZE.0, SIZE.1);
        scene_builder::scene(
            &self.loaded,
            &mut self.app,
            (size, Highlighting::Full),
            &mut self.media,
        );
    }

    fn perform(&mut self, effects: Vec<Effect>, round: PlannedRun) {
        for effect in effects {
            match effect {
                Effect::Run { run, cell, terminal, base } => {
                    let (deck, of_cell) = (&self.loaded.deck, (run, cell, base));
                    let request = project::request(deck, of_cell, terminal, self.limits);
                    if let Some(request) = request {
                        let is_it = cell == round.cell;
                        let request = if is_it { self.adapted(request, round) } else { request };
                        self.executor.run(&request);
                    }
                }
                Effect::SendInput(run, bytes) => self.executor.type_in(run, &bytes),
                Effect::ResizeRun(run, size) => self.executor.resize(run, size),
                Effect::Interrupt(run) => self.executor.stop(run, Stop::Interrupt),
                Effect::Kill(run) => self.executor.stop(run, Stop::Kill),
                Effect::DropSnapshot(run) => self.executor.forget(run),
                // There is no terminal, and nothing to be remembered.
                _ => {}
            }
        }
    }

    /// The request as the round wants it.
    fn adapted(&self, mut request: Request, round: PlannedRun) -> Request {
        let Some(cell) = self.loaded.deck.cell(round.cell) else { return request };
        if request.target == Target::Screen && cell.exec.timeout_ms.is_none() {
            request.limits.timeout = request.limits.timeout.map(|limit| limit.min(GLANCE));
        }
        if let (Purpose::Validate, Some(alternative)) = (round.purpose, &cell.check.alternative) {
            let code = &mut request.code;
            code.fingerprint = Fingerprint::of(&code.language, Some(alternative), &code.code);
            code.alternative = Some(alternative.to_string());
            request.session = None;
        }
        request
    }

    /// Takes in what runs tell until nothing is under way.
    fn wait(&mut self, round: PlannedRun) {
        while self.app.is_running() {
            let Ok(event) = self.events.recv() else { return };
            let msg = match event {
                exec::ExecEvent::Run(run, event) => Msg::Run(run, event),
                exec::ExecEvent::Prepared(code, how) => Msg::Prepared(code, how),
                exec::ExecEvent::Variables(run, names) => Msg::Variables(run, names),
                exec::ExecEvent::Warning(what) => Msg::Failed(what),
            };
            let effects = update(&mut self.app, msg);
            self.perform(effects, round);
        }
    }

    fn outcome(&self, cell: &Cell) -> Option<Outcome> {
        match &self.app.runs().get(&cell.id)?.state {
            // Who draws on the slide may do so for ever.
            State::Ended(Outcome::TimedOut) if cell.exec.pty.is_some() => Some(Outcome::Stopped),
            State::Ended(outcome) => Some(outcome.clone()),
            _ => None,
        }
    }

    fn look(&self, cell: &Cell, outcome: Outcome) -> CapturedRun {
        let run = self.app.runs().get(&cell.id).cloned().unwrap_or_default();
        let name = self.names.get(cell.id.0 as usize).cloned().unwrap_or_default();
        let mut pictures = BTreeMap::new();
        let mut keep = |file: &Path, name: &str| {
            let bytes = files::read(file, files::FileKind::Picture).ok()?;
            let picture = picture(name, &bytes);
            pictures.insert(picture.file.clone(), bytes);
            Some(picture)
        };
        let made = run.picture.as_ref().and_then(|file| keep(file, &name));
        let shown = run.output.pictures().zip(1..);
        let shown = shown.map(|(file, number)| keep(file, &format!("{name}.{number}")));
        let shown = shown.collect();
        CapturedRun { ran: RunResult::of(&run, outcome, made, shown), pictures }
    }
}

/// What is known of a picture, and the file that it is kept in.
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

/// The usual end of the name of a file that begins like this.
fn extension(bytes: &[u8]) -> &'static str {
    let format = image::guess_format(bytes).ok();
    let extension = format.and_then(|format| format.extensions_str().first().copied());
    extension.unwrap_or("picture")
}
