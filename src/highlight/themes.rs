//! Highlight themes: syntect's and bat's by name, unpacked on first use, and those of `.tmTheme`
//! files.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::OnceLock;

use parking_lot::Mutex;

use crate::panics::contain;
use syntect::highlighting::{Theme, ThemeSet};
use two_face::theme::{EmbeddedLazyThemeSet, EmbeddedThemeName, extra};

/// Names that decks use for themes that bat does not have, with the closest one.
const ALIASES: [(&str, EmbeddedThemeName); 1] =
    [("Visual Studio Dark+", EmbeddedThemeName::TwoDark)];

/// Returns the names of all built-in highlight themes.
pub fn names() -> impl Iterator<Item = &'static str> {
    EmbeddedLazyThemeSet::theme_names().iter().map(|name| name.as_name())
}

/// Returns whether there is a built-in highlight theme of this name.
pub fn exists(name: &str) -> bool {
    find(name).is_some()
}

/// Where a theme comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ThemeSource {
    /// It is built in.
    BuiltIn(EmbeddedThemeName),
    /// It was read from a file.
    File(&'static Theme),
}

impl ThemeSource {
    /// Returns the theme.
    pub(super) fn theme(self) -> &'static Theme {
        static THEMES: OnceLock<EmbeddedLazyThemeSet> = OnceLock::new();
        match self {
            Self::BuiltIn(name) => THEMES.get_or_init(extra).get(name),
            Self::File(theme) => theme,
        }
    }
}

/// Finds a theme, ignoring case, spaces and punctuation: `catppuccin-latte` is `Catppuccin Latte`.
pub(super) fn find(name: &str) -> Option<ThemeSource> {
    let wanted = normalised(name);
    let built_in = EmbeddedLazyThemeSet::theme_names().iter().map(|&name| (name.as_name(), name));
    let (_, found) = built_in.chain(ALIASES).find(|(known, _)| normalised(known) == wanted)?;
    Some(ThemeSource::BuiltIn(found))
}

/// Parses a `.tmTheme` file. Themes are leaked and cached: a file that is read repeatedly takes memory
/// once per version.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<&'static Theme, String> {
    type LoadedThemes = BTreeMap<(String, Vec<u8>), &'static Theme>;
    static LOADED: Mutex<LoadedThemes> = Mutex::new(BTreeMap::new());
    let mut loaded_themes = LOADED.lock();
    let key = (name.to_owned(), bytes.to_owned());
    if let Some(theme) = loaded_themes.get(&key) {
        return Ok(theme);
    }
    let load = || ThemeSet::load_from_reader(&mut Cursor::new(bytes));
    let loaded = contain("the reader of highlight themes", load).map_err(|e| e.to_string())?;
    let theme = loaded.map_err(|error| error.to_string())?;
    let theme: &'static Theme = Box::leak(Box::new(theme));
    loaded_themes.insert(key, theme);
    Ok(theme)
}

/// Normalises a name: `Solarized (dark)` and `solarized-dark` are equal.
fn normalised(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_themes() {
        for name in names() {
            assert!(!find(name).unwrap().theme().scopes.is_empty(), "{name}");
        }
        assert_eq!(names().count(), 32);
    }

    #[test]
    fn names_ignore_case_and_punctuation() {
        assert_eq!(find("catppuccin-latte"), find("Catppuccin Latte"));
        assert_eq!(find("Visual Studio Dark+"), find("TwoDark"));
        assert_eq!(find("base16-eighties"), None);
        assert_eq!(find(""), None);
    }
}
