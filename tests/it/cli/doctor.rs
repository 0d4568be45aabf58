//! `livedeck doctor`: its report on the machine and a deck, `--prepare`, consent, and its exit status.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::harness::write_program;

/// A folder with a deck in it.
struct Folder(TempDir);

impl Folder {
    fn new(deck: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("talk.md"), deck).unwrap();
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn doctor(&self, args: &[&str]) -> (i32, String) {
        self.doctor_with(args, &[])
    }

    fn doctor_with(&self, args: &[&str], env: &[(&str, &Path)]) -> (i32, String) {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        let output = Command::new(env!("CARGO_BIN_EXE_livedeck"))
            .arg("doctor")
            .args(args)
            .current_dir(self.path())
            .env("XDG_CONFIG_HOME", self.path().join("none"))
            .env("XDG_STATE_HOME", self.path().join("state"))
            .env("XDG_CACHE_HOME", cache)
            .env_remove("VIRTUAL_ENV")
            .envs(env.iter().copied())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.is_empty(), "{said}");
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }
}

/// Returns the text after a label at the start of a line.
fn row<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{text}")).trim()
}

#[test]
fn missing_setting_of_tmux_is_reported() {
    let folder = Folder::new("");
    for (answer, report) in [
        ("0|on|bottom|0|0||", "`set -g allow-passthrough on`"),
        ("1|on|bottom|0|0||kitty(0.42.0)", "through tmux"),
    ] {
        let script = format!("#!/bin/sh\necho '{answer}'\n");
        write_program(&folder.path().join("tmux"), &script);
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
        let env = [("TMUX", Path::new("/tmp/nothing,1,0")), ("PATH", Path::new(&path))];
        let (_, text) = folder.doctor_with(&[], &env);
        assert!(row(&text, "pictures").contains(report), "{text}");
    }
}

const DECK: &str = "```rust +pymodule:doctored\n#[pyfunction]\nfn two() -> u32 {\n    2\n}\n```\n\n\
                    ```python +exec\nimport doctored\n```\n\n```rust +exec\nlet one: u32 = 1;\n```\n";

