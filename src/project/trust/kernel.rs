//! The Jupyter kernels of a deck: what they start is part of what is trusted. The folder of a deck can
//! bring kernels of its own, in a virtual environment.

use std::collections::BTreeSet;
use std::path::Path;

use crate::deck::Deck;
use crate::exec::{KernelChoice, KernelSpecs};

/// A kernel that blocks name, as it is installed.
pub(super) struct NamedKernel {
    /// How the blocks name it.
    name: String,
    /// Its command; `None` if there is none.
    pub(super) command: Option<String>,
    /// Its command, its file, and its variables.
    identity: String,
}

/// Returns whether blocks run in kernels.
pub(super) fn has_blocks(deck: &Deck) -> bool {
    !choices(deck).is_empty()
}

/// Returns the kernels of a deck in `folder`, in the order of their names.
pub(super) fn named(folder: &Path, deck: &Deck) -> Vec<NamedKernel> {
    let choices = choices(deck);
    if choices.is_empty() {
        return Vec::new();
    }
    let specs = KernelSpecs::find(folder, deck.options.python_interpreter.as_deref());
    let kernel = |choice: &KernelChoice| {
        let asked = match choice {
            KernelChoice::Named(name) => name.clone(),
            KernelChoice::Language(language) => format!("for {language}"),
        };
        match specs.get(choice) {
            Err(_) => NamedKernel { name: asked, command: None, identity: String::new() },
            Ok(spec) => NamedKernel {
                name: spec.name.clone(),
                command: Some(spec.command()),
                identity: format!(
                    "{} {:?} {:?}",
                    spec.file().display(),
                    spec.argv,
                    spec.environment
                ),
            },
        }
    };
    choices.iter().map(kernel).collect()
}

fn choices(deck: &Deck) -> BTreeSet<KernelChoice> {
    // Those of a server are named with it.
    let here = deck.cells.iter().filter(|cell| !cell.exec.is_on_server());
    let executors = here.flat_map(|cell| {
        let names = [cell.exec.alternative.as_deref(), cell.check.alternative.as_deref()];
        names.map(|name| KernelChoice::of(&cell.language, name))
    });
    executors.flatten().collect()
}

impl NamedKernel {
    /// Describes it for the trust prompt.
    pub(super) fn words(&self) -> String {
        match &self.command {
            Some(command) => format!("{} ({command})", self.name),
            None => format!("{} (not installed)", self.name),
        }
    }

    /// Returns its entry in a record of what is trusted.
    pub(super) fn into_option(self) -> (String, String) {
        (format!("kernel {}", self.name), super::record::hash(self.identity.as_bytes()))
    }
}
