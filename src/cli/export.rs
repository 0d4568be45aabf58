//! `livedeck export`: a deck's slides as documents.

#![expect(clippy::disallowed_methods, reason = "an export is a file")]

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, ensure};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

use super::args::{ExportArgs, Format};
use super::settings;
use crate::deck::{Cursor, SlideNo, Step};
use crate::export::{Look, PAGE_BREAK, Rgb, svg, text};
use crate::runtime::{Show, Stills, load};
use crate::theme::Theme;
use crate::view::{self, Overlay};

/// Writes what was asked for.
pub(super) fn export(args: &ExportArgs, cache: &Path) -> anyhow::Result<()> {
    let config = settings::config(args.config.as_deref(), Some(&args.deck))?;
    let origin = settings::origin(args.deck.clone(), args.theme.clone(), &config);
    let show = load(&origin, None).with_context(|| format!("`{}`", args.deck.display()))?;
    if let Some(slide) = args.slide {
        let slides = show.deck.slides.len();
        let known = (1..=slides).contains(&(slide as usize));
        ensure!(known, "there is no slide {slide}: the deck has {slides}");
    }
    let document = match args.to {
        Format::Svg => svg_of(&show, args, cache)?,
        Format::Text => text_of(&show, args),
    };
    write(&args.output, &document)
}

/// One slide's cells as an SVG picture.
fn svg_of(show: &Show, args: &ExportArgs, cache: &Path) -> anyhow::Result<String> {
    let slide = SlideNo::new(args.slide.unwrap_or(1) as usize - 1);
    let at = Cursor { slide, step: Step(last_step(show, slide)) };
    let mut stills = Stills::new(show);
    let mut scene = stills.scene(at, args.size);
    if args.enable_snippet_execution {
        stills.run(&args.deck, cache);
        scene = stills.scene(at, args.size);
    }
    let mut buffer = Buffer::empty(Rect::new(0, 0, args.size.columns, args.size.rows));
    let overlays = view::paint(&scene, 0, &mut buffer);
    let pictures: Vec<(Overlay, Vec<u8>)> = overlays
        .into_iter()
        .filter_map(|overlay| stills.picture(&overlay.key).map(|file| (overlay, file)))
        .map(|(overlay, file)| fs::read(&file).map(|bytes| (overlay, bytes)))
        .collect::<Result<_, _>>()
        .context("a picture of the slide")?;
    Ok(svg(&buffer, &pictures, &look(&show.theme)))
}

/// The deck's slides, or the one asked for, as rows of text; a page a slide, or a step.
fn text_of(show: &Show, args: &ExportArgs) -> String {
    let mut stills = Stills::new(show);
    let chosen = |number: usize| args.slide.is_none_or(|slide| slide as usize == number + 1);
    let mut pages = Vec::new();
    for slide in (0..show.deck.slides.len()).filter(|&number| chosen(number)).map(SlideNo::new) {
        let last = last_step(show, slide);
        for step in if args.steps { 0..=last } else { last..=last } {
            let scene = stills.scene(Cursor { slide, step: Step(step) }, args.size);
            pages.push(text(&scene, args.overflow));
        }
    }
    pages.join(PAGE_BREAK) + "\n"
}

/// The step at which all of a slide is revealed.
fn last_step(show: &Show, slide: SlideNo) -> u16 {
    show.deck.slide(slide).steps.max(1) - 1
}

/// The theme's own colours; where it leaves them to the terminal, light on dark.
fn look(theme: &Theme) -> Look {
    let rgb = |color: Option<Color>, own| match color {
        Some(Color::Rgb(red, green, blue)) => Rgb(red, green, blue),
        _ => own,
    };
    Look::new(rgb(theme.base.fg, Rgb(230, 230, 230)), rgb(theme.base.bg, Rgb(24, 24, 24)))
}

fn write(output: &Path, document: &str) -> anyhow::Result<()> {
    if output == Path::new("-") {
        return match io::stdout().write_all(document.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.context("standard output"),
        };
    }
    fs::write(output, document).with_context(|| format!("`{}`", output.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use clap::Parser;

    use super::*;

    fn exported(deck: &str, more: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let (path, output) = (folder.path().join("deck.md"), folder.path().join("deck.txt"));
        fs::write(&path, deck).unwrap();
        let mut words = vec!["export", path.to_str().unwrap(), "--to", "text", "--size", "30x6"];
        words.extend(["--output", output.to_str().unwrap()]);
        words.extend(more);
        export(&ExportArgs::parse_from(words), folder.path()).unwrap();
        fs::read_to_string(output).unwrap()
    }

    #[test]
    fn pages_are_parted_by_a_form_feed() {
        let deck = "a\n<!-- pause -->\nb\n<!-- end_slide -->\nc";
        let text = exported(deck, &[]);
        let pages = [
            "\n   a\n\n   b\n                        1 / 2\n",
            "\n   c\n\n\n                        2 / 2\n\n",
        ];
        assert_eq!(text, pages.join("\n\u{c}"));
        assert_eq!(exported(deck, &["--steps"]).matches('\u{c}').count(), 2);
        assert_eq!(exported(deck, &["--slide", "2"]).matches('\u{c}').count(), 0);
    }

    #[test]
    fn a_deck_with_mistakes_is_written_all_the_same() {
        assert!(exported("before\n\n<!-- nonsense -->\n", &[]).contains("before"));
    }

    #[test]
    fn what_does_not_fit_is_written_if_asked_for() {
        let deck = "1\n\n2\n\n3\n\n4\n\n5\n";
        assert!(!exported(deck, &[]).contains('5'));
        assert!(exported(deck, &["--overflow", "show"]).contains('5'));
    }
}
