//! How we and a kernel meet: free ports on the loopback interface, a key, and the file that tells the
//! kernel both, which only its user can read.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use tempfile::TempDir;

use super::message::{Messages, hex};
use super::stream::KernelStream;
use super::zmtp::{Frames, ZmtpConnection, ZmtpRole};
use crate::exec::os::temp_dir::TempRoot;
use crate::files;

/// How long a kernel may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A kernel's sockets, as far as we use them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KernelChannel {
    /// Requests and their replies.
    Shell,
    /// Requests that do not wait for those before them.
    Control,
    /// The kernel's requests for input.
    Stdin,
    /// What the kernel publishes: output and status.
    Iopub,
}

impl KernelChannel {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Shell, Self::Control, Self::Stdin, Self::Iopub];

    /// Returns its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::Control => "control",
            Self::Stdin => "stdin",
            Self::Iopub => "iopub",
        }
    }

    /// Returns the one with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}

/// The content of a connection file.
#[derive(Serialize)]
struct ConnectionFile<'f> {
    transport: &'f str,
    ip: &'f str,
    shell_port: u16,
    control_port: u16,
    stdin_port: u16,
    iopub_port: u16,
    hb_port: u16,
    signature_scheme: &'f str,
    key: &'f str,
    kernel_name: &'f str,
}

/// Where a kernel that is to be started listens.
#[derive(Debug)]
pub(super) struct Rendezvous {
    ports: [u16; 4],
    identity: String,
    messages: Messages,
    /// The connection file, in a folder that is removed with it.
    file: PathBuf,
    folder: TempDir,
}

impl Rendezvous {
    /// Chooses ports and a key, and writes the connection file.
    pub(super) fn new(kernel: &str, temp_root: &TempRoot) -> io::Result<Self> {
        // All at once: each port is another one.
        let listen = |_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listeners = (0..5).map(listen).collect::<io::Result<Vec<_>>>()?;
        let port = |at: usize| listeners[at].local_addr().map(|address| address.port());
        let ports = [port(0)?, port(1)?, port(2)?, port(3)?];
        let (key, session) =
            (hex(&files::random_bytes::<32>()?), hex(&files::random_bytes::<16>()?));
        let content = ConnectionFile {
            transport: "tcp",
            ip: "127.0.0.1",
            shell_port: ports[0],
            control_port: ports[1],
            stdin_port: ports[2],
            iopub_port: ports[3],
            hb_port: port(4)?,
            signature_scheme: "hmac-sha256",
            key: &key,
            kernel_name: kernel,
        };
        let folder = temp_root.run_folder()?;
        let file = folder.path().join("kernel.json");
        files::write_private(&file, serde_json::to_vec(&content)?)?;
        let messages = Messages::new(&key, &session);
        Ok(Self { ports, identity: session, messages, file, folder })
    }

    /// Returns the connection file.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Returns the folder of the connection file.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns what writes and reads the messages.
    pub(super) fn messages(&mut self) -> &mut Messages {
        &mut self.messages
    }

    /// Connects to all sockets. Fails as long as the kernel does not listen on each.
    pub(super) fn connect(&self) -> io::Result<Vec<KernelSocket>> {
        let connect = |channel: KernelChannel| {
            let port = self.ports[channel as usize];
            KernelSocket::connect(channel, port, self.identity.as_bytes())
        };
        KernelChannel::ALL.into_iter().map(connect).collect()
    }
}

/// A connection to one socket of a kernel. Reading does not wait.
#[derive(Debug)]
pub(super) struct KernelSocket {
    channel: KernelChannel,
    stream: KernelStream,
    protocol: ZmtpConnection,
}

impl KernelSocket {
    fn connect(channel: KernelChannel, port: u16, identity: &[u8]) -> io::Result<Self> {
        // On this interface, the answer comes at once.
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let stream = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT)?;
        let is_own = stream.local_addr()? == address;
        if is_own {
            // No one listened on the port, so the system gave it to our end: we are connected to ourselves.
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let stream = KernelStream::new(stream)?;
        let role = match channel {
            KernelChannel::Iopub => ZmtpRole::Sub,
            _ => ZmtpRole::Dealer,
        };
        let mut socket = Self { channel, stream, protocol: ZmtpConnection::new(role, identity) };
        socket.flush()?;
        Ok(socket)
    }

    /// Returns which socket of the kernel it is connected to.
    pub(super) fn channel(&self) -> KernelChannel {
        self.channel
    }

    /// Sends a message.
    pub(super) fn send(&mut self, frames: &Frames) -> Result<(), String> {
        self.protocol.send(frames);
        self.flush().map_err(|error| error.to_string())
    }

    /// Reads what is available. Returns the messages that are complete, and why there will be no more, if
    /// the connection is closed or the other side does not speak the protocol.
    pub(super) fn receive(&mut self) -> (Vec<Frames>, Option<String>) {
        let Self { stream, protocol, .. } = self;
        let mut messages = Vec::new();
        let end = stream.read(|bytes| {
            messages.extend(protocol.receive(bytes)?);
            Ok(())
        });
        // Receiving may have added an answer of the protocol.
        let sent = self.flush().map_err(|error| error.to_string());
        (messages, end.or(sent.err()))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.write(self.protocol.outgoing())
    }
}

impl AsFd for KernelSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn connection_file_is_private_and_complete() {
        let root = TempRoot::default();
        let [one, other] = [0; 2].map(|_| Rendezvous::new("python3", &root).unwrap());
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(one.file()), mode(one.folder())), (0o600, 0o700));
        let read = |it: &Rendezvous| {
            let text = files::read_text(it.file(), files::FileKind::Text).unwrap();
            serde_json::from_str::<serde_json::Value>(&text).unwrap()
        };
        let (file, second) = (read(&one), read(&other));
        assert_eq!((&file["transport"], &file["ip"]), (&"tcp".into(), &"127.0.0.1".into()));
        assert_eq!(file["signature_scheme"], "hmac-sha256");
        let names = ["shell_port", "control_port", "stdin_port", "iopub_port", "hb_port"];
        let ports: std::collections::BTreeSet<u64> =
            names.iter().map(|name| file[name].as_u64().unwrap()).collect();
        assert_eq!(ports.len(), 5);
        assert_eq!(file["key"].as_str().unwrap().len(), 64);
        assert_ne!(file["key"], second["key"]);
    }

    #[test]
    fn connecting_fails_before_the_kernel_listens() {
        let rendezvous = Rendezvous::new("x", &TempRoot::default()).unwrap();
        assert!(rendezvous.connect().is_err());
    }
}
