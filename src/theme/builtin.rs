//! Built-in themes. Each file has a palette and what differs from `base.yaml`, which is read first.
//! Only the chosen theme is parsed.

/// Shared by all built-in themes: alignment, and which palette colour each element uses.
const BASE: &str = include_str!("builtin/base.yaml");

/// Shared by the Catppuccin flavours.
const CATPPUCCIN: &str = include_str!("builtin/catppuccin.yaml");

/// Shared by livedeck's own themes.
const LIVEDECK: &str = include_str!("builtin/livedeck.yaml");

/// Shared by the Tokyo Night styles.
const TOKYONIGHT: &str = include_str!("builtin/tokyonight.yaml");

/// The theme to use if the default theme does not exist.
pub(super) const FALLBACK: &str = "dark";

/// Each theme's name and its layers, lowest first.
const THEMES: [(&str, &[&str]); 15] = [
    ("catppuccin-frappe", &[BASE, CATPPUCCIN, include_str!("builtin/catppuccin-frappe.yaml")]),
    ("catppuccin-latte", &[BASE, CATPPUCCIN, include_str!("builtin/catppuccin-latte.yaml")]),
    (
        "catppuccin-macchiato",
        &[BASE, CATPPUCCIN, include_str!("builtin/catppuccin-macchiato.yaml")],
    ),
    ("catppuccin-mocha", &[BASE, CATPPUCCIN, include_str!("builtin/catppuccin-mocha.yaml")]),
    ("dark", &[BASE, include_str!("builtin/dark.yaml")]),
    ("gruvbox-dark", &[BASE, include_str!("builtin/gruvbox-dark.yaml")]),
    ("light", &[BASE, include_str!("builtin/light.yaml")]),
    ("livedeck-dark", &[BASE, LIVEDECK, include_str!("builtin/livedeck-dark.yaml")]),
    ("livedeck-light", &[BASE, LIVEDECK, include_str!("builtin/livedeck-light.yaml")]),
    ("terminal-dark", &[BASE, include_str!("builtin/terminal-dark.yaml")]),
    ("terminal-light", &[BASE, include_str!("builtin/terminal-light.yaml")]),
    ("tokyonight-day", &[BASE, TOKYONIGHT, include_str!("builtin/tokyonight-day.yaml")]),
    ("tokyonight-moon", &[BASE, TOKYONIGHT, include_str!("builtin/tokyonight-moon.yaml")]),
    ("tokyonight-night", &[BASE, TOKYONIGHT, include_str!("builtin/tokyonight-night.yaml")]),
    ("tokyonight-storm", &[BASE, TOKYONIGHT, include_str!("builtin/tokyonight-storm.yaml")]),
];

/// Returns the names of the built-in themes, in alphabetical order.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    THEMES.iter().map(|&(name, _)| name)
}

/// Returns the layers of a built-in theme, lowest first.
pub(super) fn texts(name: &str) -> Option<&'static [&'static str]> {
    THEMES.iter().find(|(known, _)| *known == name).map(|&(_, texts)| texts)
}
