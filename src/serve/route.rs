//! Decides what a request gets: a pure function of the request and the token.

use std::net::IpAddr;

use super::request::{HttpRequest, Method};
use super::response::Status;
use super::token::RemoteToken;
use crate::control::TalkCall;

/// The path of pictures.
pub(super) const PICTURE_PATH: &str = "/picture/";

/// What a request gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The page that mirrors the slide.
    Mirror,
    /// The states of the mirror.
    MirrorStates,
    /// A picture of the slide, by its hash.
    Picture(String),
    /// A file of the program.
    Asset(Asset),
    /// The states of the remote.
    RemoteStates,
    /// A command of the remote.
    Command(TalkCall),
}

/// A file of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asset {
    MirrorScript,
    SlideStyle,
    Remote,
    RemoteScript,
    RemoteStyle,
    /// What both scripts use.
    LinkScript,
}

/// Decides what a request gets.
///
/// # Errors
/// It gets nothing, and why.
pub(super) fn route(request: &HttpRequest, token: &RemoteToken) -> Result<Route, Status> {
    // A page of another site whose name was made to point to us must not read anything.
    if !is_own_name(&request.host) {
        return Err(Status::WrongHost);
    }
    let is_same_origin = match request.origin.as_deref() {
        Some(origin) => origin.strip_prefix("http://") == Some(request.host.as_str()),
        None => true,
    };
    let route = match &*request.path {
        "/" => Route::Mirror,
        "/events" => Route::MirrorStates,
        "/mirror.js" => Route::Asset(Asset::MirrorScript),
        "/slide.css" => Route::Asset(Asset::SlideStyle),
        "/link.js" => Route::Asset(Asset::LinkScript),
        "/remote" => Route::Asset(Asset::Remote),
        "/remote.js" => Route::Asset(Asset::RemoteScript),
        "/remote.css" => Route::Asset(Asset::RemoteStyle),
        "/remote/events" | "/remote/command" => return for_remote(request, is_same_origin, token),
        path => match path.strip_prefix(PICTURE_PATH) {
            Some(hash) => Route::Picture(hash.to_owned()),
            None => return Err(Status::NotFound),
        },
    };
    let is_stream = matches!(route, Route::MirrorStates);
    match request.method {
        Method::Post => Err(Status::MethodNotAllowed),
        Method::Head if is_stream => Err(Status::MethodNotAllowed),
        _ if !request.body.is_empty() => Err(Status::BadRequest),
        _ if !is_same_origin => Err(Status::Forbidden),
        _ => Ok(route),
    }
}

/// Decides what a request to the remote gets.
fn for_remote(
    request: &HttpRequest,
    is_same_origin: bool,
    token: &RemoteToken,
) -> Result<Route, Status> {
    if !is_same_origin || !request.token.as_deref().is_some_and(|text| token.matches(text)) {
        return Err(Status::Forbidden);
    }
    match (request.method, &*request.path) {
        (Method::Get, "/remote/events") => Ok(Route::RemoteStates),
        (Method::Post, "/remote/command") => command(&request.body).map(Route::Command),
        _ => Err(Status::MethodNotAllowed),
    }
}

/// Reads a command. The remote has fewer than the control socket: none that reads files or asks anything on the
/// talk's screen.
fn command(body: &[u8]) -> Result<TalkCall, Status> {
    let call = serde_json::from_slice::<TalkCall>(body).map_err(|_| Status::BadRequest)?;
    match call {
        TalkCall::Next
        | TalkCall::Back
        | TalkCall::NextSlide
        | TalkCall::PreviousSlide
        | TalkCall::First
        | TalkCall::Last
        | TalkCall::Go { .. }
        | TalkCall::Run { .. }
        | TalkCall::Stop
        | TalkCall::Blank { .. }
        | TalkCall::Timer { .. } => Ok(call),
        TalkCall::Reload | TalkCall::State | TalkCall::Watch => Err(Status::Forbidden),
    }
}

