//! The inputs of a layout.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ratatui::layout::Rect;

use super::drawing::Drawing;
use super::key_hints::KeyHints;
use crate::deck::{CellId, Cursor, Deck, DrawingLanguage, Fingerprint, Inline, Picture};
use crate::highlight::Highlighter;
use crate::run::Runs;
use crate::theme::Theme;

/// All inputs of a layout.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The deck.
    pub deck: &'a Deck,
    /// The slide and the step.
    pub at: Cursor,
    /// The terminal's size.
    pub size: Size,
    /// The theme.
    pub theme: &'a Theme,
    /// The syntax highlighter.
    pub highlighter: &'a Highlighter,
    /// Whether to highlight code that is not cached, which takes time.
    pub colours: Highlighting,
    /// The runs of the deck's cells.
    pub runs: &'a Runs,
    /// The sizes of pictures.
    pub measures: &'a PictureSizes,
    /// The footer's texts.
    pub footer: &'a FooterText,
    /// The focused cell, which is marked.
    pub focus: Option<CellId>,
    /// The cell whose code is being edited, and its number of lines: space for the editor is reserved in
    /// place of its code.
    pub edited: Option<(CellId, usize)>,
    /// The typed blocks of which a part is shown, and how many bytes.
    pub typed: &'a BTreeMap<Fingerprint, usize>,
    /// Whether to draw a line at the start of each column.
    pub grid: bool,
    /// The part of the terminal that slides use.
    pub limits: SlideArea,
    /// The keys mentioned in status lines.
    pub hints: &'a KeyHints,
}

/// The size and capabilities of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
    /// Width and height of a cell in pixels; 10 by 20 if unknown.
    pub cell: (u16, u16),
    /// How text larger than a cell is drawn.
    pub large_text: LargeText,
    /// Whether there are enough colours for gradients.
    pub has_gradients: bool,
    /// Whether pictures are drawn with characters.
    pub is_coarse: bool,
}

/// How text larger than a cell is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LargeText {
    /// Not at all: all text has the size of a cell.
    #[default]
    Off,
    /// By the terminal (kitty's text sizing protocol), in every size.
    Protocol,
    /// From block characters: titles only, four or eight times as large as a cell.
    Blocks,
}

impl Size {
    /// Creates a size with cells of 10 by 20 pixels, without large text.
    pub fn new(columns: u16, rows: u16) -> Self {
        Self {
            columns,
            rows,
            cell: (10, 20),
            large_text: LargeText::Off,
            has_gradients: true,
            is_coarse: false,
        }
    }
}

/// The part of a large terminal that slides use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlideArea {
    /// Maximum columns.
    pub columns: u16,
    /// Horizontal position of narrower slides.
    pub across: HorizontalAlign,
    /// Maximum rows.
    pub rows: u16,
    /// Vertical position of lower slides.
    pub down: VerticalAlign,
}

/// A horizontal position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HorizontalAlign {
    /// At the left.
    Left,
    /// In the middle.
    Center,
    /// At the right.
    Right,
}

/// A vertical position.
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
    /// Returns the area of a screen that slides use.
    pub(super) fn area(self, columns: u16, rows: u16) -> Rect {
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

/// Which code is highlighted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Highlighting {
    /// All code, however long that takes.
    #[default]
    Full,
    /// Only code that is cached; other code stays plain.
    Cached,
}

/// The sizes of pictures in pixels, or why they cannot be shown.
#[derive(Clone, Debug, Default)]
pub struct PictureSizes {
    /// The sizes by picture.
    pub pictures: BTreeMap<PictureKey, Result<PixelSize, PictureProblem>>,
    /// The rows of formulas in lines that are above the row of the text.
    pub rows_above: BTreeMap<PictureKey, u16>,
    /// The picture that was last shown in the place of one that is not, or not yet, drawn.
    pub last_good: BTreeMap<PictureKey, PictureKey>,
    /// What fills the space of pictures.
    pub content: PictureContent,
}

/// What fills the space of pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureContent {
    /// The pictures.
    #[default]
    Pixels,
    /// Text: the alternative text of pictures, and the source of drawings.
    Text,
    /// Nothing. Drawings are not made and take the space of a picture of the usual size.
    Blank,
}

/// Why a picture cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureProblem {
    /// What is wrong, including the picture's name.
    pub why: String,
    /// A hint, if there is one.
    pub hint: Option<String>,
    /// Line and column in the text of a drawing, from 1.
    pub at: Option<(usize, usize)>,
}

/// Identifies a picture: a file by its source text, before it is found, or a drawing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PictureKey {
    /// A file.
    File {
        /// The directory of the file that names it.
        base: PathBuf,
        /// The path as written.
        source: Box<str>,
    },
    /// A drawn block.
    Drawing(Arc<Drawing>),
}

impl PictureKey {
    /// Returns the key of a picture that a deck names.
    pub fn of(picture: &Picture) -> Self {
        Self::File { base: picture.base.clone(), source: picture.source.clone() }
    }

    /// Returns the key of a file.
    pub fn of_file(file: &Path) -> Self {
        let base = file.parent().unwrap_or(Path::new("")).to_owned();
        Self::File { base, source: file.file_name().unwrap_or_default().to_string_lossy().into() }
    }

    /// Returns its path as written, or the language of a drawing.
    pub fn name(&self) -> &str {
        match self {
            Self::File { source, .. } => source,
            Self::Drawing(drawing) => drawing.language.name(),
        }
    }

    /// Returns its description where it has no alternative text: its name, or the source of a formula.
    pub fn description(&self) -> &str {
        match self {
            Self::Drawing(drawing) if drawing.language == DrawingLanguage::Latex => {
                drawing.text.trim()
            }
            _ => self.name(),
        }
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

/// The footer's three texts with variables filled in, or pictures in their place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FooterText {
    /// The pictures on the left, in the middle and on the right.
    pub pictures: [Option<PictureKey>; 3],
    /// The text on the left.
    pub left: Vec<Inline>,
    /// The text in the middle.
    pub center: Vec<Inline>,
    /// The text on the right.
    pub right: Vec<Inline>,
}
