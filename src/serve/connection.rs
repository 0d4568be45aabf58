//! One connection: what was read from it and not handled yet, and what is to be written to it. Both are bounded,
//! and so is the time that each may take.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{IpAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use super::limits::{
    Allowance, CONNECTION_RATE, LINGER_TIMEOUT, MAX_BODY_BYTES, MAX_HEAD_BYTES, MAX_LINGER_BYTES,
    READ_TIMEOUT, REQUEST_TIMEOUT, TALK_TIMEOUT,
};
use super::request::{HttpRequest, ParsedRequest, parse};
use super::response::{Response, Status, stream_head};

/// Maximum bytes of a request, and of what follows it.
const MAX_INPUT_BYTES: usize = MAX_HEAD_BYTES + MAX_BODY_BYTES;

/// What a connection does. Times are milliseconds since the start of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Reads a request.
    Reading,
    /// Waits for the talk's first page, to answer this request.
    WaitsForPage(HttpRequest),
    /// Waits for the talk's answer to a command.
    WaitsForAnswer,
    /// Gets the states of the talk. The number is that of the last state.
    Follows(Feed, u64),
    /// Gets its last response. What it still sends is discarded.
    Ends,
}

/// What a connection follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feed {
    /// The slide.
    Mirror,
    /// The remote's state.
    Remote,
}

/// What is to be written.
#[derive(Debug, Default)]
struct Outgoing {
    parts: VecDeque<Arc<[u8]>>,
    /// Bytes of the first part that are written.
    written: usize,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) number: u64,
    pub(super) stream: TcpStream,
    pub(super) peer: IpAddr,
    pub(super) phase: Phase,
    input: Vec<u8>,
    output: Outgoing,
    /// When it has to be done with what it does.
    deadline: Option<u64>,
    /// The number of the state whose output it is reading.
    pub(super) held: u64,
    allowance: Allowance,
    /// Bytes that were discarded.
    discarded: usize,
    /// Whether the request wants no more responses after this one.
    is_last: bool,
    is_lost: bool,
}

impl Connection {
    pub(super) fn new(number: u64, stream: TcpStream, peer: IpAddr, now: u64) -> Self {
        Self {
            number,
            stream,
            peer,
            phase: Phase::Reading,
            input: Vec::new(),
            output: Outgoing::default(),
            deadline: Some(now + millis(REQUEST_TIMEOUT)),
            held: 0,
            allowance: Allowance::new(CONNECTION_RATE, now),
            discarded: 0,
            is_last: false,
            is_lost: false,
        }
    }

    /// Returns whether it is gone or has to be closed.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Closes it without a word.
    pub(super) fn drop_it(&mut self) {
        self.is_lost = true;
    }

    pub(super) fn has_output(&self) -> bool {
        !self.output.parts.is_empty()
    }

    /// Returns the output that is not written yet.
    pub(super) fn output(&self) -> impl Iterator<Item = &Arc<[u8]>> {
        self.output.parts.iter()
    }

    /// Returns whether more may be read. A request is read when the response to the last one is written.
    pub(super) fn wants_input(&self) -> bool {
        match self.phase {
            Phase::Reading => !self.has_output() && self.input.len() < MAX_INPUT_BYTES,
            // Only to notice that it is gone.
            _ => true,
        }
    }

    /// Reads what has arrived.
    pub(super) fn fill(&mut self) {
        let mut buffer = [0; 4096];
        loop {
            let room = match self.phase {
                Phase::Reading => {
                    MAX_INPUT_BYTES.saturating_sub(self.input.len()).min(buffer.len())
                }
                _ => buffer.len(),
            };
            if room == 0 {
                return;
            }
            match self.stream.read(&mut buffer[..room]) {
                Ok(0) => self.is_lost = true,
                Ok(count) if self.phase == Phase::Reading => {
                    self.input.extend_from_slice(&buffer[..count]);
                    if count == room {
                        continue;
                    }
                }
                Ok(count) => {
                    self.discarded += count;
                    self.is_lost |= self.discarded > MAX_LINGER_BYTES;
                }
                Err(error) if is_temporary(&error) => {}
                Err(_) => self.is_lost = true,
            }
            return;
        }
    }

