//! The text of HTML by which kernels, and the notebooks that keep their output, show values, and what stands in
//! place of formats that a terminal cannot show.

/// Returns the text of HTML in lines, without tags, scripts and styles.
pub fn text_of(html: &str) -> String {
    const BREAKS: [&str; 10] = ["br", "p", "div", "li", "tr", "h1", "h2", "h3", "pre", "dt"];
    const UNREAD: [&str; 3] = ["script", "style", "template"];
    let mut text = String::new();
    let mut unread: Option<String> = None;
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        if unread.is_none() {
            text.push_str(&rest[..at]);
        }
        let tag = &rest[at + 1..];
        let end = tag.find('>').unwrap_or(tag.len());
        let name = tag[..end].trim_start_matches('/');
        let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        let is_end = tag.starts_with('/');
        match &unread {
            Some(open) if is_end && *open == name => unread = None,
            None if !is_end && UNREAD.contains(&&*name) => unread = Some(name),
            None if BREAKS.contains(&&*name) => text.push('\n'),
            _ => {}
        }
        rest = tag.get(end + 1..).unwrap_or("");
    }
    if unread.is_none() {
        text.push_str(rest);
    }
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    replace_entities(&lines.join("\n"))
}

/// Returns what is shown in place of HTML without text: nothing if it shows nothing in a browser either.
pub fn without_text(html: &str) -> Option<String> {
    let shows = ["<div", "<iframe", "<canvas", "<svg", "<img", "<video", "<object", "<embed"];
    shows.iter().any(|tag| html.contains(tag)).then(|| not_for_terminals("text/html")).flatten()
}

/// Returns what is shown in place of a format: nothing for scripts, by which libraries prepare notebooks.
pub fn not_for_terminals(format: &str) -> Option<String> {
    let is_script = format.contains("javascript") || format.contains("_load.");
    (!is_script).then(|| format!("[{format}: not for terminals]"))
}

/// Returns whether a value's plain text only names its type, as that of `IPython`'s HTML does.
pub fn is_type_only(plain: &str) -> bool {
    let plain = plain.trim();
    plain.is_empty() || plain.starts_with("<IPython.core.display.") && plain.ends_with(" object>")
}

/// Replaces the entities of an HTML text that kernels write.
pub(super) fn replace_entities(text: &str) -> String {
    const ENTITIES: [(&str, &str); 6] =
        [("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'"), ("nbsp", " ")];
    let mut replaced = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        replaced.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(10).position(|byte| byte == b';');
        let name = end.map(|end| &rest[1..end]).unwrap_or_default();
        let number =
            name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
                Some(number) => u32::from_str_radix(number, 16).ok(),
                None => number.parse().ok(),
            });
        let known = ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
        let character = number.and_then(char::from_u32).filter(|c| !c.is_control());
        match (known, character) {
            (Some(text), _) => replaced.push_str(text),
            (None, Some(character)) => replaced.push(character),
            (None, None) => {
                replaced.push('&');
                rest = &rest[1..];
                continue;
            }
        }
        rest = &rest[end.map_or(1, |end| end + 1)..];
    }
    replaced + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_html_has_no_scripts() {
        let html = "<style>b {}</style><div>a <b>bold</b>\n word<br>two</div>\n\n\
                    <script type='x'>if (a < b) { '<p>' }</script><p>&lt;3</p>";
        assert_eq!(text_of(html), "a bold\nword\ntwo\n<3");
        assert_eq!(text_of("<div><script>Plotly.newPlot()"), "");
        assert!(is_type_only("<IPython.core.display.HTML object>\n") && is_type_only(""));
        assert!(!is_type_only("<Figure size 600x400 with 1 Axes>"));
    }

    #[test]
    fn entities_are_replaced_once() {
        assert_eq!(
            replace_entities("&amp;lt; &#233;&#xE9; &nope; & &#0;&"),
            "&lt; éé &nope; & &#0;&"
        );
    }
}
