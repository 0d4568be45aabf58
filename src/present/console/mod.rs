//! The speaker's console: follows a running talk in a second terminal, shows what the audience does not
//! see, and drives the talk.
//!
//! `mirror` is the console's own copy of the deck at the talk's position, `page` draws it, `panes` divides
//! the screen, `readiness` and `clock` make texts.

mod clock;
mod mirror;
mod page;
mod panes;
mod readiness;

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crossterm::event::{KeyCode, MouseEventKind};
use time::UtcOffset;

use super::channel::{self, EventSender, Receivers};
use super::color_depth::ColorSupport;
use super::hyperlinks::terminal_has_links;
use super::input::Input;
use super::settings::protocol;
use super::talk_link::{self, FollowChoice, LinkEvent};
use super::terminal::{self, PaintedFrame, Screen, ScreenOptions};
use super::timer::now_ms;
use super::{Ending, LoopEvent, Settings, opening, signals};
use crate::app::{Action, Blank, KeyMatch, Keymap, TimerCommand};
use crate::control::{BlankColor, TalkCall, TalkConnection, TalkState};
use crate::deck::DeckVariant;
use crate::exec;
use crate::layout::LargeText;
use crate::view::ColorDepth;
use mirror::Mirror;
use page::PageStatus;
use panes::PaneShares;

/// Rows that the notes scroll by.
const SCROLL_ROWS: i32 = 3;

/// The actions that have keys in the console.
const ACTIONS: &[Action] = &[
    Action::Next,
    Action::Previous,
    Action::NextFast,
    Action::PreviousFast,
    Action::FirstSlide,
    Action::LastSlide,
    Action::GoToSlide,
    Action::Execute,
    Action::Stop,
    Action::Blank,
    Action::BlankWhite,
    Action::ToggleTimer,
    Action::ResetTimer,
    Action::ScrollDown,
    Action::ScrollUp,
    Action::Reload,
    Action::ToggleHelp,
    Action::Close,
    Action::Suspend,
    Action::Exit,
];

/// What the console follows.
#[derive(Clone, Debug)]
pub struct ConsoleOptions {
    /// Which talk.
    pub choice: FollowChoice,
    /// The offset of local time from UTC.
    pub utc_offset: UtcOffset,
}

/// Shows the console until the speaker leaves it.
///
/// # Errors
/// The terminal cannot be taken over.
pub fn console(settings: Settings, options: ConsoleOptions) -> io::Result<Ending> {
    let (sender, receivers) = channel::channel()?;
    signals::listen(sender.clone())?;
    let known = ColorSupport::from_env();
    let screen = Screen::take(ScreenOptions {
        cell: settings.cell,
        depth: settings.color_depth.unwrap_or(known.depth),
        has_mouse: settings.mouse,
        has_links: settings.links.unwrap_or_else(terminal_has_links),
        large_text: LargeText::Off,
    })?;
    let input = Input::open(settings.color_depth.is_none() && known.may_be_more)?;
    talk_link::start(options.choice.clone(), true, sender.clone())?;
    let keymap = settings.keymap.only(ACTIONS);
    let mut console = Console {
        settings,
        options,
        keymap,
        screen,
        sender,
        talk: TalkView::default(),
        mirror: None,
        shares: PaneShares::default(),
        help: None,
        ending: Ending::Left,
        is_changed: true,
        was_suspended: false,
    };
    let ended = console.run_loop(input, &receivers);
    console.clear_pictures();
    ended.map(|()| console.ending)
}

/// What is known of the talk.
#[derive(Debug, Default)]
struct TalkView {
    state: Option<TalkState>,
    /// Where calls are written; none while there is no talk.
    stream: Option<UnixStream>,
    /// Why there is no talk.
    waits_because: Option<String>,
    /// The deck that is being loaded.
    loading: Option<PathBuf>,
    /// A line for the speaker, until the next key.
    notice: Option<String>,
}

/// A running console.
struct Console {
    settings: Settings,
    options: ConsoleOptions,
    keymap: Keymap,
    screen: Screen,
    sender: EventSender,
    talk: TalkView,
    mirror: Option<Mirror>,
    shares: PaneShares,
    /// The first row of the open help.
    help: Option<u16>,
    ending: Ending,
    is_changed: bool,
    /// We suspended ourselves and have not received the signal that continued us yet.
    was_suspended: bool,
}

