//! Reads a mapping field by field. Reading a key declares it: keys that were not read are unknown,
//! and those that were are the candidates for "did you mean". Each option of the schema is
//! therefore defined in one place, where it is read.
//!
//! An invalid value is reported, and the previous value stays.

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use serde_json::{Map, Value as Json, json};

use super::{MapKey, Node, NodeValue, Slot};
use crate::diag::{Diagnostic, Severity, closest};
use crate::source::{Span, excerpt};

/// A YAML text and its position. The span covers the whole text, verbatim or before dedenting, or
/// it only names the text, such as the path of a theme file.
#[derive(Clone, Copy, Debug)]
pub struct YamlSource<'a> {
    text: &'a str,
    span: Span,
    kind: DocumentKind,
}

/// How messages refer to a text.
#[derive(Clone, Copy, Debug)]
pub struct DocumentKind {
    /// Its name, such as `theme`.
    pub name: &'static str,
    /// The severity of an unknown key at its root.
    pub unknown_root_key: Severity,
    /// The severity of an unknown key below its root.
    pub unknown_key: Severity,
}

/// A value that can be read from a scalar or a small mapping.
pub trait FromNode: Sized {
    /// What is expected, for messages: `true or false`.
    const EXPECTED: &'static str;

    /// Returns the value, if the node is one.
    fn read(node: &Node, at: Span) -> Option<Self>;

    /// Returns the JSON schema of the value. The default accepts any.
    fn schema() -> Json {
        json!({})
    }
}

/// How messages refer to a mapping.
const MAPPING: &str = "keys and values";

/// Unknown keys that are reported one by one.
const MAX_UNKNOWN_KEYS: usize = 50;

/// A mapping that is being read.
pub struct Fields<'a> {
    entries: &'a [(MapKey, Rc<Node>)],
    asked: Vec<&'static str>,
    path: String,
    place: YamlSource<'a>,
    problems: &'a mut Vec<Diagnostic>,
    /// The schemas of the keys, if the mapping is described instead of read.
    described: Option<Map<String, Json>>,
}

/// Returns a JSON schema of the keys that a function reads.
pub fn describe(read: impl FnOnce(&mut Fields<'_>)) -> Json {
    let kind =
        DocumentKind { name: "", unknown_root_key: Severity::Error, unknown_key: Severity::Error };
    let (place, mut problems) = (YamlSource::new("", Span::default(), kind), Vec::new());
    let mut fields = Fields {
        entries: &[],
        asked: Vec::new(),
        path: String::new(),
        place,
        problems: &mut problems,
        described: Some(Map::new()),
    };
    read(&mut fields);
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": fields.described.unwrap_or_default(),
    })
}

impl<'a> YamlSource<'a> {
    /// Creates a source of `text`, which is at `span` or named there.
    pub fn new(text: &'a str, span: Span, kind: DocumentKind) -> Self {
        Self { text, span, kind }
    }

    /// Creates an error at a range of the text.
    pub fn error(self, range: Range<usize>, message: impl Into<String>) -> Diagnostic {
        let message = self.located(&range, message.into());
        Diagnostic::error(self.span(range), message)
    }

    /// Creates a warning at a range of the text.
    pub fn warning(self, range: Range<usize>, message: impl Into<String>) -> Diagnostic {
        let message = self.located(&range, message.into());
        Diagnostic::warning(self.span(range), message)
    }

    /// Adds the line number to a message if the span only names the text.
    fn located(self, range: &Range<usize>, message: String) -> String {
        if self.contains_text() {
            return message;
        }
        let before = self.text.get(..range.start).unwrap_or(self.text);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        format!("line {line} of the {}: {message}", self.kind.name)
    }

    fn contains_text(self) -> bool {
        self.span.range().len() >= self.text.trim_end().len()
    }

