//! Runs code without a terminal: sends messages to the app, applies the effects that concern runs,
//! and feeds the executor's events back until nothing runs. The app decides what runs before what,
//! as in a presentation.

use std::path::Path;
use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};

use crate::app::{App, Effect, Msg, update};
use crate::deck::{CellId, Deck};
use crate::exec::{Executor, Stop, Watchdog};
use crate::project::{self, Execution, LoadedDeck, RequestOptions, to_msg};
use crate::recording::skip_reason;
use crate::run::{Event, Outcome, RunLimits, Snippet};

/// Default time limit of a block.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Default time limit of programs that draw on the slide: most never end.
pub(super) const SCREEN_TIMEOUT: Duration = Duration::from_secs(5);

/// An executor and its events.
pub(super) struct Driver {
    executor: Executor,
    loaded: LoadedDeck,
    events: Receiver<Msg>,
    /// Ends started processes if this program is killed.
    _watchdog: Option<Watchdog>,
}

impl Driver {
    /// Starts an executor for the deck at `path`.
    pub(super) fn new(loaded: &LoadedDeck, path: &Path, execution: &Execution) -> Self {
        let (sender, events) = unbounded();
        let options = project::options(execution, path, loaded);
        let executor = Executor::new(options, move |event| {
            // The receiver is gone once the driver is dropped.
            let _ = sender.send(to_msg(event));
        });
        // Optional: it only matters if this program is killed.
        let watchdog = Watchdog::start().ok().flatten();
        Self { executor, loaded: loaded.clone(), events, _watchdog: watchdog }
    }

    /// Compiles code and preimports modules in the background.
    pub(super) fn prepare(&self, snippets: Vec<Snippet>, preload: &[String]) {
        self.executor.prepare(snippets, preload);
    }

    /// Sends messages to the app and waits until nothing runs. `options` returns how to run each cell.
    pub(super) fn run(
        &self,
        deck: &Deck,
        app: &mut App,
        messages: impl IntoIterator<Item = Msg>,
        options: &dyn Fn(CellId) -> RequestOptions,
    ) {
        for msg in messages {
            self.dispatch(deck, app, msg, options);
        }
        while app.is_running() {
            let Ok(msg) = self.events.recv() else { return };
            self.dispatch(deck, app, msg, options);
        }
    }

    fn dispatch(
        &self,
        deck: &Deck,
        app: &mut App,
        msg: Msg,
        options: &dyn Fn(CellId) -> RequestOptions,
    ) {
        for effect in update(app, msg) {
            self.apply(deck, app, &effect, options);
        }
    }

    /// Applies an effect of the app, if it concerns runs.
    pub(super) fn apply(
        &self,
        deck: &Deck,
        app: &mut App,
        effect: &Effect,
        options: &dyn Fn(CellId) -> RequestOptions,
    ) {
        let &Effect::Run { run, cell, terminal, base } = effect else {
            return control_run(&self.executor, effect);
        };
        if let Some(why) = deck.cell(cell).and_then(|cell| skip_reason(cell)) {
            let skipped = Event::Finished(Outcome::NotStarted(why.to_owned()), Duration::ZERO);
            return self.dispatch(deck, app, Msg::Run(run, skipped), options);
        }
        let options = RequestOptions { theme: Some(self.loaded.theme_of(cell)), ..options(cell) };
        let request = project::request(deck, (run, cell, base), terminal, &options);
        if let Some(request) = request {
            self.executor.run(&request);
        }
    }

    /// Handles the events of this much time; returns earlier if there are some.
    pub(super) fn receive(
        &self,
        deck: &Deck,
        app: &mut App,
        options: &dyn Fn(CellId) -> RequestOptions,
        time: Duration,
    ) {
        let Ok(first) = self.events.recv_timeout(time) else { return };
        self.dispatch(deck, app, first, options);
        // Each event may send others: no more than there were.
        for msg in self.events.try_iter().take(self.events.len()) {
            self.dispatch(deck, app, msg, options);
        }
    }
}

/// Returns the limits of a run without a terminal: every block ends in time.
pub(super) fn run_limits(execution: &Execution) -> RunLimits {
    let own = execution.limits;
    RunLimits { timeout: own.timeout.or(Some(DEFAULT_TIMEOUT)), ..own }
}

/// Applies an effect on a run that was started before. Ignores all other effects.
pub(crate) fn control_run(executor: &Executor, effect: &Effect) {
    match *effect {
        Effect::SendInput(run, ref bytes) => executor.type_in(run, bytes),
        Effect::ResizeRun(run, size) => executor.resize(run, size),
        Effect::Interrupt(run) => executor.stop(run, Stop::Interrupt),
        Effect::Kill(run) => executor.stop(run, Stop::Kill),
        Effect::DropSnapshot(run) => executor.forget(run),
        Effect::RestartKernels => executor.restart_kernels(),
        Effect::ListVariables(run) => executor.variables(run),
        _ => {}
    }
}
