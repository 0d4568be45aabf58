//! The source tree: files, their module paths, and their code without comments, strings and tests.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of `src` that is not a test.
pub(super) struct SourceFile {
    /// Path below `src`.
    pub(super) name: String,
    /// Module path: `["media", "protocol"]` for `media/protocol/mod.rs`.
    pub(super) module: Vec<String>,
    /// The code before `#[cfg(test)]`; comments and strings are blanks, `pub(…)` is `pub`.
    pub(super) code: String,
}

/// Returns all files that are not tests, sorted by name.
pub(super) fn source_files() -> Vec<SourceFile> {
    let root = source_root();
    let mut files: Vec<_> = rust_files(&root)
        .into_iter()
        .filter_map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            let module: Vec<_> = module_of(&name);
            if module.iter().any(|part| part == "tests") {
                return None;
            }
            let text = fs::read_to_string(&path).unwrap();
            let lines =
                text.lines().take_while(|line| !line.trim_start().starts_with("#[cfg(test)]"));
            let text: String = lines.flat_map(|line| [line, "\n"]).collect();
            Some(SourceFile { name, module, code: without_scopes(&blank(&text)) })
        })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

/// Returns the `src` folder.
pub(super) fn source_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Returns all Rust files below a folder.
pub(super) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn module_of(name: &str) -> Vec<String> {
    let path = name.trim_end_matches(".rs").trim_end_matches("/mod");
    if path == "lib" || path == "mod" {
        return Vec::new();
    }
    path.split('/').map(str::to_owned).collect()
}

/// Replaces comments, and the content of strings and characters, by blanks.
fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    let starts = |at: usize, word: &str| {
        word.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c))
    };
    while at < chars.len() {
        let end = if starts(at, "//") {
            (at..chars.len()).find(|&i| chars[i] == '\n').unwrap_or(chars.len())
        } else if starts(at, "/*") {
            (at..chars.len()).find(|&i| starts(i, "*/")).map_or(chars.len(), |i| i + 2)
        } else if let Some(hashes) = raw_string(&chars[at..]) {
            let close = format!("\"{}", "#".repeat(hashes));
            let open = at + 2 + hashes;
            (open..chars.len())
                .find(|&i| starts(i, &close))
                .map_or(chars.len(), |i| i + close.len())
        } else if chars[at] == '"' {
            let mut end = at + 1;
            while end < chars.len() && chars[end] != '"' {
                end += if chars[end] == '\\' { 2 } else { 1 };
            }
            (end + 1).min(chars.len())
        } else if chars[at] == '\'' && chars.get(at + 1) == Some(&'\\') {
            (at + 3..chars.len()).find(|&i| chars[i] == '\'').map_or(chars.len(), |i| i + 1)
        } else if chars[at] == '\'' && chars.get(at + 2) == Some(&'\'') {
            at + 3
        } else {
            code.push(chars[at]);
            at += 1;
            continue;
        };
        code.extend(chars[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    code
}

/// Replaces `pub(…)` by `pub`: a scope of visibility is not a use.
fn without_scopes(code: &str) -> String {
    let mut parts = code.split("pub(");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |code, part| code + "pub" + part.split_once(')').map_or("", |(_, rest)| rest))
}

/// Returns the number of hashes if a raw string starts here.
fn raw_string(chars: &[char]) -> Option<usize> {
    let rest = chars.strip_prefix(&['r'])?;
    let hashes = rest.iter().take_while(|&&c| c == '#').count();
    (rest.get(hashes) == Some(&'"')).then_some(hashes)
}

#[test]
fn comments_and_strings_are_blanked() {
    let code = blank("a // b\n\"c\\\"d\" 'e' '\\'' r#\"f\"g\"# <'h> /* i */ j");
    assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["a", "<'h>", "j"]);
    assert_eq!(without_scopes("pub(in crate::a) fn b() pub(super) c"), "pub fn b() pub c");
    assert_eq!(module_of("media/protocol/mod.rs"), ["media", "protocol"]);
    assert_eq!(module_of("lib.rs"), Vec::<String>::new());
}
