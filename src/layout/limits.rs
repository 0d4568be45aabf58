//! Limits on the size of a slide. No one scrolls through thousands of rows, and laying them out
//! would slow down each frame. Excess content is omitted with a note, and `check` reports it as
//! rows that do not fit.

/// Maximum rows of a slide, a column, a quote or a list item.
pub(super) const MAX_ROWS: u32 = 5_000;

/// Maximum bytes of a line of a paragraph or of code.
pub(super) const MAX_LINE_BYTES: usize = 200_000;

/// Returns the note shown in place of omitted rows.
pub(super) fn omission_note() -> String {
    format!("… the rest is omitted: a slide has at most {MAX_ROWS} rows")
}
