//! Opening, navigating, resizing, saving and quitting.

use std::fs;

use crate::harness::{Opening, PtyHarness, Terminal};
use rstest::rstest;
use rustix::process::Signal;

const TWO: &str =
    "One\n===\n\nfirst\n\n<!-- pause -->\n\nsecond\n\n<!-- end_slide -->\n\nTwo\n===\n\nthird\n";

#[test]
fn keys_go_through_steps_and_slides() {
    let talk = PtyHarness::show(TWO);
    talk.wait_for("first");
    assert!(!talk.screen().contains("second"));
    talk.keys("l");
    talk.wait_for("second");
    talk.keys("space");
    talk.wait_for("third");
    talk.keys("h");
    talk.wait_for("second");
    talk.quit();
}

#[test]
fn terminal_without_answers_works() {
    let talk =
        PtyHarness::show_with(TWO, &Opening { terminal: Terminal::Mute, ..Opening::default() });
    talk.wait_for("first");
    talk.keys("l");
    talk.wait_for("second");
    talk.keys("down");
    talk.wait_for("third");
    talk.keys("ctrl-c");
    assert!(talk.end().success());
}

#[test]
fn index_help_and_problems_open_and_close() {
    let talk = PtyHarness::show(TWO);
    talk.wait_for("first");
    talk.keys("?");
    talk.wait_for("previous step");
    talk.keys("esc");
    talk.wait_gone("previous step");
    talk.keys("ctrl-p");
    talk.wait_for("╭ Slides");
    talk.keys("t w");
    talk.wait_for("Slides: tw");
    talk.keys("enter");
    talk.wait_for("third");
    talk.keys("D");
    talk.wait_for("No problems");
    talk.keys("esc q");
    assert!(talk.end().success());
}

#[test]
fn f197_save_shows_the_changed_slide() {
    let talk = PtyHarness::show(TWO);
    talk.wait_for("first");
    fs::write(talk.deck(), TWO.replace("third", "changed")).unwrap();
    talk.wait_for("changed");
    fs::write(talk.deck(), "").unwrap();
    talk.wait_for("empty");
    talk.wait_for("changed");
    fs::remove_file(talk.deck()).unwrap();
    talk.wait_for("showing the last good deck");
    fs::write(talk.deck(), TWO.replace("third", "again")).unwrap();
    talk.wait_for("again");
    let beside = talk.folder().join("new.md");
    fs::write(&beside, TWO.replace("third", "renamed")).unwrap();
    fs::rename(&beside, talk.deck()).unwrap();
    talk.wait_for("renamed");
    talk.quit();
}

#[test]
fn notice_goes_away_with_its_cause() {
    let talk = PtyHarness::show(TWO);
    talk.wait_for("first");
    fs::write(talk.deck(), "").unwrap();
    talk.wait_for("showing the last good deck");
    fs::write(talk.deck(), TWO).unwrap();
    talk.wait_gone("showing the last good deck");
    talk.quit();
}

#[test]
fn broken_front_matter_keeps_the_last_good_one_and_the_place() {
    let good = "---\ntitle: A talk\noptions:\n  implicit_slide_ends: true\n---\n\nOne\n===\n\na\n\nTwo\n===\n\nbb\n";
    let talk = PtyHarness::show(good);
    // The title's `A`, drawn from block characters.
    talk.wait_for("█▀█");
    talk.keys("l l");
    talk.wait_for("bb");
    for broken in [
        good.replace("title: A talk", "title: \"unclosed"),
        good.replace("true\n---\n", "true\n"),
        good.replacen("---\n", "--- \n", 1),
        good.replace("title", "unknown: key\ntitle"),
        good.replace("options", "title: A talk\noptions"),
    ] {
        fs::write(talk.deck(), broken).unwrap();
        talk.wait_for("1 error");
        assert!(talk.screen().contains("bb") && !talk.screen().contains("One"));
        fs::write(talk.deck(), good).unwrap();
        talk.wait_gone("1 error");
        assert!(talk.screen().contains("bb"));
    }
    talk.quit();
}

