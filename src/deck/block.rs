//! The blocks of a slide. Commands that only change how later blocks look (alignment, font size,
//! pauses) are folded into each block by the parser; those that occupy rows are blocks of their
//! own.

use std::path::PathBuf;
use std::sync::Arc;

use super::cell::{CellId, Fingerprint};
use super::chart::Chart;
use super::inline::{Inline, LineFormula};
use super::step::Step;
use crate::source::Span;

/// One element of a slide.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Its position in the source.
    pub span: Span,
    /// The first step on which it is visible.
    pub step: Step,
    /// The value of the `alignment` command, which overrides the theme's.
    pub align: Option<Align>,
    /// The value of the `font_size` command, 1 to 7, which overrides the theme's.
    pub font_size: Option<u8>,
}

/// An element's kind and content.
#[derive(Clone, Debug, PartialEq)]
pub enum BlockKind {
    /// A slide title (setext heading).
    Title(Vec<Inline>),
    /// A `#` heading; level 1 to 6.
    Heading(u8, Vec<Inline>),
    /// Running text.
    Paragraph(Vec<Inline>),
    /// A list, with nested lists flattened into items with a depth.
    List(List),
    /// A table.
    Table(Table),
    /// A block quote and its content.
    Quote(Vec<Block>),
    /// A GitHub alert, its own title if it has one, and its content.
    Alert(AlertKind, Option<Vec<Inline>>, Vec<Block>),
    /// A thematic break.
    Rule,
    /// A fenced code block.
    Code(Box<CodeBlock>),
    /// The output of a cell elsewhere in the deck: `snippet_output`.
    Output(CellId),
    /// A picture.
    Picture(Box<Picture>),
    /// A chart.
    Chart(Box<Chart>),
    /// Side-by-side columns, until `reset_layout`.
    Columns(Columns),
    /// A footnote: its name and text.
    Footnote(Box<str>, Vec<Inline>),
    /// Empty rows: `new_line`, `new_lines`.
    Space(u16),
    /// `jump_to_middle`: the following blocks start at half the height of the slide or column.
    JumpToMiddle,
    /// A block that could not be drawn, as the index of its diagnostic.
    Problem(usize),
}

/// The `alignment` command's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Flush left.
    Left,
    /// Centred.
    Center,
    /// Flush right.
    Right,
}

/// The five kinds of GitHub alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are GitHub's own and say it all")]
pub enum AlertKind {
    Note,
    Tip,
    Important,
    Warning,
    Caution,
}

/// A list's items in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    /// All items, of every depth.
    pub items: Vec<ListItem>,
    /// Rows from one item to the next, at least 1.
    pub item_newlines: u8,
    /// Whether it continues a list split by a pause, with one blank row less between the two.
    pub continues: bool,
}

/// One list item.
#[derive(Clone, Debug, PartialEq)]
pub struct ListItem {
    /// How deep it is nested, from 0.
    pub depth: u8,
    /// Its bullet or number.
    pub marker: Marker,
    /// Its text.
    pub text: Vec<Inline>,
    /// Its other content: code, quotes, pictures, tables.
    pub blocks: Vec<Block>,
    /// The first step on which it is visible.
    pub step: Step,
}

/// The marker before a list item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A bullet, whose shape follows the depth.
    Bullet,
    /// A number as written in the source, with its delimiter: `3.` or `3)`.
    Number(Box<str>),
}

/// A table; rows may have fewer or more cells than the header.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Each column's alignment; `None` where the source sets none.
    pub aligns: Vec<Option<Align>>,
    /// The header's cells.
    pub header: Vec<Vec<Inline>>,
    /// The rows below it.
    pub rows: Vec<TableRow>,
}

/// One table row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableRow {
    /// Its cells.
    pub cells: Vec<Vec<Inline>>,
    /// The first step on which it is visible.
    pub step: Step,
}

/// Columns side by side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// Each column's share of the width; never empty, never 0.
    pub ratios: Vec<u8>,
    /// The blocks of each column; as many columns as ratios.
    pub columns: Vec<Vec<Block>>,
}

