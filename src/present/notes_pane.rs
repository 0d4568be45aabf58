//! Notes of the current step as a pane: in the console, and under the slide of a talk.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::Widget;

use crate::app::{App, AppOptions};
use crate::deck::{Cursor, SlideNo};
use crate::headless;
use crate::layout::{Highlighting, Size, SlideArea};
use crate::media::Media;
use crate::project::{self, LoadedDeck};
use crate::run::Runs;
use crate::view::{self, Overlay};

/// The rows of the screen that notes under the slide take, in percent.
const NOTES_PERCENT: u16 = 26;

/// The fewest and most rows of notes under the slide, with their rule.
const NOTES_ROWS: (u16, u16) = (4, 14);

/// The fewest rows of a screen that has notes under the slide.
const MIN_SCREEN_ROWS: u16 = 12;

/// The notes of a slide, and how far they are scrolled.
#[derive(Debug, Default)]
pub(super) struct NotesPane {
    /// The notes as a deck of one slide.
    notes: Option<LoadedDeck>,
    slide: Option<SlideNo>,
    /// Rows that are scrolled off.
    row: u32,
}

/// Which part of the notes is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct NotesPart {
    /// There are none.
    pub(super) is_empty: bool,
    /// There are more above.
    pub(super) has_above: bool,
    /// There are more below.
    pub(super) has_below: bool,
}

impl NotesPart {
    /// Returns the marks that there is more.
    pub(super) fn marks(self) -> &'static str {
        match (self.has_above, self.has_below) {
            (false, false) => "",
            (true, false) => " ▲ ",
            (false, true) => " ▼ more ",
            (true, true) => " ▲ ▼ more ",
        }
    }
}

/// Where a pane is drawn.
pub(super) struct PanePlace<'a> {
    /// Its cells.
    pub(super) area: Rect,
    /// The size of a cell in pixels.
    pub(super) cell: (u16, u16),
    /// The screen.
    pub(super) buffer: &'a mut Buffer,
}

impl NotesPane {
    /// Reads the notes again: the deck has changed.
    pub(super) fn forget(&mut self) {
        self.notes = None;
    }

    /// Scrolls by rows, down if positive. [`NotesPane::draw`] keeps the offset in its bounds.
    pub(super) fn scroll(&mut self, rows: i32) {
        self.row = self.row.saturating_add_signed(rows);
    }

    /// Draws the notes of a step. Returns which part of them, and its pictures.
    pub(super) fn draw(
        &mut self,
        (loaded, at): (&LoadedDeck, Cursor),
        place: PanePlace<'_>,
        media: &mut Media,
    ) -> (NotesPart, Vec<Overlay>) {
        if self.slide.replace(at.slide) != Some(at.slide) {
            (self.notes, self.row) = (None, 0);
        }
        let notes = self.notes.get_or_insert_with(|| {
            let deck = Arc::new(project::notes_of(&loaded.deck, at.slide));
            let limits = SlideArea::default();
            let styles = Arc::new([loaded.style(at.slide).clone()]);
            LoadedDeck { deck, styles, limits, recorded: Runs::new(), ..loaded.clone() }
        });
        let slides = &notes.deck.slides;
        let is_empty =
            slides.iter().all(|slide| slide.blocks.iter().all(|block| block.step > at.step));
        let PanePlace { area, cell, buffer } = place;
        if is_empty || area.is_empty() {
            return (NotesPart { is_empty, ..NotesPart::default() }, Vec::new());
        }
        let size = Size { cell, ..Size::new(area.width, area.height) };
        let position = Cursor { slide: SlideNo::new(0), step: at.step };
        let app = App::new(notes.deck.clone(), AppOptions::default());
        let scene = headless::scene_at(notes, &app, position, (size, Highlighting::Full), media);
        let limit = scene.height.saturating_sub(u32::from(area.height));
        self.row = self.row.min(limit);
        let overlays = view::paint_body_at(&scene, self.row, area, buffer);
        let (has_above, has_below) = (self.row > 0, self.row < limit);
        (NotesPart { is_empty, has_above, has_below }, overlays)
    }

    /// Draws the page of a talk: the slide by `draw`, with the notes under it if they are shown. Returns
    /// the pictures of both.
    pub(super) fn draw_page(
        &mut self,
        (app, loaded): (&App, &LoadedDeck),
        (cell, media): ((u16, u16), &mut Media),
        buffer: &mut Buffer,
        draw: impl FnOnce(&mut Buffer) -> Vec<Overlay>,
    ) -> Vec<Overlay> {
        let rows = rows(app, buffer.area.height);
        if rows == 0 || view::blank_color(app).is_some() {
            return draw(buffer);
        }
        let upper = Rect { height: buffer.area.height - rows, ..buffer.area };
        let mut slide = Buffer::empty(upper);
        let mut overlays = draw(&mut slide);
        let cells = slide.content.len();
        buffer.content[..cells].clone_from_slice(&slide.content);
        let base = loaded.style(app.at().slide).theme.base;
        let rule = Rect { y: upper.bottom(), height: 1, ..upper };
        let area = Rect { x: 1, y: rule.bottom(), width: upper.width - 1, height: rows - 1 };
        view::clear_area(Rect { height: rows, ..rule }, base, buffer);
        let place = PanePlace { area, cell, buffer: &mut *buffer };
        let (part, pictures) = self.draw((loaded, app.at()), place, media);
        draw_rule(rule, part, base, buffer);
        if part.is_empty {
            let line = Line::styled("no notes here", base.add_modifier(Modifier::DIM));
            line.render(Rect { height: 1, ..area }, buffer);
        }
        view::resolve_dim(buffer);
        overlays.extend(pictures);
        overlays
    }
}

/// Returns the rows that notes under the slide take on a screen; 0 if they are not shown.
pub(super) fn rows(app: &App, screen_rows: u16) -> u16 {
    if !app.shows_notes() || screen_rows < MIN_SCREEN_ROWS {
        return 0;
    }
    let rows = u32::from(screen_rows) * u32::from(NOTES_PERCENT) / 100;
    (rows.min(u16::MAX.into()) as u16).clamp(NOTES_ROWS.0, NOTES_ROWS.1)
}

/// Draws the rule between the slide and its notes.
fn draw_rule(area: Rect, part: NotesPart, base: Style, buffer: &mut Buffer) {
    let dim = base.add_modifier(Modifier::DIM);
    let dashes = "─".repeat(area.width.into());
    buffer.set_string(area.x, area.y, dashes, dim);
    buffer.set_stringn(area.x + 1, area.y, " notes ", area.width.saturating_sub(1).into(), dim);
    let marks = part.marks();
    let width = marks.chars().count() as u16;
    if width > 0 && area.width > width + 10 {
        buffer.set_string(area.right() - 1 - width, area.y, marks, base);
    }
}
