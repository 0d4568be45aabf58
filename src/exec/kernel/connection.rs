//! How we and a kernel meet: free ports on the loopback interface, a key, and the file that tells the
//! kernel both, which only its user can read.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use serde::Serialize;
use tempfile::TempDir;

use super::message::{Messages, hex};
use super::zmtp::{Frames, ZmtpConnection, ZmtpRole};
use crate::exec::os::temp_dir::TempRoot;
use crate::exec::os::wait::poll;
use crate::files;

/// How long a kernel may take to accept bytes. Its sockets read on their own thread.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes to read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// How many of them to read before other files get attention.
const MAX_CHUNKS: usize = 16;

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
    stream: TcpStream,
    protocol: ZmtpConnection,
}

impl KernelSocket {
    fn connect(channel: KernelChannel, port: u16, identity: &[u8]) -> io::Result<Self> {
        // On this interface, the answer comes at once.
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let stream = TcpStream::connect_timeout(&address, SEND_TIMEOUT)?;
        let is_own = stream.local_addr()? == address;
        if is_own {
            // No one listened on the port, so the system gave it to our end: we are connected to ourselves.
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
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
        let (mut messages, mut buffer) = (Vec::new(), vec![0; CHUNK_BYTES]);
        for _ in 0..MAX_CHUNKS {
            let end = match rustix::io::read(&self.stream, &mut buffer) {
                Ok(0) => Some("it closed its connection".to_owned()),
                Ok(count) => self.accept(&buffer[..count], &mut messages).err(),
                Err(rustix::io::Errno::INTR) => None,
                Err(rustix::io::Errno::AGAIN) => break,
                Err(error) => Some(error.to_string()),
            };
            if end.is_some() {
                return (messages, end);
            }
        }
        (messages, None)
    }

    fn accept(&mut self, bytes: &[u8], messages: &mut Vec<Frames>) -> Result<(), String> {
        messages.extend(self.protocol.receive(bytes)?);
        self.flush().map_err(|error| error.to_string())
    }

    fn flush(&mut self) -> io::Result<()> {
        let outgoing = self.protocol.outgoing();
        while !outgoing.is_empty() {
            match rustix::io::write(&self.stream, outgoing) {
                Ok(count) => drop(outgoing.drain(..count)),
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => {
                    let mut file = [PollFd::new(&self.stream, PollFlags::OUT)];
                    if poll(&mut file, Some(SEND_TIMEOUT)) == 0 {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
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
