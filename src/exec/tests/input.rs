//! Runs that read standard input: from the speaker, or from the deck.

use super::*;
use crate::run::SessionStart;

/// Starts a block that reads from the speaker, and waits until it waits for input.
fn asking(harness: &mut ExecHarness, language: &str, code: &str) -> RunId {
    let run = harness.start_request(language, code, |request| request.input = StdinSource::Speaker);
    while !matches!(harness.next(run), RunEvent::WaitsForInput { .. }) {}
    run
}

#[test]
fn typed_input_is_read_and_echoed() {
    let mut harness = ExecHarness::new();
    let run = asking(&mut harness, "bash", "read -p 'Who? ' name; echo \"hello $name\"");
    harness.executor().type_in(run, "Zoë\n".as_bytes());
    assert_eq!(harness.end(run), ("Zoë\nhello Zoë\n".into(), Outcome::Exited(0)));
}

#[test]
fn each_wait_for_input_is_reported() {
    let mut harness = ExecHarness::new();
    let run = asking(
        &mut harness,
        "bash",
        "read a; until test -e go; do sleep 0.01; done; read b; echo $a$b",
    );
    harness.executor().type_in(run, b"1\n");
    while harness.next(run) != RunEvent::InputDone {}
    fs::write(harness.folder.path().join("go"), "").unwrap();
    while !matches!(harness.next(run), RunEvent::WaitsForInput { .. }) {}
    harness.executor().type_in(run, b"2\n");
    assert!(harness.end(run).0.ends_with("12\n"));
}

#[test]
fn ctrl_d_ends_input() {
    let mut harness = ExecHarness::new();
    let run = asking(&mut harness, "bash", "cat; echo over");
    harness.executor().type_in(run, b"a\n");
    harness.executor().type_in(run, b"\x04");
    assert_eq!(harness.end(run), ("a\na\nover\n".into(), Outcome::Exited(0)));
}

#[test]
fn poll_and_select_count_as_waiting() {
    let mut harness = ExecHarness::new();
    for wait in ["select.select([0], [], [])", "p = select.poll(); p.register(0, 1); p.poll()"] {
        let code = format!("python3 -c 'import select; {wait}; print(input())'");
        let run = asking(&mut harness, "bash", &code);
        harness.executor().type_in(run, b"x\n");
        assert_eq!(harness.end(run), ("x\nx\n".into(), Outcome::Exited(0)), "{wait}");
    }
}

#[test]
fn password_input_is_hidden() {
    let mut harness = ExecHarness::new();
    let code = "read -s word; echo ${#word}";
    let run = harness.start_request("bash", code, |request| request.input = StdinSource::Speaker);
    while harness.next(run) != (RunEvent::WaitsForInput { hidden: true }) {}
    harness.executor().type_in(run, b"secret\n");
    assert_eq!(harness.end(run), ("6\n".into(), Outcome::Exited(0)));
}

#[test]
fn other_waits_are_not_reported() {
    let mut harness = ExecHarness::new();
    let code = "sleep 0.3; cat < <(sleep 0.3; echo x); read a <<< b";
    let run = harness.start_request("bash", code, |request| request.input = StdinSource::Speaker);
    loop {
        match harness.next(run) {
            RunEvent::WaitsForInput { .. } => panic!("nothing is read from the terminal"),
            RunEvent::Finished(outcome, _) => return assert_eq!(outcome, Outcome::Exited(0)),
            _ => {}
        }
    }
}

#[test]
fn input_from_the_deck_is_fed_by_line() {
    let mut harness = ExecHarness::new();
    let code = "read -p 'a? ' a; read -p 'b? ' b; echo $((a + b)); cat; echo over";
    let run = harness.start_request("bash", code, |request| {
        request.input = StdinSource::Text("40\n2\nrest".into());
    });
    let expected = "a? 40\nb? 2\n42\nrest\nrest\nover\n";
    assert_eq!(harness.end(run), (expected.into(), Outcome::Exited(0)));
}

#[test]
fn rust_program_reads_input() {
    let mut harness = ExecHarness::new();
    let code = "let mut line = String::new();\nstd::io::stdin().read_line(&mut line)?;\n\
                print!(\"<{}>\", line.trim());";
    let run = asking(&mut harness, "rust", code);
    harness.executor().type_in(run, b"typed\n");
    assert_eq!(harness.end(run), ("typed\n<typed>".into(), Outcome::Exited(0)));
}

#[test]
fn input_of_a_terminal_on_the_slide_ends() {
    let mut harness = ExecHarness::new();
    let run = harness.start_request("bash", "read -e -p '> ' line || echo over", |request| {
        request.target = Target::Screen;
    });
    let (text, outcome) = harness.end(run);
    assert!(text.contains("> ") && text.contains("over"), "{text:?}");
    assert_eq!(outcome, Outcome::Exited(0));
}

#[test]
fn full_screen_program_gets_no_keys() {
    let mut harness = ExecHarness::new();
    let code = "stty raw; printf '\\033[?1049h'; read -n1 key && echo \"key $key\"";
    let run = harness.start_request("bash", code, |request| {
        request.target = Target::Screen;
        request.limits.timeout = Some(Duration::from_secs(1));
    });
    let (text, outcome) = harness.end(run);
    assert!(!text.contains("key"), "{text:?}");
    assert_eq!(outcome, Outcome::TimedOut);
}

