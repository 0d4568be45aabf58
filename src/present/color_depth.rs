//! The terminal's colour depth, detected from the environment.

#![expect(clippy::disallowed_methods, reason = "the shell looks at the environment")]

use crate::view::ColorDepth;

/// The colour depth according to the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColorSupport {
    /// The detected depth.
    pub depth: ColorDepth,
    /// Whether the terminal may support more colours; it has to be asked.
    pub may_be_more: bool,
}

/// Parts of `TERM` of terminals with 24-bit colour, regardless of `COLORTERM`.
const TRUE_COLOR_TERMS: &[&str] =
    &["-direct", "alacritty", "contour", "foot", "ghostty", "kitty", "rio", "wezterm"];

/// Values of `TERM_PROGRAM` of terminals with 24-bit colour.
const TRUE_COLOR_PROGRAMS: &[&str] = &[
    "ghostty",
    "Hyper",
    "iTerm.app",
    "mintty",
    "rio",
    "tmux",
    "vscode",
    "WarpTerminal",
    "WezTerm",
    "zed",
];

impl ColorSupport {
    /// Detects the depth from this process's environment.
    pub fn from_env() -> Self {
        Self::of(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn of(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let certain = |depth| Self { depth, may_be_more: false };
        let term = variable("TERM").unwrap_or_default();
        let program = variable("TERM_PROGRAM").unwrap_or_default();
        let color_term = variable("COLORTERM").unwrap_or_default();
        if variable("NO_COLOR").is_some() || term == "dumb" {
            return certain(ColorDepth::Monochrome);
        }
        // tmux converts colours to those of the outer terminal.
        let is_true_color = matches!(color_term.as_str(), "truecolor" | "24bit")
            || variable("TMUX").is_some()
            || variable("WT_SESSION").is_some()
            || TRUE_COLOR_TERMS.iter().any(|part| term.contains(part))
            || TRUE_COLOR_PROGRAMS.contains(&program.as_str());
        if is_true_color {
            return certain(ColorDepth::TrueColor);
        }
        match term.as_str() {
            "linux" | "ansi" | "cygwin" => certain(ColorDepth::Ansi16),
            _ if program == "Apple_Terminal" => certain(ColorDepth::Ansi256),
            _ if term.contains("256color") || !color_term.is_empty() => {
                Self { depth: ColorDepth::Ansi256, may_be_more: true }
            }
            _ if term.starts_with("vt") => certain(ColorDepth::Monochrome),
            _ => Self { depth: ColorDepth::Ansi16, may_be_more: true },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Variables, the expected depth, and whether there may be more colours.
    type DepthCase<'a> = (&'a [(&'a str, &'a str)], ColorDepth, bool);

    #[test]
    fn depth_is_detected_from_environment() {
        let (all, of_256, of_16, none) = (
            ColorDepth::TrueColor,
            ColorDepth::Ansi256,
            ColorDepth::Ansi16,
            ColorDepth::Monochrome,
        );
        let table: &[DepthCase<'_>] = &[
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], all, false),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "24bit")], all, false),
            (&[("TERM", "xterm-256color")], of_256, true),
            (&[("TERM", "screen-256color"), ("TMUX", "/tmp/x,1,0")], all, false),
            (&[("TERM", "screen-256color")], of_256, true),
            (&[("TERM", "xterm-kitty")], all, false),
            (&[("TERM", "xterm-direct")], all, false),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "Apple_Terminal")], of_256, false),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")], all, false),
            (&[("TERM", "xterm")], of_16, true),
            (&[("TERM", "linux")], of_16, false),
            (&[("TERM", "dumb")], none, false),
            (&[("TERM", "vt220")], none, false),
            (&[("TERM", "xterm-kitty"), ("NO_COLOR", "1")], none, false),
            (&[], of_16, true),
        ];
        for (variables, depth, may_be_more) in table {
            let value = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let wanted = ColorSupport { depth: *depth, may_be_more: *may_be_more };
            assert_eq!(ColorSupport::of(&value), wanted, "{variables:?}");
        }
    }
}
