//! Turns a block into a program. Its lines keep their numbers; code without a `main` gets one in
//! which `?` works, and the value of its last expression is printed.
//!
//! Added code goes on lines of its own where possible: the compiler's messages then show only the
//! author's lines.

use std::ops::Range;

use super::crate_root::{hoist, insert_line, scan, split_attributes, with_head, without_shebang};
use super::includes::IncludedItems;
use super::lexer::{Token, end_of_tokens, lex, texts, tokens};
use super::statements::{Statement, statements};

/// Prints the last value; the source of a module.
const SHOW_VALUE: &str = include_str!("show_value.rs");

/// Goes before a value that is printed. The operand of `match` may borrow from the block.
const VALUE_START: &str = "match (";

/// What `main` returns if its code may fail, outside the author's scope.
const RESULT: &str = "Result<(), Box<dyn std::error::Error>>";

/// The same inside the author's scope, which may import another `Result`.
const FULL_RESULT: &str = "::std::result::Result<(), ::std::boxed::Box<dyn std::error::Error>>";

/// The beginning of a `main` whose code names the type of its error.
const TYPED_MAIN: &str = " fn main() -> ::std::process::ExitCode { \
                          fn main() -> ::std::result::Result<(), impl ::std::fmt::Debug> {";

/// Macros whose value is not worth printing: they print, check or end the program.
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

/// Returns the program for a block whose first line is `first_line` (from 1) of the deck.
/// `items` are those that it includes.
pub(in crate::exec::rust) fn program(code: &str, first_line: u32, items: &IncludedItems) -> String {
    let code = without_shebang(code);
    let above = first_line.saturating_sub(1) as usize;
    let unchanged = || "\n".repeat(above) + code;
    // The compiler reports an unclosed bracket first, and points to where it expected the other.
    if scan(code).has_main || items.has_main() || !is_balanced(code) || is_tests(code) {
        return unchanged();
    }
    let main_body = MainBody::parse(code, items);
    if main_body.statements.iter().all(|it| it.is_item) {
        return unchanged() + "\nfn main() {}\n";
    }
    main_body.program(above, "", &main_body.body())
}

/// Returns the same as [`program`], with code that prints the value of the last expression. Returns
/// `None` if the code does not end with an expression that has a value.
pub(in crate::exec::rust) fn program_with_value(
    code: &str,
    first_line: u32,
    items: &IncludedItems,
) -> Option<String> {
    let code = without_shebang(code);
    if scan(code).has_main || items.has_main() || !is_balanced(code) || is_tests(code) {
        return None;
    }
    let main_body = MainBody::parse(code, items);
    let (before, body) = main_body.body_with_value()?;
    let above = first_line.saturating_sub(1) as usize;
    let program = main_body.program(above, before, &body);
    Some(format!("{program}#[allow(warnings)] mod livedeck_values {{\n{SHOW_VALUE}}}\n"))
}

/// Returns whether the code has tests and nothing else to run.
pub(in crate::exec::rust) fn is_tests(code: &str) -> bool {
    let code = without_shebang(code);
    let root = scan(code);
    if root.has_main || !code.contains("test") {
        return false;
    }
    let (_, code) = hoist(code, &root.inner_attributes);
    let defines = |it: &Statement| {
        it.is_item || matches!(texts(&tokens(&code[it.range.clone()]))[..], [_, "!", "{", ..])
    };
    has_test(&tokens(&code)) && statements(&code).iter().all(defines)
}

