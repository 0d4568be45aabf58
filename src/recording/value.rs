//! Values that a block showed, as a recording keeps them: in the text of its output they stand as
//! text, to be read and compared; beside it as what they are, to be shown again.

use std::path::Path;

use super::Picture;
use crate::run::{DataTable, Timing, Value};

/// A value, and the lines of the output that stand for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The first of the lines, from 0.
    pub line: usize,
    /// How many there are.
    pub lines: usize,
    /// The value.
    pub value: Recorded,
}

/// A value that is more than text.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// A picture.
    Picture(Picture),
    /// A table of data.
    Table(DataTable),
    /// What a timed statement took.
    Timing(Timing),
    /// Markdown, as it was given.
    Markdown(String),
}

impl Recorded {
    /// The value as text, and as it is kept: of a picture only where its file is known.
    pub(super) fn of(value: &Value, picture: Option<Picture>) -> (String, Option<Self>) {
        match (value, picture) {
            (Value::Picture(_), Some(picture)) => {
                (format!("[picture: {}]", picture.looks()), Some(Self::Picture(picture)))
            }
            (Value::Picture(_), None) => (value.plain_text(), None),
            (Value::Table(table), _) => (value.plain_text(), Some(Self::Table(table.clone()))),
            (Value::Timing(timing), _) => (value.plain_text(), Some(Self::Timing(timing.clone()))),
            (Value::Markdown { text, .. }, _) => {
                (value.plain_text(), Some(Self::Markdown(text.to_string())))
            }
        }
    }

    /// The value to be shown, its picture in this folder; none where it has no file there.
    pub(super) fn shown(&self, folder: &Path) -> Option<Value> {
        Some(match self {
            Self::Picture(picture) => Value::Picture(picture.path(folder)?),
            Self::Table(table) => Value::Table(table.clone()),
            Self::Timing(timing) => Value::Timing(timing.clone()),
            Self::Markdown(text) => {
                Value::Markdown { text: text.as_str().into(), blocks: Vec::new() }
            }
        })
    }

    /// The picture that it is.
    pub fn picture(&self) -> Option<&Picture> {
        match self {
            Self::Picture(picture) => Some(picture),
            Self::Table(_) | Self::Timing(_) | Self::Markdown(_) => None,
        }
    }
}
