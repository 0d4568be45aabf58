//! Finds the imports in a block's text, and whether the block changes how modules are imported. This
//! scans the text and does not parse it: an import that is none is looked up and not found.

/// Code after which an import may behave differently: a block with any of it starts with nothing
/// preimported.
const IMPORT_CHANGING_WORDS: [&str; 8] = [
    "environ",
    "putenv",
    "sys.path",
    "sys.modules",
    "from sys import",
    "meta_path",
    "path_hooks",
    "addsitedir",
];

/// Modules that are imported for the effect of the import.
const SIDE_EFFECT_MODULES: [&str; 2] = ["antigravity", "this"];

/// Returns the imports of a block in their order, each as a statement.
pub(in crate::exec::python) fn imports(code: &str) -> Vec<String> {
    statements(code).iter().flat_map(|statement| imports_of(statement)).collect()
}

/// Returns the statement that imports a module, or `None` if `module` is not a valid name.
pub(in crate::exec::python) fn import_of(module: &str) -> Option<String> {
    is_module(module).then(|| format!("import {module}"))
}

/// Returns the module that such a statement imports, or imports from.
pub(in crate::exec::python) fn module_of(statement: &str) -> &str {
    statement.split_whitespace().nth(1).unwrap_or_default()
}

/// Returns whether a block may import anything. Cheaper than [`imports`].
pub(in crate::exec::python) fn mentions_imports(code: &str) -> bool {
    code.contains("import")
}

/// Returns whether a block changes what an import finds, or what a module finds when it is imported.
pub(in crate::exec::python) fn changes_imports(code: &str) -> bool {
    IMPORT_CHANGING_WORDS.iter().any(|word| code.contains(word))
}

fn imports_of(statement: &str) -> Vec<String> {
    let statement = statement.replace(['(', ')', '\t'], " ");
    let first = |part: &str| part.split_whitespace().next().unwrap_or_default().to_owned();
    if let Some(modules) = statement.trim().strip_prefix("import ") {
        return modules.split(',').filter_map(|module| import_of(&first(module))).collect();
    }
    let from = statement.trim().strip_prefix("from ").and_then(|rest| rest.split_once(" import "));
    let Some((module, names)) = from else { return Vec::new() };
    let module = module.trim();
    if !is_module(module) {
        return Vec::new();
    }
    let names: Vec<String> = names.split(',').map(first).filter(|name| is_name(name)).collect();
    let names = names.join(", ");
    let all = if names.is_empty() {
        format!("import {module}")
    } else {
        format!("from {module} import {names}")
    };
    vec![all]
}

fn is_module(text: &str) -> bool {
    let mut names = text.split('.');
    names.all(is_name) && !SIDE_EFFECT_MODULES.contains(&text)
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
    #[case("import this, antigravity", &[])]
    #[case("from this import s", &[])]
    #[case("x = [\nimport a\n]\nimport b", &["import b"])]
    #[case("yield from a", &[])]
    #[case("", &[])]
    fn imports_are_found(#[case] code: &str, #[case] expected: &[&str]) {
        assert_eq!(imports(code), expected);
    }

    #[test]
    fn only_valid_names_make_statements() {
        assert_eq!(import_of("matplotlib.pyplot"), Some("import matplotlib.pyplot".to_owned()));
        for other in ["", "a b", "a.", ".a", "a;b", "os\nexit()", "1a", "this"] {
            assert_eq!(import_of(other), None, "{other:?}");
        }
    }

    #[test]
    fn import_changing_code_is_detected() {
        assert!(changes_imports("import os\nos.environ['A'] = '1'\nimport numpy"));
        assert!(changes_imports("import sys; sys.path.append('lib')"));
        assert!(!changes_imports("import sys\nprint(sys.version, 'path')"));
    }
}
