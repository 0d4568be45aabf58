//! Key bindings: presenterm's defaults and ours, in presenterm's syntax (`gg`, `<c-p>`,
//! `<number>G`), and the reading of a key sequence as it is typed.
//!
//! The table is also what the help panel shows, so that the two cannot differ.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// One step on, or further down a tall slide, or to the next slide.
    Next,
    /// To the next slide, past all steps.
    NextFast,
    /// One step back.
    Previous,
    /// To the previous slide, past all steps.
    PreviousFast,
    /// To the first slide.
    FirstSlide,
    /// To the last slide.
    LastSlide,
    /// To the slide whose number was typed.
    GoToSlide,
    /// Reveal all of the slide.
    SkipPauses,
    /// Half a screen down.
    ScrollDown,
    /// Half a screen up.
    ScrollUp,
    /// Run the focused cell, or the slide's.
    Execute,
    /// Focus the next cell of the slide.
    FocusNext,
    /// Focus the previous cell of the slide.
    FocusPrevious,
    /// Run the focused cell alone.
    RunFocused,
    /// Stop what runs; leave when nothing does.
    Stop,
    /// Read the deck and its pictures again.
    Reload,
    /// The slide index.
    ToggleIndex,
    /// The key bindings.
    ToggleHelp,
    /// The deck's mistakes.
    ToggleProblems,
    /// Where the columns start.
    ToggleGrid,
    /// Close what is open on top of the slide.
    Close,
    /// Back to the shell, until `fg`.
    Suspend,
    /// Leave.
    Exit,
}

/// One row of the table: an action, its keys, and what the help says.
#[derive(Clone, Debug)]
pub struct Binding {
    /// What it does.
    pub action: Action,
    /// The sequences that do it, as written.
    pub keys: Vec<&'static str>,
    /// What the help says.
    pub help: &'static str,
}

/// A key as bindings see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// Whether control was held.
    pub ctrl: bool,
    /// Whether alt was held.
    pub alt: bool,
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        Self {
            code: event.code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
            alt: event.modifiers.contains(KeyModifiers::ALT),
        }
    }
}

/// What a key sequence means so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// An action, with the number typed before it.
    Do(Action, Option<u32>),
    /// It may become one.
    More,
    /// Nothing.
    Nothing,
}

/// One element of a binding's sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Matcher {
    Number,
    Key(Key),
}

/// The bindings and the keys typed so far.
#[derive(Clone, Debug)]
pub struct Keymap {
    bindings: Vec<Binding>,
    sequences: Vec<(Vec<Matcher>, Action)>,
    typed: Vec<Key>,
}

impl Default for Keymap {
    fn default() -> Self {
        let bindings = defaults();
        let sequences = bindings
            .iter()
            .flat_map(|binding| binding.keys.iter().map(|keys| (sequence(keys), binding.action)))
            .filter_map(|(keys, action)| Some((keys?, action)))
            .collect();
        Self { bindings, sequences, typed: Vec::new() }
    }
}

impl Keymap {
    /// The table, for the help.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// Takes in one more key. A key that continues no sequence starts a new one.
    pub fn press(&mut self, key: Key) -> Reading {
        self.typed.push(key);
        let reading = self.read();
        let reading = if reading == Reading::Nothing && self.typed.len() > 1 {
            self.typed = vec![key];
            self.read()
        } else {
            reading
        };
        if reading != Reading::More {
            self.typed.clear();
        }
        reading
    }

    fn read(&self) -> Reading {
        let mut more = false;
        for (sequence, action) in &self.sequences {
            match matched(sequence, &self.typed) {
                Matched::Whole(number) => return Reading::Do(*action, number),
                Matched::Begun => more = true,
                Matched::Not => {}
            }
        }
        if more { Reading::More } else { Reading::Nothing }
    }
}

/// How far a sequence matches what was typed.
#[derive(Debug, PartialEq, Eq)]
enum Matched {
    Whole(Option<u32>),
    Begun,
    Not,
}

fn matched(sequence: &[Matcher], typed: &[Key]) -> Matched {
    let mut keys = typed.iter().peekable();
    let mut number = None;
    for matcher in sequence {
        match matcher {
            Matcher::Number => {
                let mut value = None::<u32>;
                while let Some(digit) = keys.peek().and_then(|key| digit(**key)) {
                    value = Some(value.unwrap_or(0).saturating_mul(10).saturating_add(digit));
                    keys.next();
                }
                match value {
                    Some(_) => number = value,
                    None if keys.peek().is_none() => return Matched::Begun,
                    None => return Matched::Not,
                }
            }
            Matcher::Key(wanted) => match keys.next() {
                Some(key) if key == wanted => {}
                Some(_) => return Matched::Not,
                None => return Matched::Begun,
            },
        }
    }
    if keys.peek().is_none() { Matched::Whole(number) } else { Matched::Not }
}

fn digit(key: Key) -> Option<u32> {
    match key.code {
        KeyCode::Char(c) if !key.ctrl && !key.alt => c.to_digit(10),
        _ => None,
    }
}

/// Reads a binding: `<number>`, `<c-x>`, `<a-x>`, named keys, single characters.
fn sequence(text: &str) -> Option<Vec<Matcher>> {
    let mut matchers = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|inner| inner.split_once('>'));
        if let Some((name, behind)) = named {
            matchers.push(named_key(name)?);
            rest = behind;
        } else {
            matchers.push(plain(KeyCode::Char(first)));
            rest = &rest[first.len_utf8()..];
        }
    }
    (!matchers.is_empty()).then_some(matchers)
}

