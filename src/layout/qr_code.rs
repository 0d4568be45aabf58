//! QR codes, as half blocks: two modules in a cell, black on white whatever the theme, since readers
//! need a light ground. The text that the code holds is below it.

use qrcode::{Color as Module, EcLevel, QrCode};
use ratatui::style::{Color, Style};
use ratatui::text::Line;

use super::flow::{Flow, OverflowKind};
use super::problem;
use super::role::Role;
use super::text::StyledText;
use crate::deck::{Align, CodeBlock};
use crate::layout::placement::effective_alignment;
use crate::source::Span;
use crate::theme::Alignment;

/// The redundancy, and the light modules on each side, by which readers find the code: the standard's
/// width, half of it where there is no room for that, and less redundancy where there is even less.
const SHAPES: [(EcLevel, usize); 4] =
    [(EcLevel::M, 4), (EcLevel::M, 2), (EcLevel::L, 4), (EcLevel::L, 2)];

/// The largest module, in columns: more only moves the text away.
const MAX_MODULE: u16 = 4;

/// Limit of what the largest code holds.
const MAX_BYTES: usize = 2_953;

const DARK: Color = Color::Rgb(0, 0, 0);
const LIGHT: Color = Color::Rgb(255, 255, 255);

/// Lays out the code of a block's text, and the text below it.
pub(super) fn lay_out(flow: &mut Flow<'_>, code: &CodeBlock, span: Span) {
    let text = code.text.trim();
    if text.is_empty() {
        return refuse(flow, span, "this QR code has no text", "write the address into the block");
    }
    let top = flow.next();
    // The text takes a row.
    let (width, rows) = (flow.width, flow.room.saturating_sub(top).saturating_sub(1));
    let fits = |matrix: &Matrix, module: u16, widest: u16| {
        let (columns, needed) = matrix.cells(module);
        columns <= widest && needed <= rows
    };
    let matrices = Matrix::of(text);
    let Some(smallest) = matrices.iter().min_by_key(|matrix| matrix.side) else {
        let why = format!("this text is too long for a QR code: {} bytes", text.len());
        let hint = format!("at most {MAX_BYTES} bytes fit; a short address is easier to scan");
        return refuse(flow, span, &why, &hint);
    };
    let (columns, needed) = smallest.cells(1);
    let Some(matrix) = matrices.iter().find(|matrix| fits(matrix, 1, width)) else {
        flow.overflow(OverflowKind::Rows);
        let why = format!(
            "this QR code needs {columns} columns and {} rows; there are {width} and {}",
            needed + 1,
            rows + 1
        );
        return refuse(flow, span, &why, "put it on a slide of its own, or shorten its text");
    };
    let percent = code.render.and_then(|spec| spec.width_percent);
    let widest =
        percent.map_or(width, |percent| (u32::from(width) * u32::from(percent) / 100) as u16);
    let module = (1..=MAX_MODULE).rev().find(|module| fits(matrix, *module, widest)).unwrap_or(1);
    let y = flow.open();
    let (columns, height) = matrix.cells(module);
    let x = (width - columns) / 2;
    flow.begin(Role::Drawing, (x, y));
    for (row, at) in matrix.rows(module).into_iter().zip(y..) {
        flow.put(x, at, (Line::styled(row, QR_STYLE), columns));
    }
    flow.end(y);
    flow.close(y.saturating_add(height), 0);
    let first = text.lines().next().unwrap_or_default();
    let label = StyledText::plain(first, flow.style.inline.base);
    let middle = effective_alignment(Some(Align::Center), Alignment::default());
    flow.rows(&label, middle);
    flow.close(flow.height(), 1);
}

/// Returns the rows of a code for a text, as large as it fits this many columns and rows: dark modules in the colour
/// of the text, light ones in that of the background.
pub fn qr_rows(text: &str, columns: u16, rows: u32) -> Option<Vec<String>> {
    let fits = |matrix: &Matrix, module| {
        let (needed, height) = matrix.cells(module);
        needed <= columns && height <= rows
    };
    let matrices = Matrix::of(text);
    let matrix = matrices.iter().find(|matrix| fits(matrix, 1))?;
    let module = (1..=MAX_MODULE).rev().find(|&module| fits(matrix, module)).unwrap_or(1);
    Some(matrix.rows(module))
}

