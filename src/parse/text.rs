//! Text made safe to show: what a terminal would obey instead of draw becomes a visible picture, so
//! that no deck can move the cursor or colour the screen by itself.

/// The text with every control character but tab and line feed replaced.
pub(super) fn clean(text: &str) -> Box<str> {
    if text.bytes().any(suspicious) { text.chars().map(visible).collect() } else { text.into() }
}

/// The start of an author's word, safe and short enough to stand in a message.
pub(super) fn excerpt(word: &str) -> String {
    const LONGEST: usize = 40;
    let word = word.trim_end();
    let line = word.lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(LONGEST).map(visible).collect();
    if line.len() < word.len() || line.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}

/// Whether a byte may be part of a control character. `0xC2` leads the 8-bit ones.
fn suspicious(byte: u8) -> bool {
    byte < b' ' && byte != b'\n' && byte != b'\t' || byte == 0x7f || byte == 0xc2
}

fn visible(c: char) -> char {
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
        assert_eq!(&*clean("a\x1b[31mb\0\x7f\u{9b}c\t\n"), "a␛[31mb␀␡\u{fffd}c\t\n");
        assert_eq!(&*clean("é¡ 🚀"), "é¡ 🚀");
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt("pause"), "pause");
        assert_eq!(excerpt("a\nb"), "a…");
        assert_eq!(excerpt(&"x".repeat(50)), format!("{}…", "x".repeat(40)));
    }
}
