//! A theme as presenterm's schema, everything optional. Layers (a base theme, the theme that extends
//! it, a deck's overrides) are read one after the other into the same value: what a layer does not
//! set keeps its value.

use std::collections::BTreeMap;

use super::values::{
    AlignmentSide, AnsiColors, BoxWidth, CodeWrap, ContrastRatio, FooterKind, Positioning,
    RawColor, VerticalPlace,
};
use super::{FooterPart, FrameShape, GradientDirection, Margin, OutputShape, PanelBorder};
use crate::source::Span;
use crate::yaml::{self, Fields};

/// Everything a theme file can set. Fields are the schema's keys; `Theme` documents them.
#[derive(Clone, Debug, Default)]
pub(super) struct RawTheme {
    pub(super) default: RawDefault,
    pub(super) slide_title: RawTitle,
    pub(super) headings: [RawTitle; 6],
    pub(super) code: RawCode,
    pub(super) execution_output: RawOutput,
    pub(super) inline_code: RawColors,
    pub(super) bold: RawColors,
    pub(super) italics: RawColors,
    pub(super) table: RawTable,
    pub(super) block_quote: RawQuote,
    pub(super) alert: RawAlert,
    pub(super) column_margin: Option<Margin>,
    pub(super) intro_slide: RawIntro,
    pub(super) footer: RawFooter,
    pub(super) panel: RawPanel,
    pub(super) palette: RawPalette,
    pub(super) grid: Option<RawColor>,
    pub(super) drawings: RawDrawings,
}

/// `colors`
#[derive(Clone, Debug, Default)]
pub(super) struct RawColors {
    /// Text colour.
    pub(super) foreground: Option<RawColor>,
    /// Background colour.
    pub(super) background: Option<RawColor>,
}

/// `alignment` and its sibling keys.
#[derive(Clone, Debug, Default)]
pub(super) struct RawAlignment {
    /// Left, centre, right.
    pub(super) side: Option<AlignmentSide>,
    /// Used by left and right.
    pub(super) margin: Option<Margin>,
    /// Used by centre.
    pub(super) minimum_margin: Option<Margin>,
    /// Used by centre.
    pub(super) minimum_size: Option<u16>,
}

/// `default`
#[derive(Clone, Debug, Default)]
pub(super) struct RawDefault {
    /// The slide's margin.
    pub(super) margin: Option<Margin>,
    /// Default alignment.
    pub(super) alignment: RawAlignment,
    /// The slide's colours.
    pub(super) colors: RawColors,
    /// The place of what is below the title.
    pub(super) vertical_alignment: Option<VerticalPlace>,
    /// The gradient's direction.
    pub(super) gradient: Option<GradientDirection>,
    /// The gradient's first colour.
    pub(super) gradient_from: Option<RawColor>,
    /// The gradient's last colour.
    pub(super) gradient_to: Option<RawColor>,
    /// Lists.
    pub(super) list: RawList,
}

/// `default.list`
#[derive(Clone, Debug, Default)]
pub(super) struct RawList {
    /// Columns before bullets.
    pub(super) indent: Option<u8>,
    /// Columns after bullets.
    pub(super) gap: Option<u8>,
    /// The colours of bullets.
    pub(super) colors: RawColors,
}

/// `table`
#[derive(Clone, Debug, Default)]
pub(super) struct RawTable {
    pub(super) alignment: RawAlignment,
    pub(super) frame: Option<FrameShape>,
    pub(super) line_color: Option<RawColor>,
    pub(super) stripe: Option<RawColor>,
    pub(super) header: RawColors,
    pub(super) is_header_bold: Option<bool>,
}

/// `slide_title`, `headings.h1` to `h6`, and the lines of `intro_slide`; each uses a subset.
#[derive(Clone, Debug, Default)]
pub(super) struct RawTitle {
    pub(super) alignment: RawAlignment,
    pub(super) colors: RawColors,
    pub(super) bold: Option<bool>,
    pub(super) italics: Option<bool>,
    pub(super) underlined: Option<bool>,
    pub(super) prefix: Option<String>,
    pub(super) font_size: Option<u8>,
    pub(super) padding_top: Option<u8>,
    pub(super) padding_bottom: Option<u8>,
    pub(super) separator: Option<bool>,
    pub(super) separator_color: Option<RawColor>,
    /// Whether the deck itself sets the font size.
    pub(super) is_size_asked: bool,
}

/// `padding`
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RawPadding {
    /// Columns at both sides.
    pub(super) horizontal: Option<u8>,
    /// Rows above and below.
    pub(super) vertical: Option<u8>,
}

