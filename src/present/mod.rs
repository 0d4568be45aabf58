//! The live loop of a presentation: receives events, updates the app, applies effects, lays out and
//! draws. Only this thread reads keys and draws; all other threads send it events.
//!
//! Run output has a separate bounded channel: a flood blocks the process that writes it, while keys
//! are still handled. While no block runs, only events wake the program.

#![expect(clippy::disallowed_methods, reason = "the shell reads the clock")]

mod auto_advance;
#[cfg(test)]
mod block_editing;
mod channel;
mod clipboard;
mod color_depth;
mod console;
mod draft;
mod draw;
mod effects;
mod events;
mod frame_diff;
mod frame_pacing;
mod hyperlinks;
mod input;
mod key_parser;
mod last_size;
mod link_chain;
mod mouse;
mod notes_pane;
mod opening;
mod overview;
mod picture_prefetch;
mod prefetch;
mod prerender;
mod rehearsing;
mod remote_control;
mod review;
mod save;
mod screen_clear;
mod serving;
mod settings;
mod signals;
#[cfg(test)]
mod small_windows;
mod speaker_sync;
mod talk_link;
mod talk_log;
mod talk_report;
mod terminal;
mod terminal_probe;
mod timer;
mod tmux_pane;
mod transition;
mod validate;
mod watch;
mod watched_folders;

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use crossterm::event::{KeyEvent, MouseEvent};

use crate::app::{App, AppOptions, Msg, TimerCommand, Trust, update};
use crate::control::ControlEvent;
use crate::deck::{Cursor, SlideNo};
use crate::diag::Diagnostic;
use crate::exec;
use crate::files::ReadError;
use crate::highlight::EditedCode;
use crate::layout::{LargeText, Scene};
use crate::media::{self, Capabilities, Media};
use crate::project::{ExaminedDeck, LoadedDeck, TrustReport, TrustWorker};
use crate::serve::{BoundServer, ServeEvent};
use crate::source::visible_line;
use crate::view::Overlay;

pub use color_depth::ColorSupport;
pub use console::{ConsoleOptions, console};
pub use hyperlinks::terminal_has_links;
pub use settings::Settings;
pub use signals::Ending;
pub use speaker_sync::SpeakerSync;
pub use talk_link::FollowChoice;
pub use tmux_pane::TmuxPane;
pub use transition::Transition;

use auto_advance::AutoAdvance;
use channel::{EventSender, Receivers};
use frame_pacing::FramePacing;
use input::Input;
use last_size::LastSize;
use notes_pane::NotesPane;
use opening::{OpenOutcome, TerminalIo};
use overview::Miniatures;
use picture_prefetch::PicturePrefetch;
use prefetch::Prefetch;
use prerender::Prerender;
use rehearsing::Rehearsing;
use remote_control::RemoteControl;
use review::Review;
use serving::Serving;
use speaker_sync::Publisher;
use talk_link::LinkEvent;
use talk_log::{LogFile, TalkLog};
use terminal::{Screen, ScreenOptions};
use terminal_probe::TerminalAnswers;
use timer::TalkTimer;
use tmux_pane::OuterTerminal;
use transition::TransitionPlayer;
use validate::Validation;
use watch::Watch;

/// How long a notice is shown, besides the time to read its characters.
const NOTICE_TIME: Duration = Duration::from_secs(4);

/// The time to read a character of a notice.
const READING_TIME: Duration = Duration::from_millis(60);

/// An event for the loop.
#[derive(Debug)]
enum LoopEvent {
    Key(KeyEvent),
    Paste(String),
    Mouse(MouseEvent),
    Answers(TerminalAnswers),
    /// tmux's answer about our pane, if it answers.
    Tmux(Option<TmuxPane>),
    /// Whether the terminal around tmux has kitty's graphics, and reads our files.
    OuterGraphics(bool, bool),
    /// The window or the pane has the keyboard again.
    Focused,
    Resized,
    Suspend,
    Terminate(Ending),
    /// The deck was loaded for the first time, or could not be.
    Opened(Result<Box<LoadedDeck>, ReadError>),
    /// The process was continued after a stop.
    Continued,
    Loaded(Box<LoadedDeck>),
    NotLoaded(String),
    PicturesChanged,
    /// A slow picture file was read; its size is known now.
    PictureSeen,
    /// The code of the current slide was highlighted.
    Coloured,
    /// The code of the next slide has been highlighted.
    Prefetched,
    /// Problems found by reviewing the whole deck.
    Reviewed(Vec<Diagnostic>),
    Validated(Vec<Diagnostic>),
    /// The deck was examined for the trust prompt.
    Examined(ExaminedDeck),
    Picture(media::FinishedPicture),
    Exec(Msg),
    /// The other window shows this slide, after this many pauses.
    FollowTalk(SlideNo, usize),
    /// News of the talk that this window follows.
    Link(LinkEvent),
    /// Another program asks for something.
    Control(ControlEvent),
    /// Someone follows the talk, or the speaker's remote asks for something.
    Serve(ServeEvent),
}

