//! Ends this process without the kernel's wait for file descriptors.
//!
//! Linux takes up to 15 ms to close an inotify instance that watches folders, and the parent learns of the
//! end of a process only after that. A child that shares the descriptors and ends at the same time takes
//! over this wait.

#![expect(unsafe_code, reason = "`clone` without a copy of the memory has no safe wrapper")]

use std::ffi::c_int;

/// Ends the process with this status. Nothing is dropped or flushed.
pub(in crate::exec) fn exit_at_once(status: u8) -> ! {
    #[cfg(target_os = "linux")]
    share_descriptors();
    // SAFETY: it has no preconditions.
    unsafe { libc::_exit(c_int::from(status)) }
}

/// Starts a child that shares the file descriptors and ends at once.
#[cfg(target_os = "linux")]
fn share_descriptors() {
    use std::ffi::c_void;

    /// The stack of a child that makes one system call.
    const STACK_BYTES: usize = 16 << 10;

    extern "C" fn end(_: *mut c_void) -> c_int {
        // SAFETY: it has no preconditions.
        unsafe { libc::_exit(0) }
    }

    let mut stack = vec![0_u128; STACK_BYTES / size_of::<u128>()];
    let top = stack.as_mut_ptr_range().end;
    // The child uses our memory; we continue when it no longer does.
    let flags = libc::CLONE_VM | libc::CLONE_VFORK;
    // SAFETY: the child runs only `end`, on a stack of its own that is aligned, large enough and lives until
    // the child has ended. If it cannot be started, this process itself waits.
    unsafe { libc::clone(end, top.cast(), flags, std::ptr::null_mut()) };
}
