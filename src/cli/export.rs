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
use crate::deck::SlideNo;
use crate::export::{Look, Rgb, svg};
use crate::layout::Size;
use crate::runtime::{Origin, Show, load, still};
use crate::theme::Theme;
use crate::view::{self, Overlay};

/// Writes what was asked for.
pub(super) fn export(args: &ExportArgs, cache: &Path) -> anyhow::Result<()> {
    let origin = Origin { path: args.deck.clone(), theme: args.theme.clone() };
    let show = load(&origin, None).with_context(|| format!("`{}`", args.deck.display()))?;
    let slides = show.deck.slides.len();
    let known = (1..=slides).contains(&(args.slide as usize));
    ensure!(known, "there is no slide {}: the deck has {slides}", args.slide);
    let slide = SlideNo::new(args.slide as usize - 1);
    let run = args.enable_snippet_execution.then_some(cache);
    let document = match args.to {
        Format::Svg => svg_of(&show, &args.deck, slide, args.size, run)?,
    };
    write(&args.output, &document)
}

/// One slide's cells as an SVG picture.
fn svg_of(
    show: &Show,
    path: &Path,
    slide: SlideNo,
    size: Size,
    run: Option<&Path>,
) -> anyhow::Result<String> {
    let mut still = still(show, path, slide, size, run);
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.columns, size.rows));
    let overlays = view::paint(&still.scene, 0, &mut buffer);
    let pictures: Vec<(Overlay, Vec<u8>)> = overlays
        .into_iter()
        .filter_map(|overlay| still.picture(&overlay.key).map(|file| (overlay, file)))
        .map(|(overlay, file)| fs::read(&file).map(|bytes| (overlay, bytes)))
        .collect::<Result<_, _>>()
        .context("a picture of the slide")?;
    Ok(svg(&buffer, &pictures, &look(&show.theme)))
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
