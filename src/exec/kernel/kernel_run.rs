//! One run in a kernel: what the kernel says about it, as events, and how it ends.

#![expect(clippy::disallowed_methods, reason = "measures how long a run takes")]

use std::time::{Duration, Instant};

use serde_json::Value;

use super::delivery::EventDelivery;
use super::input::KernelInput;
use super::mime::{self, ShownValue};
use crate::ansi::strip_colors;
use crate::exec::RunSink;
use crate::exec::io::shown_values::{NewValue, ShownValues};
use crate::run::{DisplayName, Event, Outcome, OutputValue, Request, RunId, short_traceback};

/// How long a kernel may take to publish the code that it runs.
const UNSEEN_TIMEOUT: Duration = Duration::from_millis(500);

/// How long to wait before code that a kernel has refused is sent again, and how often.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);
const MAX_RETRIES: u32 = 4;

/// How many bytes of the text on standard error are kept to find an error there.
const MAX_ERRORS: usize = 4096;

/// Starts a new line unless the cursor is at the start of one.
const FRESH_LINE: &str = "\x1b[?7z";

/// A run that waits for the kernel.
pub(super) struct WaitingRun {
    pub(super) request: Request,
    pub(super) sink: RunSink,
    /// How often the kernel had been asked to end before.
    pub(super) restarts: u64,
}

/// The output of a run: also after its end, when threads of the kernel may write more.
pub(super) struct KernelOutput {
    /// The id of its request.
    pub(super) id: String,
    sink: RunSink,
    values: ShownValues,
    has_error: bool,
    /// The end of what it wrote to standard error.
    errors: String,
}

/// The run that the kernel executes.
pub(super) struct ActiveRun {
    pub(super) run: RunId,
    pub(super) sink: RunSink,
    pub(super) input: KernelInput,
    pub(super) stop_reason: Option<Outcome>,
    /// When it is interrupted, and then killed.
    pub(super) deadline: Option<Instant>,
    started: Instant,
    reply: Option<Value>,
    is_idle: bool,
    retries: RunRetries,
    /// Whether the code itself is known to run: before, an interrupt would be lost.
    is_running: bool,
    wants_interrupt: bool,
}

/// What is sent to a kernel again that has refused it.
struct RunRetries {
    /// The content of the request.
    content: Value,
    /// How often it was sent again.
    count: u32,
    /// When it is sent next.
    next: Option<Instant>,
}

impl KernelOutput {
    /// Returns the output of a run whose request has this id.
    pub(super) fn new(id: String, sink: RunSink, values: ShownValues) -> Self {
        Self { id, sink, values, has_error: false, errors: String::new() }
    }

    /// Passes on what a kernel publishes about a run.
    pub(super) fn publish(&mut self, (kind, said): (&str, &Value), delivery: &EventDelivery) {
        match kind {
            "stream" => {
                let text = said["text"].as_str().unwrap_or_default();
                if said["name"] == "stderr" {
                    self.errors.push_str(text);
                    let start = self.errors.len().saturating_sub(MAX_ERRORS);
                    self.errors.drain(..self.errors.ceil_char_boundary(start));
                }
                self.text(text, delivery);
            }
            "display_data" | "execute_result" | "update_display_data" => {
                if let Some(value) = mime::best(&said["data"]) {
                    let id = said["transient"]["display_id"].as_str();
                    let is_update = kind == "update_display_data";
                    let name = id.map(|id| DisplayName { id: id.into(), is_update });
                    self.show(value, name, delivery);
                }
            }
            "error" => self.error(said, delivery),
            "clear_output" => delivery.send(&self.sink, self.values.clear(said["wait"] == true)),
            _ => {}
        }
    }

    /// Shows the pages among the payloads of a reply, such as help, and objects of Python with `?`.
    fn pages(&mut self, reply: &Value, delivery: &EventDelivery) {
        let payloads = reply["payload"].as_array().into_iter().flatten();
        for page in payloads.filter(|payload| payload["source"] == "page") {
            if let Some(value) = mime::page(&page["data"]) {
                self.show(value, None, delivery);
            }
        }
    }

