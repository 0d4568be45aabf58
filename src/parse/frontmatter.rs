//! Parses the YAML before the first slide. It is located by hand, since the markdown parser's own
//! front matter would also match rules in the middle of a deck, and read key by key, which limits
//! an error to its key.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::sanitize::{clean, excerpt};
use super::yaml_tree::{self, YamlNode, YamlValue};
use super::{line, options};
use crate::deck::{Deck, FrontMatter, Inline, Slide, SlideKind};
use crate::diag::{self, Diagnostic};
use crate::source::{FileId, SourceFile, Span};

/// The position of front matter in a text.
pub(super) struct Front {
    /// The YAML between the fences.
    pub(super) yaml: std::ops::Range<usize>,
    /// The first byte after it.
    pub(super) end: usize,
}

/// Finds front matter: a first line `---`, up to the next such line.
pub(super) fn cut(text: &str) -> Option<Front> {
    let start = bom(text);
    let mut lines = text[start..].split_inclusive('\n');
    let is_fence = |line: &str| line.trim_end_matches(['\n', '\r']) == "---";
    let first = lines.next().filter(|line| is_fence(line))?;
    let yaml = start + first.len();
    let mut at = yaml;
    for line in lines {
        if is_fence(line) {
            let empty = text[yaml..at].is_empty();
            return (!empty).then_some(Front { yaml: yaml..at, end: at + line.len() });
        }
        at += line.len();
    }
    None
}

