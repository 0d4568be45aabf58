//! Cache of highlighted code, by language and code: a slide is drawn many times, highlighted once.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::HighlightedCode;

/// Number of blocks kept; the oldest is dropped first.
const MAX_BLOCKS: usize = 512;

/// Highlighted blocks, the newest first.
#[derive(Default)]
pub(super) struct HighlightCache {
    blocks: VecDeque<CachedBlock>,
}

struct CachedBlock {
    hash: u64,
    language: Box<str>,
    code: Box<str>,
    lines: HighlightedCode,
}

impl HighlightCache {
    /// Returns the cached lines of this code.
    pub(super) fn get(&self, language: &str, code: &str) -> Option<HighlightedCode> {
        let hash = hash(language, code);
        let same = |block: &&CachedBlock| {
            block.hash == hash && *block.language == *language && *block.code == *code
        };
        self.blocks.iter().find(same).map(|block| block.lines.clone())
    }

    /// Stores the lines of this code.
    pub(super) fn insert(&mut self, language: &str, code: &str, lines: HighlightedCode) {
        self.blocks.truncate(MAX_BLOCKS - 1);
        let hash = hash(language, code);
        self.blocks.push_front(CachedBlock {
            hash,
            language: language.into(),
            code: code.into(),
            lines,
        });
    }
}

fn hash(language: &str, code: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (language, code).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use ratatui::text::Line;

    use super::*;

    #[test]
    fn oldest_block_is_dropped_first() {
        let mut cache = HighlightCache::default();
        let lines = |text: &str| HighlightedCode::plain(vec![Line::raw(text.to_owned())]);
        for number in 0..=MAX_BLOCKS {
            let code = number.to_string();
            cache.insert("rust", &code, lines(&code));
        }
        assert_eq!(cache.blocks.len(), MAX_BLOCKS);
        assert_eq!(cache.get("rust", "0"), None);
        assert_eq!(cache.get("rust", "1"), Some(lines("1")));
        assert_eq!(cache.get("python", "1"), None);
    }
}
