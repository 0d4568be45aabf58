//! Parses the file of `+env:`: one `NAME=value` per line, the variables that a block runs with.

use super::sanitize::excerpt;
use super::source_reader::SourceReader;
use crate::diag::Diagnostic;
use crate::source::Span;

/// Variables in file order.
pub(super) type Environment = Vec<(Box<str>, Box<str>)>;

/// Reads the file named at `span`. Blank lines and lines that start with `#` are ignored; names and
/// values are used verbatim.
///
/// # Errors
/// The file cannot be read, or a line is not a variable.
pub(super) fn read(
    path: &str,
    span: Span,
    reader: &mut SourceReader<'_>,
) -> Result<Environment, Box<Diagnostic>> {
    let (file, text) = reader.add(path, span)?;
    let mut environment = Environment::new();
    let mut start = 0;
    for whole in text.split_inclusive('\n') {
        let line = whole.trim_end_matches(['\n', '\r']);
        let at = Span::new(file, start..start + line.len());
        start += whole.len();
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let variable = line.split_once('=').filter(|(name, _)| !name.is_empty());
        let Some((name, value)) = variable.filter(|_| !line.contains('\0')) else {
            let message = format!("`{}` does not set a variable", excerpt(line));
            let mistake = Diagnostic::error(at, message);
            return Err(Box::new(mistake.hint("write `NAME=value`, or `# a comment`")));
        };
        environment.push((name.into(), value.into()));
    }
    Ok(environment)
}
