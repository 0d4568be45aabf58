//! Tests the examples of `docs/FORMAT.md`: each is parsed without diagnostics, or with some if it
//! is marked as a mistake, and its screens match the snapshot.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use livedeck::deck::{Cursor, SlideNo, Step};
use livedeck::diag::plain;
use livedeck::headless::{SlideRenderer, inspect};
use livedeck::layout::Size;
use livedeck::project::{LoadOptions, LoadedDeck, load};
use livedeck::view::paint;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// An example on the page.
struct Example {
    line: usize,
    is_mistake: bool,
    text: String,
}

#[test]
fn format_page_examples_match() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/FORMAT.md");
    let examples = examples(&std::fs::read_to_string(page).unwrap());
    assert!(examples.len() > 25, "{}", examples.len());
    let folder = tempfile::tempdir().unwrap();
    // Files that the examples refer to.
    std::fs::write(folder.path().join("part.md"), "From the *other* file.\n").unwrap();
    let code = "fn main() {\n    println!(\"hello\");\n}\n// more\n";
    std::fs::write(folder.path().join("main.rs"), code).unwrap();
    image::RgbImage::new(60, 40).save(folder.path().join("crab.png")).unwrap();
    let path = folder.path().join("talk.md");
    let mut book = String::new();
    for example in examples {
        std::fs::write(&path, &example.text).unwrap();
        let loaded = load(&LoadOptions::new(&path), None).unwrap();
        let mistakes = mistakes(&loaded).replace(&format!("{}/", folder.path().display()), "");
        let Example { line, is_mistake, text } = example;
        assert_eq!(!mistakes.is_empty(), is_mistake, "line {line}:\n{text}\n{mistakes}");
        let first = text.lines().find(|line| !line.is_empty() && *line != "---").unwrap();
        writeln!(book, "═══ {first}").unwrap();
        book += &if is_mistake { mistakes } else { screens(&loaded) };
    }
    insta::assert_snapshot!(book);
}

/// Returns the four-backtick blocks in markdown.
fn examples(page: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.strip_prefix("````markdown") else { continue };
        let text = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "````");
        let text = text.fold(String::new(), |text, line| text + line + "\n");
        examples.push(Example { line: number + 1, is_mistake: info.trim() == "mistake", text });
    }
    examples
}

fn mistakes(loaded: &LoadedDeck) -> String {
    let found = inspect(loaded, &[Size::new(80, 24)], &BTreeMap::new());
    let reports: Vec<_> = found.iter().map(|found| plain(found, &loaded.deck.sources)).collect();
    if reports.is_empty() { String::new() } else { reports.join("\n") + "\n" }
}

/// Returns each slide, fully revealed, without surrounding blanks.
fn screens(loaded: &LoadedDeck) -> String {
    let mut stills = SlideRenderer::new(loaded);
    let mut text = String::new();
    for slide in 0..loaded.deck.slides.len() {
        let at = Cursor { slide: SlideNo::new(slide), step: Step::LAST };
        let scene = stills.scene(at, Size::new(80, 24));
        let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
        paint(&scene, 0, &mut buffer);
        writeln!(text, "─── slide {} in {} steps", slide + 1, loaded.deck.slides[slide].steps)
            .unwrap();
        for row in buffer.content.chunks(80) {
            let row: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
            if !row.trim().is_empty() {
                writeln!(text, "{}", row.trim_end()).unwrap();
            }
        }
    }
    text
}
