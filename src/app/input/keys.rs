//! Keys and key sequences: their notation (`gg`, `<c-p>`, `<s-tab>`, `<number>G`), and whether typed
//! keys match one.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub code: KeyCode,
    /// Whether control was held.
    pub ctrl: bool,
    /// Whether alt was held.
    pub alt: bool,
    /// Whether shift was held, unless the key already implies it (`A`).
    pub shift: bool,
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        let says_shift = matches!(event.code, KeyCode::Char(_) | KeyCode::BackTab);
        Self {
            code: event.code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
            alt: event.modifiers.contains(KeyModifiers::ALT),
            shift: event.modifiers.contains(KeyModifiers::SHIFT) && !says_shift,
        }
    }
}

impl From<KeyCode> for Key {
    fn from(code: KeyCode) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }
}

/// A sequence of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence(Vec<SequenceItem>);

/// One element of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SequenceItem {
    Number,
    Key(Key),
}

/// How far a sequence matches the typed keys.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::app) enum SequenceMatch {
    /// Completely; it contains this number.
    Full(Option<u32>),
    /// It starts with them.
    Partial,
    /// Not at all.
    None,
}

impl Sequence {
    /// Parses a sequence: plain characters, and in angle brackets `<number>`, named keys, and any key
    /// with the prefix `c-`, `a-` or `s-` for control, alt or shift.
    ///
    /// # Errors
    /// Returns a message if the text is not a sequence.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut matchers = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|inner| inner.split_once('>'));
            if let Some((name, behind)) = named.filter(|(name, _)| !name.is_empty()) {
                let matcher = SequenceItem::named(name);
                matchers.push(matcher.ok_or_else(|| format!("unknown key `<{name}>`"))?);
                rest = behind;
            } else {
                matchers.push(SequenceItem::Key(KeyCode::Char(first).into()));
                rest = &rest[first.len_utf8()..];
            }
        }
        match matchers.iter().filter(|matcher| **matcher == SequenceItem::Number).count() {
            _ if matchers.is_empty() => Err("empty key binding".to_owned()),
            0 | 1 => Ok(Self(matchers)),
            _ => Err(format!("`{text}` has more than one `<number>`")),
        }
    }

    /// Returns whether it contains a number.
    pub fn has_number(&self) -> bool {
        self.0.contains(&SequenceItem::Number)
    }

    /// Returns whether one of two sequences can never be typed because of the other: they are equal, or
    /// one is a prefix of the other.
    pub(in crate::app) fn conflicts(&self, other: &Self) -> bool {
        let blocks = |one: &Self, other: &Self| one.matched(&other.typed()) != SequenceMatch::None;
        blocks(self, other) || blocks(other, self)
    }

    /// Returns its keys, unless it contains a number.
    pub fn keys(&self) -> Option<Vec<Key>> {
        (!self.has_number()).then(|| self.typed())
    }

    /// Returns keys that match it.
    fn typed(&self) -> Vec<Key> {
        let key = |matcher: &SequenceItem| match matcher {
            SequenceItem::Number => KeyCode::Char('1').into(),
            SequenceItem::Key(key) => *key,
        };
        self.0.iter().map(key).collect()
    }

    /// Returns how far it matches these keys.
    pub(in crate::app) fn matched(&self, typed: &[Key]) -> SequenceMatch {
        let mut keys = typed.iter().peekable();
        let mut number = None;
        for matcher in &self.0 {
            match matcher {
                SequenceItem::Number => {
                    let mut value = None::<u32>;
                    while let Some(digit) = keys.peek().and_then(|key| digit(**key)) {
                        value = Some(value.unwrap_or(0).saturating_mul(10).saturating_add(digit));
                        keys.next();
                    }
                    match value {
                        Some(_) => number = value,
                        None if keys.peek().is_none() => return SequenceMatch::Partial,
                        None => return SequenceMatch::None,
                    }
                }
                SequenceItem::Key(wanted) => match keys.next() {
                    Some(key) if key == wanted => {}
                    Some(_) => return SequenceMatch::None,
                    None => return SequenceMatch::Partial,
                },
            }
        }
        if keys.peek().is_none() { SequenceMatch::Full(number) } else { SequenceMatch::None }
    }
}

impl SequenceItem {
    /// Parses the text between angle brackets.
    fn named(name: &str) -> Option<Self> {
        if name == "number" {
            return Some(Self::Number);
        }
        let mut key = Key::from(KeyCode::Null);
        let mut base = name;
        while let Some((modifier, rest)) = base.split_once('-').filter(|(_, rest)| !rest.is_empty())
        {
            match modifier {
                "c" | "C" => key.ctrl = true,
                "a" | "A" => key.alt = true,
                "s" | "S" => key.shift = true,
                _ => return None,
            }
            base = rest;
        }
        let mut characters = base.chars();
        key.code = match (characters.next(), characters.next()) {
            (Some(single), None) => KeyCode::Char(single),
            _ => code(&base.replace('_', "").to_lowercase())?,
        };
        match key.code {
            KeyCode::Char(c) if key.shift => {
                let upper = c.to_uppercase().next().filter(|upper| *upper != c)?;
                (key.code, key.shift) = (KeyCode::Char(upper), false);
            }
            KeyCode::Tab if key.shift => (key.code, key.shift) = (KeyCode::BackTab, false),
            _ => {}
        }
        Some(Self::Key(key))
    }
}

