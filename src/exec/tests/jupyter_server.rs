//! Blocks in kernels of a real Jupyter server, which the environment that `$LIVEDECK_TEST_KERNELS` names has
//! if `jupyter_server` is installed in it. Without one, this test does nothing.

use std::process::{Child, Command, Stdio};

use super::*;
use crate::deck::{JupyterServer, RemoteHost, ServerUrl, TokenSource};
use crate::run::OutputValue;

/// A server on the loopback interface.
struct RealServer {
    process: Child,
    host: Arc<RemoteHost>,
}

impl RealServer {
    /// Starts a server whose token is in the deck's folder, and waits for it.
    fn start(folder: &Path) -> Option<Self> {
        let Some(environment) = std::env::var_os("LIVEDECK_TEST_KERNELS") else {
            println!("skipped: `LIVEDECK_TEST_KERNELS` names no environment with Jupyter kernels");
            return None;
        };
        let environment = Path::new(env!("CARGO_MANIFEST_DIR")).join(environment);
        let program = environment.join("bin/jupyter-server");
        if !program.is_file() {
            println!("skipped: the environment has no `jupyter-server`");
            return None;
        }
        let port = {
            let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
            listener.local_addr().unwrap().port()
        };
        fs::write(folder.join("token"), "s3cret\n").unwrap();
        let process = Command::new(program)
            .args(["--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"])
            .arg(format!("--ServerApp.port={port}"))
            .arg("--IdentityProvider.token=s3cret")
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = ("127.0.0.1", port);
        wait_until("the server does not listen", || std::net::TcpStream::connect(address).is_ok());
        let url = ServerUrl::parse(&format!("http://127.0.0.1:{port}")).unwrap();
        let token = TokenSource::File("token".into());
        let jupyter = Some(JupyterServer { url, token });
        let host = RemoteHost { name: "gpu".into(), jupyter, ..RemoteHost::default() };
        Some(Self { process, host: Arc::new(host) })
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl ExecHarness {
    fn start_on(&mut self, server: &RealServer, code: &str) -> RunId {
        self.start_request("python", code, |request| {
            request.code.alternative = Some("kernel=python3".to_owned());
            request.code.remote = Some(server.host.clone());
            request.input = StdinSource::Speaker;
        })
    }
}

#[test]
fn kernel_of_a_real_server_is_used_like_a_local_one() {
    let mut harness = ExecHarness::new();
    let Some(mut server) = RealServer::start(harness.folder.path()) else { return };
    let run = harness.start_on(&server, "import os\nx = os.getpid()\nprint(x)");
    let (pid, outcome) = harness.end(run);
    assert_eq!(outcome, Outcome::Exited(0), "{pid}");
    let run = harness.start_on(&server, "name = input('Who? ')\nprint('hello', name)");
    while !matches!(harness.next(run), RunEvent::WaitsForInput { hidden: false }) {}
    harness.executor().type_in(run, "Zoë\n".as_bytes());
    assert_eq!(harness.end(run), ("Zoë\nhello Zoë\n".to_owned(), Outcome::Exited(0)));
    let code = "from IPython.display import Markdown\nMarkdown('# m')";
    let run = harness.start_on(&server, code);
    while harness.next(run) != RunEvent::Value(OutputValue::Markdown("# m".into()), None) {}
    assert_eq!(harness.end(run).1, Outcome::Exited(0));
    let run = harness.start_on(&server, "print('on', flush=True)\nwhile True: pass");
    harness.wait_for(run, "on");
    harness.executor().stop(run, Stop::Interrupt);
    assert_eq!(harness.end(run).1, Outcome::Stopped);
    let run = harness.start_on(&server, "print(x == os.getpid())");
    assert_eq!(harness.end(run), ("True\n".to_owned(), Outcome::Exited(0)));
    // Its process is killed: the server starts another one, without the state.
    let run = harness.start_on(&server, "os.kill(os.getpid(), 9)");
    let (output, outcome) = harness.end(run);
    assert_eq!(outcome, Outcome::Exited(1));
    assert!(output.contains("is lost: its process has ended"), "{output}");
    let run = harness.start_on(&server, "import os\nprint('x' in globals(), os.getpid())");
    let (output, outcome) = harness.end(run);
    assert!(output.starts_with("False "), "{output}");
    assert_eq!(outcome, Outcome::Exited(0));
    // The server is killed in the middle of a run.
    let run = harness.start_on(&server, "print('on', flush=True)\nwhile True: pass");
    harness.wait_for(run, "on");
    server.process.kill().unwrap();
    let (output, outcome) = harness.end(run);
    assert_eq!(outcome, Outcome::Exited(1));
    assert!(output.contains("the kernel `python3 on gpu` is lost"), "{output}");
}
