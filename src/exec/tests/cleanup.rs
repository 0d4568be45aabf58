//! Background processes and files of runs, which are gone after the talk.

use rstest::rstest;

use super::*;

fn is_alive(process: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.trim())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[test]
fn background_process_outlives_its_run() {
    let mut harness = ExecHarness::new();
    let go = harness.folder.path().join("go");
    let run =
        harness.start("bash", "(until test -e go; do sleep 0.02; done; echo late) & echo done");
    assert_eq!(harness.end(run), ("done\n".into(), Outcome::Exited(0)));
    fs::write(go, "").unwrap();
    let output = |event: &ExecEvent| match event {
        ExecEvent::Run(_, RunEvent::Output(bytes)) => Some(bytes.clone()),
        _ => None,
    };
    assert_eq!(harness.await_event(output), b"late\n");
}

impl ExecHarness {
    /// Waits until a run has `count` background processes.
    fn wait_for_background(&self, run: RunId, count: usize) {
        let wanted = ExecEvent::Run(run, RunEvent::Background(count));
        self.await_event(|event| (*event == wanted).then_some(()));
    }
}

#[rstest]
#[case::of_bash("bash", "sleep 1000 &")]
#[case::of_detached_bash("bash", "setsid -f env -i sleep 1000")]
#[case::of_python("python", "import subprocess\nsubprocess.Popen(['sleep', '1000'])")]
#[case::of_detached_python("python", "import os\nos.system('setsid -f env -i sleep 1000')")]
#[case::of_rust(
    "rust",
    "fn main() { std::process::Command::new(\"sleep\").arg(\"1000\").spawn().unwrap(); }"
)]
fn kill_ends_background_processes(#[case] language: &str, #[case] code: &str) {
    let mut harness = ExecHarness::new();
    // The run's terminal closes, which must not end its background processes.
    let run = harness.start_request(language, code, |request| request.input = StdinSource::Speaker);
    assert_eq!(harness.end(run).1, Outcome::Exited(0));
    harness.wait_for_background(run, 1);
    harness.executor().stop(run, Stop::Interrupt);
    harness.executor().stop(run, Stop::Kill);
    harness.wait_for_background(run, 0);
}

#[test]
fn session_snapshot_is_not_a_background_process() {
    let mut harness = ExecHarness::new();
    let session = |request: &mut Request| request.session = Some(crate::run::SessionStart::Fresh);
    let run = harness.start_request("python", "import os\nos.system('sleep 1000 &')", session);
    assert_eq!(harness.end(run).1, Outcome::Exited(0));
    harness.wait_for_background(run, 1);
}

#[test]
fn no_process_outlives_the_talk() {
    let mut harness = ExecHarness::new();
    let code = "sleep 1000 & echo $!
        setsid bash -c 'echo $$; exec sleep 1000' &
        (setsid bash -c 'echo $$; while :; do :; done' &)
        nohup bash -c 'trap \"\" TERM HUP INT; echo $$; while :; do :; done' 2>/dev/null &
        sleep 0.1; while test $(wc -l <pids) -lt 4; do sleep 0.01; done";
    let code = format!("exec > >(tee pids); touch pids\n{code}");
    let first = harness.start("bash", &code);
    let second = harness.start("bash", "echo $$; while :; do :; done");
    let spinning = harness.wait_for(second, "\n");
    let (_, outcome) = harness.end(first);
    assert_eq!(outcome, Outcome::Exited(0));
    let pids = fs::read_to_string(harness.folder.path().join("pids")).unwrap();
    let pids: Vec<_> = pids.lines().chain(spinning.lines()).collect();
    assert_eq!(pids.len(), 5, "{pids:?}");
    assert!(pids.iter().all(|pid| is_alive(pid)), "{pids:?}");
    harness.leave();
    let left: Vec<_> = pids.iter().filter(|pid| is_alive(pid)).collect();
    assert!(left.is_empty(), "{left:?} still run");
}

#[test]
fn temporary_folders_are_removed() {
    let mut harness = ExecHarness::new();
    let (folder, _) = harness.run("bash", "dirname $0");
    assert!(!Path::new(folder.trim()).exists());
    let run = harness.start("bash", "dirname $0; sleep 1000");
    let folder = harness.wait_for(run, "\n");
    assert!(Path::new(folder.trim()).exists());
    harness.leave();
    assert!(!Path::new(folder.trim()).exists());
    assert!(!Path::new(folder.trim()).parent().unwrap().exists());
}
