//! The theme gallery that `livedeck themes` presents: one slide per theme, each in its own style.

#![expect(clippy::disallowed_methods, reason = "reading the themes has a deadline")]

use std::sync::Arc;
use std::time::Instant;

use super::loaded_deck::LoadedDeck;
use super::options::{FILES_TIMEOUT, LoadOptions};
use super::style::{SlideStyle, style};
use super::themes;
use crate::files::DeadlineReader;
use crate::parse;
use crate::run::Runs;
use crate::source::MemFiles;

/// Content of each slide, below the theme's name.
const SLIDE: &str = include_str!("gallery.md");

/// Returns the gallery deck.
pub(super) fn gallery(load_options: &LoadOptions) -> LoadedDeck {
    let names = themes::names(&load_options.themes);
    let slides: Vec<_> = names.iter().map(|name| format!("{name}\n===\n\n{SLIDE}")).collect();
    let text = slides.join("\n<!-- end_slide -->\n\n");
    let mut deck = parse::parse(&load_options.path, &text, &MemFiles::default());
    let reader = DeadlineReader::until(Instant::now() + FILES_TIMEOUT);
    let mut styles: Vec<SlideStyle> = Vec::new();
    for name in names {
        let load_options = LoadOptions { theme: Some(name), ..load_options.clone() };
        styles.push(style(&load_options, &reader, &mut deck, styles.last()));
    }
    LoadedDeck {
        deck: Arc::new(deck),
        styles: styles.into(),
        limits: load_options.limits,
        recorded: Runs::new(),
        saved_outputs: Arc::default(),
        hides_masked: false,
    }
}
