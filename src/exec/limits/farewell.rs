//! What is sent to another program when this one is killed and cannot do so itself: the watchdog does.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use super::watchdog;
use super::watchdog_input;

/// Bytes that are sent to an address if this program is killed.
#[derive(Debug)]
pub(in crate::exec) struct Farewell(u32);

impl Farewell {
    /// Hands over the bytes, and where to send them, if there is a watchdog.
    pub(in crate::exec) fn new(address: SocketAddr, bytes: &[u8]) -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        watchdog::send(&watchdog_input::farewell(number, address, bytes));
        Self(number)
    }

    /// The bytes are no longer needed.
    pub(in crate::exec) fn cancel(self) {
        watchdog::send(&watchdog_input::cancel(self.0));
    }
}
