//! Finds picture files and reads their size from the header.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use image::ImageFormat;
use image::metadata::Orientation;

use super::header_reader::{HEADER_BYTES, HeaderReader};
use super::limits::{self, PictureHeader};
use super::pixels;
use crate::diag::closest;
use crate::files::{self, FileKind, ReadError};
use crate::layout::{PictureProblem, PixelSize};

/// Bytes read if the header is not found in those: cameras put a preview of some MiB before it. Reading
/// more would delay the slide.
const MAX_HEADER_BYTES: u64 = 4 << 20;

/// Limit of the files of a folder that are compared with a misspelt name.
const MAX_DIRECTORY_ENTRIES: usize = 2_000;

/// Modification time and length: identifies a version of a file.
pub(super) type Stamp = (Option<SystemTime>, u64);

/// A picture file, as of its stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PictureFile {
    /// Its path.
    pub(super) path: PathBuf,
    /// Its version.
    pub(super) stamp: Stamp,
    /// Its size, with the orientation applied.
    pub(super) size: PixelSize,
    /// Its format.
    pub(super) format: PictureFormat,
    /// Whether it has to be rotated or mirrored.
    pub(super) turned: bool,
}

/// The format of a picture file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PictureFormat {
    /// Pixels.
    Pixels(ImageFormat),
    /// SVG. Its size is known once it has been read.
    Svg,
}

/// Why a file cannot be shown, with a hint.
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

/// The folder of the file that names a picture, and its path as written.
type FileKey = (PathBuf, Box<str>);

/// Finds pictures and caches the results.
pub(super) struct Finder {
    /// The second folder to look in, after that of the deck's file.
    directory: PathBuf,
    /// Reads headers on threads, if reads must not block.
    header_reader: Option<HeaderReader>,
    /// Whether files are decoded, to find those that are damaged after their header.
    decodes: bool,
    found: BTreeMap<FileKey, PictureFile>,
    /// Hints for missing pictures: folders are not listed on every frame.
    hints: BTreeMap<FileKey, Option<String>>,
    checked: BTreeSet<PathBuf>,
    /// Files whose current version cannot be shown: they are not read on every frame.
    broken: BTreeMap<PathBuf, (Stamp, PictureError)>,
}

impl Finder {
    /// Creates a finder that looks beside the deck's file, then in `directory`.
    pub(super) fn new(directory: PathBuf) -> Self {
        let (found, hints, broken) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (header_reader, decodes, checked) = (None, false, BTreeSet::new());
        Self { directory, header_reader, decodes, found, hints, checked, broken }
    }

    /// Decodes each file that is found: one that is damaged after its header is an error.
    pub(super) fn decode_files(&mut self) {
        self.decodes = true;
    }

    /// Reads headers on threads; `wake` is called when a slow file has been read.
    pub(super) fn read_in_background(&mut self, wake: impl Fn() + Send + Sync + 'static) {
        self.header_reader = Some(HeaderReader::new(wake));
    }

