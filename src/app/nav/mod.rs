//! Navigation: steps, slides, jumps, the focus, and the slide index.

pub(super) mod focus;
pub(super) mod index;
pub(super) mod jumps;
pub(super) mod movement;
mod search_text;
