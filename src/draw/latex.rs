//! LaTeX formulas, by `ratex`. A block is what pandoc reads: formulas in `$…$`, `$$…$$`, `\(…\)`,
//! `\[…\]` and environments, with text between them; each paragraph is a row of the drawing. A block
//! without any of these is one formula.

use std::ops::Range;

use ratex_font::{FontId, katex_ttf_glyph_char};
use ratex_layout::{LayoutOptions, layout, to_display_list, validate_layout};
use ratex_svg::{SvgColorSyntax, SvgOptions, render_to_svg_with_color_syntax};
use ratex_types::color::Color;
use ratex_types::display_item::{DisplayItem, DisplayList};
use ratex_types::math_style::MathStyle;

use super::vector::ROWS_ABOVE;
use super::{DrawError, SvgFonts, TEXT_SIZE, VectorPicture};
use crate::layout::{DrawingColors, FORMULA_ROW_UNITS};

/// The size of a formula's letters, relative to text: a formula in its own rows is looked at.
const SCALE: f64 = 1.5;

/// A point, where text has 11 of them, in units of the SVG.
pub(super) const POINT: f64 = TEXT_SIZE * SCALE / 11.0;

/// Space between rows, in em.
const ROW_GAP: f64 = 0.6;

/// Space around the drawing, in em.
const PADDING: f64 = 0.15;

/// Draws a block as SVG.
pub(super) fn draw(text: &str, colors: &DrawingColors) -> Result<String, DrawError> {
    let [red, green, blue] = colors.foreground.map(|channel| f32::from(channel) / 255.0);
    let options = LayoutOptions::default().with_color(Color::rgb(red, green, blue));
    let rows = rows(text);
    let mut lists = Vec::new();
    for row in &rows {
        lists.push(row.lay_out(text, &options)?);
    }
    let mut list = stacked(lists);
    for item in &mut list.items {
        name_glyph(item);
    }
    let em = TEXT_SIZE * SCALE;
    let svg = SvgOptions {
        font_size: em,
        padding: PADDING * em,
        stroke_width: em * 0.04,
        embed_glyphs: false,
        font_dir: String::new(),
    };
    let svg = render_to_svg_with_color_syntax(&list, &svg, SvgColorSyntax::Rgb);
    // As shapes: a terminal that has only text must not write its letters one by one.
    Ok(VectorPicture::read(&svg, SvgFonts::Bundled)?.svg())
}

/// The size of the letters of a formula in a line: those of its fonts are small for their size.
const LINE_EM: f64 = TEXT_SIZE * 1.2;

/// The space from the top of a row of text to its baseline, as a part of the row.
const BASELINE: f64 = 0.76;

/// How far a formula may be moved up or down to fit a row, as a part of the row.
const MAX_SHIFT: f64 = 0.08;

/// A formula is not scaled down further than this to have fewer rows.
const MIN_LINE_SCALE: f64 = 0.8;

/// Nor are its smallest letters made smaller than this, as a part of the row.
const MIN_LETTERS: f64 = 0.45;

/// Limit of the rows of a formula in a line.
const MAX_LINE_ROWS: u16 = 9;

/// What is written in points is read in units of a pixel.
const POINTS_IN_UNIT: f64 = 0.75;

/// Space at each side of a formula in a line, in em.
const LINE_PADDING: f64 = 0.06;

