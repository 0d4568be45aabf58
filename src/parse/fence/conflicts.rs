//! Checks for attributes that cannot be combined.

use super::FenceInfo;
use crate::deck::{OutputMode, Start};
use crate::diag::Diagnostic;
use crate::source::Span;

impl FenceInfo<'_> {
    /// Reports the attributes of one fence that cannot be combined.
    pub(super) fn check(&self, span: Span, mistakes: &mut Vec<Diagnostic>) {
        let mut refuse = |message: &str, hint: &str| {
            mistakes.push(Diagnostic::error(span, message).hint(hint));
        };
        if self.rendered && self.start.is_some() {
            refuse(
                "`+render` cannot be combined with an attribute that runs the block",
                "remove one of them",
            );
        }
        let is_bench = self.bench.is_some();
        if self.module.is_some() && !is_bench && (self.start.is_some() || self.rendered) {
            refuse(
                "`+pymodule` cannot be combined with an attribute that runs or renders the block",
                "remove the other attribute: a Python block imports the module",
            );
        }
        if let Some((other, hint)) = self.bench_conflict() {
            let message = format!("`+bench` cannot be combined with `{other}`");
            refuse(&message, hint);
        }
        if let Some((other, hint)) = self.kernel_conflict() {
            let message = format!("`{other}` cannot be combined with a kernel");
            refuse(&message, hint);
        }
        if self.remote.is_some() && self.local {
            refuse("`+remote` and `+local` contradict each other", "remove one of them");
        }
        if (self.remote.is_some() || self.local) && !self.is_run() && !self.rendered {
            let name = if self.local { "+local" } else { "+remote" };
            refuse(&format!("`{name}` needs a block that runs"), "add `+exec`");
        }
        if let (Some(_), Some((other, hint))) = (&self.remote, self.remote_conflict()) {
            refuse(&format!("`+remote` cannot be combined with `{other}`"), hint);
        }
        if self.width_percent.is_some() && !self.rendered {
            refuse("`+width` needs `+render`", "add `+render`");
        }
        if self.output_modes > 1 {
            refuse(
                "`+exec_replace`, `+image` and `+acquire_terminal` cannot be combined",
                "keep one of them",
            );
        }
        if self.output.is_some() && self.start.is_none() {
            refuse("`+output` needs a block that runs", "add `+exec`");
        } else if self.output.is_some() && (self.output_modes > 0 || self.id.is_some()) {
            refuse(
                "`+output` conflicts with another attribute that places the output",
                "use `+output` with `+exec`, `+auto_exec` or `+pty`, and without `+id`",
            );
        }
        if self.typed.is_some() && (self.start == Some(Start::Auto) || self.rendered) {
            refuse(
                "`+typed` cannot be combined with an attribute that runs or draws the block automatically",
                "use `+exec`, or no attribute that runs it",
            );
        }
        if self.id.is_some() && self.start.is_none() {
            refuse("`+id` needs a block that runs", "add `+exec`");
        } else if self.id.is_some() && self.output_modes > 0 {
            refuse(
                "`+id` needs output that is shown below its code",
                "use `+exec`, `+auto_exec` or `+pty`",
            );
        }
    }

    /// Returns the attribute that cannot be combined with `+exec:kernel`, if there is one, and a hint.
    fn kernel_conflict(&self) -> Option<(&'static str, &'static str)> {
        Some(if !self.is_kernel() {
            return None;
        } else if self.pty.is_some() {
            ("+pty", "remove it: a kernel has no terminal")
        } else if self.output_mode == OutputMode::Handover {
            ("+acquire_terminal", "use `+exec`: a kernel has no terminal")
        } else if self.output_mode == OutputMode::Picture {
            ("+image", "use `+exec_replace`: the pictures of a kernel are always shown")
        } else if self.env.is_some() {
            ("+env", "remove it: all blocks of a kernel have its environment")
        } else {
            return None;
        })
    }

    /// Returns whether anything runs the block.
    fn is_run(&self) -> bool {
        self.start.is_some() || self.module.is_some() || self.check.validates
    }

    /// Returns the attribute that makes a block run here, whatever machine runs the deck's code, if there is
    /// one, and a hint.
    pub(in crate::parse) fn remote_conflict(&self) -> Option<(&'static str, &'static str)> {
        if self.output_mode == OutputMode::Handover {
            Some(("+acquire_terminal", "use `+pty`: a program there can draw on the slide"))
        } else if self.module.is_some() {
            Some(("+pymodule", "remove it: modules are compiled for the Python of this machine"))
        } else if self.is_kernel() {
            Some((
                "+exec:kernel",
                "remove it: kernels run here, or on the server of `options.jupyter`",
            ))
        } else if self.rendered {
            Some(("+render", "remove it: drawings are made here"))
        } else {
            None
        }
    }

    /// Returns the attribute that cannot be combined with `+bench`, if there is one, and a hint.
    pub(in crate::parse) fn bench_conflict(&self) -> Option<(&'static str, &'static str)> {
        self.bench.as_ref()?;
        Some(if self.module.is_some() {
            ("+pymodule", "time a Python block that imports the module: `python +bench`")
        } else if self.pty.is_some() {
            ("+pty", "remove one of them: a benchmark has no terminal")
        } else if self.output_mode == OutputMode::Handover {
            ("+acquire_terminal", "remove one of them: a benchmark has no terminal")
        } else if self.output_mode == OutputMode::Picture {
            ("+image", "remove one of them: a benchmark draws a chart")
        } else if self.session.is_some() {
            ("+session", "remove one of them: a benchmark sets up its own state")
        } else if self.alternative.is_some() {
            ("+exec:NAME", "remove the executor name: livedeck times Python and Rust itself")
        } else {
            return None;
        })
    }
}
