//! The command-line arguments, declared once for both parsing and `--help`.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

pub(super) use super::choices::{Choices, Sandbox, VariantFlags};
use super::stage_args::{ConsoleArgs, RehearseArgs, RemoteArgs, StageFlags};
use crate::app::Policy;
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
    disable_help_subcommand = true,
    after_help = "`livedeck help TOPIC` prints a page of the manual, `livedeck help` lists them.",
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// The deck: markdown, a notebook, or a Python script with `# %%` cells.
    #[arg(required_unless_present = "list", conflicts_with = "list", value_hint = ValueHint::FilePath)]
    pub(super) deck: Option<PathBuf>,
    #[command(flatten)]
    pub(super) choices: Choices,
    /// Presentation mode: do not reload when the deck's files change (ctrl-r still reloads).
    #[arg(short, long)]
    pub(super) present: bool,
    /// Run `+exec` code without asking.
    #[arg(short = 'x', long)]
    pub(super) enable_snippet_execution: bool,
    /// Run `+exec_replace` and `+image` code without asking.
    #[arg(short = 'X', long)]
    pub(super) enable_snippet_execution_replace: bool,
    #[command(flatten)]
    pub(super) sandbox: Sandbox,
    /// Publish the current slide to a speaker-notes window opened with `-l`.
    #[arg(short = 'P', long)]
    pub(super) publish_speaker_notes: bool,
    /// Show the speaker notes of the slide published by a window opened with `-P`.
    #[arg(short, long, conflicts_with = "publish_speaker_notes")]
    pub(super) listen_speaker_notes: bool,
    /// Report slides that do not fit the terminal, at start and after each reload or resize.
    #[arg(long)]
    pub(super) validate_overflows: bool,
    /// Image protocol to use instead of the detected one.
    #[arg(long, value_parser = protocols())]
    pub(super) image_protocol: Option<String>,
    #[command(flatten)]
    pub(super) variant: VariantFlags,
    #[command(flatten)]
    pub(super) stage: StageFlags,
    #[command(flatten)]
    pub(super) lists: Lists,
    #[command(flatten)]
    pub(super) export: ExportFlags,
}

/// Flags that print a list instead of presenting a deck.
#[derive(Clone, Debug, clap::Args)]
#[group(id = "list", multiple = false)]
#[expect(clippy::struct_excessive_bools, reason = "presenterm's own flags, each on its own")]
pub(super) struct Lists {
    /// Show all themes (same as `livedeck themes`).
    #[arg(long)]
    pub(super) list_themes: bool,
    /// Print the name of the default theme.
    #[arg(long)]
    pub(super) current_theme: bool,
    /// Print every comment command, one per line, ready to paste into a deck.
    #[arg(long)]
    pub(super) list_comment_commands: bool,
    /// Print third-party licences.
    #[arg(long)]
    pub(super) acknowledgements: bool,
}

/// presenterm's export flags.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ExportFlags {
    /// Export to a PDF document next to the deck (see `livedeck export --to pdf`).
    #[arg(short, long, group = "export")]
    pub(super) export_pdf: bool,
    /// Export to an HTML page next to the deck (see `livedeck export --to html`).
    #[arg(short = 'E', long, group = "export")]
    pub(super) export_html: bool,
    /// Write the export to this file.
    #[arg(short, long, value_name = "FILE", requires = "export")]
    pub(super) output: Option<PathBuf>,
    /// Keep temporary files of the export in this folder: the code that runs and what it makes. They are
    /// removed at the end.
    #[arg(long, value_name = "FOLDER", requires = "export")]
    pub(super) export_temporary_path: Option<PathBuf>,
    /// Run `+validate` blocks whenever the deck is loaded, and report those that fail.
    #[arg(long)]
    pub(super) validate_snippets: bool,
}

