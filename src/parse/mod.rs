//! Text to deck. Parsing never fails: what cannot be read becomes a diagnostic, in its place on its
//! slide, and the rest is drawn.

use std::path::Path;

use crate::deck::{Deck, Inline, Meta, Slide};
use crate::source::{Files, SourceFile};

/// Parses the deck in `text`, which stands in the file at `path`; includes and code files are read
/// through `files`, relative to the file that names them.
pub fn parse(path: &Path, text: &str, _files: &dyn Files) -> Deck {
    let mut deck = Deck::default();
    deck.sources.add(SourceFile::new(path, text));
    deck.slides.push(Slide { steps: 1, ..Slide::default() });
    deck
}

/// Reads one part of a template footer, filling in what `meta` knows.
///
/// # Errors
/// What is wrong with the template: an unknown or unset variable, an unbalanced brace.
pub fn footer(template: &str, _meta: &Meta) -> Result<Vec<Inline>, String> {
    Ok(vec![Inline::Text(template.into(), crate::deck::TextStyle::default())])
}
