//! What is behind the text of a page, and lines and drawn characters, as one SVG picture.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;

use crate::export::canvas::{self, Area, Canvas, CroppedPicture, TextRun};
use crate::export::palette::{Rgb, TerminalColors};
use crate::export::shapes::Curve;

/// Returns the picture, with a name for its content. Its groups `b` and `f` are the backgrounds and the lines.
pub(super) fn backdrop(name: &str, buffer: &Buffer, colors: &TerminalColors) -> String {
    let (width, height) = canvas::page_size(buffer);
    let (mut behind, mut lines) = (Paths::default(), Paths::default());
    canvas::draw_without_text(buffer, colors, &mut behind, &mut lines);
    format!(
        "<svg aria-hidden=\"true\" viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"none\" \
         shape-rendering=\"crispEdges\"><g id=\"{name}\"><g class=\"b\">{}</g><g class=\"f\">{}</g></g></svg>\n",
        behind.finish(),
        lines.finish()
    )
}

/// Shapes as paths, one for each run of shapes that look the same.
#[derive(Default)]
struct Paths {
    out: String,
    open: Option<(Rgb, f32, PathKind)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PathKind {
    Area,
    Line,
}

impl Paths {
    fn open(&mut self, color: Rgb, opacity: f32, kind: PathKind) {
        let is_same = |(other, its, its_kind): (Rgb, f32, PathKind)| {
            other == color && its.to_bits() == opacity.to_bits() && its_kind == kind
        };
        if self.open.is_some_and(is_same) {
            return;
        }
        self.close();
        self.open = Some((color, opacity, kind));
        let _ = match kind {
            PathKind::Area => write!(self.out, "<path fill=\"{color}\""),
            PathKind::Line => write!(
                self.out,
                "<path class=\"l\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" \
                 shape-rendering=\"auto\""
            ),
        };
        if opacity < 1.0 {
            let _ = write!(self.out, " opacity=\"{opacity}\"");
        }
        self.out.push_str(" d=\"");
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            self.out.push_str("\"/>");
        }
    }

    fn finish(mut self) -> String {
        self.close();
        self.out
    }
}

impl Canvas for Paths {
    fn rect(&mut self, area: Area, color: Rgb, opacity: f32) {
        self.open(color, opacity, PathKind::Area);
        let Area { x, y, width, height } = area;
        let _ = write!(self.out, "M{x} {y}h{width}v{height}h-{width}z");
    }

    fn curve(&mut self, (left, top): (f32, f32), curve: Curve, color: Rgb, opacity: f32) {
        self.open(color, opacity, PathKind::Line);
        let at = |(x, y): (f32, f32)| format!("{} {}", left + x, top + y);
        let _ = match curve {
            Curve::Line(from, to) => write!(self.out, "M{}L{}", at(from), at(to)),
            Curve::Arc { start, bend, corner, end } => {
                write!(self.out, "M{}L{}Q{} {}", at(start), at(bend), at(corner), at(end))
            }
        };
    }

    fn text(&mut self, _: &TextRun) {}

    fn picture(&mut self, _: CroppedPicture<'_>) {}
}
