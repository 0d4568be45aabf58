//! A markdown page as text for terminals: wrapped paragraphs, indented code, tables as columns or, if
//! they are too wide, as a list of their rows.

use std::fmt::Write as _;
use std::path::Path;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use unicode_width::UnicodeWidthStr;

use crate::ansi::strip_colors;

/// Escape sequences of styled pages.
const BOLD: &str = "\x1b[1m";
const UNDERLINED: &str = "\x1b[1;4m";
const CODE: &str = "\x1b[36m";
const PLAIN: &str = "\x1b[0m";

/// The indent of code and of the cells of wide tables.
const INDENT: &str = "    ";

/// Columns between the columns of a table.
const COLUMN_GAP: &str = "  ";

/// How the target of a link is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// An address, after the text.
    Address(String),
    /// A command that prints another page: after the text, or in place of the page's file name.
    Command(String),
}

/// Returns a page of this width. `link` returns how the target of a link is shown, if it is.
pub(super) fn page(
    markdown: &str,
    width: usize,
    is_styled: bool,
    link: &dyn Fn(&str) -> Option<Shown>,
) -> String {
    let writer = TerminalPage {
        width,
        is_styled,
        link,
        text: String::new(),
        inline: String::new(),
        mark: None,
        indents: Vec::new(),
        lists: Vec::new(),
        targets: Vec::new(),
        rows: Vec::new(),
        is_code: false,
    };
    writer.write(Parser::new_ext(markdown, Options::ENABLE_TABLES))
}

/// Writes a page event by event.
struct TerminalPage<'a> {
    width: usize,
    is_styled: bool,
    link: &'a dyn Fn(&str) -> Option<Shown>,
    text: String,
    /// The text of the current paragraph or cell.
    inline: String,
    /// The start of the next line, in place of the indents: a list item's mark.
    mark: Option<String>,
    /// The indents of the open items and quotes.
    indents: Vec<String>,
    /// The number of the next item of each open list; `None` in lists with bullets.
    lists: Vec<Option<u64>>,
    /// Where the text of each open link starts, and its target.
    targets: Vec<(usize, Option<Shown>)>,
    /// The rows of the table that is being read.
    rows: Vec<Vec<String>>,
    is_code: bool,
}

