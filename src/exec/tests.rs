//! The executor with real processes: what it tells, what it leaves behind.

#![expect(clippy::disallowed_methods, reason = "tests wait, and look at the system")]

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use tempfile::TempDir;

use super::*;
use crate::deck::{Crate, Module, Origin, Profile, RustBuild};
use crate::run::{Base, Event as RunEvent, Input, Limits, Outcome, Target};

/// Longer than anything takes on the busiest machine.
const LONG: Duration = Duration::from_mins(3);

/// An executor in a folder of its own, and what it told.
struct Stage {
    executor: Option<Executor>,
    events: Receiver<Event>,
    /// Events that were received while another run's were waited for.
    earlier: RefCell<Vec<Event>>,
    folder: TempDir,
    next: u64,
}

impl Stage {
    fn new() -> Self {
        let (send, events) = crossbeam_channel::unbounded();
        Self::telling(events, move |event| drop(send.send(event)))
    }

    fn telling(events: Receiver<Event>, send: impl Fn(Event) + Send + Sync + 'static) -> Self {
        let folder = TempDir::new().unwrap();
        let executor = Some(Executor::new(options(folder.path()), send));
        Self { executor, events, earlier: RefCell::default(), folder, next: 1 }
    }

    fn executor(&self) -> &Executor {
        self.executor.as_ref().unwrap()
    }

    fn start(&mut self, language: &str, code: &str) -> RunId {
        self.start_request(language, code, |_| {})
    }

    fn start_request(
        &mut self,
        language: &str,
        code: &str,
        change: impl FnOnce(&mut Request),
    ) -> RunId {
        let run = RunId(self.next);
        self.next += 1;
        let code = snippet(language, code, 7);
        let mut request = Request {
            run,
            code,
            columns: 80,
            rows: 24,
            limits: Limits::default(),
            target: Target::Terminal,
            session: None,
            input: Input::Nothing,
        };
        change(&mut request);
        self.executor().run(&request);
        run
    }

    /// The next thing that happens to a run.
    fn next(&self, run: RunId) -> RunEvent {
        self.await_event(|event| match event {
            Event::Run(id, event) if *id == run => Some(event.clone()),
            _ => None,
        })
    }

    /// Waits until this snippet is prepared so far.
    fn wait_for_preparation(&self, snippet: &Snippet, preparation: Preparation) {
        let wanted = Event::Prepared(snippet.fingerprint, preparation);
        self.await_event(|event| (*event == wanted).then_some(()));
    }

    /// Takes the first event that is wanted; the others stay for later.
    fn await_event<T>(&self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        let mut earlier = self.earlier.borrow_mut();
        let mut at = 0;
        loop {
            if at == earlier.len() {
                let event = self.events.recv_timeout(LONG);
                earlier.push(event.expect("something should have happened by now"));
            }
            if let Some(found) = wanted(&earlier[at]) {
                earlier.remove(at);
                return found;
            }
            at += 1;
        }
    }

    /// What a run wrote before its end, and how it ended.
    fn end(&self, run: RunId) -> (String, Outcome) {
        let (output, outcome) = self.end_bytes(run);
        (String::from_utf8_lossy(&output).into_owned(), outcome)
    }

    fn end_bytes(&self, run: RunId) -> (Vec<u8>, Outcome) {
        let mut output = Vec::new();
        loop {
            match self.next(run) {
                RunEvent::Output(bytes) => output.extend(bytes),
                RunEvent::Finished(outcome, _) => return (output, outcome),
                _ => {}
            }
        }
    }

    /// Waits until a run has written this.
    fn wait_for(&self, run: RunId, text: &str) -> String {
        let mut output = String::new();
        while !output.contains(text) {
            match self.next(run) {
                RunEvent::Output(bytes) => output.push_str(&String::from_utf8_lossy(&bytes)),
                RunEvent::Finished(outcome, _) => panic!("ended ({outcome:?}) with {output:?}"),
                _ => {}
            }
        }
        output
    }

    fn run(&mut self, language: &str, code: &str) -> (String, Outcome) {
        let run = self.start(language, code);
        self.end(run)
    }

    /// The speaker leaves.
    fn leave(&mut self) {
        self.executor = None;
    }
}

fn options(folder: &Path) -> Options {
    Options {
        directory: folder.to_owned(),
        python: None,
        custom: BTreeMap::new(),
        cache: folder.join("cache"),
    }
}

fn snippet(language: &str, code: &str, first_line: u32) -> Snippet {
    Snippet {
        session: None,
        language: language.to_owned(),
        alternative: None,
        code: code.to_owned(),
        rust: None,
        module: None,
        is_timed: false,
        environment: Vec::new(),
        fingerprint: Fingerprint::of(language, None, code),
        file: PathBuf::from("talk.md"),
        first_line,
    }
}

