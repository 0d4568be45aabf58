//! Changes that make a trusted deck run something else: each is detected and named. Also changes that
//! do not count, and files that are too large or never end.

#![allow(clippy::disallowed_methods, reason = "tests write files")]

mod includes;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rstest::rstest;

use super::*;
use crate::project::{LoadOptions, load};

/// A folder with a deck in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(deck: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("talk.md", deck);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn replace(&self, name: &str, what: &str, with: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(what), "{text}");
        self.write(name, text.replace(what, with));
    }

    fn link(&self, target: impl AsRef<Path>, name: &str) {
        let _ = fs::remove_file(self.path(name));
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        symlink(target, self.path(name)).unwrap();
    }

    fn fifo(&self, name: &str) {
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        let (kind, place) = (rustix::fs::FileType::Fifo, rustix::fs::CWD);
        rustix::fs::mknodat(place, self.path(name), kind, mode, 0).unwrap();
    }

    fn deck(&self) -> Arc<Deck> {
        load(&LoadOptions::new(self.path("talk.md")), None).unwrap().deck
    }

    fn findings(&self) -> DeckFindings {
        self.findings_with(&Executors::new())
    }

    fn findings_with(&self, executors: &Executors) -> DeckFindings {
        let deck = self.deck();
        assert!(deck.diagnostics.is_empty(), "{:?}", deck.diagnostics);
        examine(&self.path("talk.md"), &deck, executors)
    }

    /// Returns what the trust prompt shows as changed since `known`.
    fn inquiry(&self, known: &Record) -> TrustSummary {
        summarize(&self.path("talk.md"), &self.deck(), &self.findings(), Some(known))
    }

    /// Returns what the trust prompt shows after `change`.
    fn changes(&self, change: impl FnOnce(&Self)) -> Vec<String> {
        let known = self.findings();
        assert_eq!(known.trouble, None);
        assert!(self.inquiry(&known.record).is_trusted, "the deck is unchanged");
        change(self);
        let inquiry = self.inquiry(&known.record);
        assert_eq!(inquiry.is_trusted, inquiry.changes.is_empty());
        inquiry.changes
    }
}

/// Returns a deck with one block.
fn block(fence: &str, code: &str) -> String {
    format!("# Title\n\n```{fence}\n{code}\n```\n")
}

fn python(code: &str) -> String {
    block("python +exec", code)
}

/// Returns a deck that uses the crate in `./dep`.
fn with_crate() -> Folder {
    let front = "---\noptions: {rust: {dependencies: {dep: {path: ./dep}}}}\n---\n";
    let folder = Folder::new(&format!("{front}{}", block("rust +exec", "dep::run();")));
    let nested = "[dependencies]\nnested = { path = \"../nested\" }\n";
    folder.write("dep/Cargo.toml", format!("[package]\nname = \"dep\"\n{nested}"));
    folder.write("dep/src/lib.rs", "pub fn run() {}");
    folder.write("nested/Cargo.toml", "[package]\nname = \"nested\"\n");
    folder.write("nested/src/lib.rs", "");
    folder
}

/// Returns a deck of Python with a virtual environment beside it.
fn with_environment() -> Folder {
    let folder = Folder::new(&python("print(1)"));
    folder.link("/usr/bin/python3", ".venv/bin/python3");
    folder.write(".venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.2\n");
    folder.write(".venv/lib/python3.11/site-packages/numpy/core.py", "");
    folder
}

/// Something done to a folder.
type Change = fn(&Folder);

/// Returns a deck with a kernel in the environment beside it.
fn with_kernel() -> Folder {
    let folder = with_environment();
    folder.write("talk.md", block("bash +exec:kernel=own", "echo 1"));
    folder.write(".venv/share/jupyter/kernels/own/kernel.json", "{\"argv\": [\"run\", \"-f\"]}");
    folder
}

#[test]
fn kernel_is_named_with_its_command() {
    let folder = with_kernel();
    let record = folder.findings().record;
    assert_eq!(folder.inquiry(&record).kernels, ["own (run -f)"]);
    folder.replace("talk.md", "kernel=own", "kernel=none");
    assert_eq!(folder.inquiry(&record).kernels, ["none (not installed)"]);
}

