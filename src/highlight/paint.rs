//! One block of code, coloured: syntect's parser run over its lines, its styles made ratatui's.
//!
//! What a deck holds is not to be trusted: control characters are drawn as pictures of themselves,
//! and a block or line too long for the parser to keep up with goes on in plain text.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use syntect::highlighting::{self as colors, FontStyle, HighlightIterator, HighlightState};
use syntect::parsing::{ParseState, ScopeStack, SyntaxReference};

use super::syntaxes;
use crate::ansi;
use crate::panics::contain;
use crate::source::{TextKind, mark_invisible, visible_code};

/// A line longer than this is plain: nobody sees its end, and some patterns take quadratic time.
const MAX_LINE_BYTES: usize = 2_000;

/// How much of a block is highlighted, in bytes: a thousand lines and more, of which a slide shows
/// fifty, in less time than anybody notices.
const MAX_BLOCK_BYTES: usize = 40_000;

/// A tab's width.
const TAB_SPACES: &str = "    ";

/// The code's lines in the rules' colours.
pub(super) fn lines(
    rules: &colors::Highlighter<'_>,
    language: &str,
    code: &str,
) -> Vec<Line<'static>> {
    let plain = style(rules.get_default());
    let mut parser = syntaxes::find(language).map(|syntax| Parser::new(rules, syntax, code));
    let mut read = 0;
    let mut lines = Vec::new();
    for text in code.split('\n') {
        read += text.len();
        if read > MAX_BLOCK_BYTES {
            parser = None;
        }
        let mut line = StyledLine::default();
        let painted = match &mut parser {
            Some(parser) if text.len() <= MAX_LINE_BYTES => parser.paint(rules, text, &mut line),
            _ => {
                line.push(text, plain);
                Some(())
            }
        };
        if painted.is_none() {
            // Where the parser stands now, nobody knows.
            parser = None;
            line = StyledLine::default();
            line.push(text, plain);
        }
        lines.push(Line::from(line.spans));
    }
    lines
}

/// The code's lines in one style.
pub(super) fn plain(code: &str, style: Style) -> Vec<Line<'static>> {
    let line = |text| {
        let mut line = StyledLine::default();
        line.push(text, style);
        Line::from(line.spans)
    };
    code.split('\n').map(line).collect()
}

/// Where in its syntax a block's reading stands.
struct Parser {
    parse: ParseState,
    styles: HighlightState,
    line: String,
}

impl Parser {
    fn new(rules: &colors::Highlighter<'_>, syntax: &SyntaxReference, code: &str) -> Self {
        let parse = ParseState::new(syntax);
        let styles = HighlightState::new(rules, ScopeStack::new());
        let mut parser = Self { parse, styles, line: String::new() };
        if syntax.name == "PHP" && !code.contains("<?") {
            // On slides nobody writes the opening tag, without which it all would be HTML.
            let _ = parser.paint(rules, "<?php", &mut StyledLine::default());
        }
        parser
    }

    /// Appends the text's pieces in their styles; none where the syntax's rules are broken, or panic on
    /// it.
    fn paint(
        &mut self,
        rules: &colors::Highlighter<'_>,
        text: &str,
        line: &mut StyledLine,
    ) -> Option<()> {
        self.line.clear();
        self.line.push_str(text);
        self.line.push('\n');
        let Self { parse, styles, line: text } = self;
        let painted = contain("the syntax highlighter", || {
            let steps = parse.parse_line(text, syntaxes::all()).ok()?;
            for (look, piece) in HighlightIterator::new(styles, &steps, text, rules) {
                line.push(piece.trim_end_matches('\n'), style(look));
            }
            Some(())
        });
        painted.ok().flatten()
    }
}

/// A line's spans; neighbours of one style are one span.
#[derive(Default)]
struct StyledLine {
    spans: Vec<Span<'static>>,
}

impl StyledLine {
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

/// Appends the text with nothing in it that a terminal would obey, or draw as nothing.
fn show(text: &str, shown: &mut String) {
    let marked = mark_invisible(TextKind::Code, shown.chars().next_back(), text);
    for (number, part) in visible_code(&marked).split('\t').enumerate() {
        shown.push_str(if number == 0 { "" } else { TAB_SPACES });
        shown.push_str(part);
    }
}

/// A style without its background, which is the box's.
pub(super) fn style(look: colors::Style) -> Style {
    let mut style = Style { fg: color(look.foreground), ..Style::new() };
    let modifiers = [
        (FontStyle::BOLD, Modifier::BOLD),
        (FontStyle::ITALIC, Modifier::ITALIC),
        (FontStyle::UNDERLINE, Modifier::UNDERLINED),
    ];
    for (font, modifier) in modifiers {
        if look.font_style.contains(font) {
            style = style.add_modifier(modifier);
        }
    }
    style
}

/// A colour; none is the terminal's own. bat's themes `ansi`, `base16` and `base16-256` mark those
/// of the terminal's palette by an alpha of 0, with the number in the red channel, and the
/// terminal's own foreground and background by an alpha of 1.
pub(super) fn color(color: colors::Color) -> Option<Color> {
    let colors::Color { r, g, b, a } = color;
    match a {
        0 => Some(ansi::color(r)),
        1 => None,
        _ => Some(Color::Rgb(r, g, b)),
    }
}
