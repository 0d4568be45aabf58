//! What a Jupyter server is asked: which kernels it has, to start one, to interrupt and to delete it. Each
//! call waits for the answer.

#![expect(clippy::disallowed_methods, reason = "the environment has the token")]

use std::env;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use super::http::{self, HttpAnswer};
use crate::deck::{JupyterOptions, JupyterServer, ServerUrl, TokenSource};
use crate::exec::kernel::KernelChoice;
use crate::files::{self, FileKind};

/// How long most answers may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long the start of a kernel may take, before the server connects to it and after.
const START_TIMEOUT: Duration = Duration::from_mins(3);

/// The most bytes of a token.
const MAX_TOKEN: usize = 1024;

/// The most characters of a server's own words in messages.
const MAX_WORDS: usize = 200;

/// A server, and what lets us in.
pub(in crate::exec::kernel) struct ServerApi {
    url: ServerUrl,
    token: Option<String>,
    source: TokenSource,
}

/// A kernel that a server can start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::exec) struct ServerSpec {
    /// Its name.
    pub(in crate::exec) name: String,
    /// Its name for people.
    pub(in crate::exec) display_name: String,
    /// The language that it runs.
    language: String,
}

/// The kernels of a server, its default first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerSpecs {
    /// The machine and the port.
    place: String,
    kernels: Vec<ServerSpec>,
}

impl ServerApi {
    /// Reads the token of a server, for a deck in `directory`. Does not connect.
    ///
    /// # Errors
    /// There is no token where the deck says: a message.
    pub(in crate::exec::kernel) fn new(
        server: &JupyterServer,
        directory: &Path,
    ) -> Result<Self, String> {
        let JupyterServer { url, token: source } = server;
        let token = read_token(source, directory)?;
        Ok(Self { url: url.clone(), token, source: source.clone() })
    }

    /// Returns the machine and the port.
    pub(in crate::exec::kernel) fn place(&self) -> String {
        self.url.place()
    }

    /// Asks for the kernels.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses: a message.
    pub(in crate::exec::kernel) fn specs(&self) -> Result<ServerSpecs, String> {
        let (answer, _) = self.ask("GET", "/api/kernelspecs", "", TIMEOUT)?;
        Ok(ServerSpecs::read(self.place(), &answer))
    }

    /// Starts a kernel. Returns its id, and the address that the server has.
    ///
    /// # Errors
    /// The server cannot be reached, or cannot start it: a message.
    pub(super) fn start(&self, name: &str) -> Result<(String, SocketAddr), String> {
        let body = json!({ "name": name }).to_string();
        let (answer, address) = self.ask("POST", "/api/kernels", &body, START_TIMEOUT)?;
        let id = answer["id"].as_str().filter(|id| is_id(id));
        let id = id.ok_or_else(|| format!("{} started no kernel", self.words()))?;
        Ok((id.to_owned(), address))
    }

    /// Interrupts what a kernel runs.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses: a message.
    pub(super) fn interrupt(&self, id: &str) -> Result<(), String> {
        self.ask("POST", &format!("/api/kernels/{id}/interrupt"), "", TIMEOUT).map(drop)
    }

    /// Ends a kernel. One that is gone already is no error.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses: a message.
    pub(super) fn delete(&self, id: &str) -> Result<(), String> {
        let request = self.delete_request(id);
        let (answer, _) = http::exchange(&self.url, &request, TIMEOUT)
            .map_err(|error| self.unreachable(&error))?;
        if answer.status == 404 { Ok(()) } else { self.check(&answer).map(drop) }
    }

    /// Returns the request that ends a kernel.
    pub(super) fn delete_request(&self, id: &str) -> Vec<u8> {
        self.request("DELETE", &format!("/api/kernels/{id}"), "")
    }

    /// Connects to the messages of a kernel. Returns the connection, and what was received behind the
    /// switch to a WebSocket. The server answers once it has reached the kernel.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses: a message.
    pub(super) fn channels(&self, id: &str, session: &str) -> Result<(TcpStream, Vec<u8>), String> {
        let unreachable = |error| self.unreachable(&error);
        let key = files::random_bytes::<16>().map_err(unreachable)?;
        let key = base64::engine::general_purpose::STANDARD.encode(key);
        let authorization = self.authorization();
        let mut headers = vec![
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", &*key),
        ];
        headers.extend(authorization.as_deref().map(|value| ("Authorization", value)));
        let path = format!("/api/kernels/{id}/channels?session_id={session}");
        let request = http::request(&self.url, ("GET", &path), &headers, "");
        let mut stream = http::connect(&self.url).map_err(unreachable)?;
        io::Write::write_all(&mut stream, &request).map_err(unreachable)?;
        // The header that confirms the key tells old proxies apart, which do not know of WebSockets; the
        // status does so, too.
        let (head, rest) = http::read_head(&mut stream, START_TIMEOUT).map_err(unreachable)?;
        let is_switched = head.status == 101
            && head.header("upgrade").is_some_and(|it| it.eq_ignore_ascii_case("websocket"));
        if !is_switched {
            self.check(&HttpAnswer { status: head.status, body: Vec::new() })?;
            return Err(format!("{} has no WebSocket for its kernels", self.words()));
        }
        Ok((stream, rest))
    }

