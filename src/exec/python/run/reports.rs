//! The reports about one run. Values arrive before their marks in the output and are kept until the
//! marks are seen.

use super::values::PendingValues;
use crate::exec::python::worker::report::{ReportReader, RunReport};
use crate::run::Event;

/// The reports that have arrived and were not handled yet.
pub(super) struct PendingReports {
    reader: ReportReader,
    /// Reports other than values.
    unread: Vec<RunReport>,
    values: PendingValues,
}

impl PendingReports {
    /// Returns an empty queue over `reader` that keeps values in `values`.
    pub(super) fn new(reader: ReportReader, values: PendingValues) -> Self {
        Self { reader, unread: Vec::new(), values }
    }

    /// Returns the reader.
    pub(super) fn reader(&self) -> &ReportReader {
        &self.reader
    }

    /// Returns the reader when the run itself has nothing more to report.
    pub(super) fn into_reader(self) -> ReportReader {
        self.reader
    }

    /// Returns whether reports other than values wait to be handled.
    pub(super) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Returns all reports except values. Never blocks.
    pub(super) fn drain(&mut self) -> Vec<RunReport> {
        self.read();
        std::mem::take(&mut self.unread)
    }

    fn read(&mut self) {
        for report in self.reader.take() {
            match report {
                RunReport::Value(number, value) => self.values.add(number, value),
                other => self.unread.push(other),
            }
        }
    }

    /// Returns the event for the mark with this number. Its value was sent before the mark.
    pub(super) fn value(&mut self, number: u64) -> Option<Event> {
        if !self.values.contains(number) {
            self.read();
        }
        self.values.take(number)
    }

    /// Returns the events without a mark: values whose marks were not seen, and the interpreter's
    /// crash.
    pub(super) fn remaining(&mut self) -> Vec<Event> {
        let numbers = self.values.numbers();
        let mut rest: Vec<_> = numbers.into_iter().filter_map(|it| self.values.take(it)).collect();
        rest.extend(self.reader.crash().map(|crash| Event::Output(crash.into_bytes())));
        rest
    }
}
