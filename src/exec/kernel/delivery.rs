//! Passes the events of runs on to their sinks, which may block. The thread that talks to a kernel must
//! not: a kernel that is not listened to loses messages. So events wait here, and text that comes faster
//! than it can be shown is dropped, the oldest first.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

use crate::exec::RunSink;
use crate::run::Event;

/// The most bytes of text that wait.
const MAX_WAITING_BYTES: usize = 8 << 20;

/// What waits to be passed on.
pub(super) enum Delivered {
    /// An event of a run.
    Event(RunSink, Event),
    /// Something else to report.
    Report(Box<dyn FnOnce() + Send>),
}

/// Events that wait for their sinks.
#[derive(Clone, Default)]
pub(super) struct EventDelivery {
    shared: Arc<(Mutex<DeliveryQueue>, Condvar)>,
}

#[derive(Default)]
struct DeliveryQueue {
    events: VecDeque<Delivered>,
    /// Bytes of text among them.
    bytes: usize,
    /// Bytes of text that were dropped since the last text was passed on.
    dropped: usize,
    is_closed: bool,
}

impl EventDelivery {
    /// Starts the thread that passes events on.
    pub(super) fn start(name: &str) -> std::io::Result<Self> {
        let delivery = Self::default();
        let queue = delivery.clone();
        let thread = std::thread::Builder::new().name(format!("{name} output"));
        thread.spawn(move || {
            while let Some(next) = queue.next() {
                match next {
                    Delivered::Event(sink, event) => sink(event),
                    Delivered::Report(report) => report(),
                }
            }
        })?;
        Ok(delivery)
    }

    /// Adds an event.
    pub(super) fn send(&self, sink: &RunSink, event: Event) {
        let (queue, changed) = &*self.shared;
        queue.lock().push(sink, event, MAX_WAITING_BYTES);
        changed.notify_one();
    }

    /// Adds a report, which comes after the events before it.
    pub(super) fn report(&self, report: impl FnOnce() + Send + 'static) {
        let (queue, changed) = &*self.shared;
        queue.lock().events.push_back(Delivered::Report(Box::new(report)));
        changed.notify_one();
    }

    /// Ends the thread once all events are passed on.
    pub(super) fn close(&self) {
        let (queue, changed) = &*self.shared;
        queue.lock().is_closed = true;
        changed.notify_one();
    }

    /// Waits for the next event. Returns `None` once closed and empty.
    fn next(&self) -> Option<Delivered> {
        let (queue, changed) = &*self.shared;
        let mut queue = queue.lock();
        loop {
            match queue.pop() {
                Some(next) => return Some(next),
                None if queue.is_closed => return None,
                None => changed.wait(&mut queue),
            }
        }
    }
}

impl DeliveryQueue {
    fn push(&mut self, sink: &RunSink, event: Event, max_bytes: usize) {
        if let Event::Output(bytes) = &event {
            self.bytes += bytes.len();
        }
        self.events.push_back(Delivered::Event(sink.clone(), event));
        while self.bytes > max_bytes {
            let is_text = |it: &Delivered| matches!(it, Delivered::Event(_, Event::Output(_)));
            let Some(at) = self.events.iter().position(is_text) else { return };
            if let Some(Delivered::Event(_, Event::Output(bytes))) = self.events.remove(at) {
                self.bytes -= bytes.len();
                self.dropped += bytes.len();
            }
        }
    }

    fn pop(&mut self) -> Option<Delivered> {
        let (sink, mut bytes) = match self.events.pop_front()? {
            Delivered::Event(sink, Event::Output(bytes)) => (sink, bytes),
            other => return Some(other),
        };
        self.bytes -= bytes.len();
        let dropped = std::mem::take(&mut self.dropped);
        if dropped > 0 {
            let note = format!("\n… {} KiB of output are not shown …\n", dropped.div_ceil(1024));
            bytes.splice(0..0, note.into_bytes());
        }
        Some(Delivered::Event(sink, Event::Output(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sink() -> RunSink {
        Arc::new(|_| {})
    }

    fn text(text: &str) -> Event {
        Event::Output(text.as_bytes().to_vec())
    }

    #[test]
    fn oldest_text_is_dropped_and_other_events_are_kept() {
        let mut queue = DeliveryQueue::default();
        let sink = sink();
        for event in [Event::Started, text("aaaa"), text("bbbb"), Event::InputDone, text("cccc")] {
            queue.push(&sink, event, 8);
        }
        let event = |next| match next {
            Delivered::Event(_, event) => event,
            Delivered::Report(_) => panic!("nothing was reported"),
        };
        let events: Vec<Event> = std::iter::from_fn(|| queue.pop()).map(event).collect();
        let cut = text("\n… 1 KiB of output are not shown …\nbbbb");
        assert_eq!(events, [Event::Started, cut, Event::InputDone, text("cccc")]);
        assert_eq!((queue.bytes, queue.dropped), (0, 0));
    }

    #[test]
    fn all_events_are_passed_on_before_the_end() {
        let delivery = EventDelivery::start("test").unwrap();
        let (sender, receiver) = crossbeam_channel::unbounded();
        let sink: RunSink = Arc::new(move |event| sender.send(event).unwrap());
        let sent: Vec<Event> = (0..100).map(|number| text(&number.to_string())).collect();
        for event in &sent {
            delivery.send(&sink, event.clone());
        }
        delivery.close();
        drop(sink);
        assert_eq!(receiver.into_iter().collect::<Vec<_>>(), sent);
    }
}
