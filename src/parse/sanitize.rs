//! Sanitizes an author's text for use in the deck and in messages.

use crate::source::{visible, visible_code};

pub(super) use crate::source::excerpt;

/// Replaces control characters other than tab and line feed, and invisible characters that prose
/// does not need.
pub(super) fn clean(text: &str) -> Box<str> {
    visible(text).into()
}

/// As [`clean`], for code, in which all invisible characters are replaced.
pub(super) fn clean_code(text: &str) -> Box<str> {
    visible_code(text).into()
}
