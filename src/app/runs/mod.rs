//! Runs: which block starts when, and what its events change.

pub(super) mod autorun;
pub(super) mod bench;
pub(super) mod output;
pub(super) mod replay;
pub(super) mod schedule;
pub(super) mod session;
pub(super) mod stop;