impl TerminalPage<'_> {
    fn write<'t>(mut self, events: impl Iterator<Item = Event<'t>>) -> String {
        for event in events {
            match event {
                Event::Start(tag) => self.start(tag),
                Event::End(tag) => self.end(tag),
                Event::Text(text) if self.is_code => self.code(&text),
                Event::Text(text) => self.inline.push_str(&text),
                Event::Code(text) => self.inline_code(&text),
                Event::SoftBreak => self.inline.push(' '),
                Event::HardBreak => self.inline.push('\n'),
                Event::Rule => {
                    self.text += &("─".repeat(self.width) + "\n\n");
                }
                _ => {}
            }
        }
        self.text.truncate(self.text.trim_end().len());
        self.text + "\n"
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::List(first) => {
                self.paragraph();
                self.lists.push(first);
            }
            Tag::Item => self.item(),
            Tag::BlockQuote(_) => self.indents.push("│ ".to_owned()),
            Tag::CodeBlock(_) => {
                self.paragraph();
                self.is_code = true;
            }
            Tag::Link { dest_url, .. } => {
                self.targets.push((self.inline.len(), (self.link)(&dest_url)));
            }
            Tag::Strong => self.style(BOLD),
            Tag::Table(_) => self.rows.clear(),
            Tag::TableHead | Tag::TableRow => self.rows.push(Vec::new()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                self.paragraph();
                self.blank_line();
            }
            TagEnd::Heading(level) => self.heading(level),
            TagEnd::Item => {
                self.paragraph();
                self.indents.pop();
                self.mark = None;
            }
            TagEnd::List(_) => {
                self.lists.pop();
                if self.lists.is_empty() {
                    self.blank_line();
                }
            }
            TagEnd::BlockQuote(_) => {
                self.indents.pop();
            }
            TagEnd::CodeBlock => {
                self.is_code = false;
                self.blank_line();
            }
            TagEnd::Link => self.end_link(),
            TagEnd::Strong => self.style(PLAIN),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.inline);
                if let Some(row) = self.rows.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.end_table(),
            _ => {}
        }
    }

    /// Adds a link's target to its text.
    fn end_link(&mut self) {
        let Some((start, Some(shown))) = self.targets.pop() else { return };
        let text = &self.inline[start..];
        match shown {
            Shown::Address(address) if text == address => {}
            Shown::Address(address) => self.inline.extend([" (", &address, ")"]),
            // The text is the name of the page's file.
            Shown::Command(command) if Path::new(text).extension().is_some_and(|it| it == "md") => {
                self.inline.truncate(start);
                self.inline_code(&command);
            }
            Shown::Command(command) => {
                self.inline += " (";
                self.inline_code(&command);
                self.inline.push(')');
            }
        }
    }

    fn style(&mut self, sequence: &str) {
        if self.is_styled {
            self.inline += sequence;
        }
    }

    fn inline_code(&mut self, code: &str) {
        if self.is_styled {
            // A space of its own, which is not a place to break the line.
            let code = code.replace(' ', "\u{a0}");
            self.inline.extend([CODE, &code, PLAIN]);
        } else {
            self.inline.extend(["`", &code.replace(' ', "\u{a0}"), "`"]);
        }
    }

    /// Writes a line of a code block.
    fn code(&mut self, text: &str) {
        for line in text.lines() {
            let line = format!("{}{INDENT}{line}", self.indents.concat());
            self.text += line.trim_end();
            self.text.push('\n');
        }
    }

    fn item(&mut self) {
        self.paragraph();
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            _ => "• ".to_owned(),
        };
        let indent = " ".repeat(mark.width());
        self.mark = Some(self.indents.concat() + &mark);
        self.indents.push(indent);
    }

    fn heading(&mut self, level: HeadingLevel) {
        let text = std::mem::take(&mut self.inline);
        let text = text.trim();
        let (style, rule) = match level {
            HeadingLevel::H1 => (UNDERLINED, "═"),
            HeadingLevel::H2 => (BOLD, "─"),
            _ => (BOLD, ""),
        };
        if self.is_styled {
            let _ = write!(self.text, "{style}{}{PLAIN}\n\n", strip_colors(text));
        } else {
            let rule = rule.repeat(text.width());
            let rule = if rule.is_empty() { String::new() } else { rule + "\n" };
            let _ = write!(self.text, "{text}\n{rule}\n");
        }
    }

    /// Writes the paragraph that was read.
    fn paragraph(&mut self) {
        let inline = std::mem::take(&mut self.inline);
        if inline.trim().is_empty() {
            return;
        }
        let rest = self.indents.concat();
        let first = self.mark.take().unwrap_or_else(|| rest.clone());
        self.text += &wrap(&inline, self.width, &first, &rest);
    }

    fn blank_line(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn end_table(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        self.text += &columns(&rows, self.width).unwrap_or_else(|| listed(&rows, self.width));
        self.blank_line();
    }
}

/// Returns the columns that a text takes.
fn width_of(text: &str) -> usize {
    strip_colors(text).width()
}

/// Wraps a text. The first line and the others have these prefixes.
fn wrap(text: &str, width: usize, first: &str, rest: &str) -> String {
    let mut wrapped = String::new();
    for part in text.split('\n') {
        let prefix = if wrapped.is_empty() { first } else { rest };
        let (mut line, mut used) = (prefix.to_owned(), prefix.width());
        let mut is_empty = true;
        for word in part.split(' ').filter(|word| !word.is_empty()) {
            let columns = width_of(word);
            if !is_empty && used + 1 + columns > width {
                wrapped += &(line.trim_end().to_owned() + "\n");
                (line, used, is_empty) = (rest.to_owned(), rest.width(), true);
            }
            if !is_empty {
                line.push(' ');
                used += 1;
            }
            line += word;
            used += columns;
            is_empty = false;
        }
        wrapped += &(line.trim_end().to_owned() + "\n");
    }
    wrapped.replace('\u{a0}', " ")
}

