//! Chooses a deck's theme and highlighter: from the user's theme files, the deck, the terminal's
//! background and the configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::options::{LoadOptions, folder};
use crate::deck::Deck;
use crate::diag::{Diagnostic, did_you_mean};
use crate::files::{self, DeadlineReader, FileKind, ReadError};
use crate::highlight::{self, CodeGround, Highlighter};
use crate::source::{Files, MemFiles, SourceFile, Span};
use crate::theme::{self, Library, Theme};

/// The highlight theme to use if the theme names an unknown one.
const FALLBACK_HIGHLIGHT: &str = "base16-eighties.dark";

/// A text and its position, if set.
type SpannedText = Option<(String, Span)>;

/// Returns the names of all themes: first the built-in ones, then the user's.
pub fn names(folders: &[PathBuf]) -> Vec<String> {
    // The names do not depend on the content of the files.
    let files = MemFiles::default();
    let mut library = Library::new(&files);
    for folder in folders {
        library.add(folder, files::list(folder));
    }
    library.names().map(str::to_owned).collect()
}

/// Returns the deck's theme.
pub(super) fn choose(
    load_options: &LoadOptions,
    reader: &DeadlineReader,
    deck: &mut Deck,
) -> Theme {
    let file = file(load_options, reader, deck);
    let (name, overrides) = (name(load_options, deck), deck.theme.overrides.clone());
    let known = deck.sources.iter().count();
    let choice = theme::Choice {
        forced: load_options.theme.as_deref(),
        name: borrowed(&name),
        file: borrowed(&file),
        default: load_options.default_theme.on(load_options.background),
        overrides: borrowed(&overrides),
    };
    let mut library = Library::new(reader);
    load_options.themes.iter().for_each(|folder| library.add(folder, reader.list(folder)));
    let (theme, mistakes) = theme::resolve_with_library(&choice, &library, &mut deck.sources);
    deck.diagnostics.extend(mistakes);
    // Watch the theme files, too.
    let read = deck.sources.iter().skip(known).map(|file| file.path().to_owned());
    deck.files.extend(read.collect::<Vec<_>>());
    theme
}

/// Returns whether the theme depends on the terminal's background.
pub(crate) fn depends_on_background(load_options: &LoadOptions, deck: &Deck) -> bool {
    let theme = &deck.theme;
    let asked = theme.light.is_some() || theme.dark.is_some();
    let named = theme.name.is_some() || theme.path.is_some();
    let default = &load_options.default_theme;
    load_options.theme.is_none() && !named && (asked || default.dark != default.light)
}

/// Returns the theme that the deck names: `name`, or the one for the terminal's background.
fn name(load_options: &LoadOptions, deck: &Deck) -> SpannedText {
    let theme = &deck.theme;
    let by_background = || match load_options.background {
        theme::Background::Dark => theme.dark.clone().or_else(|| theme.light.clone()),
        theme::Background::Light => theme.light.clone().or_else(|| theme.dark.clone()),
    };
    theme.name.clone().or_else(by_background)
}

/// Reads the deck's theme file.
fn file(load_options: &LoadOptions, reader: &DeadlineReader, deck: &mut Deck) -> SpannedText {
    let (path, span) = deck.theme.path.clone()?;
    let path = folder(&load_options.path).join(path);
    deck.files.push(path.clone());
    match reader.read_text(&path, FileKind::Text) {
        Ok(text) => {
            let whole = 0..text.len();
            let id = deck.sources.add(SourceFile::new(path, text.as_str()));
            Some((text, Span::new(id, whole)))
        }
        Err(error) => {
            let message = format!("theme file `{}` cannot be read: {error}", path.display());
            let hint = error.hint().unwrap_or("the path is relative to the deck's folder");
            deck.diagnostics.push(Diagnostic::error(span, message).hint(hint));
            None
        }
    }
}

fn borrowed(said: &SpannedText) -> Option<(&str, Span)> {
    said.as_ref().map(|(text, span)| (text.as_str(), *span))
}

