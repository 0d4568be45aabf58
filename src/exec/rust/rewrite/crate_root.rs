//! The text of a snippet, read as far as needed to know what is code in it; and a snippet as a module
//! for Python, whose lines are those of the deck.

use std::borrow::Cow;
use std::ops::Range;

/// A snippet as a module of this name for Python, of which it is the inside; without a name it is all
/// of it already.
pub(in crate::exec::rust) fn module(code: &str, first_line: u32, name: Option<&str>) -> String {
    let code = &without_crate_name(without_shebang(code));
    let above = first_line.saturating_sub(1) as usize;
    let Some(name) = name else { return "\n".repeat(above) + code };
    let (hoisted, code) = hoist(code, &scan(code).of_crate);
    let head = format!("{hoisted} #[pyo3::pymodule] mod r#{name} {{ use pyo3::prelude::*;");
    let padding = "\n".repeat(above.saturating_sub(1));
    let end_of_head = if above > 0 { "\n" } else { " " };
    format!("{padding}{head}{end_of_head}{code}\n}}\n")
}

/// `#!/usr/bin/env rust-script` counts only at the very start of a file, where it no longer stands.
pub(super) fn without_shebang(code: &str) -> &str {
    let is_shebang = code.starts_with("#!") && !code.starts_with("#![");
    if is_shebang { code.find('\n').map_or("", |end| &code[end..]) } else { code }
}

/// The name in `#![crate_name = "…"]`.
pub(in crate::exec::rust) fn crate_name(code: &str) -> Option<&str> {
    let marks = scan(code);
    let mut names = marks.of_crate.iter().filter_map(|range| named(&code[range.clone()]));
    names.next().filter(|name| !name.is_empty() && name.chars().all(is_word))
}

/// The name that an attribute gives to the crate.
fn named(attribute: &str) -> Option<&str> {
    let inside = attribute.strip_prefix("#![")?.strip_suffix(']')?.trim();
    let value = inside.strip_prefix("crate_name")?.trim_start().strip_prefix('=')?;
    value.trim().strip_prefix('"')?.strip_suffix('"')
}

/// The code without `#![crate_name = "…"]`: a module has its name already.
fn without_crate_name(code: &str) -> Cow<'_, str> {
    let is_name = |range: &Range<usize>| named(&code[range.clone()]).is_some();
    match scan(code).of_crate.into_iter().find(is_name) {
        Some(range) => Cow::Owned(hoist(code, &[range]).1),
        None => Cow::Borrowed(code),
    }
}

