//! Detects the terminal's capabilities: all queries are sent at startup, answers arrive later.
//!
//! Nothing waits for the answers: the first slide is drawn meanwhile. Every terminal answers the last
//! query, the device attributes; its answer means that all have arrived. Without it, the probe ends
//! after [`ANSWER_TIMEOUT`]. Any other input in between is a key that was
//! pressed early.

use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::media::wrap_for_tmux;
use crate::theme::Background;

/// How long to wait for the last answer.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_millis(1500);

/// Queries: the background colour; a space of double size and the cursor position after it; the cell size
/// in pixels.
const QUERIES: &str = "\x1b]11;?\x1b\\\r\x1b]66;s=2; \x1b\\\x1b[6n\x1b[16t";

/// Kitty graphics, sent inline. Asked after the file.
const GRAPHICS_QUERY: &str = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\";

/// The last query: the device attributes (sixel).
const LAST_QUERY: &str = "\x1b[c";

/// Additional queries if the environment does not determine the colour depth: sets a background that
/// needs 24 bits and reads it back (DECRQSS); the terminfo capability `RGB` (XTGETTCAP).
const COLOR_QUERIES: &str = "\x1b[48;2;1;2;3m\x1bP$qm\x1b\\\x1b[0m\x1bP+q524742\x1b\\";

/// The pixel of the file that kitty is asked to read.
pub(super) const FILE_PIXEL: &[u8] = &[0; 3];

/// Returns the queries. `file` is one that has [`FILE_PIXEL`]: the terminal reads it if it runs on this
/// machine. In tmux, the terminal around it is asked for graphics.
pub(super) fn queries(asks_for_colors: bool, file: Option<&Path>, is_in_tmux: bool) -> Vec<u8> {
    let colors = if asks_for_colors { COLOR_QUERIES } else { "" };
    let mut queries = format!("{colors}{QUERIES}").into_bytes();
    queries.extend(graphics_queries(file, is_in_tmux));
    queries.extend_from_slice(LAST_QUERY.as_bytes());
    queries
}

/// Returns those of [`queries`] that are about graphics.
pub(super) fn graphics_queries(file: Option<&Path>, is_in_tmux: bool) -> Vec<u8> {
    let file_query = file.map_or_else(String::new, |file| {
        let path = STANDARD.encode(file.as_os_str().as_encoded_bytes());
        format!("\x1b_Gi=32,s=1,v=1,a=q,t=f,f=24;{path}\x1b\\")
    });
    let queries = [file_query.as_str(), GRAPHICS_QUERY];
    let asked = queries.into_iter().filter(|query| !query.is_empty()).map(str::as_bytes);
    let wrapped = asked.map(|query| if is_in_tmux { wrap_for_tmux(query) } else { query.to_vec() });
    wrapped.flatten().collect()
}

/// The terminal's answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "an answer each")]
pub(crate) struct TerminalAnswers {
    /// Supports kitty graphics.
    pub(crate) kitty: bool,
    /// Reads our files by kitty's protocol.
    pub(crate) kitty_files: bool,
    /// Supports sixel graphics.
    pub(crate) sixel: bool,
    /// Supports large text (OSC 66).
    pub(crate) large_text: bool,
    /// Cell width and height in pixels.
    pub(crate) cell: Option<(u16, u16)>,
    /// Light or dark background.
    pub(crate) background: Option<Background>,
    /// Supports 24-bit colour: reports so, or reports a 24-bit colour that was set.
    pub(crate) true_color: bool,
    /// The last query was answered.
    pub(crate) complete: bool,
}

impl TerminalAnswers {
    /// Records an answer. Returns false if `bytes` is not one.
    pub(super) fn record(&mut self, bytes: &[u8]) -> bool {
        if let Some(reply) = bytes.strip_prefix(b"\x1b_G") {
            self.kitty |= reply.starts_with(b"i=31;OK");
            self.kitty_files |= reply.starts_with(b"i=32;OK");
            return true;
        }
        if let Some(reply) = bytes.strip_prefix(b"\x1bP1") {
            self.true_color |= is_true_color(reply);
            return true;
        }
        if let Some(color) = bytes.strip_prefix(b"\x1b]11;") {
            self.background = background(color);
            return true;
        }
        let Some(body) = bytes.strip_prefix(b"\x1b[") else {
            return bytes.starts_with(b"\x1b]") || bytes.starts_with(b"\x1bP");
        };
        match body.split_last() {
            Some((b'c', attributes)) => {
                self.sixel = attributes.split(|&byte| byte == b';').any(|field| field == b"4");
                self.complete = true;
            }
            Some((b't', report)) => {
                let mut fields = report.split(|&byte| byte == b';').map(number);
                if let (Some(Some(6)), Some(Some(height)), Some(Some(width))) =
                    (fields.next(), fields.next(), fields.next())
                {
                    self.cell = Some((width, height));
                }
            }
            // Only a space of double size moves the cursor from the first to the third column.
            Some((b'R', place)) => self.large_text |= place.ends_with(b";3"),
            Some((b'y', _)) => {}
            _ => return false,
        }
        true
    }
}

