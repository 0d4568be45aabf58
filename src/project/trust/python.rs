//! Files that determine how Python blocks run: the environment beside the deck, the interpreter that
//! the deck names, and the modules in the deck's folder.
//!
//! Python searches the deck's folder first, so every module there replaces an installed one of the
//! same name for all imports: with `random.py` beside a deck, both `import random` and the standard
//! library get that file. So all modules of the folder count, not only those that blocks name. A
//! folder without `__init__.py` is a module only if nothing else has its name; it counts if its name
//! occurs in the code.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::collect::{Collector, is_system};
use super::{kernel, named};
use crate::deck::Deck;

/// Folders beside a deck whose Python livedeck uses automatically.
const ENVIRONMENTS: [&str; 2] = [".venv", "venv"];

/// Extensions of files that Python imports.
const MODULE_ENDS: [&str; 4] = ["py", "pyc", "so", "pyd"];

/// Python's folder of compiled modules.
const COMPILED: &str = "__pycache__";

/// Length of the header of a compiled module up to the end of its flags, in bytes.
const HEADER_BYTES: u64 = 8;

/// Words that show that a block of another language uses Python.
const TOOLS: [&str; 3] = ["python", ".py", "venv"];

/// Returns whether the deck has Python blocks.
pub(super) fn has_blocks(deck: &Deck) -> bool {
    deck.cells.iter().any(|cell| &*cell.language == "python")
}

/// Returns whether the deck has blocks that use Python.
pub(super) fn is_needed(deck: &Deck) -> bool {
    let uses_it = |code: &str| TOOLS.iter().any(|word| code.contains(word));
    has_blocks(deck)
        || kernel::has_blocks(deck)
        || deck.cells.iter().any(|cell| uses_it(&cell.code))
}

/// Adds all these files.
pub(super) fn collect(collector: &mut Collector, deck: &Deck) {
    let folder = collector.folder.clone();
    for name in ENVIRONMENTS {
        let root = folder.join(name);
        if std::fs::symlink_metadata(root.join("bin/python3")).is_ok() {
            environment(collector, name, &root);
        }
    }
    if let Some(named) = deck.options.python_interpreter.as_deref() {
        interpreter(collector, named);
    }
    modules(collector, deck);
}

/// Adds an interpreter that the deck names: a path, or the folder of an environment. Interpreters on
/// `PATH` are the user's own.
fn interpreter(collector: &mut Collector, named: &str) {
    let path = collector.folder.join(named);
    if named.starts_with("~/") || !named.contains('/') && !Collector::is_folder(&path) {
        return;
    }
    let around = path.parent().and_then(Path::parent).filter(|it| it.join("pyvenv.cfg").is_file());
    if Collector::is_folder(&path) {
        environment(collector, named, &path);
    } else if let Some(root) = around {
        let root = root.to_owned();
        environment(collector, &collector.name(&root), &root);
    } else if !is_system(&path) {
        collector.file_as(format!("interpreter {named}"), &path);
        // It may be a script that starts another interpreter.
        let text = Collector::text(&path).unwrap_or_default();
        let folder = collector.folder.clone();
        named::collect_from(collector, &text, &folder);
    }
}

/// Adds an environment by installed package.
fn environment(collector: &mut Collector, name: &str, root: &Path) {
    if is_system(root) {
        return;
    }
    if root.is_symlink() {
        collector.file_as(format!("{name}: link"), root);
    }
    collector.listing(name, root, &|inside| {
        let parts: Vec<_> = inside.components().map(Component::as_os_str).collect();
        let shown = match parts.as_slice() {
            [first, _, packages, package, ..]
                if *packages == "site-packages" && first.to_string_lossy().starts_with("lib") =>
            {
                package
            }
            [first, second, ..] if *first == "bin" => {
                return format!("bin/{}", second.to_string_lossy());
            }
            [first, ..] => first,
            [] => return String::new(),
        };
        shown.to_string_lossy().into_owned()
    });
    for folder in linked_folders(collector, root) {
        let name = collector.name(&folder);
        package(collector, &name, &folder, &mut BTreeSet::new());
    }
}

/// Returns the folders in the deck's folder that the environment's `.pth` files add to the search path.
fn linked_folders(collector: &mut Collector, root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for library in collector.entries(&root.join("lib")) {
        for file in collector.entries(&library.join("site-packages")) {
            if file.extension().is_none_or(|end| end != "pth") {
                continue;
            }
            let text = Collector::text(&file).unwrap_or_default();
            let folders = text.lines().map(|line| library.join("site-packages").join(line.trim()));
            found.extend(folders.filter(|folder| folder.starts_with(&collector.folder)));
        }
    }
    found
}

