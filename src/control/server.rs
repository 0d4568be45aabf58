//! The talk's end of the socket: one thread that polls the clients. It sleeps while nothing happens. The
//! talk hands it states and replies and never waits; a client that reads slowly misses states, and one
//! that reads nothing is disconnected.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};

use super::clients::{Client, EncodedState, encode};
use super::folder;
use super::message::{Reply, TalkCall, TalkMessage, TalkState};

/// Maximum number of clients.
const MAX_CLIENTS: usize = 16;

/// What a client asks of the talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControlEvent {
    /// Publish the state, even if it has not changed.
    Refresh,
    /// Handle a call, and answer it.
    Call(CallId, TalkCall),
}

/// Identifies a call until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallId {
    client: u64,
    id: Option<u64>,
}

/// What the talk and the thread share.
#[derive(Debug, Default)]
struct Shared {
    /// The state to send, and its number.
    state: Mutex<(u64, Option<TalkState>)>,
    replies: Mutex<VecDeque<(u64, Reply)>>,
    clients: AtomicUsize,
    watchers: AtomicUsize,
    is_over: AtomicBool,
}

/// The socket of a talk. Dropping it disconnects all clients and removes the socket.
#[derive(Debug)]
pub struct ControlServer {
    shared: Arc<Shared>,
    waker: OwnedFd,
    socket: PathBuf,
}

impl ControlServer {
    /// Opens the socket of a talk. `send` is called on the server's thread.
    ///
    /// # Errors
    /// The socket or the thread cannot be created.
    pub fn start(deck: &Path, send: impl Fn(ControlEvent) + Send + 'static) -> io::Result<Self> {
        Self::start_at(folder::new_socket(deck)?, send)
    }

    fn start_at(socket: PathBuf, send: impl Fn(ControlEvent) + Send + 'static) -> io::Result<Self> {
        // A killed talk may have had the same process id.
        let _ = std::fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket)?;
        listener.set_nonblocking(true)?;
        let (wakeups, waker) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let shared = Arc::<Shared>::default();
        let mut thread = ServerThread {
            shared: shared.clone(),
            listener,
            wakeups,
            clients: Vec::new(),
            last_client: 0,
            state: None,
            send: Box::new(send),
        };
        std::thread::Builder::new().name("control".to_owned()).spawn(move || thread.run())?;
        Ok(Self { shared, waker, socket })
    }

    /// Returns whether any client is connected. Without one, there is nothing to publish.
    pub fn has_clients(&self) -> bool {
        self.shared.clients.load(Ordering::Relaxed) > 0
    }

    /// Returns whether any client watches outputs.
    pub fn has_watchers(&self) -> bool {
        self.shared.watchers.load(Ordering::Relaxed) > 0
    }

    /// Sends a state to all clients, unless it is the last one. `always` sends it anyway.
    pub fn publish(&self, state: TalkState, always: bool) {
        {
            let mut last = self.shared.state.lock();
            if !always && last.1.as_ref() == Some(&state) {
                return;
            }
            *last = (last.0 + 1, Some(state));
        }
        self.wake();
    }

    /// Answers a call.
    pub fn answer(&self, call: CallId, result: Result<(), String>) {
        let reply = Reply { id: call.id, ok: result.is_ok(), error: result.err() };
        self.shared.replies.lock().push_back((call.client, reply));
        self.wake();
    }

    fn wake(&self) {
        // A full pipe wakes the thread anyway.
        let _ = rustix::io::write(&self.waker, &[0]);
    }
}

impl Drop for ControlServer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        self.wake();
        let _ = std::fs::remove_file(&self.socket);
    }
}

struct ServerThread {
    shared: Arc<Shared>,
    listener: UnixListener,
    wakeups: OwnedFd,
    clients: Vec<Client>,
    last_client: u64,
    state: Option<EncodedState>,
    send: Box<dyn Fn(ControlEvent) + Send>,
}

