//! `+pymodule`: compiles Rust to a Python module. Determines its name, and which Python blocks
//! import it.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use regex::{Captures, Regex};

use super::attribute::AttributeError;
use super::sanitize::excerpt;
use crate::deck::{Cell, Deck, Fingerprint, Module, python_imports};

/// Python's keywords.
const PYTHON_KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Names that Rust does not accept, not even as `r#…`.
const RUST_RESERVED: &[&str] = &["Self", "_", "crate", "self", "super"];

/// Matches `#[pymodule]` at the start of a line, its arguments, and the item it applies to. The
/// Python name may be set in the attribute or in a following one.
static PYMODULE_ATTRIBUTE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let attribute = r"(?m)^[ \t]*#\[\s*(?:pyo3\s*::\s*)?pymodule\b(?<said>[^\]]*)\]";
    let others = r"(?<others>(?:\s*(?:#\[[^\]]*\]|//[^\n]*\n))*)";
    let carrier = r"\s*(?:pub(?:\([^)]*\))?\s+)?(?:mod|fn)\s+(?:r#)?(?<name>\w+)";
    Regex::new(&[attribute, others, carrier].concat()).ok()
});

/// Matches a brace, or a literal or comment that may contain some.
static BRACE_OR_LITERAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let comments = r"//[^\n]*|(?s:/\*.*?\*/)";
    let strings = r###"r##"(?s:.*?)"##|r#"(?s:.*?)"#|r"[^"]*"|"(?:[^"\\]|\\(?s:.))*""###;
    let characters = r"'(?:[^'\\]|\\(?:.|u\{\w+\}|x\w\w))'";
    Regex::new(&[r"[{}]", comments, strings, characters].join("|")).ok()
});

/// Matches `name = "…"` in an attribute.
static NAME_ARGUMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\bname\s*=\s*"(?<name>[^"]*)""#).ok());

/// Returns the module that a block is compiled to, with the given name if there is one.
pub(super) fn read(given: Option<&str>, code: &str) -> Result<Module, AttributeError> {
    let own = own_names(code);
    let is_body =
        own.is_empty() || has_items(code) && given.is_some_and(|it| !own.contains(&it.into()));
    let own = match given {
        _ if is_body => None,
        Some(given) => own.iter().find(|own| *own == given).or(own.first()),
        None => own.first(),
    };
    let name = match (given, own) {
        (Some(given), Some(own)) if given != own => {
            let message = format!("the block's own `#[pymodule]` is named `{}`", excerpt(own));
            let hint = format!("write `+pymodule:{}`, or `+pymodule` alone", excerpt(own));
            return Err((message, hint));
        }
        (Some(name), _) => name,
        (None, Some(own)) => own,
        (None, None) => {
            let hint = "write `+pymodule:NAME`: Python imports it by that name";
            return Err(("`+pymodule` has no name".to_owned(), hint.to_owned()));
        }
    };
    if !is_name(name) {
        let message = format!("`{}` is not a valid module name", excerpt(name));
        let hint = "use letters, digits and `_`, no digit first, and no keyword of Python";
        return Err((message, hint.to_owned()));
    }
    Ok(Module { name: name.into(), is_whole: own.is_some() })
}

/// Returns the Python names of a block's `#[pymodule]`s that are not inside of another item.
fn own_names(code: &str) -> Vec<String> {
    let Some(attribute) = PYMODULE_ATTRIBUTE.as_ref() else { return Vec::new() };
    let named = |said: &str| {
        let name = NAME_ARGUMENT.as_ref()?.captures(said)?;
        Some(name["name"].to_owned())
    };
    let outer = outside_of_braces(code);
    let own = attribute.captures_iter(code).filter(|found| {
        // The match begins with white space.
        let start = found.get(0).map_or(0, |all| all.start());
        let start = start + code[start..].find('#').unwrap_or(0);
        outer.iter().any(|range| range.contains(&start))
    });
    let name = |found: Captures<'_>| {
        let own = named(&found["said"]).or_else(|| named(&found["others"]));
        own.unwrap_or_else(|| found["name"].to_owned())
    };
    own.map(name).collect()
}

/// Returns whether a block has functions or classes for Python that are in no `#[pymodule]` of its own, so
/// that it is the body of a module.
fn has_items(code: &str) -> bool {
    let items = ["#[pyfunction", "#[pyclass", "#[pymodule_export", "#[pymodule_init"];
    let outer = outside_of_braces(code);
    outer.into_iter().any(|range| items.iter().any(|item| code[range.clone()].contains(item)))
}

