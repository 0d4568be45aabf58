//! Opens the speaker's editor in the speaker's terminal: which one, and how to name it a line.

#![expect(clippy::disallowed_methods, reason = "the environment names the editor")]

use std::ffi::OsString;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::Arc;

use super::foreground::{self, Foreground};
use super::handle::RunHandle;
use crate::exec::os::child::ChildStatus;
use crate::exec::os::process_tag::Owner;
use crate::exec::os::process_tree::ProcessTree;
use crate::exec::os::spawn::SpawnCommand;

/// The editor if the environment names none.
const DEFAULT_EDITOR: &str = "vi";

/// Editors that take `file:line`, some after a flag.
const FILE_LINE_EDITORS: &[(&str, &[&str])] = &[
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

/// Opens a file at a line (from 1) in `$VISUAL` or `$EDITOR`, which gets `terminal` until it ends.
pub(in crate::exec) fn open(
    tree: &ProcessTree,
    terminal: BorrowedFd<'_>,
    file: &Path,
    line: u32,
) -> Result<(), String> {
    let named = |name| std::env::var(name).ok().filter(|editor| !editor.trim().is_empty());
    let editor =
        named("VISUAL").or_else(|| named("EDITOR")).unwrap_or_else(|| DEFAULT_EDITOR.to_owned());
    // As in git: the variable is a shell command, which may have arguments.
    let command = SpawnCommand::new("/bin/sh", terminal)
        .speaker_terminal(Some(terminal))
        .args(["-c".to_owned(), format!("{editor} \"$@\""), editor.clone()])
        .args(arguments(&editor, file, line));
    let child = tree
        .spawn_detached(command)
        .map_err(|error| format!("cannot start `{editor}`: {error}"))?;
    let handle = Arc::new(RunHandle::new(Owner::detached()));
    handle.adopt(&child);
    let _foreground = Foreground::take(&handle);
    let status = foreground::wait(terminal, &child, &handle, None);
    tree.reap_orphans();
    match status {
        ChildStatus::Exited(0) => Ok(()),
        ChildStatus::Exited(127) => {
            Err(format!("`{editor}` is not installed: set `$EDITOR` to your editor"))
        }
        ChildStatus::Exited(status) => Err(format!("`{editor}` exited with status {status}")),
        ChildStatus::Signaled(signal) => Err(format!("`{editor}` was killed by signal {signal}")),
    }
}

/// Returns the arguments by which this editor opens a file at a line.
fn arguments(editor: &str, file: &Path, line: u32) -> Vec<OsString> {
    let program = editor.split_whitespace().next().unwrap_or_default();
    let name = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match FILE_LINE_EDITORS.iter().find(|(known, _)| *known == name) {
        Some((_, flags)) => {
            let mut location = file.as_os_str().to_owned();
            location.push(format!(":{line}"));
            flags.iter().map(OsString::from).chain([location]).collect()
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
    fn editors_get_the_line_their_own_way(#[case] editor: &str, #[case] expected: &[&str]) {
        assert_eq!(arguments(editor, Path::new("/d/talk.md"), 7), expected);
    }
}