/// Returns whether a function is marked as a test: by `#[test]`, `#[tokio::test]`, `#[rstest]` and
/// the like.
fn has_test(tokens: &[Token<'_>]) -> bool {
    let texts = texts(tokens);
    let mut attributes = texts.windows(2).enumerate().filter(|(_, it)| *it == ["#", "["]);
    attributes.any(|(at, _)| {
        let path = texts[at + 2..].iter().take_while(|text| !matches!(**text, "]" | "("));
        matches!(path.last(), Some(&("test" | "rstest" | "test_case")))
    })
}

/// Returns whether every bracket, string and comment is closed.
fn is_balanced(code: &str) -> bool {
    let mut expected = Vec::new();
    for token in lex(code) {
        match token.text {
            "(" => expected.push(")"),
            "[" => expected.push("]"),
            "{" => expected.push("}"),
            text @ (")" | "]" | "}") if expected.pop() != Some(text) => return false,
            _ if token.is_unterminated() => return false,
            _ => {}
        }
    }
    expected.is_empty()
}

/// Code without a `main`, which becomes the body of one, split into statements.
struct MainBody {
    /// The attributes of the crate at the top.
    attributes: String,
    /// What else must be first in a crate, on one line.
    hoisted: String,
    /// The code, with spaces in its place.
    code: String,
    statements: Vec<Statement>,
    /// Where the inside of `main` begins; the items before it stay at the root.
    start: usize,
    main: MainKind,
}

/// What `main` returns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MainKind {
    /// Nothing: the code returns by `return;`.
    Unit,
    /// A result: `?` works.
    Fallible,
    /// The code's last expression: `Ok(…)`, `Err(…)`.
    Own,
    /// The code's last expression, which names its type: `Ok::<(), io::Error>(())`.
    OwnTyped,
}

impl MainBody {
    fn parse(code: &str, items: &IncludedItems) -> Self {
        let (attributes, code) = split_attributes(code);
        let (others, code) = hoist(code, &scan(code).inner_attributes);
        let (crates, code) = hoist(&code, &extern_crates(&code));
        let statements = items.statements(&code);
        let start = main_start(&code, &statements, !items.is_empty());
        let main = main_kind(&code, statements.last());
        let (attributes, hoisted) = (attributes.to_owned(), others + &crates);
        Self { attributes, hoisted, code, statements, start, main }
    }

    /// Returns the last statement if it is an expression whose value `main` does not return.
    fn tail(&self) -> Option<&Statement> {
        let last = self.statements.last().filter(|it| !it.is_item)?;
        let text = &self.code[last.range.clone()];
        let words = tokens(text);
        let (first, end) = (words.first()?.text, words.last()?.text);
        let is_incomplete = is_operator(end) && !text.ends_with("..");
        (first != "let" && end != ";" && !is_incomplete).then_some(last)
    }

    /// Returns the inside of `main`, which drops the last value.
    fn body(&self) -> String {
        let body = &self.code[self.start..];
        // The compiler shows the line next to one that it reports, so some lines go between.
        let end = if self.is_own() || self.tail().is_none() { "" } else { ";\n\n\n" };
        format!("{body}\n{end}")
    }

    fn is_own(&self) -> bool {
        matches!(self.main, MainKind::Own | MainKind::OwnTyped)
    }

    /// Returns the inside of `main`, which prints the last value, and what goes before it.
    fn body_with_value(&self) -> Option<(&'static str, String)> {
        let tail = self.tail().filter(|_| self.main == MainKind::Fallible)?;
        let is_silent = match texts(&tokens(&self.code[tail.range.clone()]))[..] {
            ["for" | "while" | "return" | "break" | "continue", ..] => true,
            [name, "!", .., ")"] => SILENT_MACROS.contains(&name),
            _ => false,
        };
        if is_silent {
            return None;
        }
        let Range { start, end } = tail.range;
        let before = &self.code[self.start..start];
        let (before, gap) = before.split_at(end_of_tokens(before));
        let end_of_value = ") { ref value => { use crate::livedeck_values::*; \
                            (&&&LastValue(value)).livedeck_show()? } }";
        let (head, begin) = if before.is_empty() {
            (VALUE_START, gap.to_owned())
        } else {
            ("", insert_line(gap, VALUE_START))
        };
        let (value, behind) = (&self.code[start..end], &self.code[end..]);
        Some((head, format!("{before}{begin}{value}{behind}\n{end_of_value}\n")))
    }

