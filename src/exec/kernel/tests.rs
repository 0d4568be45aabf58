//! Tests with a kernel in this process, which says what a test makes it say. The process that is started
//! for it only copies its connection file.

#![expect(clippy::disallowed_methods, reason = "tests wait, and read files")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Instant;

use crossbeam_channel::Receiver;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::message::{KernelMessage, Messages};
use super::origin::KernelOrigin;
use super::session::{KernelCommand, KernelLink};
use super::zmtp::{Frames, ZmtpConnection, ZmtpRole};
use super::*;
use crate::exec::ExecEvent;
use crate::run::{
    DisplayName, Event, Outcome, OutputValue, Preparation, RunLimits, Snippet, StdinSource,
};

/// How long to wait for anything, also on a busy machine.
pub(super) const TIMEOUT: Duration = Duration::from_mins(3);

/// Copies the connection file to where the test finds it.
const STAND_IN: &str = "cp \"$1\" \"$0.new\" && mv \"$0.new\" \"$0\" && exec sleep 1000";

/// A kernel's link, and what it reports.
struct LinkHarness {
    link: KernelLink,
    folder: TempDir,
    tree: Arc<ProcessTree>,
    prepared: Receiver<ExecEvent>,
}

impl LinkHarness {
    /// Starts the thread of a kernel whose process runs this script.
    fn new(script: &str, has_interrupt_message: bool) -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("connection.json").to_str().unwrap().to_owned();
        let argv = ["/bin/sh", "-c", script, &file, "{connection_file}"].map(str::to_owned).into();
        let spec = KernelSpec {
            name: "fake".to_owned(),
            folder: folder.path().to_owned(),
            argv,
            display_name: "Fake".to_owned(),
            language: "fake".to_owned(),
            has_interrupt_message,
            environment: BTreeMap::new(),
        };
        let (sender, prepared) = crossbeam_channel::unbounded();
        let send: ExecSink = Arc::new(move |event| drop(sender.send(event)));
        let tree = Arc::new(ProcessTree::new());
        let shared = (tree.clone(), Arc::new(TempRoot::default()));
        let of_deck = (folder.path().to_owned(), None);
        let context = Arc::new(KernelContext::new(of_deck, shared, send, false));
        let link = KernelLink::start(KernelOrigin::Installed(spec), context).unwrap();
        Self { link, folder, tree, prepared }
    }

    /// Starts a run. Returns its events.
    fn run(&self, number: u64, code: &str) -> Receiver<Event> {
        let (sender, events) = crossbeam_channel::unbounded();
        let sink: RunSink = Arc::new(move |event| drop(sender.send(event)));
        let code = Snippet { code: code.to_owned(), ..Snippet::default() };
        let request = Request {
            run: RunId(number),
            code,
            columns: 80,
            rows: 24,
            limits: RunLimits::default(),
            target: Target::Terminal,
            session: None,
            input: StdinSource::Speaker,
        };
        self.link.send(KernelCommand::Run(Box::new(request), sink));
        events
    }

    /// Waits until the process has started, and listens in its place.
    fn kernel(&self) -> FakeKernel {
        let file = self.folder.path().join("connection.json");
        let give_up = Instant::now() + TIMEOUT;
        while !file.exists() {
            assert!(Instant::now() < give_up, "no process was started");
            std::thread::sleep(Duration::from_millis(2));
        }
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        FakeKernel::new(&serde_json::from_str(&text).unwrap())
    }
}

/// One socket of the fake kernel.
struct FakeSocket {
    stream: TcpStream,
    protocol: ZmtpConnection,
    received: Vec<Frames>,
}

/// A kernel that does what a test says.
struct FakeKernel {
    sockets: BTreeMap<&'static str, FakeSocket>,
    messages: Messages,
    /// The header of the last request.
    parent: Value,
}

