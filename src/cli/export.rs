//! `livedeck export`: a deck's slides as documents.

#![expect(clippy::disallowed_methods, reason = "an export is a file")]

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

use super::args::{ExportArgs, Format};
use super::settings;
use crate::deck::{Cursor, SlideNo, Step};
use crate::export::{HtmlSlide, Overflow, PAGE_BREAK, Rgb, TerminalColors, html, svg, text};
use crate::files::{self, FileKind};
use crate::headless::SlideRenderer;
use crate::layout::Size;
use crate::project::{Execution, LoadedDeck, load};
use crate::theme::Theme;
use crate::view::{self, Overlay};

/// Writes what was asked for.
pub(super) fn export(args: &ExportArgs) -> anyhow::Result<()> {
    let config = settings::config(args.choices.config.as_deref(), Some(&args.deck))?;
    let load_options = settings::origin(args.deck.clone(), args.choices.theme.clone(), &config);
    let loaded = load(&load_options, None).with_context(|| super::quoted(&args.deck))?;
    if let Some(slide) = args.slide {
        let slides = loaded.deck.slides.len();
        let known = (1..=slides).contains(&(slide as usize));
        ensure!(known, "there is no slide {slide}: the deck has {slides}");
    }
    let size = args.size.unwrap_or_else(|| {
        let (columns, rows) = (config.export.columns, config.export.rows);
        Size::new(columns.unwrap_or(100), rows.unwrap_or(30))
    });
    // A single picture shows what most terminals would; a document has text in its sizes.
    let size = Size { large_text: !matches!(args.to, Format::Svg), ..size };
    let pages = pages(&loaded, args, config.export.page_per_step);
    let mut sheets = Sheets {
        stills: SlideRenderer::new(&loaded),
        loaded: &loaded,
        args,
        size,
        execution: settings::execution(&config, args.sandbox)?,
    };
    let document = match args.to {
        Format::Svg => sheets.picture(pages[0])?,
        Format::Text => sheets.text(&pages),
        Format::Html => sheets.html(&pages)?,
    };
    write(&args.output, &document)
}

/// What there is a page for: each slide asked for, wholly revealed; or each of its steps; or, as
/// presenterm's `export.pauses: new_slide` has it, each of its pauses.
fn pages(loaded: &LoadedDeck, args: &ExportArgs, page_per_pause: bool) -> Vec<Cursor> {
    let is_one = matches!(args.to, Format::Svg);
    let chosen = args.slide.or(is_one.then_some(1)).map(|slide| slide as usize - 1);
    let slides = chosen.map_or(0..loaded.deck.slides.len(), |slide| slide..slide + 1);
    let at = |slide: usize| {
        let last = loaded.deck.slides[slide].steps.max(1) - 1;
        let ends = loaded.deck.slides[slide].pauses.iter().map(|pause| pause.0.saturating_sub(1));
        let steps: Vec<u16> = match () {
            () if is_one => vec![last],
            () if args.steps => (0..=last).collect(),
            () if page_per_pause => ends.chain([last]).collect(),
            () => vec![Step::LAST.0],
        };
        let slide = SlideNo::new(slide);
        steps.into_iter().map(move |step| Cursor { slide, step: Step(step) })
    };
    slides.flat_map(at).collect()
}

/// Pages in the making.
struct Sheets<'a> {
    stills: SlideRenderer,
    loaded: &'a LoadedDeck,
    args: &'a ExportArgs,
    size: Size,
    execution: Execution,
}

impl Sheets<'_> {
    /// A page's cells as an SVG picture.
    fn picture(&mut self, at: Cursor) -> anyhow::Result<String> {
        let mut scene = self.stills.scene(at, self.size);
        if self.args.enable_snippet_execution {
            self.stills.run(&self.args.deck, &self.execution);
            scene = self.stills.scene(at, self.size);
        }
        if self.args.overflow == Overflow::Show && scene.scroll_limit() > 0 {
            let more = u16::try_from(scene.scroll_limit()).unwrap_or(u16::MAX);
            let rows = self.size.rows.saturating_add(more);
            scene = self.stills.scene(at, Size { rows, ..self.size });
        }
        let mut buffer = Buffer::empty(Rect::new(0, 0, scene.size.columns, scene.size.rows));
        let overlays = view::paint(&scene, 0, &mut buffer);
        let pictures: Vec<(Overlay, Vec<u8>)> = overlays
            .into_iter()
            .filter_map(|overlay| self.stills.picture(&overlay.key).map(|file| (overlay, file)))
            .map(|(overlay, file)| {
                files::read(&file, FileKind::Picture).map(|bytes| (overlay, bytes))
            })
            .collect::<Result<_, _>>()
            .context("a picture of the slide")?;
        Ok(svg(&buffer, &pictures, &look(&self.loaded.style(at.slide).theme)))
    }

    /// The pages as rows of text.
    fn text(&mut self, pages: &[Cursor]) -> String {
        // As in presenterm's exports: cells of so many pixels.
        let size = Size { cell: (20, 40), ..self.size };
        let text_of = |&at: &Cursor| text(&self.stills.scene(at, size), self.args.overflow);
        pages.iter().map(text_of).collect::<Vec<_>>().join(PAGE_BREAK) + "\n"
    }

    /// The pages as one for a browser.
    fn html(&mut self, pages: &[Cursor]) -> anyhow::Result<String> {
        let deck = &self.loaded.deck;
        let sheet = |&at: &Cursor| {
            let title = deck.slide(at.slide).title.as_deref().unwrap_or_default().to_owned();
            Ok(HtmlSlide { title, picture: self.picture(at)? })
        };
        let sheets = pages.iter().map(sheet).collect::<anyhow::Result<Vec<_>>>()?;
        let file = || self.args.deck.file_stem().unwrap_or_default().to_string_lossy();
        let title = deck.meta.title_source.as_deref().map_or_else(file, Into::into);
        Ok(html(&title, &sheets))
    }
}

/// The theme's own colours; where it leaves them to the terminal, light on dark.
fn look(theme: &Theme) -> TerminalColors {
    let rgb = |color: Option<Color>, own| match color {
        Some(Color::Rgb(red, green, blue)) => Rgb(red, green, blue),
        _ => own,
    };
    TerminalColors::new(rgb(theme.base.fg, Rgb(230, 230, 230)), rgb(theme.base.bg, Rgb(24, 24, 24)))
}

fn write(output: &Path, document: &str) -> anyhow::Result<()> {
    if output == Path::new("-") {
        return super::print(document);
    }
    fs::write(output, document).with_context(|| super::quoted(output))
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
        export(&ExportArgs::parse_from(words)).unwrap();
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
    fn f205_a_pause_is_a_page_of_its_own_if_the_configuration_says_so() {
        let deck = "a\n<!-- pause -->\n```c {1|2}\nb\nc\n```\n<!-- end_slide -->\nd";
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.yaml");
        fs::write(&config, "export: {pauses: new_slide}\n").unwrap();
        let pages = |more: &[&str]| exported(deck, more).matches('\u{c}').count() + 1;
        assert_eq!(pages(&["-c", config.to_str().unwrap()]), 3);
        assert_eq!((pages(&[]), pages(&["--steps"])), (2, 4));
    }

    #[test]
    fn what_does_not_fit_is_written_if_asked_for() {
        let deck = "1\n\n2\n\n3\n\n4\n\n5\n";
        assert!(!exported(deck, &[]).contains('5'));
        assert!(exported(deck, &["--overflow", "show"]).contains('5'));
    }
}
