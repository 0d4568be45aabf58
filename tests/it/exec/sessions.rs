//! Python sessions: the state a block finds, the effect of edits, and the state lost with a stopped
//! block.

use std::fs;

use crate::harness::{Opening, PtyHarness};

/// Returns a deck with these blocks of one session on a slide, and another slide.
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

/// Focuses and runs the block with this number, from 1.
pub(super) fn run(talk: &PtyHarness, block: usize) {
    // What a run writes is shown before its end, and until then the key goes to its input.
    talk.wait_gone("● running");
    talk.keys("esc");
    for _ in 0..block {
        talk.keys("tab");
    }
    talk.keys("enter");
}

fn save(talk: &PtyHarness, blocks: &[&str]) {
    fs::write(talk.deck(), deck(blocks)).unwrap();
}

/// Returns the number after this word on the screen.
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
fn block_starts_from_the_snapshot_before_it() {
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
    talk.wait_for("✗ exit 3");
    save(&talk, &[&first(9), "print('still', x + 1)"]);
    talk.wait_for("'still'");
    run(&talk, 2);
    talk.wait_for("still 10");
    assert_eq!(number(&talk, "first"), base, "the first block has not run again");
    talk.leave();
}

#[test]
fn blocks_after_a_failure_run_only_by_key() {
    let talk = open(&["x = 1", "1 / 0", "print('third', x)"]);
    talk.keys("ctrl-e");
    talk.wait_for("line 9) failed");
    assert!(!talk.screen().contains("third 1"), "{}", talk.screen());
    run(&talk, 3);
    talk.wait_for("third 1");
    talk.leave();
}

#[test]
fn stop_and_kill_lose_one_block() {
    let talk = open(&["x = 41", "print('on')\nwhile True: pass", "print('third', x + 1)"]);
    run(&talk, 2);
    // It has started: if stopped before that, the next block would run it again.
    talk.wait("what it writes", |screen| {
        screen.lines().any(|line| line.trim_matches([' ', '▍']) == "on")
    });
    talk.keys("ctrl-c");
    talk.wait_for("stopped");
    run(&talk, 3);
    talk.wait_for("third 42");
    talk.leave();
}

#[test]
fn hang_in_c_is_killed_and_loses_one_block() {
    // No Python code, which an interrupt could end, runs after it has written.
    let hang = "import itertools, sys\nwritten = map(sys.stdout.write, ['in ' + 'C\\n'])\n\
                all(itertools.chain(written, itertools.repeat(1)))";
    let talk = open(&["x = 41", hang, "print('third', x + 1)"]);
    run(&talk, 2);
    talk.wait_for("in C");
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
fn reader_on_another_slide_is_reported() {
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
    talk.wait_for("queued after the previous block");
    talk.keys("p");
    talk.wait_for("waits for input · tab, enter");
    talk.keys("tab enter");
    talk.wait_for("enter send");
    talk.keys("41 enter");
    talk.wait_for("✓ ");
    talk.wait_gone("enter send");
    talk.keys("n");
    talk.wait_for("second 42");
    assert!(!talk.screen().contains("waits"), "{}", talk.screen());
    talk.leave();
}

#[test]
fn block_with_threads_runs_in_place() {
    let threads = "import threading\nx = 41\n\
                   threading.Thread(target=threading.Event().wait, daemon=True).start()";
    let talk = open(&[threads, "x += 1\nprint('second', x)"]);
    run(&talk, 2);
    talk.wait_for("second 42");
    talk.wait_for("in place, beside threads");
    talk.leave();
}

#[test]
fn variables_scroll_on_a_small_screen() {
    let code =
        "import os\nfor n in range(60): globals()[f'n{n:02}'] = 'v' * n\ndef f(a, b=1): pass";
    let talk =
        PtyHarness::show_with(&deck(&[code]), &Opening { size: (80, 24), ..Opening::default() });
    talk.wait_for("Blocks");
    talk.keys("v");
    talk.wait_for("no block of a session has run yet");
    run(&talk, 1);
    talk.wait_for("✓ ");
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
fn hanging_repr_does_not_block_the_talk() {
    let code = "class Slow:\n    def __repr__(self):\n        while True: pass\nslow = Slow()";
    let talk = open(&[code]);
    run(&talk, 1);
    talk.wait_for("✓ ");
    talk.keys("v");
    talk.wait_for("loading");
    talk.keys("esc");
    talk.wait_gone("loading");
    talk.keys("v");
    talk.wait_for("inspecting the values takes too long");
    talk.keys("esc");
    talk.leave();
}
