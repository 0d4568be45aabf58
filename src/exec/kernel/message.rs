//! Jupyter's messages (<https://jupyter-client.readthedocs.io/en/stable/messaging.html>): their frames,
//! and the signatures by which a kernel and its client know each other.

use hmac_sha256::HMAC;
use serde::Deserialize;
use serde_json::{Value, json};

use super::zmtp::Frames;

/// Separates the addresses of a message from its parts.
const DELIMITER: &[u8] = b"<IDS|MSG>";

/// The version of the protocol that we speak.
const PROTOCOL: &str = "5.3";

/// A message from a kernel.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct KernelMessage {
    /// Its type, such as `stream`.
    pub(super) kind: String,
    /// The id of the request that it is about; empty for none.
    pub(super) parent: String,
    /// Its header, which a reply refers to.
    pub(super) header: Value,
    /// What it says.
    pub(super) content: Value,
}

/// Writes and reads messages with one key.
#[derive(Debug)]
pub(super) struct Messages {
    key: Vec<u8>,
    headers: MessageHeaders,
}

/// Numbers the messages of a client, and writes their headers.
#[derive(Debug)]
pub(super) struct MessageHeaders {
    session: String,
    count: u64,
}

/// What we need from a header.
#[derive(Deserialize)]
struct ReceivedHeader {
    msg_type: String,
}

/// What we need from the header of the request that a message is about.
#[derive(Default, Deserialize)]
struct ReceivedParent {
    #[serde(default)]
    msg_id: String,
}

impl KernelMessage {
    /// Creates a message from its parts.
    ///
    /// # Errors
    /// Its header is incomplete.
    pub(super) fn new(header: Value, parent: &Value, content: Value) -> Result<Self, &'static str> {
        let ReceivedHeader { msg_type: kind } =
            ReceivedHeader::deserialize(&header).map_err(|_| "its header is incomplete")?;
        let parent = ReceivedParent::deserialize(parent).unwrap_or_default().msg_id;
        Ok(Self { kind, parent, header, content })
    }
}

impl MessageHeaders {
    /// Heads the messages of a client with this session.
    pub(super) fn new(session: &str) -> Self {
        Self { session: session.to_owned(), count: 0 }
    }

    /// Returns the id and the header of the next message.
    pub(super) fn next(&mut self, kind: &str) -> (String, Value) {
        self.count += 1;
        let id = format!("{}-{}", self.session, self.count);
        let header = json!({
            "msg_id": id,
            "session": self.session,
            "username": "livedeck",
            // Kernels parse it, and use it for nothing.
            "date": "2000-01-01T00:00:00.000000Z",
            "msg_type": kind,
            "version": PROTOCOL,
        });
        (id, header)
    }
}

impl Messages {
    /// Signs with this key; `session` identifies us.
    pub(super) fn new(key: &str, session: &str) -> Self {
        Self { key: key.as_bytes().to_vec(), headers: MessageHeaders::new(session) }
    }

    /// Returns a message as frames, and its id. A reply has the header of its request as `parent`.
    pub(super) fn write(
        &mut self,
        kind: &str,
        content: &Value,
        parent: Option<&Value>,
    ) -> (String, Frames) {
        let (id, header) = self.headers.next(kind);
        let json = |value: Result<Vec<u8>, _>| value.unwrap_or_else(|_| b"{}".to_vec());
        let header = json(serde_json::to_vec(&header));
        let parent = parent.map_or_else(|| b"{}".to_vec(), |it| json(serde_json::to_vec(it)));
        let parts = [header, parent, b"{}".to_vec(), json(serde_json::to_vec(content))];
        let signature = hex(&self.sign(&parts)).into_bytes();
        let frames = [DELIMITER.to_vec(), signature].into_iter().chain(parts).collect();
        (id, frames)
    }

