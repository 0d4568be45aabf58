//! The value that a kernel shows, in several media types: which one is shown on the slide, as for the
//! values of Python blocks.

use base64::Engine as _;
use serde_json::{Map, Value};

use crate::run::{DataTable, html_table};

/// Formats of pictures, the best first, and how their data begins.
const PICTURES: [(&str, &[u8]); 4] = [
    ("image/png", b"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", b"\xff\xd8\xff"),
    ("image/gif", b"GIF8"),
    ("image/webp", b"RIFF"),
];

/// The most characters of a text that is a value.
const MAX_TEXT: usize = 100_000;

/// A value as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ShownValue {
    /// Text, which may have colours.
    Text(String),
    /// The content of a picture file.
    Picture(Vec<u8>),
    /// A data table.
    Table(DataTable),
    /// Markdown.
    Markdown(String),
}

/// Returns the best form of a value: `data` of a kernel's message. `None` if it has none that a terminal
/// can show.
pub(super) fn best(data: &Value) -> Option<ShownValue> {
    let forms = data.as_object()?;
    let text = |mime: &str| forms.get(mime).and_then(multiline);
    picture(forms)
        .or_else(|| html_table::data_table(&text("text/html")?).map(ShownValue::Table))
        .or_else(|| text("text/markdown").map(|text| ShownValue::Markdown(cut(text))))
        .or_else(|| text("text/plain").map(|text| ShownValue::Text(cut(text))))
        .or_else(|| text("text/latex").map(|text| ShownValue::Text(cut(text))))
        .or_else(|| text("text/html").map(|html| ShownValue::Text(cut(plain(&html)))))
}

fn picture(forms: &Map<String, Value>) -> Option<ShownValue> {
    let decoded = PICTURES.iter().find_map(|(mime, start)| {
        let text: String = multiline(forms.get(*mime)?)?.split_ascii_whitespace().collect();
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
        bytes.starts_with(start).then_some(bytes)
    });
    let vector = || Some(multiline(forms.get("image/svg+xml")?)?.into_bytes());
    decoded.or_else(vector).map(ShownValue::Picture)
}

/// Returns a text, which may be a list of lines.
fn multiline(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(lines) => lines.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// Cuts a text that is too long.
fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MAX_TEXT) {
        let more = text[end..].chars().count();
        text.truncate(end);
        text = [&text, &*format!("\n… {more} more characters")].concat();
    }
    text
}

/// Returns the text of HTML, without its tags.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        rest = rest[at..].find('>').map_or("", |end| &rest[at + end + 1..]);
    }
    text.push_str(rest);
    html_table::replace_entities(text.trim())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(text: &str) -> ShownValue {
        ShownValue::Text(text.to_owned())
    }

    #[test]
    fn best_form_is_shown() {
        let png = "iVBORw0KGgo=";
        let picture = Some(ShownValue::Picture(b"\x89PNG\r\n\x1a\n".to_vec()));
        assert_eq!(best(&json!({ "text/plain": "p", "image/png": png })), picture);
        assert_eq!(best(&json!({ "image/png": [png, "\n"] })), picture, "lines, as in a notebook");
        let svg = Some(ShownValue::Picture(b"<svg/>".to_vec()));
        assert_eq!(best(&json!({ "text/plain": "p", "image/svg+xml": "<svg/>" })), svg);
        let markdown = Some(ShownValue::Markdown("# m".to_owned()));
        assert_eq!(best(&json!({ "text/plain": "p", "text/markdown": "# m" })), markdown);
        assert_eq!(best(&json!({ "text/plain": "p", "text/html": "<b>h</b>" })), Some(text("p")));
        assert_eq!(best(&json!({ "text/html": "<b>h</b> &lt;" })), Some(text("h <")));
        let html = "<table><tr><td>1</td></tr></table>";
        let shown = best(&json!({ "text/plain": "p", "text/html": html }));
        assert!(matches!(shown, Some(ShownValue::Table(_))), "{shown:?}");
    }

    #[test]
    fn false_pictures_are_not_shown() {
        for data in ["", "no base64!", "aGVsbG8="] {
            assert_eq!(best(&json!({ "text/plain": "p", "image/png": data })), Some(text("p")));
        }
        assert_eq!(best(&json!({ "application/json": {} })), None);
        assert_eq!(best(&json!([])), None);
    }

    #[test]
    fn long_texts_are_cut() {
        let shown = best(&json!({ "text/plain": "é".repeat(MAX_TEXT + 7) }));
        let Some(ShownValue::Text(text)) = shown else { panic!("no text") };
        assert!(text.ends_with("é\n… 7 more characters"));
    }
}
