//! Reads the layers of a theme, lowest first: the base of the built-in themes, the theme that is
//! extended, the requested theme, the deck's overrides.

use std::rc::Rc;

use serde_json::{Value as Json, json};

use super::library::{Library, ThemeText, UnreadableTheme};
use super::raw::RawTheme;
use super::{Choice, builtin};
use crate::diag::{Diagnostic, Severity, did_you_mean};
use crate::source::{Sources, Span};
use crate::yaml::{self, DocumentKind, Fields, Node, YamlSource, text};

/// How diagnostics name a theme. presenterm rejects unknown keys at the root only.
const THEME: DocumentKind = DocumentKind {
    name: "theme",
    unknown_root_key: Severity::Error,
    unknown_key: Severity::Warning,
};

/// Returns a JSON schema of a theme file.
pub fn schema() -> Json {
    let mut schema = RawTheme::schema();
    let about = "the theme that this one changes: one of livedeck's or yours";
    schema["properties"]["extends"] = json!({ "type": "string", "description": about });
    schema
}

/// Returns a JSON schema of `theme.override` in front matter.
pub fn overrides_schema() -> Json {
    RawTheme::schema()
}

/// A theme as merged from the layers read so far.
pub(super) struct Layers<'a> {
    /// The merged theme.
    pub(super) raw: RawTheme,
    /// Problems found in the layers.
    pub(super) problems: Vec<Diagnostic>,
    library: &'a Library<'a>,
    sources: &'a mut Sources,
}

impl<'a> Layers<'a> {
    /// Creates an empty theme; reports the library's name conflicts.
    pub(super) fn new(library: &'a Library<'a>, sources: &'a mut Sources) -> Self {
        let problems = library.check(sources);
        Self { raw: RawTheme::default(), problems, library, sources }
    }

    /// Reads the theme that takes precedence and returns its name.
    pub(super) fn read_chosen(&mut self, choice: &Choice<'_>) -> String {
        let nowhere = Span::default();
        match (choice.forced, choice.file, choice.name) {
            (Some(name), ..) => self.read_named(name, nowhere, choice.default),
            (None, Some((text, span)), _) => self.read_file(text, span, choice.default),
            (None, None, Some((name, span))) => self.read_named(name, span, choice.default),
            (None, None, None) => self.read_default(choice.default),
        }
    }

    /// Reads the overrides of a deck's front matter.
    pub(super) fn read_overrides(&mut self, text: &str, span: Span) {
        let Some(node) = self.parse(text, span) else { return };
        let size = self.raw.slide_title.font_size.take();
        self.read_layer(&node, text, span, |fields| {
            if let Some(at) = fields.find("extends") {
                let problem = Diagnostic::error(at, "an override cannot extend a theme");
                fields.report(problem.hint("choose the theme with `theme.name`"));
            }
        });
        let title = &mut self.raw.slide_title;
        title.is_size_asked = title.font_size.is_some();
        title.font_size = title.font_size.or(size);
    }

    /// Reads a named theme; if it does not exist, reports that and reads `fallback`. Returns the name
    /// of the theme that was read.
    fn read_named(&mut self, name: &str, at: Span, fallback: &str) -> String {
        if self.read_theme(name, &mut Vec::new()) {
            return name.to_owned();
        }
        self.report_missing(name, at);
        if self.read_theme(fallback, &mut Vec::new()) {
            return fallback.to_owned();
        }
        self.read_builtin(builtin::texts(builtin::FALLBACK).unwrap_or_default());
        builtin::FALLBACK.to_owned()
    }

    /// Reads the configured theme of decks that name none.
    fn read_default(&mut self, name: &str) -> String {
        let first_new = self.problems.len();
        let read = self.read_named(name, Span::default(), builtin::FALLBACK);
        if read != name
            && let Some(problem) = self.problems.get_mut(first_new)
        {
            problem.hints.insert(0, "`defaults.theme` of the configuration names it".to_owned());
        }
        read
    }