fn is_alive(process: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.trim())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let give_up = Instant::now() + LONG;
    while !is_so() {
        assert!(Instant::now() < give_up, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_run_starts_writes_and_ends() {
    let mut stage = Stage::new();
    let run = stage.start("bash", "echo hello");
    assert_eq!(stage.next(run), RunEvent::Started);
    assert_eq!(stage.next(run), RunEvent::Output(b"hello\n".to_vec()));
    assert!(
        matches!(stage.next(run), RunEvent::Finished(Outcome::Exited(0), took) if took > Duration::ZERO)
    );
}

#[test]
fn the_deck_s_folder_is_the_working_directory() {
    let mut stage = Stage::new();
    fs::write(stage.folder.path().join("beside.txt"), "beside the deck").unwrap();
    assert_eq!(
        stage.run("bash", "cat beside.txt; cd /"),
        ("beside the deck".into(), Outcome::Exited(0))
    );
    assert_eq!(stage.run("bash", "cat beside.txt").0, "beside the deck");
}

#[test]
fn a_run_sees_a_terminal_of_the_size_it_was_given() {
    let mut stage = Stage::new();
    let run = stage.start_request("bash", "test -t 1 && test -t 2 && stty size <&1", |request| {
        (request.columns, request.rows) = (100, 30);
    });
    assert_eq!(stage.end(run), ("30 100\n".into(), Outcome::Exited(0)));
}

#[test]
fn a_failure_has_its_status_and_a_death_its_signal() {
    let mut stage = Stage::new();
    assert_eq!(stage.run("bash", "echo oops >&2; exit 3"), ("oops\n".into(), Outcome::Exited(3)));
    assert_eq!(stage.run("bash", "kill -SEGV $$").1, Outcome::Signaled(11));
}

#[test]
fn a_child_reads_nothing_and_reaches_no_terminal_of_ours() {
    let mut stage = Stage::new();
    assert_eq!(stage.run("bash", "read line; echo \"$? <$line>\"").0, "1 <>\n");
    let (output, _) = stage.run("bash", "if (: >/dev/tty) 2>/dev/null; then echo reached; fi");
    assert_eq!(output, "");
}

#[test]
fn no_file_of_ours_reaches_a_child() {
    let mut stage = Stage::new();
    let (output, _) = stage.run("bash", "ls -l /proc/self/fd");
    let files: Vec<_> = output.lines().filter_map(|line| line.split_once(" -> ")).collect();
    // 0, 1, 2, and the folder that `ls` reads.
    assert_eq!(files.len(), 4, "{output}");
    assert!(files[0].1 == "/dev/null" && files[1].1.starts_with("/dev/pts/"), "{output}");
}

#[test]
fn signals_are_as_in_a_shell() {
    let mut stage = Stage::new();
    let (output, _) = stage.run("bash", "grep -E 'Sig(Blk|Ign)' /proc/self/status");
    let masks = output.lines().map(|line| u64::from_str_radix(line[7..].trim(), 16).unwrap());
    // Signals from 32 on are the C library's own.
    assert_eq!(masks.map(|mask| mask & 0x7fff_ffff).collect::<Vec<_>>(), [0, 0], "{output}");
}

#[test]
fn bytes_that_are_no_text_pass_through() {
    let mut stage = Stage::new();
    let run = stage.start("bash", r"printf 'a\xff\xfe\r\n\x1b[31mz'");
    assert_eq!(stage.end_bytes(run), (b"a\xff\xfe\r\n\x1b[31mz".to_vec(), Outcome::Exited(0)));
}

#[test]
fn a_line_without_its_end_arrives_before_the_end() {
    let mut stage = Stage::new();
    let run = stage.start("bash", "printf 'is it? '; sleep 1000");
    assert_eq!(stage.wait_for(run, "is it? "), "is it? ");
    stage.executor().stop(run, Stop::Kill);
    assert_eq!(stage.end(run).1, Outcome::Stopped);
}

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

#[test]
fn a_time_limit_ends_a_run() {
    let mut stage = Stage::new();
    let run = stage.start_request("bash", "echo on; trap '' INT TERM; sleep 1000", |request| {
        request.limits.timeout = Some(Duration::from_millis(300));
    });
    assert_eq!(stage.end(run).1, Outcome::TimedOut);
}

#[test]
fn a_time_limit_leaves_a_quick_run_alone() {
    let mut stage = Stage::new();
    let run = stage.start_request("bash", "echo on", |request| request.limits.timeout = Some(LONG));
    assert_eq!(stage.end(run), ("on\n".into(), Outcome::Exited(0)));
}

#[test]
fn all_that_was_written_before_the_end_comes_before_it() {
    let mut stage = Stage::new();
    let (output, outcome) = stage.run("bash", "seq 100000; (sleep 1000; echo late) & exit 4");
    assert_eq!(outcome, Outcome::Exited(4));
    assert_eq!(output.lines().count(), 100_000);
    assert!(output.ends_with("\n100000\n"), "{:?}", &output[output.len() - 40..]);
}

/// A gate that the sink waits at.
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

fn gated(gate: &Arc<Gate>, send: Sender<Event>) -> impl Fn(Event) + Send + Sync + 'static {
    let gate = gate.clone();
    move |event| {
        if matches!(event, Event::Run(_, RunEvent::Output(_))) {
            gate.wait();
        }
        let _ = send.send(event);
    }
}

#[test]
fn a_flood_is_held_back_by_the_sink() {
    let gate = Arc::new(Gate::default());
    let (send, events) = crossbeam_channel::unbounded();
    let mut stage = Stage::telling(events, gated(&gate, send));
    let count = stage.folder.path().join("written");
    // Writes 4 KiB at a time, and says beside it how often it could.
    let code = "block=$(head -c 4095 /dev/zero | tr '\\0' y)
        for ((i = 0; ; i++)); do echo $i >written; echo \"$block\"; done";
    let run = stage.start("bash", code);
    let written = || fs::read_to_string(&count).unwrap_or_default().trim().parse().unwrap_or(0);
    // It stands still when two looks apart see the same.
    let mut last = 0;
    wait_until("the flood should have been held back", || {
        std::thread::sleep(Duration::from_millis(200));
        let now: u64 = written();
        std::mem::replace(&mut last, now) == now && now > 0
    });
    assert!(last < 200, "{last} blocks of 4 KiB were taken");
    stage.executor().stop(run, Stop::Kill);
    gate.open();
    let (output, outcome) = stage.end(run);
    assert_eq!(outcome, Outcome::Stopped);
    assert!(output.len() < 400 * 4096, "{} bytes came", output.len());
}

#[test]
fn an_event_is_never_larger_than_a_chunk() {
    let mut stage = Stage::new();
    let run = stage.start("bash", "head -c 3000000 /dev/zero");
    let mut total = 0;
    loop {
        match stage.next(run) {
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

#[test]
fn what_a_run_leaves_behind_does_not_keep_it_running_and_may_still_write() {
    let mut stage = Stage::new();
    let go = stage.folder.path().join("go");
    let run = stage.start("bash", "(until test -e go; do sleep 0.02; done; echo late) & echo done");
    assert_eq!(stage.end(run), ("done\n".into(), Outcome::Exited(0)));
    fs::write(go, "").unwrap();
    assert_eq!(stage.next(run), RunEvent::Output(b"late\n".to_vec()));
}

#[test]
fn nothing_is_left_when_the_speaker_leaves() {
    let mut stage = Stage::new();
    let code = "sleep 1000 & echo $!
        setsid bash -c 'echo $$; exec sleep 1000' &
        (setsid bash -c 'echo $$; while :; do :; done' &)
        nohup bash -c 'trap \"\" TERM HUP INT; echo $$; while :; do :; done' 2>/dev/null &
        sleep 0.1; while test $(wc -l <pids) -lt 4; do sleep 0.01; done";
    let code = format!("exec > >(tee pids); touch pids\n{code}");
    let first = stage.start("bash", &code);
    let second = stage.start("bash", "echo $$; while :; do :; done");
    let spinning = stage.wait_for(second, "\n");
    let (_, outcome) = stage.end(first);
    assert_eq!(outcome, Outcome::Exited(0));
    let pids = fs::read_to_string(stage.folder.path().join("pids")).unwrap();
    let pids: Vec<_> = pids.lines().chain(spinning.lines()).collect();
    assert_eq!(pids.len(), 5, "{pids:?}");
    assert!(pids.iter().all(|pid| is_alive(pid)), "{pids:?}");
    stage.leave();
    let left: Vec<_> = pids.iter().filter(|pid| is_alive(pid)).collect();
    assert!(left.is_empty(), "{left:?} still run");
}

#[test]
fn a_run_s_folder_is_gone_when_it_ends_and_when_the_speaker_leaves() {
    let mut stage = Stage::new();
    let (folder, _) = stage.run("bash", "dirname $0");
    assert!(!Path::new(folder.trim()).exists());
    let run = stage.start("bash", "dirname $0; sleep 1000");
    let folder = stage.wait_for(run, "\n");
    assert!(Path::new(folder.trim()).exists());
    stage.leave();
    assert!(!Path::new(folder.trim()).exists());
    assert!(!Path::new(folder.trim()).parent().unwrap().exists());
}

#[test]
fn what_cannot_be_started_says_why() {
    let mut stage = Stage::new();
    let reason = |(_, outcome): (String, Outcome)| match outcome {
        Outcome::NotStarted(why) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(stage.run("sql", "")), "nothing here runs `sql` code: drop its `+exec`");
    let why = reason(stage.run("cmd", "echo"));
    assert_eq!(why, "`cmd` is not installed, or not on `PATH`");
    let gone = stage.folder.path().join("gone");
    let (send, events) = crossbeam_channel::unbounded();
    stage.executor = Some(Executor::new(options(&gone), move |event| drop(send.send(event))));
    stage.events = events;
    let why = reason(stage.run("bash", "echo"));
    assert_eq!(why, format!("the deck's folder `{}` is gone: code runs in it", gone.display()));
}

#[test]
fn steps_end_at_the_first_that_fails() {
    let mut stage = Stage::new();
    let (output, outcome) = stage.run("c", "int main() { return missing; }");
    assert_eq!(outcome, Outcome::NotCompiled);
    assert!(output.contains("missing"), "{output}");
    let code = "#include <stdio.h>\nint main() { puts(\"compiled\"); return 2; }";
    assert_eq!(stage.run("c", code), ("compiled\n".into(), Outcome::Exited(2)));
}

#[test]
fn runs_go_side_by_side() {
    let mut stage = Stage::new();
    let waits = stage.start("bash", "until test -e ready; do sleep 0.01; done; echo both");
    let other = stage.start("bash", "touch ready");
    assert_eq!(stage.end(waits), ("both\n".into(), Outcome::Exited(0)));
    assert_eq!(stage.end(other).1, Outcome::Exited(0));
}

const SEED: &str = "
fn my_function(x: i64, y: i64) -> i64 {
    x + y
}

fn main() {
    println!(\"applying a function: {}\", my_function(2, 3));
}
";

/// What a run of Rust wrote and how it ended, and whether it had to be compiled.
fn run_rust(stage: &mut Stage, code: &str) -> (String, Outcome, bool) {
    let run = stage.start("rust", code);
    let is_compiled = match stage.next(run) {
        RunEvent::Compiling => true,
        RunEvent::Started => false,
        // Its errors were known.
        RunEvent::Output(errors) => {
            let (rest, outcome) = stage.end(run);
            return (String::from_utf8(errors).unwrap() + &rest, outcome, false);
        }
        other => panic!("{other:?}"),
    };
    let (output, outcome) = stage.end(run);
    (output, outcome, is_compiled)
}

#[test]
fn rust_is_compiled_once_and_again_when_it_changed() {
    let mut stage = Stage::new();
    let output = "applying a function: 5\n".to_owned();
    assert_eq!(run_rust(&mut stage, SEED), (output.clone(), Outcome::Exited(0), true));
    assert_eq!(run_rust(&mut stage, SEED), (output.clone(), Outcome::Exited(0), false));
    let edited = SEED.replace("2, 3", "40, 2");
    let output_of_edited = "applying a function: 42\n".to_owned();
    assert_eq!(run_rust(&mut stage, &edited), (output_of_edited, Outcome::Exited(0), true));
    // The next talk finds it in the cache, and the compiler rests.
    let (send, events) = crossbeam_channel::unbounded();
    let options = options(stage.folder.path());
    stage.executor = Some(Executor::new(options, move |event| drop(send.send(event))));
    stage.events = events;
    assert_eq!(run_rust(&mut stage, SEED), (output, Outcome::Exited(0), false));
}

#[test]
fn a_program_that_vanished_is_compiled_again() {
    let mut stage = Stage::new();
    run_rust(&mut stage, SEED);
    fs::remove_dir_all(stage.folder.path().join("cache")).unwrap();
    let again = run_rust(&mut stage, SEED);
    assert_eq!(again, ("applying a function: 5\n".into(), Outcome::Exited(0), true));
}

#[test]
fn panics_and_errors_speak_of_the_deck() {
    let mut stage = Stage::new();
    // The code starts on line 7.
    let code = "fn main() {\n    let none: Option<i32> = None;\n    none.unwrap();\n}";
    let (output, outcome, _) = run_rust(&mut stage, code);
    assert_eq!(outcome, Outcome::Exited(101));
    assert!(output.contains("panicked at talk.md:9:10:"), "{output}");
    let code = "fn main() {\n    let text: String = 1;\n}";
    let (output, outcome, is_compiled) = run_rust(&mut stage, code);
    assert_eq!((outcome, is_compiled), (Outcome::NotCompiled, true));
    let plain: String = output
        .split('\u{1b}')
        .map(|part| part.split_once('m').map_or(part, |(_, text)| text))
        .collect();
    assert!(plain.contains("--> talk.md:8:24"), "{plain}");
    assert!(output.contains('\u{1b}'), "errors should have colours");
    assert!(!plain.contains("aborting"), "{plain}");
    // Errors are kept, too.
    let (again, outcome, is_compiled) = run_rust(&mut stage, code);
    assert_eq!((again, outcome, is_compiled), (output, Outcome::NotCompiled, false));
}

#[test]
fn code_without_main_runs_and_its_question_marks_work() {
    let mut stage = Stage::new();
    let code = "#![allow(unused)]
        use std::collections::BTreeMap;
        let numbers: Vec<i32> = \"1 2 3\".split(' ').map(str::parse).collect::<Result<_, _>>()?;
        println!(\"{}\", numbers.iter().sum::<i32>());
        \"four\".parse::<i32>()?;";
    let (output, outcome, _) = run_rust(&mut stage, code);
    assert_eq!(output, "6\nError: ParseIntError { kind: InvalidDigit }\n");
    assert_eq!(outcome, Outcome::Exited(1));
    let (output, outcome, _) = run_rust(&mut stage, "let none: Option<i32> = None;\nnone.unwrap()");
    assert!(output.contains("panicked at talk.md:8:6:"), "{output}");
    assert_eq!(outcome, Outcome::Exited(101));
    let (output, outcome, _) = run_rust(&mut stage, "println!(\"fine\");\nOk(())");
    assert_eq!((output.as_str(), outcome), ("fine\n", Outcome::Exited(0)));
    let (output, outcome, _) = run_rust(&mut stage, "println!(\"fine\") // is it?");
    assert_eq!((output.as_str(), outcome), ("fine\n", Outcome::Exited(0)));
}

#[test]
fn an_overflow_is_caught_and_warnings_are_not_shown() {
    let mut stage = Stage::new();
    let code = "fn unused() {}\nfn main() { let n = std::env::args().count() as u8; println!(\"{}\", n - 2); }";
    let (output, outcome, _) = run_rust(&mut stage, code);
    assert!(output.contains("attempt to subtract with overflow"), "{output}");
    assert!(!output.contains("warning"), "{output}");
    assert_eq!(outcome, Outcome::Exited(101));
}

/// Code that keeps the compiler counting for minutes.
fn slow(name: &str) -> String {
    format!(
        "#![allow(long_running_const_eval)]
        const fn spin(n: u64) -> u64 {{ let mut i = 0; while i < n {{ i += 1; }} i }}
        const LONG: u64 = spin(4_000_000_000);
        fn main() {{ println!(\"{name} {{LONG}}\"); }}"
    )
}

#[test]
fn what_is_prepared_starts_without_the_compiler() {
    let mut stage = Stage::new();
    let ready = snippet("rust", SEED, 7);
    let wrong = snippet("rust", "fn main() { 1 + }", 20);
    stage.executor().prepare(vec![ready.clone(), snippet("bash", "exit", 3), wrong.clone()], &[]);
    stage.wait_for_preparation(&ready, Preparation::Compiling);
    stage.wait_for_preparation(&ready, Preparation::Ready);
    stage.wait_for_preparation(&wrong, Preparation::Failed);
    let output = "applying a function: 5\n".to_owned();
    assert_eq!(run_rust(&mut stage, SEED), (output, Outcome::Exited(0), false));
    stage.executor().prepare(vec![ready.clone()], &[]);
    stage.wait_for_preparation(&ready, Preparation::Ready);
}

#[test]
fn what_is_wanted_does_not_wait_for_what_is_prepared() {
    let mut stage = Stage::new();
    let slow = [snippet("rust", &slow("one"), 7), snippet("rust", &slow("two"), 30)];
    stage.executor().prepare(slow.to_vec(), &[]);
    stage.wait_for_preparation(&slow[1], Preparation::Compiling);
    let output = "applying a function: 5\n".to_owned();
    assert_eq!(run_rust(&mut stage, SEED), (output, Outcome::Exited(0), true));
    let told = stage.earlier.borrow();
    assert!(!told.iter().any(|event| matches!(event, Event::Prepared(_, Preparation::Ready))));
}

#[test]
fn a_stop_ends_the_compiler() {
    let mut stage = Stage::new();
    let run = stage.start("rust", &slow("never"));
    assert_eq!(stage.next(run), RunEvent::Compiling);
    stage.executor().stop(run, Stop::Interrupt);
    assert!(matches!(stage.next(run), RunEvent::Finished(Outcome::Stopped, _)));
}

#[test]
fn what_is_not_wanted_any_more_is_given_up() {
    let stage = Stage::new();
    let slow = snippet("rust", &slow("never"), 7);
    let other = snippet("rust", SEED, 7);
    stage.executor().prepare(vec![slow.clone()], &[]);
    stage.wait_for_preparation(&slow, Preparation::Compiling);
    stage.executor().prepare(vec![other.clone()], &[]);
    stage.wait_for_preparation(&other, Preparation::Ready);
    let told = stage.earlier.borrow();
    assert!(!told.contains(&Event::Prepared(slow.fingerprint, Preparation::Ready)));
}

#[test]
fn leaving_while_the_compiler_works_leaves_nothing() {
    let mut stage = Stage::new();
    let run = stage.start("rust", &slow("never"));
    assert_eq!(stage.next(run), RunEvent::Compiling);
    stage.leave();
    assert!(matches!(stage.next(run), RunEvent::Finished(_, Duration::ZERO)));
    let built = fs::read_dir(stage.folder.path().join("cache/rust"));
    assert_eq!(built.map_or(0, Iterator::count), 0);
}

/// A PNG file of one pixel.
const PIXEL: &str = r"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89";

/// A run whose standard output is a picture: what else it wrote, the picture's bytes, its end.
fn picture(stage: &mut Stage, language: &str, code: &str) -> (String, Option<Vec<u8>>, Outcome) {
    let run = stage.start_request(language, code, |request| request.target = Target::Picture);
    let (mut text, mut bytes) = (String::new(), None);
    loop {
        match stage.next(run) {
            RunEvent::Output(output) => text.push_str(&String::from_utf8_lossy(&output)),
            RunEvent::Picture(file) => bytes = Some(fs::read(file).unwrap()),
            RunEvent::Finished(outcome, _) => return (text, bytes, outcome),
            _ => {}
        }
    }
}

#[test]
fn f154_standard_output_is_the_picture_and_errors_are_shown() {
    let mut stage = Stage::new();
    let expected =
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
    for (language, code) in [
        ("bash", format!("echo drawing >&2; printf '{PIXEL}'")),
        (
            "python",
            format!(
                "import sys; sys.stdout.buffer.write(b'{PIXEL}'); print('drawing', file=sys.stderr)"
            ),
        ),
    ] {
        let (text, bytes, outcome) = picture(&mut stage, language, &code);
        assert_eq!((text.as_str(), outcome), ("drawing\n", Outcome::Exited(0)));
        assert_eq!(bytes.as_deref(), Some(&expected[..]), "{language}");
    }
    let code = "#include <stdio.h>\nint main() { fputs(\"P\", stdout); }";
    let (text, bytes, _) = picture(&mut stage, "c", code);
    assert_eq!((text.as_str(), bytes.as_deref()), ("", Some(&b"P"[..])), "the compiler draws none");
}

#[test]
fn f154_a_run_that_fails_makes_no_picture() {
    let mut stage = Stage::new();
    let (text, bytes, outcome) = picture(&mut stage, "bash", "echo half; echo oh >&2; exit 3");
    assert_eq!((text.as_str(), bytes, outcome), ("oh\n", None, Outcome::Exited(3)));
}

#[test]
fn f154_a_picture_may_be_larger_than_a_pipe_and_leaves_nothing_behind() {
    let mut stage = Stage::new();
    let code = "head -c 5000000 /dev/zero; sleep 1000 &";
    let run = stage.start_request("bash", code, |request| request.target = Target::Picture);
    let file = loop {
        match stage.next(run) {
            RunEvent::Picture(file) => break file,
            RunEvent::Finished(outcome, _) => panic!("{outcome:?}"),
            _ => {}
        }
    };
    assert_eq!(fs::metadata(&file).unwrap().len(), 5_000_000);
    stage.leave();
    assert!(!file.exists());
}

#[test]
fn f162_variables_of_the_deck_reach_every_engine() {
    let mut stage = Stage::new();
    for (language, code) in [
        ("bash", "echo $DECK_WORD"),
        ("python", "import os; print(os.environ['DECK_WORD'])"),
        ("rust", "fn main() { println!(\"{}\", std::env::var(\"DECK_WORD\").unwrap()); }"),
    ] {
        let run = stage.start_request(language, code, |request| {
            request.code.environment = vec![("DECK_WORD".to_owned(), "a = b".to_owned())];
        });
        assert_eq!(stage.end(run), ("a = b\n".to_owned(), Outcome::Exited(0)), "{language}");
    }
}

#[test]
fn a_run_that_takes_too_much_memory_is_refused_it_and_no_other() {
    let mut stage = Stage::new();
    for (language, code, refusal) in [
        ("python", "x = bytearray(1 << 30)", "MemoryError"),
        ("bash", "python3 -c 'x = bytearray(1 << 30)' 2>&1", "MemoryError"),
        (
            "rust",
            "fn main() { let mut x = vec![0_u8; 1 << 30]; x[5] = 1; println!(\"{}\", x[5]); }",
            "alloc",
        ),
    ] {
        let limited = stage.start_request(language, code, |request| {
            request.limits.memory = Some(256 << 20);
        });
        let (output, outcome) = stage.end(limited);
        assert!(output.contains(refusal), "{language}: {output} {outcome:?}");
        assert!(!outcome.is_success(), "{language}");
        let (output, outcome) = stage.run(language, code);
        assert_eq!(outcome, Outcome::Exited(0), "{language}: {output}");
    }
}

/// A block of Rust with these crates, compiled in a cache that stays: cold, they take seconds.
fn with_crates(stage: &mut Stage, crates: Vec<Crate>, code: &str) -> RunId {
    let build = RustBuild { crates, ..RustBuild::default() };
    stage.start_request("rust", code, |request| request.code.rust = Some(Arc::new(build)))
}

fn version(name: &str, version: &str, features: &[&str]) -> Crate {
    let features = features.iter().map(|&name| name.into()).collect();
    Crate { version: Some(version.into()), features, ..Crate::new(name) }
}

fn beside(name: &str) -> Crate {
    Crate { origin: Origin::Path(name.into()), ..Crate::new(name) }
}

impl Stage {
    /// A stage whose cache is kept from test to test.
    fn with_kept_cache() -> Self {
        let mut stage = Self::new();
        let (send, events) = crossbeam_channel::unbounded();
        let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tmp/cache");
        let options = Options { cache, ..options(stage.folder.path()) };
        stage.executor = Some(Executor::new(options, move |event| drop(send.send(event))));
        stage.events = events;
        stage
    }

    /// Makes a package beside the deck.
    fn package(&self, name: &str, files: &[(&str, &str)]) {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(folder.join("src")).unwrap();
        let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n");
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        for (file, text) in files {
            fs::write(folder.join(file), text).unwrap();
        }
    }
}

#[test]
fn a_block_of_rust_may_use_crates() {
    let mut stage = Stage::with_kept_cache();
    let json = Crate { package: Some("serde_json".into()), ..version("json", "1", &[]) };
    let crates = vec![json, version("serde", "1", &["derive"])];
    let code = "#[derive(serde::Serialize)]\nstruct Talk { minutes: u32 }\n\
                println!(\"{}\", json::to_string(&Talk { minutes: 40 })?);";
    let run = with_crates(&mut stage, crates.clone(), code);
    assert_eq!(stage.end(run), ("{\"minutes\":40}\n".into(), Outcome::Exited(0)));
    let run = with_crates(&mut stage, crates, "let talk: serde::Nothing;");
    let (output, outcome) = stage.end(run);
    assert!(output.contains("talk.md:7:18") && outcome == Outcome::NotCompiled, "{output}");
}

#[test]
fn crates_are_built_with_their_progress_shown_and_only_once() {
    let mut stage = Stage::new();
    let build = RustBuild { crates: vec![version("itoa", "1", &[])], ..RustBuild::default() };
    let mut snippet = snippet("rust", "print!(\"{}\", itoa::Buffer::new().format(42));", 7);
    snippet.rust = Some(Arc::new(build));
    stage.executor().prepare(vec![snippet.clone()], &[]);
    stage.await_event(|event| match event {
        Event::Prepared(code, Preparation::Building(how_far)) if *code == snippet.fingerprint => {
            (how_far.starts_with("compiling ") && how_far.ends_with(" itoa")).then_some(())
        }
        _ => None,
    });
    stage.wait_for_preparation(&snippet, Preparation::Ready);
    let run = stage.start_request("rust", "", |request| request.code = snippet.clone());
    assert_eq!(stage.end(run), ("42".into(), Outcome::Exited(0)));
    let again = Executor::new(options(stage.folder.path()), |_| {});
    assert!(again.rust.knows(&snippet));
}

#[test]
fn a_crate_beside_the_deck_is_built_again_when_it_changed() {
    let mut stage = Stage::with_kept_cache();
    let answer = |answer: &str| {
        format!("pub fn answer() -> u32 {{ {answer} + env!(\"MORE\").len() as u32 }}")
    };
    let script = "fn main() { println!(\"cargo:rustc-env=MORE=ab\"); }";
    stage.package("own", &[("src/lib.rs", &answer("40")), ("build.rs", script)]);
    let code = "print!(\"{}\", own::answer());";
    let run = with_crates(&mut stage, vec![beside("own")], code);
    assert_eq!(stage.end(run), ("42".into(), Outcome::Exited(0)));
    stage.package("own", &[("src/lib.rs", &answer("5"))]);
    let run = with_crates(&mut stage, vec![beside("own")], code);
    assert_eq!(stage.end(run), ("7".into(), Outcome::Exited(0)));
}

#[test]
fn what_cargo_refuses_is_shown_in_its_own_words() {
    let mut stage = Stage::with_kept_cache();
    let run = with_crates(&mut stage, vec![beside("missing")], "fn main() {}");
    let (output, outcome) = stage.end(run);
    assert_eq!(outcome, Outcome::NotCompiled);
    assert!(output.contains("missing/Cargo.toml") && !output.contains("Building"), "{output}");
    stage.package("broken", &[("src/lib.rs", "fn f() { not rust }")]);
    let run = with_crates(&mut stage, vec![beside("broken")], "fn main() {}");
    let (output, outcome) = stage.end(run);
    assert_eq!(outcome, Outcome::NotCompiled);
    assert!(output.contains("src/lib.rs:1") && output.contains("could not compile"), "{output}");
}

#[test]
fn building_crates_can_be_stopped() {
    // In a cache of its own: cargo lets one build at a time into one folder.
    let mut stage = Stage::new();
    let script = "fn main() { std::thread::sleep(std::time::Duration::from_secs(1000)); }";
    stage.package("slow", &[("src/lib.rs", ""), ("build.rs", script)]);
    let run = with_crates(&mut stage, vec![beside("slow")], "fn main() {}");
    stage.await_event(|event| match event {
        Event::Prepared(_, Preparation::Building(how_far)) => {
            how_far.contains("slow").then_some(())
        }
        _ => None,
    });
    stage.executor().stop(run, Stop::Interrupt);
    assert_eq!(stage.end(run).1, Outcome::Stopped);
}

#[test]
fn the_profile_and_the_edition_are_the_author_s() {
    let mut stage = Stage::new();
    let code = "print!(\"{}\", cfg!(debug_assertions));";
    let mut run = |build: RustBuild, code: &str| {
        let build = Some(Arc::new(build));
        let run = stage.start_request("rust", code, |request| request.code.rust = build);
        stage.end(run)
    };
    let built = |profile| RustBuild { profile, ..RustBuild::default() };
    assert_eq!(run(built(Profile::Release), code).0, "false");
    assert_eq!(run(built(Profile::Debug), code).0, "true");
    assert_eq!(run(built(Profile::Quick), code).0, "true");
    let old = RustBuild { edition: Some("2015".into()), ..RustBuild::default() };
    assert_eq!(run(old, "let async = 3; print!(\"{}\", async)").0, "3");
}

#[test]
fn a_fork_bomb_is_ended_and_the_next_block_runs() {
    for (language, bomb) in [
        ("bash", "b() { sleep 0.03; b | b & }; b; sleep 1000"),
        ("python", "import os, time\nwhile True:\n    os.fork()\n    time.sleep(0.05)"),
    ] {
        let mut stage = Stage::new();
        let run = stage.start_request(language, bomb, |request| {
            request.limits.processes = Some(60);
        });
        let (_, outcome) = stage.end(run);
        assert_eq!(outcome, Outcome::Signaled(9), "{language}");
        assert_eq!(stage.run("bash", "echo on").0, "on\n");
    }
}

/// Starts a block for which the speaker types, and waits until it waits for that.
fn asking(stage: &mut Stage, language: &str, code: &str) -> RunId {
    let run = stage.start_request(language, code, |request| request.input = Input::Speaker);
    while !matches!(stage.next(run), RunEvent::Waits { .. }) {}
    run
}

#[test]
fn what_is_typed_is_read_and_seen() {
    let mut stage = Stage::new();
    let run = asking(&mut stage, "bash", "read -p 'Who? ' name; echo \"hello $name\"");
    stage.executor().type_in(run, "Zoë\n".as_bytes());
    assert_eq!(stage.end(run), ("Zoë\nhello Zoë\n".into(), Outcome::Exited(0)));
}

#[test]
fn a_run_that_waits_again_says_so_again_and_reads_on_in_between() {
    let mut stage = Stage::new();
    let run = asking(&mut stage, "bash", "read a; sleep 0.5; read b; echo $a$b");
    stage.executor().type_in(run, b"1\n");
    while stage.next(run) != RunEvent::ReadsOn {}
    while !matches!(stage.next(run), RunEvent::Waits { .. }) {}
    stage.executor().type_in(run, b"2\n");
    assert!(stage.end(run).0.ends_with("12\n"));
}

#[test]
fn input_ends_where_the_speaker_ends_it() {
    let mut stage = Stage::new();
    let run = asking(&mut stage, "bash", "cat; echo over");
    stage.executor().type_in(run, b"a\n");
    stage.executor().type_in(run, b"\x04");
    assert_eq!(stage.end(run), ("a\na\nover\n".into(), Outcome::Exited(0)));
}

#[test]
fn a_child_that_waits_by_poll_or_select_is_seen_to() {
    let mut stage = Stage::new();
    for wait in ["select.select([0], [], [])", "p = select.poll(); p.register(0, 1); p.poll()"] {
        let code = format!("python3 -c 'import select; {wait}; print(input())'");
        let run = asking(&mut stage, "bash", &code);
        stage.executor().type_in(run, b"x\n");
        assert_eq!(stage.end(run), ("x\nx\n".into(), Outcome::Exited(0)), "{wait}");
    }
}

#[test]
fn a_password_is_not_to_be_seen() {
    let mut stage = Stage::new();
    let code = "read -s word; echo ${#word}";
    let run = stage.start_request("bash", code, |request| request.input = Input::Speaker);
    while stage.next(run) != (RunEvent::Waits { hidden: true }) {}
    stage.executor().type_in(run, b"secret\n");
    assert_eq!(stage.end(run), ("6\n".into(), Outcome::Exited(0)));
}

#[test]
fn a_run_that_waits_for_something_else_does_not_wait_for_input() {
    let mut stage = Stage::new();
    let code = "sleep 0.3; cat < <(sleep 0.3; echo x); read a <<< b";
    let run = stage.start_request("bash", code, |request| request.input = Input::Speaker);
    loop {
        match stage.next(run) {
            RunEvent::Waits { .. } => panic!("nothing is read from the terminal"),
            RunEvent::Finished(outcome, _) => return assert_eq!(outcome, Outcome::Exited(0)),
            _ => {}
        }
    }
}

#[test]
fn what_the_author_wrote_is_fed_line_by_line_and_then_ends() {
    let mut stage = Stage::new();
    let code = "read -p 'a? ' a; read -p 'b? ' b; echo $((a + b)); cat; echo over";
    let run = stage.start_request("bash", code, |request| {
        request.input = Input::Given("40\n2\nrest".into());
    });
    let expected = "a? 40\nb? 2\n42\nrest\nrest\nover\n";
    assert_eq!(stage.end(run), (expected.into(), Outcome::Exited(0)));
}

#[test]
fn a_program_of_rust_reads_what_is_typed() {
    let mut stage = Stage::new();
    let code = "let mut line = String::new();\nstd::io::stdin().read_line(&mut line)?;\n\
                print!(\"<{}>\", line.trim());";
    let run = asking(&mut stage, "rust", code);
    stage.executor().type_in(run, b"typed\n");
    assert_eq!(stage.end(run), ("typed\n<typed>".into(), Outcome::Exited(0)));
}

#[path = "module_tests.rs"]
mod modules;

#[path = "race_tests.rs"]
mod races;
