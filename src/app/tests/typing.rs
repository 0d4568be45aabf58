//! Typed code.

use std::sync::Arc;

use super::{Script, deck, page, runs};
use crate::app::{App, AppOptions, Msg, RemoteCommand, Trust};
use crate::deck::{
    Block, BlockKind, CellId, CodeBlock, Deck, Fingerprint, SlideNo, Step, TypedText,
};
use crate::source::Span;

/// Returns a deck whose first slide has a typed block, which is cell 0.
fn typed_deck(text: &str, key: u64) -> Arc<Deck> {
    let mut deck = Deck::clone(&deck(&[page("a", &["1", "2"]), page("b", &[])]));
    let code = CodeBlock {
        text: text.into(),
        cell: Some(CellId(0)),
        typed: Some(TypedText { key: Fingerprint(key), pace: 1 }),
        ..CodeBlock::default()
    };
    deck.slides[0].blocks.push(Block {
        kind: BlockKind::Code(Box::new(code)),
        span: Span::default(),
        step: Step(0),
        align: None,
        font_size: None,
    });
    Arc::new(deck)
}

fn talk(text: &str) -> Script {
    let options = AppOptions { trust: Trust::Once, types_code: true, ..AppOptions::default() };
    let mut talk = Script { app: App::new(typed_deck(text, 7), options), height: 10 };
    talk.lay_out();
    talk
}

/// Returns how many bytes of the block are shown; none for all.
fn shown(talk: &Script) -> Option<usize> {
    talk.app.partial_texts(SlideNo::new(0)).get(&Fingerprint(7)).copied()
}

#[test]
fn any_printable_key_types() {
    let mut talk = talk("if é:\n    y");
    assert_eq!(shown(&talk), Some(0));
    assert_eq!(talk.keys("l q enter x x"), []);
    assert_eq!((shown(&talk), talk.at()), (Some(6), (0, 0)), "bound keys, too");
    talk.keys("x");
    assert_eq!(shown(&talk), Some(11), "the indentation comes with the line feed");
    talk.keys("x");
    assert_eq!((shown(&talk), talk.app.view.focus), (None, Some(CellId(0))));
    assert_eq!(runs(&talk.keys("enter")), [0], "enter runs the typed block");
}

#[test]
fn other_keys_keep_their_meaning_while_typing() {
    let mut talk = talk("abc");
    talk.keys("ctrl-p");
    talk.keys("esc");
    assert_eq!(shown(&talk), Some(0), "a panel took the keys");
    talk.keys("esc");
    assert_eq!(shown(&talk), None, "esc shows the rest");
    talk.keys("l");
    assert_eq!(talk.at(), (1, 0), "then keys move again");
    talk.keys("h");
    assert_eq!((talk.at(), shown(&talk)), ((0, 0), None), "it stays typed");
}

#[test]
fn next_shows_the_rest_before_it_moves() {
    let mut talk = talk("abc");
    talk.keys("x");
    talk.send(Msg::Remote(RemoteCommand::Next));
    assert_eq!((shown(&talk), talk.at()), (None, (0, 0)));
    talk.send(Msg::Remote(RemoteCommand::Next));
    assert_eq!(talk.at(), (1, 0));
}

#[test]
fn run_key_completes_and_runs_the_typed_block() {
    let mut talk = talk("abc");
    assert_eq!(runs(&talk.keys("x ctrl-e")), [0]);
    assert_eq!(shown(&talk), None);
}

#[test]
fn typed_text_survives_a_reload() {
    let mut talk = talk("abc");
    talk.keys("x");
    talk.send(Msg::Loaded(typed_deck("abc", 7)));
    assert_eq!(shown(&talk), Some(1));
    talk.keys("esc");
    talk.send(Msg::Loaded(typed_deck("changed", 8)));
    assert!(talk.app.partial_texts(SlideNo::new(0)).is_empty(), "an edit of a whole text is whole");
}

#[test]
fn without_a_terminal_texts_are_whole() {
    let app = App::new(typed_deck("abc", 7), AppOptions::default());
    assert!(app.partial_texts(SlideNo::new(0)).is_empty());
}
