//! Input and output of runs: output from their terminal, markers and places in it, the values that they show,
//! standard input, and standard output captured as a picture.

pub(in crate::exec) mod capture;
pub(in crate::exec) mod deck_lines;
pub(in crate::exec) mod markers;
pub(in crate::exec) mod output;
pub(in crate::exec) mod shown_values;
pub(in crate::exec) mod stdin;
