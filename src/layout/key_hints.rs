//! What the keys are called that status lines speak of: layout knows no bindings, and what is not
//! bound is not spoken of.

/// Keys as people say them; empty where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHints {
    /// What runs a slide's code: `ctrl-e`.
    pub run: String,
    /// What gives a block the keys: `tab, enter`.
    pub enter: String,
}

impl Default for KeyHints {
    fn default() -> Self {
        Self { run: "ctrl-e".to_owned(), enter: "tab, enter".to_owned() }
    }
}

/// Words with a key behind them, if there is one.
pub(super) fn with_key(words: &str, key: &str) -> String {
    if key.is_empty() { words.to_owned() } else { format!("{words} · {key}") }
}
