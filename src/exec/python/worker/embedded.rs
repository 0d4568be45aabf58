//! The embedded interpreter: loads a libpython and serves as a Python worker in this program. The
//! only file that calls Python.
//!
//! The program is not linked to a libpython: it must start where there is none, or another one than
//! where it was built. The worker loads that of the chosen Python by its path and looks up the few
//! functions it needs. They belong to the stable ABI, so one build can embed any Python since 3.9.

#![expect(unsafe_code, reason = "calls a library that is loaded at run time")]

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_longlong, c_void};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;
use std::ptr;
use std::sync::OnceLock;

use pyo3::ffi::{METH_NOARGS, METH_O, PyMethodDef, PyMethodDefPointer, PyObject};

use super::zygote::BOOT;

/// How `Py_CompileString` reads a whole file.
const FILE_INPUT: c_int = 257;

/// The library, once it is loaded.
static LIBRARY: OnceLock<LibPython> = OnceLock::new();

/// The functions of a loaded libpython, with the signatures of Python's stable ABI.
struct LibPython {
    start: unsafe extern "C" fn(install_signal_handlers: c_int),
    compile: unsafe extern "C" fn(*const c_char, *const c_char, c_int) -> *mut PyObject,
    execute: unsafe extern "C" fn(*const c_char, *mut PyObject, *const c_char) -> *mut PyObject,
    print_error: unsafe extern "C" fn(),
    has_error: unsafe extern "C" fn() -> *mut PyObject,
    add_module: unsafe extern "C" fn(*const c_char) -> *mut PyObject,
    new_function:
        unsafe extern "C" fn(*mut PyMethodDef, *mut PyObject, *mut PyObject) -> *mut PyObject,
    set_attribute: unsafe extern "C" fn(*mut PyObject, *const c_char, *mut PyObject) -> c_int,
    to_integer: unsafe extern "C" fn(*mut PyObject) -> c_longlong,
    from_integer: unsafe extern "C" fn(c_longlong) -> *mut PyObject,
    /// `Py_UTF8Mode`, in libraries that have it.
    utf8_mode: *mut c_int,
}

// SAFETY: the pointers are addresses in a library that is never unloaded.
unsafe impl Send for LibPython {}
// SAFETY: as above; the worker calls them on one thread only.
unsafe impl Sync for LibPython {}

impl LibPython {
    /// Loads the library at a path. Its symbols become visible to extension modules, which are not
    /// linked to it.
    fn load(path: &OsStr) -> Result<Self, String> {
        let path = CString::new(path.as_bytes()).map_err(|error| error.to_string())?;
        // SAFETY: the path is zero-terminated, and this is the only thread.
        let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
        if library.is_null() {
            return Err(loader_error());
        }
        // SAFETY: each field has the signature of its function, which all versions keep.
        unsafe {
            Ok(Self {
                start: function(library, c"Py_InitializeEx")?,
                compile: function(library, c"Py_CompileString")?,
                execute: function(library, c"PyImport_ExecCodeModuleEx")?,
                print_error: function(library, c"PyErr_Print")?,
                has_error: function(library, c"PyErr_Occurred")?,
                add_module: function(library, c"PyImport_AddModule")?,
                new_function: function(library, c"PyCFunction_NewEx")?,
                set_attribute: function(library, c"PyObject_SetAttrString")?,
                to_integer: function(library, c"PyLong_AsLongLong")?,
                from_integer: function(library, c"PyLong_FromLongLong")?,
                utf8_mode: libc::dlsym(library, c"Py_UTF8Mode".as_ptr()).cast(),
            })
        }
    }

    /// Starts the interpreter and runs the worker's code until the program that started it ends.
    /// Returns `None` after an error, which Python holds.
    ///
    /// # Safety
    /// No interpreter runs yet, and this is the only thread.
    unsafe fn serve(&self) -> Option<()> {
        let boot = CString::new(BOOT).expect("the worker's code has no zero byte");
        // SAFETY: the argument requests Python's signal handlers, which turn SIGINT into a
        // KeyboardInterrupt. From here on this thread holds the GIL; all pointers are checked, and
        // all strings are zero-terminated.
        unsafe {
            (self.start)(1);
            self.add_functions()?;
            let code = some((self.compile)(boot.as_ptr(), c"<livedeck>".as_ptr(), FILE_INPUT))?;
            let (name, file) = (c"_livedeck_boot".as_ptr(), c"<livedeck>".as_ptr());
            some((self.execute)(name, code, file)).map(drop)
        }
    }

