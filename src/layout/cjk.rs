//! Line breaking of Chinese and Japanese text, which has no spaces: between any two characters, but
//! not before closing or after opening punctuation.

/// Characters that cannot start a row.
const CLOSING: &str =
    "、。，．・：；！？）］｝〉》」』】〕〗ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々…‥～";

/// Characters that cannot end a row.
const OPENING: &str = "（［｛〈《「『【〔〖";

/// Returns the last position at or before byte `most` of `text` where a row may end between two
/// ideographs or kana, or `None` if there is none after the last space.
pub(super) fn break_in(text: &str, most: usize) -> Option<usize> {
    let mut at = most;
    loop {
        let before = text[..at].chars().next_back();
        let after = text[at..].chars().next()?;
        match before {
            Some(before) if may_break(before, after) => return Some(at),
            None | Some(' ') => return None,
            Some(before) => at -= before.len_utf8(),
        }
    }
}

fn may_break(before: char, after: char) -> bool {
    is_wide(before) && is_wide(after) && !CLOSING.contains(after) && !OPENING.contains(before)
}

/// Returns whether a character belongs to a script without spaces.
fn is_wide(c: char) -> bool {
    matches!(c,
        '\u{3000}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}'
        | '\u{20000}'..='\u{3ffff}' | '…' | '‥')
}
