//! Arguments that every command on a deck accepts.

use std::path::PathBuf;

use clap::ValueHint;

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
