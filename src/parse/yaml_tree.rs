//! Parses YAML to a tree of nodes with positions, for front matter, comment commands and `file`
//! blocks. In this tree an invalid value affects only itself, and every diagnostic has a span.

use std::collections::HashMap;
use std::ops::Range;

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span as Place};

use crate::yaml;

/// One YAML node.
#[derive(Clone, Debug)]
pub(super) struct YamlNode {
    /// What it is.
    pub(super) value: YamlValue,
    /// Its bytes in the text.
    pub(super) range: Range<usize>,
}

/// A node's content. Scalars stay text: `2024-01-01` and `1.10` are kept as written.
#[derive(Clone, Debug)]
pub(super) enum YamlValue {
    /// A plain scalar: it may be a number, a boolean or null.
    Plain(String),
    /// A quoted or block scalar: always text.
    Quoted(String),
    /// A sequence.
    List(Vec<YamlNode>),
    /// A mapping, in order, with duplicate keys.
    Map(Vec<(YamlNode, YamlNode)>),
}

/// A YAML syntax error and its position.
#[derive(Clone, Debug)]
pub(super) struct YamlMistake {
    pub(super) message: String,
    pub(super) range: Range<usize>,
}

impl YamlNode {
    /// Returns the scalar's text; `None` for lists, maps and null.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            YamlValue::Plain(text) if is_null(text) => None,
            YamlValue::Plain(text) | YamlValue::Quoted(text) => Some(text),
            YamlValue::List(_) | YamlValue::Map(_) => None,
        }
    }

    /// Returns whether the value is empty, `~` or `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, YamlValue::Plain(text) if is_null(text))
    }

    /// Returns a mapping's entries; empty for anything else.
    pub(super) fn entries(&self) -> &[(Self, Self)] {
        match &self.value {
            YamlValue::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the name of this kind of node, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            YamlValue::Plain(_) | YamlValue::Quoted(_) => "a single value",
            YamlValue::List(_) => "a list",
            YamlValue::Map(_) => "a map",
        }
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Parses the first document of `text`. After a syntax error, it still returns the nodes before it.
pub(super) fn read(text: &str) -> (Option<YamlNode>, Option<YamlMistake>) {
    yaml::catch_panic(|| compose(text))
        .unwrap_or_else(|message| (None, Some(YamlMistake { message, range: 0..0 })))
}

fn compose(text: &str) -> (Option<YamlNode>, Option<YamlMistake>) {
    let mut tree = TreeBuilder {
        events: yaml::parser(text),
        text,
        anchors: HashMap::new(),
        copied: 0,
        mistake: None,
    };
    let mut root = None;
    while let Some((event, place)) = tree.next() {
        match event {
            Event::StreamStart | Event::DocumentStart(..) => {}
            Event::StreamEnd | Event::DocumentEnd => break,
            event => {
                root = tree.node(event, place, 0);
                break;
            }
        }
    }
    (root, tree.mistake)
}

/// The maximum nesting depth of nodes.
const MAX_DEPTH: usize = 64;

/// The maximum number of nodes that aliases may copy, which keeps a small text from becoming a
/// large tree.
const MAX_ALIAS_NODES: usize = 10_000;

struct TreeBuilder<'t> {
    events: Parser<'t, serde_saphyr::granit_parser::StrInput<'t>>,
    text: &'t str,
    anchors: HashMap<usize, YamlNode>,
    copied: usize,
    mistake: Option<YamlMistake>,
}

impl<'t> TreeBuilder<'t> {
    /// Returns the next event; `None` at the end and after an error, which is kept.
    fn next(&mut self) -> Option<(Event<'t>, Range<usize>)> {
        if self.mistake.is_some() {
            return None;
        }
        match self.events.next_event()? {
            Ok((event, place)) => Some((event, self.range(place))),
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(0).min(self.text.len());
                self.refuse(error.info(), at..at);
                None
            }
        }
    }

    fn range(&self, place: Place) -> Range<usize> {
        let offset = |marker: serde_saphyr::granit_parser::Marker| {
            marker.byte_offset().unwrap_or(0).min(self.text.len())
        };
        offset(place.start)..offset(place.end)
    }

    fn refuse(&mut self, message: String, range: Range<usize>) {
        self.mistake.get_or_insert(YamlMistake { message, range });
    }

    fn node(&mut self, event: Event<'t>, range: Range<usize>, depth: usize) -> Option<YamlNode> {
        if depth > MAX_DEPTH {
            self.refuse("nested too deeply".to_owned(), range);
            return None;
        }
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => {
                let value = match style {
                    ScalarStyle::Plain => YamlValue::Plain(text.into_owned()),
                    _ => YamlValue::Quoted(text.into_owned()),
                };
                (YamlNode { value, range }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => (self.list(range, depth), anchor),
            Event::MappingStart(_, anchor, _) => (self.map(range, depth), anchor),
            Event::Alias(anchor) => return self.alias(anchor, range),
            _ => return None,
        };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Some(node)
    }

    fn list(&mut self, mut range: Range<usize>, depth: usize) -> YamlNode {
        let mut items = Vec::new();
        while let Some((event, place)) = self.next() {
            if matches!(event, Event::SequenceEnd) {
                range.end = range.end.max(place.end);
                break;
            }
            items.extend(self.node(event, place, depth + 1));
        }
        YamlNode { value: YamlValue::List(items), range }
    }

    fn map(&mut self, mut range: Range<usize>, depth: usize) -> YamlNode {
        let mut entries = Vec::new();
        while let Some((event, place)) = self.next() {
            if matches!(event, Event::MappingEnd) {
                range.end = range.end.max(place.end);
                break;
            }
            let Some(key) = self.node(event, place, depth + 1) else { break };
            let Some((event, place)) = self.next() else { break };
            let Some(value) = self.node(event, place, depth + 1) else { break };
            entries.push((key, value));
        }
        YamlNode { value: YamlValue::Map(entries), range }
    }

    fn alias(&mut self, anchor: usize, range: Range<usize>) -> Option<YamlNode> {
        let node = self.anchors.get(&anchor)?;
        self.copied += size(node);
        if self.copied > MAX_ALIAS_NODES {
            self.refuse("aliases make this too large".to_owned(), range);
            return None;
        }
        Some(YamlNode { value: node.value.clone(), range })
    }
}

fn size(node: &YamlNode) -> usize {
    match &node.value {
        YamlValue::Plain(_) | YamlValue::Quoted(_) => 1,
        YamlValue::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        YamlValue::Map(entries) => {
            1 + entries.iter().map(|(k, v)| size(k) + size(v)).sum::<usize>()
        }
    }
}
