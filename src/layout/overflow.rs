//! Finds what does not fit a size, for `check`: rows below the page, wrapped lines of code, and
//! broken words in tables. Text and lists wrap by design and tall slides scroll, so all of these
//! are warnings.

use super::flow::{OverflowKind, OverflowingPart};
use super::inputs::{Inputs, Size};
use super::slide::{SlidePage, page};
use crate::deck::Slide;
use crate::diag::Diagnostic;
use crate::source::{Sources, Span};

/// Returns a warning for everything that does not fit on the slide at this step.
pub fn overflow(inputs: &Inputs<'_>) -> Vec<Diagnostic> {
    let area = inputs.limits.area(inputs.size.columns, inputs.size.rows);
    let size = Size { columns: area.width, rows: area.height, ..inputs.size };
    let SlidePage { body, rows, .. } = page(&Inputs { size, ..*inputs });
    let report = OverflowReport { inputs, slide: inputs.deck.slide(inputs.at.slide) };
    let over = body.height.saturating_sub(rows.count.into());
    let mut found = Vec::new();
    if over > 0 {
        found.push(report.rows(over, &body.overflows));
    }
    let mut overflows = body.overflows.as_slice();
    while let Some((first, rest)) = overflows.split_first() {
        let of_block = rest.iter().take_while(|overflow| overflow.span == first.span).count();
        let (block, rest) = overflows.split_at(of_block + 1);
        found.extend(report.block(block));
        overflows = rest;
    }
    found
}

/// Formats the warnings.
struct OverflowReport<'a> {
    inputs: &'a Inputs<'a>,
    slide: &'a Slide,
}

impl OverflowReport<'_> {
    /// Reports excess rows, at the first block that crosses the end of the page.
    fn rows(&self, over: u32, overflows: &[OverflowingPart]) -> Diagnostic {
        let first = overflows.iter().find(|overflow| overflow.kind == OverflowKind::Rows);
        let span = first.map_or(self.slide.span, |overflow| overflow.span);
        let rows = counted(over, "row");
        Diagnostic::warning(span, format!("{}: {rows} too many at {}", self.name(), self.size()))
            .hint("this is the first part that does not fit; the slide scrolls")
    }

    /// Reports what is too wide in one block.
    fn block(&self, overflows: &[OverflowingPart]) -> Option<Diagnostic> {
        let lines = overflows.iter().filter_map(|overflow| match &overflow.kind {
            OverflowKind::Code { start, columns } => Some((overflow.span, start, *columns)),
            _ => None,
        });
        let count = lines.clone().count();
        if let Some((span, start, columns)) = lines.rev().max_by_key(|(.., columns)| *columns) {
            let span = line_of(&self.inputs.deck.sources, span, start);
            let (name, columns, size) =
                (self.name(), counted(columns.into(), "column"), self.size());
            let message = format!("{name}: this line of code is {columns} too long at {size}");
            return Some(Diagnostic::warning(span, message).hint(match count {
                1 => "it is wrapped".to_owned(),
                count => format!("it is the longest of {count} in this block that are wrapped"),
            }));
        }
        let broken = overflows.iter().find(|overflow| overflow.kind == OverflowKind::Words)?;
        let message = format!("{}: words of this table are broken at {}", self.name(), self.size());
        Some(Diagnostic::warning(broken.span, message).hint("its columns are narrower than a word"))
    }

    fn name(&self) -> String {
        let number = self.inputs.at.slide.human();
        match &self.slide.title {
            Some(title) => format!("slide {number} `{title}`"),
            None => format!("slide {number}"),
        }
    }

    fn size(&self) -> String {
        format!("{}x{}", self.inputs.size.columns, self.inputs.size.rows)
    }
}

fn counted(count: u32, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Returns the position of a line of code, or of the whole block if its code is in another file.
fn line_of(sources: &Sources, block: Span, start: &str) -> Span {
    let text = sources.get(block.file).and_then(|file| file.text().get(block.range()));
    let mut at = block.range().start;
    for line in text.unwrap_or_default().split_inclusive('\n') {
        if let Some(offset) = line.find(start) {
            return Span::new(block.file, at + offset..at + line.trim_end().len());
        }
        at += line.len();
    }
    block
}