#[test]
fn targets_of_links_are_watched() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["v1", "v2", "parts", "talk"] {
        fs::create_dir(path(name)).unwrap();
    }
    fs::write(path("v1/deck.md"), "# first\n\n<!-- include: part.md -->\n").unwrap();
    fs::write(path("v2/deck.md"), "# second\n").unwrap();
    fs::write(path("parts/part.md"), "a part\n").unwrap();
    let link = std::os::unix::fs::symlink;
    link("../parts/part.md", path("v1/part.md")).unwrap();
    link("v1", path("current")).unwrap();
    link("../current/deck.md", path("talk/deck.md")).unwrap();
    link("../current/part.md", path("talk/part.md")).unwrap();
    let talk = PtyHarness::open(&path("talk/deck.md"), &Opening::default());
    talk.wait_for("a part");
    fs::write(path("parts/part.md"), "another part\n").unwrap();
    talk.wait_for("another part");
    fs::write(path("v1/deck.md"), "# changed\n").unwrap();
    talk.wait_for("changed");
    link("v2", path("new")).unwrap();
    fs::rename(path("new"), path("current")).unwrap();
    talk.wait_for("second");
    talk.quit();
}

#[test]
fn deck_from_a_pipe_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::write(pipe, TWO).unwrap()
    });
    let talk = PtyHarness::open(&pipe, &Opening::default());
    talk.wait_for("first");
    writer.join().unwrap();
    talk.keys("ctrl-r G");
    talk.wait_for("third");
    assert!(!talk.screen().contains("last good deck"), "{}", talk.screen());
    talk.quit();
}

#[test]
fn included_file_is_watched() {
    let talk = PtyHarness::show("# first\n\n<!-- include: part.md -->\n");
    talk.wait_for("part.md");
    fs::write(talk.folder().join("part.md"), "written later\n").unwrap();
    talk.wait_for("written later");
    fs::write(talk.folder().join("part.md"), "written again\n").unwrap();
    talk.wait_for("written again");
    talk.quit();
}

#[test]
fn picture_file_is_watched() {
    let paint = |talk: &PtyHarness, color: [u8; 3]| {
        let picture = image::RgbImage::from_pixel(64, 64, image::Rgb(color));
        let beside = talk.folder().join("new.png");
        picture.save(&beside).unwrap();
        fs::rename(&beside, talk.folder().join("dot.png")).unwrap();
    };
    let talk = PtyHarness::show("# first\n\n![](dot.png)\n");
    talk.wait_for("dot.png");
    paint(&talk, [200, 10, 20]);
    talk.wait("the red picture", |_| talk.colours().contains("48;2;200;10;20"));
    paint(&talk, [10, 20, 200]);
    talk.wait("the blue picture", |_| talk.colours().contains("48;2;10;20;200"));
    talk.quit();
}

#[test]
fn size_changes_back_and_forth() {
    let words = "one two three four five six seven eight nine ten ".repeat(4);
    let slides = format!("{words}\n\n<!-- pause -->\n\nlast\n\n<!-- end_slide -->\n\n{words}");
    let talk = PtyHarness::show(&slides);
    // The footer is written last, and is cut off by the emulator where there are fewer rows.
    talk.wait_for("1 / 2");
    let wide = talk.screen();
    talk.resize(40, 20);
    talk.wait_for("1 / 2");
    let narrow = talk.screen();
    for _ in 0..3 {
        talk.resize(100, 30);
        talk.wait("what was shown before", |screen| screen == wide);
        talk.resize(40, 20);
        talk.wait("what was shown before", |screen| screen == narrow);
    }
    talk.keys("l");
    talk.wait_for("last");
    talk.resize(100, 30);
    talk.wait("the new step", |screen| screen.contains("last") && screen.contains("1 / 2"));
    talk.keys("l");
    talk.wait_for("2 / 2");
    talk.resize(40, 20);
    talk.wait_for("2 / 2");
    assert!(!talk.screen().contains("last"), "{}", talk.screen());
    talk.quit();
}

