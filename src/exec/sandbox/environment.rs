//! The variables of our environment that a sandboxed process gets. The list names what programs need to
//! run; everything else is removed, so no list of token, agent or session variables is needed.

use std::ffi::OsStr;

/// Variables that are passed on.
const ALLOWED: &[&str] = &[
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

/// Prefixes of variables that are passed on.
const ALLOWED_PREFIXES: &[&str] = &[
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

/// Variables with an allowed prefix that are removed: they name files of the home folder.
const DENIED: &[&str] = &["PYTHONHISTORY", "PYTHONPYCACHEPREFIX", "PYTHONSTARTUP"];

/// Returns whether a sandboxed process gets this variable of ours.
pub(in crate::exec) fn is_allowed_variable(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    let is_known =
        ALLOWED.contains(&name) || ALLOWED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    is_known && !DENIED.contains(&name)
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
    fn sessions_and_secrets_are_removed(#[case] name: &str, #[case] allowed: bool) {
        assert_eq!(is_allowed_variable(OsStr::new(name)), allowed);
    }
}
