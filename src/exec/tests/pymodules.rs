//! Python modules from Rust blocks, with the real compiler and a real Python.

use super::crates::{beside, version};
use super::*;
use crate::deck::{Module, ModuleAbi, RustBuild};
use crate::run::SessionStart;

/// Returns a block that becomes a module.
fn module(name: &str, code: &str) -> Snippet {
    let module = Some(Module { name: name.into(), is_whole: code.contains("#[pymodule]") });
    let fingerprint = Fingerprint::of("rust", Some(name), code);
    Snippet { module, fingerprint, ..snippet("rust", code, 7) }
}

fn answer(number: u32) -> String {
    format!("/// The answer.\n#[pyfunction]\nfn answer() -> u32 {{ {number} }}\n")
}

const IMPORT: &str = "import fast\nprint(fast.answer())";

impl ExecHarness {
    fn prepare(&self, snippets: &[&Snippet]) {
        self.executor().prepare(snippets.iter().copied().cloned().collect(), &[]);
    }

    /// Runs Python code without a session; returns its output.
    fn python(&mut self, code: &str) -> String {
        let run = self.start("python", code);
        self.end(run).0
    }

    /// Runs Python code in a session.
    fn python_on(&mut self, base: SessionStart, code: &str) -> (RunId, String) {
        let run = self.start_request("python", code, |request| request.session = Some(base));
        let (output, outcome) = self.end(run);
        assert_eq!(outcome, Outcome::Exited(0), "{output}");
        (run, output)
    }
}

#[test]
fn module_includes_files() {
    let mut harness = ExecHarness::with_kept_cache();
    let file = harness.folder.path().join("answer.in");
    fs::write(&file, "42").unwrap();
    let code = "#[pyfunction]\nfn answer() -> u32 { include!(\"answer.in\") }\n";
    let whole = "mod inner;\nuse pyo3::prelude::*;\n#[pymodule]\nmod fast {\n    #[pymodule_export]\n    \
                 use super::inner::answer;\n}";
    fs::write(
        harness.folder.path().join("inner.rs"),
        format!(
            "use pyo3::prelude::*;\n{}",
            code.replace("fn", "pub fn").replace("pypub fn", "pyfn")
        ),
    )
    .unwrap();
    for block in [code, whole] {
        fs::write(&file, "42").unwrap();
        let run = harness.start_request("rust", block, |request| {
            request.code = Snippet { module: module("fast", block).module, ..request.code.clone() };
        });
        let (output, outcome) = harness.end(run);
        assert!(outcome.is_success(), "{output}");
        assert_eq!(harness.python(IMPORT), "42\n");
        fs::write(&file, "1 + 42").unwrap();
        let fast = Snippet { first_line: 8, ..module("fast", block) };
        harness.prepare(&[&fast]);
        assert_eq!(harness.python(IMPORT), "43\n");
    }
}

#[test]
fn rust_module_is_imported_by_name() {
    let mut harness = ExecHarness::with_kept_cache();
    let fast = module("fast", &answer(42));
    harness.prepare(&[&fast]);
    assert_eq!(
        harness.python("import fast; print(fast.answer(), fast.answer.__doc__)"),
        "42 The answer.\n"
    );
    harness.wait_for_preparation(&fast, Preparation::Ready);
    let whole = "use pyo3::prelude::*;\n#[pymodule]\nmod whole {\n    #[pymodule_export]\n    \
                 use super::Point;\n}\n#[pyclass]\nstruct Point;\n#[pymethods]\nimpl Point {\n    \
                 #[new]\n    fn new() -> Self { Self }\n    \
                 fn __repr__(&self) -> &'static str { \"a point\" }\n}";
    harness.prepare(&[&fast, &module("whole", whole)]);
    assert_eq!(
        harness.python("from whole import Point; import fast\nprint(repr(Point()))"),
        "a point\n"
    );
}

