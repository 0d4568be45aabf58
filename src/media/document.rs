//! The pictures of documents, which have the files of pictures instead of what a terminal shows.

use std::path::PathBuf;
use std::sync::Arc;

use crate::draw::VectorPicture;
use crate::files::{self, FileKind};

/// A picture, for a document.
#[derive(Clone, Debug)]
pub enum DocumentPicture {
    /// A PNG, JPEG, GIF or WebP file.
    File(Vec<u8>),
    /// A drawing, or an SVG file.
    Vector(Arc<VectorPicture>),
}

/// A picture of a document, before its file is read.
#[derive(Clone, Debug)]
pub enum UnreadPicture {
    /// A file.
    File(PathBuf),
    /// A drawing, or an SVG file.
    Vector(Arc<VectorPicture>),
}

impl UnreadPicture {
    /// Reads the picture, if that is possible.
    pub fn read(&self) -> Option<DocumentPicture> {
        Some(match self {
            Self::File(path) => DocumentPicture::File(files::read(path, FileKind::Picture).ok()?),
            Self::Vector(picture) => DocumentPicture::Vector(Arc::clone(picture)),
        })
    }
}
