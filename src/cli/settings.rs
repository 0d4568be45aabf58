//! Combines arguments, configuration and defaults into the settings that other modules take.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::bail;

use super::args::{Args, Choices, Sandbox};
use super::cache::cache;
use super::warn;
use crate::app::{Action, Policy};
use crate::config::{self, Config, ConfigError, ConfigProblems, DefaultTheme};
use crate::deck::Options;
use crate::draw::DRAWS_MERMAID;
use crate::exec::{is_installed, sandbox_support};
use crate::media::Protocol;
use crate::present::{Settings, SpeakerSync, Transition};
use crate::project::{Execution, LoadOptions};
use crate::run::RunLimits;
use crate::theme::ByBackground;

/// Default time to wait for the terminal to report its background.
const BACKGROUND_TIMEOUT: Duration = Duration::from_millis(100);

/// The actions that have keys in a window of speaker notes: its position is the talk's.
const NOTES_ACTIONS: &[Action] = &[
    Action::ScrollDown,
    Action::ScrollUp,
    Action::ToggleHelp,
    Action::ToggleProblems,
    Action::ToggleMouse,
    Action::Reload,
    Action::Close,
    Action::Stop,
    Action::Suspend,
    Action::Exit,
];

/// The notice that presenterm's configuration was found.
const PRESENTERM_NOTICE: &str =
    "presenterm's configuration is not used; `livedeck config --import` converts it";

/// Returns the configuration for a deck. Prints its warnings.
pub(super) fn config(given: Option<&Path>, deck: Option<&Path>) -> anyhow::Result<Config> {
    let (config, mistakes) = config_of_talk(given, deck)?;
    match mistakes {
        Some(mistakes) => Err(ConfigError::Mistakes(mistakes).into()),
        None => Ok(config),
    }
}

/// Like [`config()`], but returns errors in the file beside the deck: the deck is presented anyway.
pub(super) fn config_of_talk(
    given: Option<&Path>,
    deck: Option<&Path>,
) -> anyhow::Result<(Config, Option<Box<ConfigProblems>>)> {
    let found = config::find(given, deck)?;
    found.warnings.iter().flat_map(ConfigProblems::warnings).for_each(|warning| warn(&warning));
    Ok((found.config, found.beside))
}

/// Returns the settings for presenting a deck.
///
/// # Errors
/// A sandbox is requested but not available.
pub(super) fn settings(args: &Args, deck: PathBuf, config: &Config) -> anyhow::Result<Settings> {
    let plain = default_settings(deck, &args.choices, config);
    let forced = args.image_protocol.as_deref();
    let speaker_sync = speaker_sync(args, &config.speaker_notes);
    let notes = matches!(speaker_sync, Some(SpeakerSync::Listen(_)));
    let is_config_chosen = args.choices.config.is_some() || config::is_named_by_environment();
    let notice = if is_config_chosen { None } else { config::presenterm_config_to_announce() };
    Ok(Settings {
        control: config.control && !notes,
        duration: args.stage.duration,
        start: args.stage.start,
        loops: args.stage.loops,
        serve: args.stage.serve.filter(|_| !notes),
        log: args.stage.log.clone(),
        load_options: args.variant.applied_to(LoadOptions { notes, ..plain.load_options }),
        execution: execution(config, args.sandbox)?,
        reload: !args.present,
        policy: Policy {
            exec: args.enable_snippet_execution || config.snippet.exec,
            replace: args.enable_snippet_execution_replace || config.snippet.exec_replace,
        },
        protocol: forced.map_or(plain.protocol, Protocol::named),
        validate_overflows: args.validate_overflows
            || config.defaults.validate_overflows.holds(args.present),
        validate_snippets: args.export.validate_snippets || config.snippet.validate,
        keymap: if notes { plain.keymap.only(NOTES_ACTIONS) } else { plain.keymap },
        speaker_sync,
        notice: notice.map(|_| PRESENTERM_NOTICE.to_owned()),
        ..plain
    })
}

