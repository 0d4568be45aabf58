//! The deck that shows every way to run code, walked slide by slide: each test opens it at the slide
//! of one title, does there what a speaker would, and looks at the screen.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads its own tree")]

mod stage;

use std::path::{Path, PathBuf};

use stage::{Opening, Stage};

fn deck() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("slides/examples/execution.md")
}

/// The deck at the slide with this title.
fn at(title: &str) -> Stage {
    let text = std::fs::read_to_string(deck()).unwrap();
    let titles = text.lines().zip(text.lines().skip(1)).filter(|(_, rule)| *rule == "===");
    let place = titles.map(|(title, _)| title).position(|found| found == title);
    // The intro slide is the first.
    let number = place.unwrap_or_else(|| panic!("no slide is called {title}")) + 2;
    let talk = Stage::open(&deck(), &Opening { size: (100, 40), ..Opening::default() });
    talk.wait_for("every way, a slide each");
    for digit in number.to_string().chars() {
        talk.keys(&digit.to_string());
    }
    talk.keys("G");
    talk.wait_for(title);
    talk
}

fn leave(talk: Stage) {
    talk.keys("q");
    assert!(talk.end().success());
}

#[test]
fn python_runs_and_says_what_goes_wrong_by_the_deck_s_line() {
    let talk = at("Python, and what goes wrong");
    talk.keys("ctrl-e");
    talk.wait_for("hello from a warm interpreter");
    talk.wait_for("ZeroDivisionError");
    talk.wait_for("execution.md\", line");
    leave(talk);
}

#[test]
fn rust_runs_without_main() {
    let talk = at("Rust");
    talk.keys("ctrl-e");
    talk.wait_for("no main, no wait: 55");
    leave(talk);
}
