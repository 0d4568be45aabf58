//! The embedded interpreter: what this program does when it is started as a Python worker. The only
//! file that names `PyO3`, and the only one that needs a libpython.

#![expect(unsafe_code, reason = "`PyO3` starts no interpreter that reacts to ctrl-c")]

use std::ffi::CString;
use std::process::ExitCode;

use pyo3::prelude::*;

use super::zygote::BOOT;

/// What Python's own `os` cannot do.
#[pymodule]
mod _livedeck {
    use pyo3::prelude::*;

    /// MarkScanner this process, and what it will start, as this owner's, where its kind has a tag: see
    /// `exec/tree/tag.rs`.
    #[pyfunction]
    fn belong(owner: u32) {
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

    /// Has the system kill this process when the one that forked it ends.
    #[pyfunction]
    fn die_with_parent() {
        #[cfg(target_os = "linux")]
        let _ =
            rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    }
}

/// Turns UTF-8 mode on where `python3` would: an interpreter that is embedded does not look at
/// `PYTHONUTF8`, which is set for the worker where the locale is `C`.
#[expect(clippy::disallowed_methods, reason = "a variable of the worker's own")]
fn decide_on_utf8() {
    if std::env::var_os("PYTHONUTF8").is_none_or(|value| value != "1") {
        return;
    }
    // SAFETY: looks a symbol up by a name that ends with a zero byte. Libraries that have it have an
    // integer of C there, which nobody reads before the interpreter starts.
    unsafe {
        let mode = libc::dlsym(libc::RTLD_DEFAULT, c"Py_UTF8Mode".as_ptr());
        if let Some(mode) = mode.cast::<libc::c_int>().as_mut() {
            *mode = 1;
        }
    }
}

/// Starts the interpreter and serves; ends when the program that started it does.
pub(in crate::exec::python) fn serve() -> ExitCode {
    pyo3::append_to_inittab!(_livedeck);
    decide_on_utf8();
    // SAFETY: no interpreter runs yet and this is the main thread, the only one. The argument asks
    // for Python's signal handlers, so that SIGINT becomes a KeyboardInterrupt; `PyO3`'s own start
    // leaves them out. The thread state is given up for `attach` to take.
    unsafe {
        pyo3::ffi::Py_InitializeEx(1);
        pyo3::ffi::PyEval_SaveThread();
    }
    let boot = CString::new(BOOT).expect("no text of ours holds a zero byte");
    Python::attach(|py| {
        let Err(error) = PyModule::from_code(py, &boot, c"<livedeck>", c"_livedeck_boot") else {
            return ExitCode::SUCCESS;
        };
        error.print(py);
        ExitCode::FAILURE
    })
}
