//! Layout: a slide, a step and a size in; a [`Scene`] of absolute, inert items out. The only place
//! that interprets the terminal's size, wraps text or decides where something stands.

mod cell;
mod cjk;
mod code;
mod columns;
mod context;
mod diagram_placeholder;
mod flow;
mod footer;
mod inline;
mod intro;
mod key_hints;
mod limits;
mod list;
mod overflow;
mod pane;
mod picture;
mod placement;
mod problem;
mod quote;
mod scene;
mod table;
mod text;
mod wrap;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use self::context::LayoutContext;
use self::flow::Flow;

use crate::deck::{CellId, Cursor, Deck, Inline, SlideKind};
use crate::highlight::Highlighter;
use crate::run::Runs;
use crate::theme::Theme;

pub use code::visible_code;
pub use key_hints::KeyHints;
pub use overflow::overflow;
pub use pane::{PaneScene, PaneView, pane};
pub use scene::{Item, PlacedItem, RAISED, Scene, Size};

/// The row on which a slide's blocks begin.
const FIRST_ROW: u32 = 1;

/// Everything a scene depends on.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The deck.
    pub deck: &'a Deck,
    /// Which slide, how far revealed.
    pub at: Cursor,
    /// The terminal's size.
    pub size: Size,
    /// What everything looks like.
    pub theme: &'a Theme,
    /// Code in colour.
    pub highlighter: &'a Highlighter,
    /// Whether code that was not coloured yet is coloured now, which takes its time; else it stays
    /// plain.
    pub colours: Highlighting,
    /// What cells have written.
    pub runs: &'a Runs,
    /// How large pictures are.
    pub measures: &'a PictureSizes,
    /// The footer's texts.
    pub footer: &'a FooterText,
    /// The cell that keys go to, drawn with a mark.
    pub focus: Option<CellId>,
    /// Whether a line shows where each column starts.
    pub grid: bool,
    /// How much of the terminal slides use.
    pub limits: SlideArea,
    /// What the keys are called.
    pub hints: &'a KeyHints,
}

/// The part of a large terminal that slides use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlideArea {
    /// The most columns.
    pub columns: u16,
    /// Where narrower slides stand.
    pub across: HorizontalAlign,
    /// The most rows.
    pub rows: u16,
    /// Where lower slides stand.
    pub down: VerticalAlign,
}

/// A place from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HorizontalAlign {
    /// At the left.
    Left,
    /// In the middle.
    Center,
    /// At the right.
    Right,
}

/// A place from top to bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerticalAlign {
    /// At the top.
    Top,
    /// In the middle.
    Center,
    /// At the bottom.
    Bottom,
}

impl SlideArea {
    /// The part of a screen that slides use.
    fn area(self, columns: u16, rows: u16) -> Rect {
        let (width, height) = (self.columns.max(1).min(columns), self.rows.max(1).min(rows));
        let (beside, above) = (columns - width, rows - height);
        let x = match self.across {
            HorizontalAlign::Left => 0,
            HorizontalAlign::Center => beside / 2,
            HorizontalAlign::Right => beside,
        };
        let y = match self.down {
            VerticalAlign::Top => 0,
            VerticalAlign::Center => above / 2,
            VerticalAlign::Bottom => above,
        };
        Rect::new(x, y, width, height)
    }
}

impl Default for SlideArea {
    fn default() -> Self {
        Self {
            columns: u16::MAX,
            across: HorizontalAlign::Center,
            rows: u16::MAX,
            down: VerticalAlign::Center,
        }
    }
}

/// Which code is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Highlighting {
    /// All of it, however long that takes.
    #[default]
    Full,
    /// What the highlighter knows already.
    Cached,
}

/// Sizes of pictures in pixels, by path as found; why, where one cannot be shown.
#[derive(Clone, Debug, Default)]
pub struct PictureSizes {
    /// By the picture's path as the deck writes it, and the directory it is relative to.
    pub pictures: BTreeMap<PictureKey, Result<PixelSize, PictureProblem>>,
}

/// Why a picture cannot be shown, and what to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureProblem {
    /// What is wrong, with the picture's name.
    pub why: String,
    /// What to try, if there is something.
    pub hint: Option<String>,
}

/// What identifies a picture before it is found: the deck's words for it and where they stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PictureKey {
    /// The directory of the file that names it.
    pub base: PathBuf,
    /// The path as written.
    pub source: Box<str>,
}

impl PictureKey {
    /// The picture in this very file.
    pub fn of_file(file: &Path) -> Self {
        let base = file.parent().unwrap_or(Path::new("")).to_owned();
        Self { base, source: file.file_name().unwrap_or_default().to_string_lossy().into() }
    }
}

/// A picture's size in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelSize {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// The footer's three texts with the talk's own variables filled in, or the pictures in their place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FooterText {
    /// The pictures at the left, in the middle and at the right.
    pub pictures: [Option<PictureKey>; 3],
    /// At the left.
    pub left: Vec<Inline>,
    /// In the middle.
    pub center: Vec<Inline>,
    /// At the right.
    pub right: Vec<Inline>,
}

/// Lays out one step of one slide.
pub fn layout(inputs: &Inputs<'_>) -> Scene {
    let Size { columns, rows, .. } = inputs.size;
    let area = inputs.limits.area(columns, rows);
    if (area.width, area.height) == (columns, rows) {
        return whole(inputs);
    }
    let size = Size { columns: area.width, rows: area.height, ..inputs.size };
    whole(&Inputs { size, ..*inputs }).within(area, inputs.size)
}

/// Lays out a slide that uses all of its size.
fn whole(inputs: &Inputs<'_>) -> Scene {
    let Size { columns, rows, .. } = inputs.size;
    let footer_rows = footer::height(inputs);
    let viewport = Rect::new(0, 0, columns, rows - footer_rows);
    let context = LayoutContext { inputs, rows: viewport.height.into() };

    let (margin, flow) = body(&context);
    let mut body = Flow::new(&context, columns);
    let height = flow.height();
    let output_columns = code::columns(&flow);
    body.adopt(flow, margin, 0);

    Scene {
        size: inputs.size,
        background: inputs.theme.base,
        viewport,
        height,
        columns: output_columns,
        revealed: body.revealed,
        mark_row: mark_row(footer_rows, rows),
        mark: inputs.theme.base.add_modifier(Modifier::DIM),
        body: body.items,
        frame: footer::lay_out(&context, footer_rows),
    }
}

/// The slide's blocks, and the column they start at.
fn body<'a>(context: &'a LayoutContext<'a>) -> (u16, Flow<'a>) {
    let (margin, width) =
        placement::inside_margins(context.theme().margin, context.inputs.size.columns);
    let mut flow = Flow::new(context, width);
    match context.slide().kind {
        SlideKind::Intro => intro::lay_out(&mut flow),
        SlideKind::Normal => {
            flow.close(FIRST_ROW, 0);
            flow.blocks(&context.slide().blocks);
        }
    }
    (margin, flow)
}

/// The empty row between body and footer; without one, the body's last.
fn mark_row(footer_rows: u16, rows: u16) -> u16 {
    let below_body = rows - footer_rows;
    if footer_rows >= 3 { below_body } else { below_body.saturating_sub(1) }
}

#[cfg(test)]
mod tests;
