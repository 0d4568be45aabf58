//! The value that a kernel shows, in several media types: which one is shown on the slide, as for the
//! values of Python blocks.

use base64::Engine as _;
use serde_json::{Map, Value};

use crate::run::{DataTable, html_table, html_text, latex};

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
    /// A formula in LaTeX, and the same as text.
    Formula(String, String),
}

/// Returns the best form of a value: `data` of a kernel's message. `None` if it has none that a terminal
/// can show.
pub(super) fn best(data: &Value) -> Option<ShownValue> {
    let forms = data.as_object()?;
    let text = |mime: &str| forms.get(mime).and_then(multiline);
    // R describes values in all formats: in Markdown, a vector is a list with a row for each element.
    let is_described =
        ["text/plain", "text/html", "text/latex"].iter().all(|it| forms.contains_key(*it));
    let is_html = forms.contains_key("text/html");
    let formula = text("text/latex").and_then(|latex| latex::formula(&latex));
    formula
        .map(|latex| ShownValue::Formula(latex, text("text/plain").unwrap_or_default()))
        .or_else(|| picture(forms))
        .or_else(|| html_table::data_table(&text("text/html")?).map(ShownValue::Table))
        .or_else(|| {
            text("text/markdown")
                .filter(|_| !is_described)
                .map(|text| ShownValue::Markdown(cut(text)))
        })
        .or_else(|| {
            let plain = text("text/plain").filter(|it| !is_html || !html_text::is_type_only(it));
            plain.map(|text| ShownValue::Text(cut(text)))
        })
        .or_else(|| text("text/latex").map(|text| ShownValue::Text(cut(text))))
        .or_else(|| {
            let html = text("text/html")?;
            let text = Some(html_text::text_of(&html)).filter(|text| !text.is_empty());
            let text = text.or_else(|| html_text::without_text(&html))?;
            Some(ShownValue::Text(cut(text)))
        })
        .or_else(|| {
            let format = forms.keys().find(|it| *it != "text/html")?;
            html_text::not_for_terminals(format).map(ShownValue::Text)
        })
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

/// Returns a page, such as one of the documentation: `data` of a payload. It is made for a pager.
pub(super) fn page(data: &Value) -> Option<ShownValue> {
    let text = data.get("text/plain").and_then(multiline);
    text.map(|text| ShownValue::Text(cut(text))).or_else(|| best(data))
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
    fn value_of_r_is_shown_as_its_console_does() {
        let vector = json!({
            "text/plain": "[1] 1 2", "text/html": "<ol class=list-inline><li>1</li><li>2</li></ol>",
            "text/markdown": "1. 1\n2. 2\n", "text/latex": "\\begin{enumerate*}\n\\item 1\n",
        });
        assert_eq!(best(&vector), Some(text("[1] 1 2")));
        let html = "<table class=\"dataframe\"><caption>A data.frame: 1 × 1</caption><thead>\
                    <tr><th></th><th scope=col>mpg</th></tr>\
                    <tr><th></th><th scope=col>&lt;dbl&gt;</th></tr></thead>\
                    <tbody><tr><th scope=row>Mazda RX4</th><td>21</td></tr></tbody></table>";
        let frame = json!({
            "text/plain": "          mpg\nMazda RX4 21 ", "text/html": html,
            "text/markdown": "| <!--/--> | mpg |", "text/latex": "\\begin{tabular}{r|l}",
        });
        let Some(ShownValue::Table(table)) = best(&frame) else { panic!("no table") };
        assert_eq!(table.plain_text(), "           mpg\n           dbl\nMazda RX4   21");
    }

    #[test]
    fn formula_is_shown_before_its_picture() {
        let sympy = json!({
            "text/plain": "x/2", "text/latex": "$\\displaystyle \\frac{x}{2}$", "image/png": "iVBORw0KGgo=",
        });
        let latex = "\\displaystyle \\frac{x}{2}".to_owned();
        assert_eq!(best(&sympy), Some(ShownValue::Formula(latex, "x/2".to_owned())));
    }

    #[test]
    fn page_is_shown_as_plain_text() {
        let help =
            json!({ "text/html": "<table><tr><td>mean</td></tr></table>", "text/plain": "mean" });
        assert_eq!(page(&help), Some(text("mean")));
        assert_eq!(page(&json!({ "text/html": "<b>h</b>" })), Some(text("h")));
        assert_eq!(page(&json!(null)), None);
    }

    #[test]
    fn html_is_shown_if_the_text_only_names_the_type() {
        let html =
            json!({ "text/plain": "<IPython.core.display.HTML object>", "text/html": "<b>h</b>" });
        assert_eq!(best(&html), Some(text("h")));
        let chart = json!({ "text/html": "<div><script>Plotly.newPlot()</script></div>" });
        assert_eq!(best(&chart), Some(text("[text/html: not for terminals]")));
    }

    #[test]
    fn false_pictures_are_not_shown() {
        for data in ["", "no base64!", "aGVsbG8="] {
            assert_eq!(best(&json!({ "text/plain": "p", "image/png": data })), Some(text("p")));
        }
        let unknown = text("[application/json: not for terminals]");
        assert_eq!(best(&json!({ "application/json": {} })), Some(unknown));
        assert_eq!(best(&json!({})), None);
        assert_eq!(best(&json!([])), None);
    }

    #[test]
    fn long_texts_are_cut() {
        let shown = best(&json!({ "text/plain": "é".repeat(MAX_TEXT + 7) }));
        let Some(ShownValue::Text(text)) = shown else { panic!("no text") };
        assert!(text.ends_with("é\n… 7 more characters"));
    }
}
