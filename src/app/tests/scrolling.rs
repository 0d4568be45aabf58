//! Slides and outputs that are taller than the screen.

use crossterm::event::{KeyCode, KeyEvent};

use super::{Script, page};
use crate::app::{Hit, LayoutInfo, Msg, OutputHit};
use crate::deck::CellId;

#[test]
fn next_scrolls_a_tall_slide_first() {
    let mut talk = Script::new(&[page("a", &[]), page("b", &[])]).tall(50);
    talk.keys("l");
    assert_eq!((talk.at(), talk.app.view.scroll), ((0, 0), 18));
    talk.keys("l");
    assert_eq!((talk.at(), talk.app.view.scroll), ((0, 0), 30));
    talk.keys("l");
    assert_eq!((talk.at(), talk.app.view.scroll), ((1, 0), 0));
    talk.keys("h");
    assert_eq!((talk.at(), talk.app.view.scroll), ((0, 0), 30), "entered at its end");
    talk.keys("h");
    assert_eq!(talk.app.view.scroll, 12);
    talk.keys("ctrl-d");
    assert_eq!(talk.app.view.scroll, 22);
    talk.keys("ctrl-u ctrl-u ctrl-u");
    assert_eq!(talk.app.view.scroll, 0);
}

#[test]
fn revealed_rows_scroll_into_view() {
    let mut talk = Script::new(&[page("a\nb", &[])]);
    talk.send(Msg::Key(KeyEvent::from(KeyCode::Char('l')).into()));
    let layout = LayoutInfo {
        terminal: (80, 24),
        viewport: 20,
        height: 35,
        revealed: Some(25..35),
        ..LayoutInfo::default()
    };
    talk.send(Msg::LaidOut(layout));
    assert_eq!(talk.app.view.scroll, 15);
}

#[test]
fn tall_reveal_is_shown_from_its_start() {
    let mut talk = Script::new(&[page("a\nb", &[]), page("c", &[])]);
    talk.send(Msg::Key(KeyEvent::from(KeyCode::Char('l')).into()));
    let layout = LayoutInfo {
        terminal: (80, 24),
        viewport: 20,
        height: 60,
        revealed: Some(10..60),
        ..LayoutInfo::default()
    };
    talk.send(Msg::LaidOut(layout.clone()));
    assert_eq!((talk.at(), talk.app.view.scroll), ((0, 1), 10));
    let mut press = |key| {
        talk.send(Msg::Key(KeyEvent::from(KeyCode::Char(key)).into()));
        (talk.at(), talk.app.view.scroll)
    };
    assert_eq!([press('l'), press('l')], [((0, 1), 28), ((0, 1), 40)], "all of it can be seen");
    assert_eq!([press('h'), press('h')], [((0, 1), 22), ((0, 1), 10)], "and scrolled back through");
    assert_eq!(press('h').0, (0, 0));
}

#[test]
fn shrinking_slide_pulls_the_scroll_back() {
    let mut talk = Script::new(&[page("a", &[])]).tall(50);
    talk.keys("l l");
    assert_eq!(talk.app.view.scroll, 30);
    let talk = talk.tall(25);
    assert_eq!(talk.app.view.scroll, 5);
}

#[test]
fn wheel_scrolls_output_and_follows_at_the_end() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e");
    let (cell, part, shown, total) = (CellId(0), 2, 10, 100);
    let over = |first, follows| Hit {
        at: (0, 0),
        cell: Some(cell),
        output: Some(OutputHit { cell, part, follows, first, shown, total }),
    };
    let scroll = |talk: &Script| talk.app.runs[&cell].view.scroll.get(&part).copied();
    talk.send(Msg::Wheel(-3, over(90, true)));
    assert_eq!(scroll(&talk), Some(87));
    talk.send(Msg::Wheel(3, over(87, true)));
    assert_eq!(scroll(&talk), None);
    talk.send(Msg::Wheel(-3, over(1, true)));
    assert_eq!(scroll(&talk), Some(0));
    talk.send(Msg::Wheel(3, over(87, false)));
    assert_eq!(scroll(&talk), Some(90), "tables do not follow");
}
