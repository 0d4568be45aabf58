//! Hidden lines: lines of code that run but are not shown, marked by a prefix or as in rustdoc.

use std::borrow::Cow;

/// How a language marks hidden lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HiddenLines<'p> {
    /// A prefix at the very start of the line.
    Prefix(&'p str),
    /// `#` and a space, or `#` alone, after any indent; `##` is a visible `#`.
    Rustdoc,
}

/// A line of a block.
enum CodeLine<'l> {
    Shown(Cow<'l, str>),
    /// The part of a hidden line that runs.
    Hidden(&'l str),
}

impl HiddenLines<'_> {
    /// Returns the visible lines.
    pub(super) fn shown(self, code: &str) -> String {
        let mut lines = Vec::new();
        for line in code.lines() {
            if let CodeLine::Shown(line) = self.read(line) {
                lines.push(line);
            }
        }
        lines.join("\n")
    }

    /// Returns the lines to run, as many as in the source.
    pub(super) fn executed(self, code: &str) -> String {
        let mut executed = String::with_capacity(code.len());
        for line in code.split_inclusive('\n') {
            let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
            match self.read(line) {
                CodeLine::Shown(line) => executed += &line,
                CodeLine::Hidden(line) => executed += line,
            }
            executed += end;
        }
        executed
    }

    fn read(self, line: &str) -> CodeLine<'_> {
        let hidden = match self {
            Self::Prefix(prefix) => line.strip_prefix(prefix),
            Self::Rustdoc => {
                let inside = line.trim_start();
                if inside.trim_end() == "#" {
                    Some("")
                } else if inside.starts_with("##") {
                    return CodeLine::Shown(Cow::Owned(line.replacen("##", "#", 1)));
                } else {
                    inside.strip_prefix("# ")
                }
            }
        };
        hidden.map_or(CodeLine::Shown(Cow::Borrowed(line)), CodeLine::Hidden)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("# use a;\nb();", "b();", "use a;\nb();")]
    #[case("a();\n#\nb();\n", "a();\nb();", "a();\n\nb();\n")]
    #[case("#  \nb();", "b();", "\nb();")]
    #[case("    # // no\nb();", "b();", "// no\nb();")]
    #[case("\t# a();\nb();", "b();", "a();\nb();")]
    #[case("  ## text\nb();", "  # text\nb();", "  # text\nb();")]
    #[case("### a", "## a", "## a")]
    #[case(
        "#[derive(X)]\n#![allow(y)]\n#a",
        "#[derive(X)]\n#![allow(y)]\n#a",
        "#[derive(X)]\n#![allow(y)]\n#a"
    )]
    #[case("let a = 1; # no", "let a = 1; # no", "let a = 1; # no")]
    #[case("#     indented();", "", "    indented();")]
    fn rust_hides_lines_as_rustdoc_does(
        #[case] code: &str,
        #[case] shown: &str,
        #[case] executed: &str,
    ) {
        assert_eq!(HiddenLines::Rustdoc.shown(code), shown);
        assert_eq!(HiddenLines::Rustdoc.executed(code), executed);
    }

    #[test]
    fn prefix_hides_lines_that_start_with_it() {
        let lines = HiddenLines::Prefix("/// ");
        let code = "/// import a\nb\n /// c\n///\n";
        assert_eq!(lines.shown(code), "b\n /// c\n///");
        assert_eq!(lines.executed(code), "import a\nb\n /// c\n///\n");
    }
}
