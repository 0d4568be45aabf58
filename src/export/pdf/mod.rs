//! A deck as a PDF: a page for each slide or step, whose text can be selected and searched, with an
//! outline of titles, page labels and links. A pure function of painted buffers, the same bytes every
//! time; only fonts of the system are read, for characters that the fonts we ship lack.

mod fonts;
mod layout;
mod links;
mod page;
mod spans;

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use krilla::Document;
use krilla::SerializeSettings;
use krilla::destination::XyzDestination;
use krilla::geom::Point;
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::{NumberingStyle, PageLabel, PageSettings};
use krilla::tagging::TagTree;
use ratatui::buffer::Buffer;

use self::fonts::Fonts;
pub use self::layout::PdfLayout;
use self::page::{Pictures, draw_sheet};
use super::palette::TerminalColors;
use crate::media::DocumentPicture;
use crate::view::{Overlay, VisibleLink};

/// PDF points for one unit of a page; a cell is 10 by 20 units.
const POINTS: f32 = 0.72;

/// A slide, or one step of it.
#[derive(Clone, Debug)]
pub struct PdfPage {
    /// What it shows.
    pub content: PdfContent,
    /// Its notes, if the document has notes.
    pub notes: Option<PdfContent>,
    /// The slide's number, from 1.
    pub slide: u32,
    /// The slide's title, or nothing.
    pub title: Option<String>,
}

/// What a part of a sheet shows.
#[derive(Clone, Debug)]
pub struct PdfContent {
    /// Its cells.
    pub buffer: Buffer,
    /// The pictures that the buffer cannot hold.
    pub pictures: Vec<(Overlay, DocumentPicture)>,
    /// Its links.
    pub links: Vec<VisibleLink>,
    /// The colours that a terminal would choose itself.
    pub colors: TerminalColors,
}

/// What a document says about itself.
#[derive(Clone, Debug, Default)]
pub struct PdfMetadata {
    /// The title of the talk.
    pub title: String,
    /// The speakers.
    pub authors: Vec<String>,
    /// The sheets.
    pub layout: PdfLayout,
    /// The fonts to use in place of the bundled ones: normal, bold, italic, bold italic.
    pub fonts: [Option<Vec<u8>>; 4],
}

/// A finished document.
#[derive(Clone, Debug)]
pub struct Pdf {
    /// The file.
    pub bytes: Vec<u8>,
    /// The characters that no font has, and the slides that have them.
    pub missing: BTreeMap<char, Vec<u32>>,
    /// The slides with pictures that could not be embedded, and why.
    pub lost_pictures: Vec<(u32, String)>,
}

/// Writes pages as a PDF.
///
/// # Errors
/// What is wrong with a chosen font, or why the document could not be written.
pub fn pdf(pages: &[PdfPage], metadata: PdfMetadata) -> Result<Pdf, String> {
    let mut fonts = Fonts::new(metadata.fonts)?;
    let mut pictures = Pictures::default();
    let mut document = Document::new_with(SerializeSettings::default());
    let (mut tags, mut outline) = (TagTree::new(), Outline::new());
    let (mut missing, mut lost_pictures) = (BTreeMap::<char, Vec<u32>>::new(), Vec::new());
    let (mut last_slide, mut count) = (0, 0);
    for page in pages {
        let index = count;
        for sheet in metadata.layout.sheets(&page.content, page.notes.as_ref()) {
            let settings = PageSettings::from_wh(sheet.size.0, sheet.size.1)
                .ok_or_else(|| format!("slide {} has no size", page.slide))?;
            let settings = settings.with_page_label(label(page.slide));
            let mut target = document.start_page_with(settings);
            let drawn = draw_sheet(&sheet, &mut target, &mut fonts, &mut pictures);
            target.finish();
            count += 1;
            tags.push(drawn.tags);
            for character in drawn.missing {
                let slides = missing.entry(character).or_default();
                if slides.last() != Some(&page.slide) {
                    slides.push(page.slide);
                }
            }
            lost_pictures.extend(drawn.lost_pictures.into_iter().map(|why| (page.slide, why)));
        }
        if page.slide != last_slide {
            last_slide = page.slide;
            let text = page.title.clone().unwrap_or_else(|| format!("Slide {}", page.slide));
            let top = XyzDestination::new(index, Point::from_xy(0.0, 0.0));
            outline.push_child(OutlineNode::new(text, top));
        }
    }
    document.set_outline(outline);
    document.set_tag_tree(tags);
    document.set_metadata(
        Metadata::new()
            .title(metadata.title)
            .authors(metadata.authors)
            .creator(concat!("livedeck ", env!("CARGO_PKG_VERSION")).to_owned()),
    );
    let mut bytes = document.finish().map_err(|error| error.to_string())?;
    remove_suspects(&mut bytes);
    Ok(Pdf { bytes, missing, lost_pictures })
}

/// Blanks the entry that nothing in the structure is suspect, which is the default: poppler reports an
/// error for it (`Suspects object is wrong type`).
fn remove_suspects(bytes: &mut [u8]) {
    const MARK: &[u8] = b"/MarkInfo<</Marked true/Suspects false>>";
    const KEPT: usize = b"/MarkInfo<</Marked true".len();
    // It is in the catalog, at the end of the file.
    let found = bytes.windows(MARK.len()).rposition(|part| part == MARK);
    if let Some(at) = found {
        bytes[at + KEPT..at + MARK.len() - b">>".len()].fill(b' ');
    }
}

/// A page is labelled with the number of its slide.
fn label(slide: u32) -> PageLabel {
    PageLabel::new(Some(NumberingStyle::Arabic), None, NonZeroU32::new(slide))
}

#[cfg(test)]
mod tests;
