//! Trust while a talk is given. A thread of its own looks at the files, so that neither the first
//! slide nor a key waits for them.
//!
//! What the speaker changes in the deck's text while presenting counts as allowed, and is remembered
//! with the deck. Everything else that decides what runs stays as it was when the user answered: if
//! another program changes such a file during the talk, the next talk asks.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::record::Record;
use super::{Executors, Findings, examine, question, store};
use crate::app::TrustSummary;
use crate::deck::Deck;

/// How long the end of a talk waits for what is still to be written.
const QUIT_TIMEOUT: Duration = Duration::from_millis(500);

/// What was found out about a deck.
#[derive(Debug)]
pub(crate) struct ExaminedDeck {
    /// The deck.
    pub(crate) deck: Arc<Deck>,
    /// The question about it; none where it was only looked up, and is unknown.
    pub(crate) inquiry: Option<Arc<TrustSummary>>,
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

/// What the thread is to do.
enum Job {
    /// Find out whether this deck may run; look no further if it is unknown.
    Check(Arc<Deck>),
    /// Find out everything that the question about this deck says.
    Examine(Arc<Deck>),
    /// Remember this deck as it was last examined.
    Remember(Arc<Deck>),
    /// The speaker has changed the text of a deck that is remembered to this.
    Edited(Arc<Deck>),
}

/// The thread's other end. There is no thread before it has something to do.
pub(crate) struct TrustWorker {
    thread: Option<TrustThread>,
    jobs: Option<Jobs>,
}

/// What goes to the thread.
struct Jobs {
    given: Sender<Job>,
    /// Disconnects when the thread has ended.
    ended: Receiver<()>,
}

impl TrustWorker {
    /// Looks after the deck at `path`.
    pub(crate) fn new(
        path: PathBuf,
        executors: Executors,
        report: impl Fn(TrustReport) + Send + 'static,
    ) -> Self {
        let report = Box::new(report);
        let thread = TrustThread { path, executors, report, last: None, accepted: None };
        Self { thread: Some(thread), jobs: None }
    }

    /// Finds out whether a deck was trusted before and is unchanged.
    pub(crate) fn check(&mut self, deck: &Arc<Deck>) {
        self.give(Job::Check(deck.clone()));
    }

    /// Finds out what the question about a deck says.
    pub(crate) fn examine(&mut self, deck: &Arc<Deck>) {
        self.give(Job::Examine(deck.clone()));
    }

    /// Remembers that a deck may always run, as it was when its user was asked.
    pub(crate) fn remember(&mut self, deck: &Arc<Deck>) {
        self.give(Job::Remember(deck.clone()));
    }

    /// Remembers what the speaker has changed in a deck that may always run.
    pub(crate) fn edited(&mut self, deck: &Arc<Deck>) {
        self.give(Job::Edited(deck.clone()));
    }

    /// Gives the thread something to do. Where there can be none, nothing is found out, and so nothing
    /// is allowed.
    fn give(&mut self, job: Job) {
        if let Some(thread) = self.thread.take() {
            self.jobs = thread.start().ok();
        }
        if let Some(jobs) = &self.jobs {
            // The thread ends only when this end is gone.
            let _ = jobs.given.send(job);
        }
    }
}

impl Drop for TrustWorker {
    /// Lets the thread write what it was told to remember.
    fn drop(&mut self) {
        if let Some(Jobs { given, ended }) = self.jobs.take() {
            drop(given);
            let _ = ended.recv_timeout(QUIT_TIMEOUT);
        }
    }
}

/// What the thread knows.
struct TrustThread {
    path: PathBuf,
    executors: Executors,
    report: ReportSink,
    /// The deck that was examined last, and what was found.
    last: Option<(Arc<Deck>, Findings)>,
    /// The deck that may always run, and what of it is remembered.
    accepted: Option<(Arc<Deck>, Record)>,
}

impl TrustThread {
    fn start(mut self) -> std::io::Result<Jobs> {
        let (given, jobs) = unbounded();
        let (end, ended) = bounded(0);
        std::thread::Builder::new().name("trust".to_owned()).spawn(move || {
            jobs.into_iter().for_each(|job| self.work(job));
            drop::<Sender<()>>(end);
        })?;
        Ok(Jobs { given, ended })
    }

    fn work(&mut self, job: Job) {
        match job {
            Job::Check(deck) => match store::find(&self.path) {
                None => self.tell(deck, None),
                Some(known) => self.inquire(deck, Some(&known)),
            },
            Job::Examine(deck) => {
                let known = store::find(&self.path);
                self.inquire(deck, known.as_ref());
            }
            Job::Remember(deck) => {
                let examined = self.last.take().filter(|(last, _)| Arc::ptr_eq(last, &deck));
                let findings = examined.map(|(_, findings)| findings);
                let findings = findings.unwrap_or_else(|| self.look(&deck));
                self.accept(deck, findings.record);
            }
            Job::Edited(deck) => self.edited(deck),
        }
    }

    fn inquire(&mut self, deck: Arc<Deck>, known: Option<&Record>) {
        let findings = self.look(&deck);
        let inquiry = question(&self.path, &deck, &findings, known);
        if inquiry.is_trusted {
            self.accepted = Some((deck.clone(), findings.record.clone()));
        }
        self.last = Some((deck.clone(), findings));
        self.tell(deck, Some(Arc::new(inquiry)));
    }

    fn edited(&mut self, deck: Arc<Deck>) {
        let Some((before, accepted)) = self.accepted.take() else { return };
        if is_same_code(&before, &deck) {
            self.accepted = Some((deck, accepted));
            return;
        }
        let (old, new) = (self.look(&before), self.look(&deck));
        if new.trouble.is_some() {
            // It cannot be remembered any more: the next talk asks.
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

    fn look(&self, deck: &Deck) -> Findings {
        examine(&self.path, deck, &self.executors)
    }

    fn tell(&self, deck: Arc<Deck>, inquiry: Option<Arc<TrustSummary>>) {
        (self.report)(TrustReport::Examined(ExaminedDeck { deck, inquiry }));
    }
}

/// Whether two readings of a deck have the same code and options, so that only its text differs.
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
