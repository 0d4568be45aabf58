//! Data tables in the HTML by which kernels, and the notebooks that keep their output, show data frames.

use super::html_text::replace_entities;
use crate::deck::Align;
use crate::run::{DataColumn, DataTable};

/// The most rows and columns to keep, and characters of a cell.
const MAX_ROWS: usize = 1000;
const MAX_COLUMNS: usize = 60;
const MAX_CELL: usize = 200;

/// The most rows to read; more are counted. With heads, this is more than are kept.
const MAX_READ_ROWS: usize = 2 * MAX_ROWS;

/// The most characters beside a table: with more, the HTML is more than a table with a caption.
const MAX_CAPTION: usize = 80;

/// A cell of a row.
#[derive(Clone, Debug, Default)]
struct HtmlCell {
    text: String,
    is_head: bool,
    /// Whether its row is that of the types below the names, as in Julia.
    is_kind: bool,
    /// How many rows and columns it spans.
    spans: (usize, usize),
}

/// Returns the table of an HTML text, if there is nothing but one table and a caption.
pub fn data_table(html: &str) -> Option<DataTable> {
    let mut reader = TableReader::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        reader.text(&rest[..at]);
        let tag = &rest[at + 1..];
        if let Some(comment) = tag.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let end = tag.find('>').unwrap_or(tag.len());
        reader.tag(&tag[..end])?;
        rest = tag.get(end + 1..).unwrap_or("");
    }
    reader.text(rest);
    reader.finish()
}

/// Collects the rows of a table.
#[derive(Debug, Default)]
struct TableReader {
    rows: Vec<Vec<HtmlCell>>,
    /// How many rows follow that are not read.
    more: usize,
    /// How many of the rows are in the head.
    heads: usize,
    cell: Option<HtmlCell>,
    /// Whether the row is one of types.
    has_kinds: bool,
    is_in_table: bool,
    has_ended: bool,
    /// The tag whose text is no text: `style`, `script`.
    unread: Option<String>,
    beside: usize,
}

impl TableReader {
    fn text(&mut self, text: &str) {
        if self.unread.is_some() {
            return;
        }
        match &mut self.cell {
            Some(cell) => cell.text.push_str(text),
            None if self.is_in_table => {}
            None => self.beside += text.split_whitespace().map(str::len).sum::<usize>(),
        }
    }

    /// Takes the inside of a tag. Returns `None` if the HTML is more than a table.
    fn tag(&mut self, tag: &str) -> Option<()> {
        let is_end = tag.starts_with('/');
        let tag = tag.trim_start_matches('/');
        let end = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len());
        let name = tag[..end].to_lowercase();
        if let Some(unread) = &self.unread {
            if is_end && *unread == name {
                self.unread = None;
            }
            return Some(());
        }
        match name.as_str() {
            "style" | "script" if !is_end => self.unread = Some(name),
            "table" if !is_end => {
                // A second table, or one inside the first.
                if self.is_in_table || self.has_ended {
                    return None;
                }
                self.is_in_table = true;
            }
            "table" => {
                self.close();
                (self.is_in_table, self.has_ended) = (false, true);
            }
            "thead" | "tbody" | "tr" if self.is_in_table => {
                self.close();
                if name == "tr" && !is_end {
                    self.has_kinds = tag.contains("subheader");
                }
                match (&*name, is_end) {
                    ("tr", false) if self.rows.len() < MAX_READ_ROWS => self.rows.push(Vec::new()),
                    ("tr", false) => self.more += 1,
                    ("thead", true) => self.heads = self.rows.len(),
                    _ => {}
                }
            }
            "td" | "th" if self.is_in_table => {
                self.close();
                if !is_end && self.more == 0 {
                    let spans = (span(tag, "rowspan"), span(tag, "colspan"));
                    let is_head = name == "th";
                    let is_kind = self.has_kinds;
                    self.cell = Some(HtmlCell { is_head, is_kind, spans, ..HtmlCell::default() });
                }
            }
            "br" => self.text(" "),
            "input" | "details" | "pre" | "button" | "img" | "svg" | "ul" | "ol" | "h1" | "h2"
            | "h3" | "h4" | "h5" | "h6" => return None,
            _ => {}
        }
        Some(())
    }

    fn close(&mut self) {
        let Some(cell) = self.cell.take() else { return };
        if self.rows.is_empty() {
            self.rows.push(Vec::new());
        }
        if let Some(row) = self.rows.last_mut() {
            row.push(cell);
        }
    }

    fn finish(mut self) -> Option<DataTable> {
        self.close();
        if self.beside > MAX_CAPTION {
            return None;
        }
        let heads = self.heads;
        let mut rows = spread(self.rows);
        let is_head_row = |row: &Vec<HtmlCell>| !row.is_empty() && row.iter().all(|it| it.is_head);
        let heads = match heads {
            0 => usize::from(rows.len() > 1 && rows.first().is_some_and(is_head_row)),
            heads => heads,
        };
        let body = rows.split_off(heads.min(rows.len()));
        let count = rows.iter().chain(&body).map(Vec::len).max().filter(|count| *count > 0)?;
        // R's types are `<dbl>`.
        let has_kinds = rows.len() > 1
            && rows.last().is_some_and(|row| {
                row.iter().all(|cell| {
                    let text = words(&cell.text);
                    text.is_empty() || cell.is_kind || kind(&text).is_some()
                })
            });
        let column = |at: usize| {
            let names = rows.iter().filter_map(|row| row.get(at)).map(|cell| words(&cell.text));
            let mut names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
            let of_kind = rows.last().and_then(|row| row.get(at)).map(|cell| words(&cell.text));
            let of_kind = of_kind.filter(|it| has_kinds && !it.is_empty());
            if of_kind.is_some() {
                names.pop();
            }
            let cells = || body.iter().filter_map(|row| row.get(at));
            let is_number = !body.is_empty() && cells().all(|cell| is_number(&words(&cell.text)));
            DataColumn {
                name: names.join(" ").into(),
                kind: of_kind.map(|it| kind(&it).unwrap_or(&it).into()),
                align: if is_number { Align::Right } else { Align::Left },
                is_index: !body.is_empty() && cells().all(|cell| cell.is_head),
            }
        };
        let columns: Vec<DataColumn> = (0..count.min(MAX_COLUMNS)).map(column).collect();
        let text =
            |row: &Vec<HtmlCell>, at: usize| row.get(at).map(|cell| words(&cell.text).into());
        let row = |row: &Vec<HtmlCell>| {
            (0..columns.len()).map(|at| text(row, at).unwrap_or_default()).collect()
        };
        let height = body.len() + self.more;
        let rows = body.iter().take(MAX_ROWS).map(row).collect();
        let indexes = columns.iter().filter(|column| column.is_index).count();
        Some(DataTable { rows, height, width: count - indexes, columns })
    }
}

