//! The output of runs: complete, unchanged, in time, and with backpressure.

use std::sync::{Condvar, Mutex};

use crossbeam_channel::Sender;

use super::*;

#[test]
fn invalid_utf8_passes_through() {
    let mut harness = ExecHarness::new();
    let run = harness.start("bash", r"printf 'a\xff\xfe\r\n\x1b[31mz'");
    assert_eq!(harness.end_bytes(run), (b"a\xff\xfe\r\n\x1b[31mz".to_vec(), Outcome::Exited(0)));
}

#[test]
fn incomplete_line_is_shown_at_once() {
    let mut harness = ExecHarness::new();
    let run = harness.start("bash", "printf 'is it? '; sleep 1000");
    assert_eq!(harness.wait_for(run, "is it? "), "is it? ");
    harness.executor().stop(run, Stop::Kill);
    assert_eq!(harness.end(run).1, Outcome::Stopped);
}

#[test]
fn all_output_comes_before_the_end() {
    let mut harness = ExecHarness::new();
    let (output, outcome) = harness.run("bash", "seq 100000; (sleep 1000; echo late) & exit 4");
    assert_eq!(outcome, Outcome::Exited(4));
    assert_eq!(output.lines().count(), 100_000);
    assert!(output.ends_with("\n100000\n"), "{:?}", &output[output.len() - 40..]);
}

/// Blocks a sink until it is opened.
#[derive(Default)]
struct Gate {
    is_open: Mutex<bool>,
    changed: Condvar,
}

impl Gate {
    fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.changed.notify_all();
    }

    fn wait(&self) {
        let is_open = self.is_open.lock().unwrap();
        drop(self.changed.wait_while(is_open, |is_open| !*is_open).unwrap());
    }
}

fn gated(gate: &Arc<Gate>, send: Sender<ExecEvent>) -> impl Fn(ExecEvent) + Send + Sync + 'static {
    let gate = gate.clone();
    move |event| {
        if matches!(event, ExecEvent::Run(_, RunEvent::Output(_))) {
            gate.wait();
        }
        let _ = send.send(event);
    }
}

#[test]
fn blocked_sink_stops_the_writer() {
    let gate = Arc::new(Gate::default());
    let (send, events) = crossbeam_channel::unbounded();
    let mut harness = ExecHarness::with_events(events, gated(&gate, send));
    let count = harness.folder.path().join("written");
    // Writes blocks of 4 KiB, and their count to a file.
    let code = "block=$(head -c 4095 /dev/zero | tr '\\0' y)
        for ((i = 0; ; i++)); do echo $i >written; echo \"$block\"; done";
    let run = harness.start("bash", code);
    let written = || fs::read_to_string(&count).unwrap_or_default().trim().parse().unwrap_or(0);
    // The writer is stopped when the count does not change for a while.
    let mut last = 0;
    wait_until("the writer was not stopped", || {
        std::thread::sleep(Duration::from_millis(200));
        let now: u64 = written();
        std::mem::replace(&mut last, now) == now && now > 0
    });
    assert!(last < 200, "{last} blocks of 4 KiB were read");
    harness.executor().stop(run, Stop::Kill);
    gate.open();
    let (output, outcome) = harness.end(run);
    assert_eq!(outcome, Outcome::Stopped);
    assert!(output.len() < 400 * 4096, "{} bytes came", output.len());
}

#[test]
fn output_events_have_a_maximum_size() {
    let mut harness = ExecHarness::new();
    let run = harness.start("bash", "head -c 3000000 /dev/zero");
    let mut total = 0;
    loop {
        match harness.next(run) {
            RunEvent::Output(bytes) => {
                assert!(bytes.len() <= 64 * 1024);
                total += bytes.len();
            }
            RunEvent::Finished(..) => break,
            _ => {}
        }
    }
    assert_eq!(total, 3_000_000);
}
