//! An author's text on its way into the deck and into messages.

use crate::source::{visible, visible_code};

pub(super) use crate::source::excerpt;

/// The text with every control character but tab and line feed replaced, and every invisible
/// character that prose does not need.
pub(super) fn clean(text: &str) -> Box<str> {
    visible(text).into()
}

/// As [`clean`], for code, in which nothing is invisible.
pub(super) fn clean_code(text: &str) -> Box<str> {
    visible_code(text).into()
}
