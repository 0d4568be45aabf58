//! Scripts for sessions: what runs before a block, what waits, and what a run's end means for others.

use std::time::Duration;

use super::{Script, deck, page, runs};
use crate::app::{Effect, Mode, Msg};
use crate::deck::{CellId, SlideNo};
use crate::run::{Event, Outcome, RunId, State, Variable, is_current};

/// A slide with blocks of one session.
const CHAIN: &[&str] = &["0:a", "0:b", "0:c", "0:d"];

fn chain() -> Script {
    Script::new(&[page("a", CHAIN)])
}

impl Script {
    /// Focuses a cell and runs it.
    fn run(&mut self, cell: u32) -> Vec<Effect> {
        self.app.view.focus = Some(CellId(cell));
        self.keys("enter")
    }

    /// The run that a cell's state belongs to.
    fn run_of(&self, cell: u32) -> u64 {
        self.app.runs[&CellId(cell)].run.0
    }

    /// Ends a cell's run; its state is kept.
    fn end(&mut self, cell: u32, outcome: Outcome) -> Vec<Effect> {
        self.tell(Msg::Run(RunId(self.run_of(cell)), Event::SnapshotReady));
        self.lose(cell, outcome)
    }

    /// Ends a cell's run; its state is lost.
    fn lose(&mut self, cell: u32, outcome: Outcome) -> Vec<Effect> {
        let run = RunId(self.run_of(cell));
        self.tell(Msg::Run(run, Event::Started));
        self.tell(Msg::Run(run, Event::Finished(outcome, Duration::ZERO)))
    }

    /// Runs a cell and all that is due before it, well.
    fn run_well(&mut self, cell: u32) -> Vec<u32> {
        let mut order = runs(&self.run(cell));
        let mut at = 0;
        while at < order.len() {
            order.extend(runs(&self.end(order[at], Outcome::Exited(0))));
            at += 1;
        }
        order
    }

    /// The cells that show what is out of date.
    fn out_of_date(&self) -> Vec<u32> {
        let deck = &self.app.deck;
        let old = deck.cells.iter().filter(|cell| !is_current(deck, &self.app.runs, cell));
        old.map(|cell| cell.id.0).collect()
    }
}

/// What a run goes on from.
fn bases(effects: &[Effect]) -> Vec<Option<u64>> {
    let bases = effects.iter().filter_map(|effect| match effect {
        Effect::Run { base, .. } => Some(base.map(|base| base.0)),
        _ => None,
    });
    bases.collect()
}

#[test]
fn a_block_runs_those_before_it_first_one_after_the_other() {
    let mut talk = chain();
    let effects = talk.run(2);
    assert_eq!((runs(&effects), bases(&effects)), (vec![0], vec![None]));
    assert_eq!((talk.state(1), talk.state(2)), (State::Queued, State::Queued));
    let effects = talk.end(0, Outcome::Exited(0));
    assert_eq!((runs(&effects), bases(&effects)), (vec![1], vec![Some(1)]));
    let effects = talk.end(1, Outcome::Exited(0));
    assert_eq!((runs(&effects), bases(&effects)), (vec![2], vec![Some(2)]));
    talk.end(2, Outcome::Exited(0));
    assert_eq!(talk.state(3), State::NotRun);
}

#[test]
fn what_is_up_to_date_does_not_run_again() {
    let mut talk = chain();
    assert_eq!(talk.run_well(2), [0, 1, 2]);
    assert_eq!(talk.run_well(2), [2]);
    assert_eq!(talk.run_well(3), [3]);
    assert_eq!(talk.run_well(1), [1]);
    assert_eq!(talk.out_of_date(), [2, 3], "they went on from what is no longer there");
    assert_eq!(talk.run_well(3), [2, 3]);
    assert_eq!(talk.out_of_date(), [0_u32; 0]);
}

#[test]
fn the_run_key_runs_a_session_in_order() {
    let mut talk = chain();
    assert_eq!(runs(&talk.keys("ctrl-e")), [0]);
    for (cell, next) in [(0, 1), (1, 2), (2, 3)] {
        assert_eq!(runs(&talk.end(cell, Outcome::Exited(0))), [next]);
    }
}

#[test]
fn sessions_know_nothing_of_each_other() {
    let mut talk = Script::new(&[page("a", &["0:a", "1:b", "0:c", "plain"])]);
    assert_eq!(talk.run_well(1), [1]);
    assert_eq!(talk.run_well(3), [3]);
    assert_eq!(talk.run_well(2), [0, 2]);
    assert_eq!(talk.run_well(1), [1]);
    assert_eq!(talk.out_of_date(), [0_u32; 0]);
}

