//! A deck as one HTML file that needs nothing else. Its text can be selected and read aloud; it has keys,
//! swipes, search, an overview and printing.
//!
//! A page is a picture of what is behind the text, and above it the text of the scene, each row at its
//! place, in the elements that its [`Role`](crate::layout::Role)s ask for.

mod backdrop;
mod markup;
mod page;
mod placed_drawing;

use std::collections::HashMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ratatui::buffer::Buffer;

use self::markup::{attribute, escape};
use super::palette::{CellStyle, Rgb, TerminalColors};
use crate::layout::Scene;
use crate::media::DocumentPicture;
use crate::source::visible_line;
use crate::view::Overlay;

/// What a document says about itself.
#[derive(Clone, Debug)]
pub struct HtmlMetadata {
    /// The title of the talk.
    pub title: String,
    /// The language of the text, as in `en` or `pt-BR`.
    pub language: String,
    /// Columns and rows of a page that is not taller than others.
    pub size: (u16, u16),
    /// Whether each step is printed, not only the last.
    pub prints_steps: bool,
}

/// A slide.
#[derive(Clone, Debug)]
pub struct HtmlSlide {
    /// Its number, from 1.
    pub number: u32,
    /// Its title, or an empty string.
    pub title: String,
    /// Its steps, in order; at least one.
    pub steps: Vec<HtmlPage>,
    /// The speaker notes to include.
    pub notes: Vec<String>,
}

/// One step of a slide.
#[derive(Clone, Debug)]
pub struct HtmlPage {
    /// What it shows.
    pub scene: Scene,
    /// The scene, painted.
    pub buffer: Buffer,
    /// The pictures that the buffer cannot hold.
    pub pictures: Vec<(Overlay, DocumentPicture)>,
    /// The colours that a terminal would choose itself.
    pub colors: TerminalColors,
}

/// One step of a slide as a part of a document that is made elsewhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HtmlFragment {
    /// The page's element.
    pub markup: String,
    /// The style rules that it needs besides [`HTML_STYLE`].
    pub rules: String,
    /// The texts of its copy buttons.
    pub codes: Vec<Box<str>>,
    /// The pictures, which the rules refer to by `PREFIX` and name.
    pub pictures: Vec<LinkedPicture>,
}

/// A picture that is not embedded.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkedPicture {
    /// Its name: a hash of its bytes.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its file.
    pub bytes: Vec<u8>,
}

/// The style of slides, without what depends on their size and colours.
pub const HTML_STYLE: &str = STYLE;

/// The script that copies the code of a block.
pub const HTML_COPY_SCRIPT: &str = include_str!("copy.js");

/// Returns a page as a part of a document. Its pictures have the address `prefix` and their name.
pub fn html_fragment(page: &HtmlPage, prefix: &str) -> HtmlFragment {
    let mut shared = SharedParts { link_prefix: Some(prefix.to_owned()), ..SharedParts::default() };
    let markup = page::page(page, &mut shared, true, page.buffer.area.height);
    let SharedParts { rules, code_list: codes, linked: pictures, .. } = shared;
    HtmlFragment { markup, rules, codes, pictures }
}

/// A document in the making.
#[derive(Debug)]
pub struct HtmlDocument {
    metadata: HtmlMetadata,
    slides: String,
    count: usize,
    has_notes: bool,
    background: Option<Rgb>,
    /// The rows of pages that are taller than others.
    heights: Vec<u16>,
    shared: SharedParts,
}

/// What pages have in common.
#[derive(Debug, Default)]
struct SharedParts {
    styles: HashMap<CellStyle, usize>,
    codes: HashMap<Box<str>, usize>,
    pictures: HashMap<blake3::Hash, usize>,
    rules: String,
    code_list: Vec<Box<str>>,
    /// How many pages were begun.
    pages: usize,
    /// What the addresses of pictures start with. Without it, they are embedded.
    link_prefix: Option<String>,
    linked: Vec<LinkedPicture>,
}

impl SharedParts {
    /// Returns the number of the class of a style.
    fn style(&mut self, style: CellStyle) -> usize {
        let number = self.styles.len();
        *self.styles.entry(style).or_insert_with(|| {
            let mut rule = format!(".s{number}{{color:{};--b:{}", style.text, style.background);
            for (wanted, declaration) in [
                (style.bold, ";font-weight:bold"),
                (style.italic, ";font-style:italic"),
                (style.dim, ";opacity:.6"),
                (style.underlined, ";--u:underline"),
                (style.struck, ";--u:line-through"),
            ] {
                rule.push_str(if wanted { declaration } else { "" });
            }
            self.rules.push_str(&rule);
            self.rules.push_str("}\n");
            number
        })
    }

