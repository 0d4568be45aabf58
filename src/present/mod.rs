//! The loop that drives a talk: receive, update, perform, lay out, draw. The only thread that reads
//! keys and draws; all others send it events.
//!
//! What runs write comes on a short channel of its own, so that a flood waits (and with it the
//! process that writes it) while keys pass by. Without a running block nothing wakes the program up
//! but an event.

#![expect(clippy::disallowed_methods, reason = "the shell reads the clock")]

mod channel;
mod clipboard;
mod color_depth;
mod draft;
mod draw;
mod effects;
mod events;
mod frame_diff;
mod frame_pacing;
mod input;
mod mouse;
mod opening;
mod prefetch;
mod prerender;
mod review;
mod settings;
mod signals;
#[cfg(test)]
mod small_windows;
mod speaker_sync;
mod terminal;
mod terminal_probe;
mod transition;
mod validate;
mod watch;
mod watched_folders;

use std::io;
use std::time::{Duration, Instant};

use crossterm::event::{KeyEvent, MouseEvent};

use crate::app::{App, Msg, Trust, update};
use crate::deck::SlideNo;
use crate::diag::Diagnostic;
use crate::exec;
use crate::files::ReadError;
use crate::layout::Scene;
use crate::media::{self, Media};
use crate::project::{Examined, Keeper, Show, TrustReport};

pub use color_depth::KnownDepth;
pub use settings::Settings;
pub use signals::Ending;
pub use speaker_sync::Follow;
pub use transition::Transition;

use channel::{Letters, Mailbox};
use frame_pacing::Frames;
use input::Input;
use opening::{Opened, Terminal};
use prefetch::Prefetch;
use prerender::Ahead;
use review::Review;
use speaker_sync::Teller;
use terminal::Screen;
use terminal_probe::Answers;
use transition::Turn;
use validate::Validation;
use watch::Watch;

/// How often a running block's time is shown anew.
const TICK: Duration = Duration::from_millis(100);

/// What other threads tell the loop.
#[derive(Debug)]
enum Event {
    Key(KeyEvent),
    Mouse(MouseEvent),
    Answers(Answers),
    Resized,
    Suspend,
    Terminate(Ending),
    /// The deck that a talk begins with, or why there is none.
    Opened(Result<Box<Show>, ReadError>),
    /// We were stopped, and go on.
    Continued,
    Loaded(Box<Show>),
    NotLoaded(String),
    PicturesChanged,
    /// A picture's file was slow to be read, and can be measured now.
    PictureSeen,
    /// Code of the slide shown is coloured now.
    Coloured,
    /// What is wrong with the whole deck beyond what reading it saw.
    Reviewed(Vec<Diagnostic>),
    Validated(Vec<Diagnostic>),
    /// What was found out about the deck before it may run.
    Examined(Examined),
    Picture(media::Loaded),
    Exec(exec::ExecEvent),
    /// The other window is at this slide, behind so many pauses.
    Told(SlideNo, usize),
}

/// Presents a deck until the speaker leaves or a signal ends the talk.
///
/// # Errors
/// The deck cannot be read, or the terminal cannot be taken. Nothing that happens later is fatal.
pub fn present(settings: Settings) -> io::Result<Ending> {
    // A deck that is not there is said before the screen is touched.
    if !settings.origin.gallery {
        std::fs::metadata(&settings.origin.path).map_err(ReadError::from)?;
    }
    match give(settings) {
        // The terminal is gone: there is nobody left to present to.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => {
            Ok(Ending::HANGUP)
        }
        ended => ended,
    }
}

fn give(mut settings: Settings) -> io::Result<Ending> {
    let (mailbox, letters) = channel::mailbox()?;
    signals::listen(mailbox.clone())?;
    opening::start(&settings.origin, None, &mailbox)?;
    let known = KnownDepth::from_env();
    let mut screen = Screen::take(settings.cell, settings.color_depth.unwrap_or(known.depth))?;
    let asks_for_colors = settings.color_depth.is_none() && known.may_be_more;
    let mut input = Input::open(asks_for_colors)?;
    let terminal =
        Terminal { screen: &mut screen, input: &mut input, letters: &letters, mailbox: &mailbox };
    let (show, early) = match opening::open(&mut settings, terminal)? {
        Opened::Deck(show, early) => (*show, early),
        Opened::Ended(ending) => return Ok(ending),
    };
    let mut talk = Talk::new(settings, screen, show, mailbox)?;
    let ended = talk.go(input, &letters, early);
    talk.clear_pictures();
    ended.map(|()| talk.ending)
}

