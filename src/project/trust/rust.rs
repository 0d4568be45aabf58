//! Files that determine how Rust blocks are built and run: the code that they include, path crates and
//! the crates that they use, the toolchain file for the deck's folder, and cargo's configuration there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::collect::{Collector, is_system, plain, text};
use super::named;
use super::record;
use crate::deck::{CrateOrigin, Deck};
use crate::exec::included_files;

/// Files by which rustup chooses a toolchain for a folder.
const TOOLCHAIN_FILES: [&str; 2] = ["rust-toolchain", "rust-toolchain.toml"];

/// Files by which cargo is configured for a folder.
const CONFIGURATIONS: [&str; 2] = [".cargo/config", ".cargo/config.toml"];

/// Folders of a crate with generated files.
const MADE_FOLDERS: [&str; 2] = ["target", ".git"];

/// Manifest keys whose values can be paths.
const PATH_KEYS: [&str; 3] = ["path", "workspace", "build"];

/// Maximum number of path crates; more are a whole project.
const MAX_CRATES: usize = 256;

/// Maximum total bytes of included code to search for further files: searched in about a second.
const MAX_INCLUDED_BYTES: usize = 64 << 20;

/// Words that show that a block of another language uses Rust's tools.
const TOOLS: [&str; 3] = ["cargo", "rustc", "rust-script"];

/// Returns whether the deck has blocks that use Rust's tools.
pub(super) fn is_needed(deck: &Deck) -> bool {
    deck.cells.iter().any(|cell| {
        let language = &*cell.language;
        language == "rust"
            || language == "rust-script"
            || TOOLS.iter().any(|it| cell.code.contains(it))
    })
}

/// Adds all these files.
pub(super) fn collect(collector: &mut Collector, deck: &Deck) {
    included_code(collector, deck);
    let mut open: Vec<(String, PathBuf)> = Vec::new();
    for it in record::crates(deck) {
        if let CrateOrigin::Path(path) = &it.origin {
            open.push((format!("crate {}", text(path)), collector.folder.join(path)));
        }
    }
    let mut known = BTreeSet::new();
    while let Some((group, root)) = open.pop() {
        let Ok(real) = root.canonicalize() else { continue };
        if !known.insert(real) {
            continue;
        }
        if known.len() > MAX_CRATES {
            collector.trouble.get_or_insert(format!("{group}: more than {MAX_CRATES} crates"));
            return;
        }
        open.extend(path_crate(collector, &group, &root));
    }
    toolchain(collector);
    configuration(collector);
}

/// Adds the code that blocks include, and that it includes in turn. Included data does not count, as
/// other files that programs read.
fn included_code(collector: &mut Collector, deck: &Deck) {
    let folder = collector.folder.clone();
    let mut bytes = 0;
    for cell in deck.cells.iter().filter(|cell| &*cell.language == "rust") {
        let mut read = |path: &Path| {
            let text =
                Collector::text(&folder.join(path)).filter(|_| bytes <= MAX_INCLUDED_BYTES)?;
            bytes += text.len();
            Some(text)
        };
        for file in included_files(&cell.code, &mut read).into_iter().filter(|it| it.is_code) {
            let path = folder.join(file.path);
            if !Collector::is_folder(&path) && !is_system(&path) {
                collector.file(&path);
            }
        }
    }
    if bytes > MAX_INCLUDED_BYTES {
        let what = format!("included code: more than {} MiB", MAX_INCLUDED_BYTES >> 20);
        collector.trouble.get_or_insert(what);
    }
}

/// Adds a path crate. Returns the folders of the crates that it names.
fn path_crate(collector: &mut Collector, group: &str, root: &Path) -> Vec<(String, PathBuf)> {
    if root.is_symlink() {
        collector.file_as(format!("{group}: link"), root);
    }
    let wants = |inside: &Path| !MADE_FOLDERS.iter().any(|made| inside == Path::new(made));
    collector.tree(group, root, &wants);
    let mut named = paths_of(&root.join("Cargo.toml"));
    // An enclosing workspace may define its dependencies.
    for around in root.ancestors().skip(1) {
        let manifest = around.join("Cargo.toml");
        if manifest.is_file() {
            collector.file(&manifest);
            named.extend(paths_of(&manifest));
        }
    }
    let mut crates = Vec::new();
    for path in named {
        let path = plain(&path);
        if path.join("Cargo.toml").is_file() {
            crates.push((format!("crate {}", collector.name(&path)), path));
        } else if path.is_file() && !path.starts_with(plain(root)) {
            collector.file(&path);
        }
    }
    crates
}

/// Returns the paths in a manifest.
fn paths_of(manifest: &Path) -> Vec<PathBuf> {
    let Some(toml) = Collector::text(manifest) else { return Vec::new() };
    let (table, _) = DeTable::parse_recoverable(&toml);
    let mut paths = Vec::new();
    values(table.get_ref(), &mut |key, value| {
        if PATH_KEYS.contains(&key) {
            paths.push(manifest.parent().unwrap_or(manifest).join(value));
        }
    });
    paths
}

/// Calls `found` with every string in a table, recursively.
fn values(table: &DeTable<'_>, found: &mut dyn FnMut(&str, &str)) {
    for (key, value) in table {
        match value.get_ref() {
            DeValue::String(text) => found(key.get_ref(), text),
            DeValue::Table(inside) => values(inside, found),
            DeValue::Array(items) => {
                for item in items {
                    if let DeValue::Table(inside) = item.get_ref() {
                        values(inside, found);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Adds the toolchain file, and the toolchain itself if it is a folder.
fn toolchain(collector: &mut Collector) {
    for folder in above(&collector.folder) {
        let mut is_chosen = false;
        for name in TOOLCHAIN_FILES {
            let file = folder.join(name);
            if std::fs::symlink_metadata(&file).is_err() {
                continue;
            }
            is_chosen = true;
            collector.file(&file);
            for path in paths_of(&file) {
                let name = format!("toolchain {}", collector.name(&path));
                for part in ["bin", "lib"] {
                    let wants_files = |inside: &Path| format!("{part}/{}", text(inside));
                    collector.listing(&name, &path.join(part), &wants_files);
                }
            }
        }
        if is_chosen {
            return;
        }
    }
}

/// Cargo's configurations in the deck's folder and above it, and the files that they name.
fn configuration(collector: &mut Collector) {
    for folder in above(&collector.folder) {
        for name in CONFIGURATIONS {
            let file = folder.join(name);
            if let Some(toml) = Collector::text(&file) {
                collector.file(&file);
                named::collect_from(collector, &toml, &folder);
            }
        }
    }
}

/// A folder and those above it, the nearest first. The user's home is their own, and what lies above
/// it is the administrator's.
pub(super) fn above(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let home = std::env::home_dir();
    let own = folder.clone();
    let is_the_decks = move |folder: &PathBuf| *folder == own || Some(folder) != home.as_ref();
    let all: Vec<_> = folder.ancestors().map(Path::to_owned).take_while(is_the_decks).collect();
    all.into_iter()
}
