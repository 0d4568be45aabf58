//! Shapes of box-drawing characters and block elements, U+2500 to U+259F, and of braille. Fonts' glyphs for them often
//! leave gaps between cells.

/// Width of a cell, in SVG units.
pub(super) const CELL_WIDTH: f32 = 10.0;
/// Height of a cell, in SVG units.
pub(super) const CELL_HEIGHT: f32 = 20.0;

/// A part of a character, in SVG units from the cell's corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    /// A filled rectangle: left, top, width, height and opacity.
    Rect(f32, f32, f32, f32, f32),
    /// A line along a curve.
    Curve(Curve),
}

/// A curve in the cell's own grid, by its points: `(x, y)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Curve {
    /// A straight line between two points.
    Line((f32, f32), (f32, f32)),
    /// Straight from `start` to `bend`, then round `corner` to `end`.
    Arc { start: (f32, f32), bend: (f32, f32), corner: (f32, f32), end: (f32, f32) },
}

impl Curve {
    /// Returns the curve in a cell that is larger by a factor.
    pub(super) fn scaled(self, by: f32) -> Self {
        let at = |(x, y): (f32, f32)| (x * by, y * by);
        match self {
            Self::Line(from, to) => Self::Line(at(from), at(to)),
            Self::Arc { start, bend, corner, end } => {
                Self::Arc { start: at(start), bend: at(bend), corner: at(corner), end: at(end) }
            }
        }
    }
}

impl Shape {
    /// Whether it spans the cell's width: adjacent ones are drawn as one shape.
    pub(super) fn spans(&self) -> bool {
        matches!(self, Self::Rect(left, _, width, ..) if *left <= 0.0 && *width >= CELL_WIDTH)
    }
}

/// Returns the shapes of a character; `None` for text.
pub(super) fn shapes(symbol: &str) -> Option<Vec<Shape>> {
    let mut chars = symbol.chars();
    let (first, None) = (chars.next()?, chars.next()) else { return None };
    match first {
        '\u{2580}'..='\u{259f}' => Some(block(first)),
        '\u{256d}'..='\u{2573}' => Some(curve(first)),
        '\u{2500}'..='\u{257f}' => Some(lines(first)),
        '\u{2801}'..='\u{28ff}' => Some(dots(u32::from(first) - 0x2800)),
        _ => None,
    }
}

/// Returns a rectangle from its corners, as fractions of the cell.
fn part(left: f32, top: f32, right: f32, bottom: f32) -> Shape {
    Shape::Rect(
        left * CELL_WIDTH,
        top * CELL_HEIGHT,
        (right - left) * CELL_WIDTH,
        (bottom - top) * CELL_HEIGHT,
        1.0,
    )
}

/// The columns and rows of braille dots, from the lowest bit.
const DOTS: [(f32, f32); 8] = [
    (0.0, 0.0),
    (0.0, 1.0),
    (0.0, 2.0),
    (1.0, 0.0),
    (1.0, 1.0),
    (1.0, 2.0),
    (0.0, 3.0),
    (1.0, 3.0),
];

/// Side of a braille dot.
const DOT_SIDE: f32 = 3.0;

fn dots(bits: u32) -> Vec<Shape> {
    let set = DOTS.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
    set.map(|(_, (column, row))| {
        let (width, height) = (CELL_WIDTH / 2.0, CELL_HEIGHT / 4.0);
        let left = width * column + (width - DOT_SIDE) / 2.0;
        let top = height * row + (height - DOT_SIDE) / 2.0;
        Shape::Rect(left, top, DOT_SIDE, DOT_SIDE, 1.0)
    })
    .collect()
}

fn block(symbol: char) -> Vec<Shape> {
    let code = u32::from(symbol).saturating_sub(0x2580) as u8;
    let eighths = |count: u8| f32::from(count) / 8.0;
    match code {
        0x00 => vec![part(0.0, 0.0, 1.0, 0.5)],
        0x01..=0x08 => vec![part(0.0, 1.0 - eighths(code), 1.0, 1.0)],
        0x09..=0x0f => vec![part(0.0, 0.0, eighths(0x10 - code), 1.0)],
        0x10 => vec![part(0.5, 0.0, 1.0, 1.0)],
        0x11..=0x13 => {
            let cover = f32::from(code - 0x10) / 4.0;
            vec![Shape::Rect(0.0, 0.0, CELL_WIDTH, CELL_HEIGHT, cover)]
        }
        0x14 => vec![part(0.0, 0.0, 1.0, eighths(1))],
        0x15 => vec![part(eighths(7), 0.0, 1.0, 1.0)],
        _ => quadrants(code - 0x16),
    }
}

/// Quadrants of U+2596 to U+259F: upper left, upper right, lower left, lower right, from the highest
/// bit.
const QUADRANTS: [u8; 10] =
    [0b0010, 0b0001, 0b1000, 0b1011, 0b1001, 0b1110, 0b1101, 0b0100, 0b0110, 0b0111];

