//! Runs that the speaker stops: those that obey, those that do not, those that have not begun.

use super::*;

#[test]
fn an_interrupt_stops_a_hang() {
    let mut harness = ExecHarness::new();
    let run =
        harness.start("bash", "trap 'echo bye; exit 5' INT; echo on; while :; do sleep 0.1; done");
    harness.wait_for(run, "on");
    harness.executor().stop(run, Stop::Interrupt);
    assert_eq!(harness.end(run), ("bye\n".into(), Outcome::Stopped));
}

#[test]
fn a_kill_stops_what_ignores_interrupts() {
    let mut harness = ExecHarness::new();
    let run = harness.start("bash", "trap 'echo no' INT; echo on; while :; do :; done");
    harness.wait_for(run, "on");
    harness.executor().stop(run, Stop::Interrupt);
    harness.wait_for(run, "no");
    harness.executor().stop(run, Stop::Kill);
    assert_eq!(harness.end(run).1, Outcome::Stopped);
}

#[test]
fn a_stop_in_the_same_instant_is_not_lost() {
    let mut harness = ExecHarness::new();
    for _ in 0..20 {
        let run = harness.start("bash", "sleep 1000");
        harness.executor().stop(run, Stop::Interrupt);
        assert_eq!(harness.end(run).1, Outcome::Stopped);
    }
}

#[test]
fn a_run_that_has_ended_or_never_was_is_left_alone() {
    let mut harness = ExecHarness::new();
    let run = harness.start("bash", "true");
    harness.end(run);
    harness.executor().stop(run, Stop::Kill);
    harness.executor().stop(RunId(12345), Stop::Kill);
    assert_eq!(harness.run("bash", "echo on").0, "on\n");
}