/// Presents a deck until the speaker quits or a signal ends the program.
///
/// # Errors
/// The deck cannot be read, or the terminal cannot be taken over. Later failures are not fatal.
pub fn present(settings: Settings) -> io::Result<Ending> {
    // Report a missing deck before touching the screen.
    if !settings.load_options.gallery {
        std::fs::metadata(&settings.load_options.path).map_err(ReadError::from)?;
    }
    let log = settings.log.as_deref().map(log_file).transpose()?;
    match run(settings, log) {
        // The terminal is gone.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => {
            Ok(Ending::HANGUP)
        }
        ended => ended,
    }
}

/// Creates the file of the log.
fn log_file(path: &Path) -> io::Result<LogFile> {
    LogFile::create(path).map_err(|error| {
        let path = path.to_string_lossy();
        io::Error::other(format!("cannot write the log `{}`: {error}", visible_line(&path)))
    })
}

fn run(mut settings: Settings, log: Option<LogFile>) -> io::Result<Ending> {
    let (sender, receivers) = channel::channel()?;
    signals::listen(sender.clone())?;
    let served = serving::bind(&mut settings);
    opening::start(&settings.load_options, None, &sender)?;
    let known = ColorSupport::from_env();
    let mut screen = Screen::take(ScreenOptions {
        cell: settings.cell,
        depth: settings.color_depth.unwrap_or(known.depth),
        has_mouse: settings.mouse,
        has_links: settings.links.unwrap_or_else(terminal_has_links),
        large_text: settings.large_text.unwrap_or(LargeText::Blocks),
    })?;
    screen.set_coarse(settings.protocol == Some(media::Protocol::Blocks));
    if Capabilities::from_env().is_tmux() {
        tmux_pane::query(sender.clone());
    }
    let asks_for_colors = settings.color_depth.is_none() && known.may_be_more;
    let mut input = Input::open(asks_for_colors)?;
    let terminal = TerminalIo {
        screen: &mut screen,
        input: &mut input,
        receivers: &receivers,
        sender: &sender,
    };
    let (loaded, early) = match opening::open(&mut settings, terminal)? {
        OpenOutcome::Deck(loaded, early) => (*loaded, early),
        OpenOutcome::Ended(ending) => return Ok(ending),
    };
    if let Some(log) = log.as_ref().filter(|log| settings.log.as_deref() != Some(log.path())) {
        let path = log.path().to_string_lossy();
        settings.notice = Some(format!("the log of this talk is `{}`", visible_line(&path)));
    }
    let mut talk = Talk::new(settings, screen, (loaded, served), sender, log)?;
    let ended = talk.run_loop(input, &receivers, early);
    talk.watch.end();
    talk.clear_pictures();
    let logged = talk.end_log();
    talk.save_rehearsal()?;
    logged?;
    ended.map(|()| talk.ending)
}

