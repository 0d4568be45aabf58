//! Status for the speaker: the notice line, the number of errors, the message that the terminal is too
//! small.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use super::panel::key_line;
use super::slide::clear;
use crate::app::{Action, App, Mode, NoticeKind};
use crate::source::visible_line;
use crate::theme::Theme;

/// The question before edits are discarded.
const DISCARD: &str = " ? discard the changes: y discards, any other key keeps them ";

/// Draws the notice on the last row; without one, the number of errors, dimmed, until the speaker has
/// seen them: before the `mark_columns` of the mark that the slide continues. Information has another
/// colour than failures, and both have a symbol.
pub(super) fn draw(app: &App, theme: &Theme, mark_columns: u16, buffer: &mut Buffer) {
    let problems = app.unseen_errors();
    let failure = theme.base.patch(theme.output.failure);
    let text = match (&app.notice(), problems, app.mode()) {
        (Some(notice), ..) if app.notice_kind() == Some(NoticeKind::Failure) => {
            let style = failure.add_modifier(Modifier::REVERSED | Modifier::BOLD);
            return last_row(&format!(" ✗ {notice} "), style, buffer.area, buffer);
        }
        (Some(notice), ..) => format!(" • {notice} "),
        (None, _, Mode::Passthrough(_)) => {
            let keys = app.keymap().first_two_of(Action::ReleaseKeys);
            format!(" › keys go to the program; {keys} to return ")
        }
        (None, _, Mode::Edit(editor)) if editor.is_asking() => {
            let style = failure.add_modifier(Modifier::REVERSED | Modifier::BOLD);
            return last_row(DISCARD, style, buffer.area, buffer);
        }
        (None, _, Mode::Edit(_)) => return editor_keys(app, theme, buffer),
        (None, _, Mode::Slide) if let Some(slide) = app.offscreen_prompt() => {
            format!(" › a block on slide {} waits for input ", slide.human())
        }
        // The pane has its own status row there.
        (None, _, Mode::Slide) if app.pane().is_some() => return,
        (None, 1.., Mode::Slide) => {
            let what = if problems == 1 { "error" } else { "errors" };
            let key = app.keymap().first_of(Action::ToggleProblems);
            let key = key.map_or_else(String::new, |key| format!(" · {key}"));
            let text = format!(" ✗ {problems} {what}{key} ");
            let area = buffer.area;
            let area = Rect { width: area.width.saturating_sub(mark_columns), ..area };
            return last_row(&text, failure.add_modifier(Modifier::DIM), area, buffer);
        }
        _ => return,
    };
    last_row(&text, theme.panel.notice, buffer.area, buffer);
}

/// Draws the keys of the editor.
fn editor_keys(app: &App, theme: &Theme, buffer: &mut Buffer) {
    let close = app.keymap().first_of(Action::ReleaseKeys).unwrap_or_default();
    let keys =
        [("ctrl-e", "run"), ("ctrl-s", "save"), ("esc", "discard"), (close.as_str(), "close")];
    let line = key_line(&keys, &theme.panel, buffer.area.width.into());
    draw_last_row(&line, theme.panel.text, buffer.area, buffer);
}

/// Draws a text at the end of the last row of an area; one that is too long ends in `…`.
fn last_row(text: &str, style: Style, area: Rect, buffer: &mut Buffer) {
    draw_last_row(&Line::from(visible_line(text)), style, area, buffer);
}

/// Draws a line at the end of the last row of an area.
fn draw_last_row(line: &Line<'_>, style: Style, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let whole = u16::try_from(line.width()).unwrap_or(u16::MAX);
    let width = whole.min(area.width);
    let place = Rect::new(area.right() - width, area.bottom() - 1, width, 1);
    Clear.render(place, buffer);
    buffer.set_style(place, style);
    line.render(place, buffer);
    if whole > width {
        let edge = Rect { x: area.right() - 1, width: 1, ..place };
        Line::from("…").render(edge, buffer);
    }
}

/// Shows that the terminal is too small, in a message that fits.
pub(super) fn too_small(buffer: &mut Buffer) {
    clear(buffer, Style::new());
    let area = buffer.area;
    for text in ["enlarge me", "enlarge", "+"] {
        if text.len() <= usize::from(area.width) && area.height > 0 {
            Line::from(text)
                .centered()
                .render(Rect::new(area.x, area.y + area.height / 2, area.width, 1), buffer);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_notice_is_cut() {
        let shown = |width| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, width, 2));
            last_row(" talk.md: it is a folder ", Style::new(), buffer.area, &mut buffer);
            (0..width).map(|x| buffer[(x, 1)].symbol()).collect::<String>()
        };
        assert_eq!(shown(27), "   talk.md: it is a folder ");
        assert_eq!(shown(20), " talk.md: it is a f…");
        assert_eq!(shown(1), "…");
    }

    #[test]
    fn last_row_keeps_the_columns_beside_it() {
        let mut buffer = Buffer::with_lines(["", "    ▼ more "]);
        let area = Rect { width: 4, ..buffer.area };
        last_row(" 2 problems ", Style::new(), area, &mut buffer);
        last_row(" x ", Style::new(), Rect { width: 0, ..area }, &mut buffer);
        let shown: String = (0..11).map(|x| buffer[(x, 1)].symbol()).collect();
        assert_eq!(shown, " 2 …▼ more ");
    }

    #[test]
    fn notice_shows_invisible_characters() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 9, 1));
        last_row(" a\u{202e}b\x1bc\u{200b} ", Style::new(), buffer.area, &mut buffer);
        let shown: String = (0..9).map(|x| buffer[(x, 0)].symbol()).collect();
        assert_eq!(shown, "  a⇄b␛c\u{fffd} ");
    }
}