#[test]
fn pictures_come_and_go_with_steps_and_jumps() {
    let folder = tempfile::tempdir().unwrap();
    let paint = |name: &str, color: [u8; 3]| {
        let picture = image::RgbImage::from_pixel(64, 64, image::Rgb(color));
        picture.save(folder.path().join(name)).unwrap();
    };
    paint("red.png", [200, 10, 20]);
    paint("blue.png", [10, 20, 200]);
    let deck = folder.path().join("talk.md");
    let slides = ["one", "![](red.png)", "three", "four\n\n![](blue.png)\n\n![](red.png)"];
    fs::write(&deck, slides.join("\n\n<!-- end_slide -->\n\n")).unwrap();
    let talk = PtyHarness::open(&deck, &Opening::default());
    let [red, blue] = ["48;2;200;10;20", "48;2;10;20;200"];
    let shows = |keys: &str, footer: &str, colors: [bool; 2]| {
        talk.keys(keys);
        talk.wait(&format!("{footer} after {keys}"), |screen| {
            let shown = talk.colours();
            screen.contains(footer) && [red, blue].map(|it| shown.contains(it)) == colors
        });
    };
    // Twice: the second time nothing has to be decoded.
    for _ in 0..2 {
        shows("gg", "1 / 4", [false; 2]);
        shows("l", "2 / 4", [true, false]);
        shows("l", "3 / 4", [false; 2]);
        shows("l", "4 / 4", [true; 2]);
        shows("h", "3 / 4", [false; 2]);
        shows("h", "2 / 4", [true, false]);
        shows("G", "4 / 4", [true; 2]);
        shows("ctrl-o", "2 / 4", [true, false]);
        shows("gg", "1 / 4", [false; 2]);
        shows("ctrl-o", "2 / 4", [true, false]);
    }
    talk.quit();
}

#[test]
fn f200_transition_shows_both_slides_and_a_key_ends_it() {
    let config = "transition: {duration_millis: 60000, frames: 600, animation: {style: fade}}\n";
    let (old, new) = ("o".repeat(80), "n".repeat(80));
    let talk = PtyHarness::show(&format!("{old}\n\n<!-- end_slide -->\n\n{new}\n"));
    talk.wait_for(&old);
    talk.keys("q");
    let settings = talk.folder().join("settings.yaml");
    fs::write(&settings, config).unwrap();
    let args = ["-c", settings.to_str().unwrap()];
    let turning = PtyHarness::open(&talk.deck(), &Opening { args: &args, ..Opening::default() });
    turning.wait_for(&old);
    turning.keys("l");
    turning.wait("cells of both slides", |screen| screen.contains("no") && screen.contains("on"));
    turning.keys("x");
    turning.wait_for(&new);
    turning.keys("h q");
    assert!(turning.end().success());
    assert!(talk.end().success());
}

#[test]
fn f199_second_window_shows_the_notes() {
    let free = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.yaml");
    let address = format!("{{listen_address: '{free}', publish_address: '{free}'}}");
    fs::write(&config, format!("speaker_notes: {address}\n")).unwrap();
    let deck = folder.path().join("talk.md");
    let notes = "<!-- speaker_note: be calm -->\n\n<!-- pause -->\n\n\
        b\n\n<!-- speaker_note: now smile -->\n\n<!-- end_slide -->\n\n\
        Two\n===\n\nc\n\n<!-- speaker_note: thank them -->\n";
    fs::write(&deck, format!("One\n===\n\na\n\n{notes}")).unwrap();
    let open = |flag| {
        let args = ["-c", config.to_str().unwrap(), flag];
        PtyHarness::open(&deck, &Opening { args: &args, ..Opening::default() })
    };
    let speaker = open("-l");
    speaker.wait_for("be calm");
    assert!(!speaker.screen().contains("now smile") && !speaker.screen().contains("a\n"));
    let talk = open("-P");
    talk.wait_for("a");
    talk.keys("l");
    speaker.wait_for("now smile");
    talk.keys("l");
    speaker.wait_for("thank them");
    talk.keys("h h");
    speaker.wait_gone("now smile");
    talk.quit();
    assert!(speaker.end().success(), "it ends with the talk");
}