impl FakeKernel {
    fn new(file: &Value) -> Self {
        let names = ["shell", "control", "stdin", "iopub"];
        let listen = |name: &&'static str| {
            let port = file[format!("{name}_port")].as_u64().unwrap();
            (*name, TcpListener::bind((Ipv4Addr::LOCALHOST, port as u16)).unwrap())
        };
        let listeners: Vec<_> = names.iter().map(listen).collect();
        let accept = |(name, listener): (&'static str, TcpListener)| {
            let mut stream = loop {
                // An earlier attempt to connect to all sockets may have been given up.
                let (stream, _) = listener.accept().unwrap();
                stream.set_read_timeout(Some(TIMEOUT)).unwrap();
                if stream.peek(&mut [0; 80]).is_ok_and(|count| count > 0) && is_open(&stream) {
                    break stream;
                }
            };
            let mut protocol = ZmtpConnection::new(ZmtpRole::Dealer, b"");
            stream.write_all(&std::mem::take(protocol.outgoing())).unwrap();
            (name, FakeSocket { stream, protocol, received: Vec::new() })
        };
        let key = file["key"].as_str().unwrap();
        let sockets = listeners.into_iter().map(accept).collect();
        Self { sockets, messages: Messages::new(key, "kernel"), parent: Value::Null }
    }

    /// Waits for the next message on a socket: a request becomes the parent of what is sent.
    fn receive(&mut self, channel: &str) -> KernelMessage {
        let socket = self.sockets.get_mut(channel).unwrap();
        while socket.received.is_empty() {
            let mut buffer = [0; 4096];
            let count = socket.stream.read(&mut buffer).unwrap();
            assert!(count > 0, "closed");
            socket.received.extend(socket.protocol.receive(&buffer[..count]).unwrap());
            socket.stream.write_all(&std::mem::take(socket.protocol.outgoing())).unwrap();
        }
        let message = self.messages.read(&socket.received.remove(0)).unwrap();
        if channel == "shell" {
            self.parent = message.header.clone();
        }
        message
    }

    fn send(&mut self, channel: &str, kind: &str, content: &Value) {
        let frames = self.messages.write(kind, content, Some(&self.parent)).1;
        self.send_frames(channel, &frames);
    }

    fn send_frames(&mut self, channel: &str, frames: &Frames) {
        let socket = self.sockets.get_mut(channel).unwrap();
        socket.protocol.send(frames);
        let mut buffer = [0; 4096];
        while socket.protocol.outgoing().is_empty() {
            // The handshake of this socket is not over.
            let count = socket.stream.read(&mut buffer).unwrap();
            assert!(count > 0, "closed");
            socket.received.extend(socket.protocol.receive(&buffer[..count]).unwrap());
        }
        socket.stream.write_all(&std::mem::take(socket.protocol.outgoing())).unwrap();
    }

    /// Answers the first question. What a kernel publishes may be lost before its client listens.
    fn greet(&mut self) {
        self.greet_as("fake");
    }

    fn greet_as(&mut self, language: &str) {
        assert_eq!(self.receive("shell").kind, "kernel_info_request");
        let info = json!({ "language_info": { "name": language, "version": "1.2.3" } });
        self.send("shell", "kernel_info_reply", &info);
        assert_eq!(self.receive("shell").kind, "kernel_info_request", "it is asked again");
        self.send("shell", "kernel_info_reply", &info);
        self.send("iopub", "status", &json!({ "execution_state": "idle" }));
    }

    /// Receives the next code to run.
    fn begin(&mut self) -> String {
        let request = loop {
            let message = self.receive("shell");
            if message.kind != "kernel_info_request" {
                break message;
            }
        };
        assert_eq!(request.kind, "execute_request");
        let code = request.content["code"].as_str().unwrap().to_owned();
        self.send("iopub", "execute_input", &json!({ "code": code }));
        code
    }

    fn end(&mut self, reply: &Value) {
        self.send("shell", "execute_reply", reply);
        self.send("iopub", "status", &json!({ "execution_state": "idle" }));
    }
}

/// Returns whether the other end of a connection, which has sent its greeting, is open.
fn is_open(stream: &TcpStream) -> bool {
    let mut file = [rustix::event::PollFd::new(stream, rustix::event::PollFlags::RDHUP)];
    crate::exec::os::wait::poll(&mut file, Some(Duration::ZERO)) == 0
}

/// Waits for the next event.
pub(super) fn next(events: &Receiver<Event>) -> Event {
    events.recv_timeout(TIMEOUT).expect("the event did not come in time")
}

fn text(text: &str) -> Event {
    Event::Output(text.as_bytes().to_vec())
}

/// Waits until a run has begun.
fn started(events: &Receiver<Event>, label: &str) {
    while next(events) != Event::Started {}
    assert_eq!(next(events), Event::Kernel(label.into()));
}

/// Waits for the end of a run.
pub(super) fn outcome(events: &Receiver<Event>) -> (String, Outcome) {
    let mut output = String::new();
    loop {
        match next(events) {
            Event::Output(bytes) => output.push_str(&String::from_utf8(bytes).unwrap()),
            Event::Finished(outcome, _) => return (output, outcome),
            _ => {}
        }
    }
}

