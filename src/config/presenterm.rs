//! presenterm's configuration folder: its themes are used as they are; its `config.yaml`, which may
//! allow code to run, only if the user converts it.

#![expect(clippy::disallowed_methods, reason = "the environment says where configurations are")]

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::{Config, ConfigError, find};
use crate::diag::{Diagnostic, Severity};
use crate::files::{self, FileKind};
use crate::source::{FileId, SourceFile, Sources};
use crate::yaml;

/// presenterm's own variable with the path of its configuration.
const VARIABLE: &str = "PRESENTERM_CONFIG_FILE";

/// The file that remembers that the notice was shown.
const SHOWN: &str = "presenterm-notice";

/// Returns presenterm's configuration folder: `$XDG_CONFIG_HOME/presenterm` or
/// `~/.config/presenterm`, or on macOS the one in `~/Library/Application Support` if only that exists.
fn presenterm_directory() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    let usual = base.config_dir().join("presenterm");
    let native = base.home_dir().join("Library/Application Support/presenterm");
    Some(if cfg!(target_os = "macos") && !usual.is_dir() && native.is_dir() {
        native
    } else {
        usual
    })
}

/// Returns the folders with the user's themes: livedeck's own, then presenterm's.
pub fn theme_folders() -> Vec<PathBuf> {
    let folders = [find::directory(), presenterm_directory()];
    folders.into_iter().flatten().map(|folder| folder.join("themes")).collect()
}

/// Returns presenterm's configuration file if it exists and the user has none for livedeck.
pub fn unused_presenterm_config() -> Option<PathBuf> {
    let own = find::directory()?.join("config.yaml");
    config_file().filter(|theirs| theirs.is_file() && !own.exists())
}

/// Like [`unused_presenterm_config`], but returns a file only once, for a notice.
pub fn presenterm_config_to_announce() -> Option<PathBuf> {
    let file = unused_presenterm_config()?;
    let base = etcetera::choose_base_strategy().ok()?;
    let folder = base.state_dir().unwrap_or_else(|| base.data_dir()).join("livedeck");
    let shown = folder.join(SHOWN);
    // If this cannot be remembered, the notice would be shown at every start.
    let is_first = !shown.exists()
        && files::private_folder(&folder).is_ok()
        && files::write_private(&shown, file.as_os_str().as_encoded_bytes()).is_ok();
    is_first.then_some(file)
}

/// Converts presenterm's configuration to ours: the same text, with keys commented out that livedeck
/// does not have.
///
/// # Errors
/// There is no such file, it cannot be read, or it has errors that this does not remove.
pub fn import() -> Result<String, ConfigError> {
    let file = config_file().unwrap_or_else(|| PathBuf::from("presenterm/config.yaml"));
    let unreadable = |error| ConfigError::Unreadable(file.clone(), error);
    let text = files::read_text(&file, FileKind::Text).map_err(unreadable)?;
    converted(&text, &file)
}

fn config_file() -> Option<PathBuf> {
    let named = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| presenterm_directory().map(|folder| folder.join("config.yaml")))
}

fn converted(text: &str, file: &Path) -> Result<String, ConfigError> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    loop {
        let text = lines.join("\n") + "\n";
        let mut config = Config::default();
        let found = config.read(&text, FileId(0));
        let Some(mistake) = found.iter().find(|found| found.severity == Severity::Error) else {
            return Ok(format!("{}{text}", head(&config, file)));
        };
        if yaml::parse(&text).is_err() || !comment_out(&mut lines, &text, mistake) {
            let mut sources = Sources::default();
            sources.add(SourceFile::new(file, text));
            return Err(ConfigError::mistakes(found, sources));
        }
    }
}

/// Returns the comment at the start of the file.
fn head(config: &Config, file: &Path) -> String {
    let mut head = format!("# Converted from {}.\n", file.display());
    for (is_enabled, key) in
        [(config.snippet.exec, "exec"), (config.snippet.exec_replace, "exec_replace")]
    {
        if is_enabled {
            head += "# `snippet.";
            head += key;
            head += ".enable` lets every deck run code without asking.\n";
        }
    }
    head
}

/// Comments out the key at a mistake, with everything under it. Returns whether that was possible.
fn comment_out(lines: &mut Vec<String>, text: &str, mistake: &Diagnostic) -> bool {
    let at = text[..(mistake.span.start as usize).min(text.len())].matches('\n').count();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let Some(first) = lines.get(at).filter(|line| line.contains(':')) else { return false };
    if first.trim_start().starts_with('#') {
        return false;
    }
    let depth = indent(first);
    let under = lines[at + 1..]
        .iter()
        .take_while(|line| {
            line.trim().is_empty()
                || indent(line) > depth
                || line.trim_start().starts_with("- ") && indent(line) == depth
        })
        .count();
    for line in &mut lines[at..=at + under] {
        if !line.trim().is_empty() {
            *line = format!("# {line}");
        }
    }
    lines.insert(at, format!("# livedeck: {}", mistake.message));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presenterm_config_is_converted() {
        let text = "defaults:\n  theme: light\n  novelty:\n    deep: 1\n\nsnippet:\n  exec:\n    \
                    enable: true\n";
        let converted = converted(text, Path::new("/home/me/config.yaml")).unwrap();
        insta::assert_snapshot!(converted, @"
        # Converted from /home/me/config.yaml.
        # `snippet.exec.enable` lets every deck run code without asking.
        defaults:
          theme: light
        # livedeck: `defaults` has no key `novelty`
        #   novelty:
        #     deep: 1

        snippet:
          exec:
            enable: true
        ");
        let mut config = Config::default();
        assert_eq!(config.read(&converted, FileId(0)), []);
        assert!(config.snippet.exec);
    }

    #[test]
    fn broken_config_is_not_converted() {
        assert!(converted("defaults: [\n", Path::new("config.yaml")).is_err());
        assert!(converted("[1, 2]\n", Path::new("config.yaml")).is_err());
    }
}
