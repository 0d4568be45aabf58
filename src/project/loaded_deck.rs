//! A deck with everything needed to show it.

use std::sync::Arc;

use super::style::SlideStyle;
use crate::deck::{CellId, Deck, SlideNo};
use crate::layout::SlideArea;
use crate::notebook::DeckBlock;
use crate::run::Runs;
use crate::theme::{FigureColors, Theme};

/// A deck with everything needed to show it.
#[derive(Clone, Debug)]
pub struct LoadedDeck {
    /// The deck.
    pub deck: Arc<Deck>,
    /// Its style: one for all slides, or one per slide.
    pub styles: Arc<[SlideStyle]>,
    /// Maximum size of slides.
    pub limits: SlideArea,
    /// The recorded runs of its code.
    pub recorded: Runs,
    /// The code cells of a notebook, with their saved outputs.
    pub saved_outputs: Arc<[DeckBlock]>,
    /// Whether output that `+mask` matches is hidden, as in documents.
    pub hides_masked: bool,
}

impl LoadedDeck {
    /// Returns the theme of a cell's slide.
    pub fn theme_of(&self, cell: CellId) -> Arc<Theme> {
        let slide = self.deck.cell(cell).map_or(SlideNo::new(0), |cell| cell.slide);
        Arc::clone(&self.style(slide).theme)
    }

    /// Returns the style of a slide.
    ///
    /// # Panics
    /// If there is no style; [`load`](super::load()) always sets one.
    pub fn style(&self, slide: SlideNo) -> &SlideStyle {
        let own = self.styles.get(slide.index()).or_else(|| self.styles.last());
        own.expect("every loaded deck has a style")
    }

    /// Returns the colours of figures that a cell draws.
    pub fn figure_colors(&self, cell: CellId) -> Option<FigureColors> {
        self.deck.cell(cell).and_then(|cell| self.style(cell.slide).theme.figure_colors())
    }
}
