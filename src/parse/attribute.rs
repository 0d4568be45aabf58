//! Parses one attribute of a fence: `+name`, `+name:value`, and `+name:"a value with spaces"`, in
//! which `\"` is a quotation mark.

use std::borrow::Cow;

use super::sanitize::excerpt;

/// A message and a hint.
pub(super) type AttributeError = (String, String);

/// Returns the length of the attribute at the start of `text`: up to white space outside quotes.
pub(super) fn length(text: &str) -> usize {
    let word = text.find(char::is_whitespace).unwrap_or(text.len());
    let Some(value) = text[..word].find(':').map(|colon| colon + 1) else { return word };
    if !text[value..].starts_with('"') {
        return word;
    }
    let Some(end) = closing(&text[value..]) else { return text.len() };
    let after = value + end + 1;
    after + text[after..].find(char::is_whitespace).unwrap_or(text.len() - after)
}

/// Returns the name and the value of an attribute, without its `+`.
///
/// # Errors
/// The quotation marks around the value are unbalanced.
pub(super) fn parts(token: &str) -> Result<(&str, Option<Cow<'_, str>>), AttributeError> {
    let Some((name, value)) = token.split_once(':') else { return Ok((token, None)) };
    if !value.starts_with('"') {
        return Ok((name, Some(Cow::Borrowed(value))));
    }
    let refusal =
        |what: &str, hint: &str| Err((format!("`+{}` {what}", excerpt(token)), hint.to_owned()));
    match closing(value) {
        None => refusal("is never closed", "end the value with `\"`"),
        Some(end) if end + 1 < value.len() => refusal(
            "has text after its closing quotation mark",
            "put a space after the quotation mark",
        ),
        Some(end) => Ok((name, Some(unquoted(&value[1..end])))),
    }
}

/// Returns the offset of the quotation mark that closes the one at the start.
fn closing(quoted: &str) -> Option<usize> {
    let mut is_escaped = false;
    quoted.char_indices().skip(1).find_map(|(at, c)| {
        let closes = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        closes.then_some(at)
    })
}

/// Unescapes a quoted value. Only `\"` is an escape: all other backslashes belong to the value, as
/// in regular expressions.
fn unquoted(inside: &str) -> Cow<'_, str> {
    if !inside.contains("\\\"") {
        return Cow::Borrowed(inside);
    }
    let mut text = String::with_capacity(inside.len());
    let mut characters = inside.chars();
    while let Some(c) = characters.next() {
        match (c, characters.clone().next()) {
            ('\\', Some('"')) => {}
            ('\\', Some(next)) => {
                text.extend([c, next]);
                characters.next();
            }
            _ => text.push(c),
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("exec", "exec", None)]
    #[case("exec:uv", "exec", Some("uv"))]
    #[case("env:", "env", Some(""))]
    #[case("pty:standby:80:24", "pty", Some("standby:80:24"))]
    #[case(r#"mask:"a b""#, "mask", Some("a b"))]
    #[case(r#"mask:"""#, "mask", Some(""))]
    #[case(r#"mask:"say \"hi\"""#, "mask", Some(r#"say "hi""#))]
    #[case(r#"mask:"\d+ \\""#, "mask", Some(r"\d+ \\"))]
    #[case(r#"mask:"\\\"é""#, "mask", Some(r#"\\"é"#))]
    #[case(r#"mask:a"b"#, "mask", Some(r#"a"b"#))]
    fn values_may_be_quoted(#[case] token: &str, #[case] name: &str, #[case] value: Option<&str>) {
        assert_eq!(parts(token), Ok((name, value.map(Cow::Borrowed))));
        let text = format!("{token} {{1}} +exec");
        assert_eq!(length(&text), token.len(), "{text}");
    }

    #[rstest]
    #[case(r#"mask:"a b"#, "`+mask:\"a b` is never closed")]
    #[case(r#"mask:"a\""#, "`+mask:\"a\\\"` is never closed")]
    #[case(r#"mask:"a"b"#, "`+mask:\"a\"b` has text after its closing quotation mark")]
    fn unbalanced_quotation_marks_are_errors(#[case] token: &str, #[case] why: &str) {
        assert_eq!(parts(token).map_err(|(why, _)| why), Err(why.to_owned()));
        assert_eq!(length(token), token.len());
    }
}
