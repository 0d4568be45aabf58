//! Highlight themes: syntect's own and bat's by name, each unpacked when it is first asked for, and
//! those of `.tmTheme` files.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::OnceLock;

use parking_lot::Mutex;

use crate::panics::contain;
use syntect::highlighting::{Theme, ThemeSet};
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

/// The theme in the bytes of a `.tmTheme` file. What was read is kept for good, so that one file read
/// again and again takes memory once for each of its versions.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<&'static Theme, String> {
    type LoadedThemes = BTreeMap<(String, Vec<u8>), &'static Theme>;
    static LOADED: Mutex<LoadedThemes> = Mutex::new(BTreeMap::new());
    let mut read = LOADED.lock();
    let key = (name.to_owned(), bytes.to_owned());
    if let Some(theme) = read.get(&key) {
        return Ok(theme);
    }
    let load = || ThemeSet::load_from_reader(&mut Cursor::new(bytes));
    let loaded = contain("the reader of highlight themes", load).map_err(|e| e.to_string())?;
    let theme = loaded.map_err(|error| error.to_string())?;
    let theme: &'static Theme = Box::leak(Box::new(theme));
    read.insert(key, theme);
    Ok(theme)
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