/// `code`
#[derive(Clone, Debug, Default)]
pub(super) struct RawCode {
    pub(super) alignment: RawAlignment,
    pub(super) theme_name: Option<(String, Span)>,
    pub(super) break_theme: Option<(String, Span)>,
    pub(super) fill: Option<RawColor>,
    pub(super) padding: RawPadding,
    pub(super) background: Option<bool>,
    pub(super) line_numbers: Option<bool>,
    pub(super) frame: Option<FrameShape>,
    pub(super) frame_color: Option<RawColor>,
    pub(super) width: Option<BoxWidth>,
    pub(super) wrap: Option<CodeWrap>,
}

/// `execution_output`
#[derive(Clone, Debug, Default)]
pub(super) struct RawOutput {
    pub(super) colors: RawColors,
    pub(super) padding: RawPadding,
    pub(super) not_started: RawColors,
    pub(super) running: RawColors,
    pub(super) success: RawColors,
    pub(super) failure: RawColors,
    pub(super) minimum_contrast: Option<ContrastRatio>,
    pub(super) shape: Option<OutputShape>,
}

/// `modals`
#[derive(Clone, Debug, Default)]
pub(super) struct RawPanel {
    pub(super) colors: RawColors,
    pub(super) selection: RawColors,
    pub(super) accent: Option<RawColor>,
    pub(super) border: Option<PanelBorder>,
}

/// `block_quote`
#[derive(Clone, Debug, Default)]
pub(super) struct RawQuote {
    pub(super) alignment: RawAlignment,
    pub(super) prefix: Option<String>,
    pub(super) colors: RawColors,
    pub(super) prefix_color: Option<RawColor>,
    pub(super) padding: RawPadding,
}

/// `alert`
#[derive(Clone, Debug, Default)]
pub(super) struct RawAlert {
    pub(super) alignment: RawAlignment,
    pub(super) prefix: Option<String>,
    pub(super) colors: RawColors,
    pub(super) kinds: [RawAlertKind; 5],
    pub(super) padding: RawPadding,
}

/// `alert.styles.note` and the other kinds
#[derive(Clone, Debug, Default)]
pub(super) struct RawAlertKind {
    pub(super) color: Option<RawColor>,
    pub(super) title: Option<String>,
    pub(super) icon: Option<String>,
}

/// `intro_slide`
#[derive(Clone, Debug, Default)]
pub(super) struct RawIntro {
    pub(super) title: RawTitle,
    pub(super) subtitle: RawTitle,
    pub(super) event: RawTitle,
    pub(super) location: RawTitle,
    pub(super) date: RawTitle,
    pub(super) author: RawTitle,
    pub(super) positioning: Option<Positioning>,
    pub(super) footer: Option<bool>,
}

/// `footer`: the keys of all styles, as a layer may change the style.
#[derive(Clone, Debug, Default)]
pub(super) struct RawFooter {
    pub(super) style: Option<FooterKind>,
    pub(super) left: Option<FooterPart>,
    pub(super) center: Option<FooterPart>,
    pub(super) right: Option<FooterPart>,
    pub(super) colors: RawColors,
    pub(super) height: Option<u16>,
    pub(super) margin: Option<Margin>,
    pub(super) character: Option<char>,
}

/// `typst`, `mermaid` and `d2`
#[derive(Clone, Debug, Default)]
pub(super) struct RawDrawings {
    pub(super) typst: RawColors,
    pub(super) horizontal_margin: Option<u16>,
    pub(super) vertical_margin: Option<u16>,
    pub(super) mermaid_theme: Option<String>,
    pub(super) mermaid_background: Option<String>,
    pub(super) d2_theme: Option<u16>,
}

/// `palette`
#[derive(Clone, Debug, Default)]
pub(super) struct RawPalette {
    /// Named colours.
    pub(super) colors: BTreeMap<String, RawColor>,
    /// Named colour pairs.
    pub(super) classes: BTreeMap<String, RawColors>,
    /// The sixteen colours of terminals, by number.
    pub(super) ansi: Option<AnsiColors>,
}

impl RawTheme {
    /// Returns a JSON schema of the keys.
    pub(super) fn schema() -> serde_json::Value {
        yaml::describe(|fields| Self::default().read(fields))
    }

    /// Merges a layer.
    pub(super) fn read(&mut self, fields: &mut Fields<'_>) {
        fields.section("default", |fields| self.default.read(fields));
        fields.section("slide_title", |fields| self.slide_title.read_title(fields));
        fields.section("headings", |fields| {
            for (level, heading) in
                ["h1", "h2", "h3", "h4", "h5", "h6"].iter().zip(&mut self.headings)
            {
                fields.section(level, |fields| heading.read_heading(fields));
            }
        });
        fields.section("code", |fields| self.code.read(fields));
        fields.section("execution_output", |fields| self.execution_output.read(fields));
        fields.section("inline_code", |fields| self.inline_code.read(fields));
        fields.section("bold", |fields| self.bold.read(fields));
        for key in ["italic", "italics"] {
            fields.section(key, |fields| self.italics.read(fields));
        }
        fields.section("table", |fields| self.table.read(fields));
        fields.section("block_quote", |fields| self.block_quote.read(fields));
        fields.section("alert", |fields| self.alert.read(fields));
        fields.section("column_layout", |fields| fields.set("margin", &mut self.column_margin));
        fields.section("intro_slide", |fields| self.intro_slide.read(fields));
        fields.section("footer", |fields| self.footer.read(fields));
        fields.section("modals", |fields| self.panel.read(fields));
        fields.section("palette", |fields| self.palette.read(fields));
        fields.section("layout_grid", |fields| fields.set("color", &mut self.grid));
        check_undrawn_keys(fields);
        self.drawings.read(fields);
    }
}

