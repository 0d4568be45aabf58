//! Converts inline markup to styled lines, applying the theme's styles for bold, code, links and
//! spans.

use ratatui::style::{Modifier, Style};

use super::context::LayoutContext;
use super::inputs::LargeText;
use super::line_formula;
use super::links;
use super::text::StyledText;
use super::text_row::TextFormat;
use crate::deck::{FooterCounter, Inline, SpanColors, TextStyle};
use crate::theme::color;

/// The base style of a block's text and how its line breaks are treated.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct InlineStyle {
    /// The block's own style, below the styles of its markup.
    pub(super) base: Style,
    /// Whether the base colours override those of inline code, bold and italics, as in titles.
    pub(super) overrides_colors: bool,
    /// Whether a line break in the source starts a new row, as in quotes.
    pub(super) keeps_line_breaks: bool,
}

impl InlineStyle {
    /// Returns the style of a title or heading.
    pub(super) fn title(style: Style) -> Self {
        Self { base: style, overrides_colors: true, keeps_line_breaks: false }
    }

    /// Returns a style that only sets the base style.
    pub(super) fn plain(style: Style) -> Self {
        Self { base: style, ..Self::default() }
    }
}

/// Returns the lines of a text as the author broke them; at least one.
pub(super) fn lines(
    inlines: &[Inline],
    inline_style: InlineStyle,
    context: &LayoutContext<'_>,
) -> Vec<StyledText> {
    let mut lines = vec![StyledText::default()];
    extend(&mut lines, inlines, inline_style, context);
    lines
}

/// Appends a text to the last of `lines`, adding further lines as needed.
pub(super) fn extend(
    lines: &mut Vec<StyledText>,
    inlines: &[Inline],
    inline_style: InlineStyle,
    context: &LayoutContext<'_>,
) {
    for inline in inlines {
        let Some(line) = lines.last_mut() else { return };
        match inline {
            Inline::Break => lines.push(StyledText::default()),
            Inline::SoftBreak if inline_style.keeps_line_breaks => {
                lines.push(StyledText::default());
            }
            Inline::SoftBreak => line.push(" ", inline_style.base),
            Inline::Text(text, style) => match raised(text, style, context) {
                Superscript::Characters(raised) => {
                    line.push(&raised, styled(style, inline_style, context));
                }
                Superscript::BySize => {
                    let format = styled(style, inline_style, context);
                    line.push(text, TextFormat { is_raised: true, ..format });
                }
                Superscript::None if style.has(TextStyle::BARE) => {
                    line.glue();
                    line.push(text, styled(style, inline_style, context));
                    line.glue();
                }
                Superscript::None => line.push(text, styled(style, inline_style, context)),
            },
            Inline::Formula(formula, style) => {
                line_formula::push(line, formula, styled(style, inline_style, context), context);
            }
            Inline::Counter(variable, style) => {
                let number = match variable {
                    FooterCounter::CurrentSlide => context.slide_number(),
                    FooterCounter::TotalSlides => context.total_slides(),
                };
                line.push(&number.to_string(), styled(style, inline_style, context));
            }
        }
    }
}

/// Returns the format of a text. Markup fills in colours that the block leaves open (in
/// titles, the reverse); the author's own colours override both.
fn styled(text: &TextStyle, inline_style: InlineStyle, context: &LayoutContext<'_>) -> TextFormat {
    if *text == TextStyle::default() {
        return inline_style.base.into();
    }
    let flags = flag_style(text, context);
    let mut style = inline_style.base.patch(flags);
    if inline_style.overrides_colors {
        style.fg = inline_style.base.fg.or(flags.fg);
        style.bg = inline_style.base.bg.or(flags.bg);
    }
    if let Some(colors) = &text.colors {
        style = style.patch(span_style(colors, context));
    }
    let link = text.link.clone().filter(|address| links::can_open(address));
    TextFormat { style, link, ..TextFormat::default() }
}

/// Returns the theme's style of markup. Code ignores other markup.
fn flag_style(text: &TextStyle, context: &LayoutContext<'_>) -> Style {
    let theme = context.theme();
    if text.has(TextStyle::CODE) {
        return theme.inline_code;
    }
    let mut style = Style::new();
    if text.has(TextStyle::ITALIC | TextStyle::LINK_URL | TextStyle::LINK_TITLE) {
        style = style.patch(theme.italics).add_modifier(Modifier::ITALIC);
    }
    if text.has(TextStyle::BOLD | TextStyle::LINK_LABEL) {
        style = style.patch(theme.bold).add_modifier(Modifier::BOLD);
    }
    if text.has(TextStyle::LINK_URL) {
        style = style.add_modifier(Modifier::UNDERLINED);
    }
    if text.has(TextStyle::STRIKE) {
        style = style.add_modifier(Modifier::CROSSED_OUT);
    }
    style
}

/// Returns the author's own colours. The parser has reported unknown names.
fn span_style(colors: &SpanColors, context: &LayoutContext<'_>) -> Style {
    let palette = &context.theme().palette;
    let class = colors.class.as_ref().and_then(|class| palette.classes.get(class));
    let (text, behind) = class.copied().unwrap_or_default();
    let color = |word: &Option<String>| color(word.as_deref()?, palette);
    Style {
        fg: color(&colors.foreground).or(text),
        bg: color(&colors.background).or(behind),
        ..Style::new()
    }
}

/// How a piece of text is superscripted.
enum Superscript {
    /// Not at all.
    None,
    /// By font size, if the terminal supports it.
    BySize,
    /// With superscript characters, if every character has one.
    Characters(String),
}

fn raised(text: &str, style: &TextStyle, context: &LayoutContext<'_>) -> Superscript {
    if !style.has(TextStyle::SUPERSCRIPT) {
        return Superscript::None;
    }
    if context.inputs.size.large_text == LargeText::Protocol {
        return Superscript::BySize;
    }
    text.chars()
        .map(superscript)
        .collect::<Option<_>>()
        .map_or(Superscript::None, Superscript::Characters)
}

/// Returns the superscript form of a character.
fn superscript(char: char) -> Option<char> {
    const PLAIN: &str = "0123456789+-=()abcdefghijklmnoprstuvwxyz";
    const SUPERSCRIPT: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ";
    PLAIN
        .chars()
        .zip(SUPERSCRIPT.chars())
        .find(|&(plain, _)| plain == char)
        .map(|(_, raised)| raised)
}