impl ServerThread {
    fn run(&mut self) {
        while let Ok(ready) = self.wait() {
            if self.shared.is_over.load(Ordering::Relaxed) {
                return;
            }
            self.take_state();
            let mut lost = self.take_replies();
            for (client, flags) in self.clients.iter_mut().zip(&ready[2..]) {
                let is_readable = flags.intersects(PollFlags::IN | PollFlags::HUP);
                let read = if is_readable { client.fill() } else { Ok(()) };
                let is_lost = read.is_err() || handle_calls(client, &self.send).is_err();
                if is_lost || flags.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
                    lost.push(client.number);
                }
            }
            for client in &mut self.clients {
                if client.flush(self.state.as_ref()).is_err() || client.is_done() {
                    lost.push(client.number);
                }
            }
            self.clients.retain(|client| !lost.contains(&client.number));
            if !ready[1].is_empty() {
                self.accept();
            }
            let watchers = self.clients.iter().filter(|client| client.watches).count();
            self.shared.watchers.store(watchers, Ordering::Relaxed);
            self.shared.clients.store(self.clients.len(), Ordering::Relaxed);
        }
    }

    /// Waits for the talk, a new client or a client; returns what happened to each.
    fn wait(&self) -> io::Result<Vec<PollFlags>> {
        let mut waiting = vec![
            PollFd::new(&self.wakeups, PollFlags::IN),
            PollFd::new(&self.listener, PollFlags::IN),
        ];
        waiting.extend(self.clients.iter().map(|client| {
            let read = if client.is_readable() { PollFlags::IN } else { PollFlags::empty() };
            let write = if client.has_output() { PollFlags::OUT } else { PollFlags::empty() };
            PollFd::new(&client.stream, read | write)
        }));
        rustix::io::retry_on_intr(|| poll(&mut waiting, None))?;
        let ready: Vec<_> = waiting.iter().map(PollFd::revents).collect();
        if !ready[0].is_empty() {
            let mut buffer = [0; 256];
            while matches!(rustix::io::read(&self.wakeups, &mut buffer), Ok(256)) {}
        }
        Ok(ready)
    }

    /// Encodes the talk's newest state.
    fn take_state(&mut self) {
        let (number, state) = {
            let shared = self.shared.state.lock();
            let is_new = self.state.as_ref().is_none_or(|known| known.number < shared.0);
            (shared.0, is_new.then(|| shared.1.clone()).flatten())
        };
        let Some(mut state) = state else { return };
        let has_outputs = !state.outputs.is_empty();
        let full: Option<Arc<[u8]>> =
            has_outputs.then(|| encode(&TalkMessage::State(Box::new(state.clone()))).into());
        state.outputs.clear();
        let plain: Arc<[u8]> = encode(&TalkMessage::State(Box::new(state))).into();
        let full = full.unwrap_or_else(|| plain.clone());
        self.state = Some(EncodedState { number, plain, full });
    }

    /// Passes the talk's replies on. Returns the clients that take none.
    fn take_replies(&mut self) -> Vec<u64> {
        let replies = std::mem::take(&mut *self.shared.replies.lock());
        let mut lost = Vec::new();
        for (number, reply) in replies {
            let client = self.clients.iter_mut().find(|client| client.number == number);
            if client.is_some_and(|client| client.reply(&reply).is_err()) {
                lost.push(number);
            }
        }
        lost
    }

    fn accept(&mut self) {
        while let Ok((stream, _)) = self.listener.accept() {
            if self.clients.len() >= MAX_CLIENTS {
                refuse(stream);
                continue;
            }
            self.last_client += 1;
            let known = self.shared.state.lock().0;
            // Only states from now on are sent: the last one may be old.
            if let Ok(client) = Client::new(self.last_client, stream, known) {
                self.clients.push(client);
                self.shared.clients.store(self.clients.len(), Ordering::Relaxed);
                (self.send)(ControlEvent::Refresh);
            }
        }
    }
}

/// Says why a client is disconnected, if it takes the line.
fn refuse(mut stream: UnixStream) {
    let error = Some(format!("this talk has {MAX_CLIENTS} clients already"));
    let line = encode(&TalkMessage::Reply(Reply { id: None, ok: false, error }));
    let _ = stream.set_nonblocking(true).and_then(|()| stream.write(&line));
}

