//! Words that authors write instead of a comment command: commands of other tools, and near misses
//! beyond the reach of edit distance.

use super::comment_command::COMMANDS;

/// The spelling, with `_` between words, and the intended command.
const SYNONYMS: &[(&str, &str)] = &[
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

/// Returns the command meant by `command`, which is a whole one-line comment.
pub(super) fn meant(command: &str) -> Option<&'static str> {
    let name = command.split(':').next().unwrap_or_default();
    let words = name.split(|c: char| c.is_whitespace() || matches!(c, '-' | '_' | '.' | '/'));
    let words: Vec<_> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let name = words.join("_");
    let known = COMMANDS.iter().map(|(command, _)| *command);
    if let Some(command) = known.into_iter().find(|known| *known == name) {
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

    #[test]
    fn synonyms_map_to_commands() {
        let known = |command| COMMANDS.iter().any(|it| it.0 == command);
        assert!(SYNONYMS.iter().all(|(written, command)| known(*command) && !known(*written)));
    }

    #[test]
    fn spellings_of_end_slide_are_recognised() {
        for written in ["end slide", "End-Slide", "END SLIDE", "new slide", "slide", "page-break"] {
            assert_eq!(meant(written), Some("end_slide"), "{written}");
        }
        assert_eq!(meant("stop"), Some("pause"));
        assert_eq!(meant("speaker note: hello"), Some("speaker_note"));
        assert_eq!(meant("the end of the slide"), None);
    }
}
