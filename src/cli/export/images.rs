//! `livedeck export --to png`: a file for each page.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use super::output::Destination;

/// The names of numbered files: a pattern such as `slide-%02d.png`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileNames {
    folder: PathBuf,
    before: String,
    digits: usize,
    after: String,
}

impl FileNames {
    /// The names of `count` files for what `--output` says: a pattern with `%d` or `%02d`, a folder, or
    /// one file's name, which gets numbers if there are several files.
    ///
    /// # Errors
    /// Several files cannot be standard output, or the pattern is none.
    pub(super) fn new(output: Option<&Path>, deck: &Path, last: usize) -> anyhow::Result<Self> {
        let digits = last.to_string().len().max(2);
        let stem = deck.file_stem().unwrap_or_default().to_string_lossy();
        let numbered = |folder: &Path, stem: &str, extension: &str| Self {
            folder: folder.to_owned(),
            before: format!("{stem}-"),
            digits,
            after: format!(".{extension}"),
        };
        let Some(output) = output else { return Ok(numbered(Path::new(""), &stem, "png")) };
        if output.is_dir() || output.as_os_str().to_string_lossy().ends_with('/') {
            return Ok(numbered(output, &stem, "png"));
        }
        let folder = output.parent().unwrap_or(Path::new(""));
        let name = output.file_name().unwrap_or_default().to_string_lossy();
        let Some((before, rest)) = name.split_once('%') else {
            let stem = output.file_stem().unwrap_or_default().to_string_lossy();
            let extension = output.extension().map_or("png".into(), |it| it.to_string_lossy());
            return Ok(numbered(folder, &stem, &extension));
        };
        let Some((digits, after)) = rest.split_once('d') else {
            bail!("`{name}` has no number; write `%02d`");
        };
        let digits: usize = if digits.is_empty() {
            1
        } else {
            digits
                .parse()
                .ok()
                .with_context(|| format!("`%{digits}d` is no number; write `%02d`"))?
        };
        ensure!(digits <= 9 && !after.contains('%'), "`{name}` is no pattern; write `%02d`");
        Ok(Self {
            folder: folder.to_owned(),
            before: before.to_owned(),
            digits,
            after: after.to_owned(),
        })
    }

    /// The file of a slide, and of a step from 1 if it has several.
    pub(super) fn file(&self, slide: u32, step: Option<u16>) -> PathBuf {
        let Self { folder, before, digits, after } = self;
        let step = step.map_or_else(String::new, |step| format!("-{step}"));
        folder.join(format!("{before}{slide:0digits$}{step}{after}"))
    }

    /// The pattern, for messages.
    pub(super) fn pattern(&self) -> PathBuf {
        let Self { folder, before, digits, after } = self;
        folder.join(format!("{before}%0{digits}d{after}"))
    }
}

/// Where a single picture goes, if `--output` names it without a pattern.
pub(super) fn single(output: Option<&Path>) -> Option<Destination> {
    let output = output?;
    let is_pattern = output.to_string_lossy().contains('%')
        || output.is_dir()
        || output.as_os_str().to_string_lossy().ends_with('/');
    (!is_pattern).then(|| Destination::named(output))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    #[test]
    fn files_are_numbered_by_slide() {
        let name = |output: Option<&str>, last, step| {
            let names =
                FileNames::new(output.map(Path::new), Path::new("a/talk.md"), last).unwrap();
            names.file(7, step).display().to_string()
        };
        assert_eq!(name(None, 12, None), "talk-07.png");
        assert_eq!(name(None, 120, Some(2)), "talk-007-2.png");
        assert_eq!(name(Some("out/s%d.PNG"), 12, None), "out/s7.PNG");
        assert_eq!(name(Some("out/%03d"), 12, Some(1)), "out/007-1");
        assert_eq!(name(Some("x.png"), 12, None), "x-07.png");
        assert_eq!(name(Some("none/"), 12, None), "none/talk-07.png");
        for wrong in ["%s.png", "%.png", "%99d.png", "%02d%d.png"] {
            assert!(FileNames::new(Some(Path::new(wrong)), Path::new("t"), 1).is_err(), "{wrong}");
        }
    }
}