    /// Reads a message.
    ///
    /// # Errors
    /// It is not signed with our key, or no message.
    pub(super) fn read(&self, frames: &Frames) -> Result<KernelMessage, &'static str> {
        let delimiter = frames.iter().position(|frame| frame == DELIMITER);
        let parts = &frames[delimiter.ok_or("it has no delimiter")? + 1..];
        let [signature, header, parent, metadata, content, ..] = parts else {
            return Err("it has too few parts");
        };
        let expected = unhex(signature).ok_or("its signature is malformed")?;
        let mut mac = HMAC::new(&self.key);
        for part in [header, parent, metadata, content] {
            mac.update(part);
        }
        if !mac.finalize_verify(&expected) {
            return Err("its signature is wrong");
        }
        let json = |part: &[u8]| serde_json::from_slice::<Value>(part);
        let header = json(header).map_err(|_| "its header is not JSON")?;
        let parent = json(parent).unwrap_or_default();
        let content = json(content).map_err(|_| "its content is not JSON")?;
        KernelMessage::new(header, &parent, content)
    }

    fn sign(&self, parts: &[Vec<u8>]) -> [u8; 32] {
        let mut mac = HMAC::new(&self.key);
        for part in parts {
            mac.update(part);
        }
        mac.finalize()
    }
}

/// Returns bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Returns the 32 bytes that 64 hexadecimal digits stand for.
fn unhex(text: &[u8]) -> Option<[u8; 32]> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() == 64)?;
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> (String, Frames) {
        Messages::new("key", "us").write("stream", &json!({ "text": "é" }), None)
    }

    #[test]
    fn message_is_read_as_written() {
        let mut messages = Messages::new("key", "us");
        let (id, frames) = messages.write("execute_request", &json!({ "code": "1" }), None);
        let request = messages.read(&frames).unwrap();
        assert_eq!(
            (id.as_str(), &*request.kind, &*request.parent),
            ("us-1", "execute_request", "")
        );
        let (_, reply) = messages.write("reply", &json!({ "a": [1] }), Some(&request.header));
        let addressed = [vec![b"topic".to_vec()], reply, vec![b"a buffer".to_vec()]].concat();
        let reply = messages.read(&addressed).unwrap();
        assert_eq!((&*reply.parent, &reply.content), ("us-1", &json!({ "a": [1] })));
    }

    #[test]
    fn signature_is_that_of_the_specification() {
        // As Python's `hmac.new(b"key", b"a" b"b" b"c" b"d", "sha256").hexdigest()`.
        let parts = ["a", "b", "c", "d"].map(|part| part.as_bytes().to_vec());
        let signature = hex(&Messages::new("key", "").sign(&parts));
        assert_eq!(signature, EXPECTED_SIGNATURE);
    }

    const EXPECTED_SIGNATURE: &str =
        "2a31ec0ee8d878c9eece9fb0df79b3b90b2256240163aa5ee50d176d3d1121f8";

    #[test]
    fn messages_with_another_signature_are_refused() {
        let (_, frames) = written();
        let other = Messages::new("other key", "us");
        assert_eq!(other.read(&frames), Err("its signature is wrong"));
        let ours = Messages::new("key", "us");
        assert!(ours.read(&frames).is_ok());
        for part in 2..6 {
            let mut changed = frames.clone();
            changed[part].push(b' ');
            assert_eq!(ours.read(&changed), Err("its signature is wrong"), "part {part}");
        }
        let mut unsigned = frames.clone();
        unsigned[1].clear();
        assert_eq!(ours.read(&unsigned), Err("its signature is malformed"));
        unsigned[1] = "ü".repeat(32).into_bytes();
        assert_eq!(ours.read(&unsigned), Err("its signature is malformed"));
    }

    #[test]
    fn incomplete_messages_are_refused() {
        let (_, frames) = written();
        let ours = Messages::new("key", "us");
        for count in 0..frames.len() {
            assert!(ours.read(&frames[..count].to_vec()).is_err(), "{count}");
        }
        let parts = ["[]", "{}", "{}", "{}"].map(|part| part.as_bytes().to_vec());
        let signature = hex(&ours.sign(&parts)).into_bytes();
        let signed = [vec![DELIMITER.to_vec(), signature], parts.to_vec()].concat();
        assert_eq!(ours.read(&signed), Err("its header is incomplete"));
    }
}
