//! Blocks in real Jupyter kernels: ipykernel and `bash_kernel`, in the virtual environment that
//! `$LIVEDECK_TEST_KERNELS` names (`.ci/kernels` makes one). Without it, these tests do nothing.

use super::*;
use crate::exec::os::procfs;
use crate::run::OutputValue;

/// The variable that names the environment.
const VARIABLE: &str = "LIVEDECK_TEST_KERNELS";

impl ExecHarness {
    /// Returns a harness whose kernels are those of the environment, if there is one.
    fn with_kernels() -> Option<Self> {
        let Some(environment) = std::env::var_os(VARIABLE) else {
            println!("skipped: `{VARIABLE}` names no environment with Jupyter kernels");
            return None;
        };
        let environment = Path::new(env!("CARGO_MANIFEST_DIR")).join(environment);
        let mut harness = Self::new();
        let (send, events) = crossbeam_channel::unbounded();
        let python = Some(environment.to_str().unwrap().to_owned());
        let options = ExecOptions { python, ..options(harness.folder.path()) };
        harness.executor = Some(Executor::new(options, move |event| drop(send.send(event))));
        harness.events = events;
        Some(harness)
    }

    fn start_in(&mut self, kernel: &str, code: &str) -> RunId {
        self.start_request("python", code, |request| {
            request.code.alternative = Some(format!("kernel={kernel}"));
            request.input = StdinSource::Speaker;
        })
    }

    /// Runs code in a kernel to its end.
    fn run_in_kernel(&mut self, kernel: &str, code: &str) -> (String, Outcome) {
        let run = self.start_in(kernel, code);
        let (output, outcome) = self.end(run);
        let visible = crate::ansi::strip_colors(&output).replace('\r', "");
        (visible, outcome)
    }
}

#[test]
fn blocks_of_a_kernel_share_its_state() {
    let Some(mut harness) = ExecHarness::with_kernels() else { return };
    let first = harness.start_in("python3", "import os\nx = os.getpid()\nprint('one')");
    let second = harness.start_in("python3", "print(x == os.getpid())\n6 * 7");
    assert_eq!(harness.end(first), ("one\n".to_owned(), Outcome::Exited(0)));
    let (output, outcome) = harness.end(second);
    assert!(output.starts_with("True\n") && output.contains("42"), "{output:?}");
    assert_eq!(outcome, Outcome::Exited(0));
    // The same kernel by another name.
    let run = harness.start_request("python", "print(x > 0)", |request| {
        request.code.alternative = Some("kernel".to_owned());
    });
    assert_eq!(harness.end(run), ("True\n".to_owned(), Outcome::Exited(0)));
}

#[test]
fn output_arrives_while_the_block_runs() {
    let Some(mut harness) = ExecHarness::with_kernels() else { return };
    let code = "import os, time\nprint('first', flush=True)\nwhile not os.path.exists('go'): \
                time.sleep(0.01)\nprint('second')";
    let run = harness.start_in("python3", code);
    harness.wait_for(run, "first\n");
    fs::write(harness.folder.path().join("go"), "").unwrap();
    assert_eq!(harness.end(run), ("second\n".to_owned(), Outcome::Exited(0)));
}

#[test]
fn error_of_a_kernel_has_its_traceback() {
    let Some(mut harness) = ExecHarness::with_kernels() else { return };
    let run = harness.start_in("python3", "1 / 0");
    let (output, outcome) = harness.end(run);
    assert_eq!(outcome, Outcome::Raised);
    assert!(output.contains("\u{1b}["), "it has colours: {output:?}");
    assert!(crate::ansi::strip_colors(&output).contains("ZeroDivisionError: division by zero"));
}

#[test]
fn values_of_a_kernel_are_rich() {
    let Some(mut harness) = ExecHarness::with_kernels() else { return };
    let code = "from IPython.display import *\nimport base64\n\
        png = base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==')\n\
        display(Image(png), Markdown('# m'), HTML('<table><tr><td>1</td></tr></table>'))";
    let run = harness.start_in("python3", code);
    let mut values = Vec::new();
    while values.len() < 3 {
        match harness.next(run) {
            RunEvent::Value(value, _) => values.push(value),
            RunEvent::Finished(outcome, _) => panic!("{outcome:?} after {values:?}"),
            _ => {}
        }
    }
    let [OutputValue::Picture(file), OutputValue::Markdown(text), OutputValue::Table(table)] =
        &*values
    else {
        panic!("{values:?}")
    };
    assert!(fs::read(file).unwrap().starts_with(b"\x89PNG"));
    assert_eq!((&**text, &*table.rows[0][0]), ("# m", "1"));
    assert_eq!(harness.end(run).1, Outcome::Exited(0));
}

#[test]
fn kernel_reads_what_the_speaker_types() {
    let Some(mut harness) = ExecHarness::with_kernels() else { return };
    let run = harness.start_in("python3", "name = input('Who? ')\nprint('hello', name)");
    while !matches!(harness.next(run), RunEvent::WaitsForInput { hidden: false }) {}
    harness.executor().type_in(run, "Zoë\n".as_bytes());
    assert_eq!(harness.end(run), ("Zoë\nhello Zoë\n".to_owned(), Outcome::Exited(0)));
    let run = harness.start_in("python3", "import getpass\nprint(len(getpass.getpass()))");
    while !matches!(harness.next(run), RunEvent::WaitsForInput { hidden: true }) {}
    harness.executor().type_in(run, b"secret\n");
    assert_eq!(harness.end(run), ("\n6\n".to_owned(), Outcome::Exited(0)));
    let run = harness.start_request("python", "input()", |request| {
        request.code.alternative = Some("kernel=python3".to_owned());
        request.input = StdinSource::Text("".into());
    });
    let (output, _) = harness.end(run);
    assert!(output.contains("EOFError"), "{output}");
}

