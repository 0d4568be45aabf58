//! The HTML that decks may contain: comments, `<span>` with colours, `<sup>`, `<br>`.

use super::sanitize::excerpt;
use crate::deck::{SpanColors, TextStyle};
use crate::diag::{self, Diagnostic};
use crate::source::Span;

/// The elements that style text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagName {
    Span,
    Sup,
}

/// The effect of an inline tag.
#[derive(Debug)]
pub(super) enum InlineTag {
    Open(TagName, TagStyle),
    Close(TagName),
    Break,
    /// A remark, or an unsupported tag.
    Nothing,
}

/// The style of an opening tag.
#[derive(Debug, Default)]
pub(super) struct TagStyle {
    flags: u16,
    colors: Option<SpanColors>,
}

impl TagStyle {
    /// Applies this style over `outer`, which it inherits unset colours from.
    pub(super) fn over(self, outer: TextStyle) -> TextStyle {
        let mut style = outer.with(self.flags);
        let Some(mut colors) = self.colors else { return style };
        if let Some(outer) = style.colors.take().filter(|_| colors.class.is_none()) {
            colors.foreground = colors.foreground.or(outer.foreground);
            colors.background = colors.background.or(outer.background);
            colors.class = outer.class;
        }
        style.colors = Some(Box::new(colors));
        style
    }
}

/// Parses an inline tag or comment, `<` to `>`.
pub(super) fn tag(source: &str, span: Span, mistakes: &mut Vec<Diagnostic>) -> InlineTag {
    if let Some(comment) = source.strip_prefix("<!--") {
        return inline_comment(comment, span, mistakes);
    }
    let body = source.trim_start_matches('<').trim_end_matches('>').trim();
    if let Some(closed) = body.strip_prefix('/') {
        return match name_of(closed.trim()) {
            Some(name) => InlineTag::Close(name),
            // Its opening tag is already reported.
            None => InlineTag::Nothing,
        };
    }
    let body = body.trim_end_matches('/').trim_end();
    let (word, attributes) = body.split_at(body.find(char::is_whitespace).unwrap_or(body.len()));
    match name_of(word) {
        Some(name @ TagName::Span) => InlineTag::Open(name, span_style(attributes, span, mistakes)),
        Some(name @ TagName::Sup) => {
            InlineTag::Open(name, TagStyle { flags: TextStyle::SUPERSCRIPT, colors: None })
        }
        None if word.eq_ignore_ascii_case("br") => InlineTag::Break,
        None => unsupported(word, span, mistakes),
    }
}

/// Reports a closing tag without an opening tag.
pub(super) fn unopened(name: TagName, span: Span) -> Diagnostic {
    let name = match name {
        TagName::Span => "span",
        TagName::Sup => "sup",
    };
    Diagnostic::error(span, format!("`</{name}>` has no opening tag here"))
        .hint(format!("`<{name}>` and `</{name}>` must be in the same paragraph, item or cell"))
}

fn name_of(word: &str) -> Option<TagName> {
    if word.eq_ignore_ascii_case("span") {
        Some(TagName::Span)
    } else if word.eq_ignore_ascii_case("sup") {
        Some(TagName::Sup)
    } else {
        None
    }
}

fn inline_comment(comment: &str, span: Span, mistakes: &mut Vec<Diagnostic>) -> InlineTag {
    let body = comment.trim_end_matches("-->").trim();
    if !body.starts_with("//") && !body.is_empty() {
        let mistake = Diagnostic::error(span, "a comment inside a line of text has no effect")
            .hint(format!("put `<!-- {} -->` on its own line", excerpt(body)));
        mistakes.push(mistake);
    }
    InlineTag::Nothing
}

fn unsupported(word: &str, span: Span, mistakes: &mut Vec<Diagnostic>) -> InlineTag {
    let word = excerpt(word.split(|c: char| c.is_whitespace()).next().unwrap_or_default());
    let mistake = Diagnostic::error(span, format!("`<{word}>` is not supported"));
    mistakes.push(mistake.hint(hint_for(&word)));
    InlineTag::Nothing
}

