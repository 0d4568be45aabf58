//! Everything that speaks to the operating system about processes, terminals and folders: starting a
//! process, its descendants, waiting, signals. All `unsafe` code but that of pyo3 and the sandbox.

pub(in crate::exec) mod cgroup;
pub(in crate::exec) mod process_tag;
pub(in crate::exec) mod process_tree;
pub(in crate::exec) mod procfs;
pub(in crate::exec) mod pty;
pub(in crate::exec) mod scheduling;
pub(in crate::exec) mod signals;
pub(in crate::exec) mod spawn;
pub(in crate::exec) mod temp_dir;