    /// Returns the whole program with this inside of `main`, and `before` ahead of it.
    fn program(&self, above: usize, before: &str, body: &str) -> String {
        let result = if self.start > 0 { FULL_RESULT } else { RESULT };
        let (head, foot) = match self.main {
            MainKind::Unit => ("fn main() {".to_owned(), "}"),
            MainKind::Fallible => (format!("fn main() -> {result} {{ Ok({{"), "}\n\n\n)}"),
            MainKind::Own => (format!("fn main() -> {result} {{"), "}"),
            MainKind::OwnTyped => (
                TYPED_MAIN.trim().to_owned(),
                "}\n\n\n::std::process::Termination::report(main()) }",
            ),
        };
        let head = if before.is_empty() { head } else { head + " " + before };
        let items = &self.code[..self.start];
        let (items, gap) = items.split_at(end_of_tokens(items));
        let begins_main = if self.start > 0 { insert_line(gap, &head) } else { String::new() };
        let head = if self.start > 0 { "" } else { &head };
        let head = format!("{}{head}", self.hoisted);
        with_head(above, &self.attributes, &head, &format!("{items}{begins_main}{body}{foot}\n"))
    }
}

/// Removes the beginning of an added `main` from lines that the compiler shows.
pub(in crate::exec::rust) fn without_added_main(messages: &str) -> String {
    let heads = [RESULT, FULL_RESULT].into_iter().flat_map(|result| {
        [format!(" fn main() -> {result} {{ Ok({{"), format!(" fn main() -> {result} {{")]
    });
    heads
        .chain([TYPED_MAIN.to_owned()])
        .fold(messages.to_owned(), |text, head| text.replace(&head, ""))
}

/// Finds `extern crate` items: only at the root can they import macros.
fn extern_crates(code: &str) -> Vec<Range<usize>> {
    let loads = |it: &Statement| {
        let tokens = tokens(&code[it.range.clone()]);
        it.is_item && texts(&tokens).windows(2).any(|two| two == ["extern", "crate"])
    };
    statements(code).into_iter().filter(loads).map(|it| it.range).collect()
}

/// Returns where the inside of `main` begins. Modules and paths from the root cannot see items
/// inside a function, and no items can be included there, so with them the leading items stay at the root.
fn main_start(code: &str, statements: &[Statement], includes_items: bool) -> usize {
    let tokens = tokens(code);
    let is_from_root = includes_items
        || texts(&tokens)
            .windows(3)
            .any(|it| matches!(it, ["crate" | "super" | "self", ":", ":"] | ["mod", _, "{" | ";"]));
    let first = statements.iter().position(|it| !it.is_item).unwrap_or(0);
    if is_from_root && first > 0 { statements[first].range.start } else { 0 }
}

/// Returns what `main` returns if the code ends with this statement.
fn main_kind(code: &str, last: Option<&Statement>) -> MainKind {
    let last = last.map(|it| tokens(&code[it.range.clone()])).unwrap_or_default();
    match texts(&last)[..] {
        ["Ok" | "Err", "(", .., ")"] => return MainKind::Own,
        ["Ok" | "Err", ":", ":", "<", .., ")"] => return MainKind::OwnTyped,
        _ => {}
    }
    let all = tokens(code);
    let all = texts(&all);
    let has_return =
        |wanted: fn(&str) -> bool| all.windows(2).any(|two| two[0] == "return" && wanted(two[1]));
    let may_fail = all.contains(&"?");
    let returns_unit = has_return(|next| matches!(next, ";" | "}" | ","));
    let returns_value = has_return(|next| !matches!(next, ";" | "}" | ","));
    if returns_unit && !may_fail && !returns_value { MainKind::Unit } else { MainKind::Fallible }
}

