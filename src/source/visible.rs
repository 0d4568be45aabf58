//! Makes text safe to show: control characters become visible symbols, which keeps decks, file
//! names and messages from moving the cursor or changing colours. Invisible characters become
//! visible marks (`invisible`).
//!
//! This is the only place that decides this. Deck text passes through it when parsed, messages when
//! a diagnostic is created, paths when they are shown.

use std::borrow::Cow;

use super::invisible::{TextKind, mark_invisible};

/// Replaces control characters other than tab and line feed, and invisible characters that prose
/// does not need.
pub fn visible(text: &str) -> Cow<'_, str> {
    visible_as(TextKind::Prose, text)
}

/// As [`visible`], for code: invisible characters that only scripts need are also replaced.
pub fn visible_code(text: &str) -> Cow<'_, str> {
    visible_as(TextKind::Code, text)
}

fn visible_as(kind: TextKind, text: &str) -> Cow<'_, str> {
    match mark_invisible(kind, None, text) {
        Cow::Borrowed(text) => without_controls(text),
        Cow::Owned(text) => without_controls(&text).into_owned().into(),
    }
}

fn without_controls(text: &str) -> Cow<'_, str> {
    if text.bytes().any(may_be_control) {
        text.chars().map(control_picture).collect::<String>().into()
    } else {
        text.into()
    }
}

/// As [`visible`], for a single line: tabs and line feeds are also replaced.
pub fn visible_line(text: &str) -> Cow<'_, str> {
    match visible(text) {
        text if text.contains(['\n', '\t']) => {
            text.replace('\n', "\u{240a}").replace('\t', "\u{2409}").into()
        }
        text => text,
    }
}

/// Returns the start of an author's text, on one line and short enough for a message.
pub fn excerpt(word: &str) -> String {
    const MAX_EXCERPT: usize = 40;
    let word = word.trim_end();
    let line = word.lines().next().unwrap_or_default();
    let short: String = line.chars().take(MAX_EXCERPT).collect();
    let cut = short.len() < line.len() || line.len() < word.len();
    format!("{}{}", visible_line(&short), if cut { "…" } else { "" })
}

/// Returns whether a byte may be part of a control character. `0xC2` starts the 8-bit ones.
fn may_be_control(byte: u8) -> bool {
    byte < b' ' && byte != b'\n' && byte != b'\t' || byte == 0x7f || byte == 0xc2
}

/// Returns the symbol of a control character, or the replacement character for 8-bit ones, which
/// have no symbol.
fn control_picture(c: char) -> char {
    match c {
        '\n' | '\t' => c,
        '\0'..='\x1f' => char::from_u32(0x2400 + c as u32).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}' => char::REPLACEMENT_CHARACTER,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_pictures() {
        assert_eq!(visible("a\x1b[31mb\0\x7f\u{9b}c\t\n"), "a␛[31mb␀␡\u{fffd}c\t\n");
        assert_eq!(visible_line("a\tb\nc\r"), "a␉b␊c␍");
        assert!(matches!(visible("é¡ 🚀"), Cow::Owned(text) if text == "é¡ 🚀"));
        assert!(matches!(visible_line("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn invisible_characters_become_marks() {
        assert_eq!(visible("a\u{202e}b\x1b👩\u{200d}👧"), "a⇄b␛👩\u{200d}👧");
        assert_eq!(
            visible_code("a\u{202e}b\x1b👩\u{200d}👧\tमी\u{200c}म"),
            "a⇄b␛👩\u{200d}👧\tमी\u{fffd}म"
        );
        assert!(matches!(visible_code("é 日本"), Cow::Borrowed(_)));
    }

    #[test]
    fn excerpt_is_one_short_line() {
        assert_eq!(excerpt("pause"), "pause");
        assert_eq!(excerpt("a\nb"), "a…");
        assert_eq!(excerpt("a\x1bb"), "a␛b");
        assert_eq!(excerpt(&"x".repeat(50)), format!("{}…", "x".repeat(40)));
    }

    #[test]
    fn control_characters_are_removed() {
        let all: String = ('\0'..='\u{a0}').collect();
        assert!(!visible_line(&all).contains(char::is_control));
    }
}
