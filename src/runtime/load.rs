//! Reading a deck from disk and making of it all that showing it needs: the deck, its theme, its
//! highlighter, its footer texts. The same for the first load and for every save after it.

#![expect(clippy::disallowed_methods, reason = "the one place that reads the deck's files")]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::deck::{Deck, Inline, Options, SlideNo};
use crate::diag::Diagnostic;
use crate::highlight::Highlighter;
use crate::layout::{FooterText, Limits, PictureKey};
use crate::parse;
use crate::recording::Found;
use crate::run::Runs;
use crate::source::{Drafts, Files, SourceFile};
use crate::theme::{Background, FooterPart, FooterStyle, Shades, Theme};

use super::gallery::gallery;
use super::{markdown, tape, themes};

/// Everything that showing a deck needs.
#[derive(Clone, Debug)]
pub struct Show {
    /// The deck.
    pub deck: Arc<Deck>,
    /// What it looks like: one look for all slides, or one for each.
    pub looks: Arc<[Look]>,
    /// How much of the terminal its slides use.
    pub limits: Limits,
    /// What was recorded of its code.
    pub recorded: Runs,
}

/// What a slide looks like.
#[derive(Clone, Debug)]
pub struct Look {
    /// Its theme.
    pub theme: Arc<Theme>,
    /// Its highlighter, kept over saves so that code need not be highlighted again.
    pub highlighter: Arc<Highlighter>,
    /// Its footer.
    pub footer: FooterText,
}

impl Show {
    /// What a slide looks like.
    ///
    /// # Panics
    /// When there is no look, which [`load`] never leaves out.
    pub fn look(&self, slide: SlideNo) -> &Look {
        let own = self.looks.get(slide.index()).or_else(|| self.looks.last());
        own.expect("every deck is loaded with a look")
    }
}

/// Which deck, and what the command line and the configuration say about how to read it.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The deck's file.
    pub path: PathBuf,
    /// The theme that is used whatever the deck says.
    pub theme: Option<String>,
    /// The theme of a deck that names none, on each background.
    pub default_theme: Shades<String>,
    /// The terminal's background.
    pub background: Background,
    /// Whether it is no file but the deck of all themes.
    pub gallery: bool,
    /// The folder of the user's themes.
    pub themes: Option<PathBuf>,
    /// The options of a deck whose front matter sets none.
    pub options: Options,
    /// How much of the terminal its slides use.
    pub limits: Limits,
    /// Whether the speaker's notes are shown instead of the slides.
    pub notes: bool,
    /// What was edited on the stage and not saved.
    pub unsaved: Unsaved,
}

/// What was edited and not saved, for every reading of the same deck.
#[derive(Clone, Debug, Default)]
pub struct Unsaved(Arc<Mutex<Drafts>>);

/// The drafts, while somebody looks at them or changes them.
pub(super) type DraftsGuard<'a> = MutexGuard<'a, Drafts>;

impl Unsaved {
    /// The drafts, to be looked at or changed.
    pub(super) fn drafts(&self) -> DraftsGuard<'_> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Origin {
    /// The deck in this file, with nothing said about it.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            theme: None,
            default_theme: Shades { dark: "dark".to_owned(), light: "dark".to_owned() },
            background: Background::Dark,
            gallery: false,
            themes: None,
            options: Options::default(),
            limits: Limits::default(),
            notes: false,
            unsaved: Unsaved::default(),
        }
    }
}

/// Reads a deck. `before` is what is shown now, whose highlighter goes on if it can.
///
/// # Errors
/// The deck's own file cannot be read. Everything else is a diagnostic of the deck.
pub fn load(origin: &Origin, before: Option<&Show>) -> io::Result<Show> {
    if origin.gallery {
        return Ok(gallery(origin));
    }
    let bytes = Drafted(origin).read(&origin.path)?;
    Ok(show(origin, &String::from_utf8_lossy(&bytes), before))
}

