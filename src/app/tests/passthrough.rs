//! Keys that go to a block: to its terminal, or to its input prompt.

use std::time::Duration;

use super::{Script, page, runs};
use crate::app::{Effect, Mode, Msg};
use crate::deck::CellId;
use crate::run::{Event, Outcome, RunId};

#[test]
fn f156_program_has_the_keys_until_the_chord_or_its_end() {
    let mut talk = Script::new(&[page("a", &["pty 1"]), page("b", &[])]);
    assert_eq!(runs(&talk.keys("tab enter")), [0]);
    assert!(matches!(talk.app.mode, Mode::Passthrough(CellId(0))));
    talk.send(Msg::Run(RunId(1), Event::Started));
    assert_eq!(talk.keys("q"), [Effect::SendInput(RunId(1), b"q".to_vec())]);
    assert_eq!(talk.keys("ctrl-c"), [Effect::SendInput(RunId(1), vec![3])]);
    assert_eq!(talk.keys("ctrl-5"), []);
    assert!(matches!(talk.app.mode, Mode::Slide));
    talk.keys("esc n");
    assert_eq!(talk.at(), (1, 0), "keys go to the slide again");
    talk.keys("p tab enter");
    assert!(matches!(talk.app.mode, Mode::Passthrough(_)), "it still runs and gets the keys again");
    talk.finish(1, Outcome::Exited(0));
    assert!(matches!(talk.app.mode, Mode::Slide));
}

#[test]
fn f156_terminal_is_resized_and_answers_its_program() {
    let mut talk = Script::new(&[page("a", &["pty 1"])]);
    talk.keys("ctrl-e");
    assert!(matches!(talk.app.mode, Mode::Slide), "ctrl-e runs without giving away the keys");
    talk.app.layout.screens = vec![(CellId(0), (40, 12))];
    assert_eq!(talk.send(Msg::Shown), [Effect::ResizeRun(RunId(1), (40, 12))]);
    assert_eq!(talk.send(Msg::Shown), [], "once");
    let asked = Msg::Run(RunId(1), Event::Output(b"ab\x1b[6n".to_vec()));
    assert_eq!(talk.send(asked), [Effect::SendInput(RunId(1), b"\x1b[1;3R".to_vec())]);
}

#[test]
fn waiting_block_opens_its_prompt_and_gets_the_line() {
    let mut talk = Script::new(&[page("a", &["1"]), page("b", &[])]);
    let send = |talk: &mut Script, event| talk.send(Msg::Run(RunId(1), event));
    talk.keys("ctrl-e");
    send(&mut talk, Event::Started);
    send(&mut talk, Event::WaitsForInput { hidden: false });
    assert!(matches!(talk.app.mode, Mode::StdinPrompt(CellId(0))));
    assert_eq!(talk.keys("n o t backspace backspace backspace y é ctrl-a q"), []);
    assert_eq!(talk.keys("enter"), [Effect::SendInput(RunId(1), "qyé\n".into())]);
    assert_eq!(talk.keys("2"), [], "text typed ahead is kept");
    send(&mut talk, Event::WaitsForInput { hidden: false });
    assert_eq!(talk.keys("enter"), [Effect::SendInput(RunId(1), b"2\n".to_vec())]);
    talk.send(Msg::Tick(Duration::from_secs(1)));
    assert!(matches!(talk.app.mode, Mode::Slide), "it no longer waits");
    talk.keys("n");
    assert_eq!(talk.at(), (1, 0));
}

#[test]
fn prompt_can_be_closed_and_opened_again() {
    let mut talk = Script::new(&[page("a", &["1"]), page("b", &[])]);
    let send = |talk: &mut Script, event| talk.send(Msg::Run(RunId(1), event));
    talk.keys("ctrl-e");
    send(&mut talk, Event::Started);
    send(&mut talk, Event::WaitsForInput { hidden: false });
    talk.keys("x esc");
    send(&mut talk, Event::WaitsForInput { hidden: false });
    talk.keys("n");
    assert_eq!(talk.at(), (1, 0), "it still waits without the keys");
    talk.keys("p tab enter");
    assert!(matches!(talk.app.mode, Mode::StdinPrompt(CellId(0))));
    assert_eq!(talk.keys("ctrl-d"), [], "ends the input only on an empty line");
    talk.keys("backspace");
    assert_eq!(talk.keys("ctrl-d"), [Effect::SendInput(RunId(1), vec![4])]);
    assert!(matches!(talk.app.mode, Mode::Slide), "the next key goes to the slide");
    send(&mut talk, Event::WaitsForInput { hidden: false });
    assert_eq!(talk.keys("ctrl-c"), [Effect::Interrupt(RunId(1))], "it reads again");
    talk.finish(1, Outcome::Stopped);
    assert!(matches!(talk.app.mode, Mode::Slide));
    assert!(talk.app.runs[&CellId(0)].prompt.is_none());
}

#[test]
fn autorun_block_takes_no_keys() {
    let mut talk = Script::new(&[page("a", &["auto 1"]), page("b", &[])]);
    talk.send(Msg::Shown);
    talk.send(Msg::Run(RunId(1), Event::Started));
    talk.send(Msg::Run(RunId(1), Event::WaitsForInput { hidden: true }));
    talk.keys("n");
    assert_eq!(talk.at(), (1, 0));
}
