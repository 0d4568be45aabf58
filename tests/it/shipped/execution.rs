//! The deck with every way to run code: each test opens a slide, uses it like a speaker, and checks the
//! screen.

use std::path::PathBuf;

use crate::harness::shipped::Shipped;
use crate::harness::{Opening, PtyHarness, write_program};

const DECK: Shipped = Shipped("slides/examples/execution.md");

/// Opens the deck at a slide.
fn at(title: &str) -> PtyHarness {
    at_with(title, "")
}

/// Opens the deck at a slide, with a configuration.
fn at_with(title: &str, configuration: &str) -> PtyHarness {
    let text = std::fs::read_to_string(DECK.file()).unwrap();
    let titles = text.lines().zip(text.lines().skip(1)).filter(|(_, rule)| *rule == "===");
    let place = titles.map(|(title, _)| title).position(|found| found == title);
    // Skips the intro slide.
    let number = place.unwrap_or_else(|| panic!("no slide is called {title}")) + 2;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("own.yaml");
    std::fs::write(&config, configuration).unwrap();
    let args = ["-x", "-X", "--config", config.to_str().unwrap()];
    let opening = Opening { size: (100, 40), args: &args, ..Opening::default() };
    let talk = PtyHarness::open(&DECK.file(), &opening);
    talk.wait_for("one slide for each way");
    for digit in number.to_string().chars() {
        talk.keys(&digit.to_string());
    }
    talk.keys("G");
    talk.wait_for(title);
    talk
}

#[test]
fn python_errors_have_the_decks_line() {
    let talk = at("Python, and an error");
    talk.keys("ctrl-e");
    talk.wait_for("hello from the embedded interpreter");
    talk.wait_for("ZeroDivisionError");
    talk.wait_for("execution.md\", line");
    talk.quit();
}

#[test]
fn session_block_runs_the_one_before_it() {
    let talk = at("Sessions: blocks that share variables");
    talk.keys("tab tab enter");
    talk.wait_for("x is 42");
    talk.wait("both are done", |screen| screen.matches("✓ ").count() == 2);
    talk.keys("v");
    talk.wait_for("Variables after slide");
    talk.wait_for("x  int  42");
    talk.keys("esc");
    talk.wait_gone("Variables after slide");
    talk.quit();
}

#[test]
fn crash_loses_one_block_of_its_session() {
    let talk = at("A crash loses one block");
    talk.keys("ctrl-e");
    talk.wait_for("the sum is 6");
    talk.wait_for("✗ exit 3");
    talk.keys("tab tab enter");
    talk.wait_for("▸ ✗ exit 3");
    talk.wait_for("the sum is 6");
    talk.quit();
}

#[test]
fn python_table_is_drawn() {
    let talk = at("Tables");
    talk.keys("ctrl-e");
    talk.wait_for("planet   radius");
    talk.wait_for("Mercury    0.38");
    talk.quit();
}

/// Whether a row is one of a picture: four block characters side by side.
fn is_picture_row(row: &str) -> bool {
    let chars: Vec<_> = row.chars().collect();
    chars.windows(4).any(|part| part.iter().all(|char| ('▀'..='▟').contains(char)))
}

#[test]
fn python_picture_is_between_printed_lines() {
    let talk = at("Pictures between lines of text");
    talk.keys("ctrl-e");
    talk.wait("a picture between two lines", |screen| {
        let at = |text: &str| screen.lines().position(|line| line.trim_matches([' ', '▍']) == text);
        let picture = screen.lines().position(is_picture_row);
        let after = at("after");
        matches!((at("before"), picture, after), (Some(a), Some(b), Some(c)) if a < b && b < c)
    });
    talk.quit();
}

#[test]
fn rust_runs_without_main() {
    let talk = at("Rust");
    talk.keys("ctrl-e");
    talk.wait_for("no main, no waiting: 55");
    talk.quit();
}

#[test]
fn block_is_edited() {
    let talk = at("Editing on the slide");
    talk.keys("i end backspace backspace backspace backspace backspace backspace backspace 0 , -2): ctrl-e");
    talk.wait_for("1 bottles on the wall");
    talk.wait_gone("2 bottles on the wall");
    talk.keys("esc y");
    talk.wait_for("range(3, 0, -1)");
    talk.quit();
}

#[test]
fn autorun_blocks_are_replaced_by_their_output() {
    let talk = at("Autorun, and output that replaces the code");
    talk.wait_for("✓ ");
    talk.wait("what was written, and no code", |screen| {
        screen.contains("* * * ") && !screen.contains("printf")
    });
    talk.quit();
}

