//! Speaker notes for a document: as markdown, black on white.

#![expect(clippy::disallowed_methods, reason = "reading the theme has a deadline")]

use std::sync::Arc;
use std::time::Instant;

use super::options::{FILES_TIMEOUT, LoadOptions};
use super::style::style;
use super::{LoadedDeck, markdown};
use crate::deck::{Deck, SlideNo};
use crate::files::DeadlineReader;
use crate::layout::{FooterText, SlideArea};
use crate::run::Runs;

/// The theme of paper: its text and background have the colours of the document.
const PAPER_THEME: &str = "terminal-light";

/// Returns the notes of a slide as a deck of one slide. `None` if it has no notes.
pub fn paper_notes(loaded: &LoadedDeck, slide: SlideNo) -> Option<LoadedDeck> {
    let deck = markdown::notes_of(&loaded.deck, slide);
    if deck.slides.iter().all(|slide| slide.blocks.is_empty()) {
        return None;
    }
    let reader = DeadlineReader::until(Instant::now() + FILES_TIMEOUT);
    let load_options = LoadOptions { theme: Some(PAPER_THEME.to_owned()), ..LoadOptions::new("") };
    let mut style = style(&load_options, &reader, &mut Deck::default(), None);
    style.footer = FooterText::default();
    Some(LoadedDeck {
        deck: Arc::new(deck),
        styles: Arc::new([style]),
        limits: SlideArea::default(),
        recorded: Runs::new(),
        ..loaded.clone()
    })
}
