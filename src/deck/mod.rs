//! The deck as a tree of plain values: the parsed source, with spans and reveal steps, independent
//! of theme, size and runs.
//!
//! `block` has the blocks of a slide, `inline` the styled text inside blocks, `cell` the code that
//! can run, `step` the order in which a slide is revealed, `python_imports` the imports of Python code.

mod block;
mod cell;
mod chart;
mod inline;
mod jupyter;
mod python_imports;
mod remote;
mod rust_build;
mod speaker_view;
mod step;
mod variant;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::diag::Diagnostic;
use crate::source::{Sources, Span};

pub use block::{
    AlertKind, Align, Block, BlockKind, CodeBlock, Columns, DrawingLanguage, LineGroup, List,
    ListItem, Marker, Picture, RenderSpec, SizePercent, Table, TableRow, TypedText,
};
pub use cell::{
    Cell, CellId, Check, ExecSpec, Fingerprint, KERNEL, Module, OutputMode, OutputPlace, Pty, Start,
};
pub use chart::{
    Chart, ChartKind, ChartMistake, ChartSeries, ChartSource, ChartTable, MAX_CHART_SERIES,
};
pub use inline::{FooterCounter, Inline, LineFormula, SpanColors, TextStyle, inline_text};
pub use jupyter::{
    JupyterOptions, JupyterServer, ServerUrl, TokenSource, is_server_url, is_variable_name,
};
pub use python_imports::{PythonImport, python_imports};
pub use remote::{RemoteHost, RemoteOptions, is_host_name, is_inside_path, is_plain_program};
pub use rust_build::{Crate, CrateOrigin, ModuleAbi, Profile, RustBuild};
pub use step::{Cursor, SlideNo, Step};
pub use variant::DeckVariant;

/// A parsed deck.
#[derive(Clone, Debug, Default)]
pub struct Deck {
    /// The talk's metadata from the front matter.
    pub meta: Meta,
    /// The theme chosen in the front matter.
    pub theme: ThemeChoice,
    /// The settings from the front matter.
    pub options: Options,
    /// The front matter that these are from.
    pub front_matter: FrontMatter,
    /// The slides in order; never empty.
    pub slides: Vec<Slide>,
    /// The tags of all slides, shown or not.
    pub tags: BTreeSet<String>,
    /// Every executable block; a [`CellId`] is an index into it.
    pub cells: Vec<Arc<Cell>>,
    /// All diagnostics, in source order. Blocks refer to them by index.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that spans point into: the deck, its includes, its code files.
    pub sources: Sources,
    /// Every file read or tried, to watch for changes (pictures are in the tree).
    pub files: Vec<PathBuf>,
}

/// The front matter that a deck was read with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrontMatter {
    /// Its text, with its fences. If the deck's own is broken, the last good one.
    pub text: Option<Arc<str>>,
    /// Whether the deck's own is broken.
    pub is_broken: bool,
}

impl Deck {
    /// Returns the slide at `number`, or the last one when the deck has become shorter.
    ///
    /// # Panics
    /// If the deck has no slide, which the parser never produces.
    pub fn slide(&self, number: SlideNo) -> &Slide {
        self.slides
            .get(number.index())
            .or_else(|| self.slides.last())
            .expect("the parser makes at least one slide")
    }

    /// Returns the number of the last slide.
    pub fn last_slide(&self) -> SlideNo {
        SlideNo::new(self.slides.len().saturating_sub(1))
    }

    /// Returns the cell with this id.
    pub fn cell(&self, id: CellId) -> Option<&Arc<Cell>> {
        self.cells.get(id.0 as usize)
    }

    /// Returns the code block of a cell.
    pub fn block_of(&self, cell: &Cell) -> Option<&CodeBlock> {
        block::code_of(&self.slide(cell.slide).blocks, cell.id)
    }

