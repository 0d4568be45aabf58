//! The file that remembers which decks may always run: `trusted.json` in the user's folder for state.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde_json::Value;

use super::record::Record;
use crate::files::{self, Kind};

/// What is remembered, by the deck's path. Other versions of livedeck keep other values.
type Known = BTreeMap<String, Value>;

/// What is remembered of the deck at `path`; nothing that another version wrote.
pub(super) fn find(path: &Path) -> Option<Record> {
    let value = read(&store()?).remove(&key(path)?)?;
    let record: Record = serde_json::from_value(value).ok()?;
    Some(record).filter(Record::is_readable)
}

/// Remembers this of the deck at `path` from now on.
pub(super) fn remember(path: &Path, record: &Record) -> io::Result<()> {
    let file =
        store().ok_or_else(|| io::Error::other("there is no home directory to keep it in"))?;
    let key = key(path).ok_or_else(|| io::Error::other("its path is not UTF-8"))?;
    let folder = file.parent().ok_or_else(|| io::Error::other("no folder"))?;
    fs::create_dir_all(folder)?;
    let mut known = read(&file);
    known.insert(key, serde_json::to_value(record)?);
    // Written beside and renamed: two talks at once never leave half a file.
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer_pretty(&mut new, &known)?;
    new.persist(&file)?;
    Ok(())
}

/// The file's entries; none where it cannot be read or is damaged.
fn read(file: &Path) -> Known {
    let bytes = files::read(file, Kind::Text).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// `$XDG_STATE_HOME/livedeck/trusted.json`; the data folder where there is no state folder.
fn store() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    let folder = base.state_dir().unwrap_or_else(|| base.data_dir());
    Some(folder.join("livedeck").join("trusted.json"))
}

fn key(path: &Path) -> Option<String> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    path.to_str().map(str::to_owned)
}