#[test]
fn f127_text_sizes_are_used_if_supported() {
    let deck = "One\n===\n\na^2^\n";
    let sizes = Opening { terminal: Terminal::Sizes, ..Opening::default() };
    let talk = PtyHarness::show_with(deck, &sizes);
    let written = |talk: &PtyHarness, bytes: &str| {
        let seen = talk.seen();
        seen.bytes.windows(bytes.len()).any(|window| window == bytes.as_bytes())
    };
    talk.wait("the title in double size", |_| written(&talk, "\x1b]66;s=2;O\x1b\\"));
    talk.wait("a small two", |_| written(&talk, "\x1b]66;s=1:n=1:d=2;2\x1b\\"));
    talk.quit();
    let plain = PtyHarness::show(deck);
    plain.wait_for("a²");
    plain.wait_for("One");
    assert!(!written(&plain, "\x1b]66;s=2;O"));
    plain.quit();
}

#[test]
fn f198_presentation_mode_ignores_saves() {
    let talk = PtyHarness::show_with(TWO, &Opening { args: &["-p"], ..Opening::default() });
    talk.wait_for("first");
    fs::write(talk.deck(), TWO.replace("second", "changed")).unwrap();
    talk.keys("l");
    talk.wait_for("second");
    talk.keys("ctrl-r");
    talk.wait_for("changed");
    talk.quit();
}

#[test]
fn slow_code_is_shown_before_it_is_highlighted() {
    let much = "let x = \"a text of its own colour\"; // a remark\n".repeat(400);
    // Few lines, but slow to highlight.
    let slow = format!("<!--{} x -->\n\n# A *heading*\n", "[^1]".repeat(22)).repeat(15);
    for (language, code, text) in [("rust", much, "let x ="), ("markdown", slow, "# A *h")] {
        let talk = PtyHarness::show(&format!("a\n\n```{language}\n{code}```\n"));
        talk.wait_for(text);
        // Unhighlighted code has one colour.
        talk.wait("the colours", |_| talk.colours().matches("38;2").count() > 30);
        talk.quit();
    }
}

#[test]
fn every_exit_restores_the_terminal() {
    let signals =
        [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130), (Signal::QUIT, 131)];
    for (signal, status) in signals {
        let talk = PtyHarness::show(TWO);
        talk.wait_for("first");
        talk.signal(signal);
        assert_eq!(talk.end().code(), Some(status));
    }
}

#[test]
fn closed_terminal_ends_the_program() {
    let talk = PtyHarness::show(TWO);
    talk.wait_for("first");
    let status = talk.hang_up();
    assert_eq!(status.code(), Some(129), "{status:?}");
}

#[test]
fn any_size_works_and_too_small_is_reported() {
    let talk = PtyHarness::show(TWO);
    talk.wait_for("first");
    for size in [(1, 1), (10, 3), (1, 200), (200, 1), (1000, 500), (3, 40)] {
        talk.resize(size.0, size.1);
        talk.keys("l h ? esc ctrl-p esc");
    }
    talk.resize(11, 3);
    talk.wait_for("enlarge");
    talk.resize(100, 30);
    talk.wait_for("first");
    talk.quit();
}

