//! The last row of the pane: the cell's status, the visible rows, the search, and key help.

use std::ops::Range;

use ratatui::style::{Modifier, Style};

use super::{PaneView, SectionStack};
use crate::layout::cell::status;
use crate::layout::context::LayoutContext;
use crate::layout::scene::{Item, PlacedItem};
use crate::layout::text::StyledText;
use crate::run::{CellRun, Prompt, PromptView, group_digits, is_current};

/// Key help, if it fits.
const KEYS: [(&str, &str); 3] = [("/", "search"), ("y", "copy"), ("esc", "close")];

/// Key help while there is a search query.
const SEARCH_KEYS: [(&str, &str); 3] = [("n N", "matches"), ("y", "copy"), ("esc", "close")];

/// Key help while a query is typed.
const TYPING_KEYS: [(&str, &str); 2] = [("enter", "find"), ("esc", "close")];

/// Lays out the row.
pub(super) fn lay_out(
    context: &LayoutContext<'_>,
    view: &PaneView<'_>,
    run: &CellRun,
    (stack, shown, found): (&SectionStack<'_>, &Range<u32>, usize),
) -> Vec<PlacedItem> {
    let (columns, rows) = (context.inputs.size.columns, context.inputs.size.rows);
    if rows < 2 {
        return Vec::new();
    }
    let style = context.theme().panel.text;
    let bold = style.add_modifier(Modifier::BOLD);
    let (mut left, keys) = if let Some(prompt) = view.typed {
        (typed(prompt, columns / 2, (style, bold)), &TYPING_KEYS[..])
    } else {
        let inputs = context.inputs;
        let cell = inputs.deck.cell(view.cell);
        let how = cell.map(|cell| cell.exec.clone()).unwrap_or_default();
        let is_current = cell.is_none_or(|cell| is_current(inputs.deck, inputs.runs, cell));
        let mut text = StyledText::plain(" ", style);
        let chip = status::chip(run, &how, inputs.hints, is_current);
        let color = Style { fg: status::style_of(&context.theme().output, run).fg, ..Style::new() };
        text.push(&chip, bold.patch(color));
        if run.has_output() {
            text.push(&format!(" · {}", extent(stack.height, shown)), style);
        }
        if view.top.is_none() && run.is_under_way() {
            text.push(" · follows", style);
        }
        (text, if view.query.is_empty() { &KEYS[..] } else { &SEARCH_KEYS[..] })
    };
    if !view.query.is_empty() {
        left.push(&format!(" · {} ", findings(view, found)), style);
    }
    let keys = key_help(keys, (style, bold.patch(context.theme().panel.accent)));
    let y = u32::from(rows - 1);
    let area = Item::Fill { width: columns, height: 1, style };
    let mut items = vec![PlacedItem { x: 0, y, item: area }];
    let both = left.width().saturating_add(keys.width());
    items.push(PlacedItem { x: 0, y, item: Item::Text(left.cut(columns)) });
    if both <= columns {
        let x = columns - keys.width();
        items.push(PlacedItem { x, y, item: Item::Text(keys.cut(columns)) });
    }
    items
}

/// Returns keys and what they do.
fn key_help(keys: &[(&str, &str)], (style, bold): (Style, Style)) -> StyledText {
    let mut text = StyledText::default();
    for (number, (key, meaning)) in keys.iter().enumerate() {
        text.push(if number == 0 { " " } else { "· " }, style);
        text.push(key, bold);
        text.push(&format!(" {meaning} "), style);
    }
    text
}

/// Describes the visible rows: `rows 1-23 of 1,234`, `7 rows`.
fn extent(height: u32, shown: &Range<u32>) -> String {
    let number = |row: u32| group_digits(row as usize);
    match height {
        1 => "1 row".to_owned(),
        height if shown.start == 0 && shown.end >= height => format!("{} rows", number(height)),
        height => {
            let last = number(shown.end.min(height));
            format!("rows {}-{last} of {}", number(shown.start + 1), number(height))
        }
    }
}

/// Describes the matches: `` `x` 3 of 17 ``.
fn findings(view: &PaneView<'_>, found: usize) -> String {
    let count = match (found, view.current) {
        (0, _) => "not found".to_owned(),
        (found, Some(current)) => {
            format!("{} of {}", group_digits(current + 1), group_digits(found))
        }
        (found, None) => format!("{} found", group_digits(found)),
    };
    if view.typed.is_some() { count } else { format!("`{}` {count}", view.query) }
}

fn typed(prompt: &Prompt, columns: u16, (style, bold): (Style, Style)) -> StyledText {
    let PromptView { before, under, after } = prompt.shown(columns);
    let mut text = StyledText::plain(" /", bold);
    text.push(&before, style);
    text.push(&under, style.add_modifier(Modifier::REVERSED));
    text.push(&after, style);
    text
}
