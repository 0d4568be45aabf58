//! Responses: status, headers and body.

use std::fmt::Write as _;
use std::sync::Arc;

/// What pages may do: show our own pictures, scripts and styles, and talk to us. The markup of slides has
/// styles of its own; scripts in it never run.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                              img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
                              frame-ancestors 'none'";

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    BadRequest,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    Conflict,
    BodyTooLarge,
    /// The server is not known by the name in the request.
    WrongHost,
    TooManyRequests,
    HeadTooLarge,
    NotImplemented,
    Unavailable,
    TalkTimeout,
}

impl Status {
    /// Returns the number and the words of the status line.
    pub(super) fn line(self) -> &'static str {
        match self {
            Self::Ok => "200 OK",
            Self::BadRequest => "400 Bad Request",
            Self::Forbidden => "403 Forbidden",
            Self::NotFound => "404 Not Found",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::RequestTimeout => "408 Request Timeout",
            Self::Conflict => "409 Conflict",
            Self::BodyTooLarge => "413 Content Too Large",
            Self::WrongHost => "421 Misdirected Request",
            Self::TooManyRequests => "429 Too Many Requests",
            Self::HeadTooLarge => "431 Request Header Fields Too Large",
            Self::NotImplemented => "501 Not Implemented",
            Self::Unavailable => "503 Service Unavailable",
            Self::TalkTimeout => "504 Gateway Timeout",
        }
    }
}

/// The media types that are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaType {
    Html,
    Css,
    JavaScript,
    Json,
    /// One JSON document in each line.
    JsonLines,
    Text,
    /// A picture.
    Picture(&'static str),
}

impl MediaType {
    fn name(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Css => "text/css; charset=utf-8",
            Self::JavaScript => "text/javascript; charset=utf-8",
            Self::Json => "application/json",
            Self::JsonLines => "application/x-ndjson",
            Self::Text => "text/plain; charset=utf-8",
            Self::Picture(name) => name,
        }
    }
}

/// A response.
#[derive(Clone, Debug)]
pub(super) struct Response {
    pub(super) status: Status,
    pub(super) kind: MediaType,
    pub(super) body: Arc<[u8]>,
    /// Whether the connection ends with it.
    pub(super) is_last: bool,
    /// Whether only the headers are sent.
    pub(super) is_head: bool,
}

impl Response {
    /// Returns a successful response.
    pub(super) fn new(kind: MediaType, body: Arc<[u8]>) -> Self {
        Self { status: Status::Ok, kind, body, is_last: false, is_head: false }
    }

    /// Returns a response that says why there is no other.
    pub(super) fn refusal(status: Status) -> Self {
        let body = format!("{}\n", status.line()).into_bytes().into();
        Self { status, ..Self::new(MediaType::Text, body) }
    }

    /// Returns the status line and the headers.
    pub(super) fn head(&self) -> Vec<u8> {
        let mut head = start(self.status, self.kind);
        let _ = write!(head, "Content-Length: {}\r\n", self.body.len());
        // A picture's address is a hash of it.
        let is_picture = matches!(self.kind, MediaType::Picture(_));
        head += if is_picture {
            "Cache-Control: private, max-age=86400, immutable\r\n"
        } else {
            "Cache-Control: no-store\r\n"
        };
        if self.status == Status::MethodNotAllowed {
            head += "Allow: GET, HEAD, POST\r\n";
        }
        head += if self.is_last { "Connection: close\r\n\r\n" } else { "\r\n" };
        head.into_bytes()
    }
}

/// Returns the headers of a response that goes on until the connection ends.
pub(super) fn stream_head() -> Vec<u8> {
    let mut head = start(Status::Ok, MediaType::JsonLines);
    // Proxies that collect responses would hold it up.
    head += "Cache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\nConnection: close\r\n\r\n";
    head.into_bytes()
}

fn start(status: Status, kind: MediaType) -> String {
    format!(
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nX-Content-Type-Options: nosniff\r\n\
         Content-Security-Policy: {CONTENT_POLICY}\r\nX-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n\
         Cross-Origin-Resource-Policy: same-origin\r\nCross-Origin-Opener-Policy: same-origin\r\n",
        status.line(),
        kind.name()
    )
}
