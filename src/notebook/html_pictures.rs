//! Pictures that markdown cells write as HTML: `<img src="a.png" alt="A">` becomes `![A](a.png)`.

/// Returns the text with pictures in HTML as markdown. Code in fences stays as it is.
pub(super) fn html_pictures_as_markdown(text: String) -> String {
    if !text.contains("<img ") {
        return text;
    }
    let mut fence: Option<&str> = None;
    let mut written = String::new();
    for line in text.split_inclusive('\n') {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        if fence.is_none() && mark.is_none() {
            write_line(line, &mut written);
        } else {
            written.push_str(line);
        }
        fence = match (fence, mark) {
            (None, mark) => mark,
            (open, mark) if open == mark => None,
            (open, _) => open,
        };
    }
    written
}

fn write_line(line: &str, written: &mut String) {
    let mut rest = line;
    while let Some((before, tag)) = rest.split_once("<img ") {
        let end = end_of_tag(tag);
        let picture = end.and_then(|end| markdown_picture(&tag[..end]));
        let (Some(end), Some(picture)) = (end, picture) else { break };
        written.push_str(before);
        written.push_str(&picture);
        rest = &tag[end + 1..];
    }
    written.push_str(rest);
}

/// Returns where the `>` of a tag is, outside of quotes.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    tag.char_indices().find_map(|(at, letter)| {
        match (quote, letter) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
        None
    })
}

/// Returns a picture by the attributes of its tag; none without a source.
fn markdown_picture(attributes: &str) -> Option<String> {
    let source = attribute(attributes, "src").filter(|source| !source.is_empty())?;
    let description = attribute(attributes, "alt").unwrap_or_default().replace(['[', ']'], "");
    let is_plain = !source.contains([' ', '(', ')', '<', '>']);
    let source = if is_plain { source.to_owned() } else { format!("<{source}>") };
    Some(format!("![{description}]({source})"))
}

/// Returns the value of an attribute, in quotes or without.
fn attribute<'t>(attributes: &'t str, name: &str) -> Option<&'t str> {
    let is_start = |at: usize| attributes[..at].chars().next_back().is_none_or(char::is_whitespace);
    let (at, _) = attributes.match_indices(name).find(|(at, _)| is_start(*at))?;
    let value = attributes[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
    let quoted =
        ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.split_once(quote));
    match quoted {
        Some((value, _)) => Some(value),
        None => value.split(' ').next().map(|value| value.trim_end_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::html_pictures_as_markdown;

    fn written(text: &str) -> String {
        html_pictures_as_markdown(text.to_owned())
    }

    #[test]
    fn pictures_become_markdown() {
        assert_eq!(written("a <img src=\"b.png\" width=\"20\"/> c\n"), "a ![](b.png) c\n");
        assert_eq!(written("<img alt='a > b' src='x y.png'>"), "![a > b](<x y.png>)");
        assert_eq!(written("<img src=a.png><img src=b.png >"), "![](a.png)![](b.png)");
        assert_eq!(written("<img src=\"attachment:p.png\">"), "![](attachment:p.png)");
    }

    #[test]
    fn code_and_broken_tags_stay() {
        let code = "```html\n<img src=\"a.png\">\n~~~\n<img src=\"a.png\">\n```\n";
        assert_eq!(written(code), code);
        assert_eq!(written(&format!("{code}<img src=c.png>")), format!("{code}![](c.png)"));
        for text in ["<img src=\"a.png", "<img alt=\"a\">", "<image src=\"a\">"] {
            assert_eq!(written(text), text);
        }
    }
}
