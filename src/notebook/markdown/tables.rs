//! Tables of HTML as tables of markdown.

/// A cell of a table.
#[derive(Debug)]
pub(super) struct CellMarkdown {
    /// Its text, as markdown.
    pub(super) text: String,
    pub(super) is_header: bool,
}

/// Returns a table as markdown. Its first row is the head, if it has header cells; else the head is empty.
pub(super) fn markdown(rows: &[Vec<CellMarkdown>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    if columns == 0 {
        return String::new();
    }
    let has_head = rows[0].iter().any(|cell| cell.is_header);
    let mut lines = vec![row(if has_head { &rows[0] } else { &[] }, columns)];
    lines.push("|---".repeat(columns) + "|");
    lines.extend(rows.iter().skip(usize::from(has_head)).map(|it| row(it, columns)));
    lines.join("\n")
}

fn row(cells: &[CellMarkdown], columns: usize) -> String {
    let text = |column: usize| {
        let text = cells.get(column).map(|cell| one_line(&cell.text)).unwrap_or_default();
        text.replace("\\|", "|").replace('|', "\\|")
    };
    let cells: Vec<_> = (0..columns).map(text).collect();
    format!("| {} |", cells.join(" | "))
}

/// Returns a text in one line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
