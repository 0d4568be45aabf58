//! Reports on the runs of a deck, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::{
    BlockPosition, EntryMatch, PlannedRun, Purpose, RunResult, Verdict, ansi_text, block_positions,
    judge, skip_reason,
};
use crate::deck::Deck;
use crate::run::format_duration;
use crate::source::{Position, SourceFile, visible_line};

/// Maximum output lines shown for a failing block, from the end.
const MAX_OUTPUT_LINES: usize = 20;

/// The report on one run of one cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The file that contains the code, as shown in messages.
    pub file: String,
    /// The position in that file.
    pub at: Position,
    /// The language of the cell.
    pub language: String,
    /// The position of the cell in the deck.
    pub place: BlockPosition,
    /// Why it was run.
    pub purpose: Purpose,
    /// The result; `None` if it was not run.
    pub result: Option<RunResult>,
    /// The verdict on the result.
    pub verdict: Verdict,
}

/// The number of findings of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary(Vec<(&'static str, usize)>);

impl Finding {
    /// Judges a planned run by its result, if it was run, and its recording.
    pub fn of(
        deck: &Deck,
        planned: PlannedRun,
        result: Option<RunResult>,
        recorded: Option<EntryMatch<'_>>,
    ) -> Option<Self> {
        let cell = deck.cell(planned.cell)?;
        let file = deck.sources.get(cell.span.file);
        // A validating executor prints something else.
        let recorded = recorded.filter(|_| planned.purpose == Purpose::Show);
        let verdict = match &result {
            Some(result) => judge(cell, result, recorded),
            None => Verdict::Skipped(skip_reason(cell).unwrap_or("no result").to_owned()),
        };
        Some(Self {
            file: file.map(SourceFile::name).unwrap_or_default(),
            at: file.map_or(Position { line: 1, column: 1 }, |it| it.position(cell.span.start)),
            language: cell.language.to_string(),
            place: block_positions(deck).into_iter().nth(cell.id.0 as usize).unwrap_or_default(),
            purpose: planned.purpose,
            result,
            verdict,
        })
    }

    /// Returns the position: `talk.md:44:1`.
    pub fn position(&self) -> String {
        format!("{}:{}:{}", self.file, self.at.line, self.at.column)
    }

    /// Describes the block: its slide, number and language.
    pub fn name(&self) -> String {
        let BlockPosition { slide, block, name } = &self.place;
        let slide = slide.as_deref().unwrap_or("(no title)");
        let name = name.as_ref().map_or_else(|| block.to_string(), |name| format!("`{name}`"));
        let why = if self.purpose == Purpose::Validate { ", validated" } else { "" };
        visible_line(&format!("{slide}, block {name} ({}{why})", self.language)).into_owned()
    }

    /// Returns the last lines of output of a failing block.
    pub fn last_lines(&self) -> Vec<String> {
        let fails = matches!(self.verdict, Verdict::Failed(_) | Verdict::TimedOut);
        let Some(result) = self.result.as_ref().filter(|_| fails) else { return Vec::new() };
        let first = result.lines.len().saturating_sub(MAX_OUTPUT_LINES);
        let plain = |line: &String| visible_line(&ansi_text::plain(line)).into_owned();
        result.lines[first..].iter().map(plain).collect()
    }

    fn took(&self) -> Option<String> {
        self.result.as_ref().map(|result| format_duration(result.took))
    }
}

impl Summary {
    /// Counts the findings.
    pub fn of(findings: &[Finding]) -> Self {
        let mut counts: Vec<(&'static str, usize)> = Vec::new();
        for finding in findings {
            let word = finding.verdict.word();
            match counts.iter_mut().find(|(known, _)| *known == word) {
                Some((_, count)) => *count += 1,
                None => counts.push((word, 1)),
            }
        }
        Self(counts)
    }

    /// Formats the counts: `8 blocks: 7 ok, 1 differs`.
    pub fn words(&self) -> String {
        let all: usize = self.0.iter().map(|(_, count)| count).sum();
        let kinds: Vec<_> = self.0.iter().map(|(word, count)| format!("{count} {word}")).collect();
        match all {
            0 => "no code to run".to_owned(),
            1 => format!("1 block: {}", self.0[0].0),
            _ => format!("{all} blocks: {}", kinds.join(", ")),
        }
    }
}

/// Formats a finding for people, as complete lines.
pub fn line(finding: &Finding) -> String {
    let mut text = format!("{}: {}", finding.position(), finding.verdict.message());
    let took = finding.took().map_or_else(String::new, |took| format!(" · {took}"));
    let _ = writeln!(text, " · {}{took}", finding.name());
    for line in finding.verdict.diff().unwrap_or_default().lines() {
        let _ = writeln!(text, "    {}", visible_line(line));
    }
    for line in finding.last_lines() {
        let _ = writeln!(text, "    | {line}");
    }
    text
}

/// A finding as JSON.
#[derive(Serialize)]
struct JsonFinding<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    slide: Option<&'a str>,
    block: u32,
    name: Option<&'a str>,
    language: &'a str,
    verdict: &'a str,
    message: String,
    took_ms: Option<f64>,
    diff: Option<&'a str>,
    output: Vec<String>,
}