/// Returns whether an answer to [`COLOR_QUERIES`] means 24 bits: `$r48:2::1:2:3m`, with colons or
/// semicolons, or `+r524742`.
fn is_true_color(reply: &[u8]) -> bool {
    let reply = String::from_utf8_lossy(reply).replace(';', ":");
    reply.starts_with("$r") && reply.contains(":1:2:3") || reply.starts_with("+r524742")
}

/// Returns whether a colour `rgb:1c1c/1c1c/1c1c` (parts of one to four digits) is light or dark.
fn background(color: &[u8]) -> Option<Background> {
    let text = std::str::from_utf8(color).ok()?;
    let text = text.trim_end_matches(['\x1b', '\\', '\x07']);
    let parts = text.strip_prefix("rgb:").or_else(|| text.strip_prefix("rgba:"))?;
    let mut parts = parts.split('/').map(|part| {
        let most = 16_u32.checked_pow(part.len().try_into().ok()?)?.checked_sub(1)?;
        let value = u32::from_str_radix(part, 16).ok()?;
        (most > 0).then(|| f64::from(value) / f64::from(most))
    });
    let (red, green, blue) = (parts.next()??, parts.next()??, parts.next()??);
    // Relative luminance (ITU-R BT.709).
    let light = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5;
    Some(if light { Background::Light } else { Background::Dark })
}

fn number(digits: &[u8]) -> Option<u16> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::present::LoopEvent;
    use crate::present::key_parser::{InputEnd, KeyParser};

    const REPLY: &[u8] = b"\x1bP1$r48:2::1:2:3m\x1b\\\x1b]11;rgb:ffff/fafa/f000\x1b\\\x1b[1;3R\
        \x1b_Gi=32;OK\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62;4;22c";

    fn recorded(reply: &[u8]) -> TerminalAnswers {
        let mut answers = TerminalAnswers::default();
        assert!(answers.record(reply), "{reply:?}");
        answers
    }

    #[test]
    fn answers_and_keys_are_separated() {
        let whole = TerminalAnswers {
            kitty: true,
            kitty_files: true,
            sixel: true,
            large_text: true,
            cell: Some((10, 20)),
            background: Some(Background::Light),
            true_color: true,
            complete: true,
        };
        for cut in 0..REPLY.len() {
            let mut answers = TerminalAnswers::default();
            let mut parser = KeyParser::default();
            let mut keys = String::new();
            for bytes in [b"l", &REPLY[..cut], &REPLY[cut..], b"k"] {
                let mut record = |token: &[u8]| answers.record(token);
                for event in parser.feed(bytes, InputEnd::More, &mut record) {
                    let LoopEvent::Key(key) = event else { panic!("{event:?}") };
                    keys.extend(key.code.as_char());
                }
            }
            assert_eq!((&*keys, answers), ("lk", whole), "cut at {cut}");
        }
    }

    #[test]
    fn graphics_are_asked_of_the_terminal_around_tmux() {
        let file = Some(Path::new("/tmp/a"));
        let direct = String::from_utf8(queries(false, file, false)).unwrap();
        assert!(direct.contains("\x1b_Gi=32,s=1,v=1,a=q,t=f,f=24;L3RtcC9h\x1b\\\x1b_Gi=31,"));
        let wrapped = String::from_utf8(queries(false, file, true)).unwrap();
        assert!(wrapped.contains("\x1bPtmux;\x1b\x1b_Gi=32,"));
        assert!(wrapped.contains("\x1bPtmux;\x1b\x1b_Gi=31,"));
        assert!(direct.ends_with(LAST_QUERY) && wrapped.ends_with(LAST_QUERY));
    }

    #[test]
    fn f127_large_text_needs_a_moved_cursor() {
        for place in ["\x1b[1;1R", "\x1b[1;2R", "\x1b[1;33R"] {
            assert!(!recorded(place.as_bytes()).large_text, "{place}");
        }
    }

    #[test]
    fn true_color_answers_are_recognized() {
        let table = [
            ("\x1bP1$r48:2::1:2:3m\x1b\\", true),
            ("\x1bP1$r0;48;2;1;2;3m\x1b\\", true),
            ("\x1bP1+r524742=38\x1b\\", true),
            ("\x1bP1$r0;48:5:16m\x1b\\", false),
            ("\x1bP1$r0m\x1b\\", false),
            ("\x1bP0+r524742\x1b\\", false),
            ("\x1bP0$r\x1b\\", false),
        ];
        for (reply, is_true) in table {
            assert_eq!(recorded(reply.as_bytes()).true_color, is_true, "{reply:?}");
        }
    }
}
