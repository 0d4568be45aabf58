//! Autorun blocks, and what allows them.

use super::{Script, page, runs};
use crate::app::{Mode, Msg, Policy};
use crate::run::{Outcome, State};

fn of_three_slides() -> Script {
    Script::new(&[
        page("a", &["auto 1", "key 1"]),
        page("b", &["replace 2"]),
        page("c", &["auto 3"]),
        page("d", &["auto 4"]),
    ])
}

#[test]
fn f153_autorun_starts_on_the_slide_and_its_neighbours() {
    let mut talk = of_three_slides();
    assert_eq!(runs(&talk.send(Msg::Shown)), [0, 2]);
    assert_eq!(runs(&talk.send(Msg::Shown)), [0_u32; 0], "once");
    talk.keys("n");
    assert_eq!(runs(&talk.send(Msg::Shown)), [3]);
    talk.keys("G");
    assert_eq!(runs(&talk.send(Msg::Shown)), [4]);
    talk.finish(1, Outcome::Exited(1));
    talk.keys("g g");
    assert_eq!(runs(&talk.send(Msg::Shown)), [0_u32; 0], "a failed run is not repeated");
}

#[test]
fn f151_blocked_autorun_is_marked_and_asks_at_the_key() {
    let mut talk = Script::new(&[page("a", &["replace 1"]), page("b", &["auto 2"])]).untrusted();
    assert_eq!(talk.send(Msg::Shown), []);
    assert_eq!((talk.state(0), talk.state(1)), (State::NotAllowed, State::NotAllowed));
    assert!(matches!(talk.app.mode, Mode::Slide), "nothing was requested yet");
    talk.keys("ctrl-e");
    assert!(matches!(talk.app.mode, Mode::TrustPrompt(_)));
    assert_eq!(runs(&talk.keys("o")), [0]);
    assert_eq!(runs(&talk.send(Msg::Shown)), [1]);
}

#[test]
fn f150_f152_permissions_cover_their_own_blocks() {
    let pages = [page("a", &["key 1", "auto 2", "replace 3"])];
    let mut talk = Script::new(&pages).untrusted();
    talk.app.permission.policy = Policy { exec: true, replace: false };
    assert_eq!(runs(&talk.send(Msg::Shown)), [1]);
    assert_eq!(talk.state(2), State::NotAllowed);
    assert_eq!(runs(&talk.keys("ctrl-e")), [0], "no question about blocks that may not run");
    let mut talk = Script::new(&pages).untrusted();
    talk.app.permission.policy = Policy { exec: false, replace: true };
    assert_eq!(runs(&talk.send(Msg::Shown)), [2]);
    assert_eq!((talk.state(0), talk.state(1)), (State::NotRun, State::NotAllowed));
}
