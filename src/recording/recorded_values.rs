//! Values that a block showed, as they are written down: a table has a line for each row.

use serde::{Deserialize, Serialize};

use super::{Picture, Placed, Recorded, limits};
use crate::deck::Align;
use crate::run::{DataColumn, DataTable, Timing};

/// What stands between two cells of a row.
const BETWEEN: &str = "\t";

/// A value, and the lines of the output that stand for it.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Entry {
    #[serde(deserialize_with = "limits::count")]
    line: usize,
    #[serde(deserialize_with = "limits::count")]
    lines: usize,
    #[serde(flatten)]
    picture: PictureEntry,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    table: Option<Table>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timing: Option<Times>,
}

/// A picture, if there is one: its file, and what is compared of it.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct PictureEntry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    picture_hash: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    picture_kind: Option<String>,
}

/// A timing; times are nanoseconds.
#[derive(Serialize, Deserialize)]
struct Times {
    #[serde(deserialize_with = "limits::name")]
    timed: String,
    #[serde(deserialize_with = "limits::count")]
    calls: u64,
    #[serde(deserialize_with = "limits::count")]
    samples: u32,
    #[serde(deserialize_with = "limits::nanos")]
    total: f64,
    #[serde(deserialize_with = "limits::nanos")]
    median: f64,
    #[serde(deserialize_with = "limits::nanos")]
    low: f64,
    #[serde(deserialize_with = "limits::nanos")]
    high: f64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    empty: bool,
}

#[derive(Serialize, Deserialize)]
struct Table {
    #[serde(deserialize_with = "limits::columns")]
    columns: Vec<Column>,
    #[serde(deserialize_with = "limits::rows")]
    rows: Vec<String>,
    #[serde(deserialize_with = "limits::count")]
    height: usize,
    #[serde(deserialize_with = "limits::count")]
    width: usize,
}

#[derive(Serialize, Deserialize)]
struct Column {
    name: String,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    right: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    index: bool,
}

impl Entry {
    /// It as it is written down.
    pub(super) fn of(Placed { line, lines, value }: Placed) -> Self {
        let entry = Self { line, lines, ..Self::default() };
        match value {
            Recorded::Picture(picture) => Self { picture: PictureEntry::of(picture), ..entry },
            Recorded::Markdown(text) => Self { markdown: Some(text), ..entry },
            Recorded::Table(table) => Self { table: Some(Table::of(&table)), ..entry },
            Recorded::Timing(timing) => Self { timing: Some(Times::of(&timing)), ..entry },
        }
    }

    /// The value; none of a kind that nobody knows here: its lines are shown.
    pub(super) fn placed(self) -> Option<Placed> {
        let value = if let Some(picture) = self.picture.picture() {
            Recorded::Picture(picture)
        } else if let Some(text) = self.markdown {
            Recorded::Markdown(text)
        } else if let Some(times) = self.timing {
            Recorded::Timing(times.timing())
        } else {
            Recorded::Table(self.table?.table())
        };
        Some(Placed { line: self.line, lines: self.lines, value })
    }
}

impl PictureEntry {
    pub(super) fn of(Picture { file, hash, kind }: Picture) -> Self {
        let said = |text: String| Some(text).filter(|text| !text.is_empty());
        Self { picture: Some(file), picture_hash: said(hash), picture_kind: said(kind) }
    }

    pub(super) fn picture(self) -> Option<Picture> {
        let Self { picture, picture_hash, picture_kind } = self;
        let (hash, kind) = (picture_hash.unwrap_or_default(), picture_kind.unwrap_or_default());
        picture.map(|file| Picture { file, hash, kind })
    }
}

impl Times {
    fn of(timing: &Timing) -> Self {
        let Timing { timed, calls, samples, total, median, low, high, is_empty } = timing.clone();
        let timed = timed.into();
        Self { timed, calls, samples, total, median, low, high, empty: is_empty }
    }

    fn timing(self) -> Timing {
        let Self { timed, calls, samples, total, median, low, high, empty } = self;
        let timed = timed.into();
        Timing { timed, calls, samples, total, median, low, high, is_empty: empty }
    }
}

impl Table {
    fn of(table: &DataTable) -> Self {
        let column = |column: &DataColumn| Column {
            name: column.name.to_string(),
            kind: column.kind.as_deref().map(str::to_owned),
            right: column.align == Align::Right,
            index: column.is_index,
        };
        let row = |row: &Vec<Box<str>>| {
            let cells: Vec<_> = row.iter().map(|cell| cell.replace(BETWEEN, " ")).collect();
            cells.join(BETWEEN)
        };
        Self {
            columns: table.columns.iter().map(column).collect(),
            rows: table.rows.iter().map(row).collect(),
            height: table.height,
            width: table.width,
        }
    }

    fn table(self) -> DataTable {
        let count = self.columns.len();
        let column = |column: Column| DataColumn {
            name: column.name.into(),
            kind: column.kind.map(Into::into),
            align: if column.right { Align::Right } else { Align::Left },
            is_index: column.index,
        };
        let row = |row: &String| {
            let cells = row.split(BETWEEN).take(count).map(Into::into);
            let mut cells: Vec<Box<str>> = cells.collect();
            // Somebody may have edited it.
            cells.resize(count, "".into());
            cells
        };
        DataTable {
            rows: self.rows.iter().map(row).collect(),
            columns: self.columns.into_iter().map(column).collect(),
            height: self.height,
            width: self.width,
        }
    }
}
