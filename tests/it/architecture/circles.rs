//! Circles of files within a module: files that use each other, directly or by way of others. They
//! cannot be read, changed or tested one at a time.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{SourceFile, source_files};

/// The circles that exist, with the reason. A circle may lose files, not gain any.
const CIRCLES: &[(&str, &[&str])] = &[
    (
        "layout: lists, quotes, columns and the output of cells contain blocks",
        &[
            "layout/blocks.rs",
            "layout/cell/card.rs",
            "layout/cell/mod.rs",
            "layout/cell/output.rs",
            "layout/cell/result.rs",
            "layout/cell/side_by_side.rs",
            "layout/columns.rs",
            "layout/list.rs",
            "layout/quote.rs",
        ],
    ),
    (
        "parse: a quote contains blocks",
        &["parse/events/mod.rs", "parse/events/quote.rs", "parse/line.rs"],
    ),
    (
        "project: scripts run crates, build scripts name scripts",
        &["project/trust/named.rs", "project/trust/rust.rs"],
    ),
    ("run: cells and their text", &["run/output/screen/cells.rs", "run/output/screen/text.rs"]),
    ("yaml: fields are looked up by keys", &["yaml/fields.rs", "yaml/keys.rs"]),
];

#[test]
fn no_new_circles_of_files() {
    let files = source_files();
    let found = circles(&uses(&files));
    let names = |circle: &BTreeSet<usize>| -> BTreeSet<&str> {
        circle.iter().map(|&file| files[file].name.as_str()).collect()
    };
    let found: Vec<_> = found.iter().map(names).collect();
    let is_allowed = |circle: &BTreeSet<&str>| {
        CIRCLES.iter().any(|(_, allowed)| circle.iter().all(|file| allowed.contains(file)))
    };
    let new: Vec<_> = found.iter().filter(|circle| !is_allowed(circle)).collect();
    assert!(new.is_empty(), "files that use each other: {new:#?}");
    for (reason, allowed) in CIRCLES {
        assert!(!reason.is_empty());
        let gone = |file: &&&str| !found.iter().any(|circle| circle.contains(**file));
        let gone: Vec<_> = allowed.iter().filter(gone).collect();
        assert!(gone.is_empty(), "no longer in a circle, remove from `CIRCLES`: {gone:?}");
    }
}

/// The other files of its module that each file uses, by index.
type Uses = Vec<BTreeSet<usize>>;

/// The names that a module imports, with the path of each from the root of the crate.
type Imports = BTreeMap<String, Vec<String>>;

/// Returns what each file uses. Not counted: declaring a module, re-exporting its items, and using the
/// items of the `mod.rs` above.
fn uses(files: &[SourceFile]) -> Uses {
    let modules: BTreeMap<&[String], usize> =
        files.iter().enumerate().map(|(index, file)| (&*file.module, index)).collect();
    let parsed: Vec<_> = files.iter().map(|file| imports(file, &modules)).collect();
    let tables: Vec<Imports> = parsed.iter().map(|(all, _)| all.clone()).collect();
    let resolve = |path: &[String]| resolve(path, &modules, &tables);
    let mut uses = vec![BTreeSet::new(); files.len()];
    for (index, file) in files.iter().enumerate() {
        let (all, private) = &parsed[index];
        let inline = paths(&without_imports(&file.code))
            .into_iter()
            .filter_map(|path| absolute(&path, file, all, &modules));
        for path in private.iter().cloned().chain(inline) {
            let Some(target) = resolve(&path) else { continue };
            let is_same_module = files[target].module.first() == file.module.first();
            if is_same_module && !file.module.starts_with(&files[target].module) {
                uses[index].insert(target);
            }
        }
    }
    uses
}

/// Returns the file that defines what a path names.
fn resolve(
    path: &[String],
    modules: &BTreeMap<&[String], usize>,
    tables: &[Imports],
) -> Option<usize> {
    let mut path = path.to_vec();
    for _ in 0..10 {
        let depth = (0..=path.len()).rev().find(|&depth| modules.contains_key(&path[..depth]))?;
        let file = modules[&path[..depth]];
        let Some(target) = path.get(depth).and_then(|name| tables[file].get(name)) else {
            return Some(file);
        };
        path = target.iter().chain(&path[depth + 1..]).cloned().collect();
    }
    None
}

