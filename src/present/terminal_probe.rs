//! Detects the terminal's capabilities: all queries are sent at startup, answers arrive later.
//!
//! Nothing waits for the answers: the first slide is drawn meanwhile. Every terminal answers the last
//! query, the device attributes; its answer means that all have arrived. Without it, the probe ends
//! after [`ANSWER_TIMEOUT`]. Any other input in between is a key that was
//! pressed early.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::theme::Background;

/// How long to wait for the last answer.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_millis(1500);

/// Queries: the background colour; a space of double size and the cursor position after it; kitty
/// graphics sent inline; the cell size in pixels; device attributes (sixel).
pub(super) const QUERIES: &str = "\x1b]11;?\x1b\\\r\x1b]66;s=2; \x1b\\\x1b[6n\
    \x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c";

/// Additional queries if the environment does not determine the colour depth: sets a background that
/// needs 24 bits and reads it back (DECRQSS); the terminfo capability `RGB` (XTGETTCAP).
pub(super) const COLOR_QUERIES: &str = "\x1b[48;2;1;2;3m\x1bP$qm\x1b\\\x1b[0m\x1bP+q524742\x1b\\";

/// The terminal's answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "an answer each")]
pub(crate) struct TerminalAnswers {
    /// Supports kitty graphics.
    pub(crate) kitty: bool,
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

/// Separates answers from keys in the terminal's input.
#[derive(Debug, Default)]
pub(super) struct TerminalProbe {
    /// The answers so far.
    pub(super) answers: TerminalAnswers,
    pending: Vec<u8>,
}

impl TerminalProbe {
    /// Parses input and returns the keys in it.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<KeyEvent> {
        self.pending.extend_from_slice(bytes);
        let mut keys = Vec::new();
        while let Some(length) = token(&self.pending, false) {
            self.take(length, &mut keys);
        }
        keys
    }

    /// Parses the remaining input, including an unfinished sequence.
    pub(super) fn finish(&mut self) -> Vec<KeyEvent> {
        let mut keys = Vec::new();
        while let Some(length) = token(&self.pending, true) {
            self.take(length, &mut keys);
        }
        keys
    }

    fn take(&mut self, length: usize, keys: &mut Vec<KeyEvent>) {
        let bytes: Vec<u8> = self.pending.drain(..length).collect();
        if !self.answers.record(&bytes) {
            keys.extend(key(&bytes));
        }
    }
}

