//! Benchmarks, with a real Python and the real compiler.

use super::*;
use crate::run::{OutputValue, Timing};

impl ExecHarness {
    /// Runs a benchmark: returns its output, its outcome and its timing.
    fn bench(&mut self, language: &str, code: &str) -> (String, Outcome, Option<Timing>) {
        self.bench_with(language, code, |_| {})
    }

    fn bench_with(
        &mut self,
        language: &str,
        code: &str,
        change: impl FnOnce(&mut Request),
    ) -> (String, Outcome, Option<Timing>) {
        let run = self.start_request(language, code, |request| {
            request.code.is_timed = true;
            change(request);
        });
        self.bench_end(run)
    }

    fn bench_end(&self, run: RunId) -> (String, Outcome, Option<Timing>) {
        let (mut output, mut timing) = (String::new(), None);
        loop {
            match self.next(run) {
                RunEvent::Output(bytes) => output.push_str(&String::from_utf8_lossy(&bytes)),
                RunEvent::Value(OutputValue::Timing(value), _) => timing = Some(value),
                RunEvent::Finished(outcome, _) => return (output, outcome, timing),
                _ => {}
            }
        }
    }

    /// Returns the timing of a benchmark that succeeds.
    fn timing(&mut self, language: &str, code: &str) -> Timing {
        let (output, outcome, timing) = self.bench(language, code);
        assert_eq!(outcome, Outcome::Exited(0), "{output}");
        timing.unwrap_or_else(|| panic!("no timing, but {output}"))
    }
}

/// Returns whether the quantiles of a timing are in order.
fn is_consistent(timing: &Timing) -> bool {
    let Timing { low, median, high, total, .. } = *timing;
    0.0 < low && low <= median && median <= high && high <= total
}

#[test]
fn last_statement_is_timed() {
    let mut harness = ExecHarness::with_kept_cache();
    let python = "import time\ndef nap(s):\n    time.sleep(s)\nnap(\n    0.002,\n)";
    let python = harness.timing("python", python);
    assert_eq!(&*python.timed, "nap( 0.002, )");
    let rust = "use std::time::Duration;\nlet nap = Duration::from_millis(2);\n\
                std::thread::sleep(nap);\nfn later() {}";
    let rust = harness.timing("rust", rust);
    assert_eq!(&*rust.timed, "std::thread::sleep(nap)");
    for timing in [python, rust] {
        // A sleep may take longer, but never less time.
        assert!(is_consistent(&timing) && timing.low >= 2e6, "{timing:?}");
        assert!(timing.samples > 1 && timing.calls >= timing.samples.into(), "{timing:?}");
        assert!(!timing.is_empty);
    }
}

#[test]
fn fast_call_runs_often_enough_for_the_clock() {
    let mut harness = ExecHarness::with_kept_cache();
    for (language, code) in
        [("python", "len(())"), ("rust", "let n = 1u64;\nn.wrapping_mul(black_box(3))")]
    {
        let timing = harness.timing(language, code);
        assert!(is_consistent(&timing) && timing.median < 1e6, "{timing:?}");
        assert!(timing.calls > 1_000 * u64::from(timing.samples), "{timing:?}");
    }
}

#[test]
fn slow_call_runs_a_few_times() {
    let mut harness = ExecHarness::new();
    let timing = harness.timing("python", "import time\ntime.sleep(2)");
    assert!(
        (1..4).contains(&timing.samples) && timing.calls == u64::from(timing.samples),
        "{timing:?}"
    );
    assert!(is_consistent(&timing) && timing.low >= 2e9, "{timing:?}");
}

#[test]
fn code_that_is_optimised_away_is_reported() {
    let mut harness = ExecHarness::with_kept_cache();
    assert!(harness.timing("rust", "6 * 7").is_empty);
    let sum = "fn sum(n: u64) -> u64 {\n    (0..n).fold(1, |a, b| b ^ 31_u64.wrapping_mul(a))\n}\n";
    let hidden = harness.timing("rust", &format!("{sum}sum(100_000)"));
    assert!(!hidden.is_empty && hidden.median > 1_000.0, "arguments must be hidden: {hidden:?}");
    assert_eq!(&*hidden.timed, "sum(100_000)", "the report has the original code");
}

#[test]
fn slow_first_calls_do_not_count() {
    let mut harness = ExecHarness::with_kept_cache();
    let python = "import time\ncalls = 0\ndef f():\n    global calls\n    calls += 1\n    \
                  time.sleep(0.2 if calls < 3 else 0)\nf()";
    let rust = "let mut calls = 0_u64;\ncalls += 1; std::thread::sleep(std::time::Duration::from_millis(\
                if calls < 3 { 200 } else { 0 }));";
    let rust = rust.replace("calls += 1; ", "let mut f = || { calls += 1; ") + " };\nf()";
    for (language, code) in [("python", python), ("rust", &rust)] {
        let timing = harness.timing(language, code);
        assert!(timing.median < 1e8 && timing.samples < 2_000, "{timing:?}");
    }
}

