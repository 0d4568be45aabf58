//! Writes a notebook as the markdown of a deck.

use std::fmt::Write as _;
use std::ops::Range;

use super::markdown::deck_markdown;
use super::{CellRole, Notebook, NotebookCell, NotebookCellKind, SavedOutput};

/// The deck of a notebook.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NotebookDeck {
    /// The markdown.
    pub text: String,
    /// The blocks of code cells, in order.
    pub blocks: Vec<DeckBlock>,
    /// The attached pictures: file names without a folder, and data.
    pub pictures: Vec<(String, Vec<u8>)>,
}

/// A block that shows a code cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeckBlock {
    /// The code, with the hidden code that runs before it.
    pub code: String,
    /// The place of the cell's code in the markdown.
    pub text: Range<usize>,
    /// The place of the cell's code in the notebook.
    pub place: Range<usize>,
    /// Whether the code is written as in the notebook.
    pub is_editable: bool,
    /// The saved outputs.
    pub outputs: Vec<SavedOutput>,
    /// Whether the saved output ends with an error.
    pub failed: bool,
    /// The date of the saved output, if known.
    pub date: String,
}

/// Hides a line of Python and of most other languages.
const HIDDEN_LINE: &str = "/// ";

/// Maximum number of pictures attached to one cell. Each costs a search of its text.
const MAX_ATTACHMENTS: usize = 256;

/// Writes a notebook as a deck.
pub(super) fn write(notebook: Notebook, picture_folder: &str) -> NotebookDeck {
    let mut writer = Writer {
        picture_folder: picture_folder.to_owned(),
        has_roles: notebook.cells.iter().any(|cell| {
            matches!(cell.role, Some(role) if role != CellRole::Skip && role != CellRole::Continuation)
        }),
        language: notebook.language,
        slide_level: notebook.slide_level,
        ..Writer::default()
    };
    writer.front_matter(&notebook.front_matter);
    for cell in notebook.cells {
        writer.cell(cell);
    }
    writer.deck
}

#[derive(Default)]
struct Writer {
    deck: NotebookDeck,
    picture_folder: String,
    language: String,
    slide_level: usize,
    /// Whether slide types separate the slides; headings do otherwise.
    has_roles: bool,
    /// Whether the current slide has content.
    has_content: bool,
    /// Code of cells that are not shown, which the next block of the session runs first.
    hidden_code: String,
}

impl Writer {
    /// Writes the front matter. Saved outputs are shown until their block runs, and `$…$` is a formula.
    fn front_matter(&mut self, fields: &[(String, String)]) {
        let text = &mut self.deck.text;
        text.push_str("---\n");
        for (name, value) in fields.iter().filter(|(name, _)| name != "options") {
            let _ = writeln!(text, "{name}: {value}");
        }
        let own = fields.iter().find(|(name, _)| name == "options");
        let own = own.and_then(|(_, value)| value.strip_prefix('{')?.strip_suffix('}'));
        match own {
            Some(own) if !own.is_empty() => {
                let defaults = [("\"replay\"", "\"until_run\""), ("\"math\"", "true")];
                let missing = defaults.iter().filter(|(name, _)| !own.contains(name));
                let missing = missing.map(|(name, value)| format!("{name}: {value}, "));
                let _ = writeln!(text, "options: {{{}{own}}}", missing.collect::<String>());
            }
            _ => text.push_str("options:\n  replay: until_run\n  math: true\n"),
        }
        text.push_str("---\n\n");
    }

    fn cell(&mut self, mut cell: NotebookCell) {
        match (cell.role, cell.kind) {
            (_, NotebookCellKind::Raw) | (Some(CellRole::Skip), NotebookCellKind::Markdown) => {}
            (Some(CellRole::Notes), _) => self.notes(&cell.text),
            (Some(CellRole::Skip), NotebookCellKind::Code) => self.hide(&cell.text),
            (role, NotebookCellKind::Code) => {
                self.start(role);
                self.code(cell);
            }
            (role, NotebookCellKind::Markdown) => {
                self.start(role);
                let attachments = std::mem::take(&mut cell.attachments);
                let text = deck_markdown(cell.text);
                let text = self.attach(&text, attachments);
                self.markdown(&text);
            }
        }
    }

    /// Starts a slide or a step if the cell has that role.
    fn start(&mut self, role: Option<CellRole>) {
        match role {
            Some(CellRole::Slide) => self.end_slide(),
            Some(CellRole::Fragment) if self.has_content => self.block("<!-- pause -->"),
            _ => {}
        }
    }

    fn end_slide(&mut self) {
        if self.has_content {
            self.block("<!-- end_slide -->");
            self.has_content = false;
        }
    }

    /// Writes a block and the empty line after it.
    fn block(&mut self, text: &str) {
        self.deck.text.push_str(text);
        self.deck.text.push_str("\n\n");
    }

    fn notes(&mut self, text: &str) {
        let mut note = "<!--\nspeaker_note: |\n".to_owned();
        for line in text.lines() {
            // The end of a comment would end the note.
            let _ = writeln!(note, "  {}", line.replace("-->", "-- >"));
        }
        self.block(&(note + "-->"));
    }

    /// Keeps code that runs without being shown.
    fn hide(&mut self, code: &str) {
        if !code.trim().is_empty() {
            self.hidden_code.push_str(code.trim_end());
            self.hidden_code.push('\n');
        }
    }

