//! Which languages can run, for checking a deck without running it.

use std::collections::BTreeMap;

use super::custom::CustomExecutor;
use super::registry;

/// Returns why blocks of `language` cannot run with this executor; `None` if they can.
pub fn why_not_run(
    custom: &BTreeMap<String, CustomExecutor>,
    language: &str,
    alternative: Option<&str>,
) -> Option<String> {
    registry::find(custom, language, alternative).err()
}

/// Returns the names of all languages that can run.
pub fn languages(custom: &BTreeMap<String, CustomExecutor>) -> Vec<&str> {
    let mut names: Vec<&str> = registry::names().collect();
    names.extend(custom.keys().map(String::as_str));
    names
}