/// A picture file to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The path as written.
    pub source: Box<str>,
    /// The directory of the file that contains it: searched first.
    pub base: PathBuf,
    /// The size that is asked for.
    pub size: SizePercent,
    /// The alternative text.
    pub alt: Box<str>,
}

/// The size of a picture in percent, 1 to 100; its own without both. With both, the smaller result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SizePercent {
    /// Of the available width.
    pub width: Option<u8>,
    /// Of the height of the page.
    pub height: Option<u8>,
}

impl SizePercent {
    /// Returns the size for a width.
    pub fn of_width(width: Option<u8>) -> Self {
        Self { width, height: None }
    }
}

/// A fenced code block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CodeBlock {
    /// The fence's language as written; empty for none.
    pub language: Box<str>,
    /// The visible lines, without hidden ones. No trailing line feed.
    pub text: Box<str>,
    /// The cell of the block, if it can run.
    pub cell: Option<CellId>,
    /// Groups of highlighted lines, shown one after the other; empty for all lines.
    pub groups: Vec<LineGroup>,
    /// The step at which the first group is shown; each further group is one step later.
    pub groups_from: Step,
    /// Whether `+line_numbers` was given.
    pub line_numbers: bool,
    /// Whether `+no_background` was given.
    pub no_background: bool,
    /// Set if the block is shown as a picture that a tool renders.
    pub render: Option<RenderSpec>,
    /// The place that it shares with neighbouring blocks, of which one is shown at a time: `+step`.
    pub place: Option<Box<str>>,
    /// The first step on which the next block of its place is shown.
    pub until: Option<Step>,
    /// Set if keys type it on stage: `+typed`.
    pub typed: Option<TypedText>,
}

/// A text that keys type on stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypedText {
    /// Identifies it in the deck: equal as long as its text is.
    pub key: Fingerprint,
    /// How many characters each key types; at least 1.
    pub pace: u8,
}

/// How a code block is shown when it is drawn as a picture: `+render`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenderSpec {
    /// What its text is.
    pub language: DrawingLanguage,
    /// Width in percent of the available width, 1 to 100.
    pub width_percent: Option<u8>,
}

/// A language whose blocks can be drawn as pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DrawingLanguage {
    /// d2 diagrams.
    D2,
    /// LaTeX formulas.
    Latex,
    /// Mermaid diagrams.
    Mermaid,
    /// QR codes, which are drawn with characters.
    Qr,
    /// Typst documents.
    Typst,
}

impl DrawingLanguage {
    /// The names in fences that can have `+render`, in the order of the alphabet.
    pub const NAMES: [&str; 6] = ["d2", "latex", "math", "mermaid", "tex", "typst"];

    /// Returns the language of a name in a fence.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "d2" => Some(Self::D2),
            "latex" | "math" | "tex" => Some(Self::Latex),
            "mermaid" => Some(Self::Mermaid),
            "qr" => Some(Self::Qr),
            "typst" => Some(Self::Typst),
            _ => None,
        }
    }

    /// Whether another program draws it: such a block is a cell that makes a picture. One for mermaid
    /// is used if there is one and this build does not draw mermaid.
    pub fn needs_program(self, has_mermaid_program: bool) -> bool {
        match self {
            Self::D2 | Self::Typst => true,
            Self::Mermaid => has_mermaid_program,
            Self::Latex | Self::Qr => false,
        }
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::D2 => "d2",
            Self::Latex => "latex",
            Self::Mermaid => "mermaid",
            Self::Qr => "qr",
            Self::Typst => "typst",
        }
    }
}

/// Returns the code block of a cell among `blocks` and their content.
pub(super) fn code_of(blocks: &[Block], cell: CellId) -> Option<&CodeBlock> {
    let mut found = None;
    Block::walk_all(blocks, &mut |block| match &block.kind {
        BlockKind::Code(code) if code.cell == Some(cell) => found = found.or(Some(&**code)),
        _ => {}
    });
    found
}

