//! An author's text on its way into the deck and into messages.

use crate::source::visible;

pub(super) use crate::source::excerpt;

/// The text with every control character but tab and line feed replaced.
pub(super) fn clean(text: &str) -> Box<str> {
    visible(text).into()
}
