//! The stored record of an allowed deck: its blocks with everything that determines how they run, the
//! options that choose what runs them, and the relevant files around the deck. Every entry has a name,
//! which is used to report changes.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::deck::{Cell, Crate, CrateOrigin, Deck, ModuleAbi, OutputMode, Profile, Replay, Start};
use crate::source::excerpt;

/// Version of the format. Records of other versions are ignored.
const FORMAT: u32 = 1;

/// Maximum number of changes to list; the rest are counted.
const MAX_CHANGES: usize = 12;

/// Maximum number of files to list per group; the rest are counted.
const MAX_FILES_NAMED: usize = 3;

/// Separates the group of a file (`crate ./dep`) from its name (`build.rs`).
pub(super) const GROUP_END: &str = ": ";

/// Everything that determines what a deck runs, when, and with which programs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    format: u32,
    /// The blocks, in deck order.
    blocks: Vec<TrustedBlock>,
    /// Options that apply to all blocks, by name.
    options: BTreeMap<String, String>,
    /// Hashes of the files around the deck, by `name` or `group: name`.
    pub(super) files: BTreeMap<String, String>,
}

/// The attributes of a block by name, without those at their default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct TrustedBlock(BTreeMap<String, String>);

/// Attribute: hash of the block's code.
const CODE: &str = "code";
/// Attribute: its language.
const LANGUAGE: &str = "language";
/// Attribute: what starts it.
const START: &str = "start";
/// Attribute: the other machine that runs it.
const MACHINE: &str = "machine";
/// Prefix of attributes for environment variables.
const VARIABLE: &str = "variable ";
/// Prefix of options for crates.
const CRATE: &str = "crate ";

impl Record {
    /// Creates the record of a deck from the files around it and the user's executors.
    pub(super) fn new(
        deck: &Deck,
        files: BTreeMap<String, String>,
        executors: BTreeMap<String, String>,
    ) -> Self {
        let blocks = deck.cells.iter().map(|cell| TrustedBlock::new(cell)).collect();
        let mut options = executors;
        let mut set = |name: &str, value: Option<&str>| {
            options.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        };
        set("options.python.interpreter", deck.options.python_interpreter.as_deref());
        let preload = deck.options.python_preload.join(", ");
        set("options.python.preload", Some(preload.as_str()).filter(|all| !all.is_empty()));
        set("options.replay", replay(deck.options.replay));
        let remote = &deck.options.remote;
        set("options.remote.python", remote.python.as_deref());
        set("options.remote.folder", remote.folder.as_deref());
        let sync = remote.sync.join(", ");
        set("options.remote.sync", Some(sync.as_str()).filter(|all| !all.is_empty()));
        let servers =
            deck.cells.iter().filter_map(|cell| cell.exec.remote.as_ref()?.jupyter.as_ref());
        for server in servers.take(1) {
            set("options.jupyter.url", Some(&format!("{}{}", server.url.place(), server.url.path)));
            set("options.jupyter.token", Some(&server.token.words()));
        }
        for it in crates(deck) {
            set(&format!("{CRATE}{}", it.name), Some(&specification(it)));
        }
        Self { format: FORMAT, blocks, options, files }
    }

    /// Returns whether the record has the current format.
    pub(super) fn is_readable(&self) -> bool {
        self.format == FORMAT
    }

    /// Returns the differences to `new`, one line each; `places` are the names of its blocks.
    pub(super) fn changes(&self, new: &Self, places: &[String]) -> Vec<String> {
        let mut changes = self.changed_blocks(new, places);
        changes.extend(self.changed_options(new));
        changes.extend(self.changed_files(new));
        let more = changes.len().saturating_sub(MAX_CHANGES);
        if more > 0 {
            changes.truncate(MAX_CHANGES);
            changes.push(format!("and {more} more changes"));
        }
        changes
    }

    fn changed_blocks(&self, new: &Self, places: &[String]) -> Vec<String> {
        let mut old: Vec<Option<&TrustedBlock>> = self.blocks.iter().map(Some).collect();
        let mut pairs: Vec<Option<&TrustedBlock>> = vec![None; new.blocks.len()];
        pair_up(&mut old, &mut pairs, &new.blocks, |block| block.0.iter().collect());
        for keys in [&[LANGUAGE, CODE][..], &[LANGUAGE]] {
            pair_up(&mut old, &mut pairs, &new.blocks, |block| {
                block.0.iter().filter(|(key, _)| keys.contains(&key.as_str())).collect()
            });
        }
        let mut changes = Vec::new();
        for ((block, before), place) in new.blocks.iter().zip(&pairs).zip(places) {
            match before {
                Some(before) => changes.extend(before.changes(block, place)),
                None => changes.push(format!("{place} is new{}", block.new_words())),
            }
        }
        let gone = old.iter().flatten().count();
        if gone > 0 {
            changes.push(format!(
                "{gone} {} removed",
                if gone == 1 { "block was" } else { "blocks were" }
            ));
        } else if changes.is_empty() && self.blocks != new.blocks {
            changes.push("the blocks are in a different order".to_owned());
        }
        changes
    }

