//! The style of slides: theme, highlighter and footer.

use std::sync::Arc;

use super::options::{LoadOptions, folder};
use super::themes;
use crate::deck::{Deck, Inline};
use crate::diag::Diagnostic;
use crate::files::DeadlineReader;
use crate::highlight::Highlighter;
use crate::layout::{FooterText, PictureKey};
use crate::parse;
use crate::theme::{FooterPart, FooterStyle, Theme};

/// The style of a slide.
#[derive(Clone, Debug)]
pub struct SlideStyle {
    /// The theme.
    pub theme: Arc<Theme>,
    /// The highlighter. Reloads reuse it, to keep its cache.
    pub highlighter: Arc<Highlighter>,
    /// The footer.
    pub footer: FooterText,
}

/// Returns the style of a deck. The highlighter of `before` is reused if possible.
pub(super) fn style(
    load_options: &LoadOptions,
    reader: &DeadlineReader,
    deck: &mut Deck,
    before: Option<&SlideStyle>,
) -> SlideStyle {
    let mut theme = themes::choose(load_options, reader, deck);
    theme.drawings.settings = load_options.drawings.clone();
    let highlighter = themes::highlighter(
        load_options,
        reader,
        &theme,
        deck,
        before.map(|style| &style.highlighter),
    );
    let footer = footer_text(&theme, deck, load_options);
    SlideStyle { theme: Arc::new(theme), highlighter, footer }
}

fn footer_text(theme: &Theme, deck: &mut Deck, load_options: &LoadOptions) -> FooterText {
    let FooterStyle::Template { left, center, right, .. } = &theme.footer else {
        return FooterText::default();
    };
    let mut read = |part: &Option<FooterPart>| -> Vec<Inline> {
        let Some(FooterPart::Text(template, at)) = part else { return Vec::new() };
        parse::footer(template, &deck.meta, load_options.serve_url.as_deref()).unwrap_or_else(
            |message| {
                deck.diagnostics.push(Diagnostic::error(*at, format!("footer: {message}")));
                Vec::new()
            },
        )
    };
    let texts = [left, center, right].map(&mut read);
    let pictures = [left, center, right].map(|part| footer_picture(part.as_ref(), load_options));
    let [left, center, right] = texts;
    FooterText { pictures, left, center, right }
}

/// Finds a picture of the footer, beside the deck or in a folder of themes.
fn footer_picture(part: Option<&FooterPart>, load_options: &LoadOptions) -> Option<PictureKey> {
    let Some(FooterPart::Image(path, _)) = part else { return None };
    let beside = folder(&load_options.path);
    let folders = std::iter::once(&beside).chain(&load_options.themes);
    let base = folders.into_iter().find(|folder| folder.join(path).is_file()).unwrap_or(&beside);
    let base = base.clone();
    Some(PictureKey::File { base, source: path.as_str().into() })
}
