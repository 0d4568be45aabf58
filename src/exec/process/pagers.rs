//! Disables pagers in blocks whose output is read to its end: a pager would wait for keys that never
//! come.

/// The variables by which programs choose their pager.
const VARIABLES: [&str; 8] = [
    "PAGER",
    "MANPAGER",
    "GIT_PAGER",
    "SYSTEMD_PAGER",
    "GH_PAGER",
    "BAT_PAGER",
    "DELTA_PAGER",
    "AWS_PAGER",
];

/// Returns the environment of a block without a terminal of its own, as names and values.
pub(in crate::exec) fn disabled() -> impl Iterator<Item = (&'static str, &'static str)> {
    VARIABLES.into_iter().map(|name| (name, "cat"))
}
