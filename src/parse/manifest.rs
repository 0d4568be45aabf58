//! Parses the manifest in a Rust block: a rust-script header, which is a `cargo` code block in `//!
//! ` comments, or the one-line form `// cargo-deps: a="1", b`.

use std::ops::Range;
use std::rc::Rc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::crates::{self, InvalidCrate};
use crate::deck::RustBuild;
use crate::diag::{self, Diagnostic};
use crate::source::{FileId, Span};
use crate::yaml::{MapKey, Node, NodeValue, text};

/// A parsed manifest; spans are bytes of the code.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    /// The build settings.
    pub(super) build: RustBuild,
    /// Its diagnostics.
    pub(super) mistakes: Vec<Diagnostic>,
}

/// Parses the manifest at the start of the code, if there is one.
pub(super) fn read(code: &str) -> Option<Manifest> {
    let header = ManifestHeader::find(code)?;
    let mut manifest = Manifest::default();
    if let Some(opening) = &header.never_closed {
        let mistake = Diagnostic::error(at(opening.clone()), "this manifest is never closed");
        manifest.mistakes.push(mistake.hint("end it with ```` ``` ```` on its own line"));
    }
    let (table, errors) = DeTable::parse_recoverable(&header.toml);
    for error in &errors {
        let range = header.place(error.span().unwrap_or(0..0));
        let message = format!("invalid TOML: {}", error.message().trim());
        manifest.mistakes.push(Diagnostic::error(at(range), message));
    }
    if errors.is_empty() {
        manifest.take(&tree(&header.toml, &table), &header);
    }
    Some(manifest)
}

/// Sections that cargo supports and blocks do not, each with a hint.
const UNSUPPORTED_SECTIONS: &[(&str, &str)] = &[
    ("profile", "set `options.rust.profile` in the front matter to `release` or `debug`"),
    ("features", "a block has no features of its own"),
    ("dev-dependencies", "name the crate under `[dependencies]`"),
    ("build-dependencies", "a block has no build script"),
];

impl Manifest {
    fn take(&mut self, root: &Node, header: &ManifestHeader) {
        let NodeValue::Map(entries) = &root.value else { return };
        for (key, node) in entries {
            match key.name.as_str() {
                "dependencies" => {
                    self.build.crates = crates::read(node, &mut |invalid| {
                        let InvalidCrate { node, message, hint } = invalid;
                        let place = at(header.place(node.range.clone()));
                        let mistake = Diagnostic::error(place, message);
                        self.mistakes.push(match hint {
                            Some(hint) => mistake.hint(hint),
                            None => mistake,
                        });
                    });
                }
                "package" => self.package(node, header),
                name => {
                    self.mistakes.push(unsupported_section(name, header.place(key.range.clone())));
                }
            }
        }
    }

    /// Reads the edition; the other keys of a package are ignored.
    fn package(&mut self, package: &Node, header: &ManifestHeader) {
        let Some(edition) = package.get("edition") else { return };
        if let Some(named) = text(edition).filter(|edition| EDITIONS.contains(edition)) {
            self.build.edition = Some(named.into());
            return;
        }
        let place = at(header.place(edition.range.clone()));
        let mistake = Diagnostic::error(place, "unknown edition");
        let hint = format!("use one of `\"{}\"`", EDITIONS.join("\"`, `\""));
        self.mistakes.push(mistake.hint(hint));
    }
}

/// The editions of Rust.
pub(in crate::parse) const EDITIONS: [&str; 4] = ["2015", "2018", "2021", "2024"];

fn unsupported_section(name: &str, range: Range<usize>) -> Diagnostic {
    let known = ["dependencies", "package"];
    let unused = UNSUPPORTED_SECTIONS.iter().find(|(unused, _)| *unused == name);
    let hint = match (unused, diag::closest(name, known)) {
        (Some((_, hint)), _) => (*hint).to_owned(),
        (None, Some(known)) => format!("did you mean `[{known}]`?"),
        (None, None) => "use `[dependencies]`, or `edition` in `[package]`".to_owned(),
    };
    let name = super::sanitize::excerpt(name);
    Diagnostic::warning(at(range), format!("`{name}` is not supported in a block's manifest"))
        .hint(hint)
}

/// Returns a range of the code as a span without a file.
fn at(range: Range<usize>) -> Span {
    Span::new(FileId(0), range)
}

/// The text of a manifest, extracted from comments.
#[derive(Debug, Default)]
struct ManifestHeader {
    toml: String,
    /// The start of each line in the text, and in the code.
    lines: Vec<(usize, usize)>,
    /// The opening line, if no line closes it.
    never_closed: Option<Range<usize>>,
}

