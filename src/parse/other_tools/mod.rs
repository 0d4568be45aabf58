//! Recognises decks written for other tools, by keys and lines that only one tool uses, and reports
//! this once, with the equivalents in livedeck. Otherwise each unknown line of such a deck would be
//! an error.

mod tools;

use std::ops::Range;

use super::frontmatter;
use super::sanitize::excerpt;
use crate::deck::{Block, BlockKind, Deck, ThemeChoice};
use crate::diag::Diagnostic;
use crate::source::{FileId, Span};
use tools::{TOOLS, Tool};

/// The maximum number of front matter keys named in a report.
const MAX_NAMED_KEYS: usize = 8;

/// Text that only decks for livedeck and presenterm contain.
const OWN_MARKERS: [&str; 6] = [
    "end_slide",
    "<!-- pause",
    "<!-- column",
    "<!-- jump_to_middle",
    "implicit_slide_ends",
    "+exec",
];

/// The front matter keys of livedeck.
const KNOWN_KEYS: [&str; 9] =
    ["title", "sub_title", "event", "location", "date", "author", "authors", "theme", "options"];

/// Returns the report for a deck that was written for another tool.
pub(super) fn recognise(text: &str) -> Option<Diagnostic> {
    if OWN_MARKERS.iter().any(|ours| text.contains(ours)) {
        return None;
    }
    let outline = Outline::of(text);
    if outline.keys.iter().any(|key| key.name == "options") {
        return None;
    }
    let (tool, evidence) = TOOLS.iter().find_map(|tool| Some((tool, outline.evidence(tool)?)))?;
    Some(outline.report(tool, &evidence))
}

/// Replaces all diagnostics of the deck by the one report, and removes their blocks from the
/// slides. Also drops the other tool's theme.
pub(super) fn replace_diagnostics(deck: &mut Deck, report: Diagnostic) {
    deck.theme = ThemeChoice::default();
    deck.diagnostics = vec![report];
    deck.slides.iter_mut().for_each(|slide| remove_problems(&mut slide.blocks));
}

fn remove_problems(blocks: &mut Vec<Block>) {
    blocks.retain(|block| !matches!(block.kind, BlockKind::Problem(_)));
    for block in blocks {
        block.children_mut().into_iter().for_each(remove_problems);
    }
}

/// A key at the start of a line.
struct HeaderKey<'t> {
    name: &'t str,
    value: &'t str,
    range: Range<usize>,
}

/// The parts of a deck that identify its tool.
struct Outline<'t> {
    has_front_matter: bool,
    /// The keys of the front matter, or, without one, of the lines before the first blank line.
    keys: Vec<HeaderKey<'t>>,
    /// The lines outside code, with their offsets.
    lines: Vec<(usize, &'t str)>,
}

impl<'t> Outline<'t> {
    fn of(text: &'t str) -> Self {
        let front = frontmatter::cut(text);
        let body = front.as_ref().map_or(0, |front| front.end);
        let lines = prose(text, body);
        let keys = match &front {
            Some(front) => lines_from(text, front.yaml.start)
                .take_while(|(at, _)| *at < front.yaml.end)
                .filter_map(key)
                .collect(),
            None => lines.iter().map_while(|&line| key(line)).collect(),
        };
        Self { has_front_matter: front.is_some(), keys, lines }
    }

