//! Running blocks of each language, and what is shown. `faults` tests blocks that misbehave.

use std::fs;

use crate::harness::{Opening, PtyHarness};
use rustix::process::Signal;

/// Returns a deck of a slide with this block, and another slide.
fn deck(language: &str, code: &str) -> String {
    format!(
        "Run\n===\n\n```{language} +exec\n{code}\n```\n\n<!-- end_slide -->\n\nNext\n===\n\nthe end\n"
    )
}

/// Opens the deck, runs its block, waits for these texts, and quits; no process may be left.
fn run(language: &str, code: &str, expected: &[&str]) {
    let talk = PtyHarness::show(&deck(language, code));
    talk.wait_for("Run");
    talk.keys("ctrl-e");
    for text in expected {
        talk.wait_for(text);
    }
    talk.leave();
}

#[test]
fn python_rust_and_bash_run() {
    run("python", "print(6 * 7, __name__)", &["42 __main__", "✓ "]);
    run("rust", "fn main() { println!(\"{}\", 6 * 7); }", &["42", "✓ "]);
    run("rust", "let n: i32 = \"7\".parse()?;\nprintln!(\"{}\", 6 * n);", &["42", "✓ "]);
    run("bash", "echo $((6 * 7))", &["42", "✓ "]);
}

#[test]
fn errors_have_the_decks_lines() {
    run("python", "def f():\n    return 1 / 0\nf()", &["line 6", "ZeroDivisionError", "exception"]);
    run("python", "print('a'\n", &["line 5", "SyntaxError"]);
    run("rust", "fn main() {\n    let x: i32 = \"a\";\n}", &["talk.md:6", "not compiled"]);
    run("rust", "fn main() {\n    panic!(\"oh\");\n}", &["talk.md:6", "oh", "exit 101"]);
    run("bash", "exit 3", &["✗ exit 3"]);
}

#[test]
fn long_output_keeps_head_and_tail() {
    let code = "for i in range(100000): print('line', i)";
    let talk = PtyHarness::show(&deck("python", code));
    talk.wait_for("Run");
    talk.keys("ctrl-e");
    talk.wait_for("line 99999");
    talk.wait_for("✓ ");
    talk.leave();
}

#[test]
fn any_bytes_are_shown_as_text() {
    let code = r"printf 'a\377\376b\n\033[31mred\033[0m 10%%\r100%%\n'";
    let talk = PtyHarness::show(&deck("bash", code));
    talk.wait_for("Run");
    talk.keys("ctrl-e");
    talk.wait_for("100%10%");
    // The emulator drops the replacement character: check the written bytes.
    let written = String::from_utf8_lossy(&talk.seen().bytes).into_owned();
    assert!(written.contains("a\u{fffd}\u{fffd}b"));
    talk.leave();
    run("bash", r"printf '\033[?1049l\033]0;title\007\033[2Jafter\n'", &["after", "✓ "]);
}

#[test]
fn partial_line_is_shown_at_once() {
    let code = "import time\nprint('half', end='')\ntime.sleep(600)";
    let talk = PtyHarness::show(&deck("python", code));
    talk.wait_for("Run");
    talk.keys("ctrl-e");
    talk.wait("`half` alone", |screen| {
        screen.lines().any(|line| line.trim_matches([' ', '▍']) == "half")
    });
    talk.keys("ctrl-c");
    talk.wait_for("■ stopped");
    talk.leave();
}

#[test]
fn prompt_opens_for_a_reader_and_a_key_ends_input() {
    for (language, code, then) in [
        ("python", "name = input('who? ')", "EOFError"),
        ("bash", "read name || echo nobody", "nobody"),
    ] {
        let talk = PtyHarness::show(&deck(language, code));
        talk.wait_for("Run");
        talk.keys("ctrl-e");
        talk.wait_for("enter send");
        talk.keys("ctrl-d");
        talk.wait(then, |screen| screen.matches(then).count() > usize::from(language == "bash"));
        talk.wait_gone("● running");
        talk.leave();
    }
}

