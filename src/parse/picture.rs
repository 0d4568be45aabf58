//! Parses the attributes in a picture's alternative text.

use std::path::Path;

use super::sanitize::{clean, excerpt};
use super::tree::PictureDraft;
use crate::deck::{Picture, SizePercent};
use crate::diag::Diagnostic;

/// Returns the picture, and a diagnostic if an attribute is invalid.
pub(super) fn read(
    draft: PictureDraft,
    folder: &Path,
    prefix: &str,
) -> (Box<Picture>, Option<Diagnostic>) {
    let mut words = Vec::new();
    let mut size = SizePercent::default();
    let mut mistake = None;
    for part in draft.alt.split(',') {
        let attribute =
            part.strip_prefix(prefix).filter(|rest| !prefix.is_empty() || rest.contains(':'));
        match attribute.map(|attribute| set(&mut size, attribute)) {
            Some(Ok(())) => {}
            Some(Err((message, hint))) => {
                mistake = Some(Diagnostic::error(draft.span, message).hint(hint));
            }
            None => words.push(part),
        }
    }
    let picture = Picture {
        source: draft.source,
        base: folder.to_owned(),
        size,
        alt: clean(&words.join(",")),
    };
    (Box::new(picture), mistake)
}

/// Sets `width:N%`, `w:N%`, `height:N%` or `h:N%`. On failure, returns a message and a hint.
fn set(size: &mut SizePercent, attribute: &str) -> Result<(), (String, &'static str)> {
    const HINT: &str = "write `image:width:50%` or `image:height:50%`";
    let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
    let (percent, name) = match name {
        "width" | "w" => (&mut size.width, "width"),
        "height" | "h" => (&mut size.height, "height"),
        _ => return Err((format!("unknown picture attribute `{}`", excerpt(name)), HINT)),
    };
    let number = value.strip_suffix('%').and_then(|number| number.parse().ok());
    let Some(number @ 1..=100) = number else {
        return Err((format!("`{}` is not a {name} from 1% to 100%", excerpt(value)), HINT));
    };
    *percent = Some(number);
    Ok(())
}
