//! A block of Rust whose last statement is timed: what stands before it is set up once, it itself
//! becomes a closure that the stopwatch calls. All of it stays on the lines where the deck has it.

use std::ops::Range;

use super::crate_root;
use super::statements::{Token, statements, tokens};

/// What is put behind the block.
pub(in crate::exec::rust) const HARNESS: &str = include_str!("bench_harness.rs");

/// What `main` is called in a block that has one. It is as wide, and looks as it did.
const MAIN: &str = "maın";

/// Characters of a statement that are told.
const LONGEST: usize = 200;

/// What the compiler is not to see of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exec::rust) enum Hidden {
    /// The numbers and texts that calls in the timed statement are given: it would work out the
    /// result, and nothing would be left to time.
    Inputs,
    /// Nothing: where hiding is what it does not understand.
    Nothing,
}

/// The program that times a block whose first line is `first_line` (from 1) of the deck.
pub(in crate::exec::rust) fn program(code: &str, first_line: u32, what: Hidden) -> String {
    let code = crate_root::without_shebang(code);
    let marks = crate_root::scan(code);
    let (hoisted, code) = crate_root::hoist(code, &marks.of_crate);
    let (head, code) = if marks.has_main { around(&code) } else { inside(&code, what) };
    let above = first_line.saturating_sub(1) as usize;
    // The line above the code is the fence: free for what we add.
    let padding = "\n".repeat(above.saturating_sub(1));
    let end_of_head = if above > 0 { "\n" } else { " " };
    let imports = "#[allow(unused_imports)] use ::std::hint::*;";
    let module = format!("mod livedeck_bench {{\n{HARNESS}\n}}\n");
    format!("{padding}{hoisted} {imports} {head}{end_of_head}{code}\n{module}")
}

/// What a program returns, and what a closure does that may fail.
const RESULT: &str = "::std::result::Result<(), ::std::boxed::Box<dyn ::std::error::Error>>";

/// A block with a `main`, which is timed.
fn around(code: &str) -> (String, String) {
    let mut renamed = String::new();
    let (mut from, mut depth, mut before) = (0, 0_usize, "");
    for (at, text) in tokens(code) {
        match text {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            "main" if depth == 0 && before == "fn" => {
                renamed += &code[from..at];
                renamed += MAIN;
                from = at + text.len();
            }
            _ => {}
        }
        before = text;
    }
    renamed += &code[from..];
    let main = format!(
        "fn main() -> {RESULT} {{ livedeck_bench::time(\"main()\", &mut || {{ \
         livedeck_bench::ended({MAIN}()) }}) }}"
    );
    (main, renamed)
}

/// A block of statements, of which the last is timed.
fn inside(code: &str, what: Hidden) -> (String, String) {
    let main = format!("fn main() -> {RESULT} {{");
    let (timed, has_result) = last(code);
    let tail = if has_result { "\n}" } else { "\nOk(()) }" };
    let Some(timed) = timed else {
        let nothing = "compile_error!(\"there is nothing to time: the last statement of a block is \
                       timed, a call as a rule\");";
        return (main, format!("{code}\n{nothing}{tail}"));
    };
    let statement = code[timed.clone()].trim_end_matches(';');
    let (before, after) = closure(statement);
    // Behind what stands before it: so no line of the deck begins with what the deck does not say.
    let end = tokens(&code[..timed.start]).last().map(|&(at, text)| at + text.len());
    let (setup, between) = code[..timed.start].split_at(end.unwrap_or(0));
    let (main, setup) = match end {
        Some(_) => (main, format!("{setup} {before}{between}")),
        None => (format!("{main} {before}"), between.to_owned()),
    };
    let statement = match what {
        Hidden::Inputs => hidden(statement),
        Hidden::Nothing => statement.to_owned(),
    };
    let rest = followed(&code[timed.end..], &after);
    (main, format!("{setup}{statement}{rest}{tail}"))
}

/// Where the last statement stands, and whether an `Ok(…)` follows it that is the block's result.
fn last(code: &str) -> (Option<Range<usize>>, bool) {
    let statements = statements(code);
    let mut last = statements.into_iter().rev().filter(|it| !it.is_item).map(|it| it.range);
    let is_result = |range: &Range<usize>| {
        let text = &code[range.clone()];
        text.starts_with("Ok(") && !text.ends_with(';')
    };
    match last.next() {
        Some(range) if is_result(&range) => (last.next(), true),
        range => (range, false),
    }
}