/// Returns whether a host is an IP address or `localhost`: those cannot be names of other sites.
fn is_own_name(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, rest)) => (name, rest.strip_prefix(':').unwrap_or(rest)),
        None => host.split_once(':').unwrap_or((host, "")),
    };
    let is_port = port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = name.parse::<IpAddr>().is_ok() || name.eq_ignore_ascii_case("localhost");
    is_port && is_name
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn request(method: Method, path: &str) -> HttpRequest {
        HttpRequest {
            method,
            path: path.to_owned(),
            host: "127.0.0.1:8642".to_owned(),
            origin: None,
            token: None,
            is_last: false,
            body: Vec::new(),
        }
    }

    #[rstest]
    #[case("/", Ok(Route::Mirror))]
    #[case("/events", Ok(Route::MirrorStates))]
    #[case("/remote", Ok(Route::Asset(Asset::Remote)))]
    #[case("/picture/12ab", Ok(Route::Picture("12ab".to_owned())))]
    #[case("/picture/../../etc/passwd", Ok(Route::Picture("../../etc/passwd".to_owned())))]
    #[case("/../etc/passwd", Err(Status::NotFound))]
    #[case("/%2e%2e/etc/passwd", Err(Status::NotFound))]
    #[case("//", Err(Status::NotFound))]
    #[case("/remote/", Err(Status::NotFound))]
    #[case("/remote/events", Err(Status::Forbidden))]
    #[case("/remote/command", Err(Status::Forbidden))]
    #[case("/talk.md", Err(Status::NotFound))]
    fn paths_are_names(#[case] path: &str, #[case] expected: Result<Route, Status>) {
        assert_eq!(route(&request(Method::Get, path), &RemoteToken::new().unwrap()), expected);
    }

    #[rstest]
    #[case("127.0.0.1:8642", true)]
    #[case("127.0.0.1", true)]
    #[case("localhost:9000", true)]
    #[case("LocalHost", true)]
    #[case("[::1]:8642", true)]
    #[case("192.168.1.7:8642", true)]
    #[case("evil.example:8642", false)]
    #[case("127.0.0.1.evil.example", false)]
    #[case("localhost.evil.example", false)]
    #[case("localhost@evil.example", false)]
    #[case("127.0.0.1:8642:1", false)]
    #[case("127.0.0.1:http", false)]
    #[case("[::1]evil", false)]
    #[case("[localhost", false)]
    #[case("", false)]
    fn names_of_other_sites_are_refused(#[case] host: &str, #[case] is_own: bool) {
        assert_eq!(is_own_name(host), is_own);
        let request = HttpRequest { host: host.to_owned(), ..request(Method::Get, "/") };
        let expected = if is_own { Ok(Route::Mirror) } else { Err(Status::WrongHost) };
        assert_eq!(route(&request, &RemoteToken::new().unwrap()), expected);
    }

    #[rstest]
    #[case(r#"{"command":"next"}"#, Ok(TalkCall::Next))]
    #[case(r#"{"command":"go","slide":2}"#, Ok(TalkCall::Go { slide: 2, step: None }))]
    #[case(r#"{"command":"run","block":1}"#, Ok(TalkCall::Run { block: Some(1) }))]
    #[case(r#"{"command":"reload"}"#, Err(Status::Forbidden))]
    #[case(r#"{"command":"watch"}"#, Err(Status::Forbidden))]
    #[case(r#"{"command":"quit"}"#, Err(Status::BadRequest))]
    #[case("next", Err(Status::BadRequest))]
    #[case("", Err(Status::BadRequest))]
    fn holder_of_the_token_commands(
        #[case] body: &str,
        #[case] expected: Result<TalkCall, Status>,
    ) {
        let token = RemoteToken::new().unwrap();
        let command = HttpRequest {
            token: Some(token.text().to_owned()),
            origin: Some("http://127.0.0.1:8642".to_owned()),
            body: body.as_bytes().to_vec(),
            ..request(Method::Post, "/remote/command")
        };
        assert_eq!(route(&command, &token), expected.map(Route::Command));
        for changed in [
            HttpRequest { token: None, ..command.clone() },
            HttpRequest { token: Some(String::new()), ..command.clone() },
            HttpRequest {
                token: Some(RemoteToken::new().unwrap().text().to_owned()),
                ..command.clone()
            },
            HttpRequest { origin: Some("http://evil.example".to_owned()), ..command.clone() },
            HttpRequest { origin: Some("https://127.0.0.1:8642".to_owned()), ..command.clone() },
            HttpRequest { origin: Some("http://127.0.0.1".to_owned()), ..command.clone() },
            HttpRequest { origin: Some("null".to_owned()), ..command.clone() },
        ] {
            assert_eq!(route(&changed, &token), Err(Status::Forbidden), "{changed:?}");
        }
        let by_get = HttpRequest { method: Method::Get, ..command };
        assert_eq!(route(&by_get, &token), Err(Status::MethodNotAllowed));
    }

    #[test]
    fn viewers_only_read() {
        let token = RemoteToken::new().unwrap();
        for path in ["/", "/events", "/remote", "/picture/1"] {
            assert_eq!(route(&request(Method::Post, path), &token), Err(Status::MethodNotAllowed));
        }
        let other = HttpRequest {
            origin: Some("http://evil.example".to_owned()),
            ..request(Method::Get, "/")
        };
        assert_eq!(route(&other, &token), Err(Status::Forbidden));
    }
}
