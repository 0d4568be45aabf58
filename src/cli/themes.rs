//! `livedeck themes` and `--current-theme`.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use anyhow::Context;

use super::args::Choices;
use super::{Usage, lines, print, settings};
use crate::diag::did_you_mean;
use crate::present;
use crate::project::{LoadOptions, theme_names};
use crate::theme::searched;

/// Presents a slide of each theme, or prints their names if output is not a terminal.
pub(super) fn themes(choices: &Choices) -> anyhow::Result<ExitCode> {
    let config = settings::config(choices.config.as_deref(), None)?;
    let mut settings = settings::default_settings("themes".into(), choices, &config);
    let load_options = &mut settings.load_options;
    if io::stdout().is_terminal() {
        load_options.gallery = true;
        settings.reload = false;
        let ending = present::present(settings).context("the themes")?;
        return Ok(ending.status().into());
    }
    print(&lines(theme_names(&load_options.themes).into_iter()))?;
    Ok(ExitCode::SUCCESS)
}

/// Checks that the theme named on the command line exists. An unknown theme in the configuration is
/// a diagnostic of the deck, shown in the default theme.
pub(super) fn check(load_options: &LoadOptions) -> anyhow::Result<()> {
    let names = theme_names(&load_options.themes);
    let Some(name) = load_options.theme.as_ref().filter(|name| !names.contains(name)) else {
        return Ok(());
    };
    let hint = did_you_mean(name, names.iter().map(String::as_str));
    let hint = hint.unwrap_or_else(|| "run `livedeck themes` to list them".to_owned());
    let looked =
        searched(&load_options.themes).map_or_else(String::new, |it| format!("\nhint: {it}"));
    Err(Usage(format!("`--theme`: there is no theme `{name}`\nhint: {hint}{looked}")).into())
}

/// Prints the name of the default theme.
pub(super) fn current(choices: &Choices) -> anyhow::Result<()> {
    let config = settings::config(choices.config.as_deref(), None)?;
    let options = settings::load_options("".into(), choices.theme.clone(), &config);
    print(&format!("{}\n", options.theme.unwrap_or(options.default_theme.dark)))
}
