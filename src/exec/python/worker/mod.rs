//! The worker: the Python process that forks runs, and what it is asked and answers.

pub(super) mod control;
#[cfg(embed)]
pub(super) mod embedded;
pub(super) mod report;
pub(super) mod request;
pub(super) mod zygote;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use super::interpreter::{Interpreter, InterpreterSearch};
use crate::exec::os::process_tree::ProcessTree;
use zygote::{LaunchMode, Zygote};

/// The worker there is, and those there could be.
#[derive(Debug, Default)]
pub(super) struct WorkerSlot {
    /// The interpreter, once somebody asked.
    pub(super) chosen: Option<Result<Interpreter, String>>,
    /// Ways to run it that have not proved impossible, best first.
    pub(super) ways: VecDeque<LaunchMode>,
    /// The process.
    pub(super) zygote: Option<Arc<Zygote>>,
    /// Why the last way proved impossible.
    pub(super) trouble: String,
}

impl WorkerSlot {
    /// The interpreter, chosen once.
    pub(super) fn interpreter(
        &mut self,
        places: &InterpreterSearch,
        tree: &ProcessTree,
        cache: &Path,
    ) -> Result<Interpreter, String> {
        if let Some(Ok(interpreter)) = &self.chosen {
            return Ok(interpreter.clone());
        }
        // One that was missing may have been installed since.
        let chosen = places.choose(tree);
        if let Ok(interpreter) = &chosen {
            self.ways = LaunchMode::of(interpreter, cache);
        }
        self.chosen.insert(chosen).clone()
    }

    /// A worker that ended before it took an order will not do better the next time.
    pub(super) fn learn_from(&mut self, zygote: &Zygote) {
        if !zygote.was_ready() {
            self.trouble = zygote.last_words();
            self.ways.pop_front();
        }
    }

    pub(super) fn refusal(&self, interpreter: &Interpreter) -> String {
        let name = interpreter.executable.display();
        format!("`{name}` does not start: {}", self.trouble)
    }
}