/// Returns the parts of Rust code that are in no braces, strings or comments.
fn outside_of_braces(code: &str) -> Vec<Range<usize>> {
    let Some(token) = BRACE_OR_LITERAL.as_ref() else { return Vec::new() };
    let (mut outer, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for found in token.find_iter(code) {
        if depth == 0 {
            outer.push(start..found.start());
        }
        match found.as_str() {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        start = found.end();
    }
    if depth == 0 {
        outer.push(start..code.len());
    }
    outer
}

/// Returns whether a name is valid in both Python and Rust.
fn is_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(is_part)
        && name.starts_with(|c: char| !c.is_ascii_digit())
        && !PYTHON_KEYWORDS.contains(&name)
        && !RUST_RESERVED.contains(&name)
}

/// Changes the fingerprint of Python blocks with the modules that they import, which makes their
/// output stale when a module changes.
pub(super) fn mark_importers(deck: &mut Deck) {
    let modules: Vec<(Box<str>, Fingerprint)> = deck
        .cells
        .iter()
        .filter_map(|cell| Some((cell.exec.module.as_ref()?.name.clone(), cell.fingerprint)))
        .collect();
    if modules.is_empty() {
        return;
    }
    for cell in deck.cells.iter_mut().filter(|cell| &*cell.language == "python") {
        let imports = python_imports(&cell.code);
        for (name, module) in &modules {
            if imports.iter().any(|import| import.top_level() == &**name) {
                let changed = cell.fingerprint.with(&module.0.to_string());
                *cell = Arc::new(Cell { fingerprint: changed, ..Cell::clone(cell) });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rstest::rstest;

    use super::*;
    use crate::source::MemFiles;

    fn deck(text: &str) -> Deck {
        crate::parse::parse(Path::new("talk.md"), text, &MemFiles::default())
    }

    #[rstest]
    #[case(Some("fast"), "fn f() {}", "fast", false)]
    #[case(None, "#[pymodule]\nmod fast {}", "fast", true)]
    #[case(None, "use pyo3::prelude::*;\n\n#[pyo3::pymodule] pub mod r#type {}", "type", true)]
    #[case(None, "#[pymodule(gil_used = false)]\n// what it is\nmod a {}", "a", true)]
    #[case(None, "#[pymodule]\n#[pyo3(name = \"b\")]\nfn a(m: &M) {}", "b", true)]
    #[case(Some("b"), "#[pymodule(name = \"b\")]\npub(crate) mod a {}", "b", true)]
    #[case(Some("a"), "// no #[pymodule] mod x {}\nfn f() {}", "a", false)]
    #[case(Some("a"), "#[pyfunction]\nfn f() {}\n#[pymodule]\nmod inner {}", "a", false)]
    #[case(Some("a"), "mod b {\n    #[pymodule]\n    mod inner {}\n}", "a", false)]
    #[case(Some("a"), "fn f() { '{'; \"{\"; /* { */ }\n#[pymodule]\nmod a {}", "a", true)]
    #[case(Some("b"), "#[pymodule]\nmod a {}\n#[pymodule]\nmod b {}", "b", true)]
    #[case(None, "#[pymodule]\nmod a {\n    #[pymodule]\n    mod inner {}\n}", "a", true)]
    fn module_name_comes_from_fence_or_code(
        #[case] given: Option<&str>,
        #[case] code: &str,
        #[case] name: &str,
        #[case] is_whole: bool,
    ) {
        assert_eq!(read(given, code), Ok(Module { name: name.into(), is_whole }));
    }

    #[rstest]
    #[case(None, "fn f() {}", "`+pymodule` has no name")]
    #[case(Some("2fast"), "", "`2fast` is not a valid module name")]
    #[case(Some("a.b"), "", "`a.b` is not a valid module name")]
    #[case(Some("lambda"), "", "`lambda` is not a valid module name")]
    #[case(Some("self"), "", "`self` is not a valid module name")]
    #[case(Some("a"), "#[pymodule]\nmod b {}", "the block's own `#[pymodule]` is named `b`")]
    fn invalid_module_name_is_an_error(
        #[case] given: Option<&str>,
        #[case] code: &str,
        #[case] message: &str,
    ) {
        assert_eq!(read(given, code).unwrap_err().0, message);
    }

    #[test]
    fn importing_block_changes_with_its_module() {
        let fingerprints = |body: &str| {
            let text = format!(
                "```rust +pymodule:fast\n{body}\n```\n\n```python +exec\nimport fast\n```\n\n\
                 ```python +exec\nprint(1)\n```\n"
            );
            let cells = deck(&text).cells;
            [0, 1, 2].map(|at| cells[at].fingerprint)
        };
        let (one, other) = (fingerprints("fn f() {}"), fingerprints("fn g() {}"));
        assert_ne!(one[0], other[0]);
        assert_ne!(one[1], other[1]);
        assert_eq!(one[2], other[2]);
    }

    #[rstest]
    #[case(
        "```rust +pymodule:m +exec\nx\n```\n",
        "`+pymodule` cannot be combined with an attribute that runs or renders the block"
    )]
    #[case("```python +pymodule:m\nx\n```\n", "`+pymodule` only works with Rust")]
    #[case("```rust +pymodule\nx\n```\n", "`+pymodule` has no name")]
    #[case(
        "```rust +pymodule:m\nx\n```\n\n```rust +pymodule:m\ny\n```\n",
        "another block is already the module `m`"
    )]
    fn mistakes_are_reported_at_the_fence_with_a_hint(#[case] text: &str, #[case] message: &str) {
        let deck = deck(text);
        let found: Vec<_> = deck.diagnostics.iter().map(|it| &*it.message).collect();
        assert_eq!(found, [message]);
        assert_eq!(deck.diagnostics[0].hints.len(), 1);
        assert!(deck.cells.len() <= 1);
    }

    #[test]
    fn module_does_not_autorun() {
        let deck = deck("```rust +pymodule:fast +expect:failure\nfn f() {}\n```\n");
        assert_eq!(deck.diagnostics, []);
        let cell = &deck.cells[0];
        assert_eq!(cell.exec.module.as_ref().map(|it| &*it.name), Some("fast"));
        assert_eq!(cell.exec.start, crate::deck::Start::OnKey);
    }
}
