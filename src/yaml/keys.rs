//! Keys declared once. A function that goes through a section's keys with a [`KeyVisitor`] says of each its
//! name, its meaning and the slot for its value; the same walk reads a text, makes a JSON schema and
//! writes a sample, so that the three cannot differ.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::str::FromStr;

use serde_json::{Map, Value as Json, json};

use super::{Fields, Node, NodeValue, text};

/// Something that is led past every key.
pub trait KeyVisitor {
    /// A section, and the walk through its keys.
    fn section(
        &mut self,
        key: &'static str,
        about: &'static str,
        walk: &mut dyn FnMut(&mut dyn KeyVisitor),
    );

    /// A key and the slot for its value, which holds the default.
    fn key(&mut self, key: &'static str, about: &'static str, slot: &mut dyn Slot);
}

/// Where a value goes.
pub trait Slot {
    /// Takes the value in; says what was expected where it is none.
    ///
    /// # Errors
    /// What the value must be.
    fn take(&mut self, node: &Node) -> Result<(), String>;

    /// The value as YAML; none where nothing is set.
    fn sample(&self) -> Option<String>;

    /// What a JSON schema says of it.
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

/// A list of values, which another list takes the place of.
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

/// A number within bounds.
pub struct Within<'s, N> {
    slot: &'s mut N,
    bounds: RangeInclusive<N>,
}

/// A slot for a number within these bounds.
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

/// A slot for a value that is written as one of these words.
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
        json!({ "enum": self.words.iter().map(|(word, _)| *word).collect::<Vec<_>>() })
    }
}

/// Text as YAML that reads back as it.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The keys that a walk declares.
#[derive(Clone, Debug)]
pub struct KeyDeclaration {
    /// The key.
    pub key: &'static str,
    /// What it means.
    pub about: &'static str,
    /// What it holds.
    pub holds: KeyContent,
}

/// What a declared key holds.
#[derive(Clone, Debug)]
pub enum KeyContent {
    /// More keys.
    Section(Vec<KeyDeclaration>),
    /// A value: its default as YAML, and its schema.
    Value(Option<String>, Json),
}

/// The keys that a walk declares, in its order.
pub fn declared(walk: &mut dyn FnMut(&mut dyn KeyVisitor)) -> Vec<KeyDeclaration> {
    let mut list = KeyList(Vec::new());
    walk(&mut list);
    list.0
}

/// Writes down what it is led past.
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

/// A JSON schema of these keys.
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
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

/// A YAML text with every key at its default and a comment that says what it means. Keys without a
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
