//! The messages of a kernel on a server: JSON in a WebSocket. The server signs them for the kernel.

use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::net::sockopt;
use serde_json::{Value, json};

use super::websocket::{WebSocket, WebSocketMessage};
use crate::exec::kernel::connection::KernelChannel;
use crate::exec::kernel::message::{KernelMessage, MessageHeaders};
use crate::exec::kernel::stream::KernelStream;

/// How long the other machine may be silent before the system asks it for a sign of life, how often it
/// asks, and how many of its questions may be lost: a connection breaks after 15 seconds.
const SILENCE: Duration = Duration::from_secs(5);
const PROBE_INTERVAL: Duration = Duration::from_secs(5);
const MAX_PROBES: u32 = 2;

/// How long what we send may wait for the other machine to confirm it, in milliseconds.
#[cfg(target_os = "linux")]
const CONFIRM_TIMEOUT_MS: u32 = 15_000;

/// The connection to a kernel's messages.
pub(super) struct ServerChannel {
    stream: KernelStream,
    socket: WebSocket,
    headers: MessageHeaders,
    /// What was received behind the switch from HTTP.
    early: Vec<u8>,
}

impl ServerChannel {
    /// Takes over a connection that has become a WebSocket.
    pub(super) fn new(
        (stream, early): (TcpStream, Vec<u8>),
        session: &str,
    ) -> std::io::Result<Self> {
        keep_alive(&stream)?;
        let stream = KernelStream::new(stream)?;
        let (socket, headers) = (WebSocket::default(), MessageHeaders::new(session));
        Ok(Self { stream, socket, headers, early })
    }

    /// Sends a message. Returns its id.
    pub(super) fn send(
        &mut self,
        channel: KernelChannel,
        kind: &str,
        content: &Value,
        parent: Option<&Value>,
    ) -> Result<String, String> {
        let (id, header) = self.headers.next(kind);
        let message = json!({
            "header": header,
            "parent_header": parent.cloned().unwrap_or_else(|| json!({})),
            "metadata": {},
            "content": content,
            "buffers": [],
            "channel": channel.name(),
        });
        let sent = self.socket.send(&message.to_string());
        sent.and_then(|()| self.flush()).map_err(|error| error.to_string())?;
        Ok(id)
    }

    /// Returns whether messages wait that the system does not know of.
    pub(super) fn has_early(&self) -> bool {
        !self.early.is_empty()
    }

    /// Reads what is available. Returns the messages that are complete, and why there will be no more, if
    /// the connection is closed or the other side does not speak the protocol.
    pub(super) fn receive(&mut self) -> (Vec<(KernelChannel, KernelMessage)>, Option<String>) {
        let mut messages = Vec::new();
        let Self { stream, socket, early, .. } = self;
        let early = socket.receive(&std::mem::take(early), &mut messages).err();
        let end = early.or_else(|| stream.read(|bytes| socket.receive(bytes, &mut messages)));
        // Receiving may have added an answer of the protocol.
        let sent = self.flush().map_err(|error| error.to_string());
        let messages = messages.iter().filter_map(read).collect();
        (messages, end.or(sent.err()))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.write(self.socket.outgoing())
    }
}

impl AsFd for ServerChannel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// Has the system check that the other machine is there, without waking us.
fn keep_alive(stream: &TcpStream) -> std::io::Result<()> {
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepintvl(stream, PROBE_INTERVAL)?;
    sockopt::set_tcp_keepcnt(stream, MAX_PROBES)?;
    #[cfg(not(target_os = "macos"))]
    sockopt::set_tcp_keepidle(stream, SILENCE)?;
    #[cfg(target_os = "linux")]
    sockopt::set_tcp_user_timeout(stream, CONFIRM_TIMEOUT_MS)?;
    Ok(())
}

/// Reads a message. Returns `None` for one that we do not understand.
fn read(message: &WebSocketMessage) -> Option<(KernelChannel, KernelMessage)> {
    let json = match message {
        WebSocketMessage::Text(text) => text,
        WebSocketMessage::Binary(bytes) => first_part(bytes)?,
    };
    let Value::Object(mut parts) = serde_json::from_slice(json).ok()? else { return None };
    let mut take = |name: &str| parts.remove(name).unwrap_or_default();
    let (header, parent, content) = (take("header"), take("parent_header"), take("content"));
    let channel = KernelChannel::named(take("channel").as_str()?)?;
    Some((channel, KernelMessage::new(header, &parent, content).ok()?))
}

/// Returns the JSON of a message that has binary parts as well: their number and the positions of all
/// parts, the JSON first, come before them.
fn first_part(bytes: &[u8]) -> Option<&[u8]> {
    let number = |at: usize| {
        let bytes = bytes.get(4 * at..4 * at + 4)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?) as usize)
    };
    let (count, start) = (number(0)?, number(1)?);
    let end = if count > 1 { number(2)? } else { bytes.len() };
    bytes.get(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Vec<u8> {
        let message = json!({
            "header": { "msg_type": "stream", "msg_id": "k-1" },
            "parent_header": { "msg_id": "us-1" },
            "metadata": {},
            "content": { "text": "é" },
            "channel": "iopub",
        });
        message.to_string().into_bytes()
    }

    #[test]
    fn message_is_read_from_json() {
        let (channel, message) = read(&WebSocketMessage::Text(stream())).unwrap();
        assert_eq!(
            (channel, &*message.kind, &*message.parent),
            (KernelChannel::Iopub, "stream", "us-1")
        );
        assert_eq!(message.content["text"], "é");
    }

    #[test]
    fn binary_parts_are_left_out() {
        let json = stream();
        let offsets = [2, 12, 12 + json.len() as u32];
        let head: Vec<u8> = offsets.iter().flat_map(|number| number.to_be_bytes()).collect();
        let bytes = [head, json, vec![1, 2, 3]].concat();
        let (_, message) = read(&WebSocketMessage::Binary(bytes)).unwrap();
        assert_eq!(message.content["text"], "é");
        for bytes in [&[][..], &[0, 0, 0, 2], &[0, 0, 0, 1, 0, 0, 0, 99], &[0xff; 12]] {
            assert_eq!(read(&WebSocketMessage::Binary(bytes.to_vec())), None);
        }
    }

    #[test]
    fn unknown_messages_are_ignored() {
        for text in ["", "[]", "{}", r#"{"channel": "other", "header": {"msg_type": "x"}}"#] {
            assert_eq!(read(&WebSocketMessage::Text(text.as_bytes().to_vec())), None, "{text}");
        }
    }
}
