//! Parses HTTP requests: a pure function of the bytes that have arrived. It takes the little that browsers send
//! and refuses the rest.

use super::limits::{MAX_BODY_BYTES, MAX_HEAD_BYTES, MAX_HEADERS, MAX_PATH_BYTES};
use super::response::Status;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HttpRequest {
    pub(super) method: Method,
    /// The path, without a query.
    pub(super) path: String,
    /// The server's name as the client knows it, with or without a port.
    pub(super) host: String,
    /// The page that sends the request.
    pub(super) origin: Option<String>,
    /// The token of `Authorization: Bearer TOKEN`.
    pub(super) token: Option<String>,
    /// Whether the connection ends with this request.
    pub(super) is_last: bool,
    pub(super) body: Vec<u8>,
}

/// What a request wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    /// Like `GET`, without the body of the response.
    Head,
    Post,
}

/// What was read from the bytes of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ParsedRequest {
    /// More has to arrive.
    Incomplete,
    /// A request of this many bytes.
    Whole(HttpRequest, usize),
    /// No request. The connection cannot be used any more.
    Invalid(Status),
}

/// Parses the first request in these bytes.
pub(super) fn parse(bytes: &[u8]) -> ParsedRequest {
    match read(bytes) {
        Ok(Some((request, length))) => ParsedRequest::Whole(request, length),
        Ok(None) => ParsedRequest::Incomplete,
        Err(status) => ParsedRequest::Invalid(status),
    }
}

fn read(bytes: &[u8]) -> Result<Option<(HttpRequest, usize)>, Status> {
    let searched = &bytes[..bytes.len().min(MAX_HEAD_BYTES)];
    let Some(end) = searched.windows(4).position(|four| four == b"\r\n\r\n") else {
        return if bytes.len() >= MAX_HEAD_BYTES { Err(Status::HeadTooLarge) } else { Ok(None) };
    };
    let head = str::from_utf8(&bytes[..end]).map_err(|_| Status::BadRequest)?;
    let mut lines = head.split("\r\n");
    let (method, path, is_old) = first_line(lines.next().unwrap_or_default())?;
    let headers = Headers::read(lines)?;
    let length = headers.length.unwrap_or(0);
    if length > MAX_BODY_BYTES {
        return Err(Status::BodyTooLarge);
    }
    let start = end + 4;
    let Some(body) = bytes.get(start..start + length) else { return Ok(None) };
    let request = HttpRequest {
        method,
        path: path.to_owned(),
        host: headers.host.ok_or(Status::BadRequest)?.to_owned(),
        origin: headers.origin.map(str::to_owned),
        token: headers.token.map(str::to_owned),
        is_last: headers.is_last || is_old,
        body: body.to_vec(),
    };
    Ok(Some((request, start + length)))
}

/// Returns the method, the path, and whether the version is 1.0.
fn first_line(line: &str) -> Result<(Method, &str, bool), Status> {
    let mut words = line.split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Status::BadRequest);
    };
    let is_old = match version {
        "HTTP/1.1" => false,
        "HTTP/1.0" => true,
        _ => return Err(Status::BadRequest),
    };
    let method = match method {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        _ => return Err(Status::MethodNotAllowed),
    };
    if target.len() > MAX_PATH_BYTES {
        return Err(Status::NotFound);
    }
    let path = target.split('?').next().unwrap_or_default();
    let is_path = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
    if is_path { Ok((method, path, is_old)) } else { Err(Status::BadRequest) }
}

/// The headers that count.
#[derive(Default)]
struct Headers<'a> {
    host: Option<&'a str>,
    origin: Option<&'a str>,
    token: Option<&'a str>,
    length: Option<usize>,
    is_last: bool,
}

impl<'a> Headers<'a> {
    fn read(lines: impl Iterator<Item = &'a str>) -> Result<Self, Status> {
        let mut headers = Self::default();
        for (count, line) in lines.enumerate() {
            if count >= MAX_HEADERS {
                return Err(Status::HeadTooLarge);
            }
            let (name, value) = line.split_once(':').ok_or(Status::BadRequest)?;
            let is_name =
                |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            if name.is_empty() || !name.bytes().all(is_name) {
                return Err(Status::BadRequest);
            }
            let value = value.trim_matches([' ', '\t']);
            if value.chars().any(|c| c.is_control() && c != '\t') {
                return Err(Status::BadRequest);
            }
            headers.add(&name.to_ascii_lowercase(), value)?;
        }
        Ok(headers)
    }

