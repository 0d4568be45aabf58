//! From the command to the first slide. The deck is read on a thread of its own, so keys and signals
//! work while its pipe has no writer yet, or its file system is slow.

#![expect(clippy::disallowed_methods, reason = "the terminal has a deadline for its background")]

use std::io;
use std::time::{Duration, Instant};

use ratatui::style::Style;

use super::channel::{Letters, Mailbox};
use super::input::Input;
use super::{Ending, Event, Screen, Settings, terminal};
use crate::app::{Action, KeyMatch, Keymap};
use crate::exec;
use crate::files::ReadError;
use crate::project::{self, Origin, Show};
use crate::source::visible_line;

/// How long the deck may take before the screen says that it is being read.
const NOTICE_DELAY: Duration = Duration::from_millis(500);

/// What came of opening a deck.
pub(super) enum Opened {
    /// The deck, and what happened meanwhile that the talk has to know.
    Deck(Box<Show>, Vec<Event>),
    /// The speaker or a signal did not wait for it.
    Ended(Ending),
}

/// The terminal, and how it is reached from other threads.
pub(super) struct Terminal<'a> {
    pub(super) screen: &'a mut Screen,
    pub(super) input: &'a mut Input,
    pub(super) letters: &'a Letters,
    pub(super) mailbox: &'a Mailbox,
}

/// Starts to read the deck, on a thread of its own: [`Event::Opened`]. With `before`, its text was
/// read already.
///
/// # Errors
/// No thread can be started.
pub(super) fn start(origin: &Origin, before: Option<Show>, mailbox: &Mailbox) -> io::Result<()> {
    let (origin, mailbox) = (origin.clone(), mailbox.clone());
    let read = move || match before {
        Some(before) => Ok(project::reload(&origin, &before)),
        None => project::load(&origin, None),
    };
    std::thread::Builder::new().name("load".to_owned()).spawn(move || {
        let read = project::contained(read);
        mailbox.send(Event::Opened(read.map(Box::new)));
    })?;
    Ok(())
}

/// Waits for the deck that [`start`] reads, and for the terminal's background where that decides
/// what the deck looks like.
///
/// # Errors
/// The deck cannot be read, or the terminal is gone.
pub(super) fn open(settings: &mut Settings, terminal: Terminal<'_>) -> io::Result<Opened> {
    let started = Instant::now();
    let Terminal { screen, input, letters, mailbox } = terminal;
    let mut waiting = Waiting::new(settings.keymap.clone());
    let mut is_background_known = false;
    let mut undecided: Option<(Box<Show>, Instant)> = None;
    loop {
        let notice = (!waiting.is_noticed).then(|| NOTICE_DELAY.saturating_sub(started.elapsed()));
        let answer = undecided
            .as_ref()
            .map(|(_, deadline)| deadline.saturating_duration_since(Instant::now()));
        let timeout = [notice, answer, input.patience()].into_iter().flatten().min();
        letters.wait(input.keyboard(), timeout)?;
        let mut events = Vec::new();
        if input.read(&mut events).is_err() {
            return Ok(Opened::Ended(Ending::HANGUP));
        }
        events.extend(letters.events.try_iter());
        for event in events {
            if let Some(ending) = waiting.take(event, screen)? {
                return Ok(Opened::Ended(ending));
            }
        }
        if let Some(read) = waiting.read.take() {
            let show = read?;
            let is_decided = is_background_known
                || !project::depends_on_background(&settings.origin, &show.deck);
            if is_decided {
                return Ok(Opened::Deck(show, waiting.early));
            }
            undecided = Some((show, Instant::now() + settings.patience));
        }
        if let Some((show, deadline)) = undecided.take() {
            let background = input.background();
            if background.is_none() && input.is_asking() && Instant::now() < deadline {
                undecided = Some((show, deadline));
            } else {
                settings.origin.background = background.unwrap_or_default();
                is_background_known = true;
                start(&settings.origin, Some(*show), mailbox)?;
            }
        }
        if !waiting.is_noticed && started.elapsed() >= NOTICE_DELAY {
            waiting.notice(screen, &settings.origin)?;
        }
    }
}

/// What happened while the deck was read.
struct Waiting {
    keymap: Keymap,
    /// The deck, or why there is none.
    read: Option<Result<Box<Show>, ReadError>>,
    /// What the talk has to know once it has begun.
    early: Vec<Event>,
    /// Whether the screen says that the deck is being read.
    is_noticed: bool,
}

impl Waiting {
    fn new(keymap: Keymap) -> Self {
        Self { keymap, read: None, early: Vec::new(), is_noticed: false }
    }

    /// Takes in one event. Returns how the talk ended, if this was its end.
    fn take(&mut self, event: Event, screen: &mut Screen) -> io::Result<Option<Ending>> {
        match event {
            Event::Opened(read) => self.read = Some(read),
            Event::Terminate(ending) => return Ok(Some(ending)),
            Event::Key(key) => match self.keymap.press(key.into()) {
                KeyMatch::Action(Action::Exit | Action::Stop, _) => return Ok(Some(Ending::Left)),
                KeyMatch::Action(Action::Suspend, _) => suspend(screen)?,
                _ => self.early.push(event),
            },
            Event::Suspend => suspend(screen)?,
            Event::Resized => {
                screen.resize();
                self.is_noticed = false;
            }
            event => self.early.push(event),
        }
        Ok(None)
    }

    /// Says that the deck is being read, and how to leave.
    fn notice(&mut self, screen: &mut Screen, origin: &Origin) -> io::Result<()> {
        self.is_noticed = true;
        let name = visible_line(&origin.path.to_string_lossy()).into_owned();
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