/// Subcommands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a small deck to start from.
    New(NewArgs),
    /// Check a deck and print every problem with its position and a hint; fail on errors.
    Check(CheckArgs),
    /// Run a deck's code, block by block, and save the output next to the deck.
    ///
    /// The code runs without asking: running the command is consent. Output that matches the existing
    /// recording, apart from times and similar details, is not rewritten.
    Record(RecordArgs),
    /// Follow a running talk in a second terminal: slide, next step, notes, time, and how ready code is.
    ///
    /// The keys drive the talk. Without a deck, the only running talk is followed.
    Console(ConsoleArgs),
    /// Present a deck and save how long each slide took, for the console and your budgets.
    ///
    /// The times are saved in `NAME.rehearsal.json` beside the deck. `t` pauses the timer.
    Rehearse(RehearseArgs),
    /// Drive a running talk from another terminal, a script or a pedal.
    ///
    /// The talk listens on a socket that only you can open; see `livedeck help control`.
    Remote(RemoteArgs),
    /// Write a notebook as a deck, with its saved outputs as the deck's recording.
    Convert(ConvertArgs),
    /// Report which tools are installed for running code, and what a deck needs that is missing.
    ///
    /// Exits with status 1 if the deck needs something that is missing, or does not compile.
    Doctor(DoctorArgs),
    /// Export slides: PDF, HTML, pictures, a GIF or terminal recording of a walk, text, or one slide as SVG.
    Export(ExportArgs),
    /// Preview all themes, one slide each; print only their names if output is not a terminal.
    Themes(ThemesArgs),
    /// Print the default configuration, its JSON schema, or presenterm's configuration.
    Config(ConfigArgs),
    /// Print a JSON schema, with which editors complete and check YAML files.
    Schema {
        /// What it describes.
        name: SchemaName,
    },
    /// Print a page of the manual, or the help of a command.
    Help {
        /// The page or command; without one, all are listed.
        topic: Option<String>,
    },
    /// Print a shell completion script.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page.
    Man,
}

/// Arguments of `livedeck themes`.
#[derive(Debug, Parser)]
pub(super) struct ThemesArgs {
    #[command(flatten)]
    pub(super) choices: Choices,
}

/// Arguments of `livedeck config`.
#[derive(Debug, Parser)]
#[group(required = true, multiple = false)]
pub(super) struct ConfigArgs {
    /// Print a documented configuration file with every key at its default.
    #[arg(long)]
    pub(super) default: bool,
    /// Print a JSON schema for editors.
    #[arg(long)]
    pub(super) schema: bool,
    /// Print presenterm's configuration as one for livedeck.
    #[arg(long)]
    pub(super) import: bool,
}

/// Arguments of `livedeck new`.
#[derive(Debug, Parser)]
pub(super) struct NewArgs {
    /// The file to write; `.md` is added to a name without an extension. An existing file is never
    /// overwritten. [default: talk.md]
    pub(super) name: Option<PathBuf>,
    /// What to start from.
    #[arg(long, value_name = "TEMPLATE", default_value = "talk")]
    pub(super) template: Template,
    /// The title. [default: made of the name]
    #[arg(long)]
    pub(super) title: Option<String>,
    /// The author.
    #[arg(long, value_name = "NAME")]
    pub(super) author: Option<String>,
    /// List the templates.
    #[arg(long, exclusive = true)]
    pub(super) list: bool,
}

/// A deck to start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Template {
    /// A talk that shows the language.
    Talk,
    /// A workshop with exercises.
    Workshop,
    /// A lightning talk.
    Lightning,
    /// Rust functions in Python.
    Pyo3,
}

impl Template {
    /// All templates.
    pub(super) const ALL: [Self; 4] = [Self::Talk, Self::Workshop, Self::Lightning, Self::Pyo3];

    /// Returns its name on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Talk => "talk",
            Self::Workshop => "workshop",
            Self::Lightning => "lightning",
            Self::Pyo3 => "pyo3",
        }
    }
}