    fn changed_options(&self, new: &Self) -> Vec<String> {
        let differences = differences(&self.options, &new.options);
        let words = differences.map(|(name, before, after)| match name.strip_prefix(CRATE) {
            Some(name) => {
                let name = excerpt(name);
                match (before, after) {
                    (None, Some(after)) => {
                        format!("cargo manifest: `{name}` is new ({})", excerpt(after))
                    }
                    (Some(_), None) => format!("cargo manifest: `{name}` was removed"),
                    (before, after) => {
                        let [before, after] =
                            [before, after].map(|it| excerpt(it.map_or("", String::as_str)));
                        format!("cargo manifest: `{name}` changed from {before} to {after}")
                    }
                }
            }
            None => format!("`{}` {}", excerpt(name), verb(before.is_some(), after.is_some())),
        });
        words.collect()
    }

    fn changed_files(&self, new: &Self) -> Vec<String> {
        let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (label, before, after) in differences(&self.files, &new.files) {
            let (group, name) = label.split_once(GROUP_END).unwrap_or((label, ""));
            let is_in = |record: &Self| record.files.keys().any(|known| is_of_group(known, group));
            let (was, is) = (is_in(self), is_in(new));
            let whole = name.is_empty() || was != is;
            let changed = if whole {
                format!("{group} {}", verb(was, is))
            } else {
                format!("{label} {}", verb(before.is_some(), after.is_some()))
            };
            let known = groups.entry(group).or_default();
            if !known.contains(&changed) {
                known.push(changed);
            }
        }
        let mut changes = Vec::new();
        for (group, mut lines) in groups {
            let more = lines.len().saturating_sub(MAX_FILES_NAMED);
            lines.truncate(MAX_FILES_NAMED);
            changes.extend(lines);
            if more > 0 {
                changes.push(format!("{group}: {more} more files"));
            }
        }
        changes
    }

    /// Returns this record updated for a new text of the deck, with the new blocks and options.
    /// Files change only if the new text adds or removes them: `before` and `after` are records of the
    /// old and the new text at the same time.
    pub(super) fn edited(&self, before: &Self, after: &Self) -> Self {
        let mut edited = after.clone();
        edited.files.clone_from(&self.files);
        edited.files.retain(|label, _| {
            after.files.contains_key(label) || !before.files.contains_key(label)
        });
        for (label, hash) in &after.files {
            if !before.files.contains_key(label) {
                edited.files.insert(label.clone(), hash.clone());
            }
        }
        edited
    }
}

impl TrustedBlock {
    fn new(cell: &Cell) -> Self {
        let exec = &cell.exec;
        let mut attributes = BTreeMap::new();
        let mut set = |name: &str, value: Option<&str>| {
            attributes.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        };
        set(LANGUAGE, Some(&cell.language));
        set(CODE, Some(&hash(cell.code.as_bytes())));
        set("executor", exec.alternative.as_deref());
        set(START, start(exec.start));
        set("form", form(exec.output_mode));
        set("terminal", exec.pty.map(|_| "own"));
        set("timeout", exec.timeout_ms.map(|limit| limit.to_string()).as_deref());
        set("input", exec.input.as_deref().map(|input| hash(input.as_bytes())).as_deref());
        set("session", exec.session.as_deref());
        set("bench", exec.bench.as_deref());
        set(MACHINE, exec.remote.as_ref().map(|host| &*host.name));
        set("module", exec.module.as_ref().map(|module| &*module.name));
        set("check", cell.check.validates.then_some("runs"));
        set("check executor", cell.check.alternative.as_deref());
        if let Some(build) = exec.rust.as_deref() {
            set("edition", build.edition.as_deref());
            set("profile", profile(build.profile));
            set("pyo3", (build.module_abi == ModuleAbi::Stable).then_some("abi3"));
            let crates: Vec<_> = build.crates.iter().map(|it| format!("{it:?}")).collect();
            set("crates", Some(&hash(crates.join("\n").as_bytes())));
        }
        for (name, _) in &exec.environment {
            let values = exec.environment.iter().filter(|(known, _)| known == name);
            let values: Vec<&str> = values.map(|(_, value)| &**value).collect();
            set(&format!("{VARIABLE}{name}"), Some(&hash(values.join("\0").as_bytes())));
        }
        Self(attributes)
    }

    fn changes(&self, new: &Self, place: &str) -> Vec<String> {
        let words = differences(&self.0, &new.0).map(|(name, before, after)| {
            let value = || excerpt(after.or(before).map_or("", String::as_str));
            let is_there = after.is_some();
            match name.as_str() {
                CODE => format!("{place} changed"),
                START => format!("{place}{}", new.start_words()),
                "executor" if is_there => format!("{place} now runs with `+exec:{}`", value()),
                MACHINE if is_there => format!("{place} now runs on `{}`", value()),
                MACHINE => format!("{place} now runs on this machine"),
                "form" if is_there => format!("{place} now {}", value()),
                "module" if is_there => format!("{place} is now the module `{}`", value()),
                "session" if is_there => format!("{place} is now in the session `{}`", value()),
                "crates" => format!("{place}: its cargo manifest changed"),
                name => match name.strip_prefix(VARIABLE) {
                    Some(variable) => {
                        let verb = verb(before.is_some(), is_there);
                        format!("{place}: variable `{}` {verb}", excerpt(variable))
                    }
                    None => format!("{place}: its {name} changed"),
                },
            }
        });
        words.collect()
    }

