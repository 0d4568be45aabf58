//! Rewrites Rust blocks into programs, benchmarks and Python modules. Every line of a block keeps
//! its line number in the deck.

mod bench;
mod crate_root;
mod includes;
mod lexer;
mod program;
mod pymodule;
mod statements;

pub(super) use bench::{BlackBox, HARNESS, bench};
pub(super) use crate_root::crate_name;
pub(super) use includes::{IncludedItems, Inclusion, Inclusions, inclusions};
pub(super) use program::{is_tests, program, program_with_value, without_added_main};
pub(super) use pymodule::pymodule;
