//! Builds slides from the tree of elements: slide ends, commands, and the step on which each block
//! appears.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::chart::{self, ChartDraft, ChartDraftSource};
use super::code::{self, CellDraft};
use super::comment_command::{self, Comment, CommentCommand};
use super::picture;
use super::sanitize::excerpt;
use super::slide_builder::{NextCode, SlideBuilder};
use super::source_reader::SourceReader;
use super::tree::{Element, ElementKind, ItemDraft};
use crate::deck::{
    Block, BlockKind, Cell, CellId, Chart, ChartSource, CodeBlock, Deck, Fingerprint, Inline, List,
    ListItem, Note, SlideNo, Table, TypedText, inline_text,
};
use crate::diag::{Diagnostic, Severity, closest};
use crate::source::{FileId, Files, Span};

/// Builds a deck slide by slide.
pub(super) struct DeckBuilder<'f> {
    /// The deck so far.
    pub(super) deck: Deck,
    /// Where included files and code files are read from.
    pub(super) files: &'f dyn Files,
    /// The folder of the file being parsed, which paths are relative to.
    pub(super) folder: PathBuf,
    /// The files being parsed, the deck's own first. Including one of them would be a cycle.
    pub(super) reading: Vec<PathBuf>,
    slide: SlideBuilder,
    first_cell: usize,
    /// The keys of typed texts.
    typed: BTreeSet<Fingerprint>,
}

impl<'f> DeckBuilder<'f> {
    /// Continues a deck that has its front matter and, if any, its intro slide. The first slide
    /// starts at `start`.
    pub(super) fn new(deck: Deck, path: &Path, files: &'f dyn Files, start: usize) -> Self {
        let slide = SlideBuilder::new(&deck.options, Span::new(FileId(0), start..start));
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        let reading = vec![path.to_owned()];
        let typed = BTreeSet::new();
        Self { deck, files, folder, reading, slide, first_cell: 0, typed }
    }