#[test]
fn changed_kernel_is_detected() {
    let file = ".venv/share/jupyter/kernels/own/kernel.json";
    let changes = with_kernel().changes(|folder| folder.replace(file, "run", "evil"));
    assert!(changes.contains(&"`kernel own` changed".to_owned()), "{changes:?}");
    let env = "\"env\": {\"PATH\": \"/evil\"}, \"argv\"";
    let changes = with_kernel().changes(|folder| folder.replace(file, "\"argv\"", env));
    assert!(changes.contains(&"`kernel own` changed".to_owned()), "{changes:?}");
    let changes = with_kernel().changes(|folder| folder.replace("talk.md", "=own", "=other"));
    assert!(changes.contains(&"block 1 (slide 1) now runs with `+exec:kernel=other`".to_owned()));
}

/// Edits of the deck's text.
#[rstest]
#[case("bash +exec", "echo 1", "echo 2", "block 1 (slide 1) changed")]
#[case("bash +exec", "+exec", "+auto_exec", "block 1 (slide 1) now runs automatically")]
#[case("bash +exec", "+exec", "+exec_replace", "block 1 (slide 1) now runs automatically")]
#[case("bash +exec", "+exec", "+image", "block 1 (slide 1) now becomes a picture")]
#[case("js +exec", "+exec", "+exec:deno", "block 1 (slide 1) now runs with `+exec:deno`")]
#[case("bash +exec", "+exec", "+validate", "block 1 (slide 1) now runs only in checks")]
#[case("bash +exec", "+exec", "+exec +acquire_terminal", "now gets the terminal")]
#[case("bash +exec", "+exec", "+exec +pty", "block 1 (slide 1): its terminal changed")]
#[case("bash +exec", "+exec", "+exec +input:yes", "block 1 (slide 1): its input changed")]
#[case("bash +exec +timeout:1s", "1s", "9s", "block 1 (slide 1): its timeout changed")]
#[case("python +exec", "+exec", "+exec +session:a", "is now in the session `a`")]
#[case("bash +exec", "+exec", "+exec +remote:gpu", "block 1 (slide 1) now runs on `gpu`")]
#[case("bash +exec +remote:gpu", ":gpu", ":big", "block 1 (slide 1) now runs on `big`")]
#[case("bash +remote:gpu +exec", "+remote:gpu ", "", "block 1 (slide 1) now runs on this machine")]
#[case("rust +exec", "+exec", "+pymodule:json", "block 1 (slide 1) is now the module `json`")]
#[case(
    "bash +exec",
    "# Title",
    "---\noptions: {python: {preload: [evil]}}\n---\n",
    "preload` was added"
)]
fn block_edit_is_named(
    #[case] fence: &str,
    #[case] before: &str,
    #[case] after: &str,
    #[case] named: &str,
) {
    let folder = Folder::new(&block(fence, "echo 1"));
    let changes = folder.changes(|folder| folder.replace("talk.md", before, after));
    assert!(changes.iter().any(|it| it.contains(named)), "{named}: {changes:?}");
}

#[rstest]
#[case::include(
    "<!-- include: more.md -->\n",
    "more.md",
    "```bash +exec\necho 1\n```\n",
    "1 (slide 1, "
)]
#[case::file(
    "```file +exec\npath: a.sh\nlanguage: bash\n```\n",
    "a.sh",
    "echo 1\n",
    "block 1 (slide 1"
)]
fn edit_of_a_file_of_the_deck_is_named(
    #[case] deck: &str,
    #[case] file: &str,
    #[case] text: &str,
    #[case] named: &str,
) {
    let folder = Folder::new(deck);
    folder.write(file, text);
    let changes = folder.changes(|folder| folder.replace(file, "echo 1", "echo 2"));
    assert!(changes[0].contains(named) && changes[0].contains("changed"), "{changes:?}");
}

#[rstest]
#[case("PYTHONSTARTUP=evil.py")]
#[case("LD_PRELOAD=./evil.so")]
#[case("PATH=.:/usr/bin")]
fn variable_is_named(#[case] line: &str) {
    let folder = Folder::new(&block("bash +exec +env:talk.env", "echo 1"));
    folder.write("talk.env", "GREETING=hello\n");
    let changes =
        folder.changes(|folder| folder.write("talk.env", format!("GREETING=hello\n{line}\n")));
    let name = line.split('=').next().unwrap();
    assert_eq!(changes, [format!("block 1 (slide 1): variable `{name}` was added")]);
}

