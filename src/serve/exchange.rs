//! What the talk and its web server tell each other.

use std::sync::atomic::AtomicBool;

use parking_lot::Mutex;

use super::renderer::RenderedPage;
use crate::app::ServeReport;
use crate::control::TalkCall;

/// What a client asks of the talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServeEvent {
    /// Publish what is shown.
    Refresh,
    /// Handle a call of a remote, and answer it.
    Call(ServeCallId, TalkCall),
    /// How many follow the talk.
    Audience(ServeReport),
}

/// Identifies a call until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServeCallId(pub(super) u64);

/// What the talk, the renderer and the server share.
#[derive(Debug, Default)]
pub(super) struct WebShared {
    /// A new page.
    pub(super) page: Mutex<Option<RenderedPage>>,
    pub(super) answers: Mutex<Vec<(ServeCallId, Result<(), String>)>>,
    pub(super) has_clients: AtomicBool,
    pub(super) is_over: AtomicBool,
}
