//! Keeps two windows of one presentation in sync: the audience's window publishes its slide, the
//! speaker-notes window follows. The datagrams are presenterm's, so either window can be presenterm.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;

use rustix::net::{AddressFamily, SocketType, bind, socket, sockopt};
use serde::{Deserialize, Serialize};

use super::channel::EventSender;
use super::talk_link::{self, FollowChoice};
use super::{Ending, LoopEvent, Settings};
use crate::app::{App, Msg, update};
use crate::deck::{Cursor, Deck, SlideNo};

/// The role of this window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpeakerSync {
    /// Publishes its slide to this address.
    Publish(SocketAddr),
    /// Shows speaker notes, and follows the slide received at this address.
    Listen(SocketAddr),
}

/// Maximum datagram size. Longer ones are truncated, and then fail to parse.
const MAX_DATAGRAM_BYTES: usize = 64 * 1024;

#[derive(Debug, Deserialize, Serialize, PartialEq)]
struct SyncDatagram {
    /// Path of the deck: there may be other presentations.
    presentation_path: String,
    event: SyncCommand,
}

/// A command for the speaker-notes window.
#[derive(Debug, Deserialize, Serialize, PartialEq)]
#[serde(tag = "command")]
enum SyncCommand {
    /// Go to a slide, counted from 1, and a chunk (part between pauses), counted from 0.
    GoTo { slide: u32, chunk: usize },
    /// The presentation has ended.
    Exit,
}

/// Starts following the other window, or returns the publisher for this one.
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
                let why = format!("cannot publish speaker notes to `{address}`: {error}");
                update(app, Msg::Failed(why));
            })
            .ok()),
        Some(SpeakerSync::Listen(address)) => {
            listen(address, deck, sender.clone())?;
            // A talk of ours says at once where it is.
            let choice = FollowChoice::Deck(Some(deck.clone()));
            talk_link::start(choice, false, sender.clone())?;
            Ok(None)
        }
    }
}

/// Sends the current slide to the other window.
#[derive(Debug)]
pub(super) struct Publisher {
    socket: UdpSocket,
    address: SocketAddr,
    deck: String,
}

impl Publisher {
    /// Creates a publisher for a deck. The address may be a broadcast address.
    pub(super) fn new(address: SocketAddr, deck: &Path) -> io::Result<Self> {
        let own =
            if address.ip().is_loopback() { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
        let socket = UdpSocket::bind((IpAddr::from(own), 0))?;
        socket.set_broadcast(true)?;
        Ok(Self { socket, address, deck: real_path(deck) })
    }

    /// Publishes a position.
    pub(super) fn publish(&self, deck: &Deck, at: Cursor) {
        let chunk = deck.slide(at.slide).pauses_passed(at.step);
        self.send(SyncCommand::GoTo { slide: at.slide.human(), chunk });
    }

    fn send(&self, event: SyncCommand) {
        let datagram = SyncDatagram { presentation_path: self.deck.clone(), event };
        if let Ok(bytes) = serde_json::to_vec(&datagram) {
            // Ignored: no window may be listening.
            let _ = self.socket.send_to(&bytes, self.address);
        }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.send(SyncCommand::Exit);
    }
}

/// Receives commands for a deck on a separate thread.
fn listen(address: SocketAddr, deck: &Path, sender: EventSender) -> io::Result<()> {
    let socket = shared_socket(address)?;
    let deck = real_path(deck);
    let listening = move || {
        let mut bytes = vec![0; MAX_DATAGRAM_BYTES];
        while let Ok(length) = socket.recv(&mut bytes) {
            match serde_json::from_slice::<SyncDatagram>(&bytes[..length]) {
                Ok(datagram) if datagram.presentation_path == deck => {
                    sender.send(event(&datagram.event));
                }
                // Another presentation's, or invalid.
                _ => {}
            }
        }
    };
    std::thread::Builder::new().name("follow".to_owned()).spawn(listening)?;
    Ok(())
}

fn event(command: &SyncCommand) -> LoopEvent {
    match *command {
        SyncCommand::GoTo { slide, chunk } => {
            LoopEvent::FollowTalk(SlideNo::new(slide.saturating_sub(1) as usize), chunk)
        }
        SyncCommand::Exit => LoopEvent::Terminate(Ending::Left),
    }
}

/// Returns a socket bound to an address that other sockets may share.
fn shared_socket(address: SocketAddr) -> io::Result<UdpSocket> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = socket(family, SocketType::DGRAM, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &address)?;
    Ok(UdpSocket::from(socket))
}

/// Returns the canonical path, which both windows use to identify the deck.
fn real_path(deck: &Path) -> String {
    let path = std::fs::canonicalize(deck).unwrap_or_else(|_| deck.to_owned());
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f199_datagrams_are_presenterms() {
        let datagram = SyncDatagram {
            presentation_path: "/talk.md".to_owned(),
            event: SyncCommand::GoTo { slide: 3, chunk: 1 },
        };
        let text = serde_json::to_string(&datagram).unwrap();
        let words =
            r#"{"presentation_path":"/talk.md","event":{"command":"GoTo","slide":3,"chunk":1}}"#;
        assert_eq!(text, words);
        let end = r#"{"presentation_path":"x","event":{"command":"Exit"}}"#;
        assert_eq!(serde_json::from_str::<SyncDatagram>(end).unwrap().event, SyncCommand::Exit);
    }

    #[test]
    fn f199_several_windows_can_listen() {
        let first = shared_socket("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = first.local_addr().unwrap();
        assert!(shared_socket(address).is_ok(), "a second window may listen, too");
        let publisher = Publisher::new(address, Path::new("no/such/talk.md")).unwrap();
        drop(publisher);
    }
}
