//! The program: hands over to the library and turns its answer into an exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = livedeck::exec::entry() {
        return code;
    }
    let code = livedeck::cli::run();
    livedeck::exec::shut_down();
    code
}