fn quadrants(index: u8) -> Vec<Shape> {
    let bits = QUADRANTS.get(usize::from(index)).copied().unwrap_or_default();
    let corners = [(0b1000, 0.0, 0.0), (0b0100, 0.5, 0.0), (0b0010, 0.0, 0.5), (0b0001, 0.5, 0.5)];
    corners
        .into_iter()
        .filter(|(bit, ..)| bits & bit != 0)
        .map(|(_, left, top)| part(left, top, left + 0.5, top + 0.5))
        .collect()
}

fn curve(symbol: char) -> Vec<Shape> {
    const RISING: Shape = Shape::Curve(Curve::Line((0.0, 20.0), (10.0, 0.0)));
    const FALLING: Shape = Shape::Curve(Curve::Line((0.0, 0.0), (10.0, 20.0)));
    let arc = |start: f32, bend: f32, end: f32| {
        let (corner, end) = ((5.0, 10.0), (end, 10.0));
        vec![Shape::Curve(Curve::Arc { start: (5.0, start), bend: (5.0, bend), corner, end })]
    };
    match symbol {
        '╭' => arc(20.0, 15.0, 10.0),
        '╮' => arc(20.0, 15.0, 0.0),
        '╯' => arc(0.0, 5.0, 0.0),
        '╰' => arc(0.0, 5.0, 10.0),
        '╱' => vec![RISING],
        '╲' => vec![FALLING],
        _ => vec![RISING, FALLING],
    }
}

/// Lines from the middle of U+2500 to U+257F: up, right, down, left; `1` light, `2` heavy, `3` double,
/// `-` none. Curves and diagonals do not use it.
const ARMS: [&str; 16] = [
    "-1-1 -2-2 1-1- 2-2- -1-1 -2-2 1-1- 2-2-",
    "-1-1 -2-2 1-1- 2-2- -11- -21- -12- -22-",
    "--11 --12 --21 --22 11-- 12-- 21-- 22--",
    "1--1 1--2 2--1 2--2 111- 121- 211- 112-",
    "212- 221- 122- 222- 1-11 1-12 2-11 1-21",
    "2-21 2-12 1-22 2-22 -111 -112 -211 -212",
    "-121 -122 -221 -222 11-1 11-2 12-1 12-2",
    "21-1 21-2 22-1 22-2 1111 1112 1211 1212",
    "2111 1121 2121 2112 2211 1122 1221 2212",
    "1222 2122 2221 2222 -1-1 -2-2 1-1- 2-2-",
    "-3-3 3-3- -31- -13- -33- --13 --31 --33",
    "13-- 31-- 33-- 1--3 3--1 3--3 131- 313-",
    "333- 1-13 3-31 3-33 -313 -131 -333 13-3",
    "31-1 33-3 1313 3131 3333 ---- ---- ----",
    "---- ---- ---- ---- ---1 1--- -1-- --1-",
    "---2 2--- -2-- --2- -2-1 1-2- -1-2 2-1-",
];

fn lines(symbol: char) -> Vec<Shape> {
    let index = u32::from(symbol).saturating_sub(0x2500) as usize;
    let row = ARMS.get(index / 8).copied().unwrap_or_default();
    let arms = row.split(' ').nth(index % 8).unwrap_or_default();
    if let Some(count) = dashes(index) {
        return dashed(arms, count);
    }
    if let Some(whole) = straight(arms) {
        return whole;
    }
    let sides = [ArmSide::Up, ArmSide::Right, ArmSide::Down, ArmSide::Left];
    sides.into_iter().zip(arms.chars()).flat_map(|(side, weight)| arm(side, weight)).collect()
}

/// Returns the number of dashes of a dashed line, by its index in the Unicode block.
fn dashes(index: usize) -> Option<u8> {
    match index {
        0x04..=0x07 => Some(3),
        0x08..=0x0b => Some(4),
        0x4c..=0x4f => Some(2),
        _ => None,
    }
}

fn dashed(arms: &str, count: u8) -> Vec<Shape> {
    let across = !arms.starts_with(['1', '2']);
    let thick = if arms.contains('2') { HEAVY_WIDTH } else { LIGHT_WIDTH };
    let step = if across { CELL_WIDTH } else { CELL_HEIGHT } / f32::from(count);
    let starts = (0..count).map(|piece| f32::from(piece) * step + step * 0.2);
    let piece = |start| {
        if across {
            Shape::Rect(start, (CELL_HEIGHT - thick) / 2.0, step * 0.6, thick, 1.0)
        } else {
            Shape::Rect((CELL_WIDTH - thick) / 2.0, start, thick, step * 0.6, 1.0)
        }
    };
    starts.map(piece).collect()
}

/// A line from edge to edge in one weight: one shape, so that a row of them is one shape too.
fn straight(arms: &str) -> Option<Vec<Shape>> {
    let thick = if arms.contains('2') { HEAVY_WIDTH } else { LIGHT_WIDTH };
    match arms {
        "-1-1" | "-2-2" => {
            Some(vec![Shape::Rect(0.0, (CELL_HEIGHT - thick) / 2.0, CELL_WIDTH, thick, 1.0)])
        }
        "1-1-" | "2-2-" => {
            Some(vec![Shape::Rect((CELL_WIDTH - thick) / 2.0, 0.0, thick, CELL_HEIGHT, 1.0)])
        }
        _ => None,
    }
}