    /// Sends a request. Returns the answer's JSON.
    fn ask(
        &self,
        method: &str,
        path: &str,
        body: &str,
        timeout: Duration,
    ) -> Result<(Value, SocketAddr), String> {
        let request = self.request(method, path, body);
        let (answer, address) = http::exchange(&self.url, &request, timeout)
            .map_err(|error| self.unreachable(&error))?;
        let body = self.check(&answer)?;
        Ok((serde_json::from_slice(body).unwrap_or_default(), address))
    }

    fn request(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        let authorization = self.authorization();
        let mut headers = vec![("Connection", "close"), ("Accept", "application/json")];
        headers.extend(authorization.as_deref().map(|value| ("Authorization", value)));
        http::request(&self.url, (method, path), &headers, body)
    }

    fn authorization(&self) -> Option<String> {
        self.token.as_ref().map(|token| format!("token {token}"))
    }

    /// Returns the body of an answer that is a success.
    fn check<'a>(&self, answer: &'a HttpAnswer) -> Result<&'a [u8], String> {
        let HttpAnswer { status, body } = answer;
        if (200..300).contains(status) {
            return Ok(body);
        }
        // A server without an answer for strangers sends them to its login.
        if matches!(status, 302 | 401 | 403) {
            return Err(match &self.token {
                Some(_) => format!("{} refuses the {}", self.words(), self.source.words()),
                None => format!(
                    "{} wants a token: set `${}`, or name a variable or a file with \
                     `options.jupyter.token_env` or `token_file`",
                    self.words(),
                    JupyterOptions::TOKEN_VARIABLE
                ),
            });
        }
        let said = serde_json::from_slice::<Value>(body).unwrap_or_default();
        let said = said["message"].as_str().or(said["reason"].as_str()).unwrap_or_default();
        let said: String = said.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect();
        let said = if said.is_empty() { said } else { format!(" ({said})") };
        Err(format!("{} answers with status {status}{said}", self.words()))
    }

    fn unreachable(&self, error: &io::Error) -> String {
        format!("{} cannot be reached: {error}", self.words())
    }

    fn words(&self) -> String {
        format!("the Jupyter server at `{}`", self.place())
    }
}

impl ServerSpecs {
    /// Reads the answer of a server at this place.
    fn read(place: String, answer: &Value) -> Self {
        let text = |spec: &Value, key: &str| {
            let text = spec["spec"][key].as_str().unwrap_or_default();
            text.chars().filter(|c| !c.is_control()).collect::<String>()
        };
        let kernels = answer["kernelspecs"].as_object().into_iter().flatten();
        let mut kernels: Vec<ServerSpec> = kernels
            .map(|(name, spec)| ServerSpec {
                name: name.clone(),
                display_name: text(spec, "display_name"),
                language: text(spec, "language"),
            })
            .collect();
        let default = answer["default"].as_str().unwrap_or_default();
        kernels.sort_by(|one, other| {
            (one.name != default, &one.name).cmp(&(other.name != default, &other.name))
        });
        Self { place, kernels }
    }

    /// Returns the kernel that a block asks for.
    ///
    /// # Errors
    /// There is none: a message.
    pub(in crate::exec) fn get(&self, choice: &KernelChoice) -> Result<&ServerSpec, String> {
        let kernels = || self.kernels.iter().map(|spec| (&*spec.name, &*spec.language));
        let found = choice.find(kernels()).and_then(|at| self.kernels.get(at));
        found.ok_or_else(|| choice.missing(kernels(), &format!(" on `{}`", self.place)))
    }

    /// Lists the kernels for people.
    pub fn words(&self) -> String {
        let kernels = self.kernels.iter();
        let kernels = kernels.map(|spec| format!("{} ({})", spec.name, spec.display_name));
        match kernels.collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => "no kernels".to_owned(),
            kernels => kernels,
        }
    }
}

/// Returns whether a text can be a kernel's id: it is part of paths.
fn is_id(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    (1..=64).contains(&text.len()) && text.chars().all(is_allowed)
}

