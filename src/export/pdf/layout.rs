//! Where slides and notes go on the sheets of a PDF.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{POINTS, PdfContent};
use crate::export::canvas::page_size;
use crate::export::shapes::CELL_HEIGHT;
use crate::view::Overlay;

/// The paper of notes, unless another one is chosen: A4.
const NOTES_PAPER: (f32, f32) = (595.28, 841.89);

/// The margin of paper, unless another one is chosen.
const PAPER_MARGIN: f32 = 36.0;

/// The space between a slide and its notes.
const NOTES_GAP: f32 = 14.0;

/// The sheets of a document. Lengths are in points.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PdfLayout {
    /// Shorter and longer side of the paper; without it, sheets are as large as their slides.
    pub paper: Option<(f32, f32)>,
    /// The margin on all sides; half an inch on paper by default, else none.
    pub margin: Option<f32>,
    /// Whether notes are below their slides.
    pub has_notes: bool,
}

/// A sheet, and what is on it.
#[derive(Debug)]
pub(super) struct Sheet<'a> {
    pub(super) size: (f32, f32),
    pub(super) parts: Vec<PlacedContent<'a>>,
}

/// Something on a sheet.
#[derive(Debug)]
pub(super) struct PlacedContent<'a> {
    pub(super) content: ContentPart<'a>,
    /// The upper left corner.
    pub(super) at: (f32, f32),
    /// Points for one unit.
    pub(super) scale: f32,
}

/// A slide, or some rows of notes.
#[derive(Debug)]
pub(super) enum ContentPart<'a> {
    Whole(&'a PdfContent),
    Rows(Box<PdfContent>),
}

impl ContentPart<'_> {
    /// Returns the content.
    pub(super) fn get(&self) -> &PdfContent {
        match self {
            Self::Whole(content) => content,
            Self::Rows(content) => content,
        }
    }
}

impl PdfLayout {
    /// Returns the sheets of a slide and its notes; the slide is on the first one.
    pub(super) fn sheets<'a>(
        &self,
        slide: &'a PdfContent,
        notes: Option<&PdfContent>,
    ) -> Vec<Sheet<'a>> {
        let paper = self.paper.or(self.has_notes.then_some(NOTES_PAPER));
        let margin = self.margin.unwrap_or(if paper.is_some() { PAPER_MARGIN } else { 0.0 });
        let (width, height) = page_size(&slide.buffer);
        let slide = ContentPart::Whole(slide);
        let Some((shorter, longer)) = paper else {
            // Readers draw a row of pixels for a fraction of a point that is only a rounding error.
            let length = |units: f32| ((units * POINTS + 2.0 * margin) * 100.0).round() / 100.0;
            let size = (length(width), length(height));
            let part = PlacedContent { content: slide, at: (margin, margin), scale: POINTS };
            return vec![Sheet { size, parts: vec![part] }];
        };
        let is_upright = self.has_notes || height > width;
        let size = if is_upright { (shorter, longer) } else { (longer, shorter) };
        // A margin leaves at least half of the paper.
        let margin = margin.clamp(0.0, shorter / 4.0);
        let area = (size.0 - 2.0 * margin, size.1 - 2.0 * margin);
        // Half of the sheet is for the notes of a tall slide.
        let most = if self.has_notes { area.1 / 2.0 } else { area.1 };
        let scale = (area.0 / width).min(most / height);
        let left = margin + (area.0 - width * scale) / 2.0;
        let top = if self.has_notes { margin } else { margin + (most - height * scale) / 2.0 };
        let part = PlacedContent { content: slide, at: (left, top), scale };
        let mut sheets = vec![Sheet { size, parts: vec![part] }];
        if let Some(notes) = notes {
            let scale = area.0 / page_size(&notes.buffer).0;
            let row = CELL_HEIGHT * scale;
            let rows = |points: f32| u16::try_from((points / row) as i32).unwrap_or_default();
            let start = top + height * part_scale(&sheets) + NOTES_GAP;
            let whole = rows(area.1).max(1);
            let mut place = |number: usize, range: Range<u16>| {
                let content = ContentPart::Rows(Box::new(notes.rows(range)));
                let at = (margin, if number == 0 { start } else { margin });
                if number > 0 {
                    sheets.push(Sheet { size, parts: Vec::new() });
                }
                if let Some(sheet) = sheets.last_mut() {
                    sheet.parts.push(PlacedContent { content, at, scale });
                }
            };
            let first = rows(size.1 - margin - start);
            let total = notes.buffer.area.height;
            place(0, 0..first.min(total));
            let mut from = first;
            for number in 1.. {
                if from >= total {
                    break;
                }
                place(number, from..from.saturating_add(whole).min(total));
                from = from.saturating_add(whole);
            }
        }
        sheets
    }
}

