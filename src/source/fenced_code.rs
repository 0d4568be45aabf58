//! The code of a fenced block as bare lines, and the block's text for edited lines.
//!
//! A block in a list item or a quote has a prefix on each line. Unedited lines are put back byte by
//! byte; edited ones get the prefix and line end of the line that they replace, or of their
//! neighbours. The fence is lengthened if a line would close it.

use std::ops::Range;

/// The part of a text that a code block occupies, from its opening fence to its closing fence, or
/// lines of a code file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FencedCode {
    /// The opening line; empty for lines of a code file.
    opening: String,
    lines: Vec<FencedLine>,
    /// The closing line; empty if the block has none.
    closing: String,
    fence: Option<Fence>,
    line_end: &'static str,
}

/// One line of code.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FencedLine {
    /// The whole line as it is in the text, with its line end.
    source: String,
    /// The prefix of the line when it is put back edited.
    prefix: String,
    code: String,
}

/// The opening fence and the containers around it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fence {
    containers: Vec<Container>,
    /// The prefix of lines that have none of their own.
    prefix: String,
    mark: char,
    length: usize,
    /// Offset of the marks in the opening line.
    at: usize,
}

/// What a line of code has before its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Container {
    /// Up to this many columns of white space: list items and the indentation of the fence.
    Indent(usize),
    /// A quote mark and one optional space.
    Quote,
}

/// The longest indentation of a fence or a quote mark within its container.
const MAX_INDENT: usize = 3;
/// The fewest marks of a fence.
const MIN_FENCE: usize = 3;
const TAB_STOP: usize = 4;

impl FencedCode {
    /// Returns the block whose code is at `code`, and the bytes of `text` that it occupies.
    pub fn find(text: &str, code: Range<usize>) -> (Range<usize>, Self) {
        let first = line_start(text, code.start);
        let is_opening_cut = code.is_empty() && code.start == text.len() && first < code.start;
        let opening = if is_opening_cut {
            first..text.len()
        } else {
            line_start(text, first.saturating_sub(1))..first
        };
        let first = opening.end.max(first);
        let end = if code.is_empty() { first } else { line_end(text, code.end - 1) };
        let fence = Fence::read(&text[opening.clone()]);
        let start = if fence.is_some() { opening.start } else { first };
        let mut block = Self {
            opening: text[start..first].to_owned(),
            lines: Vec::new(),
            closing: String::new(),
            line_end: if is_crlf(&text[start..]) { "\r\n" } else { "\n" },
            fence,
        };
        let lines = text[first..end].split_inclusive('\n');
        block.lines = lines.map(|line| block.read_line(line)).collect();
        let after = &text[end..line_end(text, end)];
        if block.fence.as_ref().is_some_and(|fence| fence.is_closed_by(after)) {
            after.clone_into(&mut block.closing);
        }
        (start..end + block.closing.len(), block)
    }

    /// Returns the lines of code without prefixes; at least one.
    pub fn code(&self) -> Vec<String> {
        let lines: Vec<_> = self.lines.iter().map(|line| line.code.clone()).collect();
        if lines.is_empty() { vec![String::new()] } else { lines }
    }

    /// Returns the block's text.
    pub fn text(&self) -> String {
        let lines = self.lines.iter().map(|line| line.source.as_str());
        [self.opening.as_str()].into_iter().chain(lines).chain([self.closing.as_str()]).collect()
    }

    /// Returns the block's text with these lines of code.
    pub fn with_code(&self, code: &[String]) -> String {
        if self.code() == code {
            return self.text();
        }
        let same = self.lines.iter().zip(code).take_while(|(old, new)| old.code == **new).count();
        let rest = self.lines.len().min(code.len()) - same;
        let behind = self.lines.iter().rev().zip(code.iter().rev());
        let behind = behind.take(rest).take_while(|(old, new)| old.code == **new).count();
        let (old, new) = (&self.lines[same..self.lines.len() - behind], &code[same..]);
        let new = &new[..new.len() - behind];
        let mut lines: Vec<String> =
            self.lines[..same].iter().map(|line| line.source.clone()).collect();
        for (index, code) in new.iter().enumerate() {
            let own = old.get(index).filter(|_| old.len() == new.len());
            lines.push(self.put_back(own, code));
        }
        let last = &self.lines[self.lines.len() - behind..];
        lines.extend(last.iter().map(|line| line.source.clone()));
        self.join(lines, self.marks_for(code))
    }

