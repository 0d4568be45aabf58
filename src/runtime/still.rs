//! One slide without a terminal: fully revealed, its code run if that is wanted. What exporters
//! start from.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crossbeam_channel::unbounded;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::load::{Show, folder};
use super::{perform, stage};
use crate::app::{App, Effect, Msg, Trust, update};
use crate::deck::{Cursor, SlideNo, Step};
use crate::exec::{self, Executor};
use crate::layout::{PictureKey, Scene, Size};
use crate::media::Media;

/// How long a run may be silent before it is left as it is.
const PATIENCE: Duration = Duration::from_secs(30);

/// A slide, laid out, with everything that drawing it needs.
pub struct Still {
    /// The laid-out slide.
    pub scene: Scene,
    media: Media,
}

impl Still {
    /// The file of one of its pictures.
    pub fn picture(&mut self, key: &PictureKey) -> Option<PathBuf> {
        self.media.file(key)
    }
}

/// Lays out a slide of the deck at `path`, fully revealed. With `cache`, its code is run first.
pub fn still(show: &Show, path: &Path, slide: SlideNo, size: Size, cache: Option<&Path>) -> Still {
    let mut media = Media::new(PathBuf::from("."), None, |_| {});
    let mut app = App::new(show.deck.clone(), Trust::Once);
    let last = show.deck.slide(slide).steps.max(1) - 1;
    app.at = Cursor { slide, step: Step(last) };
    let mut scene = stage::scene(show, &mut app, size, &mut media);
    if let Some(cache) = cache {
        run(show, &mut app, path, cache);
        scene = stage::scene(show, &mut app, size, &mut media);
    }
    Still { scene, media }
}

/// Presses the run key and waits until nothing runs any more.
fn run(show: &Show, app: &mut App, path: &Path, cache: &Path) {
    let options = exec::Options {
        directory: folder(path),
        python: show.deck.options.python_interpreter.clone(),
        cache: cache.to_owned(),
    };
    let (send, events) = unbounded();
    let executor = Executor::new(options, move |event| drop(send.send(event)));
    let key = KeyEvent::new(KeyCode::Char('e'), KeyModifiers::CONTROL);
    for effect in update(app, Msg::Key(key.into())) {
        let Effect::Run { run, cell, terminal } = effect else { continue };
        if let Some(request) = perform::request(&show.deck, run, cell, terminal) {
            executor.run(&request);
        }
    }
    while app.is_running() {
        let Ok(event) = events.recv_timeout(PATIENCE) else { return };
        update(
            app,
            match event {
                exec::Event::Run(run, event) => Msg::Run(run, event),
                exec::Event::Prepared(code, how) => Msg::Prepared(code, how),
            },
        );
    }
}