/// Draws a formula in a line: as high as whole rows of text, with its baseline on that of one of them.
pub(super) fn draw_in_line(text: &str, colors: &DrawingColors) -> Result<String, DrawError> {
    let [red, green, blue] = colors.foreground.map(|channel| f32::from(channel) / 255.0);
    let options = LayoutOptions::default().with_color(Color::rgb(red, green, blue));
    let parts = vec![RowPart::Math(0..text.len())];
    let list = FormulaRow { style: MathStyle::Text, parts }.lay_out(text, &options)?;
    let letters = list.items.iter().filter_map(|item| match item {
        DisplayItem::GlyphPath { scale, .. } => Some(*scale),
        _ => None,
    });
    let smallest = letters.fold(1.0, f64::min);
    let fit = LineFit::new((list.height, list.depth), smallest);
    let em = LINE_EM * fit.scale;
    let row = f64::from(FORMULA_ROW_UNITS) / em;
    let height = (f64::from(fit.above) + BASELINE) * row + fit.shift * row;
    let down = height - list.height;
    // As wide as whole columns, where a cell is twice as high as wide: it is not stretched there.
    let column = row / 2.0;
    let width = ((list.width + 2.0 * LINE_PADDING) / column).ceil().max(1.0) * column;
    let right = (width - list.width) / 2.0;
    let items = list.items.into_iter().map(|item| moved(item, right, down)).collect();
    let mut list = DisplayList { items, width, height, depth: f64::from(fit.rows) * row - height };
    list.items.iter_mut().for_each(name_glyph);
    let svg = SvgOptions {
        font_size: em * POINTS_IN_UNIT,
        padding: 0.0,
        stroke_width: em * 0.04 * POINTS_IN_UNIT,
        embed_glyphs: false,
        font_dir: String::new(),
    };
    let svg = render_to_svg_with_color_syntax(&list, &svg, SvgColorSyntax::Rgb);
    let svg = VectorPicture::read(&svg, SvgFonts::Bundled)?.svg();
    Ok(svg.replacen("<svg", &format!("<svg {ROWS_ABOVE}=\"{}\"", fit.above), 1))
}

/// How a formula fits into the rows of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
struct LineFit {
    /// Rows above that of the text.
    above: u16,
    /// All rows.
    rows: u16,
    /// The size of the formula relative to the text.
    scale: f64,
    /// How far it is moved down, as a part of the row.
    shift: f64,
}

impl LineFit {
    /// Chooses the fewest rows in which a formula is legible, from its height above and below the
    /// baseline in em and the scale of its smallest letters.
    fn new((height, depth): (f64, f64), smallest: f64) -> Self {
        let row = f64::from(FORMULA_ROW_UNITS);
        let legible = MIN_LETTERS * row / (LINE_EM * smallest);
        let least = legible.clamp(MIN_LINE_SCALE, 1.0);
        let mut best = Self { above: 0, rows: 1, scale: 0.0, shift: 0.0 };
        for rows in 1..=MAX_LINE_ROWS {
            for above in 0..rows {
                let up = (f64::from(above) + BASELINE) * row;
                let fit = Self::within(
                    (height * LINE_EM, depth * LINE_EM),
                    (up, f64::from(rows) * row - up),
                );
                if fit.scale > best.scale {
                    best = Self { above, rows, ..fit };
                }
            }
            if best.scale >= least {
                break;
            }
        }
        best
    }

    /// Fits a height and depth into others, all in units.
    fn within((height, depth): (f64, f64), (up, down): (f64, f64)) -> Self {
        let limit = MAX_SHIFT * f64::from(FORMULA_ROW_UNITS);
        let total = height + depth;
        let shift = if total <= up + down {
            (height - up).max(0.0) - (depth - down).max(0.0)
        } else {
            // Both have the same scale.
            height * (up + down) / total - up
        };
        let shift = shift.clamp(-limit, limit);
        let scale = |space: f64, length: f64| if length <= 0.0 { 1.0 } else { space / length };
        let scale = scale(up + shift, height).min(scale(down - shift, depth)).min(1.0);
        Self { above: 0, rows: 0, scale, shift: shift / f64::from(FORMULA_ROW_UNITS) }
    }
}

/// Names a glyph by the character that its font has for it.
fn name_glyph(item: &mut DisplayItem) {
    if let DisplayItem::GlyphPath { font, char_code, .. } = item
        && let Some(font) = FontId::parse(font)
    {
        *char_code = katex_ttf_glyph_char(font, *char_code).into();
    }
}

