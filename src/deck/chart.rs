//! Charts: what the `chart` fence says, and tables of numbers.

use super::cell::CellId;

/// Limit of the rows of a chart: a screen shows a few hundred.
const MAX_CHART_ROWS: usize = 5_000;

/// Limit of the series of a chart.
pub const MAX_CHART_SERIES: usize = 8;

/// A chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// How the numbers are shown.
    pub kind: ChartKind,
    /// The title; may be empty.
    pub title: Box<str>,
    /// The name of the horizontal axis; may be empty.
    pub x_name: Box<str>,
    /// The name of the vertical axis; may be empty.
    pub y_name: Box<str>,
    /// The numbers.
    pub source: ChartSource,
}

/// How numbers are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChartKind {
    /// A bar for each number.
    #[default]
    Bar,
    /// A line through the numbers of each series.
    Line,
    /// A dot for each number.
    Scatter,
}

/// Where the numbers are from.
#[derive(Clone, Debug, PartialEq)]
pub enum ChartSource {
    /// The block itself or a file.
    Table(ChartTable),
    /// The output of a cell, as CSV.
    Output(CellId),
}

/// A table of numbers: a label for each row, a column for each series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChartTable {
    /// The labels of the rows.
    pub labels: Vec<Box<str>>,
    /// The series.
    pub series: Vec<ChartSeries>,
}

/// A series of numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChartSeries {
    /// Its name.
    pub name: Box<str>,
    /// A number for each row, if there is one.
    pub values: Vec<Option<f64>>,
}

/// A mistake in a table: its line, from 1, and what is wrong.
pub type ChartMistake = (usize, String);

impl ChartTable {
    /// Reads CSV: the first column has labels or numbers, each further one is a series. A first row
    /// without numbers names them. Fields are separated by commas, semicolons or tabs.
    ///
    /// # Errors
    /// A field is not a number, rows differ in length, or there are too many.
    pub fn from_csv(text: &str) -> Result<Self, ChartMistake> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let mut lines = lines.map(|(index, line)| (index + 1, line));
        let Some((first_line, first)) = lines.next() else {
            return Err((1, "there are no numbers".to_owned()));
        };
        let separator = ['\t', ';', ','].into_iter().find(|c| first.contains(*c)).unwrap_or(',');
        let first = fields(first, separator);
        let is_header =
            !first.iter().skip(usize::from(first.len() > 1)).any(|it| number(it).is_some());
        let columns = first.len();
        let mut table = Self::default();
        let has_labels = columns > 1;
        for field in first.iter().skip(usize::from(has_labels)) {
            let name = if is_header { field.as_str().into() } else { "".into() };
            table.series.push(ChartSeries { name, values: Vec::new() });
        }
        if table.series.len() > MAX_CHART_SERIES {
            let why = format!(
                "there are {} series; at most {MAX_CHART_SERIES} are shown",
                table.series.len()
            );
            return Err((first_line, why));
        }
        let first = (!is_header).then_some((first_line, first));
        let rest = lines.map(|(line, text)| (line, fields(text, separator)));
        for (line, row) in first.into_iter().chain(rest) {
            if row.len() != columns {
                return Err((
                    line,
                    format!("this row has {} fields, the first {columns}", row.len()),
                ));
            }
            table.add(line, &row, has_labels)?;
        }
        if table.labels.is_empty() {
            return Err((first_line, "there are no numbers".to_owned()));
        }
        Ok(table)
    }

    fn add(&mut self, line: usize, row: &[String], has_labels: bool) -> Result<(), ChartMistake> {
        if self.labels.len() == MAX_CHART_ROWS {
            return Err((line, format!("there are more than {MAX_CHART_ROWS} rows")));
        }
        let label = if has_labels { row[0].clone() } else { (self.labels.len() + 1).to_string() };
        self.labels.push(label.into());
        let values = row.iter().skip(usize::from(has_labels));
        for (series, field) in self.series.iter_mut().zip(values) {
            let value = match field.as_str() {
                "" => None,
                field => match number(field) {
                    Some(value) => Some(value),
                    None => return Err((line, format!("`{}` is not a number", excerpt(field)))),
                },
            };
            series.values.push(value);
        }
        Ok(())
    }

    /// Returns the labels as numbers, if all are.
    pub fn numeric_labels(&self) -> Option<Vec<f64>> {
        self.labels.iter().map(|label| number(label)).collect()
    }
}

fn excerpt(text: &str) -> String {
    crate::source::excerpt(text)
}

/// Splits a row of CSV; a field in quotes may contain the separator.
fn fields(line: &str, separator: char) -> Vec<String> {
    let mut found = Vec::new();
    let mut field = String::new();
    let mut is_quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                field.push('"');
                chars.next();
            }
            '"' => is_quoted = !is_quoted,
            c if c == separator && !is_quoted => {
                found.push(std::mem::take(&mut field).trim().to_owned());
            }
            c => field.push(c),
        }
    }
    found.push(field.trim().to_owned());
    found
}

/// Reads a number, such as `1_000`, `-2.5`, `3e6` or `40%`.
fn number(text: &str) -> Option<f64> {
    let text = text.strip_suffix('%').unwrap_or(text).replace('_', "");
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(table: &ChartTable) -> Vec<(&str, Vec<Option<f64>>)> {
        table.series.iter().map(|it| (&*it.name, it.values.clone())).collect()
    }

    #[test]
    fn header_names_the_series() {
        let table = ChartTable::from_csv("month, a, \"b, c\"\nJan,1,2.5\n\nFeb,,-3e1\n").unwrap();
        assert_eq!(*table.labels, ["Jan".into(), "Feb".into()]);
        assert_eq!(
            values(&table),
            [("a", vec![Some(1.0), None]), ("b, c", vec![Some(2.5), Some(-30.0)])]
        );
        assert_eq!(table.numeric_labels(), None);
    }

    #[test]
    fn numbers_alone_are_a_series() {
        let table = ChartTable::from_csv("1\n2\n").unwrap();
        assert_eq!(values(&table), [("", vec![Some(1.0), Some(2.0)])]);
        let table = ChartTable::from_csv("2020;10%\n2021;1_000").unwrap();
        assert_eq!(values(&table), [("", vec![Some(10.0), Some(1000.0)])]);
        assert_eq!(table.numeric_labels(), Some(vec![2020.0, 2021.0]));
    }

    #[test]
    fn mistakes_have_their_line() {
        let mistake = |text| ChartTable::from_csv(text).unwrap_err();
        assert_eq!(mistake("a,b\n\nx,1\ny,z"), (4, "`z` is not a number".to_owned()));
        assert_eq!(mistake("a,b\nx,1,2"), (2, "this row has 3 fields, the first 2".to_owned()));
        assert_eq!(mistake(" "), (1, "there are no numbers".to_owned()));
        assert_eq!(mistake("a,b"), (1, "there are no numbers".to_owned()));
        assert_eq!(mistake("a,b,c,d,e,f,g,h,i,j\n").1, "there are 9 series; at most 8 are shown");
        let long = "1\n".repeat(MAX_CHART_ROWS + 1);
        assert_eq!(mistake(&long).0, MAX_CHART_ROWS + 1);
    }
}
