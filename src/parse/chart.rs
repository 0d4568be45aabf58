//! Parses `chart` blocks: CSV alone, or YAML with a `type`, titles and where the numbers are.

use super::sanitize::{clean, excerpt};
use super::source_reader::SourceReader;
use super::tree::FenceDraft;
use super::yaml_tree::{self, YamlNode, YamlValue};
use crate::deck::{ChartKind, ChartMistake, ChartSeries, ChartTable, MAX_CHART_SERIES};
use crate::diag::{Diagnostic, did_you_mean};
use crate::source::Span;

/// A chart whose output is not found yet.
pub(super) struct ChartDraft {
    pub(super) kind: ChartKind,
    pub(super) title: Box<str>,
    pub(super) x_name: Box<str>,
    pub(super) y_name: Box<str>,
    pub(super) source: ChartDraftSource,
}

/// Where the numbers of a chart are from.
pub(super) enum ChartDraftSource {
    Table(ChartTable),
    /// The output of the block with this name.
    Output(String),
}

/// The keys of a chart.
const KEYS: [&str; 8] = ["type", "title", "x", "y", "data", "labels", "file", "output"];

/// The values of `type`.
const KINDS: [(&str, ChartKind); 3] =
    [("bar", ChartKind::Bar), ("line", ChartKind::Line), ("scatter", ChartKind::Scatter)];

/// Parses a chart.
///
/// # Errors
/// A key or a number is wrong, or the file cannot be read.
pub(super) fn read(
    fence: &FenceDraft<'_>,
    reader: &mut SourceReader<'_>,
) -> Result<ChartDraft, Box<Diagnostic>> {
    let draft = ChartDraft {
        kind: ChartKind::default(),
        title: "".into(),
        x_name: "".into(),
        y_name: "".into(),
        source: ChartDraftSource::Table(ChartTable::default()),
    };
    if !has_keys(&fence.code) {
        let table = ChartTable::from_csv(&fence.code)
            .map_err(|found| in_block(fence, &fence.code, &found))?;
        return Ok(ChartDraft { source: ChartDraftSource::Table(table), ..draft });
    }
    read_keys(fence, draft, reader)
}

/// Whether the first line has a key of a chart.
fn has_keys(code: &str) -> bool {
    let first = code.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    let key = first.and_then(|line| line.split_once(':')).map(|(key, _)| key);
    key.is_some_and(|key| !key.contains([',', ';', '\t', '"']))
}

fn read_keys(
    fence: &FenceDraft<'_>,
    mut draft: ChartDraft,
    reader: &mut SourceReader<'_>,
) -> Result<ChartDraft, Box<Diagnostic>> {
    let (node, mistake) = yaml_tree::read(&fence.code);
    if let Some(mistake) = mistake {
        let message = format!("this chart is not YAML: {}", mistake.message);
        return Err(refuse(part(fence, &mistake.range), message));
    }
    let entries = node.as_ref().map_or(&[][..], |node| node.entries());
    let (mut data, mut labels) = (None, None);
    let mut source = None;
    for (key, value) in entries {
        let name = key.text().unwrap_or_default();
        let at = part(fence, &value.range);
        let text = || {
            let wrong = || refuse(at, format!("`{name}` must be text"));
            value.text().ok_or_else(wrong)
        };
        match name {
            "type" => {
                let kind = text()?;
                let known = KINDS.iter().find(|(name, _)| *name == kind);
                let wrong = || {
                    let message = format!("`{}` is not a type of chart", excerpt(kind));
                    Box::new(Diagnostic::error(at, message).hint("use `bar`, `line` or `scatter`"))
                };
                draft.kind = known.ok_or_else(wrong)?.1;
            }
            "title" => draft.title = clean(text()?),
            "x" => draft.x_name = clean(text()?),
            "y" => draft.y_name = clean(text()?),
            "labels" => labels = Some(value),
            "data" => data = Some(value),
            "file" => {
                let (file, csv) = reader.add(text()?, at)?;
                let table = ChartTable::from_csv(&csv).map_err(|(line, why)| {
                    refuse(line_of(&csv, line, |range| Span::new(file, range)), why)
                })?;
                source = Some(ChartDraftSource::Table(table));
            }
            "output" => source = Some(ChartDraftSource::Output(text()?.to_owned())),
            _ => {
                let message = format!("a chart has no key `{}`", excerpt(name));
                let hint = did_you_mean(name, KEYS);
                let hint = hint.unwrap_or_else(|| format!("its keys are {}", KEYS.join(", ")));
                let at = part(fence, &key.range);
                return Err(Box::new(Diagnostic::error(at, message).hint(hint)));
            }
        }
    }
    draft.source = match (data, source) {
        (Some(data), None) => ChartDraftSource::Table(table(fence, data, labels)?),
        (None, Some(source)) => source,
        (Some(_), Some(_)) => {
            return Err(refuse(fence.info_span, "this chart has its numbers twice".to_owned()));
        }
        (None, None) => {
            let message = "this chart has no numbers".to_owned();
            let hint = "write `data: |` and lines such as `name,1,2` below it, `file: numbers.csv`, \
                        or `output: ID`";
            return Err(Box::new(Diagnostic::error(fence.info_span, message).hint(hint)));
        }
    };
    Ok(draft)
}

