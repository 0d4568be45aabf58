//! Parses YAML to a tree in which every key and value has its position, for errors in themes and
//! configurations. Scalars stay text: a colour written `000000` is a colour, not the number 0.
//!
//! Deserialising into structs would stop at the first error and lose the positions. `fields` reads
//! a mapping key by key; `keys` declares each key once, to be read, described and sampled.

mod fields;
mod keys;

use std::ops::Range;
use std::rc::Rc;

use serde_saphyr::granit_parser::{Event, Marker, Options, Parser, ScalarStyle, Span, StrInput};

use crate::panics::contain;

pub use fields::{DocumentKind, Fields, FromNode, YamlSource, describe, only_entry, text};
pub use keys::{
    KeyContent, KeyDeclaration, KeyVisitor, Slot, declared, one_of, quoted, sample, schema, within,
};

/// A value and its position.
#[derive(Debug, PartialEq)]
pub struct Node {
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// What it is.
    pub value: NodeValue,
}

/// What a node is.
#[derive(Debug, PartialEq)]
pub enum NodeValue {
    /// Null: empty, `~` or `null`. The base theme's value stays.
    Null,
    /// Any scalar, as text.
    Text(String),
    /// A list.
    List(Vec<Rc<Node>>),
    /// Keys and values in order, including duplicate keys.
    Map(Vec<(MapKey, Rc<Node>)>),
}

/// A mapping's key.
#[derive(Debug, PartialEq)]
pub struct MapKey {
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// The key.
    pub name: String,
}

/// A YAML syntax error and its position.
#[derive(Debug, PartialEq)]
pub struct YamlError {
    /// The offset at which the parser stopped.
    pub at: usize,
    /// The parser's message.
    pub message: String,
}

impl Node {
    /// Returns the value under `key`, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let NodeValue::Map(entries) = &self.value else { return None };
        entries.iter().rev().find(|(known, _)| known.name == key).map(|(_, node)| &**node)
    }
}

/// Returns the tree of the text's first document.
///
/// # Errors
/// The text is not valid YAML, has a key that is not a scalar, or makes the parser panic.
pub fn parse(text: &str) -> Result<Rc<Node>, YamlError> {
    catch_panic(|| compose(text)).unwrap_or_else(|message| Err(YamlError { at: 0, message }))
}

/// Runs `parse`, and turns a panic of the YAML parser into an error of this one text.
///
/// # Errors
/// The parser panicked.
pub fn catch_panic<T>(parse: impl FnOnce() -> T) -> Result<T, String> {
    contain("the YAML parser", parse).map_err(|panicked| panicked.to_string())
}

/// Returns a parser of YAML without events for comments. They would shorten the ranges of collections,
/// and whether they are on by default depends on what other crates ask of the YAML parser.
pub(crate) fn parser(text: &str) -> Parser<'_, StrInput<'_>> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    Parser::new_from_str_with_options(text, options)
}

fn compose(text: &str) -> Result<Rc<Node>, YamlError> {
    let mut composer = Composer::default();
    for event in parser(text) {
        let (event, span) = event.map_err(|error| YamlError {
            at: offset(error.marker()).min(text.len()),
            message: error.info().clone(),
        })?;
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        composer.take(event, &span)?;
    }
    Ok(composer.root.unwrap_or_else(|| Rc::new(Node { range: 0..0, value: NodeValue::Null })))
}

/// Builds the tree from events, without recursion.
#[derive(Default)]
struct Composer {
    open: Vec<OpenCollection>,
    anchors: Vec<(usize, Rc<Node>)>,
    root: Option<Rc<Node>>,
}

/// A collection that is not closed yet.
struct OpenCollection {
    start: usize,
    anchor: usize,
    value: NodeValue,
    key: Option<MapKey>,
}