/// Checks the types of keys that are accepted for compatibility and not used.
fn check_undrawn_keys(fields: &mut Fields<'_>) {
    let (mut colors, mut name) = (RawColors::default(), None::<String>);
    fields.section("pty_output", |fields| {
        colors.read(fields);
        fields.set("standby", &mut name);
        fields.section("cursor", |fields| {
            fields.set("symbol", &mut None::<char>);
            fields.section("highlight_colors", |fields| colors.read_pair(fields));
        });
    });
}

impl RawDrawings {
    fn read(&mut self, fields: &mut Fields<'_>) {
        fields.section("typst", |fields| {
            fields.set("horizontal_margin", &mut self.horizontal_margin);
            fields.set("vertical_margin", &mut self.vertical_margin);
            self.typst.read(fields);
        });
        fields.section("mermaid", |fields| {
            fields.set("theme", &mut self.mermaid_theme);
            fields.set("background", &mut self.mermaid_background);
        });
        fields.section("d2", |fields| fields.set("theme", &mut self.d2_theme));
    }
}

impl RawPanel {
    /// Reads `modals`.
    fn read(&mut self, fields: &mut Fields<'_>) {
        self.colors.read(fields);
        fields.section("selection_colors", |fields| self.selection.read_pair(fields));
        fields.set("accent", &mut self.accent);
        fields.set("border", &mut self.border);
    }
}

impl RawColors {
    /// Reads `colors`.
    fn read(&mut self, fields: &mut Fields<'_>) {
        fields.section("colors", |fields| self.read_pair(fields));
    }

    /// Reads `foreground` and `background`.
    fn read_pair(&mut self, fields: &mut Fields<'_>) {
        fields.set("foreground", &mut self.foreground);
        fields.set("background", &mut self.background);
    }
}

impl RawAlignment {
    /// Reads `alignment` and its sibling keys.
    fn read(&mut self, fields: &mut Fields<'_>) {
        fields.set("margin", &mut self.margin);
        self.read_without_margin(fields);
    }

    fn read_without_margin(&mut self, fields: &mut Fields<'_>) {
        fields.set("alignment", &mut self.side);
        fields.set("minimum_margin", &mut self.minimum_margin);
        fields.set("minimum_size", &mut self.minimum_size);
    }
}

impl RawDefault {
    fn read(&mut self, fields: &mut Fields<'_>) {
        fields.set("margin", &mut self.margin);
        self.alignment.read_without_margin(fields);
        self.colors.read(fields);
        fields.set("vertical_alignment", &mut self.vertical_alignment);
        fields.section("background", |fields| {
            fields.section("gradient", |fields| {
                fields.set("direction", &mut self.gradient);
                fields.set("from", &mut self.gradient_from);
                fields.set("to", &mut self.gradient_to);
            });
        });
        fields.section("list", |fields| {
            fields.set("indent", &mut self.list.indent);
            fields.set("gap", &mut self.list.gap);
            self.list.colors.read(fields);
        });
    }
}

impl RawTable {
    fn read(&mut self, fields: &mut Fields<'_>) {
        self.alignment.read(fields);
        fields.set("frame", &mut self.frame);
        fields.section("colors", |fields| {
            fields.set("lines", &mut self.line_color);
            fields.set("stripe", &mut self.stripe);
        });
        fields.section("header", |fields| {
            self.header.read(fields);
            fields.set("bold", &mut self.is_header_bold);
        });
    }
}

impl RawTitle {
    fn read_title(&mut self, fields: &mut Fields<'_>) {
        self.read_text(fields);
        fields.section("colors", |fields| {
            self.colors.read_pair(fields);
            fields.set("separator", &mut self.separator_color);
        });
        fields.set("padding_top", &mut self.padding_top);
        fields.set("padding_bottom", &mut self.padding_bottom);
        fields.set("separator", &mut self.separator);
    }

    fn read_heading(&mut self, fields: &mut Fields<'_>) {
        self.read_text(fields);
        self.colors.read(fields);
    }

