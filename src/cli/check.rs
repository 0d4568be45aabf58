//! `livedeck check`: every mistake of a deck, for people and for editors.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use super::args::{CheckArgs, ReportFormat};
use super::settings;
use crate::diag::{self, Diagnostic, Severity};
use crate::runtime::{Show, inspect, load};
use crate::source::visible_line;

/// Prints what is wrong. The status says whether anything is.
pub(super) fn check(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let config = settings::config(args.config.as_deref(), Some(&args.deck))?;
    let origin = settings::origin(args.deck.clone(), args.theme.clone(), &config);
    let show = load(&origin, None).with_context(|| format!("`{}`", args.deck.display()))?;
    let found = inspect(&show, &args.sizes);
    let report = match args.format {
        ReportFormat::Text => text(&show, &args.deck, &found, io::stdout().is_terminal()),
        ReportFormat::Json => diag::json(&found, &show.deck.sources) + "\n",
    };
    match io::stdout().write_all(report.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            return Err(error).context("standard output");
        }
        _ => {}
    }
    let fails = |found: &Diagnostic| args.strict || found.severity == Severity::Error;
    Ok(if found.iter().any(fails) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Each mistake with its excerpt, then how many there are.
fn text(show: &Show, deck: &Path, found: &[Diagnostic], color: bool) -> String {
    let draw = if color { diag::colored } else { diag::plain };
    let mut report = String::new();
    for found in found {
        report += &draw(found, &show.deck.sources);
        report += "\n\n";
    }
    let errors = found.iter().filter(|found| found.severity == Severity::Error).count();
    let slides = counted(show.deck.slides.len(), "slide");
    let deck = visible_line(&deck.to_string_lossy()).into_owned();
    report
        + &match (errors, found.len() - errors) {
            (0, 0) => format!("{deck}: {slides}, no mistakes\n"),
            (errors, 0) => format!("{deck}: {slides}, {}\n", counted(errors, "error")),
            (0, warnings) => format!("{deck}: {slides}, {}\n", counted(warnings, "warning")),
            (errors, warnings) => format!(
                "{deck}: {slides}, {} and {}\n",
                counted(errors, "error"),
                counted(warnings, "warning")
            ),
        }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
