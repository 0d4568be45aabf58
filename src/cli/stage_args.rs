//! Arguments of the stage: flags of a talk, `livedeck remote` and `livedeck console`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum, ValueHint};

use super::choices::{Choices, Sandbox, VariantFlags};
use crate::parse;
use crate::serve::ServeAddress;

/// Flags of a talk.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct StageFlags {
    /// How long the talk is planned to take, such as `30m`; the console shows what is left.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) duration: Option<Duration>,
    /// Begin at this slide, counted from 1.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) start: Option<u32>,
    /// Go on with the first slide after the last one.
    #[arg(long = "loop")]
    pub(super) loops: bool,
    /// Serve the talk to the audience's browsers, and a remote to your phone: at this address, or at one that only
    /// this machine can open. `a` shows the address.
    #[arg(long, value_name = "ADDR", num_args = 0..=1, default_missing_value = "localhost")]
    pub(super) serve: Option<ServeAddress>,
    /// Log the frames and runs of the talk in this file, for asciinema and `livedeck export --from`. An
    /// existing file is kept: the log gets a number.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) log: Option<PathBuf>,
}

/// Arguments of `livedeck console`.
#[derive(Debug, Parser)]
pub(super) struct ConsoleArgs {
    /// The deck of the talk, if several talks are running.
    #[arg(value_hint = ValueHint::FilePath)]
    pub(super) deck: Option<PathBuf>,
    /// The process id of the talk, if several talks are running.
    #[arg(long, value_name = "PID", conflicts_with = "deck")]
    pub(super) talk: Option<u32>,
    #[command(flatten)]
    pub(super) choices: Choices,
}

/// Arguments of `livedeck rehearse`.
#[derive(Debug, Parser)]
pub(super) struct RehearseArgs {
    /// The deck: markdown, a notebook, or a Python script with `# %%` cells.
    #[arg(value_hint = ValueHint::FilePath)]
    pub(super) deck: PathBuf,
    /// How long the talk is planned to take, such as `30m`.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) duration: Option<Duration>,
    /// Run `+exec` code without asking.
    #[arg(short = 'x', long)]
    pub(super) enable_snippet_execution: bool,
    #[command(flatten)]
    pub(super) sandbox: Sandbox,
    #[command(flatten)]
    pub(super) choices: Choices,
    #[command(flatten)]
    pub(super) variant: VariantFlags,
}

/// Arguments of `livedeck remote`.
#[derive(Debug, Parser)]
pub(super) struct RemoteArgs {
    /// The deck of the talk, if several talks are running.
    #[arg(long, value_name = "DECK", value_hint = ValueHint::FilePath)]
    pub(super) deck: Option<PathBuf>,
    /// The process id of the talk, if several talks are running.
    #[arg(long, value_name = "PID", conflicts_with = "deck")]
    pub(super) talk: Option<u32>,
    #[command(subcommand)]
    pub(super) action: RemoteAction,
}

/// What `livedeck remote` does.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum RemoteAction {
    /// Go to the next step.
    Next,
    /// Go back one step.
    Back,
    /// Go to the next slide, skipping steps.
    NextSlide,
    /// Go to the previous slide.
    PreviousSlide,
    /// Go to the first slide.
    First,
    /// Go to the last slide.
    Last,
    /// Go to a slide.
    Go {
        /// The slide, counted from 1.
        #[arg(value_name = "N")]
        slide: u32,
        /// The step of the slide, counted from 1.
        #[arg(value_name = "STEP")]
        step: Option<u32>,
    },
    /// Run the slide's blocks, or one of them.
    ///
    /// Code that may not run yet opens the question on the talk's screen.
    Run {
        /// The block, counted from 1 on the slide.
        #[arg(value_name = "N")]
        block: Option<u32>,
    },
    /// Stop what runs.
    Stop,
    /// Blank the screen, or show the slide again.
    Blank {
        /// The colour, or `off`. Without one, a black screen is toggled.
        color: Option<BlankChoice>,
    },
    /// Start, pause or reset the timer.
    Timer {
        /// What to do.
        action: TimerChoice,
    },
    /// Reload the deck.
    Reload,
    /// Print the addresses of a talk that is served, and the QR code of your phone's remote.
    Link,
    /// Print the state of the talk as JSON.
    State,
}

/// The colours of `livedeck remote blank`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum BlankChoice {
    /// A black screen.
    Black,
    /// A white screen.
    White,
    /// The slide.
    Off,
}

/// What `livedeck remote timer` does.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum TimerChoice {
    /// Start, or go on after a pause.
    Start,
    /// Pause.
    Pause,
    /// Start or pause.
    Toggle,
    /// Count from zero again.
    Reset,
}

fn duration(text: &str) -> Result<Duration, String> {
    parse::duration(text).ok_or_else(|| "expected a duration, such as `30m` or `1h15m`".to_owned())
}
