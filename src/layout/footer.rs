//! The footer: three texts that never overlap, or a progress bar.

use ratatui::style::{Modifier, Style};

use super::context::LayoutContext;
use super::inline::{InlineStyle, lines};
use super::scene::{Item, PlacedItem};
use super::text::StyledText;
use super::{FooterText, Inputs, Size};
use crate::deck::{Inline, SlideKind};
use crate::theme::FooterStyle;

/// Returns the rows reserved for the footer: 0 if it is empty or disabled, and at most a third of
/// the screen.
pub(super) fn height(inputs: &Inputs<'_>) -> u16 {
    let slide = inputs.deck.slide(inputs.at.slide);
    let wanted = match &inputs.theme.footer {
        _ if slide.no_footer => 0,
        FooterStyle::Template { left: None, center: None, right: None, .. }
        | FooterStyle::Empty => 0,
        FooterStyle::Template { height, .. } => *height,
        FooterStyle::ProgressBar { .. } => 1,
    };
    wanted.min(inputs.size.rows / 3)
}

/// Lays out the footer of the current slide, `height` rows high.
pub(super) fn lay_out(context: &LayoutContext<'_>, height: u16) -> Vec<PlacedItem> {
    let hidden = context.slide().kind == SlideKind::Intro && !context.theme().intro.footer;
    if hidden || height == 0 {
        return Vec::new();
    }
    let size = context.inputs.size;
    match &context.theme().footer {
        FooterStyle::Template { style, margin, .. } => {
            let margin = margin.cells(size.columns).min(size.columns / 3);
            let row = size.rows.saturating_sub(height / 2 + 1);
            let mut placed = template(context, context.inputs.footer, *style, (margin, row));
            placed.extend(pictures(context, height, margin));
            placed
        }
        FooterStyle::ProgressBar { character, style } => vec![bar(context, *character, *style)],
        FooterStyle::Empty => Vec::new(),
    }
}

/// Places the three texts on their row.
fn template(
    context: &LayoutContext<'_>,
    texts: &FooterText,
    style: Style,
    (margin, row): (u16, u16),
) -> Vec<PlacedItem> {
    let text = |inlines: &[Inline]| {
        let mut line = StyledText::default();
        for part in lines(inlines, InlineStyle::plain(style), context) {
            line.append(&part);
        }
        line
    };
    let parts = [text(&texts.left), text(&texts.center), text(&texts.right)];
    let widths = parts.each_ref().map(StyledText::width);
    let places = places(widths, context.inputs.size.columns, margin);
    parts
        .iter()
        .zip(places)
        .filter(|(part, _)| !part.is_empty())
        .map(|(part, (x, width))| PlacedItem {
            x,
            y: row.into(),
            item: Item::Text(part.cut(width)),
        })
        .collect()
}

/// Places the pictures, at most as high as the footer minus one row, and never enlarged.
fn pictures(
    context: &LayoutContext<'_>,
    height: u16,
    margin: u16,
) -> impl Iterator<Item = PlacedItem> {
    let Size { columns, rows, cell, .. } = context.inputs.size;
    let most = u64::from(height.saturating_sub(1).max(1));
    let y = u32::from(rows.saturating_sub(height));
    let (cell_width, cell_height) = (u64::from(cell.0.max(1)), u64::from(cell.1.max(1)));
    let keys = context.inputs.footer.pictures.iter().enumerate();
    let measured = keys.filter_map(move |(at, key)| {
        let key = key.as_ref()?;
        let pixels = context.inputs.measures.pictures.get(key)?.as_ref().ok()?;
        let (width, height) = (u64::from(pixels.width.max(1)), u64::from(pixels.height.max(1)));
        let high = height.div_ceil(cell_height);
        let wide = if high > most {
            (most * cell_height * width).div_ceil(cell_width * height)
        } else {
            width.div_ceil(cell_width)
        };
        let wide = u16::try_from(wide).unwrap_or(u16::MAX).min(columns);
        Some((at, key.clone(), wide, high.min(most)))
    });
    measured.map(move |(at, key, width, high)| {
        let free = columns - width;
        let x = match at {
            0 => margin.min(free),
            1 => free / 2,
            _ => free.saturating_sub(margin),
        };
        PlacedItem { x, y, item: Item::Picture { width, height: high as u32, key, alt: "".into() } }
    })
}

/// Minimum columns of a side text next to an unshortened middle text.
const MIN_SIDE_WIDTH: u16 = 8;

/// Returns the first column and width of the three texts. If they would touch, the middle text is
/// kept whole provided that the others get enough space; otherwise each is cut to its share.
fn places(widths: [u16; 3], columns: u16, margin: u16) -> [(u16, u16); 3] {
    let room = columns.saturating_sub(margin * 2);
    let wide = |[left, center, right]: [u16; 3]| {
        let middle = (columns.saturating_sub(center)) / 2;
        let end = columns.saturating_sub(margin.saturating_add(right));
        [(margin, left), (middle, center), (end, right)]
    };
    let [(_, left), (middle, center), (end, right)] = wide(widths);
    let clear = |a: u16, b: u16, next: u16| a.saturating_add(b) < next;
    let free = if center > 0 {
        (left == 0 || clear(margin, left, middle)) && (right == 0 || clear(middle, center, end))
    } else {
        left == 0 || right == 0 || clear(margin, left, end)
    };
    if free && widths.iter().all(|&width| width <= room) {
        return wide(widths);
    }
    let beside = middle.saturating_sub(margin + 1);
    if center > 0 && beside >= MIN_SIDE_WIDTH {
        return wide([left.min(beside), center, right.min(beside)]);
    }
    let parts = widths.iter().filter(|&&width| width > 0).count().max(1) as u16;
    let share = (room / parts).saturating_sub(u16::from(parts > 1));
    wide(widths.map(|width| width.min(share)))
}

/// Returns the progress bar: the part of the deck that has been shown, full on the last slide,
/// followed by the next slide's part, dimmed.
fn bar(context: &LayoutContext<'_>, character: char, style: Style) -> PlacedItem {
    let Size { columns, rows, .. } = context.inputs.size;
    let total = context.total_slides().max(1) as u64;
    let cells = |slide: usize| {
        (slide as u64 * u64::from(columns)).div_ceil(total).min(columns.into()) as usize
    };
    let (reached, next) = (cells(context.slide_number()), cells(context.slide_number() + 1));
    let stretch = |cells: usize| character.to_string().repeat(cells);
    let mut text = StyledText::plain(&stretch(reached), style);
    text.push(&stretch(next - reached), style.add_modifier(Modifier::DIM));
    PlacedItem { x: 0, y: rows.saturating_sub(1).into(), item: Item::Text(text.cut(columns)) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::all_fit([5, 6, 5], 40, [(1, 5), (17, 6), (34, 5)])]
    #[case::two_alone([19, 0, 18], 40, [(1, 19), (20, 0), (21, 18)])]
    #[case::the_middle_stays_whole([24, 20, 5], 48, [(1, 12), (14, 20), (42, 5)])]
    #[case::too_long([30, 30, 5], 32, [(1, 9), (11, 9), (26, 5)])]
    #[case::one_alone([99, 0, 0], 20, [(1, 18), (10, 0), (19, 0)])]
    #[case::no_room([9, 9, 9], 1, [(1, 0), (0, 0), (0, 0)])]
    fn footer_texts_do_not_touch(
        #[case] widths: [u16; 3],
        #[case] columns: u16,
        #[case] expected: [(u16, u16); 3],
    ) {
        assert_eq!(places(widths, columns, 1), expected);
    }
}
