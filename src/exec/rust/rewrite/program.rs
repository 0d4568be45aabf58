//! A snippet as a program. Its lines keep their numbers, code without a `main` gets one in which `?`
//! works, and the value of its last expression is shown.
//!
//! What is added is on lines of its own where that is possible, so that a message of the compiler
//! shows the author's code alone.

use std::ops::Range;

use super::crate_root::{self, is_comment};
use super::statements::{Statement, Token, statements, tokens};

/// Shows the last value; `show_value.rs` as text.
const VALUES: &str = include_str!("show_value.rs");

/// What is put before a value that is shown. What `match` looks at may borrow from the block, and stays
/// where it is.
const BEGIN_VALUE: &str = "match (";

/// What `main` returns where its code may fail, in a place where the author's names are not known.
const RESULT: &str = "Result<(), Box<dyn std::error::Error>>";

/// The same among the author's items, which may include another `Result`.
const FULL_RESULT: &str = "::std::result::Result<(), ::std::boxed::Box<dyn std::error::Error>>";

/// Macros whose value is no news: they print, check or end the program.
const SILENT_MACROS: [&str; 14] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "eprint",
    "eprintln",
    "panic",
    "print",
    "println",
    "todo",
    "unreachable",
];

/// The program for a snippet whose first line is `first_line` (from 1) of the deck.
pub(in crate::exec::rust) fn program(code: &str, first_line: u32) -> String {
    let code = crate_root::without_shebang(code);
    let above = first_line.saturating_sub(1) as usize;
    let as_written = || "\n".repeat(above) + code;
    // The compiler reports an open bracket before all else, and shows where it looked for the other.
    if crate_root::scan(code).has_main || !is_balanced(code) || is_tests(code) {
        return as_written();
    }
    let snippet = Snippet::read(code);
    if snippet.statements.iter().all(|it| it.is_item) {
        return as_written() + "\nfn main() {}\n";
    }
    snippet.program(above, "", &snippet.plain())
}

/// The same as [`program`], with the value of the last expression shown at the end. Nothing where the
/// code does not end with an expression that has a value.
pub(in crate::exec::rust) fn showing(code: &str, first_line: u32) -> Option<String> {
    let code = crate_root::without_shebang(code);
    if crate_root::scan(code).has_main || !is_balanced(code) || is_tests(code) {
        return None;
    }
    let snippet = Snippet::read(code);
    let (before, body) = snippet.showing()?;
    let above = first_line.saturating_sub(1) as usize;
    let program = snippet.program(above, before, &body);
    Some(format!("{program}#[allow(warnings)] mod livedeck_values {{\n{VALUES}}}\n"))
}

/// Whether tests are all there is to run.
pub(in crate::exec::rust) fn is_tests(code: &str) -> bool {
    let code = crate_root::without_shebang(code);
    let marks = crate_root::scan(code);
    if marks.has_main || !code.contains("test") {
        return false;
    }
    let (_, code) = crate_root::hoist(code, &marks.of_crate);
    let defines = |it: &Statement| {
        it.is_item || matches!(&tokens(&code[it.range.clone()])[..], [_, (_, "!"), (_, "{"), ..])
    };
    has_test(&tokens(&code)) && statements(&code).iter().all(defines)
}

/// Whether a function is marked as a test: by `#[test]`, `#[tokio::test]`, `#[rstest]` and the like.
fn has_test(tokens: &[Token<'_>]) -> bool {
    let mut starts =
        tokens.windows(2).enumerate().filter(|(_, it)| it[0].1 == "#" && it[1].1 == "[");
    starts.any(|(at, _)| {
        let path = tokens[at + 2..].iter().map(|(_, text)| *text);
        let path: Vec<_> = path.take_while(|text| !matches!(*text, "]" | "(")).collect();
        matches!(path.last(), Some(&("test" | "rstest" | "test_case")))
    })
}

/// Whether every bracket and quotation mark has its other.
fn is_balanced(code: &str) -> bool {
    let mut open = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let text = &code[at..at + crate_root::token(&code[at..])];
        at += text.len();
        match text {
            "(" => open.push(")"),
            "[" => open.push("]"),
            "{" => open.push("}"),
            ")" | "]" | "}" if open.pop() != Some(text) => return false,
            _ if text.starts_with("/*") && !(text.ends_with("*/") && text.len() > 3) => {
                return false;
            }
            _ if text.contains('"') && !is_comment(text) && !is_closed(text) => return false,
            _ => {}
        }
    }
    open.is_empty()
}

