//! The deck as a tree of plain values: what the author wrote, parsed, with spans and reveal steps,
//! before any theme, size or run is known.
//!
//! `block` has what stands on a slide, `inline` the styled text inside blocks, `cell` the code
//! that can run, `step` the order in which a slide reveals its parts.

mod block;
mod cell;
mod inline;
mod rust_build;
mod speaker_view;
mod step;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::source::{Sources, Span};

pub use block::{
    AlertKind, Align, Block, BlockKind, CodeBlock, Columns, LineGroup, List, ListItem, Marker,
    Picture, RenderSpec, Table, TableRow,
};
pub use cell::{
    Cell, CellId, Check, ExecSpec, Fingerprint, Module, OutputMode, OutputPlace, Pty, Start,
};
pub use inline::{Inline, SpanColors, TextStyle, Variable, inline_text};
pub use rust_build::{Crate, CrateOrigin, Profile, RustBuild};
pub use step::{Cursor, SlideNo, Step};

/// A parsed deck.
#[derive(Clone, Debug, Default)]
pub struct Deck {
    /// What the front matter says about the talk.
    pub meta: Meta,
    /// Which theme the front matter chooses.
    pub theme: ThemeChoice,
    /// The parser's and runner's settings from the front matter.
    pub options: Options,
    /// The slides in order; never empty.
    pub slides: Vec<Slide>,
    /// Every executable block; a [`CellId`] is an index into it.
    pub cells: Vec<Arc<Cell>>,
    /// All mistakes found, in source order. Blocks refer to them by index.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that spans point into: the deck, its includes, its code files.
    pub sources: Sources,
    /// Every file read or looked for, to watch for changes (pictures are in the tree).
    pub files: Vec<PathBuf>,
}

impl Deck {
    /// The slide at `number`, or the last one when the deck has become shorter.
    ///
    /// # Panics
    /// When the deck has no slide, which the parser never makes.
    pub fn slide(&self, number: SlideNo) -> &Slide {
        self.slides
            .get(number.index())
            .or_else(|| self.slides.last())
            .expect("the parser makes at least one slide")
    }

    /// The number of the last slide.
    pub fn last_slide(&self) -> SlideNo {
        SlideNo::new(self.slides.len().saturating_sub(1))
    }

    /// The executable block behind an id of this deck.
    pub fn cell(&self, id: CellId) -> Option<&Arc<Cell>> {
        self.cells.get(id.0 as usize)
    }

    /// The code block that a cell is the executable side of.
    pub fn block_of(&self, cell: &Cell) -> Option<&CodeBlock> {
        block::code_of(&self.slide(cell.slide).blocks, cell.id)
    }

    /// The blocks of a cell's session up to the cell itself, in the deck's order: each goes on from
    /// the state that the one before it left. None for a cell without a session.
    pub fn session_up_to(&self, id: CellId) -> Vec<&Arc<Cell>> {
        let Some((cell, session)) = self.cell(id).and_then(|cell| {
            let session = cell.exec.session.as_deref()?;
            Some((cell, session))
        }) else {
            return Vec::new();
        };
        // What only a check runs looks at the state and leaves none.
        let goes_on = |other: &&Arc<Cell>| {
            other.exec.session.as_deref() == Some(session) && other.exec.start != Start::OnCheck
        };
        let before = self.cells[..cell.id.0 as usize].iter().filter(goes_on);
        before.chain([cell]).collect()
    }

    /// The lanes of a cell's race, in the deck's order: all blocks of its name, or, where it has none,
    /// those of its slide that have none. None for a cell without a race.
    pub fn contenders(&self, id: CellId) -> impl Iterator<Item = &Arc<Cell>> {
        let own = self.cell(id).and_then(|cell| Some((cell.slide, cell.exec.bench.as_deref()?)));
        self.cells.iter().filter(move |cell| {
            own.is_some_and(|(slide, race)| {
                let is_near = !race.is_empty() || cell.slide == slide;
                is_near && cell.exec.bench.as_deref() == Some(race)
            })
        })
    }

    /// The executable blocks of one slide, in order.
    pub fn cells_of(&self, slide: SlideNo) -> impl Iterator<Item = &Arc<Cell>> {
        let first = self.cells.partition_point(|cell| cell.slide < slide);
        self.cells[first..].iter().take_while(move |cell| cell.slide == slide)
    }
}

/// Title, author and the like. Strings are as written; `title` and `sub_title` hold inline
/// markdown, one entry a line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meta {
    /// Lines of the talk's title.
    pub title: Option<Vec<Vec<Inline>>>,
    /// Lines of the sub title.
    pub sub_title: Option<Vec<Vec<Inline>>>,
    /// The title as written, for footers.
    pub title_source: Option<String>,
    /// The sub title as written, for footers.
    pub sub_title_source: Option<String>,
    /// Where the talk is given: the conference.
    pub event: Option<String>,
    /// Where the talk is given: the town.
    pub location: Option<String>,
    /// When it is given.
    pub date: Option<String>,
    /// The single author, which footers can show.
    pub author: Option<String>,
    /// Several authors.
    pub authors: Vec<String>,
}

