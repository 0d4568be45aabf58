//! Parses the bytes that a terminal sends: keys, mouse events, pasted text, answers to queries.
//!
//! crossterm's own reader returns one event per call, each with two system calls, and can leave events in
//! its buffer. Here, all events of a read are returned at once: queued keys must not wait.

use crossterm::event::{
    KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind as Kind,
};

use super::LoopEvent;

/// Limit of a pasted text; the rest is dropped.
const MAX_PASTE_BYTES: usize = 1 << 20;
/// Limit of an escape sequence. A longer one is not a sequence.
const MAX_SEQUENCE_BYTES: usize = 64 << 10;

/// Ends pasted text.
const PASTE_END: &[u8] = b"\x1b[201~";

/// What the end of the input means for a sequence that is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputEnd {
    /// More may follow, because the terminal is answering or has sent more than was read: only complete
    /// sequences are parsed.
    More,
    /// An escape character alone is a key. Other incomplete sequences wait for more input.
    Keys,
    /// Nothing follows.
    Final,
}

/// Splits input into sequences and characters.
#[derive(Debug, Default)]
pub(super) struct KeyParser {
    pending: Vec<u8>,
    /// The text of a paste that has not ended.
    paste: Option<Vec<u8>>,
}

impl KeyParser {
    /// Parses input and returns its events. `is_answer` gets each escape sequence first, and returns true
    /// if it is not input.
    pub(super) fn feed(
        &mut self,
        bytes: &[u8],
        end: InputEnd,
        is_answer: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Vec<LoopEvent> {
        self.pending.extend_from_slice(bytes);
        let pending = std::mem::take(&mut self.pending);
        let mut rest = &pending[..];
        let mut events = Vec::new();
        loop {
            if self.paste.is_some() {
                let (after, text) = self.read_paste(rest);
                rest = after;
                let Some(text) = text else { break };
                events.push(LoopEvent::Paste(text));
            }
            let Some(length) = token(rest, end) else { break };
            let (token, after) = rest.split_at(length);
            rest = after;
            if token == b"\x1b[200~" {
                self.paste = Some(Vec::new());
            } else if token[0] != 0x1b || !is_answer(token) {
                events.extend(event(token));
            }
        }
        self.pending = rest.to_vec();
        events
    }

    /// Returns whether an incomplete sequence waits for more input.
    pub(super) fn is_waiting(&self) -> bool {
        !self.pending.is_empty() && self.paste.is_none()
    }

    /// Returns whether that is a part of an answer, which no keys look like.
    pub(super) fn is_in_answer(&self) -> bool {
        self.pending.len() > 2 && self.pending[0] == 0x1b && may_be_answer(&self.pending[1..])
    }

    /// Takes pasted text from the input. Returns the rest, and the whole text if it ends there.
    fn read_paste<'a>(&mut self, bytes: &'a [u8]) -> (&'a [u8], Option<String>) {
        let paste = self.paste.get_or_insert_default();
        let end = bytes.windows(PASTE_END.len()).position(|part| part == PASTE_END);
        // The end may arrive in two parts.
        let length = end.unwrap_or_else(|| bytes.len().saturating_sub(PASTE_END.len() - 1));
        let kept = length.min(MAX_PASTE_BYTES.saturating_sub(paste.len()));
        paste.extend_from_slice(&bytes[..kept]);
        let Some(end) = end else { return (&bytes[length..], None) };
        let text = self.paste.take().unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        (&bytes[end + PASTE_END.len()..], Some(text))
    }
}

/// Returns the length of the first character or escape sequence; `None` if more input is needed.
fn token(bytes: &[u8], end: InputEnd) -> Option<usize> {
    let unfinished = (end == InputEnd::Final || bytes.len() > MAX_SEQUENCE_BYTES)
        .then_some(bytes.len())
        .filter(|&length| length > 0);
    let (&first, rest) = bytes.split_first()?;
    if first != 0x1b {
        return character(bytes).or(unfinished);
    }
    let Some(&kind) = rest.first() else {
        return if end == InputEnd::More { unfinished } else { Some(1) };
    };
    match kind {
        // The Linux console's function keys.
        b'[' if rest.get(1) == Some(&b'[') => (bytes.len() >= 4).then_some(4).or(unfinished),
        // A mouse event of old terminals.
        b'[' if rest.get(1) == Some(&b'M') => (bytes.len() >= 6).then_some(6).or(unfinished),
        b'[' => {
            let end = rest[1..].iter().position(|byte| !matches!(byte, 0x20..0x40));
            let length = end.map(|at| match rest[1 + at] {
                0x40..=0x7e => at + 3,
                // Not part of the sequence, which is damaged.
                _ => at + 2,
            });
            length.or(unfinished)
        }
        b'O' => (bytes.len() >= 3).then_some(3).or(unfinished),
        b'_' | b']' | b'P' => {
            let st = bytes.windows(2).position(|pair| pair == b"\x1b\\").map(|at| at + 2);
            let bell = bytes.iter().position(|&byte| byte == 7).map(|at| at + 1);
            // Unless it may be the start of an answer, it is a letter with alt.
            let letter = (end == InputEnd::Keys && !may_be_answer(rest)).then_some(2);
            st.into_iter().chain(bell).min().or(letter).or(unfinished)
        }
        0x1b => Some(1),
        _ => character(rest).map(|length| length + 1).or(unfinished),
    }
}

