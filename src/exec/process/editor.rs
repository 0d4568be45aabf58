//! The speaker's own editor, in the speaker's own terminal: which one, and how it is told a line.

#![expect(clippy::disallowed_methods, reason = "which editor it is, the environment says")]

use std::ffi::OsString;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::Arc;

use crate::exec::os::process_tree::{ChildStatus, Owner, ProcessTree};
use crate::exec::os::spawn::SpawnCommand;
use crate::exec::process::foreground::{self, Foreground};
use crate::exec::process::handle::RunHandle;

/// The editor where nobody says which.
const DEFAULT: &str = "vi";

/// Editors that take `file:line`, some behind a flag.
const PLACES: &[(&str, &[&str])] = &[
    ("code", &["--goto"]),
    ("code-insiders", &["--goto"]),
    ("codium", &["--goto"]),
    ("cursor", &["--goto"]),
    ("helix", &[]),
    ("hx", &[]),
    ("micro", &[]),
    ("subl", &[]),
    ("zed", &[]),
];

/// Opens a file at a line (from 1) in `$VISUAL` or `$EDITOR`, which has `terminal` until it ends.
pub(in crate::exec) fn open(
    tree: &ProcessTree,
    terminal: BorrowedFd<'_>,
    file: &Path,
    line: u32,
) -> Result<(), String> {
    let named = |name| std::env::var(name).ok().filter(|editor| !editor.trim().is_empty());
    let editor = named("VISUAL").or_else(|| named("EDITOR")).unwrap_or_else(|| DEFAULT.to_owned());
    // As git has it: what the variable says is a piece of shell, with arguments of its own.
    let command = SpawnCommand::new("/bin/sh", terminal)
        .terminal(Some(terminal))
        .args(["-c".to_owned(), format!("{editor} \"$@\""), editor.clone()])
        .args(arguments(&editor, file, line));
    let child = tree.spawn_to_keep(command).map_err(|error| format!("{editor}: {error}"))?;
    let running = Arc::new(RunHandle::new(Owner::kept()));
    running.adopt(&child);
    let _foreground = Foreground::of(&running);
    let status = foreground::wait(terminal, &child, &running, None);
    tree.reap_orphans();
    match status {
        ChildStatus::Exited(0) => Ok(()),
        ChildStatus::Exited(127) => {
            Err(format!("{editor} was not found: $EDITOR says which editor to use"))
        }
        ChildStatus::Exited(status) => Err(format!("{editor} ended with status {status}")),
        ChildStatus::Signaled(signal) => Err(format!("{editor} was killed by signal {signal}")),
    }
}

/// How this editor is told a file and a line.
fn arguments(editor: &str, file: &Path, line: u32) -> Vec<OsString> {
    let program = editor.split_whitespace().next().unwrap_or_default();
    let name = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match PLACES.iter().find(|(known, _)| *known == name) {
        Some((_, flags)) => {
            let mut place = file.as_os_str().to_owned();
            place.push(format!(":{line}"));
            flags.iter().map(OsString::from).chain([place]).collect()
        }
        None => vec![format!("+{line}").into(), file.into()],
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("vi", &["+7", "/d/talk.md"])]
    #[case("/usr/bin/nvim -f", &["+7", "/d/talk.md"])]
    #[case("hx", &["/d/talk.md:7"])]
    #[case("code --wait", &["--goto", "/d/talk.md:7"])]
    #[case("", &["+7", "/d/talk.md"])]
    fn an_editor_is_told_the_line_its_own_way(#[case] editor: &str, #[case] expected: &[&str]) {
        assert_eq!(arguments(editor, Path::new("/d/talk.md"), 7), expected);
    }
}