/// Returns the theme's highlighter; reuses `before` if it is the same.
pub(super) fn highlighter(
    load_options: &LoadOptions,
    reader: &DeadlineReader,
    theme: &Theme,
    deck: &mut Deck,
    before: Option<&Arc<Highlighter>>,
) -> Arc<Highlighter> {
    let name = theme.code.highlight_theme.as_str();
    let breaks = break_theme(theme, deck);
    let ground = CodeGround::in_theme(theme);
    let is_same = |kept: &&Arc<Highlighter>| {
        kept.theme() == name && kept.ground() == Some(ground) && kept.break_theme() == breaks
    };
    if let Some(kept) = before.filter(is_same) {
        return Arc::clone(kept);
    }
    let found = find_highlighter(load_options, reader, theme, deck);
    Arc::new(found.readable_on(ground).breaking_like(breaks))
}

/// Returns the theme at whose colour changes code wraps; reports one that does not exist.
fn break_theme<'t>(theme: &'t Theme, deck: &mut Deck) -> Option<&'t str> {
    let (name, at) = theme.code.break_theme.as_ref()?;
    if highlight::exists(name) {
        return Some(name);
    }
    let message = format!("there is no built-in highlight theme `{name}`");
    let mistake = Diagnostic::error(*at, message);
    let names: Vec<_> = highlight::names().collect();
    let hint = did_you_mean(name, names.iter().copied());
    deck.diagnostics.push(hint.into_iter().fold(mistake, Diagnostic::hint));
    None
}

/// Returns the highlighter that the theme names, in its own colours.
fn find_highlighter(
    load_options: &LoadOptions,
    reader: &DeadlineReader,
    theme: &Theme,
    deck: &mut Deck,
) -> Highlighter {
    let name = theme.code.highlight_theme.as_str();
    let folders: Vec<_> =
        load_options.themes.iter().map(|themes| themes.join("highlighting")).collect();
    let own: Vec<_> = folders.iter().flat_map(|folder| reader.list(folder)).collect();
    let is_theme = |path: &&PathBuf| path.extension().is_some_and(|ext| ext == "tmTheme");
    let named = own.iter().filter(is_theme).filter_map(|path| Some((path.file_stem()?, path)));
    let found = named.clone().find(|(stem, _)| *stem == name);
    if let Some((_, path)) = found {
        let read = reader.read(path, FileKind::Text);
        let (at, path) = (theme.code.highlight_theme_at, path.display());
        match read.map(|bytes| Highlighter::from_bytes(name, &bytes)) {
            Ok(Ok(highlighter)) => return highlighter,
            Ok(Err(why)) => {
                let message = format!("`{path}` is not a highlight theme: {why}");
                deck.diagnostics.push(Diagnostic::error(at, message));
            }
            Err(error) => {
                let mistake = Diagnostic::error(at, format!("`{path}` cannot be read: {error}"));
                deck.diagnostics.push(error.hint().into_iter().fold(mistake, Diagnostic::hint));
            }
        }
    } else if let Some(highlighter) = Highlighter::new(name) {
        return highlighter;
    } else {
        let message = format!("there is no highlight theme `{name}`");
        let mistake = Diagnostic::error(theme.code.highlight_theme_at, message);
        let own = named.filter_map(|(stem, _)| stem.to_str());
        let built_in = highlight::names().map(|name| -> &str { name });
        let known: Vec<_> = built_in.chain(own).collect();
        let hint = did_you_mean(name, known.iter().copied());
        let all = || format!("known highlight themes: {}", known.join(", "));
        let mistake = mistake.hint(hint.unwrap_or_else(all));
        let hint = theme::searched(&folders);
        deck.diagnostics.push(hint.into_iter().fold(mistake, Diagnostic::hint));
    }
    Highlighter::new(FALLBACK_HIGHLIGHT).expect("syntect includes this theme")
}

/// Reads the user's theme files.
impl Files for DeadlineReader {
    fn read(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        Self::read(self, path, FileKind::Text)
    }
}
