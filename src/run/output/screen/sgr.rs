//! Select Graphic Rendition: applies the parameters of `ESC [ … m` to a style.
//!
//! Based on ECMA-48 §8.3.117, ITU T.416 (the `:` forms), and common terminal behaviour.

use ratatui::style::{Color, Modifier, Style};
use vte::{Params, ParamsIter};

use crate::ansi;

/// Applies the parameters to `pen`. Unknown parameters are ignored.
pub(super) fn apply(pen: &mut Style, params: &Params) {
    let mut params = params.iter();
    while let Some(param) = params.next() {
        match param {
            [38, rest @ ..] => set(&mut pen.fg, extended_color(rest, &mut params)),
            [48, rest @ ..] => set(&mut pen.bg, extended_color(rest, &mut params)),
            [58, rest @ ..] => set(&mut pen.underline_color, extended_color(rest, &mut params)),
            [4, 0, ..] => pen.add_modifier.remove(Modifier::UNDERLINED),
            [code, ..] => apply_one(pen, *code),
            [] => {}
        }
    }
}

fn set(slot: &mut Option<Color>, color: Option<Color>) {
    if color.is_some() {
        *slot = color;
    }
}

fn apply_one(pen: &mut Style, code: u16) {
    match code {
        0 => *pen = Style::new(),
        1..=9 | 21 => pen.add_modifier.insert(modifiers_set_by(code)),
        22..=29 => pen.add_modifier.remove(modifiers_reset_by(code)),
        30..=37 => pen.fg = indexed(code - 30),
        90..=97 => pen.fg = indexed(code - 82),
        39 => pen.fg = None,
        40..=47 => pen.bg = indexed(code - 40),
        100..=107 => pen.bg = indexed(code - 92),
        49 => pen.bg = None,
        59 => pen.underline_color = None,
        _ => {}
    }
}

fn modifiers_set_by(code: u16) -> Modifier {
    match code {
        1 => Modifier::BOLD,
        2 => Modifier::DIM,
        3 => Modifier::ITALIC,
        4 | 21 => Modifier::UNDERLINED,
        5 | 6 => Modifier::SLOW_BLINK,
        7 => Modifier::REVERSED,
        8 => Modifier::HIDDEN,
        9 => Modifier::CROSSED_OUT,
        _ => Modifier::empty(),
    }
}

fn modifiers_reset_by(code: u16) -> Modifier {
    match code {
        22 => Modifier::BOLD | Modifier::DIM,
        23 => Modifier::ITALIC,
        24 => Modifier::UNDERLINED,
        25 => Modifier::SLOW_BLINK,
        27 => Modifier::REVERSED,
        28 => Modifier::HIDDEN,
        29 => Modifier::CROSSED_OUT,
        _ => Modifier::empty(),
    }
}

/// Parses the colour after 38, 48 or 58, in the same parameter (`38:5:1`) or in the following ones
/// (`38;5;1`).
fn extended_color(rest: &[u16], params: &mut ParamsIter<'_>) -> Option<Color> {
    match rest {
        [5, index, ..] => indexed(*index),
        [2, r, g, b] | [2, _, r, g, b, ..] => rgb(*r, *g, *b),
        [] => {
            let mut next = || params.next().and_then(|param| param.first().copied());
            match next()? {
                5 => indexed(next()?),
                2 => rgb(next()?, next()?, next()?),
                _ => None,
            }
        }
        _ => None,
    }
}

fn indexed(index: u16) -> Option<Color> {
    u8::try_from(index).ok().map(ansi::color)
}

fn rgb(r: u16, g: u16, b: u16) -> Option<Color> {
    Some(Color::Rgb(u8::try_from(r).ok()?, u8::try_from(g).ok()?, u8::try_from(b).ok()?))
}