/// Returns whether the bytes behind an escape character may be the start of an answer of the terminal: about
/// graphics, colours or settings. One that is late can arrive in two parts.
fn may_be_answer(bytes: &[u8]) -> bool {
    match bytes {
        [b'_' | b']' | b'P'] => true,
        [b'_', first, ..] => *first == b'G',
        [b']' | b'P', first, ..] => first.is_ascii_digit(),
        _ => false,
    }
}

/// Returns the length of the first UTF-8 character; 1 if it is damaged, `None` if it is incomplete.
fn character(bytes: &[u8]) -> Option<usize> {
    let length = match bytes.first()? {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let present = &bytes[1..length.min(bytes.len())];
    if present.iter().any(|byte| !matches!(byte, 0x80..=0xbf)) {
        return Some(1);
    }
    (bytes.len() >= length).then_some(length)
}

/// Returns the event of a token, if it has a meaning.
fn event(token: &[u8]) -> Option<LoopEvent> {
    match token.strip_prefix(b"\x1b[") {
        Some(b"I") => Some(LoopEvent::Focused),
        Some(body @ [b'<' | b'M', ..]) => mouse(body).map(LoopEvent::Mouse),
        _ => key(token).map(LoopEvent::Key),
    }
}

/// Returns the key of a token, if known.
fn key(token: &[u8]) -> Option<KeyEvent> {
    let key = |code, modifiers| Some(KeyEvent::new(code, modifiers));
    let plain = |code| key(code, KeyModifiers::NONE);
    let control = |letter: u8| key(KeyCode::Char(char::from(letter)), KeyModifiers::CONTROL);
    match token {
        [b'\r'] => plain(KeyCode::Enter),
        [b'\t'] => plain(KeyCode::Tab),
        [0x1b] => plain(KeyCode::Esc),
        [0x7f] => plain(KeyCode::Backspace),
        [0] => control(b' '),
        [letter @ 1..=26] => control(letter - 1 + b'a'),
        [digit @ 0x1c..=0x1f] => control(digit - 0x1c + b'4'),
        [0x1b, b'O', end] => plain(lettered(*end)?),
        // The Linux console.
        [0x1b, b'[', b'[', end @ b'A'..=b'E'] => plain(KeyCode::F(end - b'A' + 1)),
        [0x1b, b'[', parameters @ .., end] => {
            let mut parameters = parameters.split(|&byte| byte == b';').map(number);
            let first = parameters.next().flatten();
            let (held, is_release) = parameters.next().flatten().unwrap_or_default();
            let code = match (end, parameters.next().flatten()) {
                // xterm's `modifyOtherKeys`.
                (b'~', Some((character, _))) if first?.0 == 27 => encoded(character, held)?,
                (b'~', _) => numbered(first?.0)?,
                (b'u', _) => encoded(first?.0, held)?,
                (b'Z', _) => KeyCode::BackTab,
                (end, _) => lettered(*end)?,
            };
            (!is_release).then(|| KeyEvent::new(code, modifiers(held)))
        }
        [0x1b, rest @ ..] => self::key(rest)
            .map(|key| KeyEvent { modifiers: key.modifiers | KeyModifiers::ALT, ..key }),
        text => plain(KeyCode::Char(std::str::from_utf8(text).ok()?.chars().next()?)),
    }
}

/// Returns a parameter of a sequence, and whether it is marked as that of a released key.
fn number(parameter: &[u8]) -> Option<(u32, bool)> {
    let mut parts = std::str::from_utf8(parameter).ok()?.split(':');
    let number = parts.next()?.parse().ok()?;
    Some((number, parts.next() == Some("3")))
}

/// Returns the modifiers of a parameter: one more than a bit for each.
fn modifiers(parameter: u32) -> KeyModifiers {
    let bits = parameter.saturating_sub(1);
    let held = [KeyModifiers::SHIFT, KeyModifiers::ALT, KeyModifiers::CONTROL];
    let held = held.into_iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
    held.map(|(_, modifier)| modifier).collect()
}

/// Returns the key of a character's number, as terminals send it that report modifiers of all keys.
fn encoded(number: u32, held: u32) -> Option<KeyCode> {
    Some(match number {
        8 | 127 => KeyCode::Backspace,
        9 if modifiers(held).contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        9 => KeyCode::Tab,
        13 | 57_414 => KeyCode::Enter,
        27 => KeyCode::Esc,
        // Kitty's numbers of keys that are not characters.
        57_344..=63_743 => return None,
        number => {
            let character = char::from_u32(number).filter(|character| !character.is_control())?;
            let is_upper = modifiers(held).contains(KeyModifiers::SHIFT);
            let upper = character.to_uppercase().next().filter(|_| is_upper);
            KeyCode::Char(upper.unwrap_or(character))
        }
    })
}

fn lettered(end: u8) -> Option<KeyCode> {
    Some(match end {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'M' => KeyCode::Enter,
        b'P'..=b'S' => KeyCode::F(end - b'P' + 1),
        _ => return None,
    })
}

fn numbered(number: u32) -> Option<KeyCode> {
    let function =
        |first, key: u8| KeyCode::F(u8::try_from(number - first).map_or(key, |n| key + n));
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => function(11, 1),
        17..=21 => function(17, 6),
        23..=26 => function(23, 11),
        28..=29 => function(28, 15),
        31..=34 => function(31, 17),
        _ => return None,
    })
}

