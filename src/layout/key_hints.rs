//! The keys mentioned in status lines. Layout does not know the key bindings; unbound keys are not
//! mentioned.

/// Readable key names; empty if not bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHints {
    /// The key that runs a slide's code: `ctrl-e`.
    pub run: String,
    /// The keys that focus a block's input: `tab, enter`.
    pub enter: String,
}

impl Default for KeyHints {
    fn default() -> Self {
        Self { run: "ctrl-e".to_owned(), enter: "tab, enter".to_owned() }
    }
}

/// Appends a key, if it is bound, to `words`.
pub(super) fn with_key(words: &str, key: &str) -> String {
    if key.is_empty() { words.to_owned() } else { format!("{words} · {key}") }
}
