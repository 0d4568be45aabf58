//! Blocks in Jupyter kernels, on the screen: in a small kernel of ours (`tests/jupyter`), and in ipykernel
//! and `bash_kernel` if `$LIVEDECK_TEST_KERNELS` names their environment (`.ci/kernels` makes one). R's is
//! used if the system has it (Debian's `r-cran-irkernel`).

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rstest::rstest;
use rustix::process::{Signal, kill_process};

use super::faults::{kill_talk, number};
use super::sessions::run;
use crate::harness::{Opening, PtyHarness};

/// Returns the folders of kernels, for `$JUPYTER_PATH`. `None` if this kernel is not there.
fn folders(kernel: &str) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let environment = std::env::var_os("LIVEDECK_TEST_KERNELS").map(PathBuf::from);
    let environment = environment.map(|path| root.join(path).join("share/jupyter"));
    let folders: Vec<_> = [root.join("tests/jupyter")].into_iter().chain(environment).collect();
    if !folders.iter().any(|folder| folder.join("kernels").join(kernel).exists()) {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: `LIVEDECK_TEST_KERNELS` names no environment with the kernel `{kernel}`"
        );
        return None;
    }
    Some(std::env::join_paths(folders).unwrap().into_string().unwrap())
}

/// Opens a deck with these blocks of a kernel on a slide, and another slide with a block. Waits until the
/// kernel is ready.
fn open(kernel: &str, blocks: &[&str]) -> Option<PtyHarness> {
    let folders = folders(kernel)?;
    let block = |code: &&str| format!("```python +exec:kernel={kernel}\n{code}\n```\n\n");
    let blocks: String = blocks.iter().map(block).collect();
    let next = "Next\n===\n\nthe end\n\n```python +exec\nprint('next', 41 + 1)\n```\n";
    let deck = format!("Blocks\n===\n\n{blocks}<!-- end_slide -->\n\n{next}");
    let env = [("JUPYTER_PATH", &*folders)];
    let opening = Opening { env: &env, size: (100, 40), ..Opening::default() };
    let talk = PtyHarness::show_with(&deck, &opening);
    talk.wait_for("idle");
    Some(talk)
}

const LOOP: &str = "import os\nx = 41\nprint(f\"{'up' * 2} {os.getpid()}\")\nwhile True: pass";
const AFTER: &str = "print('it is', x + 1)";

#[rstest]
fn blocks_share_state_and_show_tables(#[values("stand-in", "python3")] kernel: &str) {
    let table = "class Squares:\n    def _repr_html_(self):\n        \
        head = '<tr><th>n</th><th>squ' + 'are</th></tr>'\n        \
        return f'<table>{head}<tr><td>{x}</td><td>{x * x}</td></tr></table>'\nSquares()";
    let Some(talk) = open(kernel, &["x = 40 + 1", table]) else { return };
    run(&talk, 1);
    talk.wait_for("✓ ");
    run(&talk, 2);
    talk.wait_for(" n  square");
    talk.wait_for("41    1681");
    talk.leave();
}

#[rstest]
fn output_appears_while_a_block_runs(#[values("stand-in", "python3")] kernel: &str) {
    let code = "import os\nprint('up' * 2)\nwhile not os.path.exists('go'): pass\nprint('on' * 2)";
    let Some(talk) = open(kernel, &[code]) else { return };
    run(&talk, 1);
    talk.wait_for("upup");
    talk.wait_for("● running");
    fs::write(talk.folder().join("go"), "").unwrap();
    talk.wait_for("onon");
    talk.wait_for("✓ ");
    talk.leave();
}

#[rstest]
fn interrupt_keeps_the_state(#[values("stand-in", "stand-in-message", "python3")] kernel: &str) {
    let Some(talk) = open(kernel, &[LOOP, AFTER]) else { return };
    run(&talk, 1);
    talk.wait_for("upup");
    talk.keys("ctrl-c");
    talk.wait_for("■ stopped");
    run(&talk, 2);
    talk.wait_for("it is 42");
    assert!(!talk.screen().contains("restarted"), "{}", talk.screen());
    talk.leave();
}

