//! Elements of HTML and the markdown for them.

use super::tables::{self, CellMarkdown, one_line};
use super::tag::HtmlTag;

/// What an element becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HtmlKind {
    /// Its text between two marks.
    Marked(&'static str),
    Code,
    Preformatted,
    Link,
    Font,
    Span,
    Superscript,
    Subscript,
    /// Its text alone, in its line.
    Plain,
    /// Its text, as a block.
    Block,
    /// A block, which may be an alert.
    Division,
    Quote,
    /// A heading of this level.
    Heading(usize),
    List {
        is_numbered: bool,
    },
    Item,
    Table,
    Row,
    Cell {
        is_header: bool,
    },
    /// A part of a table that is not drawn.
    TablePart,
    Picture,
    LineBreak,
    Rule,
    /// Nothing, not even its text.
    Hidden,
}

impl HtmlKind {
    /// Returns what the element with this name becomes; nothing if it has no equivalent.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "b" | "strong" => Self::Marked("**"),
            "i" | "em" | "cite" | "dfn" | "var" => Self::Marked("*"),
            "s" | "strike" | "del" => Self::Marked("~~"),
            "code" | "kbd" | "tt" | "samp" => Self::Code,
            "pre" => Self::Preformatted,
            "a" => Self::Link,
            "font" => Self::Font,
            "span" => Self::Span,
            "sup" => Self::Superscript,
            "sub" => Self::Subscript,
            "u" | "ins" | "mark" | "small" | "big" | "abbr" | "label" | "q" | "wbr" => Self::Plain,
            "p" | "center" | "section" | "article" | "header" | "footer" | "main" | "figure"
            | "figcaption" | "details" | "summary" | "nav" | "dl" | "dt" | "dd" | "address" => {
                Self::Block
            }
            "div" => Self::Division,
            "blockquote" => Self::Quote,
            "h1" => Self::Heading(1),
            "h2" => Self::Heading(2),
            "h3" => Self::Heading(3),
            "h4" => Self::Heading(4),
            "h5" => Self::Heading(5),
            "h6" => Self::Heading(6),
            "ul" => Self::List { is_numbered: false },
            "ol" => Self::List { is_numbered: true },
            "li" => Self::Item,
            "table" => Self::Table,
            "tr" => Self::Row,
            "th" => Self::Cell { is_header: true },
            "td" => Self::Cell { is_header: false },
            "thead" | "tbody" | "tfoot" | "caption" | "colgroup" | "col" => Self::TablePart,
            "img" => Self::Picture,
            "br" => Self::LineBreak,
            "hr" => Self::Rule,
            "style" | "script" | "head" | "title" => Self::Hidden,
            _ => return None,
        })
    }
}

/// An element that is not closed yet.
#[derive(Debug)]
pub(super) struct HtmlElement {
    pub(super) kind: HtmlKind,
    pub(super) name: String,
    /// Its text so far, as markdown.
    pub(super) text: String,
    /// What its kind needs of its attributes: an address, a colour, the kind of an alert; the source of a
    /// picture.
    value: Option<String>,
    /// The alternative text of a picture.
    label: String,
    /// The items of a list.
    items: Vec<String>,
    /// The cells of a table or of one of its rows.
    rows: Vec<Vec<CellMarkdown>>,
}

