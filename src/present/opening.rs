//! Opens the deck at startup. The deck is loaded on a separate thread, so keys and signals work while
//! a pipe has no writer yet or the file system is slow.

#![expect(clippy::disallowed_methods, reason = "the terminal has a deadline for its background")]

use std::io;
use std::time::{Duration, Instant};

use ratatui::style::Style;

use super::channel::{EventSender, Receivers};
use super::input::Input;
use super::terminal::PaintedFrame;
use super::{Ending, LoopEvent, Screen, Settings, terminal};
use crate::app::{Action, KeyMatch, Keymap};
use crate::exec;
use crate::files::ReadError;
use crate::project::{self, LoadOptions, LoadedDeck};
use crate::source::visible_line;

/// How long to wait before showing that the deck is being read.
const NOTICE_DELAY: Duration = Duration::from_millis(500);

/// The result of opening a deck.
pub(super) enum OpenOutcome {
    /// The deck, and the events that arrived while it was loaded.
    Deck(Box<LoadedDeck>, Vec<LoopEvent>),
    /// The speaker or a signal ended the program first.
    Ended(Ending),
}

/// The terminal and the event channel.
pub(super) struct TerminalIo<'a> {
    pub(super) screen: &'a mut Screen,
    pub(super) input: &'a mut Input,
    pub(super) receivers: &'a Receivers,
    pub(super) sender: &'a EventSender,
}

/// Starts loading the deck on a separate thread, which sends [`LoopEvent::Opened`]. With `before`,
/// the deck is parsed again from the same text.
///
/// # Errors
/// The thread cannot be started.
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

/// Waits for the deck that [`start`] loads and, if the theme depends on it, for the terminal's
/// background.
///
/// # Errors
/// The deck cannot be read, or the terminal is gone.
pub(super) fn open(settings: &mut Settings, terminal: TerminalIo<'_>) -> io::Result<OpenOutcome> {
    let started = Instant::now();
    let TerminalIo { screen, input, receivers, sender } = terminal;
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
        events.extend(receivers.pending());
        for event in events {
            if let Some(ending) = waiting.handle(event, screen)? {
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

/// State while the deck is loaded.
struct Loading {
    keymap: Keymap,
    /// The deck, or the error.
    read: Option<Result<Box<LoadedDeck>, ReadError>>,
    /// Events to handle once the deck is loaded.
    early: Vec<LoopEvent>,
    /// Whether the loading message is shown.
    is_noticed: bool,
}

impl Loading {
    fn new(keymap: Keymap) -> Self {
        Self { keymap, read: None, early: Vec::new(), is_noticed: false }
    }

    /// Handles one event. Returns the ending if the program ends.
    fn handle(&mut self, event: LoopEvent, screen: &mut Screen) -> io::Result<Option<Ending>> {
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

    /// Shows that the deck is being read, and which key quits.
    fn notice(&mut self, screen: &mut Screen, load_options: &LoadOptions) -> io::Result<()> {
        self.is_noticed = true;
        let name = visible_line(&load_options.path.to_string_lossy()).into_owned();
        let leave = self.keymap.first_of(Action::Exit).unwrap_or_else(|| "ctrl-c".to_owned());
        let text = format!("reading {name} … press {leave} to quit");
        let frame = screen.compose(|buffer| {
            if !buffer.area.is_empty() {
                let width = usize::from(buffer.area.width);
                buffer.set_stringn(0, 0, &text, width, Style::default());
            }
            PaintedFrame::default()
        });
        screen.show(frame)
    }
}

/// Suspends the program until the shell continues it.
fn suspend(screen: &mut Screen) -> io::Result<()> {
    terminal::restore();
    exec::suspend();
    screen.retake()
}
