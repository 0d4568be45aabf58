//! The arguments, each declared once: what clap reads is what `--help` prints.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

use crate::exec::SandboxOptions;
use crate::export::Overflow;
use crate::layout::Size;
use crate::media::Protocol;

/// A terminal slide-deck runner that runs the code on its slides.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "presenterm's own flags, each on its own")]
#[command(
    name = "livedeck",
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
    #[arg(required_unless_present = "list", conflicts_with = "list", value_hint = ValueHint::FilePath)]
    pub(super) deck: Option<PathBuf>,
    #[command(flatten)]
    pub(super) choices: Choices,
    /// Present: do not read the deck again when its file changes (ctrl-r still does).
    #[arg(short, long)]
    pub(super) present: bool,
    /// Let code run without a question that is run by key, or beside which its output is shown.
    #[arg(short = 'x', long)]
    pub(super) enable_snippet_execution: bool,
    /// Let code run without a question whose output takes its place.
    #[arg(short = 'X', long)]
    pub(super) enable_snippet_execution_replace: bool,
    #[command(flatten)]
    pub(super) sandbox: Sandbox,
    /// Tell a second window, opened with `-l`, which slide is shown.
    #[arg(short = 'P', long)]
    pub(super) publish_speaker_notes: bool,
    /// Show the speaker's notes of the slide that a window opened with `-P` shows.
    #[arg(short, long, conflicts_with = "publish_speaker_notes")]
    pub(super) listen_speaker_notes: bool,
    /// Tell at the start, and after each change of deck or size, which slides do not fit.
    #[arg(long)]
    pub(super) validate_overflows: bool,
    /// How pictures are shown, whatever the terminal says of itself.
    #[arg(long, value_parser = protocols())]
    pub(super) image_protocol: Option<String>,
    #[command(flatten)]
    pub(super) lists: Lists,
    #[command(flatten)]
    pub(super) later: Later,
}

/// What is chosen for any deck, whatever is done with it.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Choices {
    /// Use this theme, whatever the deck says.
    #[arg(short, long, value_name = "NAME")]
    pub(super) theme: Option<String>,
    /// Read this configuration, and no other.
    #[arg(
        short,
        long,
        visible_alias = "config-file",
        value_name = "FILE",
        value_hint = ValueHint::FilePath
    )]
    pub(super) config: Option<PathBuf>,
}

/// Whether the deck's code runs in a sandbox.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Sandbox {
    /// Run the deck's code without a question, in a sandbox: it reads what programs need and the deck's
    /// folder, writes only files of its own, and has no network unless it says `--sandbox=net`. Linux
    /// only; docs/SANDBOX.md says what holds.
    #[arg(long, value_name = "OPEN", num_args = 0..=1, require_equals = true)]
    #[expect(clippy::option_option, reason = "a flag whose value may be left out")]
    pub(super) sandbox: Option<Option<Opened>>,
}

/// What of a sandbox is open.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Opened {
    /// The network.
    Net,
}

impl Sandbox {
    /// The sandbox that was asked for, if one was.
    pub(super) fn chosen(self) -> Option<SandboxOptions> {
        self.sandbox.map(|opened| SandboxOptions { has_network: opened.is_some() })
    }
}

/// What is shown instead of a deck.
#[derive(Clone, Debug, clap::Args)]
#[group(id = "list", multiple = false)]
#[expect(clippy::struct_excessive_bools, reason = "presenterm's own flags, each on its own")]
pub(super) struct Lists {
    /// Show all themes, as `livedeck themes` does.
    #[arg(long)]
    pub(super) list_themes: bool,
    /// Print the name of the theme of decks that name none.
    #[arg(long)]
    pub(super) current_theme: bool,
    /// Print a line for each comment command, to be pasted into a deck.
    #[arg(long)]
    pub(super) list_comment_commands: bool,
    /// Say what livedeck stands on.
    #[arg(long)]
    pub(super) acknowledgements: bool,
}

/// presenterm's flags for exports, and for what is not there yet.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Later {
    /// Export as PDF (not there yet).
    #[arg(short, long, group = "export")]
    pub(super) export_pdf: bool,
    /// Export as a page for browsers, beside the deck, as `livedeck export --to html` does.
    #[arg(short = 'E', long, group = "export")]
    pub(super) export_html: bool,
    /// Where the export goes.
    #[arg(short, long, value_name = "FILE", requires = "export")]
    pub(super) output: Option<PathBuf>,
    /// Where an export keeps what it makes on its way.
    #[arg(long, value_name = "FOLDER", requires = "export")]
    pub(super) export_temporary_path: Option<PathBuf>,
    /// Run the blocks that carry +validate when the deck is read, and tell of those that fail.
    #[arg(long)]
    pub(super) validate_snippets: bool,
}

