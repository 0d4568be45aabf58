//! Files that a block includes: by `include_str!` and the like, and as modules. The compiler looks for
//! them beside the source, which is in the cache: links there lead to those that `finder` finds. So
//! the compiler cannot read other files by relative paths, and what trust covers is what is compiled.

mod finder;

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use finder::IncludeFinder;

use super::rewrite::IncludedItems;
use crate::files::{self, FileKind};

pub use finder::{IncludedFile, included_files};

/// The folder for the source of a block that includes files, in that of its build.
const SOURCE_DIR: &str = "source";

/// The files that a block includes.
#[derive(Debug, Default)]
pub(super) struct Includes {
    found: IncludeFinder,
    items: IncludedItems,
    /// Identifies their versions.
    identity: Vec<u8>,
}

impl Includes {
    /// Returns the files that a block includes, seen from the deck's folder.
    pub(super) fn of(code: &str, folder: &Path) -> Self {
        Self::find(code, folder, &|_| true)
    }

    /// Returns the same for a compiler that can read only the deck's folder.
    pub(super) fn inside(code: &str, folder: &Path) -> Self {
        let Ok(root) = folder.canonicalize() else { return Self::default() };
        let is_inside = |path: &Path| path.canonicalize().is_ok_and(|it| it.starts_with(&root));
        Self::find(code, folder, &is_inside)
    }

    fn find(code: &str, folder: &Path, can_read: &dyn Fn(&Path) -> bool) -> Self {
        let mut read = |path: &Path| {
            let path = Some(folder.join(path)).filter(|path| can_read(path))?;
            files::read_text(&path, FileKind::Text).ok()
        };
        let found = IncludeFinder::find(code, &mut read);
        let items = if found.files.is_empty() {
            IncludedItems::default()
        } else {
            IncludedItems::of(code, &mut |path| read(Path::new(path)))
        };
        let mut identity = Vec::new();
        for path in found.files.keys() {
            let file = fs::metadata(folder.join(path));
            let version = file.map(|it| (it.ino(), it.size(), it.ctime(), it.ctime_nsec())).ok();
            identity.extend(path.as_os_str().as_encoded_bytes());
            identity.extend(format!("\0{version:?}\n").as_bytes());
        }
        Self { found, items, identity }
    }

    /// Returns what identifies the files and their versions; nothing if there are none.
    pub(super) fn identity(&self) -> &[u8] {
        &self.identity
    }

    /// Returns the items that the block includes.
    pub(super) fn items(&self) -> &IncludedItems {
        &self.items
    }

    /// Returns the relative paths, as text.
    pub(super) fn relative_paths(&self) -> impl Iterator<Item = &str> {
        self.found.files.keys().filter(|it| it.is_relative()).filter_map(|it| it.to_str())
    }

    /// Creates links to the files in the folder of a build. Returns where to write the source, in a
    /// folder of its own; `None` if the block includes no files.
    pub(super) fn link(&self, build: &Path, folder: &Path) -> io::Result<Option<PathBuf>> {
        if self.found.files.is_empty() {
            return Ok(None);
        }
        let root = build.join(SOURCE_DIR);
        let _ = fs::remove_dir_all(&root);
        let deck = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let above = self.found.files.keys().map(|path| folders_above(path)).max();
        let mirror = FolderMirror::new(root, &deck, above.unwrap_or_default());
        files::private_folder(&mirror.folder)?;
        let places = || self.found.files.keys().filter_map(|path| mirror.place(path));
        // What cannot be created is missing for the compiler, which says so. All folders come first, so
        // none is created through a link.
        for path in self.found.folders.iter().filter(|path| deck.join(path).is_dir()) {
            let _ = mirror.place(path).map(fs::create_dir_all);
        }
        let files = self.found.files.iter().filter_map(|(path, is_code)| {
            let file = Some(deck.join(path)).filter(|file| is_linkable(file, *is_code))?;
            Some((mirror.place(path)?, file))
        });
        let links: Vec<_> = files.collect();
        for (link, _) in &links {
            let _ = link.parent().map(fs::create_dir_all);
        }
        for (link, file) in &links {
            let _ = symlink(file, link);
        }
        // Never the name of a file of the deck's folder, which would be written through its link.
        let mut names = (0..).map(|number: u32| mirror.folder.join(format!("snippet{number}.rs")));
        Ok(names.find(|name| !places().any(|place| place.starts_with(name))))
    }

    /// Removes what [`Includes::link`] has created.
    pub(super) fn unlink(build: &Path) {
        let _ = fs::remove_dir_all(build.join(SOURCE_DIR));
    }
}

/// Folders with the names of the deck's folder and of some above it.
struct FolderMirror {
    /// The one with the name of the deck's folder.
    folder: PathBuf,
    /// How many are above it.
    above: usize,
}

impl FolderMirror {
    fn new(root: PathBuf, deck: &Path, above: usize) -> Self {
        let names: Vec<_> = deck.iter().skip(1).collect();
        let names = &names[names.len().saturating_sub(above)..];
        let folder = names.iter().fold(root, |folder, name| folder.join(name));
        Self { folder, above: names.len() }
    }

    /// Returns the place of a path, seen from the deck's folder.
    fn place(&self, path: &Path) -> Option<PathBuf> {
        let above = folders_above(path);
        let start = self.folder.ancestors().nth(above).filter(|_| above <= self.above)?;
        let rest: PathBuf = path.iter().skip(above).collect();
        rest.is_relative().then(|| start.join(rest))
    }
}

