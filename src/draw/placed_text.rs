//! The text of a drawing and where it is, for terminals that write it as text.

use resvg::usvg::{Group, Node, Paint, Text, Tree};

use crate::ansi::Channels;

/// A line of text in a drawing, in units of the drawing.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedText {
    /// What it says.
    pub text: String,
    /// Its middle, across.
    pub center: f32,
    /// Its middle, down.
    pub middle: f32,
    /// Its width.
    pub width: f32,
    /// Its colour.
    pub color: Channels,
}

/// A glyph of a line, on its way into a [`PlacedText`].
struct TextGlyph<'t> {
    text: &'t str,
    x: f32,
    y: f32,
    size: f32,
    color: Channels,
}

/// Returns the lines of text of a drawing.
pub(super) fn texts(tree: &Tree) -> Vec<PlacedText> {
    let mut found = Vec::new();
    collect(tree.root(), &mut found);
    found
}

fn collect(group: &Group, found: &mut Vec<PlacedText>) {
    for node in group.children() {
        match node {
            Node::Group(group) => collect(group, found),
            Node::Text(text) => lines(text, found),
            Node::Path(_) | Node::Image(_) => {}
        }
    }
}

/// Adds a text's lines: glyphs on the same baseline that follow each other.
fn lines(text: &Text, found: &mut Vec<PlacedText>) {
    let base = text.abs_transform();
    let glyphs = text.layouted().iter().filter(|span| span.visible).flat_map(|span| {
        let color = match span.fill.as_ref().map(resvg::usvg::Fill::paint) {
            Some(Paint::Color(color)) => [color.red, color.green, color.blue],
            _ => [128; 3],
        };
        span.positioned_glyphs.iter().map(move |glyph| {
            let place = base.pre_concat(glyph.transform());
            let size = glyph.font_size() * base.get_scale().1;
            TextGlyph { text: &glyph.text, x: place.tx, y: place.ty, size, color }
        })
    });
    let mut open: Vec<TextGlyph<'_>> = Vec::new();
    for glyph in glyphs {
        let follows = open.last().is_none_or(|last| {
            let step = glyph.x - last.x;
            (glyph.y - last.y).abs() < last.size / 2.0 && (0.0..last.size * 2.5).contains(&step)
        });
        if !follows {
            found.extend(line(&open));
            open.clear();
        }
        open.push(glyph);
    }
    found.extend(line(&open));
}

fn line(glyphs: &[TextGlyph<'_>]) -> Option<PlacedText> {
    let (first, last) = (glyphs.first()?, glyphs.last()?);
    let text: String = glyphs.iter().map(|glyph| glyph.text).collect();
    let leading = glyphs.iter().take_while(|glyph| glyph.text.trim().is_empty()).count();
    let start = glyphs.get(leading)?.x;
    let end = last.x + last.size * 0.6;
    Some(PlacedText {
        text: text.trim().to_owned(),
        center: f32::midpoint(start, end),
        middle: first.y - first.size * 0.35,
        width: end - start,
        color: first.color,
    })
    .filter(|line| !line.text.is_empty())
}
