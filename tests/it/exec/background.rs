//! Background processes of blocks: they run until their block runs again, the speaker ends them, or the
//! talk ends, in whatever way.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::harness::{Opening, PtyHarness, TIMEOUT, cache};
use rstest::rstest;
use rustix::process::Signal;

/// Returns a unique number of seconds to sleep, by which a test recognises its processes.
fn unique_seconds() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("4000.{}{:03}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Returns the command lines of running processes that contain this word.
fn processes_with(word: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(word)).collect()
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < TIMEOUT, "timed out waiting until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn open(deck: &str) -> PtyHarness {
    let config = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    fs::write(config.path(), "snippet: {exec: {processes: 120}}\n").unwrap();
    let args = ["-x", "--config", config.path().to_str().unwrap()];
    let talk = PtyHarness::show_with(
        deck,
        &Opening { args: &args, size: (100, 60), ..Opening::default() },
    );
    talk.wait_for("Leaving");
    talk
}

/// Processes that try to escape: a new session, an empty environment, ignored signals, changed limits.
const ESCAPES: &str = "Leaving
===

```bash +exec
setsid -f env -i sleep SECONDS
setsid -f setsid -f env -i sleep SECONDS
(trap '' TERM HUP INT; sleep SECONDS & sleep SECONDS) &
sleep SECONDS & kill -STOP $!
nohup sleep SECONDS >/dev/null 2>&1 &
printf 'sh%s\\n' ell
```

```python +exec
import os, signal, subprocess
subprocess.Popen(['setsid', '-f', 'env', '-i', 'sleep', 'SECONDS'])
stopped = subprocess.Popen(['sleep', 'SECONDS'], start_new_session=True)
os.kill(stopped.pid, signal.SIGSTOP)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve('/bin/sleep', ['sleep', 'SECONDS'], {})
    os._exit(0)
print('py' + 'thon')
```

```bash +exec
for i in {1..20}; do setsid -f env -i sleep SECONDS; done
b() { sleep 0.2; b | b & }; b
printf 'bo%s\\n' mb; sleep SECONDS
```
";

#[rstest]
#[case::by_key(None)]
#[case::by_sigterm(Some(Signal::TERM))]
#[case::by_sighup(Some(Signal::HUP))]
#[case::by_sigint(Some(Signal::INT))]
fn no_process_survives_the_talk(#[case] signal: Option<Signal>) {
    let seconds = unique_seconds();
    let talk = open(&ESCAPES.replace("SECONDS", &seconds));
    talk.keys("ctrl-e");
    for text in ["shell", "python", "bomb", "in background"] {
        talk.wait_for(text);
    }
    assert!(processes_with(&seconds).len() > 20);
    let prefix = format!("livedeck-{}-", talk.pid().as_raw_nonzero());
    match signal {
        Some(signal) => talk.signal(signal),
        None => talk.keys("q"),
    }
    talk.end();
    assert_eq!(processes_with(&seconds), Vec::<String>::new());
    assert_eq!(temp_folders(&prefix), 0);
}

/// A block that changes the resource limit that tags its processes.
const FORGERY: &str = "Leaving
===

```python +exec
import os, resource
known, most = resource.getrlimit(resource.RLIMIT_RSS)
for number in (2**32 - 1, 2**31, 1):
    resource.setrlimit(resource.RLIMIT_RSS, (known >> 32 << 32 | number, most))
    if os.fork() == 0:
        os.setsid()
        os.execve('/bin/sleep', ['sleep', 'SECONDS'], {})
print('for' + 'ged')
```
";

#[test]
fn forged_tag_does_not_outlive_the_talk() {
    let seconds = unique_seconds();
    let talk = open(&FORGERY.replace("SECONDS", &seconds));
    talk.keys("ctrl-e");
    talk.wait_for("forged");
    wait_until("all sleep", || processes_with(&seconds).len() == 3);
    talk.keys("q");
    talk.end();
    assert_eq!(processes_with(&seconds), Vec::<String>::new());
}

