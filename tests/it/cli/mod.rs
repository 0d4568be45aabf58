//! Commands that run without a terminal.

mod arguments;
mod check;
mod doctor;
mod drawings;
mod export;
mod export_html;
mod export_values;
mod export_walk;
mod manual;
mod manual_commands;
mod new;
mod notebooks;
mod recording;
mod schema;
