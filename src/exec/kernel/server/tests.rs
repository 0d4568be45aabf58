//! Tests with a server in this process, which answers as a Jupyter server does, and whose kernel says what a
//! test makes it say.

#![expect(clippy::disallowed_methods, reason = "tests wait, and write files")]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, unbounded};
use serde_json::{Value, json};

use super::websocket::tests::{client_frame, server_frame};
use crate::deck::{JupyterServer, RemoteHost, ServerUrl, TokenSource};
use crate::exec::kernel::tests::{TIMEOUT, next, outcome};
use crate::exec::kernel::{KernelChoice, KernelContext, Kernels};
use crate::exec::os::process_tree::ProcessTree;
use crate::exec::os::temp_dir::TempRoot;
use crate::exec::{ExecSink, RunSink, Stop};
use crate::run::{Event, Outcome, Request, RunId, RunLimits, Snippet, StdinSource, Target};

/// The token of the server.
const TOKEN: &str = "s3cret";

/// A server, and the kernels of a deck that uses it.
struct ServerHarness {
    kernels: Kernels,
    host: Arc<RemoteHost>,
    /// What the server was asked: the first lines of requests.
    requests: Receiver<String>,
    /// The connections to kernels.
    channels: Receiver<TcpStream>,
    _folder: tempfile::TempDir,
}

/// The kernel behind one connection.
struct FakeServerKernel {
    stream: TcpStream,
    received: Vec<u8>,
    /// The header of the last request.
    parent: Value,
}

impl ServerHarness {
    /// Starts a server, and a deck that has this token.
    fn new(token: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), token).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let place = listener.local_addr().unwrap();
        let (asked, requests) = unbounded();
        let (opened, channels) = unbounded();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (asked, opened) = (asked.clone(), opened.clone());
                std::thread::spawn(move || answer(stream.unwrap(), &asked, &opened));
            }
        });
        let url = ServerUrl::parse(&format!("http://{place}/base")).unwrap();
        let token = TokenSource::File("token".into());
        let host = RemoteHost {
            name: "gpu".into(),
            jupyter: Some(JupyterServer { url, token }),
            ..RemoteHost::default()
        };
        let send: ExecSink = Arc::new(drop);
        let shared = (Arc::new(ProcessTree::new()), Arc::new(TempRoot::default()));
        let of_deck: (PathBuf, _) = (folder.path().to_owned(), None);
        let kernels = Kernels::new(KernelContext::new(of_deck, shared, send, false));
        Self { kernels, host: Arc::new(host), requests, channels, _folder: folder }
    }

    /// Starts a run in the kernel of this name. Returns its events.
    fn run(&self, number: u64, kernel: &str, code: &str) -> Receiver<Event> {
        let (sender, events) = unbounded();
        let sink: RunSink = Arc::new(move |event| drop(sender.send(event)));
        let remote = Some(self.host.clone());
        let code = Snippet { code: code.to_owned(), remote, ..Snippet::default() };
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
        self.kernels.start(&request, KernelChoice::Named(kernel.to_owned()), sink);
        events
    }

    /// Waits for the connection to a kernel, and answers the first question.
    fn kernel(&self) -> FakeServerKernel {
        let stream = self.channels.recv_timeout(TIMEOUT).expect("no kernel was started");
        let mut kernel = FakeServerKernel { stream, received: Vec::new(), parent: Value::Null };
        assert_eq!(kernel.receive("shell")["header"]["msg_type"], "kernel_info_request");
        let info = json!({ "language_info": { "name": "fake", "version": "1.2.3" } });
        kernel.send("iopub", "status", &json!({ "execution_state": "idle" }));
        kernel.send("shell", "kernel_info_reply", &info);
        kernel
    }

    /// Waits until the server was asked this.
    fn asked(&self, line: &str) {
        let mut others = Vec::new();
        while let Ok(asked) = self.requests.recv_timeout(TIMEOUT) {
            if asked == line {
                return;
            }
            others.push(asked);
        }
        panic!("{line} was not asked: {others:?}");
    }
}

/// Answers one request as a Jupyter server does.
fn answer(mut stream: TcpStream, asked: &Sender<String>, opened: &Sender<TcpStream>) {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut byte = [0; 1];
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
    let line = line.split('?').next().unwrap().to_owned();
    let _ = asked.send(line.clone());
    let spec = json!({ "spec": { "display_name": "Fake", "language": "fake" } });
    let (status, body) = match &*line {
        _ if !head.contains(&format!("Authorization: token {TOKEN}\r\n")) => (403, json!({})),
        "GET /base/api/kernelspecs" => {
            (200, json!({ "default": "fake", "kernelspecs": { "fake": spec } }))
        }
        "POST /base/api/kernels" => (201, json!({ "id": "k-1" })),
        "GET /base/api/kernels/k-1/channels" => {
            let head =
                "HTTP/1.1 101 Switching\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n";
            stream.write_all(head.as_bytes()).unwrap();
            stream.set_read_timeout(Some(TIMEOUT)).unwrap();
            let _ = opened.send(stream);
            return;
        }
        _ => (204, json!({})),
    };
    let body = if status == 204 { String::new() } else { body.to_string() };
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", body.len());
    let _ = stream.write_all([head, body].concat().as_bytes());
}

