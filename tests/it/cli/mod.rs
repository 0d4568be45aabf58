//! Commands that run without a terminal.

mod arguments;
mod check;
mod doctor;
mod export;
mod export_html;
mod notebooks;
mod recording;
