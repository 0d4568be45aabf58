//! `livedeck export`: writes slides as documents.

#![expect(clippy::disallowed_methods, reason = "an export is a file")]

mod combinations;
mod film;
mod images;
mod output;
mod pages;

#[cfg(feature = "pdf")]
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::film::film;
use self::images::FileNames;
use self::output::Destination;
pub(super) use self::output::use_temporary_folder;
use self::pages::pages;
use super::args::{ExportArgs, Format, OutputSource};
use super::choices::check_variant;
use super::progress::Progress;
use super::settings;
use crate::app::Policy;
use crate::config::Config;
#[cfg(feature = "pdf")]
use crate::config::Paper;
use crate::deck::{Cursor, SlideKind, SlideNo, Step};
use crate::export::{
    HtmlDocument, HtmlMetadata, HtmlPage, HtmlSlide, Overflow, PAGE_BREAK, Rasterizer,
    TerminalColors, svg, text,
};
#[cfg(feature = "pdf")]
use crate::export::{PdfContent, PdfLayout, PdfMetadata, PdfPage, Rgb, pdf};
#[cfg(feature = "pdf")]
use crate::files::{self, FileKind};
use crate::headless::SlideRenderer;
use crate::layout::{LargeText, PictureContent, Scene, Size};
use crate::media::DocumentPicture;
use crate::project::{Execution, LoadedDeck, TalkLogRuns, load, read_talk_log};
use crate::theme::Theme;
use crate::view::{self, Overlay, VisibleLink};

/// Writes the requested document.
///
/// # Errors
/// The deck cannot be read, a slide does not exist, or the document cannot be made or written.
pub(super) fn export(args: &ExportArgs) -> anyhow::Result<()> {
    combinations::check(args)?;
    if !matches!(args.to, Format::Png) {
        destination(args).check()?;
    }
    let config = settings::config(args.choices.config.as_deref(), Some(&args.deck))?;
    let options = settings::load_options(args.deck.clone(), args.choices.theme.clone(), &config);
    super::themes::check(&options)?;
    let options = args.variant.applied_to(options);
    let mut loaded = load(&options, None).with_context(|| super::quoted(&args.deck))?;
    check_variant(&loaded.deck)?;
    let source = source(args, &loaded);
    if source == OutputSource::Recording && loaded.recorded.is_empty() {
        super::warn("the deck has no recording\nhint: `livedeck record DECK` creates one");
    }
    if source == OutputSource::None {
        loaded.recorded.clear();
    }
    // Its pictures exist as long as it does.
    let _log = talk_log(&source, &mut loaded)?;
    let pages = pages(&loaded.deck, args, config.export.page_per_step)?;
    let count = pages.chunk_by(|one, other| one.slide == other.slide).count();
    let mut exporter = Exporter {
        renderer: SlideRenderer::for_document(&loaded, policy(args)),
        loaded: &loaded,
        args,
        size: size(args, &config),
        source,
        execution: settings::execution(&config, args.sandbox)?,
        overflowing: Vec::new(),
        progress: Progress::new("slide", count),
        begun: 0,
        prepared: None,
    };
    let document = match args.to {
        Format::Svg => exporter.svg(pages[0])?.into_bytes(),
        Format::Text => exporter.text(&pages).into_bytes(),
        Format::Html => exporter.html(&pages)?.into_bytes(),
        Format::Png => return exporter.png(&pages),
        Format::Gif | Format::Cast => return exporter.film(&config, &pages),
        #[cfg(feature = "pdf")]
        Format::Pdf => exporter.pdf(&pages, &config)?,
    };
    exporter.progress.hide();
    let destination = destination(args);
    destination.write(&document)?;
    exporter
        .report(&destination, if matches!(args.to, Format::Html) { count } else { pages.len() });
    Ok(())
}

/// The size of a page. SVG pictures show what most terminals show; documents have large text.
fn size(args: &ExportArgs, config: &Config) -> Size {
    let size = args.size.unwrap_or_else(|| {
        let (columns, rows) = (config.export.columns, config.export.rows);
        Size::new(columns.unwrap_or(100), rows.unwrap_or(30))
    });
    let large_text = match (config.defaults.large_text, args.to) {
        (Some(chosen), _) => chosen,
        (None, Format::Svg | Format::Cast) => LargeText::Blocks,
        (None, _) => LargeText::Protocol,
    };
    Size { large_text, ..size }
}

