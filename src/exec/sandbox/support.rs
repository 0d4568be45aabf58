//! Which parts of the sandbox this machine's kernel supports. The question whether a deck may run names
//! the gaps before it is answered.

#![cfg_attr(
    target_os = "linux",
    expect(unsafe_code, reason = "querying the kernel has no safe interface")
)]

/// The oldest Landlock with which programs work: older ones forbid moving files between folders.
const MIN_ABI: i64 = 2;

/// Returns what the sandbox cannot prevent on this machine; empty if it keeps all its promises.
///
/// # Errors
/// This machine cannot have a sandbox, and why.
pub fn support() -> Result<Vec<&'static str>, &'static str> {
    if !cfg!(target_os = "linux") {
        return Err("a sandbox needs Linux: it is made of Landlock and seccomp");
    }
    judge(landlock_abi(), has_seccomp())
}

fn judge(abi: i64, has_seccomp: bool) -> Result<Vec<&'static str>, &'static str> {
    if abi < MIN_ABI {
        return Err(
            "a sandbox needs Landlock, which this kernel does not have, or not switched on: \
                    Linux 5.19 or later with `landlock` among its `lsm=`",
        );
    }
    let mut gaps = Vec::new();
    let mut gap = |is_held: bool, what| gaps.extend((!is_held).then_some(what));
    gap(abi >= 3, "emptying your files (Linux 6.2 holds it)");
    gap(abi >= 4 || has_seccomp, "TCP connections (Linux 6.7 holds them)");
    gap(abi >= 6, "signals to your other programs (Linux 6.12 holds them)");
    gap(has_seccomp, "UDP, the session's sockets, modes of your files (seccomp holds them)");
    Ok(gaps)
}

/// Returns the version of Landlock, or 0 if there is none.
#[cfg(target_os = "linux")]
fn landlock_abi() -> i64 {
    const VERSION: libc::c_uint = 1;
    // SAFETY: with this flag the call reads no memory of ours and creates nothing.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<libc::c_void>(),
            0_usize,
            VERSION,
        )
    };
    version.max(0)
}

/// Returns whether system calls can be filtered, and there is a filter for this architecture.
#[cfg(target_os = "linux")]
pub(super) fn has_seccomp() -> bool {
    let action = libc::SECCOMP_RET_ERRNO;
    // SAFETY: reads one number, and only returns whether the kernel knows it.
    let known = unsafe {
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_GET_ACTION_AVAIL, 0, &raw const action)
    };
    known == 0 && cfg!(any(target_arch = "x86_64", target_arch = "aarch64"))
}

#[cfg(not(target_os = "linux"))]
fn landlock_abi() -> i64 {
    0
}

#[cfg(not(target_os = "linux"))]
fn has_seccomp() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_kernel_features_are_named() {
        assert_eq!(judge(7, true), Ok(vec![]));
        assert!(judge(0, true).is_err() && judge(1, true).is_err());
        assert_eq!(
            judge(5, true).unwrap(),
            ["signals to your other programs (Linux 6.12 holds them)"]
        );
        assert_eq!(judge(3, true).unwrap().len(), 1, "seccomp refuses sockets altogether");
        assert_eq!(judge(3, false).unwrap().len(), 3);
        assert_eq!(judge(2, true).unwrap().len(), 2);
    }
}
