//! Follows a running talk through its control socket, on a separate thread: finds it, connects, passes its
//! states on, and looks for it again when it ends.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use super::LoopEvent;
use super::channel::EventSender;
use crate::control::{
    ControlError, TalkCall, TalkChoice, TalkConnection, TalkState, TalkUpdate, choose_talk,
};

/// How often to look for a talk while there is none.
const SEARCH_INTERVAL: Duration = Duration::from_secs(1);

/// What happens to the connection.
#[derive(Debug)]
pub(super) enum LinkEvent {
    /// There is no talk, and why.
    Waiting(String),
    /// Connected: calls are written to this stream.
    Connected(UnixStream),
    /// The talk refused a call.
    Refused(String),
    /// The talk's state.
    State(Box<TalkState>),
}

/// Which talk to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FollowChoice {
    /// The one of this deck, or else the only one; after that, the one of the same deck.
    Deck(Option<PathBuf>),
    /// The one of this process.
    Process(u32),
}

/// Starts the thread. With `outputs`, states have the outputs on the slide.
pub(super) fn start(
    choice: FollowChoice,
    outputs: bool,
    sender: EventSender,
) -> std::io::Result<()> {
    let mut link = LinkThread { choice, outputs, sender, deck: None, reported: None };
    std::thread::Builder::new().name("link".to_owned()).spawn(move || link.run())?;
    Ok(())
}

struct LinkThread {
    choice: FollowChoice,
    outputs: bool,
    sender: EventSender,
    /// The deck of the last talk.
    deck: Option<PathBuf>,
    /// What was last reported while waiting.
    reported: Option<String>,
}

impl LinkThread {
    fn run(&mut self) {
        loop {
            if let Err(error) = self.follow() {
                let why = error.to_string();
                if self.reported.as_ref() != Some(&why) {
                    self.sender.send(LoopEvent::Link(LinkEvent::Waiting(why.clone())));
                    self.reported = Some(why);
                }
            }
            std::thread::sleep(SEARCH_INTERVAL);
        }
    }

    /// Follows a talk until it ends.
    fn follow(&mut self) -> Result<(), ControlError> {
        let talk = match (&self.choice, &self.deck) {
            (FollowChoice::Process(pid), None) => choose_talk(TalkChoice::Process(*pid)),
            (FollowChoice::Deck(Some(deck)), _) => choose_talk(TalkChoice::Deck(deck)),
            (_, Some(deck)) => {
                choose_talk(TalkChoice::Deck(deck)).or_else(|_| choose_talk(TalkChoice::Only))
            }
            (FollowChoice::Deck(None), None) => choose_talk(TalkChoice::Only),
        }?;
        let mut connection = TalkConnection::open(&talk.socket)?;
        let stream = connection.sender().map_err(ControlError::Lost)?;
        if self.outputs {
            TalkConnection::send(&stream, &TalkCall::Watch).map_err(ControlError::Lost)?;
        }
        self.sender.send(LoopEvent::Link(LinkEvent::Connected(stream)));
        self.reported = None;
        loop {
            let event = match connection.next_update()? {
                TalkUpdate::State(state) => {
                    self.deck = Some(PathBuf::from(&state.deck));
                    LinkEvent::State(state)
                }
                TalkUpdate::Refused(why) => LinkEvent::Refused(why),
            };
            self.sender.send(LoopEvent::Link(event));
        }
    }
}
