//! The server's view of one client: what was read from it and not handled yet, and what is to be
//! written to it. Both are bounded.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use super::message::{NumberedCall, Reply, TalkCall, TalkMessage};

/// Maximum length of a call.
const MAX_LINE_BYTES: usize = 4 * 1024;

/// Maximum number of calls of one client without a reply; further ones are not read yet.
const MAX_PENDING_CALLS: usize = 8;

/// Maximum bytes of replies that a client has not read. With more, it is disconnected.
const MAX_REPLY_BYTES: usize = 64 * 1024;

/// A state as bytes, for clients that watch outputs and for others.
#[derive(Debug)]
pub(super) struct EncodedState {
    /// The number of the state.
    pub(super) number: u64,
    /// Without outputs.
    pub(super) plain: Arc<[u8]>,
    /// With outputs.
    pub(super) full: Arc<[u8]>,
}

/// A connected client.
#[derive(Debug)]
pub(super) struct Client {
    /// The number of the client.
    pub(super) number: u64,
    pub(super) stream: UnixStream,
    /// Whether it watches outputs.
    pub(super) watches: bool,
    read: Vec<u8>,
    written: WriteBuffer,
    /// Replies that are not written yet.
    replies: Vec<u8>,
    /// Calls without a reply.
    pending: usize,
    /// The number of the last state that was sent. Older ones than this are never sent.
    pub(super) sent: u64,
    /// Whether it sends nothing more.
    has_ended: bool,
}

/// Bytes to write, and how many of them were written.
#[derive(Debug, Default)]
struct WriteBuffer {
    bytes: Vec<u8>,
    done: usize,
}

/// A call of a client.
pub(super) type ReadCall = (Option<u64>, TalkCall);

impl Client {
    pub(super) fn new(number: u64, stream: UnixStream, sent: u64) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self {
            number,
            stream,
            watches: false,
            read: Vec::new(),
            written: WriteBuffer::default(),
            replies: Vec::new(),
            pending: 0,
            sent,
            has_ended: false,
        })
    }

    /// Returns whether more may be read.
    pub(super) fn is_readable(&self) -> bool {
        !self.has_ended && self.pending < MAX_PENDING_CALLS && self.read.len() < MAX_LINE_BYTES
    }

    /// Returns whether it has bytes to write.
    pub(super) fn has_output(&self) -> bool {
        !self.written.is_empty() || !self.replies.is_empty()
    }

    /// Returns whether it has sent its last call and received its last reply.
    pub(super) fn is_done(&self) -> bool {
        self.has_ended && self.pending == 0 && !self.has_output()
    }

    /// Reads what has arrived. Fails if the client is gone.
    pub(super) fn fill(&mut self) -> io::Result<()> {
        let mut buffer = [0; MAX_LINE_BYTES];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.has_ended = true,
            Ok(count) => self.read.extend_from_slice(&buffer[..count]),
            Err(error) if is_temporary(&error) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Takes the next call from what was read. Invalid ones are answered here.
    ///
    /// # Errors
    /// The line is too long.
    pub(super) fn next_call(&mut self) -> io::Result<Option<ReadCall>> {
        while self.pending < MAX_PENDING_CALLS {
            let Some(end) = self.read.iter().position(|byte| *byte == b'\n') else {
                if self.read.len() >= MAX_LINE_BYTES {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                return Ok(None);
            };
            let line: Vec<u8> = self.read.drain(..=end).collect();
            if line.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice::<NumberedCall>(&line) {
                Ok(NumberedCall { id, call }) => {
                    self.pending += 1;
                    return Ok(Some((id, call)));
                }
                Err(error) => {
                    let error = Some(format!("invalid call: {error}"));
                    self.pending += 1;
                    self.reply(&Reply { id: None, ok: false, error })?;
                }
            }
        }
        Ok(None)
    }

    /// Queues a reply.
    ///
    /// # Errors
    /// The client reads none of its replies.
    pub(super) fn reply(&mut self, reply: &Reply) -> io::Result<()> {
        self.pending = self.pending.saturating_sub(1);
        if self.replies.len() > MAX_REPLY_BYTES {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.replies.extend(encode(&TalkMessage::Reply(reply.clone())));
        Ok(())
    }

    /// Writes as much as the client takes: what was begun, then replies, then the newest state.
    pub(super) fn flush(&mut self, state: Option<&EncodedState>) -> io::Result<()> {
        loop {
            if self.written.is_empty() {
                if !self.replies.is_empty() {
                    self.written = WriteBuffer::new(std::mem::take(&mut self.replies));
                } else if let Some(state) = state.filter(|state| state.number > self.sent) {
                    self.sent = state.number;
                    let bytes = if self.watches { &state.full } else { &state.plain };
                    self.written = WriteBuffer::new(bytes.to_vec());
                } else {
                    return Ok(());
                }
            }
            match self.stream.write(&self.written.bytes[self.written.done..]) {
                Ok(count) => self.written.done += count,
                Err(error) if is_temporary(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

impl WriteBuffer {
    fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, done: 0 }
    }

    fn is_empty(&self) -> bool {
        self.done == self.bytes.len()
    }
}

/// Returns a message as a line.
pub(super) fn encode(message: &TalkMessage) -> Vec<u8> {
    let mut line = serde_json::to_vec(message).unwrap_or_default();
    line.push(b'\n');
    line
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