fn part_scale(sheets: &[Sheet<'_>]) -> f32 {
    sheets.first().and_then(|sheet| sheet.parts.first()).map_or(POINTS, |part| part.scale)
}

impl PdfContent {
    /// Returns some of its rows.
    fn rows(&self, rows: Range<u16>) -> Self {
        let width = self.buffer.area.width;
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, rows.len() as u16));
        for y in rows.clone() {
            for x in 0..width {
                buffer[(x, y - rows.start)] = self.buffer[(x, y)].clone();
            }
        }
        let crop = |area: Rect| {
            let (top, bottom) = (area.y.max(rows.start), area.bottom().min(rows.end));
            (top < bottom).then(|| Rect { y: top - rows.start, height: bottom - top, ..area })
        };
        let pictures = self.pictures.iter().filter_map(|(overlay, picture)| {
            let skipped = overlay.skipped + u32::from(rows.start.saturating_sub(overlay.area.y));
            let overlay = Overlay { area: crop(overlay.area)?, skipped, ..overlay.clone() };
            Some((overlay, picture.clone()))
        });
        let links = self.links.iter().filter_map(|link| {
            let cells = crop(link.cells)?;
            Some(crate::view::VisibleLink { cells, ..link.clone() })
        });
        Self { pictures: pictures.collect(), links: links.collect(), buffer, colors: self.colors }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::{Rgb, TerminalColors};

    fn content(columns: u16, rows: u16) -> PdfContent {
        PdfContent {
            buffer: Buffer::empty(Rect::new(0, 0, columns, rows)),
            pictures: Vec::new(),
            links: Vec::new(),
            colors: TerminalColors::new(Rgb(0, 0, 0), Rgb(255, 255, 255)),
        }
    }

    /// Returns whether the parts of all sheets are on their sheets, above each other.
    fn fits(sheets: &[Sheet<'_>]) -> bool {
        sheets.iter().all(|sheet| {
            let mut above = 0.0;
            sheet.parts.iter().all(|part| {
                let (width, height) = page_size(&part.content.get().buffer);
                let end = (part.at.0 + width * part.scale, part.at.1 + height * part.scale);
                let is_below = part.at.1 >= above;
                above = end.1;
                is_below && end.0 <= sheet.size.0 + 0.1 && end.1 <= sheet.size.1 + 0.1
            })
        })
    }

    #[test]
    fn sheet_is_as_large_as_its_slide_by_default() {
        let slide = content(100, 30);
        let sheets = PdfLayout::default().sheets(&slide, None);
        let size = |sheets: &[Sheet<'_>]| (sheets[0].size.0.round(), sheets[0].size.1.round());
        assert_eq!((sheets.len(), size(&sheets)), (1, (720.0, 432.0)));
        let layout = PdfLayout { margin: Some(10.0), ..PdfLayout::default() };
        assert_eq!(size(&layout.sheets(&slide, None)), (740.0, 452.0));
        let whole = PdfLayout::default().sheets(&slide, None)[0].size;
        assert_eq!(whole.1.to_bits(), 432.0_f32.to_bits(), "{whole:?}");
    }

    #[test]
    fn slides_fit_on_paper_in_every_size() {
        for (columns, rows) in [(100, 30), (80, 24), (30, 100), (2, 1), (1000, 3)] {
            let slide = content(columns, rows);
            for has_notes in [false, true] {
                for margin in [None, Some(0.0), Some(5_000.0)] {
                    let paper = Some((595.28, 841.89));
                    let sheets = PdfLayout { paper, margin, has_notes }.sheets(&slide, None);
                    assert!(fits(&sheets), "{columns}x{rows}: {sheets:?}");
                    let is_upright = sheets[0].size.1 > sheets[0].size.0;
                    assert_eq!(is_upright, has_notes || rows > columns, "{columns}x{rows}");
                }
            }
        }
    }

    #[test]
    fn long_notes_continue_on_more_sheets() {
        let layout = PdfLayout { has_notes: true, ..PdfLayout::default() };
        let slide = content(100, 30);
        for (rows, expected) in [(3, 1), (40, 1), (60, 2), (200, 4)] {
            let notes = content(100, rows);
            let sheets = layout.sheets(&slide, Some(&notes));
            assert!(fits(&sheets), "{rows}");
            assert_eq!(sheets.len(), expected, "{rows}");
            let shown: u16 = sheets
                .iter()
                .flat_map(|sheet| &sheet.parts)
                .map(|part| match &part.content {
                    ContentPart::Whole(_) => 0,
                    ContentPart::Rows(content) => content.buffer.area.height,
                })
                .sum();
            assert_eq!(shown, rows);
        }
    }

    #[test]
    fn picture_in_notes_is_cropped_at_the_break() {
        let mut notes = content(10, 10);
        let overlay = Overlay {
            key: crate::layout::PictureKey::of_file("a.png".as_ref()),
            area: Rect::new(0, 2, 4, 6),
            whole: (4, 6),
            skipped: 0,
        };
        notes.pictures = vec![(overlay, crate::media::DocumentPicture::File(Vec::new()))];
        let areas = |rows: Range<u16>| {
            let part = notes.rows(rows);
            part.pictures.iter().map(|(it, _)| (it.area, it.skipped)).collect::<Vec<_>>()
        };
        assert_eq!(areas(0..5), [(Rect::new(0, 2, 4, 3), 0)]);
        assert_eq!(areas(5..10), [(Rect::new(0, 0, 4, 3), 3)]);
        assert_eq!(areas(8..10), []);
    }
}
