//! The file format of displayed values. A table has one line per row.

use serde::{Deserialize, Serialize};

use super::{PlacedValue, RecordedPicture, RecordedValue, limits};
use crate::deck::Align;
use crate::run::{DataColumn, DataTable, Timing};

/// Separates the cells of a row.
const CELL_SEPARATOR: &str = "\t";

/// A value and the output lines that represent it.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct ValueRecord {
    #[serde(deserialize_with = "limits::count")]
    line: usize,
    #[serde(deserialize_with = "limits::count")]
    lines: usize,
    #[serde(flatten)]
    picture: PictureRecord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    table: Option<TableRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timing: Option<TimingRecord>,
}

/// A picture: its file, and what is compared.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct PictureRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    picture_hash: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    picture_kind: Option<String>,
}

/// A timing; times are in nanoseconds.
#[derive(Serialize, Deserialize)]
struct TimingRecord {
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
struct TableRecord {
    #[serde(deserialize_with = "limits::columns")]
    columns: Vec<ColumnRecord>,
    #[serde(deserialize_with = "limits::rows")]
    rows: Vec<String>,
    #[serde(deserialize_with = "limits::count")]
    height: usize,
    #[serde(deserialize_with = "limits::count")]
    width: usize,
}

#[derive(Serialize, Deserialize)]
struct ColumnRecord {
    name: String,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    right: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    index: bool,
}

impl ValueRecord {
    /// Converts a value to its stored form.
    pub(super) fn of(PlacedValue { line, lines, value }: PlacedValue) -> Self {
        let entry = Self { line, lines, ..Self::default() };
        match value {
            RecordedValue::Picture(picture) => {
                Self { picture: PictureRecord::of(picture), ..entry }
            }
            RecordedValue::Markdown(text) => Self { markdown: Some(text), ..entry },
            RecordedValue::Table(table) => Self { table: Some(TableRecord::of(&table)), ..entry },
            RecordedValue::Timing(timing) => {
                Self { timing: Some(TimingRecord::of(&timing)), ..entry }
            }
        }
    }

    /// Converts the stored form to a value, or returns `None` for an unknown kind, whose lines are
    /// shown instead.
    pub(super) fn placed(self) -> Option<PlacedValue> {
        let value = if let Some(picture) = self.picture.picture() {
            RecordedValue::Picture(picture)
        } else if let Some(text) = self.markdown {
            RecordedValue::Markdown(text)
        } else if let Some(times) = self.timing {
            RecordedValue::Timing(times.timing())
        } else {
            RecordedValue::Table(self.table?.table())
        };
        Some(PlacedValue { line: self.line, lines: self.lines, value })
    }
}

impl PictureRecord {
    pub(super) fn of(RecordedPicture { file, hash, kind }: RecordedPicture) -> Self {
        let said = |text: String| Some(text).filter(|text| !text.is_empty());
        Self { picture: Some(file), picture_hash: said(hash), picture_kind: said(kind) }
    }

    pub(super) fn picture(self) -> Option<RecordedPicture> {
        let Self { picture, picture_hash, picture_kind } = self;
        let (hash, kind) = (picture_hash.unwrap_or_default(), picture_kind.unwrap_or_default());
        picture.map(|file| RecordedPicture { file, hash, kind })
    }
}

impl TimingRecord {
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

impl TableRecord {
    fn of(table: &DataTable) -> Self {
        let column = |column: &DataColumn| ColumnRecord {
            name: column.name.to_string(),
            kind: column.kind.as_deref().map(str::to_owned),
            right: column.align == Align::Right,
            index: column.is_index,
        };
        let row = |row: &Vec<Box<str>>| {
            let cells: Vec<_> = row.iter().map(|cell| cell.replace(CELL_SEPARATOR, " ")).collect();
            cells.join(CELL_SEPARATOR)
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
        let column = |column: ColumnRecord| DataColumn {
            name: column.name.into(),
            kind: column.kind.map(Into::into),
            align: if column.right { Align::Right } else { Align::Left },
            is_index: column.index,
        };
        let row = |row: &String| {
            let cells = row.split(CELL_SEPARATOR).take(count).map(Into::into);
            let mut cells: Vec<Box<str>> = cells.collect();
            // The file may have been edited.
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
