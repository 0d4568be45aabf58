//! Sessions of Python blocks as a speaker has them: what a block finds, what an edit changes, and
//! what is lost with a block that is stopped.

use std::fs;

use crate::harness::{Opening, PtyHarness};

/// A deck with these blocks of one session on a slide, and a slide behind it.
fn deck(blocks: &[&str]) -> String {
    let block = |code: &&str| format!("```python +exec +session\n{code}\n```\n\n");
    let blocks: String = blocks.iter().map(block).collect();
    format!("Blocks\n===\n\n{blocks}<!-- end_slide -->\n\nNext\n===\n\nthe end\n")
}

fn open(blocks: &[&str]) -> PtyHarness {
    let talk = PtyHarness::show(&deck(blocks));
    talk.wait_for("Blocks");
    talk
}

/// Runs the block with this number, from 1, which has the focus afterwards.
fn run(talk: &PtyHarness, block: usize) {
    talk.keys("esc");
    for _ in 0..block {
        talk.keys("tab");
    }
    talk.keys("enter");
}

fn save(talk: &PtyHarness, blocks: &[&str]) {
    fs::write(talk.deck(), deck(blocks)).unwrap();
}

/// Walks on, to see that the talk goes on, and leaves; nothing may stay behind.
/// The number behind this word on the screen.
fn number(talk: &PtyHarness, word: &str) -> i32 {
    talk.wait(&format!("a number behind {word}"), |screen| find(screen, word).is_some());
    find(&talk.screen(), word).unwrap()
}

fn find(screen: &str, word: &str) -> Option<i32> {
    let mut words = screen.split_whitespace();
    words.find(|found| *found == word)?;
    words.next()?.parse().ok()
}

#[test]
fn from_41_to_42_each_time_to_10_after_an_edit_and_past_an_exit() {
    let first = |x: i32| format!("import os\nx = {x}\nprint('first', os.getpid())");
    let second = "x += 1\nprint('it is', x, 'in', os.getpid())";
    let talk = open(&[&first(41), second]);
    run(&talk, 2);
    talk.wait_for("it is 42");
    let before = number(&talk, "in");
    run(&talk, 2);
    talk.wait("another process", |screen| find(screen, "in").is_some_and(|pid| pid != before));
    talk.wait_for("it is 42");
    save(&talk, &[&first(9), second]);
    talk.wait_for("out of date");
    talk.wait_for("it is 42");
    run(&talk, 2);
    talk.wait_for("it is 10");
    talk.wait_gone("out of date");
    let base = number(&talk, "first");
    save(&talk, &[&first(9), "os._exit(3)"]);
    talk.wait_for("os._exit");
    run(&talk, 2);
    talk.wait_for("failed: exit 3");
    save(&talk, &[&first(9), "print('still', x + 1)"]);
    talk.wait_for("'still'");
    run(&talk, 2);
    talk.wait_for("still 10");
    assert_eq!(number(&talk, "first"), base, "the first block has not run again");
    talk.leave();
}

#[test]
fn behind_a_failure_nothing_runs_unless_it_is_asked_for() {
    let talk = open(&["x = 1", "1 / 0", "print('third', x)"]);
    talk.keys("ctrl-e");
    talk.wait_for("line 9) failed");
    assert!(!talk.screen().contains("third 1"), "{}", talk.screen());
    run(&talk, 3);
    talk.wait_for("third 1");
    talk.leave();
}

#[test]
fn a_stop_and_a_kill_lose_one_block() {
    let talk = open(&["x = 41", "print('on')\nwhile True: pass", "print('third', x + 1)"]);
    run(&talk, 2);
    // It has begun: stopped before that, it is run again by the block behind it.
    talk.wait("what it writes", |screen| screen.lines().any(|line| line.trim() == "on"));
    talk.keys("ctrl-c");
    talk.wait_for("stopped");
    run(&talk, 3);
    talk.wait_for("third 42");
    talk.leave();
}

#[test]
fn a_hang_in_c_is_killed_and_loses_one_block() {
    let hang = "import itertools\nprint('on')\nsum(itertools.repeat(1))";
    let talk = open(&["x = 41", hang, "print('third', x + 1)"]);
    run(&talk, 2);
    talk.wait_for("[▸ running");
    talk.keys("ctrl-c");
    talk.wait_for("again to kill");
    talk.keys("ctrl-c");
    talk.wait_for("stopped");
    save(&talk, &["x = 41", "pass", "print('third', x + 1)"]);
    talk.wait_for("pass");
    run(&talk, 3);
    talk.wait_for("third 42");
    talk.leave();
}

#[test]
fn a_block_on_another_slide_that_waits_for_input_is_told_of() {
    let block = |code: &str| format!("```python +exec +session\n{code}\n```\n\n");
    let first = block("x = int(input('how many? '))");
    let second = block("print('second', x + 1)");
    let slides = format!("First\n===\n\n{first}<!-- end_slide -->\n\nSecond\n===\n\n{second}");
    let talk = PtyHarness::show(&format!("{slides}<!-- end_slide -->\n\nthe end\n"));
    talk.wait_for("First");
    talk.keys("n");
    talk.wait_for("Second");
    talk.keys("ctrl-e");
    talk.wait_for("a block on slide 1 waits for input");
    talk.wait_for("waits for the block before it");
    talk.keys("p");
    talk.wait_for("waits for input · tab, enter");
    talk.keys("tab enter");
    talk.wait_for("enter: send");
    talk.keys("41 enter");
    talk.wait_for("done");
    talk.wait_gone("enter: send");
    talk.keys("n");
    talk.wait_for("second 42");
    assert!(!talk.screen().contains("waits"), "{}", talk.screen());
    talk.leave();
}

#[test]
fn beside_threads_a_block_runs_in_place_and_says_so() {
    let threads = "import threading\nx = 41\n\
                   threading.Thread(target=threading.Event().wait, daemon=True).start()";
    let talk = open(&[threads, "x += 1\nprint('second', x)"]);
    run(&talk, 2);
    talk.wait_for("second 42");
    talk.wait_for("in place, beside threads");
    talk.leave();
}

#[test]
fn the_names_of_a_session_are_looked_at_and_scrolled_on_a_small_screen() {
    let code =
        "import os\nfor n in range(60): globals()[f'n{n:02}'] = 'v' * n\ndef f(a, b=1): pass";
    let talk =
        PtyHarness::show_with(&deck(&[code]), &Opening { size: (80, 24), ..Opening::default() });
    talk.wait_for("Blocks");
    talk.keys("v");
    talk.wait_for("no block of a session has run yet");
    run(&talk, 1);
    talk.wait_for("done");
    talk.keys("v");
    talk.wait_for("f    function  f(a, b=1)");
    talk.wait_for("n01  str       'v'");
    assert!(!talk.screen().contains("module"), "{}", talk.screen());
    for _ in 0..60 {
        talk.keys("j");
    }
    talk.wait_for("n59");
    talk.keys("v");
    talk.wait_gone("n59");
    talk.leave();
}

#[test]
fn a_value_that_never_answers_does_not_hold_up_the_talk() {
    let code = "class Slow:\n    def __repr__(self):\n        while True: pass\nslow = Slow()";
    let talk = open(&[code]);
    run(&talk, 1);
    talk.wait_for("done");
    talk.keys("v");
    talk.wait_for("loading");
    talk.keys("esc");
    talk.wait_gone("loading");
    talk.keys("v");
    talk.wait_for("inspecting the values takes too long");
    talk.keys("esc");
    talk.leave();
}
