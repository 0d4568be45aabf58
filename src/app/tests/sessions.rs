//! Sessions: what runs before a block, what waits, and what a run's end means for others.

use std::time::Duration;

use super::{Script, deck, page, runs};
use crate::app::{Effect, Mode, Msg};
use crate::deck::{CellId, SlideNo};
use crate::run::{DisplayName, Event, Outcome, OutputValue, RunId, State, Variable, is_current};

/// Blocks of one session.
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

    /// Returns the id of a cell's run.
    fn run_of(&self, cell: u32) -> u64 {
        self.app.runs[&CellId(cell)].run.0
    }

    /// Ends a cell's run and keeps its snapshot.
    fn end(&mut self, cell: u32, outcome: Outcome) -> Vec<Effect> {
        self.send(Msg::Run(RunId(self.run_of(cell)), Event::SnapshotReady));
        self.lose(cell, outcome)
    }

    /// Ends a cell's run without a snapshot.
    fn lose(&mut self, cell: u32, outcome: Outcome) -> Vec<Effect> {
        let run = RunId(self.run_of(cell));
        self.send(Msg::Run(run, Event::Started));
        self.send(Msg::Run(run, Event::Finished(outcome, Duration::ZERO)))
    }

    /// Runs a cell and all that is due before it, successfully.
    fn run_well(&mut self, cell: u32) -> Vec<u32> {
        let mut order = runs(&self.run(cell));
        let mut at = 0;
        while at < order.len() {
            order.extend(runs(&self.end(order[at], Outcome::Exited(0))));
            at += 1;
        }
        order
    }

    /// Returns the cells whose output is out of date.
    fn out_of_date(&self) -> Vec<u32> {
        let deck = &self.app.deck;
        let old = deck.cells.iter().filter(|cell| !is_current(deck, &self.app.runs, cell));
        old.map(|cell| cell.id.0).collect()
    }
}

/// Returns the runs that new runs continue from.
fn bases(effects: &[Effect]) -> Vec<Option<u64>> {
    let bases = effects.iter().filter_map(|effect| match effect {
        Effect::Run { base, .. } => Some(base.map(|base| base.0)),
        _ => None,
    });
    bases.collect()
}

