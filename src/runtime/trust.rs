//! Which decks may run their code without asking: by path, with a hash of the code, so that code
//! changed by somebody else asks again.

#![expect(clippy::disallowed_methods, reason = "the shell keeps files")]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::deck::Deck;

/// Whether this deck, with just this code, was trusted before.
pub(super) fn is_known(path: &Path, deck: &Deck) -> bool {
    let known = store().and_then(|file| fs::read(file).ok());
    let known: Option<BTreeMap<PathBuf, String>> =
        known.and_then(|text| serde_json::from_slice(&text).ok());
    known.is_some_and(|known| known.get(&absolute(path)) == Some(&code_hash(deck)))
}

/// Trusts this deck with this code from now on.
pub(super) fn remember(path: &Path, deck: &Deck) -> io::Result<()> {
    let file =
        store().ok_or_else(|| io::Error::other("there is no home directory to keep it in"))?;
    let mut known: BTreeMap<PathBuf, String> = fs::read(&file)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default();
    known.insert(absolute(path), code_hash(deck));
    let folder = file.parent().ok_or_else(|| io::Error::other("no folder"))?;
    fs::create_dir_all(folder)?;
    // Written beside and renamed: two talks at once never leave half a file.
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer_pretty(&mut new, &known)?;
    new.persist(&file)?;
    Ok(())
}

/// `$XDG_STATE_HOME/livedeck/trusted.json`; the data folder where there is no state folder.
fn store() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    let folder = base.state_dir().unwrap_or_else(|| base.data_dir());
    Some(folder.join("livedeck").join("trusted.json"))
}

fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// A hash of everything of the deck that can run, and of what runs it.
fn code_hash(deck: &Deck) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut part = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    part(deck.options.python_interpreter.as_deref().unwrap_or_default());
    for module in &deck.options.python_preload {
        part(module);
    }
    for cell in &deck.cells {
        part(&cell.language);
        part(cell.how.alternative.as_deref().unwrap_or_default());
        part(&cell.code);
        for (name, value) in &cell.how.environment {
            part(name);
            part(value);
        }
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;
    use crate::source::MemFiles;

    fn hash(text: &str) -> String {
        code_hash(&parse(Path::new("talk.md"), text, &MemFiles::default()))
    }

    #[test]
    fn the_hash_follows_the_code_and_nothing_else() {
        let one = hash("```bash +exec\necho 1\n```\n");
        assert_eq!(one, hash("# A title\n\n```bash +exec\necho 1\n```\n"));
        assert_ne!(one, hash("```bash +exec\necho 2\n```\n"));
        assert_ne!(one, hash("```sh +exec\necho 1\n```\n"));
    }
}
