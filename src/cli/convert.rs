//! `livedeck convert`: writes a notebook as a deck, its saved outputs as the deck's recording, and its
//! attached pictures.

#![expect(clippy::disallowed_methods, reason = "writes the deck")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use time::OffsetDateTime;

use super::args::ConvertArgs;
use super::settings;
use crate::config::Config;
use crate::deck::CellId;
use crate::files::{self, FileKind};
use crate::headless::capture;
use crate::notebook::{self, NotebookFormat};
use crate::project::{LoadedDeck, load, recording_folder, save_recording};
use crate::recording::{PlannedRun, Purpose, Recording, block_positions, file_names, merge};
use crate::run::State;
use crate::source::visible_line;

/// Converts a notebook. Returns what was written.
pub(super) fn convert(args: &ConvertArgs) -> anyhow::Result<String> {
    let notebook = &args.notebook;
    let deck = args.output.clone().unwrap_or_else(|| notebook.with_extension("md"));
    if deck == Path::new("-") {
        bail!("a deck is written with its recording and pictures beside it: `-o` needs a file");
    }
    if deck.canonicalize().is_ok_and(|deck| notebook.canonicalize().is_ok_and(|it| it == deck)) {
        bail!("{} is the notebook itself", super::quoted(&deck));
    }
    if !args.force && deck.exists() {
        bail!("{} exists; `--force` replaces it", super::quoted(&deck));
    }
    let text =
        files::read_text(notebook, FileKind::Recording).with_context(|| super::quoted(notebook))?;
    let Some(format) = NotebookFormat::of(notebook, &text) else {
        bail!(
            "{} is not a notebook: neither a `.ipynb` file nor a `.py` file with `# %%` cells",
            super::quoted(notebook)
        );
    };
    let stem = deck.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let pictures = format!("{stem}_files");
    let converted = notebook::read(format, &text, &pictures)
        .map_err(anyhow::Error::msg)
        .with_context(|| super::quoted(notebook))?;
    write_pictures(&deck.with_file_name(&pictures), &converted.pictures)?;
    std::fs::write(&deck, &converted.text).with_context(|| super::quoted(&deck))?;
    let shown = |path: &Path| visible_line(&path.to_string_lossy()).into_owned();
    let mut report = format!("{}\n", shown(&deck));
    if let Some((folder, blocks)) = record_outputs(notebook, &deck)? {
        let blocks = super::counted(blocks, "block");
        report = format!("{report}{}: {blocks}\n", shown(&folder));
    }
    Ok(report)
}

fn write_pictures(folder: &Path, pictures: &[(String, Vec<u8>)]) -> anyhow::Result<()> {
    if pictures.is_empty() {
        return Ok(());
    }
    std::fs::create_dir_all(folder).with_context(|| super::quoted(folder))?;
    for (name, bytes) in pictures {
        let file = folder.join(name);
        std::fs::write(&file, bytes).with_context(|| super::quoted(&file))?;
    }
    Ok(())
}

/// Saves the notebook's outputs as the recording of the deck. Returns its folder and the number of its
/// blocks, or none if there are no outputs.
fn record_outputs(notebook: &Path, deck: &Path) -> anyhow::Result<Option<(PathBuf, usize)>> {
    let read = |path: &Path| -> anyhow::Result<LoadedDeck> {
        let options = settings::load_options(path.to_owned(), None, &Config::default());
        load(&options, None).with_context(|| super::quoted(path))
    };
    // Both have the same text, so a cell has the same id in both.
    let (saved, written) = (read(notebook)?.recorded, read(deck)?);
    let names = file_names(&block_positions(&written.deck));
    let (mut rounds, mut pictures, mut dates) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    for (&cell, run) in &saved {
        let State::Ended(outcome) = &run.state else { continue };
        let name = names.get(cell.0 as usize).cloned().unwrap_or_default();
        let captured = capture(run, outcome.clone(), &name);
        pictures.extend(captured.pictures);
        rounds.push((PlannedRun { cell, purpose: Purpose::Show }, captured.ran));
        dates.insert(cell, run.origin.recorded.clone().filter(|date| !date.is_empty()));
    }
    if rounds.is_empty() {
        return Ok(None);
    }
    let cells: BTreeSet<CellId> = saved.keys().copied().collect();
    let today = OffsetDateTime::now_utc().date().to_string();
    let nothing = Recording::default();
    let mut merged = merge(&written.deck, &nothing, (&cells, &rounds), &today).recording;
    for (entry, date) in merged.entries.iter_mut().zip(dates.into_values()) {
        entry.date = date.map_or(today.clone(), Into::into);
    }
    let folder = recording_folder(deck);
    save_recording(deck, &merged, &pictures, &nothing).with_context(|| super::quoted(&folder))?;
    Ok(Some((folder, merged.entries.len())))
}