#[test]
fn picture_replaces_its_code() {
    let talk = at("A picture that replaces its code");
    talk.wait("a picture, and no code", |screen| {
        screen.lines().any(is_picture_row) && !screen.contains("stdout.buffer")
    });
    talk.quit();
}

#[test]
fn output_is_beside_its_code() {
    let talk = at("Output beside its code");
    talk.keys("ctrl-e");
    talk.wait("code and output on one row", |screen| {
        screen.lines().any(|line| line.contains("for n in") && line.contains("1 → 1"))
    });
    talk.quit();
}

#[test]
fn files_beside_the_deck_are_code_and_variables() {
    let talk = at("Files beside the deck");
    talk.keys("ctrl-e");
    talk.wait_for("[2, 3, 5, 7, 11, 13, 17, 19, 23, 29]");
    talk.wait_for("good evening");
    talk.quit();
}

#[test]
fn other_executor_runs_a_block() {
    let talk = at("Other executors");
    talk.keys("ctrl-e");
    talk.wait_for("a fork: True");
    talk.wait("a script's output", |screen| screen.matches("a separate script").count() == 2);
    talk.quit();
}

#[test]
fn hidden_lines_run() {
    let talk = at("Hidden lines, and expected failures");
    talk.keys("ctrl-e");
    talk.wait_for("{'e', 'i', 'l', 'n', 's'}");
    assert!(!talk.screen().contains("use std::collections"));
    talk.quit();
}

#[test]
fn block_with_input_does_not_ask() {
    let talk = at("Automatic answers");
    talk.keys("ctrl-e");
    talk.wait_for("Ada will be 37");
    talk.quit();
}

#[test]
fn terminal_on_the_slide_takes_keys() {
    let talk = at("A terminal on the slide");
    talk.keys("tab enter");
    talk.wait_for(">>>");
    talk.keys("6*7 enter");
    talk.wait("its answer", |screen| {
        screen.lines().any(|line| line.trim_matches([' ', '▍', '┃', '│']) == "42")
    });
    talk.wait_for("keys go to the program");
    talk.keys("ctrl-]");
    talk.wait_gone("keys go to the program");
    talk.keys("n p");
    talk.wait_for("A terminal on the slide");
    talk.wait("it is still there", |screen| {
        screen.lines().any(|line| line.trim_matches([' ', '▍', '┃', '│']) == "42")
    });
    talk.quit();
}

#[test]
fn program_gets_the_whole_terminal() {
    let talk = at("The whole terminal");
    talk.keys("ctrl-e");
    talk.wait_for("press enter to return");
    talk.wait_gone("The whole terminal");
    talk.wait_for_foreground();
    talk.keys("enter");
    talk.wait_for("The whole terminal");
    talk.wait_for("✓ ");
    talk.quit();
}

#[test]
fn time_and_memory_are_limited() {
    let talk = at_with("Limits", "snippet: {exec: {memory: 300}}\n");
    talk.keys("ctrl-e");
    talk.wait_for("timed out");
    talk.wait_for("limited: True");
    talk.quit();
}

#[test]
fn recording_is_shown() {
    let talk = at("Recorded output");
    talk.keys("r");
    talk.wait_for("↺ recorded");
    talk.wait("what it wrote then", |screen| screen.matches("it works on my machine").count() == 2);
    talk.keys("r");
    talk.wait_for("not run");
    talk.quit();
}

#[test]
fn outputs_match_the_recording() {
    // One block needs the terminal.
    assert!(DECK.check_run(1).success());
}

/// Opens a deck in its own folder; also returns its file.
fn copy(text: &str, opening: &Opening<'_>) -> (tempfile::TempDir, PathBuf, PtyHarness) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("talk.md");
    std::fs::write(&file, text).unwrap();
    let talk = PtyHarness::open(&file, opening);
    (folder, file, talk)
}

const EDITED: &str =
    "Edit\n===\n\n```bash +exec\necho one\n```\n\n<!-- end_slide -->\n\nNext\n===\n";

#[test]
fn edited_block_is_run_and_reverted() {
    let (_folder, file, talk) = copy(EDITED, &Opening::default());
    talk.wait_for("echo one");
    talk.keys("i end backspace backspace backspace 42 enter echo space more ctrl-e");
    talk.wait("what was typed runs", |screen| {
        screen.lines().any(|line| line.trim_matches([' ', '▍', '┃', '│']) == "42")
    });
    talk.wait_for("editing");
    talk.keys("ctrl-]");
    talk.wait_gone("editing");
    talk.keys("n");
    talk.wait_for("Next");
    talk.keys("p");
    talk.wait_for("echo 42");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), EDITED, "nothing is saved");
    talk.keys("i esc y");
    talk.wait_for("echo one");
    talk.wait_gone("echo more");
    talk.quit();
}

