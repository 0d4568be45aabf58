//! The configuration: settings of a user for all decks, or of an author for one deck. `declare` lists
//! every key with its description; `values` parses special values; `find` chooses the files to
//! read.
//!
//! The keys are presenterm's. A configuration never decides whether a deck is valid. Errors in the
//! user's own file are reported before the terminal is taken.

mod beside;
mod bindings;
mod custom;
mod declare;
mod drawing_programs;
mod find;
mod presenterm;
mod values;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::deck::Options;
use crate::diag::{Diagnostic, Severity};
use crate::exec::{CustomExecutor, SandboxOptions};
use crate::layout::{LargeText, SlideArea};
use crate::media::{PictureBlocks, Protocol};
use crate::source::{FileId, Span};
use crate::view::{ColorDepth, Motion};
use crate::yaml::{self, DocumentKind, Fields, YamlSource};

pub use bindings::Bindings;
pub use find::{
    ConfigError, ConfigProblems, FoundConfig, directory, find, is_named_by_environment,
};
pub use presenterm::{
    import, presenterm_config_to_announce, theme_folders, unused_presenterm_config,
};

use beside::Beside;

/// File name of a deck's configuration, beside the deck.
const BESIDE: &str = "livedeck.yaml";

/// How error messages describe a configuration.
const CONFIGURATION: DocumentKind = DocumentKind {
    name: "configuration",
    unknown_root_key: Severity::Error,
    unknown_key: Severity::Error,
};

/// The value of every key: its default, or as set by the configuration files.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `defaults`
    pub defaults: Defaults,
    /// `options`: defaults for the front matter's options.
    pub options: Options,
    /// `snippet`
    pub snippet: SnippetConfig,
    /// `typst.ppi`
    pub typst_ppi: u32,
    /// `mermaid`
    pub mermaid: Mermaid,
    /// `d2.scale`; -1 lets d2 choose.
    pub d2_scale: f64,
    /// `speaker_notes`
    pub speaker_notes: SpeakerNotes,
    /// `control.enable`
    pub control: bool,
    /// `export`
    pub export: Export,
    /// `transition`
    pub transition: TransitionConfig,
    /// `bindings`
    pub bindings: Bindings,
}

/// `defaults`: for decks that do not set these.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Defaults {
    /// The default theme.
    pub theme: DefaultTheme,
    /// Cell width in pixels if the terminal does not report it; the height is twice that.
    pub terminal_font_size: FontSize,
    /// The image protocol; `None` to detect it.
    pub image_protocol: Option<Protocol>,
    /// What pictures are drawn from in terminals without pictures; `None` if the terminal decides.
    pub picture_blocks: Option<PictureBlocks>,
    /// Memory for pictures.
    pub picture_memory: PictureMemory,
    /// The terminal's colour depth; `None` to detect it.
    pub color_depth: Option<ColorDepth>,
    /// How text larger than a cell is drawn; `None` if the terminal decides.
    pub large_text: Option<LargeText>,
    /// Whether to take the mouse.
    pub mouse: bool,
    /// Whether addresses are links; `None` if the terminal decides.
    pub links: Option<bool>,
    /// When to report slides that do not fit.
    pub validate_overflows: ValidateOverflows,
    /// Maximum size of slides.
    pub limits: SlideArea,
}

/// `defaults.terminal_font_size`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FontSize(pub u8);

/// `defaults.picture_memory`, in MiB
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureMemory(pub u16);

impl PictureMemory {
    /// Returns it in bytes.
    pub fn bytes(self) -> usize {
        usize::from(self.0) << 20
    }
}

/// `defaults.theme`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultTheme {
    /// One theme.
    Named(String),
    /// A theme for each background.
    ByBackground {
        /// Theme for a light background.
        light: String,
        /// Theme for a dark or unknown background.
        dark: String,
        /// How long to wait for the terminal's answer, in milliseconds.
        timeout: u32,
    },
}

/// `defaults.validate_overflows`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ValidateOverflows {
    /// Never.
    #[default]
    Never,
    /// Always.
    Always,
    /// With `-p`.
    WhenPresenting,
    /// Without `-p`.
    WhenDeveloping,
}

/// `snippet`: running code.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SnippetConfig {
    /// Run `+exec` blocks without asking.
    pub exec: bool,
    /// Run `+exec_replace` and `+image` blocks without asking.
    pub exec_replace: bool,
    /// The user's own executors, by language; they replace the built-in ones.
    pub custom: BTreeMap<String, CustomExecutor>,
    /// Timeout in seconds for blocks without `+timeout`.
    pub timeout: Option<u16>,
    /// Memory limit for each process of a block, in MiB.
    pub memory: Option<u16>,
    /// Maximum number of processes of a block.
    pub processes: Option<u16>,
    /// The sandbox for all code, if any.
    pub sandbox: Option<SandboxOptions>,
    /// Number of renderers that may run at the same time.
    pub render_threads: u16,
    /// Run `+validate` blocks when the deck is loaded.
    pub validate: bool,
}

/// The default of `mermaid.scale`, at which the text of diagrams is as large as the slide's.
const DEFAULT_MERMAID_SCALE: u32 = 2;