#[test]
fn messages_of_a_run_become_its_events() {
    let harness = LinkHarness::new(STAND_IN, false);
    let events = harness.run(1, "ask()");
    let mut kernel = harness.kernel();
    kernel.greet();
    assert_eq!(kernel.begin(), "ask()");
    started(&events, "Fake 1.2");
    kernel.send("iopub", "stream", &json!({ "name": "stdout", "text": "hello\n" }));
    assert_eq!(next(&events), text("hello\n"));
    kernel.send("stdin", "input_request", &json!({ "prompt": "Who? ", "password": false }));
    assert_eq!(next(&events), text("Who? "));
    assert_eq!(next(&events), Event::WaitsForInput { hidden: false });
    harness.link.send(KernelCommand::Type(RunId(1), "Zoë\n".into()));
    assert_eq!(kernel.receive("stdin").content, json!({ "value": "Zoë" }));
    assert_eq!(next(&events), text("Zoë\n"));
    assert_eq!(next(&events), Event::InputDone);
    let table = "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>";
    let data = json!({ "data": { "text/plain": "frame", "text/html": table }, "metadata": {} });
    kernel.send("iopub", "display_data", &data);
    let Event::Value(OutputValue::Table(shown), None) = next(&events) else { panic!("no table") };
    assert_eq!(shown.plain_text(), "a\n1");
    kernel.send("iopub", "execute_result", &json!({ "data": { "text/plain": "42" } }));
    assert_eq!(next(&events), text("\x1b[?7z42\x1b[0m\n"));
    kernel.send("iopub", "clear_output", &json!({ "wait": true }));
    kernel.send("iopub", "stream", &json!({ "name": "stderr", "text": "new" }));
    assert_eq!(next(&events), Event::Clear { waits: true });
    assert_eq!(next(&events), text("new"));
    for (kind, is_update) in [("display_data", false), ("update_display_data", true)] {
        let transient = json!({ "display_id": "plot" });
        let data = json!({ "data": { "text/plain": kind }, "transient": transient });
        kernel.send("iopub", kind, &data);
        let name = DisplayName { id: "plot".into(), is_update };
        assert_eq!(next(&events), Event::Value(OutputValue::Text(kind.into()), Some(name)));
    }
    let error = json!({ "status": "error", "ename": "E", "evalue": "v", "traceback": ["a", "b"] });
    kernel.send("iopub", "error", &error);
    assert_eq!(next(&events), text("\x1b[?7za\nb\x1b[0m\n"));
    kernel.end(&error);
    assert!(matches!(next(&events), Event::Finished(Outcome::Raised, _)));
}

#[test]
fn page_of_a_reply_is_shown_at_the_end() {
    let harness = LinkHarness::new(STAND_IN, false);
    let events = harness.run(1, "?mean");
    let mut kernel = harness.kernel();
    kernel.greet();
    kernel.begin();
    started(&events, "Fake 1.2");
    let payload = json!([
        { "source": "page", "data": { "text/plain": "\nmean  R Documentation\n" } },
        { "source": "set_next_input", "text": "no page" },
    ]);
    kernel.send("shell", "execute_reply", &json!({ "status": "ok", "payload": payload }));
    kernel.send("iopub", "stream", &json!({ "name": "stdout", "text": "printed" }));
    kernel.send("iopub", "status", &json!({ "execution_state": "idle" }));
    let expected = "printed\x1b[?7zmean  R Documentation\x1b[0m\n".to_owned();
    assert_eq!(outcome(&events), (expected, Outcome::Exited(0)));
}

#[test]
fn refused_code_is_sent_again() {
    let harness = LinkHarness::new(STAND_IN, false);
    let events = harness.run(1, "1");
    let mut kernel = harness.kernel();
    kernel.greet();
    assert_eq!(kernel.begin(), "1");
    kernel.end(&json!({ "status": "aborted" }));
    assert_eq!(kernel.begin(), "1", "it comes again");
    kernel.send("iopub", "stream", &json!({ "name": "stdout", "text": "one" }));
    kernel.end(&json!({ "status": "ok" }));
    assert_eq!(outcome(&events), ("one".to_owned(), Outcome::Exited(0)));
    let events = harness.run(2, "2");
    for _ in 0..5 {
        kernel.begin();
        kernel.end(&json!({ "status": "abort" }));
    }
    assert_eq!(outcome(&events).1, Outcome::Stopped, "it is given up");
}

