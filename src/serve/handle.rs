//! What the talk holds of its web server: the address, before it answers, and then the handle by which the talk
//! publishes, answers and ends it.

use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustix::pipe::{PipeFlags, pipe_with};

use super::address::{ServeAddress, ServeLinks};
use super::exchange::{ServeCallId, ServeEvent, WebShared};
use super::page::Publication;
use super::renderer::{self, Mailbox};
use super::server::WebThread;
use super::token::RemoteToken;
use crate::app::ServeReport;

/// A server that has its address, but does not answer yet.
#[derive(Debug)]
pub struct BoundServer {
    listener: TcpListener,
    token: RemoteToken,
    links: ServeLinks,
    /// Whether the default port is taken.
    is_elsewhere: bool,
}

impl BoundServer {
    /// Takes the address.
    ///
    /// # Errors
    /// The address is in use or not one of this machine.
    pub fn bind(address: ServeAddress) -> io::Result<Self> {
        let mut tried = Err(io::ErrorKind::AddrNotAvailable.into());
        for (number, candidate) in address.candidates().into_iter().enumerate() {
            tried = TcpListener::bind(candidate).map(|listener| (listener, number > 0));
            if !matches!(&tried, Err(error) if error.kind() == io::ErrorKind::AddrInUse) {
                break;
            }
        }
        let (listener, is_elsewhere) = tried?;
        listener.set_nonblocking(true)?;
        let token = RemoteToken::new()?;
        let links = ServeLinks::new(listener.local_addr()?, token.text());
        Ok(Self { listener, token, links, is_elsewhere })
    }

    /// Returns the links that people open.
    pub fn links(&self) -> &ServeLinks {
        &self.links
    }

    /// Returns whether it has another port than usual, which is taken.
    pub fn is_elsewhere(&self) -> bool {
        self.is_elsewhere
    }

    /// Starts to answer. `send` is called on the server's thread.
    ///
    /// # Errors
    /// The threads cannot be started.
    pub fn start(self, send: impl Fn(ServeEvent) + Send + 'static) -> io::Result<WebServer> {
        let (wakeups, waker) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let waker = Arc::new(waker);
        let (shared, mailbox) = (Arc::<WebShared>::default(), Arc::<Mailbox>::default());
        let ServeLinks { audience: address, remote, is_local } = self.links;
        let report = ServeReport { address, remote, is_local, ..ServeReport::default() };
        let mut thread = WebThread::new(
            self.listener,
            self.token,
            (wakeups, Arc::clone(&shared)),
            (report.clone(), Box::new(send)),
        );
        let (done, notifier) = (Arc::clone(&shared), Arc::clone(&waker));
        let waiting = Arc::clone(&mailbox);
        std::thread::Builder::new().name("web pages".to_owned()).spawn(move || {
            yield_to_others();
            renderer::run(&waiting, |page| {
                *done.page.lock() = Some(page);
                wake(&notifier);
            });
        })?;
        std::thread::Builder::new().name("web".to_owned()).spawn(move || {
            yield_to_others();
            thread.run();
        })?;
        Ok(WebServer { shared, mailbox, waker, report })
    }
}

/// Lowers the priority of this thread: the talk comes first.
fn yield_to_others() {
    // Elsewhere, this would be the priority of the whole process.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, super::limits::NICE);
}

/// The web server of a talk. Dropping it disconnects all clients.
#[derive(Debug)]
pub struct WebServer {
    shared: Arc<WebShared>,
    mailbox: Arc<Mailbox>,
    waker: Arc<OwnedFd>,
    report: ServeReport,
}

impl WebServer {
    /// Returns whether anyone follows the talk, or has just left. Without anyone, there is nothing to publish.
    pub fn has_clients(&self) -> bool {
        self.shared.has_clients.load(Ordering::Relaxed)
    }

    /// Hands over what the talk shows, in place of what is not sent yet.
    pub fn publish(&self, publication: Publication) {
        self.mailbox.put(publication);
    }

    /// Answers a call.
    pub fn answer(&self, call: ServeCallId, result: Result<(), String>) {
        self.shared.answers.lock().push((call, result));
        wake(&self.waker);
    }

    /// Returns its addresses.
    pub fn addresses(&self) -> &ServeReport {
        &self.report
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        self.mailbox.end();
        wake(&self.waker);
    }
}

/// Wakes the server's thread.
fn wake(waker: &OwnedFd) {
    // A full pipe wakes the thread anyway.
    let _ = rustix::io::write(waker, &[0]);
}
