//! The line that is typed for a run which reads its input, until it is sent.

use std::time::Duration;

use tui_input::{Input, InputRequest};
use unicode_width::UnicodeWidthChar;

/// How long what is typed still goes to a run that has been sent a line and does not wait for the
/// next one yet.
const AHEAD: Duration = Duration::from_millis(400);

/// Stands for a character that is not to be seen.
const HIDDEN: char = '•';

/// A line that is being typed.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is true or not on its own")]
pub struct Prompt {
    line: Input,
    /// Whether the run waits for it.
    pub waits: bool,
    /// Whether what is typed is not to be seen: a password.
    pub hidden: bool,
    /// Whether it has the keys.
    pub open: bool,
    /// Whether the speaker has left it, and will come back by a key.
    pub left: bool,
    /// How long it stays open without being waited for; none: until it is left.
    patience: Option<Duration>,
}

/// What of a line shows, and where its cursor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptView {
    /// In front of the cursor.
    pub before: String,
    /// Under it; a blank behind the end.
    pub under: String,
    /// Behind it.
    pub after: String,
}

impl Prompt {
    /// Edits the line.
    pub fn edit(&mut self, how: InputRequest) {
        self.line.handle(how);
    }

    /// What is typed so far.
    pub fn text(&self) -> &str {
        self.line.value()
    }

    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.line.value().is_empty()
    }

    /// Takes the line out, to be sent.
    pub fn take(&mut self) -> String {
        self.answered();
        self.line.value_and_reset()
    }

    /// Its run does not wait any more; it may wait again at once.
    pub fn answered(&mut self) {
        self.waits = false;
        self.patience = Some(AHEAD);
    }

    /// Lets time pass; whether it has waited long enough for its run to wait again.
    pub fn is_over(&mut self, passed: Duration) -> bool {
        if let Some(left) = &mut self.patience {
            *left = left.saturating_sub(passed);
        }
        !self.waits && self.patience == Some(Duration::ZERO)
    }

    /// The part of the line around its cursor that has room in so many columns.
    pub fn shown(&self, columns: u16) -> PromptView {
        let seen = |c: char| if self.hidden { HIDDEN } else { c };
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
    fn a_line_is_edited_where_its_cursor_is() {
        let mut prompt = typed("héllo");
        prompt.edit(InputRequest::GoToPrevChar);
        prompt.edit(InputRequest::DeletePrevChar);
        assert_eq!(shown(&prompt, 20), "hél[o]");
        prompt.edit(InputRequest::GoToStart);
        assert_eq!(shown(&prompt, 20), "[h]élo");
        assert_eq!((prompt.take().as_str(), prompt.is_empty()), ("hélo", true));
    }

    #[test]
    fn a_long_line_shows_around_its_cursor() {
        let mut prompt = typed("日本語のテスト");
        assert_eq!(shown(&prompt, 10), "のテスト[ ]");
        prompt.edit(InputRequest::GoToStart);
        assert_eq!(shown(&prompt, 10), "[日]本語の");
        prompt.hidden = true;
        assert_eq!(shown(&prompt, 20), "[•]••••••");
    }

    #[test]
    fn a_prompt_that_is_not_waited_for_has_some_patience() {
        let mut prompt = typed("x");
        prompt.waits = true;
        assert!(!prompt.is_over(Duration::from_secs(9)));
        prompt.take();
        assert!(!prompt.is_over(Duration::from_millis(100)));
        assert!(prompt.is_over(Duration::from_millis(300)));
    }
}