impl ManifestHeader {
    /// Searches the comments at the start of the code.
    fn find(code: &str) -> Option<Self> {
        let mut lines = comments(code);
        while let Some((start, line)) = lines.next() {
            if let Some(list) = short_form(line) {
                return Some(Self::of_list(list, start + line.len() - list.len()));
            }
            if is_opening(line) {
                let opening = start..start + line.len();
                return Some(Self::of_block(&mut lines, opening));
            }
        }
        None
    }

    /// Turns `a="1", b` into a table, one line per item.
    fn of_list(list: &str, start: usize) -> Self {
        let mut header = Self::default();
        header.push("[dependencies]", start);
        for item in items(list) {
            let at = start + (item.as_ptr() as usize - list.as_ptr() as usize);
            header.push(item, at);
            if !item.contains('=') {
                // As in rust-script, no version means any version.
                header.toml.truncate(header.toml.len() - 1);
                header.toml.push_str("=\"*\"\n");
            }
        }
        header
    }

    fn of_block<'c>(
        lines: &mut impl Iterator<Item = (usize, &'c str)>,
        opening: Range<usize>,
    ) -> Self {
        let mut header = Self::default();
        for (start, line) in lines {
            if line.trim() == "```" {
                return header;
            }
            header.push(line, start);
        }
        header.never_closed = Some(opening);
        header
    }

    fn push(&mut self, line: &str, start: usize) {
        self.lines.push((self.toml.len(), start));
        self.toml.push_str(line);
        self.toml.push('\n');
    }

    /// Maps bytes of the text to bytes of the code.
    fn place(&self, range: Range<usize>) -> Range<usize> {
        let place = |at: usize| {
            let line = self.lines.partition_point(|(start, _)| *start <= at).saturating_sub(1);
            self.lines.get(line).map_or(0, |(start, code)| code + (at - start))
        };
        let start = place(range.start);
        start..place(range.end).max(start)
    }
}

/// Returns whether a comment line opens a manifest.
fn is_opening(line: &str) -> bool {
    line.trim().strip_prefix("```").is_some_and(|name| name.trim() == "cargo")
}

/// Returns the text after `cargo-deps:`.
fn short_form(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("cargo-deps:")
}

/// Returns the trimmed items of a list, split at commas outside quotes and brackets.
fn items(list: &str) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut depth) = (false, 0_i32);
    let items = list.split(move |c| {
        match c {
            '"' => is_quoted = !is_quoted,
            '[' | '{' if !is_quoted => depth += 1,
            ']' | '}' if !is_quoted => depth -= 1,
            _ => {}
        }
        c == ',' && !is_quoted && depth <= 0
    });
    items.map(str::trim).filter(|item| !item.is_empty())
}

/// Returns the lines of the leading comments, without their marks, each with its byte offset.
/// Attributes and blank lines between comments are skipped.
fn comments(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    let mut in_block = false;
    let mut is_over = false;
    code.split_inclusive('\n').filter_map(move |whole| {
        let line = whole.trim_end_matches(['\n', '\r']);
        let from = start;
        start += whole.len();
        if is_over {
            return None;
        }
        let bare = line.trim_start();
        let found = if in_block {
            in_block = !bare.contains("*/");
            in_block.then(|| bare.strip_prefix('*').map_or(line, unindented))
        } else if let Some(text) = bare.strip_prefix("//!").or_else(|| bare.strip_prefix("//")) {
            Some(unindented(text))
        } else if let Some(text) = bare.strip_prefix("/*!") {
            in_block = !text.contains("*/");
            in_block.then(|| unindented(text))
        } else {
            is_over = !(bare.is_empty() || bare.starts_with('#'));
            None
        };
        found.map(|text| (from + (text.as_ptr() as usize - line.as_ptr() as usize), text))
    })
}

fn unindented(text: &str) -> &str {
    text.strip_prefix(' ').unwrap_or(text)
}

/// Converts a TOML table to the node type of the front matter.
fn tree(toml: &str, table: &Spanned<DeTable<'_>>) -> Node {
    let range = table.span();
    let entries = table.get_ref().iter().map(|(key, value)| {
        let key = MapKey { range: key.span(), name: key.get_ref().to_string() };
        (key, Rc::new(node(toml, value)))
    });
    Node { range, value: NodeValue::Map(entries.collect()) }
}

