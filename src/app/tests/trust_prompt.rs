//! The question before code runs: what it waits for, and what it takes as an answer.

use std::sync::Arc;

use super::{Script, deck, page, runs};
use crate::app::{Effect, Mode, Msg, Trust, TrustSummary};
use crate::run::State;

fn examined(inquiry: TrustSummary) -> Msg {
    Msg::Examined(Some(Arc::new(inquiry)))
}

fn trusted() -> TrustSummary {
    TrustSummary { is_trusted: true, ..TrustSummary::default() }
}

/// A talk of which it is not known yet whether it was trusted before.
fn checked() -> Script {
    let mut talk = Script::new(&[page("a", &["key 1", "auto 2"])]);
    talk.app.permission.trust = Trust::Checking;
    talk
}

#[test]
fn allowing_counts_only_when_everything_is_told() {
    let mut talk = Script::new(&[page("a", &["1"])]).untrusted();
    talk.app.permission.summary = None;
    assert_eq!(talk.keys("ctrl-e"), [Effect::Examine]);
    assert_eq!(talk.keys("o a y"), []);
    assert_eq!(talk.app.permission.trust, Trust::Unknown);
    talk.tell(examined(TrustSummary::default()));
    assert_eq!(runs(&talk.keys("o")), [0]);
}

#[test]
fn no_counts_at_once() {
    let mut talk = Script::new(&[page("a", &["1"])]).untrusted();
    talk.app.permission.summary = None;
    talk.keys("ctrl-e");
    assert_eq!(talk.keys("n"), []);
    assert!(matches!(talk.app.mode, Mode::Slide));
    assert_eq!(talk.app.permission.trust, Trust::No);
}

#[test]
fn a_deck_that_cannot_be_remembered_runs_once_only() {
    let mut talk = Script::new(&[page("a", &["1"])]).untrusted();
    let unrememberable = Some("too many files".to_owned());
    talk.tell(examined(TrustSummary { unrememberable, ..TrustSummary::default() }));
    talk.keys("ctrl-e");
    assert_eq!(talk.keys("a"), []);
    assert!(matches!(talk.app.mode, Mode::TrustPrompt(_)));
    assert_eq!(runs(&talk.keys("o")), [0]);
}

#[test]
fn nothing_runs_while_trust_is_checked() {
    let mut talk = checked();
    assert_eq!(talk.tell(Msg::Shown), []);
    assert_eq!(talk.state(1), State::NotRun, "whether it may is not known");
    assert_eq!(talk.keys("ctrl-e"), []);
    assert!(matches!(talk.app.mode, Mode::Slide), "whether to ask is not known");
}

#[test]
fn what_was_asked_for_runs_once_trust_is_confirmed() {
    let mut talk = checked();
    talk.keys("tab ctrl-e");
    let effects = talk.tell(examined(trusted()));
    assert_eq!(effects[0], Effect::Prepare);
    assert_eq!(runs(&effects), [0]);
    assert_eq!(talk.app.permission.trust, Trust::Always);
    assert_eq!(runs(&talk.tell(Msg::Shown)), [1]);
}

#[test]
fn what_was_asked_for_is_asked_about_once_trust_is_refuted() {
    let mut talk = checked();
    talk.keys("tab ctrl-e");
    let changes = vec!["block 2 now runs automatically".to_owned()];
    assert_eq!(talk.tell(examined(TrustSummary { changes, ..TrustSummary::default() })), []);
    assert!(matches!(talk.app.mode, Mode::TrustPrompt(_)));
    talk.tell(Msg::Shown);
    assert_eq!(talk.state(1), State::NotAllowed);
    assert_eq!(runs(&talk.keys("o")), [0]);
}

#[test]
fn an_unknown_deck_is_examined_at_its_first_run() {
    let mut talk = checked();
    assert_eq!(talk.tell(Msg::Examined(None)), []);
    assert_eq!(talk.app.permission.trust, Trust::Unknown);
    assert_eq!(talk.keys("ctrl-e"), [Effect::Examine]);
}

#[test]
fn another_deck_is_another_question() {
    let mut talk = checked();
    talk.keys("ctrl-e");
    let other = deck(&[page("b", &["auto 1"])]);
    let effects = talk.tell(Msg::Loaded(other.clone()));
    assert!(effects.contains(&Effect::CheckTrust), "{effects:?}");
    assert_eq!(runs(&talk.tell(examined(trusted()))), [0_u32; 0], "other code was asked for");
    talk.app.permission.trust = Trust::Unknown;
    talk.tell(Msg::Loaded(other));
    assert_eq!(talk.app.permission.summary, None);
}

#[test]
fn edits_of_a_trusted_deck_are_remembered() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    for (trust, wanted) in [(Trust::Always, true), (Trust::Once, false), (Trust::No, false)] {
        talk.app.permission.trust = trust;
        let effects = talk.tell(Msg::Edited(deck(&[page("a", &["2"])])));
        assert_eq!(effects.contains(&Effect::RememberEdit), wanted, "{trust:?}");
    }
}

#[test]
fn a_long_question_scrolls() {
    let mut talk = Script::new(&[page("a", &["1"])]).untrusted();
    talk.keys("ctrl-e j j k");
    let Mode::TrustPrompt(question) = &talk.app.mode else { panic!("nothing is asked") };
    assert_eq!(question.row, 1);
}
