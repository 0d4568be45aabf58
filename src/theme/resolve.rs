//! Turns a raw theme into a [`Theme`]: looks up palette references and fills in defaults.

use std::array;

use ratatui::style::{Color, Modifier, Style};

use super::color::{self, ColorRef};
use super::layers::Layers;
use super::library::Library;
use super::page_styles::DEFAULT_FOOTER_MARGIN;
use super::raw::{
    RawAlert, RawAlignment, RawCode, RawColors, RawDefault, RawDrawings, RawFooter, RawIntro,
    RawOutput, RawPadding, RawPalette, RawQuote, RawTable, RawTheme, RawTitle,
};
use super::values::{
    AlignmentSide, AnsiColors, BoxWidth, CodeWrap, FooterKind, Positioning, RawColor, VerticalPlace,
};
use super::{
    AlertKindStyle, AlertStyle, Alignment, Choice, CodeStyle, DrawingSettings, DrawingStyle,
    FooterStyle, Gradient, HeadingStyle, IntroLine, IntroStyle, ListStyle, OutputStyle, Padding,
    Palette, QuoteStyle, TableStyle, Theme, TitleStyle, panel_styles,
};
use crate::ansi;
use crate::diag::{Diagnostic, closest};
use crate::source::{Sources, Span};

/// Highlight theme of themes that name none.
const DEFAULT_HIGHLIGHT_THEME: &str = "base16-eighties.dark";

/// Start of each row of a quote or an alert.
const DEFAULT_PREFIX: &str = "▍ ";

/// Rows of the footer.
const DEFAULT_FOOTER_HEIGHT: u16 = 3;

/// Limit of references from one palette colour to the next; ends cycles.
const MAX_PALETTE_DEPTH: usize = 8;

/// The least contrast of output on its ground.
const DEFAULT_OUTPUT_CONTRAST: f64 = 3.0;

/// Colours, titles and icons of alerts.
const DEFAULT_ALERTS: [(Color, &str, &str); 5] = [
    (Color::Blue, "Note", "\u{f02fd}"),
    (Color::Green, "Tip", "\u{f400}"),
    (Color::Cyan, "Important", "\u{eb42}"),
    (Color::Yellow, "Warning", "\u{ea6c}"),
    (Color::Red, "Caution", "\u{f0ce6}"),
];

/// Resolves the requested built-in theme, with the problems found. An unknown name resolves to the
/// default theme.
pub fn resolve(choice: &Choice<'_>) -> (Theme, Vec<Diagnostic>) {
    resolve_with_library(choice, &Library::default(), &mut Sources::default())
}

/// Like [`resolve`], but finds the user's themes, too; adds the files read to `sources`.
pub fn resolve_with_library(
    choice: &Choice<'_>,
    library: &Library<'_>,
    sources: &mut Sources,
) -> (Theme, Vec<Diagnostic>) {
    let mut layers = Layers::new(library, sources);
    let name = layers.read_chosen(choice);
    if let Some((text, span)) = choice.overrides {
        layers.read_overrides(text, span);
    }
    let Layers { raw, mut problems, .. } = layers;
    let theme = Resolver::new(&raw.palette, &mut problems).theme(&raw, name);
    problems.sort_by_key(|problem| (problem.span.file, problem.span.start));
    (theme, problems)
}

/// Builds styles and looks up palette references.
struct Resolver<'a> {
    palette: Palette,
    problems: &'a mut Vec<Diagnostic>,
}

impl<'a> Resolver<'a> {
    fn new(raw: &RawPalette, problems: &'a mut Vec<Diagnostic>) -> Self {
        let mut resolver = Self { palette: Palette::default(), problems };
        for (name, color) in &raw.colors {
            match resolve_reference(raw, color) {
                Ok(color) => drop(resolver.palette.colors.insert(name.clone(), color)),
                Err(color) => resolver.report(color, raw.colors.keys().map(String::as_str)),
            }
        }
        for (name, colors) in &raw.classes {
            let pair = (
                resolver.color(colors.foreground.as_ref()),
                resolver.color(colors.background.as_ref()),
            );
            resolver.palette.classes.insert(name.clone(), pair);
        }
        if let Some(AnsiColors(colors)) = &raw.ansi {
            let colors = colors.each_ref().map(|color| resolver.color(Some(color)));
            resolver.palette.ansi =
                Some(array::from_fn(|number| colors[number].unwrap_or(ansi::color(number as u8))));
        }
        resolver
    }