#[rstest]
#[case::appears(|it: &Folder| {
    it.replace("talk.md", "dep: {path: ./dep}", "dep: {path: ./dep}, rand: \"1\"");
}, "cargo manifest: `rand` is new (1)")]
#[case::version(|it: &Folder| it.replace("talk.md", "./dep}", "./dep, features: [evil]}"),
    "cargo manifest: `dep` changed from path ./dep to path ./dep, features evil")]
#[case::build_script(|it: &Folder| it.write("dep/build.rs", "fn main() {}"),
    "crate ./dep: build.rs was added")]
#[case::source(|it: &Folder| it.write("dep/src/lib.rs", "pub fn run() { evil() }"),
    "crate ./dep: src/lib.rs changed")]
#[case::module_called_target(|it: &Folder| it.write("dep/src/target/mod.rs", ""),
    "crate ./dep: src/target/mod.rs was added")]
#[case::nested(|it: &Folder| it.write("nested/build.rs", "fn main() {}"),
    "crate nested: build.rs was added")]
#[case::workspace(|it: &Folder| it.write("Cargo.toml", "[workspace]\n"), "Cargo.toml was added")]
#[case::retargeted_link(|it: &Folder| {
    it.write("other/lib.rs", "evil");
    fs::remove_dir_all(it.path("dep/src")).unwrap();
    it.link("../other", "dep/src");
}, "crate ./dep: src/lib.rs changed")]
#[case::toolchain(|it: &Folder| it.write("rust-toolchain.toml", "[toolchain]\npath = \"tool\"\n"),
    "rust-toolchain.toml was added")]
#[case::wrapper(|it: &Folder| it.write(".cargo/config.toml", "build.rustc-wrapper = \"w\"\n"),
    ".cargo/config.toml was added")]
fn change_of_the_rust_build_is_named(#[case] change: Change, #[case] named: &str) {
    let changes = with_crate().changes(change);
    assert!(changes.iter().any(|it| it.contains(named)), "{named}: {changes:?}");
}

#[test]
fn toolchain_in_the_decks_folder_is_examined() {
    let folder = Folder::new(&block("rust +exec", "let one = 1;"));
    folder.write("rust-toolchain.toml", "[toolchain]\npath = \"tool\"\n");
    folder.write("tool/bin/rustc", "#!/bin/sh\n");
    let changes = folder.changes(|folder| folder.write("tool/bin/rustc", "#!/bin/sh\nevil\n"));
    assert_eq!(changes, ["toolchain tool: bin/rustc changed"]);
}

#[test]
fn compiler_wrapper_of_cargo_is_examined() {
    let folder = Folder::new(&block("rust +exec", "let one = 1;"));
    folder.write(".cargo/config.toml", "[build]\nrustc-wrapper = \"tools/wrap.sh\"\n");
    folder.write("tools/wrap.sh", "exec \"$@\"\n");
    let changes = folder.changes(|folder| folder.write("tools/wrap.sh", "evil\n"));
    assert_eq!(changes, ["tools/wrap.sh changed"]);
}

#[rstest]
#[case::appears("print(1)", |it: &Folder| {
    it.write(".venv/bin/python3", "#!/bin/sh\nevil\n");
}, ".venv was added")]
#[case::named("print(1)", |it: &Folder| {
    it.replace("talk.md", "# Title", "---\noptions: {python: {interpreter: ./py}}\n---\n");
}, "`options.python.interpreter` was added")]
#[case::shadow_of_the_library("import random", |it: &Folder| it.write("random.py", "evil"),
    "random.py was added")]
#[case::shadow_of_what_the_library_imports("import random", |it: &Folder| it.write("bisect.py", ""),
    "bisect.py was added")]