    /// Shows an error, once.
    fn error(&mut self, content: &Value, delivery: &EventDelivery) {
        if std::mem::replace(&mut self.has_error, true) {
            return;
        }
        let text = |key: &str| content[key].as_str().unwrap_or_default();
        let lines = content["traceback"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let lines: Vec<&str> = lines.collect();
        let message = match (lines.is_empty(), text("ename"), text("evalue")) {
            (false, ..) => traceback(&lines),
            (true, "", "") => return,
            (true, name, "") => name.to_owned(),
            (true, "", value) => value.to_owned(),
            (true, name, value) => format!("{name}: {value}"),
        };
        self.text(&format!("{FRESH_LINE}{}\x1b[0m\n", message.trim_end()), delivery);
    }

    /// Shows the error of a reply, unless the kernel has written it itself.
    fn error_of_reply(&mut self, reply: &Value, delivery: &EventDelivery) {
        let lines = reply["traceback"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut lines = lines.flat_map(str::lines).map(|line| strip_colors(line).trim().to_owned());
        let last = lines.rfind(|line| !line.is_empty());
        if last.is_none_or(|last| !strip_colors(&self.errors).contains(&last)) {
            self.error(reply, delivery);
        }
    }

    /// Passes on text.
    pub(super) fn text(&mut self, text: &str, delivery: &EventDelivery) {
        if !text.is_empty() {
            delivery.send(&self.sink, Event::Output(text.into()));
        }
    }

    fn show(&mut self, value: ShownValue, name: Option<DisplayName>, delivery: &EventDelivery) {
        let value = match value {
            ShownValue::Text(text) if name.is_none() => {
                // R begins a value of several lines with an empty one.
                let text = text.trim_end().trim_start_matches('\n');
                return self.text(&format!("{FRESH_LINE}{text}\x1b[0m\n"), delivery);
            }
            ShownValue::Text(text) => NewValue::Ready(OutputValue::Text(text.trim_end().into())),
            ShownValue::Table(table) => NewValue::Ready(OutputValue::Table(table)),
            ShownValue::Markdown(text) => NewValue::Ready(OutputValue::Markdown(text.into())),
            ShownValue::Formula(latex, plain) => NewValue::Ready(OutputValue::Formula {
                latex: latex.into(),
                plain: plain.trim_end().into(),
            }),
            ShownValue::Picture(bytes) => NewValue::Picture(bytes),
        };
        if let Some(event) = self.values.show(value, name) {
            delivery.send(&self.sink, event);
        }
    }
}

impl ActiveRun {
    /// Begins a run.
    pub(super) fn begin(run: &WaitingRun, content: Value) -> Self {
        let started = Instant::now();
        let timeout = run.request.limits.timeout;
        Self {
            run: run.request.run,
            sink: run.sink.clone(),
            input: KernelInput::new(&run.request.input),
            stop_reason: None,
            deadline: timeout.and_then(|timeout| started.checked_add(timeout)),
            started,
            reply: None,
            is_idle: false,
            retries: RunRetries { content, count: 0, next: None },
            is_running: false,
            wants_interrupt: false,
        }
    }

    /// Takes the kernel's reply, or that it is idle again. Returns whether the run has ended.
    pub(super) fn note(&mut self, (kind, content): (&str, &Value)) -> bool {
        match kind {
            "execute_reply" => self.reply = Some(content.clone()),
            "status" if content["execution_state"] == "idle" => self.is_idle = true,
            "status" => {}
            _ => self.is_running = true,
        }
        self.reply.is_some() && self.is_idle
    }

    /// Asks for an interrupt. Returns whether it is to be sent now.
    pub(super) fn interrupt(&mut self) -> bool {
        self.wants_interrupt = true;
        self.take_interrupt()
    }

    /// Returns whether an interrupt that was asked for is to be sent now. Kernels ignore it between a
    /// request and its code, which few do not publish.
    pub(super) fn take_interrupt(&mut self) -> bool {
        let is_due = self.wants_interrupt && (self.is_running || self.elapsed() > UNSEEN_TIMEOUT);
        self.wants_interrupt &= !is_due;
        is_due
    }

    /// Returns whether the kernel has refused the code, so that it is asked again in a moment. Some do so for a
    /// while after an error, to skip the cells that were run along with it.
    pub(super) fn is_refused(&mut self) -> bool {
        let status = self.reply.as_ref().and_then(|reply| reply["status"].as_str());
        let is_refused = matches!(status, Some("aborted" | "abort"))
            && self.stop_reason.is_none()
            && self.retries.count < MAX_RETRIES;
        if is_refused {
            self.retries.count += 1;
            self.retries.next = Some(Instant::now() + RETRY_INTERVAL);
            (self.reply, self.is_idle, self.is_running) = (None, false, false);
        }
        is_refused
    }

    /// Returns when the kernel is asked again.
    pub(super) fn retry(&self) -> Option<Instant> {
        self.retries.next
    }

    /// Returns what to ask the kernel again now, if anything.
    pub(super) fn take_retry(&mut self) -> Option<Value> {
        let is_due = self.retries.next.take_if(|at| *at <= Instant::now()).is_some();
        is_due.then(|| self.retries.content.clone())
    }

    /// Returns how it ended. Shows the error of the reply, unless the kernel has published it.
    pub(super) fn outcome(
        &self,
        mut output: Option<&mut KernelOutput>,
        to: &EventDelivery,
    ) -> Outcome {
        if let (Some(output), Some(reply)) = (&mut output, &self.reply) {
            output.pages(reply, to);
        }
        let status = self.reply.as_ref().and_then(|reply| reply["status"].as_str());
        if status == Some("ok") && self.stop_reason != Some(Outcome::TimedOut) {
            return Outcome::Exited(0);
        }
        if let (Some(output), Some(reply), None) = (output, &self.reply, &self.stop_reason) {
            output.error_of_reply(reply, to);
        }
        match (&self.stop_reason, status) {
            (Some(reason), _) => reason.clone(),
            (None, Some("aborted" | "abort")) => Outcome::Stopped,
            (None, _) => Outcome::Raised,
        }
    }

    /// Returns how long it has taken.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Returns the lines of a traceback, some of which may have their ends, as one text. Removes the heading of
/// one without lines, which R writes for mistakes in the syntax.
fn traceback(lines: &[&str]) -> String {
    let lines = lines.iter().map(|line| line.strip_suffix('\n').unwrap_or(line));
    let text = short_traceback(&lines.collect::<Vec<_>>().join("\n"));
    let message = text.trim_end();
    message.strip_suffix("\nTraceback:").unwrap_or(message).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_traceback_are_joined() {
        assert_eq!(traceback(&["Error: x\nTraceback:\n"]), "Error: x", "R, without lines");
        let lines = ["Error: x\nTraceback:\n", "1. f()", "2. g()"];
        assert_eq!(traceback(&lines), "Error: x\nTraceback:\n1. f()\n2. g()");
        assert_eq!(traceback(&["a", "", "b\n"]), "a\n\nb");
    }
}