fn is_refused(state: &State, why: &str) -> bool {
    matches!(state, State::Ended(Outcome::NotStarted(said)) if said.contains(why))
}

#[test]
fn behind_a_failure_nothing_runs_and_says_why() {
    let mut talk = chain();
    talk.run(2);
    assert_eq!(talk.end(0, Outcome::Raised), []);
    for cell in [1, 2] {
        assert!(
            is_refused(&talk.state(cell), "(slide 1, line 1) failed"),
            "{:?}",
            talk.state(cell)
        );
    }
    assert!(!talk.app.is_running());
    // What it did before it failed is there: who wants to go on does so, as in a notebook.
    assert_eq!(talk.run_well(1), [1]);
}

#[test]
fn what_a_crash_has_lost_runs_again() {
    let mut talk = chain();
    assert_eq!(talk.run_well(0), [0]);
    talk.run(1);
    talk.lose(1, Outcome::Exited(4));
    let effects = talk.run(1);
    assert_eq!((runs(&effects), bases(&effects)), (vec![1], vec![Some(1)]), "from where A left it");
    talk.lose(1, Outcome::Exited(4));
    assert_eq!(runs(&talk.run(2)), [1], "there is nothing else to go on from");
}

#[test]
fn a_stop_ends_what_waits_too() {
    let mut talk = chain();
    talk.run(2);
    assert_eq!(talk.keys("ctrl-c"), [Effect::Interrupt(RunId(1))]);
    assert_eq!(talk.state(2), State::Ended(Outcome::Stopped));
    talk.end(0, Outcome::Stopped);
    assert!(!talk.app.is_running());
}

#[test]
fn an_edited_block_makes_those_behind_it_run_again_when_they_are_asked_for() {
    let mut talk = chain();
    talk.run_well(3);
    let edited = deck(&[page("a", &["0:a", "0:new", "0:c", "0:d"])]);
    let effects = talk.tell(Msg::Loaded(edited));
    assert!(effects.contains(&Effect::DropSnapshot(RunId(2))), "{effects:?}");
    assert_eq!(talk.out_of_date(), [2, 3]);
    assert_eq!(talk.state(3), State::Ended(Outcome::Exited(0)), "it shows what it knew");
    assert_eq!(talk.run_well(3), [1, 2, 3]);
}

#[test]
fn a_block_put_between_two_others_is_due() {
    let mut talk = chain();
    talk.run_well(3);
    talk.tell(Msg::Loaded(deck(&[page("a", &["0:a", "0:between", "0:b", "0:c", "0:d"])])));
    assert_eq!(talk.out_of_date(), [2, 3, 4]);
    assert_eq!(talk.run_well(2), [1, 2]);
}

#[test]
fn what_waits_for_a_block_that_is_edited_ends() {
    let mut talk = chain();
    talk.run(2);
    talk.tell(Msg::Loaded(deck(&[page("a", &["0:new", "0:b", "0:c", "0:d"])])));
    assert!(!talk.app.is_running(), "{:?}", talk.app.runs);
}

#[test]
fn a_run_again_drops_what_the_last_one_left() {
    let mut talk = chain();
    talk.run_well(1);
    assert_eq!(talk.run(1)[0], Effect::DropSnapshot(RunId(2)));
}

#[test]
fn when_a_base_is_gone_the_session_starts_again_once() {
    let mut talk = chain();
    talk.run_well(1);
    talk.run(2);
    let gone = |talk: &mut Script| {
        let run = RunId(talk.run_of(2));
        talk.tell(Msg::Run(run, Event::SnapshotLost));
        let outcome = Outcome::NotStarted("gone".to_owned());
        talk.tell(Msg::Run(run, Event::Finished(outcome, Duration::ZERO)))
    };
    assert_eq!(runs(&gone(&mut talk)), [0]);
    assert_eq!(runs(&talk.end(0, Outcome::Exited(0))), [1]);
    assert_eq!(runs(&talk.end(1, Outcome::Exited(0))), [2]);
    assert_eq!(gone(&mut talk), [], "not for ever");
    assert!(is_refused(&talk.state(2), "gone"));
}