fn source(args: &ExportArgs, loaded: &LoadedDeck) -> OutputSource {
    match args.from.clone() {
        Some(source) => source,
        None if args.run.is_any() => OutputSource::Run,
        None if !loaded.recorded.is_empty() => OutputSource::Recording,
        None => OutputSource::None,
    }
}

/// What may run, if anything does: all code, unless flags choose some.
fn policy(args: &ExportArgs) -> Policy {
    if args.run.is_any() { args.run.policy() } else { Policy { exec: true, replace: true } }
}

/// Puts the runs of a log in the place of the recording.
fn talk_log(source: &OutputSource, loaded: &mut LoadedDeck) -> anyhow::Result<Option<TalkLogRuns>> {
    let OutputSource::Log(path) = source else { return Ok(None) };
    let mut log = read_talk_log(path, loaded).with_context(|| super::quoted(path))?;
    if log.lost > 0 {
        let blocks = super::counted(log.lost, "block");
        super::warn(&format!("{blocks} of the talk ran and cannot be found in the deck"));
    }
    loaded.recorded = std::mem::take(&mut log.runs);
    Ok(Some(log))
}

fn destination(args: &ExportArgs) -> Destination {
    match &args.output {
        Some(output) => Destination::named(output),
        None => match args.to {
            #[cfg(feature = "pdf")]
            Format::Pdf => beside(&args.deck, "pdf"),
            Format::Gif => beside(&args.deck, "gif"),
            Format::Cast => beside(&args.deck, "cast"),
            _ => Destination::StandardOutput,
        },
    }
}

/// The deck's name with another extension, in the current folder.
fn beside(deck: &Path, extension: &str) -> Destination {
    let file = deck.with_extension(extension);
    Destination::File(file.file_name().map_or_else(|| "deck".into(), PathBuf::from))
}

/// A document in the making.
struct Exporter<'a> {
    renderer: SlideRenderer,
    loaded: &'a LoadedDeck,
    args: &'a ExportArgs,
    size: Size,
    source: OutputSource,
    execution: Execution,
    /// The slides with rows that were cut off.
    overflowing: Vec<usize>,
    progress: Progress,
    /// The number of slides that were begun.
    begun: usize,
    /// The slide whose outputs are there.
    prepared: Option<SlideNo>,
}