/// What a JSON schema describes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SchemaName {
    /// `config.yaml` and `livedeck.yaml`.
    Config,
    /// A theme file.
    Theme,
    /// The YAML at the top of a deck.
    FrontMatter,
}

/// Arguments of `livedeck check`.
#[derive(Debug, Parser)]
pub(super) struct CheckArgs {
    /// The deck: markdown, a notebook, or a Python script with `# %%` cells.
    pub(super) deck: PathBuf,
    /// Output format.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: ReportFormat,
    /// Also report slides that do not fit a terminal of this size (columns x rows); can be repeated.
    #[arg(long = "size", value_name = "WxH", value_parser = size)]
    pub(super) sizes: Vec<Size>,
    #[command(flatten)]
    pub(super) choices: Choices,
    #[command(flatten)]
    pub(super) variant: VariantFlags,
    /// Fail on warnings too, such as slides that do not fit.
    #[arg(long)]
    pub(super) strict: bool,
    /// Run the deck's code, block by block, without asking, and compare the output with the recording
    /// next to the deck; a block without a recording must succeed (or fail, if it is marked so).
    #[arg(long)]
    pub(super) run: bool,
    /// Update the recording with the new output.
    #[arg(long, requires = "run")]
    pub(super) update: bool,
    /// Run only the blocks of this slide, counted from 1.
    #[arg(long, value_name = "N", requires = "run")]
    pub(super) slide: Option<u32>,
    /// Run only this block, counted from 1, of the slide or of the deck. The blocks before it in its session
    /// run, too.
    #[arg(long, value_name = "N", requires = "run")]
    pub(super) block: Option<u32>,
    #[command(flatten)]
    pub(super) sandbox: Sandbox,
}

/// Arguments of `livedeck record`.
#[derive(Debug, Parser)]
pub(super) struct RecordArgs {
    /// The deck: markdown, a notebook, or a Python script with `# %%` cells. The recording of `talk.md` is saved in `talk.recording`.
    pub(super) deck: PathBuf,
    /// Record only the blocks of this slide, counted from 1, and keep the rest of the recording.
    #[arg(long, value_name = "N")]
    pub(super) slide: Option<u32>,
    /// Record only this block, counted from 1, of the slide or of the deck. The blocks before it in its
    /// session run, too.
    #[arg(long, value_name = "N")]
    pub(super) block: Option<u32>,
    #[command(flatten)]
    pub(super) choices: Choices,
    #[command(flatten)]
    pub(super) variant: VariantFlags,
    #[command(flatten)]
    pub(super) sandbox: Sandbox,
}

/// Arguments of `livedeck convert`.
#[derive(Debug, Parser)]
pub(super) struct ConvertArgs {
    /// The notebook: a `.ipynb` file, or a `.py` file with `# %%` cells.
    #[arg(value_hint = ValueHint::FilePath)]
    pub(super) notebook: PathBuf,
    /// The deck to write; the default is `NOTEBOOK.md`.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) output: Option<PathBuf>,
    /// Replace an existing deck.
    #[arg(long)]
    pub(super) force: bool,
}

/// Arguments of `livedeck doctor`.
#[derive(Debug, Parser)]
pub(super) struct DoctorArgs {
    /// The deck: markdown, a notebook, or a Python script with `# %%` cells. Without one, only the installed tools are reported.
    #[arg(required_if_eq("prepare", "true"), value_hint = ValueHint::FilePath)]
    pub(super) deck: Option<PathBuf>,
    /// Compile the deck's Rust blocks, modules and crates now, without asking, to avoid compiling
    /// during the talk.
    #[arg(long)]
    pub(super) prepare: bool,
    /// Also start the Python and Rust that the deck selects, which may be programs of its own.
    #[arg(short = 'x', long)]
    pub(super) enable_snippet_execution: bool,
    #[command(flatten)]
    pub(super) sandbox: Sandbox,
    #[command(flatten)]
    pub(super) choices: Choices,
}

