//! Attacks on the sandbox: each is denied and reported on its block, and later blocks run. Tests are
//! skipped with a message if the kernel has no Landlock.

#![cfg(target_os = "linux")]
#![allow(clippy::print_stderr, reason = "skipped tests print a message")]

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Opening, PtyHarness};
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

/// A secret that no block may read.
const SECRET: &str = "the-secret-of-this-user";

/// Content of a file that no block may change.
const BASHRC: &str = "# unchanged\n";

/// A user's home with secrets, and an untrusted deck beside it.
struct World {
    folder: TempDir,
}

/// The results of a deck's blocks.
struct Report {
    blocks: Vec<Value>,
    errors: String,
}

impl World {
    fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(world.home().join(".ssh")).unwrap();
        fs::create_dir(world.deck()).unwrap();
        fs::write(world.secret(), SECRET).unwrap();
        fs::write(world.home().join(".bashrc"), BASHRC).unwrap();
        world
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn secret(&self) -> PathBuf {
        self.home().join(".ssh/id_x")
    }

    fn deck(&self) -> PathBuf {
        self.folder.path().join("deck")
    }

    /// Runs a deck in the sandbox; replaces `HOME` and `SECRET` by their paths.
    fn check(&self, text: &str, arguments: &[&str]) -> Report {
        let check = ["check", "--run", "--format", "json"];
        self.check_by(text, self.livedeck(&[&check, arguments, &["talk.md"]].concat()))
    }

    /// Runs a deck with a command created by [`Self::livedeck`] or [`Self::command`].
    fn check_by(&self, text: &str, mut command: Command) -> Report {
        let text = text
            .replace("SECRET", self.secret().to_str().unwrap())
            .replace("HOME", self.home().to_str().unwrap());
        fs::write(self.deck().join("talk.md"), text).unwrap();
        let done = command.output().unwrap();
        let report: Value = serde_json::from_slice(&done.stdout).unwrap_or_default();
        let blocks = report["blocks"].as_array().cloned().unwrap_or_default();
        Report { blocks, errors: String::from_utf8(done.stderr).unwrap() }
    }

    fn livedeck(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_livedeck"));
        command.args(arguments);
        command
    }

    /// Returns a command in the deck's folder, with this home.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.deck()).envs(self.environment());
        command
    }

    /// Returns the environment: this home, the real toolchains, and variables of a desktop session.
    fn environment(&self) -> Vec<(String, String)> {
        let real = std::env::home_dir().unwrap_or_default();
        let toolchain = |name: &str, usual: &str| {
            let named = std::env::var(name).ok();
            (name.to_owned(), named.unwrap_or_else(|| real.join(usual).display().to_string()))
        };
        let text = |path: PathBuf| path.display().to_string();
        vec![
            toolchain("RUSTUP_HOME", ".rustup"),
            toolchain("CARGO_HOME", ".cargo"),
            ("HOME".to_owned(), text(self.home())),
            ("XDG_CACHE_HOME".to_owned(), text(self.folder.path().join("cache"))),
            ("DISPLAY".to_owned(), ":0".to_owned()),
            ("GITHUB_TOKEN".to_owned(), SECRET.to_owned()),
            (
                "DBUS_SESSION_BUS_ADDRESS".to_owned(),
                format!("unix:path={}/bus", self.home().display()),
            ),
        ]
    }

    fn assert_unchanged(&self) {
        assert_eq!(fs::read_to_string(self.secret()).unwrap(), SECRET);
        assert_eq!(fs::read_to_string(self.home().join(".bashrc")).unwrap(), BASHRC);
        let names = fs::read_dir(self.home()).unwrap().map(|it| it.unwrap().file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names.retain(|name| name != "bus");
        assert_eq!(names, [".bashrc", ".ssh"]);
    }
}

impl Report {
    /// Whether the kernel supports the sandbox; prints a message if not.
    fn ran(&self) -> bool {
        if self.errors.contains("a sandbox needs") {
            eprintln!("skipped: {}", self.errors.trim());
            return false;
        }
        assert!(!self.blocks.is_empty(), "{}", self.errors);
        true
    }

