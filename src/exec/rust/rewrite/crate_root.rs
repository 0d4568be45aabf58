//! What is at the root of a block: its `main`, the attributes of the whole crate, and the shebang.

use std::borrow::Cow;
use std::ops::Range;

use ra_ap_rustc_lexer::strip_shebang;

use super::lexer::{Token, lex, texts, tokens};

/// What some code has outside all braces.
#[derive(Default)]
pub(super) struct RootItems {
    /// Whether it has a function `main`.
    pub(super) has_main: bool,
    /// Where its `#![…]` and `//! …` are.
    pub(super) inner_attributes: Vec<Range<usize>>,
}

/// Finds what is outside all braces.
pub(super) fn scan(code: &str) -> RootItems {
    let mut root = RootItems::default();
    let tokens: Vec<_> = lex(code).filter(|it| !it.text.trim().is_empty()).collect();
    let (mut at, mut depth, mut previous) = (0, 0_usize, "");
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token.text {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            "main" if previous == "fn" => root.has_main = true,
            "#" if matches!(&tokens[at..], [bang, bracket, ..] if bang.text == "!" && bracket.text == "[") =>
            {
                at += attribute_len(&tokens[at..]);
                root.inner_attributes.push(token.start..tokens[at - 1].end());
                continue;
            }
            _ if token.is_inner_doc() => root.inner_attributes.push(token.range()),
            _ => {}
        }
        if !token.is_comment() {
            previous = token.text;
        }
    }
    root
}

/// Returns the number of tokens up to the end of the attribute whose `#` is before them.
fn attribute_len(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0_usize;
    let end = tokens.iter().position(|token| {
        match token.text {
            "[" => depth += 1,
            "]" => depth = depth.saturating_sub(1),
            _ => return false,
        }
        depth == 0
    });
    end.map_or(tokens.len(), |end| end + 1)
}

/// Removes `#!/usr/bin/env rust-script`, which is valid only at the very start of a file. Keeps its
/// line feed.
pub(super) fn without_shebang(code: &str) -> &str {
    strip_shebang(code).map_or(code, |length| &code[length..])
}

/// Returns the name in `#![crate_name = "…"]`.
pub(in crate::exec::rust) fn crate_name(code: &str) -> Option<&str> {
    let attributes = scan(code).inner_attributes;
    let mut names = attributes.into_iter().filter_map(|range| name_in(&code[range]));
    names
        .next()
        .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'))
}

/// Returns the name that an attribute gives to the crate.
fn name_in(attribute: &str) -> Option<&str> {
    match texts(&tokens(attribute))[..] {
        ["#", "!", "[", "crate_name", "=", name, "]"] => name.strip_prefix('"')?.strip_suffix('"'),
        _ => None,
    }
}

/// Removes `#![crate_name = "…"]`.
pub(super) fn without_crate_name(code: &str) -> Cow<'_, str> {
    let names_crate = |range: &Range<usize>| name_in(&code[range.clone()]).is_some();
    match scan(code).inner_attributes.into_iter().find(names_crate) {
        Some(range) => Cow::Owned(hoist(code, &[range]).1),
        None => Cow::Borrowed(code),
    }
}

