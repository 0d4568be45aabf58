//! Limits on the contents of a recording, whose file comes with a deck and is untrusted.
//!
//! These are `deserialize_with` functions: the JSON parser adds the position to their errors.

use serde::de::{Deserialize, Deserializer, Error};

use crate::deck::Pty;

/// Maximum blocks: more than any deck has, and few enough to search for each block of a deck.
pub(super) const MAX_BLOCKS: usize = 10_000;

/// Maximum cells of all terminals together: about 500 terminals of 100x40, which take 64 MiB when
/// all of them are on slides.
pub(super) const MAX_TERMINAL_CELLS: usize = 2_000_000;

/// Maximum values per block; a run displays at most 100.
pub(super) const MAX_VALUES: usize = 1_000;

/// Maximum columns of a table; a run keeps 60.
pub(super) const MAX_COLUMNS: usize = 500;

/// Maximum rows of a table; a run keeps 1,000.
pub(super) const MAX_ROWS: usize = 10_000;

/// Maximum bytes of a line of output. The longest line that a run keeps has 20,000 columns; a
/// terminal row that changes its colour in each cell is shorter.
const MAX_LINE_BYTES: usize = 1 << 20;

/// Maximum bytes of a name, such as a title, a language or a date.
const MAX_NAME_BYTES: usize = 1_000;

/// Maximum count of lines, rows, columns or calls.
const MAX_COUNT: u64 = 1_000_000_000_000;

/// Maximum duration of a run in milliseconds: about 115 days.
const MAX_MILLIS: f64 = 1e10;

/// Maximum time of a benchmark in nanoseconds, equal to [`MAX_MILLIS`].
const MAX_NANOS: f64 = MAX_MILLIS * 1e6;

/// Reads the columns and rows of a terminal.
pub(super) fn terminal<'de, D: Deserializer<'de>>(from: D) -> Result<Option<(u16, u16)>, D::Error> {
    let Some((columns, rows)) = Option::<(u64, u64)>::deserialize(from)? else { return Ok(None) };
    let small = |count: u64| u16::try_from(count).unwrap_or(u16::MAX);
    let size = (small(columns), small(rows));
    if Pty::fit(size) == size {
        return Ok(Some(size));
    }
    let (least, most) = (Pty::MIN_SIZE, Pty::MAX_SIZE);
    Err(D::Error::custom(format!(
        "a terminal cannot have {columns}x{rows} cells; it has {} to {} columns and {} to {} rows",
        least.0, most.0, least.1, most.1,
    )))
}

/// Reads milliseconds.
pub(super) fn millis<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    time(from, MAX_MILLIS)
}

/// Reads nanoseconds.
pub(super) fn nanos<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    time(from, MAX_NANOS)
}

fn time<'de, D: Deserializer<'de>>(from: D, most: f64) -> Result<f64, D::Error> {
    let time = f64::deserialize(from)?;
    if (0.0..=most).contains(&time) {
        return Ok(time);
    }
    Err(D::Error::custom(format!("time {time} is out of range 0 to {most}")))
}

/// Reads a count of lines, rows, columns or calls.
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

/// Reads a name.
pub(super) fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    if name.len() <= MAX_NAME_BYTES {
        return Ok(name);
    }
    Err(D::Error::custom(format!("a name of {} bytes; the limit is {MAX_NAME_BYTES}", name.len())))
}

/// Reads a name that may be missing.
pub(super) fn optional_name<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<String>, D::Error> {
    /// A name that [`name`] reads.
    #[derive(serde::Deserialize)]
    struct BoundedName(#[serde(deserialize_with = "name")] String);
    Ok(Option::<BoundedName>::deserialize(from)?.map(|BoundedName(name)| name))
}

/// Reads the lines of an output.
pub(super) fn lines<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let lines = Vec::<String>::deserialize(from)?;
    match lines.iter().find(|line| line.len() > MAX_LINE_BYTES) {
        None => Ok(lines),
        Some(line) => Err(D::Error::custom(format!(
            "a line of {} bytes; the limit is {MAX_LINE_BYTES}",
            line.len()
        ))),
    }
}

/// Reads a list of at most `most` elements, which are called `of` in the error.
fn list<'de, D, T>(from: D, most: usize, of: &str) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let list = Vec::<T>::deserialize(from)?;
    if list.len() <= most {
        return Ok(list);
    }
    Err(D::Error::custom(format!("{} {of}; the limit is {most}", list.len())))
}

/// Reads the blocks of a recording.
pub(super) fn blocks<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    list(from, MAX_BLOCKS, "blocks")
}

/// Reads the values of a block.
pub(super) fn values<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    list(from, MAX_VALUES, "values")
}

/// Reads the columns of a table.
pub(super) fn columns<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    list(from, MAX_COLUMNS, "columns")
}

/// Reads the rows of a table.
pub(super) fn rows<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    list(from, MAX_ROWS, "rows")
}
