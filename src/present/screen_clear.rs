//! Clears the screen in the colour of most of the next frame, where the terminal can (back colour erase):
//! the frame's blank cells need not be written then.

#![expect(clippy::disallowed_methods, reason = "the shell looks at the environment")]

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

/// Values of `TERM` begin so if the terminal may clear in its default colour.
const PLAIN_TERMS: &[&str] = &["dumb", "screen", "vt"];

/// Returns whether the environment names a terminal that clears in the current background colour.
pub(super) fn terminal_clears_in_color() -> bool {
    clears_in_color(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

fn clears_in_color(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let Some(term) = variable("TERM") else { return false };
    // tmux can, although it may call itself `screen`; GNU screen cannot.
    variable("STY").is_none()
        && (variable("TMUX").is_some() || !PLAIN_TERMS.iter().any(|plain| term.starts_with(plain)))
}

/// Returns the background colour of most of a frame: that of the middle of its left edge.
pub(super) fn ground(frame: &Buffer) -> Color {
    let Rect { x, y, height, .. } = frame.area;
    frame.cell((x, y + height / 2)).map_or(Color::Reset, |cell| cell.bg)
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;
    use crate::ansi::write_clear;

    #[test]
    fn terminals_that_clear_in_color_are_known() {
        let cases: [(&[(&str, &str)], bool); 7] = [
            (&[], false),
            (&[("TERM", "xterm-256color")], true),
            (&[("TERM", "tmux-256color"), ("TMUX", "/tmp/tmux")], true),
            (&[("TERM", "screen-256color"), ("TMUX", "/tmp/tmux")], true),
            (&[("TERM", "screen-256color"), ("STY", "1.pts")], false),
            (&[("TERM", "xterm"), ("STY", "1.pts")], false),
            (&[("TERM", "vt220")], false),
        ];
        for (variables, expected) in cases {
            let value = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(clears_in_color(&value), expected, "{variables:?}");
        }
    }

    #[test]
    fn cleared_screen_looks_like_its_buffer() {
        for color in [Color::Reset, Color::Rgb(1, 2, 3), Color::Indexed(99), Color::Blue] {
            let mut bytes = b"\x1b[1;4;41mold".to_vec();
            write_clear(&mut bytes, color);
            bytes.extend_from_slice(b"\x1b[Hnew");
            let mut terminal = crate::run::Emulator::new(4, 2);
            let _ = terminal.feed(&bytes);
            let rows = terminal.lines(false);
            assert!(rows[0].spans[0].content.starts_with("new"), "{rows:?}");
            assert_eq!(rows[0].spans[0].style, Style::new(), "{color:?}");
            let ground = rows[1].spans[0].style.bg.unwrap_or(Color::Reset);
            let expected = if color == Color::Blue { Color::Indexed(4) } else { color };
            assert_eq!((rows[1].spans.len(), ground), (1, expected));
        }
    }

    #[test]
    fn ground_is_most_of_the_frame() {
        let area = Rect::new(0, 0, 10, 5);
        let mut frame = Buffer::empty(area);
        frame.set_style(area, Style::new().bg(Color::Rgb(9, 9, 9)));
        assert_eq!(ground(&frame), Color::Rgb(9, 9, 9));
        frame.set_string(0, 4, "footer    ", Style::new().bg(Color::Red));
        assert_eq!(ground(&frame), Color::Rgb(9, 9, 9));
        assert_eq!(ground(&Buffer::empty(Rect::new(0, 0, 0, 0))), Color::Reset);
    }
}