/// The format of a report.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ReportFormat {
    /// For people: source lines with carets, and hints.
    Text,
    /// For editors: one JSON document.
    Json,
    /// For continuous integration: `JUnit` XML.
    Junit,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For GitHub Actions: log commands that annotate the lines of a pull request.
    Github,
}

/// Arguments of `livedeck export`.
#[derive(Debug, Parser)]
pub(super) struct ExportArgs {
    /// The deck: markdown, a notebook, or a Python script with `# %%` cells.
    pub(super) deck: PathBuf,
    /// Output format.
    #[arg(long)]
    pub(super) to: Format,
    /// Export only this slide, counted from 1. SVG exports the first slide by default.
    #[arg(long, conflicts_with = "slides")]
    pub(super) slide: Option<u32>,
    /// Export only these slides, counted from 1: `3-7,12`.
    #[arg(long, value_name = "RANGES", value_parser = slide_ranges)]
    pub(super) slides: Option<SlideRanges>,
    /// Export every step of a slide, not only the last one (not for SVG; GIF and cast always do).
    #[arg(long)]
    pub(super) steps: bool,
    /// The keys of a walk (GIF, cast), separated by blanks; `@2` waits two seconds: `l l ctrl-e @2 l`.
    /// [default: all steps of the chosen slides]
    #[arg(long, value_name = "KEYS")]
    pub(super) walk: Option<String>,
    /// How many times larger than 10x20 pixels a cell is, from 1 to 8. [default: 2 for PNG, 1 for GIF]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=8))]
    pub(super) scale: Option<u8>,
    /// Include the speaker notes (HTML, PDF).
    #[arg(long)]
    pub(super) notes: bool,
    /// Leave the space of pictures blank, instead of showing their alternative text or source in it (text).
    #[arg(long)]
    pub(super) no_alt_text: bool,
    /// What to do with rows that do not fit: make the page taller, or cut them off and say so (GIF
    /// and cast scroll). [default: show, and hide for text, which has the rows of the screen]
    #[arg(long)]
    pub(super) overflow: Option<Overflow>,
    /// Which outputs of code to show: `run`, `recording`, `none`, or what the log of a talk has (`--log`).
    /// [default: run with `-x`, else the recording if there is one]
    #[arg(long, value_name = "SOURCE", value_parser = output_source)]
    pub(super) from: Option<OutputSource>,
    /// Page size in cells (columns x rows). [default: from the configuration, else 100x30]
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub(super) size: Option<Size>,
    /// The file to write; `-` is standard output. For PNG a pattern such as `slide-%02d.png`. [default:
    /// `-` for text, HTML and SVG, else the deck's name with another extension]
    #[arg(short, long)]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) choices: Choices,
    #[command(flatten)]
    pub(super) variant: VariantFlags,
    #[command(flatten)]
    pub(super) run: RunFlags,
    #[command(flatten)]
    pub(super) sandbox: Sandbox,
}

/// What an export runs.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(super) struct RunFlags {
    /// Run the deck's code and show its output.
    #[arg(short = 'x', long = "enable-snippet-execution")]
    all: bool,
    /// Run only code whose output replaces it: `+exec_replace` and `+image`.
    #[arg(short = 'X', long = "enable-snippet-execution-replace")]
    replacing: bool,
    /// Only `+exec` code, which `-x` means on presenterm's command line.
    #[arg(skip)]
    exec: bool,
}

impl RunFlags {
    /// Returns what may run.
    pub(super) fn policy(self) -> Policy {
        Policy { exec: self.all || self.exec, replace: self.all || self.replacing }
    }

    /// Returns whether anything may run.
    pub(super) fn is_any(self) -> bool {
        self.policy() != Policy::default()
    }
}

