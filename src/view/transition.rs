//! Transitions: a frame that mixes the cells of two slides, as a function of the progress.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Color;
use unicode_width::UnicodeWidthStr;

use crate::ansi::{fixed_rgb, mix as mix_channels};
use crate::app::Direction;

/// The progress of a finished transition.
pub const DONE: usize = 1000;

/// How one slide replaces another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// Cell by cell, in random order.
    Fade,
    /// The new slide pushes the old one out.
    Slide,
    /// The old slide fades into its ground, then the new one appears.
    Dissolve,
    /// From both sides to the middle; backwards, from the middle to the sides.
    Collapse,
}

/// Returns a frame of the transition, with `progress` from 0 (all of `from`) to [`DONE`] (all of `to`).
/// Both buffers have the same size.
pub fn between(
    from: &Buffer,
    to: &Buffer,
    (motion, direction): (Motion, Direction),
    progress: usize,
) -> Buffer {
    let mut frame = to.clone();
    let width = usize::from(to.area.width);
    if width == 0 || from.area != to.area {
        return frame;
    }
    let progress = progress.min(DONE);
    let rows = from.content.chunks_exact(width).zip(to.content.chunks_exact(width));
    for ((y, (old, new)), row) in rows.enumerate().zip(frame.content.chunks_exact_mut(width)) {
        match motion {
            Motion::Fade => mix(old, new, row, |x| threshold(x, y) < progress),
            Motion::Slide => push(old, new, row, direction, progress),
            Motion::Dissolve => dissolve(old, new, row, progress),
            Motion::Collapse => mix(old, new, row, |x| has_closed(x, width, direction, progress)),
        }
    }
    frame
}

/// Mixes the colours of two rows. Symbols that differ fade out, then in; others change their colour only.
fn dissolve(old: &[Cell], new: &[Cell], row: &mut [Cell], progress: usize) {
    let half = DONE / 2;
    // All cells change at once: no wide character is halved.
    let is_new = progress >= half;
    for ((old, new), cell) in old.iter().zip(new).zip(row) {
        if old == new {
            continue;
        }
        let shown = if is_new { new } else { old };
        cell.clone_from(shown);
        cell.bg = blend(old.bg, new.bg, progress).unwrap_or(shown.bg);
        cell.fg = if old.symbol() == new.symbol() {
            blend(old.fg, new.fg, progress)
        } else if is_new {
            blend(cell.bg, new.fg, (progress - half) * 2)
        } else {
            blend(old.fg, cell.bg, progress * 2)
        }
        .unwrap_or(shown.fg);
    }
}

/// Mixes two colours; `None` if one of them is the terminal's.
fn blend(from: Color, to: Color, progress: usize) -> Option<Color> {
    let percent = u16::try_from(progress.min(DONE) * 100 / DONE).unwrap_or(100);
    let [red, green, blue] = mix_channels(fixed_rgb(from)?, fixed_rgb(to)?, percent);
    Some(Color::Rgb(red, green, blue))
}

/// Takes each cell from one of two rows. The halves of a wide character are kept together.
fn mix(old: &[Cell], new: &[Cell], row: &mut [Cell], is_new: impl Fn(usize) -> bool) {
    let mut x = 0;
    while x < row.len() {
        let takes_new = is_new(x);
        let mut end = x + 1;
        // Extends the range while a wide character of either row crosses its end.
        while end < row.len() && (is_wide(&old[end - 1]) || is_wide(&new[end - 1])) {
            end += 1;
        }
        if !takes_new {
            row[x..end].clone_from_slice(&old[x..end]);
        }
        x = end;
    }
}

/// Shows both rows side by side through a window that moves over them.
fn push(old: &[Cell], new: &[Cell], row: &mut [Cell], direction: Direction, progress: usize) {
    let width = row.len();
    let moved = (width * progress + DONE / 2) / DONE;
    let (left, right, start) = match direction {
        Direction::Forward => (old, new, moved),
        Direction::Back => (new, old, width - moved),
    };
    for (x, cell) in row.iter_mut().enumerate() {
        let at = start + x;
        *cell = if at < width { left[at].clone() } else { right[at - width].clone() };
    }
    // Removes wide characters that are cut by the window's end or the border between the rows.
    for cut in [width, width - start] {
        if let Some(cell) = cut.checked_sub(1).and_then(|x| row.get_mut(x))
            && is_wide(cell)
        {
            cell.set_symbol(" ");
        }
    }
}

