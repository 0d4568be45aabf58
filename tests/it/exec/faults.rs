//! Faults: whatever a block does, the talk continues and no process is left.
//!
//! Each row is a slide whose blocks misbehave. While they run, the next slide is shown and its block
//! runs. Then the fault is ended, the slide must show its status, and the last slide's block runs. The
//! talk must not use much more memory, must restore the terminal and leave no process.

use std::fs;

use crate::harness::{Opening, PtyHarness, TIMEOUT};
use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};

/// Limit of the growth of memory, in bytes; more than another slide and output need.
const MAX_GROWTH: u64 = 40 << 20;

/// A row of the table.
#[derive(Clone, Copy, Default)]
struct Fault {
    /// The blocks that misbehave, with their fences.
    blocks: &'static str,
    /// Content of `snippet.exec` in the configuration.
    limits: &'static str,
    /// Text shown while it runs; none if it ends at once.
    while_running: &'static [&'static str],
    /// How it is ended.
    then: Then,
    /// Text shown after that.
    shown: &'static [&'static str],
    /// The last slide's block, which prints `last 42`, if not [`LAST`].
    last: Option<&'static str>,
    /// Text shown for that block.
    notice: &'static str,
}

/// How a fault is ended.
#[derive(Clone, Copy, Default)]
enum Then {
    /// It ends on its own.
    #[default]
    Nothing,
    /// The speaker stops it.
    Stop,
    /// The speaker stops it twice, as it ignores the first signal.
    StopTwice,
    /// Kills the process whose id is printed after this word.
    Kill(&'static str),
}

const NEXT: &str = "```python +exec\nprint('next', 41 + 1)\n```";
const LAST: &str = "```python +exec\nprint('last', 41 + 1)\n```";

impl Fault {
    fn open(&self) -> PtyHarness {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("own.yaml");
        fs::write(&config, format!("snippet: {{exec: {{{}}}}}\n", self.limits)).unwrap();
        let last = self.last.unwrap_or(LAST);
        let deck = format!(
            "Fault\n===\n\n{}\n\n<!-- end_slide -->\n\nNext\n===\n\n{NEXT}\n\n<!-- end_slide -->\n\nLast\n===\n\n{last}\n",
            self.blocks
        );
        let args = ["-x", "--config", config.to_str().unwrap()];
        let talk = PtyHarness::show_with(&deck, &Opening { args: &args, ..Opening::default() });
        talk.wait_for("Fault");
        talk
    }

    /// Runs the test.
    fn test(&self) {
        let talk = self.open();
        let before = resident(&talk);
        talk.keys("ctrl-e");
        self.while_running.iter().for_each(|text| talk.wait_for(text));
        talk.keys("n");
        talk.wait_for("Next");
        talk.keys("ctrl-e");
        talk.wait_for("next 42");
        talk.keys("p");
        talk.wait_for("Fault");
        self.end(&talk);
        self.shown.iter().for_each(|text| talk.wait_for(text));
        talk.keys("3 G");
        talk.wait_for("Last");
        talk.keys("ctrl-e");
        talk.wait_for("last 42");
        talk.wait_for(self.notice);
        let grown = resident(&talk).saturating_sub(before);
        assert!(grown < MAX_GROWTH, "grew by {grown} bytes");
        talk.quit();
    }

