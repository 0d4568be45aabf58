//! Finding a picture and reading how large it is: from its header, without its pixels.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use image::ImageFormat;
use image::metadata::Orientation;

use super::header_reader::HeaderReader;
use super::limits::{self, PictureHeader};
use crate::diag::closest;
use crate::files::{self, FileKind, ReadError};
use crate::layout::{PictureKey, PictureProblem, PixelSize};

/// Bytes in which a header is looked for first.
pub(super) const HEADER_BYTES: u64 = 256 * 1024;

/// Bytes in which a header is looked for at all: a camera puts a preview of up to some MiB in front
/// of it. Reading more would be felt, as this happens between two keys.
const MAX_HEADER_BYTES: u64 = 4 << 20;

/// Of a folder with more files than this, the first ones are looked at for a like name.
const MAX_DIRECTORY_ENTRIES: usize = 2_000;

/// What tells one state of a file from the next.
pub(super) type Stamp = (Option<SystemTime>, u64);

/// A picture's file, as it was when it was last looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PictureFile {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Which state of it.
    pub(super) stamp: Stamp,
    /// Its size, turned upright.
    pub(super) size: PixelSize,
    /// What it is written in.
    pub(super) format: ImageFormat,
    /// Whether it has to be turned or mirrored to be upright.
    pub(super) turned: bool,
}

/// Why a file cannot be shown, and what to do about it.
#[derive(Clone, Debug)]
struct PictureError {
    why: String,
    hint: Option<&'static str>,
}

impl From<ReadError> for PictureError {
    fn from(error: ReadError) -> Self {
        Self { why: error.to_string(), hint: error.hint() }
    }
}

impl From<String> for PictureError {
    fn from(why: String) -> Self {
        Self { why, hint: None }
    }
}

/// Finds pictures, and remembers what it found.
pub(super) struct Finder {
    /// Where pictures are looked for that are not beside the deck's file.
    directory: PathBuf,
    /// Looks at files first, where the loop must not wait for them.
    header_reader: Option<HeaderReader>,
    found: BTreeMap<PictureKey, PictureFile>,
    /// What those that are not there may have meant: no folder is listed for every frame.
    meant: BTreeMap<PictureKey, Option<String>>,
    checked: BTreeSet<PathBuf>,
    /// Files that cannot be shown in this state, and why: they are not read for every frame.
    broken: BTreeMap<PathBuf, (Stamp, PictureError)>,
}

impl Finder {
    /// Looks beside the deck's file, then in this directory.
    pub(super) fn new(directory: PathBuf) -> Self {
        let (found, meant, broken) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { directory, header_reader: None, found, meant, checked: BTreeSet::new(), broken }
    }

    /// Has files looked at by threads first; `wake` is called when one is seen that was slow.
    pub(super) fn read_in_background(&mut self, wake: impl Fn() + Send + Sync + 'static) {
        self.header_reader = Some(HeaderReader::new(wake));
    }

