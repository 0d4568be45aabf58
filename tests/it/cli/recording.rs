//! `livedeck record` and `livedeck check --run`: recordings, reports and exit status.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Opening, PtyHarness};

/// A folder with a deck in it.
struct Folder(TempDir);

/// The exit status and output of a command.
type Done = (i32, String);

impl Folder {
    fn new(deck: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("talk.md", deck);
        folder
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).unwrap();
    }

    fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path("talk.md")).unwrap();
        assert!(text.contains(from));
        self.write("talk.md", &text.replace(from, to));
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn record(&self) -> Done {
        self.run(&["record", "talk.md"])
    }

    fn check(&self, more: &[&str]) -> Done {
        self.run(&[&["check", "talk.md", "--run"], more].concat())
    }

    fn run(&self, args: &[&str]) -> Done {
        livedeck(self.0.path(), args)
    }

    /// Returns the recording and the names of the files in its folder.
    fn recorded(&self) -> (String, Vec<String>) {
        let folder = self.path("talk.recording");
        let names = std::fs::read_dir(&folder).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        (std::fs::read_to_string(folder.join("recording.json")).unwrap(), names)
    }
}

/// Runs livedeck in a folder; standard error must be empty.
fn livedeck(folder: &Path, args: &[&str]) -> Done {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let output = Command::new(env!("CARGO_BIN_EXE_livedeck"))
        .args(args)
        .current_dir(folder)
        .env("XDG_CONFIG_HOME", folder.join("none"))
        .env("XDG_CACHE_HOME", cache)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.is_empty() || args.contains(&"--update"), "{said}");
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// Returns a Bash block.
fn bash(attributes: &str, code: &str) -> String {
    format!("```bash {attributes}\n{code}\n```\n\n")
}

