//! The parser's tests, by topic, and what they share: a deck from a text, and its tree as text.

mod blocks;
mod cells;
mod code;
mod commands;
pub(in crate::parse) mod deck_text;
mod edited_code;
mod files;
mod front_matter;
mod inline;
mod invisible;
mod malformed;
mod slides;

use std::path::Path;

use super::parse;
use crate::deck::Deck;
use crate::source::MemFiles;
use deck_text::deck_text;

fn deck(text: &str) -> Deck {
    parse(Path::new("talk.md"), text, &MemFiles::default())
}

fn tree(text: &str) -> String {
    deck_text(&deck(text))
}
