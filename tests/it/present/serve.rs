//! The web server of a talk, over real connections.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Opening, PtyHarness, TIMEOUT};

const DECK: &str = "One\n===\n\nfirst words\n\n<!-- speaker_note: smile now -->\n\n<!-- pause -->\n\nsecond words\n\n\
                    <!-- speaker_note: later note -->\n\n<!-- end_slide -->\n\nTwo\n===\n\n\
                    ```bash +exec\necho $((40 + 2))\n```\n\n| a | b |\n|---|---|\n| c | d |\n\n\
                    ![a crab](crab.png)\n\n<!-- end_slide -->\n\nThree\n===\n\nlast words\n";

/// A served talk.
struct Served {
    talk: PtyHarness,
    /// Host and port.
    host: String,
    token: String,
}

impl Served {
    fn new(deck: &str, args: &[&str]) -> Self {
        let all = [&["--serve", "127.0.0.1:0"], args].concat();
        let talk = PtyHarness::show_with(deck, &Opening { args: &all, ..Opening::default() });
        talk.wait_for("first words");
        let state = state(&talk);
        let remote = state["serve"]["remote"].as_str().unwrap();
        let (page, token) = remote.split_once("/remote#").unwrap();
        let host = page.strip_prefix("http://").unwrap().to_owned();
        assert_eq!(state["serve"]["address"], format!("http://{host}/"));
        Self { host, token: token.to_owned(), talk }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream
    }

    /// Sends bytes and returns all that comes back until the server ends the connection.
    fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // The server may refuse before all is written.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let host = &self.host;
        let length = body.len();
        self.exchange(
            format!(
                "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
                 Content-Length: {length}\r\n{headers}\r\n{body}"
            )
            .as_bytes(),
        )
    }

    fn get(&self, path: &str) -> String {
        self.request("GET", path, "", "")
    }

    /// Sends a command with this token.
    fn command(&self, token: &str, command: &str) -> String {
        let headers = format!("Authorization: Bearer {token}\r\nOrigin: http://{}\r\n", self.host);
        self.request("POST", "/remote/command", &headers, command)
    }

    fn follow(&self, path: &str, headers: &str) -> Follower {
        let mut stream = self.connect();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", self.host).unwrap();
        let mut lines = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(lines.read_line(&mut head).unwrap(), 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        Follower(lines)
    }
}

/// A client that follows the talk.
struct Follower(BufReader<TcpStream>);

impl Follower {
    fn next(&mut self) -> Value {
        let mut line = String::new();
        assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the connection has ended");
        serde_json::from_str(&line).unwrap()
    }

    /// Reads states until one is as wanted.
    fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let state = self.next();
            if wanted(&state) {
                return state;
            }
        }
    }
}

fn state(talk: &PtyHarness) -> Value {
    serde_json::from_str(&talk.remote("state").unwrap()).unwrap()
}

fn html(state: &Value) -> String {
    state["html"].as_str().unwrap().to_owned()
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or("none")
}

#[test]
fn mirror_follows_the_talk() {
    let served = Served::new(DECK, &["-x"]);
    let page = served.get("/");
    assert_eq!(status(&page), "200");
    assert!(
        page.contains("first words") && page.contains("aria-label=\"Slide 1 of 3: One\""),
        "{page}"
    );
    let mut viewer = served.follow("/events", "");
    assert!(html(&viewer.next()).contains("first words"));
    served.talk.keys("l");
    let state = viewer.until(|state| state["step"] == 2);
    assert!(html(&state).contains("second words"));
    served.talk.keys("l");
    let state = viewer.until(|state| state["slide"] == 2);
    assert_eq!(state["codes"][0].as_str().unwrap().trim_end(), "echo $((40 + 2))");
    assert!(html(&state).contains("<table>") && html(&state).contains("class=\"copy\""), "{state}");
    served.talk.keys("ctrl-e");
    viewer.until(|state| html(state).contains(">42</span>"));
    served.talk.keys("b");
    let state = viewer.until(|state| html(state).contains("The screen is blank"));
    assert!(!state.to_string().contains("echo") && state["title"] == "", "{state}");
    served.talk.keys("b");
    viewer.until(|state| html(state).contains("echo"));
    served.talk.quit();
}

