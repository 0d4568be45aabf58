//! Declares keys once. A function passes each key of a section to a [`KeyVisitor`], with its name,
//! meaning and slot. The same function reads a text, produces a JSON schema and writes a sample,
//! which keeps the three consistent.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::str::FromStr;

use serde_json::{Map, Value as Json, json};

use super::{Fields, Node, NodeValue, text};

/// Visits the keys of a section.
pub trait KeyVisitor {
    /// Visits a section, and its keys with `walk`.
    fn section(
        &mut self,
        key: &'static str,
        about: &'static str,
        walk: &mut dyn FnMut(&mut dyn KeyVisitor),
    );

    /// Visits a key and the slot for its value, which holds the default.
    fn key(&mut self, key: &'static str, about: &'static str, slot: &mut dyn Slot);
}

/// The target of a value.
pub trait Slot {
    /// Sets the value.
    ///
    /// # Errors
    /// The value is invalid; the error says what is expected.
    fn take(&mut self, node: &Node) -> Result<(), String>;

    /// Returns the value as YAML; `None` if it is not set.
    fn sample(&self) -> Option<String>;

    /// Returns the JSON schema of the value.
    fn schema(&self) -> Json;
}

impl KeyVisitor for Fields<'_> {
    fn section(
        &mut self,
        key: &'static str,
        _: &'static str,
        walk: &mut dyn FnMut(&mut dyn KeyVisitor),
    ) {
        Fields::section(self, key, |fields| walk(fields));
    }

    fn key(&mut self, key: &'static str, _: &'static str, slot: &mut dyn Slot) {
        self.take(key, slot);
    }
}

impl Slot for bool {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        *self = match text(node) {
            Some("true") => true,
            Some("false") => false,
            _ => return Err("`true` or `false`".to_owned()),
        };
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn schema(&self) -> Json {
        json!({ "type": "boolean" })
    }
}

impl Slot for String {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let text = text(node).filter(|text| !text.contains(char::is_control));
        text.ok_or("text without control characters")?.clone_into(self);
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        Some(quoted(self))
    }

    fn schema(&self) -> Json {
        json!({ "type": "string" })
    }
}

impl Slot for u16 {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        within(self, 1..=Self::MAX).take(node)
    }

    fn sample(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn schema(&self) -> Json {
        within(&mut self.clone(), 1..=Self::MAX).schema()
    }
}

impl<T: Slot + Default> Slot for Option<T> {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let mut value = T::default();
        value.take(node)?;
        *self = Some(value);
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        self.as_ref().and_then(Slot::sample)
    }

    fn schema(&self) -> Json {
        T::default().schema()
    }
}

impl Slot for std::path::PathBuf {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        *self = text(node).filter(|path| !path.is_empty()).ok_or("a path")?.into();
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        Some(quoted(&self.to_string_lossy()))
    }

    fn schema(&self) -> Json {
        json!({ "type": "string" })
    }
}

/// A list of values, which replaces the default list.
impl<T: Slot + Default> Slot for Vec<T> {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let NodeValue::List(items) = &node.value else { return Err("a list".to_owned()) };
        let read = |node: &Rc<Node>| {
            let mut value = T::default();
            value.take(node).map_err(|expected| format!("a list, each item {expected}"))?;
            Ok(value)
        };
        *self = items.iter().map(read).collect::<Result<_, String>>()?;
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        let items: Vec<_> = self.iter().filter_map(Slot::sample).collect();
        Some(format!("[{}]", items.join(", ")))
    }

    fn schema(&self) -> Json {
        json!({ "type": "array", "items": T::default().schema() })
    }
}

/// A number in a range.
pub struct Within<'s, N> {
    slot: &'s mut N,
    bounds: RangeInclusive<N>,
}

/// Creates a slot for a number in a range.
pub fn within<N>(slot: &mut N, bounds: RangeInclusive<N>) -> Within<'_, N> {
    Within { slot, bounds }
}

impl<N: FromStr + Display + PartialOrd + Copy + Into<f64>> Slot for Within<'_, N> {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let number = text(node).and_then(|text| text.parse().ok());
        let number = number.filter(|number| self.bounds.contains(number));
        let (least, most) = (self.bounds.start(), self.bounds.end());
        *self.slot = number.ok_or_else(|| format!("a number from {least} to {most}"))?;
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        Some(self.slot.to_string())
    }

    fn schema(&self) -> Json {
        let number = |number: N| {
            let number: f64 = number.into();
            if number.fract() == 0.0 { json!(number as i64) } else { json!(number) }
        };
        let whole = "0.5".parse::<N>().is_err();
        json!({
            "type": if whole { "integer" } else { "number" },
            "minimum": number(*self.bounds.start()),
            "maximum": number(*self.bounds.end()),
        })
    }
}

