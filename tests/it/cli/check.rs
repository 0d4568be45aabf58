//! `livedeck check`: its text and JSON output, and its exit status.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// Creates a folder with these files; the deck is `talk.md`.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        std::fs::write(folder.path().join(path), text).unwrap();
    }
    folder
}

fn check(folder: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_livedeck"))
        .args(["check", "talk.md"])
        .args(more)
        .current_dir(folder)
        .env("XDG_CONFIG_HOME", folder)
        .env_remove("VIRTUAL_ENV")
        .output()
        .unwrap()
}

fn report(files: &[(&str, &str)], more: &[&str]) -> (i32, String) {
    let folder = folder(files);
    let output = check(folder.path(), more);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let text = text.replace(folder.path().to_str().unwrap(), "/home");
    (output.status.code().unwrap(), text)
}

#[test]
fn valid_deck_passes() {
    let (status, text) = report(&[("talk.md", "A\n===\n\nb\n")], &["--size", "80x24"]);
    assert_eq!((status, text.as_str()), (0, "talk.md: 1 slide, no problems\n"));
}

#[test]
fn deck_in_another_encoding_is_reported() {
    let folder = folder(&[]);
    std::fs::write(folder.path().join("talk.md"), b"A\n===\n\ncaf\xe9\n").unwrap();
    let output = check(folder.path(), &[]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    let expected =
        "warning: the deck is not UTF-8: the byte `0xe9` is no character\n --> talk.md:4:4\n";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains("hint: save the file as UTF-8"), "{text}");
    std::fs::write(folder.path().join("talk.md"), b"\xff\xfeA\0\n\0").unwrap();
    let output = check(folder.path(), &[]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_ne!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("talk.md") && text.contains("it is not UTF-8 text"), "{text}");
}

/// A mistake in each kind of place: front matter, theme override, theme file, command, fence, picture,
/// include and included file.
const MISTAKES: &[(&str, &str)] = &[
    (
        "talk.md",
        "---
titel: x
theme:
  path: mine.yaml
  override:
    code: {theme_name: OneHalfDrak}
    footer:
      style: template
      left: 'by {autor}'
options:
  implicit_slide_end: true
---
<!-- puase -->

```rust +exce
x
```

![](gone.png)

<!-- include: gone.md -->

<!-- include: part.md -->
",
    ),
    ("mine.yaml", "extends: drak\ndefault:\n  colors: {foreground: pallete:x}\n"),
    ("part.md", "fine\n\n<span style=\"color: rde\">x</span>\n"),
];

#[test]
fn mistakes_have_places_and_hints() {
    let (status, text) = report(MISTAKES, &[]);
    assert_eq!(status, 1);
    insta::assert_snapshot!(text);
}

#[test]
fn json_has_the_same_diagnostics() {
    let (status, text) = report(MISTAKES, &["--format", "json"]);
    assert_eq!(status, 1);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["version"], 1);
    let places: Vec<String> = document["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| format!("{}:{}:{}", found["file"], found["line"], found["column"]))
        .collect();
    assert_eq!(
        places,
        [
            "\"talk.md\":2:1",
            "\"talk.md\":6:24",
            "\"talk.md\":9:13",
            "\"talk.md\":11:3",
            "\"talk.md\":13:6",
            "\"talk.md\":15:9",
            "\"talk.md\":19:1",
            "\"talk.md\":21:6",
            "\"part.md\":3:1",
            "\"./mine.yaml\":1:10",
            "\"./mine.yaml\":3:24",
        ]
    );
    let first = &document["diagnostics"][0];
    assert_eq!(first["severity"], "error");
    assert_eq!((&first["end_line"], &first["end_column"]), (&2.into(), &6.into()));
    assert_eq!(first["hints"][0], "did you mean `title`?");
}

/// Too tall at 80x24, but not at 100x60; code and words of a table are too wide at 40x60.
const LARGE: &str = "# A

Points
===

* 1\n* 2\n* 3\n* 4\n* 5\n* 6\n* 7\n* 8

1. a\n1. b\n1. c\n1. d\n1. e\n1. f\n1. g\n1. h\n1. i

<!-- end_slide -->

> ```sh
> echo short
> echo this is a line of code that forty columns do not hold
> ```

| a_word_that_is_long | and_another_one_here |
|---|---|
| x | y |
";

#[test]
fn overflow_has_slide_and_place() {
    let (status, text) = report(&[("talk.md", LARGE)], &["--size", "80x24", "--size", "40x60"]);
    assert_eq!(status, 0, "{text}");
    insta::assert_snapshot!(text);
    let (status, _) = report(&[("talk.md", LARGE)], &["--size", "80x24", "--strict"]);
    assert_eq!(status, 1);
    let (status, text) = report(&[("talk.md", LARGE)], &["--size", "100x60"]);
    assert_eq!((status, text.as_str()), (0, "talk.md: 2 slides, no problems\n"));
}

#[test]
fn missing_deck_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let output = check(folder.path(), &["--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: `talk.md`: "));
}

