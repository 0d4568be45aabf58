//! Colours for terminals without 24-bit colour: replaces each cell's colours by the nearest ones of the
//! terminal, and keeps text readable on its background.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use crate::ansi::{CUBE, Channels, contrast, fixed_rgb, indexed, rgb};

/// How many colours a terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorDepth {
    /// 24-bit colour.
    #[default]
    TrueColor,
    /// The 256 colours of xterm.
    Ansi256,
    /// The sixteen ANSI colours.
    Ansi16,
    /// No colours.
    Monochrome,
}

/// The minimum contrast of text whose original contrast is at least this (the WCAG limit for large
/// text).
const MIN_CONTRAST: f64 = 3.0;

/// Text of less contrast is dim on terminals without colours.
const FAINT_CONTRAST: f64 = 4.5;

/// Colours whose channels differ by at least this have a hue, which text keeps among sixteen colours: pastel
/// colours are nearest to grey.
const MIN_CHROMA: u8 = 64;

/// Replaces the colours that a terminal of this depth does not have.
pub fn reduce(buffer: &mut Buffer, depth: ColorDepth) {
    if depth == ColorDepth::TrueColor {
        return;
    }
    let mut last = None;
    for cell in &mut buffer.content {
        let pair = (cell.fg, cell.bg, is_picture(cell.symbol()));
        // Neighbouring cells mostly have the same colours.
        let (fg, bg) = match last {
            Some((known, reduced)) if known == pair => reduced,
            _ => reduced(pair, depth),
        };
        last = Some((pair, (fg, bg)));
        if depth == ColorDepth::Monochrome && is_faint(pair) {
            cell.modifier.insert(Modifier::DIM);
        }
        (cell.fg, cell.bg) = (fg, bg);
        cell.underline_color = nearest(cell.underline_color, depth);
    }
}

/// Returns whether text is set apart by its low contrast, such as lines that are not highlighted.
fn is_faint((fg, bg, is_picture): (Color, Color, bool)) -> bool {
    let (Some(text), Some(ground)) = (fixed_rgb(fg), fixed_rgb(bg)) else { return false };
    !is_picture && contrast(text, ground) < FAINT_CONTRAST
}

/// Returns whether a cell holds pixels of a picture (half blocks, sextants, octants) and not text. Quadrants
/// are the letters of large text: pictures have them only with 24-bit colour, if not configured.
fn is_picture(symbol: &str) -> bool {
    let first = symbol.chars().next();
    matches!(first, Some('▀' | '▄' | '\u{1fb00}'..='\u{1fb3b}' | '\u{1cd00}'..='\u{1cde5}'))
}

/// Returns the reduced foreground and background of a cell.
fn reduced((fg, bg, is_picture): (Color, Color, bool), depth: ColorDepth) -> (Color, Color) {
    let ground = nearest(bg, depth);
    let text = if is_picture { nearest(fg, depth) } else { nearest_text(fg, depth) };
    let (Some(exact_text), Some(exact_ground), Some(seen)) = (rgb(fg), rgb(bg), rgb(ground)) else {
        return (text, ground);
    };
    let wanted = contrast(exact_text, exact_ground).min(MIN_CONTRAST);
    let is_readable = |color: Color| {
        rgb(color).is_none_or(|color| contrast(color, seen) + f64::EPSILON >= wanted)
    };
    if is_picture || is_readable(text) {
        return (text, ground);
    }
    let readable = palette(depth).filter(|(color, _)| is_readable(*color));
    let best = readable.min_by_key(|(_, candidate)| {
        match vivid(exact_text).filter(|_| depth == ColorDepth::Ansi16) {
            Some(vivid) => (is_grey(*candidate), distance(vivid, *candidate)),
            None => (false, distance(exact_text, *candidate)),
        }
    });
    (best.map_or(text, |(color, _)| color), ground)
}

