//! The panel with the address for the audience, or for the speaker's remote, as a QR code.

use ratatui::buffer::Buffer;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::panel::{BOLD, DIM, FRAME_COLUMNS, FRAME_ROWS, Panel};
use crate::app::{AddressPanel, App};
use crate::layout::{QR_STYLE, qr_rows};
use crate::theme::Theme;

/// Draws the panel.
pub(super) fn draw(app: &App, shown: AddressPanel, theme: &Theme, buffer: &mut Buffer) {
    let Some(served) = app.served() else { return };
    let (title, address, other) = match shown {
        AddressPanel::Audience => ("Follow this talk", &served.address, "phone remote"),
        AddressPanel::Remote => ("Phone remote", &served.remote, "audience"),
    };
    let remark = match shown {
        AddressPanel::Remote => Some("whoever opens this drives the talk"),
        AddressPanel::Audience if served.is_local => {
            Some("only this machine can open it; `--serve 0.0.0.0` is for others")
        }
        AddressPanel::Audience => None,
    };
    let columns = usize::from(buffer.area.width).saturating_sub(FRAME_COLUMNS);
    let texts = 1 + usize::from(remark.is_some());
    let rows = usize::from(buffer.area.height).saturating_sub(FRAME_ROWS + texts);
    let code = qr_rows(address, u16::try_from(columns).unwrap_or(u16::MAX), rows as u32);
    let code = code.unwrap_or_default();
    let widest = code.first().map_or(0, |row| row.width()).max(address.width());
    let widest = widest.max(remark.map_or(0, UnicodeWidthStr::width)).min(columns);
    let centred = |text: String, style| {
        let left = widest.saturating_sub(text.width()) / 2;
        Line::from(vec![Span::raw(" ".repeat(left)), Span::styled(text, style)])
    };
    let mut lines: Vec<_> = code.into_iter().map(|row| centred(row, QR_STYLE)).collect();
    if lines.is_empty() {
        lines.push(centred("the window is too small for the code".to_owned(), DIM));
    }
    lines.push(centred(address.clone(), BOLD));
    lines.extend(remark.map(|remark| centred(remark.to_owned(), DIM)));
    let people = |count: u32, one: &str| match count {
        0 => String::new(),
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    };
    let note = match shown {
        AddressPanel::Audience => people(served.viewers, "viewer"),
        AddressPanel::Remote => people(served.remotes, "remote"),
    };
    let keys = [("esc", "close"), ("enter", other)];
    Panel { title: title.to_owned(), note, keys: &keys, rows: lines, ..Panel::default() }
        .draw(theme, buffer);
}
