//! Builds one slide: the column and step of the next block, and the settings that commands have
//! made so far.

use std::collections::BTreeSet;

use super::comment_command::CommentCommand;
use super::steps::StepCounter;
use crate::deck::{Align, Block, BlockKind, Columns, Options, Slide, Step};
use crate::source::Span;

/// A slide under construction.
pub(super) struct SlideBuilder {
    /// The slide; blocks are appended to it.
    pub(super) slide: Slide,
    /// Its steps so far.
    pub(super) steps: StepCounter,
    /// The settings for the rest of it.
    pub(super) settings: SlideSettings,
    /// Whether it has content other than comments.
    pub(super) has_content: bool,
    /// Whether `skip_slide` was given.
    pub(super) is_skipped: bool,
    /// Its tags.
    pub(super) tags: BTreeSet<String>,
    /// What comments say of the next block of code.
    pub(super) next_code: NextCode,
    layout: Option<OpenColumns>,
    /// The blocks of open quotes and list items, outermost first.
    nested: Vec<Vec<Block>>,
    continuation: ListContinuation,
}

/// Settings that commands make for the rest of a slide.
#[derive(Clone, Copy, Debug)]
pub(super) struct SlideSettings {
    pub(super) align: Option<Align>,
    pub(super) font_size: Option<u8>,
    pub(super) incremental_lists: bool,
    pub(super) incremental_tables: bool,
    pub(super) list_item_newlines: u8,
}

/// What comments say of the next block of code.
#[derive(Debug, Default)]
pub(super) struct NextCode {
    /// `// step: name`
    pub(super) place: Option<Box<str>>,
    /// `// typed`: the characters of each key.
    pub(super) pace: Option<u8>,
}

/// An open column layout.
struct OpenColumns {
    columns: Columns,
    current: Option<usize>,
    span: Span,
    step: Step,
    is_reported: bool,
}

/// Whether the next list continues the last block.
#[derive(Clone, Copy, PartialEq)]
enum ListContinuation {
    /// The last block is not a list.
    None,
    /// The last block is a list.
    List,
    /// The last block is a list, followed by a pause.
    PausedList,
}

