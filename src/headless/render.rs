//! Slides without a terminal, their code run if that is wanted. What exporters start from.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crossbeam_channel::{Receiver, after, select, unbounded};

use super::{code_colors, scene_builder};
use crate::app::{Action, App, AppOptions, Effect, Msg, Trust, update};
use crate::deck::Cursor;
use crate::exec::{self, Executor, Watchdog};
use crate::layout::{self, Highlighting, PictureKey, Scene, Size};
use crate::media::Media;
use crate::project::{self, Execution, LoadedDeck, read_markdown};
use crate::run::RunLimits;

/// How long runs may take before they are left as they are.
const PATIENCE: Duration = Duration::from_secs(30);

/// A deck laid out slide by slide; nothing runs but what [`run`](Self::run) is asked to.
pub struct SlideRenderer {
    loaded: LoadedDeck,
    app: App,
    media: Media,
    /// Started by the first run, and kept: the pictures that runs made are gone with it.
    runner: Option<Runner>,
}

/// What runs the code, and its events.
struct Runner {
    executor: Executor,
    events: Receiver<exec::ExecEvent>,
    limits: RunLimits,
    /// Ends what was started, should this program be killed.
    _watchdog: Option<Watchdog>,
}

impl SlideRenderer {
    /// Nothing is laid out yet. Slides use all of the size asked for.
    pub fn new(loaded: &LoadedDeck) -> Self {
        let loaded = LoadedDeck { limits: layout::SlideArea::default(), ..loaded.clone() };
        let media = Media::new(PathBuf::from("."), None, |_| {});
        let mut app = App::new(
            loaded.deck.clone(),
            AppOptions { trust: Trust::Once, ..AppOptions::default() },
        );
        update(&mut app, Msg::Recorded(loaded.recorded.clone()));
        Self { loaded, app, media, runner: None }
    }

    /// Lays out a slide at a step.
    pub fn scene(&mut self, at: Cursor, size: Size) -> Scene {
        update(&mut self.app, Msg::GoTo(at));
        scene_builder::scene(
            &self.loaded,
            &mut self.app,
            (size, Highlighting::Full),
            &mut self.media,
        )
    }

    /// Lays out a slide as a talk shows it at first: code that takes long to colour is plain.
    pub fn quick_scene(&mut self, at: Cursor, size: Size) -> Scene {
        update(&mut self.app, Msg::GoTo(at));
        let colours = code_colors::colors(
            &self.loaded.deck,
            &self.loaded.style(at.slide).highlighter,
            at.slide,
        );
        scene_builder::scene(&self.loaded, &mut self.app, (size, colours), &mut self.media)
    }

    /// The file of a picture of a slide that was laid out.
    pub fn picture(&mut self, key: &PictureKey) -> Option<PathBuf> {
        self.media.file(key)
    }

    /// Shows what was recorded of the code of the slide laid out last.
    pub fn show_recorded(&mut self) {
        let recorded = self.loaded.recorded.keys().copied();
        let recorded: Vec<_> = recorded.filter(|id| !self.app.runs().contains_key(id)).collect();
        if recorded.is_empty() {
            return;
        }
        update(&mut self.app, Msg::Act(Action::ToggleRecorded));
    }

    /// Runs the code of the slide laid out last, of the deck at `path`, and waits for it to end. The
    /// pictures that it makes exist for as long as `self`.
    pub fn run(&mut self, path: &Path, execution: &Execution) {
        update(&mut self.app, Msg::SetTrust(execution.trust()));
        let Self { loaded, app, runner, .. } = self;
        let runner = runner.get_or_insert_with(|| Runner::new(loaded, path, execution));
        runner.run(loaded, app);
    }
}

impl Runner {
    fn new(loaded: &LoadedDeck, path: &Path, execution: &Execution) -> Self {
        let (send, events) = unbounded();
        let options = project::options(execution, path, loaded);
        let executor = Executor::new(options, move |event| drop(send.send(read_markdown(event))));
        // Without one, nothing is lost but what it does when this program is killed.
        let watchdog = Watchdog::start().ok().flatten();
        Self { executor, events, limits: execution.limits, _watchdog: watchdog }
    }

    /// Runs the slide's cells and waits until nothing runs any more.
    fn run(&self, loaded: &LoadedDeck, app: &mut App) {
        self.start(loaded, update(app, Msg::Shown));
        self.start(loaded, update(app, Msg::Act(Action::Execute)));
        let over = after(PATIENCE);
        while app.is_running() {
            let event = select! {
                recv(self.events) -> event => event,
                recv(over) -> _ => return,
            };
            let Ok(event) = event else { return };
            self.start(loaded, update(app, message(event)));
        }
    }

    fn start(&self, loaded: &LoadedDeck, effects: Vec<Effect>) {
        for effect in effects {
            let Effect::Run { run, cell, terminal, base } = effect else { continue };
            let request = project::request(&loaded.deck, (run, cell, base), terminal, self.limits);
            if let Some(request) = request {
                self.executor.run(&request);
            }
        }
    }
}

/// What the app hears of an event.
fn message(event: exec::ExecEvent) -> Msg {
    match event {
        exec::ExecEvent::Run(run, event) => Msg::Run(run, event),
        exec::ExecEvent::Prepared(code, how) => Msg::Prepared(code, how),
        exec::ExecEvent::Variables(run, names) => Msg::Variables(run, names),
        exec::ExecEvent::Warning(what) => Msg::Failed(what),
    }
}