impl Console {
    fn run_loop(&mut self, mut input: Input, receivers: &Receivers) -> io::Result<()> {
        let mut second = now_ms() / 1000;
        loop {
            let to_next = Duration::from_millis(1000 - now_ms() % 1000);
            let timeout = input.timeout().into_iter().chain([to_next]).min();
            let ready = if self.is_changed { Some(Duration::ZERO) } else { timeout };
            receivers.wait(input.keyboard(), ready)?;
            let mut events = Vec::new();
            if input.read(&mut events).is_err() {
                self.ending = Ending::HANGUP;
                return Ok(());
            }
            events.extend(receivers.pending());
            for event in events {
                if self.handle(event, &input)? {
                    return Ok(());
                }
            }
            let now = now_ms() / 1000;
            if std::mem::replace(&mut second, now) != now {
                self.is_changed = true;
            }
            if std::mem::take(&mut self.is_changed) {
                self.draw()?;
            }
        }
    }

    /// Handles one event. Returns true if the console ends.
    fn handle(&mut self, event: LoopEvent, input: &Input) -> io::Result<bool> {
        self.is_changed = true;
        match event {
            LoopEvent::Key(key) => {
                self.talk.notice = None;
                if let KeyMatch::Action(action, number) = self.keymap.press(key.into()) {
                    return self.act(action, number);
                }
                match key.code {
                    KeyCode::Char('+' | '=') => self.shares.grow_notes(),
                    KeyCode::Char('-') => self.shares.shrink_notes(),
                    _ => {}
                }
            }
            LoopEvent::Mouse(mouse) => match mouse.kind {
                MouseEventKind::ScrollDown => self.scroll_notes(SCROLL_ROWS),
                MouseEventKind::ScrollUp => self.scroll_notes(-SCROLL_ROWS),
                _ => self.is_changed = false,
            },
            LoopEvent::Resized => {
                self.screen.resize();
                if let Some(mirror) = &mut self.mirror {
                    mirror.repaint();
                }
            }
            LoopEvent::Terminate(ending) => {
                self.ending = ending;
                return Ok(true);
            }
            LoopEvent::Suspend => self.suspend()?,
            LoopEvent::Continued => {
                if !std::mem::take(&mut self.was_suspended) {
                    terminal::restore();
                    self.retake()?;
                }
            }
            LoopEvent::Answers(answers) => {
                self.screen.set_capabilities(answers.cell, LargeText::Off);
                if answers.true_color && self.settings.color_depth.is_none() {
                    self.screen.set_depth(ColorDepth::TrueColor);
                }
                if let Some(background) = answers.background {
                    self.settings.load_options.background = background;
                }
                self.settings.protocol = Some(protocol(&self.settings, answers));
                if let Some(mirror) = &mut self.mirror {
                    let blocks = self.settings.blocks(self.screen.depth());
                    mirror.set_protocol(self.settings.protocol, blocks);
                }
            }
            LoopEvent::Link(event) => self.on_link(event, input)?,
            LoopEvent::Opened(loaded) => {
                self.talk.loading = None;
                match loaded {
                    Ok(loaded) => {
                        let (settings, sender) = (&self.settings, &self.sender);
                        self.mirror = Some(Mirror::new(
                            &settings.load_options.path,
                            *loaded,
                            (settings, self.keymap.clone()),
                            self.screen.depth(),
                            sender,
                        )?);
                    }
                    Err(error) => {
                        self.talk.notice = Some(format!("the deck cannot be read: {error}"));
                    }
                }
            }
            other => {
                self.is_changed = self.mirror.as_mut().is_some_and(|mirror| mirror.on_event(other));
            }
        }
        Ok(false)
    }

    fn on_link(&mut self, event: LinkEvent, input: &Input) -> io::Result<()> {
        match event {
            LinkEvent::Waiting(why) => {
                self.talk.stream = None;
                self.talk.waits_because = Some(why);
            }
            LinkEvent::Connected(stream) => {
                self.talk.stream = Some(stream);
                self.talk.waits_because = None;
            }
            LinkEvent::Refused(why) => self.talk.notice = Some(why),
            LinkEvent::State(state) => {
                let variant = state.variant.clone();
                let variant = DeckVariant { only: variant.only, without: variant.without };
                self.load((state.deck.as_ref(), variant), input)?;
                self.talk.state = Some(*state);
            }
        }
        Ok(())
    }

    /// Loads the talk's deck, unless it is loaded or loading.
    fn load(&mut self, (deck, variant): (&Path, DeckVariant), input: &Input) -> io::Result<()> {
        let options = &mut self.settings.load_options.options;
        let is_loaded = self.mirror.as_ref().is_some_and(|mirror| mirror.path() == deck);
        let is_known = is_loaded || self.talk.loading.as_deref() == Some(deck);
        if is_known && options.variant == variant {
            return Ok(());
        }
        options.variant = variant;
        deck.clone_into(&mut self.settings.load_options.path);
        if let Some(background) = input.background() {
            self.settings.load_options.background = background;
        }
        self.talk.loading = Some(deck.to_owned());
        opening::start(&self.settings.load_options, None, &self.sender)
    }

