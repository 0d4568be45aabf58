//! What a kernel's thread needs of a kernel, wherever it runs.

use std::time::Duration;

use rustix::event::PollFd;
use serde_json::Value;

use super::connection::KernelChannel;
use super::message::KernelMessage;
use crate::exec::os::child::ChildStatus;

/// A kernel that was started.
pub(super) trait RunningKernel: Send {
    /// Returns whether it runs code, or did so until it was killed.
    fn is_ready(&self) -> bool;

    /// Returns its language and version, as far as it has told them.
    fn label(&self) -> Option<&str>;

    /// Returns how it ended, if it has. Everything that it sent was received before.
    fn end(&self) -> Option<ChildStatus>;

    /// Returns what its process itself has written last.
    fn log(&mut self) -> String;

    /// Returns the files to wait for.
    fn files(&self) -> Vec<PollFd<'_>>;

    /// Returns how long to wait for these files at most.
    fn timeout(&self) -> Option<Duration>;

    /// Does what is due: connects, asks, reads. Returns the messages about runs.
    ///
    /// # Errors
    /// It cannot be talked to: a message. It has to be killed.
    fn step(&mut self) -> Result<Vec<(KernelChannel, KernelMessage)>, String>;

    /// Sends a message. Returns its id.
    ///
    /// # Errors
    /// The connection is closed: a message.
    fn request(
        &mut self,
        channel: KernelChannel,
        kind: &str,
        content: &Value,
        parent: Option<&Value>,
    ) -> Result<String, String>;

    /// Interrupts what it runs, in the way that its specification asks for.
    fn interrupt(&mut self);

    /// Kills it and all processes that it started.
    fn kill(&mut self);
}
