//! Plays keys in a talk without a terminal, and captures what its screen shows while code really runs.

#![expect(clippy::disallowed_methods, reason = "runs take time")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::driver::{Driver, SCREEN_TIMEOUT, run_limits};
use super::scene_builder;
use crate::app::{
    Action, App, AppOptions, Effect, Key, Keymap, Msg, Policy, Sequence, Trust, update,
};
use crate::deck::{CellId, Cursor, Deck, Replay, SlideNo, Step};
use crate::layout::{self, Highlighting, Size};
use crate::media::{DocumentPicture, Media};
use crate::project::{self, Execution, LoadedDeck, RequestOptions};
use crate::run::State;
use crate::view::{self, Overlay};

/// How long a key's result is shown, unless the walk says it.
const PACE: Duration = Duration::from_secs(1);

/// How long the end is shown.
const LAST_PACE: Duration = Duration::from_secs(2);

/// The time between frames while code runs.
const FRAME_INTERVAL: Duration = Duration::from_millis(80);

/// Maximum duration of recorded output.
const MAX_REPLAY: Duration = Duration::from_secs(10);

/// Maximum number of frames.
const MAX_FRAMES: usize = 5_000;

/// Maximum duration of one wait.
const MAX_WAIT: Duration = Duration::from_mins(10);

/// A part of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalkStep {
    /// Press a key.
    Key(Key),
    /// Show the result of the keys before for this time.
    Wait(Duration),
    /// Go through all steps to the end of the talk.
    ToEnd,
    /// Go to a slide, and through its steps.
    Slide(SlideNo),
}

/// How to walk through a deck.
pub struct WalkOptions<'a> {
    /// The screen.
    pub size: Size,
    /// Where to start.
    pub start: Cursor,
    /// The key bindings.
    pub keymap: Keymap,
    /// How code runs; `None` shows recorded output instead.
    pub execution: Option<&'a Execution>,
    /// Which code runs.
    pub policy: Policy,
}

/// What the screen shows.
pub struct WalkFrame<'a> {
    /// Since when, from the start of the walk.
    pub at: Duration,
    /// The slide.
    pub slide: Cursor,
    /// Its cells.
    pub buffer: &'a Buffer,
    /// The pictures that the cells cannot hold.
    pub pictures: &'a [(Overlay, DocumentPicture)],
}

/// Reads a walk: keys as in the configuration or as the help writes them, separated by blanks, and
/// waiting times in seconds: `l l ctrl-e @2 <c-r> 7G`.
///
/// # Errors
/// Names the first part that is neither.
pub fn read_walk(text: &str) -> Result<Vec<WalkStep>, String> {
    let mut steps = Vec::new();
    for word in text.split_whitespace() {
        if let Some(seconds) = word.strip_prefix('@').filter(|rest| !rest.is_empty()) {
            let seconds: f64 = seconds.parse().map_err(|_| format!("`{word}` is no time"))?;
            let time = Duration::try_from_secs_f64(seconds).ok().filter(|time| *time <= MAX_WAIT);
            steps.push(WalkStep::Wait(time.ok_or_else(|| format!("`{word}` is no time"))?));
            continue;
        }
        let keys = keys(word).ok_or_else(|| format!("unknown key `{word}`"))?;
        steps.extend(keys.into_iter().map(WalkStep::Key));
    }
    Ok(steps)
}

/// Returns the keys of a word: a name, or characters that are typed one after the other.
fn keys(word: &str) -> Option<Vec<Key>> {
    let mut name = word.to_lowercase();
    for (long, short) in [("ctrl-", "c-"), ("alt-", "a-"), ("shift-", "s-")] {
        name = name.replace(long, short);
    }
    let is_named = word.chars().count() > 1 && !word.contains(['<', '>']);
    let named = is_named.then(|| Sequence::read(&format!("<{name}>")).ok()).flatten();
    let sequence = named.or_else(|| Sequence::read(word).ok())?;
    sequence.keys()
}