#[case::package("print(1)", |it: &Folder| it.write("json/__init__.py", ""), "json was added")]
#[case::extension("print(1)", |it: &Folder| it.write("json.abi3.so", ""), "json.abi3.so was added")]
#[case::compiled("print(1)", |it: &Folder| {
    it.write("__pycache__/helper.cpython-311.pyc", [0, 0, 0, 0, 1, 0, 0, 0, 0]);
}, "__pycache__/helper.cpython-311.pyc was added")]
#[case::folder_without_init("from tools import x", |it: &Folder| it.write("tools/x.py", ""),
    "tools was added")]
#[case::script("import os; os.system('./setup')", |it: &Folder| {
    it.write("setup", "#!/bin/sh\n");
}, "setup was added")]
fn change_of_what_python_runs_is_named(
    #[case] code: &str,
    #[case] change: Change,
    #[case] named: &str,
) {
    assert_eq!(Folder::new(&python(code)).changes(change), [named]);
}

#[rstest]
#[case::interpreter(|it: &Folder| {
    fs::remove_file(it.path(".venv/bin/python3")).unwrap();
    it.write(".venv/bin/python3", "#!/bin/sh\nevil\n");
}, ".venv: bin/python3 changed")]
#[case::program(|it: &Folder| it.write(".venv/bin/git", "#!/bin/sh\n"), ".venv: bin/git was added")]
#[case::site(|it: &Folder| {
    it.write(".venv/lib/python3.11/site-packages/sitecustomize.py", "evil");
}, ".venv: sitecustomize.py was added")]
#[case::path_file(|it: &Folder| {
    it.write(".venv/lib/python3.11/site-packages/a.pth", "import evil");
}, ".venv: a.pth was added")]
#[case::package(|it: &Folder| {
    it.write(".venv/lib/python3.11/site-packages/numpy/core.py", "evil");
}, ".venv: numpy changed")]
#[case::home(|it: &Folder| it.replace(".venv/pyvenv.cfg", "/usr/bin", "/tmp/evil"),
    ".venv: pyvenv.cfg changed")]
fn change_of_the_environment_is_named(#[case] change: Change, #[case] named: &str) {
    assert_eq!(with_environment().changes(change), [named]);
}

#[test]
fn helper_module_and_its_imports_are_named() {
    let folder = Folder::new(&python("import helper"));
    folder.write("helper.py", "import lib.deep");
    folder.write("lib/deep.py", "pass");
    let changes = folder.changes(|folder| {
        folder.write("helper.py", "import lib.deep, os");
        folder.write("lib/deep.py", "evil");
    });
    assert_eq!(changes, ["helper.py changed", "lib: deep.py changed"]);
}

#[rstest]
#[case("bash +exec", "source lib", "lib")]
#[case("bash +exec", ". ./lib", "lib")]
#[case("bash +exec", "./demo.sh | sort", "demo.sh")]
#[case("bash +exec", "make demo", "Makefile")]
#[case("bash +exec", "cargo run", "build.rs")]
#[case("js +exec:bun", "run()", "bunfig.toml")]
#[case("r +exec", "1", ".Rprofile")]
#[case("lua +exec", "require 'x'", "x.lua")]
#[case("python +exec:uv", "1", "uv.toml")]
#[case("bash +exec", "python3 tool.py", "helper.py")]
#[case("bash +exec", "node -e 'require(\"./helper\")'", "helper.js")]
#[case("bash +exec", "python3 -c 1", ".python-version")]
fn file_that_a_program_runs_is_named(#[case] fence: &str, #[case] code: &str, #[case] file: &str) {
    let folder = Folder::new(&block(fence, code));
    assert_eq!(folder.changes(|folder| folder.write(file, "one")), [format!("{file} was added")]);
    assert_eq!(folder.changes(|folder| folder.write(file, "two")), [format!("{file} changed")]);
}

#[test]
fn scripts_of_scripts_are_named() {
    let folder = Folder::new(&block("bash +exec", "./one.sh"));
    folder.write("one.sh", "./two.sh");
    folder.write("two.sh", "./one.sh; . three");
    folder.write("three", "echo");
    assert_eq!(folder.changes(|folder| folder.write("three", "evil")), ["three changed"]);
    let folder = Folder::new(&python("import helper"));
    folder.write("helper.py", "os.system('./tool')");
    folder.write("tool", "#!/bin/sh\n");
    assert_eq!(folder.changes(|folder| folder.write("tool", "#!/bin/sh\nevil")), ["tool changed"]);
}

