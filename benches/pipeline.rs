//! Time of the pipeline: parsing a deck of 1,000 mixed slides, laying out slides, and drawing frames.

use std::path::Path;

use divan::Bencher;
use livedeck::deck::{Cursor, Deck, SlideNo, Step};
use livedeck::highlight::Highlighter;
use livedeck::layout::{FooterText, Inputs, PictureSizes, Scene, Size, SlideArea, layout};
use livedeck::run::Runs;
use livedeck::source::MemFiles;
use livedeck::theme::{self, Theme};
use livedeck::{parse, view};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns and rows of the screen.
const SCREEN: (u16, u16) = (120, 40);

fn main() {
    divan::main();
}

#[divan::bench(args = [10, 1_000])]
fn parse(bencher: Bencher<'_, '_>, slides: usize) {
    let text = deck(slides);
    bencher
        .counter(divan::counter::BytesCount::of_str(&text))
        .bench(|| parse::parse(Path::new("talk.md"), &text, &MemFiles::default()));
}

/// Lays out 1,000 slides of every kind, with a warm highlighter.
#[divan::bench]
fn lay_out_1000_slides(bencher: Bencher<'_, '_>) {
    let fixture = Fixture::new(1_000);
    bencher.bench(|| (0..1_000).map(|slide| fixture.scene(slide).height).sum::<u32>());
}

/// Lays out one slide: text, list, table, quote, code that runs, code.
#[divan::bench(args = [0, 1, 2, 3, 4, 5])]
fn lay_out(bencher: Bencher<'_, '_>, slide: usize) {
    let fixture = Fixture::new(6);
    bencher.bench(|| fixture.scene(slide));
}

/// Paints a slide into a buffer that already shows it.
#[divan::bench]
fn paint(bencher: Bencher<'_, '_>) {
    let scene = Fixture::new(6).scene(0);
    let mut buffer = Buffer::empty(Rect::new(0, 0, SCREEN.0, SCREEN.1));
    bencher.bench_local(|| view::paint(&scene, 0, &mut buffer));
}

/// Draws a frame: paints a slide, computes the difference to the previous one, and writes it.
#[divan::bench]
fn frame(bencher: Bencher<'_, '_>) {
    let fixture = Fixture::new(6);
    let scenes = [fixture.scene(0), fixture.scene(1)];
    let area = Rect::new(0, 0, SCREEN.0, SCREEN.1);
    let (mut shown, mut next) = (Buffer::empty(area), Buffer::empty(area));
    let (mut at, mut bytes) = (0, Vec::new());
    bencher.bench_local(|| {
        at = 1 - at;
        bytes.clear();
        view::paint(&scenes[at], 0, &mut next);
        let changes = shown.diff_iter(&next);
        CrosstermBackend::new(&mut bytes).draw(changes).expect("writing to a vector does not fail");
        std::mem::swap(&mut shown, &mut next);
        bytes.len()
    });
}

/// A deck and the inputs of its layout.
struct Fixture {
    deck: Deck,
    theme: Theme,
    highlighter: Highlighter,
    runs: Runs,
    measures: PictureSizes,
    footer: FooterText,
}

impl Fixture {
    fn new(slides: usize) -> Self {
        let deck = parse::parse(Path::new("talk.md"), &deck(slides), &MemFiles::default());
        let choice = theme::Choice {
            forced: None,
            name: None,
            file: None,
            default: "dark",
            overrides: None,
        };
        let (theme, _) = theme::resolve(&choice);
        let highlighter = Highlighter::new(&theme.code.highlight_theme).expect("it is built in");
        let (runs, measures, footer) = Default::default();
        Self { deck, theme, highlighter, runs, measures, footer }
    }

    fn scene(&self, slide: usize) -> Scene {
        layout(&Inputs {
            deck: &self.deck,
            at: Cursor { slide: SlideNo::new(slide), step: Step(0) },
            size: Size::new(SCREEN.0, SCREEN.1),
            theme: &self.theme,
            highlighter: &self.highlighter,
            colours: livedeck::layout::Highlighting::Full,
            runs: &self.runs,
            measures: &self.measures,
            footer: &self.footer,
            focus: None,
            edited: None,
            typed: &std::collections::BTreeMap::new(),
            grid: false,
            limits: SlideArea::default(),
            hints: &livedeck::layout::KeyHints::default(),
        })
    }
}

/// Returns a deck that alternates text, lists, tables, quotes and code.
fn deck(slides: usize) -> String {
    let bodies = [
        "Some *words* of **running** text with `code`, [a link](https://example.org) and more.\n",
        "* **first** point\n  * a point below it\n* second point\n",
        "| a | b |\n|---|---|\n| one | two |\n| three | four |\n",
        "> quoted words\n> on two lines\n\n1. *first*\n2. second\n",
        "```python +exec {1|2}\nx = [n * n for n in range(10)]\nprint(sum(x))\n```\n",
        "```rust\nfn main() {\n    println!(\"{}\", 6 * 7);\n}\n```\n",
    ];
    let slide = |(number, body)| format!("Slide {number}\n===\n\n{body}");
    let slides: Vec<_> = bodies.iter().cycle().take(slides).enumerate().map(slide).collect();
    slides.join("\n<!-- end_slide -->\n\n")
}
