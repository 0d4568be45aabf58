//! Formulas in text as Unicode, where that is exact: letters, operators, subscripts and superscripts
//! that have characters of their own, simple fractions and roots. Others are drawn, and have a form in
//! one row, such as `(a + b)/√c`, for terminals in which they would be too small to read.

use super::formula_symbols::{
    BLACKBOARD, CALLIGRAPHIC, FRACTIONS, SUBSCRIPTS, SUPERSCRIPTS, SYMBOLS,
};

/// Returns a formula as text in one row; `None` if it needs to be drawn.
pub(super) fn as_text(formula: &str) -> Option<String> {
    let text = FormulaReader::new(formula, Precision::Exact).sequence(None)?;
    Some(text).filter(|text| !text.is_empty() && text.chars().count() <= MAX_CHARS)
}

/// Returns a formula in one row of text that says the same with more signs; `None` if it has parts for
/// which there is none.
pub(super) fn linear(formula: &str) -> Option<String> {
    let text = FormulaReader::new(formula, Precision::Linear).sequence(None)?;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(text).filter(|text| !text.is_empty() && text.chars().count() <= MAX_LINEAR_CHARS)
}

/// How fractions start.
const FRACTION_COMMANDS: [&str; 3] = ["\\frac", "\\tfrac", "\\dfrac"];

/// Longer formulas are drawn.
const MAX_CHARS: usize = 80;

/// Longer formulas have no form in one row.
const MAX_LINEAR_CHARS: usize = 200;

/// Limit of the nesting of braces.
const MAX_DEPTH: usize = 8;

/// How faithful the text of a formula is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Precision {
    /// As it would be drawn.
    Exact,
    /// With signs in place of what is above or below the line.
    Linear,
}

struct FormulaReader<'t> {
    rest: &'t str,
    depth: usize,
    precision: Precision,
    /// How many environments are open.
    environments: usize,
    /// Whether a matrix that comes next is in brackets.
    is_in_brackets: bool,
}

impl<'t> FormulaReader<'t> {
    fn new(formula: &'t str, precision: Precision) -> Self {
        Self { rest: formula.trim(), depth: 0, precision, environments: 0, is_in_brackets: false }
    }

    fn is_linear(&self) -> bool {
        self.precision == Precision::Linear
    }