    fn theme(mut self, raw: &RawTheme, name: String) -> Theme {
        let base = self.style(&raw.default.colors);
        let default = alignment(&raw.default.alignment, Alignment::default());
        let color = self.color(raw.grid.as_ref());
        let grid = color.map_or(base.add_modifier(Modifier::DIM), |color| base.fg(color));
        let slide_title = self.title(&raw.slide_title, default);
        let panel = panel_styles::styles(
            (base, slide_title.style),
            (self.style(&raw.panel.colors), self.style(&raw.panel.selection)),
            (self.color(raw.panel.accent.as_ref()), raw.panel.border.unwrap_or_default()),
        );
        Theme {
            name,
            base,
            alignment: default,
            margin: raw.default.margin.unwrap_or_default(),
            is_centered: raw.default.vertical_alignment == Some(VerticalPlace::Center),
            gradient: self.gradient(&raw.default, base),
            list: self.list(&raw.default),
            slide_title,
            headings: array::from_fn(|level| self.heading(&raw.headings[level], default)),
            code: self.code(&raw.code),
            output: self.output(&raw.execution_output),
            inline_code: self.style(&raw.inline_code),
            bold: self.style(&raw.bold),
            italics: self.style(&raw.italics),
            table: self.table(&raw.table, default, base),
            quote: self.quote(&raw.block_quote, default),
            alerts: self.alert(&raw.alert),
            column_margin: raw.column_margin.unwrap_or_default(),
            intro: self.intro(&raw.intro_slide, default),
            footer: self.footer(&raw.footer),
            panel,
            grid,
            drawings: self.drawings(&raw.drawings),
            palette: self.palette,
        }
    }

    fn title(&mut self, raw: &RawTitle, default: Alignment) -> TitleStyle {
        let HeadingStyle { alignment, style, prefix, font_size } = self.heading(raw, default);
        TitleStyle {
            alignment,
            style,
            prefix,
            font_size,
            padding_top: raw.padding_top.unwrap_or_default(),
            padding_bottom: raw.padding_bottom.unwrap_or_default(),
            separator: raw.separator.unwrap_or_default(),
            separator_color: self.color(raw.separator_color.as_ref()),
            is_size_asked: raw.is_size_asked,
        }
    }

    /// Returns the gradient, if both of its ends are known colours; the first one is the slide's
    /// background by default.
    fn gradient(&mut self, raw: &RawDefault, base: Style) -> Option<Gradient> {
        let to = self.color(raw.gradient_to.as_ref()).and_then(ansi::fixed_rgb);
        let from = self.color(raw.gradient_from.as_ref()).or(base.bg).and_then(ansi::fixed_rgb);
        let direction = raw.gradient.unwrap_or_default();
        Some(Gradient { direction, from: from?, to: to? })
    }

    fn list(&mut self, raw: &RawDefault) -> ListStyle {
        let default = ListStyle::default();
        ListStyle {
            indent: raw.list.indent.unwrap_or(default.indent),
            gap: raw.list.gap.unwrap_or(default.gap),
            marker: self.style(&raw.list.colors),
        }
    }

    fn table(&mut self, raw: &RawTable, default: Alignment, base: Style) -> TableStyle {
        let bold =
            if raw.is_header_bold == Some(true) { Modifier::BOLD } else { Modifier::empty() };
        let lines = self.color(raw.line_color.as_ref());
        TableStyle {
            alignment: alignment(&raw.alignment, default),
            frame: raw.frame.unwrap_or_default(),
            lines: lines.map_or(Style::new(), |color| Style::new().fg(color)),
            header: self.style(&raw.header).add_modifier(bold),
            stripe: self.color(raw.stripe.as_ref()).filter(|_| base.bg.is_some()),
        }
    }