/// Width of a light stroke.
const LIGHT_WIDTH: f32 = 2.0;
/// Width of a heavy stroke.
const HEAVY_WIDTH: f32 = 4.0;
/// Distance of each stroke of a double line from the middle.
const DOUBLE_LINE_GAP: f32 = 2.0;

#[derive(Clone, Copy)]
enum ArmSide {
    Up,
    Right,
    Down,
    Left,
}

/// Returns the strokes from one edge of the cell to half a stroke past its middle.
fn arm(side: ArmSide, weight: char) -> Vec<Shape> {
    match weight {
        '1' => vec![stroke(side, 0.0, LIGHT_WIDTH, LIGHT_WIDTH / 2.0)],
        '2' => vec![stroke(side, 0.0, HEAVY_WIDTH, HEAVY_WIDTH / 2.0)],
        '3' => vec![
            stroke(side, -DOUBLE_LINE_GAP, 1.0, DOUBLE_LINE_GAP),
            stroke(side, DOUBLE_LINE_GAP, 1.0, DOUBLE_LINE_GAP),
        ],
        _ => Vec::new(),
    }
}

/// Returns one stroke, shifted sideways by `offset`, that extends `beyond` the middle.
fn stroke(side: ArmSide, offset: f32, thick: f32, beyond: f32) -> Shape {
    let (across, along) = (CELL_WIDTH / 2.0 + beyond, CELL_HEIGHT / 2.0 + beyond);
    let x = CELL_WIDTH / 2.0 + offset - thick / 2.0;
    let y = CELL_HEIGHT / 2.0 + offset - thick / 2.0;
    match side {
        ArmSide::Up => Shape::Rect(x, 0.0, thick, along, 1.0),
        ArmSide::Down => Shape::Rect(x, CELL_HEIGHT - along, thick, along, 1.0),
        ArmSide::Left => Shape::Rect(0.0, y, across, thick, 1.0),
        ArmSide::Right => Shape::Rect(CELL_WIDTH - across, y, across, thick, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_of_all_characters_are_inside_their_cell() {
        for code in 0x2500..=0x259f_u32 {
            let symbol = char::from_u32(code).unwrap().to_string();
            let shapes = shapes(&symbol).unwrap();
            assert!(!shapes.is_empty(), "{symbol}");
            for shape in shapes {
                if let Shape::Rect(left, top, width, height, cover) = shape {
                    assert!(left >= 0.0 && left + width <= CELL_WIDTH, "{symbol}: {shape:?}");
                    assert!(top >= 0.0 && top + height <= CELL_HEIGHT, "{symbol}: {shape:?}");
                    assert!(width > 0.0 && height > 0.0 && cover > 0.0, "{symbol}: {shape:?}");
                }
            }
        }
    }

    #[test]
    fn lines_touch_the_edges_of_their_arms() {
        let touches = |symbol: &str| {
            let mut edges = [false; 4];
            for shape in shapes(symbol).unwrap() {
                let Shape::Rect(left, top, width, height, _) = shape else { continue };
                let found = [
                    top <= 0.0,
                    left + width >= CELL_WIDTH,
                    top + height >= CELL_HEIGHT,
                    left <= 0.0,
                ];
                edges = std::array::from_fn(|side| edges[side] || found[side]);
            }
            edges
        };
        assert_eq!(touches("┌"), [false, true, true, false]);
        assert_eq!(touches("┼"), [true; 4]);
        assert_eq!(touches("╩"), [true, true, false, true]);
        assert_eq!(touches("┝"), [true, true, true, false]);
        assert_eq!(touches("╸"), [false, false, false, true]);
        assert_eq!(touches("╿"), [true, false, true, false]);
        assert_eq!(touches("┐"), [false, false, true, true]);
        assert_eq!(touches("╙"), [true, true, false, false]);
        assert_eq!(touches("╋"), [true; 4]);
    }

    #[test]
    fn blocks_fill_their_part() {
        assert_eq!(shapes("▀"), Some(vec![Shape::Rect(0.0, 0.0, 10.0, 10.0, 1.0)]));
        assert_eq!(shapes("▄"), Some(vec![Shape::Rect(0.0, 10.0, 10.0, 10.0, 1.0)]));
        assert_eq!(shapes("▂"), Some(vec![Shape::Rect(0.0, 15.0, 10.0, 5.0, 1.0)]));
        assert_eq!(shapes("▌"), Some(vec![Shape::Rect(0.0, 0.0, 5.0, 20.0, 1.0)]));
        assert_eq!(shapes("▓"), Some(vec![Shape::Rect(0.0, 0.0, 10.0, 20.0, 0.75)]));
        assert_eq!(shapes("▞").unwrap().len(), 2);
        assert_eq!(shapes("▙").unwrap().len(), 3);
    }

    #[test]
    fn text_has_no_shapes() {
        for symbol in ["a", " ", "", "─x", "→", "🦀"] {
            assert_eq!(shapes(symbol), None, "{symbol}");
        }
    }
}
