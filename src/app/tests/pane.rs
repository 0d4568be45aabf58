//! Scripts for the pane, and for what a speaker does with an output.

use std::time::Duration;

use super::{Script, deck, page, runs};
use crate::app::{Effect, Hit, LayoutInfo, Mode, Msg, Pane};
use crate::deck::CellId;
use crate::run::{Event, Outcome, RunId};

/// A talk with a block that has run, on a screen of 20 rows.
fn ran() -> Script {
    let mut talk = Script::new(&[page("a", &["1"]), page("b", &["2"])]);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk
}

impl Script {
    /// Lays out a pane of this height, in which a search has found these rows.
    fn pane_of(&mut self, height: u32, matches: &[u32]) {
        let layout = LayoutInfo {
            terminal: (80, 24),
            viewport: 20,
            height,
            matches: matches.to_vec(),
            left: 3,
            ..LayoutInfo::default()
        };
        self.tell(Msg::LaidOut(layout));
    }

    /// Presses keys in a pane of 100 rows.
    fn in_pane(&mut self, keys: &str, matches: &[u32]) -> Vec<Effect> {
        let mut effects = Vec::new();
        for key in keys.split(' ') {
            self.pane_of(100, matches);
            effects.extend(self.keys(key));
        }
        self.pane_of(100, matches);
        effects
    }

    /// The first row that shows, and whether the end is followed.
    fn top(&self) -> (u32, bool) {
        (self.app.rows_above(), self.app.pane.as_ref().is_some_and(|pane| pane.top.is_none()))
    }

    fn notice(&self) -> &str {
        self.app.notice.as_deref().unwrap_or_default()
    }
}