/// Removes durations from lines.
fn without_times(text: &str) -> String {
    let line = |line: &str| match line.rsplit_once(" · ") {
        Some((before, time)) if time.ends_with('s') => format!("{before}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn outputs_must_match_the_recording() {
    let deck = bash("+exec", "echo one; echo \"took 3 ms at $$\"") + &bash("+exec", "exit 3");
    let deck = deck.replacen("+exec", "+exec +varies:\"at \\d+\"", 1);
    let folder = Folder::new(&format!("A title\n===\n\n{deck}"));
    let (status, text) = folder.record();
    assert_eq!(status, 0, "{text}");
    assert!(text.ends_with("talk.recording: 2 blocks, 2 changed\n"), "{text}");
    let (status, text) = folder.check(&[]);
    assert_eq!(status, 0, "what failed when it was recorded may fail: {text}");
    folder.edit("echo one", "echo  two");
    folder.edit("exit 3", "exit 4");
    let (status, text) = folder.check(&[]);
    assert_eq!(status, 1);
    let text = without_times(&text).replace(&today(), "TODAY");
    insta::assert_snapshot!(text, @"
    talk.md: 1 slide, no problems
    talk.md:5:1: code changed since the recording of TODAY · A title, block 1 (bash)
        --- recorded TODAY
        +++ now
        @@ -1,2 +1,2 @@
        -one
        +two
         took <duration> <masked>
    talk.md:9:1: code changed since the recording of TODAY · A title, block 2 (bash)
        --- recorded TODAY
        +++ now
        @@ -1 +1 @@
        -(exit 3)
        +(exit 4)
    talk.md: 2 blocks: 2 outdated
    hint: run `livedeck check talk.md --run --update` to update the recording
    ");
}

#[test]
fn changed_output_differs_until_recorded() {
    let folder = Folder::new(&bash("+exec", "cat data.txt"));
    folder.write("data.txt", "1\n2\n3\n");
    folder.record();
    folder.write("data.txt", "1\n2\n4\n");
    let (status, text) = folder.check(&[]);
    assert_eq!(status, 1);
    assert!(text.contains("    -3\n    +4\n"), "{text}");
    assert!(text.ends_with("--run --update` to update the recording\n"), "{text}");
    assert_eq!(folder.check(&["--update"]).0, 0);
    assert_eq!(folder.check(&[]).0, 0);
}

#[test]
fn recording_again_changes_nothing() {
    let folder = Folder::new(&(bash("+exec", "date; sleep 0.01") + &bash("+exec", "echo b")));
    folder.record();
    let before = folder.recorded();
    let (_, text) = folder.record();
    assert!(text.ends_with("talk.recording: 2 blocks, 0 changed\n"), "{text}");
    assert_eq!(folder.recorded(), before);
}

#[test]
fn recording_a_variant_keeps_the_other_slides() {
    let tagged = "<!-- end_slide -->\n\n<!-- // tags: deep -->\n\n";
    let folder = Folder::new(&(bash("+exec", "echo a") + tagged + &bash("+exec", "echo b")));
    folder.record();
    let (_, text) = folder.run(&["record", "talk.md", "--without", "deep"]);
    assert!(text.ends_with("talk.recording: 2 blocks, 0 changed\n"), "{text}");
    assert_eq!(folder.check(&[]).0, 0);
    let (status, text) = folder.check(&["--without", "deep"]);
    assert!(status == 0 && text.contains("1 block"), "{text}");
}

#[test]
fn pictures_are_files_removed_with_their_block() {
    let code = "cat pixel.png";
    let folder = Folder::new(&format!("Pixels\n===\n\n{}", bash("+image", code)));
    image::RgbImage::new(2, 2).save(folder.path("pixel.png")).unwrap();
    folder.record();
    assert_eq!(folder.recorded().1, ["pixels-1.png", "recording.json"]);
    assert_eq!(folder.check(&[]).0, 0);
    image::RgbImage::new(3, 2).save(folder.path("pixel.png")).unwrap();
    let (status, text) = folder.check(&[]);
    assert!(status == 1 && text.contains("-(picture"), "{text}");
    folder.edit("Pixels", "Dots");
    folder.record();
    assert_eq!(folder.recorded().1, ["dots-1.png", "recording.json"]);
}

/// Returns a Python block that shows a picture, a table and Markdown.
fn values(width: u32, colour: &str, cell: &str) -> String {
    format!(
        r##"```python +exec
import struct, zlib

class Dots:
    def _repr_png_(self):
        chunk = lambda kind, data: (struct.pack(">I", len(data)) + kind + data
            + struct.pack(">I", zlib.crc32(kind + data)))
        row = b"\0" + bytes({colour}) * {width}
        return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", {width}, 2, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(row * 2)) + chunk(b"IEND", b""))

class Frame:
    def _repr_html_(self):
        return "<table><tr><th>name<th>legs</tr><tr><td>snake<td>0</tr><tr><td>{cell}<td>10</tr></table>"

class Note:
    def _repr_markdown_(self):
        return "# Of *note*"

print("before")
display(Dots(), Frame())
print("between")
Note()
```
"##
    )
}

#[test]
fn python_values_keep_their_kind() {
    let folder = Folder::new(&format!("Values\n===\n\n{}", values(3, "(255, 0, 0)", "crab")));
    let (status, text) = folder.record();
    assert_eq!(status, 0, "{text}");
    let (recording, files) = folder.recorded();
    assert_eq!(files, ["recording.json", "values-1.1.png"]);
    let entry = &serde_json::from_str::<Value>(&recording).unwrap()["blocks"][0];
    let picture = image::open(folder.path("talk.recording/values-1.1.png")).unwrap();
    assert_eq!((picture.width(), picture.height()), (3, 2));
    let lines = ["before", "[picture: PNG, 3 × 2]", "name   legs", "snake     0", "crab     10"];
    let lines = [&lines[..], &["between", "# Of *note*"]].concat();
    assert_eq!(entry["output"], serde_json::json!(lines));
    assert_eq!(entry["shown"][1]["table"]["rows"], serde_json::json!(["snake\t0", "crab\t10"]));
    assert_eq!(entry["shown"][2]["markdown"], "# Of *note*");
    assert_eq!(folder.check(&[]).0, 0);
    assert!(folder.record().1.ends_with("1 block, 0 changed\n"));
    assert_eq!(folder.recorded(), (recording, files));
}

#[test]
fn timings_are_recorded_and_labels_compared() {
    let lane = "Race\n===\n\n```python +bench:a\nsum(range(1_000))\n```\n";
    let folder = Folder::new(lane);
    let (status, text) = folder.record();
    assert_eq!(status, 0, "{text}");
    let (recording, _) = folder.recorded();
    let timing =
        serde_json::from_str::<Value>(&recording).unwrap()["blocks"][0]["shown"][0]["timing"]
            .take();
    assert_eq!(timing["timed"], "sum(range(1_000))");
    assert!(timing["median"].as_f64().unwrap() > 0.0 && timing["calls"].as_u64().unwrap() > 1);
    let (status, text) = folder.check(&[]);
    assert!(status == 0 && text.contains("1 block: ok"), "other times are no difference: {text}");
    assert!(folder.record().1.ends_with("1 block, 0 changed\n"));
    assert_eq!(folder.recorded().0, recording);
    // As if another statement had been timed.
    folder.write("talk.recording/recording.json", &recording.replace("(1_000)", "(2_000)"));
    let (status, text) = folder.check(&[]);
    assert_eq!(status, 1);
    assert!(text.contains("-timed sum(range(2_000))") && text.contains("+timed sum"), "{text}");
}

#[test]
fn picture_size_and_table_text_are_compared() {
    // The values come from a file: the code stays the same.
    let shown = |folder: &Folder, width, colour: &str, cell: &str| {
        let code = values(width, colour, cell);
        let code = code.trim_start_matches("```python +exec\n").trim_end();
        folder.write("shown.txt", code.trim_end_matches("```"));
    };
    let folder =
        Folder::new("Values\n===\n\n```python +exec\nexec(open('shown.txt').read())\n```\n");
    shown(&folder, 3, "(255, 0, 0)", "crab");
    folder.record();
    let picture = || std::fs::read(folder.path("talk.recording/values-1.1.png")).unwrap();
    let red = picture();
    shown(&folder, 3, "(0, 0, 255)", "crab");
    assert_eq!(folder.check(&[]).0, 0, "other machines draw otherwise");
    assert!(folder.record().1.ends_with("1 block, 1 changed\n"));
    assert_ne!(picture(), red, "but the last is what is kept");
    shown(&folder, 4, "(0, 0, 255)", "crab");
    let (status, text) = folder.check(&[]);
    assert_eq!(status, 1);
    let lines = ["-[picture: PNG, 3 × 2]", "+[picture: PNG, 4 × 2]"];
    assert!(lines.iter().all(|line| text.contains(line)), "{text}");
    shown(&folder, 3, "(0, 0, 255)", "lobster");
    let (status, text) = folder.check(&[]);
    assert!(status == 1 && text.contains("+lobster") && !text.contains("-[picture"), "{text}");
    folder.write("shown.txt", "print('nothing')");
    folder.record();
    assert_eq!(folder.recorded().1, ["recording.json"], "unused pictures are removed");
}

#[test]
fn f164_unrecorded_blocks_must_meet_expectations() {
    let deck = bash("+validate +expect:failure", "exit 0")
        + &bash("+validate", "echo out; exit 3")
        + &bash("+exec +expect:failure", "exit 1")
        + &bash("+validate", "true")
        + &bash("+acquire_terminal", "vi");
    let folder = Folder::new(&deck);
    let (status, text) = folder.check(&[]);
    assert_eq!(status, 1);
    insta::assert_snapshot!(without_times(&text), @"
    talk.md: 1 slide, no problems
    talk.md:2:1: failed: expected to fail, but succeeded · (no title), block 1 (bash, validated)
    talk.md:6:1: failed: exit 3 · (no title), block 2 (bash, validated)
        | out
    talk.md:10:1: ok · (no title), block 3 (bash)
    talk.md:14:1: ok · (no title), block 4 (bash, validated)
    talk.md:18:1: not run: needs the speaker's terminal · (no title), block 5 (bash)
    talk.md: 5 blocks: 2 failed, 2 ok, 1 not run
    ");
}

#[test]
fn session_blocks_run_in_order() {
    let block = |code: &str| format!("```python +exec +session\n{code}\n```\n\n");
    let folder = Folder::new(&(block("x = 41") + &block("x += 1; print(x)") + &block("print(x)")));
    assert_eq!(folder.record().0, 0);
    assert_eq!(folder.recorded().0.matches("\"42\"").count(), 2);
    folder.edit("x = 41", "x = 9");
    let (status, text) = folder.check(&[]);
    assert_eq!(status, 1);
    assert_eq!(text.matches("    -42\n    +10\n").count(), 2, "{text}");
}

/// Returns blocks that read input: on their own, in a session, in a child process.
fn questions(attributes: &str) -> String {
    let block = |language: &str, more: &str, code: &str| {
        format!("```{language} +exec{more}{attributes}\n{code}\n```\n\n")
    };
    block(
        "python",
        "",
        "try: print('hello,', input('Who? '), '-', int(input('How old? ')) + 1)\nexcept EOFError: print('nobody')",
    ) + &block("python", " +session", "import sys; lines = sys.stdin.readlines()")
        + "```python +exec +session\nprint(len(lines), 'lines')\n```\n\n"
        + &block("bash", "", "read=$(cat | tac); echo \"($read)\"; echo over")
        + &block("rust", "", "println!(\"{} read\", std::io::stdin().lines().count());")
}

#[test]
fn given_input_is_read_without_a_terminal() {
    let folder = Folder::new(&questions(" +input:\"Ada\\n41\""));
    assert_eq!(folder.record().0, 0);
    let recorded = folder.recorded().0;
    for line in
        ["Who? Ada", "How old? 41", "hello, Ada - 42", "2 lines", "(41", "Ada)", "over", "2 read"]
    {
        assert!(recorded.contains(&format!("\"{line}\"")), "{line}: {recorded}");
    }
    let (status, text) = folder.check(&[]);
    assert_eq!(status, 0, "{text}");
    assert!(text.ends_with("talk.md: 5 blocks: 5 ok\n"), "{text}");
    folder.edit("input:\"Ada\\n41\"\ntry", "input:\"Eve\\n41\"\ntry");
    let (status, text) = folder.check(&[]);
    assert!(status == 1 && text.contains("    +hello, Eve - 42\n"), "{text}");
}

#[test]
fn reader_without_input_gets_end_of_file() {
    let folder = Folder::new(&questions(""));
    let (status, text) = folder.check(&["--format", "json"]);
    assert_eq!(status, 0, "{text}");
    let json: Value = serde_json::from_str(&text).unwrap();
    let blocks = json["blocks"].as_array().unwrap();
    let said: Vec<_> = blocks.iter().map(|it| it["output"].to_string()).collect();
    assert!(said[0].contains("nobody"), "{said:?}");
    assert_eq!(said[2..], ["[\"0 lines\"]", "[\"()\",\"over\"]", "[\"0 read\"]"]);
    assert_eq!(folder.record().0, 0);
    assert_eq!(folder.check(&[]).0, 0);
}

#[test]
fn endless_block_and_missing_executor_are_reported() {
    let folder = Folder::new(
        &(bash("+exec +timeout:200ms", "echo on; sleep 100") + "```lua +exec:none\n1\n```\n"),
    );
    let (status, text) = folder.check(&[]);
    assert_eq!(status, 1);
    assert!(text.contains("talk.md:2:1: timed out · (no title), block 1 (bash)"), "{text}");
    assert!(text.contains("    | on\n"), "{text}");
    assert!(text.contains("talk.md:6:1: failed: `lua` has no executor `none`"), "{text}");
    assert_eq!(folder.record().0, 1, "what cannot be started is not recorded");
}

#[test]
fn json_and_junit_reports() {
    let folder =
        Folder::new(&(bash("+exec", "echo a") + &bash("+exec", "exit 3") + "![](gone.png)\n"));
    let (status, text) = folder.check(&["--format", "json"]);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &json["version"]), (1, &1.into()));
    assert_eq!(json["diagnostics"].as_array().unwrap().len(), 1);
    let verdicts: Vec<_> =
        json["blocks"].as_array().unwrap().iter().map(|block| &block["verdict"]).collect();
    assert_eq!(verdicts, ["ok", "failed"]);
    assert_eq!(json["blocks"][0]["output"], serde_json::json!(["a"]));
    assert_eq!(json["blocks"][1]["line"], 6);
    let (status, xml) = folder.check(&["--format", "junit"]);
    assert_eq!(status, 1);
    assert!(xml.contains("<testsuite name=\"talk.md\" tests=\"3\" failures=\"2\""), "{xml}");
    assert!(xml.contains("<failure message=\"failed: exit 3\""), "{xml}");
}

#[test]
fn damaged_recording_is_reported_and_replaced() {
    let folder = Folder::new(&bash("+exec", "echo a"));
    folder.record();
    let (good, _) = folder.recorded();
    folder.write("talk.recording/recording.json", &good.replace("\"block\"", "<<<<<<< \"block\""));
    let output = Command::new(env!("CARGO_BIN_EXE_livedeck"))
        .args(["check", "--run", "talk.md"])
        .current_dir(folder.0.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(said.contains("recording.json` line 5, column 7: invalid recording: "), "{said}");
    assert_eq!(folder.check(&["--update"]).0, 0);
    assert_eq!(folder.check(&[]).0, 0);
}

/// Returns the date in the format of recordings.
fn today() -> String {
    time::OffsetDateTime::now_utc().date().to_string()
}

#[test]
fn one_block_is_recorded_and_checked() {
    let deck = bash("+exec", "cat data.txt") + "<!-- end_slide -->\n\n";
    let folder = Folder::new(&(deck + &bash("+exec", "cat data.txt") + &bash("+exec", "echo c")));
    folder.write("data.txt", "old\n");
    folder.record();
    folder.write("data.txt", "new\n");
    let (status, text) = folder.run(&["record", "talk.md", "--slide", "2", "--block", "1"]);
    assert_eq!((status, text.matches("block").count()), (0, 2), "{text}");
    assert!(text.ends_with("talk.recording: 3 blocks, 1 changed\n"), "{text}");
    let (recording, _) = folder.recorded();
    assert!(recording.contains("\"old\"") && recording.contains("\"new\""), "{recording}");
    assert_eq!(folder.check(&["--slide", "2"]).0, 0);
    assert_eq!(folder.check(&["--block", "3"]).0, 0);
    assert_eq!(folder.check(&["--block", "1"]).0, 1);
    assert_eq!(folder.check(&["--block", "1", "--update"]).0, 0);
    assert_eq!(folder.check(&[]).0, 0, "{}", folder.recorded().0);
}

#[test]
fn block_that_cannot_be_selected_is_an_error() {
    let folder = Folder::new(&bash("+exec", "echo a"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_livedeck"));
    let output =
        command.args(["record", "talk.md", "--block", "7"]).current_dir(&folder.0).output();
    let said = String::from_utf8(output.unwrap().stderr).unwrap();
    assert_eq!(said, "error: there is no block 7 that can run: the deck has 1\n");
    assert!(!folder.path("talk.recording").exists());
}

#[test]
fn progress_is_shown_on_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let deck = folder.path().join("talk.md");
    let wait = "until test -e go; do sleep 0.01; done; echo went";
    std::fs::write(&deck, bash("+exec", "true") + &bash("+exec", wait)).unwrap();
    let opening = Opening { args: &["record"], ..Opening::default() };
    let terminal = PtyHarness::open(&deck, &opening);
    terminal.wait_for("block 2 of 2, ");
    std::fs::write(folder.path().join("go"), "").unwrap();
    terminal.wait_for("2 blocks, 2 changed");
    assert!(!terminal.screen().contains("block 2 of 2"), "{}", terminal.screen());
    assert_eq!(terminal.end().code(), Some(0));
}

#[test]
fn killed_block_of_a_session_does_not_run_again() {
    let wait = "```python +exec +session +timeout:100ms\nimport signal\n\
                signal.signal(signal.SIGINT, signal.SIG_IGN)\nprint(1, file=open('runs', 'a'))\n\
                while True: pass\n```\n\n";
    let later = "```python +exec +session\nprint('later')\n```\n\n";
    let folder = Folder::new(&[wait, later, later].concat());
    let (status, text) = folder.record();
    assert_eq!((status, text.matches("took too long").count()), (1, 2), "{text}");
    assert_eq!(std::fs::read_to_string(folder.path("runs")).unwrap(), "1\n");
}

/// Returns what a block prints about its encodings, and what `python3` prints.
fn encodings(environment: &[(&str, &str)]) -> (String, String) {
    let code = "import locale, sys; file = open('umlaut.txt'); \
                print(file.encoding.lower(), sys.flags.utf8_mode, sys.stdout.encoding, \
                sys.stdout.errors, sys.stdin.errors, sys.getfilesystemencoding(), locale.getpreferredencoding(False), ascii(file.read()))";
    let folder = Folder::new(&format!("```python +exec\n{code}\n```\n"));
    folder.write("umlaut.txt", "ü");
    let command = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).current_dir(&folder.0).env("XDG_CONFIG_HOME", folder.path("none"));
        for name in ["LC_ALL", "LC_CTYPE", "LANG", "PYTHONUTF8", "PYTHONIOENCODING"] {
            command.env_remove(name);
        }
        let output = command.envs(environment.iter().copied()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stdout).unwrap()
    };
    command(env!("CARGO_BIN_EXE_livedeck"), &["record", "talk.md"]);
    let recording: Value = serde_json::from_str(&folder.recorded().0).unwrap();
    let line = recording["blocks"][0]["output"][0].as_str().unwrap_or_default().to_owned();
    (line, command("python3", &["-c", code]).trim_end().to_owned())
}

#[test]
fn encodings_are_those_of_python3() {
    let cases: [&[(&str, &str)]; 8] = [
        &[],
        &[("LC_ALL", "C")],
        &[("LC_ALL", "xx_XX.ISO-8859-1")],
        &[("LC_ALL", "C.UTF-8")],
        &[("LC_ALL", "C.UTF-8"), ("PYTHONUTF8", "1")],
        &[("LC_ALL", "C.UTF-8"), ("PYTHONUTF8", "0")],
        &[("LANG", "POSIX")],
        &[("LC_ALL", "C.UTF-8"), ("PYTHONIOENCODING", "utf-8:backslashreplace")],
    ];
    for environment in cases {
        let (block, script) = encodings(environment);
        assert_eq!(block, script, "{environment:?}");
    }
}
