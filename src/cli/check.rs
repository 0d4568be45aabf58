//! `livedeck check`: every mistake of a deck and of the configuration that goes for it, for people
//! and for editors.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use super::args::{CheckArgs, ReportFormat};
use super::settings;
use crate::config::{Config, Error, Mistakes};
use crate::diag::{self, Diagnostic, Severity};
use crate::runtime::{Show, inspect, load};
use crate::source::{Sources, visible_line};

/// Prints what is wrong. The status says whether anything is.
pub(super) fn check(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let (config, mistakes) = configuration(args)?;
    let origin = settings::origin(args.deck.clone(), args.choices.theme.clone(), &config);
    let show = load(&origin, None).with_context(|| format!("`{}`", args.deck.display()))?;
    let found = inspect(&show, &args.sizes);
    let mut reports: Vec<(&[Diagnostic], &Sources)> = Vec::new();
    reports.extend(mistakes.iter().map(|mistakes| (&*mistakes.found, &mistakes.sources)));
    reports.push((&found, &show.deck.sources));
    let report = match args.format {
        ReportFormat::Text => text(&show, &args.deck, &reports, io::stdout().is_terminal()),
        ReportFormat::Json => diag::json(&reports) + "\n",
    };
    match io::stdout().write_all(report.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            return Err(error).context("standard output");
        }
        _ => {}
    }
    let fails = |found: &Diagnostic| args.strict || found.severity == Severity::Error;
    let failed = reports.iter().any(|(found, _)| found.iter().any(fails));
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The configuration; the default one, and what is wrong, where it has mistakes.
fn configuration(args: &CheckArgs) -> anyhow::Result<(Config, Option<Box<Mistakes>>)> {
    match settings::config(args.choices.config.as_deref(), Some(&args.deck)) {
        Ok(config) => Ok((config, None)),
        Err(error) => match error.downcast() {
            Ok(Error::Mistakes(mistakes)) => Ok((Config::default(), Some(mistakes))),
            Ok(error) => Err(error.into()),
            Err(error) => Err(error),
        },
    }
}

/// Each mistake with its excerpt, then how many there are.
fn text(show: &Show, deck: &Path, reports: &[(&[Diagnostic], &Sources)], color: bool) -> String {
    let draw = if color { diag::colored } else { diag::plain };
    let mut report = String::new();
    let (mut errors, mut warnings) = (0, 0);
    for (found, sources) in reports {
        for found in *found {
            match found.severity {
                Severity::Error => errors += 1,
                Severity::Warning => warnings += 1,
            }
            report += &draw(found, sources);
            report += "\n\n";
        }
    }
    let deck = visible_line(&deck.to_string_lossy()).into_owned();
    let slides = counted(show.deck.slides.len(), "slide");
    let all = match (errors, warnings) {
        (0, 0) => "no mistakes".to_owned(),
        (errors, 0) => counted(errors, "error"),
        (0, warnings) => counted(warnings, "warning"),
        (errors, warnings) => {
            format!("{} and {}", counted(errors, "error"), counted(warnings, "warning"))
        }
    };
    report + &format!("{deck}: {slides}, {all}\n")
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
