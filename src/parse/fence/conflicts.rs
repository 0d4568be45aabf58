//! Attributes that make no sense together.

use super::FenceInfo;
use crate::deck::OutputMode;
use crate::diag::Diagnostic;
use crate::source::Span;

impl FenceInfo<'_> {
    /// Tells of the attributes of one fence that do not go together.
    pub(super) fn check(&self, span: Span, mistakes: &mut Vec<Diagnostic>) {
        let mut refuse = |message: &str, hint: &str| {
            mistakes.push(Diagnostic::error(span, message).hint(hint));
        };
        if self.rendered && self.start.is_some() {
            refuse("`+render` draws code, it does not run it", "take one of the two away");
        }
        let is_raced = self.bench.is_some();
        if self.module.is_some() && !is_raced && (self.start.is_some() || self.rendered) {
            refuse(
                "`+pymodule` makes a module of a block, it does not run it",
                "take the other attribute away: a Python block imports the module",
            );
        }
        if let Some((other, hint)) = self.bench_conflict() {
            let message = format!("`+bench` times a block, which does not go with `{other}`");
            refuse(&message, hint);
        }
        if self.width_percent.is_some() && !self.rendered {
            refuse("`+width` is for blocks with `+render`", "add `+render`");
        }
        if self.forms > 1 {
            refuse(
                "`+exec_replace`, `+image` and `+acquire_terminal` exclude each other",
                "keep the one that says what the output is to become",
            );
        }
        if self.output.is_some() && self.start.is_none() {
            refuse("`+output` is for blocks that run", "add `+exec`");
        } else if self.output.is_some() && (self.forms > 0 || self.id.is_some()) {
            refuse(
                "`+output` and another attribute both say where the output stands",
                "it goes along with `+exec`, `+auto_exec` and `+pty`, and without `+id`",
            );
        }
        if self.id.is_some() && self.start.is_none() {
            refuse("`+id` is for blocks that run", "add `+exec`");
        } else if self.id.is_some() && self.forms > 0 {
            refuse(
                "`+id` is for output that stands below its code",
                "use `+exec`, `+auto_exec` or `+pty`",
            );
        }
    }

    /// The attribute that a race has no use for, if there is one, and what to do.
    pub(in crate::parse) fn bench_conflict(&self) -> Option<(&'static str, &'static str)> {
        self.bench.as_ref()?;
        Some(if self.module.is_some() {
            ("+pymodule", "time a block of Python that imports the module: `python +bench`")
        } else if self.pty.is_some() {
            ("+pty", "take one of the two away: what is timed has no terminal")
        } else if self.output_mode == OutputMode::Handover {
            ("+acquire_terminal", "take one of the two away: what is timed has no terminal")
        } else if self.output_mode == OutputMode::Picture {
            ("+image", "take one of the two away: what it makes is a chart")
        } else if self.session.is_some() {
            (
                "+session",
                "take one of the two away: what stands before the last statement is set up",
            )
        } else if self.alternative.is_some() {
            ("+exec:NAME", "take the executor's name away: livedeck times Python and Rust itself")
        } else {
            return None;
        })
    }
}