/// Returns the nearest colour of a terminal of this depth.
fn nearest(color: Color, depth: ColorDepth) -> Color {
    match (depth, color) {
        (ColorDepth::Monochrome, _) => Color::Reset,
        (ColorDepth::Ansi256, Color::Rgb(red, green, blue)) => nearest_256([red, green, blue]),
        (ColorDepth::Ansi16, Color::Rgb(red, green, blue)) => nearest_16([red, green, blue]),
        (ColorDepth::Ansi16, Color::Indexed(index)) if index > 15 => nearest_16(indexed(index)),
        _ => color,
    }
}

fn nearest_256(wanted: Channels) -> Color {
    let step = |value: u8| CUBE.iter().enumerate().min_by_key(|(_, step)| step.abs_diff(value));
    let steps = wanted.map(|value| step(value).map_or(0, |(at, _)| at as u8));
    let cube = 16 + 36 * steps[0] + 6 * steps[1] + steps[2];
    let mean = wanted.iter().map(|&value| u32::from(value)).sum::<u32>() / 3;
    // 24 greys from 8 to 238, in steps of 10.
    let grey = 232 + (mean.saturating_sub(3) / 10).min(23) as u8;
    let nearer = [cube, grey].into_iter().min_by_key(|&index| distance(wanted, indexed(index)));
    Color::Indexed(nearer.unwrap_or(cube))
}

fn nearest_16(wanted: Channels) -> Color {
    let colors = palette(ColorDepth::Ansi16);
    let nearest = colors.min_by_key(|(_, candidate)| distance(wanted, *candidate));
    nearest.map_or(Color::Reset, |(color, _)| color)
}

/// Returns the nearest colour for text, with a hue if the wanted one has one.
fn nearest_text(color: Color, depth: ColorDepth) -> Color {
    let is_exact = !matches!(color, Color::Rgb(..) | Color::Indexed(16..));
    match rgb(color).and_then(vivid).filter(|_| depth == ColorDepth::Ansi16 && !is_exact) {
        Some(vivid) => nearest_16(vivid),
        None => nearest(color, depth),
    }
}

/// Returns the colour of the same hue without grey in it; `None` if it has no hue.
fn vivid(color: Channels) -> Option<Channels> {
    let [least, most] = extremes(color);
    let chroma = most - least;
    let channel = |value: u8| u16::from(value - least) * 255 / u16::from(chroma.max(1));
    (chroma >= MIN_CHROMA).then(|| color.map(|value| channel(value) as u8))
}

fn is_grey(color: Channels) -> bool {
    let [least, most] = extremes(color);
    most - least < MIN_CHROMA
}

fn extremes([red, green, blue]: Channels) -> [u8; 2] {
    [red.min(green).min(blue), red.max(green).max(blue)]
}

/// Returns the palette of this depth. The first sixteen of 256 colours are left out because users
/// redefine them.
fn palette(depth: ColorDepth) -> impl Iterator<Item = (Color, Channels)> {
    let indices = match depth {
        ColorDepth::Ansi256 => 16..=255_u8,
        _ => 0..=15,
    };
    indices.map(|index| (Color::Indexed(index), indexed(index)))
}

