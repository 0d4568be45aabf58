//! The intro slide, built from the front matter, or, if that is empty, from its errors.

use super::flow::Flow;
use super::inline::{InlineStyle, lines};
use super::inputs::LargeText;
use super::problem;
use super::role::Role;
use super::text::StyledText;
use crate::deck::{Inline, Meta};
use crate::theme::IntroLine;

/// The part of the page that a title drawn from block characters may take: half, in any number of lines.
const MAX_TITLE_PARTS: [u32; 2] = [2, 2];

/// Returns the rows that authors take, without space above them.
fn author_rows(flow: &Flow<'_>) -> u32 {
    let Meta { author, authors, .. } = &flow.context.inputs.deck.meta;
    u32::try_from(author.iter().count() + authors.len()).unwrap_or(u32::MAX)
}

/// Lays out the titles from the middle of the slide on, event and date below them, and the authors.
pub(super) fn lay_out(flow: &mut Flow<'_>) {
    let meta = &flow.context.inputs.deck.meta;
    if *meta == Meta::default() {
        return mistakes(flow);
    }
    let mut top = flow.room / 2;
    let is_centered = flow.context.theme().is_centered;
    if is_centered || flow.context.inputs.size.large_text == LargeText::Blocks {
        let mut measured = flow.inner(flow.width, 0);
        text(&mut measured);
        let below = (measured.height() + 1).saturating_add(author_rows(flow));
        let free = flow.room.saturating_sub(below);
        // A title that is drawn may be too high for the lower half.
        top = if is_centered { free / 2 } else { top.min(free) };
    }
    flow.close(top, 0);
    text(flow);
    authors(flow);
}

/// Lays out titles, event, place and date.
fn text(flow: &mut Flow<'_>) {
    let meta = &flow.context.inputs.deck.meta;
    let intro = &flow.context.theme().intro;
    flow.with_role(Role::Heading(1), |flow| {
        titles(flow, meta.title.as_deref(), &intro.title);
    });
    flow.with_role(Role::Paragraph, |flow| {
        titles(flow, meta.sub_title.as_deref(), &intro.subtitle);
    });
    let details =
        [(&meta.event, &intro.event), (&meta.location, &intro.location), (&meta.date, &intro.date)];
    if details.iter().any(|(text, _)| text.is_some()) {
        flow.skip(2);
    }
    for (text, line) in details {
        if let Some(text) = text {
            flow.rows(&StyledText::plain(text, line.style), line.alignment);
        }
    }
}

/// Lays out the errors of the front matter.
fn mistakes(flow: &mut Flow<'_>) {
    flow.skip(1);
    let deck = flow.context.inputs.deck;
    let span = flow.context.slide().span;
    for (index, found) in deck.diagnostics.iter().enumerate() {
        if found.span.file == span.file && found.span.start < span.end {
            problem::diagnostic(flow, index);
        }
    }
}

/// Lays out a title or subtitle.
fn titles(flow: &mut Flow<'_>, text: Option<&[Vec<Inline>]>, line: &IntroLine) {
    let rows = text.into_iter().flatten();
    let style = InlineStyle::title(line.style);
    let lines: Vec<_> = rows.flat_map(|row| lines(row, style, flow.context)).collect();
    let size = flow.title_sized((line.font_size, true), (&lines, MAX_TITLE_PARTS));
    for text in &lines {
        flow.enlarged(size, |flow| flow.rows(text, line.alignment));
    }
    if size > 1 && flow.context.inputs.size.large_text == LargeText::Blocks {
        flow.skip(1);
    }
}

/// Lays out the authors on the last rows of the page, or below everything else.
fn authors(flow: &mut Flow<'_>) {
    let meta = &flow.context.inputs.deck.meta;
    let intro = &flow.context.theme().intro;
    let names: Vec<_> = meta
        .author
        .iter()
        .chain(&meta.authors)
        .map(|name| StyledText::plain(name, intro.author.style))
        .collect();
    if names.is_empty() {
        return;
    }
    let mut block = flow.inner(flow.width, 0);
    for name in &names {
        block.rows(name, intro.author.alignment);
    }
    if intro.author_below_title {
        flow.skip(3);
    } else {
        flow.skip(1);
        flow.go_down_to(flow.room.saturating_sub(block.height()));
    }
    let (top, height) = (flow.open(), block.height());
    flow.adopt(block, 0, top);
    flow.close(top.saturating_add(height), 0);
}
