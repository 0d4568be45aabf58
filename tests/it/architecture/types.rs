//! Types: their names are unique in the crate, and structs have few fields.

use std::collections::BTreeMap;

use super::source::source_files;

/// Limit of a struct's fields. One with more does more than one thing.
const MAX_FIELDS: usize = 12;

/// Structs with more fields, and why.
const LARGE_STRUCTS: &[(&str, &str)] = &[
    ("cli::args::Args", "one field for each argument"),
    ("cli::args::ExportArgs", "one field for each argument"),
    ("control::message::TalkState", "one field for each part of the message"),
    ("deck::Options", "one field for each option of a deck"),
    ("deck::cell::ExecSpec", "one field for each attribute that says how a cell runs"),
    ("exec::Executor", "one field for each engine, and for what they share"),
    ("exec::os::spawn::SpawnCommand", "one field for each property of a process"),
    ("layout::inputs::Inputs", "one field for each input of the layout"),
    ("parse::fence::FenceInfo", "one field for each attribute of a fence"),
    ("project::options::LoadOptions", "one field for each setting of a load"),
    ("present::settings::Settings", "one field for each setting"),
    ("theme::Theme", "one field for each style of a theme"),
    ("theme::raw::RawTheme", "one field for each key of a theme"),
];

/// Names that several types have, to be made unique.
const DUPLICATE_NAMES: &[&str] = &[];

#[test]
fn structs_have_few_fields() {
    let mut large = Vec::new();
    for file in source_files() {
        for (name, fields) in structs(&file.code) {
            if fields > MAX_FIELDS {
                large.push((format!("{}::{name}", file.module.join("::")), fields));
            }
        }
    }
    let is_known = |name: &str| LARGE_STRUCTS.iter().any(|(known, _)| *known == name);
    let new: Vec<_> = large.iter().filter(|(name, _)| !is_known(name)).collect();
    assert!(new.is_empty(), "over {MAX_FIELDS} fields: {new:?}");
    for (known, reason) in LARGE_STRUCTS {
        assert!(!reason.is_empty());
        let is_large = large.iter().any(|(name, _)| name == known);
        assert!(is_large, "no longer large, remove from `LARGE_STRUCTS`: {known}");
    }
}

#[test]
fn type_names_are_unique() {
    let mut places = BTreeMap::<String, Vec<String>>::new();
    for file in source_files() {
        for name in types(&file.code) {
            places.entry(name).or_default().push(file.name.clone());
        }
    }
    places.retain(|_, places| places.len() > 1);
    let is_known = |name: &String| DUPLICATE_NAMES.contains(&name.as_str());
    let new: Vec<_> = places.iter().filter(|(name, _)| !is_known(name)).collect();
    assert!(new.is_empty(), "names of several types: {new:#?}");
    let gone: Vec<_> = DUPLICATE_NAMES.iter().filter(|name| !places.contains_key(**name)).collect();
    assert!(gone.is_empty(), "unique now, remove from `DUPLICATE_NAMES`: {gone:?}");
}

/// Returns the names of the structs, enums, traits and type aliases; not of associated types.
fn types(code: &str) -> Vec<String> {
    let mut depth = 0;
    let mut names = Vec::new();
    for line in code.lines() {
        let mut words = line.split_whitespace().filter(|word| *word != "pub");
        let keyword = words.next().unwrap_or_default();
        let is_type =
            ["struct", "enum", "trait"].contains(&keyword) || keyword == "type" && depth == 0;
        if let Some(name) = words.next().filter(|_| is_type) {
            let is_name = |c: &char| c.is_alphanumeric() || *c == '_';
            names.push(name.chars().take_while(is_name).collect());
        }
        depth += line.matches('{').count();
        depth = depth.saturating_sub(line.matches('}').count());
    }
    names
}

/// Returns each struct with named fields, and their number.
fn structs(code: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices("struct ") {
        let rest = &code[start + "struct ".len()..];
        let (Some(open), end) = (rest.find('{'), rest.find([';', '('])) else { continue };
        if end.is_some_and(|end| end < open) {
            continue;
        }
        let name = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        found.push((name, fields(&rest[open + 1..])));
    }
    found
}

/// Counts the fields up to the closing brace.
fn fields(body: &str) -> usize {
    let (mut depth, mut fields) = (0_usize, 0);
    let mut previous = ' ';
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '}' if depth == 0 => break,
            '{' | '(' | '[' | '<' => depth += 1,
            '>' if previous == '-' => {}
            '}' | ')' | ']' | '>' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && previous != ':' && chars.peek() != Some(&':') => fields += 1,
            _ => {}
        }
        previous = c;
    }
    fields
}

#[test]
fn types_and_fields_are_found() {
    let code = "pub struct A<T> { pub b: Vec<u8>, c: fn(x::Y) -> Z, #[d(e)] f: [u8; 2] }\n\
                struct G(u8);\npub enum H {}\nimpl I for G {\n    type J = u8;\n}\ntype K = u8;\n";
    assert_eq!(types(code), ["A", "G", "H", "K"]);
    assert_eq!(structs(code), [("A".to_owned(), 3)]);
}
