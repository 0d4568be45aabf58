//! View: scene and app state in, buffer out. Painting is dull: everything was decided by layout.

mod slide;

pub use slide::{Overlay, paint};