/// The rest of a block, behind what ends the closure before it: that stands on a line of its own, if
/// the one that the statement ends on does not go on with more code.
fn followed(rest: &str, after: &str) -> String {
    let (comment, below) = rest.split_at(rest.find('\n').unwrap_or(rest.len()));
    if tokens(comment).is_empty() && !comment.contains("/*") {
        format!("{comment}\n{after}{}", below.strip_prefix('\n').unwrap_or(below))
    } else {
        format!("{after}{rest}")
    }
}

/// What stands before and behind a statement that is timed, without its semicolon.
fn closure(statement: &str) -> (String, String) {
    let words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let words: String = words.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    let before =
        format!("livedeck_bench::time({words:?}, &mut || {{ let _ = ::std::hint::black_box({{");
    let value = declared(statement).map(|name| format!("; ::std::hint::black_box(&{name});"));
    (before, format!("{}}}); Ok(()) }})?;", value.unwrap_or_default()))
}

/// The name that a statement gives to something.
fn declared(statement: &str) -> Option<&str> {
    let tokens = tokens(statement);
    let mut words = tokens.iter().map(|(_, text)| *text).filter(|text| *text != "mut");
    let is_let = words.next() == Some("let");
    let name = words.next().filter(|name| is_let && name.starts_with(crate_root::is_word))?;
    matches!(words.next(), Some("=" | ":")).then_some(name)
}

/// A statement in which the compiler does not see what numbers and texts calls are given.
fn hidden(statement: &str) -> String {
    let tokens = tokens(statement);
    let first = match declared(statement) {
        Some(_) => tokens.iter().position(|(_, text)| *text == "=").unwrap_or(0),
        None => 0,
    };
    // Where numbers may be patterns they stay as they are.
    let may_be_pattern = |text: &str| matches!(text, "match" | "let" | "matches");
    if tokens[first..].iter().any(|(_, text)| may_be_pattern(text)) {
        return statement.to_owned();
    }
    let (mut made, mut from) = (String::new(), 0);
    for Range { start, end } in arguments(&tokens[first..]) {
        made += &statement[from..start];
        made += "black_box(";
        made += &statement[start..end];
        made.push(')');
        from = end;
    }
    made + &statement[from..]
}