/// Puts each cell into the columns and rows that it spans; below and beside its own, it is empty.
fn spread(rows: Vec<Vec<HtmlCell>>) -> Vec<Vec<HtmlCell>> {
    // For each column, how many more rows the cell above covers.
    let mut covered: Vec<usize> = Vec::new();
    let mut all = Vec::new();
    for row in rows {
        let mut cells: Vec<HtmlCell> = Vec::new();
        let mut given = row.into_iter().peekable();
        while given.peek().is_some() || covered.get(cells.len()).is_some_and(|left| *left > 0) {
            let at = cells.len();
            if at >= MAX_COLUMNS * 4 {
                break;
            }
            if covered.len() <= at {
                covered.resize(at + 1, 0);
            }
            if covered[at] > 0 {
                covered[at] -= 1;
                cells.push(HtmlCell { is_head: true, ..HtmlCell::default() });
                continue;
            }
            let Some(cell) = given.next() else { break };
            let (down, across) = cell.spans;
            covered.resize(covered.len().max(at + across), 0);
            covered[at..at + across].fill(down - 1);
            let beside = HtmlCell { is_head: cell.is_head, ..HtmlCell::default() };
            cells.push(cell);
            cells.extend(std::iter::repeat_n(beside, across - 1));
        }
        all.push(cells);
    }
    all.retain(|row| !row.is_empty());
    all
}

/// Returns the value of `rowspan` or `colspan` in a tag; 1 if it has none.
fn span(tag: &str, name: &str) -> usize {
    let value = || {
        let after = &tag[tag.to_ascii_lowercase().find(name)? + name.len()..];
        let value = after.trim_start().strip_prefix('=')?.trim_start();
        let digits = value.trim_start_matches(['"', '\'']);
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse().ok()
    };
    value().unwrap_or(1).clamp(1, MAX_COLUMNS)
}

