//! The integration tests, in one binary: it links the library once.
//!
//! All tests share one process. A test must not change the environment, the working directory, the
//! umask, signal handlers or resource limits of its own process, nor leave a descriptor inheritable:
//! it sets them in the child it starts. Programs that tests write are made by
//! [`harness::write_program`].

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests read files, start programs and may panic"
)]

mod architecture;
mod cli;
mod exec;
mod format;
mod fuzz;
mod harness;
mod present;
mod shipped;
