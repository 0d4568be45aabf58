//! `livedeck console`: the speaker's console.

use std::process::ExitCode;

use time::UtcOffset;

use super::settings;
use super::stage_args::ConsoleArgs;
use crate::present::{self, ConsoleOptions, FollowChoice};

/// Shows the console.
///
/// # Errors
/// The configuration is invalid, or the terminal cannot be taken over.
pub(super) fn console(args: &ConsoleArgs) -> anyhow::Result<ExitCode> {
    // Before there is a second thread: then it is not known any more.
    let utc_offset = UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC);
    let deck = args.deck.as_deref();
    let config = settings::config(args.choices.config.as_deref(), deck)?;
    let path = args.deck.clone().unwrap_or_default();
    let settings = settings::default_settings(path, &args.choices, &config);
    let choice = match args.talk {
        Some(pid) => FollowChoice::Process(pid),
        None => FollowChoice::Deck(args.deck.clone()),
    };
    let ending = present::console(settings, ConsoleOptions { choice, utc_offset })?;
    Ok(ending.status().into())
}
