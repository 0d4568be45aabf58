//! Running blocks by key or click: which ones run, their states, and whether they may run.

use std::time::Duration;

use super::{Script, page, runs};
use crate::app::{Effect, Hit, Mode, Msg, Trust};
use crate::deck::{CellId, Fingerprint};
use crate::run::{Event, Outcome, Preparation, RunId, State};

#[test]
fn run_key_runs_new_blocks_then_all_again() {
    let mut talk = Script::new(&[page("a", &["1", "2"]), page("b", &["3"])]);
    let effects = talk.keys("ctrl-e");
    assert_eq!(runs(&effects), [0, 1]);
    assert_eq!(
        effects[0],
        Effect::Run { run: RunId(1), cell: CellId(0), terminal: (60, 20), base: None }
    );
    assert_eq!(runs(&talk.keys("ctrl-e")), [0_u32; 0], "both are running");
    talk.finish(1, Outcome::Exited(0));
    talk.finish(2, Outcome::Exited(1));
    assert_eq!(runs(&talk.keys("ctrl-e")), [0, 1]);
}

#[test]
fn focused_block_runs_alone() {
    let mut talk = Script::new(&[page("a", &["1", "2"])]);
    assert_eq!(runs(&talk.keys("enter")), [0_u32; 0], "nothing is focused");
    assert_eq!(runs(&talk.keys("tab tab enter")), [1]);
    talk.keys("tab");
    assert_eq!(talk.app.view.focus, Some(CellId(0)), "the focus wraps around");
    assert_eq!(runs(&talk.keys("ctrl-e")), [0]);
    talk.keys("esc");
    assert_eq!(talk.app.view.focus, None);
}

#[test]
fn click_focuses_and_a_second_one_runs() {
    let mut talk = Script::new(&[page("a", &["1", "2"])]);
    let hit = Hit { cell: Some(CellId(1)), ..Hit::default() };
    assert_eq!(talk.send(Msg::Click(hit)), []);
    assert_eq!(talk.send(Msg::Release), []);
    assert_eq!(talk.app.view.focus, Some(CellId(1)));
    assert_eq!(talk.send(Msg::Click(hit)), []);
    assert_eq!(runs(&talk.send(Msg::Release)), [1]);
    talk.send(Msg::Click(Hit::default()));
    assert_eq!(talk.app.view.focus, None);
}

#[test]
fn run_goes_from_queued_to_ended() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    assert_eq!(talk.state(0), State::Queued);
    talk.send(Msg::Run(RunId(1), Event::Compiling));
    assert_eq!(talk.state(0), State::Compiling);
    assert!(talk.app.is_running());
    talk.send(Msg::Run(RunId(1), Event::Started));
    assert_eq!(talk.state(0), State::Running);
    talk.send(Msg::Tick(Duration::from_millis(100)));
    assert_eq!(talk.app.runs[&CellId(0)].elapsed, Duration::from_millis(100));
    talk.finish(1, Outcome::Signaled(11));
    assert_eq!(talk.state(0), State::Ended(Outcome::Signaled(11)));
    assert!(!talk.app.is_running());
}

#[test]
fn events_of_a_replaced_run_are_dropped() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk.keys("ctrl-e");
    talk.send(Msg::Run(RunId(1), Event::Output(b"late".to_vec())));
    assert!(talk.app.runs[&CellId(0)].output.is_empty());
}

#[test]
fn progress_that_arrives_after_the_end_is_dropped() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    for late in [Event::Compiling, Event::Started, Event::WaitsForInput { hidden: false }] {
        talk.send(Msg::Run(RunId(1), late));
        assert_eq!(talk.state(0), State::Ended(Outcome::Exited(0)));
        assert!(talk.app.runs[&CellId(0)].prompt.is_none());
    }
    talk.send(Msg::Run(RunId(1), Event::Kernel("Python 3.11".into())));
    assert_eq!(talk.app.runs[&CellId(0)].processes.kernel.as_deref(), Some("Python 3.11"));
}

#[test]
fn compiling_ahead_shows_ready_and_keeps_results() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    let code = Fingerprint::of("bash", None, "1");
    talk.send(Msg::Prepared(code, Preparation::Compiling));
    assert_eq!(talk.state(0), State::Compiling);
    assert!(!talk.app.is_running(), "compiling ahead is not a run");
    talk.send(Msg::Prepared(code, Preparation::Ready));
    assert_eq!(talk.state(0), State::Ready);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk.send(Msg::Prepared(code, Preparation::Ready));
    assert_eq!(talk.state(0), State::Ended(Outcome::Exited(0)));
}

#[test]
fn ctrl_c_interrupts_then_kills_then_quits() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    assert_eq!(talk.keys("ctrl-c"), [Effect::Interrupt(RunId(1))]);
    assert_eq!(talk.keys("ctrl-c"), [Effect::Kill(RunId(1))]);
    assert_eq!(talk.app.notice(), Some("killed"));
    talk.finish(1, Outcome::Stopped);
    talk.keys("j");
    assert_eq!(talk.keys("ctrl-c"), [Effect::Quit]);
    assert_eq!(talk.keys("q"), [Effect::Quit]);
}

#[test]
fn ctrl_c_ends_background_processes_before_quitting() {
    let mut talk = Script::new(&[page("a", &["1"]), page("b", &["2"])]);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk.send(Msg::Run(RunId(1), Event::Background(2)));
    assert_eq!(talk.keys("ctrl-c"), [Effect::Kill(RunId(1))]);
    assert_eq!(talk.app.notice(), Some("ended 2 background processes"));
    talk.send(Msg::Run(RunId(1), Event::Background(0)));
    assert_eq!(talk.keys("ctrl-c"), [], "pressed before the speaker saw that");
    talk.keys("j");
    assert_eq!(talk.keys("ctrl-c"), [Effect::Quit]);
}

#[test]
fn background_processes_end_when_their_block_runs_again() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk.send(Msg::Run(RunId(1), Event::Background(1)));
    let effects = talk.keys("ctrl-e");
    assert!(matches!(effects[..], [Effect::Kill(RunId(1)), Effect::Run { run: RunId(2), .. }]));
}

#[test]
fn repeated_ctrl_c_does_not_quit_after_a_stop() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e ctrl-c");
    assert_eq!(talk.app.notice(), Some("stopping; ctrl-c again to kill"));
    talk.finish(1, Outcome::Stopped);
    assert_eq!(talk.app.notice, None, "nothing is left to kill");
    assert_eq!(talk.keys("ctrl-c"), [], "pressed before the speaker saw the end");
    assert_eq!(talk.app.notice(), Some("nothing is running; ctrl-c again to quit"));
    assert_eq!(talk.keys("ctrl-c"), [Effect::Quit]);
}

#[test]
fn nothing_runs_before_the_user_allows_it() {
    let mut talk = Script::new(&[page("a", &["1"])]).untrusted();
    assert_eq!(talk.keys("ctrl-e"), []);
    assert!(matches!(talk.app.mode, Mode::TrustPrompt(_)));
    assert_eq!(talk.keys("l x"), [], "no other key answers");
    assert_eq!(talk.at(), (0, 0));
    assert_eq!(talk.keys("n"), []);
    assert!(matches!(talk.app.mode, Mode::Slide));
    assert_eq!(talk.keys("ctrl-e"), [], "no applies once: the next run asks again");
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
