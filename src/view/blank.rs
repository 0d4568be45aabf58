//! The blank screen.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Style};

use super::slide::clear;
use crate::app::{App, Blank, Mode};

/// Returns the colour of the whole screen, if it is blank. What waits for the speaker is never hidden.
pub fn shown(app: &App) -> Option<Color> {
    let is_covered =
        matches!(app.mode(), Mode::Slide | Mode::Passthrough(_) | Mode::StdinPrompt(_));
    Some(match app.blank().filter(|_| is_covered)? {
        Blank::Black => Color::Rgb(0, 0, 0),
        Blank::White => Color::Rgb(255, 255, 255),
    })
}

/// Draws the blank screen.
pub(super) fn draw(color: Color, buffer: &mut Buffer) {
    clear(buffer, Style::new().fg(color).bg(color));
}
