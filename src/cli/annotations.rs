//! Problems and failing blocks as annotations of lines, for programs that show them beside the code:
//! GitHub's log commands and SARIF.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::diag::{Diagnostic, Severity};
use crate::recording::Finding;
use crate::source::Sources;

/// The address of SARIF's own schema.
const SARIF_SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Lists of problems, each with its sources.
pub(super) type Reports<'a> = Vec<(&'a [Diagnostic], &'a Sources)>;

/// A note on a range of a file. Lines and columns count from 1, columns in characters; the end is after
/// the last character.
pub(super) struct Annotation {
    file: String,
    start: (u32, u32),
    end: (u32, u32),
    severity: Severity,
    rule: &'static str,
    message: String,
}

impl Annotation {
    /// Returns an annotation for each problem, and for each block that failed.
    pub(super) fn all(reports: &Reports<'_>, failed: &[&Finding]) -> Vec<Self> {
        let mut all = Vec::new();
        for (found, sources) in reports {
            all.extend(found.iter().map(|found| Self::of_problem(found, sources)));
        }
        all.extend(failed.iter().map(|finding| Self::of_finding(finding)));
        all
    }

    fn of_problem(found: &Diagnostic, sources: &Sources) -> Self {
        let file = sources.get(found.span.file);
        let at = |offset| file.map_or((1, 1), |file| file.position(offset).pair());
        let hints = found.hints.iter().map(|hint| format!("\nhint: {hint}"));
        Self {
            file: file.map(|file| file.path().to_string_lossy().into_owned()).unwrap_or_default(),
            start: at(found.span.start),
            end: at(found.span.end.max(found.span.start)),
            severity: found.severity,
            rule: "deck",
            message: found.message.clone() + &hints.collect::<String>(),
        }
    }

    fn of_finding(finding: &Finding) -> Self {
        let message = format!("{} · {}", finding.verdict.message(), finding.name());
        let output = finding.last_lines().into_iter().map(|line| format!("\n{line}"));
        let diff = finding.verdict.diff().unwrap_or_default();
        let diff = diff.lines().map(|line| format!("\n{line}"));
        let at = finding.at.pair();
        Self {
            file: finding.file.clone(),
            start: at,
            end: at,
            severity: Severity::Error,
            rule: "block",
            message: message + &diff.chain(output).collect::<String>(),
        }
    }

    fn level(&self) -> &'static str {
        match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// Formats annotations as GitHub's log commands, one per line.
pub(super) fn github(annotations: &[Annotation]) -> String {
    let line = |it: &Annotation| {
        let ((line, column), (end_line, end_column)) = (it.start, it.end);
        // GitHub's end is the last character, and it ignores columns of several lines.
        let end_column = end_column.saturating_sub(1).max(1);
        let columns = if line == end_line {
            format!(",col={column},endColumn={}", end_column.max(column))
        } else {
            String::new()
        };
        format!(
            "::{} file={},line={line},endLine={end_line}{columns}::{}\n",
            it.level(),
            escape(&it.file, true),
            escape(&it.message, false)
        )
    };
    annotations.iter().map(line).collect()
}

/// Escapes what would end a value of a log command, and control characters.
fn escape(text: &str, is_property: bool) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '%' => escaped += "%25",
            '\r' => escaped += "%0D",
            '\n' => escaped += "%0A",
            ':' if is_property => escaped += "%3A",
            ',' if is_property => escaped += "%2C",
            control if control.is_control() => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Formats annotations as a SARIF document.
pub(super) fn sarif(annotations: &[Annotation]) -> String {
    let result = |it: &Annotation| {
        let ((line, column), (end_line, end_column)) = (it.start, it.end);
        json!({
            "ruleId": it.rule,
            "level": it.level(),
            "message": { "text": it.message },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": uri(&it.file) },
                "region": {
                    "startLine": line, "startColumn": column,
                    "endLine": end_line, "endColumn": end_column,
                },
            }}],
        })
    };
    let rule = |id: &str, text: &str| json!({ "id": id, "shortDescription": { "text": text } });
    let document = json!({
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "livedeck",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": [
                    rule("deck", "A mistake in a deck, its theme or its configuration"),
                    rule("block", "A code block that fails or differs from its recording"),
                ],
            }},
            "columnKind": "unicodeCodePoints",
            "results": annotations.iter().map(result).collect::<Vec<Value>>(),
        }],
    });
    format!("{document:#}\n")
}

/// Returns a path as an address, relative if the path is.
fn uri(path: &str) -> String {
    let mut text = String::from(if Path::new(path).is_absolute() { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                text.push(char::from(byte));
            }
            byte => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, Span};

    fn annotations() -> Vec<Annotation> {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new("my talk.md", "é 100%\n<!-- puase\n-->\n"));
        let found = [
            Diagnostic::error(Span::new(file, 8..19), "unknown, 100% \u{1b}").hint("`pause`?"),
            Diagnostic::warning(Span::new(file, 3..7), "a number"),
        ];
        Annotation::all(&vec![(&found, &sources)], &[])
    }

    #[test]
    fn github_commands_are_escaped() {
        assert_eq!(
            github(&annotations()),
            "::error file=my talk.md,line=2,endLine=3::unknown, 100%25 ␛%0Ahint: `pause`?\n\
             ::warning file=my talk.md,line=1,endLine=1,col=3,endColumn=6::a number\n"
        );
        assert_eq!(escape("a:b,c", true), "a%3Ab%2Cc");
    }

    #[test]
    fn sarif_has_levels_and_regions() {
        let document: Value = serde_json::from_str(&sarif(&annotations())).unwrap();
        let results = document["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), 2);
        assert_eq!(results[0]["level"], "error");
        let place = &results[1]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "my%20talk.md");
        assert_eq!(place["region"]["startColumn"], 3);
        assert_eq!(place["region"]["endColumn"], 7);
        assert_eq!(uri("/a/é"), "file:///a/%C3%A9");
    }
}