#[test]
fn suspend_restores_the_terminal_and_resume_takes_it() {
    let talk = PtyHarness::show(TWO);
    talk.wait_for("first");
    // In a session without a job-control shell, the kernel ignores the stop signal: the presentation
    // continues.
    talk.keys("ctrl-z");
    talk.keys("l");
    talk.wait_for("second");
    let seen = String::from_utf8_lossy(&talk.seen().bytes).into_owned();
    assert_eq!(seen.matches("\x1b[?1049h").count(), 2);
    talk.quit();
}

#[test]
fn missing_deck_is_an_error_without_a_screen() {
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_livedeck"))
        .arg("nowhere.md")
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(1));
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(said.contains("nowhere.md") && said.contains("there is no such file"), "{said}");
    assert!(!said.contains('\x1b'));
}

#[test]
fn kill_leaves_no_process() {
    let mut talk = PtyHarness::show(TWO);
    talk.wait_for("first");
    talk.signal(Signal::KILL);
    talk.wait_for_end();
    assert!(talk.left_behind().is_empty());
}

#[test]
fn f190_configured_keys_work_and_are_in_the_help() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.yaml");
    fs::write(&config, "bindings: {next: [w, <a-m>], exit: [xx]}\n").unwrap();
    let args = ["-c", config.to_str().unwrap()];
    let talk = PtyHarness::show_with(TWO, &Opening { args: &args, ..Opening::default() });
    talk.wait_for("first");
    talk.keys("?");
    talk.wait_for("alt-m");
    talk.keys("w w");
    talk.wait_gone("alt-m");
    talk.keys("esc");
    talk.wait_gone("Keys");
    talk.keys("l w");
    talk.wait_for("second");
    talk.write(b"\x1bm");
    talk.wait_for("third");
    talk.keys("x x");
    assert!(talk.end().success());
}

#[test]
fn missing_pictures_and_colours_are_problems() {
    let text = "---\ntheme:\n  override:\n    footer: {style: template, left: {image: none.png}}\n---\n\n![](a.png)\n\n<span style=\"color: p:x\">a</span>\n";
    let talk = PtyHarness::show(text);
    talk.wait_for("3 errors · D");
    talk.keys("D");
    talk.wait("each with its place", |screen| {
        screen.contains("talk.md:4:37")
            && screen.contains("talk.md:7:1")
            && screen.contains("talk.md:9:1")
    });
    talk.keys("q q");
    assert!(talk.end().success());
}

#[test]
fn f201_overflow_is_a_problem_if_requested() {
    let long = format!("One\n===\n\n{}", "row\n\n".repeat(40));
    let talk = PtyHarness::show(&long);
    talk.wait_for("row");
    talk.keys("D");
    talk.wait_for("No problems");
    talk.keys("esc q");
    talk.end();
    let args = ["--validate-overflows"];
    let talk = PtyHarness::show_with(&long, &Opening { args: &args, ..Opening::default() });
    talk.wait_for("1 error · D");
    talk.keys("D");
    talk.wait_for("too many at 100x30");
    talk.keys("esc");
    talk.resize(100, 200);
    talk.wait_gone("1 error");
    talk.quit();
}

#[test]
fn f023_theme_follows_the_background() {
    let deck = "---\ntheme:\n  light: light\n  dark: dark\n---\nhi\n";
    let background = |terminal| {
        let talk = PtyHarness::show_with(deck, &Opening { terminal, ..Opening::default() });
        talk.wait_for("hi");
        let color = talk.seen().terminal.screen().cell(2, 2).unwrap().bgcolor();
        talk.quit();
        color
    };
    let (light, dark) = (background(Terminal::Light), background(Terminal::Plain));
    assert_eq!(dark, background(Terminal::Mute));
    let brightness = |color| match color {
        vt100::Color::Rgb(red, green, blue) => u32::from(red) + u32::from(green) + u32::from(blue),
        other => panic!("{other:?}"),
    };
    assert!(brightness(light) > 600 && brightness(dark) < 200, "{light:?} {dark:?}");
}