/// Adds the modules of the deck's folder.
fn modules(collector: &mut Collector, deck: &Deck) {
    let folder = collector.folder.clone();
    let mut words = BTreeSet::new();
    for cell in &deck.cells {
        note_words(&cell.code, &mut words);
    }
    for name in &deck.options.python_preload {
        note_words(name, &mut words);
    }
    let mut plain_folders = Vec::new();
    for path in collector.entries(&folder) {
        let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else {
            continue;
        };
        let is_folder = Collector::is_folder(&path);
        if is_folder && is_name(&name) && name != COMPILED && !ENVIRONMENTS.contains(&&*name) {
            if has_init(&path) {
                package(collector, &name, &path, &mut words);
            } else {
                plain_folders.push((name, path));
            }
        } else if !is_folder && is_name(stem(&name)) && is_module(Path::new(&name)) {
            module(collector, name, &path, &mut words);
        }
    }
    compiled(collector, &folder, "");
    // Each one may name further ones.
    while let Some(at) = plain_folders.iter().position(|(name, _)| words.contains(name)) {
        let (name, path) = plain_folders.swap_remove(at);
        package(collector, &name, &path, &mut words);
    }
}

fn module(collector: &mut Collector, label: String, path: &Path, words: &mut BTreeSet<String>) {
    collector.file_as(label, path);
    if path.extension().is_some_and(|end| end == "py") {
        read(collector, path, words);
    }
}

/// Collects the words of a module, and adds the scripts that it names.
fn read(collector: &mut Collector, path: &Path, words: &mut BTreeSet<String>) {
    let text = Collector::text(path).unwrap_or_default();
    note_words(&text, words);
    let folder = collector.folder.clone();
    named::collect_from(collector, &text, &folder);
}

/// Adds all modules below a folder.
fn package(collector: &mut Collector, name: &str, root: &Path, words: &mut BTreeSet<String>) {
    let wants = |inside: &Path| {
        let is_compiled = inside.parent().is_some_and(|folder| folder.ends_with(COMPILED));
        let is_folder = Collector::is_folder(&root.join(inside));
        !is_compiled && (is_folder || is_module(inside))
    };
    let before = collector.files.len();
    collector.tree(name, root, &wants);
    if collector.files.len() > before {
        let prefix = format!("{name}: ");
        let inside: Vec<PathBuf> = collector
            .files
            .keys()
            .filter_map(|label| label.strip_prefix(&prefix))
            .map(|label| root.join(label))
            .filter(|path| path.extension().is_some_and(|end| end == "py"))
            .collect();
        for path in inside {
            read(collector, &path, words);
            if path.file_name().is_some_and(|name| name == "__init__.py") {
                compiled(collector, path.parent().unwrap_or(root), &format!("{name}: "));
            }
        }
    }
}

/// Adds compiled modules that Python uses without comparing them with the time of their source. Those
/// with a time are recreated by Python.
fn compiled(collector: &mut Collector, folder: &Path, prefix: &str) {
    for path in collector.entries(&folder.join(COMPILED)) {
        let header = crate::files::read_start(&path, HEADER_BYTES).unwrap_or_default();
        if header.get(4).is_some_and(|flags| flags & 1 == 1) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            collector.file_as(format!("{prefix}{COMPILED}/{name}"), &path);
        }
    }
}

fn has_init(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    let mut names = entries.flatten().map(|entry| entry.file_name());
    names.any(|name| {
        let name = name.to_string_lossy();
        stem(&name) == "__init__" && is_module(Path::new(&*name))
    })
}

/// Returns whether Python may import a file of this name.
fn is_module(name: &Path) -> bool {
    name.extension().is_some_and(|end| MODULE_ENDS.iter().any(|known| end == *known))
}

/// Returns the module name of a file: `a` for `a.cpython-311-x86_64-linux-gnu.so`.
fn stem(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c == '_' || c.is_alphanumeric())
}

/// Adds the words of a text that can be module names.
fn note_words(text: &str, words: &mut BTreeSet<String>) {
    let found = text.split(|c: char| c != '_' && !c.is_alphanumeric());
    for word in found.filter(|word| !word.is_empty()) {
        if !words.contains(word) {
            words.insert(word.to_owned());
        }
    }
}