/// Walks through the deck at `path`; `on_frame` gets what the screen shows whenever it changes. Returns
/// when the last frame ends.
///
/// # Errors
/// There are too many frames, or that of `on_frame`.
pub fn walk(
    loaded: &LoadedDeck,
    path: &Path,
    steps: &[WalkStep],
    options: WalkOptions<'_>,
    on_frame: &mut dyn FnMut(&WalkFrame<'_>) -> Result<(), String>,
) -> Result<Duration, String> {
    let mut walker = Walker::new(loaded, path, options, on_frame);
    if !matches!(steps.first(), Some(WalkStep::Slide(_))) {
        walker.show()?;
        walker.pass(first_wait(steps))?;
    }
    for (number, step) in steps.iter().enumerate() {
        match step {
            WalkStep::Key(key) => walker.press(*key)?,
            WalkStep::ToEnd => walker.go_to_end()?,
            WalkStep::Slide(slide) => {
                walker.show_slide(*slide)?;
                continue;
            }
            // It belongs to the key before.
            WalkStep::Wait(_) => continue,
        }
        let rest = &steps[number + 1..];
        let last = if rest.is_empty() { LAST_PACE } else { PACE };
        let is_continued = matches!((step, rest.first()), (WalkStep::Key(key), Some(WalkStep::Key(_)))
            if walker.awaits_more(*key));
        if !is_continued {
            walker.pass(wait(rest).map_or(Wait::UntilDone(last), Wait::For))?;
        }
        if walker.has_quit {
            break;
        }
    }
    Ok(walker.time)
}

/// How long the start is shown.
fn first_wait(steps: &[WalkStep]) -> Wait {
    wait(steps).map_or(Wait::UntilDone(PACE), Wait::For)
}

/// Returns the sum of the waits at the start of a walk.
fn wait(steps: &[WalkStep]) -> Option<Duration> {
    let waits = steps.iter().map_while(|step| match step {
        WalkStep::Wait(time) => Some(*time),
        _ => None,
    });
    waits.reduce(Duration::saturating_add)
}

#[derive(Clone, Copy)]
enum Wait {
    /// Exactly this long.
    For(Duration),
    /// Until nothing runs, and then this long.
    UntilDone(Duration),
}

struct Walker<'a> {
    loaded: LoadedDeck,
    app: App,
    media: Media,
    driver: Option<Driver>,
    options: RequestOptions,
    size: Size,
    time: Duration,
    frames: usize,
    /// The cells and the pictures of the last frame.
    shown: Option<(Buffer, Vec<Overlay>)>,
    has_quit: bool,
    /// The slide whose code was run without a key.
    executed: Option<SlideNo>,
    on_frame: &'a mut dyn FnMut(&WalkFrame<'_>) -> Result<(), String>,
}