/// The front matter's `theme` key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ThemeChoice {
    /// A built-in or user theme.
    pub name: Option<(String, Span)>,
    /// A theme for light backgrounds, where none of the two others is given.
    pub light: Option<(String, Span)>,
    /// A theme for dark ones.
    pub dark: Option<(String, Span)>,
    /// A theme file, relative to the deck.
    pub path: Option<(String, Span)>,
    /// The YAML text under `override`, cut out and dedented, with the span it stands at.
    pub overrides: Option<(String, Span)>,
}

/// The front matter's `options` key.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "presenterm's own switches, each on its own")]
pub struct Options {
    /// A slide title ends the slide before it.
    pub implicit_slide_ends: bool,
    /// A thematic break ends a slide.
    pub end_slide_shorthand: bool,
    /// The first `#` heading of a slide is its title.
    pub h1_slide_titles: bool,
    /// Every list is revealed item by item.
    pub incremental_lists: bool,
    /// Every table is revealed row by row.
    pub incremental_tables: bool,
    /// Rows from one list item to the next, at least 1.
    pub list_item_newlines: u8,
    /// What a comment starts with to be a command; empty: any comment may be one.
    pub command_prefix: String,
    /// What an image attribute starts with.
    pub image_attributes_prefix: String,
    /// Whether unknown keys of the front matter are mistakes.
    pub strict_front_matter: bool,
    /// Languages whose blocks are drawn, not shown.
    pub auto_render_languages: Vec<String>,
    /// Modules that Python is to import before a block asks for them.
    pub python_preload: Vec<String>,
    /// Whether all Python blocks share one session.
    pub python_session: bool,
    /// What lines that run and are not shown start with, by language, where the user has an
    /// executor of their own for it: none where it hides nothing.
    pub hidden_prefixes: BTreeMap<String, Option<String>>,
    /// When what was recorded is shown in the place of what runs.
    pub replay: Replay,
    /// Which Python runs the deck's Python blocks.
    pub python_interpreter: Option<String>,
    /// What blocks of Rust are built with, beside what they say themselves.
    pub rust: RustBuild,
    /// The pauses around lists that grow.
    pub list_pauses: Pauses,
    /// The pauses around tables that grow.
    pub table_pauses: Pauses,
}

/// When what was recorded of a block is shown by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replay {
    /// Never: a key shows it.
    #[default]
    Never,
    /// When it fails.
    OnFailure,
    /// When it reaches its time limit.
    OnTimeout,
    /// In place of running it: nothing runs.
    Always,
}

/// The pauses around something that grows step by step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pauses {
    /// Whether its first part waits for a step of its own.
    pub before: bool,
    /// Whether what follows does.
    pub after: bool,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { before: true, after: true }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            implicit_slide_ends: false,
            end_slide_shorthand: false,
            h1_slide_titles: false,
            incremental_lists: false,
            incremental_tables: false,
            list_item_newlines: 1,
            command_prefix: String::new(),
            image_attributes_prefix: "image:".to_owned(),
            strict_front_matter: true,
            auto_render_languages: Vec::new(),
            python_preload: Vec::new(),
            python_session: false,
            hidden_prefixes: BTreeMap::new(),
            replay: Replay::default(),
            python_interpreter: None,
            rust: RustBuild::default(),
            list_pauses: Pauses::default(),
            table_pauses: Pauses::default(),
        }
    }
}

/// What kind of page a slide is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SlideKind {
    /// Made from the front matter; its text is the deck's [`Meta`], its blocks are empty.
    Intro,
    /// Written by the author.
    #[default]
    Normal,
}

/// What the speaker wants to remember.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// In one or more lines.
    pub text: Box<str>,
    /// From which step on it matters.
    pub step: Step,
}

/// One slide.
#[derive(Clone, Debug, Default)]
pub struct Slide {
    /// Intro or normal.
    pub kind: SlideKind,
    /// The first title's text, for the index.
    pub title: Option<Box<str>>,
    /// What stands on it, from top to bottom.
    pub blocks: Vec<Block>,
    /// How many steps it takes to reveal all of it; at least 1.
    pub steps: u16,
    /// Whether the `no_footer` command was given.
    pub no_footer: bool,
    /// The steps that begin behind a pause, in order. (Lines that light up are steps, too, but no
    /// pauses.)
    pub pauses: Vec<Step>,
    /// The speaker's notes, in order.
    pub notes: Vec<Note>,
    /// From its first to its last byte.
    pub span: Span,
}
