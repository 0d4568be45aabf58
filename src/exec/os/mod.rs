//! Processes, terminals and temporary folders of the operating system: starting processes, finding
//! descendants, waiting, signals. All `unsafe` code is here, except in the sandbox and for pyo3.

pub(in crate::exec) mod cgroup;
pub(in crate::exec) mod child;
pub(in crate::exec) mod keeper;
pub(in crate::exec) mod locale;
pub(in crate::exec) mod process_tag;
pub(in crate::exec) mod process_tree;
pub(in crate::exec) mod procfs;
pub(in crate::exec) mod pty;
pub(in crate::exec) mod scheduling;
pub(in crate::exec) mod signals;
pub(in crate::exec) mod spawn;
pub(in crate::exec) mod temp_dir;
pub(in crate::exec) mod wait;
