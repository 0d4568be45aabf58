//! The output pane: scrolling, following and copying.

use std::fs;

use crate::harness::{Opening, PtyHarness, write_program};

fn deck(block: &str) -> String {
    format!("Blocks\n===\n\n{block}\n\n<!-- end_slide -->\n\nNext\n===\n\nthe end\n")
}

/// Waits until the program has written these bytes.
fn wait_for_bytes(talk: &PtyHarness, wanted: &str) {
    talk.wait(&format!("the bytes {wanted:?}"), |_| {
        let seen = talk.seen();
        seen.bytes.windows(wanted.len()).any(|bytes| bytes == wanted.as_bytes())
    });
}

#[test]
fn output_and_code_are_copied() {
    let talk = PtyHarness::show(&deck("```bash +exec\necho crab\n```"));
    talk.wait_for("echo crab");
    talk.keys("ctrl-e");
    talk.wait_for("✓ ");
    talk.keys("y");
    talk.wait_for("copied 1 line of output");
    wait_for_bytes(&talk, "\x1b]52;c;Y3JhYg==\x1b\\");
    talk.keys("Y");
    talk.wait_for("copied 1 line of code");
    wait_for_bytes(&talk, "\x1b]52;c;ZWNobyBjcmFi\x1b\\");
    talk.leave();
}

#[test]
fn tmux_copies() {
    let folder = tempfile::tempdir().unwrap();
    let (tmux, given) = (folder.path().join("tmux"), folder.path().join("given"));
    let fails = "cat > /dev/null; echo no server >&2; exit 1";
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" != load-buffer ]; then exit 1; fi\nif [ -e {0}.gone ]; then {fails}; fi\necho \"$@\" > {0}.args\ncat > {0}\n",
        given.display()
    );
    write_program(&tmux, &script);
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let env = [("TMUX", "/tmp/nothing,1,0"), ("PATH", path.as_str())];
    let opening = Opening { env: &env, ..Opening::default() };
    let talk = PtyHarness::show_with(&deck("```bash +exec\necho crab\n```"), &opening);
    talk.wait_for("echo crab");
    talk.keys("Y");
    talk.wait("what tmux was given", |_| {
        fs::read_to_string(&given).is_ok_and(|text| text == "echo crab")
    });
    let args = fs::read_to_string(given.with_extension("args")).unwrap();
    assert_eq!(args.trim(), "load-buffer -w -");
    fs::write(given.with_extension("gone"), "").unwrap();
    talk.keys("Y");
    talk.wait_for("tmux could not copy: no server");
    talk.leave();
}

#[test]
fn pane_follows_output_and_takes_input_stop_and_rerun() {
    let block = "```bash +exec\nseq 100; read x; seq 101 200; echo \"last $x\"; sleep 1000\n```";
    let talk =
        PtyHarness::show_with(&deck(block), &Opening { size: (80, 24), ..Opening::default() });
    talk.wait_for("seq 100");
    talk.keys("tab z");
    talk.wait_for("no output yet");
    talk.keys("ctrl-e");
    talk.wait_for("enter send");
    talk.keys("g o enter");
    talk.wait_for("last go");
    talk.wait_for("· follows");
    talk.wait("the end shows", |screen| screen.lines().any(|line| line.trim() == "200"));
    talk.keys("ctrl-]");
    talk.keys("g g");
    talk.wait("the beginning shows", |screen| screen.lines().any(|line| line.trim() == "1"));
    talk.wait_gone("follows");
    talk.keys("ctrl-c");
    talk.wait_for("stopped");
    talk.keys("esc");
    talk.wait_for("sleep 1000");
    talk.leave();
}

#[test]
fn terminal_grows_to_the_screen_and_back() {
    // Without the trap, bash loses an interrupt that arrives as `stty` ends.
    let size = "trap exit INT; stty size; while sleep 0.1; do stty size; done";
    let block = format!("```bash +exec +pty\n{size}\n```");
    let talk =
        PtyHarness::show_with(&deck(&block), &Opening { size: (80, 24), ..Opening::default() });
    talk.wait_for("stty size");
    talk.keys("ctrl-e");
    talk.wait("it says its size", |screen| last_size(screen).is_some());
    talk.keys("z");
    talk.wait_for("23 78");
    talk.keys("z");
    talk.wait_for("Blocks");
    talk.wait("it is small again", |screen| last_size(screen).is_some_and(|size| size != "23 78"));
    talk.keys("ctrl-c");
    talk.wait_for("stopped");
    talk.leave();
}

/// Returns the last row that consists of two numbers.
fn last_size(screen: &str) -> Option<&str> {
    let is_size = |line: &&str| {
        let words: Vec<_> = line.split(' ').map(str::parse::<u16>).collect();
        matches!(words[..], [Ok(_), Ok(_)])
    };
    screen.lines().rev().map(|line| line.trim_matches([' ', '┃', '│'])).find(is_size)
}
