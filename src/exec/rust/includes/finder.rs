//! Finds the files that a block includes, directly or by way of others. What it does not find is not
//! compiled, because the compiler cannot find it either: see [`super`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use crate::exec::rust::rewrite::{Inclusion, Inclusions, inclusions};

/// The most files that are found.
const MAX_FILES: usize = 256;

/// The most bytes of included code that are searched for further files.
const MAX_CODE_BYTES: usize = 16 << 20;

/// The most folders above the deck's in a path.
const MAX_ABOVE: usize = 16;

/// A file that a block includes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncludedFile {
    /// Its path, seen from the deck's folder. There may be no such file.
    pub path: PathBuf,
    /// Whether it may be compiled. Otherwise it is data.
    pub is_code: bool,
}

/// Returns the files that a Rust block includes by relative or absolute paths. `read` returns the text
/// of one of them, of which the path is seen from the deck's folder.
pub fn included_files(
    code: &str,
    read: &mut dyn FnMut(&Path) -> Option<String>,
) -> Vec<IncludedFile> {
    let found = IncludeFinder::find(code, read);
    let files = found.files.into_iter();
    files
        .map(|(path, is_code)| IncludedFile { path, is_code: is_code || found.is_computed })
        .collect()
}

/// Where a file with code is, seen from the deck's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct CodePlace {
    /// The folder of the file.
    folder: PathBuf,
    /// The folder of its modules.
    modules: PathBuf,
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct IncludeFinder {
    /// The files, and whether they are included as code. Relative paths begin with all their `..`.
    pub(super) files: BTreeMap<PathBuf, bool>,
    /// The folders that paths pass through: `data` in `data/../a.txt`.
    pub(super) folders: BTreeSet<PathBuf>,
    /// Whether data may be compiled as well, under computed names.
    is_computed: bool,
    /// Code to search, and where it is.
    open: Vec<(PathBuf, CodePlace)>,
    known: BTreeSet<(PathBuf, CodePlace)>,
}

impl IncludeFinder {
    /// Finds the files that a block includes.
    pub(super) fn find(code: &str, read: &mut dyn FnMut(&Path) -> Option<String>) -> Self {
        let mut finder = Self::default();
        finder.search(inclusions(code), &CodePlace::default());
        let mut bytes_left = MAX_CODE_BYTES;
        while let Some((file, place)) = finder.open.pop() {
            let text = read(&file).unwrap_or_default();
            if text.len() > bytes_left {
                finder.is_computed = true;
                break;
            }
            bytes_left -= text.len();
            finder.search(inclusions(&text), &place);
        }
        finder
    }

    /// Adds what code at this place includes.
    fn search(&mut self, found: Inclusions, place: &CodePlace) {
        self.is_computed |= found.is_computed;
        for inclusion in found.all {
            match inclusion {
                Inclusion::Data(path) => drop(self.add(&place.folder, &path, false)),
                Inclusion::Code(path) => self.add_root(&place.folder, &path),
                Inclusion::Module { around, name, paths } => {
                    let folder: PathBuf = around.iter().collect();
                    let modules = place.modules.join(&folder);
                    let base = if around.is_empty() { &place.folder } else { &modules };
                    for path in paths {
                        self.add_root(base, &path);
                    }
                    self.add_root(&modules, &format!("{name}/mod.rs"));
                    let own = CodePlace { folder: modules.clone(), modules: modules.join(&name) };
                    let file = self.add(&modules, &format!("{name}.rs"), true);
                    self.open_at(file, own);
                }
            }
        }
    }

    /// Adds code whose modules are beside it.
    fn add_root(&mut self, folder: &Path, path: &str) {
        let file = self.add(folder, path, true);
        let folder = file.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
        self.open_at(file, CodePlace { folder: folder.clone(), modules: folder });
    }

    /// Adds a file, unless there are too many. Returns its path.
    fn add(&mut self, folder: &Path, path: &str, is_code: bool) -> Option<PathBuf> {
        let path = join(folder, Path::new(path), &mut self.folders)?;
        if self.files.len() >= MAX_FILES && !self.files.contains_key(&path) {
            return None;
        }
        *self.files.entry(path.clone()).or_default() |= is_code;
        Some(path)
    }

    fn open_at(&mut self, file: Option<PathBuf>, place: CodePlace) {
        let Some(file) = file else { return };
        if self.known.len() >= MAX_FILES {
            self.is_computed = true;
        } else if self.known.insert((file.clone(), place.clone())) {
            self.open.push((file, place));
        }
    }
}

