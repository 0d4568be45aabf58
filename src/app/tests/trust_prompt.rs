//! The trust prompt: when it can be answered, and what the answers do.

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

/// A talk whose trust is still being looked up.
fn checking() -> Script {
    let mut talk = Script::new(&[page("a", &["key 1", "auto 2"])]);
    talk.app.permission.trust = Trust::Checking;
    talk
}

#[test]
fn allowing_needs_the_summary() {
    let mut talk = Script::new(&[page("a", &["1"])]).untrusted();
    talk.app.permission.summary = None;
    assert_eq!(talk.keys("ctrl-e"), [Effect::Examine]);
    assert_eq!(talk.keys("o a y"), []);
    assert_eq!(talk.app.permission.trust, Trust::Unknown);
    talk.send(examined(TrustSummary::default()));
    assert_eq!(runs(&talk.keys("o")), [0]);
}

#[test]
fn no_needs_no_summary() {
    let mut talk = Script::new(&[page("a", &["1"])]).untrusted();
    talk.app.permission.summary = None;
    talk.keys("ctrl-e");
    assert_eq!(talk.keys("n"), []);
    assert!(matches!(talk.app.mode, Mode::Slide));
    assert_eq!(talk.app.permission.trust, Trust::No);
}

#[test]
fn unrememberable_deck_cannot_be_always_trusted() {
    let mut talk = Script::new(&[page("a", &["1"])]).untrusted();
    let unrememberable = Some("too many files".to_owned());
    talk.send(examined(TrustSummary { unrememberable, ..TrustSummary::default() }));
    talk.keys("ctrl-e");
    assert_eq!(talk.keys("a"), []);
    assert!(matches!(talk.app.mode, Mode::TrustPrompt(_)));
    assert_eq!(runs(&talk.keys("o")), [0]);
}

#[test]
fn nothing_runs_while_trust_is_looked_up() {
    let mut talk = checking();
    assert_eq!(talk.send(Msg::Shown), []);
    assert_eq!(talk.state(1), State::NotRun, "permission is not known yet");
    assert_eq!(talk.keys("ctrl-e"), []);
    assert!(matches!(talk.app.mode, Mode::Slide), "no question yet");
}

#[test]
fn requested_cells_run_when_trust_is_confirmed() {
    let mut talk = checking();
    talk.keys("tab ctrl-e");
    let effects = talk.send(examined(trusted()));
    assert_eq!(effects[0], Effect::Prepare);
    assert_eq!(runs(&effects), [0]);
    assert_eq!(talk.app.permission.trust, Trust::Always);
    assert_eq!(runs(&talk.send(Msg::Shown)), [1]);
}

#[test]
fn requested_cells_are_asked_about_without_trust() {
    let mut talk = checking();
    talk.keys("tab ctrl-e");
    let changes = vec!["block 2 now runs automatically".to_owned()];
    assert_eq!(talk.send(examined(TrustSummary { changes, ..TrustSummary::default() })), []);
    assert!(matches!(talk.app.mode, Mode::TrustPrompt(_)));
    talk.send(Msg::Shown);
    assert_eq!(talk.state(1), State::NotAllowed);
    assert_eq!(runs(&talk.keys("o")), [0]);
}

#[test]
fn unknown_deck_is_examined_at_its_first_run() {
    let mut talk = checking();
    assert_eq!(talk.send(Msg::Examined(None)), []);
    assert_eq!(talk.app.permission.trust, Trust::Unknown);
    assert_eq!(talk.keys("ctrl-e"), [Effect::Examine]);
}

#[test]
fn reload_drops_the_summary_and_requests() {
    let mut talk = checking();
    talk.keys("ctrl-e");
    let other = deck(&[page("b", &["auto 1"])]);
    let effects = talk.send(Msg::Loaded(other.clone()));
    assert!(effects.contains(&Effect::CheckTrust), "{effects:?}");
    assert_eq!(runs(&talk.send(examined(trusted()))), [0_u32; 0], "the request was for other code");
    talk.app.permission.trust = Trust::Unknown;
    talk.send(Msg::Loaded(other));
    assert_eq!(talk.app.permission.summary, None);
}

#[test]
fn edits_of_a_trusted_deck_are_remembered() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    for (trust, wanted) in [(Trust::Always, true), (Trust::Once, false), (Trust::No, false)] {
        talk.app.permission.trust = trust;
        let effects = talk.send(Msg::Edited(deck(&[page("a", &["2"])])));
        assert_eq!(effects.contains(&Effect::RememberEdit), wanted, "{trust:?}");
    }
}

#[test]
fn long_prompt_scrolls() {
    let mut talk = Script::new(&[page("a", &["1"])]).untrusted();
    talk.keys("ctrl-e j j k");
    let Mode::TrustPrompt(prompt) = &talk.app.mode else { panic!("no prompt is open") };
    assert_eq!(prompt.row, 1);
}
