//! Other machines that run a deck's code: which one, and what it needs to know.

use std::sync::Arc;

use super::jupyter::{JupyterOptions, JupyterServer};

/// The front matter's `options.remote`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RemoteOptions {
    /// The machine, as `ssh` names it; without one, blocks run here.
    pub host: Option<String>,
    /// The Python there; the default is `python3`.
    pub python: Option<String>,
    /// The folder there that code runs in; the default is one of livedeck's own.
    pub folder: Option<String>,
    /// Files and folders of the deck's folder that are copied there.
    pub sync: Vec<String>,
}

/// A machine that runs a block, with the deck's settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RemoteHost {
    /// The machine, as `ssh` names it; of a Jupyter server, its machine and port.
    pub name: Box<str>,
    /// The Python there: a name or a path without special characters.
    pub python: Box<str>,
    /// The folder there that code runs in.
    pub folder: Option<Box<str>>,
    /// What is copied there.
    pub sync: Vec<Box<str>>,
    /// The Jupyter server there whose kernels run the block, instead of programs that `ssh` starts.
    pub jupyter: Option<JupyterServer>,
}

impl RemoteOptions {
    /// Returns the machine of a block that names `host`, or none.
    pub fn host(&self, host: Option<&str>) -> Option<Arc<RemoteHost>> {
        Some(Arc::new(RemoteHost {
            name: host.or(self.host.as_deref())?.into(),
            python: self.python.as_deref().unwrap_or("python3").into(),
            folder: self.folder.as_deref().map(Into::into),
            sync: self.sync.iter().map(|path| path.as_str().into()).collect(),
            jupyter: None,
        }))
    }
}

impl RemoteHost {
    /// Returns the Jupyter server of a deck's kernels, if they do not run here.
    pub fn of_server(options: &JupyterOptions) -> Option<Arc<Self>> {
        let server = options.server()?;
        let name = server.url.place().into();
        Some(Arc::new(Self { name, jupyter: Some(server), ..Self::default() }))
    }
}

/// Returns whether a text can name a machine: it is neither an option of `ssh` nor of interest to a shell,
/// in which the user's configuration may put it.
pub fn is_host_name(text: &str) -> bool {
    let text = text.strip_prefix("ssh://").unwrap_or(text);
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "._-@:[]%".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[' || c == '_')
        && text.len() <= 255
        && text.chars().all(is_allowed)
}

/// Returns whether a text is a program's name or path that any shell passes on unchanged, except a `~` at
/// its start.
pub fn is_plain_program(text: &str) -> bool {
    let path = text.strip_prefix("~/").unwrap_or(text);
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "._+-/".contains(c);
    !path.is_empty() && !path.starts_with('-') && path.chars().all(is_allowed)
}

/// Returns whether a text is a path inside of a folder: relative, and without `..`.
pub fn is_inside_path(text: &str) -> bool {
    text == "." || text.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_is_never_an_option_or_a_shell_word() {
        for host in ["gpu", "me@gpu.example.org", "ssh://me@gpu:2222", "[::1]", "10.0.0.7", "a_b-c"]
        {
            assert!(is_host_name(host), "{host}");
        }
        let bad = ["", "-oProxyCommand=x", "a b", "a;b", "$(x)", "a'b", "a\nb", "ssh://-x", "a/b"];
        for host in bad {
            assert!(!is_host_name(host), "{host}");
        }
    }

    #[test]
    fn python_is_one_plain_word() {
        for program in ["python3", "~/venv/bin/python", "/opt/py3.12/bin/python3.12"] {
            assert!(is_plain_program(program), "{program}");
        }
        for program in ["", "-c", "a b", "~", "$HOME/python", "x;y", "a'b", "~x/python"] {
            assert!(!is_plain_program(program), "{program}");
        }
    }

    #[test]
    fn copied_paths_stay_inside() {
        for path in [".", "data", "data/a.csv", "a b/ä"] {
            assert!(is_inside_path(path), "{path}");
        }
        for path in ["", "..", "../x", "a/../b", "/etc", "a//b", "./a", "a/"] {
            assert!(!is_inside_path(path), "{path}");
        }
    }

    #[test]
    fn block_can_name_another_machine() {
        let options = RemoteOptions { host: Some("gpu".to_owned()), ..RemoteOptions::default() };
        assert_eq!(&*options.host(None).unwrap().name, "gpu");
        let other = options.host(Some("big")).unwrap();
        assert_eq!((&*other.name, &*other.python), ("big", "python3"));
        assert_eq!(RemoteOptions::default().host(None), None);
    }
}