#[test]
fn configured_theme_follows_the_background() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.yaml");
    fs::write(&config, "defaults: {theme: {light: light, dark: dark, timeout: 10000}}\n").unwrap();
    let args = ["-c", config.to_str().unwrap()];
    let opening = Opening { args: &args, terminal: Terminal::Light, ..Opening::default() };
    let talk = PtyHarness::show_with("hi\n", &opening);
    talk.wait_for("hi");
    let color = talk.seen().terminal.screen().cell(2, 2).unwrap().bgcolor();
    assert!(matches!(color, vt100::Color::Rgb(200.., 200.., 200..)), "{color:?}");
    talk.quit();
}

#[test]
fn f170_theme_gallery_has_a_slide_per_theme() {
    let themes = PtyHarness::alone(&Opening { args: &["themes"], ..Opening::default() });
    for name in livedeck::theme::names() {
        themes.wait(&format!("the slide of {name}"), |screen| {
            screen.lines().any(|line| line.trim() == name) && screen.contains("fn primes")
        });
        themes.keys("n");
    }
    themes.keys("ctrl-p");
    themes.wait_for("Slides");
    themes.keys("l a t t e enter");
    themes.wait_for("catppuccin-latte");
    themes.quit();
}

#[test]
fn many_keys_at_once_end_on_a_highlighted_slide() {
    let slides: Vec<String> =
        (1..=60).map(|number| format!("```python\ndef end_{number}(): return 1\n```")).collect();
    let deck = slides.join("\n\n<!-- end_slide -->\n\n");
    let step_by_step = PtyHarness::show(&deck);
    step_by_step.keys("60 G");
    step_by_step.wait_for("60 / 60");
    let at_once = PtyHarness::show(&deck);
    at_once.wait_for("1 / 60");
    at_once.write(&b"l".repeat(59));
    at_once.wait_for("60 / 60");
    // The unseen colour of a blank cell depends on the frames before.
    let cells = |talk: &PtyHarness| {
        let seen = talk.seen();
        let screen = seen.terminal.screen();
        let (rows, columns) = screen.size();
        let places =
            (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
        let cell = |(row, column)| {
            let cell = screen.cell(row, column).unwrap();
            let text = cell.contents().trim();
            let color = (!text.is_empty()).then(|| cell.fgcolor());
            (text.to_owned(), color, cell.bgcolor())
        };
        places.map(cell).collect::<Vec<_>>()
    };
    let colors = |talk: &PtyHarness| cells(talk).into_iter().filter_map(|it| it.1).collect();
    step_by_step.wait("highlighted code", |_| {
        let colors: Vec<_> = colors(&step_by_step);
        colors.iter().any(|color| *color != colors[0])
    });
    at_once.wait("the same colours", |_| cells(&at_once) == cells(&step_by_step));
    at_once.quit();
    step_by_step.quit();
}

#[rstest]
#[case::of_24_bits(&[("COLORTERM", "24bit")], true)]
#[case::of_256(&[("COLORTERM", "")], false)]
#[case::of_16(&[("COLORTERM", ""), ("TERM", "linux")], false)]
#[case::of_none(&[("NO_COLOR", "1")], false)]
fn colours_match_the_terminal(#[case] env: &[(&str, &str)], #[case] is_true: bool) {
    let deck = "```rust\nfn main() {}\n```\n";
    let talk = PtyHarness::show_with(deck, &Opening { env, ..Opening::default() });
    talk.wait_for("1 / 1");
    let (bytes, has_16) = (talk.seen().bytes.clone(), env.iter().any(|(name, _)| *name == "TERM"));
    talk.quit();
    let has = |sequence: &str| bytes.windows(sequence.len()).any(|it| it == sequence.as_bytes());
    assert_eq!(has("\x1b[38;2;") && has("48;2;"), is_true, "{}", String::from_utf8_lossy(&bytes));
    assert_eq!(has("38;5;2") || has("48;5;2"), !is_true && env[0].0 == "COLORTERM" && !has_16);
}

#[test]
fn presenterm_config_is_announced_once() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("presenterm");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("config.yaml"), "defaults: {theme: light}\n").unwrap();
    fs::write(home.path().join("talk.md"), TWO).unwrap();
    let home = home.path().to_str().unwrap();
    let env = [("XDG_CONFIG_HOME", home), ("XDG_STATE_HOME", home)];
    let open = || {
        let opening = Opening { args: &[], env: &env, ..Opening::default() };
        PtyHarness::open(&std::path::Path::new(home).join("talk.md"), &opening)
    };
    let talk = open();
    talk.wait_for("`livedeck config --import` converts it");
    talk.keys("l");
    talk.wait_for("second");
    assert!(!talk.screen().contains("--import"), "a key closes it");
    talk.quit();
    let talk = open();
    talk.wait_for("first");
    assert!(!talk.screen().contains("--import"));
    talk.quit();
}