/// A message and a hint.
pub(super) type CommandError = (String, &'static str);

impl SlideBuilder {
    /// Creates an empty slide that starts at `span`.
    pub(super) fn new(options: &Options, span: Span) -> Self {
        let settings = SlideSettings {
            align: None,
            font_size: None,
            incremental_lists: options.incremental_lists,
            incremental_tables: options.incremental_tables,
            list_item_newlines: options.list_item_newlines,
        };
        Self {
            slide: Slide { span, ..Slide::default() },
            steps: StepCounter::default(),
            settings,
            has_content: false,
            is_skipped: false,
            tags: BTreeSet::new(),
            next_code: NextCode::default(),
            layout: None,
            nested: Vec::new(),
            continuation: ListContinuation::None,
        }
    }

    /// Adds a block below the last one. It is visible from the current step on.
    pub(super) fn place(&mut self, kind: BlockKind, span: Span) {
        let step = self.steps.place();
        self.place_at(kind, span, step);
    }

    /// As [`place`](Self::place), for a block whose step is already known.
    pub(super) fn place_at(&mut self, kind: BlockKind, span: Span, step: Step) {
        self.continuation = match (&kind, self.continuation) {
            (BlockKind::List(_), _) | (BlockKind::Space(_), ListContinuation::List) => {
                ListContinuation::List
            }
            _ => ListContinuation::None,
        };
        let SlideSettings { align, font_size, .. } = self.settings;
        // Blocks in a quote or list item are aligned with it.
        let align = align.filter(|_| !self.is_nested());
        self.target().push(Block { kind, span, step, align, font_size });
    }

    /// Returns the step of a block of code. If the block before it has the same place, it is shown until
    /// then.
    pub(super) fn code_step(&mut self, place: Option<&str>) -> Step {
        let now = self.steps.now();
        let Some(Block { kind: BlockKind::Code(before), step: last, .. }) =
            self.target().last_mut().filter(|_| place.is_some())
        else {
            return self.steps.place();
        };
        if before.place.as_deref() != place {
            return self.steps.place();
        }
        let is_paused = now > *last;
        let step = if is_paused { self.steps.place() } else { Step(self.steps.highlight(2).0 + 1) };
        if let Some(Block { kind: BlockKind::Code(before), .. }) = self.target().last_mut() {
            before.until = Some(step);
        }
        step
    }

    fn target(&mut self) -> &mut Vec<Block> {
        if let Some(nested) = self.nested.last_mut() {
            return nested;
        }
        match &mut self.layout {
            Some(OpenColumns { columns, current: Some(current), .. }) => {
                &mut columns.columns[*current]
            }
            _ => &mut self.slide.blocks,
        }
    }

    /// Starts collecting blocks of a quote or list item.
    pub(super) fn open(&mut self) {
        self.continuation = ListContinuation::None;
        self.nested.push(Vec::new());
    }

    /// Returns the blocks since the matching [`open`](Self::open).
    pub(super) fn close(&mut self) -> Vec<Block> {
        self.continuation = ListContinuation::None;
        let mut blocks = self.nested.pop().unwrap_or_default();
        blocks.shrink_to_fit();
        blocks
    }

    /// Returns whether a quote or list item is open.
    pub(super) fn is_nested(&self) -> bool {
        !self.nested.is_empty()
    }

    /// Records a pause, which may split a list.
    pub(super) fn paused(&mut self) {
        if self.continuation == ListContinuation::List {
            self.continuation = ListContinuation::PausedList;
        }
    }

    /// Returns whether the next list continues one that a pause split.
    pub(super) fn continues_list(&self) -> bool {
        self.continuation == ListContinuation::PausedList
    }

    /// Returns the span of a column layout that has content before its first column. Reported once
    /// per layout.
    pub(super) fn column_missing(&mut self) -> Option<Span> {
        let nested = self.is_nested();
        let layout = self.layout.as_mut()?;
        let missing = !nested && layout.current.is_none() && !layout.is_reported;
        layout.is_reported |= missing;
        missing.then_some(layout.span)
    }

    /// Applies a command that affects only this slide.
    ///
    /// # Errors
    /// The command is not possible here.
    pub(super) fn apply(
        &mut self,
        command: &CommentCommand,
        span: Span,
    ) -> Result<(), CommandError> {
        match command {
            CommentCommand::Pause => {
                self.steps.pause();
                self.paused();
            }
            CommentCommand::NewLines(rows) => self.place(BlockKind::Space(*rows), span),
            CommentCommand::IncrementalLists(on) => self.settings.incremental_lists = *on,
            CommentCommand::IncrementalTables(on) => self.settings.incremental_tables = *on,
            CommentCommand::ListItemNewlines(rows) => self.settings.list_item_newlines = *rows,
            CommentCommand::FontSize(size) => self.settings.font_size = Some(*size),
            CommentCommand::Alignment(align) => self.settings.align = Some(*align),
            CommentCommand::NoFooter => self.slide.no_footer = true,
            CommentCommand::IsCentered(is_centered) => {
                self.slide.is_centered = Some(*is_centered);
            }
            CommentCommand::Budget(time) => self.slide.budget = Some(*time),
            CommentCommand::AutoAdvance(time) => self.slide.auto_advance = Some(*time),
            CommentCommand::Tags(tags) => self.tags.extend(tags.iter().cloned()),
            CommentCommand::Place(name) => self.next_code.place = Some(name.clone()),
            CommentCommand::Typed(pace) => self.next_code.pace = Some(*pace),
            CommentCommand::SkipSlide => self.is_skipped = true,
            _ if self.is_nested() => {
                let message = "this command cannot be used in a list or quote".to_owned();
                return Err((message, "put it at the start of a line, after the list or quote"));
            }
            CommentCommand::JumpToMiddle => self.place(BlockKind::JumpToMiddle, span),
            CommentCommand::ColumnLayout(ratios) => self.open_columns(ratios, span),
            CommentCommand::Column(column) => self.enter_column(*column)?,
            CommentCommand::ResetLayout => self.close_columns(),
            _ => {}
        }
        Ok(())
    }

    fn open_columns(&mut self, ratios: &[u8], span: Span) {
        self.close_columns();
        let columns = vec![Vec::new(); ratios.len()];
        let columns = Columns { ratios: ratios.to_vec(), columns };
        let step = self.steps.now();
        self.layout = Some(OpenColumns { columns, current: None, span, step, is_reported: false });
    }

    fn enter_column(&mut self, column: usize) -> Result<(), CommandError> {
        self.continuation = ListContinuation::None;
        let Some(layout) = &mut self.layout else {
            let message = "`column` without a column layout".to_owned();
            return Err((message, "put `<!-- column_layout: [1, 1] -->` before it"));
        };
        let count = layout.columns.columns.len();
        if column >= count {
            layout.is_reported = true;
            let s = if count == 1 { "" } else { "s" };
            let message = format!("there is no column {column}: the layout has {count} column{s}");
            return Err((message, "columns are numbered from 0"));
        }
        layout.current = Some(column);
        Ok(())
    }

    fn close_columns(&mut self) {
        self.continuation = ListContinuation::None;
        if let Some(layout) = self.layout.take()
            && layout.columns.columns.iter().any(|column| !column.is_empty())
        {
            self.place_at(BlockKind::Columns(layout.columns), layout.span, layout.step);
        }
    }

    /// Returns the finished slide, which ends at byte `end` of its file.
    pub(super) fn finish(mut self, end: u32) -> Slide {
        self.close_columns();
        self.slide.steps = self.steps.count();
        for note in &mut self.slide.notes {
            // A trailing pause takes no step; notes after it belong to the step before.
            note.step = note.step.min(Step(self.slide.steps - 1));
        }
        self.slide.pauses = self.steps.pauses();
        self.slide.span.end = self.slide.span.end.max(end);
        self.slide.blocks.shrink_to_fit();
        self.slide
    }
}