/// A row of the drawing: text and formulas in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FormulaRow {
    style: MathStyle,
    parts: Vec<RowPart>,
}

/// A part of a row, as bytes of the block's text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum RowPart {
    Text(Range<usize>),
    Math(Range<usize>),
}

impl FormulaRow {
    fn lay_out(&self, text: &str, options: &LayoutOptions) -> Result<DisplayList, DrawError> {
        let mut source = String::new();
        // Where each part begins in the source, and in the block's text.
        let mut places = Vec::new();
        for part in &self.parts {
            match part {
                RowPart::Text(range) => {
                    source.push_str("\\text{");
                    places.push((source.len(), range.start));
                    for c in text[range.clone()].chars() {
                        source.push(if c == '\n' { ' ' } else { c });
                    }
                    source.push('}');
                }
                RowPart::Math(range) => {
                    for (piece, space) in tag_last(&text[range.clone()]) {
                        source.push_str(space);
                        places.push((source.len(), range.start + piece.start));
                        source.push_str(&text[range.start..][piece]);
                    }
                }
            }
        }
        let wrong = |why: String, at: Option<usize>| {
            let error = DrawError::new(format!("this formula is not valid: {why}"));
            let Some(at) = at else { return error };
            let part = places.iter().rev().find(|(start, _)| *start <= at);
            let at = part.map_or(0, |(start, original)| original + (at - start));
            error.at_byte(text, at.min(text.trim_end().len()))
        };
        let nodes = ratex_parser::parse(&source)
            .map_err(|error| wrong(reason(&error.message), error.loc.map(|loc| loc.start)))?;
        let boxed = layout(&nodes, &options.with_style(self.style));
        validate_layout(&boxed).map_err(|why| wrong(why, None))?;
        Ok(to_display_list(&boxed))
    }
}

/// Returns the pieces of a formula in the order in which they are drawn, each with what is before it:
/// a tag is at the end, after a space. In environments it stays in its row.
fn tag_last(formula: &str) -> Vec<(Range<usize>, &'static str)> {
    let all = || vec![(0..formula.len(), "")];
    let Some(start) = formula.find("\\tag{").filter(|_| !formula.contains("\\begin")) else {
        return all();
    };
    let mut depth = 0_usize;
    let end = formula[start..].char_indices().find_map(|(at, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => return None,
        }
        (depth == 0).then_some(start + at + 1)
    });
    let Some(end) = end else { return all() };
    vec![(0..start, ""), (end..formula.len(), ""), (start..end, "\\qquad ")]
}

/// Returns a message of the parser as we write messages.
fn reason(message: &str) -> String {
    let message = message.trim().trim_end_matches('.');
    let mut chars = message.chars();
    match chars.next() {
        Some(first) if !message.starts_with("KaTeX") => first.to_lowercase().chain(chars).collect(),
        _ => message.to_owned(),
    }
}

/// The signs before and after a formula, and whether it is displayed on its own.
const DELIMITERS: [(&str, &str, MathStyle); 4] = [
    ("$$", "$$", MathStyle::Display),
    ("\\[", "\\]", MathStyle::Display),
    ("\\(", "\\)", MathStyle::Text),
    ("$", "$", MathStyle::Text),
];

/// Environments that are displayed, and those that stand for a plain displayed formula.
const PLAIN_ENVIRONMENTS: [&str; 4] = ["equation", "equation*", "displaymath", "math"];
const ENVIRONMENTS: [&str; 10] = [
    "align",
    "align*",
    "alignat",
    "alignat*",
    "gather",
    "gather*",
    "multline",
    "multline*",
    "eqnarray",
    "eqnarray*",
];

