//! The loop that drives a talk: receive, update, perform, lay out, draw. The only thread that reads
//! keys and draws; all others send it events.
//!
//! What runs write comes on a short channel of its own, so that a flood waits (and with it the
//! process that writes it) while keys pass by. Without a running block nothing wakes the program up
//! but an event.

#![expect(clippy::disallowed_methods, reason = "the shell reads the clock")]

mod ahead;
mod changes;
mod clipboard;
mod doctor;
mod draft;
mod follow;
mod frames;
mod gallery;
mod input;
mod inspect;
mod load;
mod mailbox;
mod markdown;
mod perform;
mod prefetch;
mod probe;
mod rehearse;
mod review;
mod signals;
mod stage;
mod still;
mod tape;
mod terminal;
mod themes;
mod trust;
mod turn;
mod validate;
mod watch;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossterm::event::{KeyEvent, MouseEvent};

use crate::app::{App, Keymap, Mode, Msg, Policy, Trust, update};
use crate::deck::SlideNo;
use crate::diag::Diagnostic;
use crate::exec::{self, Custom};
use crate::layout::Scene;
use crate::media::{self, Media};
use crate::run::Event::{Finished, Output, Picture, Shown};
use crate::run::Limits;
use crate::view;

pub use doctor::{Doctor, Lack, is_trusted};
pub use follow::Follow;
pub use inspect::inspect;
pub use load::{DiskFiles, Look, Origin, Show, load};
pub use rehearse::{Rehearsed, rehearse};
pub use still::Stills;
pub use tape::{TapeError, keep_recording, read_recording, recording_folder};
pub use themes::names as theme_names;
pub use turn::Transition;

use ahead::Ahead;
use follow::Teller;
use frames::Frames;
use input::Input;
use mailbox::{Letters, Mailbox};
use prefetch::Prefetch;
use probe::Answers;
use review::Review;
use terminal::Screen;
use turn::Turn;
use validate::Validation;
use watch::Watch;

/// How long pieces of output are taken in before keys are looked at again.
const SIP: Duration = Duration::from_millis(4);
/// How often a running block's time is shown anew.
const TICK: Duration = Duration::from_millis(100);

/// What the command line decides about presenting.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which deck.
    pub origin: Origin,
    /// Whether the deck is read again when it is saved.
    pub reload: bool,
    /// What may run without a question.
    pub policy: Policy,
    /// The forced way to show pictures.
    pub protocol: Option<media::Protocol>,
    /// The keys.
    pub keymap: Keymap,
    /// How long the terminal may take to tell its background, where the theme depends on it.
    pub patience: Duration,
    /// Whether slides that do not fit are told of.
    pub validate_overflows: bool,
    /// Whether the blocks that carry `+validate` are run when the deck is read.
    pub validate_snippets: bool,
    /// A cell in pixels, width and height, where the terminal does not tell.
    pub cell: (u16, u16),
    /// How the deck's code runs.
    pub execution: Execution,
    /// What is shown between two slides.
    pub transition: Option<Transition>,
    /// Whether there is another window of the same talk.
    pub follow: Option<Follow>,
}

/// How a deck's code runs, in a talk and in an export.
#[derive(Clone, Debug, Default)]
pub struct Execution {
    /// Executors of the user's own, by language.
    pub custom: BTreeMap<String, Custom>,
    /// What one run may take.
    pub limits: Limits,
    /// Where compiled code is kept.
    pub cache: PathBuf,
}

/// What other threads tell the loop.
#[derive(Debug)]
enum Event {
    Key(KeyEvent),
    Mouse(MouseEvent),
    Answers(Answers),
    Resized,
    Suspend,
    Terminate,
    Loaded(Box<Show>),
    NotLoaded(String),
    PicturesChanged,
    /// Code of the slide shown is coloured now.
    Coloured,
    /// What is wrong with the whole deck beyond what reading it saw.
    Reviewed(Vec<Diagnostic>),
    Validated(Vec<Diagnostic>),
    Picture(media::Loaded),
    Exec(exec::Event),
    /// The other window is at this slide, behind so many pauses.
    Told(SlideNo, usize),
}

/// Presents a deck until the speaker leaves.
///
/// # Errors
/// The deck cannot be read, or the terminal cannot be taken. Nothing that happens later is fatal.
pub fn present(settings: Settings) -> io::Result<()> {
    // A deck that is not there is said before the screen is touched.
    if !settings.origin.gallery {
        std::fs::metadata(&settings.origin.path)?;
    }
    match give(settings) {
        // The terminal is gone: there is nobody left to present to.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => Ok(()),
        ended => ended,
    }
}

