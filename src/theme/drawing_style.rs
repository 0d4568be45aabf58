//! The look of formulas and diagrams where a theme sets it (`typst`, `mermaid`, `d2`), and the settings
//! of the user's configuration for them.

use std::sync::Arc;

use ratatui::style::Color;

/// The margins of typst documents and formulas that have a ground, in points.
pub const DEFAULT_DRAWING_MARGIN: (u16, u16) = (5, 7);

/// The look of formulas and diagrams. What is not set follows the slide's theme.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DrawingStyle {
    /// The text and the ground of typst documents and LaTeX formulas.
    pub typst: (Option<Color>, Option<Color>),
    /// The space around these at the left and right, and above and below, in points.
    pub margin: (Option<u16>, Option<u16>),
    /// The name of one of mermaid's themes.
    pub mermaid_theme: Option<Box<str>>,
    /// The ground of mermaid diagrams.
    pub mermaid_ground: Option<Color>,
    /// The number of one of d2's themes.
    pub d2_theme: Option<u16>,
    /// What the user's configuration says.
    pub settings: DrawingSettings,
}

/// What the user's configuration says about drawings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawingSettings {
    /// The size of mermaid diagrams, in percent of the usual.
    pub mermaid_percent: u32,
    /// The size of typst documents and LaTeX formulas, in percent of the usual.
    pub typst_percent: u32,
    /// The configuration of mermaid.
    pub mermaid_config: Option<Arc<MermaidConfigFile>>,
}

/// A file with a configuration of mermaid.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MermaidConfigFile {
    /// Its name.
    pub name: Box<str>,
    /// Its text, or why it cannot be read.
    pub text: Result<Box<str>, Box<str>>,
}

impl Default for DrawingSettings {
    fn default() -> Self {
        Self { mermaid_percent: 100, typst_percent: 100, mermaid_config: None }
    }
}