fn digit(key: Key) -> Option<u32> {
    match key.code {
        KeyCode::Char(c) if !key.ctrl && !key.alt => c.to_digit(10),
        _ => None,
    }
}

/// Returns the key of this name.
fn code(name: &str) -> Option<KeyCode> {
    Some(match name {
        "cr" | "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "backspace" => KeyCode::Backspace,
        "delete" => KeyCode::Delete,
        "insert" => KeyCode::Insert,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pageup" => KeyCode::PageUp,
        "pagedown" => KeyCode::PageDown,
        "space" => KeyCode::Char(' '),
        "lt" => KeyCode::Char('<'),
        "gt" => KeyCode::Char('>'),
        _ => KeyCode::F(name.strip_prefix('f')?.parse().ok().filter(|n| (1..=24).contains(n))?),
    })
}

/// Returns a key sequence in readable form: `ctrl-e` for `<c-e>`, `space` for a space.
pub fn readable_keys(keys: &str) -> String {
    let mut text = String::new();
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|inner| inner.split_once('>'));
        if let Some((name, behind)) = named.filter(|(name, _)| !name.is_empty()) {
            text += &readable_key(name);
            rest = behind;
        } else {
            text += if first == ' ' { "space" } else { &rest[..first.len_utf8()] };
            rest = &rest[first.len_utf8()..];
        }
    }
    text
}

fn readable_key(name: &str) -> String {
    let modifier = name.split_once('-').filter(|(_, rest)| !rest.is_empty());
    match (modifier, name) {
        (Some(("c" | "C", rest)), _) => format!("ctrl-{}", readable_key(rest)),
        (Some(("a" | "A", rest)), _) => format!("alt-{}", readable_key(rest)),
        (Some(("s" | "S", rest)), _) => format!("shift-{}", readable_key(rest)),
        (_, "number") => "number ".to_owned(),
        (_, "cr" | "CR") => "enter".to_owned(),
        (_, "backtab") => "shift-tab".to_owned(),
        (_, name) => name.replace('_', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_have_a_readable_form() {
        let written =
            ["<c-e>", " ", "<page_down>", "<number>G", "gg", "<backtab>", "<c-s-up>", "<"];
        let said =
            ["ctrl-e", "space", "page down", "number G", "gg", "shift-tab", "ctrl-shift-up", "<"];
        assert_eq!(written.map(readable_keys).as_slice(), said);
    }

    #[test]
    fn every_key_notation_parses() {
        let key = |text: &str| match Sequence::read(text).unwrap().0.as_slice() {
            [SequenceItem::Key(key)] => *key,
            other => panic!("{text}: {other:?}"),
        };
        let plain = |code| Key::from(code);
        for (text, wanted) in [
            ("l", plain(KeyCode::Char('l'))),
            ("é", plain(KeyCode::Char('é'))),
            ("<", plain(KeyCode::Char('<'))),
            ("<lt>", plain(KeyCode::Char('<'))),
            ("<PageUp>", plain(KeyCode::PageUp)),
            ("<page_up>", plain(KeyCode::PageUp)),
            ("<CR>", plain(KeyCode::Enter)),
            ("<f12>", plain(KeyCode::F(12))),
            ("<C-p>", Key { ctrl: true, ..plain(KeyCode::Char('p')) }),
            ("<c-->", Key { ctrl: true, ..plain(KeyCode::Char('-')) }),
            ("<a-x>", Key { alt: true, ..plain(KeyCode::Char('x')) }),
            ("<c-a-up>", Key { ctrl: true, alt: true, ..plain(KeyCode::Up) }),
            ("<s-up>", Key { shift: true, ..plain(KeyCode::Up) }),
            ("<s-tab>", plain(KeyCode::BackTab)),
            ("<s-x>", plain(KeyCode::Char('X'))),
        ] {
            assert_eq!(key(text), wanted, "{text}");
        }
        for wrong in ["", "<foo>", "<c-foo>", "<x-a>", "<f25>", "<s-1>", "<number><number>"] {
            assert!(Sequence::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shift_is_kept_only_where_the_key_lacks_it() {
        let event = |code| Key::from(KeyEvent::new(code, KeyModifiers::SHIFT));
        assert_eq!(event(KeyCode::Char('G')), Key::from(KeyCode::Char('G')));
        assert_eq!(event(KeyCode::BackTab), Key::from(KeyCode::BackTab));
        assert!(event(KeyCode::Up).shift);
    }

    #[test]
    fn equal_sequences_and_prefixes_conflict() {
        let conflict = |one: &str, other: &str| {
            let (one, other) = (Sequence::read(one).unwrap(), Sequence::read(other).unwrap());
            assert_eq!(one.conflicts(&other), other.conflicts(&one));
            one.conflicts(&other)
        };
        assert!(conflict("gg", "gg") && conflict("g", "gg"));
        assert!(conflict("1", "<number>G") && conflict("<number>", "<number>G"));
        assert!(!conflict("1x", "<number>G") && !conflict("G", "<number>G"));
        assert!(!conflict("ga", "gg") && !conflict("<c-e>", "e"));
    }
}
