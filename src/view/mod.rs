//! View: draws a scene and the app's state into a buffer. It decides nothing: layout and the app have.

mod address;
mod blank;
mod block_text;
mod color_depth;
mod dim;
mod editor;
mod gradient;
mod help;
mod index;
mod inset;
mod large_text;
mod links;
mod miniature;
mod overview;
mod panel;
mod problems;
mod slide;
mod spotlight;
mod status;
mod transition;
mod trust_prompt;
mod unsaved;
mod variables;

use ratatui::buffer::Buffer;

use crate::app::{App, Mode};
use crate::layout::{LargeText, Scene};
use crate::theme::Theme;

pub use blank::shown as blank_color;
pub use color_depth::{ColorDepth, reduce};
pub use dim::resolve as resolve_dim;
pub use editor::edit;
pub use help::draw as draw_bindings;
pub use inset::{paint_at, paint_body_at};
pub use large_text::{LargeGlyph, flatten, large_glyph};
pub use links::{links, visible_links};
pub use miniature::miniature;
pub use overview::draw_overview;
pub use slide::{Overlay, VisibleLink, clear_area, paint, paint_body, paint_frame};
pub use transition::{DONE, Motion, between};

/// Draws the slide, its body scrolled down by `scroll` rows, what is open on top of it, and the line for
/// the speaker. Returns the pictures as overlays; none while a panel is open, which they would cover.
pub fn draw(
    app: &App,
    scene: &Scene,
    scroll: u32,
    theme: &Theme,
    buffer: &mut Buffer,
) -> Vec<Overlay> {
    if app.layout().is_too_small() {
        status::too_small(buffer);
        return Vec::new();
    }
    if let Some(color) = blank::shown(app) {
        blank::draw(color, buffer);
        return Vec::new();
    }
    let mut overlays = paint(scene, scroll, buffer);
    unsaved::draw(app, scene, scroll, theme, buffer);
    spotlight::draw(app, (scene, scroll), &mut overlays, buffer);
    match app.mode() {
        // The editor needs a highlighter: the caller draws it with `edit`.
        // The overview needs other slides: the caller draws it with `draw_overview`.
        Mode::Slide
        | Mode::Passthrough(_)
        | Mode::StdinPrompt(_)
        | Mode::Edit(_)
        | Mode::Overview(_) => {}
        Mode::Index(index) => index::draw(app, index, theme, buffer),
        Mode::Help(row) => help::draw(app, *row, theme, buffer),
        Mode::Variables(panel) => variables::draw(app, panel, theme, buffer),
        Mode::Problems(row) => problems::draw(app, *row, theme, buffer),
        Mode::Address(shown) => address::draw(app, *shown, theme, buffer),
        Mode::TrustPrompt(prompt) => trust_prompt::draw(app, prompt, theme, buffer),
    }
    status::draw(app, theme, slide::mark_columns(scene, scroll), buffer);
    dim::resolve(buffer);
    if scene.size.large_text == LargeText::Protocol {
        large_text::mend(buffer);
    }
    match app.mode() {
        Mode::Slide | Mode::Passthrough(_) | Mode::StdinPrompt(_) => overlays,
        _ => Vec::new(),
    }
}
