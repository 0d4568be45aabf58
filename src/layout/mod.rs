//! Layout: a slide, a step and a size in; a [`Scene`] of absolute, inert items out. The only place
//! that interprets the terminal's size, wraps text or decides where something stands.

mod scene;

use std::collections::BTreeMap;

use crate::deck::{CellId, Cursor, Deck, Inline};
use crate::highlight::Highlighter;
use crate::run::Runs;
use crate::theme::Theme;

pub use scene::{Item, Placed, Scene, Size};

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
    /// What cells have written.
    pub runs: &'a Runs,
    /// How large pictures are.
    pub measures: &'a Measures,
    /// The footer's texts.
    pub footer: &'a FooterText,
    /// The cell that keys go to, drawn with a mark.
    pub focus: Option<CellId>,
}

/// Sizes of pictures in pixels, by path as found; none where the file cannot be shown, and why.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    /// By the picture's path as the deck writes it, and the directory it is relative to.
    pub pictures: BTreeMap<PictureKey, Result<PixelSize, String>>,
}

/// What identifies a picture before it is found: the deck's words for it and where they stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PictureKey {
    /// The directory of the file that names it.
    pub base: std::path::PathBuf,
    /// The path as written.
    pub source: Box<str>,
}

/// A picture's size in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelSize {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// The footer's three texts with the talk's own variables filled in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FooterText {
    /// At the left.
    pub left: Vec<Inline>,
    /// In the middle.
    pub center: Vec<Inline>,
    /// At the right.
    pub right: Vec<Inline>,
}

/// Lays out one step of one slide.
pub fn layout(inputs: &Inputs<'_>) -> Scene {
    Scene::blank(inputs.size, inputs.theme.base)
}