#[test]
fn no_process_survives_a_killed_talk() {
    let seconds = unique_seconds();
    let mut talk = open(&ESCAPES.replace("SECONDS", &seconds));
    talk.keys("ctrl-e");
    for text in ["shell", "python", "bomb", "in background"] {
        talk.wait_for(text);
    }
    talk.signal(Signal::KILL);
    talk.wait_for_end();
    wait_until("no process is left", || processes_with(&seconds).is_empty());
    let prefix = format!("livedeck-{}-", talk.pid().as_raw_nonzero());
    wait_until("no file is left", || temp_folders(&prefix) == 0);
    assert_eq!(talk.left_behind(), Vec::<String>::new());
}

/// Returns the temporary files of a process.
fn temp_folders(prefix: &str) -> usize {
    let entries = fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    entries.filter(|file| file.file_name().to_string_lossy().starts_with(prefix)).count()
}

const HANDOVER: &str = "Leaving
===

```bash +exec +acquire_terminal
trap '' TERM HUP INT
printf 'it has %s\\n' it; sleep SECONDS & sleep SECONDS; sleep SECONDS
```
";

#[rstest]
#[case::by_sigterm(Signal::TERM)]
#[case::by_sighup(Signal::HUP)]
#[case::by_sigint(Signal::INT)]
fn foreground_program_ends_with_the_talk(#[case] signal: Signal) {
    let seconds = unique_seconds();
    let talk = open(&HANDOVER.replace("SECONDS", &seconds));
    talk.keys("ctrl-e");
    talk.wait_for("it has it");
    talk.signal(signal);
    talk.end();
    assert_eq!(processes_with(&seconds), Vec::<String>::new());
}

#[test]
fn foreground_program_ends_with_its_terminal() {
    let seconds = unique_seconds();
    let talk = open(&HANDOVER.replace("SECONDS", &seconds));
    talk.keys("ctrl-e");
    talk.wait_for("it has it");
    talk.hang_up();
    assert_eq!(processes_with(&seconds), Vec::<String>::new());
}

#[test]
fn editor_ends_with_the_talk() {
    let seconds = unique_seconds();
    let editor = format!("sh -c 'echo it has it; sleep {seconds}'");
    let opening = Opening { env: &[("VISUAL", &editor)], ..Opening::default() };
    let talk = PtyHarness::show_with("Leaving\n===\n", &opening);
    talk.wait_for("Leaving");
    talk.keys("e");
    talk.wait_for("it has it");
    talk.signal(Signal::TERM);
    talk.end();
    assert_eq!(processes_with(&seconds), Vec::<String>::new());
}

/// A server that writes its port to a file, and a client. `SECONDS` identifies its processes.
const SERVER: &str = "Leaving
===

```bash +exec
python3 -c 'import socket
server = socket.create_server((\"127.0.0.1\", 0))
open(\"port\", \"w\").write(str(server.getsockname()[1]))
while True:
    client, _ = server.accept()
    client.sendall(b\"pong %d\" % (6 * 7))
    client.close()' SECONDS &
until [ -s port ]; do sleep 0.01; done
```

```python +exec
import socket
port = int(open('port').read())
print(socket.create_connection(('127.0.0.1', port)).recv(99).decode())
```
";

/// Returns the number of the server's processes.
fn servers(seconds: &str) -> usize {
    processes_with(seconds).iter().filter(|line| line.contains("create_server")).count()
}

#[test]
fn server_answers_the_next_block() {
    let seconds = unique_seconds();
    let talk = open(&SERVER.replace("SECONDS", &seconds));
    let run_server = || {
        fs::write(talk.folder().join("port"), "").unwrap();
        talk.keys("tab enter");
        wait_until("a server is there", || {
            !fs::read_to_string(talk.folder().join("port")).unwrap().is_empty()
        });
        talk.wait("the block is done", |screen| {
            screen.contains("✓ ") && screen.contains("1 process in background")
        });
        assert_eq!(servers(&seconds), 1);
    };
    run_server();
    talk.keys("tab enter");
    talk.wait_for("pong 42");
    // Running the block again ends its previous server.
    talk.keys("esc");
    run_server();
    talk.keys("ctrl-c");
    talk.wait_for("ended 1 background process");
    talk.wait_gone("in background");
    wait_until("the server has ended", || servers(&seconds) == 0);
    talk.quit();
}