#[test]
fn what_is_not_shown_is_not_sent() {
    let served = Served::new(DECK, &["-x"]);
    let mut viewer = served.follow("/events", "");
    let mut all = viewer.next().to_string();
    let paths =
        ["/", "/remote", "/remote.js", "/mirror.js", "/slide.css", "/link.js", "/events?slide=2"];
    for path in &paths[..paths.len() - 1] {
        all += &served.get(path);
    }
    let mut later = served.follow(paths[paths.len() - 1], "");
    all += &later.next().to_string();
    for unseen in ["second words", "last words", "echo", "Three", "smile now", "later note", "crab"]
    {
        assert!(!all.contains(unseen), "{unseen}");
    }
    let lost = [
        "/talk.md",
        "/2",
        "/slide/2",
        "/../talk.md",
        "/%2e%2e/talk.md",
        "/picture/../talk.md",
        "/picture/",
    ];
    for path in lost {
        assert_eq!(status(&served.get(path)), "404", "{path}");
    }
    served.talk.quit();
}

#[test]
fn typed_code_is_sent_as_it_is_typed() {
    let deck = "# T\n\nfirst words\n\n```bash +exec +typed:4\necho secret\n```\n";
    let served = Served::new(deck, &["-x"]);
    let mut viewer = served.follow("/events", "");
    assert!(!viewer.next().to_string().contains("echo"));
    served.talk.keys("x");
    let state = viewer.until(|state| html(state).contains("echo"));
    assert_eq!(state["codes"][0], "echo");
    assert!(!state.to_string().contains("secret"), "{state}");
    served.talk.write(b"\x1b[C");
    viewer.until(|state| state.to_string().contains("secret"));
    served.talk.quit();
}

#[test]
fn pictures_are_those_of_the_slide() {
    let folder = tempfile::tempdir().unwrap();
    let deck = folder.path().join("talk.md");
    fs::write(&deck, DECK).unwrap();
    let picture = image(folder.path());
    let args = ["--serve", "127.0.0.1:0"];
    let talk = PtyHarness::open(&deck, &Opening { args: &args, ..Opening::default() });
    talk.wait_for("first words");
    let address = state(&talk)["serve"]["address"].as_str().unwrap().to_owned();
    let host = address.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let served = Served { talk, host, token: String::new() };
    let mut viewer = served.follow("/events", "");
    served.talk.keys("n");
    let state = viewer
        .until(|state| state["slide"] == 2 && state["rules"].to_string().contains("/picture/"));
    assert!(html(&state).contains("aria-label=\"a crab\""), "{state}");
    let rules = state["rules"].as_str().unwrap();
    let (_, rest) = rules.split_once("url(").unwrap();
    let path = rest.split(')').next().unwrap().to_owned();
    let mut stream = served.connect();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: a.b\r\nConnection: close\r\n\r\n").unwrap();
    let mut refused = String::new();
    stream.read_to_string(&mut refused).unwrap();
    assert_eq!(status(&refused), "421", "not by the name of another site");
    let mut stream = served.connect();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.ends_with(&picture));
    assert!(String::from_utf8_lossy(&answer).contains("Content-Type: image/png"));
    served.talk.keys("n");
    viewer.until(|state| state["slide"] == 3);
    assert_eq!(status(&served.get(&path)), "404", "a slide that was left");
    served.talk.quit();
}

/// Writes a picture and returns its bytes.
fn image(folder: &Path) -> Vec<u8> {
    let path = folder.join("crab.png");
    image::RgbImage::from_pixel(8, 8, image::Rgb([200, 60, 20])).save(&path).unwrap();
    fs::read(path).unwrap()
}

