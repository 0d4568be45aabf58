//! A painted buffer as an SVG picture: grounds, text and drawn characters at the places their
//! cells have, pictures embedded. A pure function; what the picture shows is the buffer's affair.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ratatui::buffer::Buffer;

use super::canvas::{self, Area, Canvas, CroppedPicture, TextFit, TextRun};
use super::palette::{Rgb, TerminalColors};
use super::shapes::Curve;
use crate::media::DocumentPicture;
use crate::view::{Overlay, VisibleLink};

/// Draws a buffer as an SVG document. `pictures` are those that the buffer cannot hold; `links` can be
/// clicked; `colors` are those that a terminal would choose itself.
pub fn svg(
    buffer: &Buffer,
    pictures: &[(Overlay, DocumentPicture)],
    links: &[VisibleLink],
    colors: &TerminalColors,
) -> String {
    let (width, height) = canvas::page_size(buffer);
    let mut page = SvgWriter(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\" font-size=\"{FONT_SIZE}\">\n"
    ));
    canvas::draw(buffer, pictures, colors, &mut page);
    for link in links {
        let Area { x, y, width, height } = canvas::area(link.cells);
        page.push(format_args!(
            "<a href=\"{}\" target=\"_blank\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" \
             height=\"{height}\" fill-opacity=\"0\"/></a>\n",
            escape(&link.address).replace('"', "&quot;"),
        ));
    }
    page.0.push_str("</svg>\n");
    page.0
}

const FONTS: &str = "ui-monospace,'JetBrains Mono','DejaVu Sans Mono',Menlo,Consolas,\
    monospace";

/// The size of normal text.
const FONT_SIZE: f32 = 16.0;

/// The baseline of normal text, from the top of its cell.
const BASELINE: f32 = 15.0;

/// The document so far.
struct SvgWriter(String);

impl Canvas for SvgWriter {
    /// Edges are not smoothed, so neighbours meet without a seam.
    fn rect(&mut self, area: Area, color: Rgb, opacity: f32) {
        let Area { x, y, width, height } = area;
        self.push(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{color}\" \
             shape-rendering=\"crispEdges\""
        ));
        if opacity < 1.0 {
            self.push(format_args!(" fill-opacity=\"{opacity}\""));
        }
        self.0.push_str("/>\n");
    }

    fn curve(&mut self, (left, top): (f32, f32), curve: Curve, color: Rgb, opacity: f32) {
        let path = match curve {
            Curve::Line((x1, y1), (x2, y2)) => format!("M{x1} {y1}L{x2} {y2}"),
            Curve::Arc { start, bend, corner, end } => {
                let ((x1, y1), (x2, y2)) = (corner, end);
                format!("M{} {}V{}Q{x1} {y1} {x2} {y2}", start.0, start.1, bend.1)
            }
        };
        self.push(format_args!(
            "<path transform=\"translate({left} {top})\" d=\"{path}\" fill=\"none\" \
             stroke=\"{color}\" stroke-width=\"2\""
        ));
        if opacity < 1.0 {
            self.push(format_args!(" stroke-opacity=\"{opacity}\""));
        }
        self.0.push_str("/>\n");
    }

    fn text(&mut self, run: &TextRun) {
        let (left, width) = (run.area.x, run.area.width);
        let y = run.area.y + BASELINE * run.scale;
        if run.fit == TextFit::Centred {
            let middle = left + width / 2.0;
            self.push(format_args!("<text x=\"{middle}\" y=\"{y}\" text-anchor=\"middle\""));
        } else {
            self.push(format_args!("<text x=\"{left}\" y=\"{y}\" textLength=\"{width}\""));
        }
        if run.fit == TextFit::Shaped {
            // Blanks between its letters would separate them.
            self.0.push_str(" lengthAdjust=\"spacingAndGlyphs\"");
        }
        self.push(format_args!(" fill=\"{}\"", run.style.text));
        if run.scale.to_bits() != 1.0_f32.to_bits() {
            self.push(format_args!(" font-size=\"{}\"", FONT_SIZE * run.scale));
        }
        for (wanted, attribute) in [
            (run.style.bold, " font-weight=\"bold\""),
            (run.style.italic, " font-style=\"italic\""),
        ] {
            self.0.push_str(if wanted { attribute } else { "" });
        }
        if run.opacity < 1.0 {
            self.push(format_args!(" fill-opacity=\"{}\"", run.opacity));
        }
        if run.text.contains(' ') {
            self.0.push_str(" xml:space=\"preserve\"");
        }
        self.push(format_args!(">{}</text>\n", escape(&run.text)));
    }

    fn picture(&mut self, picture: CroppedPicture<'_>) {
        let Area { x, y, width, height } = picture.visible;
        let bytes = embedded(picture.content);
        let media_type = media_type(&bytes);
        // Drawings keep their proportions; those of other pictures are as good as cells allow.
        let stretches = match picture.content {
            DocumentPicture::File(_) => "preserveAspectRatio=\"none\" ",
            DocumentPicture::Vector(_) => "",
        };
        self.push(format_args!(
            "<svg x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"><image y=\"-{}\" \
             width=\"{}\" height=\"{}\" {stretches}\
             href=\"data:{};base64,{}\"/></svg>\n",
            y - picture.whole.y,
            picture.whole.width,
            picture.whole.height,
            media_type,
            STANDARD.encode(&bytes),
        ));
    }
}

impl SvgWriter {
    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        self.0.write_fmt(text).expect("a string takes whatever is written");
    }
}

/// Returns the bytes of the file that shows a picture: drawings as SVG, without text.
pub(super) fn embedded(picture: &DocumentPicture) -> Cow<'_, [u8]> {
    match picture {
        DocumentPicture::File(bytes) => Cow::Borrowed(bytes),
        DocumentPicture::Vector(vector) => Cow::Owned(vector.svg().into_bytes()),
    }
}

/// What kind of picture the bytes are, by how they begin.
pub(super) fn media_type(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xd8, ..] => "image/jpeg",
        [b'G', b'I', b'F', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', ..] => "image/webp",
        [b'<', ..] => "image/svg+xml",
        _ => "image/png",
    }
}

/// Text as XML has it; what XML cannot hold becomes the replacement character.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
