//! Values of the schema's keys other than text, numbers and booleans, and how each is parsed.

use serde_json::{Value as Json, json};

use super::color::{ColorRef, parse_in_theme};
use super::{FooterPart, FrameShape, GradientDirection, Margin, OutputShape, PanelBorder};
use crate::source::Span;
use crate::yaml::{FromNode, Node, NodeValue, only_entry, text};

/// A colour and its location, for reporting unknown palette names.
#[derive(Clone, Debug)]
pub(super) struct RawColor {
    /// The colour.
    pub(super) color: ColorRef,
    /// Its location.
    pub(super) at: Span,
}

/// The sixteen colours of `palette.ansi`.
#[derive(Clone, Debug)]
pub(super) struct AnsiColors(pub(super) [RawColor; 16]);

impl FromNode for OutputShape {
    const EXPECTED: &'static str = "`card` or `rule`";

    fn schema() -> Json {
        json!({ "enum": ["card", "rule", null] })
    }

    fn read(node: &Node, _: Span) -> Option<Self> {
        match text(node)? {
            "card" => Some(Self::Card),
            "rule" => Some(Self::Rule),
            _ => None,
        }
    }
}

impl FromNode for PanelBorder {
    const EXPECTED: &'static str = "`rounded` or `plain`";

    fn read(node: &Node, _: Span) -> Option<Self> {
        match text(node)? {
            "rounded" => Some(Self::Rounded),
            "plain" => Some(Self::Plain),
            _ => None,
        }
    }
}

impl FromNode for FrameShape {
    const EXPECTED: &'static str = "`rounded` or `none`";

    fn schema() -> Json {
        json!({ "enum": ["rounded", "none", null] })
    }

    fn read(node: &Node, _: Span) -> Option<Self> {
        match text(node)? {
            "rounded" => Some(Self::Rounded),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

impl FromNode for GradientDirection {
    const EXPECTED: &'static str = "`vertical`, `horizontal` or `radial`";

    fn schema() -> Json {
        json!({ "enum": ["vertical", "horizontal", "radial", null] })
    }

    fn read(node: &Node, _: Span) -> Option<Self> {
        match text(node)? {
            "vertical" => Some(Self::Vertical),
            "horizontal" => Some(Self::Horizontal),
            "radial" => Some(Self::Radial),
            _ => None,
        }
    }
}

/// The values of `default.vertical_alignment`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VerticalPlace {
    /// `top`
    Top,
    /// `center`
    Center,
}

impl FromNode for VerticalPlace {
    const EXPECTED: &'static str = "`top` or `center`";

    fn schema() -> Json {
        json!({ "enum": ["top", "center", null] })
    }

    fn read(node: &Node, _: Span) -> Option<Self> {
        match text(node)? {
            "top" => Some(Self::Top),
            "center" => Some(Self::Center),
            _ => None,
        }
    }
}

/// The values of `code.width`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BoxWidth {
    /// `content`
    Content,
    /// `full`
    Full,
}

impl FromNode for BoxWidth {
    const EXPECTED: &'static str = "`content` or `full`";

    fn schema() -> Json {
        json!({ "enum": ["content", "full", null] })
    }

    fn read(node: &Node, _: Span) -> Option<Self> {
        match text(node)? {
            "content" => Some(Self::Content),
            "full" => Some(Self::Full),
            _ => None,
        }
    }
}

/// The values of `code.wrap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeWrap {
    /// `plain`
    Plain,
    /// `indent`
    Indent,
}

impl FromNode for CodeWrap {
    const EXPECTED: &'static str = "`plain` or `indent`";

    fn schema() -> Json {
        json!({ "enum": ["plain", "indent", null] })
    }

    fn read(node: &Node, _: Span) -> Option<Self> {
        match text(node)? {
            "plain" => Some(Self::Plain),
            "indent" => Some(Self::Indent),
            _ => None,
        }
    }
}

/// A contrast ratio.
#[derive(Clone, Copy, Debug)]
pub(super) struct ContrastRatio(pub(super) f64);

/// The values of `alignment`.
#[derive(Clone, Copy, Debug)]
pub(super) enum AlignmentSide {
    /// `left`
    Left,
    /// `center`
    Center,
    /// `right`
    Right,
}

/// The values of `intro_slide.author.positioning`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Positioning {
    /// `page_bottom`
    PageBottom,
    /// `below_title`
    BelowTitle,
}

