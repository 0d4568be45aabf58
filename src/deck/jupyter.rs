//! A Jupyter server that runs a deck's kernels: where it is, and where its token is.

/// The port of HTTP.
const HTTP_PORT: u16 = 80;

/// The front matter's `options.jupyter`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JupyterOptions {
    /// The address of the server; without one, kernels run here.
    pub url: Option<String>,
    /// The environment variable that has its token.
    pub token_variable: Option<String>,
    /// The file that has its token.
    pub token_file: Option<String>,
}

/// A Jupyter server that runs kernels.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JupyterServer {
    /// Its address.
    pub url: ServerUrl,
    /// Where its token is.
    pub token: TokenSource,
}

/// Where the token of a server is. It is never in a deck.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TokenSource {
    /// In `$JUPYTER_TOKEN`, if it is set: the deck says nothing.
    Default,
    /// In this environment variable.
    Variable(Box<str>),
    /// In this file.
    File(Box<str>),
}

/// An address `http://HOST:PORT/PATH`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerUrl {
    /// The name or address of the machine, without the brackets of an IPv6 address.
    pub host: Box<str>,
    /// The port.
    pub port: u16,
    /// What comes before the server's own paths: empty, or with `/` at its start only.
    pub path: Box<str>,
}

impl JupyterOptions {
    /// The variable that is looked at if the deck names nothing.
    pub const TOKEN_VARIABLE: &str = "JUPYTER_TOKEN";

    /// Returns the server that runs the kernels, if they run on one.
    pub fn server(&self) -> Option<JupyterServer> {
        let url = ServerUrl::parse(self.url.as_deref()?)?;
        let token = match (&self.token_file, &self.token_variable) {
            (Some(file), _) => TokenSource::File(file.as_str().into()),
            (None, Some(name)) => TokenSource::Variable(name.as_str().into()),
            (None, None) => TokenSource::Default,
        };
        Some(JupyterServer { url, token })
    }
}

impl TokenSource {
    /// Describes it for the trust prompt.
    pub fn words(&self) -> String {
        match self {
            Self::Default => format!("token of ${}", JupyterOptions::TOKEN_VARIABLE),
            Self::Variable(name) => format!("token of ${name}"),
            Self::File(path) => format!("token in {path}"),
        }
    }
}

impl ServerUrl {
    /// Reads an address. Returns `None` if it is none, or has a query, a fragment or a user's name, which
    /// are places of tokens.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("http://")?;
        let (place, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (host, port) = split_port(place)?;
        let is_host = |c: char| c.is_ascii_alphanumeric() || "._-:%".contains(c);
        let is_path = |c: char| c.is_ascii_alphanumeric() || "._~-/@%+:".contains(c);
        let is_valid = !host.is_empty() && host.len() <= 255 && host.chars().all(is_host);
        let path = path.trim_end_matches('/');
        (is_valid && path.chars().all(is_path)).then(|| Self {
            host: host.into(),
            port,
            path: path.into(),
        })
    }

    /// Returns the machine and the port, as in an address.
    pub fn place(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// Splits a place into host and port.
fn split_port(place: &str) -> Option<(&str, u16)> {
    if let Some(rest) = place.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        return match port.strip_prefix(':') {
            Some(port) => Some((host, port.parse().ok()?)),
            None => port.is_empty().then_some((host, HTTP_PORT)),
        };
    }
    match place.split_once(':') {
        Some((host, port)) => Some((host, port.parse().ok()?)),
        None => Some((place, HTTP_PORT)),
    }
}

/// Returns whether a text is the address of a server.
pub fn is_server_url(text: &str) -> bool {
    ServerUrl::parse(text).is_some()
}

/// Returns whether a text can name an environment variable.
pub fn is_variable_name(text: &str) -> bool {
    let is_allowed = |c: char| c == '_' || c.is_ascii_alphanumeric();
    text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic()) && text.chars().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_has_host_port_and_path() {
        let parts = |text: &str| {
            let url = ServerUrl::parse(text).unwrap();
            (url.host.to_string(), url.port, url.path.to_string(), url.place())
        };
        let expected = |host: &str, port, path: &str, place: &str| {
            (host.to_owned(), port, path.to_owned(), place.to_owned())
        };
        assert_eq!(parts("http://gpu"), expected("gpu", 80, "", "gpu:80"));
        assert_eq!(
            parts("http://127.0.0.1:8888/"),
            expected("127.0.0.1", 8888, "", "127.0.0.1:8888")
        );
        assert_eq!(parts("http://[::1]:90/a/b/"), expected("::1", 90, "/a/b", "[::1]:90"));
        assert_eq!(parts("http://hub/user/me@x"), expected("hub", 80, "/user/me@x", "hub:80"));
    }

    #[test]
    fn addresses_with_tokens_or_of_other_kinds_are_refused() {
        let bad = [
            "",
            "gpu:8888",
            "https://gpu",
            "http://",
            "http://:80",
            "http://gpu:x",
            "http://gpu:99999",
            "http://me:secret@gpu",
            "http://gpu/?token=x",
            "http://gpu/#x",
            "http://g pu",
            "http://gpu/a b",
            "http://gpu\r\nX: y",
            "http://gpu/a\r\n",
            "http://[::1",
            "http://[::1]x",
            "http://g/é",
        ];
        for text in bad {
            assert!(!is_server_url(text), "{text}");
        }
    }

    #[test]
    fn token_is_in_a_file_or_a_variable() {
        let mut options =
            JupyterOptions { url: Some("http://gpu:1".to_owned()), ..Default::default() };
        let token = |options: &JupyterOptions| options.server().unwrap().token.words();
        assert_eq!(token(&options), "token of $JUPYTER_TOKEN");
        options.token_variable = Some("GPU_TOKEN".to_owned());
        assert_eq!(token(&options), "token of $GPU_TOKEN");
        options.token_file = Some("~/.gpu".to_owned());
        assert_eq!(token(&options), "token in ~/.gpu");
        assert_eq!(JupyterOptions::default().server(), None);
    }

    #[test]
    fn variable_is_one_word() {
        for name in ["JUPYTER_TOKEN", "_x1"] {
            assert!(is_variable_name(name), "{name}");
        }
        for name in ["", "1X", "A B", "$A", "Ä"] {
            assert!(!is_variable_name(name), "{name}");
        }
    }
}