/// Returns the perceived difference of two colours: the red-mean approximation of the CIELUV distance
/// (<https://www.compuphase.com/cmetric.htm>).
fn distance(one: Channels, other: Channels) -> u32 {
    let [red, green, blue] =
        [0, 1, 2].map(|channel| u32::from(one[channel].abs_diff(other[channel])));
    let mean = u32::midpoint(one[0].into(), other[0].into());
    ((512 + mean) * red * red + 1024 * green * green + (767 - mean) * blue * blue) >> 8
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    #[test]
    fn faint_text_is_dim_without_colours() {
        let dim = |text: u8| {
            let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 1, 1));
            let cell = &mut buffer.content[0];
            cell.set_symbol("x").set_fg(Color::Rgb(text, text, text)).set_bg(Color::Rgb(0, 0, 0));
            reduce(&mut buffer, ColorDepth::Monochrome);
            let cell = &buffer.content[0];
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset));
            cell.modifier.contains(Modifier::DIM)
        };
        assert_eq!((dim(100), dim(200)), (true, false));
    }

    #[test]
    fn colors_are_reduced_to_each_depth() {
        let table = [
            (Color::Rgb(255, 0, 0), Color::Indexed(196), Color::Indexed(9)),
            (Color::Rgb(16, 19, 26), Color::Indexed(233), Color::Indexed(0)),
            (Color::Rgb(128, 128, 128), Color::Indexed(244), Color::Indexed(8)),
            (Color::Rgb(255, 255, 255), Color::Indexed(231), Color::Indexed(15)),
            (Color::Indexed(196), Color::Indexed(196), Color::Indexed(9)),
            (Color::LightBlue, Color::LightBlue, Color::LightBlue),
            (Color::Reset, Color::Reset, Color::Reset),
        ];
        for (color, of_256, of_16) in table {
            assert_eq!(nearest(color, ColorDepth::TrueColor), color);
            assert_eq!(nearest(color, ColorDepth::Ansi256), of_256, "{color}");
            assert_eq!(nearest(color, ColorDepth::Ansi16), of_16, "{color}");
            assert_eq!(nearest(color, ColorDepth::Monochrome), Color::Reset);
        }
    }

    #[test]
    fn pastel_text_keeps_its_hue_among_sixteen_colours() {
        let ground = Color::Rgb(16, 18, 26);
        let text = |red, green, blue| {
            reduced((Color::Rgb(red, green, blue), ground, false), ColorDepth::Ansi16).0
        };
        assert_eq!(text(0xff, 0x7a, 0x85), Color::Indexed(9));
        assert_eq!(text(0x9c, 0xcc, 0x7c), Color::Indexed(10));
        assert_eq!(text(0x82, 0xaa, 0xff), Color::Indexed(12));
        assert_eq!(text(0xc5, 0xcb, 0xd8), Color::Indexed(7));
    }

    #[test]
    fn nearest_of_256_is_close_to_optimal() {
        for step in 0..512_u32 {
            let wanted = [step * 37 % 256, step * 101 % 256, step * 59 % 256].map(|it| it as u8);
            let best = palette(ColorDepth::Ansi256).map(|(_, it)| distance(wanted, it)).min();
            let Color::Indexed(found) = nearest_256(wanted) else { panic!("not of the 256") };
            let found = f64::from(distance(wanted, indexed(found))).sqrt();
            assert!(found <= f64::from(best.unwrap()).sqrt() + 16.0, "{wanted:?}");
        }
    }

    #[test]
    fn text_keeps_its_contrast() {
        for depth in [ColorDepth::Ansi256, ColorDepth::Ansi16] {
            for step in 0..4096_u32 {
                let color = |factor: u32| {
                    let part = |shift: u32| (((step * factor) >> shift) & 15) as u8 * 17;
                    [part(0), part(4), part(8)]
                };
                let (text, ground) = (color(1), color(2654));
                let [fg, bg] = [text, ground].map(|[r, g, b]| Color::Rgb(r, g, b));
                let (seen, under) = reduced((fg, bg, false), depth);
                let now = contrast(rgb(seen).unwrap(), rgb(under).unwrap());
                let wanted = contrast(text, ground).min(MIN_CONTRAST);
                assert!(now + 1e-9 >= wanted, "{fg} on {bg}: {now} of {wanted}");
            }
        }
    }

    #[test]
    fn picture_pixels_ignore_contrast() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 2, 1));
        for (cell, symbol) in buffer.content.iter_mut().zip(["▀", "a"]) {
            cell.set_symbol(symbol).set_fg(Color::Rgb(60, 60, 70)).set_bg(Color::Rgb(5, 5, 5));
        }
        reduce(&mut buffer, ColorDepth::Ansi16);
        assert_eq!(buffer.content[0].fg, nearest(Color::Rgb(60, 60, 70), ColorDepth::Ansi16));
    }
}