impl Exporter<'_> {
    /// One page as an SVG picture.
    fn svg(&mut self, at: Cursor) -> anyhow::Result<String> {
        let page = self.page(at)?;
        Ok(svg(&page.buffer, &page.pictures, &page.links, &page.colors))
    }

    /// A PNG file of each page.
    fn png(&mut self, pages: &[Cursor]) -> anyhow::Result<()> {
        let mut rasterizer = Rasterizer::new(self.args.scale.unwrap_or(2));
        let single = images::single(self.args.output.as_deref());
        if let Some(stream) = single.as_ref().filter(|single| single.is_stream()) {
            anyhow::ensure!(
                pages.len() == 1,
                "{stream} holds one picture, and there are {}\nhint: choose one with `--slide`",
                pages.len()
            );
        }
        let single = single.filter(|_| pages.len() == 1);
        let last = pages.last().map_or(1, |at| at.slide.index() + 1);
        let names = FileNames::new(self.args.output.as_deref(), &self.args.deck, last)?;
        let destination = |index: usize, at: Cursor| {
            let is_it = |other: &Cursor| other.slide == at.slide;
            let step = pages[..=index].iter().filter(|other| is_it(other)).count();
            let has_steps = pages.iter().filter(|other| is_it(other)).count() > 1;
            let step = u16::try_from(step).ok().filter(|_| has_steps);
            let numbered = || Destination::File(names.file(number(at.slide), step));
            single.clone().unwrap_or_else(numbered)
        };
        for (index, &at) in pages.iter().enumerate() {
            destination(index, at).check()?;
        }
        for (index, &at) in pages.iter().enumerate() {
            let Page { buffer, pictures, colors, .. } = self.page(at)?;
            let pixels = rasterizer.draw(&buffer, &pictures, &colors);
            let pixels = pixels.context(
                "a page is too large for a picture\nhint: `--scale 1` or a smaller `--size` makes it smaller",
            )?;
            let file = pixels.png().map_err(anyhow::Error::msg)?;
            destination(index, at).write(&file)?;
        }
        self.progress.hide();
        self.report(&single.unwrap_or_else(|| Destination::File(names.pattern())), pages.len());
        Ok(())
    }

    /// A film of a walk.
    fn film(&mut self, config: &Config, pages: &[Cursor]) -> anyhow::Result<()> {
        let film = film(self, config, pages)?;
        let destination = destination(self.args);
        destination.write(&film.bytes)?;
        if let Destination::File(file) = &destination {
            super::warn(&format!(
                "wrote {}: {}, {:.1} s, {}",
                super::quoted(file),
                super::counted(film.frames, "frame"),
                film.duration.as_secs_f64(),
                self.source.description()
            ));
        }
        Ok(())
    }

    /// The pages as rows of text.
    fn text(&mut self, pages: &[Cursor]) -> String {
        // The cell size of presenterm's exports.
        self.size.cell = (20, 40);
        let content =
            if self.args.no_alt_text { PictureContent::Blank } else { PictureContent::Text };
        self.renderer.fill_pictures_with(content);
        // The rows of the screen, as presenterm writes them.
        let overflow = self.args.overflow.unwrap_or(Overflow::Hide);
        let page = |&at: &Cursor| {
            let scene = self.scene(at);
            if overflow == Overflow::Hide {
                self.note_hidden(&scene, at);
            }
            text(&scene, overflow)
        };
        pages.iter().map(page).collect::<Vec<_>>().join(PAGE_BREAK) + "\n"
    }

    /// The pages as one HTML page.
    fn html(&mut self, pages: &[Cursor]) -> anyhow::Result<String> {
        let deck = &self.loaded.deck;
        let mut document = HtmlDocument::new(HtmlMetadata {
            title: title(self.args, self.loaded),
            language: deck.options.language.clone(),
            size: (self.size.columns, self.size.rows),
            prints_steps: self.args.steps,
        });
        for steps in pages.chunk_by(|one, other| one.slide == other.slide) {
            let at = steps[0].slide;
            let slide = deck.slide(at);
            let steps = steps.iter().map(|&at| {
                let Page { scene, buffer, pictures, colors, .. } = self.page(at)?;
                Ok(HtmlPage { scene, buffer, pictures, colors })
            });
            let steps = steps.collect::<anyhow::Result<_>>()?;
            let notes = slide.notes.iter().filter(|_| self.args.notes);
            document.add(&HtmlSlide {
                number: number(at),
                title: slide_title(self.args, self.loaded, at).unwrap_or_default(),
                steps,
                notes: notes.map(|note| note.text.to_string()).collect(),
            });
        }
        Ok(document.finish())
    }

    /// The pages as a PDF document.
    #[cfg(feature = "pdf")]
    fn pdf(&mut self, pages: &[Cursor], config: &Config) -> anyhow::Result<Vec<u8>> {
        let deck = &self.loaded.deck;
        let (mut sheets, mut last) = (Vec::with_capacity(pages.len()), None);
        for at in pages {
            let Page { buffer, pictures, links, colors, .. } = self.page(*at)?;
            let columns = buffer.area.width;
            let content = PdfContent { buffer, pictures, links, colors };
            let slide = number(at.slide);
            let title = slide_title(self.args, self.loaded, at.slide);
            // The notes are those of all steps.
            let is_first = last.replace(at.slide) != Some(at.slide);
            let notes =
                if self.args.notes && is_first { self.notes(at.slide, columns)? } else { None };
            sheets.push(PdfPage { content, notes, slide, title });
        }
        let fonts = chosen_fonts(&config.export.fonts);
        let authors = deck.meta.author.iter().chain(&deck.meta.authors).cloned().collect();
        let export = &config.export;
        let layout = PdfLayout {
            paper: export.page.map(Paper::size),
            margin: export.margin.map(|millimetres| f32::from(millimetres) * 72.0 / 25.4),
            has_notes: self.args.notes,
        };
        let title = title(self.args, self.loaded);
        let metadata = PdfMetadata { title, authors, layout, fonts };
        let pdf = pdf(&sheets, metadata).map_err(anyhow::Error::msg)?;
        if let Some(message) = missing_characters(&pdf.missing) {
            super::warn(&message);
        }
        for (slide, why) in &pdf.lost_pictures {
            super::warn(&format!("slide {slide}: {why}"));
        }
        Ok(pdf.bytes)
    }

    /// The notes of a slide, on paper. Nothing if it has none.
    #[cfg(feature = "pdf")]
    fn notes(&mut self, slide: SlideNo, columns: u16) -> anyhow::Result<Option<PdfContent>> {
        let Some(scene) = self.renderer.notes(slide, columns) else { return Ok(None) };
        let rows = u16::try_from(scene.height).unwrap_or(u16::MAX).min(scene.size.rows);
        let area = Rect::new(0, 0, columns, rows);
        let mut buffer = Buffer::empty(area);
        let overlays = view::paint_body_at(&scene, 0, area, &mut buffer);
        let pictures = self.pictures(overlays)?;
        let links = view::visible_links(&buffer);
        let colors = TerminalColors::new(Rgb(0, 0, 0), Rgb(255, 255, 255));
        Ok(Some(PdfContent { buffer, pictures, links, colors }))
    }

    /// The pictures of a page.
    fn pictures(
        &mut self,
        overlays: Vec<Overlay>,
    ) -> anyhow::Result<Vec<(Overlay, DocumentPicture)>> {
        overlays
            .into_iter()
            .filter_map(|overlay| {
                let picture = self.renderer.picture(&overlay.key).transpose()?;
                Some(picture.map(|picture| (overlay, picture)))
            })
            .collect::<Result<_, _>>()
            .context("a picture of the slide")
    }

    /// A page's cells and pictures.
    fn page(&mut self, at: Cursor) -> anyhow::Result<Page> {
        let mut scene = self.scene(at);
        let overflow = self.args.overflow.unwrap_or(Overflow::Show);
        if overflow == Overflow::Show && scene.scroll_limit() > 0 {
            let more = u16::try_from(scene.scroll_limit()).unwrap_or(u16::MAX);
            let rows = self.size.rows.saturating_add(more).saturating_add(footer_rows(&scene));
            scene = self.renderer.scene(at, Size { rows, ..self.size });
        } else {
            self.note_hidden(&scene, at);
        }
        let mut buffer = Buffer::empty(Rect::new(0, 0, scene.size.columns, scene.size.rows));
        let overlays = view::paint(&scene, 0, &mut buffer);
        let pictures = self.pictures(overlays)?;
        let colors = terminal_colors(&self.loaded.style(at.slide).theme);
        let links = view::links(&scene, 0, &buffer);
        Ok(Page { scene, buffer, pictures, links, colors })
    }

    /// Notes that the rest of a tall slide is cut off.
    fn note_hidden(&mut self, scene: &Scene, at: Cursor) {
        if scene.scroll_limit() > 0 && !self.overflowing.contains(&at.slide.index()) {
            self.overflowing.push(at.slide.index());
        }
    }

    /// A page's scene, with the outputs that were asked for.
    fn scene(&mut self, at: Cursor) -> Scene {
        if self.prepared.replace(at.slide) != Some(at.slide) {
            self.prepare(at.slide);
        }
        self.renderer.scene(at, self.size)
    }

    /// Makes the outputs of a slide, once for all of its steps.
    fn prepare(&mut self, slide: SlideNo) {
        self.begun += 1;
        self.progress.begin(self.begun);
        if self.source == OutputSource::None {
            return;
        }
        self.renderer.scene(Cursor { slide, step: Step::LAST }, self.size);
        match self.source {
            OutputSource::Run => self.renderer.run(&self.args.deck, &self.execution),
            OutputSource::Recording | OutputSource::Log(_) => self.renderer.show_recorded(),
            OutputSource::None => {}
        }
    }

    /// Reports what was written to a file, and what the document lacks.
    fn report(&self, destination: &Destination, pages: usize) {
        if let Destination::File(file) = destination {
            let source = self.source.description();
            let word = if matches!(self.args.to, Format::Html) { "slide" } else { "page" };
            let pages = super::counted(pages, word);
            super::warn(&format!("wrote {}: {pages}, {source}", super::quoted(file)));
        }
        for slide in &self.overflowing {
            super::warn(&format!(
                "slide {}: some rows do not fit and are hidden; use `--overflow show`",
                slide + 1
            ));
        }
    }
}