/// Joins paths: relative ones without `.` and `..`, except at their start. Adds the folders before each `..`
/// that is removed to `folders`. Returns `None` if the path is that of a folder, or leads too far up.
fn join(folder: &Path, path: &Path, folders: &mut BTreeSet<PathBuf>) -> Option<PathBuf> {
    let path = folder.join(path);
    if path.is_absolute() {
        return Some(path);
    }
    let (mut joined, mut above) = (PathBuf::new(), 0);
    for component in path.components() {
        match component {
            Component::ParentDir if joined.file_name().is_some() => {
                folders.insert(joined.clone());
                joined.pop();
            }
            Component::ParentDir => {
                above += 1;
                joined.push("..");
            }
            Component::Normal(name) => joined.push(name),
            _ => {}
        }
    }
    (joined.file_name().is_some() && above <= MAX_ABOVE).then_some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the sorted paths of what a block includes; code is marked.
    fn found(code: &str, files: &[(&str, &str)]) -> Vec<String> {
        let mut read = |path: &Path| {
            let file = files.iter().find(|(name, _)| Path::new(name) == path)?;
            Some(file.1.to_owned())
        };
        let mark = |it: IncludedFile| {
            format!("{}{}", it.path.display(), if it.is_code { "*" } else { "" })
        };
        let mut all: Vec<_> = included_files(code, &mut read).into_iter().map(mark).collect();
        all.sort();
        all
    }

    #[test]
    fn code_of_included_code_is_found() {
        let files = [
            ("data/b.rs", "include_str!(\"c.txt\"); include!(\"../d.rs\"); mod e;"),
            ("data/e.rs", "include!(\"b.rs\"); mod f;"),
            ("data/e/f.rs", "include_str!(\"../up.txt\")"),
        ];
        let all = found("include!(\"./data/b.rs\"); include_str!(\"x/../../y.txt\")", &files);
        let expected = [
            "../y.txt",
            "d.rs*",
            "data/b.rs*",
            "data/c.txt",
            "data/e.rs*",
            "data/e/f.rs*",
            "data/e/f/mod.rs*",
            "data/e/mod.rs*",
            "data/up.txt",
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn modules_are_where_the_compiler_looks() {
        let files = [
            ("a.rs", "mod b; #[path = \"c.rs\"] mod c; mod d { #[path = \"e.rs\"] mod e; }"),
            ("sub/f.rs", "mod g;"),
        ];
        let all = found("mod a;\n#[path = \"sub/f.rs\"] mod f;", &files);
        let expected = [
            "a.rs*",
            "a/b.rs*",
            "a/b/mod.rs*",
            "a/d/e.rs*",
            "a/d/e/mod.rs*",
            "a/mod.rs*",
            "c.rs*",
            "f.rs*",
            "f/mod.rs*",
            "sub/f.rs*",
            "sub/g.rs*",
            "sub/g/mod.rs*",
        ];
        let all: Vec<_> =
            all.iter().map(String::as_str).filter(|it| !it.starts_with("a/c")).collect();
        assert_eq!(all, expected);
    }

    #[test]
    fn data_counts_as_code_where_a_path_may_be_computed() {
        let files = [("b.rs", "macro_rules! m { ($p:expr) => { include!($p) } }")];
        assert_eq!(found("include_str!(\"a\")", &files), ["a"]);
        assert_eq!(found("include_str!(\"a\"); include!(\"b.rs\")", &files), ["a*", "b.rs*"]);
    }

    #[test]
    fn absolute_paths_are_kept() {
        let files = [("/x/b.rs", "include_str!(\"../c\")")];
        assert_eq!(found("include!(\"/x/b.rs\")", &files), ["/x/../c", "/x/b.rs*"]);
    }

    #[test]
    fn search_ends() {
        let mut numbers = 0..;
        let mut read = |_: &Path| {
            let number = numbers.next()?;
            Some(format!("include!(\"{number}.rs\"); include!(\"b/{number}.rs\");"))
        };
        assert_eq!(included_files("include!(\"a.rs\")", &mut read).len(), MAX_FILES);
        let mut large = |_: &Path| Some(format!("include!(\"b.rs\"){}", " ".repeat(9 << 20)));
        let found = included_files("mod a; mod c; mod d;", &mut large);
        assert!(found.len() < 9, "{found:?}");
        let far = "../".repeat(MAX_ABOVE + 1);
        for path in ["", ".", "..", "a/..", &far] {
            assert_eq!(included_files(&format!("include!(\"{path}\")"), &mut |_| None), []);
        }
    }
}
