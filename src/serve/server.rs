//! The server: a thread that waits for all connections at once. Nothing in it blocks, and no connection keeps it
//! from the others. While clients only follow a talk that does not change, it sleeps.

#![expect(clippy::disallowed_methods, reason = "the shell reads the clock")]

use std::collections::HashSet;
use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt;

use super::connection::{Connection, Feed, Phase, millis};
use super::exchange::{ServeCallId, ServeEvent, WebShared};
use super::limits::{
    ACCEPT_RATE, Allowance, CLIENT_GRACE, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS,
    MAX_HELD_BYTES, MAX_REMOTES, MAX_VIEWERS, READ_TIMEOUT,
};
use super::renderer::{self, RenderedPage};
use super::request::{HttpRequest, Method};
use super::response::{MediaType, Response, Status};
use super::route::{Asset, Route, route};
use super::token::RemoteToken;
use crate::app::ServeReport;

/// The shortest time between two reports of how many follow the talk.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// How often the system asks whether a silent client still exists, and after how many seconds of silence.
const KEEPALIVE: (Duration, Duration) = (Duration::from_secs(15), Duration::from_secs(30));

/// How many follow the talk, and what the talk knows of that.
#[derive(Debug)]
struct Audience {
    report: ServeReport,
    sent: ServeReport,
    sent_at: u64,
    /// When the last client left.
    left_at: Option<u64>,
}

/// The newest page, and the numbers of its states.
#[derive(Debug)]
struct NumberedPage {
    page: RenderedPage,
    mirror: u64,
    remote: u64,
}

/// The server's thread.
pub(super) struct WebThread {
    listener: TcpListener,
    token: RemoteToken,
    wakeups: OwnedFd,
    shared: Arc<WebShared>,
    start: Instant,
    connections: Vec<Connection>,
    last_number: u64,
    /// The number of the last state that was new.
    last_state: u64,
    accepts: Allowance,
    /// None until the talk has published after the first client came.
    page: Option<NumberedPage>,
    audience: Audience,
    send: Box<dyn Fn(ServeEvent) + Send>,
}

impl WebThread {
    /// Serves `listener`; sends what happens, and how many follow the talk if that is not `report`. What the talk
    /// shares is looked at when `wakeups` can be read.
    pub(super) fn new(
        listener: TcpListener,
        token: RemoteToken,
        (wakeups, shared): (OwnedFd, Arc<WebShared>),
        (report, send): (ServeReport, Box<dyn Fn(ServeEvent) + Send>),
    ) -> Self {
        Self {
            listener,
            token,
            wakeups,
            shared,
            start: Instant::now(),
            connections: Vec::new(),
            last_number: 0,
            last_state: 0,
            accepts: Allowance::new(ACCEPT_RATE, 0),
            page: None,
            audience: Audience { sent: report.clone(), report, sent_at: 0, left_at: None },
            send,
        }
    }