    fn end(&self, talk: &PtyHarness) {
        match self.then {
            Then::Nothing => {}
            Then::Stop => talk.keys("ctrl-c"),
            Then::StopTwice => {
                talk.keys("ctrl-c");
                talk.wait_for("again to kill");
                talk.wait_for("● running");
                talk.keys("ctrl-c");
            }
            Then::Kill(word) => {
                let killed = number(talk, word);
                let forks = forks(killed);
                kill_process(killed, Signal::KILL).unwrap();
                // Until its forks have ended, too, they could serve a run.
                forks.into_iter().chain([killed]).for_each(wait_until_dead);
            }
        }
    }
}

/// Returns all descendants of a process that run the same program.
fn forks(process: Pid) -> Vec<Pid> {
    let program = |of: Pid| fs::read_link(format!("/proc/{}/exe", of.as_raw_nonzero())).ok();
    let number = process.as_raw_nonzero();
    let path = format!("/proc/{number}/task/{number}/children");
    let children = fs::read_to_string(path).unwrap_or_default();
    let children = children.split_whitespace().filter_map(|it| Pid::from_raw(it.parse().ok()?));
    let children = children.filter(|child| program(*child) == program(process));
    children.flat_map(|child| forks(child).into_iter().chain([child])).collect()
}

fn wait_until_dead(process: Pid) {
    let path = format!("/proc/{}/stat", process.as_raw_nonzero());
    let start = std::time::Instant::now();
    while fs::read_to_string(&path).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(start.elapsed() < TIMEOUT, "{process:?} lives on");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Returns the process whose id is after this word on the screen.
pub(super) fn number(talk: &PtyHarness, word: &str) -> Pid {
    let find = |screen: &str| {
        let mut words = screen.split_whitespace().skip_while(|found| *found != word).skip(1);
        Pid::from_raw(words.find_map(|number| number.parse().ok())?)
    };
    talk.wait(&format!("a number behind {word}"), |screen| find(screen).is_some());
    find(&talk.screen()).unwrap()
}

/// Returns the resident memory of the talk, in bytes.
fn resident(talk: &PtyHarness) -> u64 {
    let path = format!("/proc/{}/statm", talk.pid().as_raw_nonzero());
    let statm = fs::read_to_string(path).unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

/// Creates a fault whose blocks print `upup` while they run.
fn fault(blocks: &'static str) -> Fault {
    Fault { blocks, while_running: &["upup"], ..Fault::default() }
}

#[rstest]
#[case::of_python("```python +exec\nprint('up' * 2)\nwhile True: pass\n```")]
#[case::of_bash("```bash +exec\nprintf 'up%s\\n' up; while :; do :; done\n```")]
#[case::of_rust(
    "```rust +exec\nprintln!(\"{}\", \"up\".repeat(2));\nloop { std::hint::spin_loop(); }\n```"
)]
#[case::in_a_regular_expression(
    "```python +exec\nimport re\nprint('up' * 2)\nre.match('(a+)+$', 'a' * 60 + 'b')\n```"
)]
fn hang_is_stopped(#[case] blocks: &'static str) {
    Fault { then: Then::Stop, shown: &["■ stopped"], ..fault(blocks) }.test();
}

#[rstest]
#[case::in_a_loop_of_c(
    "```python +exec\nimport itertools\nprint('up' * 2)\nsum(itertools.repeat(1))\n```"
)]
#[case::in_a_call_that_blocks(
    "```python +exec\nimport ctypes, signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [2])\n\
     print('up' * 2)\nctypes.CDLL(None).pause()\n```"
)]
#[case::that_ignores_the_interrupt(
    "```python +exec\nimport signal\nsignal.signal(2, signal.SIG_IGN)\nprint('up' * 2)\n\
     while True: pass\n```"
)]
#[case::of_bash(
    "```bash +exec\ntrap '' INT TERM; printf 'up%s\\n' up; while :; do sleep 1000; done\n```"
)]
fn hang_that_ignores_signals_is_killed(#[case] blocks: &'static str) {
    Fault { then: Then::StopTwice, shown: &["■ stopped"], ..fault(blocks) }.test();
}

#[rstest]
#[case::of_python("```python +exec +timeout:3s\nprint('up' * 2)\nwhile True: pass\n```", "")]
#[case::of_c(
    "```python +exec\nimport itertools\nprint('up' * 2)\nsum(itertools.repeat(1))\n```",
    "timeout: 3"
)]
#[case::of_bash("```bash +exec\nprintf 'up%s\\n' up; sleep 1000\n```", "timeout: 3")]
fn hang_reaches_its_timeout(#[case] blocks: &'static str, #[case] limits: &'static str) {
    Fault { limits, shown: &["◷ timed out"], ..fault(blocks) }.test();
}

