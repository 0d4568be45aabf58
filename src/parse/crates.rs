//! Parses dependencies: `serde = { version = "1", features = ["derive"] }`, in the TOML of a
//! block's header and in the YAML of the front matter.

use crate::deck::{Crate, CrateOrigin};
use crate::diag;
use crate::yaml::{Node, NodeValue, Slot, text};

/// An invalid dependency.
pub(super) struct InvalidCrate<'n> {
    /// The offending value.
    pub(super) node: &'n Node,
    /// What is wrong with it.
    pub(super) message: String,
    /// What to try.
    pub(super) hint: Option<String>,
}

impl<'n> InvalidCrate<'n> {
    fn new(node: &'n Node, message: String) -> Self {
        Self { node, message, hint: None }
    }
}

/// Reads a table of dependencies, and reports those that are invalid.
pub(super) fn read<'n>(table: &'n Node, wrong: &mut dyn FnMut(InvalidCrate<'n>)) -> Vec<Crate> {
    let NodeValue::Map(entries) = &table.value else {
        let message = "`dependencies` must be a table of crates and their versions".to_owned();
        wrong(InvalidCrate { hint: Some(EXAMPLE.to_owned()), ..InvalidCrate::new(table, message) });
        return Vec::new();
    };
    let mut crates: Vec<Crate> = Vec::new();
    for (key, node) in entries {
        match one(&key.name, node) {
            // The last definition of a name is used.
            Ok(found) => {
                crates.retain(|known| known.name != found.name);
                crates.push(found);
            }
            Err(invalid) => wrong(invalid),
        }
    }
    crates
}

const EXAMPLE: &str = "for example `serde = \"1\"`";

/// Reads one dependency: a version alone, or a table.
fn one<'n>(name: &str, node: &'n Node) -> Result<Crate, InvalidCrate<'n>> {
    if !is_name(name) {
        let message = format!("`{}` is not a valid crate name", super::sanitize::excerpt(name));
        let hint = "use letters, digits, `-` and `_`, starting with a letter".to_owned();
        return Err(InvalidCrate { hint: Some(hint), ..InvalidCrate::new(node, message) });
    }
    let mut found = Crate::new(name);
    match &node.value {
        NodeValue::Null => {}
        NodeValue::Text(_) => found.version = Some(version(name, node)?),
        NodeValue::Map(entries) => {
            for (key, value) in entries {
                set(&mut found, &key.name, value)?;
            }
        }
        NodeValue::List(_) => {
            let message = format!("`{name}` must be a version or a table");
            return Err(InvalidCrate {
                hint: Some(EXAMPLE.to_owned()),
                ..InvalidCrate::new(node, message)
            });
        }
    }
    Ok(found)
}

fn is_name(name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    name.chars().all(is_part) && name.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

const CRATE_KEYS: &[&str] = &[
    "version",
    "features",
    "default-features",
    "package",
    "path",
    "git",
    "branch",
    "tag",
    "rev",
    "registry",
];

/// Sets one key of a dependency's table.
fn set<'n>(found: &mut Crate, key: &str, node: &'n Node) -> Result<(), InvalidCrate<'n>> {
    let name = format!("{}.{key}", found.name);
    let word = || -> Result<Box<str>, InvalidCrate<'n>> {
        text(node)
            .map(Into::into)
            .ok_or_else(|| InvalidCrate::new(node, format!("`{name}` must be text")))
    };
    match key {
        "version" => found.version = Some(version(&name, node)?),
        "features" => found.features = features(&name, node)?,
        "default-features" | "default_features" => {
            found.default_features = match text(node) {
                Some("true") => true,
                Some("false") => false,
                _ => {
                    return Err(InvalidCrate::new(
                        node,
                        format!("`{name}` must be `true` or `false`"),
                    ));
                }
            }
        }
        "package" => found.package = Some(word()?),
        "path" => found.origin = CrateOrigin::Path(word()?.into_string().into()),
        "registry" => found.origin = CrateOrigin::Registry(word()?),
        "git" => {
            let of_it = match std::mem::take(&mut found.origin) {
                CrateOrigin::Git(_, of_it) => of_it,
                _ => None,
            };
            found.origin = CrateOrigin::Git(word()?, of_it);
        }
        "branch" | "tag" | "rev" => {
            let kind = CRATE_KEYS.iter().find(|known| **known == key).copied().unwrap_or_default();
            let of_it = Some((kind, word()?));
            found.origin = match std::mem::take(&mut found.origin) {
                CrateOrigin::Git(address, _) => CrateOrigin::Git(address, of_it),
                _ => CrateOrigin::Git("".into(), of_it),
            };
        }
        _ => {
            let known = diag::closest(key, CRATE_KEYS.iter().copied());
            let hint = match known {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("known keys: `{}`", CRATE_KEYS.join("`, `")),
            };
            let message =
                format!("`{}` has no key `{}`", found.name, super::sanitize::excerpt(key));
            return Err(InvalidCrate { hint: Some(hint), ..InvalidCrate::new(node, message) });
        }
    }
    Ok(())
}

fn version<'n>(name: &str, node: &'n Node) -> Result<Box<str>, InvalidCrate<'n>> {
    let text = text(node).unwrap_or_default().trim();
    match semver::VersionReq::parse(text) {
        Ok(_) => Ok(text.into()),
        Err(error) => {
            let message =
                format!("`{name}`: `{}` is not a version: {error}", super::sanitize::excerpt(text));
            let hint = "for example `\"1\"`, `\"0.8.5\"`, `\"*\"`".to_owned();
            Err(InvalidCrate { hint: Some(hint), ..InvalidCrate::new(node, message) })
        }
    }
}

fn features<'n>(name: &str, node: &'n Node) -> Result<Vec<Box<str>>, InvalidCrate<'n>> {
    let wrong = |node| InvalidCrate {
        hint: Some("for example `features = [\"derive\"]`".to_owned()),
        ..InvalidCrate::new(node, format!("`{name}` must be a list of names"))
    };
    let NodeValue::List(items) = &node.value else { return Err(wrong(node)) };
    items.iter().map(|item| text(item).map(Into::into).ok_or_else(|| wrong(item))).collect()
}

/// The slot of the deck's dependencies.
pub(super) struct CratesSlot<'s>(pub(super) &'s mut Vec<Crate>);

impl Slot for CratesSlot<'_> {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let mut first = None;
        let crates = read(node, &mut |invalid| {
            first.get_or_insert_with(|| match invalid.hint {
                Some(hint) => format!("{} ({hint})", invalid.message),
                None => invalid.message,
            });
        });
        *self.0 = crates;
        match first {
            Some(message) => Err(format!("crates with their versions: {message}")),
            None => Ok(()),
        }
    }

    fn sample(&self) -> Option<String> {
        Some("{}".to_owned())
    }

    fn schema(&self) -> serde_json::Value {
        serde_json::json!({ "type": "object" })
    }
}
