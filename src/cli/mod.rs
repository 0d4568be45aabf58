//! The command line: arguments to settings, errors to messages, outcomes to exit statuses.
//!
//! 0: done; 1: it could not be done; 2: the arguments make no sense (clap's own).

mod args;
mod check;
mod doctor;
mod export;
mod later;
mod record;
mod settings;
mod themes;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{CommandFactory, Parser};
use clap_complete::Shell;
use etcetera::BaseStrategy;

use crate::config::Config;
use crate::parse;
use crate::runtime;

use args::{Args, Command, ConfigArgs, ExportArgs, Lists};

/// Runs the program with this process's arguments.
pub fn run() -> ExitCode {
    let mut args = Args::parse();
    let done = |done: anyhow::Result<()>| done.map(|()| ExitCode::SUCCESS);
    let done = match args.command.take() {
        None => done(show(&args)),
        Some(Command::Check(args)) => check::check(&args),
        Some(Command::Record(args)) => record::record(&args),
        Some(Command::Doctor(args)) => doctor::doctor(&args),
        Some(Command::Export(args)) => done(export::export(&args)),
        Some(Command::Themes(args)) => done(themes::themes(&args.choices)),
        Some(Command::Config(ConfigArgs { schema: true, .. })) => done(print(&schema())),
        Some(Command::Config(_)) => done(print(&sample())),
        Some(Command::Completions { shell }) => done(print(&completions(shell))),
        Some(Command::Man) => done(manual().and_then(|page| print(&page))),
    };
    match done {
        Ok(status) => status,
        Err(error) => {
            warn(&format!("error: {error:#}"));
            if error.is::<Usage>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// Arguments that make no sense, though clap takes them.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// A deck, or what the arguments ask for in its place.
fn show(args: &Args) -> anyhow::Result<()> {
    match &args.lists {
        Lists { list_themes: true, .. } => themes::themes(&args.choices),
        Lists { current_theme: true, .. } => themes::current(&args.choices),
        Lists { list_comment_commands: true, .. } => print(&comment_commands()),
        Lists { acknowledgements: true, .. } => print(include_str!("acknowledgements.txt")),
        _ => present(args),
    }
}

fn present(args: &Args) -> anyhow::Result<()> {
    later::refuse(&args.later)?;
    let deck = args.deck.clone().context("no deck given")?;
    if args.later.export_html {
        return export::export(&ExportArgs::page(args, deck));
    }
    let config = settings::config(args.choices.config.as_deref(), Some(&deck))?;
    let shown = deck.display().to_string();
    let settings = settings::settings(args, deck, &config);
    themes::check(&settings.origin)?;
    runtime::present(settings).with_context(|| format!("`{shown}`"))
}

fn comment_commands() -> String {
    lines(parse::comment_commands().map(|command| format!("<!-- {command} -->")))
}

fn sample() -> String {
    format!("# livedeck's configuration: every key at its default.\n{}", Config::sample())
}

fn schema() -> String {
    format!("{:#}\n", Config::schema())
}

fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "livedeck", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

fn manual() -> anyhow::Result<String> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Args::command()).render(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// `1 slide`, `2 slides`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A line each.
fn lines(lines: impl Iterator<Item = impl Into<String>>) -> String {
    lines.map(|line| line.into() + "\n").collect()
}

/// Writes to standard output; a reader that has seen enough is no mistake.
fn print(text: &str) -> anyhow::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("standard output"),
    }
}

/// Tells the user something beside what was asked for.
fn warn(what: &str) {
    // Where nobody can be told, nobody is.
    let _ = writeln!(io::stderr(), "{what}");
}

/// `$XDG_CACHE_HOME/livedeck`; a folder for this user among the temporary files where there is no
/// home.
fn cache() -> PathBuf {
    match etcetera::choose_base_strategy() {
        Ok(base) => base.cache_dir().join("livedeck"),
        Err(_) => std::env::temp_dir().join("livedeck"),
    }
}
