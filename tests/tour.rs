//! The tour, livedeck shown by itself: all of it fits, only the slide that is about mistakes has
//! any, and every block of it does on its slide what was recorded of it.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads its own tree")]

mod stage;

use std::path::{Path, PathBuf};
use std::process::Command;

use livedeck::deck::Cell;
use livedeck::layout::Size;
use livedeck::runtime::{Origin, Show, inspect, load};
use serde_json::Value;
use stage::{Opening, Stage, Terminal};

/// What slides and code of theirs must fit, without a line that is wrapped.
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

/// The slide whose mistakes are there on purpose.
const MISTAKEN: &str = "A mistake stays where it is";

/// Those mistakes.
const ON_PURPOSE: [&str; 2] = ["unknown command `puase`", "unknown attribute `+exce`"];

/// The slide where somebody has to answer.
const ASKING: &str = "It asks, you answer";

#[test]
fn every_slide_fits_and_only_one_has_mistakes() {
    let show = tour();
    assert_eq!(mistakes(&show), ON_PURPOSE);
    let slides = show.deck.slides.iter().filter(|slide| slide.title.as_deref() == Some(MISTAKEN));
    assert_eq!(slides.count(), 1);
}

#[test]
fn any_theme_will_do() {
    for theme in livedeck::theme::names() {
        let origin = Origin { theme: Some(theme.to_owned()), ..Origin::new(path()) };
        assert_eq!(mistakes(&load(&origin, None).unwrap()), ON_PURPOSE, "{theme}");
    }
}

#[test]
fn the_readme_s_pictures_are_there_and_the_tour_says_how_they_are_made() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let tour = std::fs::read_to_string(path()).unwrap();
    let pictures: Vec<_> =
        readme.split("](pics/").skip(1).map(|rest| rest.split_once(')').unwrap().0).collect();
    assert!(pictures.len() > 4, "{pictures:?}");
    for picture in pictures {
        assert!(root.join("pics").join(picture).is_file(), "{picture}");
        assert!(tour.contains(picture), "{picture}");
    }
}

/// What `livedeck check` says of it at all sizes.
fn mistakes(show: &Show) -> Vec<String> {
    let sizes = SIZES.map(|(columns, rows)| Size::new(columns, rows));
    inspect(show, &sizes).into_iter().map(|found| found.message).collect()
}

#[test]
fn every_block_does_what_was_recorded_of_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_livedeck"))
        .args(["check", "--run", "slides/tour.md"])
        .current_dir(root)
        .env("XDG_CONFIG_HOME", root.join("none"))
        .env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let blocks = tour().deck.cells.len();
    assert!(blocks > 20 && said.ends_with(&format!("{blocks} blocks: {blocks} ok\n")), "{said}");
    assert_eq!(output.status.code(), Some(1), "for the two mistakes on purpose");
    let recording =
        std::fs::read_to_string(path().with_extension("recording").join("recording.json"));
    assert_eq!(recording.unwrap().matches("\"code\": ").count(), blocks, "all were compared");
}

#[test]
fn in_the_dark_every_block_writes_on_its_slide_what_it_should() {
    walk(Terminal::Plain);
}

#[test]
fn in_the_light_every_block_writes_on_its_slide_what_it_should() {
    walk(Terminal::Light);
}

#[test]
fn it_is_walked_step_by_step_at_the_smallest_size() {
    let last = tour().deck.slides.len();
    let tour = open((80, 24), Terminal::Plain);
    let mut steps = 0;
    while !tour.screen().contains(&format!("{last} / {last}")) {
        // A step may change colours only.
        let before = tour.colours();
        tour.keys("l");
        tour.wait("a step on", |_| tour.colours() != before);
        steps += 1;
    }
    assert!(steps > last, "there are more steps than slides");
    leave(tour);
}

/// Goes through all slides, runs what is on them, and looks at what comes.
fn walk(terminal: Terminal) {
    let show = tour();
    let last = show.deck.slides.len();
    let recording = recording();
    let tour = open((120, 50), terminal);
    for (index, slide) in show.deck.slides.iter().enumerate().skip(1) {
        tour.keys("n");
        tour.wait_for(&format!(" {} / {last}", index + 1));
        tour.keys("s");
        let title = slide.title.as_deref().unwrap();
        let cells = show.deck.cells.iter().filter(|cell| cell.slide.index() == index);
        run(&tour, title, &cells.map(AsRef::as_ref).collect::<Vec<_>>());
        let is_mistaken = tour.screen().contains("did you mean");
        assert_eq!(is_mistaken, title == MISTAKEN, "{}", tour.screen());
        for (_, line) in recording.iter().filter(|(of, _)| of == title) {
            tour.wait(&format!("`{line}` on the slide"), |screen| {
                screen.lines().any(|row| words(row).contains(line))
            });
        }
    }
    leave(tour);
}

/// Runs all of a slide, answers what is asked, and waits for the end of it.
fn run(tour: &Stage, title: &str, cells: &[&Cell]) {
    let (modules, runs): (Vec<_>, Vec<_>) =
        cells.iter().partition(|cell| cell.how.module.is_some());
    tour.wait("its modules are ready", |screen| {
        screen.matches("` is ready]").count() == modules.len()
    });
    if runs.is_empty() {
        return;
    }
    tour.keys("ctrl-e");
    if title == ASKING {
        tour.wait_for("enter sends");
        tour.keys("enter");
    }
    // What gives way to its output gives way to the line that says how it went, too.
    let shown = runs.iter().filter(|cell: &&&Cell| !cell.how.form.replaces_code()).count();
    tour.wait("all have ended", |screen| {
        let ends = ["[done", "[failed", "[timed out"];
        ends.iter().map(|end| screen.matches(end).count()).sum::<usize>() == shown
    });
}

/// Lines that were recorded, by their slide: of long outputs the last one, of what was timed what
/// it was, and all but those that name the deck's path.
fn recording() -> Vec<(String, String)> {
    let file = path().with_extension("recording").join("recording.json");
    let recording: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut found = Vec::new();
    for block in recording["blocks"].as_array().unwrap() {
        let lines: Vec<_> = block["output"].as_array().unwrap().iter().collect();
        let seen = if lines.len() > 20 { lines.len() - 1 } else { 0 };
        for line in &lines[seen..] {
            let line = line.as_str().unwrap();
            let line = line.split(" · ").next().unwrap_or(line);
            if !line.contains("File \"") {
                found.push((block["slide"].as_str().unwrap().to_owned(), words(line)));
            }
        }
    }
    assert!(found.len() > 30, "{found:?}");
    found
}

/// The words of a line, without colours and without the marks of markdown.
fn words(line: &str) -> String {
    let plain: String = line
        .split('\u{1b}')
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once('m').unwrap().1 })
        .collect();
    let plain = plain.replace(['*', '_'], "");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("slides/tour.md")
}

fn tour() -> Show {
    load(&Origin::new(path()), None).unwrap()
}

/// The tour on its first slide.
fn open(size: (u16, u16), terminal: Terminal) -> Stage {
    let opening = Opening { args: &["-x", "-X"], size, terminal, ..Opening::default() };
    let tour = Stage::open(&path(), &opening);
    tour.wait_for("a tour, given by itself");
    tour
}

fn leave(tour: Stage) {
    tour.keys("q");
    assert!(tour.end().success());
}