#[test]
fn contenders_run_one_after_the_other() {
    let talk = at("A benchmark");
    talk.keys("ctrl-e");
    let row = |screen: &str, language: &str| {
        let is_row = |line: &&str| line.trim_start_matches(['▍', ' ']).starts_with(language);
        screen.lines().find(|line| is_row(line) && line.contains('×')).map(str::to_owned)
    };
    talk.wait("both contenders on one card", |screen| {
        row(screen, "Python ").is_some() && row(screen, "Rust ").is_some()
    });
    let screen = talk.screen();
    assert!(row(&screen, "Python ").unwrap().contains(" 1×"), "the slowest one: {screen}");
    talk.quit();
}

#[test]
fn edited_block_is_saved_to_the_deck() {
    let (_folder, file, talk) = copy(EDITED, &Opening::default());
    talk.wait_for("echo one");
    talk.keys("i end space two ctrl-s");
    talk.wait_for("saved to");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), EDITED.replace("one", "one two"));
    talk.keys("esc");
    talk.wait_gone("editing");
    talk.wait_for("echo one two");
    talk.quit();
}

#[test]
fn editor_opens_the_deck_at_the_slide() {
    let folder = tempfile::tempdir().unwrap();
    let editor = folder.path().join("editor");
    let script = "#!/bin/sh\necho \"EDITOR $1\"; read key; sed -i s/Next/Changed/ \"$2\"\n";
    write_program(&editor, script);
    let env = [("EDITOR", editor.to_str().unwrap()), ("VISUAL", "")];
    let (_folder, _, talk) = copy(EDITED, &Opening { env: &env, ..Opening::default() });
    talk.wait_for("echo one");
    talk.keys("n");
    talk.wait_for("Next");
    talk.keys("e");
    talk.wait_for("EDITOR +10");
    talk.keys("enter");
    talk.wait_for("Changed");
    talk.quit();
}

#[test]
fn rust_uses_crates() {
    let talk = at("Rust with crates");
    talk.keys("ctrl-e");
    talk.wait_for("{\"title\":\"crates\"}");
    talk.wait_for("18446744073709551615");
    talk.quit();
}

#[test]
fn pane_shows_searches_and_folds_output() {
    let talk = at("Long output");
    talk.keys("ctrl-e");
    talk.wait_for("✓ ");
    talk.keys("z");
    talk.wait_for("rows 1-39 of 500");
    talk.keys("/ 2 2 5 0 0 enter");
    talk.wait_for("150 squared is 22500");
    talk.wait_for("1 of 2");
    talk.keys("n");
    talk.wait_for("2 of 2");
    talk.wait_for("350 squared is 122500");
    talk.keys("z");
    talk.wait_for("Long output");
    talk.keys("f");
    talk.wait_for("… 500 lines folded");
    talk.wait_gone("500 squared");
    talk.keys("f");
    talk.wait_for("500 squared is 250000");
    talk.quit();
}

#[test]
fn output_is_beside_in_place_or_hidden() {
    let talk = at("Placing output");
    talk.keys("ctrl-e");
    talk.wait("output beside its code", |screen| {
        let code = screen.lines().find(|line| line.contains("in range(1, 6)"));
        code.is_some_and(|line| line.contains("1 beside 1"))
    });
    talk.wait_gone("print(\"in its place\")");
    talk.wait_for("in its place");
    talk.wait("two say that they are done", |screen| screen.matches("✓ ").count() == 2);
    assert_eq!(talk.screen().matches("this is hidden").count(), 1);
    talk.keys("tab tab f");
    talk.wait_for("print(\"in its place\")");
    talk.keys("tab z");
    talk.wait("hidden output", |screen| {
        screen.lines().next().is_some_and(|line| line.trim() == "this is hidden")
    });
    talk.keys("z");
    talk.wait_for("Placing output");
    talk.quit();
}

#[test]
fn prompts_take_typed_input() {
    let talk = at("Input");
    talk.keys("tab enter");
    talk.wait_for("waits for input");
    talk.wait_for("enter send");
    talk.keys("A d a enter");
    talk.wait_for("What is your name? Ada");
    talk.wait_for("hello, Ada");
    talk.wait_for("▸ ✓ ");
    talk.keys("tab enter");
    talk.wait_for("How many?");
    talk.wait_for("enter send");
    talk.keys("3 esc");
    talk.wait_for("waits for input · tab, enter");
    talk.keys("enter");
    talk.wait_gone("tab, enter");
    talk.keys("enter");
    talk.wait_for("3 2 1");
    // Until the program has ended, it receives the keys.
    talk.wait("both have ended", |screen| screen.matches("✓ ").count() == 2);
    talk.quit();
}
