//! The stage: blank screen, commands of other programs.

use super::{Script, page};
use crate::app::{
    AddressPanel, Blank, Effect, Hit, Mode, Msg, RemoteCommand, ServeReport, TimerCommand,
};
use crate::deck::CellId;

fn answer(talk: &mut Script, command: RemoteCommand) -> Result<(), String> {
    match talk.send(Msg::Remote(command)).pop() {
        Some(Effect::Answer(answer)) => answer,
        other => panic!("no answer: {other:?}"),
    }
}

#[test]
fn blank_screen_ends_with_a_step() {
    let mut talk = Script::new(&[page("a", &[]), page("b", &[])]);
    talk.keys("b");
    assert_eq!(talk.app.blank(), Some(Blank::Black));
    assert_eq!(talk.app.likely_next(), None, "the next step shows the slide");
    talk.keys("l");
    assert_eq!((talk.app.blank(), talk.at()), (None, (0, 0)));
    talk.keys("w n");
    assert_eq!((talk.app.blank(), talk.at()), (None, (0, 0)));
    talk.keys("w b");
    assert_eq!(talk.app.blank(), Some(Blank::Black));
    talk.keys("G");
    assert_eq!((talk.app.blank(), talk.at()), (None, (1, 0)), "a jump shows its slide");
    talk.keys(". .");
    assert_eq!(talk.app.blank(), None);
}

#[test]
fn runs_go_on_while_the_screen_is_blank() {
    let mut talk = Script::new(&[page("a", &["ls"])]);
    talk.keys("b ctrl-e");
    assert!(talk.app.is_running() && talk.app.blank().is_some());
}

#[test]
fn commands_close_panels_and_move() {
    let mut talk = Script::new(&[page("a", &[]), page("b", &[]), page("c", &[])]);
    talk.keys("?");
    assert_eq!(answer(&mut talk, RemoteCommand::Next), Ok(()));
    assert!(matches!(talk.app.mode, Mode::Slide));
    assert_eq!(talk.at(), (1, 0));
    assert_eq!(answer(&mut talk, RemoteCommand::Last), Ok(()));
    assert_eq!(talk.at(), (2, 0));
    let far = RemoteCommand::GoTo { slide: 4, step: None };
    assert!(answer(&mut talk, far).unwrap_err().contains("the deck has 3"));
    let deep = RemoteCommand::GoTo { slide: 1, step: Some(2) };
    assert!(answer(&mut talk, deep).unwrap_err().contains("slide 1 has 1"));
    assert_eq!(talk.at(), (2, 0));
}

#[test]
fn command_cannot_answer_the_question() {
    let mut talk = Script::new(&[page("a", &["ls"]), page("b", &[])]).untrusted();
    let run = RemoteCommand::Run { block: None };
    assert_eq!(answer(&mut talk, run), Ok(()));
    assert!(matches!(talk.app.mode, Mode::TrustPrompt(_)));
    assert!(answer(&mut talk, run).is_err() && answer(&mut talk, RemoteCommand::Next).is_err());
    assert!(matches!(talk.app.mode, Mode::TrustPrompt(_)));
    assert!(!talk.app.is_running());
}

#[test]
fn phone_runs_only_what_is_allowed() {
    let run = RemoteCommand::RunAllowed { block: Some(1) };
    let all = RemoteCommand::RunAllowed { block: None };
    let mut talk = Script::new(&[page("a", &["ls"]), page("b", &[])]).untrusted();
    for command in [run, all] {
        assert!(answer(&mut talk, command).unwrap_err().contains("has not allowed"));
    }
    assert!(matches!(talk.app.mode, Mode::Slide) && !talk.app.is_running(), "nothing is asked");
    assert!(!talk.app.is_run_allowed(CellId(0)));
    let mut talk = Script::new(&[page("a", &["ls"]), page("b", &[])]);
    assert!(talk.app.is_run_allowed(CellId(0)));
    assert_eq!(answer(&mut talk, run), Ok(()));
    assert!(talk.app.is_running());
    answer(&mut talk, RemoteCommand::Next).unwrap();
    assert!(!talk.app.is_run_allowed(CellId(0)), "it is on another slide");
    assert!(answer(&mut talk, run).is_err() && answer(&mut talk, all).is_err());
}

#[test]
fn address_is_shown_in_a_panel() {
    let mut talk = Script::new(&[page("a", &[]), page("b", &[])]);
    talk.keys("a");
    assert!(talk.app.notice().unwrap().contains("--serve"), "the talk is not served");
    talk.send(Msg::Served(ServeReport { viewers: 2, ..ServeReport::default() }));
    talk.keys("a");
    assert!(matches!(talk.app.mode, Mode::Address(AddressPanel::Audience)));
    talk.keys("enter");
    assert!(matches!(talk.app.mode, Mode::Address(AddressPanel::Remote)));
    talk.keys("l");
    assert!(matches!(talk.app.mode, Mode::Slide));
    assert_eq!(talk.at(), (0, 0), "the key only closes the panel");
    talk.keys("a a");
    assert!(matches!(talk.app.mode, Mode::Slide));
}

