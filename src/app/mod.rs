//! The state of a talk and every decision about it, with no I/O: `update(&mut App, Msg)` changes
//! the state and returns what is to be done outside.
