//! Which languages run here, for checking a deck without running it.

use std::collections::BTreeMap;

use super::custom::CustomExecutor;
use super::registry;

/// Why no block of `language` can run with this executor; `None` if it can.
pub fn why_not_run(
    custom: &BTreeMap<String, CustomExecutor>,
    language: &str,
    alternative: Option<&str>,
) -> Option<String> {
    registry::find(custom, language, alternative).err()
}

/// The languages that run, by their usual names.
pub fn languages(custom: &BTreeMap<String, CustomExecutor>) -> Vec<&str> {
    let mut names: Vec<&str> = registry::names().collect();
    names.extend(custom.keys().map(String::as_str));
    names
}
