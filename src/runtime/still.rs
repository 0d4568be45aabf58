//! Slides without a terminal, their code run if that is wanted. What exporters start from.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crossbeam_channel::{after, select, unbounded};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::Execution;
use super::load::Show;
use super::{markdown, perform, prefetch, stage};
use crate::app::{App, Effect, Msg, Policy, Trust, update};
use crate::deck::Cursor;
use crate::exec::{self, Executor};
use crate::layout::{self, Colours, PictureKey, Scene, Size};
use crate::media::Media;
use crate::run::Limits;

/// How long runs may take before they are left as they are.
const PATIENCE: Duration = Duration::from_secs(30);

/// A deck laid out slide by slide; nothing runs but what [`run`](Self::run) is asked to.
pub struct Stills {
    show: Show,
    app: App,
    media: Media,
}

impl Stills {
    /// Nothing is laid out yet. Slides use all of the size asked for.
    pub fn new(show: &Show) -> Self {
        let show = Show { limits: layout::Limits::default(), ..show.clone() };
        let media = Media::new(PathBuf::from("."), None, |_| {});
        let mut app = App::new(show.deck.clone(), Policy::default(), Trust::Once);
        update(&mut app, Msg::Recorded(show.recorded.clone()));
        Self { show, app, media }
    }

    /// Lays out a slide at a step.
    pub fn scene(&mut self, at: Cursor, size: Size) -> Scene {
        self.app.at = at;
        stage::scene(&self.show, &mut self.app, (size, Colours::All), &mut self.media)
    }

    /// Lays out a slide as a talk shows it at first: code that takes long to colour is plain.
    pub fn first_scene(&mut self, at: Cursor, size: Size) -> Scene {
        self.app.at = at;
        let colours =
            prefetch::colours(&self.show.deck, &self.show.look(at.slide).highlighter, at.slide);
        stage::scene(&self.show, &mut self.app, (size, colours), &mut self.media)
    }

    /// The file of a picture of a slide that was laid out.
    pub fn picture(&mut self, key: &PictureKey) -> Option<PathBuf> {
        self.media.file(key)
    }

    /// Runs the code of the slide laid out last, of the deck at `path`.
    pub fn run(&mut self, path: &Path, execution: &Execution) {
        let options = perform::options(execution, path, &self.show);
        run(&self.show, &mut self.app, options, execution.limits);
    }
}

/// Presses the run key and waits until nothing runs any more.
fn run(show: &Show, app: &mut App, options: exec::Options, limits: Limits) {
    let (send, events) = unbounded();
    let executor = Executor::new(options, move |event| drop(send.send(markdown::read(event))));
    let start = |effects: Vec<Effect>| {
        for effect in effects {
            let Effect::Run { run, cell, terminal, base } = effect else { continue };
            let request = perform::request(&show.deck, (run, cell, base), terminal, limits);
            if let Some(request) = request {
                executor.run(&request);
            }
        }
    };
    let key = KeyEvent::new(KeyCode::Char('e'), KeyModifiers::CONTROL);
    start(update(app, Msg::Shown));
    start(update(app, Msg::Key(key.into())));
    let over = after(PATIENCE);
    while app.is_running() {
        let event = select! {
            recv(events) -> event => event,
            recv(over) -> _ => return,
        };
        let Ok(event) = event else { return };
        start(update(
            app,
            match event {
                exec::Event::Run(run, event) => Msg::Run(run, event),
                exec::Event::Prepared(code, how) => Msg::Prepared(code, how),
                exec::Event::Names(run, names) => Msg::Names(run, names),
                exec::Event::Trouble(what) => Msg::Trouble(what),
            },
        ));
    }
}
