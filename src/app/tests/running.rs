//! Blocks that are run by a key or a click: which of them, what is known of them, and whether they
//! may.

use std::time::Duration;

use super::{Script, page, runs};
use crate::app::{Effect, Hit, Mode, Msg, Trust};
use crate::deck::{CellId, Fingerprint};
use crate::run::{Event, Outcome, Preparation, RunId, State};

#[test]
fn the_run_key_runs_what_has_not_run_then_everything_again() {
    let mut talk = Script::new(&[page("a", &["1", "2"]), page("b", &["3"])]);
    let effects = talk.keys("ctrl-e");
    assert_eq!(runs(&effects), [0, 1]);
    assert_eq!(
        effects[0],
        Effect::Run { run: RunId(1), cell: CellId(0), terminal: (60, 20), base: None }
    );
    assert_eq!(runs(&talk.keys("ctrl-e")), [0_u32; 0], "both are on their way");
    talk.finish(1, Outcome::Exited(0));
    talk.finish(2, Outcome::Exited(1));
    assert_eq!(runs(&talk.keys("ctrl-e")), [0, 1]);
}

#[test]
fn a_focused_block_runs_alone() {
    let mut talk = Script::new(&[page("a", &["1", "2"])]);
    assert_eq!(runs(&talk.keys("enter")), [0_u32; 0], "nothing is focused");
    assert_eq!(runs(&talk.keys("tab tab enter")), [1]);
    talk.keys("tab");
    assert_eq!(talk.app.view.focus, Some(CellId(0)), "the focus goes round");
    assert_eq!(runs(&talk.keys("ctrl-e")), [0]);
    talk.keys("esc");
    assert_eq!(talk.app.view.focus, None);
}

#[test]
fn a_click_focuses_and_a_second_one_runs() {
    let mut talk = Script::new(&[page("a", &["1", "2"])]);
    let hit = Hit { cell: Some(CellId(1)), output: None };
    assert_eq!(talk.tell(Msg::Click(hit)), []);
    assert_eq!(talk.app.view.focus, Some(CellId(1)));
    assert_eq!(runs(&talk.tell(Msg::Click(hit))), [1]);
    talk.tell(Msg::Click(Hit::default()));
    assert_eq!(talk.app.view.focus, None);
}

#[test]
fn a_run_is_followed_from_queue_to_end() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    assert_eq!(talk.state(0), State::Queued);
    talk.tell(Msg::Run(RunId(1), Event::Compiling));
    assert_eq!(talk.state(0), State::Compiling);
    assert!(talk.app.is_running());
    talk.tell(Msg::Run(RunId(1), Event::Started));
    assert_eq!(talk.state(0), State::Running);
    talk.tell(Msg::Tick(Duration::from_millis(100)));
    assert_eq!(talk.app.runs[&CellId(0)].elapsed, Duration::from_millis(100));
    talk.finish(1, Outcome::Signaled(11));
    assert_eq!(talk.state(0), State::Ended(Outcome::Signaled(11)));
    assert!(!talk.app.is_running());
}

#[test]
fn events_of_a_run_that_was_replaced_are_dropped() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk.keys("ctrl-e");
    talk.tell(Msg::Run(RunId(1), Event::Output(b"late".to_vec())));
    assert!(talk.app.runs[&CellId(0)].output.is_empty());
}

#[test]
fn what_is_compiled_ahead_shows_ready_and_keeps_what_has_run() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    let code = Fingerprint::of("bash", None, "1");
    talk.tell(Msg::Prepared(code, Preparation::Compiling));
    assert_eq!(talk.state(0), State::Compiling);
    assert!(!talk.app.is_running(), "compiling ahead is no run");
    talk.tell(Msg::Prepared(code, Preparation::Ready));
    assert_eq!(talk.state(0), State::Ready);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk.tell(Msg::Prepared(code, Preparation::Ready));
    assert_eq!(talk.state(0), State::Ended(Outcome::Exited(0)));
}

#[test]
fn control_c_interrupts_then_kills_then_leaves() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    assert_eq!(talk.keys("ctrl-c"), [Effect::Interrupt(RunId(1))]);
    assert_eq!(talk.keys("ctrl-c"), [Effect::Kill(RunId(1))]);
    assert_eq!(talk.app.notice.as_deref(), Some("killed"));
    talk.finish(1, Outcome::Stopped);
    talk.keys("j");
    assert_eq!(talk.keys("ctrl-c"), [Effect::Quit]);
    assert_eq!(talk.keys("q"), [Effect::Quit]);
}

#[test]
fn control_c_ends_background_processes_before_it_leaves() {
    let mut talk = Script::new(&[page("a", &["1"]), page("b", &["2"])]);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk.tell(Msg::Run(RunId(1), Event::Background(2)));
    assert_eq!(talk.keys("ctrl-c"), [Effect::Kill(RunId(1))]);
    assert_eq!(talk.app.notice.as_deref(), Some("ended 2 background processes"));
    talk.tell(Msg::Run(RunId(1), Event::Background(0)));
    assert_eq!(talk.keys("ctrl-c"), [], "pressed before that was seen");
    talk.keys("j");
    assert_eq!(talk.keys("ctrl-c"), [Effect::Quit]);
}

#[test]
fn background_processes_end_when_their_block_runs_again() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk.tell(Msg::Run(RunId(1), Event::Background(1)));
    let effects = talk.keys("ctrl-e");
    assert!(matches!(effects[..], [Effect::Kill(RunId(1)), Effect::Run { run: RunId(2), .. }]));
}

#[test]
fn control_c_in_haste_does_not_leave_behind_what_has_just_stopped() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e ctrl-c");
    assert_eq!(talk.app.notice.as_deref(), Some("stopping; ctrl-c again to kill"));
    talk.finish(1, Outcome::Stopped);
    assert_eq!(talk.app.notice, None, "nothing is left to kill");
    assert_eq!(talk.keys("ctrl-c"), [], "pressed before its end was seen");
    assert_eq!(talk.app.notice.as_deref(), Some("nothing is running; ctrl-c again to quit"));
    assert_eq!(talk.keys("ctrl-c"), [Effect::Quit]);
}

#[test]
fn nothing_runs_before_the_user_said_so() {
    let mut talk = Script::new(&[page("a", &["1"])]).untrusted();
    assert_eq!(talk.keys("ctrl-e"), []);
    assert!(matches!(talk.app.mode, Mode::TrustPrompt(_)));
    assert_eq!(talk.keys("l x"), [], "no other key answers");
    assert_eq!(talk.at(), (0, 0));
    assert_eq!(talk.keys("n"), []);
    assert!(matches!(talk.app.mode, Mode::Slide));
    assert_eq!(talk.keys("ctrl-e"), [], "no is for now: it asks again");
    let effects = talk.keys("a");
    assert_eq!(effects[..2], [Effect::Prepare, Effect::RememberTrust]);
    assert_eq!(runs(&effects), [0]);
    assert_eq!(talk.app.permission.trust, Trust::Always);
}

#[test]
fn once_is_not_remembered() {
    let mut talk = Script::new(&[page("a", &["1"])]).untrusted();
    talk.keys("ctrl-e");
    let effects = talk.keys("o");
    assert!(!effects.contains(&Effect::RememberTrust));
    assert_eq!(runs(&effects), [0]);
}