/// Where calls are given numbers or texts as they are written.
fn arguments(tokens: &[Token<'_>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut calls = Vec::new();
    for (number, &(_, text)) in tokens.iter().enumerate() {
        let before = number.checked_sub(1).map(|number| tokens[number].1);
        match text {
            "(" => calls.push(before.is_some_and(is_callee)),
            "[" | "{" => calls.push(false),
            ")" | "]" | "}" => drop(calls.pop()),
            _ => {}
        }
        let is_first = calls.last() == Some(&true) && matches!(text, "(" | ",");
        found.extend(is_first.then(|| literal(&tokens[number + 1..])).flatten());
    }
    found
}

fn is_callee(text: &str) -> bool {
    const OTHERS: [&str; 6] = ["for", "if", "in", "return", "while", "else"];
    text.starts_with(|c: char| crate_root::is_word(c) && !c.is_ascii_digit())
        && !OTHERS.contains(&text)
        || text == ">"
}

/// Where the literal stands that is all of an argument, if the tokens begin with one.
fn literal(tokens: &[Token<'_>]) -> Option<Range<usize>> {
    let sign = usize::from(tokens.first()?.1 == "-");
    let &(at, text) = tokens.get(sign)?;
    let mut last = sign;
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        let next = |by: usize| tokens.get(sign + by).map(|(_, text)| *text);
        let is_fraction = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        if next(1) == Some(".") && next(2).is_some_and(is_fraction) {
            last += 2;
        }
    } else if !text.starts_with('"') || sign > 0 {
        return None;
    }
    let &(end, text) = tokens.get(last)?;
    let is_all = matches!(tokens.get(last + 1), Some((_, "," | ")")));
    is_all.then(|| tokens.first().map_or(at, |first| first.0)..end + text.len())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn code_stays_on_its_lines_and_what_we_add_stands_behind_them() {
        let code = "let n = 10; // how many\n\n// slow\nfib(n)";
        let made = program(code, 4, Hidden::Inputs);
        let lines: Vec<_> = made.lines().collect();
        assert_eq!(lines[..2], ["", ""]);
        assert!(lines[2].ends_with('{'), "{}", lines[2]);
        assert!(lines[3].starts_with("let n = 10; livedeck_bench::time(\"fib(n)\", &mut ||"));
        assert!(lines[3].ends_with("({ // how many"), "{}", lines[3]);
        assert_eq!(lines[5], "// slow");
        assert_eq!(lines[6], "fib(n)");
        assert!(lines[7].starts_with("})"), "{}", lines[7]);
    }

    #[test]
    fn a_block_of_one_statement_begins_on_the_fence() {
        let made = program("fib(20);", 2, Hidden::Inputs);
        let lines: Vec<_> = made.lines().collect();
        assert!(lines[0].contains("time(\"fib(20)\""), "{}", lines[0]);
        assert_eq!(lines[1], "fib(black_box(20))");
        let plain = program("fib(20); // why\nfn f() {} fn g() {}", 2, Hidden::Nothing);
        let lines: Vec<_> = plain.lines().collect();
        assert_eq!(lines[1], "fib(20) // why");
        assert!(lines[2].ends_with("?;fn f() {} fn g() {}"), "{}", lines[2]);
        let one = program("fib(20); fn f() {}", 2, Hidden::Nothing);
        assert!(one.lines().nth(1).unwrap().starts_with("fib(20)})"), "{one}");
    }

    #[test]
    fn a_main_is_timed_as_a_whole() {
        let made =
            program("fn main() {\n    main_loop();\n}\nmod a { fn main() {} }", 2, Hidden::Inputs);
        assert!(made.contains("\nfn maın() {\n    main_loop();\n}\nmod a { fn main() {} }\n"));
        assert!(made.contains("time(\"main()\""));
    }

    #[test]
    fn the_end_of_a_block_that_may_fail_is_not_what_is_timed() {
        let made = program("let f = open()?;\nread(&f)?;\nOk(())", 2, Hidden::Inputs);
        assert!(made.contains("time(\"read(&f)?\""), "{made}");
        assert!(made.contains("Ok(())\n}\nmod"), "{made}");
        assert!(program("fn f() {}", 2, Hidden::Inputs).contains("compile_error!"));
        assert!(program("f(1);\nfn f(n: u8) {}", 2, Hidden::Inputs).contains("time(\"f(1)\""));
    }

    #[rstest]
    #[case("f(10_000, x, \"a\")", "f(black_box(10_000), x, black_box(\"a\"))")]
    #[case("a.pow(2).min(-1.5)", "a.pow(black_box(2)).min(black_box(-1.5))")]
    #[case("f::<u8>(1)", "f::<u8>(black_box(1))")]
    #[case("f(1 + 2, [1, 2], (3, 4))", "f(1 + 2, [1, 2], (3, 4))")]
    #[case("println!(\"{}\", f(1))", "println!(\"{}\", f(black_box(1)))")]
    #[case("match f(1) { Some(1) => 2, _ => 3 }", "match f(1) { Some(1) => 2, _ => 3 }")]
    #[case("for (1, x) in y {}", "for (1, x) in y {}")]
    #[case("let x = f(1)", "let x = f(black_box(1))")]
    #[case("let Some(1) = f(1) else { g() }", "let Some(1) = f(1) else { g() }")]
    fn what_a_call_is_given_is_hidden_from_the_compiler(
        #[case] statement: &str,
        #[case] expected: &str,
    ) {
        assert_eq!(hidden(statement), expected);
    }

    #[rstest]
    #[case("let x = f();", Some("x"))]
    #[case("let mut x: Vec<u8> = f();", Some("x"))]
    #[case("let (a, b) = f();", None)]
    #[case("let Some(x) = f() else { return };", None)]
    #[case("letter = f();", None)]
    fn a_name_keeps_its_value(#[case] statement: &str, #[case] expected: Option<&str>) {
        assert_eq!(declared(statement), expected);
    }
}