    /// Returns whether a cell of the slide is visible at `step`.
    pub fn shows(&self, cell: &Cell, step: Step) -> bool {
        let is_replaced = || self.block_of(cell).is_some_and(|block| block.is_replaced(step));
        cell.step <= step && !is_replaced()
    }

    /// Returns the cells of a cell's session up to the cell itself, in deck order: each continues
    /// from the state that the one before it left. Empty for a cell without a session.
    pub fn session_up_to(&self, id: CellId) -> Vec<&Arc<Cell>> {
        let Some((cell, session)) = self.cell(id).and_then(|cell| {
            let session = cell.exec.session.as_deref()?;
            Some((cell, session))
        }) else {
            return Vec::new();
        };
        // A cell that only a check runs uses the session but does not change it.
        let goes_on = |other: &&Arc<Cell>| {
            other.exec.session.as_deref() == Some(session) && other.exec.start != Start::OnCheck
        };
        let before = self.cells[..cell.id.0 as usize].iter().filter(goes_on);
        before.chain([cell]).collect()
    }

    /// Returns the cells that share a cell's state: those of its session or kernel, itself included.
    pub fn cells_sharing_state(&self, id: CellId) -> impl Iterator<Item = &Arc<Cell>> {
        let shares = |own: &Cell, other: &Cell| {
            let (a, b) = (&own.exec, &other.exec);
            let is_same_kernel = a.has_kernel()
                && a.alternative == b.alternative
                && (a.alternative.as_deref() != Some(KERNEL) || own.language == other.language);
            a.remote == b.remote
                && (is_same_kernel || a.session.is_some() && a.session == b.session)
        };
        let own = self.cell(id);
        self.cells.iter().filter(move |other| own.is_some_and(|own| shares(own, other)))
    }

    /// Returns the contenders of a cell's benchmark, in deck order: all cells with its name, or,
    /// without a name, the unnamed ones of its slide. Empty for a cell without a benchmark.
    pub fn contenders(&self, id: CellId) -> impl Iterator<Item = &Arc<Cell>> {
        let own = self.cell(id).and_then(|cell| Some((cell.slide, cell.exec.bench.as_deref()?)));
        self.cells.iter().filter(move |cell| {
            own.is_some_and(|(slide, race)| {
                let is_near = !race.is_empty() || cell.slide == slide;
                is_near && cell.exec.bench.as_deref() == Some(race)
            })
        })
    }

    /// Returns the cells of one slide, in order.
    pub fn cells_of(&self, slide: SlideNo) -> impl Iterator<Item = &Arc<Cell>> {
        let first = self.cells.partition_point(|cell| cell.slide < slide);
        self.cells[first..].iter().take_while(move |cell| cell.slide == slide)
    }
}