    /// Returns the number of the class of a picture. Each is embedded once.
    fn picture(&mut self, bytes: &[u8]) -> usize {
        let number = self.pictures.len();
        let hash = blake3::hash(bytes);
        *self.pictures.entry(hash).or_insert_with(|| {
            let media_type = super::svg::media_type(bytes);
            let address = if let Some(prefix) = &self.link_prefix {
                let name = hash.to_hex().to_string();
                let address = format!("{prefix}{name}");
                self.linked.push(LinkedPicture { name, media_type, bytes: bytes.to_vec() });
                address
            } else {
                format!("data:{media_type};base64,{}", STANDARD.encode(bytes))
            };
            let _ = writeln!(self.rules, ".p{number}{{background-image:url({address})}}");
            number
        })
    }

    /// Returns the number of a text to copy.
    fn code(&mut self, text: &str) -> usize {
        if let Some(number) = self.codes.get(text) {
            return *number;
        }
        let number = self.code_list.len();
        self.code_list.push(text.into());
        self.codes.insert(text.into(), number);
        number
    }
}

impl HtmlDocument {
    /// Starts a document.
    pub fn new(metadata: HtmlMetadata) -> Self {
        Self {
            metadata,
            slides: String::new(),
            count: 0,
            has_notes: false,
            background: None,
            heights: Vec::new(),
            shared: SharedParts::default(),
        }
    }

    /// Adds a slide.
    pub fn add(&mut self, slide: &HtmlSlide) {
        let HtmlSlide { number, title, steps, notes } = slide;
        let title = visible_line(title);
        let label = if title.is_empty() { String::new() } else { format!(": {title}") };
        let label = format!("Slide {number}{label}");
        self.count += 1;
        let _ = writeln!(
            self.slides,
            "<section id=\"s{number}\" data-number=\"{number}\" data-title=\"{}\" aria-label=\"{}\" \
             aria-roledescription=\"slide\" tabindex=\"-1\">",
            attribute(&title),
            attribute(&label)
        );
        for (step, page) in steps.iter().enumerate() {
            self.background.get_or_insert(page.colors.background);
            let rows = page.buffer.area.height;
            if rows > self.metadata.size.1 && !self.heights.contains(&rows) {
                self.heights.push(rows);
            }
            let is_last = step + 1 == steps.len();
            let page = page::page(page, &mut self.shared, is_last, self.metadata.size.1);
            self.slides.push_str(&page);
        }
        if !notes.is_empty() {
            self.has_notes = true;
            self.slides.push_str("<aside class=\"notes\" aria-label=\"Speaker notes\">\n");
            for note in notes {
                let _ = writeln!(self.slides, "<p>{}</p>", escape(note.trim()));
            }
            self.slides.push_str("</aside>\n");
        }
        self.slides.push_str("</section>\n");
    }

    /// Returns the finished file.
    pub fn finish(self) -> String {
        let Self { metadata, slides, shared, .. } = &self;
        let title = visible_line(&metadata.title);
        let title = escape(&title);
        let background = self.background.unwrap_or(Rgb(0, 0, 0));
        let (scheme, text) =
            if background.is_dark() { ("dark", "#fff") } else { ("light", "#000") };
        let mut classes = String::from(scheme);
        for (wanted, class) in
            [(self.has_notes, " has-notes"), (metadata.prints_steps, " prints-steps")]
        {
            classes.push_str(if wanted { class } else { "" });
        }
        let (columns, rows) = metadata.size;
        let mut sizes = format!(
            ":root{{--W:{columns};--H:{rows};--back:{background};--text:{text};\
             color-scheme:{scheme}}}\n@page{{size:{}px {}px;margin:0}}\n",
            u32::from(columns) * 10,
            u32::from(rows) * 20
        );
        for rows in &self.heights {
            let _ = writeln!(
                sizes,
                "@page t{rows}{{size:{}px {}px;margin:0}}\n.t{rows}{{page:t{rows}}}",
                u32::from(columns) * 10,
                u32::from(*rows) * 20
            );
        }
        let codes = serde_json::to_string(&shared.code_list).unwrap_or_default();
        // Inside a script, `</script>` would end it, and `<!--` change how its end is found.
        let codes = codes.replace('<', "\\u003c");
        let language = attribute(&metadata.language);
        let rules = &shared.rules;
        format!(
            "<!doctype html>\n<html lang=\"{language}\" class=\"{classes}\">\n<head>\n\
             <meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"generator\" content=\"livedeck {}\">\n\
             <title>{title}</title>\n<style>\n{sizes}{STYLE}{rules}</style>\n</head>\n<body>\n\
             <main>\n<h1 class=\"hidden\">{title}</h1>\n{slides}</main>\n{CONTROLS}\
             <script type=\"application/json\" id=\"codes\">{codes}</script>\n\
             <script>\n{SCRIPT}</script>\n</body>\n</html>\n",
            env!("CARGO_PKG_VERSION"),
        )
    }
}

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = concat!(include_str!("script.js"), "\n", include_str!("copy.js"));
const CONTROLS: &str = include_str!("controls.html");

#[cfg(test)]
mod tests;