#[test]
fn error_that_was_written_is_not_repeated() {
    let harness = LinkHarness::new(STAND_IN, false);
    let events = harness.run(1, "(car 1)");
    let mut kernel = harness.kernel();
    kernel.greet();
    kernel.begin();
    let written = "\x1b[31m\nTraceback:\nRunTimeError: no pair\n\x1b[0m";
    kernel.send("iopub", "stream", &json!({ "name": "stderr", "text": written }));
    let lines = ["\nTraceback:", "RunTimeError: no pair\n"];
    kernel.end(&json!({ "status": "error", "ename": "", "evalue": "", "traceback": lines }));
    assert_eq!(outcome(&events), (written.to_owned(), Outcome::Raised));
}

#[test]
fn r_is_told_the_width_of_blocks() {
    let harness = LinkHarness::new(STAND_IN, false);
    let (one, two) = (harness.run(1, "one"), harness.run(2, "two"));
    let mut kernel = harness.kernel();
    kernel.greet_as("R");
    let asked = loop {
        let message = kernel.receive("shell");
        if message.kind == "execute_request" {
            break message;
        }
    };
    assert_eq!(asked.content["code"], "options(width = 80L)");
    assert_eq!(asked.content["silent"], true);
    // Its outcome is not that of the block.
    kernel.end(&json!({ "status": "error", "ename": "E", "evalue": "no such option" }));
    assert_eq!(kernel.begin(), "one");
    kernel.end(&json!({ "status": "ok" }));
    assert_eq!(outcome(&one), (String::new(), Outcome::Exited(0)));
    assert_eq!(kernel.begin(), "two", "the width is the same");
    kernel.end(&json!({ "status": "ok" }));
    assert_eq!(outcome(&two), (String::new(), Outcome::Exited(0)));
}

#[test]
fn messages_that_are_not_signed_are_ignored() {
    let harness = LinkHarness::new(STAND_IN, false);
    let events = harness.run(1, "1");
    let mut kernel = harness.kernel();
    kernel.greet();
    kernel.begin();
    let forged = |kind: &str, content: &Value, parent: &Value| {
        Messages::new("another key", "kernel").write(kind, content, Some(parent)).1
    };
    let parent = kernel.parent.clone();
    let stream = forged("stream", &json!({ "text": "forged" }), &parent);
    kernel.send_frames("iopub", &stream);
    kernel.send_frames("iopub", &vec![b"no message".to_vec()]);
    kernel.send_frames("shell", &forged("execute_reply", &json!({ "status": "error" }), &parent));
    kernel.send_frames("iopub", &forged("status", &json!({ "execution_state": "idle" }), &parent));
    kernel.send("iopub", "stream", &json!({ "text": "genuine" }));
    kernel.end(&json!({ "status": "ok" }));
    assert_eq!(outcome(&events), ("genuine".to_owned(), Outcome::Exited(0)));
}

#[test]
fn runs_take_turns_and_keep_their_output_apart() {
    let harness = LinkHarness::new(STAND_IN, false);
    let (one, two) = (harness.run(1, "one"), harness.run(2, "two"));
    let mut kernel = harness.kernel();
    kernel.greet();
    assert_eq!(kernel.begin(), "one");
    let of_one = kernel.parent.clone();
    kernel.end(&json!({ "status": "ok" }));
    assert_eq!(outcome(&one), (String::new(), Outcome::Exited(0)));
    assert_eq!(kernel.begin(), "two");
    let of_two = std::mem::replace(&mut kernel.parent, of_one);
    kernel.send("iopub", "stream", &json!({ "text": "from a thread of the first" }));
    kernel.parent = of_two;
    kernel.end(&json!({ "status": "ok" }));
    assert_eq!(outcome(&two), (String::new(), Outcome::Exited(0)));
    assert_eq!(next(&one), text("from a thread of the first"));
}

#[test]
fn interrupt_is_a_message_where_the_specification_says_so() {
    let harness = LinkHarness::new(STAND_IN, true);
    let (events, waiting) = (harness.run(1, "loop"), harness.run(2, "next"));
    let mut kernel = harness.kernel();
    kernel.greet();
    kernel.begin();
    started(&events, "Fake 1.2");
    harness.link.send(KernelCommand::Stop(RunId(2), Stop::Interrupt));
    assert_eq!(outcome(&waiting), (String::new(), Outcome::Stopped));
    harness.link.send(KernelCommand::Stop(RunId(1), Stop::Interrupt));
    assert_eq!(kernel.receive("control").kind, "interrupt_request");
    kernel.end(&json!({ "status": "error", "ename": "KeyboardInterrupt", "evalue": "" }));
    assert_eq!(outcome(&events), (String::new(), Outcome::Stopped));
}