#[rstest]
#[case::of_python("```python +exec\nimport ctypes\nprint('up' * 2)\nctypes.string_at(0)\n```")]
#[case::of_bash("```bash +exec\nprintf 'up%s\\n' up; kill -SEGV $$\n```")]
fn crash_names_its_signal(#[case] blocks: &'static str) {
    Fault { shown: &["signal 11 (SIGSEGV)"], ..fault(blocks) }.test();
}

#[rstest]
#[case::of_bash(
    "```bash +exec\nprintf 'up%s\\n' up; b() { sleep 0.03; b | b & }; b; sleep 1000\n```"
)]
#[case::of_python(
    "```python +exec\nimport os, time\nprint('up' * 2)\nwhile True:\n    os.fork()\n    \
     time.sleep(0.05)\n```"
)]
fn fork_bomb_is_ended(#[case] blocks: &'static str) {
    let shown = &["signal 9 (SIGKILL)"];
    Fault { limits: "processes: 60", shown, ..fault(blocks) }.test();
}

#[rstest]
#[case::of_python("```python +exec\nx = bytearray(1 << 30)\n```", &["MemoryError", "✗ exception"])]
#[case::of_rust(
    "```rust +exec\nlet x = vec![1_u8; 1 << 30];\nprintln!(\"{}\", x[5]);\n```",
    &["memory allocation of 1073741824 bytes failed", "✗ signal 6 (SIGABRT)"]
)]
#[case::of_a_child(
    "```bash +exec\npython3 -c 'x = bytearray(1 << 30)'\n```",
    &["MemoryError", "✗ exit 1"]
)]
fn memory_limit_holds(#[case] blocks: &'static str, #[case] shown: &'static [&'static str]) {
    Fault { blocks, limits: "memory: 200", shown, ..Fault::default() }.test();
}

#[rstest]
#[case::of_python("```python +exec\nwhile True: print('up' * 2, 'and ' * 10)\n```")]
#[case::of_bash("```bash +exec\nyes upu{,}p\n```")]
#[case::without_a_line_s_end("```bash +exec\nyes $'up\\nup' | tr -d '\\n'\n```")]
#[case::that_clears_the_screen(
    "```bash +exec\nwhile :; do printf '\\033[2J\\033[1;1Hup%s\\n' up; done\n```"
)]
fn endless_output_is_stopped(#[case] blocks: &'static str) {
    Fault { then: Then::Stop, shown: &["■ stopped"], ..fault(blocks) }.test();
}

#[rstest]
#[case::of_bash(
    "```bash +exec\ntrap '' HUP TERM INT; setsid sleep 1000 & (setsid sleep 1000 &)\n\
     sleep 1000 & disown; printf 'up%s\\n' up\n```"
)]
#[case::of_python(
    "```python +exec\nimport os, subprocess, time\n\
     subprocess.Popen(['sleep', '1000'], start_new_session=True)\n\
     if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(1000)\n    os._exit(0)\n\
     print('up' * 2)\n```"
)]
fn background_process_does_not_delay_its_block(#[case] blocks: &'static str) {
    Fault { shown: &["✓ "], ..fault(blocks) }.test();
}

#[rstest]
#[case::of_python("```python +exec\nprint('up' * 2)\nimport os\nos.closerange(0, 256)\n```", &["✓ "])]
#[case::of_python_that_fails_then(
    "```python +exec\nprint('up' * 2)\nimport os\nos.closerange(0, 256)\n1 / 0\n```",
    &["✗ exception"]
)]
#[case::of_python_that_shows_a_value_then(
    "```python +exec\nprint('up' * 2)\nimport os\nos.closerange(3, 256)\n\
     class Shown:\n    def _repr_markdown_(self): return 'what is ' + 'shown'\nShown()\n```",
    &["what is shown", "✓ "]
)]
#[case::of_bash("```bash +exec\nprintf 'up%s\\n' up; exec 0<&- 1>&- 2>&-; exit 3\n```", &["✗ exit 3"])]
#[case::of_rust(
    "```rust +exec\nuse std::os::fd::FromRawFd;\nprintln!(\"{}\", \"up\".repeat(2));\n\
     for file in 0..256 { unsafe { libc_close(file) } }\nstd::process::exit(3);\n\
     unsafe extern \"C\" { #[link_name = \"close\"] fn libc_close(file: i32); }\n```",
    &["✗ exit 3"]
)]
fn closed_files_do_not_hide_the_status(
    #[case] blocks: &'static str,
    #[case] shown: &'static [&'static str],
) {
    Fault { shown, ..fault(blocks) }.test();
}