/// Reads `data`: CSV, a number for each label, or a list for each series.
fn table(
    fence: &FenceDraft<'_>,
    data: &YamlNode,
    labels: Option<&YamlNode>,
) -> Result<ChartTable, Box<Diagnostic>> {
    if let Some(csv) = data.text() {
        return ChartTable::from_csv(csv).map_err(|found| in_block(fence, csv, &found));
    }
    let number = |node: &YamlNode| {
        let text = node.text().unwrap_or_default().replace('_', "");
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        let wrong = || refuse(part(fence, &node.range), "this is not a number".to_owned());
        if node.is_null() { Ok(None) } else { number.map(Some).ok_or_else(wrong) }
    };
    let text = |node: &YamlNode| -> Box<str> { clean(node.text().unwrap_or_default()) };
    let mut table = ChartTable::default();
    for (key, value) in data.entries() {
        if let YamlValue::List(values) = &value.value {
            let values = values.iter().map(number).collect::<Result<_, _>>()?;
            table.series.push(ChartSeries { name: text(key), values });
        } else {
            table.labels.push(text(key));
            let value = number(value)?;
            match table.series.first_mut() {
                Some(series) => series.values.push(value),
                None => table.series.push(ChartSeries { name: "".into(), values: vec![value] }),
            }
        }
    }
    if let Some(YamlValue::List(labels)) = labels.map(|labels| &labels.value) {
        table.labels = labels.iter().map(text).collect();
    }
    let rows = table.series.iter().map(|series| series.values.len()).max().unwrap_or(0);
    if rows == 0 || table.series.len() > MAX_CHART_SERIES {
        let message = format!("`data` needs numbers of 1 to {MAX_CHART_SERIES} series");
        return Err(refuse(part(fence, &data.range), message));
    }
    for number in table.labels.len()..rows {
        table.labels.push((number + 1).to_string().into());
    }
    table.labels.truncate(rows);
    for series in &mut table.series {
        series.values.resize(rows, None);
    }
    Ok(table)
}

#[expect(clippy::unnecessary_box_returns, reason = "errors are boxed")]
fn refuse(span: Span, message: String) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(span, message))
}

/// Returns the span of a part of a block's code.
fn part(fence: &FenceDraft<'_>, range: &std::ops::Range<usize>) -> Span {
    let Span { file, .. } = fence.code_span;
    let whole = fence.code_span.range();
    if whole.len() < fence.code.trim_end().len() || range.end > whole.len() {
        return fence.code_span;
    }
    Span::new(file, whole.start + range.start..whole.start + range.end)
}

/// Places a mistake in CSV that is part of a block's code.
#[expect(clippy::unnecessary_box_returns, reason = "errors are boxed")]
fn in_block(fence: &FenceDraft<'_>, csv: &str, (line, why): &ChartMistake) -> Box<Diagnostic> {
    let wrong = csv.lines().nth(line.saturating_sub(1)).unwrap_or_default().trim();
    let line = fence.code.lines().position(|text| text.trim() == wrong).map_or(1, |at| at + 1);
    refuse(line_of(&fence.code, line, |range| part(fence, &range)), why.clone())
}

fn line_of(text: &str, line: usize, span: impl Fn(std::ops::Range<usize>) -> Span) -> Span {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let length = text[start..].lines().next().map_or(0, str::len);
    span(start..start + length)
}
