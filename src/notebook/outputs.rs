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
    /// A picture file.
    Picture(Vec<u8>),
    /// Markdown.
    Markdown(String),
    /// HTML, and the same in another format.
    Html(String, Box<Self>),
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
            Some(SavedOutput::Text(ended_line(text)))
        }
        _ => {
            let mut text = |format: &str| {
                let value = output.data.remove(format)?;
                serde_json::from_value::<MultilineText>(value).ok().map(MultilineText::join)
            };
            let picture = PICTURE_FORMATS.iter().find_map(|it| decode_base64(&text(it)?));
            let picture = picture.or_else(|| text("image/svg+xml").map(String::into_bytes));
            if let Some(picture) = picture {
                return Some(SavedOutput::Picture(picture));
            }
            let html = text("text/html");
            let other = text("text/markdown")
                .map(SavedOutput::Markdown)
                .or_else(|| text("text/plain").map(ended_line).map(SavedOutput::Text));
            match html {
                Some(html) => {
                    let other = other.unwrap_or_else(|| SavedOutput::Text(String::new()));
                    Some(SavedOutput::Html(html, Box::new(other)))
                }
                None => other,
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