const SESSION: &str = "```python +exec +session\nprint('last', x + 41)\n```";

#[test]
fn block_that_closes_all_files_keeps_its_session() {
    let blocks =
        "```python +exec +session\nimport os\nx = 1\nprint('up' * 2)\nos.closerange(0, 256)\n```";
    Fault { last: Some(SESSION), shown: &["✓ "], ..fault(blocks) }.test();
}

#[rstest]
#[case::the_run(
    "```python +exec\nimport os, time\nprint('up' * 2, os.getpid())\ntime.sleep(1000)\n```",
    &["✗ signal 9 (SIGKILL)"]
)]
#[case::the_run_of_a_shell(
    "```bash +exec\nprintf 'up%s %d\\n' up $$; while :; do sleep 1000; done\n```",
    &["✗ signal 9 (SIGKILL)"]
)]
#[case::the_worker(
    "```python +exec\nimport os, time\nprint('up' * 2, os.getppid())\ntime.sleep(1000)\n```",
    &["the Python worker was killed; the next run starts a new one", "✗ signal 9 (SIGKILL)"]
)]
fn external_kill_fails_one_run(
    #[case] blocks: &'static str,
    #[case] shown: &'static [&'static str],
) {
    Fault { then: Then::Kill("upup"), shown, ..fault(blocks) }.test();
}

#[rstest]
#[case::of_its_base("os.getpid()")]
#[case::of_the_worker("os.getppid()")]
fn kill_restarts_a_session(#[case] process: &str) {
    let code = "import os\nx = 1\nprint('up' * 2, PROCESS)".replace("PROCESS", process);
    let blocks = format!("```python +exec +session\n{code}\n```").leak();
    let (then, last) = (Then::Kill("upup"), Some(SESSION));
    let notice = "session restarted";
    Fault { then, last, notice, shown: &["✓ "], ..fault(blocks) }.test();
}

#[rstest]
#[case::of_python("```python +exec\nimport time\nprint('up' * 2)\ntime.sleep(1000)\n```")]
#[case::of_a_session(
    "```python +exec +session\nx = 1\n```\n\n```python +exec +session\nprint('up' * 2 * x)\n```"
)]
#[case::of_bash(
    "```bash +exec\ntrap '' TERM HUP; setsid sleep 1000 & (setsid sleep 1000 &)\n\
     printf 'up%s\\n' up; sleep 1000\n```"
)]
#[case::of_rust(
    "```rust +exec\nprintln!(\"{}\", \"up\".repeat(2));\nloop { std::thread::park(); }\n```"
)]
fn kill_of_the_talk_leaves_no_process(#[case] blocks: &'static str) {
    let talk = fault(blocks).open();
    talk.keys("ctrl-e");
    talk.wait_for("upup");
    kill_talk(talk);
}

/// Kills the talk. Waits until no process and no file of it is left.
pub(super) fn kill_talk(mut talk: PtyHarness) {
    talk.signal(Signal::KILL);
    talk.wait_for_end();
    assert_eq!(talk.left_behind(), Vec::<String>::new());
    let prefix = format!("livedeck-{}-", talk.pid().as_raw_nonzero());
    let files = || {
        let there = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten();
        there.filter(|file| file.file_name().to_string_lossy().starts_with(&prefix)).count()
    };
    let patience = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while files() > 0 {
        assert!(std::time::Instant::now() < patience, "files are left: {prefix}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