/// Returns the mouse event of a sequence without its introducer: SGR (`<0;3;4M`), or that of old
/// terminals (`M` and three bytes).
fn mouse(body: &[u8]) -> Option<MouseEvent> {
    let (code, column, row, is_up) = match body {
        [b'<', parameters @ .., end @ (b'M' | b'm')] => {
            let mut fields = std::str::from_utf8(parameters).ok()?.split(';');
            let code: u16 = fields.next()?.parse().ok()?;
            let mut place = || fields.next()?.parse::<u16>().ok()?.checked_sub(1);
            (code, place()?, place()?, *end == b'm')
        }
        [b'M', code, column, row] => {
            let place = |byte: &u8| Some(u16::from(byte.checked_sub(33)?));
            (u16::from(code.checked_sub(32)?), place(column)?, place(row)?, false)
        }
        _ => return None,
    };
    let button = |number| match number {
        0 => MouseButton::Left,
        1 => MouseButton::Middle,
        _ => MouseButton::Right,
    };
    let is_moved = code & 32 != 0;
    let kind = match (code & 3 | (code & 0xc0) >> 4, is_moved) {
        (number @ 0..=2, false) if is_up => Kind::Up(button(number)),
        (number @ 0..=2, false) => Kind::Down(button(number)),
        (number @ 0..=2, true) => Kind::Drag(button(number)),
        (3, false) => Kind::Up(MouseButton::Left),
        (3, true) => Kind::Moved,
        (4, false) => Kind::ScrollUp,
        (5, false) => Kind::ScrollDown,
        (6, false) => Kind::ScrollLeft,
        (7, false) => Kind::ScrollRight,
        _ => return None,
    };
    let held = [(4, KeyModifiers::SHIFT), (8, KeyModifiers::ALT), (16, KeyModifiers::CONTROL)];
    let held = held.into_iter().filter(|(bit, _)| code & bit != 0);
    Some(MouseEvent { kind, column, row, modifiers: held.map(|(_, key)| key).collect() })
}

#[cfg(test)]
mod tests {
    use KeyModifiers as With;

    use super::*;

    fn parse(parser: &mut KeyParser, bytes: &[u8]) -> Vec<LoopEvent> {
        parser.feed(bytes, InputEnd::Keys, &mut |_| false)
    }

    fn keys(bytes: &[u8]) -> Vec<(KeyCode, KeyModifiers)> {
        let mut parser = KeyParser::default();
        let mut events = parse(&mut parser, bytes);
        events.extend(parser.feed(b"", InputEnd::Final, &mut |_| false));
        let keys = events.into_iter().map(|event| match event {
            LoopEvent::Key(key) => (key.code, key.modifiers),
            event => panic!("{event:?}"),
        });
        keys.collect()
    }

