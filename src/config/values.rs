//! Configuration values that are not plain text, numbers or booleans.

use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde_json::{Value as Json, json};

use super::{DefaultTheme, Paper, ValidateOverflows};
use crate::exec::SandboxOptions;
use crate::layout::{HorizontalAlign, LargeText, VerticalAlign};
use crate::media::{PictureBlocks, Protocol};
use crate::view::{ColorDepth, Motion};
use crate::yaml::{Node, NodeValue, Slot, quoted, text, within};

/// The default address for speaker notes: broadcast on the loopback network.
pub(super) const NOTES_ADDRESS: SocketAddr = {
    let host = if cfg!(target_os = "linux") {
        Ipv4Addr::new(127, 255, 255, 255)
    } else {
        Ipv4Addr::LOCALHOST
    };
    SocketAddr::V4(SocketAddrV4::new(host, 59_418))
};

/// `defaults.validate_overflows`
pub(super) const VALIDATE_OVERFLOWS: &[(&str, ValidateOverflows)] = &[
    ("never", ValidateOverflows::Never),
    ("always", ValidateOverflows::Always),
    ("when_presenting", ValidateOverflows::WhenPresenting),
    ("when_developing", ValidateOverflows::WhenDeveloping),
];

/// `defaults.color_depth`
pub(super) const COLOR_DEPTHS: &[(&str, Option<ColorDepth>)] = &[
    ("auto", None),
    ("truecolor", Some(ColorDepth::TrueColor)),
    ("256", Some(ColorDepth::Ansi256)),
    ("16", Some(ColorDepth::Ansi16)),
    ("none", Some(ColorDepth::Monochrome)),
];

/// `defaults.mouse`
pub(super) const ON_OFF: &[(&str, bool)] = &[("on", true), ("off", false)];

/// `defaults.links`
pub(super) const LINKS: &[(&str, Option<bool>)] =
    &[("auto", None), ("on", Some(true)), ("off", Some(false))];

/// `defaults.picture_blocks`
pub(super) const PICTURE_BLOCKS: &[(&str, Option<PictureBlocks>)] = &[
    ("auto", None),
    ("halves", Some(PictureBlocks::Halves)),
    ("quadrants", Some(PictureBlocks::Quadrants)),
    ("sextants", Some(PictureBlocks::Sextants)),
    ("octants", Some(PictureBlocks::Octants)),
];

/// `defaults.large_text`
pub(super) const LARGE_TEXT: &[(&str, Option<LargeText>)] = &[
    ("auto", None),
    ("kitty", Some(LargeText::Protocol)),
    ("blocks", Some(LargeText::Blocks)),
    ("off", Some(LargeText::Off)),
];

/// `defaults.max_columns_alignment`
pub(super) const ACROSS: &[(&str, HorizontalAlign)] = &[
    ("left", HorizontalAlign::Left),
    ("center", HorizontalAlign::Center),
    ("right", HorizontalAlign::Right),
];

/// `defaults.max_rows_alignment`
pub(super) const DOWN: &[(&str, VerticalAlign)] = &[
    ("top", VerticalAlign::Top),
    ("center", VerticalAlign::Center),
    ("bottom", VerticalAlign::Bottom),
];

/// `snippet.exec.sandbox`
pub(super) const SANDBOX: &[(&str, Option<SandboxOptions>)] = &[
    ("false", None),
    ("true", Some(SandboxOptions { has_network: false })),
    ("net", Some(SandboxOptions { has_network: true })),
];

/// `export.pauses`
pub(super) const PAUSES: &[(&str, bool)] = &[("ignore", false), ("new_slide", true)];

/// `export.pdf.page`
pub(super) const PAPERS: &[(&str, Option<Paper>)] =
    &[("slide", None), ("a4", Some(Paper::A4)), ("letter", Some(Paper::Letter))];

/// `export.snippets`
pub(super) const SNIPPETS: &[(&str, bool)] = &[("parallel", false), ("sequential", true)];

/// `transition.animation.style`
pub(super) const ANIMATIONS: &[(&str, Option<Motion>)] = &[
    ("fade", Some(Motion::Fade)),
    ("slide_horizontal", Some(Motion::Slide)),
    ("dissolve", Some(Motion::Dissolve)),
    ("collapse_horizontal", Some(Motion::Collapse)),
];

