//! Describes a talk for other programs: position, blocks, problems, outputs.

use std::collections::BTreeMap;
use std::path::Path;

use super::timer::now_ms;
use crate::app::{App, Mode, Trust, slide_title};
use crate::control::{
    BlockReport, BlockStatus, OutputReport, PROTOCOL_VERSION, RecordedReport, ScreenReport,
    StagePosition, TalkProblem, TalkState, TalkTitles, TimerReport, VariantReport,
};
use crate::deck::{Cell, CellId, Deck, SlideNo, Start};
use crate::diag::Severity;
use crate::project::LoadedDeck;
use crate::recording::{self, RunResult};
use crate::run::{self, CellRun, Outcome, RunId, State};
use crate::source::visible_line;

/// Maximum number of problems in a report.
const MAX_PROBLEMS: usize = 20;

/// Maximum characters of a text in a report.
const MAX_TEXT_CHARS: usize = 200;

/// Maximum number of lines of an output in a report.
const MAX_OUTPUT_LINES: usize = 200;

/// Maximum bytes of all outputs in a report.
const MAX_OUTPUT_BYTES: usize = 256 * 1024;

/// Describes a talk.
#[derive(Debug)]
pub(super) struct TalkReporter {
    deck: String,
    /// The status of each block and when it began, in milliseconds since 1970.
    since: BTreeMap<CellId, (BlockStatus, u64)>,
    /// Whether the output of a run differs from the recording.
    differs: BTreeMap<CellId, (RunId, bool)>,
}

impl TalkReporter {
    pub(super) fn new(deck: &Path) -> Self {
        let path = std::fs::canonicalize(deck).unwrap_or_else(|_| deck.to_owned());
        let deck = path.to_string_lossy().into_owned();
        Self { deck, since: BTreeMap::new(), differs: BTreeMap::new() }
    }

    /// Describes the talk, with the outputs on its slide if they are watched.
    pub(super) fn report(
        &mut self,
        app: &App,
        loaded: &LoadedDeck,
        timer: TimerReport,
        with_outputs: bool,
    ) -> TalkState {
        let deck = app.deck();
        let at = app.at();
        let slide = deck.slide(at.slide);
        let limit = app.layout().scroll_limit();
        let scrolled = (u64::from(app.scroll()) * 1000).checked_div(limit.into()).unwrap_or(0);
        let next = SlideNo::new(at.slide.index() + 1);
        let has_next = next <= deck.last_slide();
        let title = |slide| text(slide_title(deck, slide));
        let near = deck.cells_of(at.slide).chain(deck.cells_of(next).filter(|_| has_next));
        let problems = app.problems_in_order().into_iter().take(MAX_PROBLEMS);
        TalkState {
            version: PROTOCOL_VERSION,
            deck: self.deck.clone(),
            pid: std::process::id(),
            variant: VariantReport {
                only: deck.options.variant.only.clone(),
                without: deck.options.variant.without.clone(),
            },
            position: StagePosition {
                slide: at.slide.human(),
                step: u32::from(at.step.0) + 1,
                steps: slide.steps.max(1).into(),
                slides: deck.last_slide().human(),
                scrolled: scrolled.min(1000) as u32,
            },
            titles: TalkTitles {
                title: title(at.slide),
                next_title: has_next.then(|| title(next)),
            },
            screen: ScreenReport {
                mode: mode(app.mode()).to_owned(),
                blank: app.blank(),
                notice: app.notice().map(text),
            },
            consent: consent(app).to_owned(),
            blocks: near
                .filter(|cell| cell.exec.start != Start::OnCheck)
                .map(|cell| self.block(app, loaded, cell))
                .collect(),
            problems: problems
                .map(|problem| TalkProblem {
                    is_error: problem.severity == Severity::Error,
                    place: text(&deck.sources.place(problem.span)),
                    message: text(&problem.message),
                })
                .collect(),
            timer,
            outputs: if with_outputs { outputs(app) } else { Vec::new() },
            serve: app.served().cloned(),
        }
    }

    fn block(&mut self, app: &App, loaded: &LoadedDeck, cell: &Cell) -> BlockReport {
        let deck = app.deck();
        let run = app.runs().get(&cell.id);
        let recorded = loaded.recorded.get(&cell.id);
        let status = run.map_or(BlockStatus::NotRun, status);
        let since = self.since.entry(cell.id).or_insert_with(|| (status, now_ms()));
        if since.0 != status {
            *since = (status, now_ms());
        }
        let since_ms = since.1;
        let is_timed = matches!(
            status,
            BlockStatus::Done | BlockStatus::Failed | BlockStatus::Stopped | BlockStatus::TimedOut
        );
        let counts =
            matches!(status, BlockStatus::Compiling | BlockStatus::Running | BlockStatus::Queued);
        let has_run = run.is_some_and(|run| matches!(run.state, State::Ended(_)));
        BlockReport {
            slide: cell.slide.human(),
            block: number_on_slide(deck, cell),
            number: cell.id.0,
            language: cell.language.to_string(),
            code: first_line(&cell.code),
            status,
            elapsed_ms: run.filter(|_| is_timed).map(|run| run.elapsed.as_millis() as u64),
            since_ms: counts.then_some(since_ms),
            reason: run.and_then(reason),
            stale: run.is_some_and(|run| run.origin.is_stale)
                || has_run && !run::is_current(deck, app.runs(), cell),
            recorded: RecordedReport {
                recorded_ms: recorded.map(|run| run.elapsed.as_millis() as u64),
                recorded_failure: recorded.is_some_and(|run| {
                    let failed = matches!(&run.state, State::Ended(how) if !how.is_success());
                    failed && !cell.check.expects_failure
                }),
                differs: match (run, recorded) {
                    (Some(run), Some(recorded)) => self.differs(cell, run, recorded),
                    _ => false,
                },
            },
            reads_input: cell.exec.input.is_none() && reads_input(cell),
        }
    }