    /// Describes what starts a new block.
    fn new_words(&self) -> &'static str {
        match self.0.get(START).map(String::as_str) {
            Some(AUTO) => " and runs automatically",
            _ => "",
        }
    }

    /// Describes what starts a changed block.
    fn start_words(&self) -> &'static str {
        match self.0.get(START).map(String::as_str) {
            Some(AUTO) => " now runs automatically",
            Some(_) => " now runs only in checks",
            None => " now waits for a key",
        }
    }
}

/// Attributes of a block with their values.
type AttributeList<'b> = Vec<(&'b String, &'b String)>;

/// Pairs each unpaired block with the first old block with the same key.
fn pair_up<'b>(
    old: &mut [Option<&'b TrustedBlock>],
    pairs: &mut [Option<&'b TrustedBlock>],
    new: &'b [TrustedBlock],
    key: impl Fn(&'b TrustedBlock) -> AttributeList<'b>,
) {
    let mut places: BTreeMap<AttributeList<'b>, VecDeque<usize>> = BTreeMap::new();
    for (at, block) in old.iter().enumerate() {
        if let Some(block) = block {
            places.entry(key(block)).or_default().push_back(at);
        }
    }
    for (block, pair) in new.iter().zip(pairs).filter(|(_, pair)| pair.is_none()) {
        if let Some(at) = places.get_mut(&key(block)).and_then(VecDeque::pop_front) {
            *pair = old[at].take();
        }
    }
}

/// Returns the entries that differ: name, old value, new value.
fn differences<'r>(
    before: &'r BTreeMap<String, String>,
    after: &'r BTreeMap<String, String>,
) -> impl Iterator<Item = (&'r String, Option<&'r String>, Option<&'r String>)> {
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let names = after.keys().chain(gone);
    let both = names.map(|name| (name, before.get(name), after.get(name)));
    both.filter(|(_, before, after)| before != after)
}

fn is_of_group(label: &str, group: &str) -> bool {
    label.strip_prefix(group).is_some_and(|rest| rest.is_empty() || rest.starts_with(GROUP_END))
}

fn verb(was: bool, is: bool) -> &'static str {
    match (was, is) {
        (false, _) => "was added",
        (true, false) => "was removed",
        (true, true) => "changed",
    }
}

/// Returns every crate that a block may use, each once.
pub(super) fn crates(deck: &Deck) -> Vec<&Crate> {
    let builds = deck.cells.iter().filter_map(|cell| cell.exec.rust.as_deref());
    let mut crates: Vec<&Crate> = Vec::new();
    for it in builds.flat_map(|build| &build.crates) {
        if !crates.contains(&it) {
            crates.push(it);
        }
    }
    crates
}

/// Formats a crate's specification: `1.0`, `path ./dep`, `1, features derive`.
pub(super) fn specification(it: &Crate) -> String {
    let mut words = match &it.origin {
        CrateOrigin::CratesIo => it.version.as_deref().unwrap_or("any version").to_owned(),
        CrateOrigin::Registry(name) => {
            format!("{} from {name}", it.version.as_deref().unwrap_or("any version"))
        }
        CrateOrigin::Path(path) => format!("path {}", path.display()),
        CrateOrigin::Git(address, None) => format!("git {address}"),
        CrateOrigin::Git(address, Some((kind, name))) => format!("git {address} {kind} {name}"),
    };
    if let Some(package) = &it.package {
        let _ = write!(words, ", package {package}");
    }
    if !it.default_features {
        words += ", no default features";
    }
    if !it.features.is_empty() {
        let _ = write!(words, ", features {}", it.features.join(" "));
    }
    words
}

/// Returns the hash to store in a record.
pub(super) fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// Value of [`START`] for autorun blocks.
const AUTO: &str = "auto";

fn start(start: Start) -> Option<&'static str> {
    match start {
        Start::OnKey => None,
        Start::Auto => Some(AUTO),
        Start::OnCheck => Some("check"),
    }
}

fn form(form: OutputMode) -> Option<&'static str> {
    match form {
        OutputMode::Below => None,
        OutputMode::Replace => Some("is replaced by its output"),
        OutputMode::Picture => Some("becomes a picture"),
        OutputMode::Handover => Some("gets the terminal"),
    }
}

fn profile(profile: Profile) -> Option<&'static str> {
    match profile {
        Profile::Quick => None,
        Profile::Release => Some("release"),
        Profile::Debug => Some("debug"),
    }
}

fn replay(replay: Replay) -> Option<&'static str> {
    match replay {
        Replay::Never => None,
        Replay::OnFailure => Some("on_failure"),
        Replay::OnTimeout => Some("on_timeout"),
        Replay::UntilRun => Some("until_run"),
        Replay::Always => Some("always"),
    }
}
