//! What helps on stage, slide by slide of the tour: each test opens the slide about a feature and uses it as
//! the slide says.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;

use serde_json::Value;

use crate::harness::shipped::Shipped;
use crate::harness::{Opening, PtyHarness};

const TOUR: Shipped = Shipped("slides/tour.md");

/// Opens the tour at the slide with this title.
fn at(title: &str, args: &[&str]) -> PtyHarness {
    open(&TOUR.file(), title, args)
}

fn open(file: &std::path::Path, title: &str, args: &[&str]) -> PtyHarness {
    let number = number(title).to_string();
    let args = [args, &["-x", "-X", "--start", &number]].concat();
    let talk =
        PtyHarness::open(file, &Opening { args: &args, size: (100, 40), ..Opening::default() });
    talk.wait_for(title);
    talk.wait_for(&format!(" {number} / {}", TOUR.slides()));
    talk
}

/// Returns the number of the slide with this title.
fn number(title: &str) -> usize {
    let deck = TOUR.show().deck;
    let place = deck.slides.iter().position(|slide| slide.title.as_deref() == Some(title));
    place.unwrap_or_else(|| panic!("no slide is called {title}")) + 1
}

fn state(talk: &PtyHarness) -> Value {
    serde_json::from_str(&talk.remote("state").unwrap()).unwrap()
}

/// Copies the tour to a folder in which files can be written beside it.
fn copy() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tour.md");
    std::fs::copy(TOUR.file(), &file).unwrap();
    (folder, file)
}

#[test]
fn console_shows_the_slide_and_its_time() {
    let talk = at("The console", &[]);
    let runtime = talk.runtime();
    let env = [("XDG_RUNTIME_DIR", runtime.to_str().unwrap())];
    let opening = Opening { args: &["console"], size: (120, 40), env: &env, ..Opening::default() };
    let console = PtyHarness::alone(&opening);
    console.wait_for("In a second terminal");
    console.wait_for(&format!("{}/{}", number("The console"), TOUR.slides()));
    console.wait_for("left");
    console.keys("l");
    talk.wait_for("the screen shows");
    console.wait_for("ahead");
    console.quit();
    talk.quit();
}

#[test]
fn stage_keys_work() {
    let talk = at("On stage", &[]);
    talk.keys("b");
    talk.wait("a black screen", |screen| screen.trim().is_empty());
    talk.keys("b");
    talk.wait_for("the screen shows");
    talk.keys("w");
    talk.wait("a white screen", |screen| screen.trim().is_empty());
    talk.keys("w");
    talk.wait_for("the screen shows");
    talk.keys("N");
    talk.wait_for("no notes here");
    talk.keys("N");
    talk.wait_gone("no notes here");
    let before = talk.colours();
    talk.keys("S");
    talk.wait("a spotlight", |_| talk.colours() != before);
    let lit = talk.colours();
    talk.keys("esc");
    talk.wait("no spotlight", |_| talk.colours() != lit);
    talk.keys("o");
    talk.wait_gone("Clickers work");
    talk.wait_for("enter");
    talk.keys("enter");
    talk.wait_for("Clickers work");
    talk.keys("g g");
    talk.wait_for("a guided tour");
    talk.keys("ctrl-o");
    talk.wait_for("Clickers work");
    let is_running = || state(&talk)["timer"]["running_since_ms"].is_number();
    assert!(is_running(), "it started with the first move");
    talk.keys("t");
    talk.wait("a paused timer", |_| !is_running());
    // What clickers send.
    talk.write(b"\x1b[6~");
    talk.wait_for("Other programs");
    talk.write(b"\x1b[5~");
    talk.wait_for("Clickers work");
    talk.quit();
}

#[test]
fn other_programs_drive_the_tour() {
    let talk = at("Other programs", &[]);
    talk.remote("next").unwrap();
    talk.wait_for("A page for the audience");
    assert_eq!(state(&talk)["title"], "A page for the audience");
    talk.remote("go 12").unwrap();
    talk.wait_for(" 12 / ");
    talk.quit();
}