/// Returns a table with aligned columns; `None` if it is too wide.
fn columns(rows: &[Vec<String>], width: usize) -> Option<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let cell = |row: &'_ Vec<String>, at: usize| row.get(at).map_or(0, |cell| width_of(cell));
    let widths: Vec<usize> =
        (0..count).map(|at| rows.iter().map(|row| cell(row, at)).max().unwrap_or(0)).collect();
    let gaps = COLUMN_GAP.len() * count.saturating_sub(1);
    if widths.iter().sum::<usize>() + gaps > width {
        return None;
    }
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(&widths).map(|(cell, width)| {
            format!("{cell}{}", " ".repeat(width.saturating_sub(width_of(cell))))
        });
        let line = cells.collect::<Vec<_>>().join(COLUMN_GAP).replace('\u{a0}', " ");
        let is_bare = line.trim().is_empty();
        if !is_bare {
            text += &(line.trim_end().to_owned() + "\n");
        }
        if number == 0 && !is_bare {
            let rules = widths.iter().map(|width| "─".repeat(*width));
            text += &(rules.collect::<Vec<_>>().join(COLUMN_GAP) + "\n");
        }
    }
    Some(text)
}

/// Returns a table as a list: the first cell of each row, and below it the others.
fn listed(rows: &[Vec<String>], width: usize) -> String {
    let mut text = String::new();
    for row in rows.iter().skip(1) {
        let Some((first, others)) = row.split_first() else { continue };
        text += &wrap(first, width, "", "");
        for cell in others.iter().filter(|cell| !cell.trim().is_empty()) {
            text += &wrap(cell, width, INDENT, INDENT);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(markdown: &str) -> String {
        page(markdown, 40, false, &|target| Some(Shown::Address(target.to_owned())))
    }

    #[test]
    fn page_has_headings_paragraphs_and_code() {
        let markdown = "# Title\n\nSome **text** that is longer than one line of `a page`.\n\n\
                        ## Part\n\n```sh\nlivedeck a.md\n```\n\n[here](https://a.b) https://c.d\n";
        insta::assert_snapshot!(plain(markdown), @"
        Title
        ═════

        Some text that is longer than one line
        of `a page`.

        Part
        ────

            livedeck a.md

        here (https://a.b) https://c.d
        ");
    }

    #[test]
    fn lists_are_indented() {
        let markdown =
            "1. first\n2. second item that is longer than one line\n   - deep\n\nafter\n";
        insta::assert_snapshot!(plain(markdown), @"
        1. first
        2. second item that is longer than one
           line
           • deep

        after
        ");
    }

    #[test]
    fn wide_tables_are_lists() {
        let markdown = "| a | b |\n|---|---|\n| one | two |\n\n\
                        | a | b |\n|---|---|\n| one | two two two two two two two two two two |\n";
        insta::assert_snapshot!(plain(markdown), @"
        a    b
        ───  ───
        one  two

        one
            two two two two two two two two two
            two
        ");
    }

    #[test]
    fn links_to_pages_are_commands() {
        let link = |_: &str| Some(Shown::Command("livedeck help b".to_owned()));
        let markdown = "[B.md](B.md) and [more of it](B.md#more) ([B.md](B.md)).\n";
        assert_eq!(
            page(markdown, 100, false, &link),
            "`livedeck help b` and more of it (`livedeck help b`) (`livedeck help b`).\n"
        );
    }

    #[test]
    fn styled_pages_have_the_same_text() {
        let markdown = "# T\n\n**b** `c d` e\n";
        let styled = page(markdown, 40, true, &|_| None);
        assert!(styled.contains("\x1b[1mb\x1b[0m \x1b[36mc d\x1b[0m e"), "{styled:?}");
    }
}
