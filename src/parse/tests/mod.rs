//! What the parser makes of each piece of the format, topic by topic. Here is what all these tests
//! share: a deck of a text, and its tree as text.

mod blocks;
mod code;
mod commands;
mod files;
mod front_matter;
mod inline;
mod odd;
mod slides;
mod trojan;

use std::path::Path;

use super::dump::dump;
use super::parse;
use crate::deck::Deck;
use crate::source::MemFiles;

fn deck(text: &str) -> Deck {
    parse(Path::new("talk.md"), text, &MemFiles::default())
}

fn tree(text: &str) -> String {
    dump(&deck(text))
}