/// The talk's title, or the deck's file name.
fn title(args: &ExportArgs, loaded: &LoadedDeck) -> String {
    let file = || args.deck.file_stem().unwrap_or_default().to_string_lossy();
    loaded.deck.meta.title_source.as_deref().map_or_else(file, Into::into).into_owned()
}

/// A slide's title; the talk's for the first slide with it.
fn slide_title(args: &ExportArgs, loaded: &LoadedDeck, slide: SlideNo) -> Option<String> {
    let slide = loaded.deck.slide(slide);
    match slide.kind {
        SlideKind::Intro => Some(title(args, loaded)),
        SlideKind::Normal => slide.title.as_deref().map(str::to_owned),
    }
}

/// A slide's number, from 1.
fn number(slide: SlideNo) -> u32 {
    u32::try_from(slide.index() + 1).unwrap_or(u32::MAX)
}

/// Reads the chosen fonts. The bundled one replaces a font that this computer does not have: a deck's
/// configuration goes with it from one to the next.
#[cfg(feature = "pdf")]
fn chosen_fonts(files: &[Option<PathBuf>; 4]) -> [Option<Vec<u8>>; 4] {
    let mut unread = BTreeMap::new();
    let fonts = files.each_ref().map(|file| {
        let file = file.as_ref()?;
        files::read(file, FileKind::Picture).map_err(|why| unread.insert(file, why)).ok()
    });
    for (file, why) in unread {
        super::warn(&format!(
            "{}: {why}\nhint: DejaVu Sans Mono is used instead; `export.pdf.fonts` names the files",
            super::quoted(file)
        ));
    }
    fonts
}