    /// Joins the lines of a block between its fences, which get at least `marks` marks.
    fn join(&self, mut lines: Vec<String>, marks: usize) -> String {
        let mut opening = self.opening.clone();
        let mut closing = self.closing.clone();
        if let Some(fence) = &self.fence {
            let more = fence.mark.to_string().repeat(marks.saturating_sub(fence.length));
            opening.insert_str(fence.at, &more);
            if let Some(at) = closing.find(fence.mark) {
                closing.insert_str(at, &more);
            }
            if !opening.ends_with('\n') {
                opening.push_str(self.line_end);
            }
        }
        let count = lines.len();
        let is_cut = self.lines.last().is_some_and(|line| !line.source.ends_with('\n'));
        for (index, line) in lines.iter_mut().enumerate() {
            if is_cut && index + 1 == count {
                line.truncate(line.trim_end_matches(['\r', '\n']).len());
            } else if !line.ends_with('\n') {
                line.push_str(self.line_end);
            }
        }
        opening + &lines.concat() + &closing
    }

    /// Returns the source of an edited line that replaces `own`.
    fn put_back(&self, own: Option<&FencedLine>, code: &str) -> String {
        let end = own.map(|line| line_break(&line.source)).filter(|end| !end.is_empty());
        let end = end.unwrap_or(self.line_end);
        let Some(fence) = &self.fence else { return format!("{code}{end}") };
        // A blank line can be without the prefix that keeps others in their list item.
        let has_prefix = |line: &&FencedLine| !line.code.trim().is_empty();
        let common = self.lines.iter().find(has_prefix);
        let known =
            [own.filter(has_prefix), common].into_iter().flatten().map(|line| line.prefix.as_str());
        let prefixes = known.chain([fence.prefix.as_str()]).map(str::to_owned);
        let mut lines = prefixes.chain([fence.plain_prefix()]).map(|prefix| {
            let line = format!("{prefix}{code}");
            if code.is_empty() { line.trim_end().to_owned() } else { line }
        });
        // A prefix can be too short for this code, for example none before code that is indented.
        let is_read_back = |line: &String| fence.split(line).1 == code;
        let line = lines.find(is_read_back).unwrap_or_else(|| fence.plain_prefix() + code);
        line + end
    }

    /// Returns how many marks the fence needs to contain this code.
    fn marks_for(&self, code: &[String]) -> usize {
        let Some(fence) = &self.fence else { return 0 };
        let closing = code.iter().filter_map(|line| fence.closing_marks(line));
        closing.map(|marks| marks + 1).max().unwrap_or(0)
    }

    fn read_line(&self, source: &str) -> FencedLine {
        let line = source.strip_suffix('\n').unwrap_or(source);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let (prefix, code) = match &self.fence {
            Some(fence) => fence.split(line),
            None => (String::new(), line.to_owned()),
        };
        FencedLine { source: source.to_owned(), prefix, code }
    }
}

impl Fence {
    /// Reads an opening line: containers, marks, info string.
    fn read(line: &str) -> Option<Self> {
        let mut containers = Vec::new();
        let mut cursor = LineCursor::new(line);
        let mut columns = 0;
        let mut is_bare_quote = false;
        loop {
            columns += cursor.skip_indent(usize::MAX);
            let rest = cursor.rest();
            let first = rest.chars().next()?;
            let marks = rest.chars().take_while(|&c| c == first).count();
            if matches!(first, '`' | '~') && marks >= MIN_FENCE {
                containers.push(Container::Indent(columns));
                let at = line.len() - rest.len();
                let blank = |c| if matches!(c, '>' | ' ' | '\t') { c } else { ' ' };
                let prefix = line[..at].chars().map(blank).collect();
                let mut fence = Self { containers, prefix, mark: first, length: marks, at };
                // In `>- `, no space belongs to the quote mark; on other lines, one does.
                if is_bare_quote && columns > 0 {
                    fence.prefix = fence.plain_prefix();
                }
                return Some(fence);
            }
            if first == '>' {
                containers.extend([Container::Indent(columns), Container::Quote]);
                columns = 0;
                is_bare_quote |= !rest[1..].starts_with([' ', '\t']);
                cursor.skip_quote();
            } else {
                let marker = list_marker(rest)?;
                cursor.skip(marker);
                columns += marker;
            }
        }
    }

    /// Splits a line into the prefix to put back before its code, and its code.
    fn split(&self, line: &str) -> (String, String) {
        let mut cursor = LineCursor::new(line);
        for container in &self.containers {
            match *container {
                Container::Indent(columns) => {
                    cursor.skip_indent(columns);
                }
                Container::Quote => {
                    if !cursor.skip_quote() {
                        break;
                    }
                }
            }
        }
        cursor.split()
    }

    /// Returns the prefix that is right for any code.
    fn plain_prefix(&self) -> String {
        let plain = |container: &Container| match *container {
            Container::Indent(columns) => " ".repeat(columns),
            Container::Quote => "> ".to_owned(),
        };
        self.containers.iter().map(plain).collect()
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let (_, code) = self.split(line.trim_end());
        self.closing_marks(&code).is_some()
    }

