//! The configuration: what a user sets once for all decks, or an author for one. `declare` has every
//! key once, with what it means; `values` are how some of them are written; `find` says which files
//! count.
//!
//! The keys are presenterm's. What is read here says how something is done, never whether a deck is
//! right: a mistake in a configuration is told before the screen is taken.

mod beside;
mod bindings;
mod custom;
mod declare;
mod find;
mod values;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::deck::Options;
use crate::diag::{Diagnostic, Severity};
use crate::exec::{CustomExecutor, SandboxOptions};
use crate::layout::SlideArea;
use crate::media::Protocol;
use crate::source::{FileId, Span};
use crate::view::{ColorDepth, Motion};
use crate::yaml::{self, DocumentKind, Fields, YamlSource};

pub use bindings::Bindings;
pub use find::{Error, Found, Mistakes, directory, find};

use beside::Beside;

/// The configuration of a deck, beside it.
const BESIDE: &str = "livedeck.yaml";

/// What messages call a configuration.
const CONFIGURATION: DocumentKind = DocumentKind {
    name: "configuration",
    unknown_root_key: Severity::Error,
    unknown_key: Severity::Error,
};

/// Every key at its default, or as the configuration's files say.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `defaults`
    pub defaults: Defaults,
    /// `options`: as in front matter, which wins.
    pub options: Options,
    /// `snippet`
    pub snippet: Snippet,
    /// `typst.ppi`
    pub typst_ppi: u32,
    /// `mermaid`
    pub mermaid: Mermaid,
    /// `d2.scale`; -1 leaves it to d2.
    pub d2_scale: f64,
    /// `speaker_notes`
    pub speaker_notes: SpeakerNotes,
    /// `export`
    pub export: Export,
    /// `transition`
    pub transition: Transition,
    /// `bindings`
    pub bindings: Bindings,
}

/// How a deck looks where it does not say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Defaults {
    /// The theme of a deck that names none.
    pub theme: DefaultTheme,
    /// How many pixels a cell is wide where the terminal does not say; it is twice that high.
    pub terminal_font_size: FontSize,
    /// How pictures are shown; none: as the terminal can.
    pub image_protocol: Option<Protocol>,
    /// How many colours the terminal has; none: as the environment and the terminal say.
    pub color_depth: Option<ColorDepth>,
    /// When slides that do not fit are told of.
    pub validate_overflows: ValidateOverflows,
    /// How large the part of the terminal is that slides use.
    pub limits: SlideArea,
}

/// `defaults.terminal_font_size`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FontSize(pub u8);

/// `defaults.theme`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultTheme {
    /// Always this one.
    Named(String),
    /// By the terminal's background.
    ByBackground {
        /// On a light background.
        light: String,
        /// On a dark one, and where the terminal does not say.
        dark: String,
        /// How long the terminal may take to answer, in milliseconds.
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

/// `snippet`: what may run, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snippet {
    /// Whether code that is run by key may run without a question.
    pub exec: bool,
    /// Whether code whose output replaces it may run without a question.
    pub exec_replace: bool,
    /// Executors for languages, in the place of ours, by language.
    pub custom: BTreeMap<String, CustomExecutor>,
    /// Seconds after which a block without a `+timeout` of its own is stopped.
    pub timeout: Option<u16>,
    /// Mebibytes that each process of a block may have for its data.
    pub memory: Option<u16>,
    /// Processes that a block may have at a time.
    pub processes: Option<u16>,
    /// The sandbox that code runs in, if any.
    pub sandbox: Option<SandboxOptions>,
    /// How many renderers may run at once.
    pub render_threads: u16,
    /// Whether blocks marked with `+validate` are run at load.
    pub validate: bool,
}

/// `mermaid`
#[derive(Clone, Debug, PartialEq)]
pub struct Mermaid {
    /// The program.
    pub cli: String,
    /// How much larger than natural.
    pub scale: u32,
    /// The program's own configuration.
    pub config_path: Option<PathBuf>,
    /// Its browser's.
    pub puppeteer_config_path: Option<PathBuf>,
}

/// `speaker_notes`
#[derive(Clone, Debug, PartialEq)]
pub struct SpeakerNotes {
    /// Where the notes' window listens.
    pub listen_address: SocketAddr,
    /// Where the talk tells its place.
    pub publish_address: SocketAddr,
    /// Whether it always does.
    pub always_publish: bool,
}

/// `export`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Export {
    /// Columns of a page; none: of the terminal.
    pub columns: Option<u16>,
    /// Rows of a page; none: of the terminal.
    pub rows: Option<u16>,
    /// Whether a slide is a page for each of its steps.
    pub page_per_step: bool,
    /// Whether code is run one block after the other.
    pub one_by_one: bool,
    /// Font files: normal, bold, italic, both.
    pub fonts: [Option<PathBuf>; 4],
}

/// `transition`
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// What it looks like; none: no transition.
    pub style: Option<Motion>,
    /// How long it takes, in milliseconds.
    pub duration_millis: u16,
    /// In how many pictures.
    pub frames: u16,
}

impl ValidateOverflows {
    /// Whether it holds in a talk that is given, or one that is being written.
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
    /// Reads a file's text over what is there, and gives what is wrong with it.
    pub fn read(&mut self, text: &str, file: FileId) -> Vec<Diagnostic> {
        self.read_with(text, file, &mut |config, fields| config.declare(fields))
    }

    /// As [`Self::read`], of a file beside a deck: keys that it may not set are reported and ignored.
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

    /// A file with every key at its default, and what it means.
    pub fn sample() -> String {
        yaml::sample(&Self::declared())
    }

    /// A JSON schema of the file.
    pub fn schema() -> serde_json::Value {
        let mut schema = yaml::schema(&Self::declared());
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
        schema["title"] = "livedeck configuration".into();
        schema
    }

    fn declared() -> Vec<yaml::KeyDeclaration> {
        let mut config = Self::default();
        yaml::declared(&mut |keys| config.declare(keys))
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            defaults: Defaults::default(),
            options: Options::default(),
            snippet: Snippet { render_threads: 2, ..Snippet::default() },
            typst_ppi: 300,
            mermaid: Mermaid {
                cli: "mmdc".to_owned(),
                scale: 2,
                config_path: None,
                puppeteer_config_path: None,
            },
            d2_scale: -1.0,
            speaker_notes: SpeakerNotes {
                listen_address: values::NOTES_ADDRESS,
                publish_address: values::NOTES_ADDRESS,
                always_publish: false,
            },
            export: Export::default(),
            transition: Transition { style: None, duration_millis: 1000, frames: 30 },
            bindings: Bindings::default(),
        }
    }
}

impl Default for FontSize {
    fn default() -> Self {
        Self(16)
    }
}

impl Default for DefaultTheme {
    fn default() -> Self {
        Self::Named("dark".to_owned())
    }
}

#[cfg(test)]
mod tests;
