//! Displayed values as a recording keeps them. The recorded lines contain each value as text, to be
//! read and compared; the value itself is kept as well, to be shown again.

use std::path::Path;

use super::RecordedPicture;
use crate::run::{DataTable, OutputValue, Part, Timing};

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
    /// Returns a displayed value as text and as recorded. A picture is recorded if its file is known.
    pub(super) fn of(part: &Part, picture: Option<RecordedPicture>) -> (String, Option<Self>) {
        match (part, picture) {
            (Part::Text(_), _) | (Part::Picture(_), None) => (part.plain_text(), None),
            (Part::Picture(_), Some(picture)) => {
                (format!("[picture: {}]", picture.comparison_key()), Some(Self::Picture(picture)))
            }
            (Part::Table(table), _) => (part.plain_text(), Some(Self::Table(table.clone()))),
            (Part::Timing(timing), _) => (part.plain_text(), Some(Self::Timing(timing.clone()))),
            (Part::Markdown(markdown), _) => {
                (part.plain_text(), Some(Self::Markdown(markdown.text.to_string())))
            }
        }
    }

    /// Returns the value to show. A picture is in `folder`; `None` if its file name is invalid.
    pub(super) fn to_value(&self, folder: &Path) -> Option<OutputValue> {
        Some(match self {
            Self::Picture(picture) => OutputValue::Picture(picture.path(folder)?),
            Self::Table(table) => OutputValue::Table(table.clone()),
            Self::Timing(timing) => OutputValue::Timing(timing.clone()),
            Self::Markdown(text) => OutputValue::Markdown(text.as_str().into()),
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