/// What livedeck does beside presenting.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print every mistake of a deck, each with its place and a hint; fail if there is an error.
    Check(CheckArgs),
    /// Run a deck's code, block after block, and keep what it writes beside the deck.
    ///
    /// The code runs without a question: who gives this command has allowed it. What came out as it was
    /// recorded before, but for times and the like, stays as it is.
    Record(RecordArgs),
    /// Say what there is to run code with, and what a deck needs that is missing.
    ///
    /// The status is 1 if the deck needs something that is missing, or does not compile.
    Doctor(DoctorArgs),
    /// Write slides as text, or one as a picture of its cells.
    Export(ExportArgs),
    /// Show what each theme looks like, a slide each; their names alone where nobody looks.
    Themes(ThemesArgs),
    /// Print a configuration file, or what may stand in one.
    Config(ConfigArgs),
    /// Print what a shell needs to complete livedeck's arguments.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Print the manual page.
    Man,
}

/// Which configuration says how themes are shown.
#[derive(Debug, Parser)]
pub(super) struct ThemesArgs {
    #[command(flatten)]
    pub(super) choices: Choices,
}

/// What of the configuration to print.
#[derive(Debug, Parser)]
#[group(required = true, multiple = false)]
pub(super) struct ConfigArgs {
    /// A file with every key at its default, each with what it means.
    #[arg(long)]
    pub(super) default: bool,
    /// A JSON schema, for editors.
    #[arg(long)]
    pub(super) schema: bool,
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
    #[command(flatten)]
    pub(super) choices: Choices,
    /// Fail on warnings, too: for what does not fit, among others.
    #[arg(long)]
    pub(super) strict: bool,
    /// Run the deck's code, block after block, without a question, and compare what it writes with the
    /// recording beside the deck; a block that is not recorded must do what is expected of it.
    #[arg(long)]
    pub(super) run: bool,
    /// Record what came out.
    #[arg(long, requires = "run")]
    pub(super) update: bool,
    #[command(flatten)]
    pub(super) sandbox: Sandbox,
}

/// What to record.
#[derive(Debug, Parser)]
pub(super) struct RecordArgs {
    /// The deck: a markdown file. What is recorded of `talk.md` is kept in `talk.recording`.
    pub(super) deck: PathBuf,
    #[command(flatten)]
    pub(super) choices: Choices,
    #[command(flatten)]
    pub(super) sandbox: Sandbox,
}

/// What to look at.
#[derive(Debug, Parser)]
pub(super) struct DoctorArgs {
    /// The deck: a markdown file. Without one, it is said what there is for any.
    #[arg(required_if_eq("prepare", "true"), value_hint = ValueHint::FilePath)]
    pub(super) deck: Option<PathBuf>,
    /// Compile the deck's Rust, its modules and the crates they need, without a question, so that nothing
    /// of that is left to do when the talk begins.
    #[arg(long)]
    pub(super) prepare: bool,
    /// Look also at the Python and the Rust that the deck chooses, which may be the deck's own programs.
    #[arg(short = 'x', long)]
    pub(super) enable_snippet_execution: bool,
    #[command(flatten)]
    pub(super) sandbox: Sandbox,
    #[command(flatten)]
    pub(super) choices: Choices,
}

/// Who reads the report.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ReportFormat {
    /// People: the line with a caret, and hints.
    Text,
    /// Editors: one JSON document.
    Json,
    /// Continuous integration: test cases as `JUnit` writes them.
    Junit,
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
    #[command(flatten)]
    pub(super) choices: Choices,
    /// Run the slide's code first, and show what it writes (svg, html).
    #[arg(short = 'x', long)]
    pub(super) enable_snippet_execution: bool,
    #[command(flatten)]
    pub(super) sandbox: Sandbox,
}

impl ExportArgs {
    /// What `--export-html` asks for: a page beside the deck, or where `--output` says.
    pub(super) fn page(args: &Args, deck: PathBuf) -> Self {
        let beside = || deck.with_extension("html");
        Self {
            output: args.later.output.clone().unwrap_or_else(beside),
            deck,
            to: Format::Html,
            slide: None,
            steps: false,
            overflow: Overflow::Hide,
            size: None,
            choices: args.choices.clone(),
            enable_snippet_execution: args.enable_snippet_execution,
            sandbox: args.sandbox,
        }
    }
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
