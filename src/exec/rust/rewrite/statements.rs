//! The statements of a block, as far as needed to know which is the last: where each begins and ends,
//! and which only define something. A scan of the text; what it gets wrong does not compile, or is
//! shown to be what was timed.

use std::ops::Range;

use super::crate_root::{is_comment, is_word, token};

/// A statement outside all braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// Where it stands, its semicolon included.
    pub(super) range: Range<usize>,
    /// Whether it is an item: a function, a type, an import.
    pub(super) is_item: bool,
}

/// What ends a statement, beside a semicolon.
#[derive(Clone, Copy, PartialEq)]
enum End {
    /// What begins it is not known to be anything yet.
    Unknown,
    /// Nothing.
    Semicolon,
    /// Its braces.
    Braces,
    /// Its braces, unless something follows that goes on: `else`, `.`, `?`.
    LastBraces,
}

/// A token that is neither blank nor a comment, and where it stands.
pub(super) type Token<'c> = (usize, &'c str);

/// The tokens of a text, without blanks and comments.
pub(super) fn tokens(code: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < code.len() {
        let text = &code[at..at + token(&code[at..])];
        if !text.trim().is_empty() && !is_comment(text) {
            tokens.push((at, text));
        }
        at += text.len();
    }
    tokens
}

/// The statements of a body, in order.
pub(super) fn statements(code: &str) -> Vec<Statement> {
    let tokens = tokens(code);
    let (mut found, mut depth) = (Vec::new(), 0_usize);
    let mut now: Option<(usize, End, bool)> = None;
    for (number, &(at, text)) in tokens.iter().enumerate() {
        let (start, end, is_item) = now.get_or_insert((at, End::Unknown, false));
        match text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let opens = matches!(text, "(" | "[" | "{");
        if *end == End::Unknown && (depth == 0 || opens && depth == 1) {
            (*end, *is_item) = begins(&tokens, number).unwrap_or((*end, *is_item));
        }
        let is_over = depth == 0
            && match text {
                ";" => true,
                "}" => match (*end, tokens.get(number + 1)) {
                    (End::Braces, _) | (End::LastBraces, None) => true,
                    (End::LastBraces, Some((_, next))) => !matches!(*next, "else" | "." | "?"),
                    _ => false,
                },
                _ => false,
            };
        if is_over {
            let range = *start..at + text.len();
            let is_empty = *start == at;
            found.extend((!is_empty).then_some(Statement { range, is_item: *is_item }));
            now = None;
        }
    }
    if let (Some((start, _, is_item)), Some((at, text))) = (now, tokens.last()) {
        found.push(Statement { range: start..at + text.len(), is_item });
    }
    found
}

/// What a statement is by the token with this number, which is among its first ones; nothing where
/// that only leads on.
fn begins(tokens: &[Token<'_>], number: usize) -> Option<(End, bool)> {
    let text = tokens[number].1;
    let next = tokens.get(number + 1).map(|(_, text)| *text);
    if number.checked_sub(1).is_some_and(|before| tokens[before].1 == "'") {
        return None;
    }
    Some(match text {
        // Attributes, labels, what stands before `fn` and the like.
        "#" | "[" | "]" | "(" | ")" | "pub" | "'" | ":" => return None,
        "async" | "const" | "unsafe" | "extern" if leads_to_block(next) => return None,
        text if text.starts_with('"') && next == Some("fn") => return None,
        text if text.starts_with('"') && next == Some("{") => (End::Braces, true),
        "fn" | "struct" | "enum" | "union" | "trait" | "impl" | "mod"
            if next.is_some_and(is_name) =>
        {
            (End::Braces, true)
        }
        "impl" | "macro_rules" => (End::Braces, true),
        "use" | "static" | "type" | "const" | "extern" => (End::Semicolon, true),
        "if" | "match" | "for" | "while" | "loop" | "{" => (End::LastBraces, false),
        text if next == Some("!") && text.starts_with(is_word) => (End::LastBraces, false),
        _ => (End::Semicolon, false),
    })
}

/// Whether what follows decides what `const`, `unsafe` and the like begin.
fn leads_to_block(next: Option<&str>) -> bool {
    next.is_some_and(|next| {
        matches!(next, "fn" | "unsafe" | "extern" | "async" | "impl" | "trait" | "mod" | "{")
            || next.starts_with('"')
    })
}

fn is_name(text: &str) -> bool {
    text.starts_with(is_word)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// The statements, items behind a `*`.
    fn cut(code: &str) -> Vec<String> {
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
    #[case("// nothing", &[])]
    #[case("", &[])]
    fn statements_are_told_apart(#[case] code: &str, #[case] expected: &[&str]) {
        assert_eq!(cut(code), expected);
    }

    #[test]
    fn broken_code_is_read_to_its_end() {
        for code in ["}", "{", "fn", "\"", "let x = ", ")) }", "#[", "é {", "pub"] {
            let _ = cut(code);
        }
    }
}