/// Title, author and other metadata. Strings are as written; `title` and `sub_title` hold inline
/// markdown, one entry per line.
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
    /// The event, such as the conference.
    pub event: Option<String>,
    /// The place, such as the town.
    pub location: Option<String>,
    /// The date.
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
    /// A theme for light backgrounds, used if neither `name` nor `path` is set.
    pub light: Option<(String, Span)>,
    /// A theme for dark backgrounds.
    pub dark: Option<(String, Span)>,
    /// A theme file, relative to the deck.
    pub path: Option<(String, Span)>,
    /// The dedented YAML text under `override`, with its span.
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
    /// The prefix of comment commands; if empty, any comment may be one.
    pub command_prefix: String,
    /// The prefix of image attributes.
    pub image_attributes_prefix: String,
    /// Whether unknown keys of the front matter are errors.
    pub strict_front_matter: bool,
    /// Whether `$…$` and `$$…$$` are formulas.
    pub math: bool,
    /// Whether there are no transitions and no fading highlights.
    pub reduced_motion: bool,
    /// Languages whose blocks are rendered as pictures.
    pub auto_render_languages: Vec<String>,
    /// Modules that Python preimports in addition to those that blocks import.
    pub python_preload: Vec<String>,
    /// Whether all Python blocks share one session.
    pub python_session: bool,
    /// Whether a program draws mermaid blocks, because this build does not.
    pub has_mermaid_program: bool,
    /// The prefix of hidden lines by language, for languages with a custom executor; `None` if it
    /// hides no lines.
    pub hidden_prefixes: BTreeMap<String, Option<String>>,
    /// The language of the text, as in `en` or `pt-BR`.
    pub language: String,
    /// When recorded output replaces a run.
    pub replay: Replay,
    /// How long the talk is planned to take.
    pub duration: Option<Duration>,
    /// How long each slide is shown before the next one.
    pub auto_advance: Option<Duration>,
    /// The Python interpreter of the deck.
    pub python_interpreter: Option<String>,
    /// The machine that runs the blocks, if it is another one.
    pub remote: RemoteOptions,
    /// Build settings of Rust blocks, which blocks can extend.
    pub rust: RustBuild,
    /// The Jupyter kernels of `+exec:kernel`, by language.
    pub kernels: BTreeMap<String, String>,
    /// The Jupyter server of these kernels, if they do not run here.
    pub jupyter: JupyterOptions,
    /// Which slides are shown: `--only` and `--without`.
    pub variant: DeckVariant,
    /// The pauses around incremental lists.
    pub list_pauses: Pauses,
    /// The pauses around incremental tables.
    pub table_pauses: Pauses,
}

/// When recorded output is shown without a key press.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replay {
    /// Never; a key shows it.
    #[default]
    Never,
    /// When the run fails.
    OnFailure,
    /// When the run reaches its time limit.
    OnTimeout,
    /// Until the block runs.
    UntilRun,
    /// Always, instead of running the block.
    Always,
}

/// The pauses around a list or table that is revealed step by step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pauses {
    /// Whether its first part takes a step of its own.
    pub before: bool,
    /// Whether the content after it takes a step of its own.
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
            math: false,
            has_mermaid_program: false,
            reduced_motion: false,
            auto_render_languages: Vec::new(),
            python_preload: Vec::new(),
            python_session: false,
            hidden_prefixes: BTreeMap::new(),
            language: "en".to_owned(),
            replay: Replay::default(),
            duration: None,
            auto_advance: None,
            python_interpreter: None,
            remote: RemoteOptions::default(),
            rust: RustBuild::default(),
            kernels: BTreeMap::new(),
            jupyter: JupyterOptions::default(),
            variant: DeckVariant::default(),
            list_pauses: Pauses::default(),
            table_pauses: Pauses::default(),
        }
    }
}

/// How a slide was created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SlideKind {
    /// Created from the front matter; its text is the deck's [`Meta`], its blocks are empty.
    Intro,
    /// Written by the author.
    #[default]
    Normal,
}

/// A speaker note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The text, of one or more lines.
    pub text: Box<str>,
    /// The first step to which it applies.
    pub step: Step,
}

/// One slide.
#[derive(Clone, Debug, Default)]
pub struct Slide {
    /// Intro or normal.
    pub kind: SlideKind,
    /// The first title's text, for the index.
    pub title: Option<Box<str>>,
    /// Its blocks, from top to bottom.
    pub blocks: Vec<Block>,
    /// The number of steps that reveal all of it; at least 1.
    pub steps: u16,
    /// How long it is planned to take.
    pub budget: Option<Duration>,
    /// How long it is shown before the next slide.
    pub auto_advance: Option<Duration>,
    /// Whether the `no_footer` command was given.
    pub no_footer: bool,
    /// Whether what is below the title is in the middle of the page; `None` if the theme decides.
    pub is_centered: Option<bool>,
    /// The steps that begin after a pause, in order. (Stepped highlights are steps, but not
    /// pauses.)
    pub pauses: Vec<Step>,
    /// The speaker's notes, in order.
    pub notes: Vec<Note>,
    /// From its first to its last byte.
    pub span: Span,
}
