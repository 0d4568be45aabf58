//! Carries an edit of a notebook's deck back to the notebook.

use super::{NotebookFormat, read};

/// Returns a notebook's text with the edit of one code cell: `edited` is the text of its deck after
/// the edit. All other bytes are kept. Returns `None` if the edit reaches beyond the code of a cell.
pub fn edit(
    format: NotebookFormat,
    notebook: &str,
    edited: &str,
    picture_folder: &str,
) -> Option<String> {
    let deck = read(format, notebook, picture_folder).ok()?;
    let block = deck.blocks.iter().find(|block| {
        let (before, after) = (&deck.text[..block.text.start], &deck.text[block.text.end..]);
        block.is_editable
            && before.len() + after.len() <= edited.len()
            && edited.starts_with(before)
            && edited.ends_with(after)
    })?;
    let grown = edited.len() - (deck.text.len() - block.text.len());
    let code = &edited[block.text.start..block.text.start + grown];
    let place = block.place.clone();
    let code = match format {
        NotebookFormat::Jupyter => json_source(&notebook[place.clone()], code),
        NotebookFormat::Percent => code.to_owned(),
    };
    Some([&notebook[..place.start], &code, &notebook[place.end..]].concat())
}

/// Returns code as JSON in the form of the value `before`: a string, or an array with the lines.
fn json_source(before: &str, code: &str) -> String {
    let string = |text: &str| serde_json::Value::from(text).to_string();
    if !before.starts_with('[') {
        return string(code);
    }
    if code.is_empty() {
        return "[]".to_owned();
    }
    let inside = &before[1..];
    let space = |text: &str| text.len() - text.trim_start().len();
    // Jupyter's own indentation, if there is no line to follow.
    let (first, last) = if inside.trim_start().starts_with('"') {
        let end = inside.trim_end_matches(']');
        (&inside[..space(inside)], &end[end.trim_end().len()..])
    } else {
        ("\n    ", "\n   ")
    };
    let lines: Vec<String> = code.split_inclusive('\n').map(string).collect();
    format!(
        "[{first}{}{last}]",
        lines.join(&format!(",{}", if first.is_empty() { " " } else { first }))
    )
}
