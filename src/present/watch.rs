//! Watches the deck's files and reloads them when they change, on a separate thread.
//!
//! Watches folders, not files: editors save by renaming over the old file, and a missing file may be
//! created later. A save often causes several events; the deck is reloaded after [`SAVE_DEBOUNCE`]
//! without another event.

#![expect(clippy::disallowed_methods, reason = "the shell reads files and the clock")]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};
use notify::{EventKind, RecommendedWatcher};

use super::LoopEvent;
use super::channel::EventSender;
use super::link_chain::link_chain;
use super::watched_folders::WatchedFolders;
use crate::files::{DeadlineReader, FileKind};
use crate::project::{self, FILES_TIMEOUT, LoadOptions, LoadedDeck, folder};
use crate::source::SourceFile;

/// Time without events after which a save is complete.
const SAVE_DEBOUNCE: Duration = Duration::from_millis(6);
/// How long to wait before reading an empty or missing deck again: editors truncate files first.
const RETRY_DELAY: Duration = Duration::from_millis(120);

/// Time limit for reloading. After it, the deck is reloaded with the next save.
const RELOAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Time limit for comparing the files with the loaded deck.
const COMPARE_TIMEOUT: Duration = Duration::from_secs(2);

/// What is shown if the deck cannot be read.
const LAST_GOOD: &str = "showing the last good deck";

/// Time limit for ending all watches. The thread may be reading from a lost network share.
const END_TIMEOUT: Duration = Duration::from_millis(20);

/// Maximum age of a save that was possibly missed: longer than it takes to start watching.
const RECENT_SAVE: Duration = Duration::from_secs(3);

/// A message for the thread.
enum WatchMessage {
    /// These paths changed.
    Touched(Vec<PathBuf>),
    /// Reload, even without changes.
    Reload,
    /// The deck was loaded elsewhere.
    Shown(Box<LoadedDeck>),
    /// Watch these files too.
    Watch(Vec<PathBuf>),
    /// Watch nothing any more, and drop this then.
    End(Sender<()>),
}

/// Handle of the thread.
pub(super) struct Watch {
    messages: Sender<WatchMessage>,
    /// The pictures that were sent last.
    pictures: Vec<PathBuf>,
}

impl Watch {
    /// Starts the thread. Without `automatic`, only [`Watch::reload`] reloads the deck.
    pub(super) fn start(
        load_options: LoadOptions,
        loaded: LoadedDeck,
        automatic: bool,
        sender: EventSender,
    ) -> std::io::Result<Self> {
        let (messages, receiver) = unbounded();
        let touched = messages.clone();
        std::thread::Builder::new().name("watch".to_owned()).spawn(move || {
            let watcher = automatic.then(|| folder_watcher(touched)).and_then(Result::ok);
            let folders = WatchedFolders::new(watcher);
            let mut thread = WatchThread {
                load_options,
                loaded,
                folders,
                pictures: Vec::new(),
                chains: BTreeMap::new(),
                has_failed: false,
            };
            thread.watch_files();
            thread.catch_up(&sender);
            thread.run(&receiver, &sender);
        })?;
        Ok(Self { messages, pictures: Vec::new() })
    }

    /// Reports that the deck was loaded elsewhere.
    pub(super) fn shown(&self, loaded: &LoadedDeck) {
        let _ = self.messages.send(WatchMessage::Shown(Box::new(loaded.clone())));
    }

    /// Reloads the deck.
    pub(super) fn reload(&self) {
        // The thread never ends before the program.
        let _ = self.messages.send(WatchMessage::Reload);
    }

    /// Watches these pictures too, including missing ones.
    pub(super) fn pictures(&mut self, files: Vec<PathBuf>) {
        if self.pictures != files {
            self.pictures.clone_from(&files);
            let _ = self.messages.send(WatchMessage::Watch(files));
        }
    }

    /// Ends all watches. Else the system ends them when the program exits, and delays that by some 10
    /// milliseconds (Linux waits until nothing uses them).
    pub(super) fn end(&self) {
        let (ended, is_ended) = crossbeam_channel::bounded(0);
        let _ = self.messages.send(WatchMessage::End(ended));
        let _ = is_ended.recv_timeout(END_TIMEOUT);
    }
}

