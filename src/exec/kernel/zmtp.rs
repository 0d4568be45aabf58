//! `ZeroMQ`'s wire protocol (ZMTP 3.0, <https://rfc.zeromq.org/spec/23/>) as far as a client of a Jupyter
//! kernel needs it: `DEALER` and `SUB` sockets, the `NULL` mechanism, one TCP connection each. Bytes in,
//! messages and bytes to send out; nothing here reads or writes a socket.
//!
//! It is our own because the crates for it bring an asynchronous runtime and some 90 crates.

/// The largest frame and message to accept, in bytes.
const MAX_MESSAGE_BYTES: usize = 64 << 20;

/// The most frames of a message to accept.
const MAX_FRAMES: usize = 1024;

/// Bytes of a greeting.
const GREETING_BYTES: usize = 64;

/// Flag of a frame: more frames of the same message follow.
const MORE: u8 = 1;
/// Flag of a frame: its length has eight bytes.
const LONG: u8 = 2;
/// Flag of a frame: it is a command.
const COMMAND: u8 = 4;

/// The kind of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ZmtpRole {
    /// Sends requests and receives replies.
    Dealer,
    /// Receives everything that is published.
    Sub,
}

/// A message: its frames.
pub(super) type Frames = Vec<Vec<u8>>;

/// One connection, from our greeting on.
#[derive(Debug)]
pub(super) struct ZmtpConnection {
    role: ZmtpRole,
    identity: Vec<u8>,
    stage: ZmtpStage,
    received: Vec<u8>,
    /// Frames of a message that is not complete.
    partial: Frames,
    /// Bytes to send.
    outgoing: Vec<u8>,
    /// Messages to send once the connection is ready.
    waiting: Vec<u8>,
}

/// What is expected next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ZmtpStage {
    Greeting,
    Ready,
    Messages,
}

/// A frame as received.
struct RawFrame {
    flags: u8,
    body: Vec<u8>,
}

impl ZmtpConnection {
    /// Creates a connection that starts with our greeting. `identity` is how a `ROUTER` addresses us:
    /// equal for the sockets that belong together.
    pub(super) fn new(role: ZmtpRole, identity: &[u8]) -> Self {
        let mut outgoing = vec![0; GREETING_BYTES];
        outgoing[0] = 0xff;
        outgoing[9] = 0x7f;
        outgoing[10] = 3;
        outgoing[12..16].copy_from_slice(b"NULL");
        Self {
            role,
            identity: identity.to_vec(),
            stage: ZmtpStage::Greeting,
            received: Vec::new(),
            partial: Vec::new(),
            outgoing,
            waiting: Vec::new(),
        }
    }

    /// Adds a message to send.
    pub(super) fn send(&mut self, frames: &[Vec<u8>]) {
        let to = match self.stage {
            ZmtpStage::Messages => &mut self.outgoing,
            _ => &mut self.waiting,
        };
        for (number, body) in frames.iter().enumerate() {
            let is_last = number + 1 == frames.len();
            push_frame(to, if is_last { 0 } else { MORE }, body);
        }
    }

    /// Returns the bytes to send, which have to be removed from the front once they are sent.
    pub(super) fn outgoing(&mut self) -> &mut Vec<u8> {
        &mut self.outgoing
    }

