//! `+bench`: results, failures, editing, stopping, recording, replay and export.

use std::path::PathBuf;
use std::process::Command;

use crate::harness::{Opening, PtyHarness, cache};
use tempfile::TempDir;

/// A folder with a deck in it.
struct BenchDeck {
    _folder: TempDir,
    deck: PathBuf,
}

impl BenchDeck {
    /// Creates a deck with these contenders: the info string of the fence, and the code.
    fn of(blocks: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let deck = folder.path().join("talk.md");
        let blocks = blocks.iter().map(|(fence, code)| format!("```{fence}\n{code}\n```\n"));
        let blocks = blocks.collect::<Vec<_>>().join("\n");
        std::fs::write(&deck, format!("Race\n===\n\n{blocks}")).unwrap();
        Self { _folder: folder, deck }
    }

    fn open(&self) -> PtyHarness {
        let opening = Opening { size: (110, 50), args: &["-x"], ..Opening::default() };
        let talk = PtyHarness::open(&self.deck, &opening);
        talk.wait_for("Race");
        talk
    }

    fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(&self.deck).unwrap();
        assert!(text.contains(from));
        std::fs::write(&self.deck, text.replace(from, to)).unwrap();
    }

    /// Returns the output of a command, which must succeed.
    fn command(&self, args: &[&str]) -> String {
        let folder = self.deck.parent().unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_livedeck"))
            .args(args)
            .current_dir(folder)
            .env("XDG_CONFIG_HOME", folder)
            .env("XDG_CACHE_HOME", cache())
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }
}

/// Returns the row of the chart that begins like this.
fn row<'s>(screen: &'s str, begin: &str) -> Option<&'s str> {
    screen.lines().map(|line| line.trim_matches([' ', '▍'])).find(|line| line.starts_with(begin))
}

#[test]
fn rust_module_is_compared_with_python() {
    let deck = BenchDeck::of(&[
        ("rust +pymodule:fast", "#[pyfunction]\nfn add(n: u64) -> u64 {\n    n + 1\n}"),
        ("python +bench", "import fast\nfast.add(1)"),
        ("python +bench", "import time\ntime.sleep(0.01)"),
    ]);
    let talk = deck.open();
    talk.keys("ctrl-e");
    talk.wait("both contenders", |screen| {
        row(screen, "Python  time.sleep(0.01)").is_some_and(|row| row.contains(" 1×"))
            && row(screen, "Python  fast.add(1)").is_some_and(|row| row.contains('×'))
    });
    talk.quit();
}

#[test]
fn failed_contender_does_not_stop_the_others() {
    let deck = BenchDeck::of(&[
        ("python +bench", "1 / 0"),
        ("rust +bench", "prime(7)"),
        ("python +bench", "sum(range(9))"),
    ]);
    let talk = deck.open();
    talk.keys("ctrl-e");
    talk.wait("all have ended", |screen| {
        row(screen, "Python  sum(range(9))")
            .is_some_and(|row| row.contains(" ns") || row.contains(" µs"))
            && row(screen, "Python   ").is_some_and(|row| row.contains("✗ exception"))
            && row(screen, "Rust   ").is_some_and(|row| row.contains("not compiled"))
    });
    let screen = talk.screen();
    assert!(
        screen.contains("ZeroDivisionError") && screen.contains("cannot find function"),
        "{screen}"
    );
    // After an edit, it runs with the others.
    deck.edit("1 / 0", "max(1, 0)");
    talk.wait_for("max(1, 0)");
    talk.keys("ctrl-e");
    talk.wait("all have ended again", |screen| {
        row(screen, "Python  max(1, 0)").is_some_and(|row| row.contains('×'))
            && row(screen, "Python  sum(range(9))").is_some_and(|row| row.contains('×'))
    });
    talk.quit();
}

#[test]
fn benchmark_is_stopped_as_a_whole() {
    let deck = BenchDeck::of(&[
        ("python +bench", "print('on your marks', flush=True)\nwhile True: pass"),
        ("python +bench", "sum(range(9))"),
    ]);
    let talk = deck.open();
    talk.keys("ctrl-e");
    talk.wait_for("queued");
    talk.wait("the first runs", |screen| screen.matches("on your marks").count() == 2);
    talk.keys("ctrl-c");
    talk.wait("both are stopped", |screen| screen.matches("stopped").count() >= 4);
    // It may be stopped before its `print` returns.
    let is_in = |screen: &str, line| screen.contains(&format!("interrupted in line {line} of"));
    talk.wait("the line", |screen| is_in(screen, 5) || is_in(screen, 6));
    talk.quit();
}

#[test]
fn recorded_benchmark_is_shown_and_exported() {
    let deck = BenchDeck::of(&[
        ("python +bench:a", "import time\ntime.sleep(0.02)"),
        (
            "rust +bench:a",
            "fn nap() {\n    std::thread::sleep(std::time::Duration::from_millis(2));\n}\nnap();",
        ),
    ]);
    deck.command(&["record", "talk.md"]);
    let is_shown = |screen: &str| {
        row(screen, "Python  time.sleep(0.02)").is_some_and(|row| row.contains(" 1×"))
            && row(screen, "Rust    nap()").is_some_and(|row| row.contains('×'))
    };
    let talk = deck.open();
    talk.keys("r");
    talk.wait("the chart", is_shown);
    talk.wait_for("↺ recorded");
    let times = |screen: &str| {
        let upto = |line: &str| line.split_once('×').map(|(before, _)| format!("{before}×"));
        screen.lines().filter_map(upto).collect::<Vec<_>>().join("\n")
    };
    let recorded = times(&talk.screen());
    talk.keys("r");
    talk.wait_gone("Rust    nap()");
    talk.quit();
    deck.command(&["check", "talk.md", "--run"]);
    deck.edit("Race\n===", "---\noptions:\n  replay: always\n---\n\nRace\n===");
    let svg = deck.command(&["export", "talk.md", "--to", "svg", "-x", "--size", "110x50"]);
    assert_eq!(recorded.lines().count(), 2);
    for row in recorded.lines() {
        let words: Vec<_> = row.split_whitespace().collect();
        let [.., number, unit, _] = words[..] else { panic!("{row}") };
        assert!(svg.contains(&format!("{number} {unit}")), "{row}");
    }
}
