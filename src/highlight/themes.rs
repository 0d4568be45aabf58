//! Highlight themes by name: syntect's own and bat's, each unpacked when it is first asked for.

use std::sync::OnceLock;

use syntect::highlighting::Theme;
use two_face::theme::{EmbeddedLazyThemeSet, EmbeddedThemeName, extra};

/// Names that decks use for a theme of another name: bat's set has nothing nearer.
const ALIASES: [(&str, EmbeddedThemeName); 1] =
    [("Visual Studio Dark+", EmbeddedThemeName::TwoDark)];

/// The names of all highlight themes.
pub fn names() -> impl Iterator<Item = &'static str> {
    EmbeddedLazyThemeSet::theme_names().iter().map(|name| name.as_name())
}

/// The theme of this name, spelt however: `catppuccin-latte` is `Catppuccin Latte`.
pub(super) fn find(name: &str) -> Option<&'static Theme> {
    static THEMES: OnceLock<EmbeddedLazyThemeSet> = OnceLock::new();
    let wanted = letters(name);
    let own = EmbeddedLazyThemeSet::theme_names().iter().map(|&name| (name.as_name(), name));
    let (_, found) = own.chain(ALIASES).find(|(known, _)| letters(known) == wanted)?;
    Some(THEMES.get_or_init(extra).get(found))
}

/// What of a name matters: `Solarized (dark)` and `solarized-dark` are one.
fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_theme() {
        for name in names() {
            assert!(find(name).is_some(), "{name}");
        }
        assert_eq!(names().count(), 32);
    }

    #[test]
    fn spelling_does_not_matter() {
        assert_eq!(find("catppuccin-latte"), find("Catppuccin Latte"));
        assert_eq!(find("Visual Studio Dark+"), find("TwoDark"));
        assert_eq!(find("base16-eighties"), None);
        assert_eq!(find(""), None);
    }
}
