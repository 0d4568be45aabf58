//! HTTP/1.1 as far as a Jupyter server needs it: one request for each connection, and the switch to a
//! WebSocket.

#![expect(clippy::disallowed_methods, reason = "keeps time limits")]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use crate::deck::ServerUrl;

/// How long connecting to one address may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The most bytes of an answer.
const MAX_BYTES: usize = 16 << 20;

/// The most bytes of an answer's head.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HttpAnswer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HttpHead {
    pub(super) status: u16,
    /// Names, in lower case, and values.
    headers: Vec<(String, String)>,
    /// Its bytes.
    length: usize,
}

/// Connects to a server, whichever of its addresses answers first.
pub(super) fn connect(url: &ServerUrl) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "its name has no address");
    for address in (&*url.host, url.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Returns a request. Paths and headers have no line ends.
pub(super) fn request(
    url: &ServerUrl,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: &str,
) -> Vec<u8> {
    let mut lines =
        vec![format!("{method} {}{path} HTTP/1.1", url.path), format!("Host: {}", url.place())];
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    if !body.is_empty() {
        lines.push("Content-Type: application/json".to_owned());
    }
    if method != "GET" {
        lines.push(format!("Content-Length: {}", body.len()));
    }
    [&lines.join("\r\n"), "\r\n\r\n", body].concat().into_bytes()
}

/// Sends a request, which asks for the end of the connection, and reads the answer. Returns the server's
/// address as well.
pub(super) fn exchange(
    url: &ServerUrl,
    request: &[u8],
    timeout: Duration,
) -> io::Result<(HttpAnswer, SocketAddr)> {
    let mut stream = connect(url)?;
    let address = stream.peer_addr()?;
    let deadline = Instant::now() + timeout;
    stream.set_write_timeout(Some(timeout))?;
    stream.write_all(request)?;
    let mut bytes = Vec::new();
    loop {
        let is_over = !read_more(&mut stream, &mut bytes, deadline, MAX_BYTES)?;
        if let Some(answer) = parse(&bytes, is_over) {
            return Ok((answer, address));
        }
        if is_over {
            return Err(no_answer(&bytes));
        }
    }
}

/// Reads the head of an answer. Returns the bytes behind it as well.
pub(super) fn read_head(
    stream: &mut TcpStream,
    timeout: Duration,
) -> io::Result<(HttpHead, Vec<u8>)> {
    let deadline = Instant::now() + timeout;
    let mut bytes = Vec::new();
    loop {
        if !read_more(stream, &mut bytes, deadline, MAX_HEAD_BYTES)? {
            return Err(no_answer(&bytes));
        }
        if let Some(head) = HttpHead::parse(&bytes) {
            let rest = bytes.split_off(head.length);
            return Ok((head, rest));
        }
    }
}

/// Reads what comes next. Returns whether there may be more.
fn read_more(
    stream: &mut TcpStream,
    bytes: &mut Vec<u8>,
    deadline: Instant,
    max_bytes: usize,
) -> io::Result<bool> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::Error::new(io::ErrorKind::TimedOut, "it did not answer in time"));
    }
    stream.set_read_timeout(Some(left))?;
    let mut buffer = [0; 16 << 10];
    let count = match stream.read(&mut buffer) {
        Ok(count) => count,
        Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(true),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "it did not answer in time"));
        }
        Err(error) => return Err(error),
    };
    bytes.extend_from_slice(&buffer[..count]);
    if bytes.len() > max_bytes {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "its answer is too long"));
    }
    Ok(count > 0)
}

