//! Warns about invisible characters in the deck's files, one warning per line: code that is shown
//! may differ from the code that runs.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::deck::{Block, BlockKind, Deck};
use crate::diag::Diagnostic;
use crate::source::{FileId, SourceFile, Span, TextKind, invisible};

/// The maximum number of warnings; further lines are counted.
const MAX_LINES: usize = 20;

/// The maximum number of characters named in a warning.
const MAX_NAMED: usize = 4;

/// Adds the warnings.
pub(super) fn warn(deck: &mut Deck) {
    if deck.sources.iter().all(|file| file.text().is_ascii()) {
        return;
    }
    let mut markdown = Markdown::default();
    for slide in &deck.slides {
        markdown.visit(&slide.blocks);
    }
    let mut known = BTreeSet::new();
    let mut lines = Vec::new();
    for (file, id) in deck.sources.iter().zip((0..).map(FileId)) {
        if !file.text().is_ascii() && known.insert(file.path()) {
            lines.extend(invisible_lines(file, id, &markdown));
        }
    }
    let left_out = lines.len().saturating_sub(MAX_LINES);
    deck.diagnostics.extend(lines.iter().take(MAX_LINES).map(InvisibleLine::warning));
    if let Some(line) = lines.get(MAX_LINES) {
        let plural = if left_out == 1 { "" } else { "s" };
        let message = format!("{left_out} more line{plural} with invisible characters");
        deck.diagnostics.push(Diagnostic::warning(line.span, message));
    }
}

/// Which files are markdown, and which parts of them are code.
#[derive(Default)]
struct Markdown {
    files: BTreeSet<FileId>,
    code: Vec<Span>,
}

impl Markdown {
    fn visit(&mut self, blocks: &[Block]) {
        Block::walk_all(blocks, &mut |block| {
            self.files.insert(block.span.file);
            if let BlockKind::Code(_) = block.kind {
                self.code.push(block.span);
            }
        });
    }

    /// Returns whether a file is markdown; all others are code.
    fn is(&self, file: FileId) -> bool {
        file == FileId(0) || self.files.contains(&file)
    }

    /// Returns the ranges of code in a file.
    fn code_of(&self, file: FileId) -> impl Iterator<Item = Range<usize>> {
        self.code.iter().filter(move |span| span.file == file).map(|span| span.range())
    }
}

/// The invisible characters of a line.
struct InvisibleLine {
    /// The first one.
    span: Span,
    is_code: bool,
    characters: BTreeSet<char>,
}

impl InvisibleLine {
    fn warning(&self) -> Diagnostic {
        let names: Vec<_> = self.characters.iter().take(MAX_NAMED).map(|c| name(*c)).collect();
        let more = if self.characters.len() > MAX_NAMED { " and others" } else { "" };
        let plural = if self.characters.len() == 1 { "" } else { "s" };
        let names = names.join(", ");
        let message = format!("invisible character{plural} {names}{more}");
        let hint = if self.is_code {
            "this line may not run as it reads: delete them or write escapes"
        } else {
            "delete it if it is not needed"
        };
        Diagnostic::warning(self.span, message).hint(hint)
    }
}

/// Returns the lines of a file that have invisible characters, in order.
fn invisible_lines(file: &SourceFile, id: FileId, markdown: &Markdown) -> Vec<InvisibleLine> {
    let text = file.text();
    let mut places: BTreeSet<(usize, char, bool)> = BTreeSet::new();
    if markdown.is(id) {
        let mut in_code = BTreeSet::new();
        for range in markdown.code_of(id) {
            let start = range.start;
            let code = text.get(range).unwrap_or_default();
            in_code.extend(invisible(TextKind::Code, code).map(|(at, c)| (start + at, c)));
        }
        let prose = invisible(TextKind::Prose, text).filter(|place| !in_code.contains(place));
        places.extend(prose.map(|(at, c)| (at, c, false)));
        places.extend(in_code.into_iter().map(|(at, c)| (at, c, true)));
    } else {
        places.extend(invisible(TextKind::Code, text).map(|(at, c)| (at, c, true)));
    }
    // A byte order mark at the start of a file is allowed.
    places.remove(&(0, '\u{feff}', false));
    places.remove(&(0, '\u{feff}', true));
    let mut lines: Vec<InvisibleLine> = Vec::new();
    let mut line_end = 0;
    for (at, c, is_code) in places {
        if let Some(line) = lines.last_mut().filter(|_| at < line_end) {
            line.is_code |= is_code;
            line.characters.insert(c);
        } else {
            let span = Span::new(id, at..at + c.len_utf8());
            lines.push(InvisibleLine { span, is_code, characters: [c].into() });
            line_end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        }
    }
    lines
}

/// Returns a name such as `U+202E (right-to-left override)`.
fn name(c: char) -> String {
    let name = match c {
        '\u{ad}' => "soft hyphen",
        '\u{61c}' => "Arabic letter mark",
        '\u{200b}' => "zero-width space",
        '\u{200c}' => "zero-width non-joiner",
        '\u{200d}' => "zero-width joiner",
        '\u{200e}' => "left-to-right mark",
        '\u{200f}' => "right-to-left mark",
        '\u{202a}' => "left-to-right embedding",
        '\u{202b}' => "right-to-left embedding",
        '\u{202c}' => "pop directional formatting",
        '\u{202d}' => "left-to-right override",
        '\u{202e}' => "right-to-left override",
        '\u{2028}' => "line separator",
        '\u{2029}' => "paragraph separator",
        '\u{2060}' => "word joiner",
        '\u{2066}' => "left-to-right isolate",
        '\u{2067}' => "right-to-left isolate",
        '\u{2068}' => "first strong isolate",
        '\u{2069}' => "pop directional isolate",
        '\u{feff}' => "zero-width no-break space",
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => "variation selector",
        '\u{e0000}'..='\u{e007f}' => "tag",
        _ => return format!("U+{:04X}", u32::from(c)),
    };
    format!("U+{:04X} ({name})", u32::from(c))
}