    fn add(&mut self, name: &str, value: &'a str) -> Result<(), Status> {
        match name {
            "host" => once(&mut self.host, value),
            "origin" => once(&mut self.origin, value),
            "authorization" => {
                // Another scheme is no token.
                let token =
                    value.split_once(' ').filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
                once(&mut self.token, token.map_or("", |(_, token)| token.trim()))
            }
            "content-length" => {
                let is_number =
                    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                let length = value.parse().unwrap_or(usize::MAX);
                if is_number { once(&mut self.length, length) } else { Err(Status::BadRequest) }
            }
            "transfer-encoding" | "expect" => Err(Status::NotImplemented),
            "connection" => {
                self.is_last |=
                    value.split(',').any(|word| word.trim().eq_ignore_ascii_case("close"));
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Sets a header that may not be repeated.
fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), Status> {
    if slot.replace(value).is_some() { Err(Status::BadRequest) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn whole(text: &str) -> HttpRequest {
        match parse(text.as_bytes()) {
            ParsedRequest::Whole(request, length) => {
                assert_eq!(length, text.len());
                request
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn request_of_a_browser_is_read() {
        let request = whole(
            "GET /events?x=1 HTTP/1.1\r\nHost: 127.0.0.1:8642\r\nUser-Agent: x/1.0 (y)\r\nAccept: */*\r\n\
             Cookie: a=b; c=\"d\"\r\n\r\n",
        );
        assert_eq!((request.method, &*request.path), (Method::Get, "/events"));
        assert_eq!((&*request.host, request.is_last), ("127.0.0.1:8642", false));
        assert_eq!((request.origin, request.token, request.body), (None, None, Vec::new()));
    }

    #[test]
    fn command_has_a_token_and_a_body() {
        let request = whole(
            "POST /remote/command HTTP/1.1\r\nhost:a\r\nORIGIN: http://a\r\nauthorization: bearer  s3cret\r\n\
             content-length: 2\r\nConnection: foo, Close\r\n\r\n{}",
        );
        assert_eq!(request.method, Method::Post);
        assert_eq!(
            (request.origin.as_deref(), request.token.as_deref()),
            (Some("http://a"), Some("s3cret"))
        );
        assert_eq!((&*request.body, request.is_last), (&b"{}"[..], true));
    }

    #[rstest]
    #[case("")]
    #[case("G")]
    #[case("GET / HTTP/1.1\r\nHost: a\r\n")]
    #[case("GET / HTTP/1.1\r\nHost: a\r\n\r")]
    #[case("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n1234")]
    fn rest_is_awaited(#[case] text: &str) {
        assert_eq!(parse(text.as_bytes()), ParsedRequest::Incomplete);
    }

    #[rstest]
    #[case("\r\n\r\n", Status::BadRequest)]
    #[case("GET /\r\n\r\n", Status::BadRequest)]
    #[case("GET / HTTP/2.0\r\nHost: a\r\n\r\n", Status::BadRequest)]
    #[case("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", Status::BadRequest)]
    #[case("GET a HTTP/1.1\r\nHost: a\r\n\r\n", Status::BadRequest)]
    #[case("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", Status::BadRequest)]
    #[case("GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n", Status::BadRequest)]
    #[case("GET / HTTP/1.1\r\n\r\n", Status::BadRequest)]
    #[case("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", Status::BadRequest)]
    #[case("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", Status::BadRequest)]
    #[case("GET / HTTP/1.1\r\nHost : a\r\n\r\n", Status::BadRequest)]
    #[case("GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", Status::BadRequest)]
    #[case("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", Status::BadRequest)]
    #[case(
        "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
        Status::BadRequest
    )]
    #[case("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", Status::BadRequest)]
    #[case(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        Status::BadRequest
    )]
    #[case(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        Status::BodyTooLarge
    )]
    #[case("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n", Status::BodyTooLarge)]
    #[case(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        Status::NotImplemented
    )]
    #[case("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", Status::NotImplemented)]
    #[case("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", Status::MethodNotAllowed)]
    #[case("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", Status::MethodNotAllowed)]
    fn anything_else_is_refused(#[case] text: &str, #[case] status: Status) {
        assert_eq!(parse(text.as_bytes()), ParsedRequest::Invalid(status));
    }

    #[test]
    fn sizes_are_limited() {
        let endless = vec![b'a'; 10 << 20];
        assert_eq!(parse(&endless), ParsedRequest::Invalid(Status::HeadTooLarge));
        let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "a: b\r\n".repeat(MAX_HEADERS));
        assert_eq!(parse(many.as_bytes()), ParsedRequest::Invalid(Status::HeadTooLarge));
        let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(MAX_PATH_BYTES));
        assert_eq!(parse(long.as_bytes()), ParsedRequest::Invalid(Status::NotFound));
    }

    #[test]
    fn every_prefix_and_every_changed_byte_is_handled() {
        let text = b"POST /remote/command HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nContent-Length: 2\r\n\r\n{}";
        for end in 0..text.len() {
            assert_eq!(parse(&text[..end]), ParsedRequest::Incomplete, "{end}");
        }
        for at in 0..text.len() {
            for byte in 0..=u8::MAX {
                let mut changed = text.to_vec();
                changed[at] = byte;
                // It may be valid, but must not read past what arrived.
                if let ParsedRequest::Whole(_, length) = parse(&changed) {
                    assert!(length <= changed.len());
                }
            }
        }
    }
}
