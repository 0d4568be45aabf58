//! What `livedeck.yaml` beside a deck may set: looks and deck options. The file travels with the
//! deck, so everything that affects the user's machine (keys, addresses, programs, permission to run
//! code) can only be set in the user's own configuration.

use super::BESIDE;
use crate::diag::Diagnostic;
use crate::yaml::{Fields, KeyVisitor, Slot};

/// The sections and keys that the file may set, including everything under them.
pub(super) const ALLOWED: &[&str] = &[
    "defaults.theme",
    "defaults.validate_overflows",
    "defaults.max_columns",
    "defaults.max_columns_alignment",
    "defaults.max_rows",
    "defaults.max_rows_alignment",
    "defaults.incremental_lists",
    "defaults.incremental_tables",
    "options",
    "export.dimensions",
    "export.pauses",
    "export.pdf.page",
    "export.pdf.margin",
    "mermaid.scale",
    "typst.ppi",
    "d2.scale",
    "transition",
];

/// Reads the allowed keys of a mapping, and reports the others.
pub(super) struct Beside<'f, 'a> {
    fields: &'f mut Fields<'a>,
    /// Path of the mapping: its parent sections, each followed by a dot.
    path: String,
}

impl<'f, 'a> Beside<'f, 'a> {
    /// Reads the root mapping of a file.
    pub(super) fn root(fields: &'f mut Fields<'a>) -> Self {
        Self { fields, path: String::new() }
    }

    /// Reports a key that the file sets but may not.
    fn refuse(&mut self, key: &'static str) {
        let Some(place) = self.fields.find(key) else { return };
        let path = &self.path;
        let message = format!("only the user's own configuration may set `{path}{key}`");
        let hint = format!(
            "`{BESIDE}` beside a deck sets looks and deck options; set this in your own configuration"
        );
        self.fields.report(Diagnostic::warning(place, message).hint(hint));
    }
}

impl KeyVisitor for Beside<'_, '_> {
    fn section(
        &mut self,
        key: &'static str,
        _: &'static str,
        walk: &mut dyn FnMut(&mut dyn KeyVisitor),
    ) {
        let path = format!("{}{key}", self.path);
        let inside = format!("{path}.");
        if is_allowed(&path) || ALLOWED.iter().any(|allowed| allowed.starts_with(&inside)) {
            self.fields.section(key, |fields| walk(&mut Beside { fields, path: inside.clone() }));
        } else {
            self.refuse(key);
        }
    }

    fn key(&mut self, key: &'static str, _: &'static str, slot: &mut dyn Slot) {
        if is_allowed(&format!("{}{key}", self.path)) {
            self.fields.take(key, slot);
        } else {
            self.refuse(key);
        }
    }
}

/// Returns whether a key, or a section that contains it, is in [`ALLOWED`].
fn is_allowed(path: &str) -> bool {
    let is_at_or_under = |allowed: &str| {
        path.strip_prefix(allowed).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    ALLOWED.iter().any(|allowed| is_at_or_under(allowed))
}
