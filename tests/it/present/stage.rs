//! What helps on stage: notes under the slide, the spotlight, typed code, code that changes.

use crate::harness::{Opening, PtyHarness, Terminal};

const FENCE: &str = "```";

#[test]
fn notes_are_under_the_slide() {
    let deck = "One\n===\n\nfirst\n\n<!-- speaker_note: say **hello** -->\n\n<!-- pause -->\n\nsecond\n\n\
                <!-- speaker_note: and smile -->\n\n<!-- end_slide -->\n\nTwo\n===\n\nthe end\n";
    let talk = PtyHarness::show(deck);
    talk.wait_for("first");
    assert!(!talk.screen().contains("hello"));
    talk.keys("N");
    talk.wait_for("say hello");
    assert!(!talk.screen().contains("and smile"));
    talk.keys("l");
    talk.wait_for("and smile");
    talk.resize(100, 11);
    talk.wait_gone("say hello");
    talk.resize(100, 24);
    talk.wait_for("say hello");
    talk.keys("l");
    talk.wait_for("no notes here");
    talk.keys("N");
    talk.wait_gone("no notes here");
    talk.quit();
}

#[test]
fn spotlight_dims_the_rest() {
    let deck = "One\n===\n\nfirst\n\nsecond\n\n<!-- end_slide -->\n\nTwo\n===\n\nthe end\n";
    for (terminal, env) in [
        (Terminal::Plain, &[][..]),
        (Terminal::Light, &[]),
        (Terminal::Plain, &[("NO_COLOR", "1")]),
    ] {
        let talk = PtyHarness::show_with(deck, &Opening { terminal, env, ..Opening::default() });
        talk.wait_for("second");
        let row = |text: &str| talk.screen().lines().position(|row| row.contains(text)).unwrap();
        let look = |row: usize| {
            let seen = talk.seen();
            let screen = seen.terminal.screen();
            let column = (0..100).find(|&x| {
                screen.cell(row as u16, x).is_some_and(|cell| cell.contents().trim() != "")
            });
            let cell = screen.cell(row as u16, column.unwrap()).unwrap();
            (cell.fgcolor(), cell.dim())
        };
        let (first, second) = (row("first"), row("second"));
        let before = (look(first), look(second));
        talk.keys("S");
        talk.wait("a dim paragraph", |_| look(second) != before.1);
        assert_eq!(look(first), before.0, "the first block is lit");
        talk.write(b"\x1b[B");
        talk.wait("the light on the second one", |_| look(second) == before.1);
        assert_ne!(look(first), before.0);
        // A drag from the first to the second paragraph.
        let place = |row: usize| row + 1;
        talk.write(format!("\x1b[<0;1;{}M", place(first)).as_bytes());
        talk.wait("no light", |_| look(first) == before.0);
        talk.write(format!("\x1b[<32;60;{}M", place(first)).as_bytes());
        talk.wait("a dim paragraph", |_| look(second) != before.1);
        talk.write(format!("\x1b[<0;60;{}m", place(first)).as_bytes());
        talk.keys("l");
        talk.wait_for("the end");
        talk.quit();
    }
}

#[test]
fn keys_type_code_that_then_runs() {
    let deck = format!(
        "One\n===\n\n{FENCE}bash +exec +typed\necho $((6 * 7))\n{FENCE}\n\n<!-- end_slide -->\n\n\
         Two\n===\n\nthe end\n"
    );
    let talk = PtyHarness::show(&deck);
    talk.wait_for("One");
    assert!(!talk.screen().contains("echo"));
    talk.keys("l q n p");
    talk.wait_for("echo");
    talk.keys("x x x x x x x x x x x x");
    talk.wait_for("echo $((6 * 7))");
    talk.keys("enter");
    talk.wait_for("42");
    talk.wait_for("✓");
    talk.keys("l");
    talk.wait_for("the end");
    talk.keys("h");
    talk.wait_for("echo $((6 * 7))");
    talk.quit();
}

#[test]
fn code_changes_in_its_place() {
    let deck = format!(
        "One\n===\n\n{FENCE}bash +exec +step:f\necho one\n{FENCE}\n\n{FENCE}bash +exec +step:f\necho one\n\
         echo $((1 + 1))\n{FENCE}\n\n<!-- end_slide -->\n\nTwo\n===\n\nthe end\n"
    );
    let talk = PtyHarness::show(&deck);
    talk.wait_for("echo one");
    assert_eq!(talk.screen().matches("echo").count(), 1);
    talk.keys("ctrl-e");
    talk.wait_for("✓");
    talk.keys("l");
    talk.wait_for("echo $((1 + 1))");
    talk.wait("its own output", |screen| !screen.contains("✓"));
    assert_eq!(talk.screen().matches("echo one").count(), 1);
    talk.keys("ctrl-e");
    talk.wait("the second output", |screen| screen.contains("✓") && screen.contains(" 2"));
    talk.keys("h");
    talk.wait_gone("echo $((1 + 1))");
    talk.wait_for("✓");
    talk.keys("l l");
    talk.wait_for("the end");
    talk.quit();
}