    fn heading(&mut self, raw: &RawTitle, default: Alignment) -> HeadingStyle {
        let IntroLine { alignment, style, font_size } = self.line(raw, default);
        HeadingStyle { alignment, style, prefix: raw.prefix.clone().unwrap_or_default(), font_size }
    }

    fn line(&mut self, raw: &RawTitle, default: Alignment) -> IntroLine {
        let mut style = self.style(&raw.colors);
        let modifiers = [
            (raw.bold, Modifier::BOLD),
            (raw.italics, Modifier::ITALIC),
            (raw.underlined, Modifier::UNDERLINED),
        ];
        for (wanted, modifier) in modifiers {
            if wanted == Some(true) {
                style = style.add_modifier(modifier);
            }
        }
        let font_size = raw.font_size.unwrap_or(1).clamp(1, 7);
        IntroLine { alignment: alignment(&raw.alignment, default), style, font_size }
    }

    fn code(&mut self, raw: &RawCode) -> CodeStyle {
        let default = || (DEFAULT_HIGHLIGHT_THEME.to_owned(), Span::default());
        let (highlight_theme, highlight_theme_at) = raw.theme_name.clone().unwrap_or_else(default);
        let frame_color = self.color(raw.frame_color.as_ref());
        CodeStyle {
            alignment: alignment(&raw.alignment, Alignment::default()),
            highlight_theme,
            highlight_theme_at,
            break_theme: raw.break_theme.clone(),
            fill: self.color(raw.fill.as_ref()),
            padding: padding(raw.padding),
            background: raw.background.unwrap_or(true),
            line_numbers: raw.line_numbers.unwrap_or_default(),
            frame: raw.frame.unwrap_or_default(),
            frame_style: frame_color.map_or(Style::new(), |color| Style::new().fg(color)),
            is_full_width: raw.width == Some(BoxWidth::Full),
            has_wrap_marks: raw.wrap == Some(CodeWrap::Indent),
        }
    }

    fn output(&mut self, raw: &RawOutput) -> OutputStyle {
        OutputStyle {
            style: self.style(&raw.colors),
            padding: padding(raw.padding),
            minimum_contrast: raw.minimum_contrast.map_or(DEFAULT_OUTPUT_CONTRAST, |it| it.0),
            shape: raw.shape.unwrap_or_default(),
            not_started: self.style(&raw.not_started),
            running: self.style(&raw.running),
            success: self.style(&raw.success),
            failure: self.style(&raw.failure),
        }
    }

    fn quote(&mut self, raw: &RawQuote, default: Alignment) -> QuoteStyle {
        let style = self.style(&raw.colors);
        let prefix = self.color(raw.prefix_color.as_ref());
        QuoteStyle {
            alignment: alignment(&raw.alignment, default),
            prefix: raw.prefix.clone().unwrap_or_else(|| DEFAULT_PREFIX.to_owned()),
            style,
            prefix_style: Style { fg: prefix.or(style.fg), ..style },
            padding: padding(raw.padding),
        }
    }

    fn alert(&mut self, raw: &RawAlert) -> AlertStyle {
        let kinds = array::from_fn(|kind| {
            let (color, title, icon) = DEFAULT_ALERTS[kind];
            let raw = &raw.kinds[kind];
            AlertKindStyle {
                color: self.color(raw.color.as_ref()).or(Some(color)),
                title: raw.title.clone().unwrap_or_else(|| title.to_owned()),
                icon: raw.icon.clone().unwrap_or_else(|| icon.to_owned()),
            }
        });
        AlertStyle {
            alignment: alignment(&raw.alignment, Alignment::default()),
            prefix: raw.prefix.clone().unwrap_or_else(|| DEFAULT_PREFIX.to_owned()),
            style: self.style(&raw.colors),
            kinds,
            padding: padding(raw.padding),
        }
    }

    fn intro(&mut self, raw: &RawIntro, default: Alignment) -> IntroStyle {
        IntroStyle {
            title: self.line(&raw.title, default),
            subtitle: self.line(&raw.subtitle, default),
            event: self.line(&raw.event, default),
            location: self.line(&raw.location, default),
            date: self.line(&raw.date, default),
            author: self.line(&raw.author, default),
            author_below_title: raw.positioning == Some(Positioning::BelowTitle),
            footer: raw.footer.unwrap_or_default(),
        }
    }

