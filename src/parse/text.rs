//! An author's text on its way into the deck and into messages.

use crate::source::{visible, visible_line};

/// The text with every control character but tab and line feed replaced.
pub(super) fn clean(text: &str) -> Box<str> {
    visible(text).into()
}

/// The start of an author's word, safe and short enough to stand in a message.
pub(super) fn excerpt(word: &str) -> String {
    const LONGEST: usize = 40;
    let word = word.trim_end();
    let line = word.lines().next().unwrap_or_default();
    let short: String = line.chars().take(LONGEST).collect();
    let cut = short.len() < line.len() || line.len() < word.len();
    format!("{}{}", visible_line(&short), if cut { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt("pause"), "pause");
        assert_eq!(excerpt("a\nb"), "a…");
        assert_eq!(excerpt("a\x1bb"), "a␛b");
        assert_eq!(excerpt(&"x".repeat(50)), format!("{}…", "x".repeat(40)));
    }
}
