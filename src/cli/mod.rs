//! The command line: arguments to settings, errors to messages, outcomes to exit statuses.
//!
//! 0: done; 1: it could not be done; 2: the arguments make no sense (clap's own).

#![expect(clippy::print_stderr, reason = "the command line speaks to its user")]

mod args;
mod check;
mod export;
mod settings;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use etcetera::BaseStrategy;

use crate::runtime;

use args::{Args, Command};

/// Runs the program with this process's arguments.
pub fn run() -> ExitCode {
    let mut args = Args::parse();
    let done = match args.command.take() {
        None => present(&args).map(|()| ExitCode::SUCCESS),
        Some(Command::Check(args)) => check::check(&args),
        Some(Command::Export(args)) => export::export(&args, &cache()).map(|()| ExitCode::SUCCESS),
    };
    match done {
        Ok(status) => status,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn present(args: &Args) -> anyhow::Result<()> {
    let deck = args.deck.clone().context("no deck given")?;
    let config = settings::config(args.config.as_deref(), Some(&deck))?;
    let shown = deck.display().to_string();
    runtime::present(settings::settings(args, deck, &config)).with_context(|| format!("`{shown}`"))
}

/// Tells the user something that is no reason to stop.
fn warn(what: &str) {
    eprintln!("{what}");
}

/// `$XDG_CACHE_HOME/livedeck`; a folder for this user among the temporary files where there is no
/// home.
fn cache() -> PathBuf {
    match etcetera::choose_base_strategy() {
        Ok(base) => base.cache_dir().join("livedeck"),
        Err(_) => std::env::temp_dir().join("livedeck"),
    }
}
