//! Scripts for races: which lanes run together, that they run one after the other, and what ends a
//! race.

use std::sync::Arc;
use std::time::Duration;

use super::{Script, deck, page, runs};
use crate::app::{Effect, Msg};
use crate::deck::{Cell, CellId, Deck, Start};
use crate::run::{Event, Outcome, Preparation, State};

/// A deck of these pages; code that begins with a word and `!` is a lane of that race, of Rust where
/// it names that.
fn raced(pages: &[(&str, &[&str])]) -> Arc<Deck> {
    let pages: Vec<_> = pages.iter().map(|(title, cells)| page(title, cells)).collect();
    let mut raced = Deck::clone(&deck(&pages));
    for cell in &mut raced.cells {
        let Some((race, _)) = cell.code.split_once('!') else { continue };
        let mut lane = Cell { language: "python".into(), ..Cell::clone(cell) };
        lane.exec.bench = Some(race.into());
        if cell.code.contains("rust") {
            lane.language = "rust".into();
        }
        *cell = Arc::new(lane);
    }
    Arc::new(raced)
}

fn script(pages: &[(&str, &[&str])]) -> Script {
    let mut script = Script::new(&[page("empty", &[])]);
    script.tell(Msg::Loaded(raced(pages)));
    script.keys("g g");
    script
}

impl Script {
    fn ends(&mut self, cell: u32, outcome: Outcome) -> Vec<u32> {
        let run = self.app.runs[&CellId(cell)].run;
        self.tell(Msg::Run(run, Event::Started));
        runs(&self.tell(Msg::Run(run, Event::Finished(outcome, Duration::ZERO))))
    }
}

#[test]
fn lanes_run_one_after_the_other() {
    let mut talk = script(&[("a", &["f!1", "plain", "f!2", "g!3"])]);
    assert_eq!(runs(&talk.keys("ctrl-e")), [0, 1], "what is no lane does not wait");
    assert_eq!((talk.state(2), talk.state(3)), (State::Queued, State::Queued));
    assert_eq!(talk.ends(1, Outcome::Exited(0)), [0_u32; 0]);
    assert_eq!(talk.ends(0, Outcome::Raised), [2], "a lane that fails holds up none");
    assert_eq!(talk.ends(2, Outcome::Exited(0)), [3], "nor do two races run side by side");
    assert_eq!(talk.ends(3, Outcome::Exited(0)), [0_u32; 0]);
}

#[test]
fn a_lane_brings_the_others_of_its_race() {
    let mut talk = script(&[("a", &["f!1", "f!2", "g!3"])]);
    talk.app.view.focus = Some(CellId(1));
    assert_eq!(runs(&talk.keys("enter")), [0]);
    assert_eq!(talk.ends(0, Outcome::Exited(0)), [1]);
    assert_eq!(talk.ends(1, Outcome::Exited(0)), [0_u32; 0]);
    assert_eq!(talk.state(2), State::NotRun);
}

#[test]
fn lanes_before_run_once_and_those_to_come_do_not() {
    let mut talk = script(&[("a", &["f!1"]), ("b", &["f!2"]), ("c", &["f!3"])]);
    talk.keys("l");
    assert_eq!(runs(&talk.keys("ctrl-e")), [0]);
    assert_eq!(talk.ends(0, Outcome::Exited(0)), [1]);
    assert_eq!(talk.ends(1, Outcome::Exited(0)), [0_u32; 0]);
    assert_eq!(runs(&talk.keys("ctrl-e")), [1], "what it runs against is known by now");
}

#[test]
fn lanes_without_a_name_race_on_their_slide() {
    let mut talk = script(&[("a", &["!1", "!2"]), ("b", &["!3"])]);
    talk.keys("l");
    assert_eq!(runs(&talk.keys("ctrl-e")), [2]);
    talk.ends(2, Outcome::Exited(0));
    talk.keys("h");
    assert_eq!(runs(&talk.keys("ctrl-e")), [0]);
    assert_eq!(talk.ends(0, Outcome::Exited(0)), [1]);
}

