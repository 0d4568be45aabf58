//! Checks whether the tools that a deck's code needs are installed, and compiles its code ahead.

use std::path::{Path, PathBuf};

use crate::deck::{BlockKind, Cell, DrawingLanguage, RenderSpec};
use crate::exec::{ExecOptions, Executor, ProbeReport, Watchdog};
use crate::project::{self, Execution, LoadedDeck};
use crate::source::Span;

/// The tools on this machine, for one deck or in general.
pub struct DeckProbe {
    executor: Executor,
    deck: Option<LoadedDeck>,
    probe: ProbeReport,
    /// Ends started processes if this program is killed.
    _watchdog: Option<Watchdog>,
}

/// A missing tool that cells of a deck need.
#[derive(Debug)]
pub struct MissingTool<'a> {
    /// What is missing, and how to install it.
    pub message: String,
    /// The cells that need it, in deck order.
    pub cells: Vec<&'a Cell>,
}

/// The drawn blocks of a deck in one language.
#[derive(Clone, Copy, Debug)]
pub struct DrawnKind {
    /// The language.
    pub language: DrawingLanguage,
    /// Their number.
    pub count: usize,
    /// The place of the first.
    pub first: Span,
}

/// Returns the languages of a deck's drawn blocks, in deck order.
pub fn drawn_kinds(loaded: &LoadedDeck) -> Vec<DrawnKind> {
    let mut kinds: Vec<DrawnKind> = Vec::new();
    let blocks = loaded.deck.slides.iter().flat_map(|slide| &slide.blocks);
    blocks.for_each(|block| {
        block.walk(&mut |block| {
            let BlockKind::Code(code) = &block.kind else { return };
            let Some(RenderSpec { language, .. }) = code.render else { return };
            match kinds.iter_mut().find(|kind| kind.language == language) {
                Some(kind) => kind.count += 1,
                None => kinds.push(DrawnKind { language, count: 1, first: block.span }),
            }
        });
    });
    kinds
}

impl DeckProbe {
    /// Probes the installed tools. If the deck's code may not run, the Python and the toolchain that
    /// the deck selects are not started either.
    pub fn new(deck: Option<(&LoadedDeck, &Path)>, execution: &Execution, may_run: bool) -> Self {
        let options = match deck {
            Some((loaded, path)) if may_run => project::options(execution, path, loaded),
            _ => ExecOptions {
                directory: PathBuf::from("/"),
                python: None,
                custom: execution.custom.clone(),
                cache: execution.cache.clone(),
                sandbox: None,
            },
        };
        // Optional: it only matters if this program is killed.
        let watchdog = Watchdog::start().ok().flatten();
        let executor = Executor::new(options, drop);
        let snippets = deck.filter(|_| may_run).map(|(loaded, _)| {
            let cells = loaded.deck.cells.iter();
            cells.map(|cell| project::snippet(&loaded.deck, cell)).collect::<Vec<_>>()
        });
        let probe = executor.probe(&snippets.unwrap_or_default());
        Self { executor, deck: deck.map(|(loaded, _)| loaded.clone()), probe, _watchdog: watchdog }
    }

    /// Returns the result of the probe.
    pub fn probe(&self) -> &ProbeReport {
        &self.probe
    }

    /// Returns the tools that the deck needs but that are missing, each once.
    pub fn missing_tools(&self) -> Vec<MissingTool<'_>> {
        let mut missing: Vec<MissingTool<'_>> = Vec::new();
        for cell in self.cells() {
            let Some(message) = self.missing(cell) else { continue };
            match missing.iter_mut().find(|known| known.message == message) {
                Some(known) => known.cells.push(cell),
                None => missing.push(MissingTool { message, cells: vec![cell] }),
            }
        }
        missing
    }

    /// Returns the cells that can be compiled ahead, in deck order.
    pub fn compiled_cells(&self) -> impl Iterator<Item = &Cell> {
        let is_compiled = |cell: &&Cell| {
            let snippet = self.deck.as_ref().map(|loaded| project::snippet(&loaded.deck, cell));
            snippet.is_some_and(|snippet| self.executor.is_compiled(&snippet))
        };
        self.cells().filter(is_compiled).filter(|cell| self.missing(cell).is_none())
    }

    /// Compiles a cell and its crates, unless they are cached. Call this only for decks whose code the
    /// user trusts.
    ///
    /// # Errors
    /// The compiler's output, with colours, if the cell does not compile.
    pub fn compile(&self, cell: &Cell, progress: &dyn Fn(&str)) -> Result<(), String> {
        let Some(loaded) = &self.deck else { return Ok(()) };
        self.executor.compile(&project::snippet(&loaded.deck, cell), progress)
    }

    fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.deck.iter().flat_map(|loaded| loaded.deck.cells.iter().map(AsRef::as_ref))
    }

    fn missing(&self, cell: &Cell) -> Option<String> {
        let loaded = self.deck.as_ref()?;
        self.executor.missing_tool(&project::snippet(&loaded.deck, cell), &self.probe)
    }
}
