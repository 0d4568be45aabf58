//! Displayed values as a recording keeps them. The recorded lines contain each value as text, to be
//! read and compared; the value itself is kept as well, to be shown again.

use std::path::Path;

use super::RecordedPicture;
use crate::run::{DataTable, OutputValue, Timing};

/// A value and the output lines that represent it.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedValue {
    /// The first of these lines, from 0.
    pub line: usize,
    /// The number of lines.
    pub lines: usize,
    /// The value.
    pub value: RecordedValue,
}

/// A displayed value that is not plain text.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordedValue {
    /// A picture.
    Picture(RecordedPicture),
    /// A data table.
    Table(DataTable),
    /// A benchmark timing.
    Timing(Timing),
    /// Markdown source.
    Markdown(String),
}

impl RecordedValue {
    /// Returns the value as text and as recorded. A picture is recorded if its file is known.
    pub(super) fn of(
        value: &OutputValue,
        picture: Option<RecordedPicture>,
    ) -> (String, Option<Self>) {
        match (value, picture) {
            (OutputValue::Picture(_), Some(picture)) => {
                (format!("[picture: {}]", picture.comparison_key()), Some(Self::Picture(picture)))
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

    /// Returns the value to show. A picture is in `folder`; `None` if its file name is invalid.
    pub(super) fn to_value(&self, folder: &Path) -> Option<OutputValue> {
        Some(match self {
            Self::Picture(picture) => OutputValue::Picture(picture.path(folder)?),
            Self::Table(table) => OutputValue::Table(table.clone()),
            Self::Timing(timing) => OutputValue::Timing(timing.clone()),
            Self::Markdown(text) => {
                OutputValue::Markdown { text: text.as_str().into(), blocks: Vec::new() }
            }
        })
    }

    /// Returns the picture, if this is one.
    pub fn picture(&self) -> Option<&RecordedPicture> {
        match self {
            Self::Picture(picture) => Some(picture),
            Self::Table(_) | Self::Timing(_) | Self::Markdown(_) => None,
        }
    }
}
