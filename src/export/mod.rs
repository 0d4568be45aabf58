//! Documents made from scenes and buffers; no exporter parses or wraps by itself.
//!
//! A new format is a file beside [`svg`](fn@svg) with one function of a painted buffer,or of a scene
//! where all of its rows count ([`text`](fn@text)). [`html`](fn@html) puts such pictures together.

mod html;
mod palette;
mod shapes;
mod svg;
mod text;

pub use html::{HtmlSlide, html};
pub use palette::{Rgb, TerminalColors};
pub use svg::svg;
pub use text::{Overflow, PAGE_BREAK, text};
