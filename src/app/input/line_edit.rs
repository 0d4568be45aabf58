//! Keys that edit a line of text, as in a shell.

use crossterm::event::KeyCode;
use tui_input::InputRequest;

use crate::app::input::keys::Key;

/// Returns what a key does to an edited line.
pub(in crate::app) fn request(key: Key) -> Option<InputRequest> {
    use InputRequest as Do;
    Some(match key.code {
        KeyCode::Char(c) if key.ctrl => match c {
            'a' => Do::GoToStart,
            'e' => Do::GoToEnd,
            'b' => Do::GoToPrevChar,
            'f' => Do::GoToNextChar,
            'd' => Do::DeleteNextChar,
            'h' => Do::DeletePrevChar,
            'k' => Do::DeleteTillEnd,
            'u' => Do::DeleteFromStart,
            'w' => Do::DeletePrevWord,
            'y' => Do::Yank,
            _ => return None,
        },
        KeyCode::Char('b') if key.alt => Do::GoToPrevWord,
        KeyCode::Char('f') if key.alt => Do::GoToNextWord,
        KeyCode::Char(c) if !key.alt => Do::InsertChar(c),
        KeyCode::Tab => Do::InsertChar('\t'),
        KeyCode::Backspace if key.alt => Do::DeletePrevWord,
        KeyCode::Backspace => Do::DeletePrevChar,
        KeyCode::Delete => Do::DeleteNextChar,
        KeyCode::Left if key.ctrl => Do::GoToPrevWord,
        KeyCode::Right if key.ctrl => Do::GoToNextWord,
        KeyCode::Left => Do::GoToPrevChar,
        KeyCode::Right => Do::GoToNextChar,
        KeyCode::Home => Do::GoToStart,
        KeyCode::End => Do::GoToEnd,
        _ => return None,
    })
}