#[test]
fn earlier_blocks_run_first_one_by_one() {
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
fn current_blocks_do_not_run_again() {
    let mut talk = chain();
    assert_eq!(talk.run_well(2), [0, 1, 2]);
    assert_eq!(talk.run_well(2), [2]);
    assert_eq!(talk.run_well(3), [3]);
    assert_eq!(talk.run_well(1), [1]);
    assert_eq!(talk.out_of_date(), [2, 3], "they continued from a replaced state");
    assert_eq!(talk.run_well(3), [2, 3]);
    assert_eq!(talk.out_of_date(), [0_u32; 0]);
}

#[test]
fn run_key_runs_a_session_in_order() {
    let mut talk = chain();
    assert_eq!(runs(&talk.keys("ctrl-e")), [0]);
    for (cell, next) in [(0, 1), (1, 2), (2, 3)] {
        assert_eq!(runs(&talk.end(cell, Outcome::Exited(0))), [next]);
    }
}

#[test]
fn sessions_are_independent() {
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
fn blocks_after_a_failure_do_not_run() {
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
    // The state before the failure is kept: the speaker can continue from it, as in a notebook.
    assert_eq!(talk.run_well(1), [1]);
}

#[test]
fn state_lost_in_a_crash_is_rebuilt() {
    let mut talk = chain();
    assert_eq!(talk.run_well(0), [0]);
    talk.run(1);
    talk.lose(1, Outcome::Exited(4));
    let effects = talk.run(1);
    assert_eq!(
        (runs(&effects), bases(&effects)),
        (vec![1], vec![Some(1)]),
        "from the state that A left"
    );
    talk.lose(1, Outcome::Exited(4));
    assert_eq!(runs(&talk.run(2)), [1], "there is no other state to continue from");
}

#[test]
fn stop_ends_waiting_runs_too() {
    let mut talk = chain();
    talk.run(2);
    assert_eq!(talk.keys("ctrl-c"), [Effect::Interrupt(RunId(1))]);
    assert_eq!(talk.state(2), State::Ended(Outcome::Stopped));
    talk.end(0, Outcome::Stopped);
    assert!(!talk.app.is_running());
}

#[test]
fn edit_makes_later_blocks_run_again() {
    let mut talk = chain();
    talk.run_well(3);
    let edited = deck(&[page("a", &["0:a", "0:new", "0:c", "0:d"])]);
    let effects = talk.send(Msg::Loaded(edited));
    assert!(effects.contains(&Effect::DropSnapshot(RunId(2))), "{effects:?}");
    assert_eq!(talk.out_of_date(), [2, 3]);
    assert_eq!(talk.state(3), State::Ended(Outcome::Exited(0)), "it shows the old output");
    assert_eq!(talk.run_well(3), [1, 2, 3]);
}

#[test]
fn inserted_block_is_due() {
    let mut talk = chain();
    talk.run_well(3);
    talk.send(Msg::Loaded(deck(&[page("a", &["0:a", "0:between", "0:b", "0:c", "0:d"])])));
    assert_eq!(talk.out_of_date(), [2, 3, 4]);
    assert_eq!(talk.run_well(2), [1, 2]);
}

#[test]
fn run_waiting_for_an_edited_block_ends() {
    let mut talk = chain();
    talk.run(2);
    talk.send(Msg::Loaded(deck(&[page("a", &["0:new", "0:b", "0:c", "0:d"])])));
    assert!(!talk.app.is_running(), "{:?}", talk.app.runs);
}

#[test]
fn rerun_drops_the_last_snapshot() {
    let mut talk = chain();
    talk.run_well(1);
    assert_eq!(talk.run(1)[0], Effect::DropSnapshot(RunId(2)));
}

#[test]
fn lost_snapshot_restarts_the_session_once() {
    let mut talk = chain();
    talk.run_well(1);
    talk.run(2);
    let gone = |talk: &mut Script| {
        let run = RunId(talk.run_of(2));
        talk.send(Msg::Run(run, Event::SnapshotLost));
        let outcome = Outcome::NotStarted("gone".to_owned());
        talk.send(Msg::Run(run, Event::Finished(outcome, Duration::ZERO)))
    };
    assert_eq!(runs(&gone(&mut talk)), [0]);
    assert_eq!(runs(&talk.end(0, Outcome::Exited(0))), [1]);
    assert_eq!(runs(&talk.end(1, Outcome::Exited(0))), [2]);
    assert_eq!(gone(&mut talk), [], "only once");
    assert!(is_refused(&talk.state(2), "gone"));
}

#[test]
fn run_that_had_begun_is_not_restarted() {
    let mut talk = chain();
    talk.run_well(1);
    talk.run(2);
    let run = RunId(talk.run_of(2));
    talk.send(Msg::Run(run, Event::Output(b"begun\n".to_vec())));
    talk.send(Msg::Run(run, Event::SnapshotLost));
    let ended = Event::Finished(Outcome::Signaled(9), Duration::ZERO);
    assert!(runs(&talk.send(Msg::Run(run, ended))).is_empty());
}

#[test]
fn run_sharing_a_process_consumes_its_base() {
    let mut talk = chain();
    talk.run_well(0);
    talk.run(1);
    talk.send(Msg::Run(RunId(2), Event::SharesProcess));
    talk.end(1, Outcome::Exited(0));
    assert_eq!(talk.run_well(2), [2]);
    assert_eq!(talk.run_well(1), [0, 1], "the state it continued from is gone");
}

#[test]
fn another_python_has_no_state() {
    let mut talk = chain();
    talk.run_well(1);
    let mut other = (*deck(&[page("a", CHAIN)])).clone();
    other.options.python_interpreter = Some("python3.9".into());
    for cell in &mut other.cells {
        std::sync::Arc::make_mut(cell).language = "python".into();
    }
    talk.send(Msg::Loaded(other.into()));
    assert_eq!(talk.run_well(1), [0, 1]);
}

#[test]
fn earlier_blocks_need_permission_too() {
    let mut talk = chain().untrusted();
    assert_eq!(talk.run(2), []);
    assert_eq!(runs(&talk.keys("o")), [0]);
}

#[test]
fn outdated_autorun_block_reruns_on_its_slide() {
    let mut talk = Script::new(&[page("a", &["0:a"]), page("b", &["auto 0:b"]), page("c", &[])]);
    assert_eq!(runs(&talk.send(Msg::Shown)), [0], "the neighbour needs it");
    assert_eq!(runs(&talk.end(0, Outcome::Exited(0))), [1]);
    talk.end(1, Outcome::Exited(0));
    talk.keys("n");
    assert_eq!(talk.send(Msg::Shown), [], "it is current");
    talk.keys("p");
    talk.send(Msg::Shown);
    talk.run_well(0);
    assert_eq!((talk.send(Msg::Shown), talk.out_of_date()), (vec![], vec![1]), "it is not visible");
    talk.keys("n");
    assert_eq!(runs(&talk.send(Msg::Shown)), [1]);
    assert_eq!(talk.send(Msg::Shown), [], "once");
    talk.end(1, Outcome::Raised);
    talk.keys("n");
    talk.send(Msg::Shown);
    talk.keys("p");
    assert_eq!(talk.send(Msg::Shown), [], "it failed on the current state");
}

#[test]
fn offscreen_prompt_is_reported() {
    let mut talk = Script::new(&[page("a", &["0:a"]), page("b", &["0:b"])]);
    talk.keys("n");
    talk.run(1);
    let run = RunId(talk.run_of(0));
    talk.send(Msg::Run(run, Event::Started));
    assert_eq!(talk.app.offscreen_prompt(), None);
    talk.send(Msg::Run(run, Event::WaitsForInput { hidden: false }));
    assert_eq!(talk.app.offscreen_prompt(), Some(SlideNo::new(0)));
    talk.keys("p");
    assert_eq!(talk.app.offscreen_prompt(), None, "it is visible");
    talk.keys("tab enter esc n");
    assert_eq!(talk.app.offscreen_prompt(), Some(SlideNo::new(0)), "a block waits for it");
    talk.keys("ctrl-c");
    assert_eq!(
        talk.app.offscreen_prompt(),
        None,
        "the other was stopped, and this prompt was closed"
    );
}

#[test]
fn variables_are_listed_and_refreshed() {
    let mut talk = chain();
    assert_eq!(talk.keys("v"), []);
    assert_eq!(talk.app.notice(), Some("no block of a session has run yet"));
    talk.run_well(1);
    talk.keys("esc");
    assert_eq!(talk.keys("v"), [Effect::ListVariables(RunId(2))], "the last that ran");
    let found = || Ok(vec![Variable { name: "x".into(), ..Variable::default() }]);
    talk.send(Msg::Variables(RunId(1), found()));
    let shown =
        |talk: &Script| matches!(&talk.app.mode, Mode::Variables(panel) if panel.found.is_some());
    assert!(!shown(&talk), "the answer was for another run");
    talk.send(Msg::Variables(RunId(2), found()));
    assert!(shown(&talk));
    assert_eq!(talk.keys("v"), []);
    talk.keys("tab v");
    assert!(matches!(&talk.app.mode, Mode::Variables(panel) if panel.cell == CellId(0)));
    talk.keys("enter");
    assert_eq!(talk.end(0, Outcome::Exited(0)), [Effect::ListVariables(RunId(3))]);
    talk.keys("esc tab tab v");
    assert_eq!(talk.app.notice(), Some("this block has not run yet"));
}

#[test]
fn killed_block_is_not_repeated_without_a_terminal() {
    for (outcome, reason) in [
        (Outcome::TimedOut, "took too long"),
        (Outcome::Signaled(11), "failed"),
        // By `os._exit(0)`, or another program in its place.
        (Outcome::Exited(0), "left no state"),
    ] {
        let mut talk = chain();
        talk.app.internal.repeats_lost_runs = false;
        assert_eq!(runs(&talk.run(0)), [0]);
        talk.lose(0, outcome);
        for later in [1, 2] {
            assert!(runs(&talk.run(later)).is_empty());
            let State::Ended(Outcome::NotStarted(why)) = talk.state(later) else {
                panic!("it ran")
            };
            assert!(why.ends_with(reason), "{why}");
        }
        assert_eq!(runs(&talk.run(0)), [0], "on request it runs again");
    }
}

#[test]
fn state_used_by_a_later_block_is_not_lost() {
    let mut talk = chain();
    talk.app.internal.repeats_lost_runs = false;
    talk.run_well(0);
    talk.run(1);
    talk.send(Msg::Run(RunId(2), Event::SharesProcess));
    talk.end(1, Outcome::Exited(0));
    assert_eq!(talk.run_well(2), [2]);
    assert_eq!(talk.run_well(1), [0, 1]);
}

#[test]
fn killed_block_is_repeated_in_a_talk() {
    let mut talk = chain();
    talk.run(0);
    talk.lose(0, Outcome::TimedOut);
    assert_eq!(runs(&talk.run(1)), [0]);
}

#[test]
fn named_value_of_an_earlier_block_is_updated_there() {
    let mut talk = chain();
    talk.run_well(2);
    let show = |talk: &mut Script, cell: u32, text: &str, is_update| {
        let name = DisplayName { id: "plot".into(), is_update };
        let event = Event::Value(OutputValue::Text(text.into()), Some(name));
        talk.send(Msg::Run(RunId(talk.run_of(cell)), event));
        let output = |cell| talk.app.runs[&CellId(cell)].output.plain_text();
        (output(0), output(1), output(2))
    };
    let texts = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    assert_eq!(show(&mut talk, 1, "before it is shown", true), texts("", "before it is shown", ""));
    assert_eq!(show(&mut talk, 2, "new", true), texts("", "new", ""));
    assert_eq!(show(&mut talk, 2, "own", false), texts("", "new", "own"));
    assert_eq!(show(&mut talk, 2, "newer", true), texts("", "new", "newer"));
    talk.run(1);
    assert_eq!(
        show(&mut talk, 1, "again", true),
        texts("", "", "again"),
        "its own is of its last run"
    );
}
