//! `+pymodule`: Rust modules imported by Python blocks, and edited during the talk.

use crate::harness::{Opening, PtyHarness};

fn deck(answer: &str) -> String {
    format!(
        "Modules\n===\n\n```rust +pymodule:fast\n#[pyfunction]\nfn answer() -> u32 {{\n    \
         {answer}\n}}\n```\n\n```python +exec\nimport fast\nprint(f\"it is {{fast.answer()}}\")\n```\n"
    )
}

#[test]
fn python_imports_the_edited_module() {
    let talk = PtyHarness::show(&deck("42"));
    talk.wait_for("module `fast` is ready");
    talk.keys("ctrl-e");
    talk.wait_for("it is 42");
    std::fs::write(talk.deck(), deck("7 * 3")).unwrap();
    talk.wait_for("7 * 3");
    talk.wait_for("it is 42");
    talk.wait_for("≠ stale");
    // Importing waits until it has been compiled.
    talk.keys("ctrl-e");
    talk.wait_for("it is 21");
    talk.wait_for("module `fast` is ready");
    talk.quit();
}

#[test]
fn compile_errors_are_shown_on_the_block() {
    let opening = Opening { size: (100, 60), ..Opening::default() };
    let talk = PtyHarness::show_with(&deck("\"no\""), &opening);
    talk.wait_for("module `fast`: not compiled");
    talk.wait_for("expected `u32`, found `&str`");
    talk.wait_for("talk.md:7:5");
    talk.keys("tab tab enter");
    talk.wait_for("ImportError: module `fast` does not compile");
    std::fs::write(talk.deck(), deck("5")).unwrap();
    talk.wait_for("module `fast` is ready");
    talk.wait_gone("expected `u32`");
    talk.quit();
}

#[test]
fn nothing_is_compiled_before_consent() {
    let opening = Opening { args: &[], ..Opening::default() };
    let talk = PtyHarness::show_with(&deck("8"), &opening);
    talk.wait_for("module `fast`, not compiled");
    talk.keys("tab tab enter");
    talk.wait_for("Run this deck's code?");
    talk.keys("o");
    talk.wait_for("it is 8");
    talk.quit();
}

/// Returns a module with a class and a function that returns `answer`, a block that creates an object,
/// and a session block that uses it.
fn counting(answer: u32) -> String {
    format!(
        "```rust +pymodule:count\n#[pyclass]\nstruct Count(u32);\n\n#[pymethods]\nimpl Count {{\n    \
         #[new]\n    fn new() -> Self {{\n        Self({answer})\n    }}\n\n    \
         fn up(&mut self) -> u32 {{\n        self.0 += 1;\n        self.0\n    }}\n}}\n\n\
         #[pyfunction]\nfn answer() -> u32 {{\n    {answer}\n}}\n```\n\n\
         ```python +exec +session\nimport count\nold = count.Count()\nprint(f\"kept {{old.up()}}\")\n\
         ```\n\n```python +exec +session\nimport count\nnew = count.Count()\n\
         print(f\"old {{old.up()}} new {{new.up()}} answer {{count.answer()}}\")\n```\n"
    )
}

/// Returns the sorted resident memory of a process and its descendants, in KiB.
#[cfg(target_os = "linux")]
fn memory(program: rustix::process::Pid) -> Vec<u64> {
    let status = |process: u32| std::fs::read_to_string(format!("/proc/{process}/status")).ok();
    let field = |status: &str, name: &str| -> Option<u64> {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let all = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let parents: Vec<(u32, u64, u64)> = all
        .filter_map(|process| {
            let status = status(process)?;
            Some((process, field(&status, "PPid:")?, field(&status, "VmRSS:")?))
        })
        .collect();
    let mut ours = vec![program.as_raw_nonzero().get().cast_unsigned()];
    let mut at = 0;
    while let Some(parent) = ours.get(at).copied() {
        ours.extend(parents.iter().filter(|it| it.1 == u64::from(parent)).map(|it| it.0));
        at += 1;
    }
    let mut sizes: Vec<u64> =
        parents.iter().filter(|it| ours.contains(&it.0)).map(|it| it.2).collect();
    sizes.sort_unstable();
    sizes
}

#[cfg(target_os = "linux")]
#[test]
fn many_edits_use_no_memory_and_import_the_newest() {
    /// Limit of the growth of a process, in KiB.
    const MAX_GROWTH: u64 = 2048;
    let opening = Opening { size: (100, 60), ..Opening::default() };
    let talk = PtyHarness::show_with(&counting(100), &opening);
    talk.wait_for("module `count` is ready");
    talk.keys("tab tab enter");
    talk.wait_for("kept 101");
    talk.keys("tab enter");
    talk.wait_for("old 102 new 101 answer 100");
    let edit = |answer: u32| {
        std::fs::write(talk.deck(), counting(answer)).unwrap();
        talk.wait_for(&format!("Self({answer})"));
        talk.keys("enter");
        // The block before it imports the module, too, and runs again.
        let counted = (answer + 2, answer + 1);
        talk.wait_for(&format!("old {} new {} answer {answer}", counted.0, counted.1));
        talk.wait_for("module `count` is ready");
    };
    // The first runs allocate memory that stays.
    (200..203).for_each(edit);
    let settled = || {
        let mut before = memory(talk.pid());
        loop {
            std::thread::sleep(std::time::Duration::from_millis(500));
            let now = memory(talk.pid());
            if now.len() == before.len() {
                return now;
            }
            before = now;
        }
    };
    let before = settled();
    (300..330).for_each(edit);
    let after = settled();
    assert_eq!(before.len(), after.len(), "{before:?} {after:?}");
    let grown = before.iter().zip(&after).map(|(before, after)| after.saturating_sub(*before));
    assert!(grown.clone().all(|grown| grown <= MAX_GROWTH), "{before:?} {after:?}");
    talk.quit();
}
