//! Time slices. Processes that we start get short ones: they soon make way for us, when they have
//! written something, and for the terminal emulator that shows it.
//!
//! On a virtual machine a CPU that looks busy is avoided, and one that sleeps looks taken: a woken
//! thread waits there for the end of a time slice, up to 3 ms. Measured as the time from a key to a
//! block's output; one run in three took that much longer.

#![expect(unsafe_code, reason = "time slices have no safe interface")]

use rustix::process::Pid;

/// The shortest time slice that Linux gives, in nanoseconds (`kernel/sched/syscalls.c`, since 6.12).
/// Older kernels have none per process.
#[cfg(target_os = "linux")]
const MIN_SLICE_NS: u64 = 100_000;

/// Gives a process, and all that it will start, the shortest time slices. Its share of CPU time stays
/// the same.
pub(in crate::exec) fn shorten_time_slice(process: Pid) {
    #[cfg(target_os = "linux")]
    {
        let attributes = libc::sched_attr {
            size: std::mem::size_of::<libc::sched_attr>() as u32,
            sched_policy: 0,
            sched_flags: libc::SCHED_FLAG_KEEP_POLICY as u64,
            sched_nice: rustix::process::getpriority_process(Some(process)).unwrap_or(0),
            sched_priority: 0,
            sched_runtime: MIN_SLICE_NS,
            sched_deadline: 0,
            sched_period: 0,
        };
        let process = process.as_raw_nonzero().get();
        // SAFETY: the structure has the size it states, and is only read. If the system has no such
        // call, or refuses it, nothing changes.
        unsafe { libc::syscall(libc::SYS_sched_setattr, process, &raw const attributes, 0) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = process;
}
