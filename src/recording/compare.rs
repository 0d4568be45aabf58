//! Compares a run with its recording; without one, a successful run passes.

use similar::TextDiff;

use super::file::status;
use super::{EntryMatch, PlacedValue, RecordedPicture, RecordedValue, RunResult, ansi_text, mask};
use crate::deck::Cell;
use crate::run::{CellRun, Outcome, State};

/// Maximum lines of a diff.
const MAX_DIFF_LINES: usize = 40;

/// Context lines around each change.
const CONTEXT: usize = 2;

/// Why a cell is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To show its output, as in a presentation.
    Show,
    /// To validate it with the executor of `+validate:`.
    Validate,
}

/// The verdict on a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As expected.
    Passed,
    /// The result differs from the recording.
    Differs {
        /// The date of recording.
        since: String,
        /// A unified diff.
        diff: String,
    },
    /// The code differs from the recorded code.
    Outdated {
        /// The date of recording.
        since: String,
        /// A unified diff; empty if the results are equal.
        diff: String,
    },
    /// It failed, or succeeded although a failure was expected.
    Failed(String),
    /// It reached its time limit.
    TimedOut,
    /// It was not run, with the reason.
    Skipped(String),
}

impl Verdict {
    /// Returns whether this is not a failure.
    pub fn is_fine(&self) -> bool {
        matches!(self, Self::Passed | Self::Skipped(_))
    }

    /// Returns whether recording again resolves it.
    pub fn is_about_recording(&self) -> bool {
        matches!(self, Self::Differs { .. } | Self::Outdated { .. })
    }

    /// Returns the name of this kind of verdict.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Differs { .. } => "differs",
            Self::Outdated { .. } => "outdated",
            Self::Failed(_) => "failed",
            Self::TimedOut => "timed out",
            Self::Skipped(_) => "not run",
        }
    }

    /// Returns a short message.
    pub fn message(&self) -> String {
        match self {
            Self::Passed => "ok".to_owned(),
            Self::Differs { since, .. } => format!("differs from the recording of {since}"),
            Self::Outdated { since, .. } => {
                format!("code changed since the recording of {since}")
            }
            Self::Failed(why) => format!("failed: {why}"),
            Self::TimedOut => "timed out".to_owned(),
            Self::Skipped(why) => format!("not run: {why}"),
        }
    }

    /// Returns the diff, if there is one.
    pub fn diff(&self) -> Option<&str> {
        match self {
            Self::Differs { diff, .. } | Self::Outdated { diff, .. } => Some(diff),
            _ => None,
        }
    }
}

/// Judges the result of a run by its recording and by what the block expects (`+expect`).
pub fn judge(cell: &Cell, result: &RunResult, recorded: Option<EntryMatch<'_>>) -> Verdict {
    if let Outcome::NotStarted(why) = &result.outcome {
        return Verdict::Failed(why.clone());
    }
    let did_fail = !result.outcome.is_success() && !result.is_endless();
    if cell.check.expects_failure && !did_fail {
        return Verdict::Failed("expected to fail, but succeeded".to_owned());
    }
    let Some(EntryMatch { entry, is_outdated }) = recorded else {
        return match &result.outcome {
            _ if did_fail == cell.check.expects_failure => Verdict::Passed,
            Outcome::TimedOut => Verdict::TimedOut,
            outcome => Verdict::Failed(status(outcome).unwrap_or_default()),
        };
    };
    let diff = difference(&entry.result, result, (&entry.date, cell.check.uncompared().as_deref()));
    let since = entry.date.clone();
    match diff {
        diff if is_outdated => Verdict::Outdated { since, diff },
        diff if diff.is_empty() => Verdict::Passed,
        diff => Verdict::Differs { since, diff },
    }
}