/// Uses what the stable ABI for Python 3.9 does not offer.
const WHOLE_API: &str = "\
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyException;
use pyo3::types::{PyDateTime, PyDict, PySet};

#[pyclass(extends=PyException)]
struct Trouble { code: i32 }

#[pymethods]
impl Trouble {
    #[new]
    fn new(code: i32) -> Self { Self { code } }
    #[getter]
    fn code(&self) -> i32 { self.code }
}

#[pyclass(extends=PyDict, subclass)]
#[derive(Default)]
struct Counts { reads: u32 }

#[pymethods]
impl Counts {
    #[new]
    fn new() -> Self { Self::default() }
    fn read(own: &Bound<'_, Self>, key: &str) -> PyResult<Option<i32>> {
        own.borrow_mut().reads += 1;
        let found = own.as_super().get_item(key)?;
        found.map(|it| it.extract()).transpose()
    }
}

#[pyclass(extends=PySet)]
struct Numbers {}

#[pymethods]
impl Numbers {
    #[new]
    fn new() -> Self { Self {} }
}

#[pyfunction]
fn total(numbers: PyBuffer<f64>, py: Python<'_>) -> PyResult<f64> {
    Ok(numbers.to_vec(py)?.iter().sum())
}

#[pyfunction]
fn moment(py: Python<'_>) -> PyResult<Bound<'_, PyDateTime>> {
    PyDateTime::new(py, 2026, 11, 30, 12, 0, 0, 0, None)
}

#[pyfunction]
async fn later(number: i32) -> i32 { number + 1 }

#[pymodule]
mod sub {
    use super::*;
    #[pyfunction]
    fn inside() -> &'static str { \"a submodule\" }
    #[pymodule]
    mod deeper {
        #[pymodule_export]
        const DEPTH: u32 = 2;
    }
}
";

#[test]
fn module_has_the_whole_api_of_its_python() {
    let mut harness = ExecHarness::with_kept_cache();
    let body = Some(Module { name: "fast".into(), is_whole: false });
    harness.prepare(&[&Snippet { module: body, ..module("fast", WHOLE_API) }]);
    let output = harness.python(
        "import array, fast\n\
         try:\n    raise fast.Trouble(7)\n\
         except Exception as error:\n    print(type(error).__name__, error.code)\n\
         class Mine(fast.Counts): pass\n\
         counts = Mine(); counts['a'] = 1\n\
         print(counts.read('a'), counts.read('b'), isinstance(counts, dict))\n\
         numbers = fast.Numbers(); numbers.add(2); print(numbers == {2})\n\
         print(fast.total(array.array('d', [1.5, 2])), fast.moment())\n\
         print(await fast.later(1), fast.sub.inside(), fast.sub.deeper.DEPTH)",
    );
    assert_eq!(output, "Trouble 7\n1 None True\nTrue\n3.5 2026-11-30 12:00:00\n2 a submodule 2\n");
}

#[test]
fn block_may_have_several_pymodules() {
    let mut harness = ExecHarness::with_kept_cache();
    let code = "use pyo3::prelude::*;\n\
                #[pymodule]\nmod fast {\n    #[pymodule_export]\n    use super::inner;\n    \
                #[pymodule_init]\n    fn start(it: &super::Bound<'_, super::PyModule>) -> super::PyResult<()> {\n        \
                use super::*;\n        it.add(\"started\", true)\n    }\n}\n\
                #[pymodule]\nmod inner {\n    #[pymodule_export]\n    const NAME: &str = \"inner\";\n}\n";
    harness.prepare(&[&module("fast", code)]);
    let output = harness.python("import fast\nprint(fast.started, fast.inner.NAME, fast.__name__)");
    assert_eq!(output, "True inner fast\n");
}

#[test]
fn module_for_all_pythons_is_built_on_request() {
    let mut harness = ExecHarness::with_kept_cache();
    let build = RustBuild { module_abi: ModuleAbi::Stable, ..RustBuild::default() };
    let stable = |code: &str| {
        let rust = Some(Arc::new(build.clone()));
        Snippet { rust, ..module("fast", code) }
    };
    harness.prepare(&[&stable(&answer(3))]);
    assert_eq!(harness.python(IMPORT), "3\n");
    harness.prepare(&[&stable("#[pyclass(extends=pyo3::types::PyDict)]\nstruct Counts;")]);
    let output = harness.python(IMPORT);
    assert!(output.contains("ImportError: module `fast` does not compile"), "{output}");
}

#[test]
fn newest_code_is_imported() {
    let mut harness = ExecHarness::with_kept_cache();
    for number in [1, 2, 3, 1] {
        harness.prepare(&[&module("fast", &answer(number))]);
        assert_eq!(harness.python(IMPORT), format!("{number}\n"));
    }
    harness.prepare(&[]);
    assert!(harness.python(IMPORT).contains("ModuleNotFoundError: No module named 'fast'"));
}

#[test]
fn import_waits_for_the_build() {
    let mut harness = ExecHarness::with_kept_cache();
    let go = harness.folder.path().join("go");
    let script = format!(
        "fn main() {{ while !std::path::Path::new({go:?}).exists() {{ \
         std::thread::sleep(std::time::Duration::from_millis(5)); }} }}"
    );
    harness.package("patient", &[("src/lib.rs", ""), ("build.rs", &script)]);
    let build = RustBuild { crates: vec![beside("patient")], ..RustBuild::default() };
    harness.prepare(&[&Snippet { rust: Some(Arc::new(build)), ..module("fast", &answer(7)) }]);
    let run = harness.start_request("python", IMPORT, |request| {
        // Waiting for the build does not count.
        request.limits.timeout = Some(Duration::from_secs(20));
    });
    assert_eq!(harness.next(run), RunEvent::Started);
    assert_eq!(harness.next(run), RunEvent::WaitsForModule(Some("fast".into())));
    fs::write(go, "").unwrap();
    assert_eq!(harness.next(run), RunEvent::WaitsForModule(None));
    assert_eq!(harness.end(run), ("7\n".into(), Outcome::Exited(0)));
}

#[test]
fn waiting_import_can_be_stopped() {
    let mut harness = ExecHarness::with_kept_cache();
    let script = "fn main() { std::thread::sleep(std::time::Duration::from_secs(1000)); }";
    harness.package("slow", &[("src/lib.rs", ""), ("build.rs", script)]);
    let build = RustBuild { crates: vec![beside("slow")], ..RustBuild::default() };
    harness.prepare(&[&Snippet { rust: Some(Arc::new(build)), ..module("fast", &answer(7)) }]);
    let run = harness.start("python", IMPORT);
    assert_eq!(harness.next(run), RunEvent::Started);
    assert_eq!(harness.next(run), RunEvent::WaitsForModule(Some("fast".into())));
    harness.executor().stop(run, Stop::Interrupt);
    assert_eq!(harness.end(run).1, Outcome::Stopped);
}

#[test]
fn build_error_shows_in_python_and_rust() {
    let mut harness = ExecHarness::with_kept_cache();
    let broken = module("fast", "#[pyfunction]\nfn answer() -> u32 {\n    \"no\"\n}");
    harness.prepare(&[&broken]);
    let output = harness.python("x = 1\nimport fast");
    let why = "ImportError: module `fast` does not compile: error[E0308]: mismatched types\n  \
               --> talk.md:9:5\n";
    assert!(output.ends_with(why), "{output}");
    assert!(!output.contains("livedeck>") && output.contains("talk.md\", line 8"), "{output}");
    let errors = harness.await_event(|event| match event {
        ExecEvent::Prepared(code, Preparation::Refused(errors)) => {
            (*code == broken.fingerprint).then(|| errors.clone())
        }
        _ => None,
    });
    let errors = String::from_utf8_lossy(&errors).into_owned();
    assert!(errors.contains("talk.md:9:5") && errors.contains("\x1b["), "{errors}");
    let run = harness.start_request("rust", "", |request| request.code = broken);
    assert_eq!(harness.end(run).1, Outcome::NotCompiled);
}

#[test]
fn panic_becomes_exception_with_location() {
    let mut harness = ExecHarness::with_kept_cache();
    let code = "#[pyfunction]\nfn answer() -> u32 {\n    panic!(\"oh no\")\n}";
    harness.prepare(&[&module("fast", code)]);
    let output = harness.python(IMPORT);
    assert!(output.contains("panicked at talk.md:9:5"), "{output}");
    assert!(output.contains("talk.md\", line 8"), "{output}");
    assert!(output.ends_with("PanicException: oh no\n"), "{output}");
}

#[test]
fn module_shadows_preimported_one() {
    let mut harness = ExecHarness::with_kept_cache();
    let own = module("colorsys", "#[pyfunction]\nfn answer() -> u32 { 6 }");
    let importing = snippet("python", "import colorsys", 7);
    harness.executor().prepare(vec![own, importing], &["colorsys".to_owned()]);
    wait_until("modules were not imported", || harness.executor().python.is_settled());
    assert_eq!(harness.python("import colorsys\nprint(colorsys.answer())"), "6\n");
}

#[test]
fn running_a_module_only_builds_it() {
    let mut harness = ExecHarness::with_kept_cache();
    let fast = module("fast", &answer(5));
    let run = harness.start_request("rust", "", |request| request.code = fast);
    assert_eq!(harness.end(run), (String::new(), Outcome::Exited(0)));
    assert_eq!(harness.python(IMPORT), "5\n");
}

#[test]
fn session_reimports_and_keeps_old_objects() {
    let mut harness = ExecHarness::with_kept_cache();
    let code = |number: u32| {
        format!(
            "#[pyclass]\nstruct Counter(u32);\n#[pymethods]\nimpl Counter {{\n    #[new]\n    \
             fn new() -> Self {{ Self({number}) }}\n    \
             fn up(&mut self) -> u32 {{ self.0 += {number}; self.0 }}\n}}\n{}",
            answer(number)
        )
    };
    harness.prepare(&[&module("fast", &code(1))]);
    let first = "import fast\nold = [fast.Counter()]\nprint(fast.answer())";
    let (mut base, output) = harness.python_on(SessionStart::Fresh, first);
    assert_eq!(output, "1\n");
    let edits: Vec<u32> = (1..=30).map(|edit| edit % 3 + 1).collect();
    for number in &edits {
        harness.prepare(&[&module("fast", &code(*number))]);
        let next = "before = fast\nimport fast\nold.append(fast.Counter())\n\
                    print(fast.answer(), before is fast, type(old[0]).__name__, len(old))";
        let (run, output) = harness.python_on(SessionStart::After(base), next);
        assert!(output.starts_with(&format!("{number} False Counter ")), "{output}");
        base = run;
    }
    let (_, output) =
        harness.python_on(SessionStart::After(base), "print([it.up() for it in old])");
    let counted: Vec<u32> = [1].iter().chain(&edits).map(|number| 2 * number).collect();
    assert_eq!(output, format!("{counted:?}\n"));
    let again = "import fast as other\nprint(other is fast)";
    assert_eq!(harness.python_on(SessionStart::After(base), again).1, "True\n");
}

#[test]
fn module_may_use_crates() {
    let mut harness = ExecHarness::with_kept_cache();
    let code = "#[pyfunction]\nfn answer() -> String { itoa::Buffer::new().format(42).to_owned() }";
    let build = RustBuild { crates: vec![version("itoa", "1", &[])], ..RustBuild::default() };
    let fast = Snippet { rust: Some(Arc::new(build)), ..module("fast", code) };
    harness.prepare(&[&fast]);
    assert_eq!(harness.python(IMPORT), "42\n");
}
