//! Words that authors write instead of a comment command: commands of other tools, and near misses
//! beyond the reach of edit distance.

/// The spelling, with `_` between words, and the intended command.
pub(super) const SYNONYMS: &[(&str, &str)] = &[
    ("break", "end_slide"),
    ("center", "alignment"),
    ("columns", "column_layout"),
    ("end", "end_slide"),
    ("end_column", "column"),
    ("end_columns", "reset_layout"),
    ("end_of_slide", "end_slide"),
    ("end_page", "end_slide"),
    ("fragment", "pause"),
    ("hidden", "skip_slide"),
    ("hide", "skip_slide"),
    ("hide_slide", "skip_slide"),
    ("middle", "jump_to_middle"),
    ("new_page", "end_slide"),
    ("new_slide", "end_slide"),
    ("newpage", "end_slide"),
    ("newslide", "end_slide"),
    ("next", "end_slide"),
    ("next_slide", "end_slide"),
    ("nextslide", "end_slide"),
    ("note", "speaker_note"),
    ("notes", "speaker_note"),
    ("page_break", "end_slide"),
    ("pagebreak", "end_slide"),
    ("presenter_note", "speaker_note"),
    ("presenter_notes", "speaker_note"),
    ("skip", "skip_slide"),
    ("slide", "end_slide"),
    ("slide_break", "end_slide"),
    ("slide_end", "end_slide"),
    ("speaker_notes", "speaker_note"),
    ("step", "pause"),
    ("stop", "pause"),
    ("wait", "pause"),
];

/// Returns the one of `commands` that is meant by a whole one-line comment.
pub(super) fn meant(
    comment: &str,
    commands: impl IntoIterator<Item = &'static str>,
) -> Option<&'static str> {
    let name = comment.split(':').next().unwrap_or_default();
    let words = name.split(|c: char| c.is_whitespace() || matches!(c, '-' | '_' | '.' | '/'));
    let words: Vec<_> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let name = words.join("_");
    if let Some(command) = commands.into_iter().find(|known| *known == name) {
        return Some(command);
    }
    let at = SYNONYMS.binary_search_by_key(&name.as_str(), |(written, _)| written).ok()?;
    Some(SYNONYMS[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synonyms_are_sorted() {
        assert!(SYNONYMS.is_sorted());
    }
}