    /// Takes received bytes. Returns the messages that are complete with them.
    ///
    /// # Errors
    /// The other side does not speak the protocol: a message.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Result<Vec<Frames>, String> {
        self.received.extend_from_slice(bytes);
        let mut messages = Vec::new();
        if self.stage == ZmtpStage::Greeting {
            if self.received.len() < GREETING_BYTES {
                return Ok(messages);
            }
            let rest = self.received.split_off(GREETING_BYTES);
            check_greeting(&std::mem::replace(&mut self.received, rest))?;
            self.stage = ZmtpStage::Ready;
            let ready = self.ready();
            push_frame(&mut self.outgoing, COMMAND, &ready);
        }
        let mut start = 0;
        while let Some((frame, used)) = parse_frame(&self.received[start..])? {
            start += used;
            messages.extend(self.accept(frame)?);
        }
        self.received.drain(..start);
        Ok(messages)
    }

    /// Takes a frame. Returns the message that it completes.
    fn accept(&mut self, frame: RawFrame) -> Result<Option<Frames>, String> {
        let RawFrame { flags, body } = frame;
        if flags & COMMAND != 0 {
            return match command_name(&body) {
                b"READY" if self.stage == ZmtpStage::Ready => {
                    self.become_ready();
                    Ok(None)
                }
                b"ERROR" => Err("it refuses the connection".to_owned()),
                _ => Ok(None),
            };
        }
        if self.stage != ZmtpStage::Messages {
            return Err("it sent a message before it was ready".to_owned());
        }
        self.partial.push(body);
        let bytes: usize = self.partial.iter().map(Vec::len).sum();
        if bytes > MAX_MESSAGE_BYTES || self.partial.len() > MAX_FRAMES {
            return Err("a message is too large".to_owned());
        }
        Ok((flags & MORE == 0).then(|| std::mem::take(&mut self.partial)))
    }

    /// The other side is ready: subscribes to everything, and sends what has waited.
    fn become_ready(&mut self) {
        self.stage = ZmtpStage::Messages;
        if self.role == ZmtpRole::Sub {
            push_frame(&mut self.outgoing, 0, &[1]);
        }
        self.outgoing.append(&mut self.waiting);
    }

    /// Returns the body of our `READY` command.
    fn ready(&self) -> Vec<u8> {
        let role: &[u8] = match self.role {
            ZmtpRole::Dealer => b"DEALER",
            ZmtpRole::Sub => b"SUB",
        };
        let mut body = b"\x05READY".to_vec();
        for (name, value) in [(&b"Socket-Type"[..], role), (b"Identity", &self.identity)] {
            body.push(name.len() as u8);
            body.extend_from_slice(name);
            body.extend_from_slice(&(value.len() as u32).to_be_bytes());
            body.extend_from_slice(value);
        }
        body
    }
}

/// Checks the other side's greeting.
fn check_greeting(greeting: &[u8]) -> Result<(), String> {
    let is_zmtp = greeting[0] == 0xff && greeting[9] & 1 == 1;
    if !is_zmtp {
        return Err("it does not speak ZeroMQ's protocol".to_owned());
    }
    if greeting[10] < 3 {
        return Err(format!("it speaks version {} of ZeroMQ's protocol, not 3", greeting[10]));
    }
    let mechanism = greeting[12..32].split(|byte| *byte == 0).next().unwrap_or_default();
    if mechanism == b"NULL" {
        return Ok(());
    }
    Err(format!("it wants the security mechanism `{}`", String::from_utf8_lossy(mechanism)))
}

/// Returns the name of a command.
fn command_name(body: &[u8]) -> &[u8] {
    let Some((length, rest)) = body.split_first() else { return &[] };
    rest.get(..usize::from(*length)).unwrap_or_default()
}

/// Parses the first frame. Returns it and its length; `None` if it is not complete.
fn parse_frame(bytes: &[u8]) -> Result<Option<(RawFrame, usize)>, String> {
    let Some((flags, rest)) = bytes.split_first() else { return Ok(None) };
    if flags & !(MORE | LONG | COMMAND) != 0 {
        return Err("a frame has unknown flags".to_owned());
    }
    let (length, body, head) = if flags & LONG != 0 {
        let Some((length, body)) = rest.split_first_chunk() else { return Ok(None) };
        (u64::from_be_bytes(*length), body, 9)
    } else {
        let Some((length, body)) = rest.split_first() else { return Ok(None) };
        (u64::from(*length), body, 2)
    };
    let length = usize::try_from(length).ok().filter(|it| *it <= MAX_MESSAGE_BYTES);
    let length = length.ok_or("a message is too large")?;
    let Some(body) = body.get(..length) else { return Ok(None) };
    Ok(Some((RawFrame { flags: *flags, body: body.to_vec() }, head + length)))
}

/// Appends a frame.
fn push_frame(to: &mut Vec<u8>, flags: u8, body: &[u8]) {
    if let Ok(length) = u8::try_from(body.len()) {
        to.extend_from_slice(&[flags, length]);
    } else {
        to.push(flags | LONG);
        to.extend_from_slice(&(body.len() as u64).to_be_bytes());
    }
    to.extend_from_slice(body);
}

/// Returns the greeting, and the `READY` command of a socket that answers ours; for a kernel in tests.
#[cfg(test)]
pub(super) fn hello_of(kind: &str) -> Vec<u8> {
    let mut bytes = ZmtpConnection::new(ZmtpRole::Dealer, b"").outgoing;
    let mut body = b"\x05READY\x0bSocket-Type".to_vec();
    body.extend_from_slice(&(kind.len() as u32).to_be_bytes());
    body.extend_from_slice(kind.as_bytes());
    push_frame(&mut bytes, COMMAND, &body);
    bytes
}

