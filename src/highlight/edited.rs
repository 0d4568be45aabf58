//! Highlights code while it is edited: only from the first changed line to the last visible one.

use std::ops::Range;

use ratatui::text::Line;
use syntect::highlighting as colors;

use super::line_parser::Parser;
use super::paint::{self, MAX_BLOCK_BYTES};
use super::{CodeGround, Highlighter, syntaxes};

/// The code in the editor, highlighted up to its last visible line.
#[derive(Default)]
pub struct EditedCode {
    /// The highlight theme and its ground.
    theme: (String, Option<CodeGround>),
    language: String,
    lines: Vec<EditedLine>,
}

struct EditedLine {
    text: String,
    styled: Line<'static>,
    /// The parser's state after the line; none if the rest is not highlighted.
    after: Option<Parser>,
    /// Bytes up to the end of the line.
    read: usize,
}

impl EditedCode {
    /// Returns some styled lines. Only what has changed before their end since the last call is
    /// highlighted.
    pub fn lines(
        &mut self,
        highlighter: &Highlighter,
        language: &str,
        (lines, shown): (&[String], Range<usize>),
    ) -> Vec<Line<'static>> {
        let theme = (highlighter.theme(), highlighter.ground());
        if self.language != language || (&*self.theme.0, self.theme.1) != theme {
            let theme = (theme.0.to_owned(), theme.1);
            *self = Self { theme, language: language.to_owned(), lines: Vec::new() };
        }
        let is_same = |(known, line): &(&EditedLine, &String)| known.text == **line;
        let same = self.lines.iter().zip(lines).take_while(is_same).count();
        self.lines.truncate(same);
        let end = shown.end.min(lines.len());
        for line in lines.iter().take(end).skip(same) {
            self.push(&highlighter.unpacked().rules, lines, line);
        }
        let shown = shown.start.min(end)..end;
        self.lines[shown].iter().map(|line| line.styled.clone()).collect()
    }

    fn push(&mut self, rules: &colors::Highlighter<'_>, lines: &[String], line: &str) {
        let (parser, read) = match self.lines.last() {
            Some(last) => (last.after.clone(), last.read),
            None => (self.first_parser(rules, lines), 0),
        };
        let read = read + line.len();
        let parser = parser.filter(|_| read <= MAX_BLOCK_BYTES);
        let (styled, after) = paint::line(rules, parser, line);
        self.lines.push(EditedLine { text: line.to_owned(), styled, after, read });
    }

    fn first_parser(&self, rules: &colors::Highlighter<'_>, lines: &[String]) -> Option<Parser> {
        let tagged = lines.iter().find(|line| line.contains("<?"));
        let code = tagged.map_or("", String::as_str);
        syntaxes::find(&self.language).map(|syntax| Parser::new(rules, syntax, code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Vec<String> {
        text.split('\n').map(str::to_owned).collect()
    }

    #[test]
    fn edited_code_is_highlighted_like_other_code() {
        let highlighter = Highlighter::new("base16-eighties.dark").unwrap();
        let mut editor = EditedCode::default();
        for text in [
            "x = 1\ny = '''\nz = 2\n'''\nprint(x)",
            "x = 1\n#y = '''\nz = 2\n'''\nprint(x)",
            "x = 1\nz = 2\n'''\nprint(x)",
            "",
            "x = 1",
        ] {
            let lines = code(text);
            let edited = editor.lines(&highlighter, "python", (&lines, 0..lines.len()));
            assert_eq!(edited, highlighter.lines("python", text).to_vec(), "{text}");
        }
    }

    #[test]
    fn lines_below_the_visible_ones_are_not_highlighted() {
        let highlighter = Highlighter::new("base16-eighties.dark").unwrap();
        let lines = code(&"x = 1\n".repeat(5_000));
        let mut editor = EditedCode::default();
        assert_eq!(editor.lines(&highlighter, "python", (&lines, 10..30)).len(), 20);
        assert_eq!(editor.lines.len(), 30);
        assert_eq!(editor.lines(&highlighter, "rust", (&lines, 6_000..7_000)).len(), 0);
    }
}