/// Returns whether these bytes were written to the terminal.
fn has_written(talk: &PtyHarness, bytes: &str) -> bool {
    talk.seen().bytes.windows(bytes.len()).any(|window| window == bytes.as_bytes())
}

#[rstest]
#[case::known_terminal("auto", &[("TERM", "xterm-kitty")], true)]
#[case::unknown_terminal("auto", &[], false)]
#[case::old_tmux("auto", &[("TERM", "xterm-kitty"), ("TMUX", "/tmp/x,1,0")], false)]
#[case::on("on", &[], true)]
#[case::off("off", &[("TERM", "xterm-kitty")], false)]
fn addresses_are_links(
    #[case] links: &str,
    #[case] terminal: &[(&str, &str)],
    #[case] expected: bool,
) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("mine.yaml");
    fs::write(&file, format!("defaults: {{links: {links}}}\n")).unwrap();
    let unset = ["TERM_PROGRAM", "VTE_VERSION", "KONSOLE_VERSION", "WT_SESSION", "STY"];
    let mut env: Vec<_> = unset.map(|name| (name, "")).to_vec();
    env.extend([("LIVEDECK_CONFIG_FILE", file.to_str().unwrap())]);
    env.extend(terminal);
    let deck = "[docs](https://a.example/b) and http://c.example here\n";
    let talk = PtyHarness::show_with(deck, &Opening { args: &[], env: &env, ..Opening::default() });
    talk.wait_for("http://c.example here");
    for address in ["https://a.example/b", "http://c.example"] {
        assert_eq!(has_written(&talk, &format!("\x1b]8;;{address}\x1b\\")), expected, "{address}");
    }
    let bytes = String::from_utf8_lossy(&talk.seen().bytes).into_owned();
    let linked = bytes.split("\x1b]8;;https://a.example/b\x1b\\").skip(1);
    let label = linked
        .filter_map(|rest| rest.split_once("\x1b]8;;\x1b\\"))
        .any(|(text, _)| text.contains("docs"));
    assert_eq!(label, expected, "the label leads to the address");
    talk.quit();
}

#[test]
fn mouse_can_be_released() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("mine.yaml");
    fs::write(&file, "defaults: {mouse: off}\n").unwrap();
    let env = [("LIVEDECK_CONFIG_FILE", file.to_str().unwrap())];
    let talk = PtyHarness::show_with(TWO, &Opening { args: &[], env: &env, ..Opening::default() });
    talk.wait_for("first");
    assert!(!has_written(&talk, "\x1b[?1002h"));
    talk.keys("M");
    talk.wait_for("mouse on");
    assert!(has_written(&talk, "\x1b[?1002h\x1b[?1006h"));
    assert!(!has_written(&talk, "\x1b[?1002l"));
    talk.keys("M");
    talk.wait_for("mouse off");
    assert!(has_written(&talk, "\x1b[?1006l\x1b[?1002l"));
    talk.quit();
}
