//! Lanes of a race: blocks whose last statement is timed, in their own process as any other run.
//! `stopwatch.py` and `bench_harness.rs` do that beside the block, and tell what they measured in the
//! middle of what it writes; here that is found again.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::RunSink;
use crate::run::{Event, OutputValue, Request, Timing};

/// What times a block of Python.
const STOPWATCH: &str = include_str!("python/py/bench_harness.py");

/// What stands on the line behind a block of Python, where the deck has its fence: Python points there
/// when it misses something.
const END: &str = "\"the block ends here\"";

/// What stands before and behind a report.
const MARK: (&[u8], &[u8]) = (b"\x1b_livedeck-bench;", b"\x1b\\");

/// More than any report has.
const LONGEST: usize = 4096;

/// How long all samples of a lane take, if they can.
const BUDGET: Duration = Duration::from_secs(1);

/// The part of its time limit that a lane's samples have.
const SHARE: u32 = 4;

/// What a request runs that is a lane: the same, timed.
pub(super) fn add_harness(request: &Request) -> Request {
    let mut request = request.clone();
    let budget = request.limits.timeout.map_or(BUDGET, |limit| BUDGET.min(limit / SHARE));
    if request.code.language == "python" {
        time_python(&mut request.code.code, budget);
    } else {
        let budget = budget.as_millis().to_string();
        request.code.environment.push(("LIVEDECK_BENCH_MS".to_owned(), budget));
    }
    request
}

/// Puts the stopwatch behind a block.
fn time_python(code: &mut String, budget: Duration) {
    if !code.ends_with('\n') {
        code.push('\n');
    }
    if code.ends_with("\\\n") {
        // It goes on with an empty line, not with ours.
        code.push('\n');
    }
    let (stopwatch, budget) = (literal(STOPWATCH), budget.as_nanos());
    let ours = format!(
        "{END}\n__import__(\"builtins\").exec({stopwatch}, {{\
         \"frame\": __import__(\"sys\")._getframe(), \"budget\": {budget}}})\n"
    );
    code.push_str(&ours);
}

/// A text as Python reads it, on one line, without quotes that would close one of the block's.
fn literal(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\x22");
    format!("\"{}\"", text.replace('\'', "\\x27"))
}

/// Passes on what a lane writes and, in its place, what was measured.
pub(super) fn extract_timings(sink: RunSink) -> RunSink {
    let reports = Mutex::<ReportParser>::default();
    Arc::new(move |event| {
        let mut reports = reports.lock();
        match event {
            Event::Output(bytes) => reports.cut(&bytes).into_iter().for_each(|event| sink(event)),
            Event::Finished(ref outcome, _) => {
                reports.rest().into_iter().for_each(|event| sink(event));
                if outcome.is_success() && !reports.has_come {
                    sink(Event::Output(b"nothing was timed: the block ended by itself\n".to_vec()));
                }
                sink(event);
            }
            event => sink(event),
        }
    })
}

/// Finds reports in what is written.
#[derive(Default)]
struct ReportParser {
    /// The beginning of one, perhaps: kept until the next bytes tell.
    held: Vec<u8>,
    has_come: bool,
}

impl ReportParser {
    /// What these bytes are, those held back before in front of them.
    fn cut(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(bytes);
        let mut events = Vec::new();
        let (mut from, mut at) = (0, 0);
        while let Some(found) = all[at..].iter().position(|byte| *byte == MARK.0[0]) {
            at += found;
            let rest = &all[at..];
            let known = rest.len().min(MARK.0.len());
            if rest[..known] != MARK.0[..known] {
                at += 1;
                continue;
            }
            let end = rest.windows(MARK.1.len()).skip(1).position(|bytes| bytes == MARK.1);
            match end.map(|end| end + 1) {
                Some(end) => {
                    events.extend(text(&all[from..at]));
                    events.extend(self.report(&rest[known..end]));
                    at += end + MARK.1.len();
                    from = at;
                }
                None if rest.len() > LONGEST => at += 1,
                None => {
                    events.extend(text(&all[from..at]));
                    self.held = all.split_off(at);
                    return events;
                }
            }
        }
        events.extend(text(&all[from..]));
        events
    }

    fn report(&mut self, bytes: &[u8]) -> Option<Event> {
        let timing = timing(&String::from_utf8_lossy(bytes))?;
        self.has_come = true;
        Some(Event::Value(OutputValue::Timing(timing)))
    }

    /// What was held back and is no report.
    fn rest(&mut self) -> Option<Event> {
        text(&std::mem::take(&mut self.held))
    }
}

fn text(bytes: &[u8]) -> Option<Event> {
    (!bytes.is_empty()).then(|| Event::Output(bytes.to_vec()))
}

/// What a report says.
fn timing(report: &str) -> Option<Timing> {
    let mut fields = report.splitn(8, ';');
    let calls = fields.next()?.parse().ok()?;
    let samples = fields.next()?.parse().ok()?;
    // A recording keeps so many digits, and reads the same again.
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

    /// What is heard of a lane that writes these pieces.
    fn heard(pieces: &[&str], outcome: Outcome) -> String {
        let heard = Arc::new(Mutex::new(String::new()));
        let told = heard.clone();
        let sink = extract_timings(Arc::new(move |event| {
            let text = match event {
                Event::Output(bytes) => String::from_utf8(bytes).unwrap(),
                Event::Value(value) => format!("<{}>", value.plain_text()),
                other => format!("{other:?}"),
            };
            told.lock().push_str(&text);
        }));
        for piece in pieces {
            sink(Event::Output(piece.as_bytes().to_vec()));
        }
        sink(Event::Finished(outcome, Duration::ZERO));
        let text = heard.lock().clone();
        text.split("Finished").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_report_is_found_wherever_it_is_cut() {
        let words =
            "<timed f(1); g · median 25.5 ns, quartiles 24.0–26.0 ns · 40 calls in 1.00 ms>";
        let whole = format!("a\n{REPORT}b");
        for at in 0..=whole.len() {
            let (one, other) = whole.split_at(at);
            assert_eq!(heard(&[one, other], Outcome::Exited(0)), format!("a\n{words}b"), "{at}");
        }
    }

    #[test]
    fn what_is_no_report_is_passed_on() {
        let nothing = "nothing was timed: the block ended by itself\n";
        for text in ["\x1b[31mred", "\x1b_livedeck;3\x1b\\", "a\x1b", "\x1b_livedeck-bench;x"] {
            assert_eq!(heard(&[text], Outcome::Exited(0)), format!("{text}{nothing}"));
            assert_eq!(heard(&[text], Outcome::Exited(1)), text, "it has said why itself");
        }
        let broken = "\x1b_livedeck-bench;1;2;inf;x\x1b\\";
        assert_eq!(heard(&[broken], Outcome::Raised), "");
        let long = format!("\x1b_livedeck-bench;{}", "x".repeat(2 * LONGEST));
        assert_eq!(heard(&[&long, "y"], Outcome::Raised), long + "y");
    }
}