/// Returns the words of a text, with its entities replaced.
fn words(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = replace_entities(&text);
    match text.char_indices().nth(MAX_CELL) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Returns the type that R writes as `<dbl>`, if a text is one.
fn kind(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('<')?.strip_suffix('>')?;
    (!inner.is_empty() && !inner.contains(['<', '>'])).then_some(inner)
}

fn is_number(text: &str) -> bool {
    let is_missing =
        matches!(text.to_ascii_lowercase().as_str(), "" | "nan" | "na" | "null" | "none");
    let plain = text.trim_end_matches('%').replace([',', '_'], "").replace('−', "-");
    is_missing || plain.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(html: &str) -> String {
        data_table(html).map_or_else(|| "none".to_owned(), |table| table.plain_text())
    }

    #[test]
    fn rows_that_are_not_read_are_counted() {
        let html = format!("<table>{}</table>", "<tr><td colspan=60>1".repeat(50_000));
        let read = data_table(&html).unwrap();
        assert_eq!((read.height, read.rows.len()), (50_000, MAX_ROWS));
    }

    #[test]
    fn frame_of_pandas_is_a_table() {
        let html = "<div>\n<style scoped>\n td { color: red; }\n</style>\n<table border=\"1\">\n\
                    <thead>\n<tr style=\"text-align: right;\"><th></th><th>a</th><th>b &amp; c</th></tr>\n\
                    </thead>\n<tbody>\n<tr><th>0</th><td>1</td><td>x</td></tr>\n\
                    <tr><th>1</th><td>25</td><td>y&lt;z</td></tr>\n</tbody>\n</table>\n\
                    <p>2 rows × 2 columns</p></div>";
        assert_eq!(table(html), "    a  b & c\n0   1  x\n1  25  y<z");
        let read = data_table(html).unwrap();
        assert_eq!((read.height, read.width, read.columns[0].is_index), (2, 2, true));
    }

    #[test]
    fn first_row_of_heads_is_the_head() {
        let html = "<table><tr><th>a<th>b<tr><td>1<td>2</table>";
        assert_eq!(table(html), "a  b\n1  2");
        assert_eq!(table("<table><tr><td>1<br>2</td></tr></table>"), "1 2");
    }

    #[test]
    fn spanning_cells_keep_columns_in_place() {
        let html = "<table><thead><tr><th></th><th colspan='2'>x</th></tr>\
                    <tr><th></th><th>a</th><th>b</th></tr></thead><tbody>\
                    <tr><th rowspan=2>k</th><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr>\
                    </tbody></table>";
        let read = data_table(html).unwrap();
        let names: Vec<_> = read.columns.iter().map(|column| &*column.name).collect();
        assert_eq!(names, ["", "x a", "b"]);
        assert_eq!(read.rows[1], ["".into(), "3".into(), "4".into()]);
    }

    #[test]
    fn types_of_r_are_those_of_columns() {
        let head = "<thead><tr><th></th><th>mpg</th><th>name</th></tr>\
                    <tr><th></th><th>&lt;dbl&gt;</th><th>&lt;chr&gt;</th></tr></thead>";
        let html = format!("<table>{head}<tbody><tr><th>1</th><td>21</td><td>a</td></tr></table>");
        let read = data_table(&html).unwrap();
        let kinds: Vec<_> = read.columns.iter().map(|column| column.kind.as_deref()).collect();
        assert_eq!(kinds, [None, Some("dbl"), Some("chr")]);
        assert_eq!((&*read.columns[1].name, &*read.columns[2].name), ("mpg", "name"));
        let html = html.replace("<tr><th></th><th>&lt;", "<tr class='subheader'><th></th><th>");
        let julia = data_table(&html.replace("dbl&gt;", "Int64").replace("&lt;chr&gt;", "String"));
        let columns = julia.unwrap().columns;
        let kinds: Vec<_> = columns.iter().map(|column| column.kind.as_deref()).collect();
        assert_eq!(kinds, [None, Some("Int64"), Some("String")]);
        // A second row of names is one.
        let html = html.replace(" class='subheader'", "");
        let html = html.replace("&lt;chr&gt;", "second");
        let read = data_table(&html).unwrap();
        assert_eq!(
            (&*read.columns[2].name, read.columns[1].kind.as_deref()),
            ("name second", None)
        );
    }

    #[test]
    fn what_is_more_than_a_table_is_none() {
        for html in [
            "",
            "<p>text</p>",
            "<h1>title</h1><table><tr><td>1</td></tr></table>",
            "<table><tr><td>1</td></tr></table><table></table>",
            "<table><tr><td><table></table></td></tr></table>",
            "<table></table>",
            "<table",
        ] {
            assert_eq!(table(html), "none", "{html}");
        }
        let long = format!("<table><tr><td>1</td></tr></table>{}", "word ".repeat(40));
        assert_eq!(table(&long), "none");
    }

    #[test]
    fn tables_are_cut_to_their_limits() {
        let row = format!("<tr>{}</tr>", "<td colspan=1000000>x</td>".repeat(100));
        let html = format!("<table>{}</table>", row.repeat(1500));
        let read = data_table(&html).unwrap();
        assert_eq!((read.columns.len(), read.rows.len(), read.height), (60, 1000, 1500));
    }
}
