//! Highlights a block of code: runs syntect's parser over its lines and converts styles to ratatui's.
//!
//! A deck is untrusted input: control characters are replaced by visible symbols, and blocks and
//! lines that are too long for the parser are not highlighted past the limit.

use ratatui::style::Style;
use ratatui::text::Line;
use syntect::highlighting as colors;

use super::line_cache::{KnownState, LineCache, PaintedLine};
use super::line_parser::{Parser, StyledLine, style};
use super::{HighlightedCode, syntaxes};

/// Longer lines are not highlighted: some patterns take quadratic time.
const MAX_LINE_BYTES: usize = 2_000;

/// Bytes of a block that are highlighted: over a thousand lines, of which a slide shows about fifty.
pub(super) const MAX_BLOCK_BYTES: usize = 40_000;

/// Shorter lines are never wrapped: no box is narrower.
const MIN_BREAK_BYTES: usize = 8;

/// The rules that colour code, and those whose colour changes are breaks, if they differ.
#[derive(Clone, Copy)]
pub(super) struct PaintRules<'a> {
    pub(super) colors: &'a colors::Highlighter<'static>,
    pub(super) breaks: Option<&'a colors::Highlighter<'static>>,
}

/// Highlights code. Lines that are known are taken from the cache.
pub(super) fn highlight(
    rules: PaintRules<'_>,
    (language, code): (&str, &str),
    known: &mut LineCache,
) -> HighlightedCode {
    let plain = style(rules.colors.get_default());
    let first = syntaxes::find(language).map(|syntax| Parser::new(rules.colors, syntax, code));
    let mut state = first.map(|parser| known.state(parser));
    let mut read = 0;
    let mut lines = Vec::new();
    let mut ends: Vec<Box<[usize]>> = Vec::new();
    for text in code.split('\n') {
        read += text.len();
        if read > MAX_BLOCK_BYTES {
            state = None;
        }
        let before = state.as_ref().filter(|_| text.len() <= MAX_LINE_BYTES);
        let painted = before.map(|before| painted_after(before, rules, text, known));
        // `None` inside: the parser's state is undefined now.
        let painted = painted.and_then(|painted| {
            state = painted.as_ref().map(|(_, after)| after.clone());
            painted
        });
        let painted = painted.map_or_else(|| PaintedLine::plain(text, plain), |(line, _)| line);
        lines.push(painted.line);
        if rules.breaks.is_some() {
            ends.push(painted.ends);
        }
    }
    HighlightedCode { lines: lines.into(), breaks: ends.into() }
}

/// Returns the highlighted line after a state, and the state after it.
fn painted_after(
    before: &KnownState,
    rules: PaintRules<'_>,
    text: &str,
    known: &mut LineCache,
) -> Option<(PaintedLine, KnownState)> {
    if let Some(painted) = known.get(before, text) {
        return Some(painted);
    }
    let mut parser = Parser::clone(&before.parser);
    let (mut line, mut broken) = (StyledLine::default(), StyledLine::default());
    let breaks = rules.breaks.filter(|_| text.len() >= MIN_BREAK_BYTES);
    let breaks = breaks.map(|rules| (rules, &mut broken));
    parser.paint(rules.colors, text, &mut line, breaks)?;
    let painted = PaintedLine { line: Line::from(line.spans), ends: broken.ends() };
    let after = known.insert(before, text, (painted.clone(), parser));
    Some((painted, after))
}

impl PaintedLine {
    fn plain(text: &str, style: Style) -> Self {
        let mut line = StyledLine::default();
        line.push(text, style);
        Self { line: Line::from(line.spans), ends: Box::default() }
    }
}

/// Highlights one line. Returns it with the parser's state after it; without a parser, the line is
/// plain.
pub(super) fn line(
    rules: &colors::Highlighter<'_>,
    parser: Option<Parser>,
    text: &str,
) -> (Line<'static>, Option<Parser>) {
    let plain = style(rules.get_default());
    let unpainted = || {
        let mut line = StyledLine::default();
        line.push(text, plain);
        Line::from(line.spans)
    };
    let Some(mut parser) = parser else { return (unpainted(), None) };
    if text.len() > MAX_LINE_BYTES {
        return (unpainted(), Some(parser));
    }
    let mut line = StyledLine::default();
    match parser.paint(rules, text, &mut line, None) {
        Some(()) => (Line::from(line.spans), Some(parser)),
        None => (unpainted(), None),
    }
}

/// Returns the code's lines in one style.
pub(super) fn plain(code: &str, style: Style) -> Vec<Line<'static>> {
    let line = |text| {
        let mut line = StyledLine::default();
        line.push(text, style);
        Line::from(line.spans)
    };
    code.split('\n').map(line).collect()
}
