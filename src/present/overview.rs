//! The miniatures of the overview, made as its pages are shown.

#![expect(clippy::disallowed_methods, reason = "the shell reads the clock")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use super::Talk;
use crate::app::{Mode, OverviewGrid};
use crate::deck::{Cursor, Deck, SlideNo, Step};
use crate::headless;
use crate::layout::{Highlighting, LargeText, Size};
use crate::view;

/// How long to highlight code for a page. After that, miniatures have plain code.
const HIGHLIGHT_TIME: Duration = Duration::from_millis(60);

/// The colour of pictures in miniatures.
const PICTURE_COLOR: Color = Color::Rgb(128, 128, 140);

/// The miniatures made so far.
#[derive(Debug)]
pub(super) struct Miniatures {
    deck: Arc<Deck>,
    size: Size,
    pictures: BTreeMap<SlideNo, Buffer>,
}

impl Miniatures {
    /// Returns the miniature of a slide, if it was made.
    pub(super) fn get(&self, slide: SlideNo) -> Option<&Buffer> {
        self.pictures.get(&slide)
    }
}

impl Talk {
    /// Makes the miniatures that the open overview shows; drops all of them once it is closed.
    pub(super) fn make_miniatures(&mut self) {
        let Mode::Overview(overview) = self.app.mode() else {
            self.miniatures = None;
            return;
        };
        let size = self.slide_size();
        let grid = OverviewGrid::of((size.columns, size.rows));
        let slides: Vec<SlideNo> = overview.page(&grid).map(|(_, entry)| entry.slide).collect();
        let deck = &self.loaded.deck;
        let known = self.miniatures.take();
        let known = known.filter(|it| Arc::ptr_eq(&it.deck, deck) && it.size == size);
        let mut miniatures = known.unwrap_or_else(|| Miniatures {
            deck: deck.clone(),
            size,
            pictures: BTreeMap::new(),
        });
        let start = Instant::now();
        let missing = slides.into_iter().filter(|slide| miniatures.get(*slide).is_none());
        for slide in missing.collect::<Vec<_>>() {
            let is_late = start.elapsed() > HIGHLIGHT_TIME;
            let colours = if is_late { Highlighting::Cached } else { Highlighting::Full };
            let drawn = self.draw_whole(slide, colours);
            miniatures.pictures.insert(slide, view::miniature(&drawn, grid.miniature));
        }
        self.miniatures = Some(miniatures);
    }

    /// Draws a slide with all its steps. Pictures are grey areas.
    fn draw_whole(&mut self, slide: SlideNo, colours: Highlighting) -> Buffer {
        let step = Step(self.loaded.deck.slide(slide).steps.max(1) - 1);
        let size = self.slide_size();
        // Only the terminal can draw it.
        let is_drawn = size.large_text != LargeText::Protocol;
        let large_text = if is_drawn { size.large_text } else { LargeText::Off };
        let size = Size { large_text, ..size };
        let how = (size, colours);
        let at = Cursor { slide, step };
        let scene = headless::scene_at(&self.loaded, &self.app, at, how, &mut self.media);
        let area = Rect::new(0, 0, size.columns, size.rows);
        let mut buffer = Buffer::empty(area);
        for overlay in view::paint_at(&scene, 0, area, &mut buffer) {
            buffer.set_style(overlay.area, Style::new().bg(PICTURE_COLOR));
        }
        buffer
    }
}