    /// Returns a block's output.
    fn output(&self, block: usize) -> String {
        let lines = self.blocks[block]["output"].as_array().unwrap();
        lines.iter().map(|line| line.as_str().unwrap().to_owned() + "\n").collect()
    }
}

/// A block that must run after the attack.
const LAST: &str = "\n```bash +exec\necho still-$((40 + 2))\n```\n";

fn block(language: &str, code: &str) -> String {
    format!("```{language} +exec\n{code}\n```\n")
}

/// Makes a system call, whose number is the first argument, and prints the result.
const CALL: &str = "import ctypes, os\n\
    libc = ctypes.CDLL(None, use_errno=True)\n\
    def call(name, *arguments):\n    \
        if libc.syscall(*arguments) != -1:\n        \
            print('ESCAPED by', name)\n    \
        print(name, os.strerror(ctypes.get_errno()))\n";

#[rstest]
#[case::read_by_a_shell("bash", "cat SECRET", "~/.ssh/id_x is out of reach")]
#[case::read_by_python("python", "print(open('SECRET').read())", "~/.ssh/id_x is out of reach")]
#[case::list_by_python("python", "import os; print(os.listdir('HOME'))", "~ is out of reach")]
#[case::write("bash", "echo evil >> HOME/.bashrc", "~/.bashrc is out of reach")]
#[case::create("bash", "touch HOME/.profile", "~/.profile is out of reach")]
#[case::truncate("bash", "truncate -s 0 HOME/.bashrc", "~/.bashrc is out of reach")]
#[case::remove("bash", "rm -f HOME/.bashrc", "~/.bashrc is out of reach")]
#[case::rename("bash", "mv HOME/.bashrc $TMPDIR/x", "~/.bashrc is out of reach")]
#[case::open_to_all("bash", "chmod 666 SECRET", "~/.ssh/id_x is out of reach")]
#[case::change_times("bash", "touch -h -d 2001-01-01 SECRET", "~/.ssh/id_x is out of reach")]
#[case::setsid("bash", "setsid -w bash -c 'cat SECRET'", "~/.ssh/id_x is out of reach")]
#[case::setsid_later(
    "bash",
    "setsid -f bash -c 'cat SECRET; touch $TMPDIR/done'; until [ -e $TMPDIR/done ]; do :; done",
    "~/.ssh/id_x is out of reach"
)]
#[case::symlink("bash", "ln -s SECRET $TMPDIR/l; cat $TMPDIR/l", "out of reach")]
#[case::hard_link("bash", "ln SECRET $TMPDIR/h && cat $TMPDIR/h", "out of reach")]
#[case::root_of_process("bash", "cat /proc/$PPID/root/SECRET", "out of reach")]
#[case::folder_of_process("bash", "cat /proc/$PPID/cwd/../home/.ssh/id_x", "out of reach")]
#[case::memory_of_process("bash", "cat /proc/$PPID/environ", "other processes are out of reach")]
#[case::signal("bash", "kill -TERM $PPID", "no signals to other programs")]
#[case::signal_to_all(
    "python",
    "import os; os.kill(os.getppid(), 0); os.kill(1, 15)",
    "sandboxed: "
)]
#[case::terminal_of_others("bash", "ls /dev/pts", "/dev/pts is out of reach")]
#[case::system_secrets("bash", "cat /etc/shadow", "/etc/shadow is out of reach")]
fn escape_by_a_program_is_denied(
    #[case] language: &str,
    #[case] code: &str,
    #[case] message: &str,
) {
    assert_refused(language, code, message);
}

