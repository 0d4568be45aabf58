//! Examines and remembers decks during a presentation, on a separate thread: neither the first slide
//! nor a key waits for it.
//!
//! Changes of the deck's text during the presentation count as allowed and are remembered. All other
//! files that determine what runs stay as they were when the user answered: if another program changes
//! one of them during the presentation, the next presentation asks.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::record::Record;
use super::{DeckFindings, Executors, examine, store, summarize};
use crate::app::TrustSummary;
use crate::deck::Deck;

/// How long to wait at exit for pending writes.
const QUIT_TIMEOUT: Duration = Duration::from_millis(500);

/// An examined deck.
#[derive(Debug)]
pub(crate) struct ExaminedDeck {
    /// The deck.
    pub(crate) deck: Arc<Deck>,
    /// The summary for the trust prompt; `None` if the deck was only looked up, and is unknown.
    pub(crate) summary: Option<Arc<TrustSummary>>,
}

/// What the thread reports.
#[derive(Debug)]
pub(crate) enum TrustReport {
    /// A deck was examined.
    Examined(ExaminedDeck),
    /// A deck cannot be remembered: a message for the speaker.
    Trouble(String),
}

/// Receives the thread's reports.
type ReportSink = Box<dyn Fn(TrustReport) + Send>;

/// A job for the thread.
enum TrustJob {
    /// Find out whether this deck may run. Does not examine unknown decks.
    Check(Arc<Deck>),
    /// Examine this deck for the trust prompt.
    Examine(Arc<Deck>),
    /// Remember this deck, as last examined.
    Remember(Arc<Deck>),
    /// Update a remembered deck whose text the speaker changed.
    Edited(Arc<Deck>),
}

/// Handle of the thread, which starts with the first job.
pub(crate) struct TrustWorker {
    thread: Option<TrustThread>,
    jobs: Option<TrustJobs>,
}

/// Channels to the running thread.
struct TrustJobs {
    given: Sender<TrustJob>,
    /// Disconnects when the thread has ended.
    ended: Receiver<()>,
}

impl TrustWorker {
    /// Creates the handle for the deck at `path`.
    pub(crate) fn new(
        path: PathBuf,
        executors: Executors,
        report: impl Fn(TrustReport) + Send + 'static,
    ) -> Self {
        let report = Box::new(report);
        let thread = TrustThread { path, executors, report, last: None, accepted: None };
        Self { thread: Some(thread), jobs: None }
    }

    /// Checks whether a deck is trusted and unchanged.
    pub(crate) fn check(&mut self, deck: &Arc<Deck>) {
        self.send(TrustJob::Check(deck.clone()));
    }

    /// Examines a deck for the trust prompt.
    pub(crate) fn examine(&mut self, deck: &Arc<Deck>) {
        self.send(TrustJob::Examine(deck.clone()));
    }

    /// Remembers that a deck may always run, as examined when the user was asked.
    pub(crate) fn remember(&mut self, deck: &Arc<Deck>) {
        self.send(TrustJob::Remember(deck.clone()));
    }

    /// Updates the record of a remembered deck after the speaker changed it.
    pub(crate) fn edited(&mut self, deck: &Arc<Deck>) {
        self.send(TrustJob::Edited(deck.clone()));
    }

    /// Sends a job to the thread. If the thread cannot start, no deck is examined, and nothing is
    /// allowed.
    fn send(&mut self, job: TrustJob) {
        if let Some(thread) = self.thread.take() {
            self.jobs = thread.start().ok();
        }
        if let Some(jobs) = &self.jobs {
            // The thread ends only after this sender is dropped.
            let _ = jobs.given.send(job);
        }
    }
}

impl Drop for TrustWorker {
    /// Lets the thread finish pending writes.
    fn drop(&mut self) {
        if let Some(TrustJobs { given, ended }) = self.jobs.take() {
            drop(given);
            let _ = ended.recv_timeout(QUIT_TIMEOUT);
        }
    }
}

/// State of the thread.
struct TrustThread {
    path: PathBuf,
    executors: Executors,
    report: ReportSink,
    /// The last examined deck and the findings.
    last: Option<(Arc<Deck>, DeckFindings)>,
    /// The deck that may always run, and its stored record.
    accepted: Option<(Arc<Deck>, Record)>,
}

impl TrustThread {
    fn start(mut self) -> std::io::Result<TrustJobs> {
        let (given, jobs) = unbounded();
        let (end, ended) = bounded(0);
        std::thread::Builder::new().name("trust".to_owned()).spawn(move || {
            jobs.into_iter().for_each(|job| self.work(job));
            drop::<Sender<()>>(end);
        })?;
        Ok(TrustJobs { given, ended })
    }

    fn work(&mut self, job: TrustJob) {
        match job {
            TrustJob::Check(deck) => match store::find(&self.path) {
                None => self.report_examined(deck, None),
                Some(known) => self.examine_and_report(deck, Some(&known)),
            },
            TrustJob::Examine(deck) => {
                let known = store::find(&self.path);
                self.examine_and_report(deck, known.as_ref());
            }
            TrustJob::Remember(deck) => {
                let examined = self.last.take().filter(|(last, _)| Arc::ptr_eq(last, &deck));
                let findings = examined.map(|(_, findings)| findings);
                let findings = findings.unwrap_or_else(|| self.look(&deck));
                self.accept(deck, findings.record);
            }
            TrustJob::Edited(deck) => self.edited(deck),
        }
    }

    fn examine_and_report(&mut self, deck: Arc<Deck>, known: Option<&Record>) {
        let findings = self.look(&deck);
        let summary = summarize(&self.path, &deck, &findings, known);
        if summary.is_trusted {
            self.accepted = Some((deck.clone(), findings.record.clone()));
        }
        self.last = Some((deck.clone(), findings));
        self.report_examined(deck, Some(Arc::new(summary)));
    }

    fn edited(&mut self, deck: Arc<Deck>) {
        let Some((before, accepted)) = self.accepted.take() else { return };
        if is_same_code(&before, &deck) {
            self.accepted = Some((deck, accepted));
            return;
        }
        let (old, new) = (self.look(&before), self.look(&deck));
        if new.trouble.is_some() {
            // It cannot be remembered any more: the next presentation asks.
            self.accepted = Some((before, accepted));
            return;
        }
        let edited = accepted.edited(&old.record, &new.record);
        self.accept(deck, edited);
    }

    fn accept(&mut self, deck: Arc<Deck>, record: Record) {
        if let Err(error) = store::remember(&self.path, &record) {
            let why = format!("cannot remember that this deck may run: {error}");
            (self.report)(TrustReport::Trouble(why));
        }
        self.accepted = Some((deck, record));
    }

    fn look(&self, deck: &Deck) -> DeckFindings {
        examine(&self.path, deck, &self.executors)
    }

    fn report_examined(&self, deck: Arc<Deck>, summary: Option<Arc<TrustSummary>>) {
        (self.report)(TrustReport::Examined(ExaminedDeck { deck, summary }));
    }
}

/// Returns whether two versions of a deck have the same code and options.
fn is_same_code(before: &Deck, after: &Deck) -> bool {
    let record = |deck: &Deck| {
        Record::new(
            deck,
            std::collections::BTreeMap::default(),
            std::collections::BTreeMap::default(),
        )
    };
    record(before) == record(after)
}
