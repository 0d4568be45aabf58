//! The command line: parses arguments, runs the command, reports errors, sets the exit status.
//!
//! Exit status: 0 for success, 1 for failure, 2 for invalid arguments (as clap does), 128 + n if
//! signal n ended the talk.

mod annotations;
mod args;
mod cache;
mod check;
mod choices;
mod console;
mod convert;
mod doctor;
mod drawing_tools;
mod export;
mod help;
mod new;
mod progress;
mod record;
mod rehearse;
mod remote;
mod settings;
mod stage_args;
mod themes;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{CommandFactory, Parser};
use clap_complete::Shell;

use crate::config::{self, Config};
use crate::diag::closest;
use crate::panics;
use crate::parse;
use crate::present;
use crate::project;
use crate::source::{visible, visible_line};
use crate::theme;

use args::{Args, Command, ConfigArgs, ExportArgs, Format, Lists, SchemaName};

/// Runs the program with this process's arguments.
pub fn run() -> ExitCode {
    report_uncontained_panics();
    let mut args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return refuse(&error),
    };
    let done = |done: anyhow::Result<()>| done.map(|()| ExitCode::SUCCESS);
    let done = match args.command.take() {
        None => show(&args),
        Some(Command::New(args)) => done(new::new(&args)),
        Some(Command::Check(args)) => check::check(&args),
        Some(Command::Record(args)) => record::record(&args),
        Some(Command::Console(args)) => console::console(&args),
        Some(Command::Rehearse(args)) => rehearse::rehearse(&args),
        Some(Command::Remote(args)) => remote::remote(&args),
        Some(Command::Convert(args)) => done(convert::convert(&args).and_then(|text| print(&text))),
        Some(Command::Doctor(args)) => doctor::doctor(&args),
        Some(Command::Export(args)) => done(export::export(&args)),
        Some(Command::Themes(args)) => themes::themes(&args.choices),
        Some(Command::Config(ConfigArgs { schema: true, .. })) => {
            done(print(&schema(SchemaName::Config)))
        }
        Some(Command::Schema { name }) => done(print(&schema(name))),
        Some(Command::Config(ConfigArgs { import: true, .. })) => {
            done(config::import().map_err(Into::into).and_then(|text| print(&text)))
        }
        Some(Command::Config(_)) => done(print(&sample())),
        Some(Command::Help { topic }) => done(help::help(topic.as_deref())),
        Some(Command::Completions { shell }) => done(print(&completions(shell))),
        Some(Command::Man) => done(manual().and_then(|page| print(&page))),
    };
    match done {
        Ok(status) => status,
        Err(error) => {
            warn(&report(&error));
            if error.is::<Usage>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// Reports arguments that cannot be parsed, or prints the help that they ask for.
fn refuse(error: &clap::Error) -> ExitCode {
    let first = std::env::args_os().nth(1).map(PathBuf::from);
    if let Some(why) =
        first.filter(|_| error.use_stderr()).and_then(|first| misspelt_command(&first))
    {
        warn(&report(&why.into()));
    } else {
        // There is nowhere to report that standard error is closed.
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Returns the error for a first argument that is almost a command. clap takes it for a deck.
fn misspelt_command(first: &Path) -> Option<Usage> {
    let name = first.to_str().filter(|name| !name.contains(['.', '/']) && !first.exists())?;
    let program = Args::command();
    let commands: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
    let command = closest(name, commands).filter(|command| *command != name)?;
    Some(Usage(format!("there is no command `{name}`\nhint: did you mean `{command}`?")))
}

/// Formats an error for standard error. Excerpts of a configuration already start with `error: `.
fn report(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    let text = visible(&text);
    if text.starts_with("error: ") { text.into_owned() } else { format!("error: {text}") }
}

/// Silences panics that are caught and reported as a diagnostic of one block: the default hook would
/// write their backtraces between the lines of a report.
fn report_uncontained_panics() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !panics::is_contained() {
            report(info);
        }
    }));
}

/// An error in the arguments that clap does not detect.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// Presents a deck, or prints the requested list.
fn show(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.lists {
        Lists { list_themes: true, .. } => return themes::themes(&args.choices),
        Lists { current_theme: true, .. } => themes::current(&args.choices),
        Lists { list_comment_commands: true, .. } => print(&comment_commands()),
        Lists { acknowledgements: true, .. } => print(include_str!("acknowledgements.txt")),
        _ => return present(args),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn present(args: &Args) -> anyhow::Result<ExitCode> {
    let deck = args.deck.clone().context("no deck given")?;
    if let Some(why) = misspelt_command(&deck) {
        return Err(why.into());
    }
    if let Some(folder) = &args.export.export_temporary_path {
        export::use_temporary_folder(folder)?;
    }
    if args.export.export_html {
        export::export(&ExportArgs::from_flags(args, deck, Format::Html, "html"))?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.export.export_pdf {
        #[cfg(feature = "pdf")]
        export::export(&ExportArgs::from_flags(args, deck, Format::Pdf, "pdf"))?;
        #[cfg(not(feature = "pdf"))]
        anyhow::bail!("this build has no PDF export\nhint: build it with the feature `pdf`");
        #[cfg(feature = "pdf")]
        return Ok(ExitCode::SUCCESS);
    }
    let (config, mistakes) = settings::config_of_talk(args.choices.config.as_deref(), Some(&deck))?;
    let shown = quoted(&deck);
    let mut settings = settings::settings(args, deck, &config)?;
    let mistakes = mistakes.map(|mistakes| (mistakes.sources, mistakes.found));
    settings.load_options.mistakes =
        mistakes.into_iter().chain(project::trust_store_mistakes()).collect();
    themes::check(&settings.load_options)?;
    let ending = present::present(settings).context(shown)?;
    Ok(ending.status().into())
}

/// Quotes a path for messages, on one line and without control characters.
fn quoted(path: &Path) -> String {
    format!("`{}`", visible_line(&path.to_string_lossy()))
}

fn comment_commands() -> String {
    lines(parse::comment_commands().map(|command| format!("<!-- {command} -->")))
}

fn sample() -> String {
    format!(
        "# yaml-language-server: $schema=config.schema.json\n\
         # livedeck configuration: every key at its default.\n{}",
        Config::sample()
    )
}

/// Returns a JSON schema for editors.
fn schema(name: SchemaName) -> String {
    let (title, mut schema) = match name {
        SchemaName::Config => ("livedeck configuration", Config::schema()),
        SchemaName::Theme => ("livedeck theme", theme::schema()),
        SchemaName::FrontMatter => (
            "front matter of a livedeck deck",
            parse::front_matter_schema(&theme::overrides_schema()),
        ),
    };
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = title.into();
    format!("{schema:#}\n")
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

/// Formats a count: `1 slide`, `2 slides`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Joins the items, one per line.
fn lines(lines: impl Iterator<Item = impl Into<String>>) -> String {
    lines.map(|line| line.into() + "\n").collect()
}

/// Writes to standard output. A closed pipe is not an error.
fn print(text: &str) -> anyhow::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("standard output"),
    }
}

/// Writes a message to standard error.
fn warn(what: &str) {
    // There is nowhere to report that standard error is closed.
    let _ = writeln!(io::stderr(), "{what}");
}
