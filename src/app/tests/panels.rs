//! Panels over the slide: index, help, problems; the grid; jumps.

use std::sync::Arc;

use super::{Script, deck, page};
use crate::app::{Action, Changes, Effect, Mode, Msg};
use crate::deck::{Cursor, Deck, Note, SlideNo, Step};
use crate::diag::Diagnostic;
use crate::source::{FileId, Span};

fn with(deck: &Arc<Deck>, diagnostics: Vec<Diagnostic>) -> Arc<Deck> {
    Arc::new(Deck { diagnostics, ..(**deck).clone() })
}

/// Returns the span of byte `at` of the deck's file.
fn at(at: usize) -> Span {
    Span::new(FileId(0), at..at + 1)
}

#[test]
fn grid_toggles() {
    let mut talk = Script::new(&[page("a", &[])]);
    talk.app.changed = Changes::default();
    talk.send(Msg::Act(Action::ToggleGrid));
    assert!(talk.app.view.grid && talk.app.changed.scene);
    talk.keys("T");
    assert!(!talk.app.view.grid);
}

#[test]
fn f195_index_finds_by_letters_and_goes_there() {
    let mut talk = Script::new(&[page("Apples", &[]), page("Pears", &[]), page("Plums", &[])]);
    talk.keys("ctrl-p p l u enter");
    assert_eq!(talk.at(), (2, 0));
    talk.keys("ctrl-p z z");
    let Mode::Index(index) = &talk.app.mode else { panic!("closed") };
    assert!(index.found.is_empty());
    talk.keys("enter");
    assert_eq!(talk.at(), (2, 0), "nothing found, nothing moves");
    talk.keys("ctrl-p z backspace down esc");
    assert!(matches!(talk.app.mode, Mode::Slide));
}

#[test]
fn help_scrolls_with_the_movement_keys() {
    let mut talk = Script::new(&[page("a", &[]), page("b", &[])]);
    talk.keys("? l l");
    assert!(matches!(talk.app.mode, Mode::Help(2)));
    talk.keys("ctrl-d");
    let Mode::Help(row) = talk.app.mode else { panic!("closed") };
    assert!(row > 3, "half a panel, not a row: {row}");
    talk.keys("ctrl-u ctrl-u h");
    assert!(matches!(talk.app.mode, Mode::Help(0)));
    talk.keys("G");
    let Mode::Help(last) = talk.app.mode else { panic!("closed") };
    talk.keys("l ctrl-d");
    assert!(matches!(talk.app.mode, Mode::Help(row) if row == last));
    assert_eq!(talk.keys("q"), [], "q closes the panel");
    assert_eq!(talk.at(), (0, 0));
}

#[test]
fn enter_goes_to_the_selected_problem() {
    let mut talk = Script::new(&[page("a", &[]), page("b\nc", &[]), page("d", &[])]);
    let error = |start: usize| Diagnostic::error(at(start), "wrong");
    talk.app.deck = with(&talk.app.deck, vec![error(4), error(0)]);
    talk.keys("D l l l");
    assert!(matches!(talk.app.mode, Mode::Problems(1)), "the last one stays chosen");
    talk.keys("enter");
    assert!(matches!(talk.app.mode, Mode::Slide));
    assert_eq!(talk.at(), (1, 1), "the slide and the step that shows it");
    talk.keys("D enter");
    assert_eq!(talk.at(), (0, 0));
    talk.keys("ctrl-o");
    assert_eq!(talk.at(), (1, 1));
    talk.app.problems.reviewed = vec![Diagnostic::error(Span::new(FileId(7), 0..1), "elsewhere")];
    talk.keys("D G enter");
    assert!(talk.app.notice().is_some_and(|notice| notice.contains("not on a slide")));
}