/// Says why a connection that is closed has no complete answer.
fn no_answer(bytes: &[u8]) -> io::Error {
    const START: &[u8] = b"HTTP/1.";
    let length = START.len().min(bytes.len());
    let why = if bytes[..length] == START[..length] {
        "it closed its connection before it answered"
    } else {
        "it does not speak HTTP"
    };
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Returns an answer, if its bytes are complete.
fn parse(bytes: &[u8], is_over: bool) -> Option<HttpAnswer> {
    let head = HttpHead::parse(bytes)?;
    let (status, rest) = (head.status, &bytes[head.length..]);
    let is_chunked = head.header("transfer-encoding").is_some_and(|it| it.contains("chunked"));
    let length = head.header("content-length").and_then(|it| it.parse::<usize>().ok());
    let body = match length {
        _ if status == 204 || status == 304 => Vec::new(),
        _ if is_chunked => unchunk(rest)?,
        Some(length) => rest.get(..length)?.to_vec(),
        None if is_over => rest.to_vec(),
        None => return None,
    };
    Some(HttpAnswer { status, body })
}

/// Joins the chunks of a body, if all are there.
fn unchunk(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
        let size = std::str::from_utf8(&bytes[..end]).ok()?.split(';').next()?;
        let size = usize::from_str_radix(size.trim(), 16).ok().filter(|size| *size <= MAX_BYTES)?;
        bytes = &bytes[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(bytes.get(..size)?);
        bytes = bytes.get(size + 2..)?;
    }
}

impl HttpHead {
    /// Reads a head, if it is complete.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let length = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
        let text = String::from_utf8_lossy(&bytes[..length]);
        let mut lines = text.lines();
        let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
        Some(Self { status, headers: headers.collect(), length })
    }

    /// Returns the value of a header, by its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str, is_over: bool) -> Option<(u16, String)> {
        let HttpAnswer { status, body } = parse(text.as_bytes(), is_over)?;
        Some((status, String::from_utf8(body).unwrap()))
    }

    #[test]
    fn request_has_what_its_method_needs() {
        let url = ServerUrl::parse("http://gpu:90/user/me").unwrap();
        let text = |method, body| {
            let headers = [("Authorization", "token x")];
            String::from_utf8(request(&url, (method, "/api"), &headers, body)).unwrap()
        };
        assert_eq!(
            text("GET", ""),
            "GET /user/me/api HTTP/1.1\r\nHost: gpu:90\r\nAuthorization: token x\r\n\r\n"
        );
        assert!(
            text("POST", "{}")
                .ends_with("Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        );
        assert!(text("DELETE", "").ends_with("\r\nContent-Length: 0\r\n\r\n"));
    }

    #[test]
    fn answer_is_read_once_it_is_complete() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\n[]";
        assert_eq!(answer(text, false), Some((200, "[]".to_owned())));
        for end in 0..text.len() {
            assert_eq!(answer(&text[..end], false), None, "{end}");
        }
        assert_eq!(answer("HTTP/1.1 204 No\r\n\r\n", false), Some((204, String::new())));
        let unknown = "HTTP/1.0 500 X\r\n\r\nab";
        assert_eq!(answer(unknown, false), None);
        assert_eq!(answer(unknown, true), Some((500, "ab".to_owned())));
    }

    #[test]
    fn chunks_are_joined() {
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n";
        assert_eq!(answer(text, false), Some((200, "abc0123456789".to_owned())));
        assert_eq!(answer(&text[..text.len() - 7], false), None);
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        for bad in ["x\r\n", "ffffffffffffffff\r\n", "-1\r\n"] {
            assert_eq!(answer(&format!("{head}{bad}"), true), None, "{bad}");
        }
    }

    #[test]
    fn closed_connection_is_not_another_protocol() {
        let closed = "it closed its connection before it answered";
        for bytes in [&b""[..], b"HT", b"HTTP/1.1 200 OK\r\n"] {
            assert_eq!(no_answer(bytes).to_string(), closed);
        }
        assert_eq!(no_answer(b"SSH-2.0-x\r\n").to_string(), "it does not speak HTTP");
    }

    #[test]
    fn other_protocols_are_no_answer() {
        for text in ["SSH-2.0-x\r\n\r\n", "\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 x\r\n\r\n"] {
            assert_eq!(answer(text, true), None, "{text}");
        }
    }
}
