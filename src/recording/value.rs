//! Values that a block showed, as a recording keeps them: in the text of its output they stand as
//! text, to be read and compared; beside it as what they are, to be shown again.

use std::path::Path;

use super::RecordedPicture;
use crate::run::{DataTable, OutputValue, Timing};

/// A value, and the lines of the output that stand for it.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedValue {
    /// The first of the lines, from 0.
    pub line: usize,
    /// How many there are.
    pub lines: usize,
    /// The value.
    pub value: RecordedValue,
}

/// A value that is more than text.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordedValue {
    /// A picture.
    Picture(RecordedPicture),
    /// A table of data.
    Table(DataTable),
    /// What a timed statement took.
    Timing(Timing),
    /// Markdown, as it was given.
    Markdown(String),
}

impl RecordedValue {
    /// The value as text, and as it is kept: of a picture only where its file is known.
    pub(super) fn of(
        value: &OutputValue,
        picture: Option<RecordedPicture>,
    ) -> (String, Option<Self>) {
        match (value, picture) {
            (OutputValue::Picture(_), Some(picture)) => {
                (format!("[picture: {}]", picture.looks()), Some(Self::Picture(picture)))
            }
            (OutputValue::Picture(_), None) => (value.plain_text(), None),
            (OutputValue::Table(table), _) => {
                (value.plain_text(), Some(Self::Table(table.clone())))
            }
            (OutputValue::Timing(timing), _) => {
                (value.plain_text(), Some(Self::Timing(timing.clone())))
            }
            (OutputValue::Markdown { text, .. }, _) => {
                (value.plain_text(), Some(Self::Markdown(text.to_string())))
            }
        }
    }

    /// The value to be shown, its picture in this folder; none where it has no file there.
    pub(super) fn shown(&self, folder: &Path) -> Option<OutputValue> {
        Some(match self {
            Self::Picture(picture) => OutputValue::Picture(picture.path(folder)?),
            Self::Table(table) => OutputValue::Table(table.clone()),
            Self::Timing(timing) => OutputValue::Timing(timing.clone()),
            Self::Markdown(text) => {
                OutputValue::Markdown { text: text.as_str().into(), blocks: Vec::new() }
            }
        })
    }

    /// The picture that it is.
    pub fn picture(&self) -> Option<&RecordedPicture> {
        match self {
            Self::Picture(picture) => Some(picture),
            Self::Table(_) | Self::Timing(_) | Self::Markdown(_) => None,
        }
    }
}
