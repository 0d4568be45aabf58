//! The symbolic links that a path goes through: a file also changes when one of them, or the file that
//! they lead to, does.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// Links to follow before giving up, as in the kernel.
const MAX_LINKS: usize = 40;

/// Returns the path itself, every link on its way, and the file it leads to. Missing parts are no
/// links.
pub(super) fn link_chain(file: &Path) -> Vec<PathBuf> {
    let mut chain = vec![file.to_owned()];
    let mut at = PathBuf::new();
    let mut rest = names(file, &mut at);
    let mut links = 0;
    while let Some(name) = rest.pop_front() {
        if name == ".." {
            match at.file_name() {
                Some(_) => drop(at.pop()),
                // The parent of the root is the root.
                None if at.has_root() => {}
                None => at.push(name),
            }
            continue;
        }
        let here = at.join(&name);
        match here.read_link() {
            Ok(target) if links < MAX_LINKS => {
                links += 1;
                chain.push(here);
                let mut new = names(&target, &mut at);
                new.append(&mut rest);
                rest = new;
            }
            _ => at = here,
        }
    }
    chain.push(at);
    chain.sort();
    chain.dedup();
    chain
}

/// Returns the names of a path from `at` on, which becomes the root if the path is absolute.
fn names(path: &Path, at: &mut PathBuf) -> VecDeque<OsString> {
    let mut names = VecDeque::new();
    for component in path.components() {
        match component {
            Component::Prefix(_) | Component::RootDir => *at = PathBuf::from("/"),
            Component::CurDir => {}
            Component::ParentDir => names.push_back("..".into()),
            Component::Normal(name) => names.push_back(name.to_owned()),
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn chain_has_every_link_and_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("v1/inner")).unwrap();
        fs::write(root.join("v1/inner/deck.md"), "x").unwrap();
        symlink("inner/deck.md", root.join("v1/deck.md")).unwrap();
        symlink("v1", root.join("current")).unwrap();
        symlink(root.join("current/../current/deck.md"), root.join("talk.md")).unwrap();
        let chain = link_chain(&root.join("talk.md"));
        let expected = ["current", "talk.md", "v1/deck.md", "v1/inner/deck.md"];
        assert_eq!(chain, expected.map(|name| root.join(name)));
        let plain = root.join("v1/inner/deck.md");
        assert_eq!(link_chain(&plain), std::slice::from_ref(&plain));
        assert_eq!(link_chain(Path::new("no/such.md")), [PathBuf::from("no/such.md")]);
    }

    #[test]
    fn circle_of_links_ends() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        symlink("b", root.join("a")).unwrap();
        symlink("a", root.join("b")).unwrap();
        assert_eq!(link_chain(&root.join("a")), [root.join("a"), root.join("b")]);
    }
}