fn has_closed(x: usize, width: usize, direction: Direction, progress: usize) -> bool {
    // From 0 at the edges to `DONE` in the middle.
    let inward = 2 * x.min(width - 1 - x) * DONE / width;
    match direction {
        Direction::Forward => inward < progress,
        Direction::Back => DONE - inward <= progress,
    }
}

fn is_wide(cell: &Cell) -> bool {
    cell.symbol().len() > 1 && cell.symbol().width() > 1
}

/// Returns a pseudo-random number from 0 to below [`DONE`], evenly distributed and reproducible (the
/// finalizer of `MurmurHash3`).
fn threshold(x: usize, y: usize) -> usize {
    let mut hash = (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca77);
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^= hash >> 16;
    hash as usize % DONE
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const MOTIONS: [Motion; 4] = [Motion::Fade, Motion::Slide, Motion::Dissolve, Motion::Collapse];

    fn frame_text(way: (Motion, Direction), progress: usize, from: &str, to: &str) -> String {
        let (from, to) = (Buffer::with_lines([from]), Buffer::with_lines([to]));
        let frame = between(&from, &to, way, progress);
        frame.content.iter().map(Cell::symbol).collect()
    }

    #[rstest]
    #[case(Motion::Slide, Direction::Forward, 250, "bcd1")]
    #[case(Motion::Slide, Direction::Back, 250, "4abc")]
    #[case(Motion::Collapse, Direction::Forward, 500, "1bc4")]
    #[case(Motion::Collapse, Direction::Back, 500, "a23d")]
    fn f200_transition_shows_both_slides(
        #[case] motion: Motion,
        #[case] direction: Direction,
        #[case] progress: usize,
        #[case] shown: &str,
    ) {
        assert_eq!(frame_text((motion, direction), progress, "abcd", "1234"), shown);
    }

    #[test]
    fn f200_transition_goes_from_old_to_new() {
        for motion in MOTIONS {
            for direction in [Direction::Forward, Direction::Back] {
                let way = (motion, direction);
                assert_eq!(frame_text(way, 0, "old中 x", "the new"), "old中  x", "{motion:?}");
                assert_eq!(frame_text(way, DONE, "old中 x", "the new"), "the new", "{motion:?}");
            }
        }
    }

    #[test]
    fn dissolve_mixes_colours() {
        let cell = |symbol: &str, fg: u8| {
            let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 1, 1));
            let cell = &mut buffer.content[0];
            cell.set_symbol(symbol).set_fg(Color::Rgb(fg, fg, fg)).set_bg(Color::Rgb(0, 0, 0));
            buffer
        };
        let shown = |from: &Buffer, to: &Buffer, progress| {
            let frame = between(from, to, (Motion::Dissolve, Direction::Forward), progress);
            (frame.content[0].symbol().to_owned(), frame.content[0].fg)
        };
        let gray = |level| Color::Rgb(level, level, level);
        let (dim, lit, other) = (cell("a", 100), cell("a", 200), cell("b", 200));
        assert_eq!(shown(&dim, &lit, 250), ("a".into(), gray(125)));
        assert_eq!(shown(&dim, &other, 250), ("a".into(), gray(50)));
        assert_eq!(shown(&dim, &other, 750), ("b".into(), gray(100)));
        assert_eq!(shown(&dim, &other, DONE), ("b".into(), gray(200)));
        let plain = Buffer::with_lines(["x"]);
        assert_eq!(shown(&plain, &other, 250), ("x".into(), Color::Reset), "the terminal's colour");
    }

    #[test]
    fn f200_fade_reveals_more_and_more() {
        let (from, to) = ("a".repeat(200), "b".repeat(200));
        let way = (Motion::Fade, Direction::Forward);
        let count = |progress| {
            frame_text(way, progress, &from, &to).chars().filter(|letter| *letter == 'b').count()
        };
        assert!((60..140).contains(&count(500)), "{}", count(500));
        assert!(count(250) < count(500) && count(500) < count(750));
    }

    #[test]
    fn f200_wide_characters_are_never_halved() {
        for tenths in 0..=10 {
            for motion in MOTIONS {
                let shown = frame_text(
                    (motion, Direction::Forward),
                    tenths * DONE / 10,
                    "a中文b",
                    "中bc文",
                );
                let buffer = Buffer::with_lines([shown.as_str()]);
                assert!(buffer.area.width >= 6, "{shown}");
                for (x, pair) in shown.chars().collect::<Vec<_>>().windows(2).enumerate() {
                    assert!(!"中文".contains(pair[0]) || pair[1] == ' ', "{shown} at {x}");
                }
            }
        }
    }
}