/// Returns whether a run differs from a recorded one, apart from ignored text. Pictures are not compared.
pub fn differs(run: &CellRun, recorded: &CellRun, ignored: Option<&str>) -> bool {
    let result = |run: &CellRun| match &run.state {
        State::Ended(outcome) => Some(RunResult::of(run, outcome.clone(), None, Vec::new())),
        _ => None,
    };
    match (result(recorded), result(run)) {
        (Some(before), Some(now)) => !difference(&before, &now, ("", ignored)).is_empty(),
        _ => false,
    }
}

/// Returns a unified diff of two results, or an empty string if they are equal apart from ignored
/// text.
pub(super) fn difference(
    before: &RunResult,
    now: &RunResult,
    (date, ignored): (&str, Option<&str>),
) -> String {
    // Compare the bytes of pictures unless the kind of both is known.
    let pictures = [before, now].map(|result| result.picture.as_ref());
    let are_known = pictures.iter().flatten().all(|picture| !picture.kind.is_empty());
    let look = |picture: &RecordedPicture| {
        if are_known { picture.kind.clone() } else { picture.hash.clone() }
    };
    let text_of = |result: &RunResult| {
        // The progress of an endless program differs on each run.
        let is_cut = result.is_endless() || result.outcome == Outcome::TimedOut;
        let text = if is_cut { String::new() } else { comparable_text(result, ignored) };
        let picture = result.picture.as_ref().map(|it| format!("(picture: {})\n", look(it)));
        text + &picture.unwrap_or_default() + &ending(result)
    };
    let (before, now) = (text_of(before), text_of(now));
    if before == now {
        return String::new();
    }
    let diff = TextDiff::from_lines(&before, &now);
    let mut unified = diff.unified_diff();
    unified.context_radius(CONTEXT).header(&format!("recorded {date}"), "now");
    truncated(&unified.to_string())
}

/// Returns a line on how a run ended, if it did not succeed.
fn ending(result: &RunResult) -> String {
    match status(&result.outcome) {
        Some(status) if !result.outcome.is_success() => format!("({status})\n"),
        _ => String::new(),
    }
}

/// Returns the output without colours, ignored text and measured times.
fn comparable_text(result: &RunResult, ignored: Option<&str>) -> String {
    let mut lines: Vec<_> = result.lines.iter().map(|line| ansi_text::plain(line)).collect();
    for PlacedValue { line, value, .. } in &result.values {
        if let (RecordedValue::Timing(timing), Some(line)) = (value, lines.get_mut(*line)) {
            *line = timing.stable_text();
        }
    }
    let text = mask::masked(&lines.join("\n"), ignored);
    let lines = text.lines().map(|line| line.trim_end().to_owned() + "\n");
    lines.collect()
}

