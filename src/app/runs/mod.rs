//! Runs: which cell starts when, and what its events change.

pub(super) mod autorun;
mod bench;
pub(super) mod events;
pub(super) mod kernels;
pub(super) mod output;
pub(super) mod replay;
pub(super) mod schedule;
pub(super) mod session;
pub(super) mod stop;
