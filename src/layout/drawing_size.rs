//! The size of drawings: their text is as large as the slide's.

use super::flow::Flow;
use super::inputs::PixelSize;
use crate::deck::DrawingLanguage;

/// The height of the cells for which drawings have the text size of the slide.
const NOMINAL_CELL_HEIGHT: u32 = 20;

/// The size of formulas where they are drawn with characters: a letter has five dots or more.
const COARSE_FORMULA_PERCENT: u32 = 220;

/// Makes the text of typst documents, 11 points, as large as that of our drawings.
const TYPST_PERCENT: u32 = 109;

/// `mmdc` draws with twice as many pixels by default.
const MMDC_PERCENT: u32 = 50;

/// Returns the size of our own drawing of a block in a language.
pub(super) fn own_size(flow: &Flow<'_>, language: DrawingLanguage, size: PixelSize) -> PixelSize {
    let settings = &flow.context.theme().drawings.settings;
    let percent = match language {
        DrawingLanguage::Latex if flow.context.inputs.size.is_coarse => {
            settings.typst_percent.saturating_mul(COARSE_FORMULA_PERCENT) / 100
        }
        DrawingLanguage::Latex => settings.typst_percent,
        DrawingLanguage::Mermaid => settings.mermaid_percent,
        DrawingLanguage::D2 | DrawingLanguage::Qr | DrawingLanguage::Typst => 100,
    };
    in_text_size(flow, size, percent)
}

/// Returns the size of the picture that a program made of a block in a language.
pub(super) fn program_size(
    flow: &Flow<'_>,
    language: DrawingLanguage,
    size: PixelSize,
) -> PixelSize {
    let settings = &flow.context.theme().drawings.settings;
    let percent = match language {
        DrawingLanguage::Typst => settings.typst_percent.saturating_mul(TYPST_PERCENT) / 100,
        // Its pixels have the scale already.
        DrawingLanguage::Mermaid => MMDC_PERCENT,
        DrawingLanguage::D2 | DrawingLanguage::Latex | DrawingLanguage::Qr => 100,
    };
    in_text_size(flow, size, percent)
}

/// Returns the size at which a drawing's text is as large as that of the slide, enlarged to so many
/// percent.
fn in_text_size(flow: &Flow<'_>, size: PixelSize, percent: u32) -> PixelSize {
    let cell_height = flow.context.inputs.size.cell.1;
    let scaled = |length: u32| {
        let length = length.saturating_mul(cell_height.max(1).into()) / NOMINAL_CELL_HEIGHT;
        (u64::from(length) * u64::from(percent) / 100).clamp(1, u32::MAX.into()) as u32
    };
    PixelSize { width: scaled(size.width), height: scaled(size.height) }
}
