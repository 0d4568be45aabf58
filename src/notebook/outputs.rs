//! The outputs that a notebook has saved.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::json_values::{MultilineText, decode_base64};

/// Formats of pictures made of pixels, the best first.
const PICTURE_FORMATS: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/// A part of a saved output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SavedOutput {
    /// Text, which may have escape sequences for colours.
    Text(String),
    /// The traceback of an error.
    Error(String),
    /// A picture file.
    Picture(Vec<u8>),
    /// Markdown.
    Markdown(String),
    /// HTML, and the same in another format.
    Html(String, Box<Self>),
    /// LaTeX, and the same in another format.
    Latex(String, Box<Self>),
    /// A format that a terminal cannot show: its name.
    Unknown(String),
}

/// An output in nbformat 4.
#[derive(Deserialize)]
pub(super) struct JsonOutput {
    output_type: String,
    /// The text of a stream.
    #[serde(default)]
    text: MultilineText,
    /// The formats of a displayed value.
    #[serde(default)]
    data: BTreeMap<String, serde_json::Value>,
    /// The lines of an error.
    #[serde(default)]
    traceback: Vec<String>,
    #[serde(default)]
    ename: String,
    #[serde(default)]
    evalue: String,
}

impl JsonOutput {
    /// Returns whether this is an error.
    pub(super) fn is_error(&self) -> bool {
        self.output_type == "error"
    }
}

/// Returns the outputs of a cell, each in the best format that a terminal can show. Consecutive texts
/// are joined.
pub(super) fn read(outputs: Vec<JsonOutput>) -> Vec<SavedOutput> {
    let mut all = Vec::new();
    for output in outputs.into_iter().filter_map(read_one) {
        match (all.last_mut(), output) {
            (Some(SavedOutput::Text(before)), SavedOutput::Text(text)) => before.push_str(&text),
            (_, output) => all.push(output),
        }
    }
    all
}

fn read_one(mut output: JsonOutput) -> Option<SavedOutput> {
    match output.output_type.as_str() {
        "stream" => Some(SavedOutput::Text(output.text.join())),
        "error" => {
            let text = if output.traceback.is_empty() {
                format!("{}: {}", output.ename, output.evalue)
            } else {
                output.traceback.join("\n")
            };
            Some(SavedOutput::Error(ended_line(text)))
        }
        _ => {
            let mut text = |format: &str| {
                let value = output.data.remove(format)?;
                serde_json::from_value::<MultilineText>(value).ok().map(MultilineText::join)
            };
            let latex = text("text/latex");
            let picture = PICTURE_FORMATS.iter().find_map(|it| decode_base64(&text(it)?));
            let picture = picture.or_else(|| text("image/svg+xml").map(String::into_bytes));
            let (html, markdown) = (text("text/html"), text("text/markdown"));
            let plain = text("text/plain").map(ended_line).map(SavedOutput::Text);
            // R describes values in all formats: in Markdown, a vector has a row for each element.
            let is_described = html.is_some() && latex.is_some() && plain.is_some();
            let markdown = markdown.filter(|_| !is_described).map(SavedOutput::Markdown);
            let or_nothing = |it: Option<_>| it.unwrap_or_else(|| SavedOutput::Text(String::new()));
            // A chart of a library for browsers may have no other format.
            let other =
                output.data.keys().next().map(|format| SavedOutput::Unknown(format.clone()));
            let mut best = markdown.or(plain);
            if let Some(html) = html {
                best = Some(SavedOutput::Html(html, Box::new(or_nothing(best))));
            }
            best = picture.map(SavedOutput::Picture).or(best);
            match latex {
                Some(latex) => {
                    let other =
                        best.unwrap_or_else(|| SavedOutput::Text(ended_line(latex.clone())));
                    Some(SavedOutput::Latex(latex, Box::new(other)))
                }
                None => best.or(other),
            }
        }
    }
}

/// Ends a text's last line.
fn ended_line(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
