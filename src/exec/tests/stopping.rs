//! Runs that the speaker stops: those that obey, those that do not, those that have not begun.

use super::*;

#[test]
fn an_interrupt_stops_a_hang() {
    let mut stage = Stage::new();
    let run =
        stage.start("bash", "trap 'echo bye; exit 5' INT; echo on; while :; do sleep 0.1; done");
    stage.wait_for(run, "on");
    stage.executor().stop(run, Stop::Interrupt);
    assert_eq!(stage.end(run), ("bye\n".into(), Outcome::Stopped));
}

#[test]
fn a_kill_stops_what_ignores_interrupts() {
    let mut stage = Stage::new();
    let run = stage.start("bash", "trap 'echo no' INT; echo on; while :; do :; done");
    stage.wait_for(run, "on");
    stage.executor().stop(run, Stop::Interrupt);
    stage.wait_for(run, "no");
    stage.executor().stop(run, Stop::Kill);
    assert_eq!(stage.end(run).1, Outcome::Stopped);
}

#[test]
fn a_stop_in_the_same_instant_is_not_lost() {
    let mut stage = Stage::new();
    for _ in 0..20 {
        let run = stage.start("bash", "sleep 1000");
        stage.executor().stop(run, Stop::Interrupt);
        assert_eq!(stage.end(run).1, Outcome::Stopped);
    }
}

#[test]
fn a_run_that_has_ended_or_never_was_is_left_alone() {
    let mut stage = Stage::new();
    let run = stage.start("bash", "true");
    stage.end(run);
    stage.executor().stop(run, Stop::Kill);
    stage.executor().stop(RunId(12345), Stop::Kill);
    assert_eq!(stage.run("bash", "echo on").0, "on\n");
}