/// Reads a token.
fn read_token(source: &TokenSource, directory: &Path) -> Result<Option<String>, String> {
    let (what, text) = match source {
        TokenSource::Default => {
            let found = env::var(JupyterOptions::TOKEN_VARIABLE).ok();
            match found.filter(|token| !token.trim().is_empty()) {
                Some(token) => (format!("`${}`", JupyterOptions::TOKEN_VARIABLE), token),
                None => return Ok(None),
            }
        }
        TokenSource::Variable(name) => {
            let missing = |_| format!("the Jupyter server's token is missing: set `${name}`");
            (format!("`${name}`"), env::var(&**name).map_err(missing)?)
        }
        TokenSource::File(path) => {
            let file = match path.strip_prefix("~/") {
                Some(rest) => env::home_dir().unwrap_or_default().join(rest),
                None => directory.join(&**path),
            };
            let missing = |error| format!("the Jupyter server's token is missing: {error}");
            (format!("`{path}`"), files::read_text(&file, FileKind::Text).map_err(missing)?)
        }
    };
    let token = text.trim();
    // It becomes part of a header.
    if token.is_empty()
        || token.len() > MAX_TOKEN
        || !token.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return Err(format!("{what} has no token of a Jupyter server: a token is one word"));
    }
    Ok(Some(token.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(token: Option<&str>) -> ServerApi {
        ServerApi {
            url: ServerUrl::parse("http://gpu:90").unwrap(),
            token: token.map(str::to_owned),
            source: TokenSource::Variable("GPU".into()),
        }
    }

    #[test]
    fn kernels_are_listed_with_the_default_first() {
        let spec = |name: &str, language: &str| json!({ "name": name, "spec": { "display_name": format!("The {name}"), "language": language } });
        let answer = json!({ "default": "python3", "kernelspecs": {
            "ir": spec("ir", "R"), "conda": spec("conda", "python"), "python3": spec("python3", "python") } });
        let specs = ServerSpecs::read("gpu:90".to_owned(), &answer);
        assert_eq!(specs.words(), "python3 (The python3), conda (The conda), ir (The ir)");
        let get = |choice| specs.get(&choice).map(|spec| spec.name.clone());
        assert_eq!(get(KernelChoice::Language("python".to_owned())), Ok("python3".to_owned()));
        assert_eq!(get(KernelChoice::Named("IR".to_owned())), Ok("ir".to_owned()));
        let expected =
            "there is no kernel `ri` on `gpu:90`: installed: `python3`, `conda`, `ir`".to_owned();
        let why = get(KernelChoice::Named("ri".to_owned()));
        assert!(why == Err(expected) || why.unwrap_err().ends_with("did you mean `ir`?"));
        let none = ServerSpecs::read("gpu:90".to_owned(), &json!([]));
        let why = none.get(&KernelChoice::Language("r".to_owned())).unwrap_err();
        assert_eq!(why, "there is no kernel for `r` on `gpu:90`: no kernel is installed");
    }

    #[test]
    fn refusals_are_explained() {
        let why = |token, status, body: &str| {
            let answer = HttpAnswer { status, body: body.as_bytes().to_vec() };
            api(token).check(&answer).unwrap_err()
        };
        let server = "the Jupyter server at `gpu:90`";
        assert_eq!(why(Some("x"), 403, ""), format!("{server} refuses the token of $GPU"));
        assert!(
            why(None, 302, "")
                .starts_with(&format!("{server} wants a token: set `$JUPYTER_TOKEN`"))
        );
        assert_eq!(
            why(None, 500, r#"{"message": "no\u001b kernel"}"#),
            format!("{server} answers with status 500 (no kernel)")
        );
        assert_eq!(why(None, 404, "<html>"), format!("{server} answers with status 404"));
    }

    #[test]
    fn token_is_one_word_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            std::fs::write(folder.path().join("token"), text).unwrap();
            read_token(&TokenSource::File("token".into()), folder.path())
        };
        assert_eq!(read("abc\n"), Ok(Some("abc".to_owned())));
        for bad in ["", "\n", "a b", "a\r\nX: y", "é"] {
            let why = read(bad).unwrap_err();
            assert_eq!(
                why, "`token` has no token of a Jupyter server: a token is one word",
                "{bad}"
            );
        }
        let missing = read_token(&TokenSource::File("none".into()), folder.path()).unwrap_err();
        assert!(missing.starts_with("the Jupyter server's token is missing: "), "{missing}");
        let missing = read_token(&TokenSource::Variable("LIVEDECK_NONE".into()), folder.path());
        let expected = "the Jupyter server's token is missing: set `$LIVEDECK_NONE`";
        assert_eq!(missing, Err(expected.to_owned()));
    }

    #[test]
    fn id_fits_into_a_path() {
        assert!(is_id("a0c4-1_"));
        for id in ["", "a/b", "..", "a b", "é"] {
            assert!(!is_id(id), "{id}");
        }
    }
}