/// Names the characters that no font has, with their slides: those of the same slides together.
#[cfg(feature = "pdf")]
fn missing_characters(missing: &BTreeMap<char, Vec<u32>>) -> Option<String> {
    let mut by_slides = BTreeMap::<&[u32], Vec<String>>::new();
    for (character, slides) in missing {
        let name = format!("`{character}` (U+{:04X})", u32::from(*character));
        by_slides.entry(slides).or_default().push(name);
    }
    let line = |(slides, names): (&[u32], Vec<String>)| {
        format!("no font has {}, on {}\n", names.join(", "), slide_list(slides))
    };
    let lines: String = by_slides.into_iter().map(line).collect();
    let hint = "hint: install a font that has them, or set `export.pdf.fonts`";
    (!lines.is_empty()).then(|| lines + hint)
}

/// Slides by their numbers, shortened: `slide 3`, or `slides 3, 4, 7 and 9 more`.
#[cfg(feature = "pdf")]
fn slide_list(slides: &[u32]) -> String {
    const MAX_NAMED: usize = 5;
    let named: Vec<_> = slides.iter().take(MAX_NAMED).map(u32::to_string).collect();
    let more = slides.len().saturating_sub(MAX_NAMED);
    let word = if slides.len() == 1 { "slide" } else { "slides" };
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{word} {}{more}", named.join(", "))
}

/// A page, painted.
struct Page {
    scene: Scene,
    buffer: Buffer,
    pictures: Vec<(Overlay, DocumentPicture)>,
    links: Vec<VisibleLink>,
    colors: TerminalColors,
}

/// Returns how many rows of the body are beside the footer. The end of a tall page is above it.
fn footer_rows(scene: &Scene) -> u16 {
    let rows = u32::from(scene.size.rows);
    let footer = scene.frame.iter().map(|placed| placed.y).filter(|y| *y >= rows / 2).min();
    let covered = u32::from(scene.viewport.bottom()).saturating_sub(footer.unwrap_or(rows));
    u16::try_from(covered).unwrap_or(0)
}

/// Returns the theme's base colours; light on dark if the theme uses the terminal's.
fn terminal_colors(theme: &Theme) -> TerminalColors {
    TerminalColors::of_style(theme.base)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use std::fs;

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

    #[cfg(feature = "pdf")]
    #[test]
    fn missing_characters_of_the_same_slides_are_one_line() {
        let missing = [('a', vec![2]), ('b', vec![2, 3]), ('c', vec![2])].into();
        let message = missing_characters(&missing).unwrap();
        let lines: Vec<_> = message.lines().collect();
        let first = "no font has `a` (U+0061), `c` (U+0063), on slide 2";
        assert_eq!(lines[..2], [first, "no font has `b` (U+0062), on slides 2, 3"]);
        assert!(lines.len() == 3 && lines[2].starts_with("hint: "));
        assert_eq!(missing_characters(&BTreeMap::new()), None);
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