    /// Terminals on a busy machine answer late, when only keys are expected.
    #[test]
    fn late_answers_in_two_parts_are_not_keys() {
        for answer in ["\x1b_Gi=31;OK\x1b\\", "\x1b]11;rgb:0/0/0\x1b\\", "\x1bP1+r524742\x1b\\"] {
            for cut in 2..answer.len() {
                let mut parser = KeyParser::default();
                let mut answers = Vec::new();
                let mut is_answer = |token: &[u8]| {
                    answers.push(token.to_vec());
                    true
                };
                for part in [&answer[..cut], &answer[cut..]] {
                    let events = parser.feed(part.as_bytes(), InputEnd::Keys, &mut is_answer);
                    assert_eq!(events.len(), 0, "{answer:?}, cut at {cut}");
                }
                assert_eq!(answers, [answer.as_bytes()], "cut at {cut}");
                assert!(!parser.is_waiting());
            }
        }
        assert_eq!(
            keys(b"\x1b_x\x1b]x"),
            [
                (KeyCode::Char('_'), With::ALT),
                (KeyCode::Char('x'), With::NONE),
                (KeyCode::Char(']'), With::ALT),
                (KeyCode::Char('x'), With::NONE),
            ]
        );
    }

    #[test]
    fn keys_of_all_kinds_are_read() {
        let table: &[(&[u8], KeyCode, KeyModifiers)] = &[
            (b"l", KeyCode::Char('l'), With::NONE),
            ("é".as_bytes(), KeyCode::Char('é'), With::NONE),
            ("😀".as_bytes(), KeyCode::Char('😀'), With::NONE),
            (b"G", KeyCode::Char('G'), With::NONE),
            (b"\r", KeyCode::Enter, With::NONE),
            (b"\n", KeyCode::Char('j'), With::CONTROL),
            (b"\t", KeyCode::Tab, With::NONE),
            (b"\x1b[Z", KeyCode::BackTab, With::NONE),
            (b"\x7f", KeyCode::Backspace, With::NONE),
            (b"\0", KeyCode::Char(' '), With::CONTROL),
            (b"\x05", KeyCode::Char('e'), With::CONTROL),
            (b"\x1d", KeyCode::Char('5'), With::CONTROL),
            (b"\x1b", KeyCode::Esc, With::NONE),
            (b"\x1bx", KeyCode::Char('x'), With::ALT),
            (b"\x1b[", KeyCode::Char('['), With::ALT),
            (b"\x1bO", KeyCode::Char('O'), With::ALT),
            (b"\x1bP", KeyCode::Char('P'), With::ALT),
            (b"\x1b\x05", KeyCode::Char('e'), With::CONTROL.union(With::ALT)),
            (b"\x1b[A", KeyCode::Up, With::NONE),
            (b"\x1bOB", KeyCode::Down, With::NONE),
            (b"\x1b[1;5C", KeyCode::Right, With::CONTROL),
            (b"\x1b[1;4D", KeyCode::Left, With::SHIFT.union(With::ALT)),
            (b"\x1b[H", KeyCode::Home, With::NONE),
            (b"\x1b[4~", KeyCode::End, With::NONE),
            (b"\x1b[5;5~", KeyCode::PageUp, With::CONTROL),
            (b"\x1b[3~", KeyCode::Delete, With::NONE),
            (b"\x1bOP", KeyCode::F(1), With::NONE),
            (b"\x1b[[B", KeyCode::F(2), With::NONE),
            (b"\x1b[1;2R", KeyCode::F(3), With::SHIFT),
            (b"\x1b[15~", KeyCode::F(5), With::NONE),
            (b"\x1b[17~", KeyCode::F(6), With::NONE),
            (b"\x1b[24~", KeyCode::F(12), With::NONE),
            (b"\x1b[101;5u", KeyCode::Char('e'), With::CONTROL),
            (b"\x1b[103:71;2u", KeyCode::Char('G'), With::SHIFT),
            (b"\x1b[27u", KeyCode::Esc, With::NONE),
            (b"\x1b[9;2u", KeyCode::BackTab, With::SHIFT),
            (b"\x1b[27;5;13~", KeyCode::Enter, With::CONTROL),
        ];
        for (bytes, code, modifiers) in table {
            assert_eq!(keys(bytes), [(*code, *modifiers)], "{bytes:?}");
        }
        for ignored in [&b"\x1b[1;1:3A"[..], b"\x1b[97;1:3u", b"\x1b[57441;2u"] {
            assert_eq!(keys(ignored), [], "{ignored:?}");
        }
        let focus = parse(&mut KeyParser::default(), b"\x1b[I\x1b[O");
        assert!(matches!(focus[..], [LoopEvent::Focused]), "{focus:?}");
    }

