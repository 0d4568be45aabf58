//! What a run is worth: the same as what was recorded, or, where nothing was, a success.

use similar::TextDiff;

use super::file::status;
use super::{EntryMatch, PlacedValue, RecordedPicture, RecordedValue, RunResult, ansi_text, mask};
use crate::deck::Cell;
use crate::run::Outcome;

/// Lines of a difference that are told.
const LONGEST: usize = 40;

/// Lines around what differs.
const CONTEXT: usize = 2;

/// What a cell is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// As on stage, for what it shows.
    Show,
    /// By the executor behind `+validate:`, to see whether it does what is expected.
    Validate,
}

/// What is to be said of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It did what it should.
    Passed,
    /// Something else came out than on that day.
    Differs {
        /// When it was recorded.
        since: String,
        /// What is different, line by line.
        diff: String,
    },
    /// Its code is not what was recorded on that day.
    Outdated {
        /// When it was recorded.
        since: String,
        /// What came out different, line by line; nothing if all is the same.
        diff: String,
    },
    /// It failed, or did not though it should have.
    Failed(String),
    /// It reached its time limit.
    TimedOut,
    /// It was not run: why.
    Skipped(String),
}

impl Verdict {
    /// Whether all is well.
    pub fn is_fine(&self) -> bool {
        matches!(self, Self::Passed | Self::Skipped(_))
    }

    /// Whether recording again settles it.
    pub fn is_about_recording(&self) -> bool {
        matches!(self, Self::Differs { .. } | Self::Outdated { .. })
    }

    /// A word for it, the same for all of a kind.
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

    /// It in a few words.
    pub fn message(&self) -> String {
        match self {
            Self::Passed => "ok".to_owned(),
            Self::Differs { since, .. } => format!("differs from what was recorded on {since}"),
            Self::Outdated { since, .. } => {
                format!("its code changed since it was recorded on {since}")
            }
            Self::Failed(why) => format!("failed: {why}"),
            Self::TimedOut => "timed out".to_owned(),
            Self::Skipped(why) => format!("not run: {why}"),
        }
    }

    /// What came out different.
    pub fn diff(&self) -> Option<&str> {
        match self {
            Self::Differs { diff, .. } | Self::Outdated { diff, .. } => Some(diff),
            _ => None,
        }
    }
}

/// Judges a run of a cell by what was recorded of it, and by what its author expects.
pub fn judge(cell: &Cell, result: &RunResult, recorded: Option<EntryMatch<'_>>) -> Verdict {
    if let Outcome::NotStarted(why) = &result.outcome {
        return Verdict::Failed(why.clone());
    }
    let did_fail = !result.outcome.is_success() && !result.goes_on();
    if cell.check.expects_failure && !did_fail {
        return Verdict::Failed("it was expected to fail, and did not".to_owned());
    }
    let Some(EntryMatch { entry, is_outdated }) = recorded else {
        return match &result.outcome {
            _ if did_fail == cell.check.expects_failure => Verdict::Passed,
            Outcome::TimedOut => Verdict::TimedOut,
            outcome => Verdict::Failed(status(outcome).unwrap_or_default()),
        };
    };
    let diff = difference(&entry.result, result, (&entry.date, cell.check.mask.as_deref()));
    let since = entry.date.clone();
    match diff {
        diff if is_outdated => Verdict::Outdated { since, diff },
        diff if diff.is_empty() => Verdict::Passed,
        diff => Verdict::Differs { since, diff },
    }
}

/// What is different, line by line; nothing where all is the same but for what is masked.
pub(super) fn difference(
    before: &RunResult,
    now: &RunResult,
    (date, mask): (&str, Option<&str>),
) -> String {
    // Where nothing but the bytes of a picture is known of one of the two, they must be equal.
    let pictures = [before, now].map(|result| result.picture.as_ref());
    let are_known = pictures.iter().flatten().all(|picture| !picture.kind.is_empty());
    let look = |picture: &RecordedPicture| {
        if are_known { picture.kind.clone() } else { picture.hash.clone() }
    };
    let told = |result: &RunResult| {
        // How far an endless program gets is never the same.
        let is_cut = result.goes_on() || result.outcome == Outcome::TimedOut;
        let text = if is_cut { String::new() } else { written(result, mask) };
        let picture = result.picture.as_ref().map(|it| format!("(a picture: {})\n", look(it)));
        text + &picture.unwrap_or_default() + &ending(result)
    };
    let (before, now) = (told(before), told(now));
    if before == now {
        return String::new();
    }
    let diff = TextDiff::from_lines(&before, &now);
    let mut unified = diff.unified_diff();
    unified.context_radius(CONTEXT).header(&format!("recorded {date}"), "now");
    short(&unified.to_string())
}

