//! The input line of a cell that reads standard input, below its output.

use ratatui::style::{Modifier, Style};

use crate::deck::CodeBlock;
use crate::layout::code::{self, CodeBox};
use crate::layout::flow::Flow;
use crate::layout::text::StyledText;
use crate::run::{Prompt, PromptView};
use crate::theme::OutputStyle;

/// Preferred columns of the box.
pub(in crate::layout) const COLUMNS: u16 = 52;

/// Shown before the input.
const MARK: &str = "› ";

/// Key help, shown while nothing is typed.
const KEYS: [(&str, &str); 3] = [("enter", "send"), ("ctrl-d", "end of input"), ("esc", "leave")];

/// Lays out the input line directly below the box `above`, or in a box of its own. Returns the box
/// of both.
pub(in crate::layout) fn lay_out(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    prompt: &Prompt,
    above: Option<CodeBox>,
) -> CodeBox {
    let panel = above.unwrap_or_else(|| code::panel(flow, block));
    if above.is_some() {
        flow.join();
    }
    let top = flow.open();
    let OutputStyle { style, padding, .. } = flow.context.theme().output;
    let beyond = if block.no_background { 0 } else { u32::from(padding.vertical) };
    // The box above ends with its own padding rows.
    let y = top + if above.is_some() { 0 } else { beyond };
    let end = y.saturating_add(1 + beyond);
    if !block.no_background {
        flow.fill(panel.range.x, top, (panel.range.width, end - top), style);
    }
    let columns = panel.inner();
    flow.put(
        panel.x(),
        y,
        (line(prompt, columns, &flow.context.inputs.hints.enter).cut(columns), columns),
    );
    flow.close(end, 1);
    panel
}

/// Returns the input line.
pub(in crate::layout) fn line(prompt: &Prompt, columns: u16, enter: &str) -> StyledText {
    let dim = Style::new().add_modifier(Modifier::DIM);
    let mut text = StyledText::plain(MARK, dim);
    if !prompt.open {
        if !enter.is_empty() {
            text.push(&format!("{enter} to type here"), dim);
        }
        return text;
    }
    let PromptView { before, under, after } = prompt.shown(columns.saturating_sub(2));
    text.push(&before, Style::new());
    text.push(&under, Style::new().add_modifier(Modifier::REVERSED));
    text.push(&after, Style::new());
    if prompt.is_empty() {
        for (number, (key, meaning)) in KEYS.into_iter().enumerate() {
            text.push(if number == 0 { " " } else { " · " }, dim);
            text.push(key, Style::new().add_modifier(Modifier::BOLD));
            text.push(&format!(" {meaning}"), dim);
        }
    }
    text
}
