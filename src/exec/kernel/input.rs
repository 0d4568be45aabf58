//! The input of a run in a kernel: lines that the speaker types or the author wrote, and the kernel's
//! requests for them.

use std::collections::VecDeque;

use serde_json::Value;

use crate::run::StdinSource;

/// Ends the input, for kernels as for terminals.
const END_OF_INPUT: char = '\u{4}';

/// The input of one run.
#[derive(Debug, Default)]
pub(super) struct KernelInput {
    /// Complete lines that no request has taken yet.
    lines: VecDeque<String>,
    /// The line that is being typed.
    typed: Vec<u8>,
    /// Whether the lines are all that there is.
    is_complete: bool,
    /// The header of the request that waits, and whether it hides what is typed.
    request: Option<(Value, bool)>,
}

/// The answer to a kernel's request for input.
#[derive(Debug, PartialEq)]
pub(super) struct InputAnswer {
    /// The header of the request.
    pub(super) request: Value,
    /// The line, without its end.
    pub(super) line: String,
    /// Whether it must not be shown.
    pub(super) is_hidden: bool,
}

impl KernelInput {
    /// Returns the input of a run that reads from this source.
    pub(super) fn new(source: &StdinSource) -> Self {
        match source {
            StdinSource::Text(text) => {
                let lines = text.lines().map(str::to_owned).collect();
                Self { lines, is_complete: true, ..Self::default() }
            }
            StdinSource::Empty => Self { is_complete: true, ..Self::default() },
            StdinSource::Speaker => Self::default(),
        }
    }

    /// Takes a request. Returns its answer, if the next line is there.
    pub(super) fn ask(&mut self, request: Value, is_hidden: bool) -> Option<InputAnswer> {
        self.request = Some((request, is_hidden));
        self.answer()
    }

    /// Takes what the speaker types. Returns the answer to the request that waits, if there is one now.
    pub(super) fn type_in(&mut self, bytes: &[u8]) -> Option<InputAnswer> {
        let bytes = if self.is_complete { &[] } else { bytes };
        for byte in bytes {
            match byte {
                b'\n' | b'\r' => self.end_line(),
                // In the middle of a line, it ends nothing.
                4 if self.typed.is_empty() => {
                    self.typed.push(4);
                    self.end_line();
                }
                4 => {}
                8 | 127 => self.erase(),
                byte => self.typed.push(*byte),
            }
        }
        self.answer()
    }

    /// Forgets a request that waits. Returns whether there was one.
    pub(super) fn cancel(&mut self) -> bool {
        self.request.take().is_some()
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.typed);
        self.lines.push_back(String::from_utf8_lossy(&line).into_owned());
    }

    /// Removes the last character.
    fn erase(&mut self) {
        let is_start = |byte: &u8| byte & 0xc0 != 0x80;
        let start = self.typed.iter().rposition(is_start).unwrap_or(0);
        self.typed.truncate(start);
    }

    fn answer(&mut self) -> Option<InputAnswer> {
        let is_there = self.is_complete || !self.lines.is_empty();
        let (request, is_hidden) = self.request.take_if(|_| is_there)?;
        let line = self.lines.pop_front().unwrap_or_else(|| END_OF_INPUT.to_string());
        Some(InputAnswer { request, line, is_hidden })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(answer: Option<InputAnswer>) -> Option<String> {
        answer.map(|answer| answer.line)
    }

    #[test]
    fn request_is_answered_by_the_next_line() {
        let mut input = KernelInput::new(&StdinSource::Speaker);
        assert_eq!(input.ask(json!(1), true), None);
        assert_eq!(input.type_in("Zoé".as_bytes()), None);
        let answer = input.type_in(b"\x7f\xc3\xab\nnext\n").unwrap();
        assert_eq!((answer.request, &*answer.line, answer.is_hidden), (json!(1), "Zoë", true));
        assert_eq!(line(input.ask(json!(2), false)).as_deref(), Some("next"));
        assert_eq!(line(input.ask(json!(3), false)), None);
        assert!(input.cancel() && !input.cancel());
        assert_eq!(line(input.type_in(b"typed ahead\n")), None);
        assert_eq!(line(input.ask(json!(4), false)).as_deref(), Some("typed ahead"));
    }

    #[test]
    fn ctrl_d_ends_input_at_the_start_of_a_line() {
        let mut input = KernelInput::new(&StdinSource::Speaker);
        input.ask(json!(1), false);
        assert_eq!(line(input.type_in(b"a\x04\n")).as_deref(), Some("a"));
        input.ask(json!(2), false);
        assert_eq!(line(input.type_in(b"\x04")).as_deref(), Some("\u{4}"));
    }

    #[test]
    fn lines_of_the_deck_end() {
        let mut input = KernelInput::new(&StdinSource::Text("one\ntwo".into()));
        let mut next = || line(input.ask(json!(1), false)).unwrap();
        assert_eq!([next(), next(), next(), next()], ["one", "two", "\u{4}", "\u{4}"]);
    }
}
