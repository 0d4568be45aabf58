//! Code on another machine: an sshd on the loopback interface, with its own keys, home of caches and
//! temporary folder. Skipped, with a word, where there is no sshd.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::sessions::run;
use crate::harness::{Opening, PtyHarness, TIMEOUT, cache, write_program};

/// Attempts to start an sshd: another program may take its port.
const ATTEMPTS: usize = 5;

/// Another machine.
struct Machine {
    folder: tempfile::TempDir,
    sshd: Child,
    path: String,
}

impl Machine {
    /// Starts it. Returns `None` where there is no sshd.
    fn start() -> Option<Self> {
        let sshd = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/libexec/sshd-session"];
        let sshd = sshd.into_iter().map(Path::new).find(|path| path.is_file());
        let found = sshd.filter(|_| cfg!(target_os = "linux") && has("ssh") && has("ssh-keygen"));
        let Some(sshd) = found else {
            return skipped("there is no sshd");
        };
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["cache", "tmp", "bin"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        for name in ["host", "user"] {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(root.join(name));
            assert!(keygen.status().unwrap().success());
        }
        // Only root's sshd needs it.
        let _ = fs::create_dir_all("/run/sshd");
        let machine = (0..ATTEMPTS).find_map(|_| Self::listen(sshd, root));
        let Some((port, sshd)) = machine else {
            return skipped("sshd does not start");
        };
        let config = format!(
            "Host loop\n HostName 127.0.0.1\n Port {port}\n IdentityFile {0}/user\n IdentitiesOnly yes\n \
             IdentityAgent none\n UserKnownHostsFile {0}/known\n StrictHostKeyChecking accept-new\n",
            root.display()
        );
        fs::write(root.join("config"), config).unwrap();
        let ssh = real_program("ssh");
        let script =
            format!("#!/bin/sh\nexec {} -F {}/config \"$@\"\n", ssh.display(), root.display());
        write_program(&root.join("bin/ssh"), &script);
        let path = format!("{}/bin:{}", root.display(), std::env::var("PATH").unwrap());
        Some(Self { folder, sshd, path })
    }

    fn listen(sshd: &Path, root: &Path) -> Option<(u16, Child)> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let path = std::env::var("PATH").unwrap();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {0}/host\nAuthorizedKeysFile {0}/user.pub\n\
             PidFile none\nStrictModes no\nSetEnv XDG_CACHE_HOME={0}/cache TMPDIR={0}/tmp \
             LIVEDECK_TEST_MACHINE={0} \"PATH={path}\"\n",
            root.display()
        );
        fs::write(root.join("sshd_config"), config).unwrap();
        let mut child = Command::new(sshd)
            .args(["-D", "-e", "-f"])
            .arg(root.join("sshd_config"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        while start.elapsed() < TIMEOUT {
            if child.try_wait().unwrap().is_some() {
                break;
            }
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some((port, child));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = child.kill();
        let _ = child.wait();
        None
    }

    fn root(&self) -> String {
        self.folder.path().display().to_string()
    }

    fn open(&self, text: &str) -> PtyHarness {
        let env = [("PATH", &*self.path), ("SSH_CONNECTION", "")];
        PtyHarness::show_with(text, &Opening { env: &env, ..Opening::default() })
    }

    /// Runs the program in a folder to its end.
    fn livedeck(&self, folder: &Path, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_livedeck"))
            .args(arguments)
            .current_dir(folder)
            .env("PATH", &self.path)
            .env("SSH_CONNECTION", "")
            .env("XDG_CACHE_HOME", cache())
            .env("XDG_CONFIG_HOME", folder.join("config"))
            .env("XDG_STATE_HOME", folder.join("state"))
            .output()
            .unwrap()
    }

    /// Ends all connections, as a broken line does.
    fn break_connections(&self) {
        let daemon = i32::try_from(self.sshd.id()).unwrap();
        let children =
            fs::read_to_string(format!("/proc/{daemon}/task/{daemon}/children")).unwrap();
        for child in children.split_whitespace() {
            let _ = kill_process(Pid::from_raw(child.parse().unwrap()).unwrap(), Signal::KILL);
        }
    }

    /// Returns the command lines of what runs there.
    fn processes(&self) -> BTreeSet<String> {
        let mark = self.root();
        let has_mark = |place: &Path| {
            let text = |name: &str| fs::read(place.join(name)).unwrap_or_default();
            let environment = String::from_utf8_lossy(&text("environ")).into_owned();
            let line = String::from_utf8_lossy(&text("cmdline")).replace('\0', " ");
            let is_marked = environment.contains(&format!("LIVEDECK_TEST_MACHINE={mark}"));
            // The agent's command line is long.
            let is_sleeping = line.contains(&format!("sleep 1000 # {mark}"));
            (is_marked || is_sleeping).then(|| line.chars().take(60).collect::<String>())
        };
        let entries = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        entries.filter_map(|place| has_mark(&place)).collect()
    }

    /// Waits until nothing is left there.
    fn wait_until_empty(&self) {
        let start = Instant::now();
        loop {
            let left = self.processes();
            let temporary = fs::read_dir(self.folder.path().join("tmp")).unwrap().count();
            if left.is_empty() && temporary == 0 {
                return;
            }
            assert!(start.elapsed() < TIMEOUT, "left: {left:?}, {temporary} folders");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.break_connections();
        let _ = self.sshd.kill();
        let _ = self.sshd.wait();
    }
}

/// Says why the test does nothing.
fn skipped(why: &str) -> Option<Machine> {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
    None
}

fn has(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|it| it.join(program).is_file())
}

fn real_program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|it| it.join(name)).find(|it| it.is_file()).unwrap()
}