#[test]
fn killed_kernel_is_started_again() {
    let harness = LinkHarness::new(STAND_IN, false);
    let (events, waiting) = (harness.run(1, "loop"), harness.run(2, "next"));
    let mut kernel = harness.kernel();
    kernel.greet();
    kernel.begin();
    started(&events, "Fake 1.2");
    harness.link.send(KernelCommand::Stop(RunId(1), Stop::Kill));
    assert_eq!(outcome(&events), (String::new(), Outcome::Stopped));
    let (_, why) = outcome(&waiting);
    let expected = "the kernel `fake` was killed by signal 9 before this block ran; run it again";
    assert_eq!(why, Outcome::NotStarted(expected.to_owned()));
    let again = harness.run(3, "again");
    let mut kernel = harness.kernel();
    kernel.greet();
    assert_eq!(kernel.begin(), "again");
    started(&again, "Fake 1.2, restarted");
    harness.link.send(KernelCommand::Restart);
    let later = harness.run(4, "later");
    assert_eq!(outcome(&again).1, Outcome::Stopped);
    let mut kernel = harness.kernel();
    kernel.greet();
    assert_eq!(kernel.begin(), "later", "what is run after a restart waits for it");
    kernel.end(&json!({ "status": "ok" }));
    assert_eq!(outcome(&later), (String::new(), Outcome::Exited(0)));
}

#[test]
fn kernel_that_ends_is_reported_with_what_it_wrote() {
    let harness = LinkHarness::new("echo no module named x >&2; exit 3", false);
    harness.link.send(KernelCommand::Prepare(Fingerprint(7)));
    let mut states = Vec::new();
    while states.last() != Some(&Preparation::Failed) {
        let event = harness.prepared.recv_timeout(TIMEOUT).unwrap();
        let ExecEvent::Prepared(Fingerprint(7), state) = event else { panic!("{event:?}") };
        states.push(state);
    }
    assert_eq!(states[1], Preparation::Building("starting fake".into()));
    let (_, why) = outcome(&harness.run(1, "1"));
    let expected =
        "the kernel `fake` exited with status 3 before it was ready:\nno module named x".to_owned();
    assert_eq!(why, Outcome::NotStarted(expected));
}

#[test]
fn kernel_whose_ports_are_taken_gets_others() {
    let taken = "[ -e \"$0.tried\" ] || { : > \"$0.tried\"; echo Address already in use >&2; exec sleep 1000; }";
    let harness = LinkHarness::new(&format!("{taken}; {STAND_IN}"), false);
    let events = harness.run(1, "1");
    let mut kernel = harness.kernel();
    kernel.greet();
    assert_eq!(kernel.begin(), "1");
    kernel.end(&json!({ "status": "ok" }));
    assert_eq!(outcome(&events), (String::new(), Outcome::Exited(0)));
    let harness = LinkHarness::new("echo Address already in use >&2; exit 1", false);
    let (_, why) = outcome(&harness.run(1, "1"));
    let expected =
        "the kernel `fake` exited with status 1 before it was ready:\nAddress already in use";
    assert_eq!(why, Outcome::NotStarted(expected.to_owned()));
}

#[test]
fn other_protocol_on_its_ports_is_reported() {
    let harness = LinkHarness::new(STAND_IN, false);
    let events = harness.run(1, "1");
    let mut kernel = harness.kernel();
    kernel.greet();
    kernel.begin();
    kernel.sockets.get_mut("shell").unwrap().stream.write_all(&[0x80; 16]).unwrap();
    let (output, outcome) = outcome(&events);
    assert_eq!(outcome, Outcome::Exited(1));
    assert!(output.contains("the kernel `fake` is lost: a frame has unknown flags"), "{output}");
}

#[test]
fn warm_kernel_is_reported_as_idle() {
    let harness = LinkHarness::new(STAND_IN, false);
    harness.link.send(KernelCommand::Prepare(Fingerprint(7)));
    harness.kernel().greet();
    let idle = ExecEvent::Prepared(Fingerprint(7), Preparation::Idle("Fake 1.2".into()));
    while harness.prepared.recv_timeout(TIMEOUT).unwrap() != idle {}
    harness.tree.end();
}