/// Returns a file's imports: all of them by name, and the paths of those that are not re-exports.
fn imports(file: &SourceFile, modules: &BTreeMap<&[String], usize>) -> (Imports, Vec<Vec<String>>) {
    let (mut all, mut private) = (Imports::new(), Vec::new());
    for (start, _) in file.code.match_indices("use ") {
        let before = file.code[..start].rsplit('\n').next().unwrap_or_default().trim();
        if !(before.is_empty() || before.starts_with("pub")) {
            continue;
        }
        let Some(end) = file.code[start..].find(';') else { continue };
        let tree =
            file.code[start + 4..start + end].split_whitespace().collect::<Vec<_>>().join(" ");
        let mut leaves = Vec::new();
        expand(&tree, &[], &mut leaves);
        for (path, name) in leaves {
            let Some(path) = absolute(&path, file, &Imports::new(), modules) else { continue };
            if before.is_empty() {
                private.push(path.clone());
            }
            all.insert(name, path);
        }
    }
    (all, private)
}

/// Expands a use tree to its paths and the names that they bind.
fn expand(tree: &str, prefix: &[String], leaves: &mut Vec<(Vec<String>, String)>) {
    let tree = tree.trim();
    if let Some(open) = tree.find('{') {
        let mut inner = prefix.to_vec();
        inner.extend(segments(&tree[..open]));
        let body = tree[open + 1..].trim_end_matches('}');
        let body =
            if tree.matches('{').count() > 1 { &tree[open + 1..tree.len() - 1] } else { body };
        let (mut depth, mut start) = (0, 0);
        for (at, c) in body.char_indices().chain([(body.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    expand(&body[start..at], &inner, leaves);
                    start = at + 1;
                }
                _ => {}
            }
        }
    } else if !tree.is_empty() && !tree.ends_with('*') {
        let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
        let mut path: Vec<_> = prefix.iter().cloned().chain(segments(path)).collect();
        if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
            path.pop();
        }
        let name = if alias.is_empty() { path.last().cloned() } else { Some(alias.to_owned()) };
        leaves.extend(name.map(|name| (path, name)));
    }
}

fn segments(path: &str) -> impl Iterator<Item = String> {
    path.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned)
}

/// Returns a path from the root of the crate; `None` for paths into other crates.
fn absolute(
    path: &[String],
    file: &SourceFile,
    imports: &Imports,
    modules: &BTreeMap<&[String], usize>,
) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    let mut base = match first.as_str() {
        "crate" => Vec::new(),
        "self" => file.module.clone(),
        "super" => file.module[..file.module.len().checked_sub(1)?].to_vec(),
        name => {
            let child: Vec<_> = file.module.iter().cloned().chain([name.to_owned()]).collect();
            if modules.contains_key(&*child) { child } else { imports.get(name)?.clone() }
        }
    };
    for part in rest {
        if part == "super" {
            base.pop();
        } else {
            base.push(part.clone());
        }
    }
    Some(base)
}

/// Returns all paths with at least two segments.
fn paths(code: &str) -> Vec<Vec<String>> {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = code.split(|c: char| !is_path(c)).filter(|word| word.contains("::"));
    words.map(|word| segments(word).collect()).collect()
}

fn without_imports(code: &str) -> String {
    let is_import = |statement: &&str| {
        let last = statement.rsplit(['}', ']']).next().unwrap_or_default().trim_start();
        last.starts_with("use ")
            || last.starts_with("pub use ")
            || statement.contains("\nuse ")
            || statement.contains(" use ")
    };
    code.split_inclusive(';').filter(|statement| !is_import(statement)).collect()
}

/// Returns the strongly connected components with more than one file.
fn circles(uses: &Uses) -> Vec<BTreeSet<usize>> {
    let reach: Vec<BTreeSet<usize>> = (0..uses.len()).map(|file| reachable(file, uses)).collect();
    let mut circles = BTreeSet::new();
    for file in 0..uses.len() {
        let circle: BTreeSet<_> =
            reach[file].iter().copied().filter(|&other| reach[other].contains(&file)).collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

fn reachable(start: usize, uses: &Uses) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<_> = uses[start].iter().copied().collect();
    while let Some(file) = next.pop() {
        if reached.insert(file) {
            next.extend(&uses[file]);
        }
    }
    reached
}

#[test]
fn use_trees_are_expanded() {
    let mut leaves = Vec::new();
    expand("super::{a, b::{self, C as D}, e::*}", &[], &mut leaves);
    let found: Vec<_> =
        leaves.iter().map(|(path, name)| (path.join("::"), name.as_str())).collect();
    let expected = [("super::a", "a"), ("super::b", "b"), ("super::b::C", "D")];
    assert_eq!(found, expected.map(|(path, name)| (path.to_owned(), name)));
}

#[test]
fn circles_are_found() {
    let uses = [&[1][..], &[2], &[0], &[0]].map(|used| used.iter().copied().collect());
    assert_eq!(circles(&uses.to_vec()), [BTreeSet::from([0, 1, 2])]);
}
