//! Rust blocks, with the real compiler.

use super::*;
use crate::ansi::strip_colors;
use crate::deck::{Profile, RustBuild};

pub(super) const SEED: &str = "
fn my_function(x: i64, y: i64) -> i64 {
    x + y
}

fn main() {
    println!(\"applying a function: {}\", my_function(2, 3));
}
";

/// Written before a value to put it on a line of its own.
const FRESH_LINE: &str = "\u{1b}[?7z";

/// Runs Rust code: returns its output, its outcome and whether it was compiled.
pub(super) fn run_rust(harness: &mut ExecHarness, code: &str) -> (String, Outcome, bool) {
    let run = harness.start("rust", code);
    let is_compiled = match harness.next(run) {
        RunEvent::Compiling => true,
        RunEvent::Started => false,
        // The errors are cached.
        RunEvent::Output(errors) => {
            let (rest, outcome) = harness.end(run);
            return (String::from_utf8(errors).unwrap() + &rest, outcome, false);
        }
        other => panic!("{other:?}"),
    };
    let (output, outcome) = harness.end(run);
    (output, outcome, is_compiled)
}

#[test]
fn rust_is_compiled_once_per_version() {
    let mut harness = ExecHarness::new();
    let output = "applying a function: 5\n".to_owned();
    assert_eq!(run_rust(&mut harness, SEED), (output.clone(), Outcome::Exited(0), true));
    assert_eq!(run_rust(&mut harness, SEED), (output.clone(), Outcome::Exited(0), false));
    let edited = SEED.replace("2, 3", "40, 2");
    let output_of_edited = "applying a function: 42\n".to_owned();
    assert_eq!(run_rust(&mut harness, &edited), (output_of_edited, Outcome::Exited(0), true));
    // The next talk finds it in the cache.
    let (send, events) = crossbeam_channel::unbounded();
    let options = options(harness.folder.path());
    harness.executor = Some(Executor::new(options, move |event| drop(send.send(event))));
    harness.events = events;
    assert_eq!(run_rust(&mut harness, SEED), (output, Outcome::Exited(0), false));
}

#[test]
fn files_beside_the_deck_are_included() {
    let mut harness = ExecHarness::new();
    let write = |name: &str, text: &str| fs::write(harness.folder.path().join(name), text).unwrap();
    write("a.txt", "one");
    write("snippet.rs", "{ panic!(\"{}\", include_str!(\"a.txt\")) }");
    let code = "println!(\"{} {}\", include_str!(\"a.txt\"), include_bytes!(\"./a.txt\").len());";
    assert_eq!(run_rust(&mut harness, code), ("one 3\n".into(), Outcome::Exited(0), true));
    assert!(!run_rust(&mut harness, code).2);
    fs::write(harness.folder.path().join("a.txt"), "three").unwrap();
    assert_eq!(run_rust(&mut harness, code), ("three 5\n".into(), Outcome::Exited(0), true));
    let (output, outcome, _) = run_rust(&mut harness, "include!(\"snippet.rs\")");
    assert!(output.contains("panicked at snippet.rs:1:3:\nthree\n"), "{output}");
    assert_eq!(outcome, Outcome::Exited(101));
    let (output, outcome, _) = run_rust(&mut harness, "include_str!(\"../gone.txt\")");
    let output = strip_colors(&output);
    assert!(output.contains("couldn't read `../gone.txt`: No such file"), "{output}");
    assert_eq!(outcome, Outcome::NotCompiled);
}

#[test]
fn modules_beside_the_deck_are_compiled() {
    let mut harness = ExecHarness::new();
    let folder = harness.folder.path().to_owned();
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    fs::create_dir_all(folder.join("shapes/inner")).unwrap();
    write("shapes.rs", "mod round;\npub mod inner { pub mod deep; }\npub use round::area;\n");
    write("shapes/round.rs", "pub fn area() -> u8 { include!(\"number.in\") }");
    write("shapes/number.in", "20 + 1");
    write("shapes/inner/deep.rs", "pub fn twice(n: u8) -> u8 { n.checked_mul(2).unwrap() }");
    let code =
        "mod shapes;\nuse shapes::inner::deep::twice;\nprintln!(\"{}\", twice(shapes::area()));";
    assert_eq!(run_rust(&mut harness, code), ("42\n".into(), Outcome::Exited(0), true));
    write("shapes/number.in", "200");
    let (output, outcome, _) = run_rust(&mut harness, code);
    assert!(output.contains("panicked at shapes/inner/deep.rs:1:46:"), "{output}");
    assert_eq!(outcome, Outcome::Exited(101));
    let code = "#[path = \"shapes/inner/deep.rs\"]\nmod d;\n#[test]\nfn t() { assert_eq!(d::twice(1), 2); }";
    let (output, outcome, _) = run_rust(&mut harness, code);
    assert!(strip_colors(&output).contains("t ... ok") && outcome.is_success(), "{output}");
    let (output, outcome, _) = run_rust(&mut harness, "mod gone;\nfn main() {}");
    let output = strip_colors(&output);
    assert!(output.contains("file not found for module `gone`"), "{output}");
    assert!(output.contains("create file \"gone.rs\" or \"gone/mod.rs\""), "{output}");
    assert_eq!(outcome, Outcome::NotCompiled);
}

#[test]
fn included_items_may_have_a_main() {
    let mut harness = ExecHarness::new();
    let write = |name: &str, text: &str| fs::write(harness.folder.path().join(name), text).unwrap();
    write("area.rs", "pub fn area(n: u32) -> u32 { n * n }");
    write("main.rs", "include!(\"area.rs\");\nfn main() { println!(\"{}\", area(4)); }");
    let code = "include!(\"area.rs\");\nprintln!(\"{}\", area(3));";
    assert_eq!(run_rust(&mut harness, code), ("9\n".into(), Outcome::Exited(0), true));
    let code = "include!(\"main.rs\");";
    assert_eq!(run_rust(&mut harness, code), ("16\n".into(), Outcome::Exited(0), true));
}

#[test]
fn source_is_not_written_to_the_decks_folder() {
    let mut harness = ExecHarness::new();
    let file = harness.folder.path().join("snippet0.rs");
    fs::write(&file, "1").unwrap();
    let (output, outcome, _) = run_rust(&mut harness, "include!(\"snippet0.rs\")");
    assert_eq!((output.trim_start_matches(FRESH_LINE), outcome), ("1\n", Outcome::Exited(0)));
    assert_eq!(fs::read_to_string(file).unwrap(), "1");
}

#[test]
fn benchmark_includes_files() {
    let mut harness = ExecHarness::new();
    fs::write(harness.folder.path().join("n.in"), "\"7 8\".len()").unwrap();
    let code = "let n = include!(\"n.in\");\nn.pow(3)";
    let run = harness.start_request("rust", code, |request| request.code.is_timed = true);
    let (output, outcome) = harness.end(run);
    assert!(outcome.is_success(), "{output}");
}

#[test]
fn removed_program_is_compiled_again() {
    let mut harness = ExecHarness::new();
    run_rust(&mut harness, SEED);
    fs::remove_dir_all(harness.folder.path().join("cache")).unwrap();
    let again = run_rust(&mut harness, SEED);
    assert_eq!(again, ("applying a function: 5\n".into(), Outcome::Exited(0), true));
}

#[test]
fn panics_and_errors_name_the_deck() {
    let mut harness = ExecHarness::new();
    // The code begins on line 7.
    let code = "fn main() {\n    let none: Option<i32> = None;\n    none.unwrap();\n}";
    let (output, outcome, _) = run_rust(&mut harness, code);
    assert_eq!(outcome, Outcome::Exited(101));
    assert!(output.contains("panicked at talk.md:9:10:"), "{output}");
    let code = "fn main() {\n    let text: String = 1;\n}";
    let (output, outcome, is_compiled) = run_rust(&mut harness, code);
    assert_eq!((outcome, is_compiled), (Outcome::NotCompiled, true));
    let plain: String = output
        .split('\u{1b}')
        .map(|part| part.split_once('m').map_or(part, |(_, text)| text))
        .collect();
    assert!(plain.contains("--> talk.md:8:24"), "{plain}");
    assert!(output.contains('\u{1b}'), "errors must have colors");
    assert!(!plain.contains("aborting"), "{plain}");
    // Errors are cached too.
    let (again, outcome, is_compiled) = run_rust(&mut harness, code);
    assert_eq!((again, outcome, is_compiled), (output, Outcome::NotCompiled, false));
}

#[test]
fn code_without_main_may_use_question_mark() {
    let mut harness = ExecHarness::new();
    let code = "#![allow(unused)]
        use std::collections::BTreeMap;
        let numbers: Vec<i32> = \"1 2 3\".split(' ').map(str::parse).collect::<Result<_, _>>()?;
        println!(\"{}\", numbers.iter().sum::<i32>());
        \"four\".parse::<i32>()?;";
    let (output, outcome, _) = run_rust(&mut harness, code);
    assert_eq!(output, "6\nError: ParseIntError { kind: InvalidDigit }\n");
    assert_eq!(outcome, Outcome::Exited(1));
    let (output, outcome, _) =
        run_rust(&mut harness, "let none: Option<i32> = None;\nnone.unwrap()");
    assert!(output.contains("panicked at talk.md:8:6:"), "{output}");
    assert_eq!(outcome, Outcome::Exited(101));
    let (output, outcome, _) = run_rust(&mut harness, "println!(\"fine\");\nOk(())");
    assert_eq!((output.as_str(), outcome), ("fine\n", Outcome::Exited(0)));
    let (output, outcome, _) = run_rust(&mut harness, "println!(\"fine\") // is it?");
    assert_eq!((output.as_str(), outcome), ("fine\n", Outcome::Exited(0)));
}

#[test]
fn overflow_panics_and_warnings_are_hidden() {
    let mut harness = ExecHarness::new();
    let code = "fn unused() {}\nfn main() { let n = std::env::args().count() as u8; println!(\"{}\", n - 2); }";
    let (output, outcome, _) = run_rust(&mut harness, code);
    assert!(output.contains("attempt to subtract with overflow"), "{output}");
    assert!(!output.contains("warning"), "{output}");
    assert_eq!(outcome, Outcome::Exited(101));
}

#[test]
fn profile_and_edition_are_respected() {
    let mut harness = ExecHarness::new();
    let code = "print!(\"{}\", cfg!(debug_assertions));";
    let mut run = |build: RustBuild, code: &str| {
        let build = Some(Arc::new(build));
        let run = harness.start_request("rust", code, |request| request.code.rust = build);
        harness.end(run)
    };
    let built = |profile| RustBuild { profile, ..RustBuild::default() };
    assert_eq!(run(built(Profile::Release), code).0, "false");
    assert_eq!(run(built(Profile::Debug), code).0, "true");
    assert_eq!(run(built(Profile::Quick), code).0, "true");
    let old = RustBuild { edition: Some("2015".into()), ..RustBuild::default() };
    assert_eq!(run(old, "let async = 3; print!(\"{}\", async)").0, "3");
}

#[test]
fn last_value_may_borrow() {
    let mut harness = ExecHarness::new();
    let mut shown = |code: &str| run_rust(&mut harness, code).0.replace(FRESH_LINE, "");
    assert_eq!(shown("let v = vec![1, 2, 3];\nv.iter().max()"), "Some(3)\n");
    let code =
        "use std::cell::RefCell;\nlet c = RefCell::new(vec![\"a\".to_owned()]);\nc.borrow()[0]";
    assert_eq!(shown(code), "\"a\"\n");
    // `()` and types without `Debug` are not shown.
    assert_eq!(shown("let f = |x: i32| x + 1;\nprintln!(\"{}\", f(1));\nf"), "2\n");
    assert_eq!(shown("let mut v = vec![1];\nv.push(2)"), "");
}

#[test]
fn last_value_may_be_any_expression() {
    let mut harness = ExecHarness::new();
    for (code, value) in [
        ("match 3 {\n    1 => \"one\",\n    _ => \"many\",\n}", "\"many\""),
        ("if 2 > 1 { 'a' } else { 'b' }", "'a'"),
        ("let mut n = 0;\nloop {\n    n += 1;\n    if n == 5 { break n; }\n}", "5"),
        ("'a: {\n    if true { break 'a 1; }\n    2\n}", "1"),
        ("let p = &5 as *const i32;\nunsafe { *p }", "5"),
        ("let t = true;\n!t", "false"),
        ("1..3", "1..3"),
        ("let x = 300;\nx as u8", "44"),
        ("#[derive(Debug)]\nstruct P { x: i32 }\nP { x: 1 }", "P { x: 1 }"),
        ("macro_rules! twice { ($e:expr) => { $e * 2 } }\ntwice!(21)", "42"),
        ("format!(\"a\") // one\n/* two */", "\"a\""),
        ("\"7\".parse::<i32>()?", "7"),
        ("let m = std::sync::Mutex::new([1]);\nm.lock().unwrap().len()", "1"),
    ] {
        let (output, outcome, _) = run_rust(&mut harness, code);
        assert_eq!(output.replace(FRESH_LINE, ""), format!("{value}\n"), "{code}");
        assert_eq!(outcome, Outcome::Exited(0));
    }
}

#[test]
fn tests_may_panic_be_ignored_and_fail() {
    let mut harness = ExecHarness::new();
    let code = "//! About.\n#![allow(dead_code)]\nuse std::fmt::Debug;\nfn show(it: impl Debug) -> String { format!(\"{it:?}\") }\n\
                #[test]\n#[should_panic(expected = \"oh\")]\nfn panics() { panic!(\"oh no\") }\n\
                #[test]\n#[ignore]\nfn slow() {}\n\
                #[test]\nfn result() -> Result<(), String> { Err(\"bad\".into()) }\n\
                mod deep {\n    use super::show;\n    mod er {\n        use super::show;\n        \
                #[test]\n        fn shows() { assert_eq!(show(1), \"1\"); }\n    }\n}";
    let (output, outcome, _) = run_rust(&mut harness, code);
    let plain = output.lines().map(strip_colors).collect::<Vec<_>>().join("\n");
    let plain = plain.replace("\u{1b}(B", "");
    for line in [
        "test deep::er::shows ... ok",
        "test panics - should panic ... ok",
        "test result ... FAILED",
        "test slow ... ignored",
        "Error: \"bad\"",
        "2 passed; 1 failed; 1 ignored",
    ] {
        assert!(plain.contains(line), "{line}: {plain}");
    }
    assert_eq!(outcome, Outcome::Exited(101));
}

#[test]
fn error_as_last_value_fails_the_block() {
    let mut harness = ExecHarness::new();
    let (output, outcome, _) = run_rust(&mut harness, "std::fs::write(\"/nowhere/x\", \"\")");
    assert!(output.starts_with("Error: Os { code: 2"), "{output}");
    assert_eq!(outcome, Outcome::Exited(1));
    let code = "#[derive(Debug)]\nstruct Bad;\nfn f() -> Result<(), Bad> { Err(Bad) }\nf()?;\nOk::<(), Bad>(())";
    assert_eq!(run_rust(&mut harness, code).0, "Error: Bad\n");
}

#[test]
fn errors_show_no_added_lines() {
    let mut harness = ExecHarness::new();
    let mut errors = |code: &str| {
        let (output, outcome, _) = run_rust(&mut harness, code);
        assert_eq!(outcome, Outcome::NotCompiled, "{output}");
        output.lines().map(strip_colors).collect::<Vec<_>>().join("\n")
    };
    for code in [
        "let x: &str = 5;\nx",
        "let x = (5;\nx",
        "let x = 5",
        "x +",
        "let v = vec![1];\nv.leng()",
        "#![deny(unused_variables)]\nlet x = 1;",
        "#![feature(never_type)] // nightly\nlet x = 1;\nOk(())",
        "#![deny(dead_code)]\nmod a { pub fn f() {} fn g() {} }\ncrate::a::f();",
    ] {
        let messages = errors(code);
        for added in ["match (", "Ok(", "livedeck", "main"] {
            assert!(!messages.contains(added), "{code}: {messages}");
        }
        assert!(messages.contains("--> talk.md:"), "{messages}");
        if code.starts_with('#') {
            assert!(messages.contains("--> talk.md:7:"), "the attribute's line: {messages}");
        }
    }
}

#[test]
fn test_block_runs_its_tests() {
    let mut harness = ExecHarness::new();
    let code = "fn add(a: i32, b: i32) -> i32 { a + b }\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n    \
                #[test]\n    fn adds() { assert_eq!(add(1, 2), 4); }\n    \
                #[test]\n    fn b_is_fine() {}\n}";
    let (output, outcome, _) = run_rust(&mut harness, code);
    let plain = output.replace("\u{1b}(B", "");
    let plain = plain.lines().map(strip_colors).collect::<Vec<_>>().join("\n");
    assert!(plain.contains("test tests::adds ... FAILED\ntest tests::b_is_fine ... ok"), "{plain}");
    assert!(plain.contains("panicked at talk.md:13:17"), "{plain}");
    assert!(plain.contains("1 passed; 1 failed"), "{plain}");
    assert_eq!(outcome, Outcome::Exited(101));
    let (output, outcome, _) = run_rust(&mut harness, &code.replace("2), 4", "2), 3"));
    assert!(output.contains("2 passed; 0 failed"), "{output}");
    assert_eq!(outcome, Outcome::Exited(0));
}

#[test]
fn block_may_define_crate_name_and_modules() {
    let mut harness = ExecHarness::new();
    let code = "#![crate_name = \"shapes\"]\nmod a { use super::one; pub fn two() -> i32 { one() * 2 } }\n\
                fn one() -> i32 { 1 }\nprintln!(\"{} {}\", module_path!(), a::two());";
    let (output, outcome, _) = run_rust(&mut harness, code);
    assert_eq!((output.as_str(), outcome), ("shapes 2\n", Outcome::Exited(0)));
    let old = RustBuild { edition: Some("2015".into()), ..RustBuild::default() };
    let run = harness.start_request("rust", "let async = vec![3];\nasync.first()", |request| {
        request.code.rust = Some(Arc::new(old));
    });
    assert_eq!(harness.end(run).0.replace(FRESH_LINE, ""), "Some(3)\n");
}