impl Composer {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), YamlError> {
        let range = offset(&span.start)..offset(&span.end);
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                let value = match &*text {
                    "" | "~" | "null" | "Null" | "NULL" if plain => NodeValue::Null,
                    _ => NodeValue::Text(text.into_owned()),
                };
                self.close(Node { range, value }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open(range.start, anchor, NodeValue::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, _) => {
                self.open(range.start, anchor, NodeValue::Map(Vec::new()))
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => {
                    let range = open.start..range.end.max(open.start);
                    self.close(Node { range, value: open.value }, open.anchor)
                }
                None => Ok(()),
            },
            Event::Alias(anchor) => {
                let known = self.anchors.iter().rev().find(|(id, _)| *id == anchor);
                match known.map(|(_, node)| Rc::clone(node)) {
                    Some(node) => self.attach(node),
                    None => Err(YamlError { at: range.start, message: "alias to itself".into() }),
                }
            }
            _ => Ok(()),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "matches the other arms, which can fail")]
    fn open(&mut self, start: usize, anchor: usize, value: NodeValue) -> Result<(), YamlError> {
        self.open.push(OpenCollection { start, anchor, value, key: None });
        Ok(())
    }

    fn close(&mut self, node: Node, anchor: usize) -> Result<(), YamlError> {
        let node = Rc::new(node);
        if anchor != 0 {
            self.anchors.push((anchor, Rc::clone(&node)));
        }
        self.attach(node)
    }

    /// Attaches a finished node as key or value of the open mapping, as item of the open list, or
    /// as root.
    fn attach(&mut self, node: Rc<Node>) -> Result<(), YamlError> {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        let entries = match &mut open.value {
            NodeValue::Map(entries) => entries,
            NodeValue::List(items) => {
                items.push(node);
                return Ok(());
            }
            NodeValue::Null | NodeValue::Text(_) => return Ok(()),
        };
        if let Some(key) = open.key.take() {
            entries.push((key, node));
            return Ok(());
        }
        let name = match &node.value {
            NodeValue::Text(text) => text.clone(),
            NodeValue::Null => "null".to_owned(),
            NodeValue::List(_) | NodeValue::Map(_) => {
                let message = "a key must be plain text".to_owned();
                return Err(YamlError { at: node.range.start, message });
            }
        };
        open.key = Some(MapKey { range: node.range.clone(), name });
        Ok(())
    }
}

fn offset(marker: &Marker) -> usize {
    marker.byte_offset().unwrap_or_else(|| marker.index())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the tree on one line, each key and scalar as the bytes at its position.
    fn dump(text: &str) -> String {
        fn of(node: &Node, text: &str) -> String {
            match &node.value {
                NodeValue::Null => "null".to_owned(),
                NodeValue::Text(value) => format!("{value:?}={}", &text[node.range.clone()]),
                NodeValue::List(items) => {
                    let items = items.iter().map(|item| of(item, text)).collect::<Vec<_>>();
                    format!("[{}]", items.join(", "))
                }
                NodeValue::Map(entries) => {
                    let entries = entries.iter().map(|(key, value)| {
                        format!("{}: {}", &text[key.range.clone()], of(value, text))
                    });
                    format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
                }
            }
        }
        match parse(text) {
            Ok(root) => of(&root, text),
            Err(error) => format!("{}: {}", error.at, error.message),
        }
    }

    #[test]
    fn scalars_stay_text_and_nodes_have_ranges() {
        assert_eq!(dump(""), "null");
        assert_eq!(dump("# only a comment"), "null");
        assert_eq!(dump("ä: 000000"), r#"{ä: "000000"=000000}"#);
        assert_eq!(
            dump("a: {b: 12e455, c: ~, 'd': ''}"),
            r#"{a: {b: "12e455"=12e455, c: null, 'd': ""=''}}"#
        );
        assert_eq!(
            dump("a:\n  - 1\n  - {b: c}\nd: |\n  x\n"),
            "{a: [\"1\"=1, {b: \"c\"=c}], d: \"x\\n\"=x\n}"
        );
    }

    #[test]
    fn alias_is_its_anchors_node() {
        assert_eq!(dump("a: &x {b: c}\nd: *x"), r#"{a: {b: "c"=c}, d: {b: "c"=c}}"#);
    }

    #[test]
    fn parser_panic_becomes_an_error() {
        assert_eq!(catch_panic(|| 1), Ok(1));
        let panicked = catch_panic(|| -> u8 { std::panic::resume_unwind(Box::new("a bug")) });
        assert_eq!(panicked.unwrap_err(), "the YAML parser panicked: a bug");
    }

    #[test]
    fn yaml_errors_have_positions() {
        assert_eq!(dump("a: [\nb"), "3: unclosed bracket '['");
        assert!(parse("a: *x").is_err());
        assert!(parse("a: &x [*x, {b: *x}]").is_err());
        assert!(parse("{a: b}: c").is_err_and(|error| error.at == 0));
    }
}
