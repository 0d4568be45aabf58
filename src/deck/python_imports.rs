//! Finds the imports of a Python block in its text. This scans the text without a Python parser: code
//! that only looks like an import counts as one.

use std::fmt;

/// An import in a Python block.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PythonImport {
    /// The dotted name of the module that is imported, or imported from.
    pub module: String,
    /// The names that are imported from it; empty if it is imported itself or with `*`.
    pub names: Vec<String>,
}

impl PythonImport {
    /// Returns the import of a module, or `None` if `module` is not a valid name.
    pub fn of_module(module: &str) -> Option<Self> {
        module
            .split('.')
            .all(is_name)
            .then(|| Self { module: module.to_owned(), names: Vec::new() })
    }

    /// Returns the name of the module without its submodules.
    pub fn top_level(&self) -> &str {
        self.module.split('.').next().unwrap_or_default()
    }
}

/// Formats the import as a statement.
impl fmt::Display for PythonImport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.names.is_empty() {
            write!(f, "import {}", self.module)
        } else {
            write!(f, "from {} import {}", self.module, self.names.join(", "))
        }
    }
}

/// Returns the imports of a Python block in their order. Relative imports are left out.
pub fn python_imports(code: &str) -> Vec<PythonImport> {
    statements(code).iter().flat_map(|statement| imports_of(statement)).collect()
}

fn imports_of(statement: &str) -> Vec<PythonImport> {
    let statement = statement.replace(['(', ')', '\t'], " ");
    let first = |part: &str| part.split_whitespace().next().unwrap_or_default().to_owned();
    if let Some(modules) = statement.trim().strip_prefix("import ") {
        let modules = modules.split(',').map(first);
        return modules.filter_map(|module| PythonImport::of_module(&module)).collect();
    }
    let from = statement.trim().strip_prefix("from ").and_then(|rest| rest.split_once(" import "));
    let import = from.and_then(|(module, names)| {
        let names = names.split(',').map(first).filter(|name| is_name(name)).collect();
        Some(PythonImport { names, ..PythonImport::of_module(module.trim())? })
    });
    import.into_iter().collect()
}

fn is_name(text: &str) -> bool {
    let is_first = |c: char| c == '_' || c.is_alphabetic();
    text.starts_with(is_first) && text.chars().all(|c| is_first(c) || c.is_numeric())
}

/// Returns the simple statements of a text, each on one line, without strings and comments.
fn statements(code: &str) -> Vec<String> {
    let mut statements = vec![String::new()];
    let (mut depth, mut rest) = (0_usize, code);
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        let statement = statements.last_mut().expect("the list starts with one statement");
        match c {
            '#' => rest = rest.find('\n').map_or("", |end| &rest[end..]),
            '\'' | '"' => rest = after_string(rest, c),
            '\\' => rest = rest.strip_prefix('\n').unwrap_or(rest),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match c {
            '\n' | ';' | ':' if depth == 0 => statements.push(String::new()),
            '\n' | '\\' => statement.push(' '),
            '#' => {}
            c => statement.push(c),
        }
    }
    statements
}

/// Returns the text after a string that was opened with `quote`. A short string ends with its line.
fn after_string(rest: &str, quote: char) -> &str {
    let long = quote.to_string().repeat(3);
    let (mut rest, end) = match rest.strip_prefix(&long[1..]) {
        Some(rest) => (rest, long.as_str()),
        None => (rest, &long[..1]),
    };
    loop {
        if let Some(after) = rest.strip_prefix(end) {
            return after;
        }
        let mut characters = rest.chars();
        match characters.next() {
            None => return rest,
            Some('\n') if end.len() == 1 => return rest,
            Some('\\') => drop(characters.next()),
            Some(_) => {}
        }
        rest = characters.as_str();
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("import json", &["import json"])]
    #[case("import a.b as c, d ,e # f", &["import a.b", "import d", "import e"])]
    #[case("from a.b import c as d, e", &["from a.b import c, e"])]
    #[case("from a import (b,\n  c, # d\n  e,\n)", &["from a import b, c, e"])]
    #[case("from a import *", &["import a"])]
    #[case("from a \\\n  import b", &["from a import b"])]
    #[case("try: import a; import b\nexcept ImportError:\n\timport c", &["import a", "import b", "import c"])]
    #[case("def f(x: dict = {'a': 1}):\n    import a", &["import a"])]
    #[case("from . import a\nfrom .b import c\nimport .d", &[])]
    #[case("x = 'import a'\n'''\nimport b\n'''\n# import c\nimportant = 1", &[])]
    #[case("x = \"it's \\\" import\"; import a", &["import a"])]
    #[case("x = 'open\nimport a", &["import a"])]
    #[case("r'''\\''' + f\"{x}\" ; import a", &[])]
    #[case("import 3d, a-b, é", &["import é"])]
    #[case("x = [\nimport a\n]\nimport b", &["import b"])]
    #[case("yield from a", &[])]
    #[case("", &[])]
    fn imports_are_found(#[case] code: &str, #[case] expected: &[&str]) {
        let found: Vec<String> = python_imports(code).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn only_valid_names_are_modules() {
        let import = PythonImport::of_module("matplotlib.pyplot").unwrap();
        assert_eq!(import.to_string(), "import matplotlib.pyplot");
        assert_eq!(import.top_level(), "matplotlib");
        for other in ["", "a b", "a.", ".a", "a;b", "os\nexit()", "1a"] {
            assert_eq!(PythonImport::of_module(other), None, "{other:?}");
        }
    }
}