const FRONT: &str = "---\noptions:\n  remote: {host: loop, sync: [data]}\n---\n\n";

/// Returns a deck with these blocks on a slide, and another slide.
fn deck(blocks: &[&str]) -> String {
    let blocks: Vec<_> = blocks.iter().map(|block| format!("```{block}\n```\n\n")).collect();
    let blocks = blocks.concat();
    format!("{FRONT}Blocks\n===\n\n{blocks}<!-- end_slide -->\n\nNext\n===\n\nthe end\n")
}

#[test]
fn every_kind_of_block_runs_on_another_machine() {
    let Some(machine) = Machine::start() else { return };
    let place = tempfile::tempdir().unwrap();
    let text = deck(&[
        "bash +exec +expect:failure\necho \"bash ${SSH_CONNECTION:+there}\"; cat data/a.txt; exit 3",
        "bash +exec +local\necho \"bash ${SSH_CONNECTION:-here}\"",
        "bash +exec +expect:failure\nif",
        "python +exec +session\nimport os\nx = 41\nprint('python', bool(os.environ['SSH_CONNECTION']))",
        "python +exec +session\nx + 1",
        "python +exec +expect:failure\ndef f():\n    raise ValueError('no')\nf()",
        "python +exec\ndisplay({'text/markdown': 'some **bold** words'}, raw=True)",
        "rust +exec\nprintln!(\"rust {}\", std::env::var(\"SSH_CONNECTION\").is_ok());\n6 * 7",
        "rust +exec +expect:failure\nlet x: i32 = \"a\";",
        "rust +exec +expect:failure\nlet nothing: Option<u8> = None;\nnothing.unwrap();",
        "bash +exec +input:\"Ada\"\nread -r name; echo \"hello $name\"",
        "rust +exec\n#[path = \"data/b.rs\"]\nmod b;\nprintln!(\"{}\", b::TEXT.trim().replace('c', \"C\"));",
        "rust +exec +expect:failure\ninclude!(\"data/snippet0.rs\")",
        "rust +exec +expect:failure\ninclude_str!(\"here.txt\")",
    ]);
    fs::write(place.path().join("talk.md"), text).unwrap();
    fs::create_dir(place.path().join("data")).unwrap();
    fs::write(place.path().join("data/b.rs"), "pub const TEXT: &str = include_str!(\"a.txt\");")
        .unwrap();
    fs::write(place.path().join("data/snippet0.rs"), "panic!(\"included\")").unwrap();
    fs::write(place.path().join("here.txt"), "").unwrap();
    fs::write(place.path().join("data/a.txt"), "copied\n").unwrap();
    let ran = machine.livedeck(place.path(), &["record", "talk.md"]);
    let said =
        String::from_utf8_lossy(&ran.stderr).into_owned() + &String::from_utf8_lossy(&ran.stdout);
    let recording = fs::read_to_string(place.path().join("talk.recording/recording.json"));
    let recording = recording.unwrap_or_else(|error| panic!("{error}: {said}"));
    for text in [
        "bash there",
        "copied",
        "exit 3",
        "bash here",
        "talk.md: line 19:",
        "python True",
        "\"42\"",
        "talk.md\\\", line 33, in f",
        "ValueError: no",
        "some **bold** words",
        "rust true",
        "mismatched types",
        "talk.md:47:",
        "talk.md:52:",
        "hello Ada",
        "Copied",
        "panicked at data/snippet0.rs:1:1:",
    ] {
        assert!(recording.contains(text), "{recording}\n{said}\nno `{text}`");
    }
    assert!(said.contains("`sync: [here.txt]`"), "{said}");
    machine.wait_until_empty();
}

#[test]
fn run_on_another_machine_is_interrupted_and_answered() {
    let Some(machine) = Machine::start() else { return };
    let talk = machine.open(
        &deck(&[
            "bash +exec\ntrap 'echo caught $((6 * 7)); exit 7' INT; echo \"running $((40 + 2))\"; sleep 1000",
            "python +exec +session\nname = input('your name? ')\nprint('hello', name)",
            "python +exec +session\nprint('again', name)",
        ])
        .replace(", sync: [data]", ""),
    );
    talk.wait_for("Blocks");
    run(&talk, 1);
    talk.wait_for("running 42");
    talk.keys("ctrl-c");
    talk.wait_for("caught 42");
    talk.wait_for("stopped");
    run(&talk, 2);
    talk.wait_for("enter send");
    talk.keys("A d a enter");
    talk.wait_for("hello Ada");
    // Until it has ended, keys go to its input.
    talk.wait_for("✓");
    run(&talk, 3);
    talk.wait_for("again Ada");
    talk.quit();
    machine.wait_until_empty();
}