    /// Performs the action of a key. Returns true if the console ends.
    fn act(&mut self, action: Action, number: Option<u32>) -> io::Result<bool> {
        if let Some(row) = &mut self.help {
            match action {
                Action::Next | Action::ScrollDown => *row += 1,
                Action::Previous | Action::ScrollUp => *row = row.saturating_sub(1),
                _ => self.help = None,
            }
            return Ok(false);
        }
        let call = match action {
            Action::Next => TalkCall::Next,
            Action::Previous => TalkCall::Back,
            Action::NextFast => TalkCall::NextSlide,
            Action::PreviousFast => TalkCall::PreviousSlide,
            Action::FirstSlide => TalkCall::First,
            Action::LastSlide => TalkCall::Last,
            Action::GoToSlide => TalkCall::Go { slide: number.unwrap_or(1), step: None },
            Action::Execute => TalkCall::Run { block: None },
            Action::Stop if self.talk.stream.is_none() => return Ok(true),
            Action::Stop => TalkCall::Stop,
            Action::Blank => TalkCall::Blank { color: None },
            Action::BlankWhite => {
                let is_white =
                    self.state().is_some_and(|state| state.screen.blank == Some(Blank::White));
                let color = if is_white { BlankColor::Off } else { BlankColor::White };
                TalkCall::Blank { color: Some(color) }
            }
            Action::ToggleTimer => TalkCall::Timer { action: TimerCommand::Toggle },
            Action::ResetTimer => TalkCall::Timer { action: TimerCommand::Reset },
            Action::Reload => TalkCall::Reload,
            Action::ScrollDown => {
                self.scroll_notes(SCROLL_ROWS);
                return Ok(false);
            }
            Action::ScrollUp => {
                self.scroll_notes(-SCROLL_ROWS);
                return Ok(false);
            }
            Action::ToggleHelp => {
                self.help = Some(0);
                return Ok(false);
            }
            Action::Suspend => {
                self.suspend()?;
                return Ok(false);
            }
            Action::Exit => return Ok(true),
            _ => return Ok(false),
        };
        self.call(&call);
        Ok(false)
    }

    /// Sends a call to the talk.
    fn call(&mut self, call: &TalkCall) {
        let Some(stream) = &self.talk.stream else {
            self.talk.notice = Some("there is no talk to drive".to_owned());
            return;
        };
        if let Err(error) = TalkConnection::send(stream, call) {
            self.talk.notice = Some(format!("the talk does not answer: {error}"));
        }
    }

    /// Returns the state of the talk, while there is one.
    fn state(&self) -> Option<&TalkState> {
        self.talk.state.as_ref().filter(|_| self.talk.stream.is_some())
    }

    fn scroll_notes(&mut self, rows: i32) {
        if let Some(mirror) = &mut self.mirror {
            mirror.scroll_notes(rows);
        }
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.clear_pictures();
        terminal::restore();
        self.was_suspended = exec::suspend();
        self.retake()
    }

    fn retake(&mut self) -> io::Result<()> {
        if let Some(mirror) = &mut self.mirror {
            mirror.repaint();
        }
        self.screen.retake()
    }

    /// Removes pictures that the terminal itself stores.
    fn clear_pictures(&mut self) {
        let bytes = self.mirror.as_mut().map(Mirror::take_pictures).unwrap_or_default();
        // Ignored: the terminal is gone.
        let _ = terminal::write(&bytes);
    }

    fn draw(&mut self) -> io::Result<()> {
        let size = self.screen.size();
        let state = self.talk.state.as_ref();
        if let (Some(mirror), Some(state)) = (&mut self.mirror, state) {
            mirror.follow(state, now_ms());
        }
        let status = PageStatus {
            state,
            is_connected: self.talk.stream.is_some(),
            waits_because: self.talk.waits_because.as_deref(),
            notice: self.talk.notice.as_deref(),
            keymap: &self.keymap,
            help: self.help,
            now_ms: now_ms(),
            utc_offset: self.options.utc_offset,
        };
        let background = self.mirror.as_ref().and_then(|mirror| mirror.theme().base.bg);
        self.screen.surround(background);
        let (mirror, shares) = (&mut self.mirror, self.shares);
        let frame = self.screen.compose(|buffer| PaintedFrame {
            suffix: page::draw(mirror, &status, shares, size, buffer),
            links: Vec::new(),
        });
        self.screen.show(frame)
    }
}
