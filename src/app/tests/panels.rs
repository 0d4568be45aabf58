//! What is drawn over the slide: grid, index, help and problems.

use super::{Script, page};
use crate::app::{Changed, Mode};

#[test]
fn the_grid_comes_and_goes() {
    let mut talk = Script::new(&[page("a", &[])]);
    talk.app.changed = Changed::default();
    talk.keys("T");
    assert!(talk.app.grid && talk.app.changed.scene);
    talk.keys("T");
    assert!(!talk.app.grid);
}

#[test]
fn f195_the_index_finds_by_letters_and_goes_there() {
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
fn help_and_problems_scroll_with_the_moving_keys() {
    let mut talk = Script::new(&[page("a", &[]), page("b", &[])]);
    talk.keys("? l l");
    assert!(matches!(talk.app.mode, Mode::Help(2)));
    talk.keys("D");
    assert!(matches!(talk.app.mode, Mode::Problems(0)));
    assert_eq!(talk.keys("q"), [], "q closes the panel");
    assert_eq!(talk.at(), (0, 0));
}
