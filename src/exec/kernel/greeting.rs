//! The first questions to a kernel, which tell when it runs code, and what it calls itself.

#![expect(clippy::disallowed_methods, reason = "keeps time limits")]

use std::time::{Duration, Instant};

use serde_json::Value;

use super::connection::KernelChannel;
use super::message::KernelMessage;

/// The question, and the kind of its answer.
pub(super) const GREETING: &str = "kernel_info_request";
pub(super) const GREETING_REPLY: &str = "kernel_info_reply";

/// How long a kernel may take to answer after its start. Julia compiles for a minute.
const START_TIMEOUT: Duration = Duration::from_mins(3);

/// How often to ask a kernel about itself until what it publishes arrives, too.
const NUDGE_INTERVAL: Duration = Duration::from_millis(250);

/// How many of these questions a kernel may answer without publishing anything.
const MAX_NUDGES: u32 = 20;

/// Languages that kernels name in small letters, and whose names have other capitals than the first.
const LANGUAGE_NAMES: [&str; 4] = ["JavaScript", "TypeScript", "OCaml", "PHP"];

/// The most characters of a kernel's language and version.
const MAX_LABEL: usize = 24;

/// A kernel that is asked about itself, until both its answer and something that it published have
/// arrived: only then does all of a run's output.
#[derive(Clone, Debug)]
pub(super) struct Greeting {
    /// What it says of itself, once it has answered.
    answer: Option<KernelLabel>,
    /// Whether something that it published has arrived.
    has_published: bool,
    /// How often it was asked.
    nudges: u32,
    /// When to ask again.
    next: Instant,
}

/// A kernel's language and version, as far as it tells them.
#[derive(Clone, Debug, Default)]
pub(super) struct KernelLabel(pub(super) Option<String>);

impl Greeting {
    /// Begins.
    pub(super) fn new() -> Self {
        Self { answer: None, has_published: false, nudges: 0, next: Instant::now() }
    }

    /// Takes a message of the kernel.
    pub(super) fn note(&mut self, channel: KernelChannel, message: &KernelMessage) {
        self.has_published |= channel == KernelChannel::Iopub;
        if message.kind == GREETING_REPLY {
            self.answer = Some(KernelLabel(label(&message.content)));
        }
    }

    /// Returns what the kernel says of itself, once it is ready.
    pub(super) fn result(&mut self) -> Option<KernelLabel> {
        self.answer.take_if(|_| self.has_published || self.nudges > MAX_NUDGES)
    }

    /// Returns whether the question is to be asked now.
    pub(super) fn asks(&mut self) -> bool {
        if self.next > Instant::now() {
            return false;
        }
        let has_answered = self.answer.is_some();
        // Before its first answer, a kernel may be busy for long.
        let asks = self.nudges == 0 || has_answered;
        self.nudges = if has_answered { self.nudges + 1 } else { 1 };
        self.next = Instant::now() + NUDGE_INTERVAL;
        asks
    }

    /// Returns how long to wait before the next question.
    pub(super) fn timeout(&self) -> Duration {
        self.next.saturating_duration_since(Instant::now())
    }
}

/// Checks that a kernel, which was started at this time and is not ready, has time left.
///
/// # Errors
/// It has none: a message.
pub(super) fn check_time(since: Instant) -> Result<(), String> {
    if since.elapsed() <= START_TIMEOUT {
        return Ok(());
    }
    Err(format!("it did not answer within {} minutes", START_TIMEOUT.as_secs() / 60))
}

/// Returns the language and the version that a kernel tells about itself: `Python 3.11`.
fn label(answer: &Value) -> Option<String> {
    let text = |key: &str| answer["language_info"][key].as_str().unwrap_or_default();
    let mut name = text("name").chars().filter(|c| !c.is_control());
    let first = name.next()?;
    let numbers = text("version").split('.').take(2);
    let is_number = |it: &&str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    let version = numbers.take_while(is_number).collect::<Vec<_>>().join(".");
    let name: String = first.to_uppercase().chain(name).collect();
    let known = LANGUAGE_NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(&name));
    let label = known.unwrap_or(&name);
    Some(format!("{label} {version}").trim_end().chars().take(MAX_LABEL).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn label_is_language_and_version() {
        let of = |name: &str, version: &str| {
            label(&json!({ "language_info": { "name": name, "version": version } }))
        };
        assert_eq!(of("python", "3.11.2").as_deref(), Some("Python 3.11"));
        assert_eq!(of("R", "4.3").as_deref(), Some("R 4.3"));
        assert_eq!(of("julia", "1.10.0-rc1").as_deref(), Some("Julia 1.10"));
        assert_eq!(of("typescript", "6.0.3").as_deref(), Some("TypeScript 6.0"));
        assert_eq!(of("bash", "GNU bash, version 5.2").as_deref(), Some("Bash"));
        assert_eq!(of("\u{1b}[31mx", "").as_deref(), Some("[31mx"));
        assert_eq!(label(&json!({})), None);
    }
}
