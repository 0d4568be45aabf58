//! Finds the files that some code includes: by macros, and as modules.

use std::collections::BTreeMap;
use std::mem::take;

use super::crate_root::scan;
use super::lexer::{Token, texts, tokens};
use super::statements::{Statement, statements};

/// The macro that includes code.
const INCLUDE: &str = "include";

/// The macros that include a file.
const MACROS: [&str; 3] = [INCLUDE, "include_bytes", "include_str"];

/// What some code includes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::exec::rust) struct Inclusions {
    pub(in crate::exec::rust) all: Vec<Inclusion>,
    /// Whether the code may also compile a file that another macro names, or that the code computes.
    pub(in crate::exec::rust) is_computed: bool,
}

/// One file that some code includes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::exec::rust) enum Inclusion {
    /// `include_str!("…")` and `include_bytes!("…")`.
    Data(String),
    /// `include!("…")`.
    Code(String),
    /// `mod name;`
    Module {
        /// The inline modules around it, outermost first.
        around: Vec<String>,
        /// Its name.
        name: String,
        /// The paths in its `#[path = "…"]`.
        paths: Vec<String>,
    },
}

/// Returns the files that some code includes by literal paths.
pub(in crate::exec::rust) fn inclusions(code: &str) -> Inclusions {
    let mut found = Inclusions::default();
    if !code.contains(INCLUDE) && !code.contains("mod") {
        return found;
    }
    let tokens = tokens(code);
    // For each open brace, the inline module that it began.
    let mut braces: Vec<Option<&str>> = Vec::new();
    // The open brackets of an attribute, and the paths in the attributes so far.
    let (mut brackets, mut paths) = (0_usize, Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        let rest = &tokens[at + 1..];
        match token.text {
            "[" if brackets > 0 || is_attribute(&tokens[..at]) => brackets += 1,
            "]" => brackets = brackets.saturating_sub(1),
            "path" if brackets > 0 => match rest {
                [equals, value, ..] if equals.text == "=" => match text(value) {
                    Some(path) => paths.push(path),
                    None => found.is_computed = true,
                },
                _ => {}
            },
            "mod" => match rest {
                [name, end, ..] if name.is_word() && end.text == ";" => {
                    let around = braces.iter().flatten().map(|name| plain(name).to_owned());
                    let (around, name) = (around.collect(), plain(name.text).to_owned());
                    found.all.push(Inclusion::Module { around, name, paths: take(&mut paths) });
                }
                _ => {}
            },
            "{" => {
                paths.clear();
                braces.push(match &tokens[..at] {
                    [.., word, name] if word.text == "mod" && name.is_word() => Some(name.text),
                    _ => None,
                });
            }
            "}" => drop(braces.pop()),
            ";" => paths.clear(),
            // Defines macros, which may name files in other ways.
            "$" => found.is_computed = true,
            name => {
                let name = plain(name);
                if MACROS.contains(&name) {
                    match (included(rest), name == INCLUDE) {
                        (Some(path), true) => found.all.push(Inclusion::Code(path)),
                        (Some(path), false) => found.all.push(Inclusion::Data(path)),
                        (None, is_code) => found.is_computed |= is_code,
                    }
                }
            }
        }
    }
    found
}

/// The files with items that a block includes by `include!`, which cannot be in a `main`, and whether they
/// have a `main` themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::exec::rust) struct IncludedItems(BTreeMap<String, bool>);

impl IncludedItems {
    /// Returns those of a block. `read` returns the text of a file.
    pub(in crate::exec::rust) fn of(
        code: &str,
        read: &mut dyn FnMut(&str) -> Option<String>,
    ) -> Self {
        let mut items = Self::default();
        for statement in statements(code) {
            let Some(path) = included_by(&code[statement.range]) else { continue };
            let text = read(&path).unwrap_or_default();
            // A file with an expression has nothing else.
            let of_file = statements(&text);
            if of_file.first().is_some_and(|it| it.is_item || text[it.range.clone()].ends_with(';'))
            {
                items.0.insert(path, scan(&text).has_main);
            }
        }
        items
    }

    /// Returns whether there are none.
    pub(in crate::exec::rust) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether one of the files has a `main`.
    pub(super) fn has_main(&self) -> bool {
        self.0.values().any(|has_main| *has_main)
    }

    /// Returns the statements of a block, of which those that include items are items.
    pub(super) fn statements(&self, code: &str) -> Vec<Statement> {
        let mut all = statements(code);
        if !self.is_empty() {
            for statement in &mut all {
                let path = included_by(&code[statement.range.clone()]);
                statement.is_item |= path.is_some_and(|path| self.0.contains_key(&path));
            }
        }
        all
    }
}

/// Returns the path if a statement is only a call of `include!`.
fn included_by(statement: &str) -> Option<String> {
    let tokens = tokens(statement);
    let call = match texts(&tokens)[..] {
        ["std" | "core", ":", ":", INCLUDE, ..] => &tokens[3..],
        [INCLUDE, ..] => &tokens[..],
        _ => return None,
    };
    let path = included(&call[1..])?;
    let end = texts(&call[4..]);
    matches!(end[..], [")" | "]" | "}"] | [")" | "]" | "}", ";"]).then_some(path)
}

