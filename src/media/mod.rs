//! Pictures: finding, measuring, decoding in the background, and putting them on the terminal in
//! whatever way it knows.
use crate::layout::{PictureKey, PixelSize};
use crate::view::Overlay;
use ratatui::{buffer::Buffer, style::Color};
use std::path::PathBuf;
/// x
#[derive(Clone, Copy, Debug)]
pub enum Protocol {
    /// x
    Blocks,
}
impl Protocol {
    /// x
    pub fn choose(_c: &Capabilities) -> Self {
        Self::Blocks
    }
}
/// x
#[derive(Clone, Debug, Default)]
pub struct Capabilities {
    /// x
    pub kitty: bool,
    /// x
    pub sixel: bool,
}
impl Capabilities {
    /// x
    pub fn from_env() -> Self {
        Self::default()
    }
}
/// x
#[derive(Debug)]
pub struct Loaded;
/// x
pub struct Media;
impl Media {
    /// x
    pub fn new(
        _d: PathBuf,
        _p: Option<Protocol>,
        _s: impl Fn(Loaded) + Send + Sync + 'static,
    ) -> Self {
        Self
    }
    /// x
    pub fn set_protocol(&mut self, _p: Protocol) {}
    /// x
    pub fn forget(&mut self) {}
    /// x
    pub fn loaded(&mut self, _l: Loaded) {}
    /// x
    pub fn files(&self) -> Vec<PathBuf> {
        vec![]
    }
    /// x
    pub fn measure(&mut self, _k: &PictureKey) -> Result<PixelSize, String> {
        Err("later".into())
    }
    /// x
    pub fn paint(
        &mut self,
        _o: &[Overlay],
        _b: Color,
        _c: (u16, u16),
        _buf: &mut Buffer,
    ) -> Vec<u8> {
        vec![]
    }
}
