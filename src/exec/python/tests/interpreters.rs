//! The Python that runs a block: from a virtual environment, of another version, or missing.

use super::*;

#[rstest]
fn packages_of_a_virtual_environment_are_found(#[values(Embedded, Standalone)] mode: TestMode) {
    let folder = tempfile::tempdir().unwrap();
    let mut search = InterpreterSearch::of(folder.path().to_owned(), None);
    search.virtual_env = None;
    let python = search.choose(&ProcessTree::new()).unwrap().executable;
    make_environment(&python, &folder.path().join(".venv"));
    let harness = PythonHarness::at(mode, search, folder);
    let code = "import sys, snake, subprocess\nprint(snake.says, sys.prefix.endswith('.venv'))\n\
                subprocess.run(['python3', '-c', 'import snake; print(snake.says)'])\n\
                subprocess.run([sys.executable, '-c', 'import snake; print(snake.says)']);";
    assert_eq!(harness.run(code), ("hiss True\nhiss\nhiss\n".into(), Outcome::Exited(0)));
}

#[test]
fn missing_python_is_reported_by_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut search = InterpreterSearch::of(folder.path().to_owned(), None);
    search.virtual_env = None;
    search.path = folder.path().into();
    let python = Python::at(search, Default::default(), Arc::default());
    let harness = PythonHarness { python, folder };
    let (_, how) = harness.run("print(1)");
    let Outcome::NotStarted(why) = how else { panic!("{how:?}") };
    assert!(why.starts_with("no Python here: looked at `$VIRTUAL_ENV`"), "{why}");
}

#[test]
fn library_that_does_not_load_is_replaced_by_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("libpython3.so");
    std::fs::write(&broken, "not a library").unwrap();
    let harness = PythonHarness::new(Standalone);
    for library in [broken, folder.path().join("gone.so")] {
        let modes = [LaunchMode::Embedded(library), LaunchMode::Standalone];
        harness.python.shared.worker.lock().launch_modes = modes.into();
        let code = "import sys; print(sys.executable)";
        let (text, how) = harness.run(code);
        assert_eq!(how, Outcome::Exited(0), "{text}");
        assert!(!harness.is_embedded() && text.contains("python"), "{text}");
        harness.python.shared.zygote().unwrap().kill();
    }
}

#[rstest]
#[case("3.7")]
#[case("3.8")]
#[case("3.9")]
#[case("3.10")]
#[case("3.12")]
#[case("3.13")]
fn other_python_versions_run(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[case] version: &str,
) {
    let folder = tempfile::tempdir().unwrap();
    let Some(named) = pyenv(version) else {
        println!("not tried: pyenv has no Python {version} here");
        return;
    };
    let environment = folder.path().join(".venv");
    make_environment(Path::new(&named), &environment);
    for named in [Some(named), None] {
        let mut search = InterpreterSearch::of(folder.path().to_owned(), named);
        search.virtual_env = None;
        let harness = PythonHarness::at(mode, search, tempfile::tempdir().unwrap());
        let code = "import os, sys, ssl, ctypes\nprint('%d.%d' % sys.version_info[:2], \
                    os.environ.get('LD_LIBRARY_PATH'))\n1 / 0";
        let (text, how) = harness.run(code);
        let text = plain(&text);
        assert_eq!(how, Outcome::Raised, "{text}");
        let before = std::env::var("LD_LIBRARY_PATH").unwrap_or("None".into());
        assert!(text.starts_with(&format!("{version} {before}\n")), "{text}");
        assert!(text.contains("File \"talk.md\", line 44"), "{text}");
        assert!(!text.contains("<livedeck>"), "{text}");
    }
}

#[rstest]
fn missing_module_names_the_python(#[values(Embedded, Standalone)] mode: TestMode) {
    let code =
        "import os\nprint([name for name in os.environ if 'ORIGIN' in name])\nimport none_such";
    let (text, how) = PythonHarness::new(mode).run(code);
    let text = plain(&text);
    assert_eq!(how, Outcome::Raised);
    assert!(text.starts_with("[]\n"), "{text}");
    let last = text.lines().last().unwrap();
    assert!(
        last.starts_with("note: this is /") && last.ends_with(", `python3` on `PATH`"),
        "{text}"
    );
}
