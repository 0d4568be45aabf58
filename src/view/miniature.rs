//! Makes a miniature of a drawn slide: each half of a cell has the average colour of the part of the
//! slide that it stands for.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Color;
use unicode_width::UnicodeWidthStr;

use crate::ansi::{fixed_rgb, mix};

/// How much of a cell a character covers, in percent. Text is a little bolder than it is: miniatures have
/// to be recognised.
const INK_PERCENT: u16 = 55;

/// The colour of text whose colour only the terminal knows.
const UNKNOWN_INK: [u8; 3] = [128; 3];

/// Ink on an unknown ground shows from this share on, in percent.
const MIN_SHARE_PERCENT: u32 = 12;

/// Returns a miniature of a drawn slide, of this many columns and rows.
pub fn miniature(slide: &Buffer, (columns, rows): (u16, u16)) -> Buffer {
    let mut small = Buffer::empty(Rect::new(0, 0, columns, rows));
    for position in small.area.positions() {
        let half = |half: u16| {
            let part = part(slide.area, (columns, rows * 2), (position.x, position.y * 2 + half));
            average(slide, part)
        };
        let (upper, lower) = (half(0), half(1));
        let color = |[red, green, blue]: [u8; 3]| Color::Rgb(red, green, blue);
        let cell = &mut small[position];
        match (upper, lower) {
            (None, None) => {}
            (Some(upper), None) => _ = cell.set_symbol("▀").set_fg(color(upper)),
            (None, Some(lower)) => _ = cell.set_symbol("▄").set_fg(color(lower)),
            (Some(upper), Some(lower)) if upper == lower => {
                cell.set_bg(color(upper)).set_fg(color(upper));
            }
            (Some(upper), Some(lower)) => {
                cell.set_symbol("▀").set_fg(color(upper)).set_bg(color(lower));
            }
        }
    }
    small
}

/// Returns the part of the slide at a place of a grid; at least one cell.
fn part(area: Rect, (columns, rows): (u16, u16), (x, y): (u16, u16)) -> Rect {
    let range = |length: u16, count: u16, at: u16| {
        let edge = |at: u16| (u32::from(length) * u32::from(at) / u32::from(count.max(1))) as u16;
        let start = edge(at).min(length.saturating_sub(1));
        (start, edge(at + 1).max(start + 1).min(length))
    };
    let ((left, right), (top, bottom)) =
        (range(area.width, columns, x), range(area.height, rows, y));
    Rect::new(left, top, right.saturating_sub(left), bottom.saturating_sub(top))
}

/// Returns the average colour of a part; `None` if it is blank on a ground that only the terminal knows.
fn average(slide: &Buffer, part: Rect) -> Option<[u8; 3]> {
    let mut sum = [0_u32; 3];
    let mut inked = 0;
    let mut count = 0;
    for position in part.intersection(slide.area).positions() {
        let (color, is_inked) = seen(&slide[position]);
        inked += u32::from(is_inked);
        if let Some(color) = color {
            count += 1;
            sum.iter_mut().zip(color).for_each(|(sum, channel)| *sum += u32::from(channel));
        }
    }
    if count == 0 {
        let share = inked * 100 / part.area().max(1);
        return (share >= MIN_SHARE_PERCENT).then_some(UNKNOWN_INK);
    }
    Some(sum.map(|sum| u8::try_from(sum / count).unwrap_or(u8::MAX)))
}

/// Returns the colour of a cell from afar, if its ground is known, and whether it has a character.
fn seen(cell: &Cell) -> (Option<[u8; 3]>, bool) {
    let symbol = cell.symbol();
    let is_inked = !symbol.trim().is_empty() && symbol.width() > 0;
    let Some(ground) = fixed_rgb(cell.bg) else { return (None, is_inked) };
    if !is_inked {
        return (Some(ground), false);
    }
    let ink = fixed_rgb(cell.fg).unwrap_or(UNKNOWN_INK);
    let share = match symbol {
        "█" => 100,
        "▀" | "▄" | "▌" | "▐" | "▚" | "▞" => 50,
        "▘" | "▝" | "▖" | "▗" => 25,
        "▛" | "▜" | "▙" | "▟" => 75,
        _ => INK_PERCENT,
    };
    (Some(mix(ink, ground, 100 - share)), true)
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn halves_have_the_colours_of_their_parts() {
        let mut slide = Buffer::empty(Rect::new(0, 0, 4, 4));
        let color = |channel| Style::new().bg(Color::Rgb(channel, 0, 0));
        slide.set_style(Rect::new(0, 0, 4, 2), color(200));
        slide.set_style(Rect::new(0, 2, 4, 2), color(100));
        let small = miniature(&slide, (2, 1));
        let cell = &small[(1, 0)];
        assert_eq!(cell.symbol(), "▀");
        assert_eq!((cell.fg, cell.bg), (Color::Rgb(200, 0, 0), Color::Rgb(100, 0, 0)));
    }

    #[test]
    fn text_colours_its_part() {
        let mut slide = Buffer::empty(Rect::new(0, 0, 2, 2));
        let style = Style::new().fg(Color::Rgb(255, 255, 255)).bg(Color::Rgb(0, 0, 0));
        slide.set_style(slide.area, style);
        slide[(0, 0)].set_symbol("x");
        slide[(1, 0)].set_symbol("y");
        let small = miniature(&slide, (1, 1));
        let Color::Rgb(upper, ..) = small[(0, 0)].fg else { panic!() };
        assert!((120..160).contains(&upper), "{upper}");
        assert_eq!(small[(0, 0)].bg, Color::Rgb(0, 0, 0));
    }

    #[test]
    fn text_on_an_unknown_ground_is_grey() {
        let slide = Buffer::with_lines(["ab", "  "]);
        let small = miniature(&slide, (1, 1));
        assert_eq!((small[(0, 0)].symbol(), small[(0, 0)].fg), ("▀", Color::Rgb(128, 128, 128)));
        assert_eq!(small[(0, 0)].bg, Color::Reset);
    }

    #[test]
    fn small_slides_fill_large_miniatures() {
        let slide = Buffer::with_lines(["x"]);
        assert_eq!(miniature(&slide, (3, 2)).area, Rect::new(0, 0, 3, 2));
    }
}
