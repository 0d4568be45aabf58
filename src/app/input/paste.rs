//! Pasted text: goes to what takes typed text, and is ignored elsewhere. It never acts as keys.

use std::borrow::Cow;

use crossterm::event::KeyCode;

use crate::app::effect::Effect;
use crate::app::input::{editor, passthrough, stdin_prompt};
use crate::app::panels::{index_panel, pane};
use crate::app::stage::overview;
use crate::app::state::{App, Mode};

/// Inserts pasted text.
pub(in crate::app) fn paste(app: &mut App, text: &str) -> Vec<Effect> {
    let text = &*plain(text);
    match app.mode {
        Mode::Edit(_) => editor::paste(app, text),
        Mode::Passthrough(cell) => return passthrough::paste(app, cell, text),
        Mode::StdinPrompt(cell) => return stdin_prompt::paste(app, cell, text),
        Mode::Index(_) => one_line(text, |key| index_panel::press(app, key.into())),
        Mode::Overview(ref overview) if overview.is_searching => {
            one_line(text, |key| overview::press(app, key.into()));
        }
        Mode::Slide if pane::is_searching(app) => one_line(text, |key| {
            pane::press(app, key.into());
        }),
        _ => {}
    }
    Vec::new()
}

/// Types the first line of a text.
fn one_line(text: &str, mut press: impl FnMut(KeyCode)) {
    let line = text.trim_start().lines().next().unwrap_or_default();
    line.chars().filter(|c| *c != '\t').for_each(|c| press(KeyCode::Char(c)));
}

/// Returns the text with `\n` as line breaks, without other control characters than tabs.
fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t') {
        return text.into();
    }
    // Terminals send a line break as the enter key does.
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept = lines.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t'));
    kept.collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_text_has_plain_line_breaks_and_no_control_characters() {
        assert_eq!(plain("a\r\n\tb\rc\nd\x1b[201~\u{9b}é"), "a\n\tb\nc\nd[201~é");
        assert!(matches!(plain("a\n\tb"), Cow::Borrowed(_)));
    }
}