#[rstest]
#[case::ptrace("call('ptrace', NUMBER_PTRACE, 16, os.getppid(), 0, 0)", "Operation not permitted")]
#[case::io_uring(
    "call('io_uring', 425, 8, ctypes.create_string_buffer(256))",
    "Operation not permitted"
)]
#[case::namespaces("call('unshare', NUMBER_UNSHARE, 0x10000000)", "Operation not permitted")]
#[case::clone_into(
    "call('clone', NUMBER_CLONE, 0x10000000 | 17, 0, 0, 0, 0)",
    "Operation not permitted"
)]
#[case::clone3("call('clone3', 435, None, 0)", "Function not implemented")]
#[case::unknown_calls("call('next', 999)", "Function not implemented")]
#[case::x32_calls("call('x32', 0x40000000 + 39)", "Function not implemented")]
#[case::keys(
    "call('add_key', NUMBER_ADD_KEY, b'user', b'x', b'y', 1, -1)",
    "Operation not permitted"
)]
#[case::limits_of_others(
    "call('prlimit', NUMBER_PRLIMIT, os.getppid(), 7, (ctypes.c_ulong * 2)(9, 9), None)",
    "Operation not permitted"
)]
#[case::priority_of_others("os.setpriority(os.PRIO_USER, 0, 19)", "Operation not permitted")]
#[case::typing(
    "import fcntl\ntry:\n    fcntl.ioctl(1, 0x5412, b'x')\nexcept OSError as error: print(error)",
    "Operation not permitted"
)]
fn escape_by_a_system_call_is_denied(#[case] call: &str, #[case] message: &str) {
    let numbers = [
        ("NUMBER_PTRACE", libc::SYS_ptrace),
        ("NUMBER_UNSHARE", libc::SYS_unshare),
        ("NUMBER_CLONE", libc::SYS_clone),
        ("NUMBER_ADD_KEY", libc::SYS_add_key),
        ("NUMBER_PRLIMIT", libc::SYS_prlimit64),
    ];
    let code = numbers.iter().fold(format!("{CALL}{call}"), |code, (name, number)| {
        code.replace(name, &number.to_string())
    });
    assert_refused("python", &code, message);
}

/// Runs a block and [`LAST`] in the sandbox: the block must be denied with this message.
fn assert_refused(language: &str, code: &str, message: &str) {
    let world = World::new();
    let report = world.check(&(block(language, code) + LAST), &["--sandbox"]);
    if !report.ran() {
        return;
    }
    let output = report.output(0);
    assert!(!output.contains(SECRET) && !output.contains("ESCAPED"), "{output}");
    assert!(output.contains(message), "{output}");
    let is_missing = message == "Function not implemented";
    assert!(is_missing || output.contains("sandboxed: "), "{output}");
    assert_eq!(report.output(1), "still-42\n");
    world.assert_unchanged();
}

#[rstest]
#[case::tcp(
    "s = socket.create_connection(('127.0.0.1', PORT))",
    "no network (allow with `--sandbox=net`)"
)]
#[case::udp("s = socket.socket(type=socket.SOCK_DGRAM)", "no network (allow with `--sandbox=net`)")]
#[case::listen(
    "s = socket.create_server(('127.0.0.1', 0))",
    "no network (allow with `--sandbox=net`)"
)]
#[case::bus(
    "s = socket.socket(socket.AF_UNIX); s.connect('HOME/bus')",
    "no sockets of other programs"
)]
#[case::datagrams(
    "a, b = socket.socketpair(type=socket.SOCK_DGRAM); a.sendto(b'x', 'HOME/bus')",
    "no sockets of other programs"
)]
#[case::netlink("s = socket.socket(socket.AF_NETLINK)", "no sockets of other programs")]
fn socket_is_refused(#[case] code: &str, #[case] message: &str) {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let bus = UnixListener::bind(world.home().join("bus")).unwrap();
    bus.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let code = format!("import socket\n{}\nprint('ESCAPED')", code.replace("PORT", &port));
    let report = world.check(&(block("python", &code) + LAST), &["--sandbox"]);
    if !report.ran() {
        return;
    }
    let output = report.output(0);
    assert!(output.contains(message) && !output.contains("ESCAPED"), "{output}");
    assert!(listener.accept().is_err() && bus.accept().is_err());
    assert_eq!(report.output(1), "still-42\n");
}

#[test]
fn network_can_be_allowed() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let code = format!(
        "import socket\nwith socket.create_connection(('127.0.0.1', {port})) as s: s.send(b'hi')\n\
         print(socket.socketpair() and 'sent')\nsocket.socket(socket.AF_UNIX)"
    );
    let report = world.check(&block("python", &code), &["--sandbox=net"]);
    if !report.ran() {
        return;
    }
    let output = report.output(0);
    assert!(output.contains("sent") && output.contains("no sockets of other programs"), "{output}");
    let mut received = String::new();
    listener.accept().unwrap().0.read_to_string(&mut received).unwrap();
    assert_eq!(received, "hi");
}

