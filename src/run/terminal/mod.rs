//! A terminal on the slide, for programs that draw on the whole screen.

mod emulator;
mod pointer;

pub use emulator::Emulator;
pub use pointer::{MouseAction, Pointer};
