//! The speaker's console in a second terminal.

use std::fs;
use std::path::Path;

use livedeck::project::{LoadOptions, load};
use rustix::process::Signal;

use crate::harness::{Opening, PtyHarness};

const DECK: &str = "One\n===\n\nfirst\n\n<!-- speaker_note: \"say **hello** first\" -->\n\n<!-- pause -->\n\n\
                    second\n\n<!-- speaker_note: now smile -->\n\n<!-- end_slide -->\n\nTwo\n===\n\n\
                    ```bash +exec\necho $((40 + 2))\n```\n\n<!-- end_slide -->\n\nThree\n===\n\nlast words\n";

/// Opens a console beside a talk.
fn console(talk: &PtyHarness, args: &[&str], size: (u16, u16)) -> PtyHarness {
    let runtime = talk.runtime();
    let env = [("XDG_RUNTIME_DIR", runtime.to_str().unwrap())];
    let args: Vec<&str> = ["console"].iter().chain(args).copied().collect();
    PtyHarness::alone(&Opening { args: &args, size, env: &env, ..Opening::default() })
}

#[test]
fn console_joins_late_follows_and_drives() {
    let opening = Opening { args: &["-x", "--duration", "30m"], ..Opening::default() };
    let talk = PtyHarness::show_with(DECK, &opening);
    talk.wait_for("first");
    talk.keys("l");
    talk.wait_for("second");
    let console = console(&talk, &[], (120, 40));
    console.wait_for("1/3  step 2/2");
    console.wait_for("now smile");
    console.wait_for("say hello first");
    console.wait_for("echo $((40 + 2))");
    console.wait_for("left");
    talk.keys("l");
    console.wait_for("2/3");
    console.wait_for("no notes here");
    console.wait_for("last words");
    console.keys("ctrl-e");
    talk.wait_for("42");
    console.wait_for("done in");
    console.wait("the output", |screen| {
        screen.lines().any(|line| line.contains("42") && !line.contains("echo"))
    });
    console.keys("l");
    talk.wait_for("last words");
    console.wait_for("the end");
    console.keys("2 G");
    talk.wait_for("echo");
    console.keys("b");
    talk.wait_gone("echo");
    console.wait_for("screen is black");
    assert!(console.screen().contains("echo"), "the speaker still sees the slide");
    console.keys("b");
    talk.wait_for("echo");
    console.keys("?");
    console.wait_for("start or pause the timer");
    console.keys("esc");
    console.wait_gone("start or pause the timer");
    console.quit();
    assert!(talk.screen().contains("echo"), "the talk goes on");
    talk.quit();
}

#[test]
#[cfg(target_os = "linux")]
fn talk_sleeps_when_a_console_has_gone() {
    let talk = PtyHarness::show_with(DECK, &Opening { args: &["-x"], ..Opening::default() });
    talk.wait_for("first");
    for ends_alone in [true, false] {
        let console = console(&talk, &[], (100, 30));
        console.wait_for("say hello first");
        if ends_alone {
            console.quit();
        } else {
            console.signal(Signal::KILL);
        }
        let start = std::time::Instant::now();
        loop {
            let before = wakeups(&talk);
            std::thread::sleep(std::time::Duration::from_secs(2));
            if wakeups(&talk) == before {
                break;
            }
            assert!(start.elapsed() < crate::harness::TIMEOUT, "the talk goes on waking up");
        }
    }
    talk.quit();
}

/// Returns how often the threads of a talk have gone to sleep.
#[cfg(target_os = "linux")]
fn wakeups(talk: &PtyHarness) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{}/task", talk.pid().as_raw_nonzero())).unwrap();
    let count = |task: fs::DirEntry| -> u64 {
        let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches"));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
    };
    tasks.flatten().map(count).sum()
}

#[test]
fn console_waits_for_a_talk_and_joins_the_next() {
    let mut first = PtyHarness::show(DECK);
    first.wait_for("first");
    let runtime = first.runtime();
    let env = [("XDG_RUNTIME_DIR", runtime.to_str().unwrap())];
    let deck = first.deck();
    let again = || PtyHarness::open(&deck, &Opening { env: &env, ..Opening::default() });
    let console = console(&first, &[deck.to_str().unwrap()], (100, 30));
    console.wait_for("say hello first");
    first.signal(Signal::KILL);
    first.wait_for_end();
    console.wait_for("the talk has ended, waiting");
    console.keys("l");
    console.wait_for("there is no talk to drive");
    let second = again();
    second.wait_for("first");
    console.wait_gone("the talk has ended");
    console.keys("G");
    second.wait_for("last words");
    console.wait_for("3/3");
    second.quit();
    console.wait_for("the talk has ended, waiting");
    let third = again();
    third.wait_for("first");
    console.wait_for("1/3");
    let mut console = console;
    console.signal(Signal::KILL);
    console.wait_for_end();
    third.keys("l");
    third.wait_for("second");
    third.quit();
}

