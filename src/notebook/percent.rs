//! Python scripts in the percent format: `# %%` starts a cell, `# %% [markdown]` a cell of text whose
//! lines are comments. The line may continue with a title and with `name=value` pairs, whose values
//! are JSON: `tags`, `slideshow`, `slide_type`.

use std::ops::Range;

use serde_json::Value;

use super::{CellRole, Notebook, NotebookCell, NotebookCellKind};

const MARKER: &str = "# %%";

/// Without slide types, headings of the first two levels start slides.
const SLIDE_LEVEL: usize = 2;

/// Returns whether a line of a script starts a cell.
pub(super) fn has_cells(text: &str) -> bool {
    text.lines().any(is_marker)
}

fn is_marker(line: &str) -> bool {
    let rest = line.strip_prefix(MARKER).or_else(|| line.strip_prefix("#%%"));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\r']))
}

/// Reads a script.
pub(super) fn read(text: &str) -> Notebook {
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if is_marker(line.trim_end()) {
            starts.push(at);
        }
        at += line.len();
    }
    let mut cells = Vec::new();
    let head = header_end(text)..starts.first().copied().unwrap_or(text.len());
    if head.start < head.end && !text[head.clone()].trim().is_empty() {
        cells.push(code(text, head));
    }
    for (index, &start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(text.len());
        let line_end = text[start..end].find('\n').map_or(end, |length| start + length + 1);
        cells.push(cell(text, text[start..line_end].trim_end(), line_end..end));
    }
    let language = "python".to_owned();
    Notebook { language, front_matter: Vec::new(), slide_level: SLIDE_LEVEL, cells }
}

/// Returns the end of the header, if there is one: comments between two lines of `# ---`.
fn header_end(text: &str) -> usize {
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let is_rule = line.trim_end() == "# ---";
        if (number == 0 && !is_rule) || !line.starts_with('#') {
            return 0;
        }
        at += line.len();
        if number > 0 && is_rule {
            return at;
        }
    }
    0
}

/// Reads a cell from its first line and the place of its other lines.
fn cell(file: &str, marker: &str, place: Range<usize>) -> NotebookCell {
    let rest = marker.trim_start_matches(['#', ' ', '%']);
    let is_text = rest.starts_with("[markdown]") || rest.starts_with("[md]");
    let mut cell = code(file, place);
    if is_text {
        cell.kind = NotebookCellKind::Markdown;
        cell.text = uncommented(&cell.text);
    } else if rest.starts_with("[raw]") {
        cell.kind = NotebookCellKind::Raw;
    }
    for (name, value) in pairs(rest) {
        match name {
            "tags" => {
                let tags = value.as_array().into_iter().flatten();
                cell.apply_tags(tags.filter_map(Value::as_str));
            }
            "slideshow" => cell.role = value["slide_type"].as_str().and_then(CellRole::of),
            "slide_type" => cell.role = value.as_str().and_then(CellRole::of),
            _ => {}
        }
    }
    cell
}

/// Reads a cell of code, without the empty lines around it.
fn code(file: &str, place: Range<usize>) -> NotebookCell {
    let lines = &file[place.clone()];
    let text = lines.trim_end();
    let blank = text.len() - text.trim_start_matches(['\n', '\r']).len();
    let place = place.start + blank..place.start + text.len();
    NotebookCell { text: file[place.clone()].to_owned(), place, ..NotebookCell::default() }
}

/// Removes the comment signs of text. Text may also be in a string of three quotes.
fn uncommented(text: &str) -> String {
    let quoted = ["\"\"\"", "'''"].iter().find_map(|quotes| {
        text.trim()
            .strip_prefix('r')
            .unwrap_or(text.trim())
            .strip_prefix(quotes)?
            .strip_suffix(quotes)
    });
    if let Some(quoted) = quoted {
        return quoted.trim_matches('\n').to_owned();
    }
    let line = |line: &str| {
        let text = line.strip_prefix("# ").or_else(|| line.strip_prefix('#'));
        text.unwrap_or(line).to_owned()
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Returns the `name=value` pairs of a marker.
fn pairs(marker: &str) -> Vec<(&str, Value)> {
    let mut pairs = Vec::new();
    let mut rest = marker;
    while let Some((before, after)) = rest.split_once('=') {
        let name = before.rsplit(char::is_whitespace).next().unwrap_or_default();
        let mut values = serde_json::Deserializer::from_str(after).into_iter::<Value>();
        let Some(Ok(value)) = values.next() else { break };
        rest = &after[values.byte_offset()..];
        pairs.push((name, value));
    }
    pairs
}