    /// Writes markdown. Its headings start slides if no slide types do.
    fn markdown(&mut self, text: &str) {
        for (index, part) in self.parts(text).into_iter().enumerate() {
            if part.trim().is_empty() {
                continue;
            }
            let heading = heading(part.lines().find(|line| !line.trim().is_empty()));
            let starts = heading.is_some_and(|(level, _)| level <= self.slide_level);
            if !self.has_roles && (starts || index > 0) {
                self.end_slide();
            }
            match heading {
                Some((_, title)) if !self.has_content => {
                    let rest = part.trim_start().split_once('\n').map_or("", |(_, rest)| rest);
                    self.block(&format!("{title}\n==="));
                    self.has_content = true;
                    self.text(rest);
                }
                _ => self.text(part),
            }
        }
    }

    fn text(&mut self, text: &str) {
        let text = text.trim_matches('\n').trim_end();
        if !text.is_empty() {
            self.block(text);
            self.has_content = true;
        }
    }

    /// Splits markdown before each heading that starts a slide.
    fn parts<'t>(&self, text: &'t str) -> Vec<&'t str> {
        if self.has_roles {
            return vec![text];
        }
        let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
        let mut fence: Option<&str> = None;
        for line in text.split_inclusive('\n') {
            let trimmed = line.trim_start();
            match fence {
                Some(open) => {
                    if trimmed.starts_with(open) {
                        fence = None;
                    }
                }
                None if trimmed.starts_with("```") => fence = Some("```"),
                None if trimmed.starts_with("~~~") => fence = Some("~~~"),
                None => {
                    let starts =
                        heading(Some(line)).is_some_and(|(level, _)| level <= self.slide_level);
                    if starts && at > start {
                        parts.push(&text[start..at]);
                        start = at;
                    }
                }
            }
            at += line.len();
        }
        parts.push(&text[start..]);
        parts
    }

    /// Writes a cell of code, and the hidden code that was kept for it.
    fn code(&mut self, cell: NotebookCell) {
        if cell.text.trim().is_empty() {
            return;
        }
        let notebook_language = self.language.clone();
        let (language, code, runs) = cell_language(&notebook_language, &cell.text);
        // The cells of a notebook share their state: in other languages than Python, by a kernel.
        let is_session = runs && language == notebook_language;
        let kept = if is_session { std::mem::take(&mut self.hidden_code) } else { String::new() };
        let fence = "`".repeat(longest_run(&cell.text, '`').max(2) + 1);
        let mut attributes = String::new();
        if runs {
            attributes.push_str(match (is_session, language) {
                (true, "python") => " +exec +session",
                (true, _) => " +exec:kernel",
                (false, _) => " +exec",
            });
            if cell.hides_output {
                attributes.push_str(" +output:none");
            }
            if cell.fails {
                attributes.push_str(" +expect:failure");
            }
        }
        let text = &mut self.deck.text;
        let _ = writeln!(text, "{fence}{language}{attributes}");
        text.push_str(&hidden(&kept));
        let start = text.len();
        if cell.hides_code {
            text.push_str(hidden(code).trim_end_matches('\n'));
        } else {
            text.push_str(code);
        }
        let end = text.len();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        self.block(&fence);
        self.has_content = true;
        if runs {
            self.deck.blocks.push(DeckBlock {
                code: kept + code,
                text: start..end,
                place: cell.place,
                is_editable: !cell.hides_code && code.len() == cell.text.len(),
                outputs: if cell.hides_output { Vec::new() } else { cell.outputs },
                failed: cell.failed,
                date: cell.date,
            });
        }
    }

    /// Makes attachments pictures of the deck, and returns the text that refers to them.
    fn attach(&mut self, text: &str, attachments: Vec<(String, Vec<u8>)>) -> String {
        let mut text = text.to_owned();
        for (name, bytes) in attachments.into_iter().take(MAX_ATTACHMENTS) {
            let file = format!("{:016x}-{name}", hash(&bytes));
            let file: String = file.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
            let path = if self.picture_folder.is_empty() {
                file.clone()
            } else {
                format!("<{}/{file}>", self.picture_folder)
            };
            text = text.replace(&format!("attachment:{name}"), &path);
            self.deck.pictures.push((file, bytes));
        }
        text
    }
}

/// Returns the language of a cell, its code, and whether it runs. `%%bash` and the like name another
/// language in the first line.
fn cell_language<'c>(notebook: &'c str, code: &'c str) -> (&'c str, &'c str, bool) {
    let Some((first, rest)) = code.split_once('\n') else { return (notebook, code, true) };
    match first.trim_end() {
        "%%bash" | "%%script bash" => ("bash", rest, true),
        "%%sh" | "%%script sh" => ("sh", rest, true),
        "%%javascript" | "%%js" => ("javascript", rest, false),
        "%%html" | "%%HTML" => ("html", rest, false),
        "%%latex" => ("latex", rest, false),
        "%%svg" | "%%SVG" => ("xml", rest, false),
        "%%markdown" => ("markdown", rest, false),
        _ => (notebook, code, true),
    }
}

/// Returns whether a character of a file name needs no quotes anywhere.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')
}

/// Returns a hash of picture data (FNV-1a), which makes its file name unique.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Returns code as hidden lines.
fn hidden(code: &str) -> String {
    code.lines().fold(String::new(), |text, line| text + HIDDEN_LINE + line + "\n")
}

/// Returns the level and text of a heading.
fn heading(line: Option<&str>) -> Option<(usize, &str)> {
    let line = line?.trim_end();
    let level = line.len() - line.trim_start_matches('#').len();
    let text = line[level..].strip_prefix([' ', '\t'])?.trim().trim_end_matches('#').trim_end();
    ((1..=6).contains(&level) && !text.is_empty()).then_some((level, text))
}

/// Returns the length of the longest run of a character.
fn longest_run(text: &str, c: char) -> usize {
    text.split(|other| other != c).map(str::len).max().unwrap_or_default()
}