/// How a run ended, where it is not the usual way.
fn ending(result: &RunResult) -> String {
    match status(&result.outcome) {
        Some(status) if !result.outcome.is_success() => format!("({status})\n"),
        _ => String::new(),
    }
}

/// What was written, without colours and what is masked. What was timed is the same whatever it took.
fn written(result: &RunResult, mask: Option<&str>) -> String {
    let mut lines: Vec<_> = result.lines.iter().map(|line| ansi_text::plain(line)).collect();
    for PlacedValue { line, value, .. } in &result.shown {
        if let (RecordedValue::Timing(timing), Some(line)) = (value, lines.get_mut(*line)) {
            *line = timing.stable_text();
        }
    }
    let text = mask::masked(&lines.join("\n"), mask);
    let lines = text.lines().map(|line| line.trim_end().to_owned() + "\n");
    lines.collect()
}

/// The first lines of a difference, and how many more there are.
fn short(diff: &str) -> String {
    let mut lines: Vec<_> = diff.lines().collect();
    let more = lines.len().saturating_sub(LONGEST);
    lines.truncate(LONGEST);
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
            shown: Vec::new(),
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
    #[case(Outcome::Exited(0), true, "failed: it was expected to fail, and did not")]
    #[case(Outcome::NotStarted("no `x`".to_owned()), true, "failed: no `x`")]
    fn f164_what_is_not_recorded_passes_if_it_does_what_is_expected(
        #[case] outcome: Outcome,
        #[case] expects_failure: bool,
        #[case] expected: &str,
    ) {
        let verdict = judge(&cell(expects_failure, None), &result(outcome, "x"), None);
        assert_eq!(verdict.message(), expected);
    }

    /// What is said of `now` where `before` was recorded.
    fn compared(before: RunResult, now: &RunResult, mask: Option<&str>) -> Verdict {
        let entry = entry(before);
        judge(&cell(false, mask), now, Some(EntryMatch { entry: &entry, is_outdated: false }))
    }

    #[test]
    fn what_is_recorded_must_come_out_again() {
        let done = |text: &str| result(Outcome::Exited(0), text);
        let same = |before: &str, now: &str| compared(done(before), &done(now), None).is_fine();
        assert!(same("a\nb", "a\nb"));
        assert!(same("a  ", "\u{1b}[0;31ma\u{1b}[0m"), "colours and blanks at the end aside");
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
    fn a_failure_that_was_recorded_is_no_mistake() {
        let failing = result(Outcome::Raised, "ZeroDivisionError");
        assert!(compared(failing.clone(), &failing, None).is_fine());
        let now = result(Outcome::Exited(0), "ZeroDivisionError");
        assert!(!compared(failing, &now, None).is_fine());
    }

    #[test]
    fn how_far_an_endless_program_gets_is_not_compared() {
        let cut = |text: &str| result(Outcome::TimedOut, text);
        assert!(compared(cut("1\n2"), &cut("1\n2\n3"), None).is_fine());
        assert!(!compared(cut("1"), &result(Outcome::Exited(0), "1"), None).is_fine());
        let drawing =
            |text: &str| RunResult { screen: Some((9, 2)), ..result(Outcome::Stopped, text) };
        assert!(compared(drawing("cpu 3%"), &drawing("cpu 7%"), None).is_fine());
    }

    #[test]
    fn other_code_needs_another_recording() {
        let entry = entry(result(Outcome::Exited(0), "a"));
        let found = Some(EntryMatch { entry: &entry, is_outdated: true });
        let verdict = judge(&cell(false, None), &entry.result, found);
        assert_eq!(verdict.message(), "its code changed since it was recorded on 2026-11-22");
        assert!(!verdict.is_fine() && verdict.is_about_recording());
    }

    #[test]
    fn a_long_difference_is_cut() {
        let text: Vec<_> = (0..200).map(|n| n.to_string()).collect();
        let text = text.join("\n");
        let verdict =
            compared(result(Outcome::Exited(0), ""), &result(Outcome::Exited(0), &text), None);
        let diff = verdict.diff().unwrap_or_default().to_owned();
        assert_eq!(diff.lines().count(), LONGEST + 1);
        assert!(diff.ends_with("… 163 more lines\n"), "{diff}");
    }
}
