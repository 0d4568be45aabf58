//! Splits a block into statements: where each begins and ends, and which ones are items. It does not
//! parse expressions; code that it splits wrongly fails to compile, or shows as what was timed.

use std::ops::Range;

use super::lexer::{Token, tokens};

/// A statement outside all braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// Its bytes, its semicolon included.
    pub(super) range: Range<usize>,
    /// Whether it is an item: a function, a type, an import.
    pub(super) is_item: bool,
}

/// What ends a statement besides a semicolon.
#[derive(Clone, Copy, PartialEq)]
enum StatementEnd {
    /// Not known from its tokens so far.
    Unknown,
    /// Nothing.
    Semicolon,
    /// Its closing brace.
    Brace,
    /// Its closing brace, unless `else`, `.` or `?` follows.
    LastBrace,
}

/// Splits a function body into statements, in order.
pub(super) fn statements(code: &str) -> Vec<Statement> {
    let tokens = tokens(code);
    let (mut found, mut depth) = (Vec::new(), 0_usize);
    let mut current: Option<(usize, StatementEnd, bool)> = None;
    for (index, token) in tokens.iter().enumerate() {
        let (start, end, is_item) =
            current.get_or_insert((token.start, StatementEnd::Unknown, false));
        let opens = matches!(token.text, "(" | "[" | "{");
        match token.text {
            _ if opens => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if *end == StatementEnd::Unknown && (depth == 0 || opens && depth == 1) {
            (*end, *is_item) = classify(&tokens, index).unwrap_or((*end, *is_item));
        }
        let is_over = depth == 0
            && match token.text {
                ";" => true,
                "}" => match (*end, tokens.get(index + 1)) {
                    (StatementEnd::Brace, _) | (StatementEnd::LastBrace, None) => true,
                    (StatementEnd::LastBrace, Some(next)) => {
                        !matches!(next.text, "else" | "." | "?")
                    }
                    _ => false,
                },
                _ => false,
            };
        if is_over {
            let range = *start..token.end();
            let is_empty = *start == token.start;
            found.extend((!is_empty).then_some(Statement { range, is_item: *is_item }));
            current = None;
        }
    }
    if let (Some((start, _, is_item)), Some(last)) = (current, tokens.last()) {
        found.push(Statement { range: start..last.end(), is_item });
    }
    found
}

/// Classifies a statement by one of its first tokens: what ends it, and whether it is an item.
/// Returns `None` where a later token decides.
fn classify(tokens: &[Token<'_>], index: usize) -> Option<(StatementEnd, bool)> {
    let token = tokens[index];
    let next = tokens.get(index + 1);
    let next_text = next.map(|it| it.text);
    Some(match token.text {
        // Attributes, labels, visibility.
        "#" | "[" | "]" | "(" | ")" | "pub" | ":" => return None,
        _ if token.is_lifetime() => return None,
        "async" | "const" | "unsafe" | "extern" if next.is_some_and(decides) => return None,
        _ if token.is_string() && next_text == Some("fn") => return None,
        _ if token.is_string() && next_text == Some("{") => (StatementEnd::Brace, true),
        "fn" | "struct" | "enum" | "union" | "trait" | "impl" | "mod"
            if next.is_some_and(Token::is_word) =>
        {
            (StatementEnd::Brace, true)
        }
        "impl" | "macro_rules" => (StatementEnd::Brace, true),
        "use" | "static" | "type" | "const" | "extern" => (StatementEnd::Semicolon, true),
        "if" | "match" | "for" | "while" | "loop" | "{" => (StatementEnd::LastBrace, false),
        _ if next_text == Some("!") && token.is_word() => (StatementEnd::LastBrace, false),
        _ => (StatementEnd::Semicolon, false),
    })
}

/// Returns whether the token behind `const`, `unsafe` and the like decides what the statement is.
fn decides(next: &Token<'_>) -> bool {
    next.is_string()
        || matches!(
            next.text,
            "fn" | "unsafe" | "extern" | "async" | "impl" | "trait" | "mod" | "{"
        )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// Returns the statements, items with a `*` before them.
    fn split(code: &str) -> Vec<String> {
        let text = |it: Statement| {
            let mark = if it.is_item { "*" } else { "" };
            format!("{mark}{}", &code[it.range])
        };
        statements(code).into_iter().map(text).collect()
    }

    #[rstest]
    #[case("f(1)", &["f(1)"])]
    #[case("let x = if a { 1 } else { 2 };\n// why\nf(x);", &["let x = if a { 1 } else { 2 };", "f(x);"])]
    #[case("fn f(n: [u8; 3]) -> u8 { n[0]; 1 }\nf(1)", &["*fn f(n: [u8; 3]) -> u8 { n[0]; 1 }", "f(1)"])]
    #[case("use a::{b, c};\nstruct P(u32);\nstruct Q { x: u8 }\nQ { x: 1 }", &["*use a::{b, c};", "*struct P(u32);", "*struct Q { x: u8 }", "Q { x: 1 }"])]
    #[case("#[derive(Clone)]\npub(crate) struct S { a: u8 }\nS", &["*#[derive(Clone)]\npub(crate) struct S { a: u8 }", "S"])]
    #[case("for i in 0..3 { f(i); }\nif a { b } else if c { d } else { e }", &["for i in 0..3 { f(i); }", "if a { b } else if c { d } else { e }"])]
    #[case("match x { _ => {} }.g();\nunsafe { f() }\ng()", &["match x { _ => {} }.g();", "unsafe { f() }", "g()"])]
    #[case("const X: [u8; 2] = [1, 2];\nconst fn f() {}\nunsafe extern \"C\" fn g() {}\nf()", &["*const X: [u8; 2] = [1, 2];", "*const fn f() {}", "*unsafe extern \"C\" fn g() {}", "f()"])]
    #[case("extern \"C\" { fn f(); }\nmacro_rules! m { () => {} }\nm! {}\nm!()", &["*extern \"C\" { fn f(); }", "*macro_rules! m { () => {} }", "m! {}", "m!()"])]
    #[case("impl<T> A for B<T> { fn f() {} }\nimpl C {}\nx += 1;\nOk(())", &["*impl<T> A for B<T> { fn f() {} }", "*impl C {}", "x += 1;", "Ok(())"])]
    #[case("'a: loop { break 'a; }\nlet f = |x| { x; };\nf(';')", &["'a: loop { break 'a; }", "let f = |x| { x; };", "f(';')"])]
    #[case("(0..3).map(|x| x * 2).sum::<u32>()", &["(0..3).map(|x| x * 2).sum::<u32>()"])]
    #[case("f();;\n;", &["f();"])]
    #[case("extern r\"C\" { fn f(); }\n'r#a: loop {}\nr#fn()", &["*extern r\"C\" { fn f(); }", "'r#a: loop {}", "r#fn()"])]
    #[case("// nothing", &[])]
    #[case("", &[])]
    fn statements_are_split(#[case] code: &str, #[case] expected: &[&str]) {
        assert_eq!(split(code), expected);
    }

    #[test]
    fn broken_code_does_not_panic() {
        for code in ["}", "{", "fn", "\"", "let x = ", ")) }", "#[", "é {", "pub"] {
            let _ = split(code);
        }
    }
}
