//! Arguments that every command on a deck accepts.

use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};

use crate::exec::SandboxOptions;

/// Options that every command on a deck accepts.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Choices {
    /// Use this theme instead of the deck's.
    #[arg(short, long, value_name = "NAME")]
    pub(super) theme: Option<String>,
    /// Read only this configuration file.
    #[arg(
        short,
        long,
        visible_alias = "config-file",
        value_name = "FILE",
        value_hint = ValueHint::FilePath
    )]
    pub(super) config: Option<PathBuf>,
}

/// The sandbox flag.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Sandbox {
    /// Run the deck's code in a sandbox, without asking. It can read system files and the deck's
    /// folder, write only temporary files, and has no network unless you pass `--sandbox=net`. Linux
    /// only; see docs/SANDBOX.md.
    #[arg(long, value_name = "OPEN", num_args = 0..=1, require_equals = true)]
    #[expect(clippy::option_option, reason = "a flag whose value may be left out")]
    pub(super) sandbox: Option<Option<SandboxAccess>>,
}

/// A restriction that the sandbox lifts.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SandboxAccess {
    /// Allow network access.
    Net,
}

impl Sandbox {
    /// Returns the requested sandbox, if any.
    pub(super) fn chosen(self) -> Option<SandboxOptions> {
        self.sandbox.map(|opened| SandboxOptions { has_network: opened.is_some() })
    }
}