#[test]
fn retargeted_link_is_named() {
    let folder = Folder::new(&block("bash +exec", "./demo.sh"));
    folder.write("one.sh", "same");
    folder.write("two.sh", "same");
    folder.link("one.sh", "demo.sh");
    assert_eq!(folder.changes(|folder| folder.link("two.sh", "demo.sh")), ["demo.sh changed"]);
}

#[test]
fn custom_executor_is_named() {
    let folder = Folder::new(&block("sql +exec", "select 1"));
    let executors = |program: &str| {
        let recipe = crate::exec::CustomRecipe {
            commands: vec![vec![program.to_owned()]],
            ..crate::exec::CustomRecipe::default()
        };
        Executors::from([(
            "sql".to_owned(),
            CustomExecutor { recipe, ..CustomExecutor::default() },
        )])
    };
    let known = folder.findings_with(&executors("sqlite3")).record;
    let now = folder.findings_with(&executors("./evil")).record;
    assert_eq!(known.changes(&now, &[String::new()]), ["`executor of sql` changed"]);
}

#[test]
fn files_that_run_nothing_do_not_count() {
    let folder = with_environment();
    folder.write("helper.py", "pass");
    let changes = folder.changes(|folder| {
        folder.replace("talk.md", "# Title", "# Another title\n\nand text\n");
        folder.write("notes.txt", "x");
        folder.write("__pycache__/helper.cpython-311.pyc", [0; 32]);
        folder.write(".venv/lib/python3.11/site-packages/numpy/__pycache__/core.pyc", [0; 32]);
        folder.write("rust-toolchain.toml", "[toolchain]\n");
        folder.write("data.csv", "1,2");
    });
    assert_eq!(changes, [""; 0]);
    let folder = with_crate();
    let changes = folder.changes(|folder| {
        folder.write("dep/target/debug/dep", "made");
        folder.write("dep/.git/HEAD", "x");
        folder.write("helper.py", "no block of Python imports it");
    });
    assert_eq!(changes, [""; 0]);
}

#[test]
fn blocks_are_matched_when_others_change() {
    let deck =
        |codes: &[&str]| codes.iter().map(|code| block("bash +exec", code)).collect::<String>();
    let folder = Folder::new(&deck(&["1", "2", "3"]));
    let edited = |codes: &[&str]| folder.changes(|folder| folder.write("talk.md", deck(codes)));
    assert_eq!(edited(&["0", "1", "2", "3"]), ["block 1 (slide 1) is new"]);
    assert_eq!(edited(&["0", "2", "3"]), ["1 block was removed"]);
    assert_eq!(edited(&["0", "3", "2"]), ["the blocks are in a different order"]);
    assert_eq!(edited(&["0", "4", "2"]), ["block 2 (slide 1) changed"]);
}

#[test]
fn many_changes_are_counted() {
    let deck = |more: &str| {
        let block = |number| block("bash +exec", &format!("echo {number}{more}"));
        (0..10_000).map(block).collect::<String>()
    };
    let folder = Folder::new(&deck(""));
    let changes = folder.changes(|folder| folder.write("talk.md", deck("x")));
    assert_eq!(changes.len(), 13);
    assert_eq!(changes[12], "and 9988 more changes");
}

#[test]
fn control_characters_in_file_names_are_visible() {
    let folder = Folder::new(&python("print(1)"));
    let changes = folder.changes(|folder| folder.write("ra\u{1b}\u{9b}ndom.py", ""));
    assert_eq!(changes, [""; 0], "no import finds it");
    let folder = Folder::new(&block("bash +exec", "./\u{1b}x.sh"));
    let changes = folder.changes(|folder| folder.write("\u{1b}x.sh", ""));
    assert_eq!(changes, ["␛x.sh was added"]);
}

