//! Diagnostics: an author's mistakes as data. Each has a span, a message and hints; stages collect
//! them and go on, they never stop at one.
//!
//! `render` draws one as a source excerpt with a caret, `json` writes all for editors; `suggest` finds the word that was meant.

mod json;
mod render;
mod suggest;

use crate::source::{Span, visible};

pub use json::json;
pub use render::{colored, plain, summary};
pub use suggest::{closest, did_you_mean};

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Shown and counted; what the author meant is still drawn.
    Warning,
    /// Something of the deck could not be drawn as written.
    Error,
}

/// One mistake: what is wrong, where, and what to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Where it is.
    pub span: Span,
    /// What is wrong: lower case, no trailing period.
    pub message: String,
    /// What to try, one sentence each.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(span: Span, message: impl Into<String>) -> Self {
        let message = visible(&message.into()).into_owned();
        Self { severity: Severity::Error, span, message, hints: Vec::new() }
    }

    /// A warning at `span`.
    pub fn warning(span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(span, message) }
    }

    /// Adds what to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(visible(&hint.into()).into_owned());
        self
    }
}
