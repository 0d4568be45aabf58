//! Parses the attributes in a picture's alternative text.

use std::path::Path;

use super::sanitize::{clean, excerpt};
use super::tree::PictureDraft;
use crate::deck::Picture;
use crate::diag::Diagnostic;

/// Returns the picture, and a diagnostic if an attribute is invalid.
pub(super) fn read(
    draft: PictureDraft,
    folder: &Path,
    prefix: &str,
) -> (Box<Picture>, Option<Diagnostic>) {
    let mut words = Vec::new();
    let mut width_percent = None;
    let mut mistake = None;
    for part in draft.alt.split(',') {
        let attribute =
            part.strip_prefix(prefix).filter(|rest| !prefix.is_empty() || rest.contains(':'));
        match attribute.map(width) {
            Some(Ok(percent)) => width_percent = Some(percent),
            Some(Err((message, hint))) => {
                mistake = Some(Diagnostic::error(draft.span, message).hint(hint));
            }
            None => words.push(part),
        }
    }
    let picture = Picture {
        source: draft.source,
        base: folder.to_owned(),
        width_percent,
        alt: clean(&words.join(",")),
    };
    (Box::new(picture), mistake)
}

/// Parses `width:N%` or `w:N%`. On failure, returns a message and a hint.
fn width(attribute: &str) -> Result<u8, (String, &'static str)> {
    const HINT: &str = "write `image:width:50%`";
    let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
    if !matches!(name, "width" | "w") {
        return Err((format!("unknown picture attribute `{}`", excerpt(name)), HINT));
    }
    let percent = value.strip_suffix('%').and_then(|number| number.parse().ok());
    match percent {
        Some(percent @ 1..=100) => Ok(percent),
        _ => Err((format!("`{}` is not a width from 1% to 100%", excerpt(value)), HINT)),
    }
}
