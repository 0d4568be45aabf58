//! The themes compiled in. Each file gives a palette and what is its own; `base.yaml` is the
//! skeleton that they are read over. Only the one chosen is parsed.

/// What all built-in themes share: where things stand, and which colour of the palette they take.
const BASE: &str = include_str!("builtin/base.yaml");

/// What Catppuccin's flavours share.
const CATPPUCCIN: &str = include_str!("builtin/catppuccin.yaml");

/// What Tokyo Night's styles share.
const TOKYONIGHT: &str = include_str!("builtin/tokyonight.yaml");

/// The theme used where not even the default is known.
pub(super) const FALLBACK: &str = "dark";

/// A theme's name and the texts to read, one over the other.
const THEMES: [(&str, &[&str]); 13] = [
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
    ("terminal-dark", &[BASE, include_str!("builtin/terminal-dark.yaml")]),
    ("terminal-light", &[BASE, include_str!("builtin/terminal-light.yaml")]),
    ("tokyonight-day", &[BASE, TOKYONIGHT, include_str!("builtin/tokyonight-day.yaml")]),
    ("tokyonight-moon", &[BASE, TOKYONIGHT, include_str!("builtin/tokyonight-moon.yaml")]),
    ("tokyonight-night", &[BASE, TOKYONIGHT, include_str!("builtin/tokyonight-night.yaml")]),
    ("tokyonight-storm", &[BASE, TOKYONIGHT, include_str!("builtin/tokyonight-storm.yaml")]),
];

/// The names of the built-in themes, in alphabetical order.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    THEMES.iter().map(|&(name, _)| name)
}

/// The texts of the theme of this name, the undermost first.
pub(super) fn texts(name: &str) -> Option<&'static [&'static str]> {
    THEMES.iter().find(|(known, _)| *known == name).map(|&(_, texts)| texts)
}
