//! What a slide has at most. Nobody scrolls through thousands of rows on a stage, and laying them out
//! would hold up each frame: what is beyond is left out, a row says so, and `check` counts it as
//! rows that do not fit.

/// Rows of a slide, a column, a quote or an item.
pub(super) const MOST_ROWS: u32 = 5_000;

/// Bytes of a paragraph's line, or one of code.
pub(super) const LONGEST_TEXT: usize = 200_000;

/// What stands in place of the rest.
pub(super) fn rest() -> String {
    format!("… the rest is not drawn: a slide has at most {MOST_ROWS} rows")
}