#[test]
fn stop_command_never_quits() {
    let mut talk = Script::new(&[page("a", &["ls"])]);
    for _ in 0..3 {
        assert!(answer(&mut talk, RemoteCommand::Stop).is_err());
    }
    answer(&mut talk, RemoteCommand::Run { block: Some(1) }).unwrap();
    let effects = talk.send(Msg::Remote(RemoteCommand::Stop));
    assert!(matches!(effects[0], Effect::Interrupt(_)), "{effects:?}");
}

#[test]
fn overview_jumps_by_letters() {
    let titles: Vec<String> = (1..=40).map(|number| format!("Slide {number}")).collect();
    let pages: Vec<_> = titles.iter().map(|title| page(title, &[])).collect();
    let mut talk = Script::new(&pages);
    talk.keys("o s");
    assert!(matches!(talk.app.mode, Mode::Slide));
    assert_eq!(talk.at(), (1, 0));
    // The last slide: `m` starts the codes of two letters.
    talk.keys("o");
    let Mode::Overview(overview) = &talk.app.mode else { panic!("closed") };
    let code = overview.code(39).unwrap();
    let keys: Vec<String> = code.chars().map(String::from).collect();
    talk.keys(&keys.join(" "));
    assert_eq!((keys.len(), talk.at()), (2, (39, 0)));
    talk.keys("ctrl-o");
    assert_eq!(talk.at(), (1, 0), "a jump can be undone");
}

#[test]
fn overview_selects_and_searches() {
    let mut talk = Script::new(&[page("Apples", &[]), page("Pears", &[]), page("Plums", &[])]);
    talk.keys("o tab enter");
    assert_eq!(talk.at(), (1, 0));
    talk.keys("o / p l u enter");
    assert_eq!(talk.at(), (2, 0));
    talk.keys("o / p l u esc");
    let Mode::Overview(overview) = &talk.app.mode else { panic!("closed") };
    assert_eq!((overview.index.found.len(), overview.index.chosen), (3, 2));
    talk.keys("esc");
    assert!(matches!(talk.app.mode, Mode::Slide));
    talk.keys("o");
    talk.send(Msg::Remote(RemoteCommand::First));
    assert!(matches!(talk.app.mode, Mode::Slide));
    assert_eq!(talk.at(), (0, 0));
}

#[test]
fn timer_keys_are_effects() {
    let mut talk = Script::new(&[page("a", &[])]);
    assert_eq!(talk.keys("t"), [Effect::Timer(TimerCommand::Toggle)]);
    let start = RemoteCommand::Timer(TimerCommand::Start);
    let effects = talk.send(Msg::Remote(start));
    assert_eq!(effects, [Effect::Timer(TimerCommand::Start), Effect::Answer(Ok(()))]);
}

#[test]
fn spotlight_goes_through_parts() {
    let mut talk = Script::new(&[page("a\nb", &["1"]), page("c", &[])]);
    talk.keys("S");
    assert_eq!(talk.lit(), Some(0..4));
    talk.keys("down");
    assert_eq!((talk.lit(), talk.at()), (Some(4..8), (0, 0)));
    talk.keys("S");
    assert_eq!(talk.lit(), Some(4..5), "the first line of the block");
    talk.keys("up up up up up up");
    assert_eq!(talk.lit(), Some(0..1));
    talk.keys("S");
    assert_eq!(talk.lit(), None, "there are no columns");
    talk.keys("down");
    assert_eq!(talk.at(), (0, 1), "without the light, arrows move");
}

#[test]
fn spotlight_ends_when_the_talk_moves() {
    let mut talk = Script::new(&[page("a\nb", &["1"]), page("c", &[])]);
    for (keys, at) in [("S l", (0, 1)), ("S h", (0, 0)), ("S n", (1, 0)), ("S p", (0, 0))] {
        talk.keys(keys);
        assert_eq!((talk.lit(), talk.at()), (None, at), "{keys}");
    }
    talk.keys("S esc");
    assert_eq!(talk.lit(), None);
    talk.keys("S");
    answer(&mut talk, RemoteCommand::Next).unwrap();
    assert_eq!(talk.lit(), None);
    talk.keys("h S ctrl-e");
    assert_eq!(talk.lit(), Some(0..4), "code runs in the light");
    talk.keys("tab");
    assert_eq!(talk.lit(), Some(0..4), "the block with the focus");
}

#[test]
fn dragging_lights_an_area_and_runs_nothing() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    let hit = |at| Hit { at, cell: Some(CellId(0)), ..Hit::default() };
    talk.keys("tab");
    talk.send(Msg::Click(hit((5, 2))));
    talk.send(Msg::Drag(hit((9, 1))));
    assert_eq!(talk.lit(), Some(1..3));
    assert_eq!(talk.send(Msg::Release), []);
    assert_eq!(talk.lit(), Some(1..3), "until a click or a key");
    talk.send(Msg::Drag(hit((9, 8))));
    assert_eq!(talk.lit(), Some(1..3), "the button is up");
    talk.send(Msg::Click(hit((5, 2))));
    assert_eq!(talk.lit(), None);
}

#[test]
fn notes_are_off_until_their_key() {
    let mut talk = Script::new(&[page("a", &[])]);
    assert!(!talk.app.shows_notes());
    assert_eq!(talk.keys("N"), []);
    assert!(talk.app.shows_notes());
    assert_eq!(talk.keys("alt-down"), [Effect::ScrollNotes(3)]);
    talk.keys("N");
    assert!(!talk.app.shows_notes());
}