fn folder_watcher(messages: Sender<WatchMessage>) -> notify::Result<RecommendedWatcher> {
    notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        if !matches!(event.kind, EventKind::Access(_)) {
            let _ = messages.send(WatchMessage::Touched(event.paths));
        }
    })
}

/// State of the thread.
struct WatchThread {
    load_options: LoadOptions,
    loaded: LoadedDeck,
    folders: WatchedFolders,
    pictures: Vec<PathBuf>,
    /// The paths whose change changes a file: itself, links on its way, and where they lead.
    chains: BTreeMap<PathBuf, Vec<PathBuf>>,
    /// Whether the last read failed, which is on the screen.
    has_failed: bool,
}

impl WatchThread {
    fn run(&mut self, receiver: &Receiver<WatchMessage>, sender: &EventSender) {
        while let Ok(message) = receiver.recv() {
            match message {
                WatchMessage::Reload => self.read(true, sender),
                WatchMessage::Shown(loaded) => self.loaded = *loaded,
                WatchMessage::End(_ended) => self.folders.watch(BTreeSet::new()),
                WatchMessage::Watch(files) => {
                    let new: Vec<_> = files
                        .iter()
                        .filter(|file| !self.pictures.contains(file))
                        .cloned()
                        .collect();
                    self.pictures = files;
                    self.watch_files();
                    // It may have been saved after it was read and before it was watched.
                    if self.folders.are_watched() && new.iter().any(|file| was_saved_just_now(file))
                    {
                        sender.send(LoopEvent::PicturesChanged);
                    }
                }
                WatchMessage::Touched(mut paths) => {
                    let names = self.settle(receiver, &mut paths);
                    // All files in a new folder count as changed.
                    let is_back = self.folders.came_back(&paths);
                    let has_changed = |file: &Path| self.chain(file).any(|it| is_named(it, &names));
                    let has_picture = self.pictures.iter().any(|file| has_changed(file));
                    let has_text = self.texts().any(has_changed);
                    if !names.is_empty() {
                        // A link may lead elsewhere now.
                        self.watch_files();
                    }
                    if is_back || has_picture {
                        sender.send(LoopEvent::PicturesChanged);
                    }
                    if is_back || has_text {
                        self.read(false, sender);
                    }
                }
            }
        }
    }

    /// Reloads the deck if one of its files was saved after it was loaded and before it was watched.
    fn catch_up(&mut self, sender: &EventSender) {
        let reader = DeadlineReader::until(Instant::now() + COMPARE_TIMEOUT);
        if self.folders.are_watched() && self.texts().any(|file| !self.is_shown(file, &reader)) {
            self.read(false, sender);
        }
    }

    /// Returns whether a file is unchanged.
    fn is_shown(&self, file: &Path, reader: &DeadlineReader) -> bool {
        let shown = self.loaded.deck.sources.iter().find(|source| source.path() == file);
        let Ok(saved) = reader.read_if_new(file, FileKind::Recording, FILES_TIMEOUT + RECENT_SAVE)
        else {
            return shown.is_none();
        };
        saved.is_none()
            || saved.as_deref().map(String::from_utf8_lossy).as_deref()
                == shown.map(SourceFile::text)
    }

    /// Returns the deck's text files.
    fn texts(&self) -> impl Iterator<Item = &Path> {
        let files = self.loaded.deck.files.iter().map(PathBuf::as_path);
        files
            .chain([self.load_options.path.as_path()])
            .filter(|file| !self.load_options.is_pipe(file))
    }