/// The colours of a code: dark modules on light ones, whatever the theme.
pub const QR_STYLE: Style = Style::new().fg(DARK).bg(LIGHT);

fn refuse(flow: &mut Flow<'_>, span: Span, why: &str, hint: &str) {
    let place = flow.context.inputs.deck.sources.place(span);
    let hint = format!("hint: {hint}");
    problem::notice(flow, why, [&*place, &*hint].into_iter());
}

/// The modules of a code with its quiet zone.
struct Matrix {
    side: usize,
    /// Row by row; true is dark.
    modules: Vec<bool>,
}

impl Matrix {
    /// Encodes a text in each shape that can hold it.
    fn of(text: &str) -> Vec<Self> {
        let encoded = |&(level, zone): &(EcLevel, usize)| {
            let code = QrCode::with_error_correction_level(text, level).ok()?;
            Some(Self::within(&code, zone))
        };
        SHAPES.iter().filter_map(encoded).collect()
    }

    fn within(code: &QrCode, zone: usize) -> Self {
        let (inner, colors) = (code.width(), code.to_colors());
        let side = inner + 2 * zone;
        let mut modules = vec![false; side * side];
        for (index, color) in colors.into_iter().enumerate() {
            let (row, column) = (index / inner + zone, index % inner + zone);
            modules[row * side + column] = color == Module::Dark;
        }
        Self { side, modules }
    }

    /// Returns the columns and rows of cells for modules of this many columns.
    fn cells(&self, module: u16) -> (u16, u32) {
        let side = self.side as u16 * module;
        (side, u32::from(side).div_ceil(2))
    }

    fn is_dark(&self, row: usize, column: usize) -> bool {
        row < self.side && self.modules[row * self.side + column]
    }

    /// Returns the rows of text, in the colour of dark modules on that of light ones.
    fn rows(&self, module: u16) -> Vec<String> {
        let scale = usize::from(module.max(1));
        let (columns, rows) = self.cells(module);
        let symbol = |row: usize, column: usize| {
            let dark = |row: usize| self.is_dark(row / scale, column / scale);
            match (dark(row * 2), dark(row * 2 + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            }
        };
        let row = |row: u32| (0..columns).map(|at| symbol(row as usize, at.into())).collect();
        (0..rows).map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_has_a_quiet_zone_and_square_modules() {
        let matrices = Matrix::of("https://example.com");
        let [matrix, tight, ..] = &matrices[..] else { panic!() };
        assert_eq!((matrix.side, tight.side), (25 + 8, 25 + 4));
        assert_eq!((matrix.cells(1), matrix.cells(2)), ((33, 17), (66, 33)));
        let rows = matrix.rows(1);
        assert!(rows[..2].iter().all(|row| row.trim().is_empty()), "{rows:?}");
        // The finder pattern in the upper left corner.
        assert!(rows[2].starts_with("    █▀▀▀▀▀█ "), "{rows:?}");
        let large = matrix.rows(2);
        assert!(large[4].starts_with("        ██████████████  "), "{large:?}");
    }

    #[test]
    fn code_of_an_address_is_as_large_as_fits() {
        let address = "http://127.0.0.1:40183/";
        let size = |columns, rows| {
            let rows = qr_rows(address, columns, rows)?;
            Some((rows[0].chars().count(), rows.len()))
        };
        assert_eq!(size(74, 20), Some((33, 17)));
        assert_eq!(size(74, 16), Some((29, 15)), "a smaller margin");
        assert_eq!(size(114, 36), Some((66, 33)), "modules of two columns");
        assert_eq!(size(28, 20), None);
        assert_eq!(size(80, 9), None);
    }

    #[test]
    fn long_texts_get_less_redundancy() {
        let sides = |text: &str| Matrix::of(text).iter().map(|it| it.side).collect::<Vec<_>>();
        let longest = "a".repeat(MAX_BYTES);
        assert_eq!(sides(&longest), [177 + 8, 177 + 4]);
        assert_eq!(sides(&format!("{longest}a")), [0; 0]);
        let address = "https://www.rust-lang.org/learn";
        assert_eq!(sides(address), [29 + 8, 29 + 4, 25 + 8, 25 + 4]);
    }
}
