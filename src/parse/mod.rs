//! Parses the text of a deck. Parsing never fails: what cannot be parsed becomes a diagnostic, shown
//! in its place on the slide, and the rest is drawn.
//!
//! ```text
//! text ─ frontmatter ──► Meta, ThemeChoice, Options
//!      ─ chunks ───────► parts that can be parsed one by one
//!      ─ events ───────► tree of elements   (events/, inline, html)
//!      ─ deck_builder ─► slides and cells   (comment_command, slide_builder, steps,
//!                                           code, picture, include)
//!      ─ lints, bench, invisible, other_tools ─► warnings
//! ```

mod attribute;
mod autolink;
mod bench;
mod chart;
mod chunks;
mod code;
mod command_synonyms;
mod comment_command;
mod crates;
mod deck_builder;
mod duration;
mod env_file;
mod events;
mod fence;
mod footer;
mod formula;
mod formula_symbols;
mod frontmatter;
mod hidden_lines;
mod html;
mod include;
mod inline;
mod invisible;
mod language;
mod line;
mod line_groups;
mod lints;
mod manifest;
mod options;
mod other_tools;
mod picture;
mod pymodule;
mod sanitize;
mod slide_builder;
mod source_reader;
mod steps;
mod superscript;
mod tags;
#[cfg(test)]
mod tests;
mod tree;
mod wikilink;
mod yaml_tree;

use std::path::Path;

use crate::deck::{Block, BlockKind, Deck, Options};
use crate::source::{FileId, Files, SourceFile};

pub use comment_command::comment_commands;
pub use duration::duration;
pub use footer::footer;
pub use frontmatter::front_matter_schema;
pub use options::declare_options;
pub use tags::tags;

/// Parses the deck `text` of the file at `path`. Includes and code files are read through `files`,
/// relative to the file that names them.
pub fn parse(path: &Path, text: &str, files: &dyn Files) -> Deck {
    parse_with(path, text, files, Options::default(), None)
}

/// As [`parse`], with default options for what the front matter does not set, and with the last good
/// front matter, which is used if the deck's own is broken.
pub fn parse_with(
    path: &Path,
    text: &str,
    files: &dyn Files,
    options: Options,
    last_good: Option<&str>,
) -> Deck {
    let mut deck = Deck { options, ..Deck::default() };
    let file = deck.sources.add(SourceFile::new(path, text));
    let other_tool = other_tools::recognise(text);
    let body = frontmatter::read(text, &mut deck, last_good);
    let mut slides = deck_builder::DeckBuilder::new(deck, path, files, body);
    slides.text(text, body, file);
    let mut deck = slides.finish(text.len());
    pymodule::mark_importers(&mut deck);
    bench::warn_likely_typos(&mut deck);
    match other_tool {
        Some(report) => other_tools::replace_diagnostics(&mut deck, report),
        None => lints::check(&mut deck),
    }
    invisible::warn(&mut deck);
    tags::report_unknown(&mut deck);
    in_source_order(deck)
}

impl deck_builder::DeckBuilder<'_> {
    /// Adds the text of a file from byte `from` on.
    fn text(&mut self, text: &str, from: usize, file: FileId) {
        let mut chunks = chunks::Chunks::new(text, from, file, self.deck.options.math);
        while let Some(elements) = chunks.next(&mut self.deck.diagnostics) {
            for element in elements {
                self.element(element);
            }
        }
    }
}

/// Sorts the diagnostics by position, and updates the blocks that refer to them.
fn in_source_order(mut deck: Deck) -> Deck {
    if deck.diagnostics.is_empty() {
        return deck;
    }
    let mut order: Vec<usize> = (0..deck.diagnostics.len()).collect();
    order.sort_by_key(|&index| {
        let span = deck.diagnostics[index].span;
        (span.file, span.start)
    });
    let mut new_index = vec![0; order.len()];
    for (new, &old) in order.iter().enumerate() {
        new_index[old] = new;
    }
    for slide in &mut deck.slides {
        renumber(&mut slide.blocks, &new_index);
    }
    let mut diagnostics: Vec<_> = deck.diagnostics.into_iter().map(Some).collect();
    deck.diagnostics = order.iter().filter_map(|&old| diagnostics[old].take()).collect();
    deck
}

fn renumber(blocks: &mut [Block], new_index: &[usize]) {
    for block in blocks {
        if let BlockKind::Problem(index) = &mut block.kind {
            *index = new_index[*index];
        }
        block.children_mut().into_iter().for_each(|inner| renumber(inner, new_index));
    }
}
