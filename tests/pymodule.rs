//! `+pymodule`: Rust on one slide, imported by Python on the same, edited in the deck's file while the
//! talk goes on.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test edits its own deck")]

mod stage;

use stage::{Opening, Stage};

fn deck(answer: &str) -> String {
    format!(
        "Modules\n===\n\n```rust +pymodule:fast\n#[pyfunction]\nfn answer() -> u32 {{\n    \
         {answer}\n}}\n```\n\n```python +exec\nimport fast\nprint(f\"it is {{fast.answer()}}\")\n```\n"
    )
}

fn leave(talk: Stage) {
    talk.keys("q");
    assert!(talk.end().success());
}

#[test]
fn python_imports_what_the_slide_says_now() {
    let talk = Stage::show(&deck("42"));
    talk.wait_for("module `fast` is ready");
    talk.keys("ctrl-e");
    talk.wait_for("it is 42");
    std::fs::write(talk.deck(), deck("7 * 3")).unwrap();
    talk.wait_for("7 * 3");
    talk.wait_for("it is 42");
    talk.wait_for("stale: the code has changed");
    // Compiled or not by now: whoever imports it gets it.
    talk.keys("ctrl-e");
    talk.wait_for("it is 21");
    talk.wait_for("module `fast` is ready");
    leave(talk);
}

#[test]
fn what_the_compiler_refuses_shows_on_the_block_unasked() {
    let talk = Stage::show(&deck("\"no\""));
    talk.wait_for("module `fast`: not compiled");
    talk.wait_for("expected `u32`, found `&str`");
    talk.wait_for("talk.md:7:5");
    talk.keys("tab tab enter");
    talk.wait_for("ImportError: module `fast` does not compile");
    std::fs::write(talk.deck(), deck("5")).unwrap();
    talk.wait_for("module `fast` is ready");
    talk.wait_gone("expected `u32`");
    leave(talk);
}

#[test]
fn nothing_is_compiled_before_the_deck_is_trusted() {
    let opening = Opening { args: &[], ..Opening::default() };
    let talk = Stage::show_with(&deck("8"), &opening);
    talk.wait_for("module `fast`, not compiled");
    talk.keys("tab tab enter");
    talk.wait_for("Run this deck's code?");
    talk.keys("o");
    talk.wait_for("it is 8");
    leave(talk);
}