fn copied(effects: &[Effect]) -> Vec<&str> {
    let texts = effects.iter().filter_map(|effect| match effect {
        Effect::Copy(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

#[test]
fn nothing_that_acts_is_copied() {
    let mut talk =
        Script::new(&[page("a", &["echo \u{202e}a\x1b[201~\r\nrm\t\u{200b}👩\u{200d}👧"])]);
    assert_eq!(copied(&talk.keys("Y")), ["echo a[201~\nrm\t👩\u{200d}👧"]);
    talk.keys("ctrl-e");
    talk.tell(Msg::Run(RunId(1), Event::Output("x\u{2066}y\u{feff}z👩\u{200d}👧\n".into())));
    let copied = copied(&talk.keys("y")).concat();
    assert!(copied.starts_with('x') && copied.ends_with("👩\u{200d}👧"), "{copied:?}");
    assert!(!copied.contains(['\u{2066}', '\u{feff}']));
}

#[test]
fn an_output_is_zoomed_and_the_slide_is_where_it_was() {
    let mut talk = ran().tall(50);
    talk.app.view.scroll = 4;
    talk.keys("z");
    assert_eq!(talk.app.pane.as_ref().map(|pane| pane.cell), Some(CellId(0)));
    talk.in_pane("j j ctrl-d", &[]);
    assert_eq!(talk.top(), (12, false));
    assert_eq!(talk.app.view.at.slide.index(), 0);
    for close in ["z", "esc", "q", "ctrl-c"] {
        assert_eq!(talk.in_pane(close, &[]), [], "{close} does not leave the talk");
        assert!(talk.app.pane.is_none(), "{close}");
        assert_eq!(talk.app.view.scroll, 4);
        talk.keys("z");
    }
}

#[test]
fn keys_scroll_in_the_pane() {
    let mut talk = ran();
    talk.keys("z");
    let mut at = |keys: &str| {
        talk.in_pane(keys, &[]);
        talk.top()
    };
    assert_eq!(at("j"), (1, false));
    assert_eq!(at("k k k"), (0, false));
    assert_eq!(at("down"), (1, false));
    assert_eq!(at("ctrl-d ctrl-d ctrl-u"), (11, false));
    assert_eq!(at("G"), (80, true));
    assert_eq!(at("k"), (79, false));
    assert_eq!(at("j"), (80, true), "at its end it is followed again");
    assert_eq!(at("g g"), (0, false));
    assert_eq!(at("4 0 G"), (39, false), "the row of that number");
    assert_eq!(at("4 j G"), (80, true), "a number that a key interrupts is forgotten");
}

#[test]
fn what_runs_is_followed_until_it_is_scrolled() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e z");
    talk.pane_of(30, &[]);
    assert_eq!(talk.top(), (10, true));
    talk.pane_of(50, &[]);
    assert_eq!(talk.top(), (30, true));
    talk.tell(Msg::Wheel(-3, Hit::default()));
    talk.pane_of(90, &[]);
    assert_eq!(talk.top(), (27, false));
    talk.in_pane("G", &[]);
    assert_eq!(talk.top(), (80, true));
    talk.finish(1, Outcome::Exited(0));
    talk.in_pane("g g", &[]);
    assert_eq!(runs(&talk.keys("ctrl-e")), [0], "it runs again without leaving the pane");
    assert!(talk.app.pane.as_ref().is_some_and(|pane| pane.top.is_none()), "and is followed");
}

#[test]
fn an_output_that_shrinks_pulls_the_scroll_back() {
    let mut talk = ran();
    talk.keys("z");
    talk.in_pane("4 0 G", &[]);
    talk.pane_of(25, &[]);
    assert_eq!(talk.top().0, 5);
}

#[test]
fn a_search_goes_to_the_first_match_from_here_and_around() {
    let mut talk = ran();
    talk.keys("z");
    let rows = [2, 30, 55, 90];
    talk.in_pane("1 0 G / c r enter", &rows);
    assert_eq!(talk.app.pane.as_ref().map(Pane::query), Some("cr"));
    let at = |talk: &Script| talk.app.pane.as_ref().and_then(|pane| pane.current);
    assert_eq!((at(&talk), talk.top().0), (Some(1), 20), "it is in the middle of the screen");
    talk.in_pane("n", &rows);
    assert_eq!((at(&talk), talk.top().0), (Some(2), 45));
    talk.in_pane("n n", &rows);
    assert_eq!((at(&talk), talk.top().0), (Some(0), 0), "behind the last comes the first");
    talk.in_pane("N", &rows);
    assert_eq!((at(&talk), talk.top().0), (Some(3), 80));
    talk.in_pane("p", &rows);
    assert_eq!(at(&talk), Some(2));
    talk.in_pane("/ x esc", &rows);
    assert_eq!(talk.app.pane.as_ref().map(Pane::query), Some("cr"), "esc keeps the last");
    talk.in_pane("n", &[]);
    assert_eq!(at(&talk), None, "nothing is there any more");
}

#[test]
fn a_search_opens_the_pane_and_its_letters_are_no_keys() {
    let mut talk = ran();
    talk.keys("/ q z j");
    assert_eq!(talk.app.pane.as_ref().map(Pane::query), Some("qzj"));
    talk.keys("backspace backspace backspace backspace");
    assert!(talk.app.pane.as_ref().is_some_and(|pane| pane.typed.is_none()));
    talk.keys("n");
    assert!(talk.notice().contains("no search yet"), "{}", talk.notice());
    assert_eq!(talk.app.view.at.slide.index(), 0);
}

#[test]
fn the_block_that_is_meant_is_the_focused_one_else_the_last_one_that_ran() {
    let mut talk = Script::new(&[page("a", &["1", "2", "3"]), page("b", &[])]);
    let cell = |talk: &Script| talk.app.pane.as_ref().map(|pane| pane.cell.0);
    talk.keys("z");
    assert_eq!(cell(&talk), Some(0), "none has run: the first");
    talk.keys("esc tab tab enter esc z");
    assert_eq!(cell(&talk), Some(1));
    talk.keys("esc tab z");
    assert_eq!(cell(&talk), Some(0));
    talk.keys("esc esc n z");
    assert_eq!((cell(&talk), talk.notice()), (None, "no block on this slide can run"));
}

#[test]
fn an_output_and_code_are_copied_and_it_is_said_how_much() {
    let mut talk = ran();
    assert_eq!(copied(&talk.keys("y")), ["hello"]);
    assert_eq!(talk.notice(), "copied 1 line of output");
    talk.tell(Msg::Run(RunId(1), Event::Output(b"more\n".to_vec())));
    assert_eq!(copied(&talk.keys("z y")), ["hello\nmore"]);
    assert_eq!(talk.notice(), "copied 2 lines of output");
    assert!(talk.app.pane.is_some());
    assert_eq!(copied(&talk.keys("esc Y")), ["1"]);
    assert_eq!(talk.notice(), "copied 1 line of code");
    assert_eq!(copied(&talk.keys("n y")), [""; 0]);
    assert!(talk.notice().contains("no output to copy"), "{}", talk.notice());
}

#[test]
fn of_what_is_too_long_whole_lines_are_copied() {
    let mut talk = ran();
    let line = "é".repeat(1_000);
    for _ in 0..600 {
        talk.tell(Msg::Run(RunId(1), Event::Output(format!("{line}\n").into_bytes())));
    }
    let effects = talk.keys("y");
    let text = copied(&effects)[0];
    assert!(text.len() <= 512 << 10, "{}", text.len());
    assert!(text.ends_with(&line) && text.starts_with("hello\n"));
    assert_eq!(talk.notice(), "copied the first 263 of 601 lines of output");
}

#[test]
fn a_folded_output_stays_folded_where_the_talk_goes() {
    let mut talk = Script::new(&[page("a", &["1", "2"]), page("b", &[])]);
    let folded =
        |talk: &Script, cell: u32| talk.app.runs.get(&CellId(cell)).is_some_and(|run| run.folded);
    talk.keys("f");
    assert!(talk.notice().contains("no output to fold"), "{}", talk.notice());
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk.keys("tab f n p");
    assert!(folded(&talk, 0) && !folded(&talk, 1));
    talk.tell(Msg::Loaded(deck(&[page("a", &["new", "1", "2"]), page("b", &[])])));
    assert!(folded(&talk, 1), "its code has moved");
    talk.keys("tab tab enter");
    assert!(folded(&talk, 1), "run again, too");
    talk.finish(3, Outcome::Exited(0));
    talk.tell(Msg::Loaded(deck(&[page("a", &["new", "9", "2"]), page("b", &[])])));
    assert!(folded(&talk, 1), "edited, too");
    talk.keys("esc tab tab f");
    assert!(!folded(&talk, 1));
}

#[test]
fn a_pane_goes_with_its_block_through_a_reload_and_closes_without_it() {
    let mut talk = Script::new(&[page("a", &["1"]), page("b", &["2"])]);
    talk.keys("z");
    talk.tell(Msg::Edited(deck(&[page("a", &["9"]), page("b", &["2"])])));
    assert!(talk.app.pane.is_some());
    talk.tell(Msg::Edited(deck(&[page("a", &[]), page("b", &["2"])])));
    assert!(talk.app.pane.is_none());
    talk.keys("n z");
    assert!(talk.app.pane.is_some());
    talk.tell(Msg::MovedTo(crate::deck::SlideNo::new(0), 0));
    assert!(talk.app.pane.is_none(), "the other window has gone on");
}

#[test]
fn what_asks_opens_its_prompt_in_its_own_pane_only() {
    let mut talk = Script::new(&[page("a", &["1", "2"])]);
    talk.keys("tab enter z");
    talk.tell(Msg::Run(RunId(1), Event::Started));
    talk.tell(Msg::Run(RunId(1), Event::WaitsForInput { hidden: false }));
    assert!(matches!(talk.app.mode, Mode::StdinPrompt(CellId(0))) && talk.app.pane.is_some());
    talk.keys("esc esc tab z");
    talk.tell(Msg::Run(RunId(1), Event::InputDone));
    talk.tell(Msg::Run(RunId(1), Event::WaitsForInput { hidden: false }));
    assert!(matches!(talk.app.mode, Mode::Slide), "another pane hides it");
}

#[test]
fn a_program_in_a_zoomed_terminal_gets_the_keys() {
    let mut talk = Script::new(&[page("a", &["pty"])]);
    talk.keys("tab enter ctrl-] z");
    talk.tell(Msg::Run(RunId(1), Event::Started));
    talk.keys("enter");
    assert!(matches!(talk.app.mode, Mode::Passthrough(CellId(0))));
    assert_eq!(talk.keys("z"), [Effect::SendInput(RunId(1), b"z".to_vec())]);
    talk.keys("ctrl-]");
    assert!(talk.app.pane.is_some() && matches!(talk.app.mode, Mode::Slide));
    talk.tell(Msg::Run(RunId(1), Event::Finished(Outcome::Exited(0), Duration::ZERO)));
    talk.keys("z");
    assert!(talk.app.pane.is_none());
}

#[test]
fn columns_of_tables_scroll_no_further_than_there_are() {
    use crate::run::{DataTable, OutputValue};
    let mut talk = ran();
    let columns = (0..9).map(|_| crate::run::DataColumn {
        name: "c".into(),
        kind: None,
        align: crate::deck::Align::Left,
        is_index: false,
    });
    let table = DataTable { columns: columns.collect(), width: 9, ..DataTable::default() };
    talk.tell(Msg::Run(RunId(1), Event::Value(OutputValue::Table(table))));
    talk.keys("z l l");
    let left = |talk: &Script| talk.app.pane.as_ref().map_or(0, |pane| pane.left);
    assert_eq!(left(&talk), 2);
    talk.in_pane("l l l l l l l", &[]);
    assert_eq!(left(&talk), 3, "as many as the layout could scroll");
    talk.in_pane("h", &[]);
    assert_eq!(left(&talk), 2);
}
