//! Layout: turns a slide, a step and a size into a [`Scene`] of items at absolute positions. The
//! only module that interprets the terminal's size, wraps text or positions anything.
//!
//! The files form no cycle but one: `blocks` lays out lists, quotes, columns and cells, which can
//! contain blocks themselves (a cell by displaying markdown).

mod block_font;
mod blocks;
mod cell;
mod chart;
mod cjk;
mod code;
mod columns;
mod context;
mod drawing;
mod drawing_size;
mod drawn_block;
mod flow;
mod footer;
mod formula_problem;
mod frame;
mod inline;
mod inputs;
mod intro;
mod key_hints;
mod limits;
mod line_formula;
mod links;
mod list;
mod overflow;
mod pane;
mod parts;
mod picture;
mod picture_text;
mod placement;
mod problem;
mod qr_code;
mod quote;
mod role;
mod row_bound;
mod scene;
mod slide;
mod table;
mod text;
mod text_row;
mod viewport;
mod wrap;

pub use block_font::bitmap;
pub use code::visible_code;
pub use drawing::{
    Drawing, DrawingColors, DrawingLook, drawing, line_drawing, place_in_code, place_in_formula,
};
pub use inputs::{
    FooterText, Highlighting, HorizontalAlign, Inputs, LargeText, PictureContent, PictureKey,
    PictureProblem, PictureSizes, PixelSize, Size, SlideArea, VerticalAlign,
};
pub use key_hints::KeyHints;
pub use line_formula::FORMULA_ROW_UNITS;
pub use overflow::overflow;
pub use pane::{PaneScene, PaneView, pane};
pub use parts::ScenePart;
pub use qr_code::{QR_STYLE, qr_rows};
pub use role::Role;
pub use row_bound::surely_fits;
pub use scene::{Item, MarkPlace, PlacedItem, Scene};
pub use slide::layout;
pub use text_row::{LinePicture, TextFormat, TextRow, TextSpan};

#[cfg(test)]
mod tests;
