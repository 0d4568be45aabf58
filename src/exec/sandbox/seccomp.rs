//! What Landlock does not cover: system calls that reach other processes, wide kernel interfaces, sockets
//! of families other than IPv4 and IPv6, and changes of files by path that Landlock does not check. Each
//! refused call fails with an error that programs can explain.

#![expect(unsafe_code, reason = "installs a filter of our own")]

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Is, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch,
};

/// The newest system call that was reviewed, `file_setattr` of Linux 6.17. Later ones do not exist for
/// a sandboxed program, because their effects are unknown. From 424 on the numbers are the same on all
/// architectures; those of the x32 interface are far above.
const LAST_KNOWN_CALL: u32 = 469;

/// Namespaces that a new process could be created in: each would give it rights inside.
const NAMESPACES: &[u64] = &[
    libc::CLONE_NEWNS as u64,
    libc::CLONE_NEWCGROUP as u64,
    libc::CLONE_NEWUTS as u64,
    libc::CLONE_NEWIPC as u64,
    libc::CLONE_NEWUSER as u64,
    libc::CLONE_NEWPID as u64,
    libc::CLONE_NEWNET as u64,
];

/// `ioctl`s that type into a terminal as its user would, or take over its console.
const REFUSED_IOCTLS: &[u64] = &[0x5412, 0x541C, 0x541D];

/// The only mode that a path can be given: nothing for others, everything for its owner. With the
/// sandbox's umask, linkers and `chmod +x` ask for this mode.
const OWNERS_MODE: u64 = 0o700;

/// The bits of a mode.
const MODE_BITS: u64 = 0o7777;

/// Calls that are always refused.
const REFUSED: &[c_long] = &[
    // Other processes.
    libc::SYS_kcmp,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    libc::SYS_pidfd_getfd,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_ioprio_set,
    // Memory and messages shared between a user's processes.
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    libc::SYS_msgctl,
    libc::SYS_msgget,
    libc::SYS_msgrcv,
    libc::SYS_msgsnd,
    libc::SYS_semctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_shmget,
    // Ways around this filter, and interfaces wider than a block of code needs.
    libc::SYS_bpf,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_lookup_dcookie,
    // Keys of the session.
    libc::SYS_add_key,
    libc::SYS_keyctl,
    libc::SYS_request_key,
    // Files: other views of the file system, watching other processes' use of it, and changes of a file
    // by path that Landlock does not check.
    libc::SYS_chroot,
    libc::SYS_fanotify_init,
    libc::SYS_fanotify_mark,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_inotify_add_watch,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_pivot_root,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_setns,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_fchownat,
    libc::SYS_lremovexattr,
    libc::SYS_lsetxattr,
    libc::SYS_removexattr,
    libc::SYS_setxattr,
    SETXATTRAT,
    REMOVEXATTRAT,
    OPEN_TREE_ATTR,
    FILE_SETATTR,
    // The machine.
    libc::SYS_acct,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_clock_settime,
    libc::SYS_delete_module,
    libc::SYS_finit_module,
    libc::SYS_init_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_setdomainname,
    libc::SYS_sethostname,
    libc::SYS_settimeofday,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_syslog,
    libc::SYS_vhangup,
];

/// Calls that exist only on x86-64.
#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[c_long] = &[
    libc::SYS_chown,
    libc::SYS_futimesat,
    libc::SYS_ioperm,
    libc::SYS_iopl,
    libc::SYS_kexec_file_load,
    libc::SYS_lchown,
    libc::SYS_modify_ldt,
    libc::SYS_utime,
    libc::SYS_utimes,
];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[c_long] = &[];

const SETXATTRAT: c_long = 463;
const REMOVEXATTRAT: c_long = 466;
const OPEN_TREE_ATTR: c_long = 467;
const FILE_SETATTR: c_long = 469;

/// Refused calls, each with the rules under which it is refused; no rules mean always.
type CallRules = BTreeMap<i64, Vec<SeccompRule>>;

/// Installs the filters for this process and its children.
pub(super) fn restrict(has_network: bool) -> Result<(), String> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|error| error.to_string())?;
    let failed = |error: &dyn std::fmt::Display| format!("seccomp: {error}");
    let refused = calls(has_network).map_err(|error| failed(&error))?;
    for (error, calls) in refused.into_iter().filter(|(_, calls)| !calls.is_empty()) {
        let action = SeccompAction::Errno(error.cast_unsigned());
        let filter = SeccompFilter::new(calls, SeccompAction::Allow, action, arch);
        let program = filter.and_then(BpfProgram::try_from).map_err(|error| failed(&error))?;
        seccompiler::apply_filter(&program).map_err(|error| failed(&error))?;
    }
    hide_unknown_calls().map_err(|error| failed(&error))
}

