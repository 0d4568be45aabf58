//! Which Python runs a block: of a virtual environment, another than the build's, none at all.

use super::*;

#[rstest]
fn a_virtual_environment_gives_its_packages(#[values(Embedded, Standalone)] mode: TestMode) {
    let folder = tempfile::tempdir().unwrap();
    let mut places = InterpreterSearch::of(folder.path().to_owned(), None);
    places.virtual_env = None;
    let python = places.choose(&ProcessTree::new()).unwrap().executable;
    make_environment(&python, &folder.path().join(".venv"));
    let stage = PythonHarness::at(mode, places, folder);
    let code = "import sys, snake, subprocess\nprint(snake.says, sys.prefix.endswith('.venv'))\n\
                subprocess.run(['python3', '-c', 'import snake; print(snake.says)'])\n\
                subprocess.run([sys.executable, '-c', 'import snake; print(snake.says)']);";
    assert_eq!(stage.run(code), ("hiss True\nhiss\nhiss\n".into(), Outcome::Exited(0)));
}

#[test]
fn with_no_python_at_all_a_run_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut places = InterpreterSearch::of(folder.path().to_owned(), None);
    places.virtual_env = None;
    places.path = folder.path().into();
    let python =
        Python::at(places, folder.path().join("cache"), Default::default(), Arc::default());
    let stage = PythonHarness { python, folder };
    let (_, how) = stage.run("print(1)");
    let Outcome::NotStarted(why) = how else { panic!("{how:?}") };
    assert!(why.starts_with("no Python here: looked at `$VIRTUAL_ENV`"), "{why}");
}

#[rstest]
#[case("3.9")]
#[case("3.10")]
#[case("3.12")]
#[case("3.13")]
fn another_python_runs_in_the_same_program(
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
        let mut places = InterpreterSearch::of(folder.path().to_owned(), named);
        places.virtual_env = None;
        let stage = PythonHarness::at(mode, places, tempfile::tempdir().unwrap());
        let code = "import os, sys, ssl, ctypes\nprint('%d.%d' % sys.version_info[:2], \
                    os.environ.get('LD_LIBRARY_PATH'))\n1 / 0";
        let (text, how) = stage.run(code);
        let text = plain(&text);
        assert_eq!(how, Outcome::Raised, "{text}");
        let before = std::env::var("LD_LIBRARY_PATH").unwrap_or("None".into());
        assert!(text.starts_with(&format!("{version} {before}\n")), "{text}");
        assert!(text.contains("File \"talk.md\", line 44"), "{text}");
        assert!(!text.contains("<livedeck>"), "{text}");
    }
}
