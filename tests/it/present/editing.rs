//! Editing on the slide in a real terminal: what a save does to the deck's file.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::harness::PtyHarness;

const DECK: &str = "Item\n===\n\n1. first\n\n   ```python +exec\n   print(1)\n   ```\n";

fn wait_for_file(talk: &PtyHarness, wanted: &str) {
    talk.wait(&format!("the file {wanted:?}"), |_| {
        fs::read_to_string(talk.deck()).is_ok_and(|text| text == wanted)
    });
}

#[test]
fn pasted_code_is_saved_with_the_prefix_of_its_item() {
    let talk = PtyHarness::show(DECK);
    talk.wait_for("print(1)");
    let link = talk.folder().join("hard.md");
    fs::hard_link(talk.deck(), &link).unwrap();
    // The terminal has answered all questions of the start once a key is handled.
    talk.keys("i");
    talk.wait_for("editing");
    talk.keys("esc");
    talk.wait_gone("editing");
    talk.write(b"\x1b[200~q\x1b[201~");
    talk.keys("i");
    talk.wait_for("editing");
    talk.write(b"\x1b[200~if 1:\r    x\r\x1b[201~");
    talk.wait_for("editing · unsaved");
    talk.keys("ctrl-s");
    talk.wait_for("• saved to");
    wait_for_file(&talk, &DECK.replace("print", "if 1:\n       x\n   print"));
    assert_eq!(fs::read_to_string(&link).unwrap(), fs::read_to_string(talk.deck()).unwrap());
    assert_eq!(fs::metadata(&link).unwrap().nlink(), 2);
    talk.keys("esc");
    talk.wait_gone("editing");
    talk.quit();
}

#[test]
fn change_of_another_program_is_not_overwritten() {
    let talk = PtyHarness::show(DECK);
    talk.wait_for("print(1)");
    talk.keys("i x");
    talk.wait_for("xprint(1)");
    let theirs = DECK.replace("print(1)", "print(2)");
    fs::write(talk.deck(), &theirs).unwrap();
    talk.wait_for("another program changed this block");
    talk.keys("ctrl-s");
    talk.wait_for("ctrl-s again");
    assert_eq!(fs::read_to_string(talk.deck()).unwrap(), theirs);
    talk.keys("ctrl-z");
    talk.wait_for("print(2)");
    talk.keys("ctrl-r ctrl-s");
    talk.wait_for("saved to");
    wait_for_file(&talk, &DECK.replace("print(1)", "xprint(1)"));
    talk.keys("esc");
    talk.wait_gone("editing");
    talk.quit();
}

#[test]
fn unsaved_edits_are_marked_and_keep_the_talk_open() {
    let talk = PtyHarness::show(DECK);
    talk.wait_for("print(1)");
    talk.keys("i x ctrl-]");
    talk.wait_gone("editing");
    // The mark leaves the corner of the block's frame.
    talk.wait_for("unsaved ╮");
    talk.keys("q");
    talk.wait_for("q again to quit");
    talk.keys("i esc");
    talk.wait_for("discard the changes");
    talk.keys("y");
    talk.wait_gone("unsaved");
    wait_for_file(&talk, DECK);
    talk.quit();
}
