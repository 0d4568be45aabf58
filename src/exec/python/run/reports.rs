//! What is told of a run beside what it writes. PendingValues come ahead of their marks in what is written,
//! and are kept until these are seen.

use super::values::PendingValues;
use crate::exec::python::worker::report::{ReportReader, RunReport};
use crate::run::Event;

/// What is told of a run: the values among it are kept until their marks are seen.
pub(super) struct PendingReports {
    reports: ReportReader,
    /// All else that was heard and not yet taken note of.
    heard: Vec<RunReport>,
    values: PendingValues,
}

impl PendingReports {
    /// Nothing yet: it comes over these, and values are kept there.
    pub(super) fn new(reports: ReportReader, values: PendingValues) -> Self {
        Self { reports, heard: Vec::new(), values }
    }

    /// What it comes over.
    pub(super) fn reports(&self) -> &ReportReader {
        &self.reports
    }

    /// The same, when nothing more is to be heard of the run itself.
    pub(super) fn into_reports(self) -> ReportReader {
        self.reports
    }

    /// Whether something was heard that nobody has taken note of.
    pub(super) fn has_news(&self) -> bool {
        !self.heard.is_empty()
    }

    /// All that there is to take note of, but for values.
    pub(super) fn news(&mut self) -> Vec<RunReport> {
        self.listen();
        std::mem::take(&mut self.heard)
    }

    /// Hears what there is to hear.
    fn listen(&mut self) {
        for report in self.reports.take() {
            match report {
                RunReport::Shown(number, value) => self.values.add(number, value),
                other => self.heard.push(other),
            }
        }
    }

    /// What is to be passed on at a mark. Its value went ahead of it, so it is there by now.
    pub(super) fn value(&mut self, number: u64) -> Option<Event> {
        if !self.values.has(number) {
            self.listen();
        }
        self.values.show(number)
    }

    /// What is to be passed on without a mark that was seen: values, and why the interpreter crashed.
    pub(super) fn rest(&mut self) -> Vec<Event> {
        let left = self.values.left();
        let mut rest: Vec<_> = left.into_iter().filter_map(|it| self.values.show(it)).collect();
        rest.extend(self.reports.crash().map(|crash| Event::Output(crash.into_bytes())));
        rest
    }
}
