//! One run in a kernel: what the kernel says about it, as events, and how it ends.

#![expect(clippy::disallowed_methods, reason = "measures how long a run takes")]

use std::time::{Duration, Instant};

use serde_json::Value;

use super::KernelContext;
use super::delivery::EventDelivery;
use super::input::KernelInput;
use super::mime::{self, ShownValue};
use crate::exec::RunSink;
use crate::files;
use crate::run::{Event, Outcome, OutputValue, Request, RunId};

/// The most values that one run may show.
const MAX_VALUES: usize = 100;

/// How long a kernel may take to publish the code that it runs.
const UNSEEN_TIMEOUT: Duration = Duration::from_millis(500);

/// Starts a new line unless the cursor is at the start of one.
const FRESH_LINE: &str = "\x1b[?7z";

/// Clears the output up to the last value.
const CLEAR: &str = "\x1b[2J\x1b[H";

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
    run: RunId,
    sink: RunSink,
    values: usize,
    /// Whether the next output replaces what is there.
    clears_next: bool,
    has_error: bool,
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
    /// Whether the code itself is known to run: before, an interrupt would be lost.
    is_running: bool,
    wants_interrupt: bool,
}

impl KernelOutput {
    /// Returns the output of a run whose request has this id.
    pub(super) fn new(id: String, run: RunId, sink: RunSink) -> Self {
        Self { id, run, sink, values: 0, clears_next: false, has_error: false }
    }

    /// Passes on what a kernel publishes about a run.
    pub(super) fn publish(
        &mut self,
        (kind, said): (&str, &Value),
        (delivery, context): (&EventDelivery, &KernelContext),
    ) {
        match kind {
            "stream" => {
                let text = said["text"].as_str().unwrap_or_default();
                self.text(text, delivery);
            }
            "display_data" | "execute_result" | "update_display_data" => {
                if let Some(value) = mime::best(&said["data"]) {
                    self.show(value, delivery, context);
                }
            }
            "error" => self.error(said, delivery),
            "clear_output" if said["wait"] == true => self.clears_next = true,
            "clear_output" => self.text(CLEAR, delivery),
            _ => {}
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
            (false, ..) => lines.join("\n"),
            (true, "", "") => return,
            (true, name, "") => name.to_owned(),
            (true, "", value) => value.to_owned(),
            (true, name, value) => format!("{name}: {value}"),
        };
        self.text(&format!("{FRESH_LINE}{}\x1b[0m\n", message.trim_end()), delivery);
    }

    /// Passes on text.
    pub(super) fn text(&mut self, text: &str, delivery: &EventDelivery) {
        if text.is_empty() {
            return;
        }
        let clear = if std::mem::take(&mut self.clears_next) { CLEAR } else { "" };
        delivery.send(&self.sink, Event::Output([clear, text].concat().into_bytes()));
    }

    fn show(&mut self, value: ShownValue, delivery: &EventDelivery, context: &KernelContext) {
        if std::mem::take(&mut self.clears_next) {
            self.text(CLEAR, delivery);
        }
        let value = match value {
            ShownValue::Text(text) => {
                return self.text(&format!("{FRESH_LINE}{}\x1b[0m\n", text.trim_end()), delivery);
            }
            _ if self.values >= MAX_VALUES => {
                self.values += 1;
                if self.values == MAX_VALUES + 1 {
                    let note = format!(
                        "the rest is not shown: a run shows {MAX_VALUES} results at most\n"
                    );
                    self.text(&note, delivery);
                }
                return;
            }
            ShownValue::Table(table) => OutputValue::Table(table),
            ShownValue::Markdown(text) => OutputValue::Markdown(text.into()),
            ShownValue::Picture(bytes) => {
                let path = context.temp_root.shown_picture(self.run, self.values + 1);
                let saved = path.and_then(|path| files::write_private(&path, bytes).map(|()| path));
                match saved {
                    Ok(path) => OutputValue::Picture(path),
                    Err(error) => {
                        return self
                            .text(&format!("this result cannot be shown: {error}\n"), delivery);
                    }
                }
            }
        };
        self.values += 1;
        delivery.send(&self.sink, Event::Value(value));
    }
}

impl ActiveRun {
    /// Begins a run.
    pub(super) fn begin(run: &WaitingRun) -> Self {
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

    /// Returns how it ended. Shows the error of the reply, unless the kernel has published it.
    pub(super) fn outcome(&self, output: Option<&mut KernelOutput>, to: &EventDelivery) -> Outcome {
        let status = self.reply.as_ref().and_then(|reply| reply["status"].as_str());
        if status == Some("ok") && self.stop_reason != Some(Outcome::TimedOut) {
            return Outcome::Exited(0);
        }
        if let (Some(output), Some(reply), None) = (output, &self.reply, &self.stop_reason) {
            output.error(reply, to);
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