    /// Reads everything that titles and headings share but colours.
    fn read_text(&mut self, fields: &mut Fields<'_>) {
        self.alignment.read(fields);
        fields.set("bold", &mut self.bold);
        fields.set("italic", &mut self.italics);
        fields.set("italics", &mut self.italics);
        fields.set("underlined", &mut self.underlined);
        fields.set("prefix", &mut self.prefix);
        fields.set("font_size", &mut self.font_size);
    }

    fn read_line(&mut self, fields: &mut Fields<'_>) {
        self.alignment.read(fields);
        self.colors.read(fields);
    }
}

impl RawPadding {
    fn read(&mut self, fields: &mut Fields<'_>) {
        fields.section("padding", |fields| {
            fields.set("horizontal", &mut self.horizontal);
            fields.set("vertical", &mut self.vertical);
        });
    }
}

impl RawCode {
    fn read(&mut self, fields: &mut Fields<'_>) {
        self.alignment.read(fields);
        self.padding.read(fields);
        let before = self.theme_name.take();
        fields.set("theme_name", &mut self.theme_name);
        if self.theme_name.is_some() {
            // The lower layer's fill and breaks matched another highlight theme.
            self.fill = None;
            self.break_theme = None;
        }
        self.theme_name = self.theme_name.take().or(before);
        fields.set("break_theme", &mut self.break_theme);
        // Not in presenterm, whose boxes always have the highlight theme's background.
        fields.section("colors", |fields| {
            fields.set("background", &mut self.fill);
            fields.set("frame", &mut self.frame_color);
        });
        fields.set("background", &mut self.background);
        fields.set("line_numbers", &mut self.line_numbers);
        fields.set("frame", &mut self.frame);
        fields.set("width", &mut self.width);
        fields.set("wrap", &mut self.wrap);
    }
}

impl RawOutput {
    fn read(&mut self, fields: &mut Fields<'_>) {
        self.colors.read(fields);
        self.padding.read(fields);
        fields.set("minimum_contrast", &mut self.minimum_contrast);
        fields.set("style", &mut self.shape);
        fields.section("status", |fields| {
            fields.section("not_started", |fields| self.not_started.read_pair(fields));
            fields.section("running", |fields| self.running.read_pair(fields));
            fields.section("success", |fields| self.success.read_pair(fields));
            fields.section("failure", |fields| self.failure.read_pair(fields));
        });
    }
}

impl RawQuote {
    fn read(&mut self, fields: &mut Fields<'_>) {
        self.alignment.read(fields);
        fields.set("prefix", &mut self.prefix);
        fields.section("colors", |fields| {
            self.colors.read_pair(fields);
            fields.set("prefix", &mut self.prefix_color);
        });
        self.padding.read(fields);
    }
}

impl RawAlert {
    fn read(&mut self, fields: &mut Fields<'_>) {
        self.alignment.read(fields);
        fields.set("prefix", &mut self.prefix);
        fields.section("base_colors", |fields| self.colors.read_pair(fields));
        self.padding.read(fields);
        fields.section("styles", |fields| {
            let names = ["note", "tip", "important", "warning", "caution"];
            for (name, kind) in names.iter().zip(&mut self.kinds) {
                fields.section(name, |fields| {
                    fields.set("color", &mut kind.color);
                    fields.set("title", &mut kind.title);
                    fields.set("icon", &mut kind.icon);
                });
            }
        });
    }
}

impl RawIntro {
    fn read(&mut self, fields: &mut Fields<'_>) {
        fields.section("title", |fields| {
            self.title.read_line(fields);
            fields.set("font_size", &mut self.title.font_size);
        });
        let lines = [
            ("subtitle", &mut self.subtitle),
            ("event", &mut self.event),
            ("location", &mut self.location),
            ("date", &mut self.date),
        ];
        for (key, line) in lines {
            fields.section(key, |fields| line.read_line(fields));
        }
        fields.section("author", |fields| {
            self.author.read_line(fields);
            fields.set("positioning", &mut self.positioning);
        });
        fields.set("footer", &mut self.footer);
    }
}

impl RawFooter {
    fn read(&mut self, fields: &mut Fields<'_>) {
        fields.set("style", &mut self.style);
        fields.set("left", &mut self.left);
        fields.set("center", &mut self.center);
        fields.set("right", &mut self.right);
        fields.set("height", &mut self.height);
        fields.set("margin", &mut self.margin);
        fields.set("character", &mut self.character);
        self.colors.read(fields);
    }
}

impl RawPalette {
    fn read(&mut self, fields: &mut Fields<'_>) {
        fields.set("ansi", &mut self.ansi);
        fields.each("colors", |name, color| {
            self.colors.insert(name.to_owned(), color);
        });
        fields.each_section("classes", |name, fields| {
            self.classes.entry(name.to_owned()).or_default().read_pair(fields);
        });
    }
}