/// Everything a running talk has.
struct Talk {
    settings: Settings,
    app: App,
    show: Show,
    scene: Scene,
    screen: Screen,
    media: Media,
    executor: exec::Executor,
    /// Ends what runs started, should this program be killed; none before anything runs.
    watchdog: Option<exec::Watchdog>,
    watch: Watch,
    prefetch: Prefetch,
    review: Review,
    /// Knows which decks may run without asking.
    keeper: Keeper,
    /// Runs the blocks that carry `+validate`, if that is wanted.
    validation: Option<Validation>,
    mailbox: Mailbox,
    frames: Frames,
    /// Whether the frame shown now has pictures that `media` must take away.
    pictures: bool,
    ahead: Option<Ahead>,
    /// The turn from one slide to another that is being shown.
    turn: Option<Turn>,
    teller: Option<Teller>,
    /// How the talk ends, if nothing else ends it.
    ending: Ending,
    /// We have suspended ourselves, and the signal that ended it was not heard of yet.
    was_suspended: bool,
}

impl Talk {
    fn new(settings: Settings, screen: Screen, show: Show, mailbox: Mailbox) -> io::Result<Self> {
        let has_code = !show.deck.cells.is_empty();
        let trust = match settings.execution.sandbox {
            Some(_) => Trust::Sandboxed,
            None if has_code => Trust::Checking,
            None => Trust::Unknown,
        };
        let mut app = App::new(show.deck.clone(), settings.policy, trust);
        app.sandbox = exec::sandbox_support();
        app.keymap = settings.keymap.clone();
        app.hides_problems = !settings.reload;
        let executor = effects::executor(&settings, &show, &mailbox);
        let pictures = mailbox.clone();
        let mut media = Media::new(std::env::current_dir()?, settings.protocol, move |loaded| {
            pictures.send(Event::Picture(loaded));
        });
        let slow_pictures = mailbox.clone();
        media.look_ahead(move || slow_pictures.send(Event::PictureSeen));
        let origin = settings.origin.clone();
        let watch = Watch::start(origin, show.clone(), settings.reload, mailbox.clone())?;
        let scene = Scene::blank(screen.size(), show.look(SlideNo::new(0)).theme.base);
        let prefetch = Prefetch::start(mailbox.clone())?;
        let review = Review::start(settings.validate_overflows, mailbox.clone())?;
        let validation = settings.validate_snippets.then(|| {
            let path = settings.origin.path.clone();
            Validation::start(path, settings.execution.clone(), mailbox.clone())
        });
        let validation = validation.transpose()?;
        let frames = Frames::new();
        let (path, executors) = (settings.origin.path.clone(), settings.execution.custom.clone());
        let reports = mailbox.clone();
        let keeper = Keeper::new(path, executors, move |report| {
            reports.send(match report {
                TrustReport::Examined(examined) => Event::Examined(examined),
                TrustReport::Trouble(why) => Event::Exec(exec::ExecEvent::Warning(why)),
            });
        });
        let teller = speaker_sync::begin(&settings, &mut app, &mailbox)?;
        let mut talk = Self {
            settings,
            app,
            show,
            scene,
            screen,
            media,
            executor,
            watchdog: None,
            watch,
            prefetch,
            review,
            keeper,
            validation,
            mailbox,
            frames,
            pictures: false,
            ahead: None,
            turn: None,
            teller,
            ending: Ending::Left,
            was_suspended: false,
        };
        update(&mut talk.app, Msg::Recorded(talk.show.recorded.clone()));
        talk.draw()?;
        talk.prepare();
        if has_code {
            talk.keeper.check(&talk.show.deck);
        }
        Ok(talk)
    }

    /// The loop itself, from what happened while the deck was read.
    fn go(&mut self, mut input: Input, letters: &Letters, early: Vec<Event>) -> io::Result<()> {
        for event in early {
            if self.hear(event) {
                return Ok(());
            }
        }
        let mut ticked = Instant::now();
        loop {
            let patience = self.until_next(ticked).into_iter().chain(input.patience()).min();
            letters.wait(input.keyboard(), patience)?;
            if self.hear_all(&mut input, letters) {
                return Ok(());
            }
            let passed = ticked.elapsed();
            if !self.app.is_running() {
                ticked = Instant::now();
            } else if passed >= TICK {
                ticked = Instant::now();
                update(&mut self.app, Msg::Tick(passed));
            }
            if self.turn.is_some() {
                self.turn_on()?;
            } else if self.frames.may_draw(self.app.changed.paint) {
                self.draw()?;
            }
            let idle = !self.app.changed.paint && letters.are_read() && !input.has_some();
            if idle && self.ahead.is_none() {
                self.ahead = Ahead::look(self);
            }
        }
    }

    /// How long the loop may sleep.
    fn until_next(&self, ticked: Instant) -> Option<Duration> {
        let tick = self.app.is_running().then(|| TICK.saturating_sub(ticked.elapsed()));
        let frame = match &self.turn {
            Some(turn) => Some(turn.wait()),
            None => self.app.changed.paint.then(|| self.frames.wait()),
        };
        tick.into_iter().chain(frame).min()
    }
}
