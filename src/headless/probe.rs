//! What a deck's code needs and whether it is here, and all that it needs compiled ahead of the talk.

use std::path::{Path, PathBuf};

use crate::deck::Cell;
use crate::exec::{ExecOptions, Executor, ProbeReport, Watchdog};
use crate::project::{self, Execution, LoadedDeck};

/// Looks after what runs code: for a deck, or for any.
pub struct DeckProbe {
    executor: Executor,
    deck: Option<LoadedDeck>,
    probe: ProbeReport,
    /// Ends what was started, should this program be killed.
    _watchdog: Option<Watchdog>,
}

/// Something that cells of a deck need and that is not here.
#[derive(Debug)]
pub struct MissingTool<'a> {
    /// What, and how to get it.
    pub what: String,
    /// The cells, in the deck's order.
    pub cells: Vec<&'a Cell>,
}

impl DeckProbe {
    /// Looks at what there is. A deck that may not run its code chooses no Python and no compiler
    /// either: what it names, and what lies beside it, is not started.
    pub fn look(deck: Option<(&LoadedDeck, &Path)>, execution: &Execution, may_run: bool) -> Self {
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
        // Without one, nothing is lost but what it does when this program is killed.
        let watchdog = Watchdog::start().ok().flatten();
        let executor = Executor::new(options, drop);
        let probe = executor.probe();
        Self { executor, deck: deck.map(|(loaded, _)| loaded.clone()), probe, _watchdog: watchdog }
    }

    /// What there is.
    pub fn probe(&self) -> &ProbeReport {
        &self.probe
    }

    /// What cells of the deck need and is not here, each once.
    pub fn lacks(&self) -> Vec<MissingTool<'_>> {
        let mut lacks: Vec<MissingTool<'_>> = Vec::new();
        for cell in self.cells() {
            let Some(what) = self.lack(cell) else { continue };
            match lacks.iter_mut().find(|known| known.what == what) {
                Some(known) => known.cells.push(cell),
                None => lacks.push(MissingTool { what, cells: vec![cell] }),
            }
        }
        lacks
    }

    /// The cells that can be compiled ahead, in the deck's order.
    pub fn compiled(&self) -> impl Iterator<Item = &Cell> {
        let is_compiled = |cell: &&Cell| {
            let snippet = self.deck.as_ref().map(|loaded| project::snippet(&loaded.deck, cell));
            snippet.is_some_and(|snippet| self.executor.is_compiled(&snippet))
        };
        self.cells().filter(is_compiled).filter(|cell| self.lack(cell).is_none())
    }

    /// Compiles a cell and the crates it needs, unless that was done before. Only for decks whose
    /// code the user trusts.
    ///
    /// # Errors
    /// It does not compile: what the compiler says, in its colours.
    pub fn compile(&self, cell: &Cell, progress: &dyn Fn(&str)) -> Result<(), String> {
        let Some(loaded) = &self.deck else { return Ok(()) };
        self.executor.compile(&project::snippet(&loaded.deck, cell), progress)
    }

    fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.deck.iter().flat_map(|loaded| loaded.deck.cells.iter().map(AsRef::as_ref))
    }

    fn lack(&self, cell: &Cell) -> Option<String> {
        let loaded = self.deck.as_ref()?;
        self.executor.missing_tool(&project::snippet(&loaded.deck, cell), &self.probe)
    }
}