fn give(mut settings: Settings) -> io::Result<()> {
    let screen = Screen::take(settings.cell)?;
    let mut input = Input::open()?;
    let (mailbox, letters) = mailbox::mailbox()?;
    signals::listen(mailbox.clone())?;
    let mut show = load(&settings.origin, None)?;
    if themes::depends_on_background(&settings.origin, &show.deck) {
        settings.origin.background = input.background(settings.patience)?.unwrap_or_default();
        show = load(&settings.origin, Some(&show))?;
    }
    let mut talk = Talk::new(settings, screen, show, mailbox)?;
    let ended = talk.go(input, &letters);
    talk.clear_pictures();
    ended
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
    warden: Option<exec::Warden>,
    watch: Watch,
    prefetch: Prefetch,
    review: Review,
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
}

impl Talk {
    fn new(settings: Settings, screen: Screen, show: Show, mailbox: Mailbox) -> io::Result<Self> {
        let is_known = trust::is_known(&settings.origin.path, &show.deck);
        let trust = if is_known { Trust::Always } else { Trust::Unknown };
        let mut app = App::new(show.deck.clone(), settings.policy, trust);
        app.keymap = settings.keymap.clone();
        let executor = perform::executor(&settings, &show, &mailbox);
        let pictures = mailbox.clone();
        let media = Media::new(std::env::current_dir()?, settings.protocol, move |loaded| {
            pictures.send(Event::Picture(loaded));
        });
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
        let teller = talk_of_two(&settings, &mut app, &mailbox)?;
        let mut talk = Self {
            settings,
            app,
            show,
            scene,
            screen,
            media,
            executor,
            warden: None,
            watch,
            prefetch,
            review,
            validation,
            mailbox,
            frames,
            pictures: false,
            ahead: None,
            turn: None,
            teller,
        };
        update(&mut talk.app, Msg::Recorded(talk.show.recorded.clone()));
        talk.draw()?;
        talk.prepare();
        Ok(talk)
    }