#[test]
fn unsafe_rust_is_confined() {
    let code = "use std::io::Error;\n\
        unsafe extern \"C\" { fn syscall(number: i64, ...) -> i64; }\n\
        fn main() {\n    \
            let path = c\"SECRET\";\n    \
            // SAFETY: a path, and no memory that the calls write to.\n    \
            let opened = unsafe { syscall(OPENAT, -100_i64, path.as_ptr(), 0_i64) };\n    \
            println!(\"{opened} {}\", Error::last_os_error());\n    \
            let read = unsafe { syscall(READV, std::os::unix::process::parent_id() as i64, 0, 0, 0, 0, 0) };\n    \
            println!(\"{read} {}\", Error::last_os_error());\n\
        }"
    .replace("OPENAT", &format!("{}_i64", libc::SYS_openat))
    .replace("READV", &format!("{}_i64", libc::SYS_process_vm_readv));
    let world = World::new();
    let report = world.check(&(block("rust", &code) + LAST), &["--sandbox"]);
    if !report.ran() {
        return;
    }
    let output = report.output(0);
    assert!(output.contains("-1 Permission denied"), "{output}");
    assert!(output.contains("-1 Operation not permitted"), "{output}");
    assert_eq!(output.matches("sandboxed: ").count(), 2, "{output}");
    assert_eq!(report.output(1), "still-42\n");
}

#[test]
fn included_files_are_those_of_the_decks_folder() {
    let world = World::new();
    fs::create_dir(world.deck().join("parts")).unwrap();
    fs::write(world.deck().join("parts/b.rs"), "pub const A: &str = include_str!(\"a.txt\");")
        .unwrap();
    fs::write(world.deck().join("parts/a.txt"), "in the folder").unwrap();
    std::os::unix::fs::symlink(world.secret(), world.deck().join("link")).unwrap();
    let inside = "#[path = \"parts/b.rs\"]\nmod b;\nprintln!(\"{}\", b::A);";
    let outside = [
        "include_str!(\"SECRET\")",
        "include_str!(\"../home/.ssh/id_x\")",
        "include_str!(\"link\")",
    ];
    let deck: String = outside.iter().map(|code| block("rust", code)).collect();
    let report = world.check(&(deck + &block("rust", inside) + LAST), &["--sandbox"]);
    if !report.ran() {
        return;
    }
    for number in 0..3 {
        let output = report.output(number);
        assert!(output.contains("Permission denied") && !output.contains(SECRET), "{output}");
    }
    assert_eq!(report.output(3), "in the folder\n");
    assert_eq!(report.output(4), "still-42\n");
}

#[test]
fn build_script_is_restricted() {
    let world = World::new();
    let own = world.deck().join("own");
    fs::create_dir_all(own.join("src")).unwrap();
    fs::write(
        own.join("Cargo.toml"),
        "[package]\nname = \"own\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
    )
    .unwrap();
    fs::write(own.join("src/lib.rs"), "pub fn answer() -> u32 { 42 }").unwrap();
    let script = "fn main() {\n    \
            let read = std::fs::read_to_string(\"SECRET\");\n    \
            let wrote = std::fs::write(\"HOME/.bashrc\", \"evil\");\n    \
            let link = std::os::unix::fs::symlink(\"HOME/.bashrc\", \"../Cargo.lock\");\n    \
            let asked = std::net::TcpStream::connect(\"127.0.0.1:1\");\n    \
            panic!(\"{read:?} {wrote:?} {link:?} {asked:?}\");\n\
        }"
    .replace("SECRET", world.secret().to_str().unwrap())
    .replace("HOME", world.home().to_str().unwrap());
    fs::write(own.join("build.rs"), script).unwrap();
    let front =
        "---\noptions:\n  rust:\n    dependencies:\n      own: { path: own }\n---\n\n".to_owned();
    let deck = front + &block("rust", "println!(\"{}\", own::answer());") + LAST;
    let report = world.check(&deck, &["--sandbox"]);
    if !report.ran() {
        return;
    }
    let output = report.output(0);
    assert!(output.contains("PermissionDenied") && output.contains("Network is down"), "{output}");
    assert!(output.contains("sandboxed: ") && !output.contains(SECRET), "{output}");
    assert_eq!(report.output(1), "still-42\n");
    world.assert_unchanged();
}