    /// Reloads the deck and sends it if it changed, or if `forced`.
    fn read(&mut self, forced: bool, sender: &EventSender) {
        let mut read = project::load_within(RELOAD_TIMEOUT, &self.load_options, &self.loaded);
        if read.as_ref().map_or(true, is_empty) && !is_empty(&self.loaded) {
            std::thread::sleep(RETRY_DELAY);
            read = project::load_within(RELOAD_TIMEOUT, &self.load_options, &self.loaded);
        }
        match read {
            Ok(loaded) if is_empty(&loaded) && !is_empty(&self.loaded) => {
                self.has_failed = true;
                sender.send(LoopEvent::NotLoaded(format!("the deck's file is empty: {LAST_GOOD}")));
            }
            Ok(loaded) => {
                let has_failed = std::mem::take(&mut self.has_failed);
                if forced || has_failed || !same_sources(&self.loaded, &loaded) {
                    self.loaded = loaded.clone();
                    self.watch_files();
                    sender.send(LoopEvent::Loaded(Box::new(loaded)));
                }
            }
            Err(error) => {
                self.has_failed = true;
                let path = &self.load_options.path;
                let name = path.file_name().unwrap_or(path.as_os_str()).display();
                sender.send(LoopEvent::NotLoaded(format!("{name}: {error}: {LAST_GOOD}")));
            }
        }
    }

    /// Waits until a save is complete. Returns the names of the deck's files that changed. Other files
    /// in the folder may change all the time and are ignored. Adds paths that change meanwhile to
    /// `paths`.
    fn settle(
        &mut self,
        receiver: &Receiver<WatchMessage>,
        paths: &mut Vec<PathBuf>,
    ) -> BTreeSet<OsString> {
        let mut names = self.deck_file_names(paths);
        let mut quiet = Instant::now() + SAVE_DEBOUNCE;
        while !names.is_empty() {
            match receiver.recv_deadline(quiet) {
                Ok(WatchMessage::Touched(more)) => {
                    let new = self.deck_file_names(&more);
                    if !new.is_empty() {
                        quiet = Instant::now() + SAVE_DEBOUNCE;
                        names.extend(new);
                    }
                    paths.extend(more);
                }
                Ok(WatchMessage::Watch(files)) => {
                    self.pictures = files;
                    self.watch_files();
                }
                Ok(WatchMessage::Shown(loaded)) => self.loaded = *loaded,
                Ok(WatchMessage::End(_ended)) => self.folders.watch(BTreeSet::new()),
                Ok(WatchMessage::Reload) | Err(_) => break,
            }
        }
        names
    }

    /// Returns the file names in these paths that belong to the deck.
    fn deck_file_names(&self, paths: &[PathBuf]) -> BTreeSet<OsString> {
        let names: BTreeSet<_> =
            paths.iter().filter_map(|path| path.file_name()).map(OsString::from).collect();
        let ours = self.texts().chain(self.pictures.iter().map(PathBuf::as_path));
        let ours = ours.flat_map(|file| self.chain(file));
        ours.filter_map(|file| file.file_name())
            .filter(|&name| names.contains(name))
            .map(OsString::from)
            .collect()
    }

    /// Returns the paths whose change changes a file.
    fn chain<'a>(&'a self, file: &'a Path) -> impl Iterator<Item = &'a Path> {
        let links = self.chains.get(file).into_iter().flatten();
        std::iter::once(file).chain(links.map(PathBuf::as_path))
    }

    /// Watches the folders of all files of the deck, of links to them, and of what they lead to.
    fn watch_files(&mut self) {
        let files = self.texts().chain(self.pictures.iter().map(PathBuf::as_path));
        self.chains = files.map(|file| (file.to_owned(), link_chain(file))).collect();
        let watched = self.chains.values().flatten();
        self.folders.watch(watched.map(|file| folder(file)).collect());
    }
}

/// Returns whether a file was saved so recently that the save may have been missed.
fn was_saved_just_now(file: &Path) -> bool {
    let saved = file.metadata().and_then(|metadata| metadata.modified());
    saved.is_ok_and(|saved| saved.elapsed().is_ok_and(|age| age < RECENT_SAVE))
}

fn is_named(file: &Path, names: &BTreeSet<OsString>) -> bool {
    file.file_name().is_some_and(|name| names.contains(name))
}

fn is_empty(loaded: &LoadedDeck) -> bool {
    loaded.deck.sources.iter().next().is_none_or(|file| file.text().trim().is_empty())
}

/// Returns whether both were made from the same sources, including themes.
fn same_sources(before: &LoadedDeck, after: &LoadedDeck) -> bool {
    let texts = |loaded: &LoadedDeck| -> Vec<String> {
        loaded.deck.sources.iter().map(|file| file.text().to_owned()).collect()
    };
    texts(before) == texts(after)
}