#[test]
fn broken_connection_ends_the_run_and_not_the_talk() {
    let Some(machine) = Machine::start() else { return };
    let root = machine.root();
    let leaves = format!("env -i setsid sh -c 'sleep 1000 # {root}' &");
    let talk = machine.open(
        &deck(&[
            &format!("bash +exec\n{leaves}\necho begun $((40 + 1)); sleep 1000 # {root}"),
            "python +exec +session\nx = 41",
            "python +exec +session\nprint('it is', x + 1)",
        ])
        .replace(", sync: [data]", ""),
    );
    talk.wait_for("Blocks");
    run(&talk, 3);
    talk.wait_for("it is 42");
    run(&talk, 1);
    talk.wait_for("begun 41");
    machine.break_connections();
    talk.wait_for("the connection to `loop` broke");
    talk.wait_for("begun 41");
    machine.wait_until_empty();
    talk.keys("n");
    talk.wait_for("the end");
    talk.keys("p");
    talk.wait_for("Blocks");
    run(&talk, 3);
    talk.wait_for("session restarted");
    talk.wait_for("it is 42");
    run(&talk, 1);
    talk.wait_gone("broke");
    talk.wait_for("begun 41");
    talk.quit();
    machine.wait_until_empty();
}

#[test]
fn killed_talk_leaves_nothing_on_another_machine() {
    let Some(machine) = Machine::start() else { return };
    let root = machine.root();
    let block = format!(
        "bash +exec\nenv -i setsid sh -c 'sleep 1000 # {root}' &\necho begun $((40 + 1)); sleep 1000 # {root}"
    );
    let mut talk = machine.open(&deck(&[&block]).replace(", sync: [data]", ""));
    talk.wait_for("Blocks");
    talk.keys("ctrl-e");
    talk.wait_for("begun 41");
    assert!(!machine.processes().is_empty());
    talk.signal(Signal::KILL);
    talk.wait_for_end();
    machine.wait_until_empty();
}

#[test]
fn machine_that_refuses_is_named_with_what_to_do() {
    let Some(machine) = Machine::start() else { return };
    fs::write(machine.folder.path().join("user.pub"), "").unwrap();
    let place = tempfile::tempdir().unwrap();
    let text = deck(&["bash +exec\necho never"]).replace(", sync: [data]", "");
    fs::write(place.path().join("talk.md"), text).unwrap();
    let ran = machine.livedeck(place.path(), &["check", "--run", "talk.md"]);
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(!ran.status.success());
    assert!(said.contains("`loop` refused the login") && said.contains("ssh-add"), "{said}");
    let ran = machine.livedeck(place.path(), &["doctor", "-x", "talk.md"]);
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(said.contains("`loop` refused the login"), "{said}");
}

#[test]
fn crates_are_built_on_another_machine() {
    let Some(machine) = Machine::start() else { return };
    let place = tempfile::tempdir().unwrap();
    let text = deck(&[
        "rust +exec\n# // cargo-deps: own={ path=\"data/own\" }\n\
         println!(\"{} {}\", own::answer(), std::env::var(\"SSH_CONNECTION\").is_ok());",
        "rust +exec +expect:failure\n# // cargo-deps: own={ path=\"data/own\" }\nown::nothing();",
        "rust +exec +expect:failure\n# // cargo-deps: gone={ path=\"data/gone\" }\ngone::f();",
        "rust +exec +expect:failure\n# // cargo-deps: out={ path=\"out\" }\nout::f();",
    ]);
    fs::write(place.path().join("talk.md"), text).unwrap();
    let own = place.path().join("data/own");
    fs::create_dir_all(own.join("src")).unwrap();
    fs::write(own.join("Cargo.toml"), "[package]\nname = \"own\"\nversion = \"1.0.0\"\n").unwrap();
    let library = |answer: &str| {
        let code = format!("pub fn answer() -> &'static str {{ \"{answer}\" }}\n");
        fs::write(own.join("src/lib.rs"), code).unwrap();
    };
    let recorded = || {
        let ran = machine.livedeck(place.path(), &["record", "talk.md"]);
        let said = String::from_utf8_lossy(&ran.stderr).into_owned()
            + &String::from_utf8_lossy(&ran.stdout);
        let recording = fs::read_to_string(place.path().join("talk.recording/recording.json"));
        recording.unwrap_or_else(|error| panic!("{error}: {said}")) + &said
    };
    library("the first");
    let recording = recorded();
    for text in [
        "the first true",
        "cannot find function `nothing` in crate `own`",
        "talk.md:20:",
        "failed to load manifest",
        "add `out` to `options.remote.sync`",
    ] {
        assert!(recording.contains(text), "{recording}\nno `{text}`");
    }
    let crates = machine.folder.path().join("cache/livedeck/remote/crates");
    assert!(fs::read_dir(crates).unwrap().count() == 1);
    // A crate of the deck's folder is built again.
    library("the second");
    let recording = recorded();
    assert!(recording.contains("the second true"), "{recording}");
    machine.wait_until_empty();
}
