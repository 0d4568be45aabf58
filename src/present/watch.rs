//! Watching the deck's files and reading them again when they change, on a thread of its own.
//!
//! Folders are watched, not files: editors save by renaming over the old file, and a file that is
//! missing now may come. A save is often several events; the deck is read when [`SAVE_DEBOUNCE`] has
//! passed without one.

#![expect(clippy::disallowed_methods, reason = "the shell reads files and the clock")]

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};
use notify::{EventKind, RecommendedWatcher};

use super::LoopEvent;
use super::channel::EventSender;
use super::watched_folders::WatchedFolders;
use crate::files::{DeadlineReader, FileKind};
use crate::project::{self, FILES_TIMEOUT, LoadOptions, LoadedDeck, folder};
use crate::source::SourceFile;

/// How long a save must be over.
const SAVE_DEBOUNCE: Duration = Duration::from_millis(6);
/// How long a deck that became empty or vanished may take to come back: editors truncate first.
const RETRY_DELAY: Duration = Duration::from_millis(120);

/// How long the deck may take to be read again. What takes longer has to be waited for by no one: the
/// next save starts anew.
const RELOAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long its files may take to be compared with what is shown.
const COMPARE_TIMEOUT: Duration = Duration::from_secs(2);

/// What is shown while the deck cannot be read.
const LAST_GOOD: &str = "showing the last good deck";

/// How old a save may be that was not seen: longer than it takes to begin to watch.
const RECENT_SAVE: Duration = Duration::from_secs(3);

/// What the watching thread is told.
enum WatchMessage {
    /// Something happened to these paths.
    Touched(Vec<PathBuf>),
    /// Read everything again, whatever changed.
    Reload,
    /// This is shown now.
    Shown(Box<LoadedDeck>),
    /// These files matter, beside the deck's own.
    Watch(Vec<PathBuf>),
}

/// The watching thread's other end.
pub(super) struct Watch {
    words: Sender<WatchMessage>,
    /// The pictures that the thread was last told of.
    pictures: Vec<PathBuf>,
}

impl Watch {
    /// Starts the thread. With `automatic` off only [`Watch::reload`] reads the deck again.
    pub(super) fn start(
        load_options: LoadOptions,
        loaded: LoadedDeck,
        automatic: bool,
        sender: EventSender,
    ) -> std::io::Result<Self> {
        let (words, heard) = unbounded();
        let touched = words.clone();
        std::thread::Builder::new().name("watch".to_owned()).spawn(move || {
            let watcher = automatic.then(|| folder_watcher(touched)).and_then(Result::ok);
            let folders = WatchedFolders::new(watcher);
            let mut thread = WatchThread { load_options, loaded, folders, pictures: Vec::new() };
            thread.watch_files();
            thread.catch_up(&sender);
            thread.run(&heard, &sender);
        })?;
        Ok(Self { words, pictures: Vec::new() })
    }

    /// Tells what is shown, where somebody else has read it.
    pub(super) fn shown(&self, loaded: &LoadedDeck) {
        let _ = self.words.send(WatchMessage::Shown(Box::new(loaded.clone())));
    }

    /// Reads the deck again.
    pub(super) fn reload(&self) {
        // The thread ends with the program only.
        let _ = self.words.send(WatchMessage::Reload);
    }

    /// Watches these files, too: pictures that were found, or looked for.
    pub(super) fn pictures(&mut self, files: Vec<PathBuf>) {
        if self.pictures != files {
            self.pictures.clone_from(&files);
            let _ = self.words.send(WatchMessage::Watch(files));
        }
    }
}

fn folder_watcher(words: Sender<WatchMessage>) -> notify::Result<RecommendedWatcher> {
    notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        if !matches!(event.kind, EventKind::Access(_)) {
            let _ = words.send(WatchMessage::Touched(event.paths));
        }
    })
}

/// What the thread knows.
struct WatchThread {
    load_options: LoadOptions,
    loaded: LoadedDeck,
    folders: WatchedFolders,
    pictures: Vec<PathBuf>,
}

