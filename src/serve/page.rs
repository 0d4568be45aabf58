//! What the talk hands over, and what clients get of it.

use std::collections::HashMap;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde::Serialize;

use super::limits::{MAX_PAGE_BYTES, MAX_PICTURE_BYTES};
use super::route::PICTURE_PATH;
use crate::app::Blank;
use crate::control::{BlockReport, StagePosition, TalkTitles, TimerReport};
use crate::export::{HtmlFragment, HtmlPage, LinkedPicture, Rgb, TerminalColors, html_fragment};
use crate::layout::{PictureKey, Scene};
use crate::media::{DocumentPicture, UnreadPicture};
use crate::view;

/// Maximum rows of a slide that is taller than the screen.
const MAX_ROWS: u16 = 1_000;

/// What the talk shows at one moment.
#[derive(Clone, Debug)]
pub struct Publication {
    /// The slide; none while the screen is blank.
    pub slide: Option<Box<ServedSlide>>,
    /// What the remote shows.
    pub remote: RemoteView,
    /// What the document says about itself: the title and the language.
    pub document: (String, String),
}

/// A slide at its step.
#[derive(Clone, Debug)]
pub struct ServedSlide {
    /// What it shows.
    pub scene: Scene,
    /// Its pictures, as far as they are found.
    pub pictures: HashMap<PictureKey, UnreadPicture>,
    /// The colours that a terminal would choose itself.
    pub colors: TerminalColors,
}

/// What the remote shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RemoteView {
    /// The slide and step.
    #[serde(flatten)]
    pub position: StagePosition,
    /// The titles of this slide and the next one.
    #[serde(flatten)]
    pub titles: TalkTitles,
    /// What has the keys, as in the state of the control socket.
    pub mode: String,
    /// The colour of a blank screen.
    pub blank: Option<Blank>,
    /// The blocks of the slide that can run.
    pub blocks: Vec<RemoteBlock>,
    /// The timer.
    pub timer: TimerReport,
    /// The speaker notes up to the step.
    pub notes: Vec<String>,
}

/// A block of the slide, for the remote.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RemoteBlock {
    /// The block.
    #[serde(flatten)]
    pub report: BlockReport,
    /// Whether the speaker has allowed it, and what has to run before it.
    pub allowed: bool,
}

/// What viewers get.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct MirrorPage {
    /// The page as a document.
    pub(super) document: Arc<[u8]>,
    /// The state, as a line.
    pub(super) state: Arc<[u8]>,
    /// The pictures, by name.
    pub(super) pictures: HashMap<String, ServedPicture>,
}

/// A picture of the page.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ServedPicture {
    pub(super) media_type: &'static str,
    pub(super) bytes: Arc<[u8]>,
}

/// The state of the mirror. Titles and texts of other slides are not in it.
#[derive(Debug, Serialize)]
struct MirrorState<'a> {
    slide: u32,
    slides: u32,
    step: u32,
    steps: u32,
    title: &'a str,
    html: &'a str,
    rules: &'a str,
    codes: &'a [Box<str>],
}

/// Makes the page of a publication. `read` reads pictures.
pub(super) fn mirror_page(
    publication: &Publication,
    read: &mut dyn FnMut(&UnreadPicture) -> Option<DocumentPicture>,
) -> MirrorPage {
    let fragment = limited(match &publication.slide {
        Some(slide) => fragment(slide, read),
        None => blank_page(publication.remote.blank),
    });
    let RemoteView { position, titles, blank, .. } = &publication.remote;
    let state = MirrorState {
        slide: position.slide,
        slides: position.slides,
        step: position.step,
        steps: position.steps,
        // What is behind a blank screen is not shown yet.
        title: if blank.is_some() { "" } else { &titles.title },
        html: &fragment.markup,
        rules: &fragment.rules,
        codes: &fragment.codes,
    };
    let document = document(&publication.document, &state);
    let mut line = serde_json::to_vec(&state).unwrap_or_default();
    line.push(b'\n');
    let pictures = fragment.pictures.into_iter().map(|picture| {
        let LinkedPicture { name, media_type, bytes } = picture;
        (name, ServedPicture { media_type, bytes: bytes.into() })
    });
    MirrorPage { document: document.into(), state: line.into(), pictures: pictures.collect() }
}

