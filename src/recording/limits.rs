//! The bounds of what a recording says: its file comes with a deck, and anyone may have written it.
//!
//! These are `deserialize_with` functions, so that the JSON reader adds the place to their errors.

use serde::de::{Deserialize, Deserializer, Error};

use crate::deck::Pty;

/// The most blocks of a recording: more than any deck has, and few enough to look each up for each
/// block of a deck.
pub(super) const MAX_BLOCKS: usize = 10_000;

/// The most cells that all terminals of a recording have together: about 500 of 100 by 40, which take
/// 64 MiB when all of them are on slides.
pub(super) const MAX_SCREEN_CELLS: usize = 2_000_000;

/// The most values that a block shows; a run shows at most 100.
pub(super) const MAX_VALUES: usize = 1_000;

/// The most columns of a table; a run keeps 60.
pub(super) const MAX_COLUMNS: usize = 500;

/// The most rows of a table; a run keeps 1,000.
pub(super) const MAX_ROWS: usize = 10_000;

/// The most bytes of a line of output: a row of a terminal that changes its colour in each cell has
/// less. The longest line that a run keeps has 20,000 columns.
const MAX_LINE_BYTES: usize = 1 << 20;

/// The most bytes of a name: a title, a language, a date.
const MAX_NAME_BYTES: usize = 1_000;

/// The largest count: lines, rows, columns, calls.
const MAX_COUNT: u64 = 1_000_000_000_000;

/// The longest run, in milliseconds: about 115 days.
const MAX_MILLIS: f64 = 1e10;

/// The longest time of a benchmark, in nanoseconds: the same.
const MAX_NANOS: f64 = MAX_MILLIS * 1e6;

/// Columns and rows of a terminal.
pub(super) fn terminal<'de, D: Deserializer<'de>>(from: D) -> Result<Option<(u16, u16)>, D::Error> {
    let Some((columns, rows)) = Option::<(u64, u64)>::deserialize(from)? else { return Ok(None) };
    let small = |count: u64| u16::try_from(count).unwrap_or(u16::MAX);
    let size = (small(columns), small(rows));
    if Pty::fit(size) == size {
        return Ok(Some(size));
    }
    let (least, most) = (Pty::MIN_SIZE, Pty::MAX_SIZE);
    Err(D::Error::custom(format!(
        "a terminal of {columns} columns and {rows} rows; it has {} to {} columns and {} to {} rows",
        least.0, most.0, least.1, most.1,
    )))
}

/// Milliseconds.
pub(super) fn millis<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    time(from, MAX_MILLIS)
}

/// Nanoseconds.
pub(super) fn nanos<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    time(from, MAX_NANOS)
}

fn time<'de, D: Deserializer<'de>>(from: D, most: f64) -> Result<f64, D::Error> {
    let time = f64::deserialize(from)?;
    if (0.0..=most).contains(&time) {
        return Ok(time);
    }
    Err(D::Error::custom(format!("a time of {time}; it is a number from 0 to {most}")))
}

/// A number of lines, rows, columns or calls.
pub(super) fn count<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u64>,
{
    let count = u64::deserialize(from)?;
    let small =
        Some(count).filter(|count| *count <= MAX_COUNT).and_then(|count| count.try_into().ok());
    small.ok_or_else(|| D::Error::custom(format!("the number {count} is too large")))
}

/// A name, short enough to be one.
pub(super) fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    if name.len() <= MAX_NAME_BYTES {
        return Ok(name);
    }
    Err(D::Error::custom(format!(
        "a name of {} bytes; it has at most {MAX_NAME_BYTES}",
        name.len()
    )))
}

/// A name that may be missing.
pub(super) fn optional_name<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<String>, D::Error> {
    /// A name, read as one.
    #[derive(serde::Deserialize)]
    struct BoundedName(#[serde(deserialize_with = "name")] String);
    Ok(Option::<BoundedName>::deserialize(from)?.map(|BoundedName(name)| name))
}

/// The lines of an output.
pub(super) fn lines<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let lines = Vec::<String>::deserialize(from)?;
    match lines.iter().find(|line| line.len() > MAX_LINE_BYTES) {
        None => Ok(lines),
        Some(line) => Err(D::Error::custom(format!(
            "a line of {} bytes; it has at most {MAX_LINE_BYTES}",
            line.len()
        ))),
    }
}

/// A list of at most so many.
fn list<'de, D, T>(from: D, most: usize, of: &str) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let list = Vec::<T>::deserialize(from)?;
    if list.len() <= most {
        return Ok(list);
    }
    Err(D::Error::custom(format!("{} {of}; there are at most {most}", list.len())))
}

/// The blocks of a recording.
pub(super) fn blocks<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    list(from, MAX_BLOCKS, "blocks")
}

/// The values of a block.
pub(super) fn values<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    list(from, MAX_VALUES, "values")
}

/// The columns of a table.
pub(super) fn columns<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    list(from, MAX_COLUMNS, "columns")
}

/// The rows of a table.
pub(super) fn rows<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    list(from, MAX_ROWS, "rows")
}
