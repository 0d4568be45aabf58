//! The other end of the socket: a connection to a running talk.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::error::ControlError;
use super::message::{NumberedCall, Reply, TalkCall, TalkMessage, TalkState};

/// Maximum length of a message.
const MAX_LINE_BYTES: u64 = 8 << 20;

/// How long to wait for a talk that is busy, for example reading its deck.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// What a talk sends.
#[derive(Clone, Debug, PartialEq)]
pub enum TalkUpdate {
    /// Its state.
    State(Box<TalkState>),
    /// Why it refused a call.
    Refused(String),
}

/// A connection to a talk.
#[derive(Debug)]
pub struct TalkConnection {
    reader: BufReader<UnixStream>,
    calls: u64,
}

impl TalkConnection {
    /// Connects to a talk.
    ///
    /// # Errors
    /// Nothing listens on the socket.
    pub fn open(socket: &Path) -> Result<Self, ControlError> {
        let stream = UnixStream::connect(socket).map_err(ControlError::Lost)?;
        Ok(Self { reader: BufReader::new(stream), calls: 0 })
    }

    /// Returns another handle, for sending while a thread waits for messages.
    ///
    /// # Errors
    /// The system has no more file descriptors.
    pub fn sender(&self) -> io::Result<UnixStream> {
        self.reader.get_ref().try_clone()
    }

    /// Sends a call without waiting for its reply.
    ///
    /// # Errors
    /// The connection is lost.
    pub fn send(mut stream: &UnixStream, call: &TalkCall) -> io::Result<()> {
        let mut line = serde_json::to_vec(call)?;
        line.push(b'\n');
        stream.write_all(&line)
    }

    /// Sends a call and waits for its reply.
    ///
    /// # Errors
    /// The talk refuses, or does not answer in time.
    pub fn call(&mut self, call: TalkCall) -> Result<(), ControlError> {
        self.limit_waiting()?;
        self.calls += 1;
        let id = Some(self.calls);
        let mut line = serde_json::to_vec(&NumberedCall { id, call }).unwrap_or_default();
        line.push(b'\n');
        self.reader.get_mut().write_all(&line).map_err(ControlError::Lost)?;
        loop {
            match self.next_message()? {
                TalkMessage::Reply(Reply { id: of, ok, error }) if of == id || of.is_none() => {
                    let refused = || ControlError::Refused(error.unwrap_or_default());
                    return if ok { Ok(()) } else { Err(refused()) };
                }
                _ => {}
            }
        }
    }

    /// Waits for the state, but not for long.
    ///
    /// # Errors
    /// The talk does not send it.
    pub fn first_state(&mut self) -> Result<TalkState, ControlError> {
        self.limit_waiting()?;
        self.next_state()
    }

    /// Waits for the next state, however long that takes.
    ///
    /// # Errors
    /// The talk has ended or refuses the connection.
    pub fn next_state(&mut self) -> Result<TalkState, ControlError> {
        match self.next_update()? {
            TalkUpdate::State(state) => Ok(*state),
            TalkUpdate::Refused(why) => Err(ControlError::Refused(why)),
        }
    }

    /// Waits for the next state or refusal of a call without a number, however long that takes.
    ///
    /// # Errors
    /// The talk has ended.
    pub fn next_update(&mut self) -> Result<TalkUpdate, ControlError> {
        loop {
            match self.next_message()? {
                TalkMessage::State(state) => return Ok(TalkUpdate::State(state)),
                TalkMessage::Reply(Reply { id: None, ok: false, error }) => {
                    return Ok(TalkUpdate::Refused(error.unwrap_or_default()));
                }
                TalkMessage::Reply(_) => {}
            }
        }
    }

    fn limit_waiting(&self) -> Result<(), ControlError> {
        let stream = self.reader.get_ref();
        stream.set_read_timeout(Some(ANSWER_TIMEOUT)).map_err(ControlError::Lost)
    }

    fn next_message(&mut self) -> Result<TalkMessage, ControlError> {
        let mut line = Vec::new();
        let mut limited = (&mut self.reader).take(MAX_LINE_BYTES);
        limited.read_until(b'\n', &mut line).map_err(ControlError::Lost)?;
        if line.last() != Some(&b'\n') {
            return Err(ControlError::Lost(io::ErrorKind::UnexpectedEof.into()));
        }
        serde_json::from_slice(&line).map_err(|error| ControlError::Lost(error.into()))
    }
}