#[test]
fn console_alone_says_what_it_waits_for() {
    let env = [("XDG_RUNTIME_DIR", "/nonexistent")];
    let opening = Opening { args: &["console"], env: &env, ..Opening::default() };
    let console = PtyHarness::alone(&opening);
    console.wait_for("waiting for a talk");
    console.wait_for("no talk is running");
    console.keys("ctrl-c");
    assert!(console.end().success());
}

#[test]
fn console_reloads_the_deck_with_the_talk() {
    let talk = PtyHarness::show(DECK);
    talk.wait_for("first");
    let console = console(&talk, &[], (60, 20));
    console.wait_for("say hello first");
    fs::write(talk.deck(), DECK.replace("say **hello**", "sing")).unwrap();
    console.wait_for("sing first");
    console.quit();
    talk.quit();
}

#[test]
fn console_follows_every_step_of_a_talk() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("slides/talk.md");
    let deck = load(&LoadOptions::new(&file), None).unwrap().deck;
    let talk = PtyHarness::open(&file, &Opening { args: &[], ..Opening::default() });
    let count = deck.slides.len();
    let console = console(&talk, &[], (120, 40));
    console.wait_for(&format!("1/{count}"));
    for (number, slide) in deck.slides.iter().enumerate() {
        for step in 1..=slide.steps {
            let number = number + 1;
            talk.remote(&format!("go {number} {step}")).unwrap();
            console.wait_for(&match slide.steps {
                1 => format!("{number}/{count}"),
                steps => format!("{number}/{count}  step {step}/{steps}"),
            });
        }
    }
    console.quit();
    talk.quit();
}

#[test]
fn console_follows_a_variant() {
    let deck = DECK.replace("last words", "last words\n\n<!-- // tags: [deep] -->");
    let opening = Opening { args: &["--without", "deep"], ..Opening::default() };
    let talk = PtyHarness::show_with(&deck, &opening);
    talk.wait_for("first");
    let console = console(&talk, &[], (100, 30));
    console.wait_for("1/2");
    console.keys("G");
    console.wait_for("2/2");
    console.wait_for("the end");
    talk.wait_for("echo");
    console.quit();
    talk.quit();
}

#[test]
fn notes_window_joins_late() {
    let talk = PtyHarness::show(DECK);
    talk.wait_for("first");
    talk.keys("l");
    talk.wait_for("second");
    let runtime = talk.runtime();
    let env = [("XDG_RUNTIME_DIR", runtime.to_str().unwrap())];
    let deck = talk.deck();
    let notes =
        PtyHarness::open(&deck, &Opening { args: &["-l"], env: &env, ..Opening::default() });
    notes.wait_for("now smile");
    notes.keys("n n ?");
    notes.wait_for("this help");
    assert!(!notes.screen().contains("next step"), "only keys that do something");
    notes.keys("esc");
    notes.wait_for("now smile");
    notes.quit();
    talk.quit();
}

#[test]
fn notes_window_says_that_it_is_alone() {
    let notes = PtyHarness::show_with(DECK, &Opening { args: &["-l"], ..Opening::default() });
    notes.wait_for("waiting for a talk");
    notes.quit();
}

#[test]
fn rehearsal_is_timed_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let deck = folder.path().join("talk.md");
    fs::write(&deck, DECK).unwrap();
    let args = ["rehearse"];
    let rehearsal = PtyHarness::open(&deck, &Opening { args: &args, ..Opening::default() });
    rehearsal.wait_for("first");
    rehearsal.keys("l");
    rehearsal.wait_for("second");
    rehearsal.keys("l");
    rehearsal.wait_for("echo");
    rehearsal.keys("q");
    rehearsal.wait_for("in all, saved in");
    assert!(rehearsal.end().success());
    let saved = fs::read_to_string(folder.path().join("talk.rehearsal.json")).unwrap();
    let saved: serde_json::Value = serde_json::from_str(&saved).unwrap();
    assert_eq!(
        (&saved["slides"][0]["title"], &saved["slides"][1]["slide"]),
        (&"One".into(), &2.into())
    );
    assert_eq!(saved["slides"][0]["steps_ms"].as_array().unwrap().len(), 2);
    let talk = PtyHarness::open(&deck, &Opening::default());
    talk.wait_for("first");
    let console = console(&talk, &[], (100, 30));
    console.wait_for("say hello first");
    console.keys("l");
    // The rehearsal took a moment.
    console.wait_for("behind");
    console.quit();
    talk.quit();
}
