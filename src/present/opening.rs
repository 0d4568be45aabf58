//! From the command to the first slide. The deck is read on a thread of its own, so keys and signals
//! work while its pipe has no writer yet, or its file system is slow.

#![expect(clippy::disallowed_methods, reason = "the terminal has a deadline for its background")]

use std::io;
use std::time::{Duration, Instant};

use ratatui::style::Style;

use super::channel::{EventSender, Receivers};
use super::input::Input;
use super::{Ending, LoopEvent, Screen, Settings, terminal};
use crate::app::{Action, KeyMatch, Keymap};
use crate::exec;
use crate::files::ReadError;
use crate::project::{self, LoadOptions, LoadedDeck};
use crate::source::visible_line;

/// How long the deck may take before the screen says that it is being read.
const NOTICE_DELAY: Duration = Duration::from_millis(500);

/// What came of opening a deck.
pub(super) enum OpenOutcome {
    /// The deck, and what happened meanwhile that the talk has to know.
    Deck(Box<LoadedDeck>, Vec<LoopEvent>),
    /// The speaker or a signal did not wait for it.
    Ended(Ending),
}

/// The terminal, and how it is reached from other threads.
pub(super) struct Terminal<'a> {
    pub(super) screen: &'a mut Screen,
    pub(super) input: &'a mut Input,
    pub(super) receivers: &'a Receivers,
    pub(super) sender: &'a EventSender,
}

/// Starts to read the deck, on a thread of its own: [`LoopEvent::Opened`]. With `before`, its text was
/// read already.
///
/// # Errors
/// No thread can be started.
pub(super) fn start(
    load_options: &LoadOptions,
    before: Option<LoadedDeck>,
    sender: &EventSender,
) -> io::Result<()> {
    let (load_options, sender) = (load_options.clone(), sender.clone());
    let read = move || match before {
        Some(before) => Ok(project::reload(&load_options, &before)),
        None => project::load(&load_options, None),
    };
    std::thread::Builder::new().name("load".to_owned()).spawn(move || {
        let read = project::contained(read);
        sender.send(LoopEvent::Opened(read.map(Box::new)));
    })?;
    Ok(())
}

/// Waits for the deck that [`start`] reads, and for the terminal's background where that decides
/// what the deck looks like.
///
/// # Errors
/// The deck cannot be read, or the terminal is gone.
pub(super) fn open(settings: &mut Settings, terminal: Terminal<'_>) -> io::Result<OpenOutcome> {
    let started = Instant::now();
    let Terminal { screen, input, receivers, sender } = terminal;
    let mut waiting = Loading::new(settings.keymap.clone());
    let mut is_background_known = false;
    let mut undecided: Option<(Box<LoadedDeck>, Instant)> = None;
    loop {
        let notice = (!waiting.is_noticed).then(|| NOTICE_DELAY.saturating_sub(started.elapsed()));
        let answer = undecided
            .as_ref()
            .map(|(_, deadline)| deadline.saturating_duration_since(Instant::now()));
        let timeout = [notice, answer, input.timeout()].into_iter().flatten().min();
        receivers.wait(input.keyboard(), timeout)?;
        let mut events = Vec::new();
        if input.read(&mut events).is_err() {
            return Ok(OpenOutcome::Ended(Ending::HANGUP));
        }
        events.extend(receivers.events.try_iter());
        for event in events {
            if let Some(ending) = waiting.take(event, screen)? {
                return Ok(OpenOutcome::Ended(ending));
            }
        }
        if let Some(read) = waiting.read.take() {
            let loaded = read?;
            let is_decided = is_background_known
                || !project::depends_on_background(&settings.load_options, &loaded.deck);
            if is_decided {
                return Ok(OpenOutcome::Deck(loaded, waiting.early));
            }
            undecided = Some((loaded, Instant::now() + settings.background_timeout));
        }
        if let Some((loaded, deadline)) = undecided.take() {
            let background = input.background();
            if background.is_none() && input.is_asking() && Instant::now() < deadline {
                undecided = Some((loaded, deadline));
            } else {
                settings.load_options.background = background.unwrap_or_default();
                is_background_known = true;
                start(&settings.load_options, Some(*loaded), sender)?;
            }
        }
        if !waiting.is_noticed && started.elapsed() >= NOTICE_DELAY {
            waiting.notice(screen, &settings.load_options)?;
        }
    }
}

/// What happened while the deck was read.
struct Loading {
    keymap: Keymap,
    /// The deck, or why there is none.
    read: Option<Result<Box<LoadedDeck>, ReadError>>,
    /// What the talk has to know once it has begun.
    early: Vec<LoopEvent>,
    /// Whether the screen says that the deck is being read.
    is_noticed: bool,
}

impl Loading {
    fn new(keymap: Keymap) -> Self {
        Self { keymap, read: None, early: Vec::new(), is_noticed: false }
    }

    /// Takes in one event. Returns how the talk ended, if this was its end.
    fn take(&mut self, event: LoopEvent, screen: &mut Screen) -> io::Result<Option<Ending>> {
        match event {
            LoopEvent::Opened(read) => self.read = Some(read),
            LoopEvent::Terminate(ending) => return Ok(Some(ending)),
            LoopEvent::Key(key) => match self.keymap.press(key.into()) {
                KeyMatch::Action(Action::Exit | Action::Stop, _) => return Ok(Some(Ending::Left)),
                KeyMatch::Action(Action::Suspend, _) => suspend(screen)?,
                _ => self.early.push(event),
            },
            LoopEvent::Suspend => suspend(screen)?,
            LoopEvent::Resized => {
                screen.resize();
                self.is_noticed = false;
            }
            event => self.early.push(event),
        }
        Ok(None)
    }

    /// Says that the deck is being read, and how to leave.
    fn notice(&mut self, screen: &mut Screen, load_options: &LoadOptions) -> io::Result<()> {
        self.is_noticed = true;
        let name = visible_line(&load_options.path.to_string_lossy()).into_owned();
        let leave = self.keymap.first_of(Action::Exit).unwrap_or_else(|| "ctrl-c".to_owned());
        let text = format!("reading {name} … {leave} leaves");
        let frame = screen.compose(|buffer| {
            if !buffer.area.is_empty() {
                let width = usize::from(buffer.area.width);
                buffer.set_stringn(0, 0, &text, width, Style::default());
            }
            Vec::new()
        })?;
        screen.show(frame)
    }
}

/// Gives the terminal to the shell until it continues us.
fn suspend(screen: &mut Screen) -> io::Result<()> {
    terminal::restore();
    exec::suspend();
    screen.retake()
}
