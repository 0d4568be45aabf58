//! The arguments, each declared once: what clap reads is what `--help` prints.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand, ValueEnum};

use crate::export::Overflow;
use crate::layout::Size;
use crate::media::Protocol;

/// A terminal slide-deck runner that runs the code on its slides.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "presenterm's own flags, each on its own")]
#[command(
    version,
    about,
    arg_required_else_help = true,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub(super) struct Args {
    /// What else to do than to present.
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// The deck: a markdown file.
    #[arg(required = true)]
    pub(super) deck: Option<PathBuf>,
    /// Read this configuration, and no other.
    #[arg(short, long, alias = "config-file", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Present: do not read the deck again when its file changes (ctrl-r still does).
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
    /// Tell a second window, opened with `-l`, which slide is shown.
    #[arg(short = 'P', long)]
    pub(super) publish_speaker_notes: bool,
    /// Show the speaker's notes of the slide that a window opened with `-P` shows.
    #[arg(short, long, conflicts_with = "publish_speaker_notes")]
    pub(super) listen_speaker_notes: bool,
    /// How pictures are shown, whatever the terminal says of itself.
    #[arg(long, value_parser = protocols())]
    pub(super) image_protocol: Option<String>,
}

/// What livedeck does beside presenting.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print every mistake of a deck, each with its place and a hint; fail if there is an error.
    Check(CheckArgs),
    /// Write slides as text, or one as a picture of its cells.
    Export(ExportArgs),
}

/// What to check, and how to say it.
#[derive(Debug, Parser)]
pub(super) struct CheckArgs {
    /// The deck: a markdown file.
    pub(super) deck: PathBuf,
    /// How mistakes are printed.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: ReportFormat,
    /// Say also what does not fit a terminal of this size: columns x rows. May be given again.
    #[arg(long = "size", value_name = "WxH", value_parser = size)]
    pub(super) sizes: Vec<Size>,
    /// Use this theme, whatever the deck says.
    #[arg(short, long)]
    pub(super) theme: Option<String>,
    /// Read this configuration, and no other.
    #[arg(short, long, alias = "config-file", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Fail on warnings, too: for what does not fit, among others.
    #[arg(long)]
    pub(super) strict: bool,
}

/// Who reads the report.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ReportFormat {
    /// People: the line with a caret, and hints.
    Text,
    /// Editors: one JSON document.
    Json,
}

/// What to export, and how.
#[derive(Debug, Parser)]
pub(super) struct ExportArgs {
    /// The deck: a markdown file.
    pub(super) deck: PathBuf,
    /// The format.
    #[arg(long)]
    pub(super) to: Format,
    /// Only this slide, from 1. A picture shows the first one if nothing is said.
    #[arg(long)]
    pub(super) slide: Option<u32>,
    /// Write each step of a slide, not only the last one (text, html).
    #[arg(long)]
    pub(super) steps: bool,
    /// What becomes of rows below the size: pages grow to show them, or they are left out.
    #[arg(long, default_value = "hide")]
    pub(super) overflow: Overflow,
    /// The terminal's size: columns x rows. [default: the configuration's, else 100x30]
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub(super) size: Option<Size>,
    /// Where to write it; `-` is standard output.
    #[arg(short, long, default_value = "-")]
    pub(super) output: PathBuf,
    /// Use this theme, whatever the deck says.
    #[arg(short, long)]
    pub(super) theme: Option<String>,
    /// Read this configuration, and no other.
    #[arg(short, long, alias = "config-file", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Run the slide's code first, and show what it writes (svg, html).
    #[arg(short = 'x', long)]
    pub(super) enable_snippet_execution: bool,
}

/// A format to export to.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    /// One slide as an SVG picture.
    Svg,
    /// All slides as one page for a browser.
    Html,
    /// All slides as rows of text, with a form feed before each but the first.
    Text,
}

fn protocols() -> PossibleValuesParser {
    PossibleValuesParser::new(std::iter::once("auto").chain(Protocol::names()))
}

/// Reads `100x30`.
fn size(text: &str) -> Result<Size, String> {
    let sides = text.split_once(['x', 'X', '×']);
    let sides = sides.and_then(|(columns, rows)| Some((columns.parse().ok()?, rows.parse().ok()?)));
    match sides {
        Some((columns @ 1..=1000, rows @ 1..=1000)) => Ok(Size::new(columns, rows)),
        _ => Err("write columns x rows, as `100x30`; each from 1 to 1000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_declarations_hold() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_size_is_columns_by_rows() {
        assert_eq!(size("80x24"), Ok(Size::new(80, 24)));
        for wrong in ["80", "80x", "0x24", "80x1001", "x"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