impl HtmlElement {
    pub(super) fn new(kind: HtmlKind, tag: &HtmlTag<'_>) -> Self {
        let value = match kind {
            HtmlKind::Link => tag.attribute("href"),
            HtmlKind::Font => tag.attribute("color"),
            HtmlKind::Span => tag.attribute("style").filter(|style| style.contains("color")),
            HtmlKind::Division => tag.attribute("class").and_then(alert),
            HtmlKind::Picture => tag.attribute("src").filter(|source| !source.is_empty()),
            _ => None,
        };
        let label = tag.attribute("alt").unwrap_or_default().replace(['[', ']'], "");
        Self {
            kind,
            name: tag.name.clone(),
            text: String::new(),
            value: value.map(ToOwned::to_owned),
            label,
            items: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Returns the markdown of an element without content.
    pub(super) fn as_void(&self) -> Option<String> {
        match (self.kind, &self.value) {
            (HtmlKind::LineBreak, _) => Some("<br>".to_owned()),
            (HtmlKind::Rule, _) => Some(block("---")),
            (HtmlKind::Picture, Some(source)) => {
                let is_plain = !source.contains([' ', '(', ')', '<', '>']);
                let source = if is_plain { source.clone() } else { format!("<{source}>") };
                Some(format!("![{}]({source})", self.label))
            }
            (HtmlKind::Picture, None) => Some(String::new()),
            _ if matches!(&*self.name, "wbr" | "col") => Some(String::new()),
            _ => None,
        }
    }

    /// Returns whether a new element of this kind ends the element, whose closing tag may be missing.
    pub(super) fn ends_before(&self, next: HtmlKind) -> bool {
        match self.kind {
            HtmlKind::Item => next == HtmlKind::Item,
            HtmlKind::Cell { .. } => matches!(next, HtmlKind::Cell { .. } | HtmlKind::Row),
            HtmlKind::Row => next == HtmlKind::Row,
            HtmlKind::Block if self.name == "p" => {
                matches!(
                    next,
                    HtmlKind::Block | HtmlKind::Division | HtmlKind::Table | HtmlKind::List { .. }
                )
            }
            _ => false,
        }
    }

    /// Returns whether `inner` becomes an item, a row or a cell of this element.
    pub(super) fn takes(&self, inner: &Self) -> bool {
        match inner.kind {
            HtmlKind::Item => matches!(self.kind, HtmlKind::List { .. }),
            HtmlKind::Cell { .. } => matches!(self.kind, HtmlKind::Row | HtmlKind::Table),
            HtmlKind::Row => self.kind == HtmlKind::Table,
            _ => false,
        }
    }

    /// Adds an item, a row or a cell.
    pub(super) fn take(&mut self, inner: Self) {
        match inner.kind {
            HtmlKind::Item => self.items.push(inner.text),
            HtmlKind::Cell { is_header } => {
                let cell = CellMarkdown { text: inner.text, is_header };
                match self.rows.last_mut() {
                    Some(row) => row.push(cell),
                    None => self.rows.push(vec![cell]),
                }
            }
            _ => self.rows.extend(inner.rows),
        }
    }

    /// Returns the closed element as markdown. `is_code` is true inside of preformatted text.
    pub(super) fn into_markdown(self, is_code: bool) -> String {
        let text = self.text;
        if is_code {
            return text;
        }
        match (self.kind, self.value) {
            (HtmlKind::Marked(mark), _) => marked(&text, mark, mark),
            (HtmlKind::Code, _) if !text.contains('`') => marked(&decoded(&text), "`", "`"),
            (HtmlKind::Preformatted, _) => {
                block(&format!("```\n{}\n```", decoded(&text).trim_matches('\n')))
            }
            (HtmlKind::Link, Some(address)) => marked(&text, "[", &format!("]({address})")),
            (HtmlKind::Font, Some(color)) => {
                marked(&text, &format!("<span style=\"color: {color}\">"), "</span>")
            }
            (HtmlKind::Span, Some(style)) => {
                marked(&text, &format!("<span style=\"{style}\">"), "</span>")
            }
            (HtmlKind::Superscript, _) => marked(&text, "<sup>", "</sup>"),
            (HtmlKind::Subscript, _) => {
                text.chars().map(subscript).collect::<Option<_>>().unwrap_or(text)
            }
            (HtmlKind::Division, Some(alert)) => {
                block(&quoted(&format!("[!{alert}]\n{}", dedented(&text))))
            }
            (HtmlKind::Quote, _) => block(&quoted(&dedented(&text))),
            (HtmlKind::Block | HtmlKind::Division | HtmlKind::Item, _) => block(&dedented(&text)),
            (HtmlKind::Heading(level), _) => {
                block(&format!("{} {}", "#".repeat(level), one_line(&text)))
            }
            (HtmlKind::List { is_numbered }, _) => block(&list(&self.items, is_numbered)),
            (HtmlKind::Table, _) => block(&tables::markdown(&self.rows)),
            (HtmlKind::Hidden, _) => String::new(),
            _ => text,
        }
    }
}

/// Returns the kind of alert for the classes of an element. Jupyter has those of Bootstrap: `alert-info` and the like.
fn alert(class: &str) -> Option<&'static str> {
    class.split_whitespace().find_map(|class| match class.strip_prefix("alert-")? {
        "success" => Some("tip"),
        "warning" => Some("warning"),
        "danger" => Some("caution"),
        _ => Some("note"),
    })
}

/// Returns a text as a block of its own.
fn block(text: &str) -> String {
    let text = text.trim_end().trim_start_matches('\n');
    if text.is_empty() { String::new() } else { format!("\n\n{text}\n\n") }
}

/// Returns a text between two marks, which must touch it. A text of several blocks has none.
fn marked(text: &str, start: &str, end: &str) -> String {
    let inner = text.trim();
    if inner.is_empty() || inner.contains("\n\n") {
        return text.to_owned();
    }
    let before = &text[..text.len() - text.trim_start().len()];
    let after = &text[text.trim_end().len()..];
    format!("{before}{start}{inner}{end}{after}")
}

/// Returns a text without the indentation that all its lines have, which would make it code.
fn dedented(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let text = text.trim_matches('\n');
    let common = text.lines().filter(|line| !line.trim().is_empty()).map(indent).min();
    let common = common.unwrap_or_default();
    let lines: Vec<_> = text.lines().map(|line| line.get(common..).unwrap_or_default()).collect();
    lines.join("\n").trim().to_owned()
}

fn quoted(text: &str) -> String {
    text.lines().map(|line| format!("> {line}").trim_end().to_owned() + "\n").collect()
}

/// Returns the items of a list, tight, each indented below its mark.
fn list(items: &[String], is_numbered: bool) -> String {
    let mut text = String::new();
    for (number, item) in (1..).zip(items) {
        let mark = if is_numbered { format!("{number}. ") } else { "- ".to_owned() };
        let lines: Vec<_> = dedented(item).lines().map(ToOwned::to_owned).collect();
        let mut is_first = true;
        for line in lines.iter().filter(|line| !line.trim().is_empty()) {
            text += if is_first { mark.clone() } else { " ".repeat(mark.len()) }.as_str();
            text += line;
            text.push('\n');
            is_first = false;
        }
    }
    text
}

/// Returns the text that these characters stand for in HTML, where markdown does not decode them.
fn decoded(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ]
    .into_iter()
    .fold(text.to_owned(), |text, (name, letter)| text.replace(name, letter))
}

/// Returns a character in small letters below the line.
fn subscript(letter: char) -> Option<char> {
    const LETTERS: [&str; 2] =
        ["0123456789+-=()aeoxhklmnpstijruv", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼᵣᵤᵥ"];
    let at = LETTERS[0].chars().position(|it| it == letter)?;
    LETTERS[1].chars().nth(at)
}
