//! A running talk, as the name of its socket describes it.

use std::path::PathBuf;

/// A talk with a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningTalk {
    /// The socket.
    pub socket: PathBuf,
    /// The deck's name, shortened.
    pub name: String,
    /// The process.
    pub pid: u32,
    /// The hash of the deck's path.
    pub(super) hash: String,
}

impl RunningTalk {
    /// Reads the name of a socket.
    pub(super) fn of(socket: PathBuf) -> Option<Self> {
        let stem = socket.file_name()?.to_str()?.strip_suffix(".sock")?;
        let (rest, pid) = stem.rsplit_once('-')?;
        let (name, hash) = rest.rsplit_once('-')?;
        let (name, hash) = (name.to_owned(), hash.to_owned());
        Some(Self { name, hash, pid: pid.parse().ok()?, socket })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn socket_names_are_read_back() {
        let talk = RunningTalk::of("/run/x/my-talk-0123abcd-77.sock".into()).unwrap();
        assert_eq!((talk.name.as_str(), talk.pid, talk.hash.as_str()), ("my-talk", 77, "0123abcd"));
        for other in ["/run/x/notes.txt", "/run/x/a.sock", "/run/x/a-b-c.sock"] {
            assert_eq!(RunningTalk::of(other.into()), None, "{other}");
        }
    }
}