#[test]
fn no_descriptor_is_inherited() {
    let world = World::new();
    let shell = "cat <&50; ls /proc/self/fd | tr '\\n' ' '";
    let python = "import os\nfor name in os.listdir('/proc/self/fd'):\n    \
        try: print(name, os.readlink(f'/proc/self/fd/{name}').split(':')[0])\n    \
        except OSError: pass\n";
    let deck = block("bash", shell) + "\n" + &block("python", python) + LAST;
    // A shell opens it: all tests share this process, and children of others would inherit it.
    let mut command = world.command("bash");
    command
        .args(["-c", "exec 50<\"$0\" && exec \"$@\""])
        .arg(world.secret())
        .arg(env!("CARGO_BIN_EXE_livedeck"))
        .args(["check", "--run", "--format", "json", "--sandbox", "talk.md"]);
    let report = world.check_by(&deck, command);
    if !report.ran() {
        return;
    }
    let output = report.output(0);
    assert!(output.contains("Bad file descriptor") && output.contains("0 1 2 3"), "{output}");
    let output = report.output(1);
    assert!(!output.contains("id_x") && !output.contains("talk.md"), "{output}");
    assert_eq!(report.output(2), "still-42\n");
}

#[test]
fn block_cannot_name_another_process_as_itself() {
    let world = World::new();
    let mut victim = Command::new("sleep").arg("1000").spawn().unwrap();
    let code = format!(
        "import os, time\nfor place in (4000, 1000, 240):\n    \
            try: os.write(place, b'started {} 0\\n')\n    \
            except OSError: pass\n\
         print('named', flush=True)\ntime.sleep(1000)",
        victim.id()
    );
    let deck = format!("```python +exec +timeout:1s\n{code}\n```\n{LAST}");
    let report = world.check(&deck, &["--sandbox"]);
    let is_alive = victim.try_wait().unwrap().is_none();
    victim.kill().unwrap();
    victim.wait().unwrap();
    if report.ran() {
        assert!(report.output(0).contains("named"));
        assert!(is_alive, "livedeck stopped the program that the block named");
        assert_eq!(report.output(1), "still-42\n");
    }
}

#[test]
fn ordinary_programs_work_in_the_sandbox() {
    let world = World::new();
    fs::write(world.deck().join("data.txt"), "beside the deck\n").unwrap();
    let shell = "cat data.txt; echo x > $TMPDIR/x; chmod +x $TMPDIR/x; ls -l $TMPDIR/x | cut -c1-10\n\
        cd && echo home > own && cat own; echo err > /dev/stderr; env | grep -c TOKEN\n\
        ln -s x $TMPDIR/l; cp -p $TMPDIR/x $TMPDIR/y && mv $TMPDIR/y ~/z && echo moved";
    let python = "import asyncio, os, subprocess, tempfile, threading\n\
        print(subprocess.run(['echo', 'a child'], capture_output=True, text=True).stdout)\n\
        with tempfile.NamedTemporaryFile() as file: print(file.write(b'abc'))\n\
        async def answer(): await asyncio.sleep(0); return 42\n\
        print(asyncio.run(answer()))\n\
        thread = threading.Thread(target=lambda: print('a thread')); thread.start(); thread.join()\n\
        print(open('data.txt').read())";
    let deck = block("bash", shell) + "\n" + &block("python", python);
    let report = world.check(&deck, &["--sandbox"]);
    if !report.ran() {
        return;
    }
    let expected = "beside the deck\n-rwx------\nhome\nerr\n0\nmoved\n";
    assert_eq!(report.output(0), expected);
    let output = report.output(1);
    for wanted in ["a child", "3", "42", "a thread", "beside the deck"] {
        assert!(output.contains(wanted), "{wanted}: {output}");
    }
    assert!(!output.contains("sandboxed"), "{output}");
}