    /// Reports that a theme does not exist.
    fn report_missing(&mut self, name: &str, at: Span) {
        let problem = Diagnostic::error(at, format!("there is no theme `{name}`"));
        let names: Vec<_> = self.library.names().collect();
        let problem = match did_you_mean(name, names.iter().copied()) {
            Some(hint) => problem.hint(hint),
            None => problem.hint("`livedeck themes` lists them"),
        };
        self.problems.push(self.library.searched().into_iter().fold(problem, Diagnostic::hint));
    }

    /// Reads a theme after the themes that it extends; returns whether it exists. `extending` are the
    /// themes that extend it.
    fn read_theme(&mut self, name: &str, extending: &mut Vec<String>) -> bool {
        if let Some(texts) = builtin::texts(name) {
            self.read_builtin(texts);
            return true;
        }
        match self.library.text(name, self.sources) {
            None => return false,
            Some(Err(UnreadableTheme { file, error })) => {
                let at = Span::new(file, 0..0);
                let problem = Diagnostic::error(at, format!("cannot be read: {error}"));
                self.problems.push(error.hint().into_iter().fold(problem, Diagnostic::hint));
            }
            Some(Ok(ThemeText { file, text })) => {
                let span = Span::new(file, 0..text.len());
                extending.push(name.to_owned());
                if let Some(node) = self.parse(&text, span) {
                    self.read_base(&node, &text, span, extending);
                    self.read_layer(&node, &text, span, |fields| fields.skip("extends"));
                }
            }
        }
        true
    }

    /// Reads the theme that a user's theme extends, if any.
    fn read_base(&mut self, node: &Node, file: &str, span: Span, extending: &mut Vec<String>) {
        let Some((base, at)) = extended(node, file, span) else { return };
        if extending.iter().any(|name| name == base) {
            let cycle = extending.iter().map(String::as_str).chain([base]).collect::<Vec<_>>();
            let message = format!("themes extend each other: {}", cycle.join(" → "));
            self.problems
                .push(Diagnostic::error(at, message).hint("let one extend a built-in theme"));
        } else if !self.read_theme(base, extending) {
            self.report_missing(base, at);
        }
    }

    /// Reads the layers of a built-in theme.
    fn read_builtin(&mut self, texts: &[&str]) {
        for text in texts {
            if let Some(node) = self.parse(text, Span::default()) {
                self.read_layer(&node, text, Span::default(), |_| {});
            }
        }
    }

    /// Reads a theme file after the theme it extends; returns the name of that theme.
    fn read_file(&mut self, file: &str, span: Span, default: &str) -> String {
        let Some(node) = self.parse(file, span) else {
            return self.read_named(default, span, builtin::FALLBACK);
        };
        let base = extended(&node, file, span);
        let name = base.map_or_else(String::new, |(name, at)| self.read_named(name, at, default));
        self.read_layer(&node, file, span, |fields| fields.skip("extends"));
        name
    }

    /// Parses a layer; reports text that is not YAML.
    fn parse(&mut self, text: &str, span: Span) -> Option<Rc<Node>> {
        yaml::parse(text)
            .map_err(|error| {
                let message = format!("not YAML: {}", error.message);
                self.problems
                    .push(YamlSource::new(text, span, THEME).error(error.at..error.at, message));
            })
            .ok()
    }

    /// Merges one layer; `first` reads the keys that are not styles.
    fn read_layer(
        &mut self,
        node: &Node,
        text: &str,
        span: Span,
        first: impl FnOnce(&mut Fields<'_>),
    ) {
        Fields::root(node, YamlSource::new(text, span, THEME), &mut self.problems, |fields| {
            first(fields);
            self.raw.read(fields);
        });
    }
}

/// Returns the name of the theme that a theme file extends, and its location.
fn extended<'n>(node: &'n Node, file: &str, span: Span) -> Option<(&'n str, Span)> {
    let name = node.get("extends")?;
    Some((text(name)?, YamlSource::new(file, span, THEME).span(name.range.clone())))
}