    /// Serves until the talk is over.
    pub(super) fn run(&mut self) {
        while let Ok(ready) = self.wait() {
            if self.shared.is_over.load(Ordering::Relaxed) {
                return;
            }
            self.take_answers();
            self.take_page();
            // The first two are the waker and the listener.
            for (connection, flags) in self.connections.iter_mut().zip(&ready[2..]) {
                if flags.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) {
                    connection.fill();
                }
            }
            self.serve();
            if !ready[1].is_empty() {
                self.accept();
            }
            self.count();
        }
    }

    fn now(&self) -> u64 {
        millis(self.start.elapsed())
    }

    /// Waits for the talk, a new client or a client; returns what happened to each.
    fn wait(&mut self) -> io::Result<Vec<PollFlags>> {
        let now = self.now();
        let may_accept = self.accepts.wait().is_zero() || {
            // Takes nothing, but counts what was added in the meantime.
            let mut later = self.accepts;
            later.take(now)
        };
        let listens = if may_accept { PollFlags::IN } else { PollFlags::empty() };
        let mut waiting =
            vec![PollFd::new(&self.wakeups, PollFlags::IN), PollFd::new(&self.listener, listens)];
        waiting.extend(self.connections.iter().map(|connection| {
            let read = if connection.wants_input() { PollFlags::IN } else { PollFlags::empty() };
            let write = if connection.has_output() { PollFlags::OUT } else { PollFlags::empty() };
            PollFd::new(&connection.stream, read | write)
        }));
        let timeout = self.timeout(now, may_accept);
        let timeout = timeout.and_then(|left| Timespec::try_from(left).ok());
        rustix::io::retry_on_intr(|| poll(&mut waiting, timeout.as_ref()))?;
        let ready: Vec<_> = waiting.iter().map(PollFd::revents).collect();
        if !ready[0].is_empty() {
            let mut buffer = [0; 256];
            while matches!(rustix::io::read(&self.wakeups, &mut buffer), Ok(256)) {}
        }
        Ok(ready)
    }

    /// Returns how long to wait for anything to happen.
    fn timeout(&self, now: u64, may_accept: bool) -> Option<Duration> {
        let connections = self.connections.iter().filter_map(Connection::deadline).min();
        let grace = self.audience.left_at.map(|left| left + millis(CLIENT_GRACE));
        let is_reported = self.audience.report == self.audience.sent;
        let report = (!is_reported).then(|| self.audience.sent_at + millis(REPORT_INTERVAL));
        let accept = (!may_accept).then(|| now + millis(self.accepts.wait()).max(1));
        let next = connections.into_iter().chain(grace).chain(report).chain(accept).min()?;
        Some(Duration::from_millis(next.saturating_sub(now)))
    }

    fn take_answers(&mut self) {
        let (answers, now) = (std::mem::take(&mut *self.shared.answers.lock()), self.now());
        for (ServeCallId(number), result) in answers {
            let waits =
                |it: &&mut Connection| it.number == number && it.phase == Phase::WaitsForAnswer;
            let Some(connection) = self.connections.iter_mut().find(waits) else { continue };
            let (status, body) = match result {
                Ok(()) => (Status::Ok, serde_json::json!({ "ok": true })),
                Err(why) => (Status::Conflict, serde_json::json!({ "ok": false, "error": why })),
            };
            let body = body.to_string().into_bytes().into();
            connection.respond(Response { status, ..Response::new(MediaType::Json, body) }, now);
        }
    }

    /// Takes the newest page, and answers those who waited for it.
    fn take_page(&mut self) {
        let Some(page) = self.shared.page.lock().take() else { return };
        let last = self.page.take();
        let mut next = || {
            self.last_state += 1;
            self.last_state
        };
        // What has not changed is not sent again.
        let is_same = |it: &&NumberedPage| Arc::ptr_eq(&it.page.mirror, &page.mirror);
        let mirror = last.as_ref().filter(is_same).map_or_else(&mut next, |it| it.mirror);
        let is_same = |it: &&NumberedPage| it.page.remote == page.remote;
        let remote = last.as_ref().filter(is_same).map_or_else(&mut next, |it| it.remote);
        self.page = Some(NumberedPage { page, mirror, remote });
        let now = self.now();
        for connection in &mut self.connections {
            if let Phase::WaitsForPage(request) = &connection.phase {
                let request = request.clone();
                if let (Ok(route), Some(page)) = (route(&request, &self.token), &self.page) {
                    respond_with_page(connection, &route, &request, page, now);
                }
            }
        }
        self.limit_held();
    }

    /// Disconnects the slowest readers if what they hold is too much.
    fn limit_held(&mut self) {
        let current: HashSet<*const u8> = self.page.iter().flat_map(current_bytes).collect();
        let mut held: Vec<(u64, *const u8, usize)> = self
            .connections
            .iter()
            .flat_map(|it| it.output().map(|bytes| (it.held, bytes.as_ptr(), bytes.len())))
            .filter(|(_, start, _)| !current.contains(start))
            .collect();
        held.sort_unstable_by_key(|&(number, start, _)| (std::cmp::Reverse(number), start));
        held.dedup_by_key(|&mut (_, start, _)| start);
        let mut total = 0;
        let oldest = held.into_iter().find(|(_, _, bytes)| {
            total += bytes;
            total > MAX_HELD_BYTES
        });
        let Some((oldest, ..)) = oldest else { return };
        for connection in
            self.connections.iter_mut().filter(|it| it.has_output() && it.held <= oldest)
        {
            connection.drop_it();
        }
    }

    /// Handles requests, writes, and ends what takes too long.
    fn serve(&mut self) {
        let now = self.now();
        for index in 0..self.connections.len() {
            loop {
                match self.connections[index].next_request(now) {
                    Ok(Some(request)) => self.handle(index, request, now),
                    Ok(None) => {}
                    Err(()) => self.audience.report.refused += 1,
                }
                let connection = &mut self.connections[index];
                send_newest(connection, self.page.as_ref(), now);
                // A request may already have arrived behind the last one.
                if !connection.flush(now) || connection.is_lost() {
                    break;
                }
            }
            if self.connections[index].expire(now) {
                self.audience.report.refused += 1;
                self.connections[index].flush(now);
            }
        }
        self.connections.retain(|connection| !connection.is_lost());
    }

    fn handle(&mut self, index: usize, request: HttpRequest, now: u64) {
        let followers = |feed: Feed| {
            self.connections
                .iter()
                .filter(|it| matches!(it.phase, Phase::Follows(own, _) if own == feed))
                .count()
        };
        let limit = match route(&request, &self.token) {
            Ok(Route::MirrorStates) if followers(Feed::Mirror) >= MAX_VIEWERS => {
                Err(Status::Unavailable)
            }
            Ok(Route::RemoteStates) if followers(Feed::Remote) >= MAX_REMOTES => {
                Err(Status::Unavailable)
            }
            route => route,
        };
        let connection = &mut self.connections[index];
        match limit {
            Err(status) => {
                self.audience.report.refused += 1;
                connection.refuse(status, now);
            }
            Ok(Route::MirrorStates) => connection.follow(Feed::Mirror, now),
            Ok(Route::RemoteStates) => connection.follow(Feed::Remote, now),
            Ok(Route::Asset(asset)) => connection.respond(file(asset, request.method), now),
            Ok(Route::Command(call)) => {
                let id = ServeCallId(connection.number);
                connection.wait_for_talk(Phase::WaitsForAnswer, now);
                (self.send)(ServeEvent::Call(id, call));
            }
            Ok(route @ (Route::Mirror | Route::Picture(_))) => match &self.page {
                Some(page) => respond_with_page(connection, &route, &request, page, now),
                None => connection.wait_for_talk(Phase::WaitsForPage(request), now),
            },
        }
    }

    fn accept(&mut self) {
        let now = self.now();
        loop {
            let mut left = self.accepts;
            if !left.take(now) {
                return;
            }
            let Ok((stream, peer)) = self.listener.accept() else { return };
            self.accepts = left;
            let peer = peer.ip().to_canonical();
            let of_peer = self.connections.iter().filter(|it| it.peer == peer).count();
            let is_full =
                self.connections.len() >= MAX_CONNECTIONS || of_peer >= MAX_CONNECTIONS_PER_ADDRESS;
            if is_full || stream.set_nonblocking(true).is_err() {
                self.audience.report.refused += u64::from(is_full);
                continue;
            }
            let _ = stream.set_nodelay(true);
            notice_loss(&stream);
            self.last_number += 1;
            self.connections.push(Connection::new(self.last_number, stream, peer, now));
        }
    }

    /// Counts who follows the talk, and asks the talk to publish if there are new followers.
    fn count(&mut self) {
        let now = self.now();
        let Audience { report, sent, sent_at, left_at } = &mut self.audience;
        let count = |feed| {
            let follows =
                |it: &&Connection| matches!(it.phase, Phase::Follows(own, _) if own == feed);
            self.connections.iter().filter(follows).count() as u32
        };
        (report.viewers, report.remotes) = (count(Feed::Mirror), count(Feed::Remote));
        if report != sent && now >= *sent_at + millis(REPORT_INTERVAL) {
            (*sent, *sent_at) = (report.clone(), now);
            (self.send)(ServeEvent::Audience(report.clone()));
        }
        let had_clients = self.shared.has_clients.load(Ordering::Relaxed);
        if !self.connections.is_empty() {
            *left_at = None;
            if !had_clients {
                // What was published before is old.
                self.page = None;
                self.shared.has_clients.store(true, Ordering::Relaxed);
                (self.send)(ServeEvent::Refresh);
            }
        } else if had_clients {
            let left = *left_at.get_or_insert(now);
            if now >= left + millis(CLIENT_GRACE) {
                *left_at = None;
                self.shared.has_clients.store(false, Ordering::Relaxed);
            }
        }
    }
}