/// Returns whether an expression cannot end with this token.
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
            | "as"
            | "in"
            | "else"
            | "match"
            | "if"
            | "while"
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn program(code: &str, first_line: u32) -> String {
        super::program(code, first_line, &IncludedItems::default())
    }

    fn program_with_value(code: &str, first_line: u32) -> Option<String> {
        super::program_with_value(code, first_line, &IncludedItems::default())
    }

    fn lines(program: &str) -> Vec<&str> {
        program.lines().map(str::trim_end).collect()
    }

    #[test]
    fn program_with_main_keeps_its_lines() {
        let code = "#![allow(unused)]\nfn main() {}\n";
        assert_eq!(program(code, 4), format!("\n\n\n{code}"));
        assert_eq!(program_with_value(code, 4), None);
        assert_eq!(program("#!/bin/x\nfn main() {}", 2), "\n\nfn main() {}");
    }

    #[test]
    fn main_is_added_on_its_own_lines() {
        let source = program("let n: i32 = \"1\".parse()?;\nprintln!(\"{n}\")", 3);
        let lines = lines(&source);
        assert_eq!(lines[..2], ["", &format!("fn main() -> {RESULT} {{ Ok({{")]);
        assert_eq!(lines[2..4], ["let n: i32 = \"1\".parse()?;", "println!(\"{n}\")"]);
        assert_eq!(lines[4..], [";", "", "", "}", "", "", ")}"]);
    }

    #[rstest]
    #[case("let x = 5")]
    #[case("let x = 5;")]
    #[case("f();\nx +")]
    #[case("f();\nx.")]
    #[case("f();\nx as")]
    #[case("f();\nfn g() {}")]
    fn statement_gets_no_semicolon(#[case] code: &str) {
        assert!(program(code, 2).contains(&format!("{code}\n}}\n")), "{}", program(code, 2));
        assert_eq!(program_with_value(code, 2), None);
    }

    #[rstest]
    #[case("f()?;\nOk(()) // done\n// really\n", "-> Result<(), Box<dyn", "really\n\n}\n")]
    #[case("Err(\"no\".into())", "-> Result<(), Box<dyn", "into())\n}\n")]
    #[case("f()?;\nOk::<(), E>(())", "-> ::std::result::Result<(), impl", "report(main()) }\n")]
    #[case("if x { return; }\ng();", "fn main() {", "g();\n}\n")]
    fn last_expression_decides_what_main_returns(
        #[case] code: &str,
        #[case] head: &str,
        #[case] end: &str,
    ) {
        let source = program(code, 2);
        assert!(lines(&source)[0].contains(head) && source.ends_with(end), "{source}");
        assert_eq!(program_with_value(code, 2), None);
    }

    #[test]
    fn question_mark_beats_bare_return() {
        assert!(program("if x { return; }\ng()?;", 2).contains("Ok({"));
        assert!(program("let f = || { return 1; };\nif x { return; }", 2).contains("Ok({"));
    }

    #[rstest]
    #[case("v.len()")]
    #[case("if a { 1 } else { 2 }")]
    #[case("P { x: 1 } // it\n// is")]
    #[case("a as u8")]
    #[case("alias")]
    #[case("1..")]
    #[case("std::fs::write(a, b)")]
    fn last_value_is_shown_in_place(#[case] code: &str) {
        let source = program_with_value(&format!("let a = 1; // one\n{code}"), 3).unwrap();
        let lines = lines(&source);
        assert_eq!(lines[2], "let a = 1; match ( // one");
        assert_eq!(lines[3], code.lines().next().unwrap());
        assert!(source.contains("\n) { ref value"), "{source}");
        // After an empty line, no line of the author changes.
        let source = program_with_value(&format!("let a = 1;\n\n// two\n{code}"), 3).unwrap();
        assert!(source.contains("let a = 1;\nmatch (\n// two\n"), "{source}");
        let source = program_with_value(code, 2).unwrap();
        assert!(source.lines().next().unwrap().ends_with("match ("), "{source}");
    }

    #[rstest]
    #[case("println!(\"{}\", f())")]
    #[case("assert_eq!(1, 1)")]
    #[case("for x in y { f(x); }")]
    #[case("return Err(\"no\".into())")]
    #[case("v.len();")]
    fn code_without_a_value_shows_none(#[case] code: &str) {
        assert_eq!(program_with_value(code, 2), None);
    }

    #[test]
    fn items_stay_at_root_if_paths_need_them() {
        let source = program("use std::io::Result;\nmod a { use super::b; }\nfn b() {}\n\nb();", 2);
        let lines = lines(&source);
        assert_eq!(
            lines[..4],
            ["", "use std::io::Result;", "mod a { use super::b; }", "fn b() {}"]
        );
        assert_eq!(lines[4], format!("fn main() -> {FULL_RESULT} {{ Ok({{"));
        assert_eq!(lines[5], "b();");
        let file = program("mod a;\na::b();", 2);
        assert!(file.starts_with("\nmod a; fn main() ->"), "{file}");
        let close = program("mod a {} // why\na::b();", 1);
        assert!(close.contains("mod a {} fn main() ->") && close.contains("{ Ok({ // why\n"));
        assert!(program("struct S;\nimpl S {}", 2).ends_with("\nimpl S {}\nfn main() {}\n"));
    }

    #[test]
    fn included_items_stay_at_root() {
        let included = |code: &str, text: &str| {
            let items = IncludedItems::of(code, &mut |_| Some(text.to_owned()));
            super::program(code, 2, &items)
        };
        let code = "include!(\"a.rs\");\n\nf();";
        let source = included(code, "fn f() {}");
        assert!(source.starts_with("\ninclude!(\"a.rs\");\nfn main() -> "), "{source}");
        assert!(included(code, "f").starts_with("fn main() -> "));
        let code = "include!(\"a.rs\");";
        assert_eq!(included(code, "fn main() {}"), format!("\n{code}"));
        assert_eq!(included(code, "fn f() {}"), format!("\n{code}\nfn main() {{}}\n"));
    }

    #[test]
    fn crate_attributes_come_first() {
        let source = program("#![allow(\n  dead_code)] // all\nlet x = 1;", 2);
        let all = lines(&source);
        assert!(all[2].starts_with("  dead_code)] fn main()"), "{source}");
        assert_eq!((all[0], all[1], all[3]), ("", "#![allow(", "let x = 1;"));
        assert!(all[2].ends_with("{ Ok({ // all"), "{source}");
        let source = program("#![allow(a)]\n#![allow(b)]\n\n// one\nlet x = 1;\n#![c]", 3);
        let all = lines(&source);
        assert_eq!(all[..4], ["", "", "#![allow(a)]", "#![allow(b)]"]);
        assert!(all[4].starts_with("#![c] fn main()"), "{source}");
        assert_eq!(all[5..7], ["// one", "let x = 1;"]);
        let source = program("#!/usr/bin/env rust-script\n//! Says é.\nf();", 2);
        assert_eq!(lines(&source)[1..4], ["", "", "f();"]);
        let source = program("#[macro_use]\nextern crate a;\nf();", 2);
        assert!(source.starts_with("#[macro_use] extern crate a; fn main()"), "{source}");
        assert_eq!(lines(&source)[1..4], ["", "", "f();"]);
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
    fn test_blocks_are_detected(#[case] code: &str, #[case] expected: bool) {
        assert_eq!(is_tests(code), expected);
    }

    #[rstest]
    #[case("f('\"', b'\"', \"\\\"\", r#\"\"\"#, br##\"\"#\"##, b\"(\", c\"[\", '{')")]
    #[case("/* ( /* \" */ */ f(\"\", r\"\") // \"")]
    fn terminated_strings_are_balanced(#[case] code: &str) {
        assert!(is_balanced(code), "{code}");
    }

    #[test]
    fn broken_code_is_left_unchanged() {
        for code in ["\"", "/*", "r#\"", "#![", "b\"", "}}}{", "/* é", "#![é", "f(1]", "(", "/*/"]
        {
            assert_eq!(program(code, 2), format!("\n{code}"), "{code}");
            assert_eq!(program_with_value(code, 2), None);
        }
        for code in ["'", "b'", "'\\", "é", "#", "let"] {
            let _ = (program(code, 1), program_with_value(code, 1), is_tests(code));
        }
    }
}
