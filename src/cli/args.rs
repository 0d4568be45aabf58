//! The arguments, each declared once: what clap reads is what `--help` prints.

use std::path::PathBuf;

use clap::Parser;

/// A terminal slide-deck runner that runs the code on its slides.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(super) struct Args {
    /// The deck: a markdown file.
    pub(super) deck: Option<PathBuf>,
    /// Present: do not read the deck again when its file changes.
    #[arg(short, long)]
    pub(super) present: bool,
    /// Use this theme, whatever the deck says.
    #[arg(short, long)]
    pub(super) theme: Option<String>,
    /// Let the deck's code run, without a question.
    #[arg(short = 'x', long)]
    pub(super) enable_snippet_execution: bool,
    /// Let the deck's code run also where its output replaces it.
    #[arg(short = 'X', long)]
    pub(super) enable_snippet_execution_replace: bool,
}
