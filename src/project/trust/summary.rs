//! Summarizes a deck for the trust prompt: its interpreter, crates, relevant files, and the changes
//! since it was trusted. Names come from the deck, so control characters are made visible.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::DeckFindings;
use super::collect::Collector;
use super::kernel;
use super::record::{self, GROUP_END, Record};
use crate::app::TrustSummary;
use crate::deck::{Crate, CrateOrigin, Deck, RemoteHost};
use crate::exec;
use crate::source::{excerpt, visible_line};

/// Returns the summary, with the changes since `known` was stored.
pub(super) fn summary(
    folder: &Path,
    deck: &Deck,
    findings: &DeckFindings,
    known: Option<&Record>,
) -> TrustSummary {
    let changes = known.map(|known| known.changes(&findings.record, &places(deck)));
    let is_trusted = findings.trouble.is_none() && changes.as_ref().is_some_and(Vec::is_empty);
    let named = deck.options.python_interpreter.as_deref();
    let mut here = deck.cells.iter().filter(|cell| cell.exec.remote.is_none());
    let has_python = here.any(|cell| &*cell.language == "python");
    let python = has_python.then(|| interpreter(folder, named));
    let kernels = kernel::named(folder, deck).into_iter().map(|kernel| kernel.words());
    let crates = record::crates(deck).into_iter().map(|it| describe_crate(folder, it));
    TrustSummary {
        is_trusted,
        changes: visible(changes.unwrap_or_default()),
        interpreter: python.map(|words| visible_line(&words).into_owned()),
        kernels: visible(kernels.collect()),
        machines: visible(machines(deck)),
        crates: visible(crates.collect()),
        files: visible(deciding(&findings.record)),
        unrememberable: findings.trouble.as_deref().map(|why| visible_line(why).into_owned()),
    }
}

fn visible(lines: Vec<String>) -> Vec<String> {
    lines.into_iter().map(|line| visible_line(&line).into_owned()).collect()
}

/// Names each block: its number, its slide, and its file if that is not the deck's own.
fn places(deck: &Deck) -> Vec<String> {
    let own = deck.sources.iter().next().map(|file| file.path().to_owned());
    let place = |(number, cell): (usize, &std::sync::Arc<crate::deck::Cell>)| {
        let file = deck.sources.get(cell.span.file).map(|file| file.path().to_owned());
        let slide = cell.slide.index() + 1;
        let of = file.filter(|file| Some(file) != own.as_ref());
        let of = of.map(|file| format!(", {}", file.display())).unwrap_or_default();
        format!("block {} (slide {slide}{of})", number + 1)
    };
    deck.cells.iter().enumerate().map(place).collect()
}

/// Returns the Python that will most likely run blocks, without starting one.
fn interpreter(folder: &Path, named: Option<&str>) -> String {
    match exec::likely_python(folder, named) {
        Ok(Some(found)) => {
            let version = found.version.map(|it| format!("{it}, ")).unwrap_or_default();
            format!("{} ({version}{})", found.program.display(), found.origin)
        }
        Ok(None) => "none found".to_owned(),
        Err(why) => why,
    }
}

/// Names the other machines that run blocks, and what they get.
fn machines(deck: &Deck) -> Vec<String> {
    let mut counts: BTreeMap<&RemoteHost, usize> = BTreeMap::new();
    for host in deck.cells.iter().filter_map(|cell| cell.exec.remote.as_deref()) {
        *counts.entry(host).or_default() += 1;
    }
    let describe = |(host, count): (&RemoteHost, usize)| {
        let blocks = if count == 1 { "block" } else { "blocks" };
        let copied = match host.sync.join(", ") {
            none if none.is_empty() => String::new(),
            paths => format!("; copies {paths} there"),
        };
        let way = match &host.jupyter {
            Some(server) => format!("Jupyter server, {}", server.token.words()),
            None => "ssh".to_owned(),
        };
        format!("{count} {blocks} on {} ({way}){copied}", host.name)
    };
    counts.into_iter().map(describe).collect()
}

/// Describes a crate: its version, and whether it has a build script.
fn describe_crate(folder: &Path, it: &Crate) -> String {
    let has_script = match &it.origin {
        CrateOrigin::Path(path) => has_build_script(&folder.join(path)),
        _ => {
            fetched(it.package.as_deref().unwrap_or(&it.name)).iter().any(|it| has_build_script(it))
        }
    };
    let script = if has_script { " (build script)" } else { "" };
    format!("{} {}{script}", excerpt(&it.name), excerpt(&record::specification(it)))
}

fn has_build_script(root: &Path) -> bool {
    let says_so = |toml: String| toml.lines().any(|line| line.trim_start().starts_with("build ="));
    root.join("build.rs").is_file()
        || Collector::text(&root.join("Cargo.toml")).is_some_and(says_so)
}

/// Returns the folders where cargo stores the downloaded versions of a crate.
fn fetched(name: &str) -> Vec<PathBuf> {
    let Some(home) = cargo_home() else { return Vec::new() };
    let Ok(registries) = std::fs::read_dir(home.join("registry/src")) else { return Vec::new() };
    let crates =
        registries.flatten().filter_map(|registry| std::fs::read_dir(registry.path()).ok());
    let crates = crates.flat_map(Iterator::flatten).filter(|entry| {
        let entry = entry.file_name();
        let version = entry.to_str().and_then(|entry| entry.strip_prefix(name)?.strip_prefix('-'));
        version.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
    });
    crates.map(|entry| entry.path()).collect()
}

#[expect(clippy::disallowed_methods, reason = "the user may have moved cargo's folder")]
fn cargo_home() -> Option<PathBuf> {
    let chosen = std::env::var_os("CARGO_HOME").filter(|folder| !folder.is_empty());
    chosen.map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

/// Returns the relevant files and groups of files, each once, without crates.
fn deciding(record: &Record) -> Vec<String> {
    let group = |label: &String| label.split(GROUP_END).next().unwrap_or_default().to_owned();
    let groups: BTreeSet<String> = record.files.keys().map(group).collect();
    groups.into_iter().filter(|group| !group.starts_with("crate ")).collect()
}