#[test]
fn presenterm_files_are_reported() {
    let folder = Folder::new("");
    let themes = folder.path().join("none/presenterm/themes");
    std::fs::create_dir_all(&themes).unwrap();
    std::fs::write(themes.join("mine.yaml"), "").unwrap();
    std::fs::write(folder.path().join("none/presenterm/config.yaml"), "").unwrap();
    let (_, text) = folder.doctor(&[]);
    assert!(row(&text, "config").contains("`livedeck config --import` converts"), "{text}");
    assert!(row(&text, "themes").contains("1 theme in "), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn program_links_no_libpython() {
    let libraries = Command::new("ldd").arg(env!("CARGO_BIN_EXE_livedeck")).output().unwrap();
    let libraries = String::from_utf8(libraries.stdout).unwrap();
    assert!(libraries.contains("libc.so") && !libraries.contains("python"), "{libraries}");
}

#[test]
fn python_without_its_library_runs_in_its_own_process() {
    let folder = Folder::new("```python +exec\nprint(6 * 7)\n```\n");
    // The real Python, which does not name a library.
    let path = std::env::var("PATH").unwrap();
    let program = "#!/bin/sh\nPATH=$REAL_PATH\n\
                   case \"$1\" in -I) python3 \"$@\" | grep -v '[.]so\\|[.]dylib';; \
                   *) exec python3 \"$@\";; esac\n";
    std::fs::create_dir(folder.path().join("bin")).unwrap();
    write_program(&folder.path().join("bin/python3"), program);
    let paths = format!("{}:{path}", folder.path().join("bin").display());
    let env = [("PATH", Path::new(&paths)), ("REAL_PATH", Path::new(&path))];
    let (status, text) = folder.doctor_with(&["-x", "talk.md"], &env);
    assert_eq!(status, 0, "{text}");
    let python = row(&text, "Python");
    assert!(python.starts_with("3.") && python.contains("in its own process ("), "{text}");
}

#[test]
fn machine_is_reported_without_a_deck() {
    let (status, text) = Folder::new("").doctor(&[]);
    assert_eq!(status, 0, "{text}");
    assert!(row(&text, "Python").starts_with("3."), "{text}");
    assert!(row(&text, "Python").contains(" (`python3` on `PATH`), "), "{text}");
    assert!(row(&text, "Rust").starts_with("rustc 1."), "{text}");
    assert!(row(&text, "PyO3").starts_with("0."), "{text}");
    assert!(row(&text, "cache").contains("/livedeck, "), "{text}");
    assert!(!row(&text, "pictures").is_empty());
}

#[test]
fn missing_programs_have_places_and_hints() {
    let deck = "# one\n\n```bash +exec\ntrue\n```\n\n```python +exec\n1\n```\n\n```bash +exec\nfalse\n```\n\n\
                ```rust +exec\n```\n";
    let folder = Folder::new(deck);
    let (status, text) = folder.doctor(&["talk.md"]);
    assert_eq!(status, 0, "all of it is here: {text}");
    assert!(text.contains("talk.md: 4 blocks to run: 2 bash, 1 python, 1 rust\n"), "{text}");
    let (status, text) = folder.doctor_with(&["talk.md"], &[("PATH", &folder.path().join("no"))]);
    assert_eq!(status, 1, "{text}");
    assert!(row(&text, "Python").contains("sudo apt install python3"), "{text}");
    assert!(row(&text, "Rust").contains("https://rustup.rs"), "{text}");
    assert!(
        text.contains("talk.md:4:1: `bash` is not installed, or not on `PATH` (and 1 block more)")
    );
    assert!(text.contains("talk.md:8:1: no Python here"), "{text}");
    assert!(text.contains("talk.md:16:1: `rustc` is not installed"), "{text}");
}

#[test]
fn drawing_tools_are_reported() {
    let folder = Folder::new("```latex +render\nx\n```\n\n```mermaid +render\npie\n```\n");
    let nothing = folder.path().join("no");
    let (status, text) = folder.doctor_with(&["talk.md"], &[("PATH", &nothing)]);
    let drawings = row(&text, "drawings");
    assert!(drawings.starts_with("latex built in; mermaid "), "{text}");
    assert!(drawings.ends_with("d2 not: `d2` is not installed"), "{text}");
    assert!(text.contains("talk.md: 2 blocks to draw: 1 latex, 1 mermaid\n"), "{text}");
    let is_built_in = cfg!(feature = "mermaid");
    assert_eq!(drawings.contains("mermaid built in"), is_built_in, "{text}");
    let missing = "talk.md:5:1: nothing here draws mermaid: install `mmdc`";
    assert_eq!((text.contains(missing), status), (!is_built_in, i32::from(!is_built_in)), "{text}");
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    for program in ["mmdc", "d2"] {
        write_program(&bin.join(program), "#!/bin/sh\n");
    }
    let (_, text) = folder.doctor_with(&["talk.md"], &[("PATH", &bin)]);
    assert!(row(&text, "drawings").ends_with("d2 by `d2`"), "{text}");
    assert!(is_built_in || row(&text, "drawings").contains("mermaid by `mmdc`"), "{text}");
    assert!(!text.contains(missing), "{text}");
}

#[test]
fn deck_programs_are_not_started_without_consent() {
    let folder = Folder::new("```python +exec\n1\n```\n");
    let programs = folder.path().join(".venv/bin");
    std::fs::create_dir_all(&programs).unwrap();
    let python = programs.join("python3");
    let trace = folder.path().join("started");
    write_program(&python, &format!("#!/bin/sh\ntouch {}\n", trace.display()));
    let (status, text) = folder.doctor(&["talk.md"]);
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("its code is not allowed to run yet"), "{text}");
    assert!(!trace.exists(), "{text}");
    let (_, text) = folder.doctor(&["-x", "talk.md"]);
    assert!(!text.contains("its code is not allowed to run yet"), "{text}");
    assert!(trace.exists(), "{text}");
}

#[test]
fn prepare_builds_everything() {
    let folder = Folder::new(DECK);
    let (status, text) = folder.doctor(&["--prepare", "talk.md"]);
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("talk.md:2:1: module `doctored` · ready · "), "{text}");
    assert!(text.contains("talk.md:13:1: rust · ready · "), "{text}");
    let (_, text) = folder.doctor(&[]);
    assert!(row(&text, "PyO3").contains(", built: "), "{text}");
}

#[test]
fn compile_errors_have_the_decks_lines() {
    let deck =
        DECK.replace("    2\n", "    \"two\"\n") + "\n```rust +exec +expect:failure\nno\n```\n";
    let (status, text) = Folder::new(&deck).doctor(&["--prepare", "talk.md"]);
    assert_eq!(status, 1, "{text}");
    assert!(
        text.contains("talk.md:2:1: module `doctored` · does not compile\n    error["),
        "{text}"
    );
    assert!(text.contains("--> talk.md:4:5\n"), "{text}");
    assert!(
        text.contains("talk.md:13:1: rust · ready · "),
        "what is behind it is compiled: {text}"
    );
    assert!(text.contains("talk.md:17:1: rust · does not compile, as expected · "), "{text}");
}

#[test]
fn kernels_of_a_deck_are_listed() {
    let deck = "```bash +exec:kernel=own\necho\n```\n\n```bash +exec:kernel=other\necho\n```\n";
    let folder = Folder::new(deck);
    let kernels = folder.path().join("data/kernels");
    std::fs::create_dir_all(kernels.join("own")).unwrap();
    let spec = "{\"argv\": [\"sh\"], \"display_name\": \"Our own\"}";
    std::fs::write(kernels.join("own/kernel.json"), spec).unwrap();
    let data = folder.path().join("data");
    let (status, report) = folder.doctor_with(&["talk.md", "-x"], &[("JUPYTER_PATH", &data)]);
    assert_eq!(status, 1, "one is missing");
    assert!(row(&report, "kernels").contains("own (Our own)"), "{report}");
    let missing = "talk.md:6:1: there is no kernel `other`";
    assert!(report.contains(missing) && !report.contains("kernel `own`"), "{report}");
}