    /// Takes the next request. One that is refused is answered here; returns whether that happened.
    pub(super) fn next_request(&mut self, now: u64) -> Result<Option<HttpRequest>, ()> {
        if self.phase != Phase::Reading || self.has_output() || self.input.is_empty() {
            return Ok(None);
        }
        match parse(&self.input) {
            ParsedRequest::Incomplete => Ok(None),
            ParsedRequest::Invalid(status) => {
                self.refuse(status, now);
                Err(())
            }
            ParsedRequest::Whole(request, length) => {
                self.input.drain(..length);
                self.is_last = request.is_last;
                if self.allowance.take(now) {
                    return Ok(Some(request));
                }
                self.refuse(Status::TooManyRequests, now);
                Err(())
            }
        }
    }

    /// Waits for something of the talk.
    pub(super) fn wait_for_talk(&mut self, phase: Phase, now: u64) {
        self.phase = phase;
        self.deadline = Some(now + millis(TALK_TIMEOUT));
    }

    /// Answers the request.
    pub(super) fn respond(&mut self, mut response: Response, now: u64) {
        response.is_last |= self.is_last;
        self.output.parts.push_back(response.head().into());
        if !response.is_head && !response.body.is_empty() {
            self.output.parts.push_back(response.body);
        }
        self.phase = if response.is_last { Phase::Ends } else { Phase::Reading };
        self.deadline = Some(now + millis(READ_TIMEOUT));
    }

    /// Refuses the request and ends the connection.
    pub(super) fn refuse(&mut self, status: Status, now: u64) {
        self.input = Vec::new();
        self.respond(Response { is_last: true, ..Response::refusal(status) }, now);
    }

    /// Begins to follow the talk.
    pub(super) fn follow(&mut self, feed: Feed, now: u64) {
        self.input = Vec::new();
        self.phase = Phase::Follows(feed, 0);
        self.output.parts.push_back(stream_head().into());
        self.deadline = Some(now + millis(READ_TIMEOUT));
    }

    /// Sends a state, unless the client still reads the last one.
    pub(super) fn send_state(
        &mut self,
        number: u64,
        parts: impl IntoIterator<Item = Arc<[u8]>>,
        now: u64,
    ) {
        let Phase::Follows(_, sent) = &mut self.phase else { return };
        if *sent >= number || !self.output.parts.is_empty() {
            return;
        }
        *sent = number;
        self.held = number;
        self.output.parts.extend(parts);
        self.deadline = Some(now + millis(READ_TIMEOUT));
    }

    /// Writes as much as the client takes. Returns whether all of it is written now.
    pub(super) fn flush(&mut self, now: u64) -> bool {
        if self.output.parts.is_empty() {
            return false;
        }
        while let Some(bytes) = self.output.parts.front() {
            match self.stream.write(&bytes[self.output.written..]) {
                Ok(count) => self.output.written += count,
                Err(error) if is_temporary(&error) => return false,
                Err(_) => {
                    self.is_lost = true;
                    return false;
                }
            }
            if self.output.written == bytes.len() {
                self.output.parts.pop_front();
                self.output.written = 0;
            }
        }
        self.deadline = match self.phase {
            Phase::Follows(..) => None,
            Phase::Ends => {
                // Closing now would discard the response if there is more to read.
                let _ = self.stream.shutdown(std::net::Shutdown::Write);
                Some(now + millis(LINGER_TIMEOUT))
            }
            _ => Some(now + millis(REQUEST_TIMEOUT)),
        };
        true
    }

    /// Ends what takes too long. Returns whether a request was refused for that.
    pub(super) fn expire(&mut self, now: u64) -> bool {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return false;
        }
        match self.phase {
            Phase::Reading if !self.has_output() && !self.input.is_empty() => {
                self.refuse(Status::RequestTimeout, now);
                return true;
            }
            Phase::WaitsForPage(_) => self.refuse(Status::Unavailable, now),
            Phase::WaitsForAnswer => self.refuse(Status::TalkTimeout, now),
            _ => self.is_lost = true,
        }
        false
    }

    /// Returns when it has to be looked at again.
    pub(super) fn deadline(&self) -> Option<u64> {
        self.deadline
    }
}

pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