/// The crate's attributes, and the code with blanks in their place, for they must stand first, and
/// in the place of its documentation, which a function cannot hold.
pub(super) fn hoist(code: &str, of_crate: &[Range<usize>]) -> (String, String) {
    let mut hoisted = String::new();
    let mut rest = String::new();
    let mut from = 0;
    for range in of_crate {
        let taken = &code[range.clone()];
        if !is_comment(taken) {
            hoisted += &in_one_line(taken);
        }
        rest.push_str(&code[from..range.start]);
        rest.extend(taken.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        from = range.end;
    }
    rest.push_str(&code[from..]);
    (hoisted, rest)
}

/// Code without line feeds and comments, and a blank behind it.
fn in_one_line(code: &str) -> String {
    let (mut line, mut at) = (String::new(), 0);
    while at < code.len() {
        let text = &code[at..at + token(&code[at..])];
        if !is_comment(text) {
            line += &text.replace('\n', " ");
        }
        at += text.len();
    }
    line + " "
}

/// What was found outside comments, strings and braces.
#[derive(Default)]
pub(super) struct Marks {
    /// Whether there is a function `main`.
    pub(super) has_main: bool,
    /// Where `#![…]` and `//! …` stand.
    pub(super) of_crate: Vec<Range<usize>>,
}

/// Reads the code as far as needed to know what is code in it.
pub(super) fn scan(code: &str) -> Marks {
    let mut marks = Marks::default();
    let mut depth = 0_usize;
    let mut last_word = "";
    let mut at = 0;
    while at < code.len() {
        let rest = &code[at..];
        let length = token(rest);
        let text = &rest[..length];
        match text {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            "main" if depth == 0 && last_word == "fn" => marks.has_main = true,
            "#" if depth == 0 && rest.starts_with("#![") => {
                let end = at + attribute(rest);
                marks.of_crate.push(at..end);
                at = end;
                continue;
            }
            _ if depth == 0 && (text.starts_with("//!") || text.starts_with("/*!")) => {
                marks.of_crate.push(at..at + length);
            }
            _ => {}
        }
        if !text.trim().is_empty() && !is_comment(text) {
            last_word = text;
        }
        at += length;
    }
    marks
}

pub(super) fn is_comment(text: &str) -> bool {
    text.starts_with("//") || text.starts_with("/*")
}

/// The length of the `#![…]` that a text starts with.
fn attribute(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let length = token(&text[at..]);
        match &text[at..at + length] {
            "[" => depth += 1,
            "]" if depth == 1 => return at + length,
            "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += length;
    }
    text.len()
}

/// The length of the first token, comment or run of blanks; at least one character.
pub(super) fn token(text: &str) -> usize {
    let Some(first) = text.chars().next() else { return 0 };
    let word = |text: &str| text.find(|c: char| !is_word(c)).unwrap_or(text.len());
    match first {
        '/' if text.starts_with("//") => text.find('\n').unwrap_or(text.len()),
        '/' if text.starts_with("/*") => block_comment(text),
        '"' => string(text),
        '\'' => quote(text),
        _ if is_word(first) => {
            let length = word(text);
            let (prefix, rest) = text.split_at(length);
            match prefix {
                "r" | "br" | "cr" => length + raw_string(rest).unwrap_or(0),
                "b" | "c" if rest.starts_with('"') => length + string(rest),
                "b" if rest.starts_with('\'') => length + quote(rest),
                _ => length,
            }
        }
        _ if first.is_whitespace() => text.find(|c: char| !c.is_whitespace()).unwrap_or(text.len()),
        _ => first.len_utf8(),
    }
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of the `"…"` that a text starts with.
fn string(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of the `#"…"#` that a text starts with; nothing for `r#name`.
fn raw_string(text: &str) -> Option<usize> {
    let hashes = text.find(|c| c != '#')?;
    let opening = text[hashes..].strip_prefix('"')?;
    let closing = format!("\"{}", &text[..hashes]);
    let end = opening.find(&closing).map_or(opening.len(), |at| at + closing.len());
    Some(hashes + 1 + end)
}

/// The length of the character that a text starts with; of its quote alone for a lifetime.
fn quote(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    match characters.next() {
        Some((_, '\\')) => {
            let end = characters.skip(1).find(|(_, c)| *c == '\'');
            end.map_or(text.len(), |(at, _)| at + 1)
        }
        Some(_) => match characters.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_main(code: &str) -> bool {
        scan(code).has_main
    }

    #[test]
    fn a_main_is_seen_only_where_it_is_one() {
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
    fn a_module_has_its_code_inside_and_on_its_lines() {
        let wrapped = module("//! Says é.\n#![allow(x)]\nfn f() {}", 3, Some("fast"));
        let lines: Vec<_> = wrapped.lines().collect();
        assert_eq!(lines[0], "");
        assert!(
            lines[1].contains("#![allow(x)]") && lines[1].contains("mod r#fast {"),
            "{wrapped}"
        );
        assert_eq!((lines[2].trim(), lines[4], lines[5]), ("", "fn f() {}", "}"));
        assert_eq!(module("#[pymodule]\nmod m {}", 3, None), "\n\n#[pymodule]\nmod m {}");
    }

    #[test]
    fn a_name_of_the_crate_is_read_and_not_given_to_a_module() {
        let code =
            "// #![crate_name = \"no\"]\n#![allow(x)]\n#![ crate_name=\"shapes\" ]\nfn f() {}";
        assert_eq!(crate_name(code), Some("shapes"));
        assert_eq!(crate_name("#![crate_name = \"a b\"]"), None);
        assert_eq!(crate_name("#![crate_names = \"a\"]"), None);
        let wrapped = module(code, 1, Some("fast"));
        assert!(!wrapped.contains("shapes") && wrapped.contains("#![allow(x)]"), "{wrapped}");
        assert!(!module(code, 1, None).contains("shapes"));
    }
}
