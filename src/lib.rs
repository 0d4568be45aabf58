//! livedeck: a terminal slide-deck runner that runs the code on its slides.
//!
//! ```text
//! deck.md ─ read ─► SourceFile ── parse ──► Deck + Diagnostics ─┐
//! theme.yaml ─────► RawTheme ─── resolve ─► Theme ──────────────┤
//! resize, cell px ─────────────────────────► Size ──────────────┼─ layout ─► Scene ─ view ─► Buffer ─► tty
//! run events ─ fold ───────────────────────► Runs ──────────────┤
//! picture sizes ───────────────────────────► Measures ──────────┘
//! key · mouse · resize · file change · run event · tick ─► Msg ─► update(&mut App, Msg) ─► Vec<Effect>
//! ```
//!
//! The modules stand in the order of the layers: each uses only those above it, which
//! `tests/it/architecture.rs` holds. `source` to `view` are pure; `exec` to `cli` are the shell.
//!
//! One word each: a *deck* has *slides*; a slide is revealed in *steps* and holds *blocks*; a block
//! of code that can run is a *cell*; a *run* of it writes *output*; what stands on the screen at
//! one step is a *scene*.

pub mod ansi;

pub mod source;

pub mod panics;

pub mod diag;

pub mod yaml;

pub mod deck;

pub mod recording;
pub mod run;

pub mod parse;

pub mod theme;

pub mod highlight;

pub mod layout;

pub mod app;

pub mod view;

// The shell: everything below may touch files, processes, threads and the terminal.

pub mod files;

pub mod exec;

pub mod media;

pub mod export;

pub mod config;

pub mod project;

pub mod headless;

pub mod present;

pub mod cli;
