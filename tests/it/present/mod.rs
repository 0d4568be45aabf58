//! The presenter in a terminal.

mod console;
mod editing;
mod hostile_pictures;
mod log;
mod navigation;
mod pane;
mod pasting;
mod remote;
mod replay;
mod serve;
mod stage;
mod tmux;
mod trust;
mod untrusted_files;