impl ExportArgs {
    /// What presenterm's `--export-pdf` and `--export-html` ask for: a document beside the deck, or where
    /// `--output` says.
    pub(super) fn from_flags(args: &Args, deck: PathBuf, to: Format, extension: &str) -> Self {
        let beside = || deck.with_extension(extension);
        Self {
            output: Some(args.export.output.clone().unwrap_or_else(beside)),
            deck,
            to,
            slide: None,
            slides: None,
            steps: false,
            walk: None,
            scale: None,
            notes: false,
            no_alt_text: false,
            overflow: None,
            from: None,
            size: None,
            choices: args.choices.clone(),
            variant: args.variant.clone(),
            run: RunFlags {
                all: false,
                exec: args.enable_snippet_execution,
                replacing: args.enable_snippet_execution_replace,
            },
            sandbox: args.sandbox,
        }
    }
}

/// An export format.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    /// One slide as an SVG image.
    Svg,
    /// All slides on one HTML page.
    Html,
    /// A PNG picture of each slide.
    Png,
    /// A moving picture of a walk through the slides.
    Gif,
    /// A walk through the slides, for asciinema.
    Cast,
    /// All slides as plain text, separated by form feeds.
    Text,
    /// All slides as a PDF document.
    #[cfg(feature = "pdf")]
    Pdf,
}

/// Where an export takes the outputs of code from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OutputSource {
    /// Run the code, as with `-x`.
    Run,
    /// The deck's recording.
    Recording,
    /// The log of a talk.
    Log(PathBuf),
    /// No output.
    None,
}

impl OutputSource {
    /// Describes a document with such outputs.
    pub(super) fn description(&self) -> &'static str {
        match self {
            Self::Run => "with the output of its code",
            Self::Recording => "with recorded output",
            Self::Log(_) => "with the output of the talk",
            Self::None => "without the output of code",
        }
    }
}

/// Reads where outputs come from. A log is a file with an extension or in a named folder.
fn output_source(text: &str) -> Result<OutputSource, String> {
    match text {
        "run" => Ok(OutputSource::Run),
        "recording" => Ok(OutputSource::Recording),
        "none" => Ok(OutputSource::None),
        _ if text.contains(['.', '/']) => Ok(OutputSource::Log(text.into())),
        _ => Err("expected `run`, `recording`, `none`, or a log such as `talk.cast`".to_owned()),
    }
}

/// Slides by their numbers, from 1.
#[derive(Clone, Debug)]
pub(super) struct SlideRanges(Vec<RangeInclusive<u32>>);

impl SlideRanges {
    /// Whether a slide is one of them.
    pub(super) fn contain(&self, slide: u32) -> bool {
        self.0.iter().any(|range| range.contains(&slide))
    }

    /// The number of slides, if the deck has all of them.
    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|range| u64::from(range.end() - range.start()) + 1).sum()
    }

    /// The largest number.
    pub(super) fn last(&self) -> u32 {
        self.0.iter().map(|range| *range.end()).max().unwrap_or_default()
    }
}

/// Reads `3-7,12`.
fn slide_ranges(text: &str) -> Result<SlideRanges, String> {
    let number = |text: &str| text.trim().parse().ok().filter(|slide| *slide > 0);
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let range = number(first)?..=number(last)?;
        (!range.is_empty()).then_some(range)
    };
    let ranges: Option<Vec<_>> = text.split(',').map(range).collect();
    ranges.map(SlideRanges).ok_or_else(|| "expected slides such as `3-7,12`".to_owned())
}

fn protocols() -> PossibleValuesParser {
    PossibleValuesParser::new(std::iter::once("auto").chain(Protocol::names()))
}

/// Parses `100x30`.
fn size(text: &str) -> Result<Size, String> {
    let sides = text.split_once(['x', 'X', '×']);
    let sides = sides.and_then(|(columns, rows)| Some((columns.parse().ok()?, rows.parse().ok()?)));
    match sides {
        Some((columns @ 1..=1000, rows @ 1..=1000)) => Ok(Size::new(columns, rows)),
        _ => Err("expected columns x rows from 1 to 1000, such as `100x30`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn argument_declarations_are_valid() {
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