#[test]
fn pipes_and_link_loops_do_not_block() {
    let folder = with_crate();
    folder.fifo("dep/src/pipe.rs");
    folder.link("..", "dep/src/up");
    folder.link("self", "dep/src/self");
    folder.link("/dev/zero", "dep/src/zero.rs");
    assert_eq!(folder.findings().trouble, None);
    let folder = Folder::new(&python("import helper"));
    folder.fifo("helper.py");
    folder.link("/dev/zero", "random.py");
    folder.fifo("rust-toolchain.toml");
    assert_eq!(folder.findings().trouble, None);
    assert!(
        folder.changes(|folder| folder.fifo("json.py")).contains(&"json.py was added".to_owned())
    );
}

#[test]
fn deck_with_a_too_large_file_cannot_be_trusted() {
    let folder = with_crate();
    let file = fs::File::create(folder.path("dep/data.bin")).unwrap();
    file.set_len(2 << 30).unwrap();
    let findings = folder.findings();
    assert!(findings.trouble.as_ref().unwrap().starts_with("dep/data.bin: it is larger"));
    let inquiry = folder.inquiry(&findings.record);
    assert!(!inquiry.is_trusted && inquiry.unrememberable.is_some());
}

#[test]
fn prompt_names_interpreter_crates_and_files() {
    let folder = with_environment();
    folder.write("helper.py", "");
    let front = "---\noptions: {rust: {dependencies: {dep: {path: ./dep}, rand: \"0.9\"}}}\n---\n";
    folder.replace("talk.md", "# Title", front);
    let text = fs::read_to_string(folder.path("talk.md")).unwrap();
    folder.write("talk.md", text + &block("rust +exec", "1"));
    folder.write("dep/Cargo.toml", "");
    folder.write("dep/build.rs", "");
    let inquiry = summarize(&folder.path("talk.md"), &folder.deck(), &folder.findings(), None);
    assert!(inquiry.crates.contains(&"dep path ./dep (build script)".to_owned()), "{inquiry:?}");
    assert!(inquiry.crates.iter().any(|it| it.starts_with("rand 0.9")), "{inquiry:?}");
    assert_eq!(inquiry.files, [".venv", "helper.py"]);
    assert!(inquiry.interpreter.unwrap().contains("python3"));
    assert_eq!(inquiry.changes, [""; 0]);
}

#[test]
fn edit_accepts_only_the_files_it_adds() {
    let folder = Folder::new(&python("print(1)"));
    folder.write("helper.py", "one");
    let accepted = folder.findings().record;
    // Another program changes a module, and adds one, while the speaker edits the deck.
    folder.write("helper.py", "two");
    folder.write("random.py", "evil");
    let before = folder.findings().record;
    folder.replace("talk.md", "print(1)", "import os\nos.system('./new.sh')");
    folder.write("new.sh", "the speaker's");
    let after = folder.findings().record;
    let remembered = accepted.edited(&before, &after);
    let changes = folder.inquiry(&remembered).changes;
    assert_eq!(changes, ["helper.py changed", "random.py was added"]);
}

#[test]
fn record_is_stored_and_older_formats_are_rejected() {
    let record = with_crate().findings().record;
    let text = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
    assert!(serde_json::from_str::<Record>("\"c0ffee\"").is_err());
    let known: BTreeMap<String, serde_json::Value> =
        serde_json::from_str("{\"/talk.md\": \"c0ffee\"}").unwrap();
    assert_eq!(known.len(), 1);
}

#[test]
fn unreadable_file_is_ignored() {
    let folder = with_crate();
    folder.write("dep/secret", "x");
    fs::set_permissions(folder.path("dep/secret"), fs::Permissions::from_mode(0o000)).unwrap();
    assert_eq!(folder.findings().trouble, None);
}

#[test]
fn other_machines_and_what_they_get_are_named() {
    let front = "---\noptions:\n  remote: {host: gpu, sync: [data]}\n---\n\n";
    let deck = [front, &python("1"), &block("bash +exec", "ls"), &block("bash +exec +local", "ls")];
    let folder = Folder::new(&deck.concat());
    let record = folder.findings().record;
    let summary = folder.inquiry(&record);
    assert_eq!(summary.machines, ["2 blocks on gpu (ssh); copies data there"]);
    assert_eq!(summary.interpreter, None, "no Python runs here");
    let changes = folder.changes(|it| it.replace("talk.md", "[data]", "[data, keys]"));
    assert_eq!(changes, ["`options.remote.sync` changed"]);
}
