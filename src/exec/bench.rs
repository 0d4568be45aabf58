//! Benchmarks: runs whose last statement is timed. A harness (`bench_harness.py`, `bench_harness.rs`)
//! runs in the block's process and writes a report into its output, as an escape sequence. This module
//! adds the harness to Python blocks and extracts the reports.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::RunSink;
use super::io::markers::{MarkerScanner, StreamPart, match_framed};
use crate::run::{Event, OutputValue, Request, Sampling, Timing};

/// Times a Python block.
const PYTHON_HARNESS: &str = include_str!("python/py/bench_harness.py");

/// The line behind a Python block, in place of its closing fence. Python shows it in errors about an
/// unexpected end.
const END_LINE: &str = "\"the block ends here\"";

/// Begins the report of a result.
const REPORT_START: &[u8] = b"\x1b_livedeck-bench;";

/// Begins a report of what is measured so far.
const SAMPLING_START: &[u8] = b"\x1b_livedeck-sampling;";

/// The most bytes of a report.
const MAX_REPORT_LEN: usize = 4096;

/// The time for all samples of a benchmark.
const SAMPLE_BUDGET: Duration = Duration::from_secs(1);

/// Samples take at most the time limit of the run, divided by this.
const TIMEOUT_DIVISOR: u32 = 4;

/// Returns a request that benchmarks the code of this one.
pub(super) fn add_harness(request: &Request) -> Request {
    let mut request = request.clone();
    let budget = request
        .limits
        .timeout
        .map_or(SAMPLE_BUDGET, |limit| SAMPLE_BUDGET.min(limit / TIMEOUT_DIVISOR));
    if request.code.language == "python" {
        add_python_harness(&mut request.code.code, budget);
    } else {
        let budget = budget.as_millis().to_string();
        request.code.environment.push(("LIVEDECK_BENCH_MS".to_owned(), budget));
    }
    request
}

/// Appends the harness to a Python block.
fn add_python_harness(code: &mut String, budget: Duration) {
    if !code.ends_with('\n') {
        code.push('\n');
    }
    if code.ends_with("\\\n") {
        // The backslash continues with an empty line, not with the harness.
        code.push('\n');
    }
    let (harness, budget) = (python_literal(PYTHON_HARNESS), budget.as_nanos());
    let call = format!(
        "{END_LINE}\n__import__(\"builtins\").exec({harness}, {{\
         \"frame\": __import__(\"sys\")._getframe(), \"budget\": {budget}}})\n"
    );
    code.push_str(&call);
}

/// Returns a Python string literal on one line, without quotes that could close a string of the
/// block.
fn python_literal(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\x22");
    format!("\"{}\"", text.replace('\'', "\\x27"))
}

/// Returns a sink that passes a benchmark's events on, with timings in place of the reports.
pub(super) fn extract_timings(sink: RunSink) -> RunSink {
    let reports = Mutex::<ReportParser>::default();
    Arc::new(move |event| {
        let mut reports = reports.lock();
        match event {
            Event::Output(bytes) => reports.push(&bytes).into_iter().for_each(|event| sink(event)),
            Event::Finished(ref outcome, _) => {
                reports.rest().into_iter().for_each(|event| sink(event));
                if outcome.is_success() && !reports.has_report {
                    sink(Event::Output(
                        b"nothing was timed: the block ended its process\n".to_vec(),
                    ));
                }
                sink(event);
            }
            event => sink(event),
        }
    })
}

/// A report of a harness.
enum Report {
    /// What is measured so far.
    Sampling(Sampling),
    /// The result.
    Result(Timing),
}

/// Finds reports in a stream of output.
#[derive(Default)]
struct ReportParser {
    scanner: MarkerScanner,
    has_report: bool,
}

impl ReportParser {
    /// Adds bytes, and returns the output and the timings among them.
    fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        let parse = |bytes: &[u8]| {
            let result = match_framed(bytes, REPORT_START, MAX_REPORT_LEN)
                .map(|report| timing(&String::from_utf8_lossy(report)).map(Report::Result));
            let sampling = match_framed(bytes, SAMPLING_START, MAX_REPORT_LEN)
                .map(|report| sampling(&String::from_utf8_lossy(report)).map(Report::Sampling));
            result.or(sampling)
        };
        let parts = self.scanner.scan(bytes, parse);
        let event = |part| match part {
            StreamPart::Text(bytes) => Some(Event::Output(bytes)),
            StreamPart::Marker(None) => None,
            StreamPart::Marker(Some(Report::Sampling(sampling))) => Some(Event::Sampled(sampling)),
            StreamPart::Marker(Some(Report::Result(timing))) => {
                self.has_report = true;
                Some(Event::Value(OutputValue::Timing(timing), None))
            }
        };
        parts.into_iter().filter_map(event).collect()
    }

    /// Returns the bytes that did not become a report.
    fn rest(&mut self) -> Option<Event> {
        self.scanner.finish().map(Event::Output)
    }
}