/// Returns the length of a byte order mark, or 0.
fn bom(text: &str) -> usize {
    if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

/// Parses the deck's front matter, and adds an intro slide if a key of it is shown there. Returns
/// the first byte after it.
pub(super) fn read(text: &str, deck: &mut Deck, last_good: Option<&str>) -> usize {
    let Some(front) = cut(text) else {
        let mistake = unrecognised(text);
        let good = last_good.filter(|_| mistake.is_some());
        deck.diagnostics.extend(mistake);
        return good.map_or(bom(text), |good| keep(good, likely_end(text), deck));
    };
    let yaml = &text[front.yaml.clone()];
    let (root, mistake) = yaml_tree::read(yaml);
    let is_broken = mistake.is_some();
    let mut reader = FrontMatterReader { deck, file: FileId(0), yaml, base: front.yaml.start };
    if let Some(yaml_tree::YamlMistake { message, range }) = mistake {
        let range = reader.line_at(range.start);
        reader.report_error(range, format!("invalid YAML: {message}"));
    }
    if let Some(good) = last_good.filter(|_| is_broken) {
        return keep(good, front.end, deck);
    }
    let shows_intro = root.is_some_and(|root| reader.root(&root));
    if !is_broken {
        deck.front_matter.text = Some(text[..front.end].into());
    }
    if shows_intro {
        deck.slides.push(intro(front.end));
    }
    front.end
}

fn intro(end: usize) -> Slide {
    let title = Some("[Introduction]".into());
    let span = Span::new(FileId(0), 0..end);
    Slide { kind: SlideKind::Intro, title, steps: 1, span, ..Slide::default() }
}

/// Reads the last good front matter in place of broken front matter, whose mistake is reported last.
/// It is a source of its own, for positions in it. Returns `end`, the first byte after the broken one.
fn keep(good: &str, end: usize, deck: &mut Deck) -> usize {
    deck.front_matter = FrontMatter { text: Some(good.into()), is_broken: true };
    let count = deck.diagnostics.len();
    if let Some(mistake) = deck.diagnostics.last_mut() {
        mistake.hints.push("until then, the last good front matter is used".to_owned());
    }
    let (Some(front), Some(own)) = (cut(good), deck.sources.get(FileId(0))) else { return end };
    let file = SourceFile::new(own.path(), good);
    let file = deck.sources.add(file);
    let yaml = &good[front.yaml.clone()];
    let (root, _) = yaml_tree::read(yaml);
    let mut reader = FrontMatterReader { deck, file, yaml, base: front.yaml.start };
    let shows_intro = root.is_some_and(|root| reader.root(&root));
    // They were reported for the text that they are about.
    deck.diagnostics.truncate(count);
    if shows_intro {
        deck.slides.push(intro(end));
    }
    end
}

/// Returns where front matter without valid fences probably ends: after a line of dashes, or at an
/// empty line.
fn likely_end(text: &str) -> usize {
    let start = text.len() - text[bom(text)..].trim_start().len();
    let mut end = start;
    for (index, line) in text[start..].split_inclusive('\n').enumerate() {
        if index > 0 && line.trim().is_empty() {
            break;
        }
        end += line.len();
        if index > 0 && line.trim_end() == "---" {
            break;
        }
    }
    end
}

/// Returns a diagnostic for text that looks like invalid front matter: its first line is almost a
/// fence, and a known key follows.
fn unrecognised(text: &str) -> Option<Diagnostic> {
    let blank = text.len() - text[bom(text)..].trim_start().len();
    let mut lines = text[blank..].lines();
    let first = lines.next().filter(|line| line.trim_end() == "---")?;
    let (key, _) = lines.next()?.split_once(':')?;
    if !INTRO_KEYS.contains(&key) && !OTHER_KEYS.contains(&key) {
        return None;
    }
    let (message, hint) = if blank > bom(text) {
        ("front matter must start on the first line", "remove the empty lines above it")
    } else if first != "---" {
        ("the `---` that opens the front matter has spaces after it", "remove the spaces after it")
    } else {
        ("front matter is never closed", "end it with a line `---`, without spaces after it")
    };
    Some(Diagnostic::error(Span::new(FileId(0), blank..blank + 3), message).hint(hint))
}

/// Keys that make an intro slide.
const INTRO_KEYS: [&str; 7] =
    ["title", "sub_title", "event", "location", "date", "author", "authors"];

/// Keys that make no intro slide.
const OTHER_KEYS: [&str; 2] = ["theme", "options"];

/// Unknown keys that are reported one by one.
const MAX_UNKNOWN_KEYS: usize = 50;

/// Returns a JSON schema of the front matter. `theme` is that of `theme.override`.
pub fn front_matter_schema(theme: &Json) -> Json {
    let text =
        |about| json!({ "type": ["string", "number", "boolean", "null"], "description": about });
    let mut overrides = theme.clone();
    overrides["type"] = json!(["object", "null"]);
    let theme = json!({
        "name": text("The theme."),
        "light": text("The theme for terminals with a light background."),
        "dark": text("The theme for terminals with a dark background."),
        "path": text("A theme file, relative to the deck."),
        "override": overrides,
    });
    let keys = json!({
        "title": text("The title, as markdown; makes an intro slide."),
        "sub_title": text("The subtitle, as markdown."),
        "event": text("The event."),
        "location": text("The place."),
        "date": text("The date."),
        "author": text("The author."),
        "authors": {
            "type": ["array", "string", "null"],
            "items": { "type": "string" },
            "description": "The authors.",
        },
        "theme": {
            "type": ["object", "null"],
            "properties": theme,
            "description": "How the deck looks.",
        },
        "options": options::options_schema(),
    });
    json!({ "type": "object", "additionalProperties": false, "properties": keys })
}

/// Reads the keys of the front matter into the deck.
struct FrontMatterReader<'d> {
    deck: &'d mut Deck,
    file: FileId,
    yaml: &'d str,
    base: usize,
}