#[test]
fn audience_gets_the_slide() {
    let talk = at("A page for the audience", &["--serve", "127.0.0.1:0"]);
    let address = state(&talk)["serve"]["address"].as_str().unwrap().to_owned();
    talk.keys("a");
    talk.wait_for("Follow this talk");
    talk.wait_for(&address);
    talk.keys("a");
    talk.wait_gone("Follow this talk");
    let host = address.strip_prefix("http://").unwrap().trim_end_matches('/');
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("Viewers can only read."), "{page}");
    assert!(!page.contains("auto_advance"), "the next slide is not sent");
    assert!(talk.remote("link").unwrap().contains("/remote#"));
    talk.quit();
}

#[test]
fn slides_follow_in_a_loop() {
    let last = TOUR.slides();
    let talk = at("Slides that follow", &["--loop"]);
    talk.keys("G");
    talk.wait_for(&format!(" {last} / {last}"));
    for key in ["l", "G n"] {
        talk.keys(key);
        talk.wait_for("a guided tour");
    }
    talk.quit();
    // The comment on the slide, on a slide that has it.
    let (_folder, file) = copy();
    let text = std::fs::read_to_string(&file).unwrap();
    let title = "Slides that follow\n===\n";
    let comment = "\n<!-- // auto_advance: 20ms -->\n";
    assert!(text.contains(title));
    std::fs::write(&file, text.replace(title, &format!("{title}{comment}"))).unwrap();
    let args = ["-x", "--start", &number("Slides that follow").to_string()];
    let talk = PtyHarness::open(&file, &Opening { args: &args, ..Opening::default() });
    talk.wait_for("Variants");
    talk.quit();
}

#[test]
fn variant_has_one_slide_less() {
    let last = TOUR.slides() - 1;
    let args = ["-x", "--without", "deep"];
    let talk = PtyHarness::open(&TOUR.file(), &Opening { args: &args, ..Opening::default() });
    talk.wait_for("a guided tour");
    let before = number("Variants") - 1;
    talk.remote(&format!("go {before}")).unwrap();
    talk.wait_for(&format!(" {before} / {last}"));
    talk.wait_for("Slides that follow");
    talk.keys("n");
    talk.wait_gone("Slides that follow");
    talk.wait_for("Hot reload");
    talk.quit();
}

#[test]
fn any_key_types_the_code_of_the_tour() {
    let talk = at("Typed code", &[]);
    assert!(!talk.screen().contains("print("), "{}", talk.screen());
    talk.keys("x y z x y z x y z");
    talk.wait_for("print(\"no");
    assert!(!talk.screen().contains("typos\".upper"), "{}", talk.screen());
    talk.keys("esc");
    talk.wait_for("typos\".upper())");
    talk.keys("enter");
    talk.wait_for("NO TYPOS");
    talk.quit();
}

#[test]
fn changing_code_is_one_place() {
    let talk = at("Code that changes", &[]);
    talk.wait_for("def area(shape):");
    assert!(!talk.screen().contains("import math"));
    talk.keys("l");
    talk.wait_for("import math");
    assert_eq!(talk.screen().matches("def area(shape):").count(), 1);
    talk.keys("h");
    talk.wait_gone("import math");
    talk.quit();
}

#[test]
fn terminal_of_the_tour_has_a_frame() {
    let talk = at("A terminal on the slide", &[]);
    talk.keys("ctrl-e");
    talk.wait("a frame on the edges of the code", |screen| {
        let rows: Vec<&str> = screen.lines().map(str::trim).collect();
        let row = |start: &str, end: &str| {
            let found = rows.iter().find(|row| row.starts_with(start) && row.ends_with(end));
            found.map(|row| row.chars().count())
        };
        let code = row("╭─ python", "╮");
        code.is_some() && code == row("├─ python", "┤") && code == row("╰", "╯")
    });
    talk.quit();
}

#[test]
fn rehearsal_of_the_tour_is_the_plan() {
    let (folder, file) = copy();
    let rehearsal = PtyHarness::open(&file, &Opening { args: &["rehearse"], ..Opening::default() });
    rehearsal.wait_for("a guided tour");
    rehearsal.keys("l");
    rehearsal.wait_for("A slide is a screen");
    rehearsal.keys("q");
    rehearsal.wait_for("in all, saved in");
    assert!(rehearsal.end().success());
    let saved = std::fs::read_to_string(folder.path().join("tour.rehearsal.json")).unwrap();
    let saved: Value = serde_json::from_str(&saved).unwrap();
    assert_eq!(saved["slides"][1]["title"], "A slide is a screen");
    assert!(number("Rehearsal") > 0, "the tour has a slide about it");
}