    /// Returns a reader of files relative to the file being parsed.
    pub(super) fn source_reader(&mut self) -> SourceReader<'_> {
        SourceReader { deck: &mut self.deck, files: self.files, folder: &self.folder }
    }

    /// Adds the next element of the text.
    pub(super) fn element(&mut self, element: Element<'_>) {
        let Element { kind, span } = element;
        if let ElementKind::Comment(body) = &kind {
            self.comment(body, span);
            return;
        }
        if !self.slide.is_nested() {
            self.cut_before(&kind, span);
            self.slide.has_content = true;
        }
        if let Some(layout) = self.slide.column_missing() {
            let mistake =
                Diagnostic::error(layout, "content before the first `column` of a column layout")
                    .hint("put `<!-- column: 0 -->` before the content of the first column");
            self.deck.diagnostics.push(mistake);
        }
        self.add(kind, span);
    }

    fn add(&mut self, kind: ElementKind<'_>, span: Span) {
        match kind {
            ElementKind::Paragraph(text) => self.slide.place(BlockKind::Paragraph(text), span),
            ElementKind::Heading { level, setext, text } => self.heading(level, setext, text, span),
            ElementKind::List(items) => self.list(items, span),
            ElementKind::Table(table) => self.table(table, span),
            ElementKind::Quote(elements) => {
                let step = self.slide.steps.now();
                let blocks = self.nested_blocks(elements);
                self.slide.place_at(BlockKind::Quote(blocks), span, step);
            }
            ElementKind::Alert(kind, title, elements) => {
                let step = self.slide.steps.place();
                let blocks = self.nested_blocks(elements);
                self.slide.place_at(BlockKind::Alert(kind, title, blocks), span, step);
            }
            ElementKind::Footnote(name, text) => {
                self.slide.place(BlockKind::Footnote(name, text), span);
            }
            ElementKind::Fence(fence) => self.code(&fence, span),
            ElementKind::Picture(draft) => {
                let prefix = &self.deck.options.image_attributes_prefix;
                match picture::read(*draft, &self.folder, prefix) {
                    (picture, None) => self.slide.place(BlockKind::Picture(picture), span),
                    (picture, Some(mistake)) => {
                        self.deck.diagnostics.push(mistake);
                        self.slide.place(BlockKind::Picture(picture), span);
                    }
                }
            }
            ElementKind::Rule => {
                let ends = self.deck.options.end_slide_shorthand && !self.slide.is_nested();
                if ends {
                    self.end_slide(span);
                    // As in presenterm, where a title directly after it also ends this slide.
                    self.slide.has_content = true;
                } else {
                    self.slide.place(BlockKind::Rule, span);
                }
            }
            ElementKind::Space(rows) => self.slide.place(BlockKind::Space(rows), span),
            ElementKind::Mistake(mistake) => self.problem(*mistake),
            ElementKind::Comment(_) => {}
        }
    }

    /// Ends the slide before a title, if the deck's options ask for it.
    fn cut_before(&mut self, kind: &ElementKind<'_>, span: Span) {
        let ElementKind::Heading { level, setext, .. } = kind else { return };
        let options = &self.deck.options;
        let title = *setext || *level == 1 && options.h1_slide_titles;
        if options.implicit_slide_ends && title && self.slide.has_content {
            self.end_slide(Span { end: span.start, ..span });
        }
    }

    fn heading(&mut self, level: u8, setext: bool, text: Vec<Inline>, span: Span) {
        let first_h1 =
            self.deck.options.h1_slide_titles && level == 1 && self.slide.slide.title.is_none();
        if self.slide.is_nested() || !(setext || first_h1) {
            self.slide.place(BlockKind::Heading(level, text), span);
            return;
        }
        self.slide.slide.title.get_or_insert_with(|| inline_text(&text).into());
        self.slide.place(BlockKind::Title(text), span);
    }

    /// Builds the blocks inside a quote or list item.
    fn nested_blocks(&mut self, elements: Vec<Element<'_>>) -> Vec<Block> {
        if elements.is_empty() {
            return Vec::new();
        }
        self.slide.open();
        for element in elements {
            self.element(element);
        }
        self.slide.close()
    }

    fn list(&mut self, items: Vec<ItemDraft<'_>>, span: Span) {
        let continues = self.slide.continues_list();
        let incremental = self.slide.settings.incremental_lists;
        let item_newlines = self.slide.settings.list_item_newlines;
        let mut list = List { items: Vec::with_capacity(items.len()), item_newlines, continues };
        let pauses = self.deck.options.list_pauses;
        for ItemDraft { depth, marker, text, children } in items {
            if incremental && (pauses.before || !list.items.is_empty()) {
                self.slide.steps.implied_pause();
            }
            let step = self.slide.steps.place();
            let blocks = self.nested_blocks(children);
            list.items.push(ListItem { depth, marker, text, blocks, step });
        }
        if incremental && pauses.after {
            self.slide.steps.implied_pause();
        }
        let step = list.items.first().map_or(self.slide.steps.now(), |item| item.step);
        self.slide.place_at(BlockKind::List(list), span, step);
        if incremental && pauses.after {
            self.slide.paused();
        }
    }

    fn table(&mut self, mut table: Table, span: Span) {
        let incremental = self.slide.settings.incremental_tables;
        let pauses = self.deck.options.table_pauses;
        if incremental && pauses.before {
            self.slide.steps.implied_pause();
        }
        let step = self.slide.steps.place();
        for row in &mut table.rows {
            if incremental {
                self.slide.steps.implied_pause();
            }
            row.step = self.slide.steps.place();
        }
        if incremental && pauses.after {
            self.slide.steps.implied_pause();
        }
        self.slide.place_at(BlockKind::Table(table), span, step);
    }

    fn code(&mut self, fence: &super::tree::FenceDraft<'_>, span: Span) {
        let before = self.deck.diagnostics.len();
        if fence.info.split_whitespace().eq(["chart"]) {
            return self.chart(fence, span);
        }
        let (mut block, cell) = match code::read(fence, &mut self.source_reader()) {
            Ok(has_content) => has_content,
            Err(mistake) => return self.problem(*mistake),
        };
        let NextCode { place, pace } = std::mem::take(&mut self.slide.next_code);
        block.place = block.place.or(place);
        let pace = block.typed.map(|typed| typed.pace).or(pace);
        let is_automatic = cell.as_ref().is_some_and(CellDraft::is_automatic);
        let pace = pace.filter(|_| !is_automatic && block.render.is_none());
        block.typed = pace.map(|pace| TypedText { key: self.typed_key(&block), pace });
        let step = self.slide.code_step(block.place.as_deref());
        if block.groups.len() > 1 {
            block.groups_from = self.slide.steps.highlight(block.groups.len());
        } else {
            block.groups_from = step;
        }
        if let Some(cell) = cell {
            if let Some(mistake) = self.duplicate_id(cell.name(), fence.info_span) {
                self.deck.diagnostics.push(mistake);
            }
            let slide = SlideNo::new(self.deck.slides.len());
            block.cell = Some(cell.add_to(&mut self.deck.cells, slide, step));
        }
        self.slide.place_at(BlockKind::Code(Box::new(block)), span, step);
        // The code is shown anyway, with the errors of its fence below it.
        for mistake in before..self.deck.diagnostics.len() {
            if self.deck.diagnostics[mistake].severity == Severity::Error {
                self.slide.place_at(BlockKind::Problem(mistake), span, step);
            }
        }
    }

    /// Returns a key for a typed text, unique in the deck.
    fn typed_key(&mut self, block: &CodeBlock) -> Fingerprint {
        let mut key = Fingerprint::of(&block.language, None, &block.text);
        while !self.typed.insert(key) {
            key = key.with("again");
        }
        key
    }

    fn chart(&mut self, fence: &super::tree::FenceDraft<'_>, span: Span) {
        let ChartDraft { kind, title, x_name, y_name, source } =
            match chart::read(fence, &mut self.source_reader()) {
                Ok(draft) => draft,
                Err(mistake) => return self.problem(*mistake),
            };
        let source = match source {
            ChartDraftSource::Table(table) => ChartSource::Table(table),
            ChartDraftSource::Output(name) => match self.cell_above(&name, fence.info_span) {
                Ok(id) => ChartSource::Output(id),
                Err(mistake) => return self.problem(*mistake),
            },
        };
        self.slide
            .place(BlockKind::Chart(Box::new(Chart { kind, title, x_name, y_name, source })), span);
    }

    /// Returns an error if another cell already has this name.
    fn duplicate_id(&self, name: Option<&str>, span: Span) -> Option<Diagnostic> {
        let first = self.named(name?)?;
        let message = format!("`+id:{}` is given twice", excerpt(name?));
        let line = self.deck.sources.get(first.span.file)?.line(first.span.start);
        Some(
            Diagnostic::error(span, message)
                .hint(format!("the first block with it is on line {line}")),
        )
    }

    /// Returns the first cell with this name.
    fn named(&self, name: &str) -> Option<&Arc<Cell>> {
        self.deck.cells.iter().find(|cell| cell.name.as_deref() == Some(name))
    }

    /// Returns the cell above with this name.
    fn cell_above(&self, name: &str, span: Span) -> Result<CellId, Box<Diagnostic>> {
        if let Some(cell) = self.named(name) {
            return Ok(cell.id);
        }
        let message = format!("no block above has the name `{}`", excerpt(name));
        let names = self.deck.cells.iter().filter_map(|cell| cell.name.as_deref());
        let hint = match closest(name, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                format!("name the block whose output is wanted: `bash +exec +id:{}`", excerpt(name))
            }
        };
        Err(Box::new(Diagnostic::error(span, message).hint(hint)))
    }

    /// Adds the output of a cell above.
    fn output(&mut self, name: &str, span: Span) {
        let id = match self.cell_above(name, span) {
            Ok(id) => id,
            Err(mistake) => return self.problem(*mistake),
        };
        Arc::make_mut(&mut self.deck.cells[id.0 as usize]).detached = true;
        self.slide.place(BlockKind::Output(id), span);
    }

    fn comment(&mut self, body: &str, span: Span) {
        match comment_command::read(body, &self.deck.options.command_prefix) {
            Comment::Remark => {}
            Comment::Command(command) => self.apply_command(&command, span),
            Comment::Mistake(message, hint) => {
                self.problem(Diagnostic::error(span, message).hint(hint));
            }
            Comment::Suspect(message, hint) => {
                self.deck.diagnostics.push(Diagnostic::warning(span, message).hint(hint));
            }
        }
    }

    fn apply_command(&mut self, command: &CommentCommand, span: Span) {
        match command {
            CommentCommand::EndSlide if !self.slide.is_nested() => self.end_slide(span),
            CommentCommand::Include(path) if !self.slide.is_nested() => self.include(path, span),
            CommentCommand::SpeakerNote(note) => {
                let (text, step) =
                    (super::sanitize::clean(note.trim_end()), self.slide.steps.now());
                self.slide.slide.notes.push(Note { text, step });
            }
            CommentCommand::SnippetOutput(name) => self.output(name, span),
            command => {
                if let Err((message, hint)) = self.slide.apply(command, span) {
                    self.problem(Diagnostic::error(span, message).hint(hint));
                }
            }
        }
    }

    /// Reports an error and shows it in its place.
    pub(super) fn problem(&mut self, mistake: Diagnostic) {
        let span = mistake.span;
        let index = self.deck.diagnostics.len();
        self.deck.diagnostics.push(mistake);
        self.slide.place(BlockKind::Problem(index), span);
    }

    /// Ends the current slide; the next one starts after `at`.
    fn end_slide(&mut self, at: Span) {
        let next = SlideBuilder::new(&self.deck.options, Span { start: at.end, ..at });
        let slide = std::mem::replace(&mut self.slide, next);
        let is_shown = !slide.is_skipped && self.deck.options.variant.shows(&slide.tags);
        self.deck.tags.extend(slide.tags.iter().cloned());
        if is_shown {
            let end = if slide.slide.span.file == at.file { at.start } else { 0 };
            self.deck.slides.push(slide.finish(end));
        } else {
            self.deck.cells.truncate(self.first_cell);
        }
        self.first_cell = self.deck.cells.len();
    }

    /// Returns the finished deck, whose text ends at `end`.
    pub(super) fn finish(mut self, end: usize) -> Deck {
        self.end_slide(Span::new(FileId(0), end..end));
        if self.deck.slides.is_empty() {
            self.deck.slides.push(SlideBuilder::new(&self.deck.options, Span::default()).finish(0));
        }
        self.deck.slides.shrink_to_fit();
        self.deck
    }
}
