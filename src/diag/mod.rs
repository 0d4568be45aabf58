//! Diagnostics: an author's mistakes as data. Each has a span, a message and hints; stages collect
//! them and continue.
//!
//! `render` draws one as a source excerpt with a caret, `json` writes all for editors, and
//! `suggest` finds the intended word.

mod json;
mod render;
mod suggest;

use crate::source::{Span, visible};

pub use json::json;
pub use render::{colored, plain, summary};
pub use suggest::{closest, did_you_mean};

/// The severity of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Reported and counted; the content is drawn as intended.
    Warning,
    /// A part of the deck could not be drawn as written.
    Error,
}

/// One mistake: what is wrong, where, and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its severity.
    pub severity: Severity,
    /// Its position.
    pub span: Span,
    /// What is wrong: lower case, no trailing period.
    pub message: String,
    /// How to fix it, one sentence per hint.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// Creates an error at `span`.
    pub fn error(span: Span, message: impl Into<String>) -> Self {
        let message = visible(&message.into()).into_owned();
        Self { severity: Severity::Error, span, message, hints: Vec::new() }
    }

    /// Creates a warning at `span`.
    pub fn warning(span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(span, message) }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(visible(&hint.into()).into_owned());
        self
    }
}
