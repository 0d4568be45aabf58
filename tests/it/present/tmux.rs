//! Pictures in tmux, whose terminal has kitty's graphics. Nothing is tested where tmux is not installed.

use std::fs;
use std::process::Command;

use image::{Rgba, RgbaImage};

use crate::harness::{Opening, PtyHarness, Terminal};

/// The character of a cell that shows a part of a picture.
const PLACEHOLDER: char = '\u{10eeee}';

/// Presents a picture in tmux with this configuration, in a terminal with kitty's graphics; `None` if tmux is
/// not installed.
fn present(config: &str) -> Option<(PtyHarness, tempfile::TempDir)> {
    present_in(config, Terminal::Kitty)
}

/// Like [`present`], in this terminal.
fn present_in(config: &str, terminal: Terminal) -> Option<(PtyHarness, tempfile::TempDir)> {
    Command::new("tmux").arg("-V").output().ok()?;
    let folder = tempfile::tempdir().unwrap();
    let picture = RgbaImage::from_fn(400, 400, |x, y| {
        let [_, _, green, red] =
            (x.wrapping_mul(0x9e37_79b9) ^ y.wrapping_mul(0x85eb_ca6b)).to_be_bytes();
        Rgba([red, green, 99, 255])
    });
    picture.save(folder.path().join("a.png")).unwrap();
    let deck = folder.path().join("talk.md");
    fs::write(&deck, "![](a.png)\n\n<!-- end_slide -->\n\nthe end\n").unwrap();
    let opening = Opening { terminal, tmux: Some(config), ..Opening::default() };
    Some((PtyHarness::open(&deck, &opening), folder))
}

/// Returns whether the terminal around tmux received these bytes.
fn has_received(talk: &PtyHarness, bytes: &[u8]) -> bool {
    talk.seen().bytes.windows(bytes.len()).any(|part| part == bytes)
}

/// Waits for placeholders on the screen, or for none.
fn wait_for_placeholders(talk: &PtyHarness, is_shown: bool) {
    let what = if is_shown { "placeholders" } else { "no placeholders" };
    talk.wait(what, |screen| screen.contains(PLACEHOLDER) == is_shown);
}

#[test]
fn kitty_pictures_pass_through_tmux() {
    let config = "set -g allow-passthrough on\nset -g status off\n";
    let Some((talk, _folder)) = present(config) else { return };
    wait_for_placeholders(&talk, true);
    // The picture is sent in chunks, which tmux has unwrapped.
    for part in ["a=t,f=100,t=d,i=", "m=1,q=2;", "m=0,q=2;", "a=p,U=1,i="] {
        let bytes = format!("\x1b_G{part}");
        talk.wait(part, |_| has_received(&talk, bytes.as_bytes()));
    }
    talk.tmux(&["new-window", "cat"]);
    wait_for_placeholders(&talk, false);
    talk.tmux(&["kill-window"]);
    wait_for_placeholders(&talk, true);
    talk.keys("n");
    talk.wait_for("the end");
    wait_for_placeholders(&talk, false);
    talk.quit();
}

#[test]
fn pictures_are_blocks_without_passthrough() {
    let config = "set -g allow-passthrough off\nset -g status off\n";
    let Some((talk, _folder)) = present(config) else { return };
    talk.wait("half blocks", |screen| screen.contains('▀'));
    assert!(!has_received(&talk, b"\x1b_G"));
    assert!(!talk.screen().contains(PLACEHOLDER));
    talk.quit();
}

/// tmux drops what it shall pass on while it draws its own screen for the first time.
#[test]
fn graphics_are_asked_for_again_if_the_query_was_lost() {
    let config = "set -g allow-passthrough on\nset -g status off\n";
    let Some((talk, _folder)) = present_in(config, Terminal::DeafKitty) else { return };
    wait_for_placeholders(&talk, true);
}
