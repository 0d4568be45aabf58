//! Settings of a presentation, from the command line and the configuration.

use std::path::PathBuf;
use std::time::Duration;

use super::{SpeakerSync, TerminalAnswers, Transition};
use crate::app::{Keymap, Policy};
use crate::layout::LargeText;
use crate::media::{self, Capabilities, PictureBlocks, Protocol};
use crate::project::{Execution, LoadOptions};
use crate::serve::ServeAddress;
use crate::view::ColorDepth;

/// Settings of a presentation.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "flags of the user, each on its own")]
pub struct Settings {
    /// Which deck to load, and how.
    pub load_options: LoadOptions,
    /// Whether to reload the deck when it is saved.
    pub reload: bool,
    /// What may run without asking.
    pub policy: Policy,
    /// Image protocol to use instead of the detected one.
    pub protocol: Option<media::Protocol>,
    /// What pictures are drawn from in terminals without pictures, instead of what suits the colour depth.
    pub picture_blocks: Option<PictureBlocks>,
    /// Limit of the memory for pictures, in bytes.
    pub picture_memory: usize,
    /// Colour depth to use instead of the detected one.
    pub color_depth: Option<ColorDepth>,
    /// How text larger than a cell is drawn, instead of what the terminal can do.
    pub large_text: Option<LargeText>,
    /// Whether to take the mouse at the start.
    pub mouse: bool,
    /// Whether addresses are links; `None` if the terminal decides.
    pub links: Option<bool>,
    /// The key bindings.
    pub keymap: Keymap,
    /// How long to wait for the terminal to report its background, if the theme depends on it.
    pub background_timeout: Duration,
    /// Whether to report slides that do not fit.
    pub validate_overflows: bool,
    /// Whether to run `+validate` blocks when the deck is loaded.
    pub validate_snippets: bool,
    /// Cell width and height in pixels, if the terminal does not report them.
    pub cell: (u16, u16),
    /// Number of threads that draw formulas and diagrams.
    pub draw_threads: usize,
    /// How the deck's code runs.
    pub execution: Execution,
    /// The transition between slides.
    pub transition: Option<Transition>,
    /// Whether nothing moves, whatever the deck says.
    pub reduced_motion: bool,
    /// The role of this window, if there are two.
    pub speaker_sync: Option<SpeakerSync>,
    /// Whether other programs may drive the talk through its control socket.
    pub control: bool,
    /// How long the talk is planned to take, instead of what the deck says.
    pub duration: Option<Duration>,
    /// The slide to begin at, counted from 1.
    pub start: Option<u32>,
    /// Whether the first slide follows the last one.
    pub loops: bool,
    /// The address to serve the talk at.
    pub serve: Option<ServeAddress>,
    /// The file to log the talk in.
    pub log: Option<PathBuf>,
    /// Whether to time the slides and save their times.
    pub rehearses: bool,
    /// A notice to show at the start.
    pub notice: Option<String>,
}

impl Settings {
    /// Returns the characters that pictures are drawn from in a terminal of this colour depth. Those without
    /// 24-bit colour, such as Linux's console, often have a font with half blocks only.
    pub(super) fn blocks(&self, depth: ColorDepth) -> PictureBlocks {
        self.picture_blocks.unwrap_or(match depth {
            ColorDepth::TrueColor => PictureBlocks::Quadrants,
            _ => PictureBlocks::Halves,
        })
    }
}

/// Returns the configured image protocol, or else the best one that the terminal supports.
pub(super) fn protocol(settings: &Settings, answers: TerminalAnswers) -> Protocol {
    settings.protocol.unwrap_or_else(|| {
        Protocol::choose(&Capabilities {
            kitty: answers.kitty,
            kitty_files: answers.kitty_files,
            sixel: answers.sixel,
            ..Capabilities::from_env()
        })
    })
}
