//! The clipboard, by way of the terminal: OSC 52 reaches it through ssh, too. tmux ignores that from
//! programs, as it comes; what asks it in its own words does not depend on how it is set up.

#![expect(clippy::disallowed_methods, reason = "the shell starts processes, and looks at $TMUX")]

use std::io::{self, Write};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::channel::EventSender;
use super::{LoopEvent, terminal};
use crate::exec;
use crate::source::pasteable;

/// Puts a text on the clipboard, but for what would act where it is pasted. Whether the terminal takes it, it does not tell.
pub(super) fn copy(text: &str, sender: &EventSender) {
    let text = &*pasteable(text);
    if std::env::var_os("TMUX").is_none() {
        // A terminal that is gone has no clipboard.
        let _ = terminal::write(&sequence(text));
        return;
    }
    let (text, sender) = (text.to_owned(), sender.clone());
    std::thread::spawn(move || {
        if let Err(error) = hand_to_tmux(&text) {
            let why = format!("tmux does not copy it: {error}");
            sender.send(LoopEvent::Exec(exec::ExecEvent::Warning(why)));
        }
    });
}

/// What a terminal is sent to put this text on the clipboard.
fn sequence(text: &str) -> Vec<u8> {
    format!("\x1b]52;c;{}\x1b\\", STANDARD.encode(text)).into_bytes()
}

/// Has tmux keep the text as its newest buffer, and give it to the terminal that it is in.
fn hand_to_tmux(text: &str) -> io::Result<()> {
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
    Err(io::Error::other(said.lines().next().unwrap_or("it says nothing").to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_gets_the_text_in_base64() {
        assert_eq!(sequence("hé\n"), b"\x1b]52;c;aMOpCg==\x1b\\");
        assert_eq!(sequence(""), b"\x1b]52;c;\x1b\\");
    }
}
