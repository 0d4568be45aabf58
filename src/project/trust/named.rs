//! Scripts and programs that blocks name, and the configuration files of programs that run blocks in
//! the deck's folder. Other files that such a program reads are not considered.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::collect::{Collector, is_system, text};
use super::rust::above;
use crate::deck::Deck;
use crate::files;

/// Extensions of files that are run.
const SCRIPT_ENDS: &[&str] = &[
    "awk", "bash", "c", "cc", "cjs", "cpp", "cs", "dll", "ex", "exs", "fish", "fsx", "go", "h",
    "hpp", "hs", "jar", "java", "jl", "js", "jsx", "kts", "lua", "mjs", "mk", "nu", "php", "pl",
    "ps1", "py", "R", "rb", "rs", "sed", "sh", "so", "sql", "ts", "tsx", "wasm", "zsh",
];

/// Words that run the file named after them, whatever its extension.
const RUNNERS: &[&str] = &[
    ".", "bash", "bun", "deno", "fish", "include", "lua", "node", "perl", "php", "python",
    "python3", "require", "ruby", "sh", "source", "sudo", "zsh",
];

/// Project files of programs that shell blocks start.
const PROJECTS: &[(&str, &[&str])] = &[
    ("make", &["GNUmakefile", "makefile", "Makefile"]),
    ("just", &["justfile", "Justfile", ".justfile"]),
    ("npm", &["package.json", ".npmrc"]),
    ("npx", &["package.json", ".npmrc"]),
    ("pnpm", &["package.json", ".npmrc"]),
    ("yarn", &["package.json", ".yarnrc.yml"]),
    ("cargo", &["Cargo.toml", "build.rs"]),
    ("docker", &["Dockerfile", "compose.yaml", "docker-compose.yml"]),
];

/// Files in the deck's folder or above that configure or choose the program for a language.
const CONFIGURATIONS: &[(&[&str], &[&str])] = &[
    (&["python"], &["uv.toml", "pyproject.toml"]),
    (
        &["js", "jsx", "ts", "tsx"],
        &["bunfig.toml", "deno.json", "deno.jsonc", "package.json", "tsconfig.json", ".env"],
    ),
    (&["r"], &[".Rprofile", ".Renviron"]),
    (&["go"], &["go.mod", "go.work"]),
    (&["haskell"], &[".ghci"]),
    (&["csharp", "fsharp"], &["global.json", "nuget.config", "omnisharp.json"]),
    (&["elixir"], &["mix.exs", ".formatter.exs"]),
    (&["julia"], &["Project.toml", "Manifest.toml", "LocalPreferences.toml"]),
];

/// Files by which version managers choose the version of a program.
const VERSIONS: &[&str] = &[
    ".python-version",
    ".tool-versions",
    "mise.toml",
    ".mise.toml",
    ".node-version",
    ".nvmrc",
    ".ruby-version",
    ".java-version",
    ".lua-version",
    ".php-version",
];

/// Extensions of modules that a language finds in its working folder.
const MODULES: &[(&str, &[&str])] =
    &[("lua", &["lua", "so"]), ("haskell", &["hs", "lhs"]), ("ruby", &["rb"]), ("php", &["php"])];

/// Extensions that imports omit.
const IMPLIED_ENDS: [&str; 5] = ["js", "mjs", "ts", "rb", "lua"];

/// Maximum length of a path to look for, in bytes.
const MAX_NAME: usize = 512;

/// Maximum size of a script that is searched for the names of other files: larger ones are data.
const MAX_SCANNED_BYTES: u64 = 256 << 10;

