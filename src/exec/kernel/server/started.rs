//! A kernel that a server has started for us, and its end: it is deleted when no one uses it any more, also
//! by the watchdog if we are killed.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use parking_lot::Mutex;

use super::api::ServerApi;
use crate::exec::limits::farewell::Farewell;

/// A kernel on a server. It is deleted when this is dropped, in the background.
pub(super) struct StartedKernel {
    id: String,
    api: Arc<ServerApi>,
    farewell: Option<Farewell>,
    alive: Option<LiveGuard>,
}

/// The kernels of the talk that servers have started, and that are not deleted yet.
pub(in crate::exec::kernel) struct LiveKernels {
    guard: Mutex<Option<LiveGuard>>,
    /// Ends with the last guard.
    ended: Receiver<()>,
}

/// Proof that a kernel may be there.
#[derive(Clone)]
pub(super) struct LiveGuard {
    _ended: Sender<()>,
}

impl Default for LiveKernels {
    fn default() -> Self {
        let (sender, ended) = bounded(0);
        Self { guard: Mutex::new(Some(LiveGuard { _ended: sender })), ended }
    }
}

impl LiveKernels {
    /// Returns a guard for a kernel, unless the talk has ended.
    pub(super) fn guard(&self) -> Option<LiveGuard> {
        self.guard.lock().clone()
    }

    /// Lets no kernel start any more, and waits until all are deleted. The watchdog deletes the others.
    pub(in crate::exec::kernel) fn end(&self, timeout: Duration) {
        drop(self.guard.lock().take());
        let _ = self.ended.recv_timeout(timeout);
    }
}

impl StartedKernel {
    /// Has a server start a kernel, and waits for it.
    ///
    /// # Errors
    /// It cannot: a message.
    pub(super) fn start(
        name: &str,
        api: &Arc<ServerApi>,
        alive: LiveGuard,
    ) -> Result<Self, String> {
        let (id, address) = api.start(name)?;
        let farewell = Farewell::new(address, &api.delete_request(&id));
        Ok(Self { id, api: api.clone(), farewell: Some(farewell), alive: Some(alive) })
    }

    /// Returns its id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Interrupts what it runs, in the background.
    pub(super) fn interrupt(&self) {
        let (api, id) = (self.api.clone(), self.id.clone());
        let thread = thread::Builder::new().name("kernel interrupt".to_owned());
        // If it fails, the connection breaks as well, or the speaker kills the kernel.
        let _ = thread.spawn(move || api.interrupt(&id));
    }
}

impl Drop for StartedKernel {
    fn drop(&mut self) {
        let (api, id) = (self.api.clone(), std::mem::take(&mut self.id));
        let (farewell, alive) = (self.farewell.take(), self.alive.take());
        let delete = move || {
            // If it fails, the watchdog tries again at the end.
            if let (Ok(()), Some(farewell)) = (api.delete(&id), farewell) {
                farewell.cancel();
            }
            drop(alive);
        };
        let _ = thread::Builder::new().name("kernel end".to_owned()).spawn(delete);
    }
}
