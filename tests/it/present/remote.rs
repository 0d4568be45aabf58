//! The control socket of a talk, and `livedeck remote`.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use rustix::process::Signal;
use serde_json::Value;

use crate::harness::{Opening, PtyHarness, TIMEOUT};

const DECK: &str = "One\n===\n\nfirst\n\n<!-- pause -->\n\nsecond\n\n<!-- end_slide -->\n\nTwo\n===\n\n\
                    ```bash +exec\necho $((40 + 2))\n```\n\n<!-- end_slide -->\n\nThree\n===\n\nthe end\n";

fn asking() -> Opening<'static> {
    Opening { args: &[], ..Opening::default() }
}

fn state(talk: &PtyHarness) -> Value {
    serde_json::from_str(&talk.remote("state").unwrap()).unwrap()
}

fn sockets(talk: &PtyHarness) -> Vec<String> {
    let entries = fs::read_dir(talk.runtime().join("livedeck")).unwrap().flatten();
    entries.map(|entry| entry.path().to_str().unwrap().to_owned()).collect()
}

#[test]
fn remote_moves_a_talk() {
    let talk = PtyHarness::show(DECK);
    talk.wait_for("first");
    talk.remote("next").unwrap();
    talk.wait_for("second");
    assert_eq!(state(&talk)["step"], 2);
    talk.remote("go 3").unwrap();
    talk.wait_for("the end");
    talk.remote("back").unwrap();
    talk.wait_for("Two");
    talk.remote("go 1 2").unwrap();
    talk.wait_for("second");
    talk.remote("last").unwrap();
    talk.wait_for("the end");
    let refused = talk.remote("go 9").unwrap_err();
    assert_eq!(refused, "error: the talk refused: there is no slide 9; the deck has 3");
    talk.remote("first").unwrap();
    talk.wait_for("first");
    talk.quit();
}

#[test]
fn remote_runs_code_and_reports_it() {
    let talk = PtyHarness::show(DECK);
    talk.wait_for("first");
    assert!(talk.remote("run").unwrap_err().contains("no block on this slide can run"));
    assert!(talk.remote("stop").unwrap_err().contains("nothing is running"));
    talk.remote("go 2").unwrap();
    talk.wait_for("echo");
    assert_eq!(state(&talk)["blocks"][0]["code"], "echo $((40 + 2))");
    talk.remote("run 1").unwrap();
    talk.wait_for("42");
    talk.wait("the end of the run", |_| state(&talk)["blocks"][0]["status"] == "done");
    talk.quit();
}

#[test]
fn remote_never_answers_the_question() {
    let talk = PtyHarness::show_with(DECK, &asking());
    talk.wait_for("first");
    talk.remote("go 2").unwrap();
    talk.wait_for("echo");
    talk.remote("run").unwrap();
    talk.wait_for("once");
    assert_eq!(state(&talk)["mode"], "question");
    for command in ["next", "run", "go 1", "back"] {
        let refused = talk.remote(command).unwrap_err();
        assert!(refused.contains("asks whether"), "{command}: {refused}");
    }
    assert!(!talk.screen().contains("42"), "nothing runs without an answer");
    talk.keys("esc");
    talk.wait_gone("once");
    assert_eq!(state(&talk)["blocks"][0]["status"], "not_run");
    talk.quit();
}

#[test]
fn blank_screen_hides_the_slide() {
    let talk = PtyHarness::show(DECK);
    talk.wait_for("first");
    talk.keys("b");
    talk.wait_gone("first");
    assert_eq!(state(&talk)["blank"], "black");
    talk.keys("l");
    talk.wait_for("first");
    assert_eq!(state(&talk)["step"], 1, "a step shows the slide that was left");
    talk.keys("w");
    talk.wait_gone("first");
    talk.remote("blank off").unwrap();
    talk.wait_for("first");
    talk.remote("blank").unwrap();
    talk.wait_gone("first");
    talk.keys(".");
    talk.wait_for("first");
    talk.quit();
}

#[test]
fn timer_starts_with_the_first_move() {
    let opening = Opening { args: &["--duration", "30m"], ..Opening::default() };
    let talk = PtyHarness::show_with(DECK, &opening);
    talk.wait_for("first");
    let timer = &state(&talk)["timer"];
    assert!(timer["running_since_ms"].is_null());
    assert_eq!(timer["duration_ms"], 1_800_000);
    talk.keys("l");
    talk.wait_for("second");
    assert!(state(&talk)["timer"]["running_since_ms"].is_u64());
    talk.keys("t");
    talk.wait_for("timer paused");
    assert!(state(&talk)["timer"]["running_since_ms"].is_null());
    talk.remote("timer reset").unwrap();
    assert_eq!(state(&talk)["timer"]["elapsed_ms"], 0);
    talk.quit();
}

