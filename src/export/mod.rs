//! Documents made from scenes and buffers; no exporter parses or wraps by itself.
//!
//! A new format is a file beside [`svg`](fn@svg) with one function of a painted buffer.

mod ink;
mod shapes;
mod svg;

pub use ink::{Look, Rgb};
pub use svg::svg;
