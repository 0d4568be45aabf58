//! Which variables of our environment a sandboxed process has. The list names what programs need to
//! run; everything else stays outside, so that no name of a token, an agent or a session has to be
//! known to be kept from a deck.

use std::ffi::OsStr;

/// Variables that are kept.
const KEPT: &[&str] = &[
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLORTERM",
    "COLUMNS",
    "CONDA_DEFAULT_ENV",
    "CONDA_PREFIX",
    "FORCE_COLOR",
    "GOROOT",
    "JAVA_HOME",
    "LANG",
    "LD_LIBRARY_PATH",
    "LINES",
    "LIVEDECK_RUN",
    "LOGNAME",
    "MANPATH",
    "MPLBACKEND",
    "NIX_LD",
    "NIX_LD_LIBRARY_PATH",
    "NO_COLOR",
    "NVM_BIN",
    "NVM_DIR",
    "PATH",
    "PWD",
    "PYENV_ROOT",
    "PYENV_VERSION",
    "RUSTUP_TOOLCHAIN",
    "SHELL",
    "SOURCE_DATE_EPOCH",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "TERMINFO",
    "TERMINFO_DIRS",
    "TZ",
    "TZDIR",
    "USER",
    "VIRTUAL_ENV",
];

/// How names begin that are kept, too.
const KEPT_BEGINNINGS: &[&str] = &[
    "CARGO_PROFILE_",
    "JULIA_NUM_",
    "LC_",
    "MKL_",
    "NUMBA_",
    "OMP_",
    "OPENBLAS_",
    "PYTHON",
    "RUST_BACKTRACE",
    "VECLIB_",
];

/// Variables that begin like kept ones and are not: they name files of the home folder.
const DROPPED: &[&str] = &["PYTHONHISTORY", "PYTHONPYCACHEPREFIX", "PYTHONSTARTUP"];

/// Whether a sandboxed process has this variable of ours.
pub(in crate::exec) fn is_kept(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    let is_known =
        KEPT.contains(&name) || KEPT_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning));
    is_known && !DROPPED.contains(&name)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("PATH", true)]
    #[case("LC_ALL", true)]
    #[case("PYTHONPATH", true)]
    #[case("DBUS_SESSION_BUS_ADDRESS", false)]
    #[case("DISPLAY", false)]
    #[case("WAYLAND_DISPLAY", false)]
    #[case("XAUTHORITY", false)]
    #[case("XDG_RUNTIME_DIR", false)]
    #[case("SSH_AUTH_SOCK", false)]
    #[case("GPG_AGENT_INFO", false)]
    #[case("AWS_SECRET_ACCESS_KEY", false)]
    #[case("GITHUB_TOKEN", false)]
    #[case("DATABASE_URL", false)]
    #[case("HTTPS_PROXY", false)]
    #[case("LD_PRELOAD", false)]
    #[case("PYTHONSTARTUP", false)]
    fn sessions_and_secrets_stay_outside(#[case] name: &str, #[case] kept: bool) {
        assert_eq!(is_kept(OsStr::new(name)), kept);
    }
}