/// State of a running presentation.
struct Talk {
    settings: Settings,
    app: App,
    loaded: LoadedDeck,
    scene: Scene,
    screen: Screen,
    media: Media,
    executor: exec::Executor,
    /// Ends started processes if this program is killed. Started with the first run.
    watchdog: Option<exec::Watchdog>,
    watch: Watch,
    prefetch: Prefetch,
    picture_prefetch: PicturePrefetch,
    review: Review,
    /// Checks and remembers which decks may run without asking.
    keeper: TrustWorker,
    /// Runs `+validate` blocks, if enabled.
    validation: Option<Validation>,
    sender: EventSender,
    frame_pacing: FramePacing,
    /// The pictures of the current frame, which `media` must remove.
    overlays: Vec<Overlay>,
    /// The log of the talk, if it is kept.
    log: Option<TalkLog>,
    prerender: Option<Prerender>,
    last_size: LastSize,
    /// The highlighted code in the editor.
    edited: EditedCode,
    /// The transition that is playing.
    transition: Option<TransitionPlayer>,
    publisher: Option<Publisher>,
    /// The control socket.
    control: Option<RemoteControl>,
    /// The web server, if the talk is served.
    serving: Option<Serving>,
    /// The miniatures of the open overview.
    miniatures: Option<Miniatures>,
    /// The notes under the slide.
    notes: NotesPane,
    /// The terminal around tmux.
    outer_terminal: OuterTerminal,
    timer: TalkTimer,
    auto_advance: AutoAdvance,
    /// The notice on the screen, and when it has been read.
    notice: Option<(String, Instant)>,
    /// The times of the rehearsal, if this is one.
    rehearsing: Option<Rehearsing>,
    /// How the presentation ended.
    ending: Ending,
    /// We suspended ourselves and have not received the signal that continued us yet.
    was_suspended: bool,
}

/// Starts what reads and draws pictures.
fn media(settings: &Settings, screen: &Screen, sender: &EventSender) -> io::Result<Media> {
    let pictures = sender.clone();
    // In tmux, the protocol depends on its answer.
    let protocol = settings.protocol.filter(|_| !Capabilities::from_env().is_tmux());
    let mut media = Media::new(std::env::current_dir()?, protocol, move |loaded| {
        pictures.send(LoopEvent::Picture(loaded));
    });
    media.set_blocks(settings.blocks(screen.depth()));
    media.keep_drawings_in(settings.execution.drawings());
    media.set_memory_limit(settings.picture_memory);
    let slow_pictures = sender.clone();
    media.read_in_background(settings.draw_threads, move || {
        slow_pictures.send(LoopEvent::PictureSeen);
    });
    Ok(media)
}

