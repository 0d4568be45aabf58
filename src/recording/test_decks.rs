//! Decks for the tests of recordings.

use std::sync::Arc;

use crate::deck::{Cell, CellId, Deck, Fingerprint, Slide, SlideNo};

/// Creates a deck from slides, each a title and the code of its cells.
pub(super) fn deck(slides: &[(&str, &[&str])]) -> Deck {
    let mut deck = Deck::default();
    for (number, (title, cells)) in slides.iter().enumerate() {
        deck.slides.push(Slide { title: Some((*title).into()), ..Slide::default() });
        for code in *cells {
            let cell = Cell {
                id: CellId(deck.cells.len() as u32),
                slide: SlideNo::new(number),
                language: "bash".into(),
                code: (*code).into(),
                fingerprint: Fingerprint::of("bash", None, code),
                ..Cell::default()
            };
            deck.cells.push(Arc::new(cell));
        }
    }
    deck
}