    /// Converts up to `end`, or to the end of the text.
    fn sequence(&mut self, end: Option<char>) -> Option<String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut text = String::new();
        loop {
            let Some(next) = self.rest.chars().next() else {
                self.depth -= 1;
                return end.is_none().then_some(text);
            };
            if Some(next) == end {
                self.bump(next);
                self.depth -= 1;
                return Some(text);
            }
            if end.is_none() && self.environments > 0 && self.rest.starts_with("\\end") {
                self.depth -= 1;
                return Some(text);
            }
            match next {
                '^' | '_' => {
                    self.bump(next);
                    let script = self.argument()?;
                    if next == '^' && script.chars().all(|c| "′″‴".contains(c)) {
                        text.push_str(&script);
                    } else {
                        let table = if next == '^' { SUPERSCRIPTS } else { SUBSCRIPTS };
                        let letters = script.chars().filter(|c| *c != ' ');
                        let small: Option<String> = letters.map(|c| script_of(c, table)).collect();
                        match small {
                            Some(small) => text.push_str(&small),
                            None if !self.is_linear() => return None,
                            None if is_single(&script) => text.extend([next.to_string(), script]),
                            None => {
                                text.extend([&next.to_string(), "(", script.trim(), ")"]);
                            }
                        }
                    }
                }
                c if c.is_whitespace() => self.bump(c),
                _ => {
                    let starts_fraction =
                        FRACTION_COMMANDS.iter().any(|it| self.rest.starts_with(it));
                    let mut part = self.atom()?;
                    // Beside a factor, nothing says where a fraction in one row ends.
                    if starts_fraction
                        && part.contains('/')
                        && (ends_with_factor(&text) || self.is_before_factor())
                    {
                        if !self.is_linear() {
                            return None;
                        }
                        part = enclosed(&part);
                    }
                    join(&mut text, &part);
                }
            }
        }
    }

    /// Whether the next thing multiplies what comes before it, or is its script.
    fn is_before_factor(&self) -> bool {
        let rest = self.rest.trim_start();
        let Some(command) = rest.strip_prefix('\\') else {
            return rest.starts_with(|c: char| c.is_alphanumeric() || "([{^_'".contains(c));
        };
        let end = command.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(command.len());
        let name = &command[..end];
        let symbol = SYMBOLS.binary_search_by_key(&name, |(known, _)| known);
        let is_factor = symbol.is_ok_and(|index| !is_relation(SYMBOLS[index].1));
        let spaces = [",", ":", ";", " ", "!"];
        match name {
            "" => spaces.iter().any(|it| command.starts_with(it)),
            "right" | "bigr" | "Bigr" | "biggr" | "Biggr" | "end" | "quad" | "qquad" => false,
            _ => symbol.is_err() || is_factor,
        }
    }

    fn bump(&mut self, c: char) {
        self.rest = &self.rest[c.len_utf8()..];
    }

    /// Converts the argument of a command, of `^` or of `_`.
    fn argument(&mut self) -> Option<String> {
        self.rest = self.rest.trim_start();
        if let Some(rest) = self.rest.strip_prefix('{') {
            self.rest = rest;
            return self.sequence(Some('}'));
        }
        self.atom()
    }

    /// Converts a letter, a sign, a group or a command.
    fn atom(&mut self) -> Option<String> {
        let next = self.rest.chars().next()?;
        self.bump(next);
        Some(match next {
            '{' => return self.sequence(Some('}')),
            '\\' => return self.command(),
            '\'' => "′".to_owned(),
            '-' => " − ".to_owned(),
            '+' | '=' | '<' | '>' => format!(" {next} "),
            '*' => "∗".to_owned(),
            ',' | ';' => format!("{next} "),
            '~' => " ".to_owned(),
            c if c.is_alphanumeric() || "()[]|/.:!?∞°".contains(c) => c.to_string(),
            '&' if self.environments > 0 => "  ".to_owned(),
            c if self.is_linear() && !c.is_ascii() => c.to_string(),
            _ => return None,
        })
    }

    fn command(&mut self) -> Option<String> {
        let letters = self.rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.rest.len());
        if letters == 0 {
            let sign = self.rest.chars().next()?;
            self.bump(sign);
            return match sign {
                ',' | ':' | ';' | ' ' => Some(" ".to_owned()),
                '!' => Some(String::new()),
                '{' | '}' | '$' | '%' | '&' | '#' | '_' => Some(sign.to_string()),
                '|' => Some("‖".to_owned()),
                '\\' if self.environments > 0 => Some("; ".to_owned()),
                _ => None,
            };
        }
        let (name, rest) = self.rest.split_at(letters);
        self.rest = rest;
        if let Ok(index) = SYMBOLS.binary_search_by_key(&name, |(known, _)| known) {
            let symbol = SYMBOLS[index].1;
            return Some(if is_relation(symbol) {
                format!(" {symbol} ")
            } else {
                symbol.to_owned()
            });
        }
        match name {
            "displaystyle" | "textstyle" => Some(String::new()),
            "frac" | "tfrac" | "dfrac" => self.fraction(),
            "sqrt" => self.root(),
            "left" | "right" | "bigl" | "bigr" | "big" => {
                self.rest = self.rest.trim_start();
                if let Some(rest) = self.rest.strip_prefix('.') {
                    self.rest = rest;
                    return Some(String::new());
                }
                let bracket = self.atom()?;
                self.is_in_brackets =
                    name == "left" && self.rest.trim_start().starts_with("\\begin");
                Some(bracket)
            }
            "text" | "mathrm" | "operatorname" | "textrm" => self.words(),
            "mathbb" => self.styled(&BLACKBOARD),
            "mathcal" => self.styled(&CALLIGRAPHIC),
            "bar" | "overline" => self.accented('\u{304}'),
            "hat" => self.accented('\u{302}'),
            "tilde" => self.accented('\u{303}'),
            "dot" => self.accented('\u{307}'),
            "vec" => self.accented('\u{20d7}'),
            "sin" | "cos" | "tan" | "log" | "ln" | "exp" | "lim" | "min" | "max" | "det"
            | "gcd" | "mod" | "arg" | "sup" | "inf" | "dim" | "ker" | "Pr" => {
                let is_applied = self.rest.trim_start().starts_with(['(', '^', '_', '\\']);
                Some(format!(" {name}{}", if is_applied { "" } else { " " }))
            }
            _ if self.is_linear() => self.linear_command(name),
            _ => None,
        }
    }

    /// Converts a command that has no exact form.
    fn linear_command(&mut self, name: &str) -> Option<String> {
        match name {
            "limits" | "nolimits" => Some(String::new()),
            "Big" | "Bigl" | "Bigr" | "bigg" | "biggl" | "biggr" | "Bigg" | "Biggl" | "Biggr" => {
                self.atom()
            }
            "mathbf" | "boldsymbol" | "bm" | "mathit" | "mathsf" | "mathtt" | "mathfrak"
            | "mathscr" | "underline" | "boxed" => self.argument(),
            "textbf" | "textit" | "texttt" | "textsf" => self.words(),
            "binom" | "dbinom" | "tbinom" => {
                let (above, below) = (self.argument()?, self.argument()?);
                Some(format!("({above} choose {below})"))
            }
            "widehat" => self.accented('\u{302}'),
            "widetilde" => self.accented('\u{303}'),
            "ddot" => self.accented('\u{308}'),
            "begin" => self.environment(),
            _ => None,
        }
    }

    fn root(&mut self) -> Option<String> {
        let mut degree = String::new();
        if let Some(rest) = self.rest.strip_prefix('[').filter(|_| self.is_linear()) {
            let (inside, rest) = rest.split_once(']')?;
            let small: Option<String> =
                inside.trim().chars().map(|c| script_of(c, SUPERSCRIPTS)).collect();
            degree = small?;
            self.rest = rest;
        } else if self.rest.starts_with('[') {
            return None;
        }
        let inside = self.argument()?;
        Some(if is_single(&inside) {
            format!("{degree}√{inside}")
        } else {
            format!("{degree}√({})", inside.trim())
        })
    }

    /// Converts a matrix or cases: rows are separated by `;`.
    fn environment(&mut self) -> Option<String> {
        let name = self.words()?;
        let is_in_brackets = std::mem::take(&mut self.is_in_brackets);
        let (open, close) = match &*name {
            "matrix" | "smallmatrix" | "array" if is_in_brackets => ("", ""),
            "matrix" | "bmatrix" | "smallmatrix" | "array" => ("[", "]"),
            "pmatrix" => ("(", ")"),
            "Bmatrix" => ("{", "}"),
            "vmatrix" => ("|", "|"),
            "cases" => ("{ ", ""),
            _ => return None,
        };
        if name == "array" {
            self.words()?;
        }
        self.environments += 1;
        let rows = self.sequence(None)?;
        self.environments -= 1;
        self.rest = self.rest.strip_prefix("\\end")?;
        (self.words()? == name).then_some(())?;
        let rows = rows.trim().trim_end_matches(';').trim_end();
        Some(format!("{open}{rows}{close}"))
    }

    fn fraction(&mut self) -> Option<String> {
        let (above, below) = (self.argument()?, self.argument()?);
        let known = FRACTIONS.iter().find(|(a, b, _)| (*a, *b) == (&*above, &*below));
        if let Some((.., sign)) = known {
            return Some((*sign).to_owned());
        }
        if is_single(&above) && is_single(&below) {
            return Some(format!("{above}/{below}"));
        }
        self.is_linear().then(|| {
            let above = if above.trim().contains([' ', '/']) { enclosed(&above) } else { above };
            let below = if is_factor(&below) { below } else { enclosed(&below) };
            format!("{above}/{below}")
        })
    }

    /// Returns the text in braces as it is.
    fn words(&mut self) -> Option<String> {
        let inside = self.rest.strip_prefix('{')?;
        let (words, rest) = inside.split_once('}')?;
        self.rest = rest;
        (!words.contains(['{', '\\', '$'])).then(|| words.to_owned())
    }

    fn styled(&mut self, table: &[(char, char)]) -> Option<String> {
        let letters = self.argument()?;
        let styled = |c| table.iter().find(|(plain, _)| *plain == c).map(|(_, styled)| *styled);
        letters.chars().map(styled).collect()
    }

    fn accented(&mut self, accent: char) -> Option<String> {
        let letter = self.argument()?;
        (letter.chars().count() == 1).then(|| format!("{letter}{accent}"))
    }
}

