//! Contains panics: code that parses untrusted bytes (the terminal emulator, image decoders, the
//! syntax highlighter) runs inside [`contain`]. A panic in it costs one block or one picture, not
//! the presentation.
//!
//! A panic hook runs before the stack unwinds and does not know whether the panic will be caught.
//! [`is_contained`] answers that: the hooks in `cli` and `runtime/terminal.rs` write nothing, and leave
//! the terminal alone, for a panic that [`contain`] is about to turn into an error.
//!
//! Stack overflows and aborts cannot be caught: limit depth and size before the work starts.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::source::excerpt;

/// A panic that [`contain`] caught.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} panicked: {message}")]
pub struct Panicked {
    /// Name of the component: `the image decoder`.
    pub what: &'static str,
    /// First line of the panic message.
    pub message: String,
}

thread_local! {
    /// Number of [`contain`] calls on this thread's stack.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Runs `work` and turns a panic in it into an error.
///
/// The caller must drop or replace any value that `work` was changing when it panicked.
///
/// # Errors
/// `work` panicked.
pub fn contain<T>(what: &'static str, work: impl FnOnce() -> T) -> Result<T, Panicked> {
    DEPTH.set(DEPTH.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(work));
    DEPTH.set(DEPTH.get() - 1);
    result.map_err(|payload| Panicked { what, message: message(&*payload) })
}

/// Whether a panic on this thread would be caught by [`contain`].
pub fn is_contained() -> bool {
    DEPTH.get() > 0
}

/// Returns the first line of the panic message, without control characters.
fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    excerpt(text.unwrap_or("no message"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_becomes_an_error() {
        assert_eq!(contain("a sum", || 1 + 1), Ok(2));
        let panicked = contain("a sum", || -> u8 { panic!("no {}\x1b[31m", "numbers") });
        assert_eq!(panicked.unwrap_err().to_string(), "a sum panicked: no numbers␛[31m");
        let other = contain("a sum", || std::panic::resume_unwind(Box::new(1)));
        assert_eq!(other.unwrap_err().message, "no message");
    }

    #[test]
    fn only_nested_code_is_contained() {
        assert!(!is_contained());
        let inner = contain("outer", || {
            let panicked = contain("inner", || panic!("inner"));
            (panicked.is_err(), is_contained())
        });
        assert_eq!(inner, Ok((true, true)));
        assert!(!is_contained());
    }
}