/// The values of `footer.style`.
#[derive(Clone, Copy, Debug)]
pub(super) enum FooterKind {
    /// `template`
    Template,
    /// `progress_bar`
    ProgressBar,
    /// `empty`
    Empty,
}

impl FromNode for RawColor {
    const EXPECTED: &'static str =
        "a colour: a name, 3 or 6 hex digits, or `palette:` and a name of the palette";

    fn schema() -> Json {
        json!({ "type": ["string", "integer", "null"] })
    }

    fn read(node: &Node, at: Span) -> Option<Self> {
        Some(Self { color: parse_in_theme(text(node)?)?, at })
    }
}

impl FromNode for AnsiColors {
    const EXPECTED: &'static str = "a list of sixteen colours";

    fn schema() -> Json {
        json!({
            "type": ["array", "null"],
            "items": { "type": ["string", "integer"] },
            "minItems": 16,
            "maxItems": 16,
        })
    }

    fn read(node: &Node, at: Span) -> Option<Self> {
        let NodeValue::List(colors) = &node.value else { return None };
        let colors: Option<Vec<_>> = colors.iter().map(|color| RawColor::read(color, at)).collect();
        Some(Self(colors?.try_into().ok()?))
    }
}

impl FromNode for ContrastRatio {
    const EXPECTED: &'static str = "a contrast ratio from 1 to 21";

    fn schema() -> Json {
        json!({ "type": ["number", "null"], "minimum": 1, "maximum": 21 })
    }

    fn read(node: &Node, _: Span) -> Option<Self> {
        let ratio = text(node)?.parse().ok()?;
        (1.0..=21.0).contains(&ratio).then_some(Self(ratio))
    }
}

impl FromNode for AlignmentSide {
    const EXPECTED: &'static str = "`left`, `center` or `right`";

    fn schema() -> Json {
        json!({ "enum": ["left", "center", "right", null] })
    }

    fn read(node: &Node, _: Span) -> Option<Self> {
        match text(node)? {
            "left" => Some(Self::Left),
            "center" => Some(Self::Center),
            "right" => Some(Self::Right),
            _ => None,
        }
    }
}

impl FromNode for Margin {
    const EXPECTED: &'static str = "`fixed:` with cells or `percent:` with 0 to 100";

    fn schema() -> Json {
        json!({
            "type": ["object", "null"],
            "properties": {
                "fixed": { "type": "integer", "minimum": 0, "maximum": u16::MAX },
                "percent": { "type": "integer", "minimum": 0, "maximum": 100 },
            },
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        })
    }

    fn read(node: &Node, at: Span) -> Option<Self> {
        let (unit, number) = only_entry(node)?;
        let number = u16::read(number, at)?;
        match unit {
            "fixed" => Some(Self::Fixed(number)),
            "percent" if number <= 100 => Some(Self::Percent(number)),
            _ => None,
        }
    }
}

impl FromNode for Positioning {
    const EXPECTED: &'static str = "`page_bottom` or `below_title`";

    fn schema() -> Json {
        json!({ "enum": ["page_bottom", "below_title", null] })
    }

    fn read(node: &Node, _: Span) -> Option<Self> {
        match text(node)? {
            "page_bottom" => Some(Self::PageBottom),
            "below_title" => Some(Self::BelowTitle),
            _ => None,
        }
    }
}

impl FromNode for FooterKind {
    const EXPECTED: &'static str = "`template`, `progress_bar` or `empty`";

    fn schema() -> Json {
        json!({ "enum": ["template", "progress_bar", "empty", null] })
    }

    fn read(node: &Node, _: Span) -> Option<Self> {
        match text(node)? {
            "template" => Some(Self::Template),
            "progress_bar" => Some(Self::ProgressBar),
            "empty" => Some(Self::Empty),
            _ => None,
        }
    }
}

impl FromNode for FooterPart {
    const EXPECTED: &'static str = "text, or `image:` with a path";

    fn schema() -> Json {
        json!({
            "type": ["string", "number", "boolean", "object", "null"],
            "properties": { "image": { "type": "string" } },
            "required": ["image"],
            "additionalProperties": false,
        })
    }

    fn read(node: &Node, at: Span) -> Option<Self> {
        match &node.value {
            NodeValue::Text(text) => Some(Self::Text(text.clone(), at)),
            _ => match only_entry(node)? {
                ("image", path) => text(path).map(|path| Self::Image(path.to_owned(), at)),
                _ => None,
            },
        }
    }
}