impl TerminalAnswers {
    /// Records an answer. Returns false if `bytes` is not one.
    fn record(&mut self, bytes: &[u8]) -> bool {
        if let Some(reply) = bytes.strip_prefix(b"\x1b_G") {
            self.kitty |= reply.starts_with(b"i=31;OK");
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

/// Returns the length of the first token: an escape sequence or one character. Returns `None` if it
/// is incomplete; with `last`, an incomplete one counts.
fn token(bytes: &[u8], last: bool) -> Option<usize> {
    let unfinished = last.then_some(bytes.len());
    let (&first, rest) = bytes.split_first()?;
    if first != 0x1b {
        let length = match first {
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xff => 4,
            _ => 1,
        };
        return if bytes.len() >= length { Some(length) } else { unfinished };
    }
    match rest.first() {
        Some(b'[') => {
            let end = rest[1..].iter().position(|byte| (0x40..0x7f).contains(byte));
            end.map(|at| at + 3).or(unfinished)
        }
        Some(b'O') => {
            if bytes.len() >= 3 {
                Some(3)
            } else {
                unfinished
            }
        }
        Some(b'_' | b']' | b'P') => {
            let end = bytes.windows(2).position(|pair| pair == b"\x1b\\").map(|at| at + 2);
            let waker = bytes.iter().position(|&byte| byte == 7).map(|at| at + 1);
            end.into_iter().chain(waker).min().or(unfinished)
        }
        Some(_) => Some(2),
        None => unfinished,
    }
}

/// Returns the key of a token, if known.
fn key(token: &[u8]) -> Option<KeyEvent> {
    let plain = |code| Some(KeyEvent::new(code, KeyModifiers::NONE));
    match token {
        [b'\r' | b'\n'] => plain(KeyCode::Enter),
        [b'\t'] => plain(KeyCode::Tab),
        [0x1b] => plain(KeyCode::Esc),
        [0x7f] => plain(KeyCode::Backspace),
        [control @ 1..=26] => {
            let letter = char::from(control + b'a' - 1);
            Some(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL))
        }
        [0x1b, b'[' | b'O', end] => plain(match end {
            b'A' => KeyCode::Up,
            b'B' => KeyCode::Down,
            b'C' => KeyCode::Right,
            b'D' => KeyCode::Left,
            b'H' => KeyCode::Home,
            b'F' => KeyCode::End,
            b'Z' => KeyCode::BackTab,
            _ => return None,
        }),
        [0x1b, b'[', digit, b'~'] => plain(match digit {
            b'1' | b'7' => KeyCode::Home,
            b'4' | b'8' => KeyCode::End,
            b'5' => KeyCode::PageUp,
            b'6' => KeyCode::PageDown,
            _ => return None,
        }),
        [0x1b, rest @ ..] => {
            key(rest).map(|key| KeyEvent { modifiers: key.modifiers | KeyModifiers::ALT, ..key })
        }
        text => plain(KeyCode::Char(std::str::from_utf8(text).ok()?.chars().next()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &[u8] = b"\x1bP1$r48:2::1:2:3m\x1b\\\x1b]11;rgb:ffff/fafa/f000\x1b\\\x1b[1;3R\
        \x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62;4;22c";

    #[test]
    fn answers_and_keys_are_separated() {
        let whole = TerminalAnswers {
            kitty: true,
            sixel: true,
            large_text: true,
            cell: Some((10, 20)),
            background: Some(Background::Light),
            true_color: true,
            complete: true,
        };
        for cut in 0..REPLY.len() {
            let mut probe = TerminalProbe::default();
            let mut keys = probe.feed(b"l");
            keys.extend(probe.feed(&REPLY[..cut]));
            keys.extend(probe.feed(&REPLY[cut..]));
            keys.extend(probe.feed(b"\x1b[B"));
            let codes: Vec<_> = keys.iter().map(|key| key.code).collect();
            assert_eq!(codes, [KeyCode::Char('l'), KeyCode::Down], "cut at {cut}");
            assert_eq!(probe.answers, whole, "cut at {cut}");
        }
    }

    #[test]
    fn f127_large_text_needs_a_moved_cursor() {
        for place in ["\x1b[1;1R", "\x1b[1;2R", "\x1b[1;33R"] {
            let mut probe = TerminalProbe::default();
            assert_eq!(probe.feed(place.as_bytes()), []);
            assert!(!probe.answers.large_text, "{place}");
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
            let mut probe = TerminalProbe::default();
            assert_eq!(probe.feed(reply.as_bytes()), []);
            assert_eq!(probe.answers.true_color, is_true, "{reply:?}");
        }
    }

    #[test]
    fn silent_terminal_still_has_keys() {
        let mut probe = TerminalProbe::default();
        assert_eq!(probe.feed(b"\x1b"), []);
        assert_eq!(probe.finish(), [KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE)]);
        let keys = probe.feed("\x05é".as_bytes());
        assert_eq!(keys[0], KeyEvent::new(KeyCode::Char('e'), KeyModifiers::CONTROL));
        assert_eq!(keys[1].code, KeyCode::Char('é'));
        assert!(!probe.answers.complete);
    }

    #[test]
    fn any_bytes_are_consumed() {
        for first in 0..=255_u8 {
            for second in [0, b'[', b'O', b'_', 0x1b, 0xff] {
                let mut probe = TerminalProbe::default();
                probe.feed(&[first, second]);
                probe.finish();
                assert!(probe.pending.is_empty());
            }
        }
    }
}