#[test]
fn what_is_to_be_compiled_yet_goes_first() {
    let mut talk = script(&[("a", &["f!1", "f!rust"])]);
    assert_eq!(runs(&talk.keys("ctrl-e")), [1]);
    assert_eq!(talk.ends(1, Outcome::Exited(0)), [0]);
    talk.ends(0, Outcome::Exited(0));
    let mut talk = script(&[("a", &["f!1", "f!rust"])]);
    let code = talk.app.deck.cells[1].fingerprint;
    talk.tell(Msg::Prepared(code, Preparation::Ready));
    assert_eq!(runs(&talk.keys("ctrl-e")), [0]);
    talk.ends(0, Outcome::Exited(0));
    talk.ends(1, Outcome::Exited(0));
    // An edit is compiled in the background, whatever is shown meanwhile.
    let rust = talk.app.runs.get_mut(&CellId(1)).unwrap();
    rust.output.feed(b"so long");
    talk.tell(Msg::Loaded(raced(&[("a", &["f!1", "f!rust edited"])])));
    assert!(talk.app.runs[&CellId(1)].stale);
    talk.app.view.focus = None;
    talk.app.runs.get_mut(&CellId(0)).unwrap().stale = true;
    assert_eq!(runs(&talk.keys("ctrl-e")), [1]);
}

#[test]
fn what_is_to_be_compiled_yet_goes_first_in_all_races_and_by_itself() {
    let lanes: &[&str] = &["f!1", "f!2", "g!3", "g!rust"];
    let mut talk = script(&[("a", lanes)]);
    assert_eq!(runs(&talk.keys("ctrl-e")), [3]);
    assert_eq!(talk.app.internal.watched, Some(CellId(3)), "the chart is below the deck's last");
    let mut auto = Deck::clone(&raced(&[("a", lanes)]));
    for cell in &mut auto.cells {
        Arc::make_mut(cell).exec.start = Start::Auto;
    }
    let mut talk = Script::new(&[page("empty", &[])]);
    talk.tell(Msg::Loaded(Arc::new(auto)));
    assert_eq!(runs(&talk.tell(Msg::Shown)), [3]);
    assert_eq!(talk.ends(3, Outcome::Exited(0)), [0]);
}

#[test]
fn a_lane_that_never_began_took_no_time() {
    let mut talk = script(&[("a", &["f!1", "f!2"])]);
    talk.keys("ctrl-e");
    talk.tell(Msg::Tick(Duration::from_secs(9)));
    talk.keys("ctrl-c");
    let lane = &talk.app.runs[&CellId(1)];
    assert_eq!((&lane.state, lane.elapsed), (&State::Ended(Outcome::Stopped), Duration::ZERO));
}

#[test]
fn ctrl_c_ends_the_whole_race() {
    let mut talk = script(&[("a", &["f!1", "f!2"])]);
    talk.keys("ctrl-e");
    let stopped = talk.keys("ctrl-c");
    assert_eq!(stopped, [Effect::Interrupt(talk.app.runs[&CellId(0)].run)]);
    assert_eq!(talk.state(1), State::Ended(Outcome::Stopped));
    assert_eq!(talk.ends(0, Outcome::Stopped), [0_u32; 0]);
    assert_eq!(runs(&talk.keys("ctrl-e")), [0]);
}

#[test]
fn a_save_in_the_middle_of_a_race_does_not_hold_up_the_rest() {
    let mut talk = script(&[("a", &["f!1", "f!2"])]);
    talk.keys("ctrl-e");
    let effects = talk.tell(Msg::Loaded(raced(&[("a", &["f!other", "f!2"])])));
    assert_eq!(runs(&effects), [1], "the lane that runs is gone");
    let effects = talk.tell(Msg::Loaded(raced(&[("b", &["f!other", "f!2"])])));
    assert_eq!(runs(&effects), [0_u32; 0], "it is on its way already");
    assert_eq!(talk.ends(1, Outcome::Exited(0)), [0_u32; 0]);
}
