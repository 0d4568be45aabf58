//! Inline text to styled lines: what the theme makes of bold, code, links and spans.

use ratatui::style::{Modifier, Style};

use super::context::Page;
use super::scene::RAISED;
use super::text::Text;
use crate::deck::{Inline, SpanColors, TextStyle, Variable};
use crate::theme::color;

/// How the text of one block looks and where its lines end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    /// The block's own style, under whatever its pieces say.
    pub(super) base: Style,
    /// Whether that style's colours win over those of inline code, bold and italics: in titles.
    pub(super) strong: bool,
    /// Whether a line end in the source starts a new row: in quotes.
    pub(super) rows: bool,
}

impl Look {
    /// The look of a title or heading.
    pub(super) fn title(style: Style) -> Self {
        Self { base: style, strong: true, rows: false }
    }

    /// The look of text that is only coloured.
    pub(super) fn plain(style: Style) -> Self {
        Self { base: style, ..Self::default() }
    }
}

/// The lines of a text, as the author broke them; never none.
pub(super) fn lines(inlines: &[Inline], look: Look, page: &Page<'_>) -> Vec<Text> {
    let mut lines = vec![Text::default()];
    extend(&mut lines, inlines, look, page);
    lines
}

/// Adds a text to the last of `lines`, and its further lines behind it.
pub(super) fn extend(lines: &mut Vec<Text>, inlines: &[Inline], look: Look, page: &Page<'_>) {
    for inline in inlines {
        let Some(line) = lines.last_mut() else { return };
        match inline {
            Inline::Break => lines.push(Text::default()),
            Inline::SoftBreak if look.rows => lines.push(Text::default()),
            Inline::SoftBreak => line.push(" ", look.base),
            Inline::Text(text, style) => match raised(text, style, page) {
                Raised::Characters(raised) => line.push(&raised, styled(style, look, page)),
                Raised::Size => {
                    line.push(text, styled(style, look, page).add_modifier(RAISED));
                }
                Raised::Not if style.has(TextStyle::BARE) => {
                    line.glue();
                    line.push(text, styled(style, look, page));
                    line.glue();
                }
                Raised::Not => line.push(text, styled(style, look, page)),
            },
            Inline::Variable(variable, style) => {
                let number = match variable {
                    Variable::CurrentSlide => page.slide_number(),
                    Variable::TotalSlides => page.total_slides(),
                };
                line.push(&number.to_string(), styled(style, look, page));
            }
        }
    }
}

/// The style of one piece: its flags' colours fill what the block leaves open (in titles the
/// other way round), an author's own colours win over both.
fn styled(text: &TextStyle, look: Look, page: &Page<'_>) -> Style {
    if *text == TextStyle::default() {
        return look.base;
    }
    let flags = flag_style(text, page);
    let mut style = look.base.patch(flags);
    if look.strong {
        style.fg = look.base.fg.or(flags.fg);
        style.bg = look.base.bg.or(flags.bg);
    }
    match &text.colors {
        Some(colors) => style.patch(span_style(colors, page)),
        None => style,
    }
}

/// What the theme makes of bold, code and the like. Code is only ever code.
fn flag_style(text: &TextStyle, page: &Page<'_>) -> Style {
    let theme = page.theme();
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

/// An author's own colours. Names nobody knows colour nothing; the parser has said so.
fn span_style(colors: &SpanColors, page: &Page<'_>) -> Style {
    let palette = &page.theme().palette;
    let class = colors.class.as_ref().and_then(|class| palette.classes.get(class));
    let (text, behind) = class.copied().unwrap_or_default();
    let color = |word: &Option<String>| color(word.as_deref()?, palette);
    Style {
        fg: color(&colors.foreground).or(text),
        bg: color(&colors.background).or(behind),
        ..Style::new()
    }
}

/// How a piece of text is set above the others.
enum Raised {
    /// It is not.
    Not,
    /// By its size, where text has sizes.
    Size,
    /// In characters of its own, where every character has one.
    Characters(String),
}

fn raised(text: &str, style: &TextStyle, page: &Page<'_>) -> Raised {
    if !style.has(TextStyle::SUPERSCRIPT) {
        return Raised::Not;
    }
    if page.inputs.size.large_text {
        return Raised::Size;
    }
    text.chars().map(superscript).collect::<Option<_>>().map_or(Raised::Not, Raised::Characters)
}

/// The superscript form of a character.
fn superscript(char: char) -> Option<char> {
    const PLAIN: &str = "0123456789+-=()abcdefghijklmnoprstuvwxyz";
    const RAISED: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ";
    PLAIN.chars().zip(RAISED.chars()).find(|&(plain, _)| plain == char).map(|(_, raised)| raised)
}
