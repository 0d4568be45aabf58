//! One diagnostic as text: the source line with a caret under the span, then the hints; or on one
//! line, for the place on a slide where there is no room.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::{Diagnostic, Severity};
use crate::source::Sources;

/// The excerpt as a compiler would print it, without colour.
pub fn plain(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut report = vec![];
    let mut group = level.primary_title(diagnostic.message.as_str()).elements(
        sources.get(diagnostic.span.file).map(|file| {
            let span = clamp(diagnostic.span.range(), file.text());
            Snippet::source(file.text())
                .path(file.path().to_string_lossy())
                .annotation(AnnotationKind::Primary.span(span))
        }),
    );
    for hint in &diagnostic.hints {
        group = group.element(Level::HELP.with_name("hint").message(hint.as_str()));
    }
    report.push(group);
    Renderer::plain().render(&report)
}

/// `file:line:column: message`, without the hints.
pub fn summary(diagnostic: &Diagnostic, sources: &Sources) -> String {
    format!("{}: {}", sources.place(diagnostic.span), diagnostic.message)
}

/// The span cut to the text and to its first line: an excerpt of a whole block helps nobody.
fn clamp(range: std::ops::Range<usize>, text: &str) -> std::ops::Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(range.start);
    let end = floor(range.end).max(start);
    let line = text[start..end].find('\n').map_or(end, |at| start + at);
    start..line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, Span};

    #[test]
    fn an_excerpt_shows_the_line_a_caret_and_the_hint() {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new("talk.md", "a\n<!-- puase -->\n"));
        let diagnostic = Diagnostic::error(Span::new(file, 7..12), "unknown command `puase`")
            .hint("did you mean `pause`?");
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
}