    /// Returns the span of a range of the text.
    pub fn span(self, range: Range<usize>) -> Span {
        if !self.contains_text() {
            return self.span;
        }
        let all = self.span.range();
        let indent = self.removed_indent();
        let place = |at: usize| {
            let lines = self.lines().skip(1).filter(|&(start, _)| start <= at).count();
            (all.start + at + lines * indent).min(all.end)
        };
        Span::new(self.span.file, place(range.start)..place(range.end).max(place(range.start)))
    }

    /// Returns the number of bytes of indent that were removed from each line but the first.
    fn removed_indent(self) -> usize {
        let missing = self.span.range().len().saturating_sub(self.text.len());
        missing / self.lines().skip(1).count().max(1)
    }

    /// Returns the lines that are not blank, with their offsets.
    fn lines(self) -> impl Iterator<Item = (usize, &'a str)> {
        let lines = self.text.split_inclusive('\n').scan(0, |next, line| {
            let start = *next;
            *next += line.len();
            Some((start, line))
        });
        lines.filter(|(_, line)| !line.trim().is_empty())
    }
}

impl<'a> Fields<'a> {
    /// Reads the mapping at the root of a text, or reports that it is none.
    pub fn root(
        node: &'a Node,
        place: YamlSource<'a>,
        problems: &'a mut Vec<Diagnostic>,
        read: impl FnOnce(&mut Fields<'_>),
    ) {
        Self::under("", node, place, problems, read);
    }

    /// Reads a mapping at `path` of a larger document.
    pub fn under(
        path: &str,
        node: &'a Node,
        place: YamlSource<'a>,
        problems: &'a mut Vec<Diagnostic>,
        read: impl FnOnce(&mut Fields<'_>),
    ) {
        let path = path.to_owned();
        Fields { entries: &[], asked: Vec::new(), path, place, problems, described: None }
            .enter(node, "", read);
    }

    /// Reads the mapping under `key`, if there is one.
    pub fn section(&mut self, key: &'static str, read: impl FnOnce(&mut Fields<'_>)) {
        if self.described.is_some() {
            return self.add_schema(key, describe(read));
        }
        if let Some(node) = self.get(key) {
            self.enter(node, key, read);
        }
    }

    /// Reads the value under `key` into `slot`, if it is valid.
    pub fn set<T: FromNode>(&mut self, key: &'static str, slot: &mut Option<T>) {
        if self.described.is_some() {
            return self.add_schema(key, described::<T>());
        }
        let Some(node) = self.get(key) else { return };
        match T::read(node, self.place.span(node.range.clone())) {
            Some(value) => *slot = Some(value),
            None => self.report_invalid(node, key, T::EXPECTED),
        }
    }

    /// Reads the value under `key` into `slot`, if the slot accepts it.
    pub fn take(&mut self, key: &'static str, slot: &mut dyn Slot) {
        if self.described.is_some() {
            return self.add_schema(key, slot.schema());
        }
        let Some(node) = self.get(key) else { return };
        if let Err(expected) = slot.take(node) {
            self.report_invalid(node, key, &expected);
        }
    }

    /// Reads every value under `key`, whose keys are chosen by the author.
    pub fn each<T: FromNode>(&mut self, key: &'static str, mut take: impl FnMut(&str, T)) {
        if self.described.is_some() {
            let each = json!({ "type": "object", "additionalProperties": described::<T>() });
            return self.add_schema(key, each);
        }
        let Some(node) = self.get(key) else { return };
        let NodeValue::Map(entries) = &node.value else {
            return self.report_invalid(node, key, MAPPING);
        };
        for (name, node) in entries.iter().filter(|(_, node)| node.value != NodeValue::Null) {
            match T::read(node, self.place.span(node.range.clone())) {
                Some(value) => take(&name.name, value),
                None => self.report_invalid(node, &format!("{key}.{}", name.name), T::EXPECTED),
            }
        }
    }

    /// Reads every mapping under `key`, whose keys are chosen by the author.
    pub fn each_section(&mut self, key: &'static str, mut read: impl FnMut(&str, &mut Fields<'_>)) {
        if self.described.is_some() {
            let each = describe(|fields| read("", fields));
            let each = json!({ "type": "object", "additionalProperties": each });
            return self.add_schema(key, each);
        }
        let Some(node) = self.get(key) else { return };
        let NodeValue::Map(entries) = &node.value else {
            return self.report_invalid(node, key, MAPPING);
        };
        for (name, node) in entries {
            let key = format!("{key}.{}", name.name);
            self.enter(node, &key, |fields| read(&name.name, fields));
        }
    }