#[test]
fn const_arguments_are_not_hidden() {
    let mut harness = ExecHarness::with_kept_cache();
    let code = "const fn len(n: usize) -> usize { n }\n[0_u8; len(3)].len()";
    assert_eq!(&*harness.timing("rust", code).timed, "[0_u8; len(3)].len()");
}

#[test]
fn only_the_first_call_prints() {
    let mut harness = ExecHarness::with_kept_cache();
    for (language, code) in [
        ("python", "print('set up')\nprint('called')"),
        ("rust", "println!(\"set up\");\nprintln!(\"called\");"),
        ("rust", "fn main() {\n    println!(\"set up\");\n    eprintln!(\"called\");\n}"),
    ] {
        let (output, outcome, timing) = harness.bench(language, code);
        assert_eq!(
            (output.replace('\r', "").as_str(), outcome),
            ("set up\ncalled\n", Outcome::Exited(0))
        );
        assert!(timing.is_some_and(|timing| timing.calls > 1));
    }
}

#[test]
fn block_may_redefine_any_name() {
    let mut harness = ExecHarness::with_kept_cache();
    let python = "def sum(x): return x\ndef sorted(x): return x\nlen = str = max = min = repeat = None\n\
                  total = 0\ntotal += sum(1)";
    assert_eq!(&*harness.timing("python", python).timed, "total += sum(1)");
    let python = "def timed(n): return n\ntotal = 0\ntimed(total)";
    assert_eq!(&*harness.timing("python", python).timed, "timed(total)");
    let python = "total = 0\n(total := total + 1)";
    assert_eq!(&*harness.timing("python", python).timed, "(total := total + 1)");
    let rust = "struct Result;\nstruct Box;\nlet _ = (Result, Box);\nlet mut calls = 0_u64;\n\
                calls += 1;";
    assert_eq!(&*harness.timing("rust", rust).timed, "calls += 1");
}

#[test]
fn failure_names_the_line_in_the_deck() {
    let mut harness = ExecHarness::with_kept_cache();
    let python = "calls = 0\ndef f():\n    global calls\n    calls += 1\n    if calls > 300:\n        \
                  raise ValueError(\"no more\")\nf()";
    let (output, outcome, timing) = harness.bench("python", python);
    assert_eq!((outcome, timing), (Outcome::Raised, None));
    let lines: Vec<_> = output.lines().map(str::trim).collect();
    assert_eq!(lines[1], "File \"talk.md\", line 13, in <module>", "{output}");
    assert!(lines.contains(&"File \"talk.md\", line 12, in f"), "{output}");
    assert!(output.ends_with("ValueError: no more\n"), "{output}");
    let rust = "let mut left = vec![0; 300];\nleft.pop().unwrap();";
    let (output, outcome, _) = harness.bench("rust", rust);
    assert_eq!(outcome, Outcome::Exited(101));
    assert!(output.contains("panicked at talk.md:8:12"), "{output}");
    let rust = "let mut left = 300;\nlet mut next = || { left -= 1; if left > 0 { Ok(left) } else { \
                Err(\"none is left\") } };\nnext()?;";
    let (output, outcome, _) = harness.bench("rust", rust);
    assert_eq!(outcome, Outcome::Exited(1));
    assert!(output.contains("none is left"), "{output}");
}

#[test]
fn compiler_errors_name_lines_of_the_deck() {
    let mut harness = ExecHarness::with_kept_cache();
    let code = "let n = 3;\n// what is timed\nprime(3)";
    let (output, outcome, _) = harness.bench("rust", code);
    assert_eq!(outcome, Outcome::NotCompiled);
    assert!(output.contains("talk.md:9:1"), "{output}");
    assert!(output.lines().any(|line| line.ends_with(" prime(3)")), "{output:?}");
    let (output, outcome, _) = harness.bench("rust", "fn half(n: u8) -> u8 { n / 2\nhalf(3)");
    assert!(outcome == Outcome::NotCompiled && output.contains("unclosed delimiter"), "{output}");
    assert!(!output.contains("livedeck_bench"), "the harness must not show: {output}");
    let (output, outcome, _) = harness.bench("rust", "let v = vec![1];\ndrop(v)");
    assert!(
        outcome == Outcome::NotCompiled && output.contains("consider cloning the value"),
        "errors that only the benchmark has are shown: {output}"
    );
    let (output, outcome, _) = harness.bench("rust", "fn f() {}");
    assert_eq!(outcome, Outcome::NotCompiled);
    assert!(output.contains("there is nothing to time"), "{output}");
}

