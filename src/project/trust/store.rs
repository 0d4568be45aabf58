//! The file that stores which decks may always run: `trusted.json` in the user's state folder.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde_json::Value;

use super::record::Record;
use crate::files::{self, FileKind};

/// Maximum size of the file: the limit for reading, minus some space for punctuation.
const MAX_BYTES: u64 = FileKind::Text.max_bytes() - (64 << 10);

/// Stored records, by the deck's path. Other versions of livedeck store other values.
type Known = BTreeMap<String, Value>;

/// Returns the record of the deck at `path`, unless another version wrote it.
pub(super) fn find(path: &Path) -> Option<Record> {
    let value = read(&store()?).remove(&key(path)?)?;
    let record: Record = serde_json::from_value(value).ok()?;
    Some(record).filter(Record::is_readable)
}

/// Stores the record of the deck at `path`.
pub(super) fn remember(path: &Path, record: &Record) -> io::Result<()> {
    let file = store().ok_or_else(|| io::Error::other("there is no home directory"))?;
    let key = key(path).ok_or_else(|| io::Error::other("its path is not UTF-8"))?;
    let folder = file.parent().ok_or_else(|| io::Error::other("no folder"))?;
    files::private_folder(folder)?;
    let mut known = read(&file);
    let record = serde_json::to_value(record)?;
    if !make_space(&mut known, &key, record.to_string().len() as u64) {
        return Err(io::Error::other("its record is too large"));
    }
    known.insert(key, record);
    // Written atomically: two presentations may write at the same time.
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer(&mut new, &known)?;
    new.persist(&file)?;
    Ok(())
}

/// Removes the largest records until one of `bytes` fits into the file. Returns whether it fits.
fn make_space(known: &mut Known, key: &str, bytes: u64) -> bool {
    known.remove(key);
    let size = |(path, value): (&String, &Value)| (path.len() + value.to_string().len() + 4) as u64;
    let mut used: u64 = known.iter().map(size).sum();
    while used + bytes + key.len() as u64 > MAX_BYTES {
        let Some((largest, size)) =
            known.iter().map(|entry| (entry.0.clone(), size(entry))).max_by_key(|(_, size)| *size)
        else {
            return false;
        };
        known.remove(&largest);
        used -= size;
    }
    true
}

/// Reads the file. Returns no records if it is unreadable, damaged, or writable by other users.
fn read(file: &Path) -> Known {
    if !files::is_ours(file) {
        return Known::new();
    }
    let bytes = files::read(file, FileKind::Text).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Returns `$XDG_STATE_HOME/livedeck/trusted.json`, or the data folder if there is no state folder.
pub(super) fn store() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    let folder = base.state_dir().unwrap_or_else(|| base.data_dir());
    Some(folder.join("livedeck").join("trusted.json"))
}

fn key(path: &Path) -> Option<String> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    path.to_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn largest_records_are_removed_first() {
        let value = |bytes: u64| Value::from("x".repeat(bytes as usize));
        let mut known = Known::from([
            ("/small".to_owned(), value(1000)),
            ("/large".to_owned(), value(MAX_BYTES / 2)),
            ("/own".to_owned(), value(1000)),
        ]);
        assert!(make_space(&mut known, "/own", 1000));
        assert_eq!(known.len(), 2, "there is space for all");
        assert!(make_space(&mut known, "/own", MAX_BYTES / 2));
        assert_eq!(known.keys().collect::<Vec<_>>(), ["/small"]);
        assert!(!make_space(&mut known, "/own", MAX_BYTES));
    }
}
