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
use crate::project::{ExaminedDeck, LoadedDeck, TrustReport, TrustWorker};

pub use color_depth::ColorSupport;
pub use settings::Settings;
pub use signals::Ending;
pub use speaker_sync::SpeakerSync;
pub use transition::Transition;

use channel::{EventSender, Receivers};
use frame_pacing::FramePacing;
use input::Input;
use opening::{OpenOutcome, Terminal};
use prefetch::Prefetch;
use prerender::Prerender;
use review::Review;
use speaker_sync::Publisher;
use terminal::Screen;
use terminal_probe::TerminalAnswers;
use transition::TransitionPlayer;
use validate::Validation;
use watch::Watch;

/// How often a running block's time is shown anew.
const TICK_INTERVAL: Duration = Duration::from_millis(100);

/// What other threads tell the loop.
#[derive(Debug)]
enum LoopEvent {
    Key(KeyEvent),
    Mouse(MouseEvent),
    Answers(TerminalAnswers),
    Resized,
    Suspend,
    Terminate(Ending),
    /// The deck that a talk begins with, or why there is none.
    Opened(Result<Box<LoadedDeck>, ReadError>),
    /// We were stopped, and go on.
    Continued,
    Loaded(Box<LoadedDeck>),
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
    Examined(ExaminedDeck),
    Picture(media::FinishedPicture),
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
    if !settings.load_options.gallery {
        std::fs::metadata(&settings.load_options.path).map_err(ReadError::from)?;
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
    let (sender, receivers) = channel::channel()?;
    signals::listen(sender.clone())?;
    opening::start(&settings.load_options, None, &sender)?;
    let known = ColorSupport::from_env();
    let mut screen = Screen::take(settings.cell, settings.color_depth.unwrap_or(known.depth))?;
    let asks_for_colors = settings.color_depth.is_none() && known.may_be_more;
    let mut input = Input::open(asks_for_colors)?;
    let terminal =
        Terminal { screen: &mut screen, input: &mut input, receivers: &receivers, sender: &sender };
    let (loaded, early) = match opening::open(&mut settings, terminal)? {
        OpenOutcome::Deck(loaded, early) => (*loaded, early),
        OpenOutcome::Ended(ending) => return Ok(ending),
    };
    let mut talk = Talk::new(settings, screen, loaded, sender)?;
    let ended = talk.go(input, &receivers, early);
    talk.clear_pictures();
    ended.map(|()| talk.ending)
}

/// Everything a running talk has.
struct Talk {
    settings: Settings,
    app: App,
    loaded: LoadedDeck,
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
    keeper: TrustWorker,
    /// Runs the blocks that carry `+validate`, if that is wanted.
    validation: Option<Validation>,
    sender: EventSender,
    frame_pacing: FramePacing,
    /// Whether the frame shown now has pictures that `media` must take away.
    pictures: bool,
    prerender: Option<Prerender>,
    /// The turn from one slide to another that is being shown.
    transition: Option<TransitionPlayer>,
    publisher: Option<Publisher>,
    /// How the talk ends, if nothing else ends it.
    ending: Ending,
    /// We have suspended ourselves, and the signal that ended it was not heard of yet.
    was_suspended: bool,
}

impl Talk {
    fn new(
        settings: Settings,
        screen: Screen,
        loaded: LoadedDeck,
        sender: EventSender,
    ) -> io::Result<Self> {
        let has_code = !loaded.deck.cells.is_empty();
        let trust = match settings.execution.sandbox {
            Some(_) => Trust::Sandboxed,
            None if has_code => Trust::Checking,
            None => Trust::Unknown,
        };
        let mut app = App::new(loaded.deck.clone(), settings.policy, trust);
        app.sandbox = exec::sandbox_support();
        app.keymap = settings.keymap.clone();
        app.hides_problems = !settings.reload;
        let executor = effects::executor(&settings, &loaded, &sender);
        let pictures = sender.clone();
        let mut media = Media::new(std::env::current_dir()?, settings.protocol, move |loaded| {
            pictures.send(LoopEvent::Picture(loaded));
        });
        let slow_pictures = sender.clone();
        media.read_in_background(move || slow_pictures.send(LoopEvent::PictureSeen));
        let load_options = settings.load_options.clone();
        let watch = Watch::start(load_options, loaded.clone(), settings.reload, sender.clone())?;
        let scene = Scene::blank(screen.size(), loaded.style(SlideNo::new(0)).theme.base);
        let prefetch = Prefetch::start(sender.clone())?;
        let review = Review::start(settings.validate_overflows, sender.clone())?;
        let validation = settings.validate_snippets.then(|| {
            let path = settings.load_options.path.clone();
            Validation::start(path, settings.execution.clone(), sender.clone())
        });
        let validation = validation.transpose()?;
        let frame_pacing = FramePacing::new();
        let (path, executors) =
            (settings.load_options.path.clone(), settings.execution.custom.clone());
        let reports = sender.clone();
        let keeper = TrustWorker::new(path, executors, move |report| {
            reports.send(match report {
                TrustReport::Examined(examined) => LoopEvent::Examined(examined),
                TrustReport::Trouble(why) => LoopEvent::Exec(exec::ExecEvent::Warning(why)),
            });
        });
        let publisher = speaker_sync::begin(&settings, &mut app, &sender)?;
        let mut talk = Self {
            settings,
            app,
            loaded,
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
            sender,
            frame_pacing,
            pictures: false,
            prerender: None,
            transition: None,
            publisher,
            ending: Ending::Left,
            was_suspended: false,
        };
        update(&mut talk.app, Msg::Recorded(talk.loaded.recorded.clone()));
        talk.draw()?;
        talk.prepare();
        if has_code {
            talk.keeper.check(&talk.loaded.deck);
        }
        Ok(talk)
    }

    /// The loop itself, from what happened while the deck was read.
    fn go(
        &mut self,
        mut input: Input,
        receivers: &Receivers,
        early: Vec<LoopEvent>,
    ) -> io::Result<()> {
        for event in early {
            if self.handle(event) {
                return Ok(());
            }
        }
        let mut ticked = Instant::now();
        loop {
            let timeout = self.until_next(ticked).into_iter().chain(input.timeout()).min();
            receivers.wait(input.keyboard(), timeout)?;
            if self.drain_events(&mut input, receivers) {
                return Ok(());
            }
            let passed = ticked.elapsed();
            if !self.app.is_running() {
                ticked = Instant::now();
            } else if passed >= TICK_INTERVAL {
                ticked = Instant::now();
                update(&mut self.app, Msg::Tick(passed));
            }
            if self.transition.is_some() {
                self.advance_transition()?;
            } else if self.frame_pacing.may_draw(self.app.changed.paint) {
                self.draw()?;
            }
            let idle = !self.app.changed.paint && receivers.are_read() && !input.has_some();
            if idle && self.prerender.is_none() {
                self.prerender = Prerender::look(self);
            }
        }
    }

    /// How long the loop may sleep.
    fn until_next(&self, ticked: Instant) -> Option<Duration> {
        let tick = self.app.is_running().then(|| TICK_INTERVAL.saturating_sub(ticked.elapsed()));
        let frame = match &self.transition {
            Some(transition) => Some(transition.wait()),
            None => self.app.changed.paint.then(|| self.frame_pacing.wait()),
        };
        tick.into_iter().chain(frame).min()
    }
}
