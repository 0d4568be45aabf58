//! Parses template footers: replaces variables, then parses the result as one line of markdown.

use super::line;
use super::sanitize::{clean, excerpt};
use crate::deck::{FooterCounter, Inline, Meta, TextStyle};
use crate::diag;

/// Placeholders for the counters while the line is parsed: two code points that Unicode guarantees
/// never to assign.
const CURRENT: char = '\u{fdd0}';
const TOTAL: char = '\u{fdd1}';

/// The placeholder for an address that does not exist.
const NO_ADDRESS: char = '\u{fdd2}';

/// The variables of a template.
const VARIABLES: [&str; 9] = [
    "current_slide",
    "total_slides",
    "author",
    "title",
    "sub_title",
    "event",
    "location",
    "date",
    "serve_url",
];

/// Parses one part of a template footer, with the values of `meta` and the audience's address. A talk that is not
/// served has none, and the part is empty there.
///
/// # Errors
/// An unknown or unset variable, or an unbalanced brace.
pub fn footer(template: &str, meta: &Meta, serve_url: Option<&str>) -> Result<Vec<Inline>, String> {
    let filled = fill(template, meta, serve_url)?;
    // Without its address, a text about it has no meaning.
    if filled.contains(NO_ADDRESS) {
        return Ok(Vec::new());
    }
    Ok(line::line(&filled).into_iter().flat_map(counters).collect())
}

/// Replaces the variables of a template; `{{` and `}}` are braces.
fn fill(template: &str, meta: &Meta, serve_url: Option<&str>) -> Result<String, String> {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        filled.push_str(&clean(&rest[..at]).replace([CURRENT, TOTAL, NO_ADDRESS], ""));
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            filled.push_str(brace);
            rest = after;
        } else if brace == "}" {
            return Err("unmatched `}`; write `}}` for a brace".to_owned());
        } else {
            let Some((name, after)) = rest.split_once('}') else {
                return Err("unmatched `{`; write `{{` for a brace".to_owned());
            };
            filled.push_str(&value(name.trim(), meta, serve_url)?);
            rest = after;
        }
    }
    filled.push_str(&clean(rest).replace([CURRENT, TOTAL, NO_ADDRESS], ""));
    Ok(filled)
}

fn value(name: &str, meta: &Meta, serve_url: Option<&str>) -> Result<String, String> {
    let value = match name {
        "current_slide" => return Ok(CURRENT.into()),
        "total_slides" => return Ok(TOTAL.into()),
        "serve_url" => return Ok(serve_url.map_or_else(|| NO_ADDRESS.into(), str::to_owned)),
        "author" => &meta.author,
        "title" => &meta.title_source,
        "sub_title" => &meta.sub_title_source,
        "event" => &meta.event,
        "location" => &meta.location,
        "date" => &meta.date,
        _ => return Err(unknown(name)),
    };
    match value.as_deref().map(|value| value.trim_end_matches('\n')) {
        None => Err(format!("`{{{name}}}` has no value: the front matter has no `{name}`")),
        Some(value) if value.contains('\n') => {
            Err(format!("`{{{name}}}` has several lines, but a footer has one"))
        }
        Some(value) => Ok(value.replace([CURRENT, TOTAL, NO_ADDRESS], "")),
    }
}

fn unknown(name: &str) -> String {
    let meant = diag::closest(name, VARIABLES);
    let name = excerpt(name);
    match meant {
        Some(meant) => format!("unknown variable `{{{name}}}`; did you mean `{{{meant}}}`?"),
        None => format!("unknown variable `{{{name}}}`; write `{{{{` for a brace"),
    }
}

/// Splits a text at the counters' placeholders.
fn counters(inline: Inline) -> Vec<Inline> {
    let Inline::Text(text, style) = inline else { return vec![inline] };
    if !text.contains([CURRENT, TOTAL]) {
        return vec![Inline::Text(text, style)];
    }
    let mut inlines = Vec::new();
    for part in text.split_inclusive([CURRENT, TOTAL]) {
        let (words, variable) = match part.strip_suffix(CURRENT) {
            Some(words) => (words, Some(FooterCounter::CurrentSlide)),
            None => match part.strip_suffix(TOTAL) {
                Some(words) => (words, Some(FooterCounter::TotalSlides)),
                None => (part, None),
            },
        };
        if !words.is_empty() {
            inlines.push(Inline::Text(words.into(), TextStyle::clone(&style)));
        }
        inlines.extend(variable.map(|variable| Inline::Counter(variable, style.clone())));
    }
    inlines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tests::deck_text;

    fn meta() -> Meta {
        let title_source = Some("A **bold** talk".to_owned());
        Meta { title_source, author: Some("Ann".to_owned()), ..Meta::default() }
    }

    fn parsed(template: &str) -> Result<String, String> {
        footer(template, &meta(), Some("http://127.0.0.1:1/"))
            .map(|inlines| deck_text::text(&inlines))
    }

    #[test]
    fn variables_are_replaced_before_markdown() {
        assert_eq!(parsed("{author}: _{title}_").unwrap(), "Ann: {i:A }{bi:bold}{i: talk}");
        assert_eq!(
            parsed(" {current_slide} / {total_slides} ").unwrap(),
            " <CurrentSlide> / <TotalSlides> "
        );
        assert_eq!(parsed("**{current_slide}**").unwrap(), "<CurrentSlide>");
        assert_eq!(parsed("").unwrap(), "");
    }

    #[test]
    fn address_is_that_of_a_served_talk() {
        assert!(parsed("at {serve_url}").unwrap().contains("http://127.0.0.1:1/"));
        assert_eq!(footer("at {serve_url}", &meta(), None), Ok(Vec::new()));
        assert_eq!(
            parsed("{serve_ur}").unwrap_err(),
            "unknown variable `{serve_ur}`; did you mean `{serve_url}`?"
        );
    }

    #[test]
    fn block_markers_are_text_in_footers() {
        for text in ["# a", "- a", "1. a", "> a", "---", "_a_ b"] {
            let expected = text.replace("_a_", "{i:a}");
            assert_eq!(parsed(text).unwrap(), expected);
        }
    }

    #[test]
    fn doubled_braces_are_braces() {
        assert_eq!(parsed("{{x}} {author}").unwrap(), "{x} Ann");
        assert_eq!(parsed("a } b").unwrap_err(), "unmatched `}`; write `}}` for a brace");
        assert_eq!(parsed("a {author").unwrap_err(), "unmatched `{`; write `{{` for a brace");
    }

    #[test]
    fn f179_a_variable_must_be_known_and_set() {
        assert_eq!(
            parsed("{date}").unwrap_err(),
            "`{date}` has no value: the front matter has no `date`"
        );
        assert_eq!(
            parsed("{autor}").unwrap_err(),
            "unknown variable `{autor}`; did you mean `{author}`?"
        );
    }

    #[test]
    fn multi_line_value_is_an_error_in_a_footer() {
        let meta = Meta { title_source: Some("a\nb".to_owned()), ..Meta::default() };
        assert_eq!(
            footer("{title}", &meta, None).unwrap_err(),
            "`{title}` has several lines, but a footer has one"
        );
    }
}
