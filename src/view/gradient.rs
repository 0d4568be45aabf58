//! The gradient behind a slide. Neighbouring cells share a colour wherever 24 bits allow it, which keeps
//! frames small.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Color;

use crate::theme::{Gradient, GradientDirection};

/// The number of steps from one end to the other.
const STEPS: u32 = 1024;

/// Sets the background of every cell.
pub(super) fn paint(gradient: Gradient, buffer: &mut Buffer) {
    let area = buffer.area;
    let (width, height) = (u32::from(area.width.max(2) - 1), u32::from(area.height.max(2) - 1));
    let square = |number: u32| u64::from(number).pow(2);
    let radius = square(width) + square(2 * height);
    let step = |at: Position| {
        let (x, y) = (u32::from(at.x - area.x), u32::from(at.y - area.y));
        match gradient.direction {
            GradientDirection::Vertical => y * STEPS / height,
            GradientDirection::Horizontal => x * STEPS / width,
            GradientDirection::Radial => {
                // A cell is twice as high as it is wide; distances are doubled, from the middle.
                let (x, y) = ((2 * x).abs_diff(width), 2 * (2 * y).abs_diff(height));
                let part = (square(x) + square(y)) * square(STEPS) / radius;
                u32::try_from(part.isqrt()).unwrap_or(STEPS)
            }
        }
    };
    for position in area.positions() {
        if let Some(cell) = buffer.cell_mut(position) {
            cell.bg = color(gradient, step(position).min(STEPS));
        }
    }
}

/// Returns the colour at a step.
fn color(gradient: Gradient, step: u32) -> Color {
    let mix = |channel: usize| {
        let (from, to) = (u32::from(gradient.from[channel]), u32::from(gradient.to[channel]));
        ((from * (STEPS - step) + to * step + STEPS / 2) / STEPS) as u8
    };
    Color::Rgb(mix(0), mix(1), mix(2))
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    fn painted(direction: GradientDirection, width: u16, height: u16) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let gradient = Gradient { direction, from: [0, 100, 200], to: [200, 100, 0] };
        paint(gradient, &mut buffer);
        buffer
    }

    #[test]
    fn gradients_go_from_one_end_to_the_other() {
        let (first, last) = (Color::Rgb(0, 100, 200), Color::Rgb(200, 100, 0));
        let vertical = painted(GradientDirection::Vertical, 3, 5);
        assert_eq!((vertical[(2, 0)].bg, vertical[(0, 4)].bg), (first, last));
        assert_eq!(vertical[(0, 2)].bg, Color::Rgb(100, 100, 100));
        let horizontal = painted(GradientDirection::Horizontal, 5, 3);
        assert_eq!((horizontal[(0, 2)].bg, horizontal[(4, 0)].bg), (first, last));
        let radial = painted(GradientDirection::Radial, 41, 21);
        assert_eq!((radial[(20, 10)].bg, radial[(0, 0)].bg), (first, last));
        assert_eq!(radial[(40, 20)].bg, last);
        let side = radial[(0, 10)].bg;
        assert!(side != first && side != last, "{side}");
    }

    #[test]
    fn every_size_has_a_gradient() {
        for (width, height) in [(0, 0), (1, 1), (1, 9), (9, 1), (1000, 1000)] {
            for direction in [
                GradientDirection::Vertical,
                GradientDirection::Horizontal,
                GradientDirection::Radial,
            ] {
                painted(direction, width, height);
            }
        }
    }
}
