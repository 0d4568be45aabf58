//! The pane, and the actions on an output.

use std::time::Duration;

use super::{Script, deck, page, runs};
use crate::app::{Effect, Hit, LayoutInfo, Mode, Msg, Pane};
use crate::deck::CellId;
use crate::run::{Event, Outcome, RunId};

/// Returns a talk with a block that has run, on a screen of 20 rows.
fn ran() -> Script {
    let mut talk = Script::new(&[page("a", &["1"]), page("b", &["2"])]);
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk
}

impl Script {
    /// Lays out a pane of this height with these search matches.
    fn pane_of(&mut self, height: u32, matches: &[u32]) {
        let layout = LayoutInfo {
            terminal: (80, 24),
            viewport: 20,
            height,
            matches: matches.to_vec(),
            left: 3,
            ..LayoutInfo::default()
        };
        self.send(Msg::LaidOut(layout));
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

    /// Returns the first row shown, and whether the end is followed.
    fn top(&self) -> (u32, bool) {
        (self.app.rows_above(), self.app.pane.as_ref().is_some_and(|pane| pane.top.is_none()))
    }

    fn notice(&self) -> &str {
        self.app.notice().unwrap_or_default()
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
fn control_characters_are_not_copied() {
    let mut talk =
        Script::new(&[page("a", &["echo \u{202e}a\x1b[201~\r\nrm\t\u{200b}👩\u{200d}👧"])]);
    assert_eq!(copied(&talk.keys("Y")), ["echo a[201~\nrm\t👩\u{200d}👧"]);
    talk.keys("ctrl-e");
    talk.send(Msg::Run(RunId(1), Event::Output("x\u{2066}y\u{feff}z👩\u{200d}👧\n".into())));
    let copied = copied(&talk.keys("y")).concat();
    assert!(copied.starts_with('x') && copied.ends_with("👩\u{200d}👧"), "{copied:?}");
    assert!(!copied.contains(['\u{2066}', '\u{feff}']));
}

#[test]
fn closing_the_pane_restores_the_slide() {
    let mut talk = ran().tall(50);
    talk.app.view.scroll = 4;
    talk.keys("z");
    assert_eq!(talk.app.pane.as_ref().map(|pane| pane.cell), Some(CellId(0)));
    talk.in_pane("j j ctrl-d", &[]);
    assert_eq!(talk.top(), (12, false));
    assert_eq!(talk.app.view.at.slide.index(), 0);
    for close in ["z", "esc", "q", "ctrl-c"] {
        assert_eq!(talk.in_pane(close, &[]), [], "{close} does not quit");
        assert!(talk.app.pane.is_none(), "{close}");
        assert_eq!(talk.app.view.scroll, 4);
        talk.keys("z");
    }
}

#[test]
fn keys_scroll_the_pane() {
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
    assert_eq!(at("j"), (80, true), "output is followed again at the end");
    assert_eq!(at("g g"), (0, false));
    assert_eq!(at("4 0 G"), (39, false), "the row of that number");
    assert_eq!(at("4 j G"), (80, true), "a number interrupted by a key is dropped");
}

#[test]
fn running_output_is_followed_until_scrolled() {
    let mut talk = Script::new(&[page("a", &["1"])]);
    talk.keys("ctrl-e z");
    talk.pane_of(30, &[]);
    assert_eq!(talk.top(), (10, true));
    talk.pane_of(50, &[]);
    assert_eq!(talk.top(), (30, true));
    talk.send(Msg::Wheel(-3, Hit::default()));
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
fn shrinking_output_pulls_the_scroll_back() {
    let mut talk = ran();
    talk.keys("z");
    talk.in_pane("4 0 G", &[]);
    talk.pane_of(25, &[]);
    assert_eq!(talk.top().0, 5);
}

#[test]
fn search_starts_here_and_wraps_around() {
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
    assert_eq!((at(&talk), talk.top().0), (Some(0), 0), "wraps to the first");
    talk.in_pane("N", &rows);
    assert_eq!((at(&talk), talk.top().0), (Some(3), 80));
    talk.in_pane("p", &rows);
    assert_eq!(at(&talk), Some(2));
    talk.in_pane("/ x esc", &rows);
    assert_eq!(talk.app.pane.as_ref().map(Pane::query), Some("cr"), "esc keeps the last search");
    talk.in_pane("n", &[]);
    assert_eq!(at(&talk), None, "there are no matches any more");
}

#[test]
fn search_opens_the_pane_and_takes_all_letters() {
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
fn target_is_the_focused_block_else_the_last_run() {
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
fn copying_reports_the_number_of_lines() {
    let mut talk = ran();
    assert_eq!(copied(&talk.keys("y")), ["hello"]);
    assert_eq!(talk.notice(), "copied 1 line of output");
    talk.send(Msg::Run(RunId(1), Event::Output(b"more\n".to_vec())));
    assert_eq!(copied(&talk.keys("z y")), ["hello\nmore"]);
    assert_eq!(talk.notice(), "copied 2 lines of output");
    assert!(talk.app.pane.is_some());
    assert_eq!(copied(&talk.keys("esc Y")), ["1"]);
    assert_eq!(talk.notice(), "copied 1 line of code");
    assert_eq!(copied(&talk.keys("n y")), [""; 0]);
    assert!(talk.notice().contains("no output to copy"), "{}", talk.notice());
}

#[test]
fn long_output_is_copied_in_whole_lines() {
    let mut talk = ran();
    let line = "é".repeat(1_000);
    for _ in 0..600 {
        talk.send(Msg::Run(RunId(1), Event::Output(format!("{line}\n").into_bytes())));
    }
    let effects = talk.keys("y");
    let text = copied(&effects)[0];
    assert!(text.len() <= 512 << 10, "{}", text.len());
    assert!(text.ends_with(&line) && text.starts_with("hello\n"));
    assert_eq!(talk.notice(), "copied the first 263 of 601 lines of output");
}

#[test]
fn folded_output_stays_folded() {
    let mut talk = Script::new(&[page("a", &["1", "2"]), page("b", &[])]);
    let folded = |talk: &Script, cell: u32| {
        talk.app.runs.get(&CellId(cell)).is_some_and(|run| run.view.is_folded)
    };
    talk.keys("f");
    assert!(talk.notice().contains("no output to fold"), "{}", talk.notice());
    talk.keys("ctrl-e");
    talk.finish(1, Outcome::Exited(0));
    talk.keys("tab f n p");
    assert!(folded(&talk, 0) && !folded(&talk, 1));
    talk.send(Msg::Loaded(deck(&[page("a", &["new", "1", "2"]), page("b", &[])])));
    assert!(folded(&talk, 1), "its code has moved");
    talk.keys("tab tab enter");
    assert!(folded(&talk, 1), "run again, too");
    talk.finish(3, Outcome::Exited(0));
    talk.send(Msg::Loaded(deck(&[page("a", &["new", "9", "2"]), page("b", &[])])));
    assert!(folded(&talk, 1), "edited, too");
    talk.keys("esc tab tab f");
    assert!(!folded(&talk, 1));
}

#[test]
fn pane_follows_its_block_through_a_reload() {
    let mut talk = Script::new(&[page("a", &["1"]), page("b", &["2"])]);
    talk.keys("z");
    talk.send(Msg::Edited(deck(&[page("a", &["9"]), page("b", &["2"])])));
    assert!(talk.app.pane.is_some());
    talk.send(Msg::Edited(deck(&[page("a", &[]), page("b", &["2"])])));
    assert!(talk.app.pane.is_none());
    talk.keys("n z");
    assert!(talk.app.pane.is_some());
    talk.send(Msg::MovedTo(crate::deck::SlideNo::new(0), 0));
    assert!(talk.app.pane.is_none(), "the presentation moved on");
}

#[test]
fn prompt_opens_in_its_own_pane_only() {
    let mut talk = Script::new(&[page("a", &["1", "2"])]);
    talk.keys("tab enter z");
    talk.send(Msg::Run(RunId(1), Event::Started));
    talk.send(Msg::Run(RunId(1), Event::WaitsForInput { hidden: false }));
    assert!(matches!(talk.app.mode, Mode::StdinPrompt(CellId(0))) && talk.app.pane.is_some());
    talk.keys("esc esc tab z");
    talk.send(Msg::Run(RunId(1), Event::InputDone));
    talk.send(Msg::Run(RunId(1), Event::WaitsForInput { hidden: false }));
    assert!(matches!(talk.app.mode, Mode::Slide), "another pane hides it");
}

#[test]
fn program_in_a_zoomed_terminal_gets_the_keys() {
    let mut talk = Script::new(&[page("a", &["pty"])]);
    talk.keys("tab enter ctrl-] z");
    talk.send(Msg::Run(RunId(1), Event::Started));
    talk.keys("enter");
    assert!(matches!(talk.app.mode, Mode::Passthrough(CellId(0))));
    assert_eq!(talk.keys("z"), [Effect::SendInput(RunId(1), b"z".to_vec())]);
    talk.keys("ctrl-]");
    assert!(talk.app.pane.is_some() && matches!(talk.app.mode, Mode::Slide));
    talk.send(Msg::Run(RunId(1), Event::Finished(Outcome::Exited(0), Duration::ZERO)));
    talk.keys("z");
    assert!(talk.app.pane.is_none());
}

#[test]
fn table_columns_scroll_within_bounds() {
    use crate::run::{DataTable, OutputValue};
    let mut talk = ran();
    let columns = (0..9).map(|_| crate::run::DataColumn {
        name: "c".into(),
        kind: None,
        align: crate::deck::Align::Left,
        is_index: false,
    });
    let table = DataTable { columns: columns.collect(), width: 9, ..DataTable::default() };
    talk.send(Msg::Run(RunId(1), Event::Value(OutputValue::Table(table), None)));
    talk.keys("z l l");
    let left = |talk: &Script| talk.app.pane.as_ref().map_or(0, |pane| pane.left);
    assert_eq!(left(&talk), 2);
    talk.in_pane("l l l l l l l", &[]);
    assert_eq!(left(&talk), 3, "as far as the layout allows");
    talk.in_pane("h", &[]);
    assert_eq!(left(&talk), 2);
}
