//! Runs that read: what the speaker types, and what the author wrote for them.

use super::*;

/// Starts a block for which the speaker types, and waits until it waits for that.
fn asking(harness: &mut ExecHarness, language: &str, code: &str) -> RunId {
    let run = harness.start_request(language, code, |request| request.input = StdinSource::Speaker);
    while !matches!(harness.next(run), RunEvent::WaitsForInput { .. }) {}
    run
}

#[test]
fn what_is_typed_is_read_and_seen() {
    let mut harness = ExecHarness::new();
    let run = asking(&mut harness, "bash", "read -p 'Who? ' name; echo \"hello $name\"");
    harness.executor().type_in(run, "Zoë\n".as_bytes());
    assert_eq!(harness.end(run), ("Zoë\nhello Zoë\n".into(), Outcome::Exited(0)));
}

#[test]
fn a_run_that_waits_again_says_so_again_and_reads_on_in_between() {
    let mut harness = ExecHarness::new();
    let run = asking(&mut harness, "bash", "read a; sleep 0.5; read b; echo $a$b");
    harness.executor().type_in(run, b"1\n");
    while harness.next(run) != RunEvent::InputDone {}
    while !matches!(harness.next(run), RunEvent::WaitsForInput { .. }) {}
    harness.executor().type_in(run, b"2\n");
    assert!(harness.end(run).0.ends_with("12\n"));
}

#[test]
fn input_ends_where_the_speaker_ends_it() {
    let mut harness = ExecHarness::new();
    let run = asking(&mut harness, "bash", "cat; echo over");
    harness.executor().type_in(run, b"a\n");
    harness.executor().type_in(run, b"\x04");
    assert_eq!(harness.end(run), ("a\na\nover\n".into(), Outcome::Exited(0)));
}

#[test]
fn a_child_that_waits_by_poll_or_select_is_seen_to() {
    let mut harness = ExecHarness::new();
    for wait in ["select.select([0], [], [])", "p = select.poll(); p.register(0, 1); p.poll()"] {
        let code = format!("python3 -c 'import select; {wait}; print(input())'");
        let run = asking(&mut harness, "bash", &code);
        harness.executor().type_in(run, b"x\n");
        assert_eq!(harness.end(run), ("x\nx\n".into(), Outcome::Exited(0)), "{wait}");
    }
}

#[test]
fn a_password_is_not_to_be_seen() {
    let mut harness = ExecHarness::new();
    let code = "read -s word; echo ${#word}";
    let run = harness.start_request("bash", code, |request| request.input = StdinSource::Speaker);
    while harness.next(run) != (RunEvent::WaitsForInput { hidden: true }) {}
    harness.executor().type_in(run, b"secret\n");
    assert_eq!(harness.end(run), ("6\n".into(), Outcome::Exited(0)));
}

#[test]
fn a_run_that_waits_for_something_else_does_not_wait_for_input() {
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
fn what_the_author_wrote_is_fed_line_by_line_and_then_ends() {
    let mut harness = ExecHarness::new();
    let code = "read -p 'a? ' a; read -p 'b? ' b; echo $((a + b)); cat; echo over";
    let run = harness.start_request("bash", code, |request| {
        request.input = StdinSource::Text("40\n2\nrest".into());
    });
    let expected = "a? 40\nb? 2\n42\nrest\nrest\nover\n";
    assert_eq!(harness.end(run), (expected.into(), Outcome::Exited(0)));
}

#[test]
fn a_program_of_rust_reads_what_is_typed() {
    let mut harness = ExecHarness::new();
    let code = "let mut line = String::new();\nstd::io::stdin().read_line(&mut line)?;\n\
                print!(\"<{}>\", line.trim());";
    let run = asking(&mut harness, "rust", code);
    harness.executor().type_in(run, b"typed\n");
    assert_eq!(harness.end(run), ("typed\n<typed>".into(), Outcome::Exited(0)));
}