#[test]
#[cfg(target_os = "linux")]
fn key_reader_without_input_is_stopped() {
    let mut harness = ExecHarness::new();
    for code in [
        // As a pager: on the whole screen, or below what was printed.
        "printf '\\033[?1049h'; stty raw </dev/tty; read key </dev/tty; echo \"key $key\"",
        "stty raw </dev/tty; while true; do read -n1 key </dev/tty; done",
    ] {
        let run = harness.start("bash", code);
        let (text, outcome) = harness.end(run);
        assert!(text.contains("stopped: it waits for input, and there is none"), "{text:?}");
        assert!(!text.contains("key "), "{text:?}");
        assert_eq!(outcome, Outcome::Stopped);
    }
}

/// Runs a block whose input is these lines.
fn answered(language: &str, code: &str, lines: &str) -> (String, Outcome) {
    let mut harness = ExecHarness::new();
    let run = harness.start_request(language, code, |request| {
        request.input = StdinSource::Text(lines.into());
    });
    harness.end(run)
}

#[test]
#[cfg(target_os = "linux")]
fn dev_tty_is_the_speakers_input() {
    let mut harness = ExecHarness::new();
    let run = asking(
        &mut harness,
        "bash",
        "printf 'word: ' >/dev/tty\nread x </dev/tty; echo \"got $x\"",
    );
    harness.executor().type_in(run, b"one\n");
    assert_eq!(harness.end(run), ("one\ngot one\n".into(), Outcome::Exited(0)));
    let code = "import getpass\nprint('got', getpass.getpass('word: '))";
    let run = harness.start_request("python", code, |request| request.input = StdinSource::Speaker);
    while harness.next(run) != (RunEvent::WaitsForInput { hidden: true }) {}
    harness.executor().type_in(run, b"secret\n");
    assert_eq!(harness.end(run), ("\ngot secret\n".into(), Outcome::Exited(0)));
}

#[test]
#[cfg(target_os = "linux")]
fn dev_tty_is_answered_by_the_deck() {
    let loop_ = "printf 'a\\nb\\n' | while read -r line; do\n  read -r answer </dev/tty\n  \
                 echo \"$line: $answer\"\ndone";
    assert_eq!(answered("bash", loop_, "yes\nno").0, "yes\na: yes\nno\nb: no\n");
    let code = "with open('/dev/tty') as it: print(repr(it.readline()))";
    assert_eq!(answered("python", code, "x").0, "x\n'x\\n'\n");
    let code = "import subprocess\nsubprocess.run('read y </dev/tty; echo got $y', shell=True);";
    assert_eq!(answered("python", code, "x").0, "x\ngot x\n");
    let code = "use std::io::BufRead;\nlet tty = std::fs::File::open(\"/dev/tty\").unwrap();\n\
                let line = std::io::BufReader::new(tty).lines().next().unwrap().unwrap();\n\
                println!(\"got {line}\");";
    assert_eq!(answered("rust", code, "x").0, "x\ngot x\n");
}

#[test]
#[cfg(target_os = "linux")]
fn dev_tty_ends_where_there_is_no_input() {
    let mut harness = ExecHarness::new();
    let run = harness.start("bash", "read x </dev/tty || echo none; echo said >/dev/tty");
    assert_eq!(harness.end(run), ("none\nsaid\n".into(), Outcome::Exited(0)));
    let run = harness.start("python", "print(repr(open('/dev/tty').read()))");
    assert_eq!(harness.end(run), ("''\n".into(), Outcome::Exited(0)));
}

#[test]
#[cfg(target_os = "linux")]
fn servers_survive_the_end_of_their_terminal() {
    let mut harness = ExecHarness::new();
    let server =
        |file: &Path| format!("(sleep 1; echo $? >{}; sleep 1000) & disown", file.display());
    let cases = [
        ("bash", "%"),
        ("python", "import subprocess; subprocess.Popen(['bash', '-c', '%'])"),
        ("python", "import os; os.system('%')"),
    ];
    for (number, (language, code)) in cases.into_iter().enumerate() {
        let file = harness.folder.path().join(number.to_string());
        let run = harness.start(language, &code.replace('%', &server(&file)));
        assert_eq!(harness.end(run).1, Outcome::Exited(0));
        wait_until("the server ended with the block", || file.exists());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn session_outlives_its_terminals() {
    let mut harness = ExecHarness::new();
    let mut base = SessionStart::Fresh;
    for number in 0..3 {
        let code = "with open('/dev/tty') as it: x = [*globals().get('x', []), it.readline()]\nprint(len(x))";
        let run = harness.start_request("python", code, |request| {
            request.session = Some(base);
            request.input = StdinSource::Text("a".into());
        });
        let (output, outcome) = harness.end(run);
        assert_eq!((&*output, outcome), (&*format!("a\n{}\n", number + 1), Outcome::Exited(0)));
        base = SessionStart::After(run);
    }
}