/// Returns the refused calls by the error they fail with.
fn calls(has_network: bool) -> Result<[(i32, CallRules); 3], seccompiler::BackendError> {
    let mut sockets: CallRules = CallRules::new();
    let mut network: CallRules = CallRules::new();
    let (v4, v6) = (libc::AF_INET as u64, libc::AF_INET6 as u64);
    sockets.insert(libc::SYS_socket, vec![all(&[(0, Is::Ne, v4), (0, Is::Ne, v6)])?]);
    if !has_network {
        let open = vec![all(&[(0, Is::Eq, v4)])?, all(&[(0, Is::Eq, v6)])?];
        network.insert(libc::SYS_socket, open);
    }
    // A pair of datagram sockets can be reconnected to any other socket of its family.
    let kind = |kind: libc::c_int| all(&[(1, Is::MaskedEq(0xf), u64::from(kind.cast_unsigned()))]);
    let pairs = vec![
        all(&[(0, Is::Ne, libc::AF_UNIX as u64)])?,
        kind(libc::SOCK_DGRAM)?,
        kind(libc::SOCK_RAW)?,
    ];
    sockets.insert(libc::SYS_socketpair, pairs);
    Ok([(libc::ENETDOWN, network), (libc::EAFNOSUPPORT, sockets), (libc::EPERM, not_permitted()?)])
}

/// Returns the calls that fail with `EPERM`.
fn not_permitted() -> Result<CallRules, seccompiler::BackendError> {
    let mut calls: CallRules =
        REFUSED.iter().chain(REFUSED_HERE).map(|call| (*call, Vec::new())).collect();
    let namespaces = NAMESPACES.iter().map(|flag| all(&[(0, Is::MaskedEq(*flag), *flag)]));
    calls.insert(libc::SYS_clone, namespaces.collect::<Result<_, _>>()?);
    let controls = REFUSED_IOCTLS.iter().map(|control| all(&[(1, Is::Eq, *control)]));
    calls.insert(libc::SYS_ioctl, controls.collect::<Result<_, _>>()?);
    // Priorities, limits and CPU affinity of processes other than the caller.
    for call in [
        libc::SYS_sched_setaffinity,
        libc::SYS_sched_setattr,
        libc::SYS_sched_setparam,
        libc::SYS_sched_setscheduler,
    ] {
        calls.insert(call, vec![all(&[(0, Is::Ne, 0)])?]);
    }
    let priorities =
        vec![all(&[(0, Is::Eq, u64::from(libc::PRIO_USER))])?, all(&[(1, Is::Ne, 0)])?];
    calls.insert(libc::SYS_setpriority, priorities);
    let limits = SeccompRule::new(vec![
        SeccompCondition::new(0, Length::Dword, Is::Ne, 0)?,
        SeccompCondition::new(2, Length::Qword, Is::Ne, 0)?,
    ])?;
    calls.insert(libc::SYS_prlimit64, vec![limits]);
    // Timestamps of a file by path; those of an open file may be set.
    let by_path = SeccompCondition::new(1, Length::Qword, Is::Ne, 0)?;
    calls.insert(libc::SYS_utimensat, vec![SeccompRule::new(vec![by_path])?]);
    #[cfg(target_arch = "x86_64")]
    calls.insert(libc::SYS_chmod, other_modes(1)?);
    calls.insert(libc::SYS_fchmodat, other_modes(2)?);
    calls.insert(libc::SYS_fchmodat2, other_modes(2)?);
    Ok(calls)
}

/// Returns rules that match every mode but [`OWNERS_MODE`] in this argument: one for each wrong bit.
fn other_modes(argument: u8) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let bits = (0..12).map(|bit| 1_u64 << bit).filter(|bit| bit & MODE_BITS != 0);
    let wrong = bits.map(|bit| {
        let is_set = if OWNERS_MODE & bit == 0 { bit } else { 0 };
        all(&[(argument, Is::MaskedEq(bit), is_set)])
    });
    wrong.collect()
}

/// Returns a rule that matches if all conditions do. The values are 32-bit.
fn all(conditions: &[(u8, Is, u64)]) -> Result<SeccompRule, seccompiler::BackendError> {
    let conditions = conditions
        .iter()
        .map(|(argument, is, value)| {
            SeccompCondition::new(*argument, Length::Dword, is.clone(), *value)
        })
        .collect::<Result<_, _>>()?;
    SeccompRule::new(conditions)
}

/// Makes calls that were not reviewed, and `clone3`, whose flags no filter can read, fail as on a kernel
/// without them.
fn hide_unknown_calls() -> std::io::Result<()> {
    let step =
        |code: u32, jt: u8, jf: u8, k: u32| libc::sock_filter { code: code as u16, jt, jf, k };
    let jump = |test: u32| libc::BPF_JMP | test | libc::BPF_K;
    let missing = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned();
    let clone3 = libc::SYS_clone3 as u32;
    let mut program = [
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        step(jump(libc::BPF_JEQ), 1, 0, clone3),
        step(jump(libc::BPF_JGT), 0, 1, LAST_KNOWN_CALL),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, missing),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let filter = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    // SAFETY: the kernel copies the program, which lives until the call returns. The process has
    // `no_new_privs` by now, or the call fails.
    let done =
        unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const filter) };
    if done == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}
