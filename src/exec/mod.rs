//! Running code: processes, the Python worker, the Rust compiler. The only part that starts
//! anything, and the only one with `unsafe` (each with its reason).
//!
//! It never sees slides or themes: a [`run::Request`](crate::run::Request) comes in, events go out
//! through one closure, which may block: that is what holds a flood back.

mod family;
mod pty;
pub mod python;
mod spawn;
mod suspend;

use std::path::PathBuf;
use std::sync::Arc;

use crate::deck::Fingerprint;
use crate::run::{self, Preparation, Request, RunId, Snippet};

pub use suspend::suspend;

/// What every run of a deck has in common.
#[derive(Clone, Debug)]
pub struct Options {
    /// The working directory: the deck's.
    pub directory: PathBuf,
    /// The front matter's Python, over `$VIRTUAL_ENV`, `.venv` and `python3`.
    pub python: Option<String>,
    /// Where compiled snippets are kept: the user's cache directory, `livedeck` in it.
    pub cache: PathBuf,
}

/// What the executor tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Something happened to a run.
    Run(RunId, run::Event),
    /// Code is being compiled, or was, before anybody asked for it to run.
    Prepared(Fingerprint, Preparation),
}

/// How hard to stop a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// As ctrl-c in a terminal would: SIGINT to the group.
    Interrupt,
    /// SIGKILL to the group.
    Kill,
}

/// Runs code on request. Dropping it ends everything it started.
pub struct Executor {
    send: Arc<dyn Fn(Event) + Send + Sync>,
}

impl Executor {
    /// An executor that tells what happens through `send`, from threads of its own. Starts nothing.
    pub fn new(_options: Options, send: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self { send: Arc::new(send) }
    }

    /// Gets ready for these snippets, the first ones first: starts the Python worker if one is
    /// Python, compiles Rust in the background. Called again, it forgets what it had not begun.
    /// Only for decks whose code the user trusts.
    pub fn prepare(&self, _snippets: Vec<Snippet>) {}

    /// Starts a run.
    pub fn run(&self, request: &Request) {
        let why = run::Outcome::NotStarted("not built yet".to_owned());
        (self.send)(Event::Run(request.run, run::Event::Finished(why, std::time::Duration::ZERO)));
    }

    /// Stops a run; one that has ended is left alone.
    pub fn stop(&self, _run: RunId, _how: Stop) {}
}