    #[test]
    fn queued_keys_are_read_at_once() {
        let mut parser = KeyParser::default();
        assert_eq!(parse(&mut parser, &b"l".repeat(500)).len(), 500);
        assert!(!parser.is_waiting());
        assert_eq!(keys(b"\x1b\x1b").len(), 2, "escape twice");
        assert_eq!(keys(b"\x1b[\rl").last(), Some(&(KeyCode::Char('l'), With::NONE)));
    }

    #[test]
    fn sequences_may_arrive_in_parts() {
        for (bytes, expected) in
            [(&b"\x1b[1;5C"[..], KeyCode::Right), ("é".as_bytes(), KeyCode::Char('é'))]
        {
            // A lone escape character is a key.
            for cut in (1..bytes.len()).filter(|&cut| bytes[..cut] != *b"\x1b") {
                let mut parser = KeyParser::default();
                assert!(parse(&mut parser, &bytes[..cut]).is_empty(), "cut at {cut}");
                assert!(parser.is_waiting());
                let events = parse(&mut parser, &bytes[cut..]);
                let [LoopEvent::Key(key)] = &events[..] else { panic!("{events:?}") };
                assert_eq!(key.code, expected);
            }
        }
    }

    #[test]
    fn pasted_text_is_one_event() {
        let bytes = "\x1b[200~let x = 1;\r\x1b[Aé\x1b[201~q".as_bytes();
        for cut in 2..bytes.len() {
            let mut parser = KeyParser::default();
            let mut events = parse(&mut parser, &bytes[..cut]);
            events.extend(parse(&mut parser, &bytes[cut..]));
            let [LoopEvent::Paste(text), LoopEvent::Key(_)] = &events[..] else {
                panic!("cut at {cut}: {events:?}")
            };
            assert_eq!(text, "let x = 1;\r\x1b[Aé");
        }
    }

    #[test]
    fn size_of_pasted_text_is_limited() {
        let mut parser = KeyParser::default();
        parse(&mut parser, b"\x1b[200~");
        parse(&mut parser, &vec![b'x'; 2 * MAX_PASTE_BYTES]);
        let events = parse(&mut parser, b"y\x1b[201~");
        assert!(matches!(&events[..], [LoopEvent::Paste(text)] if text.len() == MAX_PASTE_BYTES));
    }

    #[test]
    fn mouse_events_are_read() {
        let left = MouseButton::Left;
        let table: &[(&[u8], Kind, KeyModifiers)] = &[
            (b"\x1b[<0;3;2M", Kind::Down(left), With::NONE),
            (b"\x1b[<0;3;2m", Kind::Up(left), With::NONE),
            (b"\x1b[<18;3;2M", Kind::Down(MouseButton::Right), With::CONTROL),
            (b"\x1b[<32;3;2M", Kind::Drag(left), With::NONE),
            (b"\x1b[<35;3;2M", Kind::Moved, With::NONE),
            (b"\x1b[<64;3;2M", Kind::ScrollUp, With::NONE),
            (b"\x1b[<65;3;2M", Kind::ScrollDown, With::NONE),
            (b"\x1b[M\x20\x23\x22", Kind::Down(left), With::NONE),
        ];
        for (bytes, kind, modifiers) in table {
            let events = parse(&mut KeyParser::default(), bytes);
            let [LoopEvent::Mouse(event)] = &events[..] else { panic!("{bytes:?}: {events:?}") };
            let expected = MouseEvent { kind: *kind, column: 2, row: 1, modifiers: *modifiers };
            assert_eq!(*event, expected, "{bytes:?}");
        }
        assert!(parse(&mut KeyParser::default(), b"\x1b[<0;0;0M").is_empty());
    }

    #[test]
    fn any_bytes_are_consumed() {
        for first in 0..=255_u8 {
            for second in [0, b'[', b'O', b'_', 0x1b, 0x80, 0xff] {
                for end in [InputEnd::More, InputEnd::Keys] {
                    let mut parser = KeyParser::default();
                    parser.feed(&[first, second, first], end, &mut |_| false);
                    parser.feed(b"", InputEnd::Final, &mut |_| false);
                    assert!(!parser.is_waiting(), "{first} {second}");
                }
            }
        }
    }
}
