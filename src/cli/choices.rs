//! Arguments that every command on a deck accepts.

use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};

use super::Usage;
use crate::deck::{Deck, DeckVariant};
use crate::exec::SandboxOptions;
use crate::parse;
use crate::project::LoadOptions;

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

/// Which slides are shown.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct VariantFlags {
    /// Of the slides with tags, show only those with one of these. Slides without tags are always shown.
    #[arg(long, value_name = "TAGS", value_parser = parse_tags)]
    pub(super) only: Vec<Tags>,
    /// Do not show slides with one of these tags.
    #[arg(long, value_name = "TAGS", value_parser = parse_tags)]
    pub(super) without: Vec<Tags>,
}

/// The tags of one flag.
#[derive(Clone, Debug)]
pub(super) struct Tags(Vec<String>);

fn parse_tags(text: &str) -> Result<Tags, String> {
    parse::tags(text).map(Tags).ok_or_else(|| "expected tags, such as `deep,workshop`".to_owned())
}

impl VariantFlags {
    /// Returns the options for loading this variant of the deck.
    pub(super) fn applied_to(&self, mut options: LoadOptions) -> LoadOptions {
        let all = |flags: &[Tags]| flags.iter().flat_map(|tags| tags.0.iter().cloned()).collect();
        options.options.variant =
            DeckVariant { only: all(&self.only), without: all(&self.without) };
        options
    }
}

/// Fails if the chosen variant names a tag that no slide has.
pub(super) fn check_variant(deck: &Deck) -> anyhow::Result<()> {
    match deck.options.variant.unknown(&deck.tags).first() {
        Some(tag) => Err(Usage(format!("no slide has the tag `{tag}`")).into()),
        None => Ok(()),
    }
}

/// The sandbox flag.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Sandbox {
    /// Run the deck's code in a sandbox, without asking. It can read system files and the deck's
    /// folder, write only temporary files, and has no network unless you pass `--sandbox=net`. Linux
    /// only; see `livedeck help sandbox`.
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