    /// Adds the schema of a key. A section that is read in parts has the keys of all parts. Every key
    /// may be null, which keeps its value.
    fn add_schema(&mut self, key: &str, mut schema: Json) {
        let Some(described) = &mut self.described else { return };
        let known = described.get_mut(key).and_then(|it| it.get_mut("properties")?.as_object_mut());
        if let (Some(known), Some(Json::Object(more))) = (known, schema.get_mut("properties")) {
            known.append(more);
            return;
        }
        if schema["type"] == "object" {
            schema["type"] = json!(["object", "null"]);
        }
        described.insert(key.to_owned(), schema);
    }

    /// Accepts `key` with any value.
    pub fn skip(&mut self, key: &'static str) {
        self.asked.push(key);
    }

    /// Returns the span of `key`, if it is present.
    pub fn find(&mut self, key: &'static str) -> Option<Span> {
        self.asked.push(key);
        let (key, _) = self.entries.iter().find(|(known, _)| known.name == key)?;
        Some(self.place.span(key.range.clone()))
    }

    /// Adds a diagnostic.
    pub fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// Returns the last value under `key` that is not null.
    fn get(&mut self, key: &'static str) -> Option<&'a Node> {
        self.asked.push(key);
        let entries = self.entries;
        let node = entries.iter().rev().find(|(known, _)| known.name == key)?.1.as_ref();
        (node.value != NodeValue::Null).then_some(node)
    }

    fn enter(&mut self, node: &Node, key: &str, read: impl FnOnce(&mut Fields<'_>)) {
        match &node.value {
            NodeValue::Null => {}
            NodeValue::Map(entries) => {
                let (path, problems) = (self.named(key), &mut *self.problems);
                let (asked, place) = (Vec::new(), self.place);
                let mut fields = Fields { entries, asked, path, place, problems, described: None };
                read(&mut fields);
                fields.report_unknown_keys();
                fields.report_repeated();
            }
            NodeValue::Text(_) | NodeValue::List(_) => self.report_invalid(node, key, MAPPING),
        }
    }

    fn report_unknown_keys(&mut self) {
        let known = |key: &MapKey| self.asked.contains(&key.name.as_str());
        let mut unknown = self.entries.iter().map(|(key, _)| key).filter(|key| !known(key));
        let kind = self.place.kind;
        for key in unknown.by_ref().take(MAX_UNKNOWN_KEYS) {
            let name = excerpt(&key.name);
            let (message, severity) = match self.path.as_str() {
                "" => (format!("a {} has no key `{name}`", kind.name), kind.unknown_root_key),
                path => (format!("`{path}` has no key `{name}`"), kind.unknown_key),
            };
            let mut problem = self.place.error(key.range.clone(), message);
            problem.severity = severity;
            if let Some(meant) = closest(&key.name, self.asked.iter().copied()) {
                problem = problem.hint(format!("did you mean `{meant}`?"));
            }
            self.problems.push(problem);
        }
        if let Some(key) = unknown.next() {
            let message = format!("and more keys that a {} does not have", kind.name);
            self.problems.push(self.place.error(key.range.clone(), message));
        }
    }

    fn report_repeated(&mut self) {
        let mut seen = BTreeSet::new();
        for (key, _) in self.entries {
            if !seen.insert(&key.name) {
                let message = format!("`{}` is given twice", self.named(&key.name));
                let problem = self.place.warning(key.range.clone(), message);
                self.problems.push(problem.hint("the last one is used"));
            }
        }
    }

    fn report_invalid(&mut self, node: &Node, key: &str, expected: &str) {
        let name = match self.named(key).as_str() {
            "" => format!("a {}", self.place.kind.name),
            named => format!("`{named}`"),
        };
        let mut message = format!("{name} must be {expected}");
        if let NodeValue::Text(text) = &node.value {
            message = format!("{message}, not `{}`", text.trim());
        }
        self.problems.push(self.place.error(node.range.clone(), message));
    }

    fn named(&self, key: &str) -> String {
        match (self.path.as_str(), key) {
            ("", key) => key.to_owned(),
            (path, "") => path.to_owned(),
            (path, key) => format!("{path}.{key}"),
        }
    }
}

/// Returns the schema of a value, with what is expected as its description.
fn described<T: FromNode>() -> Json {
    let mut schema = T::schema();
    schema["description"] = json!(T::EXPECTED);
    schema
}

impl FromNode for String {
    const EXPECTED: &'static str = "text";

    fn schema() -> Json {
        // Unquoted numbers and words are text, too.
        json!({ "type": ["string", "number", "boolean", "null"] })
    }

    fn read(node: &Node, _: Span) -> Option<Self> {
        text(node).map(str::to_owned)
    }
}

impl<T: FromNode> FromNode for (T, Span) {
    const EXPECTED: &'static str = T::EXPECTED;

    fn schema() -> Json {
        T::schema()
    }

    fn read(node: &Node, at: Span) -> Option<Self> {
        T::read(node, at).map(|value| (value, at))
    }
}

impl FromNode for bool {
    const EXPECTED: &'static str = "true or false";

    fn schema() -> Json {
        json!({ "enum": [true, false, "yes", "no", "on", "off", null] })
    }

    fn read(node: &Node, _: Span) -> Option<Self> {
        match text(node)? {
            "true" | "True" | "TRUE" | "yes" | "on" => Some(true),
            "false" | "False" | "FALSE" | "no" | "off" => Some(false),
            _ => None,
        }
    }
}

impl FromNode for u8 {
    const EXPECTED: &'static str = "a number from 0 to 255";

    fn schema() -> Json {
        json!({ "type": ["integer", "null"], "minimum": 0, "maximum": Self::MAX })
    }

    fn read(node: &Node, _: Span) -> Option<Self> {
        text(node)?.parse().ok()
    }
}

impl FromNode for u16 {
    const EXPECTED: &'static str = "a number from 0 to 65535";

    fn schema() -> Json {
        json!({ "type": ["integer", "null"], "minimum": 0, "maximum": Self::MAX })
    }

    fn read(node: &Node, _: Span) -> Option<Self> {
        text(node)?.parse().ok()
    }
}

impl FromNode for char {
    const EXPECTED: &'static str = "one character";

    fn schema() -> Json {
        json!({ "type": ["string", "integer", "null"] })
    }

    fn read(node: &Node, _: Span) -> Option<Self> {
        let mut characters = text(node)?.chars();
        let only = characters.next().filter(|character| !character.is_control());
        only.filter(|_| characters.next().is_none())
    }
}

/// Returns the node's text, if it is a scalar.
pub fn text(node: &Node) -> Option<&str> {
    match &node.value {
        NodeValue::Text(text) => Some(text),
        NodeValue::Null | NodeValue::List(_) | NodeValue::Map(_) => None,
    }
}

/// Returns the key and value of a mapping with a single entry.
pub fn only_entry(node: &Node) -> Option<(&str, &Node)> {
    match &node.value {
        NodeValue::Map(entries) => match entries.as_slice() {
            [(key, node)] => Some((&key.name, node)),
            _ => None,
        },
        NodeValue::Null | NodeValue::Text(_) | NodeValue::List(_) => None,
    }
}