/// One of several words.
pub struct OneOf<'s, T: 'static> {
    slot: &'s mut T,
    words: &'static [(&'static str, T)],
}

/// Creates a slot for a value that is written as one of these words.
pub fn one_of<'s, T>(slot: &'s mut T, words: &'static [(&'static str, T)]) -> OneOf<'s, T> {
    OneOf { slot, words }
}

impl<T: Clone + PartialEq> Slot for OneOf<'_, T> {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let word = text(node).unwrap_or_default();
        let found = self.words.iter().find(|(known, _)| *known == word);
        let expected = || {
            let words: Vec<_> = self.words.iter().map(|(word, _)| format!("`{word}`")).collect();
            format!("one of {}", words.join(", "))
        };
        *self.slot = found.ok_or_else(expected)?.1.clone();
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        let known = self.words.iter().find(|(_, value)| value == self.slot);
        known.map(|(word, _)| (*word).to_owned())
    }

    fn schema(&self) -> Json {
        let mut words: Vec<_> = self.words.iter().map(|(word, _)| json!(word)).collect();
        // Some readers of YAML take these words for booleans.
        for (boolean, same) in [(true, ["true", "on"]), (false, ["false", "off"])] {
            if self.words.iter().any(|(word, _)| same.contains(word)) {
                words.push(json!(boolean));
            }
        }
        json!({ "enum": words })
    }
}

/// Quotes text as a YAML string.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A declared key.
#[derive(Clone, Debug)]
pub struct KeyDeclaration {
    /// The key.
    pub key: &'static str,
    /// Its meaning.
    pub about: &'static str,
    /// Its content.
    pub holds: KeyContent,
}

/// The content of a declared key.
#[derive(Clone, Debug)]
pub enum KeyContent {
    /// A section with more keys.
    Section(Vec<KeyDeclaration>),
    /// A value: its default as YAML, and its schema.
    Value(Option<String>, Json),
}

/// Returns the keys that a function declares, in order.
pub fn declared(walk: &mut dyn FnMut(&mut dyn KeyVisitor)) -> Vec<KeyDeclaration> {
    let mut list = KeyList(Vec::new());
    walk(&mut list);
    list.0
}

/// Collects the declared keys.
struct KeyList(Vec<KeyDeclaration>);

impl KeyVisitor for KeyList {
    fn section(
        &mut self,
        key: &'static str,
        about: &'static str,
        walk: &mut dyn FnMut(&mut dyn KeyVisitor),
    ) {
        self.0.push(KeyDeclaration { key, about, holds: KeyContent::Section(declared(walk)) });
    }

    fn key(&mut self, key: &'static str, about: &'static str, slot: &mut dyn Slot) {
        self.0.push(KeyDeclaration {
            key,
            about,
            holds: KeyContent::Value(slot.sample(), slot.schema()),
        });
    }
}

/// Returns a JSON schema of these keys.
pub fn schema(keys: &[KeyDeclaration]) -> Json {
    let properties: Map<String, Json> = keys
        .iter()
        .map(|declared| {
            let mut schema = match &declared.holds {
                KeyContent::Section(inside) => schema(inside),
                KeyContent::Value(_, schema) => schema.clone(),
            };
            schema["description"] = json!(declared.about);
            (declared.key.to_owned(), schema)
        })
        .collect();
    // A section without a value changes nothing.
    let types = ["object", "null"];
    json!({ "type": types, "additionalProperties": false, "properties": properties })
}

/// Returns a YAML text with every key at its default and a comment with its meaning. Keys without a
/// default are commented out.
pub fn sample(keys: &[KeyDeclaration]) -> String {
    sample_lines(keys).into_iter().map(|line| line + "\n").collect()
}

fn sample_lines(keys: &[KeyDeclaration]) -> Vec<String> {
    let mut lines = Vec::new();
    for KeyDeclaration { key, about, holds } in keys {
        lines.push(format!("# {about}"));
        match holds {
            KeyContent::Section(inside) => {
                lines.push(format!("{key}:"));
                lines.extend(sample_lines(inside).iter().map(|line| format!("  {line}")));
            }
            KeyContent::Value(Some(value), _) => lines.push(format!("{key}: {value}")),
            KeyContent::Value(None, _) => lines.push(format!("# {key}:")),
        }
    }
    lines
}