/// Splits a block into its rows.
fn rows(text: &str) -> Vec<FormulaRow> {
    let mut builder = RowBuilder { text, rows: Vec::new(), open: Vec::new() };
    let mut at = 0;
    let mut has_delimiters = false;
    let mut text_start = 0;
    while at < text.len() {
        let rest = &text[at..];
        if let Some((formula, end, style)) = formula_at(text, at) {
            has_delimiters = true;
            builder.text(text_start..at);
            builder.math(formula, style);
            at = end;
            text_start = end;
        } else if let Some(escaped) = rest.strip_prefix('\\') {
            // An escaped sign is text.
            at += 1 + escaped.chars().next().map_or(0, char::len_utf8);
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    if !has_delimiters {
        return vec![FormulaRow {
            style: MathStyle::Display,
            parts: vec![RowPart::Math(0..text.len())],
        }];
    }
    builder.text(text_start..text.len());
    builder.end_row();
    builder.rows
}

/// Returns the formula that begins at a byte: its own bytes, the end with its delimiter, its style.
fn formula_at(text: &str, at: usize) -> Option<(Range<usize>, usize, MathStyle)> {
    let rest = &text[at..];
    if let Some(after) = rest.strip_prefix("\\begin{") {
        let (name, _) = after.split_once('}')?;
        let closing = format!("\\end{{{name}}}");
        let start = at + "\\begin{".len() + name.len() + 1;
        let end = start + text[start..].find(&closing)?;
        let whole = end + closing.len();
        if PLAIN_ENVIRONMENTS.contains(&name) {
            return Some((start..end, whole, MathStyle::Display));
        }
        return ENVIRONMENTS.contains(&name).then_some((at..whole, whole, MathStyle::Display));
    }
    let (open, close, style) = DELIMITERS.into_iter().find(|(open, ..)| rest.starts_with(open))?;
    let start = at + open.len();
    let mut search = start;
    loop {
        let end = search + text[search..].find(close)?;
        let escapes = text[start..end].bytes().rev().take_while(|byte| *byte == b'\\').count();
        if close.starts_with('\\') || escapes % 2 == 0 {
            return Some((start..end, end + close.len(), style));
        }
        search = end + close.len();
    }
}

struct RowBuilder<'t> {
    text: &'t str,
    rows: Vec<FormulaRow>,
    open: Vec<RowPart>,
}

impl RowBuilder<'_> {
    /// Adds text; an empty line begins a new row.
    fn text(&mut self, range: Range<usize>) {
        let mut start = range.start;
        for line in self.text[range].split_inclusive('\n') {
            let end = start + line.len();
            if line.trim().is_empty() && line.ends_with('\n') && start > 0 {
                let follows_line_end = self.text[..start].ends_with('\n');
                if follows_line_end {
                    self.end_row();
                }
            } else if !line.trim().is_empty() {
                let kept = start..start + line.trim_end_matches('\n').len();
                self.open.push(RowPart::Text(kept));
            }
            start = end;
        }
    }

    fn math(&mut self, range: Range<usize>, style: MathStyle) {
        if self.text[range.clone()].trim().is_empty() {
            return;
        }
        if style == MathStyle::Display {
            self.end_row();
            self.rows.push(FormulaRow { style, parts: vec![RowPart::Math(range)] });
        } else {
            self.open.push(RowPart::Math(range));
        }
    }

    fn end_row(&mut self) {
        let parts = std::mem::take(&mut self.open);
        if !parts.is_empty() {
            self.rows.push(FormulaRow { style: MathStyle::Text, parts });
        }
    }
}

/// Puts rows below each other, centred.
fn stacked(lists: Vec<DisplayList>) -> DisplayList {
    let width = lists.iter().map(|list| list.width).fold(0.0, f64::max);
    let mut all = DisplayList { width, ..DisplayList::default() };
    for list in lists {
        if all.height > 0.0 {
            all.height += ROW_GAP;
        }
        let (right, down) = ((width - list.width) / 2.0, all.height);
        all.height += list.height + list.depth;
        all.items.extend(list.items.into_iter().map(|item| moved(item, right, down)));
    }
    all
}