#[test]
fn deck_in_the_home_folder_cannot_read_it() {
    let world = World::new();
    fs::write(world.home().join("talk.md"), block("bash", "cat .ssh/id_x; ls")).unwrap();
    let done = world
        .livedeck(&["check", "--run", "--sandbox", "--format", "json", "talk.md"])
        .current_dir(world.home())
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&done.stdout);
    assert!(!output.contains(SECRET) && !output.contains(".bashrc"), "{output}");
}

#[test]
fn prompt_offers_the_sandbox() {
    let opening = Opening { args: &[], size: (120, 40), ..Opening::default() };
    // The names of temporary folders are long, and would wrap.
    let text = "One\n===\n\n```bash +exec\necho \"bash in ${HOME##*/guest/}\"; cat /etc/shadow\n```\n\n\
                ```python +exec\nimport os; print('python in', os.environ['HOME'][-11:])\n```\n";
    let talk = PtyHarness::show_with(text, &opening);
    talk.wait_for("not run");
    talk.keys("ctrl-e");
    talk.wait_for("Run this deck's code?");
    talk.wait_for("n  no");
    if !talk.screen().contains("sandboxed: for this talk") {
        assert!(talk.screen().contains("not sandboxed: "), "{}", talk.screen());
        eprintln!("skipped: no sandbox on this machine");
        return talk.quit();
    }
    talk.keys("s");
    talk.wait_for("· sandboxed");
    talk.wait_for("bash in home");
    talk.wait_for("python in /guest/home");
    talk.wait_for("sandboxed: /etc/shadow is out of reach");
    talk.quit();
}

#[test]
fn sandboxed_builds_are_not_shared() {
    let world = World::new();
    let deck = block("rust", "println!(\"built\");");
    let report = world.check(&deck, &["--sandbox"]);
    if !report.ran() {
        return;
    }
    assert_eq!(report.output(0), "built\n");
    let cache = world.folder.path().join("cache/livedeck");
    let names = |folder: &Path| -> Vec<_> {
        fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name()).collect()
    };
    assert_eq!(names(&cache), ["sandbox"]);
    assert_eq!(names(&cache.join("sandbox")).len(), 1);
}

#[test]
fn macro_cannot_redirect_reads_or_writes() {
    let world = World::new();
    let own = world.deck().join("own");
    fs::create_dir_all(own.join("src")).unwrap();
    let manifest = "[package]\nname = \"own\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
                    [lib]\nproc-macro = true\n";
    fs::write(own.join("Cargo.toml"), manifest).unwrap();
    // The macro runs in the compiler and creates links where livedeck will write files.
    let code = "use proc_macro::TokenStream;\n\
        #[proc_macro]\n\
        pub fn links(input: TokenStream) -> TokenStream {\n    \
            let mut arguments = std::env::args();\n    \
            let made = arguments.by_ref().skip_while(|it| it != \"-o\").nth(1).unwrap();\n    \
            for folder in std::path::Path::new(&made).ancestors().skip(1).take(2) {\n        \
                for name in [\"errors\", \"snippet.rs\", \"lock\"] {\n            \
                    let _ = std::fs::remove_file(folder.join(name));\n            \
                    let _ = std::os::unix::fs::symlink(\"TARGET\", folder.join(name));\n        \
                }\n    \
            }\n    \
            input\n\
        }\n";
    let front = "---\noptions:\n  rust:\n    dependencies:\n      own: { path: own }\n---\n\n";
    for (target, code_of_block) in [
        (world.home().join(".bashrc"), "own::links! { let x: u8 = \"no\"; }"),
        (world.secret(), "own::links! { println!(\"fine\"); }"),
    ] {
        fs::write(own.join("src/lib.rs"), code.replace("TARGET", target.to_str().unwrap()))
            .unwrap();
        let deck = front.to_owned() + &block("rust", code_of_block) + LAST;
        for _ in 0..2 {
            let report = world.check(&deck, &["--sandbox"]);
            if !report.ran() {
                return;
            }
            let output = report.output(0);
            assert!(output.contains("mismatched types") || output.contains("fine"), "{output}");
            assert!(!output.contains(SECRET), "{output}");
            assert_eq!(report.output(1), "still-42\n");
            world.assert_unchanged();
        }
    }
}
