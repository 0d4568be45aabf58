//! What a compiled module of a Python depends on.

use std::fmt;
use std::sync::Arc;

/// The binary interface of a Python: modules that are compiled for one Python work in all with the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PythonAbi {
    /// The implementation's name, in lower case: `cpython`.
    pub(super) implementation: String,
    /// The version: major, minor.
    pub(super) version: (u32, u32),
    /// Letters for the variants of a build: `d` for debugging, `t` without a global lock.
    pub(super) flags: String,
}

/// Returns the binary interface of the deck's Python, which may be chosen first, or why there is none.
pub(super) type PythonAbiSource = Arc<dyn Fn() -> Result<PythonAbi, String> + Send + Sync>;

impl PythonAbi {
    /// Returns the interface of a Python by what it says of itself.
    pub(super) fn new(implementation: &str, version: (u32, u32), flags: &str) -> Self {
        // The name becomes that of a folder.
        let implementation = implementation.chars().filter(char::is_ascii_alphanumeric).collect();
        let flags = ['d', 't'].into_iter().filter(|letter| flags.contains(*letter)).collect();
        Self { implementation, version, flags }
    }

    /// Returns the content of a `PYO3_CONFIG_FILE` for this Python.
    pub(super) fn pyo3_config(&self) -> String {
        let implementation = match &*self.implementation {
            "pypy" => "PyPy",
            "graalpy" => "GraalPy",
            _ => "CPython",
        };
        let (major, minor) = self.version;
        let variants = [('d', "Py_DEBUG"), ('t', "Py_GIL_DISABLED")];
        let flags = variants.iter().filter(|(letter, _)| self.flags.contains(*letter));
        let flags: Vec<_> = flags.map(|(_, name)| *name).collect();
        format!(
            "implementation={implementation}\nversion={major}.{minor}\nshared=true\n\
             pointer_width={}\nbuild_flags={}\n",
            usize::BITS,
            flags.join(",")
        )
    }
}

/// As in the names of files: `cpython-3.11`.
impl fmt::Display for PythonAbi {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { implementation, version: (major, minor), flags } = self;
        write!(to, "{implementation}-{major}.{minor}{flags}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pyo3_config_names_version_and_variants() {
        let plain = PythonAbi::new("cpython", (3, 11), "m");
        assert_eq!(plain.to_string(), "cpython-3.11");
        let config = plain.pyo3_config();
        assert!(config.starts_with("implementation=CPython\nversion=3.11\n"), "{config}");
        assert!(config.ends_with("\nbuild_flags=\n"), "{config}");
        let threaded = PythonAbi::new("cpython", (3, 14), "tt");
        assert_eq!(threaded.to_string(), "cpython-3.14t");
        assert!(threaded.pyo3_config().ends_with("build_flags=Py_GIL_DISABLED\n"));
    }
}
