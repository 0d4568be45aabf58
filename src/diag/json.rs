//! Diagnostics for editors, as one JSON document with a stable shape.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::{Diagnostic, Severity};
use crate::source::{Sources, Span};

/// The version of the document's shape.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct JsonReport<'a> {
    version: u32,
    diagnostics: Vec<JsonDiagnostic<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocks: Option<Value>,
}

/// One diagnostic. Lines and columns count from 1, columns in characters; the end is after the last
/// character.
#[derive(Serialize)]
struct JsonDiagnostic<'a> {
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    severity: &'static str,
    message: &'a str,
    hints: &'a [String],
}

/// Returns the diagnostics as JSON, each list with its sources, and `blocks`, the results of
/// running the deck's code, if it was run.
pub fn json(reports: &[(&[Diagnostic], &Sources)], blocks: Option<Value>) -> String {
    let mut diagnostics = Vec::new();
    for (found, sources) in reports {
        diagnostics.extend(found.iter().map(|found| json_diagnostic(found, sources)));
    }
    let document = JsonReport { version: VERSION, diagnostics, blocks };
    escape_controls(&serde_json::to_string_pretty(&document).unwrap_or_default())
}

/// Escapes the control characters that JSON permits unescaped: file names may contain them, and the
/// document may be printed on a terminal.
fn escape_controls(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\u{7f}'..='\u{9f}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text
}

fn json_diagnostic<'a>(found: &'a Diagnostic, sources: &Sources) -> JsonDiagnostic<'a> {
    let Span { file, start, end } = found.span;
    let file = sources.get(file);
    let at = |offset| file.map_or((1, 1), |file| file.position(offset).pair());
    let ((line, column), (end_line, end_column)) = (at(start), at(end.max(start)));
    let severity = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    JsonDiagnostic {
        file: file.map(|file| file.path().to_string_lossy().into_owned()).unwrap_or_default(),
        line,
        column,
        end_line,
        end_column,
        severity,
        message: &found.message,
        hints: &found.hints,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    #[test]
    fn json_has_start_and_end_positions() {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new("talk.md", "é\n<!-- puase\n-->\n"));
        let span = Span::new(file, 8..17);
        let found = [
            Diagnostic::error(span, "unknown \"command\"").hint("did you mean `pause`?"),
            Diagnostic::warning(Span::new(file, 0..2), "an accent"),
        ];
        insta::assert_snapshot!(json(&[(&found, &sources)], None), @r#"
        {
          "version": 1,
          "diagnostics": [
            {
              "file": "talk.md",
              "line": 2,
              "column": 6,
              "end_line": 3,
              "end_column": 4,
              "severity": "error",
              "message": "unknown \"command\"",
              "hints": [
                "did you mean `pause`?"
              ]
            },
            {
              "file": "talk.md",
              "line": 1,
              "column": 1,
              "end_line": 1,
              "end_column": 2,
              "severity": "warning",
              "message": "an accent",
              "hints": []
            }
          ]
        }
        "#);
    }
}