/// Passes the calls of a client on.
fn handle_calls(client: &mut Client, send: &dyn Fn(ControlEvent)) -> io::Result<()> {
    while let Some((id, call)) = client.next_call()? {
        match call {
            TalkCall::State | TalkCall::Watch => {
                client.watches |= call == TalkCall::Watch;
                client.reply(&Reply { id, ok: true, error: None })?;
                send(ControlEvent::Refresh);
            }
            call => send(ControlEvent::Call(CallId { client: client.number, id }, call)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read};
    use std::time::Duration;

    use crossbeam_channel::{Receiver, unbounded};

    use super::*;

    struct Served {
        server: ControlServer,
        events: Receiver<ControlEvent>,
        folder: tempfile::TempDir,
    }

    impl Served {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let (send, events) = unbounded();
            let socket = folder.path().join("talk.sock");
            let server = ControlServer::start_at(socket, move |event| drop(send.send(event)));
            Self { server: server.unwrap(), events, folder }
        }

        /// Connects a client, which the server has accepted on return.
        fn join(&self) -> BufReader<UnixStream> {
            let stream = UnixStream::connect(self.folder.path().join("talk.sock")).unwrap();
            stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
            assert_eq!(self.next(), ControlEvent::Refresh);
            BufReader::new(stream)
        }

        fn next(&self) -> ControlEvent {
            self.events.recv_timeout(Duration::from_mins(1)).unwrap()
        }
    }

    fn state(deck: &str) -> TalkState {
        TalkState { deck: deck.to_owned(), ..TalkState::default() }
    }

    fn line(client: &mut BufReader<UnixStream>) -> String {
        let mut line = String::new();
        client.read_line(&mut line).unwrap();
        line
    }

    #[test]
    fn client_gets_the_state_and_its_changes() {
        let served = Served::new();
        assert!(!served.server.has_clients());
        served.server.publish(state("old"), false);
        let mut client = served.join();
        assert!(served.server.has_clients());
        served.server.publish(state("a"), true);
        assert!(
            line(&mut client).contains(r#""deck":"a""#),
            "not what was published before it came"
        );
        served.server.publish(state("a"), false);
        served.server.publish(state("b"), false);
        assert!(line(&mut client).contains(r#""deck":"b""#), "an equal state is not sent again");
    }

    #[test]
    fn calls_are_answered_by_number() {
        let served = Served::new();
        let mut client = served.join();
        client.get_mut().write_all(b"\n{\"id\":7,\"command\":\"next\"}\nnonsense\n").unwrap();
        let ControlEvent::Call(call, TalkCall::Next) = served.next() else { panic!() };
        assert!(line(&mut client).contains("invalid call"));
        served.server.answer(call, Err("the end".to_owned()));
        let reply = r#"{"type":"reply","id":7,"ok":false,"error":"the end"}"#;
        assert_eq!(line(&mut client).trim_end(), reply);
    }

    #[test]
    fn only_watchers_get_outputs() {
        let served = Served::new();
        let (mut plain, mut watcher) = (served.join(), served.join());
        watcher.get_mut().write_all(b"{\"command\":\"watch\"}\n").unwrap();
        assert_eq!(served.next(), ControlEvent::Refresh);
        assert!(line(&mut watcher).contains("reply"));
        let output =
            crate::control::OutputReport { lines: vec!["42".to_owned()], ..Default::default() };
        served.server.publish(TalkState { outputs: vec![output], ..state("a") }, true);
        assert!(line(&mut watcher).contains("outputs"));
        assert!(!line(&mut plain).contains("outputs"));
    }

    #[test]
    fn slow_client_gets_the_newest_state_only() {
        let served = Served::new();
        let mut client = served.join();
        let long = "x".repeat(100_000);
        for number in 0..200 {
            served.server.publish(state(&format!("{long}{number}")), true);
        }
        served.server.publish(state("last"), true);
        let mut count = 1;
        while !line(&mut client).contains(r#""deck":"last""#) {
            count += 1;
        }
        assert!(count < 200, "{count} states were kept");
    }

    #[test]
    fn hostile_clients_are_disconnected() {
        let served = Served::new();
        let mut endless = served.join();
        // The server may close before all is written.
        let _ = endless.get_mut().write_all(&vec![b'x'; 1 << 20]);
        let mut rest = Vec::new();
        let _ = endless.read_to_end(&mut rest);
        assert!(rest.is_empty());
        let clients: Vec<_> = (0..MAX_CLIENTS).map(|_| served.join()).collect();
        let stream = UnixStream::connect(served.folder.path().join("talk.sock")).unwrap();
        assert!(line(&mut BufReader::new(stream)).contains("16 clients already"));
        drop(clients);
        // The server notices each of them.
        served.server.publish(state("a"), true);
        while served.server.has_clients() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn unanswered_calls_are_bounded() {
        let served = Served::new();
        let mut client = served.join();
        client.get_mut().write_all("{\"command\":\"next\"}\n".repeat(100).as_bytes()).unwrap();
        let calls: Vec<_> = (0..8).map(|_| served.next()).collect();
        assert!(served.events.recv_timeout(Duration::from_millis(50)).is_err());
        for event in calls {
            let ControlEvent::Call(call, _) = event else { panic!() };
            served.server.answer(call, Ok(()));
        }
        for _ in 8..100 {
            let ControlEvent::Call(call, _) = served.next() else { panic!() };
            served.server.answer(call, Ok(()));
        }
        for _ in 0..100 {
            assert!(line(&mut client).contains(r#""ok":true"#));
        }
    }

    #[test]
    fn end_of_the_talk_disconnects_and_removes_the_socket() {
        let served = Served::new();
        let mut client = served.join();
        let Served { server, folder, .. } = served;
        drop(server);
        assert_eq!(line(&mut client), "");
        assert!(!folder.path().join("talk.sock").exists());
    }
}