#[test]
fn only_new_errors_are_counted() {
    let mut talk = Script::new(&[page("a", &[]), page("b", &[])]);
    let error = |what: &str| Diagnostic::error(at(0), what);
    talk.app.deck = with(&talk.app.deck, vec![Diagnostic::warning(at(0), "minor")]);
    assert_eq!(talk.app.unseen_errors(), 0, "warnings are for the author");
    talk.app.problems.reviewed = vec![error("one"), error("two")];
    assert_eq!(talk.app.unseen_errors(), 2);
    talk.keys("D esc l");
    assert_eq!(talk.app.unseen_errors(), 0, "they were seen");
    talk.send(Msg::Reviewed(vec![error("two")]));
    assert_eq!(talk.app.unseen_errors(), 0);
    talk.send(Msg::Reviewed(vec![error("two"), error("three")]));
    assert_eq!(talk.app.unseen_errors(), 2, "there is a new one");
    talk.app.problems.hidden = true;
    assert_eq!(talk.app.unseen_errors(), 0);
}

#[test]
fn jumps_go_back_and_forward() {
    let pages = ["a", "b", "c", "d"].map(|text| page(text, &[]));
    let mut talk = Script::new(&pages);
    talk.keys("ctrl-o alt-o");
    assert_eq!(talk.at(), (0, 0), "there is no jump");
    talk.keys("l 4 G");
    talk.keys("g g");
    assert_eq!(talk.at(), (0, 0));
    talk.keys("ctrl-o");
    assert_eq!(talk.at(), (3, 0));
    talk.keys("ctrl-o");
    assert_eq!(talk.at(), (1, 0), "a step is not a jump");
    talk.keys("alt-o");
    assert_eq!(talk.at(), (3, 0));
    talk.keys("ctrl-o ctrl-p c enter alt-o");
    assert_eq!(talk.at(), (2, 0), "a new jump drops the way forward");
    let shorter = deck(&pages[..1]);
    talk.send(Msg::Edited(shorter));
    talk.keys("ctrl-o");
    assert_eq!(talk.at(), (0, 0), "the deck has become shorter");
}

#[test]
fn way_back_leads_from_a_jump() {
    let mut talk = Script::new(&["a", "b", "c", "d"].map(|text| page(text, &[])));
    let way_back = |talk: &Script| talk.app.way_back().map(|at| at.slide.index());
    talk.keys("l");
    assert_eq!(way_back(&talk), None, "a step is not a jump");
    talk.keys("4 G");
    assert_eq!(way_back(&talk), Some(1));
    talk.keys("?");
    assert_eq!(way_back(&talk), None, "a panel is open");
    talk.keys("esc ctrl-o");
    assert_eq!(way_back(&talk), Some(3));
    talk.keys("alt-o");
    assert_eq!(way_back(&talk), Some(1));
    talk.keys("h");
    assert_eq!(way_back(&talk), None, "the jump led elsewhere");
    talk.keys("l");
    talk.send(Msg::Edited(deck(&[page("a", &[])])));
    assert_eq!(way_back(&talk), None, "the deck has become shorter");
}

#[test]
fn index_finds_notes_at_their_step() {
    let mut talk = Script::new(&[page("a", &[]), page("b\nc", &[])]);
    let mut deck = (*talk.app.deck).clone();
    deck.slides[1].notes.push(Note { text: "wave".into(), step: Step(1) });
    talk.app.deck = Arc::new(deck);
    talk.keys("ctrl-p w a v e enter");
    assert_eq!(talk.app.view.at, Cursor { slide: SlideNo::new(1), step: Step(1) });
}

#[test]
fn mouse_key_releases_and_takes_the_mouse() {
    let mut talk = Script::new(&[page("a", &[])]);
    assert_eq!(talk.keys("M"), [Effect::SetMouse(false)]);
    assert_eq!(talk.app.notice(), Some("mouse off: the terminal selects text"));
    assert_eq!(talk.keys("M"), [Effect::SetMouse(true)]);
    assert_eq!(talk.app.notice(), Some("mouse on: clicks and the wheel work"));
}
