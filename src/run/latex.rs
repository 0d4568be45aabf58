//! Values in LaTeX, by which `SymPy` and others show formulas.

/// The most characters of a formula.
const MAX_FORMULA: usize = 4000;

/// Signs around a formula, and whether it has rows of its own.
const SIGNS: [(&str, &str, bool); 4] =
    [("$$", "$$", true), ("\\[", "\\]", true), ("\\(", "\\)", false), ("$", "$", false)];

/// Environments that are formulas, and what they are within one: a name, and its columns.
const ENVIRONMENTS: [(&str, &str, &str); 6] = [
    ("equation", "", ""),
    ("displaymath", "", ""),
    ("align", "aligned", ""),
    ("gather", "gathered", ""),
    ("multline", "gathered", ""),
    ("eqnarray", "array", "{rcl}"),
];

/// Written before formulas that have rows of their own.
const DISPLAY_STYLE: &str = "\\displaystyle ";

/// Returns the formula that a value in LaTeX consists of, in one row and without the signs around it.
/// `None` if it is text, a table, or more than one formula.
pub fn formula(latex: &str) -> Option<String> {
    let text = latex.trim();
    let (inner, is_display) = match environment(text) {
        Some(inner) => (inner, true),
        None => SIGNS.iter().find_map(|(start, end, is_display)| {
            let inner = text.strip_prefix(start)?.strip_suffix(end)?;
            Some((inner.to_owned(), *is_display))
        })?,
    };
    let inner = inner.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_one = !inner.is_empty() && inner.len() <= MAX_FORMULA && !has_sign(&inner);
    let style = if is_display && !inner.starts_with(DISPLAY_STYLE) { DISPLAY_STYLE } else { "" };
    is_one.then(|| format!("{style}{inner}"))
}

/// Returns a text that is one environment as part of a formula.
fn environment(text: &str) -> Option<String> {
    let (name, rest) = text.strip_prefix("\\begin{")?.split_once('}')?;
    let inner = rest.strip_suffix(&format!("\\end{{{name}}}"))?;
    let plain = name.strip_suffix('*').unwrap_or(name);
    let (_, drawn, columns) = ENVIRONMENTS.iter().find(|(known, ..)| *known == plain)?;
    Some(match *drawn {
        "" => inner.to_owned(),
        drawn => format!("\\begin{{{drawn}}}{columns}{inner}\\end{{{drawn}}}"),
    })
}

/// Returns whether a formula contains the end of one, or a comment.
fn has_sign(inner: &str) -> bool {
    let mut is_escaped = false;
    inner.chars().any(|c| {
        let is_sign = !is_escaped && matches!(c, '$' | '%');
        is_escaped = c == '\\' && !is_escaped;
        is_sign
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::formula;

    #[rstest]
    #[case("$\\displaystyle \\frac{x}{2}$", Some("\\displaystyle \\frac{x}{2}"))]
    #[case(" $x$\n", Some("x"))]
    #[case("$$x\n+ 1$$", Some("\\displaystyle x + 1"))]
    #[case("\\[x\\]", Some("\\displaystyle x"))]
    #[case("\\begin{equation*}\nx\n\\end{equation*}", Some("\\displaystyle x"))]
    #[case(
        "\\begin{align}a &= b\\end{align}",
        Some("\\displaystyle \\begin{aligned}a &= b\\end{aligned}")
    )]
    #[case("$5 \\%$", Some("5 \\%"))]
    #[case("$x$ and $y$", None)]
    #[case("$x % y$", None)]
    #[case("$$", None)]
    #[case("text", None)]
    #[case("'ü'", None)]
    #[case("\\begin{tabular}{l}1\\end{tabular}", None)]
    #[case("\\begin{align}a\\end{align} and \\begin{align}b\\end{align}x", None)]
    fn formula_is_one_formula(#[case] latex: &str, #[case] expected: Option<&str>) {
        assert_eq!(formula(latex).as_deref(), expected);
    }
}
