//! Variants of a deck: which slides are shown, by their tags.

use std::collections::BTreeSet;

/// Which slides are shown. By default, all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeckVariant {
    /// Of the slides with tags, only those with one of these; empty for all.
    pub only: Vec<String>,
    /// No slide with one of these tags.
    pub without: Vec<String>,
}

impl DeckVariant {
    /// Returns whether a slide with these tags is shown.
    pub fn shows(&self, tags: &BTreeSet<String>) -> bool {
        let has = |chosen: &[String]| chosen.iter().any(|tag| tags.contains(tag));
        let is_chosen = self.only.is_empty() || tags.is_empty() || has(&self.only);
        is_chosen && !has(&self.without)
    }

    /// Returns whether it may hide slides.
    pub fn is_partial(&self) -> bool {
        !self.only.is_empty() || !self.without.is_empty()
    }

    /// Returns its tags that are not among those of a deck.
    pub fn unknown(&self, tags: &BTreeSet<String>) -> Vec<&str> {
        let chosen = self.only.iter().chain(&self.without);
        chosen.filter(|tag| !tags.contains(*tag)).map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_choose_slides() {
        let tags = |tags: &[&str]| tags.iter().map(|&tag| tag.to_owned()).collect::<BTreeSet<_>>();
        let words = |words: &[&str]| words.iter().map(|&tag| tag.to_owned()).collect();
        let all = DeckVariant::default();
        assert!(all.shows(&tags(&["deep"])) && all.shows(&tags(&[])));
        let short = DeckVariant { only: words(&["short"]), without: words(&["draft"]) };
        assert!(short.shows(&tags(&[])));
        assert!(short.shows(&tags(&["short", "deep"])));
        assert!(!short.shows(&tags(&["deep"])));
        assert!(!short.shows(&tags(&["short", "draft"])));
        assert_eq!(short.unknown(&tags(&["short"])), ["draft"]);
    }
}
