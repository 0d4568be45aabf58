//! Runs that read standard input: from the speaker, or from the deck.

use super::*;

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
    let run = asking(&mut harness, "bash", "read a; sleep 0.5; read b; echo $a$b");
    harness.executor().type_in(run, b"1\n");
    while harness.next(run) != RunEvent::InputDone {}
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
