//! Highlights a block of code: runs syntect's parser over its lines and converts styles to ratatui's.
//!
//! A deck is untrusted input: control characters are replaced by visible symbols, and blocks and
//! lines that are too long for the parser are not highlighted past the limit.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use syntect::highlighting::{self as colors, FontStyle, HighlightIterator, HighlightState};
use syntect::parsing::{ParseState, ScopeStack, SyntaxReference};

use super::line_cache::{KnownState, LineCache, PaintedLine};
use super::{HighlightedCode, syntaxes};
use crate::ansi;
use crate::panics::contain;
use crate::source::{TextKind, mark_invisible, visible_code};

/// Longer lines are not highlighted: some patterns take quadratic time.
const MAX_LINE_BYTES: usize = 2_000;

/// Bytes of a block that are highlighted: over a thousand lines, of which a slide shows about fifty.
pub(super) const MAX_BLOCK_BYTES: usize = 40_000;

/// Replaces a tab.
const TAB_SPACES: &str = "    ";

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

/// Parser state after the lines so far.
#[derive(Clone)]
pub(super) struct Parser {
    parse: ParseState,
    styles: HighlightState,
    line: String,
}

impl Parser {
    pub(super) fn new(
        rules: &colors::Highlighter<'_>,
        syntax: &SyntaxReference,
        code: &str,
    ) -> Self {
        let parse = ParseState::new(syntax);
        let styles = HighlightState::new(rules, ScopeStack::new());
        let mut parser = Self { parse, styles, line: String::new() };
        if syntax.name == "PHP" && !code.contains("<?") {
            // Without an opening tag, which slides omit, the code would be HTML.
            let _ = parser.paint(rules, "<?php", &mut StyledLine::default(), None);
        }
        parser
    }

    /// Returns whether the other parser is in the same state.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.parse == other.parse && self.styles == other.styles
    }

    /// Appends the styled text, and the text in the style of other rules to `broken`; `None` if the
    /// syntax's rules are broken, or panic on it.
    fn paint(
        &mut self,
        rules: &colors::Highlighter<'_>,
        text: &str,
        line: &mut StyledLine,
        broken: Option<(&colors::Highlighter<'_>, &mut StyledLine)>,
    ) -> Option<()> {
        self.line.clear();
        self.line.push_str(text);
        self.line.push('\n');
        let Self { parse, styles, line: text } = self;
        let painted = contain("the syntax highlighter", || {
            let steps = parse.parse_line(text, syntaxes::all()).ok()?;
            if let Some((rules, line)) = broken {
                let mut styles = HighlightState::new(rules, styles.path.clone());
                for (from, part) in HighlightIterator::new(&mut styles, &steps, text, rules) {
                    line.push(part.trim_end_matches('\n'), style(from));
                }
            }
            for (from, part) in HighlightIterator::new(styles, &steps, text, rules) {
                line.push(part.trim_end_matches('\n'), style(from));
            }
            Some(())
        });
        painted.ok().flatten()
    }
}

/// A line's spans; adjacent text of one style is one span.
#[derive(Default)]
struct StyledLine {
    spans: Vec<Span<'static>>,
}

impl StyledLine {
    /// Returns the end of each span, in bytes.
    fn ends(&self) -> Box<[usize]> {
        let ends = self.spans.iter().scan(0, |end, span| {
            *end += span.content.len();
            Some(*end)
        });
        ends.collect()
    }

    fn push(&mut self, text: &str, style: Style) {
        if text.is_empty() {
            return;
        }
        if let Some(last) = self.spans.last_mut().filter(|last| last.style == style) {
            return show(text, last.content.to_mut());
        }
        let mut content = String::with_capacity(text.len());
        show(text, &mut content);
        self.spans.push(Span::styled(content, style));
    }
}

/// Appends text with control and invisible characters replaced by visible ones.
fn show(text: &str, shown: &mut String) {
    let marked = mark_invisible(TextKind::Code, shown.chars().next_back(), text);
    for (number, part) in visible_code(&marked).split('\t').enumerate() {
        shown.push_str(if number == 0 { "" } else { TAB_SPACES });
        shown.push_str(part);
    }
}

/// Converts a style, without its background: the box has its own.
pub(super) fn style(from: colors::Style) -> Style {
    let mut style = Style { fg: color(from.foreground), ..Style::new() };
    let modifiers = [
        (FontStyle::BOLD, Modifier::BOLD),
        (FontStyle::ITALIC, Modifier::ITALIC),
        (FontStyle::UNDERLINE, Modifier::UNDERLINED),
    ];
    for (font, modifier) in modifiers {
        if from.font_style.contains(font) {
            style = style.add_modifier(modifier);
        }
    }
    style
}

/// Converts a colour; `None` is the terminal's default. bat's themes `ansi`, `base16` and
/// `base16-256` encode terminal palette colours as alpha 0 with the index in the red channel, and
/// the terminal's default foreground and background as alpha 1.
pub(super) fn color(color: colors::Color) -> Option<Color> {
    let colors::Color { r, g, b, a } = color;
    match a {
        0 => Some(ansi::color(r)),
        1 => None,
        _ => Some(Color::Rgb(r, g, b)),
    }
}
