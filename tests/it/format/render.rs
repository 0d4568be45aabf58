//! Decks in, screens out: every deck of `decks/`, each slide at each step, at two sizes.
//!
//! A screen is written as its text, then as the letters of its styles (`·` is the slide's own),
//! then as what the letters mean: a changed colour is a changed line. Last come the deck's mistakes,
//! of which not all stand on a slide. After a change that is meant,
//! `cargo insta review` shows each difference.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use livedeck::deck::{Cursor, SlideNo, Step};
use livedeck::diag::summary;
use livedeck::headless::{SlideRenderer, inspect};
use livedeck::layout::Size;
use livedeck::project::{LoadOptions, LoadedDeck, load};
use livedeck::view::paint;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use rstest::rstest;
use unicode_width::UnicodeWidthStr;

#[rstest]
fn deck_matches_its_screens(#[files("tests/decks/*.md")] path: PathBuf) {
    // Relative, for the same path in messages on every machine.
    let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let loaded = load(&LoadOptions::new(path), None).unwrap();
    insta::with_settings!({ omit_expression => true, snapshot_path => "../../decks/screens", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, screens(&loaded));
    });
}

/// The decks are found when the tests are compiled: touch this file after adding one.
#[test]
fn every_deck_has_screens() {
    let names = |folder: &str, extension: &str| -> BTreeSet<String> {
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|found| found == extension));
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("tests/decks", "md"), names("tests/decks/screens", "snap"));
}

/// All slides of a deck: every step where it is large, the last where it is small.
fn screens(loaded: &LoadedDeck) -> String {
    let mut text = String::new();
    let mut styles = Letters::default();
    let mut stills = SlideRenderer::new(loaded);
    for (index, slide) in loaded.deck.slides.iter().enumerate() {
        for step in 0..slide.steps {
            let at = Cursor { slide: SlideNo::new(index), step: Step(step) };
            text += &screen(&mut stills, at, Size::new(80, 24), &mut styles);
        }
        let at = Cursor { slide: SlideNo::new(index), step: Step::LAST };
        text += &screen(&mut stills, at, Size::new(40, 12), &mut styles);
    }
    text + &styles.legend() + &mistakes(loaded)
}

/// What `check` says of the deck.
fn mistakes(loaded: &LoadedDeck) -> String {
    let found = inspect(loaded, &[], &BTreeMap::new());
    let mut text = if found.is_empty() { "" } else { "═══ the mistakes ═══\n" }.to_owned();
    for found in found {
        writeln!(text, "{:?} {}", found.severity, summary(&found, &loaded.deck.sources)).unwrap();
        for hint in found.hints {
            writeln!(text, "  hint: {hint}").unwrap();
        }
    }
    text
}

fn screen(stills: &mut SlideRenderer, at: Cursor, size: Size, styles: &mut Letters) -> String {
    let scene = stills.scene(at, size);
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.columns, size.rows));
    paint(&scene, 0, &mut buffer);
    let slide = at.slide.human();
    let step = if at.step == Step::LAST { "all".to_owned() } else { at.step.0.to_string() };
    let mut text = format!("═══ slide {slide} step {step} at {}x{} ═══\n", size.columns, size.rows);
    let rows: Vec<_> = (0..size.rows).map(|row| styles.read(&buffer, row)).collect();
    let end = rows.iter().rposition(|row| row != &Row::default()).map_or(0, |last| last + 1);
    for row in &rows[..end] {
        writeln!(text, "│{}", row.text).unwrap();
    }
    text += "styles\n";
    for (number, row) in rows.iter().enumerate().filter(|(_, row)| !row.styles.is_empty()) {
        writeln!(text, "{number:>2} {}", row.styles).unwrap();
    }
    text
}

/// One row of a screen, without what is blank at its end.
#[derive(Default, PartialEq)]
struct Row {
    text: String,
    styles: String,
}

const LETTERS: &str = "·abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// A letter for each style, in the order they are met.
#[derive(Default)]
struct Letters(Vec<Style>);

impl Letters {
    fn read(&mut self, buffer: &Buffer, row: u16) -> Row {
        let (mut text, mut styles, mut column) = (String::new(), String::new(), 0);
        while column < buffer.area.width {
            let cell = &buffer[(column, row)];
            text += cell.symbol();
            styles.push(self.letter(cell.style()));
            column += u16::try_from(cell.symbol().width()).unwrap().max(1);
        }
        let styles = styles.trim_end_matches('·').to_owned();
        Row { text: text.trim_end().to_owned(), styles }
    }

    fn letter(&mut self, style: Style) -> char {
        let at = self.0.iter().position(|known| *known == style).unwrap_or_else(|| {
            self.0.push(style);
            self.0.len() - 1
        });
        LETTERS.chars().nth(at).unwrap()
    }

    fn legend(&self) -> String {
        let mut text = String::from("═══ the styles ═══\n");
        for (letter, style) in LETTERS.chars().zip(&self.0) {
            let color = |color: Option<ratatui::style::Color>| {
                color.map_or_else(|| "any".to_owned(), |color| color.to_string())
            };
            let more = style.add_modifier;
            writeln!(text, "{letter} {} on {} {more:?}", color(style.fg), color(style.bg)).unwrap();
        }
        text
    }
}