/// Returns the settings for a deck without command-line flags.
pub(super) fn default_settings(deck: PathBuf, choices: &Choices, config: &Config) -> Settings {
    Settings {
        load_options: load_options(deck, choices.theme.clone(), config),
        reload: true,
        policy: Policy::default(),
        protocol: config.defaults.image_protocol,
        picture_blocks: config.defaults.picture_blocks,
        picture_memory: config.defaults.picture_memory.bytes(),
        color_depth: config.defaults.color_depth,
        large_text: config.defaults.large_text,
        mouse: config.defaults.mouse,
        links: config.defaults.links,
        cell: cell(config),
        keymap: config.bindings.keymap(),
        draw_threads: config.snippet.render_threads.into(),
        execution: unsandboxed(config),
        background_timeout: background_timeout(&config.defaults.theme),
        validate_overflows: false,
        validate_snippets: false,
        transition: transition(&config.transition),
        reduced_motion: config.options.reduced_motion,
        speaker_sync: None,
        control: false,
        duration: None,
        start: None,
        loops: false,
        serve: None,
        log: None,
        rehearses: false,
        notice: None,
    }
}

fn speaker_sync(args: &Args, config: &config::SpeakerNotes) -> Option<SpeakerSync> {
    if args.listen_speaker_notes {
        return Some(SpeakerSync::Listen(config.listen_address));
    }
    let publishes = args.publish_speaker_notes || config.always_publish;
    publishes.then_some(SpeakerSync::Publish(config.publish_address))
}

/// Returns the limits of one run.
fn limits(config: &config::SnippetConfig) -> RunLimits {
    RunLimits {
        timeout: config.timeout.map(|seconds| Duration::from_secs(seconds.into())),
        memory: config.memory.map(|mebibytes| u64::from(mebibytes) << 20),
        processes: config.processes,
    }
}

fn transition(config: &config::TransitionConfig) -> Option<Transition> {
    Some(Transition {
        motion: config.style?,
        duration: Duration::from_millis(config.duration_millis.into()),
        frames: config.frames.into(),
    })
}

/// Returns how a deck's code runs.
///
/// # Errors
/// A sandbox is requested but not available.
pub(super) fn execution(config: &Config, sandbox: Sandbox) -> anyhow::Result<Execution> {
    let sandbox = sandbox.chosen().or(config.snippet.sandbox);
    if let (Some(_), Err(why)) = (sandbox, sandbox_support()) {
        bail!("the sandbox requested by `--sandbox` or the configuration is not available: {why}");
    }
    Ok(Execution { sandbox, ..unsandboxed(config) })
}

/// Returns how code runs without a sandbox.
fn unsandboxed(config: &Config) -> Execution {
    let custom = config.executors();
    let (cache, temporary_cache) = cache();
    let limits = limits(&config.snippet);
    Execution { custom, limits, cache, temporary_cache, sandbox: None }
}

/// Returns the options for loading a deck.
pub(super) fn load_options(path: PathBuf, theme: Option<String>, config: &Config) -> LoadOptions {
    let default_theme = match config.defaults.theme.clone() {
        DefaultTheme::Named(name) => ByBackground { dark: name.clone(), light: name },
        DefaultTheme::ByBackground { light, dark, .. } => ByBackground { dark, light },
    };
    LoadOptions {
        theme,
        default_theme,
        options: options(config),
        drawings: config.drawings(),
        themes: config::theme_folders(),
        limits: config.defaults.limits,
        notebook_pictures: notebook_pictures(&path),
        ..LoadOptions::new(path)
    }
}

/// Returns the folder for the pictures of a notebook: one of the user's, for each notebook.
fn notebook_pictures(deck: &Path) -> Option<PathBuf> {
    if deck.extension().is_none_or(|extension| extension != "ipynb") {
        return None;
    }
    let (cache, temporary) = cache();
    let name = blake3::hash(deck.canonicalize().ok()?.as_os_str().as_encoded_bytes()).to_hex();
    temporary.is_none().then(|| cache.join("notebooks").join(&name[..16]))
}

/// Returns the deck options that the front matter overrides.
fn options(config: &Config) -> Options {
    let custom = config.snippet.custom.iter();
    let hidden_prefixes =
        custom.map(|(language, custom)| (language.clone(), custom.hidden_line_prefix.clone()));
    Options {
        hidden_prefixes: hidden_prefixes.collect(),
        has_mermaid_program: !DRAWS_MERMAID && is_installed(&config.mermaid.cli),
        ..config.options.clone()
    }
}

/// Returns how long to wait for the terminal to report its background.
fn background_timeout(theme: &DefaultTheme) -> Duration {
    let DefaultTheme::ByBackground { timeout, .. } = *theme else { return BACKGROUND_TIMEOUT };
    Duration::from_millis(timeout.into())
}

/// Returns the cell size in pixels to assume if the terminal does not report it.
fn cell(config: &Config) -> (u16, u16) {
    let width = u16::from(config.defaults.terminal_font_size.0);
    (width, width * 2)
}