#[test]
fn two_readers_get_their_own_input() {
    let ask = "```bash +exec\nread word; echo \"got $word\"\n```\n\n";
    let talk = PtyHarness::show(&format!("Run\n===\n\n{ask}{ask}<!-- end_slide -->\n\nthe end\n"));
    talk.wait_for("Run");
    talk.keys("ctrl-e");
    talk.wait("one prompt is open, and the other block says that it waits", |screen| {
        screen.matches("enter send").count() == 1
            && screen.matches("● waits for input").count() == 2
            && screen.matches("● waits for input · tab, enter").count() == 1
    });
    talk.keys("second enter");
    talk.wait_for("got second");
    talk.wait_for("✓ ");
    talk.keys("tab enter");
    talk.wait_for("enter send");
    talk.keys("first enter");
    talk.wait_for("got first");
    talk.wait("the first is done, too", |screen| screen.matches("✓ ").count() == 2);
    let screen = talk.screen();
    assert!(screen.find("got first") < screen.find("got second"), "{screen}");
    talk.leave();
}

#[test]
fn signal_during_a_run_restores_the_terminal() {
    for (signal, status) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let talk = PtyHarness::show(&deck("python", "import time\nprint('on')\ntime.sleep(1000)"));
        talk.wait_for("Run");
        talk.keys("ctrl-e");
        talk.wait_for("● running");
        talk.signal(signal);
        assert_eq!(talk.end().code(), Some(status));
    }
}

#[test]
fn always_is_remembered_until_the_code_changes() {
    let text = deck("bash", "echo $((40 + 2))");
    let opening = || Opening { args: &[], ..Opening::default() };
    let talk = PtyHarness::show_with(&text, &opening());
    let state = talk.folder().join("state");
    talk.wait_for("Run");
    talk.keys("ctrl-e");
    talk.wait_for("Run this deck's code?");
    talk.wait_for("1 × bash");
    talk.keys("a");
    talk.wait_for("✓ ");
    let known = state.join("livedeck/trusted.json");
    talk.wait("it is remembered", |_| known.exists());
    fs::write(talk.deck(), text.replace("Next", "Changed")).unwrap();
    talk.wait_for("Changed");
    let state = state.to_str().unwrap().to_owned();
    let env = [("XDG_STATE_HOME", state.as_str())];
    let again = PtyHarness::open(&talk.deck(), &Opening { env: &env, ..opening() });
    again.wait_for("Run");
    again.keys("ctrl-e");
    again.wait_for("✓ ");
    again.quit();
    fs::write(talk.deck(), text.replace("40", "41")).unwrap();
    let changed = talk.folder().join("other.md");
    fs::write(&changed, &text).unwrap();
    let other = PtyHarness::open(&changed, &Opening { env: &env, ..opening() });
    other.wait_for("Run");
    other.keys("ctrl-e");
    other.wait_for("Run this deck's code?");
    other.keys("n");
    other.wait_gone("Run this deck's code?");
    other.quit();
    talk.quit();
}

#[test]
fn focused_block_runs_alone_repeatedly() {
    let text = "Two\n===\n\n```bash +exec\necho one $RANDOM\n```\n\n```bash +exec\necho two\n```\n\n<!-- end_slide -->\n\nthe end\n";
    let talk = PtyHarness::show(text);
    talk.wait_for("Two");
    talk.keys("tab");
    talk.wait_for("▸");
    talk.keys("tab enter");
    talk.wait("the second ran alone", |screen| {
        screen.matches("✓ ").count() == 1
            && screen.contains("▸ ✓ ")
            && screen.contains("not run")
            && screen.lines().any(|line| line.trim_matches([' ', '▍']) == "two")
    });
    talk.keys("esc");
    talk.keys("ctrl-e");
    talk.wait("both are done", |screen| screen.matches("✓ ").count() == 2);
    talk.leave();
}

#[test]
fn edit_keeps_the_output_of_unchanged_code() {
    let talk = PtyHarness::show(&deck("bash", "echo out-$((40 + 2))"));
    talk.wait_for("Run");
    talk.keys("ctrl-e");
    talk.wait_for("out-42");
    let text = fs::read_to_string(talk.deck()).unwrap();
    fs::write(talk.deck(), text.replace("Run\n", "Other\n")).unwrap();
    talk.wait_for("Other");
    talk.wait_for("out-42");
    fs::write(talk.deck(), text.replace("40", "50")).unwrap();
    talk.wait_for("stale");
    talk.leave();
}