/// Adds all these files. `commands` are those of the user's own executors for the deck's languages.
pub(super) fn collect(collector: &mut Collector, deck: &Deck, commands: &[String]) {
    let folder = collector.folder.clone();
    let languages: BTreeSet<&str> = deck.cells.iter().map(|cell| &*cell.language).collect();
    let mut seen = BTreeSet::new();
    for text in deck.cells.iter().map(|cell| &*cell.code).chain(commands.iter().map(String::as_str))
    {
        words(collector, text, &folder, &mut seen);
    }
    let configured =
        CONFIGURATIONS.iter().filter(|(of, _)| of.iter().any(|it| languages.contains(it)));
    let configured = configured.flat_map(|(_, names)| *names).chain(VERSIONS);
    for name in configured {
        let file = above(&folder).map(|folder| folder.join(name)).find(|file| is_there(file));
        if let Some(file) = file {
            collector.file(&file);
            let text = Collector::text(&file).unwrap_or_default();
            collect_from(collector, &text, file.parent().unwrap_or(&folder));
        }
    }
    for (_, ends) in MODULES.iter().filter(|(language, _)| languages.contains(language)) {
        for file in collector.entries(&folder) {
            let end = file.extension().map(|end| end.to_string_lossy().into_owned());
            if end.is_some_and(|end| ends.contains(&&*end)) {
                collector.file(&file);
            }
        }
    }
}

/// Looks at the files that a text names, seen from a folder.
pub(super) fn collect_from(collector: &mut Collector, text: &str, folder: &Path) {
    words(collector, text, folder, &mut BTreeSet::new());
}

/// Looks at the scripts among the words of a text, and at those that they name in turn; `seen` are
/// the words that were looked at before.
fn words(collector: &mut Collector, text: &str, folder: &Path, seen: &mut BTreeSet<String>) {
    let mut open = vec![text.to_owned()];
    while let Some(text) = open.pop() {
        let is_end = |c: char| c.is_whitespace() || "\"'`;|&()<>=,[]{}$:".contains(c);
        let mut before = "";
        for word in text.split(is_end).filter(|word| !word.is_empty()) {
            let is_run = RUNNERS.contains(&before);
            before = word;
            project(collector, word, folder);
            let may_be_a_file = is_run || word.contains(['.', '/']);
            // Another word before it may make a script of it that is none alone.
            if may_be_a_file && word.len() <= MAX_NAME && seen.insert(format!("{is_run} {word}")) {
                open.extend(
                    candidates(folder, word).filter_map(|it| script(collector, &it, is_run)),
                );
            }
        }
    }
}

/// Looks at the files by which a program of this name knows what to do.
fn project(collector: &mut Collector, word: &str, folder: &Path) {
    let project = PROJECTS.iter().find(|(program, _)| *program == word);
    for name in project.into_iter().flat_map(|(_, names)| *names) {
        collector.file(&folder.join(name));
    }
}

/// Returns the files that a word may mean: many languages omit the extension of a module's file.
fn candidates(folder: &Path, word: &str) -> impl Iterator<Item = PathBuf> {
    let ends: &[&str] = if word.starts_with('.') { &IMPLIED_ENDS } else { &[] };
    let path = folder.join(word);
    let with = ends.iter().map(|end| folder.join(format!("{word}.{end}"))).collect::<Vec<_>>();
    std::iter::once(path).chain(with)
}

/// Looks at a file that a text names, if it is something that can be run; its own text.
fn script(collector: &mut Collector, path: &Path, is_run: bool) -> Option<String> {
    let found = path.metadata().ok()?;
    if !found.is_file() || is_system(path) {
        return None;
    }
    let end = path.extension().map(text_of).unwrap_or_default();
    let can_run = is_run
        || SCRIPT_ENDS.contains(&&*end)
        || found.permissions().mode() & 0o111 != 0
        || files::read_start(path, 2).is_ok_and(|start| start == b"#!");
    if !can_run {
        return None;
    }
    collector.file(path);
    String::from_utf8(files::read_start(path, MAX_SCANNED_BYTES).ok()?).ok()
}

fn text_of(end: &std::ffi::OsStr) -> String {
    text(Path::new(end))
}

fn is_there(file: &Path) -> bool {
    std::fs::symlink_metadata(file).is_ok()
}