    /// Returns all paths that were found or looked for.
    pub(super) fn checked_paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.checked.iter()
    }

    /// Discards all cached results.
    pub(super) fn forget(&mut self) {
        if let Some(reader) = &self.header_reader {
            reader.forget();
        }
        self.found.clear();
        self.hints.clear();
        self.broken.clear();
    }

    /// Records that a version of a file could not be decoded.
    pub(super) fn note_broken(&mut self, path: &Path, stamp: Stamp, why: String) {
        self.broken.insert(path.to_owned(), (stamp, why.into()));
    }

    /// Returns the file of a picture.
    ///
    /// # Errors
    /// The message to show in place of the picture.
    pub(super) fn find(
        &mut self,
        base: &Path,
        source: &str,
    ) -> Result<&PictureFile, PictureProblem> {
        let key = &(base.to_owned(), Box::from(source));
        let refuse = |why: &str| PictureProblem {
            why: format!("picture `{source}` {why}"),
            hint: None,
            at: None,
        };
        if source.contains("://") || source.starts_with("data:") {
            let hint = Some("save it beside the deck and name the file".to_owned());
            return Err(PictureProblem {
                hint,
                ..refuse("is not a file: pictures are not fetched")
            });
        }
        let places = self.places(base, source);
        self.checked.extend(places.iter().cloned());
        if self.header_reader.as_ref().is_some_and(|reader| !reader.are_read(&places)) {
            return Err(refuse("is still being read"));
        }
        let cannot = |error: &PictureError| PictureProblem {
            hint: error.hint.map(str::to_owned),
            ..refuse(&format!("cannot be shown: {}", error.why))
        };
        let there = places.iter().find_map(|path| Some((path, stamp(path)?)));
        // Markdown writes a space in an address as `%20`; a file with that literal name takes precedence.
        let decoded = there.is_none().then(|| self.decoded_places(base, source)).flatten();
        let decoded = decoded.unwrap_or_default();
        self.checked.extend(decoded.iter().cloned());
        let there = there.or_else(|| decoded.iter().find_map(|path| Some((path, stamp(path)?))));
        let Some((path, stamp)) = there else {
            if let Some(error) = places.iter().find_map(|path| special(path)) {
                return Err(cannot(&error.into()));
            }
            let why = not_found(&places);
            let hints = self.hints.entry(key.clone());
            let hint = hints.or_insert_with(|| similar_name(Path::new(source), &places)).clone();
            return Err(PictureProblem { hint, ..refuse(&why) });
        };
        if let Some((_, error)) = self.broken.get(path).filter(|(broken, _)| *broken == stamp) {
            return Err(cannot(error));
        }
        let known = self.found.get(key).is_some_and(|it| it.path == *path && it.stamp == stamp);
        if !known {
            match look(path, stamp, self.decodes) {
                Ok(found) => drop(self.found.insert(key.clone(), found)),
                Err(error) => {
                    let not_shown = cannot(&error);
                    self.broken.insert(path.clone(), (stamp, error));
                    return Err(not_shown);
                }
            }
        }
        Ok(&self.found[key])
    }

    fn places(&self, base: &Path, source: &str) -> Vec<PathBuf> {
        let mut places = vec![base.join(source), self.directory.join(source)];
        places.dedup();
        places
    }

    /// Returns the places of the percent-decoded name (`a%20b.png`).
    fn decoded_places(&self, base: &Path, source: &str) -> Option<Vec<PathBuf>> {
        let source = percent_decoded(source)?;
        Some(self.places(base, &source))
    }
}

/// Replaces each `%XX` by its byte; `None` if that changes nothing or is not UTF-8.
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

/// Returns a hint with the most similar name, from the first place that has one.
fn similar_name(source: &Path, places: &[PathBuf]) -> Option<String> {
    let wanted = source.file_name()?.to_str()?;
    let closest = places.iter().find_map(|place| {
        let there = fs::read_dir(place.parent()?).ok()?.take(MAX_DIRECTORY_ENTRIES).flatten();
        let names = there.filter_map(|file| file.file_name().into_string().ok());
        let names: Vec<_> = names.filter(|name| name != wanted).collect();
        closest(wanted, names.iter().map(String::as_str)).map(|name| source.with_file_name(name))
    });
    closest.map(|name| format!("did you mean `{}`?", name.display()))
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

/// Returns the version of a regular file.
fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some((metadata.modified().ok(), metadata.len()))
}

/// Returns why a path that is not a regular file cannot be read; `None` if it does not exist.
fn special(path: &Path) -> Option<ReadError> {
    fs::symlink_metadata(path).ok()?;
    files::read_start(path, 0).err().filter(|error| *error != ReadError::Missing)
}

fn look(path: &Path, stamp: Stamp, decodes: bool) -> Result<PictureFile, PictureError> {
    if stamp.1 > FileKind::Picture.max_bytes() {
        return Err(FileKind::Picture.too_large().into());
    }
    let start = files::read_start(path, HEADER_BYTES)?;
    if is_svg(&start) {
        let size = PixelSize { width: 0, height: 0 };
        let format = PictureFormat::Svg;
        return Ok(PictureFile { path: path.to_owned(), stamp, size, format, turned: false });
    }
    let header = match header(&start) {
        Err(_) if stamp.1 > HEADER_BYTES => header(&files::read_start(path, MAX_HEADER_BYTES)?),
        header => header,
    };
    let (size, format, orientation) = header?;
    limits::check_pixels(size.width, size.height)?;
    if decodes {
        pixels::decode(path)?;
    }
    let turned = orientation != Orientation::NoTransforms;
    let format = PictureFormat::Pixels(format);
    Ok(PictureFile { path: path.to_owned(), stamp, size, format, turned })
}

/// Whether a file is an SVG, by its first element.
fn is_svg(start: &[u8]) -> bool {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    if !text.starts_with(b"<") {
        return false;
    }
    let is_root = |part: &[u8]| {
        part.strip_prefix(b"<svg").is_some_and(|rest| {
            rest.first().is_some_and(|byte| byte.is_ascii_whitespace() || b">/:".contains(byte))
        })
    };
    text.windows(5).any(is_root) || text.windows(5).any(|part| part == b":svg ")
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