/// Whether a string has its second quotation mark, and as many `#` behind it as before the first.
fn is_closed(string: &str) -> bool {
    let opening = string.find('"').map_or(string, |at| &string[..=at]);
    let hashes = opening.matches('#').count();
    let closing = format!("\"{}", "#".repeat(hashes));
    let is_character = string.trim_start_matches('b').starts_with('\'');
    is_character || string.len() > opening.len() + hashes && string.ends_with(&closing)
}

/// Code without a `main`, cut up.
struct Snippet {
    /// What has to be first in a crate, in one line.
    hoisted: String,
    /// The code, with blanks in the place of that.
    code: String,
    statements: Vec<Statement>,
    /// Where the inside of `main` begins: the items before it are the crate's.
    start: usize,
    main: Main,
}

/// What `main` returns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Main {
    /// Nothing: the code leaves it by `return;`.
    Unit,
    /// A result: `?` works.
    Fallible,
    /// What the code ends with: `Ok(…)`, `Err(…)`.
    Own,
    /// What the code ends with, and that says of which type it is: `Ok::<(), io::Error>(())`.
    OwnTyped,
}

impl Snippet {
    fn read(code: &str) -> Self {
        let (attributes, code) = crate_root::hoist(code, &crate_root::scan(code).of_crate);
        let (crates, code) = crate_root::hoist(&code, &extern_crates(&code));
        let statements = statements(&code);
        let start = start(&code, &statements);
        let main = main(&code, statements.last());
        Self { hoisted: attributes + &crates, code, statements, start, main }
    }

    /// The last statement, if it is an expression whose value is dropped.
    fn tail(&self) -> Option<&Statement> {
        let last = self.statements.last().filter(|it| !it.is_item)?;
        let text = &self.code[last.range.clone()];
        let words = tokens(text);
        let (first, end) = (words.first()?.1, words.last()?.1);
        let goes_on = is_operator(end) && !text.ends_with("..") || text.ends_with("as");
        (first != "let" && end != ";" && !goes_on).then_some(last)
    }

    /// The inside of `main`, its last value dropped.
    fn plain(&self) -> String {
        let body = &self.code[self.start..];
        // Some lines between them: the compiler does not show one that is next to what it shows.
        let end = if self.is_own() || self.tail().is_none() { "" } else { ";\n\n\n" };
        format!("{body}\n{end}")
    }

    fn is_own(&self) -> bool {
        matches!(self.main, Main::Own | Main::OwnTyped)
    }

    /// The inside of `main`, its last value shown, and what has to be before it.
    fn showing(&self) -> Option<(&'static str, String)> {
        let tail = self.tail().filter(|_| self.main == Main::Fallible)?;
        let words = tokens(&self.code[tail.range.clone()]);
        let is_silent = match &words[..] {
            [(_, "for" | "while" | "return" | "break" | "continue"), ..] => true,
            [(_, name), (_, "!"), .., (_, ")")] => SILENT_MACROS.contains(name),
            _ => false,
        };
        if is_silent {
            return None;
        }
        let Range { start, end } = tail.range;
        let before = &self.code[self.start..start];
        let (before, gap) = before.split_at(end_of_code(before));
        let end_of_value = ") { ref value => { use crate::livedeck_values::*; \
                            (&&&Value(value)).livedeck_show()? } }";
        let (head, begin) = if before.is_empty() {
            (BEGIN_VALUE, gap.to_owned())
        } else {
            ("", with_line(gap, BEGIN_VALUE))
        };
        let (value, behind) = (&self.code[start..end], &self.code[end..]);
        Some((head, format!("{before}{begin}{value}{behind}\n{end_of_value}\n")))
    }

