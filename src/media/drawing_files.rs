//! Drawings of earlier talks, in the user's cache folder: the SVG of a block, named by the hash of all
//! that it depends on. Only files that no other user can have written are read. The oldest are removed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::draw::{self, DrawError, SvgFonts, VectorPicture};
use crate::files::{self, FileKind};
use crate::layout::Drawing;

/// Raised when an engine draws differently: drawings of earlier versions are then not used.
const VERSION: u32 = 1;

/// Limit of the files.
const MAX_FILES: usize = 500;

/// Limit of the bytes of all files.
const MAX_BYTES: u64 = 32 << 20;

/// Limit of the bytes of one file. Larger drawings are drawn each time.
const MAX_FILE_BYTES: usize = 4 << 20;

/// The folder of drawings.
#[derive(Debug)]
pub(super) struct DrawingFiles {
    folder: PathBuf,
}

impl DrawingFiles {
    /// Returns the drawings in this folder, which is created with the first.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Returns the picture of a block: from its file, or else drawn, which makes the file.
    ///
    /// # Errors
    /// As for [`draw::svg`].
    pub(super) fn draw(&self, drawing: &Drawing) -> Result<VectorPicture, DrawError> {
        let file = self.folder.join(name(drawing));
        if let Some(svg) = self.read(&file)
            && let Ok(picture) = VectorPicture::read(&svg, SvgFonts::Bundled)
        {
            return Ok(picture);
        }
        let svg = draw::svg(drawing)?;
        let picture = VectorPicture::read(&svg, SvgFonts::Bundled)?;
        if svg.len() <= MAX_FILE_BYTES {
            // Without the file, it is drawn again.
            let _ = self.write(&file, &svg);
        }
        Ok(picture)
    }

    fn read(&self, file: &Path) -> Option<String> {
        if !files::is_ours(&self.folder) || !files::is_ours(file) {
            return None;
        }
        String::from_utf8(files::read(file, FileKind::Picture).ok()?).ok()
    }

    /// Writes a file. Another livedeck reads all of it or nothing.
    fn write(&self, file: &Path, svg: &str) -> std::io::Result<()> {
        files::private_folder(&self.folder)?;
        // `tempfile` makes files private.
        let mut new = tempfile::NamedTempFile::new_in(&self.folder)?;
        new.write_all(svg.as_bytes())?;
        new.persist(file).map_err(|error| error.error)?;
        self.remove_oldest(MAX_FILES, MAX_BYTES)
    }

    /// Removes the oldest files that exceed the limits.
    fn remove_oldest(&self, max_files: usize, max_bytes: u64) -> std::io::Result<()> {
        let entries = fs::read_dir(&self.folder)?.flatten().filter_map(|entry| {
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            let written = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            Some((written, metadata.len(), entry.path()))
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort();
        let mut bytes = 0;
        for (kept, (_, length, path)) in entries.into_iter().rev().enumerate() {
            bytes += length;
            if kept >= max_files || bytes > max_bytes {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

/// Returns the name of a drawing's file.
fn name(drawing: &Drawing) -> String {
    let Drawing { language, text, colors, look } = drawing;
    let draws = (VERSION, env!("CARGO_PKG_VERSION"), language.name());
    let key = format!("{draws:?}\n{colors:?}\n{look:?}\n{text}");
    format!("{}.svg", &blake3::hash(key.as_bytes()).to_hex()[..32])
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::deck::DrawingLanguage;
    use crate::layout::{DrawingColors, DrawingLook};

    fn drawing(text: &str, gray: u8) -> Drawing {
        let colors = DrawingColors {
            foreground: [gray; 3],
            background: [0; 3],
            surface: [0; 3],
            accent: [0; 3],
            series: [[0; 3]; 5],
        };
        let look = DrawingLook::default();
        Drawing { language: DrawingLanguage::Latex, text: text.into(), colors, look }
    }

    fn names(folder: &Path) -> Vec<PathBuf> {
        files::list(folder)
    }

    #[test]
    fn drawings_are_kept_by_text_and_colors() {
        let place = tempfile::tempdir().unwrap();
        let files = DrawingFiles::new(place.path().join("cache/drawings"));
        let size = files.draw(&drawing("x", 200)).unwrap().size();
        assert_eq!(files.draw(&drawing("x", 200)).unwrap().size(), size);
        let kept = names(&files.folder);
        assert_eq!(kept.len(), 1);
        files.draw(&drawing("y", 200)).unwrap();
        files.draw(&drawing("x", 100)).unwrap();
        assert_eq!(names(&files.folder).len(), 3);
        assert!(files.draw(&drawing("\\nosuch", 200)).is_err());
        assert_eq!(names(&files.folder).len(), 3, "mistakes are not kept");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&files.folder), mode(&kept[0])), (0o700, 0o600));
    }

    #[test]
    fn kept_drawing_is_shown_unless_it_is_damaged() {
        let place = tempfile::tempdir().unwrap();
        let files = DrawingFiles::new(place.path().join("drawings"));
        let drawn = files.draw(&drawing("x", 200)).unwrap().size();
        let file = &names(&files.folder)[0];
        fs::write(file, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"7\" height=\"9\"/>")
            .unwrap();
        assert_eq!(files.draw(&drawing("x", 200)).unwrap().size(), (7, 9));
        for damage in [&b"<svg"[..], b"\xff", b""] {
            fs::write(file, damage).unwrap();
            assert_eq!(files.draw(&drawing("x", 200)).unwrap().size(), drawn);
        }
    }

    #[test]
    fn folder_open_to_others_is_not_read() {
        let place = tempfile::tempdir().unwrap();
        let files = DrawingFiles::new(place.path().join("drawings"));
        let drawn = files.draw(&drawing("x", 200)).unwrap().size();
        let file = &names(&files.folder)[0];
        fs::write(file, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"7\" height=\"9\"/>")
            .unwrap();
        fs::set_permissions(&files.folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(files.draw(&drawing("x", 200)).unwrap().size(), drawn);
    }

    #[test]
    fn oldest_files_are_removed() {
        let place = tempfile::tempdir().unwrap();
        let files = DrawingFiles::new(place.path().to_owned());
        for number in 0..6_u64 {
            let file = fs::File::create(place.path().join(number.to_string())).unwrap();
            file.set_len(10).unwrap();
            let age = std::time::Duration::from_secs(100 - number);
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        let left = || -> String {
            let names = names(place.path());
            names.iter().filter_map(|path| path.file_name()?.to_str()).collect()
        };
        files.remove_oldest(4, 1_000).unwrap();
        assert_eq!(left(), "2345");
        files.remove_oldest(4, 25).unwrap();
        assert_eq!(left(), "45");
    }

    #[test]
    fn folder_that_cannot_be_made_is_no_obstacle() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let files = DrawingFiles::new(file.path().join("drawings"));
        assert!(files.draw(&drawing("x", 200)).is_ok());
    }
}