impl FakeServerKernel {
    /// Waits for the next message, which is for this channel.
    fn receive(&mut self, channel: &str) -> Value {
        let (kind, body, used) = loop {
            if let Some(frame) = client_frame(&self.received) {
                break frame;
            }
            let mut buffer = [0; 4096];
            let count = self.stream.read(&mut buffer).unwrap();
            assert!(count > 0, "closed");
            self.received.extend(&buffer[..count]);
        };
        self.received.drain(..used);
        assert_eq!(kind, 1, "a text");
        let message: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(message["channel"], channel);
        if channel == "shell" {
            self.parent = message["header"].clone();
        }
        message
    }

    fn send(&mut self, channel: &str, kind: &str, content: &Value) {
        let message = json!({
            "header": { "msg_id": "k", "msg_type": kind },
            "parent_header": self.parent,
            "metadata": {},
            "content": content,
            "channel": channel,
        });
        self.stream.write_all(&server_frame(0x81, message.to_string().as_bytes())).unwrap();
    }

    /// Receives the next code to run.
    fn begin(&mut self) -> String {
        let request = self.receive("shell");
        assert_eq!(request["header"]["msg_type"], "execute_request");
        let code = request["content"]["code"].as_str().unwrap().to_owned();
        self.send("iopub", "execute_input", &json!({ "code": code }));
        code
    }

    fn end(&mut self, reply: &Value) {
        self.send("shell", "execute_reply", reply);
        self.send("iopub", "status", &json!({ "execution_state": "idle" }));
    }
}

/// Waits until a run has begun.
fn started(events: &Receiver<Event>) {
    while next(events) != Event::Started {}
}

#[test]
fn kernel_of_a_server_runs_and_is_deleted() {
    let harness = ServerHarness::new(TOKEN);
    let events = harness.run(1, "fake", "ask()");
    let mut kernel = harness.kernel();
    assert_eq!(kernel.begin(), "ask()");
    started(&events);
    assert_eq!(next(&events), Event::Kernel("Fake 1.2".into()));
    kernel.send("iopub", "stream", &json!({ "text": "hello\n" }));
    assert_eq!(next(&events), Event::Output(b"hello\n".to_vec()));
    kernel.send("stdin", "input_request", &json!({ "prompt": "", "password": false }));
    assert_eq!(next(&events), Event::WaitsForInput { hidden: false });
    harness.kernels.type_in(RunId(1), b"line\n");
    assert_eq!(kernel.receive("stdin")["content"], json!({ "value": "line" }));
    kernel.end(&json!({ "status": "ok" }));
    assert_eq!(outcome(&events).1, Outcome::Exited(0));
    harness.asked("POST /base/api/kernels");
    harness.kernels.end();
    harness.asked("DELETE /base/api/kernels/k-1");
}

#[test]
fn kernel_of_a_server_is_interrupted_and_killed() {
    let harness = ServerHarness::new(TOKEN);
    let events = harness.run(1, "fake", "loop");
    let mut kernel = harness.kernel();
    kernel.begin();
    started(&events);
    harness.kernels.stop(RunId(1), Stop::Interrupt);
    harness.asked("POST /base/api/kernels/k-1/interrupt");
    kernel.end(&json!({ "status": "error", "ename": "KeyboardInterrupt", "evalue": "" }));
    assert_eq!(outcome(&events).1, Outcome::Stopped);
    let events = harness.run(2, "fake", "loop");
    kernel.begin();
    started(&events);
    harness.kernels.stop(RunId(2), Stop::Kill);
    assert_eq!(outcome(&events).1, Outcome::Stopped);
    harness.asked("DELETE /base/api/kernels/k-1");
    let events = harness.run(3, "fake", "again");
    let mut kernel = harness.kernel();
    assert_eq!(kernel.begin(), "again");
    kernel.end(&json!({ "status": "ok" }));
    assert_eq!(outcome(&events).1, Outcome::Exited(0));
    harness.kernels.end();
}

#[test]
fn broken_connection_to_a_server_is_reported() {
    let harness = ServerHarness::new(TOKEN);
    let events = harness.run(1, "fake", "loop");
    let mut kernel = harness.kernel();
    kernel.begin();
    kernel.send("iopub", "stream", &json!({ "text": "so far\n" }));
    drop(kernel);
    let (output, outcome_of_it) = outcome(&events);
    assert_eq!(outcome_of_it, Outcome::Exited(1));
    let expected = "so far\n\u{1b}[?7zthe kernel `fake on gpu` is lost: it closed its connection\n";
    assert!(output.starts_with(expected), "{output:?}");
    let events = harness.run(2, "fake", "again");
    let mut kernel = harness.kernel();
    assert_eq!(kernel.begin(), "again");
    kernel.send("iopub", "status", &json!({ "execution_state": "restarting" }));
    let (output, _) = outcome(&events);
    assert!(output.contains("is lost: its process has ended"), "{output}");
    harness.kernels.end();
}

#[test]
fn refusal_of_a_server_is_explained_on_the_block() {
    let harness = ServerHarness::new("wrong");
    let Outcome::NotStarted(why) = outcome(&harness.run(1, "fake", "")).1 else { panic!("it ran") };
    assert!(why.ends_with(" refuses the token in token"), "{why}");
    let harness = ServerHarness::new(TOKEN);
    let Outcome::NotStarted(why) = outcome(&harness.run(1, "none", "")).1 else { panic!("it ran") };
    assert!(why.starts_with("there is no kernel `none` on `127.0.0.1:"), "{why}");
    assert!(why.ends_with("installed: `fake`"), "{why}");
    harness.kernels.end();
}
