//! Renders one diagnostic as text: the source line with a caret under the span, then the hints; or
//! a single line, for use on a slide.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::{Diagnostic, Severity};
use crate::source::{SourceFile, Sources, visible, visible_line};

/// Characters of a long line shown on either side of the marked part.
const MAX_CONTEXT: usize = 200;
/// Bytes of a line that are marked.
const MAX_MARKED: usize = 400;

/// Returns the diagnostic with a source excerpt, in the style of a compiler, without colour.
pub fn plain(diagnostic: &Diagnostic, sources: &Sources) -> String {
    report(diagnostic, sources, &Renderer::plain())
}

/// As [`plain`], in colour for a terminal.
pub fn colored(diagnostic: &Diagnostic, sources: &Sources) -> String {
    report(diagnostic, sources, &Renderer::styled())
}

fn report(diagnostic: &Diagnostic, sources: &Sources, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let excerpt = sources.get(diagnostic.span.file).map(|file| Excerpt::new(diagnostic, file));
    let mut group = level.primary_title(diagnostic.message.as_str()).elements(
        excerpt.as_ref().map(|excerpt| {
            Snippet::source(excerpt.line.as_str())
                .line_start(excerpt.number)
                .path(excerpt.path.as_str())
                .annotation(AnnotationKind::Primary.span(excerpt.span.clone()))
        }),
    );
    for hint in &diagnostic.hints {
        group = group.element(Level::HELP.with_name("hint").message(hint.as_str()));
    }
    let report = renderer.render(&[group]);
    match excerpt {
        Some(excerpt) if excerpt.cut_chars > 0 => excerpt.with_real_column(&report),
        _ => report,
    }
}

/// Returns `file:line:column: message`, without the hints.
pub fn summary(diagnostic: &Diagnostic, sources: &Sources) -> String {
    format!("{}: {}", sources.place(diagnostic.span), visible_line(&diagnostic.message))
}

/// The first line of a diagnostic's span. Excerpts do not show whole blocks, and no line index is
/// built per diagnostic, which would be slow for thousands of them.
struct Excerpt {
    path: String,
    line: String,
    number: usize,
    /// The marked part of the line.
    span: Range<usize>,
    /// The number of characters cut off its start.
    cut_chars: usize,
}

impl Excerpt {
    fn new(diagnostic: &Diagnostic, file: &SourceFile) -> Self {
        let (text, range) = (file.text(), diagnostic.span.range());
        let start = text.floor_char_boundary(range.start);
        let line = text[..start].rfind('\n').map_or(0, |end| end + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line_end = line + text[line..line_end].trim_end_matches('\r').len();
        let end =
            text.floor_char_boundary(range.end.min(start + MAX_MARKED)).min(line_end).max(start);
        let is_part = start - line > 2 * MAX_CONTEXT;
        let from = if is_part { text.floor_char_boundary(start - MAX_CONTEXT) } else { line };
        let after = text.floor_char_boundary((end + MAX_CONTEXT).min(line_end)).max(end);
        // Control characters become visible, which may move the span.
        let [before, marked, after] =
            [from..start, start..end, end..after].map(|part| visible(&text[part]));
        let span = before.len()..before.len() + marked.len();
        let cut_chars = text[line..from].chars().count();
        let line = [before, marked, after].concat();
        Self { path: file.name(), line, number: file.line(start as u32) as usize, span, cut_chars }
    }

    /// Replaces the column in the excerpt by the column in the whole line.
    fn with_real_column(&self, report: &str) -> String {
        let column = self.line[..self.span.start].chars().count() + 1;
        let place = |column| format!("{}:{}:{column}", self.path, self.number);
        report.replacen(&place(column), &place(column + self.cut_chars), 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn mistake(text: &str, span: Range<usize>) -> (Diagnostic, Sources) {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new("talk.md", text));
        let diagnostic = Diagnostic::error(Span::new(file, span), "unknown command `puase`")
            .hint("did you mean `pause`?");
        (diagnostic, sources)
    }

    #[test]
    fn excerpt_shows_line_caret_and_hint() {
        let (diagnostic, sources) = mistake("a\n<!-- puase -->\n", 7..12);
        insta::assert_snapshot!(plain(&diagnostic, &sources), @"
        error: unknown command `puase`
         --> talk.md:2:6
          |
        2 | <!-- puase -->
          |      ^^^^^
          |
          = hint: did you mean `pause`?
        ");
        assert_eq!(summary(&diagnostic, &sources), "talk.md:2:6: unknown command `puase`");
    }

    #[test]
    fn long_line_is_cut_and_keeps_its_column() {
        let text = format!("{}puase{}", "a".repeat(1_000), "b".repeat(1_000_000));
        let (diagnostic, sources) = mistake(&text, 1_000..1_005);
        let report = plain(&diagnostic, &sources);
        assert!(report.contains("talk.md:1:1001"), "{report}");
        assert!(report.contains("apuaseb") && report.contains("^^^^^"), "{report}");
        assert!(report.len() < 1_000, "{report}");
    }

    #[test]
    fn excerpt_has_no_control_characters() {
        let (diagnostic, sources) = mistake("\x1b[2J\u{9b}31m puase\x07 \u{7f}\r\n", 10..15);
        let report = plain(&diagnostic, &sources);
        insta::assert_snapshot!(report, @"
        error: unknown command `puase`
         --> talk.md:1:10
          |
        1 | ␛[2J�31m puase␇ ␡
          |          ^^^^^
          |
          = hint: did you mean `pause`?
        ");
        assert!(!report.contains(|c: char| c.is_control() && c != '\n'));
    }

    #[test]
    fn out_of_range_spans_are_rendered() {
        for span in [0..99, 99..99, 1..2] {
            let (diagnostic, sources) = mistake("é", span);
            assert!(plain(&diagnostic, &sources).contains("1 | é"));
        }
    }
}