fn plain(code: KeyCode) -> Matcher {
    Matcher::Key(Key { code, ctrl: false, alt: false })
}

fn named_key(name: &str) -> Option<Matcher> {
    if name == "number" {
        return Some(Matcher::Number);
    }
    let (ctrl, alt, base) = match name.split_once('-') {
        Some(("c" | "C", base)) => (true, false, base),
        Some(("a" | "A", base)) => (false, true, base),
        _ => (false, false, name),
    };
    let mut characters = base.chars();
    let code = match (characters.next(), characters.next()) {
        (Some(single), None) => KeyCode::Char(single),
        _ => key_code(&base.replace('_', "").to_lowercase())?,
    };
    Some(Matcher::Key(Key { code, ctrl, alt }))
}

fn key_code(name: &str) -> Option<KeyCode> {
    Some(match name {
        "cr" | "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "backspace" => KeyCode::Backspace,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pageup" => KeyCode::PageUp,
        "pagedown" => KeyCode::PageDown,
        _ => KeyCode::F(name.strip_prefix('f')?.parse().ok()?),
    })
}

/// presenterm's defaults, then what it has no key for.
fn defaults() -> Vec<Binding> {
    let row = |action, keys: &[&'static str], help| Binding { action, keys: keys.to_vec(), help };
    vec![
        row(
            Action::Next,
            &["l", "j", "<right>", "<page_down>", "<down>", " "],
            "next step, further down, next slide",
        ),
        row(Action::Previous, &["h", "k", "<left>", "<page_up>", "<up>"], "back"),
        row(Action::NextFast, &["n"], "next slide, past its steps"),
        row(Action::PreviousFast, &["p"], "previous slide"),
        row(Action::FirstSlide, &["gg", "<home>"], "first slide"),
        row(Action::LastSlide, &["G", "<end>"], "last slide"),
        row(Action::GoToSlide, &["<number>G"], "slide of that number"),
        row(Action::SkipPauses, &["s"], "show all of the slide"),
        row(Action::ScrollDown, &["<c-d>"], "scroll down"),
        row(Action::ScrollUp, &["<c-u>"], "scroll up"),
        row(Action::Execute, &["<c-e>"], "run the slide's or the focused code"),
        row(Action::FocusNext, &["<tab>"], "focus the next block"),
        row(Action::FocusPrevious, &["<backtab>"], "focus the previous block"),
        row(Action::RunFocused, &["<cr>"], "run the focused block"),
        row(Action::Stop, &["<c-c>"], "stop; again: kill; if idle: leave"),
        row(Action::Reload, &["<c-r>"], "read the deck again"),
        row(Action::ToggleIndex, &["<c-p>"], "slide index"),
        row(Action::ToggleHelp, &["?"], "this help"),
        row(Action::ToggleProblems, &["D"], "the deck's problems"),
        row(Action::ToggleGrid, &["T"], "show where columns start"),
        row(Action::Close, &["<esc>"], "close a panel, drop the focus"),
        row(Action::Suspend, &["<c-z>"], "suspend"),
        row(Action::Exit, &["q"], "leave"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode) -> Key {
        Key { code, ctrl: false, alt: false }
    }

    fn press(keymap: &mut Keymap, text: &str) -> Vec<Reading> {
        text.chars().map(|c| keymap.press(key(KeyCode::Char(c)))).collect()
    }

    #[test]
    fn every_default_can_be_read_and_none_is_the_start_of_another() {
        let keymap = Keymap::default();
        let written: usize = keymap.bindings().iter().map(|binding| binding.keys.len()).sum();
        assert_eq!(keymap.sequences.len(), written);
        for (at, (one, _)) in keymap.sequences.iter().enumerate() {
            for (other, _) in &keymap.sequences[at + 1..] {
                let shorter = one.len().min(other.len());
                assert_ne!(one[..shorter], other[..shorter], "{one:?} and {other:?} conflict");
            }
        }
    }

    #[test]
    fn a_sequence_is_read_key_by_key() {
        let mut keymap = Keymap::default();
        assert_eq!(press(&mut keymap, "gg").pop(), Some(Reading::Do(Action::FirstSlide, None)));
        assert_eq!(
            press(&mut keymap, "12G"),
            [Reading::More, Reading::More, Reading::Do(Action::GoToSlide, Some(12))]
        );
        assert_eq!(press(&mut keymap, "G"), [Reading::Do(Action::LastSlide, None)]);
    }

    #[test]
    fn a_key_that_continues_nothing_starts_anew() {
        let mut keymap = Keymap::default();
        assert_eq!(press(&mut keymap, "gl"), [Reading::More, Reading::Do(Action::Next, None)]);
        assert_eq!(press(&mut keymap, "7l").pop(), Some(Reading::Do(Action::Next, None)));
        assert_eq!(press(&mut keymap, "y"), [Reading::Nothing]);
    }

    #[test]
    fn twenty_digits_are_no_overflow() {
        let mut keymap = Keymap::default();
        let readings = press(&mut keymap, "99999999999999999999G");
        assert_eq!(readings.last(), Some(&Reading::Do(Action::GoToSlide, Some(u32::MAX))));
    }

    #[test]
    fn control_is_part_of_the_key() {
        let mut keymap = Keymap::default();
        let ctrl_e = Key { code: KeyCode::Char('e'), ctrl: true, alt: false };
        assert_eq!(keymap.press(ctrl_e), Reading::Do(Action::Execute, None));
        assert_eq!(keymap.press(key(KeyCode::Char('e'))), Reading::Nothing);
    }
}