#[test]
fn interrupted_kernel_keeps_its_state() {
    let Some(mut harness) = ExecHarness::with_kernels() else { return };
    let code = "x = 7\nprint('on', flush=True)\nwhile True: pass";
    for _ in 0..2 {
        let run = harness.start_in("python3", code);
        harness.wait_for(run, "on");
        harness.executor().stop(run, Stop::Interrupt);
        assert_eq!(harness.end(run).1, Outcome::Stopped);
    }
    let (output, outcome) = harness.run_in_kernel("python3", "print(x)");
    assert_eq!((&*output, outcome), ("7\n", Outcome::Exited(0)));
}

#[test]
fn another_kernel_runs_and_is_killed() {
    let Some(mut harness) = ExecHarness::with_kernels() else { return };
    harness.run_in_kernel("bash", "x=7");
    let (output, outcome) = harness.run_in_kernel("bash", "echo \"$x\"");
    assert_eq!((&*output, outcome), ("7\n", Outcome::Exited(0)));
    assert_eq!(harness.run_in_kernel("bash", "false").1, Outcome::Raised);
    // Version 0.10 of `bash_kernel` does not stop what it runs when it is interrupted.
    let run = harness.start_in("bash", "echo on; sleep 1000");
    harness.wait_for(run, "on");
    harness.executor().stop(run, Stop::Interrupt);
    harness.executor().stop(run, Stop::Kill);
    assert_eq!(harness.end(run).1, Outcome::Stopped);
    let (output, outcome) = harness.run_in_kernel("bash", "echo \"<$x>\"");
    assert_eq!((&*output, outcome), ("<>\n", Outcome::Exited(0)));
}

#[test]
fn run_beyond_its_limit_ends() {
    let Some(mut harness) = ExecHarness::with_kernels() else { return };
    harness.run_in_kernel("python3", "pass");
    let run = harness.start_request("python", "while True: pass", |request| {
        request.code.alternative = Some("kernel=python3".to_owned());
        request.limits.timeout = Some(Duration::from_millis(300));
    });
    assert_eq!(harness.end(run).1, Outcome::TimedOut);
    // Whether its state is kept depends on how fast it obeys.
    assert_eq!(harness.run_in_kernel("python3", "print(7)"), ("7\n".into(), Outcome::Exited(0)));
}

#[test]
fn killed_kernel_is_replaced() {
    let Some(mut harness) = ExecHarness::with_kernels() else { return };
    let (pid, _) = harness.run_in_kernel("python3", "import os\nx = 7\nprint(os.getpid())");
    let run = harness.start_in("python3", "print('on', flush=True)\nwhile True: pass");
    harness.wait_for(run, "on");
    let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let (output, outcome) = harness.end(run);
    assert_eq!(outcome, Outcome::Signaled(9));
    assert!(output.contains("the kernel `python3` was killed by signal 9"), "{output}");
    assert_eq!(
        harness.run_in_kernel("python3", "print('x' in globals())"),
        ("False\n".to_owned(), Outcome::Exited(0))
    );
}

#[test]
fn nothing_of_a_kernel_outlives_the_talk() {
    let Some(mut harness) = ExecHarness::with_kernels() else { return };
    let file = |name: &str| harness.folder.path().join(name);
    let (python, bash) = (file("python"), file("bash"));
    let code = format!(
        "import os, subprocess\nchild = subprocess.Popen(['setsid', 'sleep', '1000'])\n\
         print(os.getpid(), child.pid, file=open({python:?}, 'w'), flush=True)"
    );
    harness.run_in_kernel("python3", &code);
    harness.run_in_kernel("bash", &format!("sleep 1000 & echo $$ $! > {}", bash.display()));
    let pids = [python, bash].map(|file| std::fs::read_to_string(file).unwrap());
    let pids: std::collections::BTreeSet<i32> =
        pids.iter().flat_map(|it| it.split_whitespace()).map(|pid| pid.parse().unwrap()).collect();
    assert_eq!(pids.len(), 4, "{pids:?}");
    let is_there = |pid: &i32| {
        let found = rustix::process::Pid::from_raw(*pid).and_then(procfs::find);
        found.is_some_and(|process| !process.is_dead)
    };
    assert!(pids.iter().all(is_there), "{pids:?}");
    harness.leave();
    wait_until("a process of a kernel is left", || !pids.iter().any(is_there));
}

#[test]
fn missing_kernel_is_explained_on_the_block() {
    let mut harness = ExecHarness::new();
    let run = harness.start_request("bash", "echo", |request| {
        request.code.alternative = Some("kernel=no-such-kernel".to_owned());
    });
    let Outcome::NotStarted(why) = harness.end(run).1 else { panic!("it ran") };
    assert!(why.starts_with("there is no kernel `no-such-kernel`: "), "{why}");
    assert!(why.contains("/usr/share/jupyter/kernels"), "{why}");
}

#[test]
fn kernel_in_a_sandbox_needs_the_network() {
    let mut harness = ExecHarness::new();
    let options = ExecOptions {
        sandbox: Some(SandboxOptions { has_network: false }),
        ..options(harness.folder.path())
    };
    let (send, events) = crossbeam_channel::unbounded();
    harness.executor = Some(Executor::new(options, move |event| drop(send.send(event))));
    harness.events = events;
    let run = harness.start_request("bash", "echo", |request| {
        request.code.alternative = Some("kernel".to_owned());
    });
    let Outcome::NotStarted(why) = harness.end(run).1 else { panic!("it ran") };
    assert!(why.contains("use `--sandbox=net`"), "{why}");
}
