//! The secret of the remote: random for each talk, compared in constant time.

use std::fmt;
use std::hint::black_box;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::files::random_bytes;

/// The number of random bytes.
const TOKEN_BYTES: usize = 16;

/// The secret of a talk's remote.
#[derive(Clone)]
pub(super) struct RemoteToken(String);

impl RemoteToken {
    /// Creates a token of random bytes.
    ///
    /// # Errors
    /// The operating system has no random bytes.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(URL_SAFE_NO_PAD.encode(random_bytes::<TOKEN_BYTES>()?)))
    }

    /// Returns whether a text is the token. The time that it takes does not depend on the text's characters.
    pub(super) fn matches(&self, text: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), text.as_bytes());
        if own.len() != other.len() {
            return false;
        }
        let difference = own.iter().zip(other).fold(0, |all, (a, b)| black_box(all | (a ^ b)));
        black_box(difference) == 0
    }

    /// Returns the token as it is in the address of the remote.
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// Never shows the secret.
impl fmt::Debug for RemoteToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RemoteToken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_random_and_matches_itself_only() {
        let (one, other) = (RemoteToken::new().unwrap(), RemoteToken::new().unwrap());
        assert_eq!(one.text().len(), 22);
        assert!(one.matches(one.text()) && !one.matches(other.text()));
        let mut last = one.text().to_owned();
        let replaced = if last.pop() == Some('A') { 'Q' } else { 'A' };
        last.push(replaced);
        assert!(!one.matches(&last) && !one.matches("") && !one.matches(&one.text()[1..]));
        assert_eq!(format!("{one:?}"), "RemoteToken");
    }
}
