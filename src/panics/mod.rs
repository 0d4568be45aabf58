//! Containing panics: code that digests bytes of strangers (the terminal emulator, picture decoders,
//! the syntax highlighter) runs inside [`contain`], so that a panic in it costs one block or one
//! picture and never the talk.
//!
//! A panic hook runs before the stack unwinds, and cannot see whether someone will catch the panic.
//! [`is_contained`] tells it: the hooks in `cli` and `runtime/terminal.rs` write nothing, and leave
//! the terminal alone, for a panic that [`contain`] is about to turn into an error.
//!
//! A stack overflow or an abort is no panic: depth and size have to be limited before the work starts.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::source::excerpt;

/// A panic that [`contain`] caught.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} panicked: {message}")]
pub struct Panicked {
    /// What panicked, as the message names it: `the image decoder`.
    pub what: &'static str,
    /// What the panic said.
    pub message: String,
}

thread_local! {
    /// How many [`contain`] calls this thread is in.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Runs `work` and turns a panic in it into an error.
///
/// The caller must drop or replace whatever `work` was changing when it panicked.
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

/// The first line of what a panic says, safe to show.
fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    excerpt(text.unwrap_or("no message"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        assert_eq!(contain("a sum", || 1 + 1), Ok(2));
        let panicked = contain("a sum", || -> u8 { panic!("no {}\x1b[31m", "numbers") });
        assert_eq!(panicked.unwrap_err().to_string(), "a sum panicked: no numbers␛[31m");
        let other = contain("a sum", || std::panic::resume_unwind(Box::new(1)));
        assert_eq!(other.unwrap_err().message, "no message");
    }

    #[test]
    fn only_the_inside_is_contained() {
        assert!(!is_contained());
        let inner = contain("outer", || {
            let panicked = contain("inner", || panic!("inner"));
            (panicked.is_err(), is_contained())
        });
        assert_eq!(inner, Ok((true, true)));
        assert!(!is_contained());
    }
}