/// Returns the page of a blank screen.
fn blank_page(blank: Option<Blank>) -> HtmlFragment {
    let (back, text) = match blank {
        Some(Blank::White) => (Rgb(255, 255, 255), Rgb(0, 0, 0)),
        _ => (Rgb(0, 0, 0), Rgb(255, 255, 255)),
    };
    HtmlFragment {
        markup: "<p class=\"note\">The screen is blank.</p>".to_owned(),
        rules: page_rules((80, 24), (back, text)),
        ..HtmlFragment::default()
    }
}

/// Returns the rules for the size of a page in columns and rows, and its colours: background and text.
fn page_rules((columns, rows): (u16, u16), (back, text): (Rgb, Rgb)) -> String {
    format!(":root{{--W:{columns};--H:{rows};--back:{back};--text:{text}}}\n")
}

/// Returns the slide as markup.
fn fragment(
    slide: &ServedSlide,
    read: &mut dyn FnMut(&UnreadPicture) -> Option<DocumentPicture>,
) -> HtmlFragment {
    let ServedSlide { scene, pictures, colors } = slide;
    let rules =
        page_rules((scene.size.columns, scene.size.rows), (colors.background, colors.foreground));
    let scene = whole(scene);
    let mut buffer = Buffer::empty(Rect::new(0, 0, scene.size.columns, scene.size.rows));
    let overlays = view::paint(&scene, 0, &mut buffer);
    let picture = |overlay: view::Overlay| {
        let picture = read(pictures.get(&overlay.key)?)?;
        Some((overlay, picture))
    };
    let pictures = overlays.into_iter().filter_map(picture).collect();
    let page = HtmlPage { scene, buffer, pictures, colors: *colors };
    let fragment = html_fragment(&page, PICTURE_PATH);
    HtmlFragment { rules: rules + &fragment.rules, ..fragment }
}

/// Returns a scene as tall as all of its rows.
fn whole(scene: &Scene) -> Scene {
    let mut whole = scene.clone();
    let most = MAX_ROWS.saturating_sub(scene.size.rows);
    let more = u16::try_from(scene.scroll_limit()).unwrap_or(u16::MAX).min(most);
    if more > 0 {
        let bottom = u32::from(scene.viewport.bottom());
        whole.size.rows += more;
        whole.viewport.height += more;
        for placed in whole.frame.iter_mut().filter(|placed| placed.y >= bottom) {
            placed.y += u32::from(more);
        }
    }
    whole
}

/// Returns a fragment without what is too large.
fn limited(mut fragment: HtmlFragment) -> HtmlFragment {
    let codes: usize = fragment.codes.iter().map(|code| code.len()).sum();
    if fragment.markup.len() + fragment.rules.len() + codes > MAX_PAGE_BYTES {
        let why = "<p class=\"note\">This slide is too large to be sent.</p>";
        return HtmlFragment { markup: why.to_owned(), ..blank_page(None) };
    }
    let mut left = MAX_PICTURE_BYTES;
    fragment.pictures.retain(|picture| {
        let fits = picture.bytes.len() <= left;
        left -= if fits { picture.bytes.len() } else { 0 };
        fits
    });
    fragment
}

const MIRROR: &str = include_str!("web/mirror.html");

/// Returns the page as a document.
fn document((title, language): &(String, String), state: &MirrorState<'_>) -> Vec<u8> {
    let MirrorState { slide, slides, .. } = state;
    let place = format!("{slide} / {slides}");
    let label = match state.title {
        "" => format!("Slide {slide} of {slides}"),
        title => format!("Slide {slide} of {slides}: {title}"),
    };
    // Inside a script, `</script>` would end it, and `<!--` change how its end is found.
    let codes = serde_json::to_string(state.codes).unwrap_or_default().replace('<', "\\u003c");
    let value = |name: &str| match name {
        "language" => escape(language),
        "title" => escape(title),
        "label" => escape(&label),
        "place" => place.clone(),
        "rules" => state.rules.to_owned(),
        "html" => state.html.to_owned(),
        "codes" => codes.clone(),
        _ => String::new(),
    };
    let mut document = String::with_capacity(MIRROR.len() + state.html.len() + state.rules.len());
    let mut parts = MIRROR.split("{{");
    document.push_str(parts.next().unwrap_or_default());
    for (name, text) in parts.filter_map(|part| part.split_once("}}")) {
        document.push_str(&value(name));
        document.push_str(text);
    }
    document.into_bytes()
}

/// Escapes text between tags and in attributes.
fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}
