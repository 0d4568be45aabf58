//! The client's side of a WebSocket (RFC 6455) after the switch from HTTP. Bytes in, messages and bytes to
//! send out; nothing here reads or writes a socket.
//!
//! It is our own because the crates for it bring others for HTTP, random numbers and hashes.

use std::io;

use crate::files;

/// The largest message to accept, in bytes.
const MAX_MESSAGE_BYTES: usize = 64 << 20;

/// The largest ping and close message, in bytes.
const MAX_CONTROL_BYTES: usize = 125;

/// The first byte of a frame: it is the last of its message.
const FINAL: u8 = 0x80;
/// The second byte of a frame: it is masked.
const MASKED: u8 = 0x80;

/// Lengths from which a frame has two and eight more bytes.
const MEDIUM: u8 = 0x7e;
const LONG: u8 = 0x7f;

/// Kinds of frames.
const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// A message of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WebSocketMessage {
    /// Text, in UTF-8 as far as it is valid.
    Text(Vec<u8>),
    /// Other bytes.
    Binary(Vec<u8>),
}

/// One connection.
#[derive(Debug, Default)]
pub(super) struct WebSocket {
    received: Vec<u8>,
    /// The kind and the bytes of a message that is not complete.
    partial: Option<(u8, Vec<u8>)>,
    /// Bytes to send.
    outgoing: Vec<u8>,
}

/// A frame as received.
struct WebSocketFrame {
    kind: u8,
    is_final: bool,
    body: Vec<u8>,
}

impl WebSocket {
    /// Adds a text to send.
    pub(super) fn send(&mut self, text: &str) -> io::Result<()> {
        self.push(TEXT, text.as_bytes())
    }

    /// Returns the bytes to send, which have to be removed from the front once they are sent.
    pub(super) fn outgoing(&mut self) -> &mut Vec<u8> {
        &mut self.outgoing
    }

    /// Takes received bytes. Adds the messages that are complete with them to `messages`.
    ///
    /// # Errors
    /// The server closes the connection, or does not speak the protocol: a message.
    pub(super) fn receive(
        &mut self,
        bytes: &[u8],
        messages: &mut Vec<WebSocketMessage>,
    ) -> Result<(), String> {
        self.received.extend_from_slice(bytes);
        let mut start = 0;
        while let Some((frame, used)) = parse_frame(&self.received[start..])? {
            start += used;
            messages.extend(self.accept(frame)?);
        }
        self.received.drain(..start);
        Ok(())
    }

    /// Takes a frame. Returns the message that it completes.
    fn accept(&mut self, frame: WebSocketFrame) -> Result<Option<WebSocketMessage>, String> {
        let WebSocketFrame { kind, is_final, body } = frame;
        let (kind, bytes) = match (kind, self.partial.take()) {
            (CLOSE, _) => {
                let _ = self.push(CLOSE, body.get(..2).unwrap_or_default());
                return Err(close_words(&body));
            }
            (PING, partial) => {
                self.partial = partial;
                self.push(PONG, &body).map_err(|error| error.to_string())?;
                return Ok(None);
            }
            (PONG, partial) => {
                self.partial = partial;
                return Ok(None);
            }
            (CONTINUATION, Some((kind, mut bytes))) => {
                bytes.extend(body);
                (kind, bytes)
            }
            (TEXT | BINARY, None) => (kind, body),
            _ => return Err("its frames are out of order".to_owned()),
        };
        if bytes.len() > MAX_MESSAGE_BYTES {
            return Err("its message is too long".to_owned());
        }
        if !is_final {
            self.partial = Some((kind, bytes));
            return Ok(None);
        }
        Ok(Some(match kind {
            TEXT => WebSocketMessage::Text(bytes),
            _ => WebSocketMessage::Binary(bytes),
        }))
    }

    /// Adds a frame. A client masks each, so no one can choose the bytes that proxies see.
    fn push(&mut self, kind: u8, body: &[u8]) -> io::Result<()> {
        let mask = files::random_bytes::<4>()?;
        self.outgoing.push(FINAL | kind);
        match body.len() {
            short @ 0..=125 => self.outgoing.push(MASKED | short as u8),
            medium @ 126..=0xffff => {
                self.outgoing.push(MASKED | MEDIUM);
                self.outgoing.extend((medium as u16).to_be_bytes());
            }
            long => {
                self.outgoing.push(MASKED | LONG);
                self.outgoing.extend((long as u64).to_be_bytes());
            }
        }
        self.outgoing.extend(mask);
        let masked = body.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
        self.outgoing.extend(masked);
        Ok(())
    }
}

/// Reads a frame. Returns it and its length, or `None` if it is not complete.
fn parse_frame(bytes: &[u8]) -> Result<Option<(WebSocketFrame, usize)>, String> {
    let [first, second, ..] = *bytes else { return Ok(None) };
    if first & 0x70 != 0 || second & MASKED != 0 {
        return Err("its frames are malformed".to_owned());
    }
    let (kind, is_final) = (first & 0x0f, first & FINAL != 0);
    let (length, start) = match second {
        MEDIUM => match bytes.get(2..4) {
            Some(length) => (length.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), 4),
            None => return Ok(None),
        },
        LONG => match bytes.get(2..10) {
            Some(length) => (length.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), 10),
            None => return Ok(None),
        },
        short => (u64::from(short), 2),
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > MAX_MESSAGE_BYTES {
        return Err("its message is too long".to_owned());
    }
    if kind >= CLOSE && (length > MAX_CONTROL_BYTES || !is_final) {
        return Err("its frames are malformed".to_owned());
    }
    let Some(body) = bytes.get(start..start + length) else { return Ok(None) };
    Ok(Some((WebSocketFrame { kind, is_final, body: body.to_vec() }, start + length)))
}

