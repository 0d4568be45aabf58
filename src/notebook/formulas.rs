//! LaTeX environments in markdown cells: Jupyter draws them without `$$`, decks ask for it.

/// Environments that are formulas in rows of their own, and what draws them.
const ENVIRONMENTS: [(&str, &str); 6] = [
    ("align", ""),
    ("alignat", ""),
    ("equation", ""),
    ("gather", ""),
    ("eqnarray", "array}{rcl"),
    ("multline", "gather"),
];

/// Returns the text with `$$` around environments. Code and formulas stay as they are.
pub(super) fn environments_as_formulas(text: String) -> String {
    if !text.contains("\\begin{") {
        return text;
    }
    let mut written = String::new();
    let mut fence: Option<&str> = None;
    let mut is_in_formula = false;
    let mut rest = &*text;
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.find('\n').map_or(rest.len(), |end| end + 1));
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) => {
                if !is_in_formula && let Some((formula, after)) = environment(rest) {
                    written.push_str(&formula);
                    rest = after;
                    continue;
                }
                is_in_formula ^= line.matches("$$").count() % 2 == 1;
            }
            _ => {}
        }
        written.push_str(line);
        rest = after;
    }
    written
}

/// Returns the environment that starts a text, as a formula, and the rest.
fn environment(text: &str) -> Option<(String, &str)> {
    let (name, _) = text.trim_start().strip_prefix("\\begin{")?.split_once('}')?;
    let plain = name.trim_end_matches('*');
    let (_, drawn) = ENVIRONMENTS.iter().find(|(known, _)| *known == plain)?;
    let end = format!("\\end{{{name}}}");
    let (inner, rest) = text.split_once(&end)?;
    let mut formula = format!("{}{end}", inner.trim_start());
    if let Some(close) = drawn.split('}').next().filter(|it| !it.is_empty()) {
        formula = formula.replace(&format!("\\begin{{{name}}}"), &format!("\\begin{{{drawn}}}"));
        formula = formula.replace(&end, &format!("\\end{{{close}}}"));
    }
    Some((format!("\n$$\n{formula}\n$$\n"), rest))
}

#[cfg(test)]
mod tests {
    use super::environments_as_formulas;

    fn written(text: &str) -> String {
        environments_as_formulas(text.to_owned())
    }

    #[test]
    fn environments_are_formulas() {
        let aligned = "\\begin{align}\na &= b\n\\end{align}";
        assert_eq!(
            written(&format!("so\n{aligned}\nis")),
            format!("so\n\n$$\n{aligned}\n$$\n\nis")
        );
        assert_eq!(
            written("  \\begin{eqnarray*}x &=& 1\\end{eqnarray*}"),
            "\n$$\n\\begin{array}{rcl}x &=& 1\\end{array}\n$$\n"
        );
    }

    #[test]
    fn code_and_formulas_stay() {
        for text in [
            "```latex\n\\begin{align}\n\\end{align}\n```\n",
            "$$\n\\begin{align}\n\\end{align}\n$$\n",
            "$$x$$ \\begin{align}",
            "\\begin{itemize}\n\\end{itemize}",
        ] {
            assert_eq!(written(text), text);
        }
    }
}
