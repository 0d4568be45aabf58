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
        return Err("a sandbox needs Linux, because it uses Landlock and seccomp");
    }
    gaps(landlock_abi(), has_seccomp())
}

fn gaps(abi: i64, has_seccomp: bool) -> Result<Vec<&'static str>, &'static str> {
    if abi < MIN_ABI {
        return Err(
            "a sandbox needs Landlock, which this kernel lacks or has not enabled: Linux 5.19 or \
             later with `landlock` in its `lsm=`",
        );
    }
    let mut gaps = Vec::new();
    let mut gap = |is_covered: bool, what| gaps.extend((!is_covered).then_some(what));
    gap(abi >= 3, "truncating your files (needs Linux 6.2)");
    gap(abi >= 4 || has_seccomp, "TCP connections (needs Linux 6.7)");
    gap(abi >= 6, "signals to your other programs (needs Linux 6.12)");
    gap(has_seccomp, "UDP, the session's sockets, file modes (needs seccomp)");
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
        assert_eq!(gaps(7, true), Ok(vec![]));
        assert!(gaps(0, true).is_err() && gaps(1, true).is_err());
        assert_eq!(gaps(5, true).unwrap(), ["signals to your other programs (needs Linux 6.12)"]);
        assert_eq!(gaps(3, true).unwrap().len(), 1, "seccomp refuses sockets altogether");
        assert_eq!(gaps(3, false).unwrap().len(), 3);
        assert_eq!(gaps(2, true).unwrap().len(), 2);
    }
}