/// Says why the server closes the connection.
fn close_words(body: &[u8]) -> String {
    let reason = String::from_utf8_lossy(body.get(2..).unwrap_or_default()).into_owned();
    match reason.trim() {
        "" => "it closed its connection".to_owned(),
        reason => format!("it closed its connection ({reason})"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Returns a frame as a server sends it.
    pub(in crate::exec::kernel::server) fn server_frame(first: u8, body: &[u8]) -> Vec<u8> {
        let length = body.len();
        let mut frame = vec![first];
        match length {
            0..=125 => frame.push(length as u8),
            126..=0xffff => frame.extend([126, (length >> 8) as u8, length as u8]),
            _ => {
                frame.push(127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(body);
        frame
    }

    /// Returns the first frame of a client: its kind, its content and its length.
    pub(in crate::exec::kernel::server) fn client_frame(
        bytes: &[u8],
    ) -> Option<(u8, Vec<u8>, usize)> {
        let (first, second) = (*bytes.first()?, *bytes.get(1)?);
        assert_eq!(second & MASKED, MASKED, "a client masks");
        let size = |bytes: &[u8]| bytes.iter().fold(0_usize, |sum, byte| sum << 8 | *byte as usize);
        let (length, start) = match second & !MASKED {
            126 => (size(bytes.get(2..4)?), 4),
            127 => (size(bytes.get(2..10)?), 10),
            short => (short as usize, 2),
        };
        let mask = bytes.get(start..start + 4)?;
        let body = bytes.get(start + 4..start + 4 + length)?;
        let body = body.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        Some((first & 0x0f, body, start + 4 + length))
    }

    fn receive(socket: &mut WebSocket, bytes: &[u8]) -> Result<Vec<WebSocketMessage>, String> {
        let mut messages = Vec::new();
        socket.receive(bytes, &mut messages).map(|()| messages)
    }

    fn text(text: &str) -> WebSocketMessage {
        WebSocketMessage::Text(text.as_bytes().to_vec())
    }

    #[test]
    fn texts_of_all_lengths_are_sent_masked() {
        for length in [0, 1, 125, 126, 0xffff, 0x1_0000] {
            let mut socket = WebSocket::default();
            let body = "x".repeat(length);
            socket.send(&body).unwrap();
            let sent = std::mem::take(socket.outgoing());
            let (kind, received, used) = client_frame(&sent).unwrap();
            assert_eq!((kind, received == body.as_bytes(), used), (TEXT, true, sent.len()));
        }
    }

    #[test]
    fn messages_arrive_in_any_pieces() {
        let long = "y".repeat(70_000);
        let frames = [
            server_frame(FINAL | TEXT, b"one"),
            server_frame(FINAL | BINARY, &[0, 1]),
            server_frame(TEXT, b"t"),
            server_frame(FINAL | PING, b"?"),
            server_frame(CONTINUATION, b"w"),
            server_frame(FINAL | CONTINUATION, b"o"),
            server_frame(FINAL | TEXT, long.as_bytes()),
        ];
        let all = frames.concat();
        let expected =
            vec![text("one"), WebSocketMessage::Binary(vec![0, 1]), text("two"), text(&long)];
        let mut socket = WebSocket::default();
        assert_eq!(receive(&mut socket, &all).unwrap(), expected);
        let (kind, body, _) = client_frame(socket.outgoing()).unwrap();
        assert_eq!((kind, &*body), (PONG, &b"?"[..]));
        let mut socket = WebSocket::default();
        let mut messages = Vec::new();
        for bytes in all.chunks(7) {
            socket.receive(bytes, &mut messages).unwrap();
        }
        assert_eq!(messages, expected);
    }

    #[test]
    fn end_of_the_connection_has_a_reason() {
        let close = server_frame(FINAL | CLOSE, b"\x03\xe9going away");
        let why = receive(&mut WebSocket::default(), &close).unwrap_err();
        assert_eq!(why, "it closed its connection (going away)");
        let close = server_frame(FINAL | CLOSE, b"");
        let why = receive(&mut WebSocket::default(), &close).unwrap_err();
        assert_eq!(why, "it closed its connection");
    }

    #[test]
    fn malformed_frames_are_refused() {
        let too_long = [&[FINAL | TEXT, 127][..], &u64::MAX.to_be_bytes()].concat();
        let bad: [&[u8]; 7] = [
            &[0xff, 0],
            &[FINAL | TEXT, MASKED],
            &too_long,
            &[FINAL | CONTINUATION, 0],
            &[TEXT, 0, FINAL | TEXT, 0],
            &[PING, 0],
            &[FINAL | PING, 126, 0, 200],
        ];
        for bytes in bad {
            assert!(receive(&mut WebSocket::default(), bytes).is_err(), "{bytes:?}");
        }
    }
}