/// Returns a message as bytes, for a kernel in tests.
#[cfg(test)]
pub(super) fn message_bytes(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, body) in frames.iter().enumerate() {
        push_frame(&mut bytes, if number + 1 == frames.len() { 0 } else { MORE }, body);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(texts: &[&str]) -> Frames {
        texts.iter().map(|text| text.as_bytes().to_vec()).collect()
    }

    fn connected(role: ZmtpRole) -> ZmtpConnection {
        let mut connection = ZmtpConnection::new(role, b"me");
        assert_eq!(connection.receive(&hello_of("ROUTER")), Ok(Vec::new()));
        connection.outgoing().clear();
        connection
    }

    #[test]
    fn greeting_and_ready_are_as_specified() {
        let mut connection = ZmtpConnection::new(ZmtpRole::Dealer, b"me");
        let greeting = std::mem::take(connection.outgoing());
        assert_eq!(greeting.len(), 64);
        assert_eq!(greeting[..12], [0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0]);
        assert_eq!(&greeting[12..18], b"NULL\0\0");
        connection.send(&frames(&["early"]));
        assert!(connection.outgoing().is_empty(), "messages wait for the handshake");
        let hello = hello_of("ROUTER");
        connection.receive(&hello[..64]).unwrap();
        let ready = b"\x04\x2b\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\x02me";
        assert_eq!(std::mem::take(connection.outgoing()), ready);
        connection.receive(&hello[64..]).unwrap();
        assert_eq!(connection.outgoing(), b"\0\x05early");
    }

    #[test]
    fn subscriber_subscribes_to_everything() {
        let mut connection = ZmtpConnection::new(ZmtpRole::Sub, b"");
        connection.receive(&hello_of("PUB")).unwrap();
        assert!(connection.outgoing().ends_with(b"\0\x01\x01"));
    }

    #[test]
    fn messages_survive_every_split() {
        let long = "x".repeat(300);
        let message = frames(&["a", "", &long]);
        let bytes = [message_bytes(&message), message_bytes(&frames(&["b"]))].concat();
        for at in 0..bytes.len() {
            let mut connection = connected(ZmtpRole::Dealer);
            let mut seen = connection.receive(&bytes[..at]).unwrap();
            seen.extend(connection.receive(&bytes[at..]).unwrap());
            assert_eq!(seen, [message.clone(), frames(&["b"])], "{at}");
        }
        let mut connection = connected(ZmtpRole::Dealer);
        connection.send(&message);
        assert_eq!(*connection.outgoing(), message_bytes(&message));
    }

    #[test]
    fn commands_between_messages_are_ignored() {
        let mut connection = connected(ZmtpRole::Dealer);
        let ping = b"\x04\x07\x04PING\0\0";
        let bytes = [&ping[..], &message_bytes(&frames(&["a"]))].concat();
        assert_eq!(connection.receive(&bytes), Ok(vec![frames(&["a"])]));
    }

    #[test]
    fn other_protocols_are_errors() {
        let greeted =
            |bytes: &[u8]| ZmtpConnection::new(ZmtpRole::Sub, b"").receive(bytes).unwrap_err();
        let http = format!("{:64}", "HTTP/1.1 400 Bad Request");
        assert_eq!(greeted(http.as_bytes()), "it does not speak ZeroMQ's protocol");
        let mut other = hello_of("PUB");
        other[10] = 2;
        assert_eq!(greeted(&other), "it speaks version 2 of ZeroMQ's protocol, not 3");
        other[10] = 3;
        other[12..17].copy_from_slice(b"CURVE");
        assert_eq!(greeted(&other), "it wants the security mechanism `CURVE`");
        let early = [&hello_of("PUB")[..64], &message_bytes(&frames(&["a"]))].concat();
        assert_eq!(greeted(&early), "it sent a message before it was ready");
    }

    #[test]
    fn oversized_frames_are_refused() {
        let mut connection = connected(ZmtpRole::Sub);
        let huge = [&[LONG][..], &u64::MAX.to_be_bytes()].concat();
        assert_eq!(connection.receive(&huge), Err("a message is too large".to_owned()));
        let mut connection = connected(ZmtpRole::Sub);
        assert!(connection.receive(&[0x80, 0]).is_err());
        let mut connection = connected(ZmtpRole::Sub);
        let many = [MORE, 0].repeat(MAX_FRAMES + 1);
        assert!(connection.receive(&many).is_err());
    }
}