/// Truncates a diff and notes how many lines follow.
fn truncated(diff: &str) -> String {
    let mut lines: Vec<_> = diff.lines().collect();
    let more = lines.len().saturating_sub(MAX_DIFF_LINES);
    lines.truncate(MAX_DIFF_LINES);
    let text = lines.join("\n") + "\n";
    if more == 0 { text } else { format!("{text}… {more} more lines\n") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rstest::rstest;

    use super::*;
    use crate::deck::{Check, Fingerprint};
    use crate::recording::{BlockPosition, Entry};

    fn result(outcome: Outcome, text: &str) -> RunResult {
        let lines = text.lines().map(str::to_owned).collect();
        RunResult {
            outcome,
            took: Duration::from_millis(3),
            lines,
            screen: None,
            picture: None,
            values: Vec::new(),
        }
    }

    fn entry(result: RunResult) -> Entry {
        Entry {
            place: BlockPosition::default(),
            language: "bash".to_owned(),
            code: Fingerprint(0),
            date: "2026-11-22".to_owned(),
            result,
        }
    }

    fn cell(expects_failure: bool, mask: Option<&str>) -> Cell {
        let check = Check { expects_failure, mask: mask.map(Into::into), ..Check::default() };
        Cell { check, ..Cell::default() }
    }

    #[rstest]
    #[case(Outcome::Exited(0), false, "ok")]
    #[case(Outcome::Exited(3), false, "failed: exit 3")]
    #[case(Outcome::Raised, false, "failed: exception")]
    #[case(Outcome::TimedOut, false, "timed out")]
    #[case(Outcome::Exited(3), true, "ok")]
    #[case(Outcome::TimedOut, true, "ok")]
    #[case(Outcome::Exited(0), true, "failed: expected to fail, but succeeded")]
    #[case(Outcome::NotStarted("no `x`".to_owned()), true, "failed: no `x`")]
    fn f164_unrecorded_run_passes_as_expected(
        #[case] outcome: Outcome,
        #[case] expects_failure: bool,
        #[case] expected: &str,
    ) {
        let verdict = judge(&cell(expects_failure, None), &result(outcome, "x"), None);
        assert_eq!(verdict.message(), expected);
    }

    /// Returns the verdict on `now` if `before` was recorded.
    fn compared(before: RunResult, now: &RunResult, mask: Option<&str>) -> Verdict {
        let entry = entry(before);
        judge(&cell(false, mask), now, Some(EntryMatch { entry: &entry, is_outdated: false }))
    }

    #[test]
    fn run_must_match_its_recording() {
        let done = |text: &str| result(Outcome::Exited(0), text);
        let same = |before: &str, now: &str| compared(done(before), &done(now), None).is_fine();
        assert!(same("a\nb", "a\nb"));
        assert!(same("a  ", "\u{1b}[0;31ma\u{1b}[0m"), "apart from colours and trailing blanks");
        assert!(same("took 3 ms", "took 17.5 ms"));
        assert!(!same("a", "b"));
        let seeds = (done("seed 1"), done("seed 2"));
        assert!(compared(seeds.0, &seeds.1, Some(r"seed \d")).is_fine());
        let verdict = compared(done("a\nb\nc"), &result(Outcome::Exited(1), "a\nB\nc"), None);
        insta::assert_snapshot!(verdict.diff().unwrap_or_default(), @"
        --- recorded 2026-11-22
        +++ now
        @@ -1,3 +1,4 @@
         a
        -b
        +B
         c
        +(exit 1)
        ");
    }

    #[test]
    fn recorded_failure_passes() {
        let failing = result(Outcome::Raised, "ZeroDivisionError");
        assert!(compared(failing.clone(), &failing, None).is_fine());
        let now = result(Outcome::Exited(0), "ZeroDivisionError");
        assert!(!compared(failing, &now, None).is_fine());
    }

    #[test]
    fn progress_of_endless_programs_is_ignored() {
        let cut = |text: &str| result(Outcome::TimedOut, text);
        assert!(compared(cut("1\n2"), &cut("1\n2\n3"), None).is_fine());
        assert!(!compared(cut("1"), &result(Outcome::Exited(0), "1"), None).is_fine());
        let drawing =
            |text: &str| RunResult { screen: Some((9, 2)), ..result(Outcome::Stopped, text) };
        assert!(compared(drawing("cpu 3%"), &drawing("cpu 7%"), None).is_fine());
    }

    #[test]
    fn changed_code_is_outdated() {
        let entry = entry(result(Outcome::Exited(0), "a"));
        let found = Some(EntryMatch { entry: &entry, is_outdated: true });
        let verdict = judge(&cell(false, None), &entry.result, found);
        assert_eq!(verdict.message(), "code changed since the recording of 2026-11-22");
        assert!(!verdict.is_fine() && verdict.is_about_recording());
    }

    #[test]
    fn long_diffs_are_truncated() {
        let text: Vec<_> = (0..200).map(|n| n.to_string()).collect();
        let text = text.join("\n");
        let verdict =
            compared(result(Outcome::Exited(0), ""), &result(Outcome::Exited(0), &text), None);
        let diff = verdict.diff().unwrap_or_default().to_owned();
        assert_eq!(diff.lines().count(), MAX_DIFF_LINES + 1);
        assert!(diff.ends_with("… 163 more lines\n"), "{diff}");
    }
}