    /// The loop itself.
    fn go(&mut self, mut input: Input, letters: &Letters) -> io::Result<()> {
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

    /// Takes in what waits already: all that is not output, and a sip of what is. True when the
    /// talk is over.
    fn hear_all(&mut self, input: &mut Input, letters: &Letters) -> bool {
        let start = Instant::now();
        let mut keys = Vec::new();
        loop {
            if input.read(&mut keys).is_err() {
                // The terminal is gone: there is nobody left to present to.
                return true;
            }
            let waiting = keys.drain(..).chain(letters.events.try_iter());
            for event in waiting.collect::<Vec<_>>() {
                if self.hear(event) {
                    return true;
                }
            }
            match letters.output.try_recv() {
                Ok(event) if start.elapsed() < SIP => {
                    self.hear(Event::Exec(event));
                }
                Ok(event) => return self.hear(Event::Exec(event)),
                Err(_) => return false,
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

    /// Takes in one event; true when the talk is over.
    fn hear(&mut self, event: Event) -> bool {
        let hurried = turn::is_cut_by(&event) && self.turn.take().is_some();
        let is_over = self.take_in(event);
        if hurried {
            // Who presses a key during a turn does not want another one.
            self.app.changed.turned = None;
        }
        is_over
    }

    fn take_in(&mut self, event: Event) -> bool {
        if !matches!(event, Event::Key(_)) {
            // It may change what the next slide looks like.
            self.ahead = None;
        }
        let msg = match event {
            Event::Key(key) => {
                self.frames.hurry();
                Msg::Key(key.into())
            }
            Event::Mouse(mouse) => match stage::pointed(&self.app, &self.scene, mouse) {
                Some(msg) => {
                    self.frames.hurry();
                    msg
                }
                None => return false,
            },
            Event::Answers(answers) => {
                self.screen.learn(answers.cell, answers.large_text);
                self.media.set_protocol(stage::protocol(&self.settings, answers));
                self.frames.hurry();
                Msg::Picture
            }
            Event::Resized => {
                self.screen.resize();
                self.media.repaint();
                self.frames.hurry();
                Msg::Resized
            }
            Event::Suspend => {
                self.suspend();
                Msg::Resumed
            }
            Event::Terminate => Msg::Terminate,
            Event::Loaded(show) => {
                let loaded = self.replace(*show);
                if self.tell(loaded) {
                    return true;
                }
                Msg::Recorded(self.show.recorded.clone())
            }
            Event::NotLoaded(why) => Msg::Trouble(why),
            Event::PicturesChanged => {
                self.media.forget();
                self.review.forget();
                Msg::Picture
            }
            Event::Coloured => {
                self.frames.hurry();
                Msg::Picture
            }
            Event::Validated(found) => Msg::Validated(found),
            Event::Reviewed(found) => Msg::Reviewed(found),
            Event::Picture(loaded) => {
                self.media.loaded(loaded);
                self.frames.hurry();
                Msg::Picture
            }
            Event::Told(slide, pauses) => {
                self.frames.hurry();
                Msg::Told(slide, pauses)
            }
            Event::Exec(exec::Event::Run(run, event)) => {
                if matches!(event, Output(_) | Shown(_) | Picture(_) | Finished(..)) {
                    self.frames.release();
                }
                Msg::Run(run, event)
            }
            Event::Exec(exec::Event::Prepared(code, how)) => Msg::Prepared(code, how),
            Event::Exec(exec::Event::Names(run, names)) => Msg::Names(run, names),
            Event::Exec(exec::Event::Trouble(what)) => Msg::Trouble(what),
        };
        self.tell(msg)
    }

    /// Updates the app and does what it asks for; true when the talk is over.
    fn tell(&mut self, msg: Msg) -> bool {
        // What a key means depends on the scene that the speaker sees.
        if matches!(msg, Msg::Key(_) | Msg::Wheel(..)) && self.app.changed.scene {
            self.lay_out();
        }
        let effects = update(&mut self.app, msg);
        effects.iter().any(|effect| perform::perform(self, effect))
    }

    /// Puts what was read again in the place of what is shown.
    fn replace(&mut self, show: Show) -> Msg {
        let other_python =
            show.deck.options.python_interpreter != self.show.deck.options.python_interpreter;
        self.show = show;
        if other_python {
            self.executor = perform::executor(&self.settings, &self.show, &self.mailbox);
        }
        self.frames.hurry();
        Msg::Loaded(self.show.deck.clone())
    }

    /// Makes the scene what the app's state says.
    fn lay_out(&mut self) {
        let at = self.app.at.slide;
        let highlighter = &self.show.look(at).highlighter;
        let colours = self.prefetch.colours(&self.show.deck, highlighter, at);
        let how = (self.screen.size(), colours);
        self.scene = stage::scene(&self.show, &mut self.app, how, &mut self.media);
    }

    /// Draws the app's state, or begins the turn that leads to it.
    fn draw(&mut self) -> io::Result<()> {
        if let Some(direction) = self.app.changed.turned.take()
            && self.begin_turn(direction)?
        {
            return Ok(());
        }
        let ready = self.ahead.take().filter(|_| self.app.changed.scene);
        let ready = ready.and_then(|ahead| ahead.reach(self));
        if let Some(frame) = ready {
            self.screen.show(frame)?;
            self.app.changed.paint = false;
            self.shown();
        } else {
            self.paint()?;
            self.app.changed.paint = false;
        }
        if let Some(teller) = &self.teller {
            teller.tell(&self.show.deck, self.app.at);
        }
        let at = self.app.at.slide;
        self.prefetch.at(&self.show.deck, &self.show.look(at).highlighter, at);
        self.watch.pictures(self.media.files());
        self.review.look(&self.show, self.screen.size());
        if let Some(validation) = &mut self.validation {
            validation.look(&self.show);
        }
        Ok(())
    }

    /// Lays out what the app's state says, and shows it.
    fn paint(&mut self) -> io::Result<()> {
        if self.app.changed.scene {
            self.lay_out();
        }
        self.shown();
        // What has started by itself shows so.
        if self.app.changed.scene {
            self.lay_out();
        }
        let Self { app, scene, show, media, screen, pictures, .. } = self;
        let size = screen.size();
        let look = show.look(app.at.slide);
        let theme = &look.theme;
        let base = theme.base;
        screen.surround(base.bg);
        let frame = screen.compose(|buffer| {
            let overlays = view::draw(app, scene, app.rows_above(), theme, buffer);
            if let Mode::Edit(editing) = &app.mode {
                stage::edit(app, editing, scene, look, buffer);
            }
            *pictures = !overlays.is_empty();
            media.paint(&overlays, base.bg.unwrap_or_default(), size.cell, buffer)
        })?;
        screen.show(frame)
    }

    /// Starts what runs by itself where the talk is now. In the window that follows another one,
    /// nothing does: the other one's runs are the talk's.
    fn shown(&mut self) {
        if matches!(self.settings.follow, Some(Follow::Listen(_))) {
            return;
        }
        for effect in update(&mut self.app, Msg::Shown) {
            perform::perform(self, &effect);
        }
    }
}

/// Begins to follow the other window, or gives what tells it where this one is.
fn talk_of_two(
    settings: &Settings,
    app: &mut App,
    mailbox: &Mailbox,
) -> io::Result<Option<Teller>> {
    let deck = &settings.origin.path;
    match settings.follow {
        None => Ok(None),
        Some(Follow::Tell(address)) => Ok(Teller::new(address, deck)
            .map_err(|error| {
                let why = format!("nobody can be told where the talk is, at {address}: {error}");
                update(app, Msg::Trouble(why));
            })
            .ok()),
        Some(Follow::Listen(address)) => {
            follow::listen(address, deck, mailbox.clone())?;
            Ok(None)
        }
    }
}
