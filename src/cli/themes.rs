//! `livedeck themes` and `--current-theme`.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use anyhow::{Context, bail};

use super::args::Choices;
use super::{Usage, lines, print, settings};
use crate::diag::closest;
use crate::runtime::{self, Origin, theme_names};
use crate::theme::Shades;

/// Presents a slide of each theme; where no terminal shows it, prints their names.
pub(super) fn themes(choices: &Choices) -> anyhow::Result<ExitCode> {
    let config = settings::config(choices.config.as_deref(), None)?;
    let mut settings = settings::plain("themes".into(), choices, &config);
    let origin = &mut settings.origin;
    if io::stdout().is_terminal() {
        origin.gallery = true;
        settings.reload = false;
        let ending = runtime::present(settings).context("the themes")?;
        return Ok(ending.status().into());
    }
    print(&lines(theme_names(origin.themes.as_deref()).into_iter()))?;
    Ok(ExitCode::SUCCESS)
}

/// Sees that there are the themes that the command line and the configuration name.
pub(super) fn check(origin: &Origin) -> anyhow::Result<()> {
    let names = theme_names(origin.themes.as_deref());
    let miss = |name: &str| {
        let meant = closest(name, names.iter().map(String::as_str));
        let hint = meant.map_or_else(
            || "`livedeck themes` lists them".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        );
        format!("there is no theme `{name}`\nhint: {hint}")
    };
    let is_missing = |name: &&String| !names.contains(name);
    if let Some(name) = origin.theme.as_ref().filter(is_missing) {
        return Err(Usage(format!("`--theme`: {}", miss(name))).into());
    }
    let Shades { dark, light } = &origin.default_theme;
    match [dark, light].into_iter().find(is_missing) {
        Some(name) => bail!("`defaults.theme` of the configuration: {}", miss(name)),
        None => Ok(()),
    }
}

/// Prints the name of the theme of a deck that names none.
pub(super) fn current(choices: &Choices) -> anyhow::Result<()> {
    let config = settings::config(choices.config.as_deref(), None)?;
    let origin = settings::origin("".into(), choices.theme.clone(), &config);
    print(&format!("{}\n", origin.theme.unwrap_or(origin.default_theme.dark)))
}
