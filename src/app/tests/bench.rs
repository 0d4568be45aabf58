//! Benchmarks: which contenders run together, in which order, and what ends them.

use std::sync::Arc;
use std::time::Duration;

use super::{Script, page, runs};
use crate::app::{Effect, Msg};
use crate::deck::{Cell, CellId, Deck, Start};
use crate::run::{Event, Outcome, Preparation, State};

/// Returns a deck of these pages. Code that starts with a word and `!` is a contender of that benchmark,
/// in Rust if it contains `rust`.
fn bench_deck(pages: &[(&str, &[&str])]) -> Arc<Deck> {
    let pages: Vec<_> = pages.iter().map(|(title, cells)| page(title, cells)).collect();
    let mut deck = Deck::clone(&super::deck(&pages));
    for cell in &mut deck.cells {
        let Some((name, _)) = cell.code.split_once('!') else { continue };
        let mut contender = Cell { language: "python".into(), ..Cell::clone(cell) };
        contender.exec.bench = Some(name.into());
        if cell.code.contains("rust") {
            contender.language = "rust".into();
        }
        *cell = Arc::new(contender);
    }
    Arc::new(deck)
}

fn script(pages: &[(&str, &[&str])]) -> Script {
    let mut script = Script::new(&[page("empty", &[])]);
    script.send(Msg::Loaded(bench_deck(pages)));
    script.keys("g g");
    script
}

impl Script {
    fn finish_cell(&mut self, cell: u32, outcome: Outcome) -> Vec<u32> {
        let run = self.app.runs[&CellId(cell)].run;
        self.send(Msg::Run(run, Event::Started));
        runs(&self.send(Msg::Run(run, Event::Finished(outcome, Duration::ZERO))))
    }
}

#[test]
fn contenders_run_one_at_a_time() {
    let mut talk = script(&[("a", &["f!1", "plain", "f!2", "g!3"])]);
    assert_eq!(runs(&talk.keys("ctrl-e")), [0, 1], "other blocks do not wait");
    assert_eq!((talk.state(2), talk.state(3)), (State::Queued, State::Queued));
    assert_eq!(talk.finish_cell(1, Outcome::Exited(0)), [0_u32; 0]);
    assert_eq!(
        talk.finish_cell(0, Outcome::Raised),
        [2],
        "a failed contender does not hold up the others"
    );
    assert_eq!(talk.finish_cell(2, Outcome::Exited(0)), [3], "two benchmarks do not run at once");
    assert_eq!(talk.finish_cell(3, Outcome::Exited(0)), [0_u32; 0]);
}

#[test]
fn contender_starts_the_others() {
    let mut talk = script(&[("a", &["f!1", "f!2", "g!3"])]);
    talk.app.view.focus = Some(CellId(1));
    assert_eq!(runs(&talk.keys("enter")), [0]);
    assert_eq!(talk.finish_cell(0, Outcome::Exited(0)), [1]);
    assert_eq!(talk.finish_cell(1, Outcome::Exited(0)), [0_u32; 0]);
    assert_eq!(talk.state(2), State::NotRun);
}

#[test]
fn earlier_contenders_run_once_later_ones_do_not() {
    let mut talk = script(&[("a", &["f!1"]), ("b", &["f!2"]), ("c", &["f!3"])]);
    talk.keys("l");
    assert_eq!(runs(&talk.keys("ctrl-e")), [0]);
    assert_eq!(talk.finish_cell(0, Outcome::Exited(0)), [1]);
    assert_eq!(talk.finish_cell(1, Outcome::Exited(0)), [0_u32; 0]);
    assert_eq!(runs(&talk.keys("ctrl-e")), [1], "the other result is known");
}

#[test]
fn unnamed_contenders_compete_on_their_slide() {
    let mut talk = script(&[("a", &["!1", "!2"]), ("b", &["!3"])]);
    talk.keys("l");
    assert_eq!(runs(&talk.keys("ctrl-e")), [2]);
    talk.finish_cell(2, Outcome::Exited(0));
    talk.keys("h");
    assert_eq!(runs(&talk.keys("ctrl-e")), [0]);
    assert_eq!(talk.finish_cell(0, Outcome::Exited(0)), [1]);
}

