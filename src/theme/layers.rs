//! Which texts make a theme, and in which order they are read: the skeleton of the built-in themes,
//! the theme asked for over the one it extends, the deck's overrides over all.

use std::rc::Rc;

use super::raw::RawTheme;
use super::{Choice, builtin};
use crate::diag::{Diagnostic, Severity, closest};
use crate::source::Span;
use crate::yaml::{self, Fields, Kind, Node, Place, text};

/// What messages call a theme. presenterm refuses unknown keys at the root only.
const THEME: Kind =
    Kind { name: "theme", strange_root: Severity::Error, strange_key: Severity::Warning };

/// Themes read one over the other.
#[derive(Default)]
pub(super) struct Layers {
    /// What they say together.
    pub(super) raw: RawTheme,
    /// What is wrong with them.
    pub(super) problems: Vec<Diagnostic>,
}

impl Layers {
    /// Reads the theme that counts and gives its name.
    pub(super) fn read_chosen(&mut self, choice: &Choice<'_>) -> String {
        let nowhere = Span::default();
        match (choice.forced, choice.file, choice.name) {
            (Some(name), ..) => self.read_named(name, nowhere, choice.default),
            (None, Some((text, span)), _) => self.read_file(text, span, choice.default),
            (None, None, Some((name, span))) => self.read_named(name, span, choice.default),
            (None, None, None) => self.read_named(choice.default, nowhere, builtin::FALLBACK),
        }
    }

    /// Reads the overrides of a deck's front matter.
    pub(super) fn read_overrides(&mut self, text: &str, span: Span) {
        let Some(node) = self.parse(text, span) else { return };
        self.read_layer(&node, text, span, |fields| {
            if let Some(at) = fields.find("extends") {
                let problem = Diagnostic::error(at, "an override cannot extend a theme");
                fields.report(problem.hint("choose the theme with `theme.name`"));
            }
        });
    }

    /// Reads the built-in theme of this name; if there is none, says so and reads `otherwise`.
    fn read_named(&mut self, name: &str, at: Span, otherwise: &str) -> String {
        if let Some(texts) = builtin::texts(name) {
            self.read_builtin(texts);
            return name.to_owned();
        }
        let problem = Diagnostic::error(at, format!("there is no theme `{name}`"));
        self.problems.push(match closest(name, builtin::names()) {
            Some(meant) => problem.hint(format!("did you mean `{meant}`?")),
            None => problem.hint("`livedeck themes` lists them"),
        });
        let name = if builtin::texts(otherwise).is_some() { otherwise } else { builtin::FALLBACK };
        self.read_builtin(builtin::texts(name).unwrap_or_default());
        name.to_owned()
    }

    /// Reads the texts of a built-in theme.
    fn read_builtin(&mut self, texts: &[&str]) {
        for text in texts {
            if let Some(node) = self.parse(text, Span::default()) {
                self.read_layer(&node, text, Span::default(), |_| {});
            }
        }
    }

    /// Reads a theme file over the theme it extends, and gives that theme's name.
    fn read_file(&mut self, file: &str, span: Span, default: &str) -> String {
        let Some(node) = self.parse(file, span) else {
            return self.read_named(default, span, builtin::FALLBACK);
        };
        let extends = node.get("extends").and_then(|node| Some((text(node)?, node)));
        let name = extends.map_or_else(String::new, |(name, node)| {
            let at = Place::new(file, span, THEME).span(node.range.clone());
            self.read_named(name, at, default)
        });
        self.read_layer(&node, file, span, |fields| fields.skip("extends"));
        name
    }

    /// The text's tree; a diagnostic where it is not YAML.
    fn parse(&mut self, text: &str, span: Span) -> Option<Rc<Node>> {
        yaml::parse(text)
            .map_err(|error| {
                let message = format!("not YAML: {}", error.message);
                self.problems
                    .push(Place::new(text, span, THEME).error(error.at..error.at, message));
            })
            .ok()
    }

    /// Reads one text over what is there; `first` reads the keys that are not about looks.
    fn read_layer(
        &mut self,
        node: &Node,
        text: &str,
        span: Span,
        first: impl FnOnce(&mut Fields<'_>),
    ) {
        Fields::root(node, Place::new(text, span, THEME), &mut self.problems, |fields| {
            first(fields);
            self.raw.read(fields);
        });
    }
}