#[test]
fn talk_begins_at_a_slide() {
    let opening = Opening { args: &["--start", "3"], ..Opening::default() };
    let talk = PtyHarness::show_with(DECK, &opening);
    talk.wait_for("the end");
    talk.quit();
}

#[test]
fn clients_follow_without_asking() {
    let talk = PtyHarness::show(DECK);
    talk.wait_for("first");
    let socket = sockets(&talk).remove(0);
    let mode = fs::metadata(talk.runtime().join("livedeck")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    let mut reader = BufReader::new(stream);
    let mut next = || {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        serde_json::from_str::<Value>(&line).unwrap()
    };
    let first = next();
    assert_eq!((&first["type"], &first["slide"]), (&"state".into(), &1.into()));
    talk.keys("n");
    while next()["slide"] != 2 {}
    reader.get_mut().write_all(b"{\"id\":5,\"command\":\"next\"}\n").unwrap();
    // The state and the reply come in either order.
    let mut seen: Vec<Value> = Vec::new();
    let has =
        |seen: &[Value], key: &str, value: i32| seen.iter().any(|message| message[key] == value);
    while !has(&seen, "slide", 3) || !has(&seen, "id", 5) {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        seen.push(serde_json::from_str(&line).unwrap());
    }
    assert!(seen.iter().any(|message| message["id"] == 5 && message["ok"] == true), "{seen:?}");
    talk.quit();
}

#[test]
fn several_talks_are_told_apart() {
    let one = PtyHarness::show(DECK);
    one.wait_for("first");
    let runtime = one.runtime();
    let env = [("XDG_RUNTIME_DIR", runtime.to_str().unwrap())];
    let other = PtyHarness::show_with(DECK, &Opening { env: &env, ..Opening::default() });
    other.wait_for("first");
    let pid = one.pid().as_raw_nonzero();
    let refused = one.remote("next").unwrap_err();
    assert!(refused.contains("several talks") && refused.contains(&pid.to_string()), "{refused}");
    one.remote(&format!("--talk {pid} next")).unwrap();
    one.wait_for("second");
    one.remote(&format!("--deck {} last", other.deck().display())).unwrap();
    other.wait_for("the end");
    other.quit();
    one.quit();
}

#[test]
fn killed_talk_leaves_no_socket_behind() {
    let mut killed = PtyHarness::show(DECK);
    killed.wait_for("first");
    assert_eq!(sockets(&killed).len(), 1);
    killed.signal(Signal::KILL);
    killed.wait_for_end();
    // A process that it was starting may hold the socket for a moment.
    let refused = |_: &str| killed.remote("next").unwrap_err();
    killed
        .wait("no talk", |screen| refused(screen).starts_with("error: no talk is running\nhint: "));
    assert!(sockets(&killed).is_empty());
}

#[test]
fn control_can_be_turned_off() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.yaml");
    fs::write(&config, "control: { enable: false }\n").unwrap();
    let args = ["--config", config.to_str().unwrap()];
    let talk = PtyHarness::show_with(DECK, &Opening { args: &args, ..Opening::default() });
    talk.wait_for("first");
    assert!(!talk.runtime().join("livedeck").exists());
    assert!(talk.remote("next").unwrap_err().contains("no talk is running"));
    talk.quit();
}

#[test]
fn slides_follow_by_themselves_and_loop() {
    let deck = "One\n===\n\nfirst\n\n<!-- // auto_advance: 20ms -->\n\n<!-- end_slide -->\n\nTwo\n===\n\n\
                last\n\n<!-- // auto_advance: 20ms -->\n";
    let talk = PtyHarness::show(deck);
    talk.wait_for("last");
    talk.quit();
    let looping = PtyHarness::show_with(deck, &Opening { args: &["--loop"], ..Opening::default() });
    for _ in 0..3 {
        looping.wait_for("last");
        looping.wait_for("first");
    }
    looping.keys("b");
    looping.wait("a blank screen", |screen| screen.trim().is_empty());
    let held = state(&looping)["slide"].clone();
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(state(&looping)["slide"], held, "a blank screen stays");
    looping.quit();
}
