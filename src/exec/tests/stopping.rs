//! Runs that the speaker stops.

use super::*;

#[test]
fn interrupt_stops_hanging_run() {
    let mut harness = ExecHarness::new();
    let run =
        harness.start("bash", "trap 'echo bye; exit 5' INT; echo on; while :; do sleep 0.1; done");
    harness.wait_for(run, "on");
    harness.executor().stop(run, Stop::Interrupt);
    assert_eq!(harness.end(run), ("bye\n".into(), Outcome::Stopped));
}

#[test]
fn kill_stops_run_that_ignores_interrupts() {
    let mut harness = ExecHarness::new();
    let run = harness.start("bash", "trap 'echo no' INT; echo on; while :; do :; done");
    harness.wait_for(run, "on");
    harness.executor().stop(run, Stop::Interrupt);
    harness.wait_for(run, "no");
    harness.executor().stop(run, Stop::Kill);
    assert_eq!(harness.end(run).1, Outcome::Stopped);
}

#[test]
fn immediate_stop_is_not_lost() {
    let mut harness = ExecHarness::new();
    for _ in 0..20 {
        let run = harness.start("bash", "sleep 1000");
        harness.executor().stop(run, Stop::Interrupt);
        assert_eq!(harness.end(run).1, Outcome::Stopped);
    }
}

#[test]
fn stopping_an_ended_run_does_nothing() {
    let mut harness = ExecHarness::new();
    let run = harness.start("bash", "true");
    harness.end(run);
    harness.executor().stop(run, Stop::Kill);
    harness.executor().stop(RunId(12345), Stop::Kill);
    assert_eq!(harness.run("bash", "echo on").0, "on\n");
}