#[test]
fn block_without_statements_is_an_error() {
    let mut harness = ExecHarness::new();
    let (output, outcome, _) = harness.bench("python", "def f(): pass");
    assert_eq!(outcome, Outcome::Exited(1));
    assert!(output.contains("there is nothing to time"), "{output}");
    let (output, outcome, timing) = harness.bench("python", "raise SystemExit");
    assert_eq!((outcome, timing), (Outcome::Exited(0), None));
    assert!(output.contains("nothing was timed"), "{output}");
    let (output, outcome, _) = harness.bench("python", "if True:\n");
    assert_eq!(outcome, Outcome::Raised);
    assert!(
        output.contains(", line 8\n") && output.contains("Error: expected an indented block"),
        "{output}"
    );
}

#[test]
fn errors_at_the_end_do_not_show_the_harness() {
    let mut harness = ExecHarness::new();
    for code in ["x = \"\"\"\ny", "x = '''\ny", "x = (1,\ny"] {
        let (timed, _, _) = harness.bench("python", code);
        let run = harness.start_request("python", code, |_| {});
        let plain = harness.bench_end(run).0;
        let without_end = |text: &str| {
            let text = text.split(" (detected at line").next().unwrap_or_default().trim_end();
            text.to_owned()
        };
        assert!(plain.contains("line 7"), "{plain}");
        assert_eq!(without_end(&timed), without_end(&plain));
    }
    let (output, outcome, timing) = harness.bench("python", "x = 1\nx + 1 \\");
    assert_eq!((output.as_str(), outcome), ("", Outcome::Exited(0)));
    assert_eq!(timing.as_ref().map(|it| &*it.timed), Some("x + 1"));
}

#[test]
fn block_may_close_stdout() {
    let mut harness = ExecHarness::new();
    let timing = harness.timing("python", "import sys\nsys.stdout.close()");
    assert_eq!(&*timing.timed, "sys.stdout.close()");
}

#[test]
fn hanging_benchmark_is_stopped() {
    let mut harness = ExecHarness::with_kept_cache();
    for (language, code) in [
        ("python", "print('on', flush=True)\nwhile True: pass"),
        ("rust", "println!(\"on\");\nloop {}"),
    ] {
        let run = harness.start_request(language, code, |request| request.code.is_timed = true);
        harness.wait_for(run, "on");
        harness.executor().stop(run, Stop::Interrupt);
        assert_eq!(harness.bench_end(run).1, Outcome::Stopped);
    }
    // Also while it takes samples.
    let code = "print('on', flush=True)\ncalls = 0\ndef f():\n    global calls\n    calls += 1\n    \
                while calls > 3: pass\nf()";
    let run = harness.start_request("python", code, |request| request.code.is_timed = true);
    harness.wait_for(run, "on");
    harness.executor().stop(run, Stop::Interrupt);
    let (output, outcome, _) = harness.bench_end(run);
    assert!(outcome == Outcome::Stopped, "{output}");
}

#[test]
fn samples_respect_the_time_limit() {
    let mut harness = ExecHarness::with_kept_cache();
    for (language, code) in [("python", "import time\ntime.sleep(0.001)"), ("rust", "black_box(1)")]
    {
        let mut total = |limit: u64| {
            let limit = Duration::from_millis(limit);
            let (output, outcome, timing) =
                harness.bench_with(language, code, |request| request.limits.timeout = Some(limit));
            assert!(matches!(outcome, Outcome::Exited(0) | Outcome::TimedOut), "{output}");
            timing.map(|timing| timing.total)
        };
        // A busy machine may exceed the shorter limit.
        let is_less = |_| total(2_000).is_some_and(|short| Some(short) < total(60_000));
        assert!((0..5).any(is_less), "{language}");
    }
    let limit = |request: &mut Request| request.limits.timeout = Some(Duration::from_millis(300));
    assert_eq!(harness.bench_with("python", "while True: pass", limit).1, Outcome::TimedOut);
}

#[test]
fn custom_executor_cannot_be_benchmarked() {
    let mut harness = ExecHarness::new();
    let recipe = CustomRecipe {
        filename: "x.py".to_owned(),
        commands: vec![vec!["true".to_owned()]],
        ..CustomRecipe::default()
    };
    let own = CustomExecutor { recipe, ..CustomExecutor::default() };
    harness.executor.as_mut().unwrap().customs =
        Arc::new(BTreeMap::from([("python".to_owned(), own)]));
    let (_, outcome, _) = harness.bench("python", "1");
    assert!(matches!(outcome, Outcome::NotStarted(why) if why.contains("livedeck's own Python")));
}