/// Returns whether the bracket behind these tokens begins an attribute.
fn is_attribute(before: &[Token<'_>]) -> bool {
    match before {
        [.., hash] if hash.text == "#" => true,
        [.., hash, bang] => hash.text == "#" && bang.text == "!",
        _ => false,
    }
}

/// Returns the path with which a macro is called.
fn included(arguments: &[Token<'_>]) -> Option<String> {
    match arguments {
        [bang, open, path, ..] if bang.text == "!" && matches!(open.text, "(" | "[" | "{") => {
            text(path)
        }
        _ => None,
    }
}

/// Returns a name without `r#`.
fn plain(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// Returns the text of a string without escapes.
fn text(token: &Token<'_>) -> Option<String> {
    if !token.is_string() || token.is_unterminated() {
        return None;
    }
    let is_raw = token.text.starts_with('r');
    let text = token.text.trim_start_matches('r').trim_matches('#');
    let text = text.strip_prefix('"')?.strip_suffix('"')?;
    (is_raw || !text.contains('\\')).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn module(around: &[&str], name: &str, paths: &[&str]) -> Inclusion {
        let [around, paths] =
            [around, paths].map(|all| all.iter().map(|it| (*it).to_owned()).collect());
        Inclusion::Module { around, name: name.to_owned(), paths }
    }

    #[test]
    fn literal_paths_are_found() {
        let code = "const A: &str = include_str!(\"a.txt\");\n// include_str!(\"no.txt\")\n\
                    let b = include_bytes! [ r#\"b/c.bin\"# ];\nstd::include!{\"../d.rs\"}\n\
                    let e = include_str!(concat!(\"e\", \".txt\")); let f = \"include_str!(\\\"f\\\")\";\n\
                    include_str!(\"g\\n\"); r#include!(\"h.rs\",)";
        let data = |path: &str| Inclusion::Data(path.to_owned());
        let source = |path: &str| Inclusion::Code(path.to_owned());
        let all = vec![data("a.txt"), data("b/c.bin"), source("../d.rs"), source("h.rs")];
        assert_eq!(inclusions(code), Inclusions { all, is_computed: false });
    }

    #[test]
    fn modules_are_found() {
        let code = "mod a;\n#[path = \"x/b.rs\"] pub(crate) mod b;\nfn f() { let path = \"no\"; }\n\
                    mod r#in { pub mod c; mod d {\n#[cfg_attr(unix, path = r\"e.rs\")]\n\
                    #[cfg_attr(not(unix), path = \"f.rs\")] mod e; } }\n\
                    mod g { fn h() { loop {} } }\nmod i;";
        let expected = [
            module(&[], "a", &[]),
            module(&[], "b", &["x/b.rs"]),
            module(&["in"], "c", &[]),
            module(&["in", "d"], "e", &["e.rs", "f.rs"]),
            module(&[], "i", &[]),
        ];
        assert_eq!(inclusions(code), Inclusions { all: expected.into(), is_computed: false });
    }

    #[rstest]
    #[case("include!(concat!(\"a\", \".rs\"))")]
    #[case("use std::include as other; other!(\"a.rs\")")]
    #[case("include!(\"\\x61.rs\")")]
    #[case("#[path = \"\\x61.rs\"] mod a;")]
    #[case("macro_rules! m { ($i:ident) => { $i!(\"a.rs\") } } m!(include_str)")]
    fn computed_inclusions_are_detected(#[case] code: &str) {
        assert!(inclusions(code).is_computed);
    }

    #[test]
    fn included_items_are_told_from_expressions() {
        let items = |text: &str| {
            let code = "include!(\"b.rs\");\nf();\nlet x = include!(\"no\");";
            IncludedItems::of(code, &mut |path| (path == "b.rs").then(|| text.to_owned()))
        };
        for text in ["pub fn f() {}", "#![x]\nuse a::b;\nf();", "thread_local!();\nfn f() {}"] {
            let items = items(text);
            assert!(!items.is_empty() && !items.has_main(), "{text}");
            let statements = items.statements("std::include!(\"b.rs\");\ninclude!(\"c.rs\");");
            let are_items: Vec<_> = statements.iter().map(|it| it.is_item).collect();
            assert_eq!(are_items, [true, false]);
        }
        assert!(items("fn main() {}").has_main());
        for text in ["", "1 + 1", "{ let x = 1; x }", "vec![1; 2]", "unsafe { f() }", "|x| x"] {
            assert!(items(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn broken_code_does_not_panic() {
        for code in ["mod", "mod a", "include!", "include!(", "#[path", "#[path =", "} mod { mod"] {
            let _ = (inclusions(code), IncludedItems::of(code, &mut |_| Some(code.to_owned())));
        }
    }
}