/// Sends the newest state to a client that follows the talk.
fn send_newest(connection: &mut Connection, page: Option<&NumberedPage>, now: u64) {
    let Some(NumberedPage { page, mirror, remote }) = page else { return };
    match connection.phase {
        Phase::Follows(Feed::Mirror, _) => {
            connection.send_state(*mirror, [Arc::clone(&page.mirror.state)], now);
        }
        Phase::Follows(Feed::Remote, sent) if sent < *remote => {
            let [before, after] = renderer::around_remote_state();
            connection.send_state(*remote, [before, Arc::clone(&page.remote), after], now);
        }
        _ => {}
    }
}

/// Answers a request for the page or a picture of it.
fn respond_with_page(
    connection: &mut Connection,
    wanted: &Route,
    request: &HttpRequest,
    page: &NumberedPage,
    now: u64,
) {
    let mirror = &page.page.mirror;
    let response = match wanted {
        Route::Mirror => Response::new(MediaType::Html, Arc::clone(&mirror.document)),
        Route::Picture(name) => match mirror.pictures.get(name) {
            Some(it) => Response::new(MediaType::Picture(it.media_type), Arc::clone(&it.bytes)),
            // That of another slide: no reason to end the connection.
            None => Response::refusal(Status::NotFound),
        },
        _ => return,
    };
    connection.held = page.mirror;
    connection.respond(Response { is_head: request.method == Method::Head, ..response }, now);
}