    fn footer(&mut self, raw: &RawFooter) -> FooterStyle {
        let style = self.style(&raw.colors);
        match raw.style.unwrap_or(FooterKind::Template) {
            FooterKind::Template => FooterStyle::Template {
                left: raw.left.clone(),
                center: raw.center.clone(),
                right: raw.right.clone(),
                style,
                height: raw.height.unwrap_or(DEFAULT_FOOTER_HEIGHT),
                margin: raw.margin.unwrap_or(DEFAULT_FOOTER_MARGIN),
            },
            FooterKind::ProgressBar => {
                FooterStyle::ProgressBar { character: raw.character.unwrap_or('█'), style }
            }
            FooterKind::Empty => FooterStyle::Empty,
        }
    }

    fn drawings(&mut self, raw: &RawDrawings) -> DrawingStyle {
        let typst = self.style(&raw.typst);
        // `transparent` is no colour.
        let ground = raw.mermaid_background.as_deref();
        DrawingStyle {
            typst: (typst.fg, typst.bg),
            margin: (raw.horizontal_margin, raw.vertical_margin),
            mermaid_theme: raw.mermaid_theme.as_deref().map(Into::into),
            mermaid_ground: ground.and_then(|name| color::color(name, &self.palette)),
            d2_theme: raw.d2_theme,
            settings: DrawingSettings::default(),
        }
    }

    fn style(&mut self, raw: &RawColors) -> Style {
        let fg = self.color(raw.foreground.as_ref());
        Style { fg, bg: self.color(raw.background.as_ref()), ..Style::new() }
    }

    /// Resolves a colour; reports a name that the palette does not have.
    fn color(&mut self, raw: Option<&RawColor>) -> Option<Color> {
        let raw = raw?;
        let found = match &raw.color {
            ColorRef::Literal(color) => Some(*color),
            ColorRef::Palette(name) => self.palette.colors.get(name).copied(),
        };
        if found.is_none() {
            let names: Vec<_> = self.palette.colors.keys().cloned().collect();
            self.report(raw, names.iter().map(String::as_str));
        }
        found
    }

    fn report<'n>(&mut self, raw: &RawColor, names: impl Iterator<Item = &'n str>) {
        let ColorRef::Palette(name) = &raw.color else { return };
        let problem = Diagnostic::error(raw.at, format!("the palette has no colour `{name}`"));
        self.problems.push(match closest(name, names) {
            Some(meant) => problem.hint(format!("did you mean `palette:{meant}`?")),
            None => problem.hint("name it under `palette.colors`"),
        });
    }
}

/// Follows a palette colour's references to a literal colour.
///
/// # Errors
/// The reference that has no target, or is part of a cycle.
fn resolve_reference<'r>(
    palette: &'r RawPalette,
    color: &'r RawColor,
) -> Result<Color, &'r RawColor> {
    let mut color = color;
    for _ in 0..MAX_PALETTE_DEPTH {
        match &color.color {
            ColorRef::Literal(found) => return Ok(*found),
            ColorRef::Palette(name) => color = palette.colors.get(name).ok_or(color)?,
        }
    }
    Err(color)
}

fn padding(raw: RawPadding) -> Padding {
    Padding {
        horizontal: raw.horizontal.unwrap_or_default(),
        vertical: raw.vertical.unwrap_or_default(),
    }
}

/// Sizes and margins only apply if some layer sets `alignment`.
fn alignment(raw: &RawAlignment, default: Alignment) -> Alignment {
    match raw.side {
        None => default,
        Some(AlignmentSide::Left) => Alignment::Left(raw.margin.unwrap_or_default()),
        Some(AlignmentSide::Right) => Alignment::Right(raw.margin.unwrap_or_default()),
        Some(AlignmentSide::Center) => Alignment::Center {
            minimum_margin: raw.minimum_margin.unwrap_or_default(),
            minimum_size: raw.minimum_size.unwrap_or_default(),
        },
    }
}