impl<'a> Walker<'a> {
    fn new(
        loaded: &LoadedDeck,
        path: &Path,
        options: WalkOptions<'_>,
        on_frame: &'a mut dyn FnMut(&WalkFrame<'_>) -> Result<(), String>,
    ) -> Self {
        let WalkOptions { size, start, keymap, execution, policy } = options;
        let mut deck = Deck::clone(&loaded.deck);
        if execution.is_none() {
            deck.options.replay = Replay::Always;
        }
        let loaded = LoadedDeck {
            deck: Arc::new(deck),
            limits: layout::SlideArea::default(),
            hides_masked: true,
            ..loaded.clone()
        };
        let trust = match execution {
            Some(execution) if policy.allows_all() => execution.trust(),
            Some(_) => Trust::No,
            None => Trust::Once,
        };
        let app = AppOptions {
            policy,
            trust,
            keymap,
            // Each error is shown in its place; their number is for the author.
            hides_problems: true,
            repeats_lost_runs: false,
            ..AppOptions::default()
        };
        let mut app = App::new(loaded.deck.clone(), app);
        update(&mut app, Msg::Recorded(loaded.recorded.clone()));
        update(&mut app, Msg::GoTo(start));
        let driver = execution.map(|execution| Driver::new(&loaded, path, execution));
        if let Some(driver) = &driver {
            let snippets =
                loaded.deck.cells.iter().map(|cell| project::snippet(&loaded.deck, cell));
            driver.prepare(snippets.collect(), &loaded.deck.options.python_preload);
        }
        let limits = execution.map(run_limits).unwrap_or_default();
        Self {
            media: Media::for_documents(),
            options: RequestOptions {
                limits,
                screen_timeout: Some(SCREEN_TIMEOUT),
                ..RequestOptions::default()
            },
            loaded,
            app,
            driver,
            size,
            time: Duration::ZERO,
            frames: 0,
            shown: None,
            has_quit: false,
            executed: None,
            on_frame,
        }
    }

    /// Sends a message to the app and applies what follows for runs.
    fn send(&mut self, msg: Msg) {
        let Self { driver, app, loaded, options, has_quit, .. } = self;
        let options = |_| options.clone();
        for effect in update(app, msg) {
            *has_quit |= matches!(effect, Effect::Quit);
            if let Some(driver) = driver {
                driver.apply(&loaded.deck, app, &effect, &options);
            }
        }
    }

    fn press(&mut self, key: Key) -> Result<(), String> {
        self.send(Msg::Key(key));
        self.show()
    }

    /// Goes on, step by step, until nothing changes.
    fn go_to_end(&mut self) -> Result<(), String> {
        self.run_code()?;
        while self.go_on() {
            self.show()?;
            self.pass(Wait::UntilDone(PACE))?;
            self.run_code()?;
        }
        Ok(())
    }

    /// Goes to a slide, and through its steps.
    fn show_slide(&mut self, slide: SlideNo) -> Result<(), String> {
        self.send(Msg::GoTo(Cursor { slide, step: Step(0) }));
        loop {
            self.show()?;
            self.pass(Wait::UntilDone(PACE))?;
            self.run_code()?;
            if !self.go_on() || self.app.at().slide != slide {
                return Ok(());
            }
        }
    }

    /// Goes one step on; returns whether anything has changed.
    fn go_on(&mut self) -> bool {
        let before = (self.app.at(), self.app.scroll());
        self.send(Msg::Act(Action::Next));
        (self.app.at(), self.app.scroll()) != before
    }

    /// Runs the code of a slide at its last step, once. Recorded output takes as long as it took.
    fn run_code(&mut self) -> Result<(), String> {
        let Cursor { slide, step } = self.app.at();
        let is_last = step.0.saturating_add(1) >= self.loaded.deck.slide(slide).steps;
        if !is_last || self.executed.replace(slide) == Some(slide) {
            return Ok(());
        }
        let Some(action) = self.action_for_code() else { return Ok(()) };
        self.send(Msg::Act(action));
        self.show()?;
        self.pass(Wait::UntilDone(PACE))
    }

    /// Returns what shows the output of the code that has none. Time passes as it did for recorded output.
    fn action_for_code(&mut self) -> Option<Action> {
        let runs = self.app.runs();
        let has_run = |id: CellId| {
            runs.get(&id).is_some_and(|run| run.replay.is_some() || run.state != State::NotRun)
        };
        let mut due = self.app.visible_cells().filter(|cell| !has_run(cell.id));
        if self.driver.is_some() {
            return due.any(|cell| self.app.may_run(cell)).then_some(Action::Execute);
        }
        let recorded = &self.loaded.recorded;
        let took = due.filter_map(|cell| Some(recorded.get(&cell.id)?.elapsed)).max()?;
        self.time += took.min(MAX_REPLAY);
        Some(Action::ToggleRecorded)
    }

    /// Whether a key is the start of a sequence.
    fn awaits_more(&self, key: Key) -> bool {
        let mut keymap = self.app.keymap().clone();
        keymap.press(key) == crate::app::KeyMatch::Partial
    }

    /// Lets time pass: while code runs, as long as it really takes.
    fn pass(&mut self, wait: Wait) -> Result<(), String> {
        let started = Instant::now();
        let mut before = Duration::ZERO;
        while self.app.is_running() {
            let left = match wait {
                Wait::For(time) => time.saturating_sub(before),
                Wait::UntilDone(_) => MAX_WAIT.saturating_sub(before),
            };
            if left.is_zero() {
                break;
            }
            self.receive(left.min(FRAME_INTERVAL));
            let now = started.elapsed();
            let passed = now.saturating_sub(before);
            before = now;
            self.time += passed;
            self.send(Msg::Tick(passed));
            self.show()?;
        }
        self.time += match wait {
            Wait::For(time) => time.saturating_sub(before),
            Wait::UntilDone(time) => time,
        };
        Ok(())
    }

    /// Handles the events of runs of this much time.
    fn receive(&mut self, time: Duration) {
        let Self { driver, app, loaded, options, .. } = self;
        let options = |_| options.clone();
        match driver {
            Some(driver) => driver.receive(&loaded.deck, app, &options, time),
            None => std::thread::sleep(time),
        }
    }

    /// Draws the screen, and reports it if it has changed.
    fn show(&mut self) -> Result<(), String> {
        let how = (self.size, Highlighting::Full);
        let mut scene = scene_builder::scene(&self.loaded, &mut self.app, how, &mut self.media);
        self.send(Msg::Shown);
        if self.app.changes().scene {
            scene = scene_builder::scene(&self.loaded, &mut self.app, how, &mut self.media);
        }
        self.app.take_transition();
        let (slide, rows) = (self.app.at(), self.app.rows_above());
        let mut buffer = Buffer::empty(Rect::new(0, 0, self.size.columns, self.size.rows));
        let theme = &self.loaded.style(slide.slide).theme;
        let overlays = view::draw(&self.app, &scene, rows, theme, &mut buffer);
        update(&mut self.app, Msg::Painted);
        let is_same =
            |(cells, pictures): &(Buffer, Vec<Overlay>)| *cells == buffer && *pictures == overlays;
        if self.shown.as_ref().is_some_and(is_same) {
            return Ok(());
        }
        self.frames += 1;
        if self.frames > MAX_FRAMES {
            return Err(format!("the walk has more than {MAX_FRAMES} frames"));
        }
        let mut pictures = Vec::new();
        for overlay in overlays.iter().cloned() {
            if let Ok(Some(picture)) = self.media.document_picture(&overlay.key) {
                pictures.push((overlay, picture));
            }
        }
        let frame = WalkFrame { at: self.time, slide, buffer: &buffer, pictures: &pictures };
        (self.on_frame)(&frame)?;
        self.shown = Some((buffer, overlays));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use super::*;

    #[test]
    fn walk_has_keys_and_waits() {
        let char = |c| WalkStep::Key(KeyCode::Char(c).into());
        let ctrl_e = WalkStep::Key(Key { ctrl: true, ..KeyCode::Char('e').into() });
        assert_eq!(
            read_walk(" l ctrl-e <c-e> @2 7G right\n@0.5").unwrap(),
            [
                char('l'),
                ctrl_e,
                ctrl_e,
                WalkStep::Wait(Duration::from_secs(2)),
                char('7'),
                char('G'),
                WalkStep::Key(KeyCode::Right.into()),
                WalkStep::Wait(Duration::from_millis(500)),
            ]
        );
        assert_eq!(read_walk("").unwrap(), []);
        for wrong in ["@x", "@-1", "@9999999", "<nokey>", "@nan"] {
            assert!(read_walk(wrong).is_err(), "{wrong}");
        }
    }
}