#[test]
fn remote_drives_the_talk() {
    let served = Served::new(DECK, &["-x"]);
    let token = &served.token;
    let header = format!("Authorization: Bearer {token}\r\n");
    let mut remote = served.follow("/remote/events", &header);
    let state = remote.next();
    assert_eq!(
        (&state["view"]["slide"], &state["view"]["notes"][0]),
        (&1.into(), &"smile now".into())
    );
    assert_eq!((&state["view"]["next_title"], &state["view"]["steps"]), (&"Two".into(), &2.into()));
    assert!(state["now_ms"].as_u64().unwrap() > 1_600_000_000_000);
    let answer = served.command(token, r#"{"command":"next"}"#);
    assert!(status(&answer) == "200" && answer.ends_with(r#"{"ok":true}"#), "{answer}");
    served.talk.wait_for("second words");
    let state = remote.until(|state| state["view"]["step"] == 2);
    assert_eq!(state["view"]["notes"], serde_json::json!(["smile now", "later note"]));
    served.command(token, r#"{"command":"go","slide":2}"#);
    served.talk.wait_for("echo");
    let state = remote.until(|state| state["view"]["slide"] == 2);
    assert_eq!(state["view"]["blocks"][0]["allowed"], true);
    served.command(token, r#"{"command":"run","block":1}"#);
    remote.until(|state| state["view"]["blocks"][0]["status"] == "done");
    served.talk.wait_for("42");
    served.command(token, r#"{"command":"blank","color":"black"}"#);
    served.talk.wait_gone("42");
    served.command(token, r#"{"command":"timer","action":"start"}"#);
    remote.until(|state| !state["view"]["timer"]["running_since_ms"].is_null());
    let refused = served.command(token, r#"{"command":"go","slide":9}"#);
    assert!(status(&refused) == "409" && refused.contains("there is no slide 9"), "{refused}");
    served.talk.quit();
}

#[test]
fn nobody_else_drives_the_talk() {
    let served = Served::new(DECK, &["-x"]);
    let next = r#"{"command":"next"}"#;
    let mut wrong = served.token.clone();
    let last = wrong.pop().unwrap();
    wrong.push(if last == 'A' { 'Q' } else { 'A' });
    for token in ["", "x", &wrong, &wrong[1..], &format!("{wrong}A")] {
        assert_eq!(status(&served.command(token, next)), "403", "{token}");
    }
    let host = &served.host;
    let own = format!("Authorization: Bearer {}\r\n", served.token);
    let elsewhere = format!("{own}Origin: http://evil.example\r\n");
    assert_eq!(status(&served.request("POST", "/remote/command", &elsewhere, next)), "403");
    assert_eq!(status(&served.request("POST", "/remote/command", "", next)), "403");
    assert_eq!(
        status(&served.request(
            "POST",
            &format!("/remote/command?token={}", served.token),
            "",
            next
        )),
        "403"
    );
    assert_eq!(status(&served.request("GET", "/remote/events", "", "")), "403");
    assert_eq!(status(&served.request("GET", "/remote/command", &own, "")), "405");
    assert_eq!(status(&served.request("POST", "/", &own, next)), "405");
    assert_eq!(status(&served.request("DELETE", "/", &own, "")), "405");
    assert_eq!(
        status(&served.request("POST", "/remote/command", &own, r#"{"command":"reload"}"#)),
        "403"
    );
    assert_eq!(status(&served.request("POST", "/remote/command", &own, "next")), "400");
    let rebound =
        served.exchange(b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&rebound), "421");
    let upgraded = format!(
        "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n"
    );
    assert_eq!(status(&served.exchange(upgraded.as_bytes())), "200", "a plain response");
    let state = state(&served.talk);
    assert_eq!((&state["slide"], &state["step"]), (&1.into(), &1.into()));
    assert!(!served.talk.screen().contains("403"), "the audience's screen shows nothing of it");
    served.talk.quit();
}

#[test]
fn remote_runs_only_what_the_speaker_allowed() {
    let served = Served::new(DECK, &[]);
    let token = &served.token;
    served.command(token, r#"{"command":"go","slide":2}"#);
    served.talk.wait_for("echo");
    for run in [r#"{"command":"run"}"#, r#"{"command":"run","block":1}"#] {
        let refused = served.command(token, run);
        assert!(refused.contains("the speaker has not allowed this code to run"), "{refused}");
        assert_eq!(state(&served.talk)["mode"], "slide", "no question is opened");
    }
    let header = format!("Authorization: Bearer {token}\r\n");
    let mut remote = served.follow("/remote/events", &header);
    let state = remote.until(|state| state["view"]["slide"] == 2);
    assert_eq!(state["view"]["blocks"][0]["allowed"], false);
    // The speaker allows it.
    served.talk.keys("ctrl-e");
    served.talk.wait_for("once");
    let refused = served.command(token, r#"{"command":"next"}"#);
    assert!(refused.contains("asks whether"), "{refused}");
    served.talk.keys("o");
    served.talk.wait_for("42");
    remote.until(|state| state["view"]["blocks"][0]["allowed"] == true);
    assert_eq!(status(&served.command(token, r#"{"command":"run","block":1}"#)), "200");
    served.talk.quit();
}

#[test]
fn responses_have_their_headers() {
    let served = Served::new(DECK, &["-x"]);
    for path in ["/", "/remote", "/mirror.js", "/nothing"] {
        let answer = served.get(path);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        for header in [
            "X-Content-Type-Options: nosniff",
            "Content-Security-Policy: default-src 'none'; script-src 'self';",
            "frame-ancestors 'none'",
            "Referrer-Policy: no-referrer",
            "Cache-Control: no-store",
            "Connection: close",
            &format!("Content-Length: {}", body.len()),
        ] {
            assert!(head.contains(header), "{path}: {header}\n{head}");
        }
        let only_head = served.request("HEAD", path, "", "");
        if path != "/nothing" {
            assert_eq!(only_head.split_once("\r\n\r\n").unwrap(), (head, ""), "{path}");
        }
    }
    // Two requests on one connection.
    let host = &served.host;
    let two = format!(
        "GET /link.js HTTP/1.1\r\nHost: {host}\r\n\r\nGET /nothing HTTP/1.1\r\nHost: {host}\r\n\r\n"
    );
    let answer = served.exchange(two.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("HTTP/1.1 404"), "{answer}");
    served.talk.quit();
}

#[test]
fn hostile_clients_do_not_hold_up_the_talk() {
    let served = Served::new(DECK, &["-x"]);
    let host = &served.host;
    // Clients that never finish, or never read.
    let mut slow: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = served.connect();
            let _ = stream.write_all(b"GET / HTTP/1.1\r\nHo");
            stream
        })
        .collect();
    let deaf: Vec<TcpStream> = (0..50)
        .map(|_| {
            let mut stream = served.connect();
            let _ = write!(stream, "GET /events HTTP/1.1\r\nHost: {host}\r\n\r\n");
            stream
        })
        .collect();
    let mut huge = format!("GET / HTTP/1.1\r\nHost: {host}\r\nX: ").into_bytes();
    huge.resize(10 << 20, b'a');
    let refused = served.exchange(&huge);
    assert!(refused.is_empty() || status(&refused) == "431", "{refused}");
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n\r\n\r\n",
    ] {
        let mut garbage = bytes.to_vec();
        garbage.extend(b"\r\n\r\n");
        assert_eq!(status(&served.exchange(&garbage)), "400");
    }
    let long = served.request("POST", "/remote/command", "", &"x".repeat(2_000));
    assert_eq!(status(&long), "413");
    // A flood on one connection is cut off.
    let flood = format!(
        "GET /nothing HTTP/1.1\r\nHost: {host}\r\n\r\nGET /link.js HTTP/1.1\r\nHost: {host}\r\n\r\n"
    );
    let answer = served.exchange(flood.repeat(500).as_bytes());
    assert!(answer.matches("HTTP/1.1 ").count() < 1_000, "{}", answer.len());
    served.talk.keys("l");
    served.talk.wait_for("second words");
    let mut viewer = served.follow("/events", "");
    viewer.until(|state| html(state).contains("second words"));
    for stream in &mut slow {
        let _ = stream.write_all(b"st");
    }
    served.talk.keys("l");
    served.talk.wait_for("echo");
    viewer.until(|state| html(state).contains("echo"));
    let lines: Vec<_> = served.talk.screen().lines().map(str::to_owned).collect();
    assert!(!lines.iter().any(|line| line.contains("refused")), "{lines:?}");
    drop((slow, deaf));
    served.talk.quit();
}

#[test]
fn slow_request_is_given_up() {
    let served = Served::new(DECK, &["-x"]);
    let mut stream = served.connect();
    stream.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(status(&answer), "408");
    served.talk.quit();
}

#[test]
fn two_hundred_viewers_follow() {
    let served = Served::new(DECK, &["-x"]);
    let mut viewers: Vec<_> = (0..200).map(|_| served.follow("/events", "")).collect();
    for viewer in &mut viewers {
        assert_eq!(viewer.next()["slide"], 1);
    }
    served.talk.keys("n");
    served.talk.wait_for("echo");
    for viewer in &mut viewers {
        viewer.until(|state| state["slide"] == 2);
    }
    served.talk.wait("the number of viewers", |_| state(&served.talk)["serve"]["viewers"] == 200);
    drop(viewers);
    served.talk.wait("that they are gone", |_| state(&served.talk)["serve"]["viewers"] == 0);
    served.talk.quit();
}

#[test]
fn talk_goes_on_where_it_cannot_be_served() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let args = ["--serve", &address];
    let talk = PtyHarness::show_with(DECK, &Opening { args: &args, ..Opening::default() });
    talk.wait_for("first words");
    talk.wait_for("cannot serve the talk at 127.0.0.1 port");
    talk.keys("a");
    talk.wait_for("start the talk with `--serve`");
    assert!(talk.remote("link").unwrap_err().contains("the talk is not served"));
    talk.keys("l");
    talk.wait_for("second words");
    talk.quit();
}

#[test]
fn panel_and_footer_show_the_address() {
    let deck = format!(
        "---\ntheme:\n  override:\n    footer:\n      style: template\n      left: \"at {{serve_url}}\"\n---\n{DECK}"
    );
    let served = Served::new(&deck, &["-x"]);
    let address = format!("http://{}/", served.host);
    served.talk.wait_for(&format!("at {address}"));
    served.talk.keys("a");
    served.talk.wait_for("Follow this talk");
    served.talk.wait_for("only this machine can open it");
    assert!(served.talk.screen().contains("█▀▀▀▀▀█"), "{}", served.talk.screen());
    assert!(!served.talk.screen().contains(&served.token));
    served.talk.keys("enter");
    served.talk.wait_for(&format!("remote#{}", served.token));
    served.talk.wait_for("whoever opens this drives the talk");
    served.talk.keys("a");
    served.talk.wait_gone("whoever");
    let links = served.talk.remote("link").unwrap();
    assert_eq!(links, format!("audience  {address}\nremote    {address}remote#{}", served.token));
    served.talk.quit();
    let talk = PtyHarness::show(&deck);
    talk.wait_for("first words");
    assert!(!talk.screen().contains("at "), "{}", talk.screen());
    talk.quit();
}

#[test]
fn page_and_remote_work_in_a_browser() {
    let served = Served::new(DECK, &["-x"]);
    let Some(mut browser) = Browser::open() else {
        eprintln!("skipped: there is no chromium");
        return;
    };
    let (host, token) = (&served.host, &served.token);
    browser.go(&format!("http://{host}/"));
    browser.wait_for("document.getElementById('slide').innerText", "first words");
    browser.wait_for("document.documentElement.className", "reading");
    assert_eq!(browser.value("document.documentElement.scrollWidth <= innerWidth"), true);
    served.talk.keys("n");
    browser.wait_for("document.getElementById('status').textContent", "Slide 2 of 3: Two");
    browser.wait_for("document.querySelector('pre.code').innerText", "echo $((40 + 2))");
    browser.go(&format!("http://{host}/remote#{token}"));
    browser.wait_for("document.body.innerText", "Next: Three");
    assert_eq!(
        browser.value("location.href.includes('#')"),
        false,
        "the secret is not left in the bar"
    );
    browser.value("document.querySelector('#blocks button').click()");
    served.talk.wait_for("42");
    browser.wait_for("document.getElementById('blocks').innerText", "done");
    browser.value("document.querySelector('[data-call=next]').click()");
    served.talk.wait_for("last words");
    browser.wait_for("document.body.innerText", "The last slide");
    browser.go("about:blank");
    browser.go(&format!("http://{host}/remote#{}", "A".repeat(22)));
    browser.wait_for("document.body.innerText", "the secret of another talk");
    served.talk.quit();
}

/// A browser without a window, driven over pipes by the debugging protocol of Chrome.
struct Browser {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    session: Value,
    calls: u64,
    _folder: tempfile::TempDir,
}

impl Browser {
    /// Opens a browser with a window as small as a phone's. `None` if there is none.
    fn open() -> Option<Self> {
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let exists = |name: &&str| {
            let found = Command::new(name).arg("--version").output();
            found.is_ok_and(|output| output.status.success())
        };
        let name = names.into_iter().find(exists)?;
        let folder = tempfile::tempdir().unwrap();
        let script = "exec \"$0\" --headless --no-sandbox --disable-gpu --remote-debugging-pipe \
                      --user-data-dir=\"$1\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";
        let mut child = Command::new("sh")
            .args(["-c", script, name])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let output = BufReader::new(output);
        let mut browser =
            Self { child, input, output, session: Value::Null, calls: 0, _folder: folder };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        browser.session = browser.call("Target.attachToTarget", &attach)["sessionId"].clone();
        let phone = json!({ "width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": true });
        browser.call("Emulation.setDeviceMetricsOverride", &phone);
        Some(browser)
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.calls += 1;
        let mut call = json!({ "id": self.calls, "method": method, "params": params });
        if !self.session.is_null() {
            call["sessionId"] = self.session.clone();
        }
        write!(self.input, "{call}\0").unwrap();
        loop {
            let mut message = Vec::new();
            assert_ne!(
                self.output.read_until(0, &mut message).unwrap(),
                0,
                "the browser has ended"
            );
            message.pop();
            let message: Value = serde_json::from_slice(&message).unwrap();
            if message["id"] == self.calls {
                return message["result"].clone();
            }
        }
    }

    fn go(&mut self, address: &str) {
        self.call("Page.navigate", &json!({ "url": address }));
    }

    /// Returns the value of an expression on the page.
    fn value(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true });
        self.call("Runtime.evaluate", &params)["result"]["value"].clone()
    }

    /// Waits until the value of an expression contains a text.
    fn wait_for(&mut self, expression: &str, text: &str) {
        let start = Instant::now();
        loop {
            let value = self.value(expression);
            if value.as_str().is_some_and(|value| value.contains(text)) {
                return;
            }
            assert!(start.elapsed() < TIMEOUT, "waited for `{text}`, saw {value}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