#[test]
fn control_characters_are_escaped() {
    let escape = "\u{1b}]0;x\u{7}\u{9b}31m";
    let deck = format!(
        "---\n{escape}: x\ntitle: [{escape}]\ntheme: {{name: \"\\e[1m\"}}\n---\n<!-- {escape} -->\n\n![{escape}]({escape}.png)\n\n```{escape} {escape} +{escape}\n{escape}\n```\n\n<!-- include: {escape} -->\n\n<span style=\"color: {escape}\">{escape}</span> <{escape}>\n\n<!-- column: {escape} -->\n"
    );
    let name = format!("{escape}.md");
    let folder = folder(&[(&name, &deck)]);
    for format in ["text", "json"] {
        let output = Command::new(env!("CARGO_BIN_EXE_livedeck"))
            .args(["check", &name, "--format", format, "--size", "20x5"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.lines().count() > 10, "{text}");
        let raw = text.chars().find(|&c| c.is_control() && c != '\n');
        assert_eq!(raw, None, "{text:?}");
    }
}

#[test]
fn configuration_mistakes_are_reported() {
    let files = [
        ("talk.md", "<!-- puase -->\n"),
        ("livedeck.yaml", "defaults:\n  theme: dark\n  max_colums: 60\n"),
    ];
    let (status, text) = report(&files, &[]);
    assert_eq!(status, 1);
    insta::assert_snapshot!(text, @"
    error: `defaults` has no key `max_colums`
     --> livedeck.yaml:3:3
      |
    3 |   max_colums: 60
      |   ^^^^^^^^^^
      |
      = hint: did you mean `max_columns`?

    error: unknown command `puase`
     --> talk.md:1:6
      |
    1 | <!-- puase -->
      |      ^^^^^
      |
      = hint: did you mean `pause`?

    talk.md: 1 slide, 2 errors
    ");
    let (_, text) = report(&files, &["--format", "json"]);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["diagnostics"][0]["file"], "livedeck.yaml");
    assert_eq!(document["diagnostics"][1]["file"], "talk.md");
}

#[test]
fn blocks_without_effect_are_reported() {
    let deck = "A\n===\n\n```pyhton +exec\n1\n```\n\n```sql +exec\n1\n```\n\n```js +exec:dino\n1\n```\n\n```latex +render\na\n  \\nosuch\n```\n\n```bash +exec\ntrue\n```\n";
    let (status, text) = report(&[("talk.md", deck)], &[]);
    assert_eq!(status, 1);
    for expected in [
        "error: no executor for `pyhton`\n --> talk.md:4:1",
        "= hint: did you mean `python`?",
        "error: no executor for `sql`\n --> talk.md:8:1",
        "= hint: remove `+exec`",
        "error: `js` has no executor `dino`\n  --> talk.md:12:1",
        "= hint: use `+exec:deno` or `+exec:bun`",
        "error: this formula is not valid: undefined control sequence: \\nosuch\n  --> talk.md:18:3",
        "talk.md: 1 slide, 4 errors",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    let config = "snippet:\n  exec:\n    custom:\n      sql:\n        filename: q.sql\n        commands: [[\"true\"]]\n        hidden_line_prefix: null\n";
    let deck = "A\n===\n\n```sql +exec\n1\n```\n";
    let (status, text) = report(&[("talk.md", deck), ("mine.yaml", config)], &["-c", "mine.yaml"]);
    assert_eq!(status, 0, "{text}");
}

#[test]
fn unknown_themes_have_suggestions() {
    let deck = "---\ntheme:\n  override:\n    code: {theme_name: monokai}\n---\n\nA\n===\n";
    let (status, text) = report(&[("talk.md", deck)], &["-t", "latte"]);
    assert_eq!(status, 1);
    assert!(text.contains("there is no theme `latte`"), "{text}");
    assert!(text.contains("did you mean `catppuccin-latte`?"), "{text}");
    assert!(text.contains("did you mean `Monokai Extended`"), "{text}");
    let (_, text) = report(
        &[("talk.md", "A\n===\n"), ("mine.yaml", "defaults: {theme: mocha}\n")],
        &["-c", "mine.yaml"],
    );
    assert!(text.contains("`defaults.theme` of the configuration names it"), "{text}");
    assert!(text.contains("did you mean `catppuccin-mocha`?"), "{text}");
}

#[test]
fn recorded_output_counts_for_the_size() {
    let deck = "A\n===\n\n```bash +exec\nseq 30\n```\n";
    let code = "# more\n".repeat(12);
    let deck = deck.replace("seq 30", &format!("{code}seq 30"));
    let folder = folder(&[("talk.md", &deck)]);
    let sizes = ["--size", "80x24", "--size", "80x50"];
    let report = || String::from_utf8(check(folder.path(), &sizes).stdout).unwrap();
    assert_eq!(report(), "talk.md: 1 slide, no problems\n");
    let recorded = Command::new(env!("CARGO_BIN_EXE_livedeck"))
        .args(["record", "talk.md"])
        .current_dir(folder.path())
        .env("XDG_CONFIG_HOME", folder.path())
        .output()
        .unwrap();
    assert!(recorded.status.success(), "{}", String::from_utf8_lossy(&recorded.stderr));
    let text = report();
    assert!(text.contains("rows too many at 80x24"), "{text}");
    assert!(text.contains("this includes the recorded output"), "{text}");
    assert!(!text.contains("at 80x50"), "{text}");
}

/// A deck with a Python block on its third line.
const PYTHON_DECK: &str = "One\n===\n```python +exec\n1\n```\n";

/// Creates the configuration of a virtual environment without a Python.
fn broken_environment(at: &Path) {
    std::fs::create_dir_all(at).unwrap();
    std::fs::write(at.join("pyvenv.cfg"), "").unwrap();
}

#[test]
fn environment_whose_python_is_gone_is_an_error() {
    let folder = folder(&[("talk.md", PYTHON_DECK)]);
    assert!(check(folder.path(), &[]).status.success());
    broken_environment(&folder.path().join(".venv"));
    let output = check(folder.path(), &["--run"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let why = "`.venv` beside the deck has no Python, or one that is gone";
    assert!(text.contains(&format!("error: {why}\n")), "{text}");
    assert!(text.contains("talk.md:3:1"), "{text}");
    assert!(text.contains(&format!("failed: {why}")), "{text}");
}

#[test]
fn active_environment_that_is_gone_is_an_error() {
    let folder = folder(&[("talk.md", PYTHON_DECK)]);
    let output = Command::new(env!("CARGO_BIN_EXE_livedeck"))
        .args(["check", "talk.md"])
        .current_dir(folder.path())
        .env("XDG_CONFIG_HOME", folder.path())
        .env("VIRTUAL_ENV", "/nowhere/env")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("`$VIRTUAL_ENV` is `/nowhere/env`, which has no Python"), "{text}");
}

#[test]
fn python_named_by_the_front_matter_must_exist() {
    let deck = format!("---\noptions: {{python: {{interpreter: ./none}}}}\n---\n{PYTHON_DECK}");
    let (status, text) = report(&[("talk.md", &deck)], &[]);
    assert!(status == 1 && text.contains("no Python `./none`"), "{text}");
}

#[test]
fn environment_above_the_deck_is_a_warning() {
    let folder = folder(&[]);
    broken_environment(&folder.path().join(".venv"));
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    for (talk, path) in [("talk", "../.venv"), ("talks/monday", "../../.venv")] {
        let talk = folder.path().join(talk);
        std::fs::create_dir_all(&talk).unwrap();
        std::fs::write(talk.join("talk.md"), PYTHON_DECK).unwrap();
        let output = check(&talk, &[]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        let message = format!("`{path}` is not used: it is not beside the deck");
        assert!(text.contains(&message), "{text}");
        assert!(text.contains(&format!("interpreter: {path}}}")), "{text}");
    }
}

#[test]
fn github_and_sarif_name_failing_blocks() {
    let deck = "<!-- puase -->\n\n```bash +exec\necho no; exit 3\n```\n";
    let (status, text) = report(&[("talk.md", deck)], &["--run", "--format", "github"]);
    assert_eq!(status, 1, "{text}");
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("::error file=talk.md,line=1,endLine=1,col="), "{text}");
    assert!(
        lines[0].ends_with("::unknown command `puase`%0Ahint: did you mean `pause`?"),
        "{text}"
    );
    assert!(
        lines[1].starts_with("::error file=talk.md,line=4,") && lines[1].ends_with("%0Ano"),
        "{text}"
    );
    let (_, text) = report(&[("talk.md", deck)], &["--run", "--format", "sarif"]);
    let results = serde_json::from_str::<Value>(&text).unwrap()["runs"][0]["results"].clone();
    assert_eq!(results[0]["ruleId"], "deck");
    assert_eq!(results[1]["ruleId"], "block");
    let (status, text) = report(&[("talk.md", "fine\n")], &["--format", "sarif"]);
    assert_eq!(status, 0);
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["version"], "2.1.0");
}

#[test]
fn largest_size_of_slides_is_honoured() {
    let deck = "one\n\n".repeat(8);
    let limits = "defaults: {max_rows: 10}\n";
    let (_, text) = report(&[("talk.md", &deck), ("livedeck.yaml", limits)], &["--size", "80x24"]);
    assert!(text.contains("too many at 80x24"), "{text}");
    let (_, text) = report(&[("talk.md", &deck)], &["--size", "80x24"]);
    assert!(text.contains("no problems"), "{text}");
}

#[test]
fn kernels_that_are_not_installed_are_reported() {
    let deck = "```bash +exec:kernel=no-such-kernel\necho\n```\n";
    let (status, report) = report(&[("talk.md", deck)], &[]);
    assert_eq!(status, 1);
    assert!(report.contains("talk.md:1:1"), "{report}");
    assert!(report.contains("there is no kernel `no-such-kernel`"), "{report}");
    assert!(report.contains("/usr/share/jupyter/kernels"), "{report}");
}
