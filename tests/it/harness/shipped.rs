//! The decks that come with livedeck, and what is tried with each: what `check` says of it, that its
//! code does what was recorded of it, and that it can be walked step by step or slide by slide.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use livedeck::deck::Cell;
use livedeck::diag::Diagnostic;
use livedeck::headless::inspect;
use livedeck::layout::Size;
use livedeck::project::{LoadOptions, LoadedDeck, load};
use livedeck::run::Runs;
use serde_json::Value;

use super::{PtyHarness, cache};

/// What slides and code of theirs must fit, without a line that is wrapped.
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

/// A deck of this repository, by its path.
#[derive(Clone, Copy)]
pub(crate) struct Shipped(pub(crate) &'static str);

/// What was recorded of a block.
pub(crate) struct Recorded {
    /// The title of its slide.
    pub(crate) slide: String,
    /// What it is written in.
    pub(crate) language: String,
    /// What it wrote.
    pub(crate) lines: Vec<String>,
}

impl Shipped {
    /// Its file.
    pub(crate) fn file(self) -> PathBuf {
        root().join(self.0)
    }

    /// The deck and all that it is shown with.
    pub(crate) fn show(self) -> LoadedDeck {
        load(&LoadOptions::new(self.file()), None).unwrap()
    }

    /// How many slides it has.
    pub(crate) fn slides(self) -> usize {
        self.show().deck.slides.len()
    }

    /// Runs each block, and compares what it does with what was recorded of it: all is as it was,
    /// but for so many blocks that a check cannot run.
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

    /// What was recorded of all its blocks.
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

    /// Walks it step by step to its last slide; each step changes what is seen.
    pub(crate) fn step_through(self, stage: &PtyHarness) {
        let last = self.slides();
        let mut steps = 0;
        while !stage.screen().contains(&format!("{last} / {last}")) {
            // A step may change colours only.
            let before = stage.colours();
            stage.keys("l");
            stage.wait("a step on", |_| stage.colours() != before);
            steps += 1;
        }
        assert!(steps > last, "there are more steps than slides");
    }

    /// Walks it slide by slide, and has each run its blocks once its modules are ready. What is to
    /// come is for `look` to see: it gets a slide's title, and the blocks that run.
    pub(crate) fn run_through(self, stage: &PtyHarness, look: impl Fn(&str, &[&Cell])) {
        let loaded = self.show();
        let last = loaded.deck.slides.len();
        for (index, slide) in loaded.deck.slides.iter().enumerate().skip(1) {
            stage.keys("n");
            stage.wait_for(&format!(" {} / {last}", index + 1));
            stage.keys("s");
            let cells = loaded.deck.cells.iter().filter(|cell| cell.slide.index() == index);
            let (modules, runs): (Vec<_>, Vec<_>) =
                cells.map(AsRef::as_ref).partition(|cell: &&Cell| cell.exec.module.is_some());
            stage.wait("its modules are ready", |screen| {
                screen.matches("` is ready]").count() == modules.len()
            });
            if !runs.is_empty() {
                stage.keys("ctrl-e");
            }
            look(slide.title.as_deref().unwrap_or_default(), &runs);
        }
    }
}

/// What `livedeck check` says of a deck, at every size, before any of its code has run.
pub(crate) fn mistakes(loaded: &LoadedDeck) -> Vec<Diagnostic> {
    let loaded = LoadedDeck { recorded: Runs::new(), ..loaded.clone() };
    inspect(&loaded, &SIZES.map(|(columns, rows)| Size::new(columns, rows)), &BTreeMap::new())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