/// Appends a part; spaces around signs do not double, and a sign at the start is unary.
fn join(text: &mut String, part: &str) {
    let is_sign = part.starts_with(' ') && part.trim().chars().count() == 1;
    let before = text.trim_end().chars().next_back();
    let is_unary = is_sign
        && matches!(part.trim(), "−" | "+")
        && before.is_none_or(|c| "([{=<>≤≥,;≈→/".contains(c));
    if is_unary {
        text.push_str(part.trim());
    } else if part.starts_with(' ') && (text.ends_with([' ', '(', '[', '|']) || text.is_empty()) {
        text.push_str(part.trim_start());
    } else {
        text.push_str(part);
    }
}

/// Whether a text ends with something that a fraction would multiply, or a large operator.
fn ends_with_factor(text: &str) -> bool {
    text.ends_with(|c: char| c.is_alphanumeric() || ")]}|′∑∏∫√".contains(c))
}

fn enclosed(text: &str) -> String {
    format!("({})", text.trim())
}

/// Whether a text is one factor: a letter with scripts, a number, or the root of one.
fn is_factor(text: &str) -> bool {
    let text = text.strip_prefix('√').unwrap_or(text);
    let is_script = |c: char| {
        let is_small = |table: &[(char, char)]| table.iter().any(|(_, small)| *small == c);
        is_small(SUPERSCRIPTS) || is_small(SUBSCRIPTS)
    };
    is_single(text) || is_single(text.trim_end_matches(is_script))
}

