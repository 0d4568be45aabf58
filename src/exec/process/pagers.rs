//! What programs show long texts with: nothing, in a block whose output is read to its end anyway. A
//! pager would wait for keys that it cannot have.

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

/// The variables of a block without a terminal of its own, each with its value.
pub(in crate::exec) fn none() -> impl Iterator<Item = (&'static str, &'static str)> {
    VARIABLES.into_iter().map(|name| (name, "cat"))
}