#[test]
fn a_run_in_place_uses_up_what_it_goes_on_from() {
    let mut talk = chain();
    talk.run_well(0);
    talk.run(1);
    talk.tell(Msg::Run(RunId(2), Event::SharesProcess));
    talk.end(1, Outcome::Exited(0));
    assert_eq!(talk.run_well(2), [2]);
    assert_eq!(talk.run_well(1), [0, 1], "there is no going back to what it went on from");
}

#[test]
fn another_python_knows_nothing() {
    let mut talk = chain();
    talk.run_well(1);
    let mut other = (*deck(&[page("a", CHAIN)])).clone();
    other.options.python_interpreter = Some("python3.9".into());
    for cell in &mut other.cells {
        std::sync::Arc::make_mut(cell).language = "python".into();
    }
    talk.tell(Msg::Loaded(other.into()));
    assert_eq!(talk.run_well(1), [0, 1]);
}

#[test]
fn nothing_runs_unasked_because_another_block_needs_it() {
    let mut talk = chain().untrusted();
    assert_eq!(talk.run(2), []);
    assert_eq!(runs(&talk.keys("o")), [0]);
}

#[test]
fn what_runs_by_itself_does_so_again_when_its_slide_comes_and_it_is_out_of_date() {
    let mut talk = Script::new(&[page("a", &["0:a"]), page("b", &["auto 0:b"]), page("c", &[])]);
    assert_eq!(runs(&talk.tell(Msg::Shown)), [0], "its neighbour needs it");
    assert_eq!(runs(&talk.end(0, Outcome::Exited(0))), [1]);
    talk.end(1, Outcome::Exited(0));
    talk.keys("n");
    assert_eq!(talk.tell(Msg::Shown), [], "it is what its session is");
    talk.keys("p");
    talk.tell(Msg::Shown);
    talk.run_well(0);
    assert_eq!((talk.tell(Msg::Shown), talk.out_of_date()), (vec![], vec![1]), "it is not seen");
    talk.keys("n");
    assert_eq!(runs(&talk.tell(Msg::Shown)), [1]);
    assert_eq!(talk.tell(Msg::Shown), [], "once");
    talk.end(1, Outcome::Raised);
    talk.keys("n");
    talk.tell(Msg::Shown);
    talk.keys("p");
    assert_eq!(talk.tell(Msg::Shown), [], "it failed, but on the present state");
}

#[test]
fn a_block_that_waits_for_input_unseen_is_told_of() {
    let mut talk = Script::new(&[page("a", &["0:a"]), page("b", &["0:b"])]);
    talk.keys("n");
    talk.run(1);
    let run = RunId(talk.run_of(0));
    talk.tell(Msg::Run(run, Event::Started));
    assert_eq!(talk.app.offscreen_prompt(), None);
    talk.tell(Msg::Run(run, Event::WaitsForInput { hidden: false }));
    assert_eq!(talk.app.offscreen_prompt(), Some(SlideNo::new(0)));
    talk.keys("p");
    assert_eq!(talk.app.offscreen_prompt(), None, "it is seen");
    talk.keys("tab enter esc n");
    assert_eq!(talk.app.offscreen_prompt(), Some(SlideNo::new(0)), "a block waits for it");
    talk.keys("ctrl-c");
    assert_eq!(talk.app.offscreen_prompt(), None, "that was stopped, and this was left to wait");
}

#[test]
fn names_are_asked_for_after_the_focused_block_or_the_last_and_again_when_it_runs() {
    let mut talk = chain();
    assert_eq!(talk.keys("v"), []);
    assert_eq!(talk.app.notice.as_deref(), Some("no block of a session has run yet"));
    talk.run_well(1);
    talk.keys("esc");
    assert_eq!(talk.keys("v"), [Effect::ListVariables(RunId(2))], "the last that ran");
    let found = || Ok(vec![Variable { name: "x".into(), ..Variable::default() }]);
    talk.tell(Msg::Variables(RunId(1), found()));
    let shown =
        |talk: &Script| matches!(&talk.app.mode, Mode::Variables(names) if names.found.is_some());
    assert!(!shown(&talk), "that was another's");
    talk.tell(Msg::Variables(RunId(2), found()));
    assert!(shown(&talk));
    assert_eq!(talk.keys("v"), []);
    talk.keys("tab v");
    assert!(matches!(&talk.app.mode, Mode::Variables(names) if names.cell == CellId(0)));
    talk.keys("enter");
    assert_eq!(talk.end(0, Outcome::Exited(0)), [Effect::ListVariables(RunId(3))]);
    talk.keys("esc tab tab v");
    assert_eq!(talk.app.notice.as_deref(), Some("this block has not run yet"));
}