#[rstest]
fn restart_loses_the_state(#[values("stand-in", "python3")] kernel: &str) {
    let Some(talk) = open(kernel, &[LOOP, AFTER]) else { return };
    run(&talk, 1);
    talk.wait_for("upup");
    talk.keys("K");
    talk.wait_for("■ stopped");
    run(&talk, 2);
    talk.wait_for("name 'x' is not defined");
    talk.wait_for("restarted");
    talk.leave();
}

#[rstest]
fn block_reads_what_the_speaker_types(#[values("stand-in", "python3")] kernel: &str) {
    let code = "name = input('your name? ')\nprint('hello', name)";
    let Some(talk) = open(kernel, &[code, "print('again', name)"]) else { return };
    run(&talk, 1);
    talk.wait_for("enter send");
    talk.keys("A d a enter");
    talk.wait_for("hello Ada");
    talk.wait_for("✓ ");
    run(&talk, 2);
    talk.wait_for("again Ada");
    talk.leave();
}

#[rstest]
fn talk_goes_on_without_its_kernel(#[values("stand-in", "python3")] kernel: &str) {
    let Some(talk) = open(kernel, &[LOOP, "x = 41", AFTER]) else { return };
    run(&talk, 1);
    kill_process(number(&talk, "upup"), Signal::KILL).unwrap();
    talk.wait_for(&format!("the kernel `{kernel}` was killed by signal 9"));
    talk.wait_for("signal 9 (SIGKILL)");
    talk.keys("n");
    talk.wait_for("the end");
    talk.keys("ctrl-e");
    talk.wait_for("next 42");
    talk.keys("p");
    talk.wait_for("Blocks");
    run(&talk, 2);
    talk.wait_for("✓ ");
    run(&talk, 3);
    talk.wait_for("it is 42");
    talk.wait_for("restarted");
    talk.leave();
}

#[rstest]
fn killed_talk_leaves_no_kernel(#[values("stand-in", "python3")] kernel: &str) {
    let child = "import subprocess\nchild = subprocess.Popen(['setsid', 'sleep', '1000'])";
    let Some(talk) = open(kernel, &[child, LOOP]) else { return };
    run(&talk, 1);
    talk.wait_for("✓ ");
    run(&talk, 2);
    talk.wait_for("upup");
    kill_talk(talk);
}

#[test]
fn killed_talk_leaves_no_kernel_of_bash() {
    let Some(talk) = open("bash", &["echo up{up,}; sleep 1000"]) else { return };
    talk.keys("ctrl-e");
    talk.wait_for("upup up");
    kill_talk(talk);
}

#[test]
fn r_shows_values_and_keeps_its_state() {
    if !Path::new("/usr/share/jupyter/kernels/ir/kernel.json").exists() {
        let _ = writeln!(std::io::stderr(), "skipped: R's kernel is not installed");
        return;
    }
    let blocks = [
        "n <- as.integer(readline('N? '))\nhead(mtcars, 2)[, 1:2]",
        "while (TRUE) { cat('up', n, ''); flush.console(); Sys.sleep(0.01) }",
        "n + 41L",
    ];
    let block = |code: &str| format!("```r +exec:kernel\n{code}\n```\n\n");
    let deck: String = blocks.into_iter().map(block).collect();
    let talk = PtyHarness::show_with(&deck, &Opening { size: (100, 50), ..Opening::default() });
    talk.wait_for("idle");
    run(&talk, 1);
    talk.wait_for("enter send");
    talk.keys("1 enter");
    talk.wait_for("Mazda RX4 Wag");
    talk.wait_for("dbl");
    // Until it has ended, keys go to its input.
    talk.wait_for("✓");
    run(&talk, 2);
    talk.wait_for("up 1 up 1");
    talk.keys("ctrl-c");
    talk.wait_for("stopped");
    run(&talk, 3);
    talk.wait_for("[1] 42");
    talk.quit();
}