/// Returns the markdown equivalent of a tag.
pub(super) fn hint_for(word: &str) -> String {
    let better = match word.to_ascii_lowercase().as_str() {
        "b" | "strong" => "write `**bold**`",
        "i" | "em" => "write `_italic_`",
        "s" | "del" | "strike" => "write `~~struck~~`",
        "code" | "kbd" | "tt" => "write `` `code` ``",
        "img" => "write `![](picture.png)`",
        "a" => "write `[label](address)`",
        "center" => "use `<!-- alignment: center -->`",
        "font" => "use `<span style=\"color: red\">…</span>`",
        "hr" => "write `---` on its own line",
        "pre" => "use a fenced code block",
        _ => "only `<span>`, `<sup>`, `<br>` and comments are supported; write `\\<` for a `<`",
    };
    better.to_owned()
}

fn span_style(attributes: &str, span: Span, mistakes: &mut Vec<Diagnostic>) -> TagStyle {
    let mut colors = SpanColors { span, ..SpanColors::default() };
    for (name, value) in TagAttributes(attributes) {
        match name {
            "style" => style_attribute(value, &mut colors, mistakes),
            "class" => colors.class = Some(value.trim().to_owned()),
            _ => mistakes.push(
                Diagnostic::error(
                    span,
                    format!("`{}` is not an attribute of a span", excerpt(name)),
                )
                .hint("a span takes `style` and `class`"),
            ),
        }
    }
    TagStyle { flags: 0, colors: Some(colors) }
}

fn style_attribute(value: &str, colors: &mut SpanColors, mistakes: &mut Vec<Diagnostic>) {
    for rule in value.split(';').map(str::trim).filter(|rule| !rule.is_empty()) {
        let (name, value) = rule.split_once(':').unwrap_or((rule, ""));
        let (name, value) = (name.trim(), value.trim());
        let place = match name {
            "color" => &mut colors.foreground,
            "background-color" => &mut colors.background,
            _ => {
                let message = format!("a span's style cannot set `{}`", excerpt(name));
                let mistake = Diagnostic::error(colors.span, message);
                mistakes.push(mistake.hint("it can set `color` and `background-color`"));
                continue;
            }
        };
        match check_color(value, colors.span) {
            Ok(()) => *place = Some(value.to_owned()),
            Err(mistake) => mistakes.push(*mistake),
        }
    }
}

/// The colour names of terminals.
const COLOR_NAMES: [&str; 16] = [
    "black",
    "white",
    "grey",
    "dark_grey",
    "red",
    "dark_red",
    "green",
    "dark_green",
    "blue",
    "dark_blue",
    "yellow",
    "dark_yellow",
    "magenta",
    "dark_magenta",
    "cyan",
    "dark_cyan",
];

/// Checks that a colour is a name, `#hex` or a palette reference, which only the theme can resolve.
fn check_color(value: &str, span: Span) -> Result<(), Box<Diagnostic>> {
    let hex = |digits: &str| {
        matches!(digits.len(), 3 | 6) && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    };
    let known = COLOR_NAMES.contains(&value)
        || value.starts_with("palette:")
        || value.starts_with("p:")
        || value.strip_prefix('#').is_some_and(hex);
    if known {
        return Ok(());
    }
    let mistake = Diagnostic::error(span, format!("`{}` is not a colour", excerpt(value)));
    Err(Box::new(if hex(value) {
        mistake.hint(format!("write `#{value}`"))
    } else if let Some(color) = diag::closest(value, COLOR_NAMES) {
        mistake.hint(format!("did you mean `{color}`?"))
    } else {
        mistake.hint("use a name like `red`, `#rrggbb` or `palette:name`")
    }))
}

/// Iterates over `name="value"` pairs; quotes may be single, double or missing.
struct TagAttributes<'a>(&'a str);

impl<'a> Iterator for TagAttributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.trim_start();
        let name_end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(name_end);
        if name.is_empty() && after.is_empty() {
            return None;
        }
        let Some(value) = after.trim_start().strip_prefix('=').map(str::trim_start) else {
            self.0 = after;
            return Some((name, ""));
        };
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, rest) = match quote {
            Some(quote) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            None => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        self.0 = rest;
        Some((name, value))
    }
}