impl Block {
    /// Returns the lists of blocks directly inside this one.
    pub fn children(&self) -> Vec<&[Self]> {
        match &self.kind {
            BlockKind::Quote(inner) | BlockKind::Alert(.., inner) => vec![inner],
            BlockKind::List(list) => list.items.iter().map(|item| &*item.blocks).collect(),
            BlockKind::Columns(columns) => columns.columns.iter().map(Vec::as_slice).collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the lists of blocks directly inside this one.
    pub fn children_mut(&mut self) -> Vec<&mut Vec<Self>> {
        match &mut self.kind {
            BlockKind::Quote(inner) | BlockKind::Alert(.., inner) => vec![inner],
            BlockKind::List(list) => list.items.iter_mut().map(|item| &mut item.blocks).collect(),
            BlockKind::Columns(columns) => columns.columns.iter_mut().collect(),
            _ => Vec::new(),
        }
    }

    /// Calls `visit` with each text of this block: its own, its items', its cells'; not those of blocks
    /// inside it.
    pub fn each_text<'b>(&'b self, visit: &mut impl FnMut(&'b [Inline])) {
        match &self.kind {
            BlockKind::Title(text)
            | BlockKind::Heading(_, text)
            | BlockKind::Paragraph(text)
            | BlockKind::Footnote(_, text)
            | BlockKind::Alert(_, Some(text), _) => visit(text),
            BlockKind::List(list) => list.items.iter().for_each(|item| visit(&item.text)),
            BlockKind::Table(table) => {
                let cells = table.rows.iter().flat_map(|row| &row.cells);
                table.header.iter().chain(cells).for_each(|cell| visit(cell));
            }
            _ => {}
        }
    }

    /// Calls `visit` with each formula in the lines of this block, not with those of blocks inside it.
    pub fn each_formula<'b>(&'b self, visit: &mut impl FnMut(&'b Arc<LineFormula>)) {
        self.each_text(&mut |text| {
            for inline in text {
                if let Inline::Formula(formula, _) = inline {
                    visit(formula);
                }
            }
        });
    }

    /// Calls `visit` for this block, then for all blocks inside it.
    pub fn walk<'b>(&'b self, visit: &mut impl FnMut(&'b Self)) {
        visit(self);
        self.children().into_iter().for_each(|inner| Self::walk_all(inner, visit));
    }

    /// Calls [`Block::walk`] for each of these blocks.
    pub fn walk_all<'b>(blocks: &'b [Self], visit: &mut impl FnMut(&'b Self)) {
        for block in blocks {
            block.walk(visit);
        }
    }
}

impl CodeBlock {
    /// Returns whether another block has taken its place at `step`.
    pub fn is_replaced(&self, step: Step) -> bool {
        self.until.is_some_and(|until| until <= step)
    }

    /// Returns the group to highlight at `step`. `None` means all lines, which includes the end of
    /// several groups, when everything is revealed.
    pub fn group_at(&self, step: Step) -> Option<&LineGroup> {
        if step == Step::LAST && self.groups.len() > 1 {
            return None;
        }
        let last = self.groups.len().checked_sub(1)?;
        let passed = usize::from(step.0.saturating_sub(self.groups_from.0));
        self.groups.get(passed.min(last))
    }
}

/// Some of a code block's visible lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineGroup {
    /// Every line.
    All,
    /// Ranges of lines from 1, both ends included. A reversed or zero range holds no line.
    Lines(Vec<(u16, u16)>),
}

impl LineGroup {
    /// Returns whether visible line `number`, from 1, is in the group.
    pub fn has(&self, number: usize) -> bool {
        match self {
            Self::All => true,
            Self::Lines(ranges) => ranges
                .iter()
                .any(|&(from, to)| (usize::from(from)..=usize::from(to)).contains(&number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f145_groups_are_highlighted_in_turn_then_all_lines() {
        let lines = |number| LineGroup::Lines(vec![(number, number)]);
        let groups = vec![lines(1), lines(2)];
        let code = CodeBlock { groups, groups_from: Step(3), ..CodeBlock::default() };
        assert_eq!(code.group_at(Step(3)), Some(&lines(1)));
        assert_eq!(code.group_at(Step(9)), Some(&lines(2)));
        assert_eq!(code.group_at(Step::LAST), None);
        let one = CodeBlock { groups: vec![lines(1)], ..CodeBlock::default() };
        assert_eq!(one.group_at(Step::LAST), Some(&lines(1)));
    }
}