/// Parses a report of what is measured so far.
fn sampling(report: &str) -> Option<Sampling> {
    let (done, report) = report.split_once(';')?;
    Some(Sampling { done: done.parse().ok()?, timing: timing(report)? })
}

/// Parses the report of a result.
fn timing(report: &str) -> Option<Timing> {
    let mut fields = report.splitn(8, ';');
    let calls = fields.next()?.parse().ok()?;
    let samples = fields.next()?.parse().ok()?;
    // Recordings have three decimals; rounding makes a replay equal to the run.
    let rounded = |time: f64| (time * 1000.0).round() / 1000.0;
    let mut time =
        || fields.next()?.parse().ok().filter(|time: &f64| time.is_finite()).map(rounded);
    let (total, median, low, high) = (time()?, time()?, time()?, time()?);
    let is_empty = fields.next()? == "1";
    let timed: String = fields.next()?.chars().filter(|c| !c.is_control()).collect();
    Some(Timing { timed: timed.into(), calls, samples, total, median, low, high, is_empty })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Outcome;

    const REPORT: &str = "\x1b_livedeck-bench;40;8;1e6;25.5;24;26;0;f(1); g\x1b\\";

    /// Returns the events of a benchmark that writes these chunks, as text.
    fn events_of(chunks: &[&str], outcome: Outcome) -> String {
        let events = Arc::new(Mutex::new(String::new()));
        let sink_events = events.clone();
        let sink = extract_timings(Arc::new(move |event| {
            let text = match event {
                Event::Output(bytes) => String::from_utf8(bytes).unwrap(),
                Event::Value(OutputValue::Timing(timing), _) => {
                    format!("<{}>", timing.plain_text())
                }
                Event::Sampled(Sampling { done, timing }) => {
                    format!("<{done}‰ {}>", timing.median_text())
                }
                other => format!("{other:?}"),
            };
            sink_events.lock().push_str(&text);
        }));
        for chunk in chunks {
            sink(Event::Output(chunk.as_bytes().to_vec()));
        }
        sink(Event::Finished(outcome, Duration::ZERO));
        let text = events.lock().clone();
        text.split("Finished").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn report_is_found_across_chunks() {
        let words =
            "<timed f(1); g · median 25.5 ns, quartiles 24.0–26.0 ns · 40 calls in 1.00 ms>";
        let whole = format!("a\n{REPORT}b");
        for at in 0..=whole.len() {
            let (one, other) = whole.split_at(at);
            assert_eq!(
                events_of(&[one, other], Outcome::Exited(0)),
                format!("a\n{words}b"),
                "{at}"
            );
        }
    }

    #[test]
    fn progress_is_reported_between_samples() {
        let report = "\x1b_livedeck-sampling;250;40;8;1e6;25.5;24;26;0;f(1)\x1b\\";
        for at in 0..=report.len() {
            let (one, other) = report.split_at(at);
            assert_eq!(events_of(&[one, other], Outcome::Stopped), "<250‰ 25.5 ns>", "{at}");
        }
        let nothing = "nothing was timed: the block ended its process\n";
        let ended = events_of(&[report], Outcome::Exited(0));
        assert_eq!(ended, format!("<250‰ 25.5 ns>{nothing}"), "progress is no result");
        let broken = "\x1b_livedeck-sampling;x;40;8;1e6;25.5;24;26;0;f(1)\x1b\\";
        assert_eq!(events_of(&[broken], Outcome::Raised), "");
    }

    #[test]
    fn other_output_is_passed_on() {
        let nothing = "nothing was timed: the block ended its process\n";
        for text in ["\x1b[31mred", "\x1b_livedeck;3\x1b\\", "a\x1b", "\x1b_livedeck-bench;x"] {
            assert_eq!(events_of(&[text], Outcome::Exited(0)), format!("{text}{nothing}"));
            assert_eq!(
                events_of(&[text], Outcome::Exited(1)),
                text,
                "the block reports why itself"
            );
        }
        let broken = "\x1b_livedeck-bench;1;2;inf;x\x1b\\";
        assert_eq!(events_of(&[broken], Outcome::Raised), "");
        let long = format!("\x1b_livedeck-bench;{}", "x".repeat(2 * MAX_REPORT_LEN));
        assert_eq!(events_of(&[&long, "y"], Outcome::Raised), long + "y");
    }
}