/// Returns where the bytes of a page are.
fn current_bytes(page: &NumberedPage) -> impl Iterator<Item = *const u8> {
    let RenderedPage { mirror, remote } = &page.page;
    let pictures = mirror.pictures.values().map(|picture| picture.bytes.as_ptr());
    [mirror.document.as_ptr(), mirror.state.as_ptr(), remote.as_ptr()].into_iter().chain(pictures)
}

fn file(asset: Asset, method: Method) -> Response {
    let (kind, text) = match asset {
        Asset::MirrorScript => {
            let parts = [include_str!("web/mirror.js"), crate::export::HTML_COPY_SCRIPT];
            (MediaType::JavaScript, parts.concat())
        }
        Asset::LinkScript => (MediaType::JavaScript, include_str!("web/link.js").to_owned()),
        Asset::SlideStyle => {
            (MediaType::Css, [crate::export::HTML_STYLE, include_str!("web/mirror.css")].concat())
        }
        Asset::Remote => (MediaType::Html, include_str!("web/remote.html").to_owned()),
        Asset::RemoteScript => (MediaType::JavaScript, include_str!("web/remote.js").to_owned()),
        Asset::RemoteStyle => (MediaType::Css, include_str!("web/remote.css").to_owned()),
    };
    Response { is_head: method == Method::Head, ..Response::new(kind, text.into_bytes().into()) }
}

/// Has the system notice clients that are gone without a word. That takes no work of ours.
fn notice_loss(stream: &std::net::TcpStream) {
    let (interval, idle) = KEEPALIVE;
    let _ = sockopt::set_socket_keepalive(stream, true);
    let _ = sockopt::set_tcp_keepidle(stream, idle);
    let _ = sockopt::set_tcp_keepintvl(stream, interval);
    #[cfg(target_os = "linux")]
    let _ = sockopt::set_tcp_user_timeout(stream, READ_TIMEOUT.as_millis() as u32);
    #[cfg(not(target_os = "linux"))]
    let _ = READ_TIMEOUT;
}
