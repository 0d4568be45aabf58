//! The worker: the Python process that forks runs, its requests and its reports.

pub(super) mod control;
#[cfg(feature = "python")]
pub(super) mod embedded;
pub(super) mod report;
pub(super) mod request;
pub(super) mod zygote;

use std::collections::VecDeque;
use std::sync::Arc;

use super::interpreter::Interpreter;
use super::interpreter_search::InterpreterSearch;
use crate::exec::os::process_tree::ProcessTree;
use zygote::{LaunchMode, Zygote};

/// The running worker, and the ways to start one.
#[derive(Debug, Default)]
pub(super) struct WorkerSlot {
    /// The interpreter, once it was looked for.
    pub(super) chosen: Option<Result<Interpreter, String>>,
    /// The ways to run it that have not failed, best first.
    pub(super) launch_modes: VecDeque<LaunchMode>,
    /// The process.
    pub(super) zygote: Option<Arc<Zygote>>,
    /// Why the last way failed.
    pub(super) last_error: String,
}

impl WorkerSlot {
    /// Returns the interpreter, which is chosen once, or an error that says what is missing.
    pub(super) fn interpreter(
        &mut self,
        search: &InterpreterSearch,
        tree: &ProcessTree,
    ) -> Result<Interpreter, String> {
        if let Some(Ok(interpreter)) = &self.chosen {
            return Ok(interpreter.clone());
        }
        // After an error, look again: an interpreter may have been installed since.
        let chosen = search.choose(tree);
        if let Ok(interpreter) = &chosen {
            self.launch_modes = LaunchMode::of(interpreter);
        }
        self.chosen.insert(chosen).clone()
    }

    /// Drops the current launch mode if the worker ended before it was ready.
    pub(super) fn record_failure(&mut self, zygote: &Zygote) {
        if !zygote.was_ready() {
            self.last_error = zygote.startup_error();
            self.launch_modes.pop_front();
        }
    }

    /// Returns a message that says why the worker does not start.
    pub(super) fn startup_error(&self, interpreter: &Interpreter) -> String {
        let name = interpreter.executable.display();
        format!("`{name}` does not start: {}", self.last_error)
    }
}