fn node(toml: &str, value: &Spanned<DeValue<'_>>) -> Node {
    let range = value.span();
    let value = match value.get_ref() {
        DeValue::String(text) => NodeValue::Text(text.to_string()),
        DeValue::Array(items) => {
            NodeValue::List(items.iter().map(|item| Rc::new(node(toml, item))).collect())
        }
        DeValue::Table(table) => {
            let entries = table.iter().map(|(key, value)| {
                let key = MapKey { range: key.span(), name: key.get_ref().to_string() };
                (key, Rc::new(node(toml, value)))
            });
            NodeValue::Map(entries.collect())
        }
        // `a = 1.0` is accepted for `a = "1.0"`, as in front matter.
        _ => NodeValue::Text(toml.get(range.clone()).unwrap_or_default().to_owned()),
    };
    Node { range, value }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::deck::{Crate, CrateOrigin};

    fn crates(code: &str) -> Vec<Crate> {
        let manifest = read(code).expect("there is a manifest");
        assert_eq!(manifest.mistakes, [], "{code}");
        manifest.build.crates
    }

    fn version(name: &str, version: &str) -> Crate {
        Crate { version: Some(version.into()), ..Crate::new(name) }
    }

    #[rstest]
    #[case("//! ```cargo\n//! [dependencies]\n//! a = \"1\"\n//! ```\nfn main() {}")]
    #[case(
        "#!/usr/bin/env rust-script\n//! A title.\n//!\n//! ```cargo\n//! [dependencies]\n//! a = \"1\"\n//!\n//! ```"
    )]
    #[case("#![allow(unused)]\n\n//! ```cargo\n//!\t\n//! dependencies.a = \"1\"\n//! ```")]
    #[case("/*!\n```cargo\n[dependencies]\na = \"1\"\n```\n*/\nf();")]
    #[case("/*!\n * ```cargo\n * [dependencies]\n * a = \"1\"\n * ```\n */")]
    #[case("// cargo-deps: a=\"1\"")]
    #[case("// by us\n\n//cargo-deps: a = \"1\",\nfn main() {}")]
    fn all_header_forms_are_parsed(#[case] code: &str) {
        assert_eq!(crates(code), [version("a", "1")]);
    }

    #[rstest]
    #[case("fn main() {}\n//! ```cargo\n//! [dependencies]\n//! ```")]
    #[case("let x = 1;\n// cargo-deps: a")]
    #[case("//! ```rust\n//! [dependencies]\n//! ```")]
    #[case("")]
    fn other_comments_are_not_a_manifest(#[case] code: &str) {
        assert!(read(code).is_none());
    }

    #[test]
    fn crate_fields_are_parsed() {
        let code = "// cargo-deps: b, a={ version=\"0.8, <0.9\", features=[\"x\",\"y\"], default-features=false }";
        let a = Crate {
            features: vec!["x".into(), "y".into()],
            default_features: false,
            ..version("a", "0.8, <0.9")
        };
        assert_eq!(crates(code), [a, version("b", "*")]);
        let code = "//! ```cargo\n//! [package]\n//! name = \"it\"\n//! edition = \"2018\"\n//! [dependencies]\n//! p = { path = \"../p\" }\n//! g = { git = \"https://x.y/z\", tag = \"v1\" }\n//! [dependencies.j]\n//! package = \"serde_json\"\n//! ```";
        let manifest = read(code).unwrap();
        assert_eq!(manifest.build.edition.as_deref(), Some("2018"));
        let git = CrateOrigin::Git("https://x.y/z".into(), Some(("tag", "v1".into())));
        assert_eq!(
            manifest.build.crates,
            [
                Crate { origin: git, ..Crate::new("g") },
                Crate { package: Some("serde_json".into()), ..Crate::new("j") },
                Crate { origin: CrateOrigin::Path("../p".into()), ..Crate::new("p") },
            ]
        );
    }

    #[rstest]
    #[case(
        "//! ```cargo\n//! [dependencies]\n//! a = \"one\"\n//! ```",
        "\"one\"",
        "is not a version"
    )]
    #[case("//! ```cargo\n//! [dependencies]\n//! a = \n//! ```", "", "invalid TOML")]
    #[case("//! ```cargo\n//! [dependancies]\n//! ```", "dependancies", "is not supported")]
    #[case(
        "//! ```cargo\n//! [package]\n//! edition = \"2020\"\n//! ```",
        "\"2020\"",
        "unknown edition"
    )]
    #[case(
        "//! ```cargo\n//! dependencies.a = { feature = [] }\n//! ```",
        "[]",
        "has no key `feature`"
    )]
    #[case(
        "//! ```cargo\n//! dependencies.a = { features = \"x\" }\n//! ```",
        "\"x\"",
        "must be a list"
    )]
    #[case("//! ```cargo\n//! [dependencies]\n//! a = \"1\"", "```cargo", "never closed")]
    #[case("// cargo-deps: b, a=\"~~\"", "\"~~\"", "is not a version")]
    fn manifest_mistakes_have_positions(
        #[case] code: &str,
        #[case] place: &str,
        #[case] message: &str,
    ) {
        let manifest = read(code).unwrap();
        let [mistake] = manifest.mistakes.as_slice() else { panic!("{:?}", manifest.mistakes) };
        assert!(mistake.message.contains(message), "{}", mistake.message);
        if !place.is_empty() {
            assert_eq!(&code[mistake.span.range()], place);
        }
    }
}