/// Description of an address, for error messages.
pub(super) const ADDRESS: &str = "an address and a port, such as `127.0.0.1:59418`";

/// A value parsed from text: the slot, and a description of the expected text.
pub(super) struct AnyOf<'s, T>(pub(super) &'s mut T, pub(super) &'static str);

impl<T: FromStr + Display> Slot for AnyOf<'_, T> {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let value = text(node).and_then(|text| text.parse().ok());
        *self.0 = value.ok_or_else(|| self.1.to_owned())?;
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        Some(quoted(&self.0.to_string()))
    }

    fn schema(&self) -> Json {
        json!({ "type": "string" })
    }
}

/// An image protocol, or `auto`.
pub(super) struct ProtocolSlot<'s>(pub(super) &'s mut Option<Protocol>);

impl ProtocolSlot<'_> {
    fn words() -> impl Iterator<Item = &'static str> {
        std::iter::once("auto").chain(Protocol::names())
    }
}

impl Slot for ProtocolSlot<'_> {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let word = text(node).unwrap_or_default();
        if !Self::words().any(|known| known == word) {
            let words: Vec<_> = Self::words().map(|word| format!("`{word}`")).collect();
            return Err(format!("one of {}", words.join(", ")));
        }
        *self.0 = Protocol::named(word);
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        let named = |word: &&str| Protocol::named(word) == *self.0;
        Self::words().find(named).map(str::to_owned)
    }

    fn schema(&self) -> Json {
        json!({ "enum": Self::words().collect::<Vec<_>>() })
    }
}

/// A number in a range, if it is set.
pub(super) struct OptionalNumber<'s>(
    pub(super) &'s mut Option<u16>,
    pub(super) RangeInclusive<u16>,
);

/// Width or height of an exported page in cells, as for `--size`: a page is held in memory.
pub(super) const PAGE_SIDE: RangeInclusive<u16> = 1..=1_000;

/// The margin of an exported page, in millimetres.
pub(super) const PAGE_MARGIN: RangeInclusive<u16> = 0..=100;

impl Slot for OptionalNumber<'_> {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let mut number = 0;
        within(&mut number, self.1.clone()).take(node)?;
        *self.0 = Some(number);
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        self.0.map(|number| number.to_string())
    }

    fn schema(&self) -> Json {
        within(&mut 0, self.1.clone()).schema()
    }
}

/// Maximum time to wait for the terminal to report its background at startup, in
/// milliseconds. Remote terminals can take a second.
const MAX_THEME_TIMEOUT: u32 = 10_000;

impl Slot for DefaultTheme {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let expected = "a theme's name, or `light:` and `dark:` with one each, and `timeout:` in \
                        milliseconds, at most 10000";
        *self = match &node.value {
            NodeValue::Text(name) => Self::Named(name.clone()),
            NodeValue::Map(entries) => {
                let known = |name: &str| ["light", "dark", "timeout"].contains(&name);
                let value = |key: &str| node.get(key).and_then(text);
                let timeout = value("timeout").map_or(Some(100), |text| text.parse().ok());
                let timeout = timeout.filter(|timeout| *timeout <= MAX_THEME_TIMEOUT);
                match (value("light"), value("dark"), timeout) {
                    (Some(light), Some(dark), Some(timeout))
                        if entries.iter().all(|(key, _)| known(&key.name)) =>
                    {
                        Self::ByBackground { light: light.into(), dark: dark.into(), timeout }
                    }
                    _ => return Err(expected.to_owned()),
                }
            }
            NodeValue::Null | NodeValue::List(_) => return Err(expected.to_owned()),
        };
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        match self {
            Self::Named(name) => Some(quoted(name)),
            Self::ByBackground { light, dark, timeout } => Some(format!(
                "{{ light: {}, dark: {}, timeout: {timeout} }}",
                quoted(light),
                quoted(dark)
            )),
        }
    }

    fn schema(&self) -> Json {
        let name = json!({ "type": "string" });
        let by_background = json!({
            "type": "object",
            "properties": { "light": name, "dark": name, "timeout": { "type": "integer", "minimum": 0, "maximum": MAX_THEME_TIMEOUT } },
            "required": ["light", "dark"],
            "additionalProperties": false,
        });
        json!({ "anyOf": [name, by_background] })
    }
}
