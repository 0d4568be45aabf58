//! The deck format: what is parsed, reported and drawn.

mod diagnostics;
mod front_matter;
mod index;
mod numbers;
mod other_tools;
mod page;
mod render;
mod rows;
mod themes;
