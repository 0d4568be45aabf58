//! The terminal emulator for programs that draw on the whole screen, and mouse reports to them.

mod emulator;
mod pointer;

pub use emulator::Emulator;
pub use pointer::{MouseAction, Pointer};
