//! The environment of runs: folder, terminal, files, signals, variables; and their outcomes.

use super::*;

#[test]
fn run_starts_writes_and_ends() {
    let mut harness = ExecHarness::new();
    let run = harness.start("bash", "echo hello");
    assert_eq!(harness.next(run), RunEvent::Started);
    assert_eq!(harness.next(run), RunEvent::Output(b"hello\n".to_vec()));
    assert!(
        matches!(harness.next(run), RunEvent::Finished(Outcome::Exited(0), took) if took > Duration::ZERO)
    );
}

#[test]
fn working_directory_is_the_decks_folder() {
    let mut harness = ExecHarness::new();
    fs::write(harness.folder.path().join("beside.txt"), "beside the deck").unwrap();
    assert_eq!(
        harness.run("bash", "cat beside.txt; cd /"),
        ("beside the deck".into(), Outcome::Exited(0))
    );
    assert_eq!(harness.run("bash", "cat beside.txt").0, "beside the deck");
}

#[test]
fn terminal_has_the_requested_size() {
    let mut harness = ExecHarness::new();
    let run = harness.start_request("bash", "test -t 1 && test -t 2 && stty size <&1", |request| {
        (request.columns, request.rows) = (100, 30);
    });
    assert_eq!(harness.end(run), ("30 100\n".into(), Outcome::Exited(0)));
}

#[test]
fn outcome_has_exit_status_or_signal() {
    let mut harness = ExecHarness::new();
    assert_eq!(harness.run("bash", "echo oops >&2; exit 3"), ("oops\n".into(), Outcome::Exited(3)));
    assert_eq!(harness.run("bash", "kill -SEGV $$").1, Outcome::Signaled(11));
}

#[test]
fn child_without_input_reads_its_end() {
    let mut harness = ExecHarness::new();
    assert_eq!(harness.run("bash", "read line; echo \"$? <$line>\"").0, "1 <>\n");
}

#[test]
fn child_inherits_no_files() {
    let mut harness = ExecHarness::new();
    let (output, _) = harness.run("bash", "ls -l /proc/self/fd");
    let files: Vec<_> = output.lines().filter_map(|line| line.split_once(" -> ")).collect();
    // 0, 1, 2 and the folder that `ls` reads.
    assert_eq!(files.len(), 4, "{output}");
    assert!(files[0].1 == "/dev/null" && files[1].1.starts_with("/dev/pts/"), "{output}");
}

#[test]
fn child_has_default_signals() {
    let mut harness = ExecHarness::new();
    let (output, _) = harness.run("bash", "grep -E 'Sig(Blk|Ign)' /proc/self/status");
    let masks = output.lines().map(|line| u64::from_str_radix(line[7..].trim(), 16).unwrap());
    // Signals from 32 on belong to the C library.
    assert_eq!(masks.map(|mask| mask & 0x7fff_ffff).collect::<Vec<_>>(), [0, 0], "{output}");
}

#[test]
fn start_failure_has_a_reason() {
    let mut harness = ExecHarness::new();
    let reason = |(_, outcome): (String, Outcome)| match outcome {
        Outcome::NotStarted(why) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(harness.run("sql", "")), "no executor for `sql`: remove `+exec`");
    let why = reason(harness.run("cmd", "echo"));
    assert_eq!(why, "`cmd` is not installed, or not on `PATH`");
    let gone = harness.folder.path().join("gone");
    let (send, events) = crossbeam_channel::unbounded();
    harness.executor = Some(Executor::new(options(&gone), move |event| drop(send.send(event))));
    harness.events = events;
    let why = reason(harness.run("bash", "echo"));
    assert_eq!(why, format!("the deck's folder `{}` is gone: code runs in it", gone.display()));
}

#[test]
fn first_failing_step_ends_run() {
    let mut harness = ExecHarness::new();
    let (output, outcome) = harness.run("c", "int main() { return missing; }");
    assert_eq!(outcome, Outcome::NotCompiled);
    assert!(output.contains("missing"), "{output}");
    let code = "#include <stdio.h>\nint main() { puts(\"compiled\"); return 2; }";
    assert_eq!(harness.run("c", code), ("compiled\n".into(), Outcome::Exited(2)));
}