    /// Returns whether a run that has ended differs from its recording. Compared once for each run.
    fn differs(&mut self, cell: &Cell, run: &CellRun, recorded: &CellRun) -> bool {
        if !matches!(run.state, State::Ended(_)) || recorded.origin.is_stale || run.origin.is_stale
        {
            return false;
        }
        if let Some((of, differs)) = self.differs.get(&cell.id)
            && *of == run.run
        {
            return *differs;
        }
        let differs = recording::differs(run, recorded, cell.check.uncompared().as_deref());
        self.differs.insert(cell.id, (run.run, differs));
        differs
    }
}

/// Returns a text on one line, of limited length.
fn text(text: &str) -> String {
    visible_line(text).chars().take(MAX_TEXT_CHARS).collect()
}

/// Returns the first line of code that says something.
fn first_line(code: &str) -> String {
    let line = code.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    text(line.trim())
}

/// Returns the number of a cell among those of its slide that can run, from 1.
fn number_on_slide(deck: &Deck, cell: &Cell) -> u32 {
    let before = deck.cells_of(cell.slide).filter(|other| other.id < cell.id);
    before.filter(|other| other.exec.start != Start::OnCheck).count() as u32 + 1
}

fn status(run: &CellRun) -> BlockStatus {
    match &run.state {
        State::NotRun => BlockStatus::NotRun,
        State::NotAllowed => BlockStatus::NotAllowed,
        State::Queued => BlockStatus::Queued,
        State::Compiling => BlockStatus::Compiling,
        State::Ready => BlockStatus::Ready,
        State::Running if run.prompt.as_ref().is_some_and(|prompt| prompt.waits) => {
            BlockStatus::WaitsForInput
        }
        State::Running => BlockStatus::Running,
        State::Ended(outcome) if outcome.is_success() => BlockStatus::Done,
        State::Ended(Outcome::Stopped) => BlockStatus::Stopped,
        State::Ended(Outcome::TimedOut) => BlockStatus::TimedOut,
        State::Ended(_) => BlockStatus::Failed,
    }
}

/// Returns why a run failed, or what it is doing.
fn reason(run: &CellRun) -> Option<String> {
    Some(match &run.state {
        State::Compiling => text(run.build.crates.as_deref()?),
        State::Ended(Outcome::Exited(status @ 1..)) => format!("exit status {status}"),
        State::Ended(Outcome::Signaled(signal)) => format!("signal {signal}"),
        State::Ended(Outcome::Raised) => "exception".to_owned(),
        State::Ended(Outcome::NotCompiled) => "does not compile".to_owned(),
        State::Ended(Outcome::NotStarted(why)) => text(why),
        _ => return None,
    })
}

/// Returns whether code seems to read standard input.
fn reads_input(cell: &Cell) -> bool {
    let marks: &[&str] = match &*cell.language {
        "python" => &["input(", "sys.stdin", "getpass("],
        "rust" => &["stdin()"],
        "bash" | "sh" | "zsh" | "fish" => &["read "],
        _ => &[],
    };
    let is_code = |line: &&str| !line.trim_start().starts_with(['#', '/']);
    let has_mark = |line: &str| marks.iter().any(|mark| has_word(line, mark));
    cell.code.lines().filter(is_code).any(has_mark)
}

/// Returns whether a line contains a text that is not the end of a longer word.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
    })
}

/// Returns the outputs on the slide as text with colours, the last lines of each.
fn outputs(app: &App) -> Vec<OutputReport> {
    let slide = app.at().slide;
    let here = app.deck().cells.iter().filter(|cell| cell.slide == slide || cell.detached);
    let mut left = MAX_OUTPUT_BYTES;
    let mut found = Vec::new();
    for cell in here {
        let Some(run) = app.runs().get(&cell.id).map(CellRun::shown) else { continue };
        let result = RunResult::of(run, Outcome::Exited(0), None, Vec::new());
        let mut lines = result.lines;
        let first = lines.len().saturating_sub(MAX_OUTPUT_LINES);
        lines.drain(..first);
        let size: usize = lines.iter().map(String::len).sum();
        if lines.is_empty() || size > left {
            continue;
        }
        left -= size;
        found.push(OutputReport { number: cell.id.0, lines, screen: result.screen });
    }
    found
}

fn mode(mode: &Mode) -> &'static str {
    match mode {
        Mode::Slide => "slide",
        Mode::Index(_) => "index",
        Mode::Overview(_) => "overview",
        Mode::Help(_) => "help",
        Mode::Problems(_) => "problems",
        Mode::Variables(_) => "variables",
        Mode::Address(_) => "address",
        Mode::TrustPrompt(_) => "question",
        Mode::Passthrough(_) => "program",
        Mode::StdinPrompt(_) => "input",
        Mode::Edit(_) => "editor",
    }
}

fn consent(app: &App) -> &'static str {
    match app.trust() {
        Trust::Unknown | Trust::Checking if app.policy().exec => "flag",
        Trust::Unknown => "unknown",
        Trust::Checking => "checking",
        Trust::Once => "once",
        Trust::Always => "always",
        Trust::Sandboxed => "sandboxed",
        Trust::No => "no",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_code() {
        assert!(has_word("name = input('who? ')", "input("));
        assert!(!has_word("name = get_input('who? ')", "input("));
        assert!(has_word("while read line; do", "read "));
        assert!(!has_word("spread butter", "read "));
    }

    #[test]
    fn first_line_skips_blank_ones() {
        assert_eq!(first_line("\n\n  let x = 1;\nlet y"), "let x = 1;");
        assert_eq!(first_line(""), "");
    }
}