#[test]
fn uncompiled_contenders_run_first() {
    let mut talk = script(&[("a", &["f!1", "f!rust"])]);
    assert_eq!(runs(&talk.keys("ctrl-e")), [1]);
    assert_eq!(talk.finish_cell(1, Outcome::Exited(0)), [0]);
    talk.finish_cell(0, Outcome::Exited(0));
    let mut talk = script(&[("a", &["f!1", "f!rust"])]);
    let code = talk.app.deck.cells[1].fingerprint;
    talk.send(Msg::Prepared(code, Preparation::Ready));
    assert_eq!(runs(&talk.keys("ctrl-e")), [0]);
    talk.finish_cell(0, Outcome::Exited(0));
    talk.finish_cell(1, Outcome::Exited(0));
    // Edited code is compiled in the background while the old output is shown.
    let rust = talk.app.runs.get_mut(&CellId(1)).unwrap();
    rust.output.feed(b"old");
    talk.send(Msg::Loaded(bench_deck(&[("a", &["f!1", "f!rust edited"])])));
    assert!(talk.app.runs[&CellId(1)].origin.is_stale);
    talk.app.view.focus = None;
    talk.app.runs.get_mut(&CellId(0)).unwrap().origin.is_stale = true;
    assert_eq!(runs(&talk.keys("ctrl-e")), [1]);
}

#[test]
fn uncompiled_contenders_run_first_in_autorun() {
    let contenders: &[&str] = &["f!1", "f!2", "g!3", "g!rust"];
    let mut talk = script(&[("a", contenders)]);
    assert_eq!(runs(&talk.keys("ctrl-e")), [3]);
    assert_eq!(
        talk.app.internal.watched,
        Some(CellId(3)),
        "the chart is below the last one in the deck"
    );
    let mut auto = Deck::clone(&bench_deck(&[("a", contenders)]));
    for cell in &mut auto.cells {
        Arc::make_mut(cell).exec.start = Start::Auto;
    }
    let mut talk = Script::new(&[page("empty", &[])]);
    talk.send(Msg::Loaded(Arc::new(auto)));
    assert_eq!(runs(&talk.send(Msg::Shown)), [3]);
    assert_eq!(talk.finish_cell(3, Outcome::Exited(0)), [0]);
}

#[test]
fn contender_that_never_began_took_no_time() {
    let mut talk = script(&[("a", &["f!1", "f!2"])]);
    talk.keys("ctrl-e");
    talk.send(Msg::Tick(Duration::from_secs(9)));
    talk.keys("ctrl-c");
    let run = &talk.app.runs[&CellId(1)];
    assert_eq!((&run.state, run.elapsed), (&State::Ended(Outcome::Stopped), Duration::ZERO));
}

#[test]
fn ctrl_c_ends_the_whole_benchmark() {
    let mut talk = script(&[("a", &["f!1", "f!2"])]);
    talk.keys("ctrl-e");
    let stopped = talk.keys("ctrl-c");
    assert_eq!(stopped, [Effect::Interrupt(talk.app.runs[&CellId(0)].run)]);
    assert_eq!(talk.state(1), State::Ended(Outcome::Stopped));
    assert_eq!(talk.finish_cell(0, Outcome::Stopped), [0_u32; 0]);
    assert_eq!(runs(&talk.keys("ctrl-e")), [0]);
}

#[test]
fn save_during_a_benchmark_does_not_hold_up_the_rest() {
    let mut talk = script(&[("a", &["f!1", "f!2"])]);
    talk.keys("ctrl-e");
    let effects = talk.send(Msg::Loaded(bench_deck(&[("a", &["f!other", "f!2"])])));
    assert_eq!(runs(&effects), [1], "the running contender is gone");
    let effects = talk.send(Msg::Loaded(bench_deck(&[("b", &["f!other", "f!2"])])));
    assert_eq!(runs(&effects), [0_u32; 0], "it is already running");
    assert_eq!(talk.finish_cell(1, Outcome::Exited(0)), [0_u32; 0]);
}