/// Takes these attributes out of the code: returns them on one line, and the code with spaces in
/// their place. Documentation is dropped, because a function cannot hold it.
pub(super) fn hoist(code: &str, attributes: &[Range<usize>]) -> (String, String) {
    let (mut hoisted, mut rest, mut from) = (String::new(), String::new(), 0);
    for range in attributes {
        let attribute = &code[range.clone()];
        if !lex(attribute).next().is_some_and(|it| it.is_comment()) {
            hoisted += &on_one_line(attribute);
        }
        rest.push_str(&code[from..range.start]);
        rest.extend(attribute.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        from = range.end;
    }
    rest.push_str(&code[from..]);
    (hoisted, rest)
}

/// Splits code behind the last of the `#![…]` that are before everything else: those stay on their lines.
pub(super) fn split_attributes(code: &str) -> (&str, &str) {
    let (mut at, mut end) = (0, 0);
    for range in scan(code).inner_attributes {
        if !tokens(&code[at..range.start]).is_empty() {
            break;
        }
        at = range.end;
        if code[range.clone()].starts_with('#') {
            end = range.end;
        }
    }
    code.split_at(end)
}

/// Puts added code between the attributes of the crate and the rest of a block, whose first line is below
/// `above` others: on the line above the block, its fence, if there are no attributes.
pub(super) fn with_head(above: usize, attributes: &str, head: &str, rest: &str) -> String {
    if !attributes.is_empty() {
        let first = tokens(rest).first().map_or(rest.len(), |token| token.start);
        let (gap, rest) = rest.split_at(first);
        return "\n".repeat(above) + attributes + &insert_line(gap, head.trim()) + rest;
    }
    let padding = "\n".repeat(above.saturating_sub(1));
    let end_of_head = if above > 0 { "\n" } else { " " };
    format!("{padding}{head}{end_of_head}{rest}")
}

/// Inserts text into white space and comments: on an empty line, where the compiler does not show it
/// with one of the author's, else before them.
pub(super) fn insert_line(gap: &str, text: &str) -> String {
    if text.is_empty() {
        return gap.to_owned();
    }
    let lines: Vec<_> = gap.split('\n').collect();
    let inner = 1..lines.len().saturating_sub(1);
    let empty = inner.into_iter().find(|&at| lines[at].trim().is_empty());
    match empty.filter(|_| !gap.contains("/*")) {
        Some(at) => [&lines[..at], &[text], &lines[at + 1..]].concat().join("\n"),
        None => format!(" {text}{gap}"),
    }
}

/// Returns code without line feeds and comments, and a space behind it.
fn on_one_line(code: &str) -> String {
    let tokens = lex(code).filter(|it| !it.is_comment());
    let line: String = tokens.map(|it| it.text.replace('\n', " ")).collect();
    line + " "
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_main(code: &str) -> bool {
        scan(code).has_main
    }

    #[test]
    fn main_is_found_only_at_the_root() {
        assert!(has_main("pub(crate) async fn\n/* the */ main () {}"));
        assert!(has_main("const Q: char = '\"'; const B: &[u8] = b\"{\"; fn main() {}"));
        assert!(has_main("fn f<'a>(x: &'a str) -> char { '{' }\nfn main() {}"));
        assert!(has_main("const E: char = '\\''; const U: char = '\\u{7b}'; fn main() {}"));
        assert!(has_main("const R: &str = r#\"\" { \"#; let r#fn = 1; fn main() {}"));
        assert!(!has_main("// fn main() {}\n/* /* */ fn main() {} */"));
        assert!(!has_main("let text = \"\\\" fn main() {}\";"));
        assert!(!has_main("mod program { fn main() {} }"));
        assert!(!has_main("fn mainly() {} let main = 1;"));
    }

    #[test]
    fn leading_attributes_stay_on_their_lines() {
        let (attributes, rest) = split_attributes("//! É.\n#![allow(x)]\n\nlet x = 1;");
        assert_eq!((attributes, rest), ("//! É.\n#![allow(x)]", "\n\nlet x = 1;"));
        assert_eq!(
            with_head(2, attributes, "fn f() {", rest),
            format!("\n\n{attributes}\nfn f() {{\nlet x = 1;")
        );
        assert_eq!(with_head(0, "#![a]", "H", " // b\nc"), "#![a] H // b\nc");
        // Documentation alone is no reason: it would swallow the added code.
        for code in ["//! Doc\nf();", "f();\n#![allow(x)]", "", "/* #![a] */ f()"] {
            assert_eq!(split_attributes(code), ("", code));
        }
        assert_eq!(with_head(2, "", "H", "f();"), "\nH\nf();");
    }

    #[test]
    fn crate_name_is_read() {
        let code =
            "// #![crate_name = \"no\"]\n#![allow(x)]\n#![ crate_name=\"shapes\" ]\nfn f() {}";
        assert_eq!(crate_name(code), Some("shapes"));
        assert_eq!(crate_name("#![crate_name = \"a b\"]"), None);
        assert_eq!(crate_name("#![crate_names = \"a\"]"), None);
    }
}
