//! LaTeX environments as formulas of a deck.

/// Environments that are formulas in rows of their own, and what draws each: a name, and its columns.
const ENVIRONMENTS: [(&str, &str, &str); 12] = [
    ("align", "align", ""),
    ("align*", "align*", ""),
    ("alignat", "alignat", ""),
    ("alignat*", "alignat*", ""),
    ("equation", "equation", ""),
    ("equation*", "equation*", ""),
    ("gather", "gather", ""),
    ("gather*", "gather*", ""),
    ("eqnarray", "array", "{rcl}"),
    ("eqnarray*", "array", "{rcl}"),
    ("multline", "gather", ""),
    ("multline*", "gather*", ""),
];

/// Returns the name of the environment that starts a text, if it is a formula.
pub(super) fn name(text: &str) -> Option<&str> {
    let (name, _) = text.trim_start().strip_prefix("\\begin{")?.split_once('}')?;
    drawn_by(name).map(|_| name)
}

/// Returns the environment with this name that starts a text, as a formula between `$$`, and the rest.
pub(super) fn formula<'t>(text: &'t str, name: &str) -> Option<(String, &'t str)> {
    let inner = text.trim_start().strip_prefix(&*format!("\\begin{{{name}}}"))?;
    let (inner, rest) = inner.split_once(&*format!("\\end{{{name}}}"))?;
    let (drawn, columns) = drawn_by(name)?;
    Some((format!("\n$$\n\\begin{{{drawn}}}{columns}{inner}\\end{{{drawn}}}\n$$\n"), rest))
}

/// Returns the name and the columns of what draws an environment.
fn drawn_by(name: &str) -> Option<(&'static str, &'static str)> {
    let found = ENVIRONMENTS.iter().find(|(known, ..)| *known == name);
    found.map(|(_, drawn, columns)| (*drawn, *columns))
}