fn moved(mut item: DisplayItem, right: f64, down: f64) -> DisplayItem {
    let (DisplayItem::GlyphPath { x, y, .. }
    | DisplayItem::Line { x, y, .. }
    | DisplayItem::Rect { x, y, .. }
    | DisplayItem::Path { x, y, .. }) = &mut item;
    *x += right;
    *y += down;
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(text: &str) -> Result<String, DrawError> {
        let [foreground, background] = [[255; 3], [0; 3]];
        let (surface, accent, series) = (background, foreground, [foreground; 5]);
        let colors = DrawingColors { foreground, background, surface, accent, series };
        draw(text, &colors)
    }

    #[test]
    fn rows_are_formulas_and_text() {
        let kinds = |text: &str| {
            let shown = |part: &RowPart| match part {
                RowPart::Text(range) => format!("'{}'", &text[range.clone()]),
                RowPart::Math(range) => text[range.clone()].to_owned(),
            };
            let row = |row: &FormulaRow| row.parts.iter().map(shown).collect::<Vec<_>>().join("|");
            rows(text).iter().map(row).collect::<Vec<_>>()
        };
        assert_eq!(kinds("a^2 + \\$"), ["a^2 + \\$"]);
        assert_eq!(kinds("$a$\n$b$"), ["a|b"]);
        assert_eq!(kinds("$a$\n\n$b$"), ["a", "b"]);
        assert_eq!(kinds("so $a$ is\n\\[ b \\] and"), ["'so '|a|' is'", " b ", "' and'"]);
        assert_eq!(
            kinds("$$a\\$b$$\\begin{align}c\\end{align}"),
            ["a\\$b", "\\begin{align}c\\end{align}"]
        );
        let cases = "f = \\begin{cases} a \\end{cases}";
        assert_eq!(kinds(cases), [cases], "these are parts of a formula");
        assert_eq!(
            kinds("$$ $$ $x$"),
            ["' '|x"][..0].to_vec().into_iter().chain(["x"]).collect::<Vec<_>>()
        );
    }

    #[test]
    fn tags_are_at_the_end() {
        let ordered = |text: &str| -> String {
            tag_last(text)
                .into_iter()
                .map(|(piece, space)| space.to_owned() + &text[piece])
                .collect()
        };
        assert_eq!(ordered("a = b"), "a = b");
        assert_eq!(ordered("\\tag{1} a = b"), " a = b\\qquad \\tag{1}");
        assert_eq!(ordered("a \\tag{x_{2}} = b"), "a  = b\\qquad \\tag{x_{2}}");
        let aligned = "\\begin{align} a \\tag{1} \\end{align}";
        assert_eq!((&*ordered(aligned), &*ordered("a \\tag{")), (aligned, "a \\tag{"));
        assert_eq!(draws("\\tag{1} a"), draws("a \\tag{1}"));
    }

    #[test]
    fn mistakes_have_line_and_column() {
        let error = draws("$$a +\n  \\nosuch b$$").unwrap_err();
        assert_eq!(error.at, Some((2, 3)), "{error:?}");
        assert!(error.why.contains("\\nosuch"), "{error:?}");
        let error = draws("é \\frac{1}{").unwrap_err();
        assert_eq!(error.at.map(|(line, _)| line), Some(1), "{error:?}");
    }

    #[test]
    fn formula_uses_the_foreground() {
        let svg = draws("\\frac{1}{2}").unwrap();
        assert!(svg.contains("#ffffff") && !svg.contains("<text"), "{svg}");
    }

    #[test]
    fn letters_are_italic_and_digits_upright() {
        let is_upright = |text: &str| draws(text) == draws(&format!("\\mathrm{{{text}}}"));
        assert!(is_upright("1") && !is_upright("x"));
        assert_ne!(draws("\\mathbf{x}"), draws("\\mathrm{x}"));
    }
}
