//! The lines that the index searches: text, code and speaker notes of each slide, with the step that
//! shows them.

use crate::deck::{Block, BlockKind, Deck, Inline, Slide, SlideKind, SlideNo, Step, inline_text};

/// The maximum number of characters searched in a line.
const MAX_CHARS: usize = 1_000;

/// A line of a slide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) struct SearchLine {
    pub(in crate::app) slide: SlideNo,
    pub(in crate::app) step: Step,
    pub(in crate::app) text: Box<str>,
}

/// Returns the lines of a deck in order, at least one for each slide.
pub(in crate::app) fn lines(deck: &Deck) -> Vec<SearchLine> {
    let mut found = LineCollector { slide: SlideNo::new(0), lines: Vec::new() };
    for (number, slide) in deck.slides.iter().enumerate() {
        found.slide = SlideNo::new(number);
        found.push(Step(0), slide.title.as_deref().unwrap_or_default());
        if slide.kind == SlideKind::Intro {
            found.intro(deck);
        }
        found.slide(slide);
    }
    found.lines
}

struct LineCollector {
    slide: SlideNo,
    lines: Vec<SearchLine>,
}

impl LineCollector {
    fn push(&mut self, step: Step, text: &str) {
        let text = text.trim();
        let end = text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(end, _)| end);
        self.lines.push(SearchLine { slide: self.slide, step, text: text[..end].into() });
    }

    fn each_line(&mut self, step: Step, text: &str) {
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            self.push(step, line);
        }
    }

    fn inlines(&mut self, step: Step, text: &[Inline]) {
        self.each_line(step, &inline_text(text));
    }

    fn intro(&mut self, deck: &Deck) {
        let meta = &deck.meta;
        for line in meta.title.iter().chain(&meta.sub_title).flatten() {
            self.inlines(Step(0), line);
        }
        let others = [&meta.event, &meta.location, &meta.date, &meta.author];
        for text in others.into_iter().flatten().chain(&meta.authors) {
            self.push(Step(0), text);
        }
    }

    fn slide(&mut self, slide: &Slide) {
        self.blocks(&slide.blocks);
        for note in &slide.notes {
            self.each_line(note.step, &note.text);
        }
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        let step = block.step;
        match &block.kind {
            BlockKind::Title(text)
            | BlockKind::Heading(_, text)
            | BlockKind::Paragraph(text)
            | BlockKind::Footnote(_, text) => self.inlines(step, text),
            BlockKind::Code(code) => self.each_line(step, &code.text),
            BlockKind::Quote(inside) => self.blocks(inside),
            BlockKind::Alert(_, title, inside) => {
                self.inlines(step, title.as_deref().unwrap_or_default());
                self.blocks(inside);
            }
            BlockKind::Columns(columns) => {
                columns.columns.iter().for_each(|column| self.blocks(column));
            }
            BlockKind::List(list) => {
                for item in &list.items {
                    self.inlines(item.step, &item.text);
                    self.blocks(&item.blocks);
                }
            }
            BlockKind::Table(table) => {
                table.header.iter().for_each(|cell| self.inlines(step, cell));
                for row in &table.rows {
                    row.cells.iter().for_each(|cell| self.inlines(row.step, cell));
                }
            }
            BlockKind::Chart(chart) => self.each_line(step, &chart.title),
            BlockKind::Picture(picture) => {
                self.each_line(step, &picture.alt);
                self.push(step, &picture.source);
            }
            _ => {}
        }
    }
}
