//! The decks in this repository, and checks of each: no diagnostics, outputs that match the recording,
//! and navigation by step and by slide.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Arc;

use livedeck::deck::Cell;
use livedeck::diag::Diagnostic;
use livedeck::headless::inspect;
use livedeck::layout::Size;
use livedeck::project::{LoadOptions, LoadedDeck, load};
use livedeck::run::Runs;
use serde_json::Value;

use super::{PtyHarness, cache};

/// Sizes that slides must fit without overflow or wrapped code.
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

/// A deck of this repository, by its path.
#[derive(Clone, Copy)]
pub(crate) struct Shipped(pub(crate) &'static str);

/// The recording of a block.
pub(crate) struct Recorded {
    /// The title of its slide.
    pub(crate) slide: String,
    /// Its language.
    pub(crate) language: String,
    /// Its output.
    pub(crate) lines: Vec<String>,
}

impl Shipped {
    /// Returns its file.
    pub(crate) fn file(self) -> PathBuf {
        root().join(self.0)
    }

    /// Loads the deck.
    pub(crate) fn show(self) -> LoadedDeck {
        load(&LoadOptions::new(self.file()), None).unwrap()
    }

    /// Returns the number of slides.
    pub(crate) fn slides(self) -> usize {
        self.show().deck.slides.len()
    }

    /// Runs `check --run`, which must report that all outputs match the recording, except for `cannot`
    /// blocks that it cannot run.
    pub(crate) fn check_run(self, cannot: usize) -> ExitStatus {
        let output = Command::new(env!("CARGO_BIN_EXE_livedeck"))
            .args(["check", "--run", self.0])
            .current_dir(root())
            .env("XDG_CONFIG_HOME", root().join("none"))
            .env("XDG_CACHE_HOME", cache())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let trouble = String::from_utf8_lossy(&output.stderr);
        let blocks = self.show().deck.cells.len();
        let well = blocks - cannot;
        let rest = if cannot > 0 { format!(", {cannot} not run") } else { String::new() };
        let end = format!("{blocks} blocks: {well} ok{rest}\n");
        assert!(said.ends_with(&end), "{said}{trouble}");
        output.status
    }

    /// Reads the recordings of all blocks.
    pub(crate) fn recording(self) -> Vec<Recorded> {
        let file = self.file().with_extension("recording").join("recording.json");
        let text = std::fs::read_to_string(file).unwrap();
        let recording: Value = serde_json::from_str(&text).unwrap();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let blocks = recording["blocks"].as_array().unwrap().iter();
        let read = |block: &Value| Recorded {
            slide: word(&block["slide"]),
            language: word(&block["language"]),
            lines: block["output"].as_array().unwrap().iter().map(word).collect(),
        };
        blocks.map(read).collect()
    }

    /// Goes through all steps to the last slide; each step must change the screen.
    pub(crate) fn step_through(self, stage: &PtyHarness) {
        let last = self.slides();
        let mut steps = 0;
        while !stage.screen().contains(&format!("{last} / {last}")) {
            // Some steps change only colours.
            let before = stage.colours();
            stage.keys("l");
            stage.wait("a step on", |_| stage.colours() != before);
            steps += 1;
        }
        assert!(steps > last, "there are more steps than slides");
    }

    /// Goes through all slides and runs their blocks, once their modules are ready. `look` gets each
    /// slide's title and the blocks that run.
    pub(crate) fn run_through(self, stage: &PtyHarness, look: impl Fn(&str, &[&Cell])) {
        let loaded = self.show();
        let last = loaded.deck.slides.len();
        for (index, slide) in loaded.deck.slides.iter().enumerate().skip(1) {
            stage.keys("n");
            stage.wait_for(&format!(" {} / {last}", index + 1));
            let cells = loaded.deck.cells.iter().filter(|cell| cell.slide.index() == index);
            let is_typed = |cell: &Arc<Cell>| {
                loaded.deck.block_of(cell).is_some_and(|block| block.typed.is_some())
            };
            // Letters would type the code.
            stage.keys(if cells.clone().any(is_typed) { "esc" } else { "s" });
            let (modules, runs): (Vec<_>, Vec<_>) =
                cells.map(AsRef::as_ref).partition(|cell: &&Cell| cell.exec.module.is_some());
            stage.wait("its modules are ready", |screen| {
                screen.matches("` is ready").count() == modules.len()
            });
            if !runs.is_empty() {
                stage.keys("ctrl-e");
            }
            look(slide.title.as_deref().unwrap_or_default(), &runs);
        }
    }
}

/// Returns the diagnostics of a deck at every size, before any code has run.
pub(crate) fn mistakes(loaded: &LoadedDeck) -> Vec<Diagnostic> {
    let loaded = LoadedDeck { recorded: Runs::new(), ..loaded.clone() };
    inspect(&loaded, &SIZES.map(|(columns, rows)| Size::new(columns, rows)), &BTreeMap::new())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
