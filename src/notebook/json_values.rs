//! nbformat values that cells and outputs share: texts, which may be lists of lines, and base64.

use base64::Engine;
use serde::Deserialize;

/// A text, or its lines.
#[derive(Default, Deserialize)]
#[serde(untagged)]
pub(super) enum MultilineText {
    #[default]
    None,
    Text(String),
    Lines(Vec<String>),
}

impl MultilineText {
    /// Returns the text.
    pub(super) fn join(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Text(text) => text,
            Self::Lines(lines) => lines.concat(),
        }
    }
}

/// Decodes base64, which Jupyter breaks into lines.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_ascii_whitespace().collect();
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}
