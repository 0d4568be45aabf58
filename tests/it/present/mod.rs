//! The presenter in a terminal.

mod editing;
mod navigation;
mod pane;
mod remote;
mod replay;
mod trust;
mod untrusted_files;
