//! What runs read and write: their terminal's output, their input, and standard output that becomes
//! a picture.

pub(in crate::exec) mod capture;
pub(in crate::exec) mod output;
pub(in crate::exec) mod stdin;