impl WatchThread {
    fn run(&mut self, heard: &Receiver<WatchMessage>, sender: &EventSender) {
        while let Ok(word) = heard.recv() {
            match word {
                WatchMessage::Reload => self.read(true, sender),
                WatchMessage::Shown(loaded) => self.loaded = *loaded,
                WatchMessage::Watch(files) => {
                    let new: Vec<_> = files
                        .iter()
                        .filter(|file| !self.pictures.contains(file))
                        .cloned()
                        .collect();
                    self.pictures = files;
                    self.watch_files();
                    // It may have been saved after it was looked at and before it was watched.
                    if self.folders.are_watched() && new.iter().any(|file| was_saved_just_now(file))
                    {
                        sender.send(LoopEvent::PicturesChanged);
                    }
                }
                WatchMessage::Touched(mut paths) => {
                    let names = self.settle(heard, &mut paths);
                    // Whatever is in a folder that is new is new, too.
                    let is_back = self.folders.came_back(&paths);
                    if is_back || self.pictures.iter().any(|file| is_named(file, &names)) {
                        sender.send(LoopEvent::PicturesChanged);
                    }
                    if is_back || self.texts().any(|file| is_named(file, &names)) {
                        self.read(false, sender);
                    }
                }
            }
        }
    }

    /// Reads the deck if one of its files was saved between the first reading and the first watching.
    fn catch_up(&mut self, sender: &EventSender) {
        let reader = DeadlineReader::until(Instant::now() + COMPARE_TIMEOUT);
        if self.folders.are_watched() && self.texts().any(|file| !self.is_shown(file, &reader)) {
            self.read(false, sender);
        }
    }

    /// Whether a file says what was read of it.
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

    /// The text files that the deck is made of.
    fn texts(&self) -> impl Iterator<Item = &Path> {
        let files = self.loaded.deck.files.iter().map(PathBuf::as_path);
        files
            .chain([self.load_options.path.as_path()])
            .filter(|file| !self.load_options.is_pipe(file))
    }

    /// Reads the deck again and hands it on if it differs from the one shown.
    fn read(&mut self, forced: bool, sender: &EventSender) {
        let mut read = project::load_within(RELOAD_TIMEOUT, &self.load_options, &self.loaded);
        if read.as_ref().map_or(true, is_empty) && !is_empty(&self.loaded) {
            std::thread::sleep(RETRY_DELAY);
            read = project::load_within(RELOAD_TIMEOUT, &self.load_options, &self.loaded);
        }
        match read {
            Ok(loaded) if is_empty(&loaded) && !is_empty(&self.loaded) => {
                sender.send(LoopEvent::NotLoaded(format!("the deck's file is empty: {LAST_GOOD}")));
            }
            Ok(loaded) => {
                if forced || !same_sources(&self.loaded, &loaded) {
                    self.loaded = loaded.clone();
                    self.watch_files();
                    sender.send(LoopEvent::Loaded(Box::new(loaded)));
                }
            }
            Err(error) => {
                let path = &self.load_options.path;
                let name = path.file_name().unwrap_or(path.as_os_str()).display();
                sender.send(LoopEvent::NotLoaded(format!("{name}: {error}: {LAST_GOOD}")));
            }
        }
    }

    /// Waits until a save is over and gives the names of the files that it touched and that matter.
    /// Others in the same folder may change all the time; they are not waited for. Adds to `paths` what
    /// was touched meanwhile.
    fn settle(
        &mut self,
        heard: &Receiver<WatchMessage>,
        paths: &mut Vec<PathBuf>,
    ) -> BTreeSet<OsString> {
        let mut names = self.that_matter(paths);
        let mut quiet = Instant::now() + SAVE_DEBOUNCE;
        while !names.is_empty() {
            match heard.recv_deadline(quiet) {
                Ok(WatchMessage::Touched(more)) => {
                    let new = self.that_matter(&more);
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
                Ok(WatchMessage::Reload) | Err(_) => break,
            }
        }
        names
    }

    /// The names among these paths that are those of a file of the deck.
    fn that_matter(&self, paths: &[PathBuf]) -> BTreeSet<OsString> {
        let names: BTreeSet<_> =
            paths.iter().filter_map(|path| path.file_name()).map(OsString::from).collect();
        let ours = self.texts().chain(self.pictures.iter().map(PathBuf::as_path));
        ours.filter_map(|file| file.file_name())
            .filter(|&name| names.contains(name))
            .map(OsString::from)
            .collect()
    }

    /// Watches the folder of every file that matters.
    fn watch_files(&mut self) {
        let texts = self.texts().map(folder);
        let folders = texts.chain(self.pictures.iter().map(|file| folder(file))).collect();
        self.folders.watch(folders);
    }
}

/// Whether a file is so new that its save may have gone unseen.
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

/// Whether both were made from the same texts, those of themes among them.
fn same_sources(before: &LoadedDeck, after: &LoadedDeck) -> bool {
    let texts = |loaded: &LoadedDeck| -> Vec<String> {
        loaded.deck.sources.iter().map(|file| file.text().to_owned()).collect()
    };
    texts(before) == texts(after)
}
