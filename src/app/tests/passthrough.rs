//! Keys that go to a block: to its terminal, or to the prompt where it waits.

use std::time::Duration;

use super::{Script, page, runs};
use crate::app::{Effect, Mode, Msg};
use crate::deck::CellId;
use crate::run::{Event, Outcome, RunId};

#[test]
fn f156_the_focused_program_has_the_keys_until_the_chord_or_its_end() {
    let mut talk = Script::new(&[page("a", &["pty 1"]), page("b", &[])]);
    assert_eq!(runs(&talk.keys("tab enter")), [0]);
    assert!(matches!(talk.app.mode, Mode::Passthrough(CellId(0))));
    talk.tell(Msg::Run(RunId(1), Event::Started));
    assert_eq!(talk.keys("q"), [Effect::SendInput(RunId(1), b"q".to_vec())]);
    assert_eq!(talk.keys("ctrl-c"), [Effect::SendInput(RunId(1), vec![3])]);
    assert_eq!(talk.keys("ctrl-5"), []);
    assert!(matches!(talk.app.mode, Mode::Slide));
    talk.keys("esc n");
    assert_eq!(talk.at(), (1, 0), "the keys are the talk's again");
    talk.keys("p tab enter");
    assert!(matches!(talk.app.mode, Mode::Passthrough(_)), "it still runs, and has them again");
    talk.finish(1, Outcome::Exited(0));
    assert!(matches!(talk.app.mode, Mode::Slide));
}

#[test]
fn f156_a_terminal_follows_its_room_and_answers_its_program() {
    let mut talk = Script::new(&[page("a", &["pty 1"])]);
    talk.keys("ctrl-e");
    assert!(matches!(talk.app.mode, Mode::Slide), "ctrl-e runs, and takes no keys away");
    talk.app.layout.screens = vec![(CellId(0), (40, 12))];
    assert_eq!(talk.tell(Msg::Shown), [Effect::ResizeRun(RunId(1), (40, 12))]);
    assert_eq!(talk.tell(Msg::Shown), [], "once");
    let asked = Msg::Run(RunId(1), Event::Output(b"ab\x1b[6n".to_vec()));
    assert_eq!(talk.tell(asked), [Effect::SendInput(RunId(1), b"\x1b[1;3R".to_vec())]);
}

#[test]
fn a_block_that_waits_for_input_opens_its_prompt_and_gets_what_is_typed() {
    let mut talk = Script::new(&[page("a", &["1"]), page("b", &[])]);
    let tell = |talk: &mut Script, event| talk.tell(Msg::Run(RunId(1), event));
    talk.keys("ctrl-e");
    tell(&mut talk, Event::Started);
    tell(&mut talk, Event::WaitsForInput { hidden: false });
    assert!(matches!(talk.app.mode, Mode::StdinPrompt(CellId(0))));
    assert_eq!(talk.keys("n o t backspace backspace backspace y é ctrl-a q"), []);
    assert_eq!(talk.keys("enter"), [Effect::SendInput(RunId(1), "qyé\n".into())]);
    assert_eq!(talk.keys("2"), [], "what is typed ahead of the next question is kept");
    tell(&mut talk, Event::WaitsForInput { hidden: false });
    assert_eq!(talk.keys("enter"), [Effect::SendInput(RunId(1), b"2\n".to_vec())]);
    talk.tell(Msg::Tick(Duration::from_secs(1)));
    assert!(matches!(talk.app.mode, Mode::Slide), "it asks no more");
    talk.keys("n");
    assert_eq!(talk.at(), (1, 0));
}

#[test]
fn a_prompt_is_left_and_come_back_to_and_the_talk_goes_on() {
    let mut talk = Script::new(&[page("a", &["1"]), page("b", &[])]);
    let tell = |talk: &mut Script, event| talk.tell(Msg::Run(RunId(1), event));
    talk.keys("ctrl-e");
    tell(&mut talk, Event::Started);
    tell(&mut talk, Event::WaitsForInput { hidden: false });
    talk.keys("x esc");
    tell(&mut talk, Event::WaitsForInput { hidden: false });
    talk.keys("n");
    assert_eq!(talk.at(), (1, 0), "it still waits, and takes no keys");
    talk.keys("p tab enter");
    assert!(matches!(talk.app.mode, Mode::StdinPrompt(CellId(0))));
    assert_eq!(talk.keys("ctrl-d"), [], "that would end the input, if nothing were typed");
    talk.keys("backspace");
    assert_eq!(talk.keys("ctrl-d"), [Effect::SendInput(RunId(1), vec![4])]);
    assert!(matches!(talk.app.mode, Mode::Slide), "the next key is the talk's");
    tell(&mut talk, Event::WaitsForInput { hidden: false });
    assert_eq!(talk.keys("ctrl-c"), [Effect::Interrupt(RunId(1))], "it reads again all the same");
    talk.finish(1, Outcome::Stopped);
    assert!(matches!(talk.app.mode, Mode::Slide));
    assert!(talk.app.runs[&CellId(0)].prompt.is_none());
}

#[test]
fn a_block_that_runs_by_itself_takes_no_keys() {
    let mut talk = Script::new(&[page("a", &["auto 1"]), page("b", &[])]);
    talk.tell(Msg::Shown);
    talk.tell(Msg::Run(RunId(1), Event::Started));
    talk.tell(Msg::Run(RunId(1), Event::WaitsForInput { hidden: true }));
    talk.keys("n");
    assert_eq!(talk.at(), (1, 0));
}
