//! Highlights one line after another: syntect's parser and its state, and lines in ratatui's styles.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;
use syntect::highlighting::{self as colors, FontStyle, HighlightIterator, HighlightState};
use syntect::parsing::{ParseState, ScopeStack, SyntaxReference};

use super::syntaxes;
use crate::ansi;
use crate::panics::contain;
use crate::source::{TextKind, mark_invisible, visible_code};

/// Replaces a tab.
const TAB_SPACES: &str = "    ";

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
    pub(super) fn paint(
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
pub(super) struct StyledLine {
    pub(super) spans: Vec<Span<'static>>,
}

impl StyledLine {
    /// Returns the end of each span, in bytes.
    pub(super) fn ends(&self) -> Box<[usize]> {
        let ends = self.spans.iter().scan(0, |end, span| {
            *end += span.content.len();
            Some(*end)
        });
        ends.collect()
    }

    pub(super) fn push(&mut self, text: &str, style: Style) {
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
