//! The reasons why a file cannot be read, as data: pure code reports them, the shell (`files`)
//! determines them.

use std::io;

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// The file does not exist.
    Missing,
    /// It is a folder.
    Folder,
    /// The user has no permission to read it.
    Denied,
    /// It is neither a file nor a folder: the kind, such as `named pipe`, `device`, `socket`.
    Special(&'static str),
    /// It exceeds the size limit for its kind.
    TooLarge {
        /// Its kind, as a plural: `texts`, `pictures`.
        kind: &'static str,
        /// The limit in bytes.
        max_bytes: u64,
    },
    /// The files of the deck together exceed their size limit.
    TooMuch {
        /// The limit in bytes.
        max_bytes: u64,
    },
    /// It was not read before the deadline.
    TooSlow,
    /// It is a text that is not UTF-8.
    NotText,
    /// Any other error, as reported by the system.
    Other(String),
}

impl ReadError {
    /// Returns how to fix it, where the message does not say so.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Folder | Self::Special(_) => {
                Some("only regular files, and links to them, can be read")
            }
            Self::Denied => Some("check the permissions of the file and of its folders"),
            Self::TooLarge { .. } | Self::TooMuch { .. } => Some("use smaller files"),
            Self::TooSlow => Some("copy the file to a faster disk"),
            Self::NotText => Some("save the file as UTF-8"),
            Self::Missing | Self::Other(_) => None,
        }
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no such file"),
            Self::Folder => f.write_str("it is a folder"),
            Self::Denied => f.write_str("permission denied"),
            Self::Special(kind) => write!(f, "it is a {kind}, not a file"),
            Self::TooLarge { kind, max_bytes } => {
                write!(f, "it is larger than {} MiB, the limit for {kind}", max_bytes >> 20)
            }
            Self::TooMuch { max_bytes } => {
                let limit = max_bytes >> 20;
                write!(
                    f,
                    "the files of the deck are larger than {limit} MiB, the limit for all of them"
                )
            }
            Self::TooSlow => f.write_str("reading it took too long"),
            Self::NotText => f.write_str("it is not UTF-8 text"),
            Self::Other(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // A path through a regular file names nothing.
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            io::ErrorKind::IsADirectory => Self::Folder,
            io::ErrorKind::PermissionDenied => Self::Denied,
            _ => {
                let text = error.to_string();
                // The system's error number does not help an author.
                Self::Other(text.split(" (os error").next().unwrap_or_default().to_owned())
            }
        }
    }
}

impl From<ReadError> for io::Error {
    fn from(error: ReadError) -> Self {
        let kind = match error {
            ReadError::Missing => io::ErrorKind::NotFound,
            ReadError::Folder => io::ErrorKind::IsADirectory,
            ReadError::Denied => io::ErrorKind::PermissionDenied,
            ReadError::TooLarge { .. } | ReadError::TooMuch { .. } => io::ErrorKind::FileTooLarge,
            ReadError::TooSlow => io::ErrorKind::TimedOut,
            ReadError::NotText => io::ErrorKind::InvalidData,
            ReadError::Special(_) | ReadError::Other(_) => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_errors_read_plainly() {
        let why = |number| ReadError::from(io::Error::from_raw_os_error(number)).to_string();
        assert_eq!(why(2), "there is no such file");
        assert_eq!(why(13), "permission denied");
        assert_eq!(why(20), "there is no such file");
        assert_eq!(why(21), "it is a folder");
        assert!(!why(5).contains("os error"), "{}", why(5));
    }

    #[test]
    fn an_io_error_keeps_message() {
        let error = ReadError::TooLarge { kind: "texts", max_bytes: 16 << 20 };
        let message = "it is larger than 16 MiB, the limit for texts";
        assert_eq!(io::Error::from(error).to_string(), message);
    }
}
