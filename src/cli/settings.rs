//! Arguments over configuration over defaults, made into what the modules take.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::bail;

use super::args::{Args, Choices, Sandbox};
use super::cache::cache;
use super::warn;
use crate::app::Policy;
use crate::config::{self, Config, DefaultTheme, Mistakes};
use crate::deck::Options;
use crate::exec::sandbox_support;
use crate::media::Protocol;
use crate::present::{Settings, SpeakerSync, Transition};
use crate::project::{Execution, LoadOptions};
use crate::run::RunLimits;
use crate::theme::ByBackground;

/// How long the terminal may take to tell its background where nobody says.
const ANSWER: Duration = Duration::from_millis(100);

/// The configuration for a deck; says what of it does not count.
pub(super) fn config(given: Option<&Path>, deck: Option<&Path>) -> anyhow::Result<Config> {
    let (config, mistakes) = config_of_talk(given, deck)?;
    match mistakes {
        Some(mistakes) => Err(config::Error::Mistakes(mistakes).into()),
        None => Ok(config),
    }
}

/// As [`config()`]; mistakes of the file beside the deck are no reason not to present the deck.
pub(super) fn config_of_talk(
    given: Option<&Path>,
    deck: Option<&Path>,
) -> anyhow::Result<(Config, Option<Box<Mistakes>>)> {
    let found = config::find(given, deck)?;
    found.warnings.iter().flat_map(Mistakes::warnings).for_each(|warning| warn(&warning));
    Ok((found.config, found.beside))
}

/// How a deck is presented.
///
/// # Errors
/// A sandbox is asked for, and there can be none here.
pub(super) fn settings(args: &Args, deck: PathBuf, config: &Config) -> anyhow::Result<Settings> {
    let plain = plain(deck, &args.choices, config);
    let forced = args.image_protocol.as_deref();
    let follow = follow(args, &config.speaker_notes);
    let notes = matches!(follow, Some(SpeakerSync::Listen(_)));
    Ok(Settings {
        load_options: LoadOptions { notes, ..plain.load_options },
        execution: execution(config, args.sandbox)?,
        reload: !args.present,
        policy: Policy {
            exec: args.enable_snippet_execution || config.snippet.exec,
            replace: args.enable_snippet_execution_replace || config.snippet.exec_replace,
        },
        protocol: forced.map_or(plain.protocol, Protocol::named),
        validate_overflows: args.validate_overflows
            || config.defaults.validate_overflows.holds(args.present),
        validate_snippets: args.later.validate_snippets || config.snippet.validate,
        speaker_sync: follow,
        ..plain
    })
}

/// How a deck is presented where the command line says nothing about it.
pub(super) fn plain(deck: PathBuf, choices: &Choices, config: &Config) -> Settings {
    Settings {
        load_options: origin(deck, choices.theme.clone(), config),
        reload: true,
        policy: Policy::default(),
        protocol: config.defaults.image_protocol,
        color_depth: config.defaults.color_depth,
        cell: cell(config),
        keymap: config.bindings.keymap(),
        execution: outside(config),
        background_timeout: patience(&config.defaults.theme),
        validate_overflows: false,
        validate_snippets: false,
        transition: transition(&config.transition),
        speaker_sync: None,
    }
}

fn follow(args: &Args, config: &config::SpeakerNotes) -> Option<SpeakerSync> {
    if args.listen_speaker_notes {
        return Some(SpeakerSync::Listen(config.listen_address));
    }
    let tells = args.publish_speaker_notes || config.always_publish;
    tells.then_some(SpeakerSync::Tell(config.publish_address))
}

/// What one run may take.
fn limits(config: &config::Snippet) -> RunLimits {
    RunLimits {
        timeout: config.timeout.map(|seconds| Duration::from_secs(seconds.into())),
        memory: config.memory.map(|mebibytes| u64::from(mebibytes) << 20),
        processes: config.processes,
    }
}

fn transition(config: &config::Transition) -> Option<Transition> {
    Some(Transition {
        motion: config.style?,
        duration: Duration::from_millis(config.duration_millis.into()),
        frames: config.frames.into(),
    })
}

/// How a deck's code runs.
///
/// # Errors
/// A sandbox is asked for, and there can be none here.
pub(super) fn execution(config: &Config, sandbox: Sandbox) -> anyhow::Result<Execution> {
    let sandbox = sandbox.chosen().or(config.snippet.sandbox);
    if let (Some(_), Err(why)) = (sandbox, sandbox_support()) {
        bail!("the sandbox that `--sandbox` or the configuration asks for cannot be made: {why}");
    }
    Ok(Execution { sandbox, ..outside(config) })
}

/// How code runs that no sandbox was asked for.
fn outside(config: &Config) -> Execution {
    let custom = config.snippet.custom.clone();
    let (cache, temporary_cache) = cache();
    let limits = limits(&config.snippet);
    Execution { custom, limits, cache, temporary_cache, sandbox: None }
}

/// How a deck is read.
pub(super) fn origin(path: PathBuf, theme: Option<String>, config: &Config) -> LoadOptions {
    let default_theme = match config.defaults.theme.clone() {
        DefaultTheme::Named(name) => ByBackground { dark: name.clone(), light: name },
        DefaultTheme::ByBackground { light, dark, .. } => ByBackground { dark, light },
    };
    LoadOptions {
        theme,
        default_theme,
        options: options(config),
        themes: config::directory().map(|folder| folder.join("themes")),
        limits: config.defaults.limits,
        ..LoadOptions::new(path)
    }
}

/// What the deck's front matter goes over.
fn options(config: &Config) -> Options {
    let custom = config.snippet.custom.iter();
    let hidden_prefixes =
        custom.map(|(language, custom)| (language.clone(), custom.hidden_line_prefix.clone()));
    Options { hidden_prefixes: hidden_prefixes.collect(), ..config.options.clone() }
}

/// How long the terminal may take to tell its background.
fn patience(theme: &DefaultTheme) -> Duration {
    let DefaultTheme::ByBackground { timeout, .. } = *theme else { return ANSWER };
    Duration::from_millis(timeout.into())
}

/// A cell in pixels where the terminal does not say.
fn cell(config: &Config) -> (u16, u16) {
    let width = u16::from(config.defaults.terminal_font_size.0);
    (width, width * 2)
}
