//! `livedeck themes` and `--current-theme`.

use super::args::Choices;
use super::{lines, print, settings};
use crate::theme;

/// Prints the names of all themes.
pub(super) fn themes(_: &Choices) -> anyhow::Result<()> {
    print(&lines(theme::names()))
}

/// Prints the name of the theme of a deck that names none.
pub(super) fn current(choices: &Choices) -> anyhow::Result<()> {
    let config = settings::config(choices.config.as_deref(), None)?;
    let origin = settings::origin("".into(), choices.theme.clone(), &config);
    print(&format!("{}\n", origin.theme.unwrap_or(origin.default_theme)))
}
