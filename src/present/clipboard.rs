//! Copies to the clipboard through the terminal: OSC 52 also works through ssh. tmux ignores OSC 52
//! by default, so inside tmux its own command is used.

#![expect(clippy::disallowed_methods, reason = "the shell starts processes, and looks at $TMUX")]

use std::io::{self, Write};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::channel::EventSender;
use super::{LoopEvent, terminal};
use crate::app::Msg;
use crate::exec;
use crate::source::pasteable;

/// Copies a text, without characters that would act when pasted. Terminals do not report failure.
pub(super) fn copy(text: &str, sender: &EventSender) {
    let text = &*pasteable(text);
    if std::env::var_os("TMUX").is_none() {
        // Ignored: the terminal is gone.
        let _ = terminal::write(&sequence(text));
        return;
    }
    let (text, sender) = (text.to_owned(), sender.clone());
    std::thread::spawn(move || {
        if let Err(error) = copy_with_tmux(&text) {
            let why = format!("tmux could not copy: {error}");
            sender.send(LoopEvent::Exec(Msg::Failed(why)));
        }
    });
}

/// Returns the escape sequence that copies a text.
fn sequence(text: &str) -> Vec<u8> {
    format!("\x1b]52;c;{}\x1b\\", STANDARD.encode(text)).into_bytes()
}

/// Stores the text as tmux's newest buffer and forwards it to the outer terminal.
fn copy_with_tmux(text: &str) -> io::Result<()> {
    let mut tmux = Command::new("tmux");
    tmux.args(["load-buffer", "-w", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut tmux = exec::spawn_unowned(|| tmux.spawn())?;
    if let Some(mut input) = tmux.stdin.take() {
        input.write_all(text.as_bytes())?;
    }
    let ended = tmux.wait_with_output()?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    Err(io::Error::other(said.lines().next().unwrap_or("it printed no error message").to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_sent_as_base64() {
        assert_eq!(sequence("hé\n"), b"\x1b]52;c;aMOpCg==\x1b\\");
        assert_eq!(sequence(""), b"\x1b]52;c;\x1b\\");
    }
}
