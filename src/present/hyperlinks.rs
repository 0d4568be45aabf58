//! Links of the terminal (OSC 8): the addresses on the screen can be clicked where the terminal
//! supports it.

#![expect(clippy::disallowed_methods, reason = "the shell looks at the environment")]

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::Position;
use unicode_width::UnicodeWidthStr;

use crate::ansi::{ChangedCell, write_cells};
use crate::view::VisibleLink;

/// Parts of `TERM` of terminals with links.
const LINK_TERMS: &[&str] = &["alacritty", "contour", "foot", "ghostty", "kitty", "rio", "wezterm"];

/// Values of `TERM_PROGRAM` of terminals with links.
const LINK_PROGRAMS: &[&str] = &["ghostty", "iTerm.app", "rio", "vscode", "WezTerm", "zed"];

/// The first version of VTE (GNOME Terminal and others) with links.
const FIRST_VTE: u32 = 5000;

/// The first version of tmux that passes links on.
const FIRST_TMUX: (u32, u32) = (3, 4);

/// Returns whether the environment names a terminal that is known to support links.
pub fn terminal_has_links() -> bool {
    has_links(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

fn has_links(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let term = variable("TERM").unwrap_or_default();
    let program = variable("TERM_PROGRAM").unwrap_or_default();
    if variable("TMUX").is_some() {
        let version = variable("TERM_PROGRAM_VERSION").filter(|_| program == "tmux");
        return version.and_then(|version| tmux_version(&version)) >= Some(FIRST_TMUX);
    }
    if variable("STY").is_some() || term == "dumb" || term == "linux" {
        return false;
    }
    let vte = variable("VTE_VERSION").and_then(|version| version.parse().ok());
    LINK_TERMS.iter().any(|part| term.contains(part))
        || LINK_PROGRAMS.contains(&program.as_str())
        || vte.is_some_and(|version: u32| version >= FIRST_VTE)
        || variable("KONSOLE_VERSION").is_some()
        || variable("WT_SESSION").is_some()
}

/// Reads a version such as `3.4`, `3.3a` or `next-3.5`.
fn tmux_version(text: &str) -> Option<(u32, u32)> {
    let text = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    let (major, rest) = text.split_once('.')?;
    let minor = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Adds the cells whose text is the same as before but whose link is not.
pub(super) fn add_relinked<'b>(
    changes: &mut Vec<ChangedCell<'b>>,
    (before, after): (&[VisibleLink], &[VisibleLink]),
    buffer: &'b Buffer,
) {
    let ended = before.iter().filter(|link| !after.contains(link));
    let begun = after.iter().filter(|link| !before.contains(link));
    let count = changes.len();
    for link in ended.chain(begun) {
        let drawn = link.cells.positions().filter(|&at| is_drawn(buffer, at));
        changes.extend(drawn.map(|at| (at.x, at.y, &buffer[at])));
    }
    if changes.len() > count {
        changes.sort_by_key(|&(x, y, _)| (y, x));
        changes.dedup_by_key(|&mut (x, y, _)| (y, x));
    }
}

/// Returns whether a cell is written on its own: it is in the buffer, not the second half of a wide
/// character, and not under a picture.
fn is_drawn(buffer: &Buffer, at: Position) -> bool {
    let is_covered = at.x > buffer.area.x && buffer[(at.x - 1, at.y)].symbol().width() > 1;
    buffer.area.contains(at)
        && !is_covered
        && matches!(buffer[at].diff_option, CellDiffOption::None)
}

/// Writes cells; those of a link as a link.
pub(super) fn write_linked(
    bytes: &mut Vec<u8>,
    changes: Vec<ChangedCell<'_>>,
    links: &[VisibleLink],
) {
    if links.is_empty() {
        return write_cells(bytes, changes);
    }
    let link_of = |&(x, y, _): &ChangedCell<'_>| {
        links.iter().position(|link| link.cells.contains(Position::new(x, y)))
    };
    let (linked, plain): (Vec<_>, Vec<_>) =
        changes.into_iter().partition(|cell| link_of(cell).is_some());
    write_cells(bytes, plain);
    for cells in linked.chunk_by(|one, other| link_of(one) == link_of(other)) {
        let link = link_of(&cells[0]).and_then(|at| links.get(at));
        let address = link.map_or_else(String::new, |link| encoded(&link.address));
        bytes.extend_from_slice(format!("\x1b]8;;{address}\x1b\\").as_bytes());
        write_cells(bytes, cells.iter().copied());
        bytes.extend_from_slice(b"\x1b]8;;\x1b\\");
    }
}

/// Returns an address as the escape sequence needs it: printable ASCII, others percent-encoded.
fn encoded(address: &str) -> String {
    address.bytes().fold(String::with_capacity(address.len()), |mut text, byte| {
        if byte.is_ascii_graphic() {
            text.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::present::frame_diff::changes;
    use crate::view::visible_links;

    #[test]
    fn links_are_on_where_the_terminal_has_them() {
        let table: &[(&[(&str, &str)], bool)] = &[
            (&[("TERM", "xterm-kitty")], true),
            (&[("TERM", "foot")], true),
            (&[("TERM", "xterm-256color")], false),
            (&[("TERM", "xterm-256color"), ("VTE_VERSION", "7006")], true),
            (&[("TERM", "xterm-256color"), ("VTE_VERSION", "4602")], false),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")], true),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "Apple_Terminal")], false),
            (&[("TERM", "screen-256color"), ("STY", "1.pts"), ("VTE_VERSION", "7006")], false),
            (&[("TERM", "xterm-kitty"), ("TMUX", "/tmp/x,1,0")], false),
            (&[("TMUX", "x"), ("TERM_PROGRAM", "tmux"), ("TERM_PROGRAM_VERSION", "3.3a")], false),
            (&[("TMUX", "x"), ("TERM_PROGRAM", "tmux"), ("TERM_PROGRAM_VERSION", "3.4")], true),
            (
                &[("TMUX", "x"), ("TERM_PROGRAM", "tmux"), ("TERM_PROGRAM_VERSION", "next-3.6")],
                true,
            ),
            (&[], false),
        ];
        for (variables, expected) in table {
            let value = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(has_links(&value), *expected, "{variables:?}");
        }
    }

    /// Returns what is written to change the first screen to the second.
    fn written(before: &str, after: &str) -> String {
        let (before, after) = (Buffer::with_lines([before]), Buffer::with_lines([after]));
        let (old, new) = (visible_links(&before), visible_links(&after));
        let mut changes = changes(&before, &after);
        add_relinked(&mut changes, (&old, &new), &after);
        let mut bytes = Vec::new();
        write_linked(&mut bytes, changes, &new);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn addresses_are_written_as_links() {
        let text = written(&" ".repeat(40), &format!("{:40}", "see http://a.b/ü now"));
        let (before, rest) = text.split_once("\x1b]8;;http://a.b/%C3%BC\x1b\\").unwrap();
        let (linked, after) = rest.split_once("\x1b]8;;\x1b\\").unwrap();
        assert!(before.contains("see") && before.contains("now"), "{before:?}");
        assert!(linked.contains("http://a.b/ü"), "{linked:?}");
        assert_eq!(after, "");
    }

    #[test]
    fn equal_text_of_another_link_is_rewritten() {
        let row = |text: &str| format!("{text:40}");
        let text = written(&row("see http://a.b/one now"), &row("see http://a.b/two now"));
        assert!(text.contains("\x1b]8;;http://a.b/two\x1b\\"), "{text:?}");
        assert!(text.contains("http://a.b/two\x1b]8;;"), "all of it: {text:?}");
        let text = written(&row("see http://a.b/one now"), &row("see http://a b/one now"));
        assert!(text.contains("http://a b/one") && !text.contains("\x1b]8"), "{text:?}");
        assert_eq!(written(&row("see http://a.b now"), &row("see http://a.b now")), "");
    }
}
