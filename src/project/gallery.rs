//! The deck of all themes, a slide each, each in its own: what `livedeck themes` presents.

#![expect(clippy::disallowed_methods, reason = "reading the themes has a deadline")]

use std::sync::Arc;
use std::time::Instant;

use super::load::{FILES_TIMEOUT, Look, Origin, Show, look};
use super::themes;
use crate::files::Reader;
use crate::parse;
use crate::run::Runs;
use crate::source::MemFiles;

/// What stands on each slide, below the theme's name.
const SLIDE: &str = include_str!("gallery.md");

/// The deck of all themes.
pub(super) fn gallery(origin: &Origin) -> Show {
    let names = themes::names(origin.themes.as_deref());
    let slides: Vec<_> = names.iter().map(|name| format!("{name}\n===\n\n{SLIDE}")).collect();
    let text = slides.join("\n<!-- end_slide -->\n\n");
    let mut deck = parse::parse(&origin.path, &text, &MemFiles::default());
    let reader = Reader::until(Instant::now() + FILES_TIMEOUT);
    let mut looks: Vec<Look> = Vec::new();
    for name in names {
        let origin = Origin { theme: Some(name), ..origin.clone() };
        looks.push(look(&origin, &reader, &mut deck, looks.last()));
    }
    Show { deck: Arc::new(deck), looks: looks.into(), limits: origin.limits, recorded: Runs::new() }
}
