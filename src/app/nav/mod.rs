//! Navigation: steps, slides, jumps and the slide index.

pub(super) mod index;
pub(super) mod jumps;
pub(super) mod movement;
mod search_text;
