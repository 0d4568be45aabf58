//! How long a process keeps a processor to itself. What is started here makes way soon: for us, when
//! it has written something, and for the terminal that shows what we draw.
//!
//! A processor that looks busy is not left alone on a virtual machine, where one that sleeps looks
//! taken: who is woken up waits there for the end of a turn, up to 3 ms. Measured as the time from a
//! key to a block's output, where one run in three took that much longer.

#![expect(unsafe_code, reason = "turns have no safe interface")]

use rustix::process::Pid;

/// The shortest turn that Linux gives, in nanoseconds: `kernel/sched/syscalls.c`, since 6.12. Older
/// ones know no turns of a process's own.
#[cfg(target_os = "linux")]
const SHORTEST: u64 = 100_000;

/// Gives a process, and all that it will start, the shortest turns; no less time in all.
pub(in crate::exec) fn shorten(process: Pid) {
    #[cfg(target_os = "linux")]
    {
        let attributes = libc::sched_attr {
            size: std::mem::size_of::<libc::sched_attr>() as u32,
            sched_policy: 0,
            sched_flags: libc::SCHED_FLAG_KEEP_POLICY as u64,
            sched_nice: rustix::process::getpriority_process(Some(process)).unwrap_or(0),
            sched_priority: 0,
            sched_runtime: SHORTEST,
            sched_deadline: 0,
            sched_period: 0,
        };
        let process = process.as_raw_nonzero().get();
        // SAFETY: the structure has the size that it tells, and is only read. Where the system knows
        // no such call, or refuses it, nothing is changed.
        unsafe { libc::syscall(libc::SYS_sched_setattr, process, &raw const attributes, 0) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = process;
}