impl FrontMatterReader<'_> {
    /// Reads all keys; returns whether any makes an intro slide.
    fn root(&mut self, root: &YamlNode) -> bool {
        if root.is_null() {
            return false;
        }
        if !matches!(root.value, YamlValue::Map(_)) {
            let mistake = self.error(
                root,
                format!("front matter must be a mapping of keys, not {}", root.kind()),
            );
            self.report(mistake.hint("for example `title: My talk`"));
        }
        let mut intro = false;
        for (key, value) in self.entries(root) {
            let name = key.text().unwrap_or_default();
            intro |= INTRO_KEYS.contains(&name) && !value.is_null();
            match name {
                "title" | "sub_title" => self.title(name, value),
                "event" => self.deck.meta.event = self.string(name, value),
                "location" => self.deck.meta.location = self.string(name, value),
                "date" => self.deck.meta.date = self.string(name, value),
                "author" | "authors" => self.authors(name, value),
                "theme" => self.theme(value),
                "options" if !value.is_null() => self.options(value),
                _ => {}
            }
        }
        if self.deck.options.strict_front_matter {
            self.unknown_keys(root, "", &[&INTRO_KEYS[..], &OTHER_KEYS].concat());
        }
        if self.deck.meta.author.is_some() && !self.deck.meta.authors.is_empty() {
            let author = root.entries().iter().find(|(key, _)| key.text() == Some("author"));
            if let Some((key, _)) = author {
                let mistake = self.error(key, "both `author` and `authors` are given");
                self.report(mistake.hint("list all authors under `authors`"));
            }
        }
        intro
    }

    /// Returns a mapping's entries, and reports duplicate keys, of which the last is used.
    fn entries<'n>(&mut self, map: &'n YamlNode) -> &'n [(YamlNode, YamlNode)] {
        let entries = map.entries();
        let mut seen = BTreeSet::new();
        for (key, _) in entries {
            if !seen.insert(key.text()) {
                let name = excerpt(key.text().unwrap_or_default());
                let mistake = self.error(key, format!("`{name}` is given twice"));
                self.report(mistake.hint("the last one is used"));
            }
        }
        entries
    }

    fn title(&mut self, name: &str, value: &YamlNode) {
        let Some(text) = self.string(name, value) else { return };
        let span = self.span(value);
        let mistakes = &mut self.deck.diagnostics;
        let lines: Vec<Vec<Inline>> = text
            .trim_end_matches('\n')
            .split('\n')
            .map(|text| line::line_at(text, span, mistakes))
            .collect();
        let meta = &mut self.deck.meta;
        if name == "title" {
            (meta.title, meta.title_source) = (Some(lines), Some(text));
        } else {
            (meta.sub_title, meta.sub_title_source) = (Some(lines), Some(text));
        }
    }

    /// Reads `author` or `authors`. One is a value and the other a list, but both forms are
    /// accepted for each.
    fn authors(&mut self, name: &str, value: &YamlNode) {
        match &value.value {
            YamlValue::List(items) => {
                let names = items.iter().filter_map(|item| self.string(name, item)).collect();
                self.deck.meta.authors = names;
            }
            _ if name == "authors" => {
                self.deck.meta.authors = self.string(name, value).into_iter().collect();
            }
            _ => self.deck.meta.author = self.string(name, value),
        }
    }

    fn theme(&mut self, value: &YamlNode) {
        if let Some(name) = value.text() {
            let mistake =
                self.error(value, format!("`theme` must be a mapping, not `{}`", excerpt(name)));
            self.report(
                mistake.hint(format!("write `theme:`, and below it `  name: {}`", excerpt(name))),
            );
            self.deck.theme.name = Some((name.to_owned(), self.span(value)));
        }
        for (key, value) in self.entries(value) {
            let name = key.text().unwrap_or_default();
            let span = self.span(value);
            match name {
                "name" => {
                    self.deck.theme.name =
                        self.string("theme.name", value).map(|name| (name, span));
                }
                "light" => {
                    self.deck.theme.light =
                        self.string("theme.light", value).map(|name| (name, span));
                }
                "dark" => {
                    self.deck.theme.dark =
                        self.string("theme.dark", value).map(|name| (name, span));
                }
                "path" => {
                    self.deck.theme.path =
                        self.string("theme.path", value).map(|path| (path, span));
                }
                "override" if !value.is_null() => {
                    self.deck.theme.overrides = Some(self.dedented(value));
                }
                _ => {}
            }
        }
        self.report_theme_typos(value);
        if let (Some(_), Some((_, span))) = (&self.deck.theme.name, &self.deck.theme.path) {
            let mistake = Diagnostic::error(*span, "both `theme.name` and `theme.path` are given");
            self.report(mistake.hint("remove one of them"));
        }
    }

    /// Returns the dedented YAML text of a node, and its span.
    fn dedented(&self, node: &YamlNode) -> (String, Span) {
        let range = node.range.clone();
        let text = self.yaml.get(range.clone()).unwrap_or_default().trim_end();
        let line = self.yaml[..range.start].rfind('\n').map_or(0, |end| end + 1);
        let before = &self.yaml[line..range.start];
        let indent = if before.trim().is_empty() { before.len() } else { 0 };
        let mut lines = text.split_inclusive('\n');
        let mut cut = lines.next().unwrap_or_default().to_owned();
        for line in lines {
            let spaces = line.len() - line.trim_start_matches(' ').len();
            cut.push_str(&line[spaces.min(indent)..]);
        }
        (cut, self.span_of(range.start..range.start + text.len()))
    }

    fn options(&mut self, value: &YamlNode) {
        let (text, span) = self.dedented(value);
        let mistakes = options::read(&text, span, &mut self.deck.options);
        self.deck.diagnostics.extend(mistakes);
    }

    /// Reports likely typos of keys under `theme`. Other unknown keys are ignored, since existing
    /// decks have them.
    fn report_theme_typos(&mut self, theme: &YamlNode) {
        const KNOWN: [&str; 5] = ["name", "path", "override", "light", "dark"];
        for (key, _) in theme.entries() {
            let name = key.text().unwrap_or_default();
            if let Some(meant) = diag::closest(name, KNOWN).filter(|meant| *meant != name) {
                let message = format!("unknown key `theme.{}`", excerpt(name));
                let mistake = Diagnostic::warning(self.span(key), message);
                self.report(mistake.hint(format!("did you mean `{meant}`?")));
            }
        }
    }

    fn unknown_keys(&mut self, map: &YamlNode, path: &str, known: &[&str]) {
        let named = map.entries().iter().map(|(key, _)| (key, key.text().unwrap_or_default()));
        let unknown = named.filter(|(_, name)| !known.contains(name));
        for (number, (key, name)) in unknown.enumerate() {
            if number == MAX_UNKNOWN_KEYS {
                let mistake = self.error(key, "more unknown keys follow");
                return self.report(mistake);
            }
            let mistake = self.error(key, format!("unknown key `{path}{}`", excerpt(name)));
            self.report(match diag::closest(name, known.iter().copied()) {
                Some(meant) => mistake.hint(format!("did you mean `{meant}`?")),
                None => mistake.hint(format!("known keys: {}", names(known))),
            });
        }
    }

    /// Returns the text of a scalar, or reports that the value is not one.
    fn string(&mut self, name: &str, value: &YamlNode) -> Option<String> {
        match value.value {
            YamlValue::List(_) | YamlValue::Map(_) => {
                let message = format!("`{name}` takes a single value, not {}", value.kind());
                let mistake = self.error(value, message);
                self.report(
                    mistake.hint("put quotes around text that has `: ` or starts with `[` or `{`"),
                );
                None
            }
            _ => value.text().map(|text| clean(text).into()),
        }
    }

    /// Returns the range from byte `at` of the YAML to the end of its line.
    fn line_at(&self, at: usize) -> std::ops::Range<usize> {
        let rest = self.yaml.get(at..).unwrap_or_default();
        at..at + rest.find('\n').unwrap_or(rest.len())
    }

    fn span_of(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.file, range.start + self.base..range.end + self.base)
    }

    fn span(&self, node: &YamlNode) -> Span {
        self.span_of(node.range.clone())
    }

    fn error(&self, node: &YamlNode, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.span(node), message)
    }

    fn report_error(&mut self, range: std::ops::Range<usize>, message: String) {
        let mistake = Diagnostic::error(self.span_of(range), message);
        self.report(mistake);
    }

    fn report(&mut self, mistake: Diagnostic) {
        self.deck.diagnostics.push(mistake);
    }
}

fn names(known: &[&str]) -> String {
    known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
