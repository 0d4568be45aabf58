//! The talk that comes with livedeck: without a mistake, nothing of it cut at 80 by 24.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads its own tree")]

mod stage;

use std::path::{Path, PathBuf};

use livedeck::deck::{Cursor, Slide, SlideNo, Step};
use livedeck::export::{Look, Rgb, svg};
use livedeck::layout::{Inputs, Limits, Measures, PictureKey, PixelSize, Scene, Size, layout};
use livedeck::run::Runs;
use livedeck::runtime::{Origin, Show, load};
use livedeck::view::paint;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use stage::{Opening, Stage};

const CHART: &str = "../pics/perf.png";

#[test]
fn the_talk_has_no_mistakes() {
    let show = talk();
    let mistakes: Vec<_> = show.deck.diagnostics.iter().map(|mistake| &mistake.message).collect();
    assert!(mistakes.is_empty(), "{mistakes:?}");
    assert!(show.deck.slides.len() > 25, "a talk of half an hour");
}

#[test]
fn every_slide_fits_80_by_24() {
    let show = talk();
    let cut: Vec<_> = slides(&show)
        .filter(|slide| scene(&show, *slide, Size::new(80, 24)).scroll_limit() > 0)
        .map(SlideNo::human)
        .collect();
    assert!(cut.is_empty(), "these are taller than the screen: {cut:?}");
}

#[test]
fn it_is_walked_and_its_programs_run() {
    let deck = Path::new(env!("CARGO_MANIFEST_DIR")).join("slides/talk.md");
    let last = talk().deck.slides.len();
    let talk = Stage::open(&deck, &Opening { size: (120, 40), ..Opening::default() });
    talk.wait_for("Python outside, Rust inside");
    talk.keys("4 G");
    talk.wait_for(&format!("4 / {last}"));
    talk.keys("ctrl-e");
    talk.wait("both results", |screen| screen.matches("20! = 2432902008176640000").count() == 2);
    talk.wait("both done", |screen| screen.matches("[done").count() == 2);
    talk.keys("g g");
    talk.wait_for("Python outside, Rust inside");
    let mut steps = 0;
    while !talk.screen().contains(&format!("{last} / {last}")) {
        // A step may change colours only.
        let before = talk.colours();
        talk.keys("l");
        talk.wait("a step on", |_| talk.colours() != before);
        steps += 1;
    }
    assert!(steps > last, "there are more steps than slides");
    talk.keys("q");
    assert!(talk.end().success());
}

#[test]
fn every_slide_can_be_a_picture() {
    let show = talk();
    let look = Look::new(Rgb(0x4c, 0x4f, 0x69), Rgb(0xef, 0xf1, 0xf5));
    for slide in slides(&show) {
        let scene = scene(&show, slide, Size::new(120, 40));
        let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
        let overlays = paint(&scene, 0, &mut buffer);
        let chart = std::fs::read(chart()).unwrap();
        let pictures: Vec<_> = overlays.into_iter().map(|at| (at, chart.clone())).collect();
        let picture = svg(&buffer, &pictures, &look);
        assert_eq!(picture.contains("<image"), !pictures.is_empty());
        assert!(picture.ends_with("</svg>\n") && picture.contains("<text"), "{slide:?}");
    }
}

fn talk() -> Show {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("slides/talk.md");
    load(&Origin::new(path), None).unwrap()
}

fn slides(show: &Show) -> impl Iterator<Item = SlideNo> {
    show.deck.slides.iter().enumerate().map(|(index, _): (usize, &Slide)| SlideNo::new(index))
}

fn scene(show: &Show, slide: SlideNo, size: Size) -> Scene {
    layout(&Inputs {
        deck: &show.deck,
        at: Cursor { slide, step: Step::LAST },
        size,
        theme: &show.look(slide).theme,
        highlighter: &show.look(slide).highlighter,
        colours: livedeck::layout::Colours::All,
        runs: &Runs::default(),
        measures: &measures(),
        footer: &show.look(slide).footer,
        focus: None,
        grid: false,
        limits: Limits::default(),
        hints: &livedeck::layout::Hints::default(),
    })
}

fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("slides").join(CHART)
}

/// The chart's size, from the header of its file.
fn measures() -> Measures {
    let file = std::fs::read(chart()).unwrap();
    let number = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("slides");
    let key = PictureKey { base, source: CHART.into() };
    let size = PixelSize { width: number(16), height: number(20) };
    Measures { pictures: [(key, Ok(size))].into() }
}