    /// Returns the number of marks of a line of code that would close the block.
    fn closing_marks(&self, code: &str) -> Option<usize> {
        let mut cursor = LineCursor::new(code);
        cursor.skip_indent(MAX_INDENT);
        let marks = cursor.rest().trim_end();
        let is_closing = marks.len() >= self.length && marks.chars().all(|c| c == self.mark);
        is_closing.then_some(marks.len())
    }
}

/// Reads a line by columns: a tab can be half in its prefix, half in its code.
struct LineCursor<'t> {
    line: &'t str,
    at: usize,
    column: usize,
    /// Columns of the last tab that are not skipped.
    left: usize,
}

impl<'t> LineCursor<'t> {
    fn new(line: &'t str) -> Self {
        Self { line, at: 0, column: 0, left: 0 }
    }

    fn rest(&self) -> &'t str {
        &self.line[self.at..]
    }

    /// Skips up to this many columns of white space. Returns how many it skipped.
    fn skip_indent(&mut self, columns: usize) -> usize {
        let start = self.column;
        while self.column - start < columns {
            let wanted = columns - (self.column - start);
            if self.left == 0 {
                match self.rest().chars().next() {
                    Some(' ') => self.left = 1,
                    Some('\t') => self.left = TAB_STOP - self.column % TAB_STOP,
                    _ => break,
                }
                self.at += 1;
            }
            let skipped = self.left.min(wanted);
            self.left -= skipped;
            self.column += skipped;
        }
        self.column - start
    }

    /// Skips a quote mark and one optional space. Returns whether there is one.
    fn skip_quote(&mut self) -> bool {
        let before = (self.at, self.column, self.left);
        self.skip_indent(MAX_INDENT);
        if self.left > 0 || !self.rest().starts_with('>') {
            (self.at, self.column, self.left) = before;
            return false;
        }
        self.skip(1);
        self.skip_indent(1);
        true
    }

    /// Skips bytes that are a column each.
    fn skip(&mut self, bytes: usize) {
        self.at += bytes;
        self.column += bytes;
    }

    /// Returns what was skipped, with a cut tab as spaces, and the rest.
    fn split(&self) -> (String, String) {
        let left = " ".repeat(self.left);
        let skipped = &self.line[..self.at];
        let prefix = match skipped.strip_suffix('\t').filter(|_| self.left > 0) {
            Some(before) => before.to_owned() + &" ".repeat(self.column - columns(before)),
            None => skipped.to_owned(),
        };
        (prefix, left + self.rest())
    }
}

/// Returns the columns of the start of a line.
fn columns(text: &str) -> usize {
    let next = |column: usize, c| column + if c == '\t' { TAB_STOP - column % TAB_STOP } else { 1 };
    text.chars().fold(0, next)
}

/// Returns the length of the list marker that a text starts with, which white space follows.
fn list_marker(text: &str) -> Option<usize> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let sign = text.as_bytes().get(digits)?;
    let is_marker = match digits {
        0 => matches!(sign, b'-' | b'*' | b'+'),
        _ => matches!(sign, b'.' | b')'),
    };
    let is_followed = text.get(digits + 1..)?.starts_with([' ', '\t']);
    (is_marker && is_followed).then_some(digits + 1)
}

/// Returns the line break at the end of a line.
fn line_break(line: &str) -> &'static str {
    if line.ends_with("\r\n") {
        "\r\n"
    } else if line.ends_with('\n') {
        "\n"
    } else {
        ""
    }
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |before| before + 1)
}

/// Returns the offset after the line that contains byte `at`.
fn line_end(text: &str, at: usize) -> usize {
    let found = text.as_bytes()[at..].iter().position(|&byte| byte == b'\n');
    found.map_or(text.len(), |found| at + found + 1)
}