impl Talk {
    fn new(
        settings: Settings,
        screen: Screen,
        (loaded, served): (LoadedDeck, Option<Result<BoundServer, String>>),
        sender: EventSender,
        log: Option<LogFile>,
    ) -> io::Result<Self> {
        let has_code = !loaded.deck.cells.is_empty();
        let trust = match settings.execution.sandbox {
            Some(_) => Trust::Sandboxed,
            None if has_code => Trust::Checking,
            None => Trust::Unknown,
        };
        let options = AppOptions {
            policy: settings.policy,
            trust,
            sandbox: exec::sandbox_support(),
            keymap: settings.keymap.clone(),
            hides_problems: !settings.reload,
            notice: settings.notice.clone(),
            has_mouse: settings.mouse,
            loops: settings.loops,
            types_code: !matches!(settings.speaker_sync, Some(SpeakerSync::Listen(_))),
            ..AppOptions::default()
        };
        let mut app = App::new(loaded.deck.clone(), options);
        let executor = effects::executor(&settings, &loaded, &sender);
        let media = media(&settings, &screen, &sender)?;
        let load_options = settings.load_options.clone();
        let watch = Watch::start(load_options, loaded.clone(), settings.reload, sender.clone())?;
        let scene = Scene::blank(screen.size(), loaded.style(SlideNo::new(0)).theme.base);
        let prefetch = Prefetch::new(sender.clone());
        let review = {
            let custom = settings.execution.custom.clone();
            Review::start(settings.validate_overflows, custom, sender.clone())?
        };
        let validation = settings.validate_snippets.then(|| {
            let path = settings.load_options.path.clone();
            Validation::start(path, settings.execution.clone(), sender.clone())
        });
        let validation = validation.transpose()?;
        let frame_pacing = FramePacing::new();
        let keeper = trust_worker(&settings, sender.clone());
        let publisher = speaker_sync::begin(&settings, &mut app, &sender)?;
        if let Some(slide) = settings.start {
            let slide = SlideNo::new(slide as usize - 1).min(loaded.deck.last_slide());
            update(&mut app, Msg::GoTo(Cursor { slide, ..Cursor::default() }));
        }
        let rehearsing = settings.rehearses.then(Rehearsing::default);
        let log = log.map(|file| TalkLog::start(file, &loaded.deck, screen.size(), sender.clone()));
        let log = log.transpose()?;
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
            picture_prefetch: PicturePrefetch::default(),
            review,
            keeper,
            validation,
            sender,
            frame_pacing,
            overlays: Vec::new(),
            log,
            prerender: None,
            last_size: LastSize::default(),
            edited: EditedCode::default(),
            transition: None,
            publisher,
            control: None,
            serving: None,
            miniatures: None,
            notes: NotesPane::default(),
            outer_terminal: OuterTerminal::default(),
            timer: TalkTimer::default(),
            auto_advance: AutoAdvance::default(),
            notice: None,
            rehearsing,
            ending: Ending::Left,
            was_suspended: false,
        };
        update(&mut talk.app, Msg::Recorded(talk.loaded.recorded.clone()));
        if talk.rehearsing.is_some() {
            talk.timer.command(TimerCommand::Start);
        }
        talk.open_doors(served);
        talk.draw()?;
        talk.prepare();
        if has_code {
            talk.keeper.check(&talk.loaded.deck);
        }
        Ok(talk)
    }

    /// Lets other programs and the audience follow the talk: they may connect as soon as they see the first
    /// slide.
    fn open_doors(&mut self, served: Option<Result<BoundServer, String>>) {
        self.control = RemoteControl::start(&self.settings, &mut self.app, &self.sender);
        self.serving = Serving::start(served, &self.settings, &mut self.app, &self.sender);
    }

    /// Runs the loop, starting with the events that arrived while the deck was loaded.
    fn run_loop(
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
            let timeout = self.max_wait(ticked).into_iter().chain(input.timeout()).min();
            receivers.wait(input.keyboard(), timeout)?;
            let passed = ticked.elapsed();
            ticked = Instant::now();
            if self.app.is_running() {
                update(&mut self.app, Msg::Tick(passed));
            }
            if self.drain_events(&mut input, receivers) {
                return Ok(());
            }
            if self.advance_by_itself() {
                return Ok(());
            }
            self.expire_notice();
            if self.transition.is_some() {
                self.advance_transition()?;
            } else if self.frame_pacing.may_draw(self.app.changes().paint) {
                self.draw()?;
            } else if self.media.next_frame().is_some_and(|wait| wait.is_zero()) {
                self.paint()?;
            }
            let idle = !self.app.changes().paint && receivers.are_empty() && !input.is_readable();
            if idle && self.prerender.is_none() {
                self.prerender = Prerender::render(self);
            }
            if idle {
                self.prefetch_pictures();
            }
        }
    }

    /// Removes the notice once there was time to read it.
    fn expire_notice(&mut self) {
        let shown = self.app.notice();
        if shown != self.notice.as_ref().map(|(text, _)| &**text) {
            self.notice = shown.map(|text| {
                let letters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
                let time = NOTICE_TIME + READING_TIME.saturating_mul(letters);
                (text.to_owned(), Instant::now() + time)
            });
        }
        if self.notice.as_ref().is_some_and(|(_, end)| *end <= Instant::now()) {
            self.notice = None;
            update(&mut self.app, Msg::NoticeRead);
        }
    }

    /// Returns how long the loop may sleep.
    fn max_wait(&self, ticked: Instant) -> Option<Duration> {
        let tick = self.app.next_tick().map(|left| left.saturating_sub(ticked.elapsed()));
        let frame = match &self.transition {
            Some(transition) => Some(transition.wait()),
            None => self.app.changes().paint.then(|| self.frame_pacing.wait()),
        };
        let picture = if self.transition.is_none() { self.media.next_frame() } else { None };
        let notice = self.notice.as_ref();
        let notice = notice.map(|(_, end)| end.saturating_duration_since(Instant::now()));
        let waits = tick.into_iter().chain(frame).chain(picture).chain(notice);
        waits.chain(self.auto_advance_wait()).min()
    }
}

/// Starts the worker that checks and remembers which decks may run without asking.
fn trust_worker(settings: &Settings, sender: EventSender) -> TrustWorker {
    let (path, executors) = (settings.load_options.path.clone(), settings.execution.custom.clone());
    TrustWorker::new(path, executors, move |report| {
        sender.send(match report {
            TrustReport::Examined(examined) => LoopEvent::Examined(examined),
            TrustReport::Trouble(why) => LoopEvent::Exec(Msg::Failed(why)),
        });
    })
}
