//! Blocks in Jupyter kernels, on the screen: needs the environment that `$LIVEDECK_TEST_KERNELS` names
//! (`.ci/kernels` makes one). Without it, these tests do nothing.

use rustix::process::Signal;

use crate::harness::PtyHarness;

/// Opens a deck with these blocks, if there are kernels.
fn open(blocks: &str) -> Option<PtyHarness> {
    let environment = std::env::var_os("LIVEDECK_TEST_KERNELS")?;
    let python = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(environment);
    let front = format!("---\noptions: {{python: {{interpreter: '{}'}}}}\n---\n", python.display());
    Some(PtyHarness::show(&format!("{front}Kernels\n===\n\n{blocks}")))
}

const LOOP: &str =
    "```python +exec:kernel=python3\nx = 6\nprint('up' * 2)\nwhile True: pass\n```\n";

#[test]
fn kernel_does_not_survive_a_killed_talk() {
    let blocks = format!("{LOOP}\n```bash +exec:kernel=bash\nsleep 1000\n```\n");
    let Some(mut talk) = open(&blocks) else { return };
    talk.keys("ctrl-e");
    talk.wait_for("upup");
    talk.signal(Signal::KILL);
    talk.wait_for_end();
    assert_eq!(talk.left_behind(), Vec::<String>::new());
}