/// Returns whether the first line ends with `\r\n`.
fn is_crlf(text: &str) -> bool {
    text.split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// Finds the block whose code is between `«` and `»`.
    fn find(marked: &str) -> (String, Range<usize>, FencedCode) {
        let (before, rest) = marked.split_once('«').unwrap();
        let (code, after) = rest.split_once('»').unwrap();
        let text = [before, code, after].concat();
        let (range, block) = FencedCode::find(&text, before.len()..before.len() + code.len());
        assert_eq!(block.text(), &text[range.clone()], "{marked}");
        assert_eq!(block.with_code(&block.code()), &text[range.clone()], "{marked}");
        (text, range, block)
    }

    fn edited(marked: &str, code: &str) -> String {
        let (text, range, block) = find(marked);
        let code: Vec<_> = code.split('\n').map(str::to_owned).collect();
        [&text[..range.start], &block.with_code(&code), &text[range.end..]].concat()
    }

    #[rstest]
    #[case::margin("a\n\n```rust\n«x\n  y\n»```\nb", "x\n  y")]
    #[case::item(
        "1. a\n\n   ```py\n   «def f():\n       return 1\n\n   f()\n»   ```\n",
        "def f():\n    return 1\n\nf()"
    )]
    #[case::first_in_item("- ```py\n  «a\n   b\n»  ```\n", "a\n b")]
    #[case::nested("10) - ```py\n      «a\n»      ```\n", "a")]
    #[case::quote("> ```py\n> «a\n>  b\n>\n>c\n»> ```\n", "a\n b\n\nc")]
    #[case::quote_in_item("- > ```py\n  > «a\n  >   b\n»  > ```\n", "a\n  b")]
    #[case::item_in_quote("> 1. ```py\n>    «a\n>     b\n»>    ```\n", "a\n b")]
    #[case::indented_fence("  ~~~py\n  «a\nb\n   c\n»  ~~~\n", "a\nb\n c")]
    #[case::tab_in_item("- ```py\n\t«a\n»  ```\n", "  a")]
    #[case::tab_in_quote(">```py\n>\t«a\n»>```\n", "  a")]
    #[case::crlf("```py\r\n«a\r\nb\r\n»```\r\n", "a\nb")]
    #[case::empty("```py\n«»```\n", "")]
    #[case::never_closed("```py\n«a\nb»", "a\nb")]
    #[case::code_file("«x = 1\n  y\n»", "x = 1\n  y")]
    fn code_is_read_without_its_prefixes(#[case] marked: &str, #[case] code: &str) {
        assert_eq!(find(marked).2.code().join("\n"), code);
    }

    #[rstest]
    #[case::margin("```\n«a\n»```\n", "a\nb", "```\na\nb\n```\n")]
    #[case::item("- ```\n  «a\n»  ```\n", "x\n\n y\na", "- ```\n  x\n\n   y\n  a\n  ```\n")]
    #[case::quote("> ```\n> «a\n»> ```\n", "a\n\n b", "> ```\n> a\n>\n>  b\n> ```\n")]
    #[case::bare_quote(">```\n>«a\n»>```\n", "a\n b\nc", ">```\n>a\n>  b\n>c\n>```\n")]
    #[case::blank_in_item(
        "- ```\n  «a\n\n  b\n»  ```\n",
        "a\nx\nb",
        "- ```\n  a\n  x\n  b\n  ```\n"
    )]
    #[case::item_in_bare_quote(">- ```\n«»>   ```\n", "a", ">- ```\n>   a\n>   ```\n")]
    #[case::empty_in_item("* ```\n«»  ```\n", "a", "* ```\n  a\n  ```\n")]
    #[case::short_indent("  ```\n«a\n»  ```\n", " a", "  ```\n   a\n  ```\n")]
    #[case::tab("- ```\n\t«a\n\tb\n»  ```\n", "  a\n  c", "- ```\n\ta\n    c\n  ```\n")]
    #[case::crlf("```\r\n«a\r\n»```\r\n", "a\nb", "```\r\na\r\nb\r\n```\r\n")]
    #[case::mixed("```\n«a\r\nb\n»```\n", "x\nb\nc", "```\nx\nb\nc\n```\n")]
    #[case::mixed_same_count("```\n«a\r\nb\n»```\n", "x\nb", "```\nx\r\nb\n```\n")]
    #[case::never_closed("```\n«a»", "a\nb", "```\na\nb")]
    #[case::only_a_fence("```py«»", "a", "```py\na\n")]
    #[case::file("«a\nb»", "a\nb\nc", "a\nb\nc")]
    fn edited_lines_are_put_back(#[case] marked: &str, #[case] code: &str, #[case] expected: &str) {
        assert_eq!(edited(marked, code), expected);
    }

    #[rstest]
    #[case::same_length("```\n«a\n»```\n", "a\n```", "````\na\n```\n````\n")]
    #[case::longer("- ```\n  «a\n»  ```\n", "  `````\na", "- ``````\n    `````\n  a\n  ``````\n")]
    #[case::tildes("~~~\n«a\n»~~~~\n", "~~~\n```", "~~~~\n~~~\n```\n~~~~~\n")]
    #[case::other_mark("```\n«a\n»```\n", "~~~", "```\n~~~\n```\n")]
    #[case::with_text("```\n«a\n»```\n", "```py", "```\n```py\n```\n")]
    #[case::deep("```\n«a\n»```\n", "    ```", "```\n    ```\n```\n")]
    fn fence_is_longer_than_typed_marks(
        #[case] marked: &str,
        #[case] code: &str,
        #[case] expected: &str,
    ) {
        assert_eq!(edited(marked, code), expected);
    }
}