    /// Every path that was found or looked for.
    pub(super) fn checked_paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.checked.iter()
    }

    /// Looks at every file again.
    pub(super) fn forget(&mut self) {
        if let Some(reader) = &self.header_reader {
            reader.forget();
        }
        self.found.clear();
        self.meant.clear();
        self.broken.clear();
    }

    /// Notes that a file could not be decoded in this state.
    pub(super) fn note_broken(&mut self, path: &Path, stamp: Stamp, why: String) {
        self.broken.insert(path.to_owned(), (stamp, why.into()));
    }

    /// The file of a picture, or why it cannot be shown.
    pub(super) fn find(&mut self, key: &PictureKey) -> Result<&PictureFile, PictureProblem> {
        let source = &key.source;
        let refuse =
            |why: &str| PictureProblem { why: format!("picture `{source}` {why}"), hint: None };
        if source.contains("://") || source.starts_with("data:") {
            let hint = Some("save it beside the deck and name the file".to_owned());
            return Err(PictureProblem {
                hint,
                ..refuse("is not a file: pictures are not fetched")
            });
        }
        let places = self.places(key);
        self.checked.extend(places.iter().cloned());
        if self.header_reader.as_ref().is_some_and(|reader| !reader.are_read(&places)) {
            return Err(refuse("is still being read"));
        }
        let cannot = |refusal: &PictureError| PictureProblem {
            hint: refusal.hint.map(str::to_owned),
            ..refuse(&format!("cannot be shown: {}", refusal.why))
        };
        let there = places.iter().find_map(|path| Some((path, stamp(path)?)));
        // Markdown writes a blank in an address as `%20`; a file of that very name comes first.
        let decoded = there.is_none().then(|| self.decoded_places(key)).flatten();
        let decoded = decoded.unwrap_or_default();
        self.checked.extend(decoded.iter().cloned());
        let there = there.or_else(|| decoded.iter().find_map(|path| Some((path, stamp(path)?))));
        let Some((path, stamp)) = there else {
            if let Some(error) = places.iter().find_map(|path| special(path)) {
                return Err(cannot(&error.into()));
            }
            let why = not_found(&places);
            let meant = self.meant.entry(key.clone());
            let hint = meant.or_insert_with(|| alike(Path::new(&**source), &places)).clone();
            return Err(PictureProblem { hint, ..refuse(&why) });
        };
        if let Some((_, refusal)) = self.broken.get(path).filter(|(broken, _)| *broken == stamp) {
            return Err(cannot(refusal));
        }
        let known = self.found.get(key).is_some_and(|it| it.path == *path && it.stamp == stamp);
        if !known {
            match look(path, stamp) {
                Ok(found) => drop(self.found.insert(key.clone(), found)),
                Err(refusal) => {
                    let not_shown = cannot(&refusal);
                    self.broken.insert(path.clone(), (stamp, refusal));
                    return Err(not_shown);
                }
            }
        }
        Ok(&self.found[key])
    }

    fn places(&self, key: &PictureKey) -> Vec<PathBuf> {
        let source = Path::new(&*key.source);
        let mut places = vec![key.base.join(source), self.directory.join(source)];
        places.dedup();
        places
    }

    /// The places of the name that a percent-encoded one (`a%20b.png`) stands for.
    fn decoded_places(&self, key: &PictureKey) -> Option<Vec<PathBuf>> {
        let source = percent_decoded(&key.source)?;
        Some(self.places(&PictureKey { source: source.into(), base: key.base.clone() }))
    }
}

/// The text with each `%XX` replaced by its byte; `None` where that changes nothing or is no text.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let code = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let code = code.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(code) = code.filter(|&code| byte == b'%' && code != 0) {
            bytes.push(code);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok().filter(|decoded| decoded != text)
}

/// What may have been meant: the file of a like name, in the first place that has one.
fn alike(source: &Path, places: &[PathBuf]) -> Option<String> {
    let wanted = source.file_name()?.to_str()?;
    let closest = places.iter().find_map(|place| {
        let there = fs::read_dir(place.parent()?).ok()?.take(MAX_DIRECTORY_ENTRIES).flatten();
        let names = there.filter_map(|file| file.file_name().into_string().ok());
        let names: Vec<_> = names.filter(|name| name != wanted).collect();
        closest(wanted, names.iter().map(String::as_str)).map(|name| source.with_file_name(name))
    });
    closest.map(|meant| format!("did you mean `{}`?", meant.display()))
}

fn not_found(places: &[PathBuf]) -> String {
    let folder = |path: &PathBuf| match path.parent() {
        None => "the working directory".to_owned(),
        Some(folder) if matches!(folder.to_str(), Some("" | ".")) => {
            "the working directory".to_owned()
        }
        Some(folder) => format!("`{}`", folder.display()),
    };
    let mut folders: Vec<_> = places.iter().map(folder).collect();
    folders.dedup();
    format!("not found; looked in {}", folders.join(" and "))
}

/// The state of a file; none where there is no file.
fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some((metadata.modified().ok(), metadata.len()))
}

/// Why a path that has something else than a file cannot be read; none where nothing has this path.
fn special(path: &Path) -> Option<ReadError> {
    fs::symlink_metadata(path).ok()?;
    files::read_start(path, 0).err().filter(|error| *error != ReadError::Missing)
}

fn look(path: &Path, stamp: Stamp) -> Result<PictureFile, PictureError> {
    if stamp.1 > FileKind::Picture.max_bytes() {
        return Err(FileKind::Picture.too_large().into());
    }
    let header = match header(&files::read_start(path, HEADER_BYTES)?) {
        Err(_) if stamp.1 > HEADER_BYTES => header(&files::read_start(path, MAX_HEADER_BYTES)?),
        header => header,
    };
    let (size, format, orientation) = header?;
    limits::check_pixels(size.width, size.height)?;
    let turned = orientation != Orientation::NoTransforms;
    Ok(PictureFile { path: path.to_owned(), stamp, size, format, turned })
}

fn header(bytes: &[u8]) -> Result<(PixelSize, ImageFormat, Orientation), String> {
    let PictureHeader { size: (width, height), format, orientation } = limits::header(bytes)?;
    let size = if is_sideways(orientation) {
        PixelSize { width: height, height: width }
    } else {
        PixelSize { width, height }
    };
    Ok((size, format, orientation))
}

fn is_sideways(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}
