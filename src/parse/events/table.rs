//! Parses tables.

use std::ops::Range;

use pulldown_cmark::{Alignment, Event, Tag, TagEnd};

use super::BlockReader;
use crate::deck::{Align, Inline, Table, TableRow, TextStyle};
use crate::diag::Diagnostic;
use crate::parse::inline::InlineContent;
use crate::parse::tree::{Element, ElementKind, PictureDraft};

impl<'t> BlockReader<'t, '_> {
    /// Parses the table that was just opened.
    pub(super) fn table(&mut self, aligns: &[Alignment], range: Range<usize>) -> Element<'t> {
        let mut table =
            Table { aligns: aligns.iter().map(|&a| align(a)).collect(), ..Table::default() };
        let mut cells = Vec::new();
        while let Some((event, _)) = self.events.next() {
            match event {
                Event::Start(Tag::TableCell) => {
                    let InlineContent { inlines, pictures } = self.inlines();
                    cells.push(self.cell(inlines, pictures));
                }
                Event::End(TagEnd::TableHead) => table.header = std::mem::take(&mut cells),
                Event::End(TagEnd::TableRow) => {
                    let cells = std::mem::take(&mut cells);
                    table.rows.push(TableRow { cells, ..TableRow::default() });
                }
                Event::End(TagEnd::Table) => break,
                _ => {}
            }
        }
        self.element(ElementKind::Table(table), range)
    }

    /// Returns a table cell; pictures become their alternative text.
    fn cell(&mut self, mut text: Vec<Inline>, pictures: Vec<(usize, PictureDraft)>) -> Vec<Inline> {
        for (shift, (at, draft)) in pictures.into_iter().enumerate() {
            let message = if draft.is_formula {
                "this formula has to be drawn, which is not supported in table cells"
            } else {
                "pictures are not supported in table cells"
            };
            self.mistakes.push(Diagnostic::error(draft.span, message));
            let words = if draft.alt.is_empty() { draft.source } else { draft.alt.into() };
            text.insert(at + shift, Inline::Text(words, TextStyle::default()));
        }
        text
    }
}

fn align(align: Alignment) -> Option<Align> {
    match align {
        Alignment::None => None,
        Alignment::Left => Some(Align::Left),
        Alignment::Center => Some(Align::Center),
        Alignment::Right => Some(Align::Right),
    }
}