    /// The whole program, with this inside of `main`, and this before it.
    fn program(&self, above: usize, before: &str, body: &str) -> String {
        let result = if self.start > 0 { FULL_RESULT } else { RESULT };
        let (head, foot) = match self.main {
            Main::Unit => ("fn main() {".to_owned(), "}"),
            Main::Fallible => (format!("fn main() -> {result} {{ Ok({{"), "}\n\n\n)}"),
            Main::Own => (format!("fn main() -> {result} {{"), "}"),
            Main::OwnTyped => (
                "fn main() -> ::std::process::ExitCode { \
                 fn main() -> ::std::result::Result<(), impl ::std::fmt::Debug> {"
                    .to_owned(),
                "}\n\n\n::std::process::Termination::report(main()) }",
            ),
        };
        let head = if before.is_empty() { head } else { head + " " + before };
        let items = &self.code[..self.start];
        let (items, gap) = items.split_at(end_of_code(items));
        let begins_main = if self.start > 0 { with_line(gap, &head) } else { String::new() };
        let head = if self.start > 0 { "" } else { &head };
        // The line above the code is the fence: free for what is added.
        let padding = "\n".repeat(above.saturating_sub(1));
        let end_of_head = if above > 0 { "\n" } else { " " };
        let hoisted = &self.hoisted;
        format!("{padding}{hoisted}{head}{end_of_head}{items}{begins_main}{body}{foot}\n")
    }
}

/// What loads crates, which only the root of a crate can do for their macros.
fn extern_crates(code: &str) -> Vec<Range<usize>> {
    let loads = |it: &Statement| {
        let tokens = tokens(&code[it.range.clone()]);
        let mut words = tokens.windows(2).map(|two| (two[0].1, two[1].1));
        it.is_item && words.any(|two| two == ("extern", "crate"))
    };
    statements(code).into_iter().filter(loads).map(|it| it.range).collect()
}

/// Where the inside of `main` begins. Modules and paths from the root do not see what is in a function,
/// so with them the items that come first are left at the root.
fn start(code: &str, statements: &[Statement]) -> usize {
    let tokens = tokens(code);
    let mut pairs = tokens.windows(3).map(|it| [it[0].1, it[1].1, it[2].1]);
    let is_from_root = pairs.any(|it| {
        matches!(it, ["crate" | "super" | "self", ":", ":"]) || it[0] == "mod" && it[2] == "{"
    });
    let first = statements.iter().position(|it| !it.is_item).unwrap_or(0);
    if is_from_root && first > 0 { statements[first].range.start } else { 0 }
}

/// What `main` returns in code that ends with this statement.
fn main(code: &str, last: Option<&Statement>) -> Main {
    let words = last.map(|it| tokens(&code[it.range.clone()])).unwrap_or_default();
    match words.iter().map(|(_, text)| *text).collect::<Vec<_>>()[..] {
        ["Ok" | "Err", "(", .., ")"] => return Main::Own,
        ["Ok" | "Err", ":", ":", "<", .., ")"] => return Main::OwnTyped,
        _ => {}
    }
    let all = tokens(code);
    let is_left = |wanted: fn(&str) -> bool| {
        all.windows(2).any(|two| two[0].1 == "return" && wanted(two[1].1))
    };
    let may_fail = all.iter().any(|(_, text)| *text == "?");
    let leaves = is_left(|next| matches!(next, ";" | "}" | ","));
    let returns = is_left(|next| !matches!(next, ";" | "}" | ","));
    if leaves && !may_fail && !returns { Main::Unit } else { Main::Fallible }
}

/// Whether something has to follow this.
fn is_operator(token: &str) -> bool {
    matches!(
        token,
        "+" | "-"
            | "*"
            | "/"
            | "%"
            | "^"
            | "|"
            | "&"
            | "="
            | "<"
            | "."
            | ","
            | ":"
            | "!"
            | "in"
            | "else"
            | "match"
            | "if"
            | "while"
    )
}

