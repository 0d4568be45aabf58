//! Commands that run without a terminal.

mod arguments;
mod check;
mod doctor;
mod export;
mod notebooks;
mod recording;
