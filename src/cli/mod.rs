//! The command line: arguments to settings, errors to messages, outcomes to exit statuses.
//!
//! 0: done; 1: it could not be done; 2: the arguments make no sense (clap's own).

#![expect(clippy::print_stderr, reason = "the command line speaks to its user")]

mod args;
mod export;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use etcetera::BaseStrategy;

use crate::media::Protocol;
use crate::runtime::{self, Origin, Settings};

use args::{Args, Command};

/// Runs the program with this process's arguments.
pub fn run() -> ExitCode {
    let mut args = Args::parse();
    let done = match args.command.take() {
        None => present(args),
        Some(Command::Export(args)) => export::export(&args, &cache()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn present(args: Args) -> anyhow::Result<()> {
    let deck = args.deck.context("no deck given")?;
    let shown = deck.display().to_string();
    runtime::present(Settings {
        origin: Origin { path: deck, theme: args.theme },
        reload: !args.present,
        allow: args.enable_snippet_execution || args.enable_snippet_execution_replace,
        protocol: args.image_protocol.as_deref().and_then(Protocol::named),
        cache: cache(),
    })
    .with_context(|| format!("`{shown}`"))
}

/// `$XDG_CACHE_HOME/livedeck`; a folder for this user among the temporary files where there is no
/// home.
fn cache() -> PathBuf {
    match etcetera::choose_base_strategy() {
        Ok(base) => base.cache_dir().join("livedeck"),
        Err(_) => std::env::temp_dir().join("livedeck"),
    }
}