/// Returns whether the compiler may read a file. Code that is too large was not searched.
fn is_linkable(file: &Path, is_code: bool) -> bool {
    let max_bytes = if is_code { FileKind::Text.max_bytes() } else { u64::MAX };
    fs::metadata(file).is_ok_and(|file| file.is_file() && file.len() <= max_bytes)
}

/// Returns how many folders above its start a path leads.
fn folders_above(path: &Path) -> usize {
    path.iter().take_while(|part| *part == "..").count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn included_files_are_linked_beside_the_source() {
        let folder = tempfile::tempdir().unwrap();
        let deck = folder.path().join("talks/deck");
        fs::create_dir_all(deck.join("data")).unwrap();
        fs::write(deck.join("a.txt"), "a").unwrap();
        fs::write(deck.join("data/b.rs"), "include_str!(\"c.txt\")").unwrap();
        fs::write(deck.join("data/c.txt"), "c").unwrap();
        fs::write(folder.path().join("up.txt"), "up").unwrap();
        let code = "include_str!(\"a.txt\"); include_str!(\"./a.txt\"); include!(\"data/b.rs\");\n\
                    include_str!(\"../../up.txt\"); include_str!(\"gone.txt\"); \
                    include_str!(\"/etc/passwd\"); include_str!(\"data/../../deck/a.txt\")";
        let includes = Includes::of(code, &deck);
        let build = folder.path().join("build");
        fs::create_dir(&build).unwrap();
        let source = includes.link(&build, &deck).unwrap().unwrap();
        let source = source.parent().unwrap();
        let read = |path: &str| fs::read_to_string(source.join(path)).ok();
        let paths = [
            "a.txt",
            "data/b.rs",
            "data/c.txt",
            "data/../../deck/a.txt",
            "../../up.txt",
            "gone.txt",
        ];
        let code = "include_str!(\"c.txt\")";
        let expected = [Some("a"), Some(code), Some("c"), Some("a"), Some("up"), None];
        assert_eq!(paths.map(read), expected.map(|it| it.map(str::to_owned)));
        Includes::unlink(&build);
        assert_eq!(fs::read_to_string(deck.join("a.txt")).unwrap(), "a");
        assert!(fs::read_dir(&build).unwrap().next().is_none());
    }

    #[test]
    fn source_is_never_written_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let deck = folder.path().join("deck");
        let build = folder.path().join("build");
        fs::create_dir(&deck).unwrap();
        for name in ["snippet0.rs", "snippet.rs"] {
            fs::write(deck.join(name), "theirs").unwrap();
        }
        let code = "include!(\"snippet0.rs\"); mod snippet; include_str!(\"../deck/snippet1.rs\")";
        let source = Includes::of(code, &deck).link(&build, &deck).unwrap().unwrap();
        assert_eq!(source.file_name().unwrap(), "snippet2.rs");
        assert!(fs::symlink_metadata(source).is_err());
    }

    #[test]
    fn special_and_large_files_are_not_linked() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        symlink("/dev/zero", path("zero")).unwrap();
        symlink("loop", path("loop")).unwrap();
        let mode = rustix::fs::Mode::RUSR;
        let (kind, place) = (rustix::fs::FileType::Fifo, rustix::fs::CWD);
        rustix::fs::mknodat(place, path("pipe"), kind, mode, 0).unwrap();
        fs::File::create(path("large")).unwrap().set_len(2 << 30).unwrap();
        fs::write(path("fine"), "").unwrap();
        let names = ["zero", "loop", "pipe", "large", "fine", "fine/deep", "a/../fine"];
        let code = names.map(|name| format!("include!(\"{name}\");")).concat();
        let includes = Includes::of(&code, folder.path());
        let source = includes.link(&path("build"), folder.path()).unwrap().unwrap();
        let linked = fs::read_dir(source.parent().unwrap()).unwrap().flatten();
        let linked: Vec<_> = linked.map(|it| it.file_name()).collect();
        assert_eq!(linked, ["fine"]);
    }

    #[test]
    fn code_outside_the_folder_is_not_searched_for_a_sandbox() {
        let folder = tempfile::tempdir().unwrap();
        let deck = folder.path().join("deck");
        fs::create_dir(&deck).unwrap();
        fs::write(folder.path().join("b.rs"), "include_str!(\"private\")").unwrap();
        symlink("../b.rs", deck.join("c.rs")).unwrap();
        fs::write(deck.join("d.rs"), "include_str!(\"public\")").unwrap();
        let code = "include!(\"../b.rs\"); mod c; include!(\"d.rs\");";
        let has = |includes: Includes, name: &str| includes.relative_paths().any(|it| it == name);
        assert!(has(Includes::of(code, &deck), "../private"));
        for name in ["../private", "private"] {
            assert!(!has(Includes::inside(code, &deck), name));
        }
        assert!(has(Includes::inside(code, &deck), "public"));
    }

    #[test]
    fn identity_changes_with_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let identity = || Includes::of("include_str!(\"a\")", folder.path()).identity().to_vec();
        let missing = identity();
        fs::write(folder.path().join("a"), "one").unwrap();
        let there = identity();
        fs::write(folder.path().join("a"), "three").unwrap();
        assert!(missing != there && there != identity() && identity() == identity());
        assert!(Includes::of("include_str!", folder.path()).identity().is_empty());
    }
}
