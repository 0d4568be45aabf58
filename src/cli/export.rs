//! `livedeck export`: writes slides as documents.

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

/// Exports the slides that the arguments select.
pub(super) fn export(args: &ExportArgs) -> anyhow::Result<()> {
    let config = settings::config(args.choices.config.as_deref(), Some(&args.deck))?;
    let options = settings::load_options(args.deck.clone(), args.choices.theme.clone(), &config);
    let loaded = load(&options, None).with_context(|| super::quoted(&args.deck))?;
    if let Some(slide) = args.slide {
        let slides = loaded.deck.slides.len();
        let known = (1..=slides).contains(&(slide as usize));
        ensure!(known, "there is no slide {slide}: the deck has {slides}");
    }
    let size = args.size.unwrap_or_else(|| {
        let (columns, rows) = (config.export.columns, config.export.rows);
        Size::new(columns.unwrap_or(100), rows.unwrap_or(30))
    });
    // An image shows what most terminals do; other documents support large text.
    let size = Size { large_text: !matches!(args.to, Format::Svg), ..size };
    let pages = pages(&loaded, args, config.export.page_per_step);
    let mut renderer = PageRenderer {
        renderer: SlideRenderer::new(&loaded),
        loaded: &loaded,
        args,
        size,
        execution: settings::execution(&config, args.sandbox)?,
    };
    let document = match args.to {
        Format::Svg => renderer.picture(pages[0])?,
        Format::Text => renderer.text(&pages),
        Format::Html => renderer.html(&pages)?,
    };
    write(&args.output, &document)
}

/// Returns the pages to export: the last step of each selected slide; or every step; or, with
/// presenterm's `export.pauses: new_slide`, the step at each pause.
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

/// Renders pages.
struct PageRenderer<'a> {
    renderer: SlideRenderer,
    loaded: &'a LoadedDeck,
    args: &'a ExportArgs,
    size: Size,
    execution: Execution,
}

impl PageRenderer<'_> {
    /// Renders a page as SVG.
    fn picture(&mut self, at: Cursor) -> anyhow::Result<String> {
        let mut scene = self.renderer.scene(at, self.size);
        if self.args.enable_snippet_execution {
            self.renderer.run(&self.args.deck, &self.execution);
            scene = self.renderer.scene(at, self.size);
        }
        if self.args.overflow == Overflow::Show && scene.scroll_limit() > 0 {
            let more = u16::try_from(scene.scroll_limit()).unwrap_or(u16::MAX);
            let rows = self.size.rows.saturating_add(more);
            scene = self.renderer.scene(at, Size { rows, ..self.size });
        }
        let mut buffer = Buffer::empty(Rect::new(0, 0, scene.size.columns, scene.size.rows));
        let overlays = view::paint(&scene, 0, &mut buffer);
        let pictures: Vec<(Overlay, Vec<u8>)> = overlays
            .into_iter()
            .filter_map(|overlay| self.renderer.picture(&overlay.key).map(|file| (overlay, file)))
            .map(|(overlay, file)| {
                files::read(&file, FileKind::Picture).map(|bytes| (overlay, bytes))
            })
            .collect::<Result<_, _>>()
            .context("a picture of the slide")?;
        Ok(svg(&buffer, &pictures, &look(&self.loaded.style(at.slide).theme)))
    }

    /// Renders pages as plain text.
    fn text(&mut self, pages: &[Cursor]) -> String {
        // The cell size of presenterm's exports.
        let size = Size { cell: (20, 40), ..self.size };
        let text_of = |&at: &Cursor| text(&self.renderer.scene(at, size), self.args.overflow);
        pages.iter().map(text_of).collect::<Vec<_>>().join(PAGE_BREAK) + "\n"
    }

    /// Renders pages as one HTML document.
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

/// Returns the theme's base colours; light on dark if the theme uses the terminal's.
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
    fn pages_are_separated_by_form_feeds() {
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
    fn deck_with_errors_is_exported() {
        assert!(exported("before\n\n<!-- nonsense -->\n", &[]).contains("before"));
    }

    #[test]
    fn f205_pauses_are_pages_if_configured() {
        let deck = "a\n<!-- pause -->\n```c {1|2}\nb\nc\n```\n<!-- end_slide -->\nd";
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.yaml");
        fs::write(&config, "export: {pauses: new_slide}\n").unwrap();
        let pages = |more: &[&str]| exported(deck, more).matches('\u{c}').count() + 1;
        assert_eq!(pages(&["-c", config.to_str().unwrap()]), 3);
        assert_eq!((pages(&[]), pages(&["--steps"])), (2, 4));
    }

    #[test]
    fn overflow_is_exported_on_request() {
        let deck = "1\n\n2\n\n3\n\n4\n\n5\n";
        assert!(!exported(deck, &[]).contains('5'));
        assert!(exported(deck, &["--overflow", "show"]).contains('5'));
    }
}