fn is_single(text: &str) -> bool {
    let is_number = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    !text.is_empty() && (is_number || text.chars().count() == 1)
}

fn script_of(c: char, table: &[(char, char)]) -> Option<char> {
    table.iter().find(|(plain, _)| *plain == c).map(|(_, script)| *script)
}

fn is_relation(symbol: &str) -> bool {
    "≤≥≠≈≡∼∝∈∉⊂⊆⊃⊇→←⇒⇐⇔↔↦∧∨∪∩×⋅÷±∓⊢⊨≪≫⟹⟸⟺∖∘⊕⊗∣⊥∥".contains(symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_formulas_are_text() {
        let cases = [
            ("x^2", "x²"),
            ("a_1 + b_{i+1}", "a₁ + bᵢ₊₁"),
            ("E = mc^2", "E = mc²"),
            ("e^{i\\pi} + 1 = 0", ""),
            ("\\alpha \\le \\beta", "α ≤ β"),
            ("\\frac{1}{2}", "½"),
            ("\\frac{a}{b}", "a/b"),
            ("\\frac{a+1}{b}", ""),
            ("\\frac{a}{b} + \\frac{1}{2} x", "a/b + ½x"),
            ("x = \\frac{a}{b}, y", "x = a/b, y"),
            ("\\frac{1}{n} \\sum x", ""),
            ("2\\frac{a}{b}", ""),
            ("\\frac{a}{b}^2", ""),
            ("\\frac{a}{b} \\le \\left(\\frac{a}{c}\\right)", "a/b ≤ (a/c)"),
            ("\\sqrt{2}", "√2"),
            ("\\sqrt{x+1}", "√(x + 1)"),
            ("O(n \\log n)", "O(n log n)"),
            ("x \\in \\mathbb{R}^n", "x ∈ ℝⁿ"),
            ("-1 < x", "−1 < x"),
            ("(-x)", "(−x)"),
            ("\\vec{v} \\cdot \\hat{n}", "v\u{20d7} ⋅ n\u{302}"),
            ("P(A \\mid B)", "P(A ∣ B)"),
            ("\\text{if } x", "if x"),
            ("f'(x)", "f′(x)"),
            ("\\sum_{i=1}^n i", "∑ᵢ₌₁ⁿi"),
            ("\\begin{matrix}1\\end{matrix}", ""),
            ("{{{{{{{{{{x}}}}}}}}}}", ""),
            ("a^", ""),
            ("{", ""),
        ];
        for (formula, text) in cases {
            assert_eq!(as_text(formula).unwrap_or_default(), text, "{formula}");
        }
    }

    #[test]
    fn other_formulas_have_a_form_in_one_row() {
        let cases = [
            ("\\frac{a+b}{\\sqrt{c}}", "(a + b)/√c"),
            ("\\frac{1}{2\\pi}", "1/(2π)"),
            ("\\frac{1}{n} \\sum_i x_i", "(1/n)∑ᵢxᵢ"),
            ("x\\frac{a}{b}^2", "x(a/b)²"),
            ("\\frac{x_i^2}{\\sigma^2}", "xᵢ²/σ²"),
            ("e^{i\\pi} + 1 = 0", "e^(iπ) + 1 = 0"),
            ("e^{-\\frac{x^2}{2}}", "e^(−x²/2)"),
            ("a_{Q}", "a_Q"),
            ("\\sqrt[3]{x+1}", "³√(x + 1)"),
            ("\\binom{n}{k}", "(n choose k)"),
            ("\\mathbf{x}^T y", "xᵀy"),
            ("\\begin{pmatrix}1 & 2 \\\\ 3 & 4\\end{pmatrix}", "(1 2; 3 4)"),
            ("\\left[\\begin{matrix}1 & 2 \\\\ 3 & 4\\end{matrix}\\right]", "[1 2; 3 4]"),
            ("\\begin{cases}1 & x > 0 \\\\ 0\\end{cases}", "{ 1 x > 0; 0"),
            ("\\nosuch", ""),
            ("\\begin{matrix}1", ""),
            ("\\begin{matrix}1\\end{cases}", ""),
            ("a & b", ""),
        ];
        for (formula, text) in cases {
            assert_eq!(linear(formula).unwrap_or_default(), text, "{formula}");
        }
    }

    #[test]
    fn symbols_are_sorted() {
        assert!(SYMBOLS.is_sorted_by_key(|(name, _)| *name));
    }
}
