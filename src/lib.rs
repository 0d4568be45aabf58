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
//! Modules are declared in the order of the layers: each uses only those above it, as
//! `tests/it/architecture` checks. `source` to `view` are pure; `files` to `cli` are the shell.
//! `docs/ARCHITECTURE.md` explains them.
//!
//! Words: a *deck* has *slides*; a slide is revealed in *steps* and contains *blocks*; a code block
//! that can run is a *cell*; a *run* of it has an *output*; the layout of one step is a *scene*.
//!
//! # Example
//! The pure part, from text to a scene:
//!
//! ```
//! use std::path::Path;
//!
//! use livedeck::parse::parse;
//! use livedeck::source::MemFiles;
//!
//! let deck = parse(Path::new("talk.md"), "Hello\n===\n\nworld\n", &MemFiles::default());
//! assert!(deck.diagnostics.is_empty());
//! assert_eq!(deck.slides[0].title.as_deref(), Some("Hello"));
//! ```

pub mod ansi;

pub mod source;

pub mod panics;

pub mod diag;

pub mod yaml;

pub mod deck;

pub mod run;

pub mod recording;

pub mod notebook;

pub mod parse;

pub mod theme;

pub mod highlight;

pub mod layout;

pub mod app;

pub mod view;

// The shell: everything below may touch files, processes, threads and the terminal.

pub mod files;

pub mod exec;

pub mod draw;

pub mod media;

pub mod export;

pub mod config;

pub mod project;

pub mod headless;

pub mod control;

pub mod serve;

pub mod present;

pub mod cli;
