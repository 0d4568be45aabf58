//! Movement between steps and slides.

use super::{Script, page};
use crate::app::state::Direction;
use crate::deck::{Cursor, SlideNo, Step};

#[test]
fn f191_next_and_previous_walk_steps_then_slides() {
    let mut talk = Script::new(&[page("a\nb", &[]), page("c", &[])]);
    talk.keys("l");
    assert_eq!(talk.at(), (0, 1));
    talk.keys("l");
    assert_eq!(talk.at(), (1, 0));
    talk.keys("l");
    assert_eq!(talk.at(), (1, 0), "no slide after the last");
    talk.keys("h");
    assert_eq!(talk.at(), (0, 1), "a slide entered backwards is complete");
    talk.keys("h h h");
    assert_eq!(talk.at(), (0, 0));
}

#[test]
fn next_position_is_predicted() {
    let mut talk = Script::new(&[page("a\nb", &["1"]), page("c", &[])]);
    for _ in 0..3 {
        let ahead = talk.app.likely_next();
        talk.keys("l");
        if let Some((ahead, Direction::Forward)) = ahead {
            assert_eq!(ahead, talk.app.view.at);
        }
    }
    let before = Cursor { slide: SlideNo::new(0), step: Step(1) };
    let back = Some((before, Direction::Back));
    assert_eq!(talk.app.likely_next(), back, "no slide after the last");
    talk.keys("h h l");
    assert_eq!(talk.app.likely_next().map(|(at, _)| at.slide), Some(SlideNo::new(1)));
    talk.keys("?");
    assert_eq!(talk.app.likely_next(), None, "a panel is open");
    talk.keys("esc ctrl-e");
    assert_eq!(talk.app.likely_next(), None, "something runs");
    let talk = talk.tall(50);
    assert_eq!(talk.app.likely_next(), None, "next will scroll");
}

#[test]
fn previous_position_is_predicted() {
    let mut talk = Script::new(&[page("a\nb", &["1"]), page("c\nd", &[])]);
    talk.keys("l l l");
    assert_eq!(talk.at(), (1, 1));
    talk.keys("h");
    for _ in 0..2 {
        let ahead = talk.app.likely_next();
        talk.keys("h");
        let went = (talk.app.view.at, Direction::Back);
        assert_eq!(ahead, Some(went), "the direction is kept");
    }
    let after = Cursor { step: Step(1), ..Cursor::default() };
    let forward = Some((after, Direction::Forward));
    assert_eq!(talk.app.likely_next(), forward, "no slide before the first");
    talk.keys("l h ?");
    assert_eq!(talk.app.likely_next(), None, "a panel is open");
    talk.keys("esc");
    let mut talk = talk.tall(50);
    talk.keys("l l l l l l h");
    assert!(talk.app.view.scroll > 0);
    assert_eq!(talk.app.likely_next(), None, "previous will scroll");
}

#[test]
fn f192_f193_f194_fast_moves_and_jumps_ignore_steps() {
    let mut talk = Script::new(&[page("a\nb", &[]), page("c\nd", &[]), page("e", &[])]);
    talk.keys("n");
    assert_eq!(talk.at(), (1, 0));
    talk.keys("s");
    assert_eq!(talk.at(), (1, 1));
    talk.keys("p");
    assert_eq!(talk.at(), (0, 0));
    talk.keys("G");
    assert_eq!(talk.at(), (2, 0));
    talk.keys("2 G");
    assert_eq!(talk.at(), (1, 0));
    talk.keys("9 9 G");
    assert_eq!(talk.at(), (1, 0), "a number past the end is ignored");
    talk.keys("0 G");
    assert_eq!(talk.at(), (0, 0));
    talk.keys("G g g");
    assert_eq!(talk.at(), (0, 0));
}
