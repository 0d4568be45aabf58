//! Tests fence attributes in the whole program with real processes: what starts automatically,
//! where output goes, which executor runs a block.

use std::fs;
use std::process::Command;

use crate::harness::{Opening, PtyHarness, write_program};
use tempfile::TempDir;

/// Creates a folder with these files, the deck `talk.md` among them.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Opens the folder's deck with these arguments.
fn open(folder: &TempDir, args: &[&str]) -> PtyHarness {
    PtyHarness::open(&folder.path().join("talk.md"), &Opening { args, ..Opening::default() })
}

/// Returns the lines of the folder's log file.
fn log(folder: &TempDir) -> Vec<String> {
    let text = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn f152_and_f153_autorun_blocks_run_near_the_slide() {
    let slides: Vec<_> = (1..=5)
        .map(|n| format!("Slide {n}\n===\n\n```bash +auto_exec\necho {n} >> log; echo auto-$(({n} + 40))\n```\n\n```bash +exec_replace\necho instead-$(({n} + 60))\n```\n"))
        .collect();
    let folder = folder(&[("talk.md", &slides.join("\n<!-- end_slide -->\n\n"))]);
    let talk = open(&folder, &["-x", "-X"]);
    talk.wait_for("auto-41");
    talk.wait_for("instead-61");
    talk.wait("its code is gone", |screen| !screen.contains("echo instead"));
    talk.wait("the neighbour ran, too", |_| log(&folder).len() == 2);
    let mut ran = log(&folder);
    ran.sort();
    assert_eq!(ran, ["1", "2"], "and no other");
    talk.keys("G");
    talk.wait_for("auto-45");
    talk.wait("the last two ran", |_| log(&folder).len() == 4);
    let text = fs::read_to_string(folder.path().join("talk.md")).unwrap();
    fs::write(folder.path().join("talk.md"), text.replace("auto-$((5", "edited-$((5")).unwrap();
    talk.wait_for("edited-45");
    talk.keys("p");
    talk.wait_for("auto-44");
    talk.keys("n");
    talk.wait_for("edited-45");
    talk.wait("the neighbour ran", |_| log(&folder).len() == 6);
    let mut ran = log(&folder);
    ran.sort();
    assert_eq!(ran, ["1", "2", "3", "4", "5", "5"], "an edit runs only what it changed");
    talk.quit();
}

#[test]
fn f151_autorun_needs_permission_and_the_key_asks() {
    let text = "One\n===\n\n```bash +exec_replace\necho instead-$((1 + 60))\n```\n";
    let folder = folder(&[("talk.md", text)]);
    let talk = open(&folder, &["-x"]);
    talk.wait_for("may not run · ctrl-e or -X");
    talk.wait_for("echo instead");
    talk.keys("ctrl-e");
    talk.wait_for("Run this deck's code?");
    talk.wait_for("autorun        1 block");
    talk.keys("o");
    talk.wait_for("instead-61");
    talk.quit();
}

#[test]
fn f152_failure_in_place_of_the_code_shows_its_status() {
    let text = "One\n===\n\n```bash +exec_replace\necho oh-$((1 + 60)); exit 3\n```\n";
    let folder = folder(&[("talk.md", text)]);
    let talk = open(&folder, &["-X"]);
    talk.wait_for("oh-61");
    talk.wait_for("✗ exit 3");
    talk.quit();
}

#[test]
fn f154_picture_replaces_the_code_that_makes_it() {
    let make = "import struct, sys, zlib\ndef chunk(kind, data):\n    body = kind + data\n    return struct.pack('>I', len(data)) + body + struct.pack('>I', zlib.crc32(body))\nrows = b''.join(b'\\0' + bytes((4 * row, 48, 16)) * 64 for row in range(64))\nsys.stdout.buffer.write(b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 64, 64, 8, 2, 0, 0, 0)) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))";
    let text = format!(
        "One\n===\n\n```python +image\n{make}\n```\n\n<!-- end_slide -->\n\n```bash +image\necho no picture; echo why >&2\n```\n\n<!-- end_slide -->\n\n```bash +image\necho because >&2; exit 4\n```\n"
    );
    let folder = folder(&[("talk.md", &text)]);
    let talk = open(&folder, &["-X"]);
    talk.wait("the picture", |screen| screen.contains('▀') || screen.contains('▄'));
    talk.wait("its code is gone", |screen| !screen.contains("zlib"));
    talk.keys("n");
    talk.wait_for("it is not a PNG, JPEG, GIF, WebP or SVG");
    talk.wait_for("why");
    talk.keys("n");
    talk.wait_for("because");
    talk.wait_for("✗ exit 4");
    talk.quit();
}

#[test]
fn f157_output_is_shown_where_placed_on_any_later_slide() {
    let text = "One\n===\n\n```bash +exec +id:a\necho out-$((1 + 60))\n```\n\nbetween\n\n<!-- snippet_output: a -->\n\nbelow\n\n<!-- end_slide -->\n\nTwo\n===\n\n<!-- snippet_output: a -->\n";
    let folder = folder(&[("talk.md", text)]);
    let talk = open(&folder, &["-x"]);
    talk.wait_for("below");
    talk.keys("ctrl-e");
    talk.wait("once, between the paragraphs", |screen| {
        let at = |text: &str| screen.find(text);
        screen.matches("out-61").count() == 1
            && at("between") < at("out-61")
            && at("out-61") < at("below")
    });
    talk.keys("n");
    talk.wait_for("Two");
    talk.wait_for("out-61");
    talk.quit();
}

#[test]
fn f158_named_and_custom_executors_run() {
    let folder = folder(&[
        (
            "talk.md",
            "One\n===\n\n```python +auto_exec:uv\nx = 1\n```\n\n```sql +auto_exec\n-- hidden\nselect 1;\n```\n\n```js +auto_exec:deno\nx\n```\n",
        ),
        (
            "own.yaml",
            "snippet:\n  exec:\n    custom:\n      sql:\n        filename: q.sql\n        commands: [[\"sh\", \"-c\", \"echo sql-$WORD; cat $pwd/q.sql\"]]\n        environment: {WORD: custom}\n        hidden_line_prefix: \"-- \"\n",
        ),
    ]);
    let programs = folder.path().join("programs");
    fs::create_dir(&programs).unwrap();
    // A stand-in for the real `uv`: the test checks that it is run, and how.
    let script = "#!/bin/sh\necho \"uv-got $1 $2 $3\"; tail -n 1 $4\n";
    write_program(&programs.join("uv"), script);
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let own = folder.path().join("own.yaml");
    let args = ["-x", "--config", own.to_str().unwrap()];
    let opening =
        Opening { args: &args, env: &[("PATH", &path)], size: (100, 50), ..Opening::default() };
    let talk = PtyHarness::open(&folder.path().join("talk.md"), &opening);
    talk.wait_for("uv-got run --script -q");
    talk.wait_for("sql-custom");
    talk.wait("hidden lines run and are not shown", |screen| {
        screen.matches("hidden").count() == 1 && !screen.contains("-- hidden")
    });
    talk.wait_for("`deno` is not installed");
    talk.quit();
}

#[test]
fn f161_streams_stay_in_order_and_a_failed_step_is_last() {
    let text = "One\n===\n\n```bash +auto_exec\necho out-$((1+1)); echo err-$((1+2)) >&2; echo out-$((1+3)); read x || echo none\n```\n\n```c +auto_exec\nint main() { return nothing; }\n```\n";
    let folder = folder(&[("talk.md", text)]);
    let opening = Opening { size: (100, 60), ..Opening::default() };
    let talk = PtyHarness::open(&folder.path().join("talk.md"), &opening);
    talk.wait("both streams in order", |screen| {
        let at = |text: &str| screen.find(text);
        at("out-2").is_some() && at("out-2") < at("err-3") && at("err-3") < at("out-4")
    });
    talk.wait_for("none");
    talk.wait_for("undeclared");
    talk.wait_for("not compiled");
    talk.quit();
}

#[test]
fn f161_and_f162_code_runs_in_the_decks_folder_with_env() {
    let text = "One\n===\n\n```bash +exec_replace +env:my.env\npwd; echo \"word=$WORD\"\n```\n";
    let folder = folder(&[("talk.md", text), ("my.env", "# mine\nWORD=a b\n")]);
    let talk = open(&folder, &["-X"]);
    talk.wait_for("word=a b");
    let name = folder.path().file_name().unwrap().to_str().unwrap().to_owned();
    talk.wait_for(&name);
    fs::write(folder.path().join("my.env"), "WORD=other\n").unwrap();
    talk.wait_for("word=other");
    talk.quit();
}

#[test]
fn f168_language_without_executor_is_reported() {
    let folder = folder(&[("talk.md", "One\n===\n\n```sql +auto_exec\nselect 1;\n```\n")]);
    let talk = open(&folder, &["-x"]);
    talk.wait_for("no executor for `sql`");
    talk.quit();
}

/// Opens a talk with this block on its slide, and hands it the terminal.
fn handed_over(language: &str, code: &str) -> PtyHarness {
    let talk =
        PtyHarness::show(&format!("Slide\n===\n\n```{language} +acquire_terminal\n{code}\n```\n"));
    talk.wait_for("not run");
    talk.keys("ctrl-e");
    talk
}

#[test]
fn f155_program_gets_the_terminal_and_returns_it() {
    for (language, code) in [
        ("bash", "tty; read -p 'who? ' name; echo \"hello $name\"; read wait; exit 3"),
        ("python", "name = input('who? '); print('hello', name); input(); raise SystemExit(3)"),
    ] {
        let talk = handed_over(language, code);
        talk.wait("only the program", |screen| {
            screen.contains("who?") && !screen.contains("Slide")
        });
        talk.keys("Ann enter");
        talk.wait_for("hello Ann");
        talk.keys("ctrl-z enter");
        talk.wait_for("Slide");
        talk.wait_for("✗ exit 3");
        talk.quit();
    }
}

#[test]
fn f155_terminal_is_restored_after_a_broken_program() {
    let breaks = "stty raw -echo; printf '\\033[?1049h\\033[?1003h\\033[?25l\\033[2;3r\\033(0\\033[31mbroken'; kill -9 $$";
    let talk = handed_over("bash", breaks);
    talk.wait_for("✗ signal 9 (SIGKILL)");
    talk.wait_for("Slide");
    talk.quit();
    let talk = handed_over("bash", "echo begin?; read begin; echo waiting; sleep 1000");
    talk.wait("only the program", |screen| screen.contains("begin?") && !screen.contains("Slide"));
    talk.keys("enter");
    talk.wait_for("waiting");
    talk.keys("ctrl-c");
    talk.wait_for("✗ signal 2 (SIGINT)");
    talk.quit();
}

#[test]
fn f155_start_failure_is_shown_on_the_block() {
    let talk = handed_over("fish", "echo 1");
    talk.wait_for("`fish` is not installed");
    talk.quit();
}

#[test]
fn f156_terminal_takes_keys_resizes_and_keeps_running() {
    let text = "One\n===\n\n```bash +pty:standby:40:8\nPS1='$ ' exec bash --norc -i\n```\n\n<!-- end_slide -->\n\nTwo\n===\n\n<!-- end_slide -->\n\nThree\n===\n\n```bash +pty\ntrap 'stty size' WINCH; stty size; while :; do sleep 0.05; done\n```\n";
    let talk = PtyHarness::show(text);
    talk.wait("its room waits", |screen| screen.contains('▶') && screen.contains("not run"));
    talk.keys("tab enter");
    talk.wait_for("keys go to the program");
    talk.keys("echo space out-$((40+2)); space tput space cols; space tty enter");
    talk.wait("a shell of 40 columns", |screen| {
        screen.contains("out-42")
            && screen.lines().any(|line| line.trim_matches([' ', '┃', '│']) == "40")
    });
    talk.keys("printf space '\\033[?1049h\\033[3;5Hfar\\033[31mred'; space read; space printf space '\\033[?1049l' enter");
    talk.wait("another screen", |screen| screen.contains("farred") && !screen.contains("out-42"));
    talk.keys("enter");
    talk.wait_for("out-42");
    talk.keys("ctrl-]");
    talk.wait_gone("keys go to the program");
    talk.keys("n");
    talk.wait_for("Two");
    talk.keys("p");
    talk.wait_for("out-42");
    talk.keys("G");
    talk.wait_for("Three");
    talk.keys("ctrl-e");
    talk.wait("its size", |screen| sizes(screen).count() == 1);
    let before = sizes(&talk.screen()).next().unwrap();
    talk.resize(90, 40);
    talk.wait("its new size", |screen| sizes(screen).any(|size| size.0 > before.0));
    talk.quit();
}

/// Returns the lines that are two numbers: rows and columns.
fn sizes(screen: &str) -> impl Iterator<Item = (u16, u16)> {
    screen.lines().filter_map(|line| {
        let (rows, columns) = line.trim_matches([' ', '┃', '│']).split_once(' ')?;
        Some((rows.parse().ok()?, columns.parse().ok()?))
    })
}

#[test]
fn f156_top_vim_and_a_repl_work() {
    for (language, code, seen, keys, then) in [
        ("bash", "top", "PID", "q", "✓ "),
        ("bash", "vim -u NONE -n", "~", "ihello esc :q! enter", "✓ "),
        ("python", "import code; code.interact()", ">>>", "6*7 enter", "42"),
    ] {
        let program = code.split(' ').next().unwrap();
        if language == "bash" && Command::new(program).arg("--version").output().is_err() {
            eprintln!("skipped: {program} is not installed");
            continue;
        }
        let talk = PtyHarness::show(&format!("S\n===\n\n```{language} +pty\n{code}\n```\n"));
        talk.wait_for("not run");
        talk.keys("tab enter");
        talk.wait_for(seen);
        talk.keys(keys);
        talk.wait_for(then);
        if language == "python" {
            talk.wait("the next prompt", |screen| screen.matches(">>>").count() == 2);
            talk.keys("ctrl-d");
        }
        talk.wait_for("✓ ");
        talk.wait_gone("keys go to the program");
        talk.quit();
    }
}

#[test]
fn f156_terminal_replaces_its_code_and_ends_on_exit() {
    let text = "One\n===\n\n```bash +exec_replace +pty:30:5\ntrap '' HUP TERM INT; echo here-$((40+2)); sleep 1000\n```\n";
    let folder = folder(&[("talk.md", text)]);
    let talk = open(&folder, &["-X"]);
    talk.wait("the terminal alone", |screen| {
        screen.contains("here-42") && !screen.contains("trap")
    });
    talk.quit();
}

#[test]
fn f156_terminal_receives_mouse_events_on_request() {
    let code = "stty raw -echo; printf '\\033[?1000h\\033[?1006h'; echo ready; head -c 9 | cat -v; sleep 1";
    let talk = PtyHarness::show(&format!("S\n===\n\n```bash +pty\n{code}\n```\n"));
    talk.wait_for("not run");
    talk.keys("tab enter");
    let place = |screen: &str| {
        let mut rows = screen.lines().enumerate().skip_while(|(_, row)| !row.contains("running"));
        rows.find_map(|(row, line)| {
            let (before, _) = line.split_once("ready")?;
            Some((row + 1, before.chars().count() + 1))
        })
    };
    talk.wait("it asks", |screen| place(screen).is_some());
    let (row, column) = place(&talk.screen()).unwrap();
    talk.write(format!("\x1b[<0;{};{row}M", column + 1).as_bytes());
    talk.wait_for("^[[<0;2;1M");
    talk.keys("ctrl-]");
    talk.quit();
}
