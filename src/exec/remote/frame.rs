//! The frames that livedeck and the agent send each other: the length of the payload, a kind, the number of
//! a run, the payload. `py/agent.py` lists the kinds.

/// The bytes of a frame before its payload.
const HEADER_LEN: usize = 13;

/// The most bytes of a payload. The agent sends no more.
const MAX_PAYLOAD: usize = 64 << 20;

/// What the agent writes first. What comes before is from the user's shell.
const GREETING: &[u8] = b"\0livedeck-agent\0";

/// The most bytes that a shell may print before.
const MAX_NOISE: usize = 256 << 10;

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AgentFrame {
    pub(super) kind: u8,
    pub(super) run: u64,
    pub(super) payload: Vec<u8>,
}

impl AgentFrame {
    /// Returns a frame.
    pub(super) fn new(kind: u8, run: u64, payload: impl Into<Vec<u8>>) -> Self {
        Self { kind, run, payload: payload.into() }
    }

    /// Returns a frame with fields.
    pub(super) fn json(kind: u8, run: u64, fields: &serde_json::Value) -> Self {
        Self::new(kind, run, fields.to_string())
    }

    /// Returns the fields of the payload, or null.
    pub(super) fn fields(&self) -> serde_json::Value {
        serde_json::from_slice(&self.payload).unwrap_or_default()
    }

    /// Returns the bytes to send.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let length = u32::try_from(self.payload.len()).unwrap_or(u32::MAX);
        let mut bytes = Vec::with_capacity(HEADER_LEN + self.payload.len());
        bytes.extend(length.to_be_bytes());
        bytes.push(self.kind);
        bytes.extend(self.run.to_be_bytes());
        bytes.extend(&self.payload);
        bytes
    }
}

/// Splits the bytes from the agent into frames.
#[derive(Debug, Default)]
pub(super) struct FrameReader {
    bytes: Vec<u8>,
    is_greeted: bool,
}

impl FrameReader {
    /// Adds bytes, and returns the frames that are complete.
    ///
    /// # Errors
    /// This is not what an agent sends: the text that arrived instead, which may be empty.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<AgentFrame>, String> {
        self.bytes.extend(bytes);
        if !self.is_greeted {
            let found = self.bytes.windows(GREETING.len()).position(|it| it == GREETING);
            let Some(at) = found else {
                let is_noise = self.bytes.len() > MAX_NOISE;
                return if is_noise { Err(self.noise()) } else { Ok(Vec::new()) };
            };
            self.bytes.drain(..at + GREETING.len());
            self.is_greeted = true;
        }
        let mut frames = Vec::new();
        let mut at = 0;
        while let Some((length, rest)) = self.bytes[at..].split_first_chunk::<4>() {
            let length = u32::from_be_bytes(*length) as usize;
            if length > MAX_PAYLOAD {
                return Err(String::new());
            }
            let Some((kind, rest)) = rest.split_first() else { break };
            let Some((run, rest)) = rest.split_first_chunk::<8>() else { break };
            let Some(payload) = rest.get(..length) else { break };
            frames.push(AgentFrame::new(*kind, u64::from_be_bytes(*run), payload));
            at += HEADER_LEN + length;
        }
        self.bytes.drain(..at);
        Ok(frames)
    }

    /// Returns the last line of what arrived in place of an agent's greeting.
    pub(super) fn noise(&self) -> String {
        let text = String::from_utf8_lossy(if self.is_greeted { &[] } else { &self.bytes });
        text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_however_they_arrive() {
        let frames = [AgentFrame::new(b'o', 7, *b"text"), AgentFrame::new(b'z', 1 << 40, *b"")];
        let mut whole = b"Welcome!\n".to_vec();
        whole.extend(GREETING);
        whole.extend(frames.iter().flat_map(AgentFrame::bytes));
        for size in 1..whole.len() {
            let mut reader = FrameReader::default();
            let read = whole.chunks(size).flat_map(|part| reader.push(part).unwrap());
            assert_eq!(read.collect::<Vec<_>>(), frames, "{size}");
        }
    }

    #[test]
    fn other_programs_are_not_an_agent() {
        let mut reader = FrameReader::default();
        assert_eq!(reader.push(b"bash: python3: command not found\n"), Ok(Vec::new()));
        assert_eq!(reader.noise(), "bash: python3: command not found");
        assert!(reader.push(&vec![b'x'; MAX_NOISE]).is_err());
        let mut reader = FrameReader::default();
        assert!(reader.push(&[GREETING, &[0xff; 13]].concat()).is_err(), "too large");
    }
}