#[test]
fn runs_are_concurrent() {
    let mut harness = ExecHarness::new();
    let waits = harness.start("bash", "until test -e ready; do sleep 0.01; done; echo both");
    let other = harness.start("bash", "touch ready");
    assert_eq!(harness.end(waits), ("both\n".into(), Outcome::Exited(0)));
    assert_eq!(harness.end(other).1, Outcome::Exited(0));
}

#[test]
fn f162_deck_variables_reach_every_engine() {
    let mut harness = ExecHarness::new();
    for (language, code) in [
        ("bash", "echo $DECK_WORD"),
        ("python", "import os; print(os.environ['DECK_WORD'])"),
        ("rust", "fn main() { println!(\"{}\", std::env::var(\"DECK_WORD\").unwrap()); }"),
    ] {
        let run = harness.start_request(language, code, |request| {
            request.code.environment = vec![("DECK_WORD".to_owned(), "a = b".to_owned())];
        });
        assert_eq!(harness.end(run), ("a = b\n".to_owned(), Outcome::Exited(0)), "{language}");
    }
}

#[test]
fn pagers_are_disabled_without_own_terminal() {
    let mut harness = ExecHarness::new();
    let (text, _) = harness.run("bash", "echo $PAGER $GIT_PAGER $MANPAGER");
    assert_eq!(text, "cat cat cat\n");
    let run = harness.start_request("bash", "echo ${PAGER-none}", |request| {
        request.code.environment.push(("PAGER".into(), "less".into()));
    });
    assert_eq!(harness.end(run).0, "less\n");
    let own = std::env::var("PAGER").unwrap_or_else(|_| "none".to_owned());
    let run = harness.start_request("bash", "echo ${PAGER-none}", |request| {
        request.target = Target::Screen;
    });
    assert!(harness.end(run).0.starts_with(&own));
}

#[test]
fn git_log_is_printed_in_full() {
    if std::process::Command::new("git").arg("--version").output().is_err() {
        println!("skipped: git is not installed");
        return;
    }
    let commit = "git -c user.name=n -c user.email=n@example.org commit -q --allow-empty";
    let code = format!(
        "cd \"$(mktemp -d)\" && git init -q .\nfor n in $(seq 40); do {commit} -m \"step $n\"; done\n\
         git -c core.pager=less log --format=%s; echo \"exit $?\"; rm -rf \"$PWD\""
    );
    let (text, how) = ExecHarness::new().run("bash", &code);
    assert!(text.starts_with("step 40\nstep 39\n"), "{text}");
    assert!(text.ends_with("step 1\nexit 0\n"), "{text}");
    assert_eq!(how, Outcome::Exited(0));
}

#[test]
fn errors_of_other_languages_have_the_decks_lines() {
    let mut harness = ExecHarness::new();
    for (language, code, place) in [
        ("bash", "true\nnothing_here", "talk.md: line 8: nothing_here"),
        ("sh", "true\nnothing_here", "talk.md: 8: nothing_here"),
        ("perl", "1;\ndie 'no'", "no at talk.md line 8."),
        ("perl", "use strict;\n$x = 1;", "of talk.md aborted due to"),
        ("javascript", "1;\nnope()", "(talk.md:8:1)"),
        (
            "java",
            "class A { public static void main(String[] args) {\n  throw new Error(); } }",
            "at A.main(talk.md:8)",
        ),
        ("c", "int main() {\n  return x;\n}", "talk.md:8:10:"),
    ] {
        let run = harness.start(language, code);
        let (output, outcome) = harness.end(run);
        if matches!(outcome, Outcome::NotStarted(_)) {
            continue;
        }
        assert!(output.contains(place) && !output.contains("/snippet."), "{output:?}");
    }
}

#[test]
fn sandboxed_deck_reaches_no_other_machine() {
    let mut harness = ExecHarness::new();
    let (send, events) = crossbeam_channel::unbounded();
    let sandbox = Some(SandboxOptions::default());
    let options = ExecOptions { sandbox, ..options(harness.folder.path()) };
    harness.executor = Some(Executor::new(options, move |event| drop(send.send(event))));
    harness.events = events;
    let host = crate::deck::RemoteHost { name: "gpu".into(), ..Default::default() };
    let run = harness.start_request("bash", "echo never", |request| {
        request.code.remote = Some(Arc::new(host));
    });
    let RunEvent::Finished(Outcome::NotStarted(why), _) = harness.next(run) else {
        panic!("it was started")
    };
    assert!(why.contains("the sandbox does not reach other machines"), "{why}");
}