    /// Makes the module `_livedeck`, with functions that Python's own `os` does not have.
    ///
    /// # Safety
    /// The interpreter runs, and this thread holds the GIL.
    unsafe fn add_functions(&self) -> Option<()> {
        let set_owner = PyMethodDefPointer { PyCFunction: set_owner };
        let die_with_parent = PyMethodDefPointer { PyCFunction: die_with_parent };
        // SAFETY: Python keeps the definitions, which are leaked. The module is borrowed, and stays
        // in `sys.modules`.
        unsafe {
            let module = some((self.add_module)(c"_livedeck".as_ptr()))?;
            for (name, function, flags) in [
                (c"set_owner", set_owner, METH_O),
                (c"die_with_parent", die_with_parent, METH_NOARGS),
            ] {
                let definition = PyMethodDef {
                    ml_name: name.as_ptr(),
                    ml_meth: function,
                    ml_flags: flags,
                    ml_doc: ptr::null(),
                };
                let definition = Box::leak(Box::new(definition));
                let none = ptr::null_mut();
                let function = some((self.new_function)(definition, none, none))?;
                if (self.set_attribute)(module, name.as_ptr(), function) != 0 {
                    return None;
                }
            }
        }
        Some(())
    }
}

/// Looks up a function.
///
/// # Safety
/// `F` is a function pointer with the signature of that function.
unsafe fn function<F: Copy>(library: *mut c_void, name: &CStr) -> Result<F, String> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
    // SAFETY: the library is loaded and the name zero-terminated.
    let address = unsafe { libc::dlsym(library, name.as_ptr()) };
    if address.is_null() {
        return Err(format!("the library has no `{}`", name.to_string_lossy()));
    }
    // SAFETY: the address is that of the function, and function pointers are as large.
    Ok(unsafe { std::mem::transmute_copy(&address) })
}

/// Returns why the loader failed.
fn loader_error() -> String {
    // SAFETY: the message is null or zero-terminated, and valid until the next call of the loader.
    let message = unsafe { libc::dlerror() };
    if message.is_null() {
        return "the library cannot be loaded".to_owned();
    }
    // SAFETY: as above.
    unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned()
}

fn some(object: *mut PyObject) -> Option<*mut PyObject> {
    Some(object).filter(|object| !object.is_null())
}

/// `set_owner(owner)`: tags this process and those that it will start as this owner's, where the system
/// has tags: see `exec/os/process_tag.rs`.
unsafe extern "C" fn set_owner(_: *mut PyObject, owner: *mut PyObject) -> *mut PyObject {
    let Some(python) = LIBRARY.get() else { return ptr::null_mut() };
    // SAFETY: Python calls this with the GIL held and a valid object.
    unsafe {
        let owner = (python.to_integer)(owner);
        if owner == -1 && !(python.has_error)().is_null() {
            return ptr::null_mut();
        }
        tag(owner);
        (python.from_integer)(0)
    }
}

/// `die_with_parent()`: makes the kernel kill this process when its parent ends.
unsafe extern "C" fn die_with_parent(_: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    let Some(python) = LIBRARY.get() else { return ptr::null_mut() };
    // SAFETY: Python calls this with the GIL held.
    unsafe { (python.from_integer)(0) }
}

/// Tags this process with an owner.
fn tag(owner: c_longlong) {
    let _ = owner;
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { current, maximum } = getrlimit(Resource::Rss);
        let owner = u32::try_from(owner).ok().map(u64::from);
        if let (Some(tag), Some(owner)) = (current.filter(|current| current >> 62 == 1), owner) {
            let _ = setrlimit(
                Resource::Rss,
                Rlimit { current: Some(tag >> 32 << 32 | owner), maximum },
            );
        }
    }
}

/// Turns on UTF-8 mode where `python3` would: an embedded interpreter ignores `PYTHONUTF8`, which is set
/// for the worker if the locale is `C`.
#[expect(clippy::disallowed_methods, reason = "reads a variable of the worker")]
fn set_utf8_mode(python: &LibPython) {
    if std::env::var_os("PYTHONUTF8").is_none_or(|value| value != "1") {
        return;
    }
    // SAFETY: the symbol is a C integer that nothing reads before the interpreter starts.
    if let Some(mode) = unsafe { python.utf8_mode.as_mut() } {
        *mode = 1;
    }
}

/// Loads the library, starts its interpreter and serves until the program that started this one ends.
pub(in crate::exec::python) fn serve(library: &OsStr) -> ExitCode {
    let python = match LibPython::load(library) {
        Ok(python) => LIBRARY.get_or_init(|| python),
        Err(why) => {
            // The parent quotes the last line, and starts Python itself instead.
            let _ = writeln!(std::io::stderr(), "{}: {why}", library.display());
            return ExitCode::FAILURE;
        }
    };
    set_utf8_mode(python);
    // SAFETY: `main` calls this first, so no other thread and no interpreter run yet.
    if unsafe { python.serve() }.is_some() {
        return ExitCode::SUCCESS;
    }
    // SAFETY: the interpreter runs, and this thread holds the GIL.
    unsafe { (python.print_error)() };
    ExitCode::FAILURE
}