    /// Returns what identifies the tool, and its position.
    fn evidence(&self, tool: &Tool) -> Option<(String, Range<usize>)> {
        let of_key = |key: &&HeaderKey<'_>| {
            let headers = if self.has_front_matter { tool.keys } else { tool.bare_keys };
            headers.contains(&key.name)
        };
        if let Some(key) = self.keys.iter().find(of_key) {
            return Some((format!("the key `{}`", excerpt(key.name)), key.range.clone()));
        }
        let decisive = tool.marks.iter().filter(|mark| mark.is_decisive);
        let (at, line) = decisive.filter_map(|mark| self.line_with(mark)).min()?;
        Some((format!("`{}`", excerpt(line.trim())), at..at + line.len()))
    }

    fn line_with(&self, mark: &tools::Mark) -> Option<(usize, &'t str)> {
        self.lines.iter().copied().find(|(_, line)| mark.pattern.matches(line))
    }

    fn report(&self, tool: &Tool, (evidence, range): &(String, Range<usize>)) -> Diagnostic {
        let span = Span::new(FileId(0), range.clone());
        let message = format!("this deck is written for {}: it has {evidence}", tool.name);
        let mut report = Diagnostic::error(span, message);
        for hint in self.hints(tool) {
            report = report.hint(hint);
        }
        report
    }

    /// Returns hints with livedeck's equivalents.
    fn hints(&self, tool: &Tool) -> Vec<String> {
        let mut hints = Vec::from([self.slide_ends()]);
        let unknown: Vec<_> =
            self.keys.iter().filter(|key| !KNOWN_KEYS.contains(&key.name)).collect();
        if self.has_front_matter && !unknown.is_empty() {
            let names = unknown.iter().take(MAX_NAMED_KEYS);
            let names: Vec<_> = names.map(|key| format!("`{}`", excerpt(key.name))).collect();
            hints
                .push(format!("remove the keys that livedeck does not have: {}", names.join(", ")));
        }
        let theme = self.keys.iter().find(|key| key.name == "theme" && !key.value.is_empty());
        if self.has_front_matter && theme.is_some() {
            hints.push("name a theme with `theme: {name: dark}`".to_owned());
        }
        let found = tool.marks.iter().filter(|mark| self.line_with(mark).is_some());
        for mark in found.filter(|mark| !mark.hint.is_empty()) {
            if !hints.iter().any(|hint| hint == mark.hint) {
                hints.push(mark.hint.to_owned());
            }
        }
        hints
    }

    /// Returns the hint for the option that ends slides where the other tool ends them.
    fn slide_ends(&self) -> String {
        let is_rule = |line: &str| line.len() >= 3 && line.bytes().all(|byte| byte == b'-');
        let ends_at_rules = self.lines.iter().any(|(_, line)| is_rule(line.trim_end()));
        let (place, option) = if ends_at_rules {
            ("`---` ends a slide", "end_slide_shorthand: true")
        } else {
            ("each `# heading` starts a slide", "implicit_slide_ends: true, h1_slide_titles: true")
        };
        if self.has_front_matter {
            format!("{place} with this line in the front matter: `options: {{{option}}}`")
        } else {
            format!(
                "{place} when the file starts with the three lines `---`, `options: {{{option}}}`, `---`"
            )
        }
    }
}

/// Returns the lines from byte `from` on, with their offsets.
fn lines_from(text: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    text[from..].split_inclusive('\n').scan(from, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.trim_end_matches(['\n', '\r'])))
    })
}

/// Returns the lines outside code blocks, including opening fences.
fn prose(text: &str, from: usize) -> Vec<(usize, &str)> {
    let mut open: Option<(char, usize)> = None;
    let outside = |&(_, line): &(usize, &str)| {
        let fence = line.trim_start();
        let mark = fence.chars().next().filter(|c| matches!(c, '`' | '~'));
        let marks = mark.map_or(0, |mark| fence.chars().take_while(|c| *c == mark).count());
        match (open, mark.filter(|_| marks >= 3)) {
            (Some((opened, least)), Some(mark)) if mark == opened && marks >= least => {
                open = None;
                false
            }
            (Some(_), _) => false,
            (None, Some(mark)) => {
                open = Some((mark, marks));
                true
            }
            (None, None) => true,
        }
    };
    lines_from(text, from).filter(outside).collect()
}

/// Parses a line `key: value`, optionally with mdp's `%` before it.
fn key((at, line): (usize, &str)) -> Option<HeaderKey<'_>> {
    let (name, value) = line.split_once(':')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '%' | '@');
    let is_key = !name.is_empty() && name.trim_end().chars().all(is_name);
    is_key.then(|| HeaderKey {
        name: name.trim_end(),
        value: value.trim(),
        range: at..at + line.len(),
    })
}
