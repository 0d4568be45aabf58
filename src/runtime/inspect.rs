//! Everything that is wrong with a deck, for `check`: what reading it found, pictures that cannot be
//! shown, and what does not fit the sizes asked for.

use std::path::PathBuf;

use super::Show;
use super::stage::{measure, visit};
use crate::deck::{Cursor, SlideNo, Step};
use crate::diag::Diagnostic;
use crate::layout::{Inputs, Size, overflow};
use crate::media::Media;
use crate::run::Runs;

/// All mistakes of the deck, in the order of its text.
pub fn inspect(show: &Show, sizes: &[Size]) -> Vec<Diagnostic> {
    let mut found = show.deck.diagnostics.clone();
    let mut media = Media::new(PathBuf::from("."), None, |_| {});
    for slide in &show.deck.slides {
        visit(&slide.blocks, &mut |key, span| {
            if let Err(why) = media.measure(&key) {
                found.push(Diagnostic::error(span, why));
            }
        });
    }
    for &size in sizes {
        for slide in 0..show.deck.slides.len() {
            let at = Cursor { slide: SlideNo::new(slide), step: Step::LAST };
            found.extend(overflow(&Inputs {
                deck: &show.deck,
                at,
                size,
                theme: &show.theme,
                highlighter: &show.highlighter,
                runs: &Runs::default(),
                measures: &measure(&show.deck, at, &mut media),
                footer: &show.footer,
                focus: None,
                grid: false,
                limits: show.limits,
            }));
        }
    }
    found.sort_by_key(|found| (found.span.file, found.span.start));
    found
}