#[test]
fn server_ends_with_its_recording() {
    let seconds = unique_seconds();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("talk.md"), SERVER.replace("SECONDS", &seconds)).unwrap();
    for arguments in [&["record", "talk.md"][..], &["check", "talk.md", "--run"]] {
        let _ = fs::remove_file(folder.path().join("port"));
        let done = Command::new(env!("CARGO_BIN_EXE_livedeck"))
            .args(arguments)
            .current_dir(folder.path())
            .env("XDG_CACHE_HOME", cache())
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        assert_eq!(processes_with(&seconds), Vec::<String>::new());
    }
    let recording = folder.path().join("talk.recording/recording.json");
    assert!(fs::read_to_string(recording).unwrap().contains("pong 42"));
}

#[rstest]
#[case::python(
    "```python +exec\nimport subprocess\nsubprocess.Popen(['sleep', 'SECONDS'])\nprint('up' * 2)\n```"
)]
#[case::session(
    "```python +exec +session\nimport subprocess\np = subprocess.Popen(['sleep', 'SECONDS'])\nprint('up' * 2)\n```"
)]
#[case::rust(
    "```rust +exec\nstd::process::Command::new(\"sleep\").arg(\"SECONDS\").spawn().unwrap();\n\
     println!(\"{}\", \"up\".repeat(2));\n```"
)]
#[case::bash("```bash +exec\nsleep SECONDS &\nprintf 'up%s\\n' up\n```")]
#[case::terminal("```bash +exec +pty\nsleep SECONDS &\nprintf 'up%s\\n' up\n```")]
#[case::new_session_in_a_terminal(
    "```bash +exec +pty\nsetsid -f sleep SECONDS\nprintf 'up%s\\n' up\n```"
)]
fn background_process_is_shown_and_ended(#[case] block: &str) {
    let seconds = unique_seconds();
    let talk = open(&format!("Leaving\n===\n\n{}\n", block.replace("SECONDS", &seconds)));
    talk.keys("ctrl-e");
    talk.wait_for("upup");
    talk.wait_for("1 process in background");
    talk.keys("ctrl-c");
    talk.wait_gone("in background");
    wait_until("it has ended", || processes_with(&seconds).is_empty());
    talk.quit();
}

#[test]
fn block_cannot_stop_the_talk() {
    let talk = open("Leaving\n===\n\n```bash +exec\nkill -STOP $PPID\nprintf 'up%s\\n' up\n```\n");
    talk.keys("ctrl-e");
    talk.wait_for("upup");
    talk.wait_for("✓ ");
    talk.quit();
}

#[rstest]
#[case::stopped("os.kill(os.getppid(), signal.SIGSTOP)", true)]
#[case::killed("os.kill(os.getppid(), signal.SIGKILL)", false)]
#[case::traced(
    "import ctypes; print(ctypes.CDLL(None).ptrace(16, os.getppid(), None, None))",
    true
)]
fn block_runs_again_after_signalling_its_parent(
    #[case] action: &str,
    #[case] keeps_running: bool,
    #[values("", "+session")] attribute: &str,
) {
    let block = format!(
        "```python +exec {attribute}\nx = 41\n```\n\n```python +exec {attribute}\nimport os, signal, time\n\
         if os.path.exists('once'):\n    print('ag' + 'ain')\nelse:\n    open('once', 'w').close()\n    \
         signal.signal(signal.SIGINT, signal.SIG_IGN)\n    print('up' * 2)\n    {action}\n    time.sleep(1000)\n```"
    );
    let talk = open(&format!("Leaving\n===\n\n{block}\n"));
    talk.keys("tab tab enter");
    talk.wait_for("upup");
    if keeps_running {
        talk.keys("ctrl-c");
        talk.wait_for("again to kill");
        talk.keys("ctrl-c");
        talk.wait_for("▸ ■ stopped");
    } else {
        talk.wait_for("▸ ✗ signal 9");
    }
    talk.keys("enter");
    talk.wait_for("again");
    talk.wait_for("▸ ✓ ");
    talk.quit();
}