fn show(origin: &Origin, text: &str, before: Option<&Show>) -> Show {
    let mut deck = parse::parse_with(&origin.path, text, &Drafted(origin), origin.options.clone());
    let look = look(origin, &mut deck, before.and_then(|show| show.looks.last()));
    let recorded = if deck.cells.is_empty() { Runs::new() } else { recorded(origin, &mut deck) };
    let deck = if origin.notes { deck.of_notes() } else { deck };
    Show { deck: Arc::new(deck), looks: Arc::new([look]), limits: origin.limits, recorded }
}

/// What was recorded of the deck's cells; a damaged recording is a mistake of the deck.
fn recorded(origin: &Origin, deck: &mut Deck) -> Runs {
    let file = tape::recording_file(&origin.path);
    let folder = tape::recording_folder(&origin.path);
    deck.files.push(file.clone());
    match tape::read_recording(&origin.path) {
        Ok(recording) => {
            let recording = recording.unwrap_or_default();
            let found = recording.find(deck).into_iter();
            let shown = |found: Found<'_>| {
                let mut run = found.take.shown(&folder, found.is_old);
                markdown::read_all(&mut run.output);
                run
            };
            found.map(|(id, found)| (id, shown(found))).collect()
        }
        Err(error) => {
            let file = deck.sources.add(SourceFile::new(file, error.text()));
            let mistake = Diagnostic::warning(error.span(file), error.message());
            deck.diagnostics.push(mistake.hint("`livedeck record` makes it anew"));
            Runs::new()
        }
    }
}

/// The look of a deck; `before` is what was shown last, whose highlighter goes on if it can.
pub(super) fn look(origin: &Origin, deck: &mut Deck, before: Option<&Look>) -> Look {
    let theme = themes::choose(origin, deck);
    let highlighter = themes::highlighter(origin, &theme, deck, before);
    let footer = footer_text(&theme, deck, origin);
    Look { theme: Arc::new(theme), highlighter, footer }
}

fn footer_text(theme: &Theme, deck: &mut Deck, origin: &Origin) -> FooterText {
    let FooterStyle::Template { left, center, right, .. } = &theme.footer else {
        return FooterText::default();
    };
    let mut read = |part: &Option<FooterPart>| -> Vec<Inline> {
        let Some(FooterPart::Text(template, at)) = part else { return Vec::new() };
        parse::footer(template, &deck.meta).unwrap_or_else(|message| {
            deck.diagnostics.push(Diagnostic::error(*at, format!("footer: {message}")));
            Vec::new()
        })
    };
    let texts = [left, center, right].map(&mut read);
    let pictures = [left, center, right].map(|part| footer_picture(part.as_ref(), origin));
    let [left, center, right] = texts;
    FooterText { pictures, left, center, right }
}

/// A picture of the footer: beside the deck, or in the folder of themes.
fn footer_picture(part: Option<&FooterPart>, origin: &Origin) -> Option<PictureKey> {
    let Some(FooterPart::Image(path, _)) = part else { return None };
    let beside = folder(&origin.path);
    let themes = origin.themes.as_ref().filter(|themes| themes.join(path).is_file());
    let base = if beside.join(path).is_file() { beside } else { themes.cloned().unwrap_or(beside) };
    Some(PictureKey { base, source: path.as_str().into() })
}

/// The folder a file stands in; `.` for a bare name.
pub(crate) fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The real file system.
#[derive(Clone, Copy, Debug)]
pub struct DiskFiles;

impl Files for DiskFiles {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }
}

/// The real file system, with what was edited and not saved.
struct Drafted<'a>(&'a Origin);

impl Files for Drafted<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let bytes = std::fs::read(path)?;
        let drafts = self.0.unsaved.drafts();
        if drafts.is_empty() {
            return Ok(bytes);
        }
        // What is not UTF-8 is never edited.
        Ok(match String::from_utf8(bytes) {
            Ok(text) => drafts.apply(path, &text).into_owned().into_bytes(),
            Err(error) => error.into_bytes(),
        })
    }
}