/// Returns all findings as JSON, for the key `blocks`.
pub fn json(findings: &[Finding]) -> Value {
    let entries = findings.iter().map(|finding| {
        let Finding { file, at, language, place, result, verdict, .. } = finding;
        let lines = result.as_ref().map(|result| &result.lines[..]).unwrap_or_default();
        let entry = JsonFinding {
            file,
            line: at.line,
            column: at.column,
            slide: place.slide.as_deref(),
            block: place.block,
            name: place.name.as_deref(),
            language,
            verdict: verdict.word(),
            message: verdict.message(),
            took_ms: result
                .as_ref()
                .map(|result| (result.took.as_secs_f64() * 10_000.0).round() / 10.0),
            diff: verdict.diff(),
            output: lines.iter().map(|line| ansi_text::plain(line)).collect(),
        };
        serde_json::to_value(entry).unwrap_or_default()
    });
    entries.collect()
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::run::Outcome;

    /// Returns a finding of each kind.
    pub(in crate::recording) fn findings() -> Vec<Finding> {
        let diff = "--- recorded 2026-11-22\n+++ now\n@@ -1 +1 @@\n-1\n+2\n".to_owned();
        let since = "2026-11-22".to_owned();
        let verdicts = [
            Verdict::Passed,
            Verdict::Differs { since: since.clone(), diff },
            Verdict::Outdated { since, diff: String::new() },
            Verdict::Failed("exit 3".to_owned()),
            Verdict::TimedOut,
            Verdict::Skipped("it needs the terminal".to_owned()),
        ];
        let finding = |(verdict, line): (Verdict, u32)| {
            let result = RunResult {
                outcome: Outcome::Exited(3),
                took: Duration::from_millis(12),
                lines: vec!["\x1b[0;31m<oh>\x1b[0m".to_owned()],
                screen: None,
                picture: None,
                values: Vec::new(),
            };
            Finding {
                file: "talk.md".to_owned(),
                at: Position { line, column: 1 },
                language: "bash".to_owned(),
                place: BlockPosition { slide: Some("A & B".to_owned()), block: line, name: None },
                purpose: Purpose::Show,
                result: (!matches!(verdict, Verdict::Skipped(_))).then_some(result),
                verdict,
            }
        };
        verdicts.into_iter().zip(1..).map(finding).collect()
    }

    #[test]
    fn text_report_explains_failures() {
        let text: String = findings().iter().map(line).collect();
        insta::assert_snapshot!(text, @"
        talk.md:1:1: ok · A & B, block 1 (bash) · 12 ms
        talk.md:2:1: differs from the recording of 2026-11-22 · A & B, block 2 (bash) · 12 ms
            --- recorded 2026-11-22
            +++ now
            @@ -1 +1 @@
            -1
            +2
        talk.md:3:1: code changed since the recording of 2026-11-22 · A & B, block 3 (bash) · 12 ms
        talk.md:4:1: failed: exit 3 · A & B, block 4 (bash) · 12 ms
            | <oh>
        talk.md:5:1: timed out · A & B, block 5 (bash) · 12 ms
            | <oh>
        talk.md:6:1: not run: it needs the terminal · A & B, block 6 (bash)
        ");
    }

    #[test]
    fn summary_counts_by_kind() {
        assert_eq!(Summary::of(&[]).words(), "no code to run");
        let findings = findings();
        assert_eq!(Summary::of(&findings[..1]).words(), "1 block: ok");
        let twice = [&findings[..2], &findings[..1]].concat();
        assert_eq!(Summary::of(&twice).words(), "3 blocks: 2 ok, 1 differs");
    }

    #[test]
    fn json_report_is_complete() {
        let findings = findings();
        insta::assert_snapshot!(format!("{:#}", json(&findings[1..2])), @r#"
        [
          {
            "file": "talk.md",
            "line": 2,
            "column": 1,
            "slide": "A & B",
            "block": 2,
            "name": null,
            "language": "bash",
            "verdict": "differs",
            "message": "differs from the recording of 2026-11-22",
            "took_ms": 12.0,
            "diff": "--- recorded 2026-11-22\n+++ now\n@@ -1 +1 @@\n-1\n+2\n",
            "output": [
              "<oh>"
            ]
          }
        ]
        "#);
        let words: Vec<_> = findings.iter().map(|finding| finding.verdict.word()).collect();
        assert_eq!(words, ["ok", "differs", "outdated", "failed", "timed out", "not run"]);
    }
}
