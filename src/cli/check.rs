//! `livedeck check`: reports all problems of a deck and its configuration and, with `--run`, of its
//! code, for people, editors and continuous integration.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use super::annotations::{self, Annotation, Reports};
use super::args::{CheckArgs, ReportFormat};
use super::progress::Progress;
use super::record::Takes;
use super::settings;
use crate::config::{self, Config, ConfigError, ConfigProblems};
use crate::diag::{self, Diagnostic, Severity};
use crate::headless::{PlanEvent, inspect, run_all};
use crate::project::{LoadedDeck, RecordingError, load, read_recording};
use crate::recording::{self, BlockSelection, Finding, Purpose, Recording, Summary};
use crate::source::{Sources, visible_line};

/// Prints the problems. The status says whether the check failed.
pub(super) fn check(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let (config, mistakes) = configuration(args)?;
    let options = settings::load_options(args.deck.clone(), args.choices.theme.clone(), &config);
    let options = args.variant.applied_to(options);
    let loaded = load(&options, None).with_context(|| super::quoted(&args.deck))?;
    let found = inspect(&loaded, &args.sizes, &config.executors());
    let mut reports: Reports<'_> = Vec::new();
    reports.extend(mistakes.iter().map(|mistakes| (&*mistakes.found, &mistakes.sources)));
    reports.push((&found, &loaded.deck.sources));
    if let ReportFormat::Text = args.format {
        super::print(&text(&loaded, &args.deck, &reports, io::stdout().is_terminal()))?;
    }
    let findings = if args.run { run(&loaded, args, &config)? } else { Vec::new() };
    let fails = |found: &Diagnostic| args.strict || found.severity == Severity::Error;
    match args.format {
        ReportFormat::Text if args.run => super::print(&ending(args, &findings))?,
        ReportFormat::Text => {}
        ReportFormat::Json => {
            let blocks = args.run.then(|| recording::json(&findings));
            super::print(&(diag::json(&reports, blocks) + "\n"))?;
        }
        ReportFormat::Sarif | ReportFormat::Github => {
            let failed: Vec<_> = findings.iter().filter(|found| !found.verdict.is_fine()).collect();
            let all = Annotation::all(&reports, &failed);
            let is_sarif = matches!(args.format, ReportFormat::Sarif);
            super::print(&if is_sarif {
                annotations::sarif(&all)
            } else {
                annotations::github(&all)
            })?;
        }
        ReportFormat::Junit => super::print(&junit(&args.deck, &reports, fails, &findings))?,
    }
    let has_mistakes = reports.iter().any(|(found, _)| found.iter().any(fails));
    let is_fine = |finding: &Finding| {
        finding.verdict.is_fine() || args.update && finding.verdict.is_about_recording()
    };
    let failed = has_mistakes || !findings.iter().all(is_fine);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Runs the deck's code and returns the findings. The text format prints each one immediately.
fn run(loaded: &LoadedDeck, args: &CheckArgs, config: &Config) -> anyhow::Result<Vec<Finding>> {
    let before = match read_recording(&args.deck) {
        Err(RecordingError::Broken(..)) if args.update => Recording::default(),
        read => read?.unwrap_or_default(),
    };
    let recorded = before.find(&loaded.deck);
    let selection = BlockSelection { slide: args.slide, block: args.block };
    let mut takes = Takes::of(loaded, selection)?;
    let plan = takes.selected(recording::check_runs(&loaded.deck));
    let (mut findings, mut printed) = (Vec::new(), Ok(()));
    let execution = settings::execution(config, args.sandbox)?;
    let progress = Progress::new("block", plan.len());
    run_all(loaded, &args.deck, &execution, &plan, &mut |event| {
        let (planned, captured) = match event {
            PlanEvent::Begun(number) => return progress.begin(number),
            PlanEvent::Ended(planned, captured) => (planned, captured),
        };
        progress.hide();
        let ran = captured.as_ref().map(|captured| captured.ran.clone());
        if planned.purpose == Purpose::Show {
            takes.add(planned, captured);
        }
        let recorded = recorded.get(&planned.cell).copied();
        let finding = Finding::of(&loaded.deck, planned, ran, recorded);
        if let (ReportFormat::Text, Ok(()), Some(finding)) = (args.format, &printed, &finding) {
            printed = super::print(&recording::line(finding));
        }
        findings.extend(finding);
    });
    printed?;
    if args.update {
        let changed = takes.save(loaded, &args.deck, &before)?;
        super::warn(changed.trim_end());
    }
    Ok(findings)
}

/// Summarizes the findings.
fn ending(args: &CheckArgs, findings: &[Finding]) -> String {
    let deck = visible_line(&args.deck.to_string_lossy()).into_owned();
    let words = Summary::of(findings).words();
    let differs = findings.iter().any(|finding| finding.verdict.is_about_recording());
    let hint =
        format!("hint: run `livedeck check {deck} --run --update` to update the recording\n");
    format!("{deck}: {words}\n{}", if differs && !args.update { &hint } else { "" })
}

/// Formats the problems that fail the check, and the findings, as `JUnit` test cases.
fn junit(
    deck: &Path,
    reports: &[(&[Diagnostic], &Sources)],
    fails: impl Fn(&Diagnostic) -> bool,
    findings: &[Finding],
) -> String {
    let mut mistakes = Vec::new();
    for (found, sources) in reports {
        let failing = found.iter().filter(|found| fails(found));
        mistakes.extend(failing.map(|it| (sources.place(it.span), it.message.clone())));
    }
    recording::junit(&deck.to_string_lossy(), &mistakes, findings)
}

/// Returns the configuration and its problems; the default configuration if it has errors.
fn configuration(args: &CheckArgs) -> anyhow::Result<(Config, Vec<ConfigProblems>)> {
    match config::find(args.choices.config.as_deref(), Some(&args.deck)) {
        Ok(found) => {
            let beside = found.beside.map(|mistakes| *mistakes);
            Ok((found.config, found.warnings.into_iter().chain(beside).collect()))
        }
        Err(ConfigError::Mistakes(mistakes)) => Ok((Config::default(), vec![*mistakes])),
        Err(error) => Err(error.into()),
    }
}

/// Formats the problems with excerpts, followed by their number.
fn text(
    loaded: &LoadedDeck,
    deck: &Path,
    reports: &[(&[Diagnostic], &Sources)],
    color: bool,
) -> String {
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
    let slides = super::counted(loaded.deck.slides.len(), "slide");
    let all = match (errors, warnings) {
        (0, 0) => "no problems".to_owned(),
        (errors, 0) => super::counted(errors, "error"),
        (0, warnings) => super::counted(warnings, "warning"),
        (errors, warnings) => {
            format!(
                "{} and {}",
                super::counted(errors, "error"),
                super::counted(warnings, "warning")
            )
        }
    };
    report + &format!("{deck}: {slides}, {all}\n")
}
