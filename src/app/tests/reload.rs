//! Saves and edits while the deck is shown: the new position, and what runs keep.

use std::sync::Arc;

use super::{Script, deck, page, runs};
use crate::app::{Effect, Msg};
use crate::deck::{CellId, Cursor, Deck, SlideKind, SlideNo, Step};
use crate::run::{Event, Outcome, RunId, State};

#[test]
fn f196_a_save_goes_to_the_first_change() {
    let mut talk = Script::new(&[page("a", &[]), page("b\nc\nd", &[]), page("e", &[])]);
    talk.send(Msg::Loaded(deck(&[page("a", &[]), page("b\nX\nd", &[]), page("e", &[])])));
    assert_eq!(talk.app.view.at, Cursor { slide: SlideNo::new(1), step: Step(1) });
    talk.send(Msg::Loaded(deck(&[
        page("a", &[]),
        page("b\nX\nd", &[]),
        page("e", &[]),
        page("f", &[]),
    ])));
    assert_eq!(talk.at(), (3, 0), "a slide added at the end");
    talk.send(Msg::Loaded(deck(&[page("a", &[])])));
    assert_eq!(talk.at(), (0, 0), "slides removed: the last remaining one");
}

#[test]
fn save_keeps_outputs_and_marks_changed_ones_stale() {
    let mut talk = Script::new(&[page("a", &["1", "2"])]);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk.finish(2, Outcome::Exited(0));
    let effects = talk.send(Msg::Loaded(deck(&[page("a", &["1", "changed"])])));
    assert_eq!(effects, [Effect::Prepare]);
    let seen: Vec<_> = talk
        .app
        .runs
        .values()
        .map(|run| (run.origin.is_stale, run.output.plain_text().lines().count()))
        .collect();
    assert_eq!(seen, [(false, 1), (true, 1)]);
    assert_eq!(runs(&talk.keys("ctrl-e")), [1], "only the changed one has not run");
}

#[test]
fn outputs_move_with_their_code() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk.send(Msg::Loaded(deck(&[page("new", &["0"]), page("a", &["1"])])));
    assert_eq!(talk.app.runs.keys().collect::<Vec<_>>(), [&CellId(1)]);
}

#[test]
fn run_without_code_is_killed() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    let effects = talk.send(Msg::Loaded(deck(&[page("a", &[])])));
    assert_eq!(effects[0], Effect::Kill(RunId(1)));
}

#[test]
fn edited_autorun_block_keeps_output_until_new() {
    let mut talk = Script::new(&[page("a", &["auto 1", "replace 2"])]);
    talk.send(Msg::Shown);
    talk.finish(1, Outcome::Exited(0));
    talk.finish(2, Outcome::Exited(0));
    talk.send(Msg::Loaded(deck(&[page("a", &["auto 1", "replace changed"])])));
    assert_eq!(runs(&talk.send(Msg::Shown)), [1]);
    let seen = |talk: &Script| {
        talk.app
            .runs
            .values()
            .map(|run| (run.origin.is_stale, run.output.plain_text().lines().count()))
            .collect::<Vec<_>>()
    };
    assert_eq!(seen(&talk), [(false, 1), (true, 1)]);
    let run = talk.app.runs[&CellId(1)].run;
    talk.send(Msg::Run(run, Event::Output(b"x\ny\n".to_vec())));
    assert_eq!(seen(&talk), [(false, 1), (false, 2)]);
}

#[test]
fn code_changed_while_running_is_stopped() {
    let mut talk = Script::new(&[page("a", &["key 1"])]);
    talk.keys("ctrl-e");
    talk.send(Msg::Run(RunId(1), Event::Started));
    talk.send(Msg::Run(RunId(1), Event::Output(b"x\n".to_vec())));
    let effects = talk.send(Msg::Loaded(deck(&[page("a", &["key changed"])])));
    assert_eq!(effects[0], Effect::Kill(RunId(1)));
    assert_eq!(talk.state(0), State::Ended(Outcome::Stopped));
    assert!(!talk.app.is_running());
    assert_eq!(runs(&talk.keys("ctrl-e")), [0]);
}

#[test]
fn edited_block_keeps_its_background_processes() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk.send(Msg::Run(RunId(1), Event::Background(1)));
    talk.send(Msg::Loaded(deck(&[page("a", &["changed"])])));
    assert_eq!(talk.app.runs[&CellId(0)].processes.background, 1);
    talk.send(Msg::Run(RunId(1), Event::Background(2)));
    assert_eq!(talk.app.runs[&CellId(0)].processes.background, 2);
    let effects = talk.send(Msg::Loaded(deck(&[page("a", &[])])));
    assert_eq!(effects[..1], [Effect::Kill(RunId(1))]);
}

#[test]
fn theme_and_options_are_no_change_of_the_intro_slide() {
    let with = |theme: &str, title: &str| {
        let text = format!("---\ntheme: {theme}\ntitle: {title}\n");
        let mut deck = Deck::clone(&deck(&[page(&text, &[]), page("b", &[])]));
        deck.slides[0].kind = SlideKind::Intro;
        deck.meta.title_source = Some(title.to_owned());
        Arc::new(deck)
    };
    let mut talk = Script::new(&[page("a", &[])]);
    talk.send(Msg::Loaded(with("light", "A")));
    talk.keys("G");
    talk.send(Msg::Loaded(with("dark", "A")));
    assert_eq!(talk.at().0, 1);
    talk.send(Msg::Loaded(with("dark", "B")));
    assert_eq!(talk.at().0, 0);
}
