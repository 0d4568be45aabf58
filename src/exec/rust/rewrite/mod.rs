//! Rewrites Rust blocks into programs, benchmarks and Python modules. Every line of the block keeps
//! its line number in the deck.

mod bench;
mod crate_root;
mod program;
mod statements;

pub(super) use bench::{HARNESS, Hidden, program as bench};
pub(super) use crate_root::{crate_name, module};
pub(super) use program::{is_tests, program, showing};
