//! Passthrough: a program in a terminal on the slide gets all keys but one chord.

use crossterm::event::KeyCode;

use crate::app::effect::Effect;
use crate::app::input::bindings::Action;
use crate::app::input::keys::Key;
use crate::app::state::{App, Mode};
use crate::deck::CellId;
use crate::run::{Emulator, Pointer};

/// Gives the keys to the program of a cell.
pub(in crate::app) fn begin(app: &mut App, cell: CellId) {
    if app.runs.get(&cell).is_some_and(|run| run.output.screen.is_some()) {
        app.mode = Mode::Passthrough(cell);
        app.scene_changed();
    }
}

/// Takes the keys back from the program of a cell, if it has them.
pub(in crate::app) fn end(app: &mut App, cell: CellId) {
    if matches!(app.mode, Mode::Passthrough(open) if open == cell) {
        app.mode = Mode::Slide;
        app.paint_changed();
    }
}

/// Handles a key while the program of a cell has the keys.
pub(in crate::app) fn press(app: &mut App, cell: CellId, key: Key) -> Vec<Effect> {
    if app.keymap.is_bound(key, Action::ReleaseKeys) {
        end(app, cell);
        return Vec::new();
    }
    let Some(run) = app.runs.get(&cell) else { return Vec::new() };
    let application_keys = run.output.screen.as_ref().is_some_and(Emulator::wants_application_keys);
    match bytes(key, application_keys) {
        Some(bytes) => vec![Effect::SendInput(run.run, bytes)],
        None => Vec::new(),
    }
}

/// Sends pasted text to the program of a cell, marked as pasted if the program asked for that.
pub(in crate::app) fn paste(app: &App, cell: CellId, text: &str) -> Vec<Effect> {
    let Some(run) = app.runs.get(&cell) else { return Vec::new() };
    let is_marked = run.output.screen.as_ref().is_some_and(Emulator::wants_paste_marks);
    let bytes =
        if is_marked { format!("\x1b[200~{text}\x1b[201~") } else { text.replace('\n', "\r") };
    vec![Effect::SendInput(run.run, bytes.into_bytes())]
}

/// Handles a mouse event over the terminal of the program that has the keys.
pub(in crate::app) fn point(app: &App, pointer: Pointer) -> Vec<Effect> {
    let Mode::Passthrough(cell) = app.mode else { return Vec::new() };
    let Some(run) = app.runs.get(&cell) else { return Vec::new() };
    let bytes = run.output.screen.as_ref().and_then(|screen| screen.point(pointer));
    bytes.map(|bytes| Effect::SendInput(run.run, bytes)).into_iter().collect()
}

/// Returns what a terminal sends for a key.
fn bytes(key: Key, application_keys: bool) -> Option<Vec<u8>> {
    let mut bytes = match key.code {
        KeyCode::Char(c) if key.ctrl => vec![control(c)?],
        KeyCode::Char(c) => c.to_string().into_bytes(),
        KeyCode::Enter => vec![b'\r'],
        KeyCode::Tab => vec![b'\t'],
        KeyCode::Backspace => vec![0x7f],
        KeyCode::Esc => vec![0x1b],
        code => return named(code, application_keys).map(String::into_bytes),
    };
    if key.alt {
        bytes.insert(0, 0x1b);
    }
    Some(bytes)
}

/// Returns the control character of a letter or symbol.
fn control(c: char) -> Option<u8> {
    Some(match c {
        ' ' | '2' | '@' => 0,
        'a'..='z' | 'A'..='Z' => c as u8 & 0x1f,
        '3' | '[' => 0x1b,
        '4' | '\\' => 0x1c,
        '6' | '^' => 0x1e,
        '7' | '_' | '/' => 0x1f,
        '8' | '?' => 0x7f,
        _ => return None,
    })
}

/// Returns the escape sequence of a named key.
fn named(code: KeyCode, application_keys: bool) -> Option<String> {
    let arrow = |letter| format!("\x1b{}{letter}", if application_keys { 'O' } else { '[' });
    let numbered = |number: u8| format!("\x1b[{number}~");
    Some(match code {
        KeyCode::Up => arrow('A'),
        KeyCode::Down => arrow('B'),
        KeyCode::Right => arrow('C'),
        KeyCode::Left => arrow('D'),
        KeyCode::Home => arrow('H'),
        KeyCode::End => arrow('F'),
        KeyCode::BackTab => "\x1b[Z".to_owned(),
        KeyCode::Insert => numbered(2),
        KeyCode::Delete => numbered(3),
        KeyCode::PageUp => numbered(5),
        KeyCode::PageDown => numbered(6),
        KeyCode::F(number @ 1..=4) => format!("\x1bO{}", (b'O' + number) as char),
        KeyCode::F(number @ 5..=12) => {
            numbered([15, 17, 18, 19, 20, 21, 23, 24][usize::from(number - 5)])
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyEvent, KeyModifiers};
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(KeyCode::Char('é'), KeyModifiers::NONE, "é")]
    #[case(KeyCode::Char('c'), KeyModifiers::CONTROL, "\x03")]
    #[case(KeyCode::Char('x'), KeyModifiers::ALT, "\x1bx")]
    #[case(KeyCode::Enter, KeyModifiers::NONE, "\r")]
    #[case(KeyCode::Up, KeyModifiers::NONE, "\x1b[A")]
    #[case(KeyCode::F(1), KeyModifiers::NONE, "\x1bOP")]
    #[case(KeyCode::F(12), KeyModifiers::NONE, "\x1b[24~")]
    fn keys_are_encoded_as_terminals_do(
        #[case] code: KeyCode,
        #[case] modifiers: KeyModifiers,
        #[case] expected: &str,
    ) {
        let key = Key::from(KeyEvent::new(code, modifiers));
        assert_eq!(bytes(key, false).as_deref(), Some(expected.as_bytes()));
    }

    #[test]
    fn arrows_follow_the_application_mode() {
        assert_eq!(
            bytes(KeyEvent::from(KeyCode::Up).into(), true).as_deref(),
            Some(&b"\x1bOA"[..])
        );
    }
}
