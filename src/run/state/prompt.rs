//! The input line for a run that reads standard input, until it is sent.

use std::time::Duration;

use tui_input::{Input, InputRequest};
use unicode_width::UnicodeWidthChar;

/// How long the input line stays open after a line was sent, in case the run reads another one.
const CLOSE_DELAY: Duration = Duration::from_millis(400);

/// Shown for each character of hidden input.
const HIDDEN_CHAR: char = '•';

/// An input line being edited.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is true or not on its own")]
pub struct Prompt {
    line: Input,
    /// Whether the run waits for it.
    pub waits: bool,
    /// Whether the input is hidden (a password).
    pub hidden: bool,
    /// Whether it has the keyboard focus.
    pub open: bool,
    /// Whether the speaker has left it; a key returns to it.
    pub left: bool,
    /// How long it stays open while the run does not wait for it; `None` means until it is left.
    closes_in: Option<Duration>,
}

/// The visible part of an input line, split at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptView {
    /// Before the cursor.
    pub before: String,
    /// Under the cursor; a blank at the end of the line.
    pub under: String,
    /// After the cursor.
    pub after: String,
}

impl Prompt {
    /// Edits the line.
    pub fn edit(&mut self, request: InputRequest) {
        self.line.handle(request);
    }

    /// Returns the text entered so far.
    pub fn text(&self) -> &str {
        self.line.value()
    }

    /// Returns whether the line is empty.
    pub fn is_empty(&self) -> bool {
        self.line.value().is_empty()
    }

    /// Takes the line, to be sent.
    pub fn take(&mut self) -> String {
        self.answered();
        self.line.value_and_reset()
    }

    /// Notes that the run no longer waits; it may wait again shortly.
    pub fn answered(&mut self) {
        self.waits = false;
        self.closes_in = Some(CLOSE_DELAY);
    }

    /// Advances time by `passed`. Returns whether the line has been open long enough without the
    /// run waiting for it.
    pub fn is_over(&mut self, passed: Duration) -> bool {
        if let Some(left) = &mut self.closes_in {
            *left = left.saturating_sub(passed);
        }
        !self.waits && self.closes_in == Some(Duration::ZERO)
    }

    /// Returns how long until it closes, if it does.
    pub fn closes_in(&self) -> Option<Duration> {
        self.closes_in.filter(|left| !self.waits && !left.is_zero())
    }

    /// Returns the part of the line around the cursor that fits into `columns` columns.
    pub fn shown(&self, columns: u16) -> PromptView {
        let seen = |c: char| if self.hidden { HIDDEN_CHAR } else { c };
        let line: Vec<char> = self.line.value().chars().map(seen).collect();
        let cursor = self.line.cursor().min(line.len());
        let cells = |text: &[char]| text.iter().map(|c| c.width().unwrap_or(0)).sum::<usize>();
        let room = usize::from(columns).saturating_sub(2);
        let mut first = 0;
        while first < cursor && cells(&line[first..cursor]) > room {
            first += 1;
        }
        let mut last = line.len();
        while last > cursor + 1 && cells(&line[first..last]) > room + 1 {
            last -= 1;
        }
        let text = |part: &[char]| part.iter().collect::<String>();
        let under = line.get(cursor).map_or_else(|| " ".to_owned(), char::to_string);
        PromptView {
            before: text(&line[first..cursor]),
            under,
            after: text(line.get(cursor + 1..last).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Prompt {
        let mut prompt = Prompt::default();
        text.chars().for_each(|c| prompt.edit(InputRequest::InsertChar(c)));
        prompt
    }

    fn shown(prompt: &Prompt, columns: u16) -> String {
        let PromptView { before, under, after } = prompt.shown(columns);
        format!("{before}[{under}]{after}")
    }

    #[test]
    fn edits_apply_at_the_cursor() {
        let mut prompt = typed("héllo");
        prompt.edit(InputRequest::GoToPrevChar);
        prompt.edit(InputRequest::DeletePrevChar);
        assert_eq!(shown(&prompt, 20), "hél[o]");
        prompt.edit(InputRequest::GoToStart);
        assert_eq!(shown(&prompt, 20), "[h]élo");
        assert_eq!((prompt.take().as_str(), prompt.is_empty()), ("hélo", true));
    }

    #[test]
    fn long_lines_scroll_with_the_cursor() {
        let mut prompt = typed("日本語のテスト");
        assert_eq!(shown(&prompt, 10), "のテスト[ ]");
        prompt.edit(InputRequest::GoToStart);
        assert_eq!(shown(&prompt, 10), "[日]本語の");
        prompt.hidden = true;
        assert_eq!(shown(&prompt, 20), "[•]••••••");
    }

    #[test]
    fn unused_prompt_closes_after_a_delay() {
        let mut prompt = typed("x");
        prompt.waits = true;
        assert!(!prompt.is_over(Duration::from_secs(9)));
        prompt.take();
        assert!(!prompt.is_over(Duration::from_millis(100)));
        assert!(prompt.is_over(Duration::from_millis(300)));
    }
}
