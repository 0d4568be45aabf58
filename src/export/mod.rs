//! Exports scenes and buffers as documents. Exporters neither parse nor wrap text.
//!
//! A format is a file with one function of a painted buffer, like [`svg`](fn@svg), or of a scene, if
//! it needs all rows ([`text`](fn@text)), or the roles of its parts ([`HtmlDocument`]).

mod canvas;
mod cast;
mod gif;
mod html;
mod palette;
#[cfg(feature = "pdf")]
mod pdf;
mod raster;
mod shapes;
mod svg;
mod system_fonts;
mod text;
mod words;

pub use cast::{Cast, CastHeader};
pub use gif::Gif;
pub use html::{
    HTML_COPY_SCRIPT, HTML_STYLE, HtmlDocument, HtmlFragment, HtmlMetadata, HtmlPage, HtmlSlide,
    LinkedPicture, html_fragment,
};
pub use palette::{Rgb, TerminalColors};
#[cfg(feature = "pdf")]
pub use pdf::{Pdf, PdfContent, PdfLayout, PdfMetadata, PdfPage, pdf};
pub use raster::{Pixels, Rasterizer};
pub use svg::svg;
pub use text::{Overflow, PAGE_BREAK, text};