/// Where the last of some code's tokens ends.
fn end_of_code(code: &str) -> usize {
    tokens(code).last().map_or(0, |&(at, text)| at + text.len())
}

/// Blanks and comments with a text of ours among them: on an empty line, so that the compiler does not
/// show it with a line of the author's, else behind what comes before them.
fn with_line(gap: &str, text: &str) -> String {
    let lines: Vec<_> = gap.split('\n').collect();
    let inner = 1..lines.len().saturating_sub(1);
    let empty = inner.into_iter().find(|&at| lines[at].trim().is_empty());
    match empty.filter(|_| !gap.contains("/*")) {
        Some(at) => [&lines[..at], &[text], &lines[at + 1..]].concat().join("\n"),
        None => format!(" {text}{gap}"),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn lines(program: &str) -> Vec<&str> {
        program.lines().map(str::trim_end).collect()
    }

    #[test]
    fn program_with_main_is_moved_to_its_lines() {
        let code = "#![allow(unused)]\nfn main() {}\n";
        assert_eq!(program(code, 4), format!("\n\n\n{code}"));
        assert_eq!(showing(code, 4), None);
        assert_eq!(program("#!/bin/x\nfn main() {}", 2), "\n\nfn main() {}");
    }

    #[test]
    fn main_is_added_on_lines_of_its_own() {
        let made = program("let n: i32 = \"1\".parse()?;\nprintln!(\"{n}\")", 3);
        let lines = lines(&made);
        assert_eq!(lines[..2], ["", &format!("fn main() -> {RESULT} {{ Ok({{")]);
        assert_eq!(lines[2..4], ["let n: i32 = \"1\".parse()?;", "println!(\"{n}\")"]);
        assert_eq!(lines[4..], [";", "", "", "}", "", "", ")}"]);
    }

    #[rstest]
    #[case("let x = 5")]
    #[case("let x = 5;")]
    #[case("f();\nx +")]
    #[case("f();\nx.")]
    #[case("f();\nfn g() {}")]
    fn nothing_ends_what_is_no_expression(#[case] code: &str) {
        assert!(program(code, 2).contains(&format!("{code}\n}}\n")), "{}", program(code, 2));
        assert_eq!(showing(code, 2), None);
    }

    #[rstest]
    #[case("f()?;\nOk(()) // done\n// really\n", "-> Result<(), Box<dyn", "really\n\n}\n")]
    #[case("Err(\"no\".into())", "-> Result<(), Box<dyn", "into())\n}\n")]
    #[case("f()?;\nOk::<(), E>(())", "-> ::std::result::Result<(), impl", "report(main()) }\n")]
    #[case("if x { return; }\ng();", "fn main() {", "g();\n}\n")]
    fn code_says_what_main_returns(#[case] code: &str, #[case] head: &str, #[case] end: &str) {
        let made = program(code, 2);
        assert!(lines(&made)[0].contains(head) && made.ends_with(end), "{made}");
        assert_eq!(showing(code, 2), None);
    }

    #[test]
    fn question_mark_needs_a_result_even_beside_a_bare_return() {
        assert!(program("if x { return; }\ng()?;", 2).contains("Ok({"));
        assert!(program("let f = || { return 1; };\nif x { return; }", 2).contains("Ok({"));
    }

    #[rstest]
    #[case("v.len()")]
    #[case("if a { 1 } else { 2 }")]
    #[case("P { x: 1 } // it\n// is")]
    #[case("a as u8")]
    #[case("1..")]
    #[case("std::fs::write(a, b)")]
    fn value_is_shown_where_it_is(#[case] code: &str) {
        let made = showing(&format!("let a = 1; // one\n{code}"), 3).unwrap();
        let lines = lines(&made);
        assert_eq!(lines[2], "let a = 1; match ( // one");
        assert_eq!(lines[3], code.lines().next().unwrap());
        assert!(made.contains("\n) { ref value"), "{made}");
        // Behind an empty line nothing is added to a line of the author's.
        let made = showing(&format!("let a = 1;\n\n// two\n{code}"), 3).unwrap();
        assert!(made.contains("let a = 1;\nmatch (\n// two\n"), "{made}");
        let made = showing(code, 2).unwrap();
        assert!(made.lines().next().unwrap().ends_with("match ("), "{made}");
    }

    #[rstest]
    #[case("println!(\"{}\", f())")]
    #[case("assert_eq!(1, 1)")]
    #[case("for x in y { f(x); }")]
    #[case("return Err(\"no\".into())")]
    #[case("v.len();")]
    fn what_has_no_value_is_not_shown(#[case] code: &str) {
        assert_eq!(showing(code, 2), None);
    }

    #[test]
    fn items_are_left_at_the_root_for_paths_from_there() {
        let made = program("use std::io::Result;\nmod a { use super::b; }\nfn b() {}\n\nb();", 2);
        let lines = lines(&made);
        assert_eq!(
            lines[..4],
            ["", "use std::io::Result;", "mod a { use super::b; }", "fn b() {}"]
        );
        assert_eq!(lines[4], format!("fn main() -> {FULL_RESULT} {{ Ok({{"));
        assert_eq!(lines[5], "b();");
        let close = program("mod a {} // why\na::b();", 1);
        assert!(close.contains("mod a {} fn main() ->") && close.contains("{ Ok({ // why\n"));
        assert!(program("struct S;\nimpl S {}", 2).ends_with("\nimpl S {}\nfn main() {}\n"));
    }

    #[test]
    fn what_belongs_to_the_crate_comes_first() {
        let made = program("#![allow(\n  dead_code)] // all\nlet x = 1;", 2);
        let all = lines(&made);
        assert!(all[0].starts_with("#![allow(   dead_code)] fn main()"), "{made}");
        assert_eq!((all[1], all[2].trim(), all[3]), ("", "// all", "let x = 1;"));
        let made = program("#!/usr/bin/env rust-script\n//! Says é.\nf();", 2);
        assert_eq!(lines(&made)[1..4], ["", "", "f();"]);
        let made = program("#[macro_use]\nextern crate a;\nf();", 2);
        assert!(made.starts_with("#[macro_use] extern crate a; fn main()"), "{made}");
        assert_eq!(lines(&made)[1..4], ["", "", "f();"]);
    }

    #[rstest]
    #[case("#[test]\nfn a() {}", true)]
    #[case("fn f() {}\n#[cfg(test)]\nmod tests {\n  #[test]\n  fn a() {}\n}", true)]
    #[case("#[tokio::test(flavor = \"x\")]\nasync fn a() {}", true)]
    #[case("proptest! {\n #[test]\n fn a(x in 0..9) {}\n}", true)]
    #[case("#[test]\nfn a() {}\nfn main() {}", false)]
    #[case("#[test]\nfn a() {}\nprintln!(\"x\");", false)]
    #[case("// #[test]\nfn a() {}", false)]
    #[case("#[cfg(test)]\nfn a() {}", false)]
    fn tests_are_known(#[case] code: &str, #[case] expected: bool) {
        assert_eq!(is_tests(code), expected);
    }

    #[rstest]
    #[case("f('\"', b'\"', \"\\\"\", r#\"\"\"#, br##\"\"#\"##, b\"(\", c\"[\", '{')")]
    #[case("/* ( /* \" */ */ f(\"\", r\"\") // \"")]
    fn closed_strings_are_known(#[case] code: &str) {
        assert!(is_balanced(code), "{code}");
    }

    #[test]
    fn broken_code_is_left_as_it_is() {
        for code in ["\"", "/*", "r#\"", "#![", "b\"", "}}}{", "/* é", "#![é", "f(1]", "(", "/*/"]
        {
            assert_eq!(program(code, 2), format!("\n{code}"), "{code}");
            assert_eq!(showing(code, 2), None);
        }
        for code in ["'", "b'", "'\\", "é", "#", "let"] {
            let _ = (program(code, 1), showing(code, 1), is_tests(code));
        }
    }
}
