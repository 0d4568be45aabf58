//! Turns a block into a benchmark of its last statement. The statements before it run once; the last
//! one becomes a closure that the harness calls. Every line keeps its number in the deck.

use std::ops::Range;

use super::crate_root::{hoist, scan, split_attributes, with_head, without_shebang};
use super::lexer::{Token, end_of_tokens, tokens};
use super::statements::statements;

/// Times a closure; the source of a module that goes behind the block.
pub(in crate::exec::rust) const HARNESS: &str = include_str!("bench_harness.rs");

/// The new name of the block's own `main`. It is as wide and looks the same.
const RENAMED_MAIN: &str = "maın";

/// The most characters of the timed statement that a report has.
const MAX_STATEMENT_CHARS: usize = 200;

/// What is hidden from the optimiser with `black_box`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exec::rust) enum BlackBox {
    /// Literal arguments of calls in the timed statement: the compiler would compute the result, and
    /// nothing would be left to time.
    Inputs,
    /// Nothing, for code that does not compile otherwise.
    Nothing,
}

/// Returns the program that benchmarks a block whose first line is `first_line` (from 1) of the deck.
pub(in crate::exec::rust) fn bench(code: &str, first_line: u32, black_box: BlackBox) -> String {
    let code = without_shebang(code);
    let (attributes, code) = split_attributes(code);
    let root = scan(code);
    let (hoisted, code) = hoist(code, &root.inner_attributes);
    let (head, code) =
        if root.has_main { bench_main(&code) } else { bench_last_statement(&code, black_box) };
    let above = first_line.saturating_sub(1) as usize;
    let imports = "#[allow(unused_imports)] use ::std::hint::*;";
    let module = format!("mod livedeck_bench {{\n{HARNESS}\n}}\n");
    let head = format!("{hoisted}{imports} {head}");
    with_head(above, attributes, &head, &format!("{code}\n{module}"))
}

/// What `main` and the closure return.
const RESULT: &str = "::std::result::Result<(), ::std::boxed::Box<dyn ::std::error::Error>>";

/// Benchmarks the block's own `main`: returns a new `main`, and the code with the old one renamed.
fn bench_main(code: &str) -> (String, String) {
    let mut renamed = String::new();
    let (mut from, mut depth, mut previous) = (0, 0_usize, "");
    for token in tokens(code) {
        match token.text {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            "main" if depth == 0 && previous == "fn" => {
                renamed += &code[from..token.start];
                renamed += RENAMED_MAIN;
                from = token.end();
            }
            _ => {}
        }
        previous = token.text;
    }
    renamed += &code[from..];
    let main = format!(
        "fn main() -> {RESULT} {{ livedeck_bench::time(\"main()\", &mut || {{ \
         livedeck_bench::into_result({RENAMED_MAIN}()) }}) }}"
    );
    (main, renamed)
}

/// Benchmarks the last statement: returns the head of `main`, and its inside.
fn bench_last_statement(code: &str, black_box: BlackBox) -> (String, String) {
    let main = format!("fn main() -> {RESULT} {{");
    let (timed, has_result) = last_statement(code);
    let tail = if has_result { "\n}" } else { "\nOk(()) }" };
    let Some(timed) = timed else {
        let nothing = "compile_error!(\"there is nothing to time: `+bench` times the last statement \
                       of a block\");";
        return (main, format!("{code}\n{nothing}{tail}"));
    };
    let statement = code[timed.clone()].trim_end_matches(';');
    let (before, after) = closure(statement);
    // Behind the code before it, so that no line of the deck begins with added code.
    let end = end_of_tokens(&code[..timed.start]);
    let (setup, between) = code[..timed.start].split_at(end);
    let (main, setup) = if end > 0 {
        (main, format!("{setup} {before}{between}"))
    } else {
        (format!("{main} {before}"), between.to_owned())
    };
    let statement = match black_box {
        BlackBox::Inputs => with_hidden_inputs(statement),
        BlackBox::Nothing => statement.to_owned(),
    };
    let rest = insert_after(&code[timed.end..], &after);
    (main, format!("{setup}{statement}{rest}{tail}"))
}