/// The default of `typst.ppi`, at which the text of typst documents is as large as the slide's.
const DEFAULT_TYPST_PPI: u32 = 300;

/// `mermaid`
#[derive(Clone, Debug, PartialEq)]
pub struct Mermaid {
    /// The program.
    pub cli: String,
    /// Scale factor.
    pub scale: u32,
    /// The program's configuration file.
    pub config_path: Option<PathBuf>,
    /// The puppeteer configuration file.
    pub puppeteer_config_path: Option<PathBuf>,
}

/// `speaker_notes`
#[derive(Clone, Debug, PartialEq)]
pub struct SpeakerNotes {
    /// Address that the speaker-notes window listens on.
    pub listen_address: SocketAddr,
    /// Address that the presentation publishes its slide to.
    pub publish_address: SocketAddr,
    /// Always publish.
    pub always_publish: bool,
}

/// `export`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Export {
    /// Page width in columns.
    pub columns: Option<u16>,
    /// Page height in rows.
    pub rows: Option<u16>,
    /// Start a new page at each pause.
    pub page_per_step: bool,
    /// Run blocks one after the other.
    pub one_by_one: bool,
    /// The paper of PDF documents; `None` for sheets as large as slides.
    pub page: Option<Paper>,
    /// Their margin in millimetres.
    pub margin: Option<u16>,
    /// Font files: normal, bold, italic, bold italic.
    pub fonts: [Option<PathBuf>; 4],
}

/// `export.pdf.page`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// A4.
    A4,
    /// US Letter.
    Letter,
}

impl Paper {
    /// Returns the shorter and the longer side, in points.
    pub fn size(self) -> (f32, f32) {
        match self {
            Self::A4 => (595.28, 841.89),
            Self::Letter => (612.0, 792.0),
        }
    }
}

/// `transition`
#[derive(Clone, Debug, PartialEq)]
pub struct TransitionConfig {
    /// The animation; `None` for no transition.
    pub style: Option<Motion>,
    /// Duration in milliseconds.
    pub duration_millis: u16,
    /// Number of frames.
    pub frames: u16,
}

impl ValidateOverflows {
    /// Returns whether to report overflows, in presentation mode (`-p`) or without it.
    pub fn holds(self, presenting: bool) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::WhenPresenting => presenting,
            Self::WhenDeveloping => !presenting,
        }
    }
}

impl Config {
    /// Reads a file's text over the current values. Returns its errors and warnings.
    pub fn read(&mut self, text: &str, file: FileId) -> Vec<Diagnostic> {
        self.read_with(text, file, &mut |config, fields| config.declare(fields))
    }

    /// Like [`Self::read`], for a file beside a deck: keys that it may not set are reported and ignored.
    pub fn read_beside(&mut self, text: &str, file: FileId) -> Vec<Diagnostic> {
        self.read_with(text, file, &mut |config, fields| config.declare(&mut Beside::root(fields)))
    }

    fn read_with(
        &mut self,
        text: &str,
        file: FileId,
        walk: &mut dyn FnMut(&mut Self, &mut Fields<'_>),
    ) -> Vec<Diagnostic> {
        let place = YamlSource::new(text, Span::new(file, 0..text.len()), CONFIGURATION);
        let mut problems = Vec::new();
        self.bindings.start();
        match yaml::parse(text) {
            Ok(node) => Fields::root(&node, place, &mut problems, |fields| walk(self, fields)),
            Err(error) => {
                let message = format!("not YAML: {}", error.message);
                problems.push(place.error(error.at..error.at, message));
            }
        }
        if problems.is_empty() {
            problems.extend(self.bindings.check(place));
        }
        problems.sort_by_key(|problem| problem.span.start);
        problems
    }

    /// Returns a documented configuration file with every key at its default.
    pub fn sample() -> String {
        yaml::sample(&Self::declared())
    }

    /// Returns a JSON schema of the file.
    pub fn schema() -> serde_json::Value {
        yaml::schema(&Self::declared())
    }

    fn declared() -> Vec<yaml::KeyDeclaration> {
        let mut config = Self::default();
        yaml::declared(&mut |keys| config.declare(keys))
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            defaults: Defaults { mouse: true, ..Defaults::default() },
            options: Options::default(),
            snippet: SnippetConfig { render_threads: 2, ..SnippetConfig::default() },
            typst_ppi: DEFAULT_TYPST_PPI,
            mermaid: Mermaid {
                cli: "mmdc".to_owned(),
                scale: DEFAULT_MERMAID_SCALE,
                config_path: None,
                puppeteer_config_path: None,
            },
            d2_scale: -1.0,
            speaker_notes: SpeakerNotes {
                listen_address: values::NOTES_ADDRESS,
                publish_address: values::NOTES_ADDRESS,
                always_publish: false,
            },
            control: true,
            export: Export::default(),
            transition: TransitionConfig { style: None, duration_millis: 1000, frames: 30 },
            bindings: Bindings::default(),
        }
    }
}

impl Default for FontSize {
    fn default() -> Self {
        Self(16)
    }
}

impl Default for PictureMemory {
    fn default() -> Self {
        Self(64)
    }
}

impl Default for DefaultTheme {
    fn default() -> Self {
        Self::Named("dark".to_owned())
    }
}

#[cfg(test)]
mod tests;
