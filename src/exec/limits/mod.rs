//! Limits on what runs do to the machine: the process limit, and the watchdog that cleans up when
//! livedeck is killed.

pub(in crate::exec) mod farewell;
pub(in crate::exec) mod process_limit;
pub(in crate::exec) mod watchdog;
mod watchdog_input;
