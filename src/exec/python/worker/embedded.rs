//! The embedded interpreter: serves as a Python worker in this program. The only file that uses `PyO3`
//! and needs a libpython.

#![expect(unsafe_code, reason = "`PyO3` starts no interpreter that handles ctrl-c")]

use std::ffi::CString;
use std::process::ExitCode;

use pyo3::prelude::*;

use super::zygote::BOOT;

/// Functions that Python's own `os` does not have.
#[pymodule]
mod _livedeck {
    use pyo3::prelude::*;

    /// Tags this process and those that it will start as this owner's, where the system has tags: see
    /// `exec/os/process_tag.rs`.
    #[pyfunction]
    fn set_owner(owner: u32) {
        let _ = owner;
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
            let Rlimit { current, maximum } = getrlimit(Resource::Rss);
            if let Some(tag) = current.filter(|current| current >> 62 == 1) {
                let current = Some(tag >> 32 << 32 | u64::from(owner));
                let _ = setrlimit(Resource::Rss, Rlimit { current, maximum });
            }
        }
    }

    /// Makes the kernel kill this process when its parent ends.
    #[pyfunction]
    fn die_with_parent() {
        #[cfg(target_os = "linux")]
        let _ =
            rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    }
}

/// Turns on UTF-8 mode where `python3` would: an embedded interpreter ignores `PYTHONUTF8`, which is set
/// for the worker if the locale is `C`.
#[expect(clippy::disallowed_methods, reason = "reads a variable of the worker")]
fn set_utf8_mode() {
    if std::env::var_os("PYTHONUTF8").is_none_or(|value| value != "1") {
        return;
    }
    // SAFETY: looks up a symbol by a zero-terminated name. In libraries that have it, it is a C integer
    // that nothing reads before the interpreter starts.
    unsafe {
        let mode = libc::dlsym(libc::RTLD_DEFAULT, c"Py_UTF8Mode".as_ptr());
        if let Some(mode) = mode.cast::<libc::c_int>().as_mut() {
            *mode = 1;
        }
    }
}

/// Starts the interpreter and serves until the program that started it ends.
pub(in crate::exec::python) fn serve() -> ExitCode {
    pyo3::append_to_inittab!(_livedeck);
    set_utf8_mode();
    // SAFETY: no interpreter runs yet, and this is the only thread. The argument requests Python's
    // signal handlers, which turn SIGINT into a KeyboardInterrupt and which `PyO3` does not install.
    // The thread state is released for `attach`.
    unsafe {
        pyo3::ffi::Py_InitializeEx(1);
        pyo3::ffi::PyEval_SaveThread();
    }
    let boot = CString::new(BOOT).expect("the worker's code has no zero byte");
    Python::attach(|py| {
        let Err(error) = PyModule::from_code(py, &boot, c"<livedeck>", c"_livedeck_boot") else {
            return ExitCode::SUCCESS;
        };
        error.print(py);
        ExitCode::FAILURE
    })
}
