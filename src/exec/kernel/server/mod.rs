//! Kernels of a Jupyter server that runs already: it starts and ends them (`api`, over `http`), and passes
//! their messages on through a WebSocket (`websocket`, `channel`). They are deleted with the talk.

mod api;
mod channel;
mod http;
mod kernel;
mod started;
#[cfg(test)]
mod tests;
mod websocket;

pub use api::ServerSpecs;
pub(super) use api::{ServerApi, ServerSpec};
pub(super) use kernel::ServerKernel;
pub(super) use started::LiveKernels;
