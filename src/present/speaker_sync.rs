//! Two windows of one talk: the audience's tells where it is, the speaker's goes there. A place is
//! a datagram in presenterm's own words, so that either window may be presenterm's.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;

use rustix::net::{AddressFamily, SocketType, bind, socket, sockopt};
use serde::{Deserialize, Serialize};

use super::channel::EventSender;
use super::{Ending, LoopEvent, Settings};
use crate::app::{App, Msg, update};
use crate::deck::{Cursor, Deck, SlideNo};

/// What a window does about the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpeakerSync {
    /// It tells its place to whoever listens at this address.
    Publish(SocketAddr),
    /// It shows the speaker's notes, and goes where it is told at this address.
    Listen(SocketAddr),
}

/// More than any datagram of ours; longer ones are cut and then no longer understood.
const MAX_DATAGRAM_BYTES: usize = 64 * 1024;

#[derive(Debug, Deserialize, Serialize, PartialEq)]
struct Datagram {
    /// The deck, for there may be other talks.
    presentation_path: String,
    event: Command,
}

/// What is told.
#[derive(Debug, Deserialize, Serialize, PartialEq)]
#[serde(tag = "command")]
enum Command {
    /// The talk is there: slides count from 1, chunks (what pauses part) from 0.
    GoTo { slide: u32, chunk: usize },
    /// The talk is over.
    Exit,
}

/// Begins to follow the other window, or gives what tells it where this one is.
pub(super) fn begin(
    settings: &Settings,
    app: &mut App,
    sender: &EventSender,
) -> io::Result<Option<Publisher>> {
    let deck = &settings.load_options.path;
    match settings.speaker_sync {
        None => Ok(None),
        Some(SpeakerSync::Publish(address)) => Ok(Publisher::new(address, deck)
            .map_err(|error| {
                let why = format!("nobody can be told where the talk is, at {address}: {error}");
                update(app, Msg::Failed(why));
            })
            .ok()),
        Some(SpeakerSync::Listen(address)) => {
            listen(address, deck, sender.clone())?;
            Ok(None)
        }
    }
}

/// The telling window's end.
#[derive(Debug)]
pub(super) struct Publisher {
    socket: UdpSocket,
    address: SocketAddr,
    deck: String,
}

impl Publisher {
    /// Tells of the deck in this file. The address may be one that reaches all who listen.
    pub(super) fn new(address: SocketAddr, deck: &Path) -> io::Result<Self> {
        let own =
            if address.ip().is_loopback() { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
        let socket = UdpSocket::bind((IpAddr::from(own), 0))?;
        socket.set_broadcast(true)?;
        Ok(Self { socket, address, deck: real_path(deck) })
    }

    /// Tells where the talk is.
    pub(super) fn dispatch(&self, deck: &Deck, at: Cursor) {
        let chunk = deck.slide(at.slide).pauses_passed(at.step);
        self.send(Command::GoTo { slide: at.slide.human(), chunk });
    }

    fn send(&self, event: Command) {
        let datagram = Datagram { presentation_path: self.deck.clone(), event };
        if let Ok(bytes) = serde_json::to_vec(&datagram) {
            // Nobody may be listening; the talk goes on without notes.
            let _ = self.socket.send_to(&bytes, self.address);
        }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.send(Command::Exit);
    }
}

/// Listens on a thread of its own for what is told of the deck in this file.
fn listen(address: SocketAddr, deck: &Path, sender: EventSender) -> io::Result<()> {
    let socket = shared_socket(address)?;
    let deck = real_path(deck);
    let listening = move || {
        let mut bytes = vec![0; MAX_DATAGRAM_BYTES];
        while let Ok(length) = socket.recv(&mut bytes) {
            match serde_json::from_slice::<Datagram>(&bytes[..length]) {
                Ok(told) if told.presentation_path == deck => sender.send(event(&told.event)),
                // Another talk's, or nobody's words.
                _ => {}
            }
        }
    };
    std::thread::Builder::new().name("follow".to_owned()).spawn(listening)?;
    Ok(())
}

fn event(told: &Command) -> LoopEvent {
    match *told {
        Command::GoTo { slide, chunk } => {
            LoopEvent::Told(SlideNo::new(slide.saturating_sub(1) as usize), chunk)
        }
        Command::Exit => LoopEvent::Terminate(Ending::Left),
    }
}

/// A socket at an address where others may listen, too.
fn shared_socket(address: SocketAddr) -> io::Result<UdpSocket> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = socket(family, SocketType::DGRAM, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &address)?;
    Ok(UdpSocket::from(socket))
}

/// How both windows name one deck, from whichever folder they were opened.
fn real_path(deck: &Path) -> String {
    let path = std::fs::canonicalize(deck).unwrap_or_else(|_| deck.to_owned());
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f199_a_place_is_told_in_presenterms_words() {
        let told = Datagram {
            presentation_path: "/talk.md".to_owned(),
            event: Command::GoTo { slide: 3, chunk: 1 },
        };
        let text = serde_json::to_string(&told).unwrap();
        let words =
            r#"{"presentation_path":"/talk.md","event":{"command":"GoTo","slide":3,"chunk":1}}"#;
        assert_eq!(text, words);
        let end = r#"{"presentation_path":"x","event":{"command":"Exit"}}"#;
        assert_eq!(serde_json::from_str::<Datagram>(end).unwrap().event, Command::Exit);
    }

    #[test]
    fn f199_what_is_told_is_heard_by_all_who_listen() {
        let first = shared_socket("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = first.local_addr().unwrap();
        assert!(shared_socket(address).is_ok(), "a second window may listen, too");
        let publisher = Publisher::new(address, Path::new("no/such/talk.md")).unwrap();
        drop(publisher);
    }
}
