//! The tour: all slides fit, only the slide about mistakes has diagnostics, and outputs match the
//! recording.

use std::path::Path;

use crate::harness::shipped::{Shipped, mistakes};
use crate::harness::{Opening, PtyHarness, Terminal};
use livedeck::deck::Cell;
use livedeck::project::{LoadOptions, LoadedDeck, load};

const TOUR: Shipped = Shipped("slides/tour.md");

/// The slide with intended mistakes.
const MISTAKEN: &str = "Errors stay in their place";

/// The intended mistakes.
const ON_PURPOSE: [&str; 2] = ["unknown command `puase`", "unknown attribute `+exce`"];

/// The slide that asks for input.
const ASKING: &str = "Input";

#[test]
fn only_one_slide_has_diagnostics() {
    let loaded = TOUR.show();
    assert_eq!(found(&loaded), ON_PURPOSE);
    let slides = loaded.deck.slides.iter().filter(|slide| slide.title.as_deref() == Some(MISTAKEN));
    assert_eq!(slides.count(), 1);
}

#[test]
fn tour_works_with_every_theme() {
    for theme in livedeck::theme::names() {
        let origin = LoadOptions { theme: Some(theme.to_owned()), ..LoadOptions::new(TOUR.file()) };
        assert_eq!(found(&load(&origin, None).unwrap()), ON_PURPOSE, "{theme}");
    }
}

#[test]
fn readme_pictures_exist_and_are_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let tour = std::fs::read_to_string(TOUR.file()).unwrap();
    let pictures: Vec<_> =
        readme.split("](pics/").skip(1).map(|rest| rest.split_once(')').unwrap().0).collect();
    assert!(pictures.len() > 4, "{pictures:?}");
    for picture in pictures {
        assert!(root.join("pics").join(picture).is_file(), "{picture}");
        assert!(tour.contains(picture), "{picture}");
    }
}

/// Returns the diagnostics.
fn found(loaded: &LoadedDeck) -> Vec<String> {
    mistakes(loaded).into_iter().map(|mistake| mistake.message).collect()
}

#[test]
fn tour_outputs_match_the_recording() {
    let blocks = TOUR.show().deck.cells.len();
    assert!(blocks > 20);
    assert_eq!(TOUR.recording().len(), blocks, "all are compared");
    assert_eq!(TOUR.check_run(0).code(), Some(1), "for the two mistakes on purpose");
}

#[test]
fn tour_runs_on_a_dark_terminal() {
    walk(Terminal::Plain);
}

#[test]
fn tour_runs_on_a_light_terminal() {
    walk(Terminal::Light);
}

#[test]
fn tour_steps_work_at_the_smallest_size() {
    let tour = open((80, 24), Terminal::Plain);
    TOUR.step_through(&tour);
    tour.quit();
}

/// Goes through all slides, runs their blocks, and checks the outputs.
fn walk(terminal: Terminal) {
    let recorded = recorded();
    let tour = open((120, 50), terminal);
    TOUR.run_through(&tour, |title, runs| {
        if title == ASKING {
            tour.wait_for("enter send");
            tour.keys("enter");
        }
        wait_for_the_end(&tour, runs);
        let is_mistaken = tour.screen().contains("did you mean");
        assert_eq!(is_mistaken, title == MISTAKEN, "{}", tour.screen());
        for (_, line) in recorded.iter().filter(|(of, _)| of == title) {
            tour.wait(&format!("`{line}` on the slide"), |screen| {
                screen.lines().any(|row| words(row).contains(line))
            });
        }
    });
    tour.quit();
}

/// Waits until these blocks have ended.
fn wait_for_the_end(tour: &PtyHarness, runs: &[&Cell]) {
    // A block replaced by its output has no status line.
    let shown = runs.iter().filter(|cell| !cell.exec.output_mode.replaces_code()).count();
    tour.wait("all have ended", |screen| {
        let ends = ["✓ ", "✗ ", "◷ timed out"];
        // The number of errors in the deck is not the status of a block.
        let rows = screen.lines().filter(|row| !row.contains("errors · D"));
        rows.flat_map(|row| ends.iter().map(|end| row.matches(end).count())).sum::<usize>() == shown
    });
}

/// Returns recorded lines with their slides: the last line of long outputs, the labels of timings, and
/// no lines with the deck's path.
fn recorded() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for block in TOUR.recording() {
        let seen = if block.lines.len() > 20 { block.lines.len() - 1 } else { 0 };
        for line in &block.lines[seen..] {
            let line = line.split(" · ").next().unwrap_or(line);
            // The card of a benchmark shows the code alone.
            let line = line.strip_prefix("timed ").unwrap_or(line);
            if !line.contains("File \"") {
                found.push((block.slide.clone(), words(line)));
            }
        }
    }
    assert!(found.len() > 30, "{found:?}");
    found
}

/// Returns the words of a line, without colours and Markdown syntax.
fn words(line: &str) -> String {
    let plain: String = line
        .split('\u{1b}')
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once('m').unwrap().1 })
        .collect();
    let plain = plain.replace(['*', '_'], "");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Opens the tour at its first slide.
fn open(size: (u16, u16), terminal: Terminal) -> PtyHarness {
    let opening = Opening { args: &["-x", "-X"], size, terminal, ..Opening::default() };
    let tour = PtyHarness::open(&TOUR.file(), &opening);
    tour.wait_for("a guided tour");
    tour
}
