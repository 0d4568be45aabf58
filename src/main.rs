//! The program: calls the library and returns its exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = livedeck::exec::entry() {
        return code;
    }
    let code = livedeck::cli::run();
    livedeck::exec::shut_down();
    code
}