/// Finds the last statement, and whether an `Ok(…)` follows it that is the result of the block.
fn last_statement(code: &str) -> (Option<Range<usize>>, bool) {
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

/// Inserts the end of the closure before the rest of the block: on a line of its own, unless code
/// follows on the line where the statement ends.
fn insert_after(rest: &str, end: &str) -> String {
    let (comment, below) = rest.split_at(rest.find('\n').unwrap_or(rest.len()));
    if tokens(comment).is_empty() && !comment.contains("/*") {
        format!("{comment}\n{end}{}", below.strip_prefix('\n').unwrap_or(below))
    } else {
        format!("{end}{rest}")
    }
}

/// Returns what goes before and behind a timed statement without its semicolon.
fn closure(statement: &str) -> (String, String) {
    let words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let words: String =
        words.chars().filter(|c| !c.is_control()).take(MAX_STATEMENT_CHARS).collect();
    let before =
        format!("livedeck_bench::time({words:?}, &mut || {{ let _ = ::std::hint::black_box({{");
    let value = declared_name(statement).map(|name| format!("; ::std::hint::black_box(&{name});"));
    (before, format!("{}}}); Ok(()) }})?;", value.unwrap_or_default()))
}

/// Returns the name that a `let` statement declares.
fn declared_name(statement: &str) -> Option<&str> {
    let tokens = tokens(statement);
    let mut words = tokens.iter().filter(|it| it.text != "mut");
    let is_let = words.next()?.text == "let";
    let name = words.next().filter(|name| is_let && name.is_word())?.text;
    matches!(words.next()?.text, "=" | ":").then_some(name)
}

/// Wraps the literal arguments of a statement's calls in `black_box`.
fn with_hidden_inputs(statement: &str) -> String {
    let tokens = tokens(statement);
    let first = match declared_name(statement) {
        Some(_) => tokens.iter().position(|it| it.text == "=").unwrap_or(0),
        None => 0,
    };
    // Literals may be patterns here.
    let has_patterns = |it: &Token<'_>| matches!(it.text, "match" | "let" | "matches");
    if tokens[first..].iter().any(has_patterns) {
        return statement.to_owned();
    }
    let (mut hidden, mut from) = (String::new(), 0);
    for Range { start, end } in literal_arguments(&tokens[first..]) {
        hidden += &statement[from..start];
        hidden += "black_box(";
        hidden += &statement[start..end];
        hidden.push(')');
        from = end;
    }
    hidden + &statement[from..]
}

/// Finds arguments of calls that are literals.
fn literal_arguments(tokens: &[Token<'_>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut calls = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| &tokens[before]);
        match token.text {
            "(" => calls.push(before.is_some_and(is_callee)),
            "[" | "{" => calls.push(false),
            ")" | "]" | "}" => drop(calls.pop()),
            _ => {}
        }
        let begins_argument = calls.last() == Some(&true) && matches!(token.text, "(" | ",");
        found.extend(begins_argument.then(|| literal(&tokens[index + 1..])).flatten());
    }
    found
}

fn is_callee(token: &Token<'_>) -> bool {
    const KEYWORDS: [&str; 6] = ["for", "if", "in", "return", "while", "else"];
    token.is_word() && !KEYWORDS.contains(&token.text) || token.text == ">"
}

/// Returns where the argument at the start of these tokens is, if it is one literal.
fn literal(tokens: &[Token<'_>]) -> Option<Range<usize>> {
    let first = tokens.first()?;
    let (last, next) = match tokens {
        [sign, number, next, ..] if sign.text == "-" && number.is_number() => (number, next),
        [literal, next, ..] if literal.is_literal() => (literal, next),
        _ => return None,
    };
    matches!(next.text, "," | ")").then(|| first.start..last.end())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn code_keeps_its_lines() {
        let code = "let n = 10; // how many\n\n// slow\nfib(n)";
        let source = bench(code, 4, BlackBox::Inputs);
        let lines: Vec<_> = source.lines().collect();
        assert_eq!(lines[..2], ["", ""]);
        assert!(lines[2].ends_with('{'), "{}", lines[2]);
        assert!(lines[3].starts_with("let n = 10; livedeck_bench::time(\"fib(n)\", &mut ||"));
        assert!(lines[3].ends_with("({ // how many"), "{}", lines[3]);
        assert_eq!(lines[5], "// slow");
        assert_eq!(lines[6], "fib(n)");
        assert!(lines[7].starts_with("})"), "{}", lines[7]);
    }

    #[test]
    fn added_code_begins_on_the_fence() {
        let source = bench("fib(20);", 2, BlackBox::Inputs);
        let lines: Vec<_> = source.lines().collect();
        assert!(lines[0].contains("time(\"fib(20)\""), "{}", lines[0]);
        assert_eq!(lines[1], "fib(black_box(20))");
        let plain = bench("fib(20); // why\nfn f() {} fn g() {}", 2, BlackBox::Nothing);
        let lines: Vec<_> = plain.lines().collect();
        assert_eq!(lines[1], "fib(20) // why");
        assert!(lines[2].ends_with("?;fn f() {} fn g() {}"), "{}", lines[2]);
        let one = bench("fib(20); fn f() {}", 2, BlackBox::Nothing);
        assert!(one.lines().nth(1).unwrap().starts_with("fib(20)})"), "{one}");
    }

    #[test]
    fn whole_main_is_timed() {
        let source =
            bench("fn main() {\n    main_loop();\n}\nmod a { fn main() {} }", 2, BlackBox::Inputs);
        assert!(source.contains("\nfn maın() {\n    main_loop();\n}\nmod a { fn main() {} }\n"));
        assert!(source.contains("time(\"main()\""));
    }

    #[test]
    fn trailing_ok_is_not_timed() {
        let source = bench("let f = open()?;\nread(&f)?;\nOk(())", 2, BlackBox::Inputs);
        assert!(source.contains("time(\"read(&f)?\""), "{source}");
        assert!(source.contains("Ok(())\n}\nmod"), "{source}");
        assert!(bench("fn f() {}", 2, BlackBox::Inputs).contains("compile_error!"));
        assert!(bench("f(1);\nfn f(n: u8) {}", 2, BlackBox::Inputs).contains("time(\"f(1)\""));
    }

    #[rstest]
    #[case("f(10_000, x, \"a\")", "f(black_box(10_000), x, black_box(\"a\"))")]
    #[case("a.pow(2).min(-1.5)", "a.pow(black_box(2)).min(black_box(-1.5))")]
    #[case(
        "f(r#\"a\"#, b'x', 1.0, - 2)",
        "f(black_box(r#\"a\"#), black_box(b'x'), black_box(1.0), black_box(- 2))"
    )]
    #[case("f::<u8>(1)", "f::<u8>(black_box(1))")]
    #[case("f(1 + 2, [1, 2], (3, 4))", "f(1 + 2, [1, 2], (3, 4))")]
    #[case("println!(\"{}\", f(1))", "println!(\"{}\", f(black_box(1)))")]
    #[case("match f(1) { Some(1) => 2, _ => 3 }", "match f(1) { Some(1) => 2, _ => 3 }")]
    #[case("for (1, x) in y {}", "for (1, x) in y {}")]
    #[case("let x = f(1)", "let x = f(black_box(1))")]
    #[case("let Some(1) = f(1) else { g() }", "let Some(1) = f(1) else { g() }")]
    fn literal_arguments_are_hidden(#[case] statement: &str, #[case] expected: &str) {
        assert_eq!(with_hidden_inputs(statement), expected);
    }

    #[rstest]
    #[case("let x = f();", Some("x"))]
    #[case("let mut x: Vec<u8> = f();", Some("x"))]
    #[case("let (a, b) = f();", None)]
    #[case("let Some(x) = f() else { return };", None)]
    #[case("letter = f();", None)]
    fn declared_name_is_found(#[case] statement: &str, #[case] expected: Option<&str>) {
        assert_eq!(declared_name(statement), expected);
    }
}
