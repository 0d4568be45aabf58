//! The pane of tmux that the presentation runs in, and the terminal around it: which pictures tmux passes on,
//! and where the pane is.

#![expect(
    clippy::disallowed_methods,
    reason = "the shell starts processes, and looks at $TMUX_PANE"
)]

use std::process::{Command, Stdio};

use super::channel::EventSender;
use super::{LoopEvent, Talk};
use crate::exec;
use crate::media::{Capabilities, Protocol};

/// What tmux is asked for. Options are 1 or `on` if they are on.
const FORMAT: &str = "#{allow-passthrough}|#{status}|#{status-position}|#{pane_left}|#{pane_top}|\
    #{client_termfeatures}|#{client_termtype}";

/// A pane of tmux.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TmuxPane {
    /// Whether sequences for the terminal are passed on (`allow-passthrough`).
    pub has_passthrough: bool,
    /// Columns and rows from the terminal's corner.
    offset: (u16, u16),
    /// tmux's names for what the terminal can do.
    features: String,
    /// The name and version that the terminal reports.
    terminal: String,
}

impl TmuxPane {
    /// Asks tmux. Returns `None` if there is no answer.
    pub fn query() -> Option<Self> {
        let mut tmux = Command::new("tmux");
        tmux.args(["display-message", "-p"]);
        if let Some(pane) = std::env::var_os("TMUX_PANE") {
            tmux.arg("-t").arg(pane);
        }
        tmux.arg(FORMAT).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let tmux = exec::spawn_unowned(|| tmux.spawn()).ok()?;
        let answer = tmux.wait_with_output().ok()?;
        Self::parse(&String::from_utf8_lossy(&answer.stdout))
    }

    /// Parses tmux's answer to [`FORMAT`].
    fn parse(answer: &str) -> Option<Self> {
        let mut fields = answer.trim_end().splitn(7, '|');
        let mut field = || fields.next();
        let (passthrough, status, position) = (field()?, field()?, field()?);
        let (left, top) = (field()?.parse().ok()?, field()?.parse::<u16>().ok()?);
        // The number of its rows, or `on`.
        let status_rows = status.parse().unwrap_or(u16::from(status == "on"));
        let above = if position == "top" { status_rows } else { 0 };
        Some(Self {
            has_passthrough: !matches!(passthrough, "0" | "off" | ""),
            offset: (left, top.saturating_add(above)),
            features: field()?.to_owned(),
            terminal: field()?.to_owned(),
        })
    }
}

/// The terminal around tmux, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct OuterTerminal {
    /// The answer of tmux: the pane, or nothing.
    #[expect(clippy::option_option, reason = "whether it has answered, and what")]
    pane: Option<Option<TmuxPane>>,
    /// Its answer to kitty's queries: whether it shows pictures, and whether it reads our files.
    kitty: Option<(bool, bool)>,
}

impl OuterTerminal {
    /// Returns the protocol to use and the offset of the pane, if tmux passes sequences on; `None` while this
    /// is not known.
    fn choose(&self, forced: Option<Protocol>) -> Option<(Protocol, Option<(u16, u16)>)> {
        // Without an answer of tmux when those of the terminal are overdue, there is none.
        let pane = match (&self.pane, self.kitty) {
            (Some(pane), _) => pane.as_ref(),
            (None, Some(_)) => None,
            (None, None) => return None,
        };
        let Some(pane) = pane.filter(|pane| pane.has_passthrough) else {
            return Some((forced.unwrap_or(Protocol::Blocks), None));
        };
        let choose = |kitty, kitty_files| {
            Protocol::through_tmux(&Capabilities {
                kitty,
                kitty_files,
                sixel: pane.features.split(',').any(|feature| feature == "sixel"),
                program: pane.terminal.clone(),
                ..Capabilities::default()
            })
        };
        let protocol = match (forced, self.kitty) {
            (Some(forced), _) => forced,
            (None, Some((kitty, files))) => choose(kitty, files),
            // Terminals with protocols that tmux knows need no answer.
            (None, None) => {
                Some(choose(false, false)).filter(|known| *known != Protocol::Blocks)?
            }
        };
        Some((protocol, Some(pane.offset)))
    }
}

/// Asks tmux on a separate thread, which sends [`LoopEvent::Tmux`].
pub(super) fn query(sender: EventSender) {
    let ask = move || sender.send(LoopEvent::Tmux(TmuxPane::query()));
    // Without a thread, there are half blocks.
    drop(std::thread::Builder::new().name("tmux".to_owned()).spawn(ask));
}

impl Talk {
    /// Takes tmux's answer.
    pub(super) fn on_tmux(&mut self, pane: Option<TmuxPane>) {
        self.outer_terminal.pane = Some(pane);
        self.show_pictures_through_tmux();
    }

    /// Takes the answer of the terminal around tmux: whether it has kitty's graphics, and reads our files.
    pub(super) fn on_outer_graphics(&mut self, kitty: (bool, bool)) {
        self.outer_terminal.kitty = Some(kitty);
        self.show_pictures_through_tmux();
    }

    fn show_pictures_through_tmux(&mut self) {
        let Some((protocol, pane)) = self.outer_terminal.choose(self.settings.protocol) else {
            return;
        };
        self.media.set_tmux(pane);
        // Only placeholders come back by themselves when tmux shows the pane again.
        self.screen.set_focus_reports(pane.is_some() && protocol.is_drawn_once());
        self.show_pictures_by(protocol);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pane(answer: &str) -> TmuxPane {
        TmuxPane::parse(answer).unwrap()
    }

    #[test]
    fn answers_of_tmux_are_read() {
        let found = pane("1|on|top|40|10|256,RGB,title|kitty(0.42.0)\n");
        let expected = TmuxPane {
            has_passthrough: true,
            offset: (40, 11),
            features: "256,RGB,title".to_owned(),
            terminal: "kitty(0.42.0)".to_owned(),
        };
        assert_eq!(found, expected);
        for (answer, has_passthrough, offset) in [
            ("0|on|bottom|0|0||", false, (0, 0)),
            ("off|2|top|0|3||", false, (0, 5)),
            ("all|off|top|7|0||a|b", true, (7, 0)),
        ] {
            let found = pane(answer);
            assert_eq!(
                (found.has_passthrough, found.offset),
                (has_passthrough, offset),
                "{answer}"
            );
        }
        assert_eq!(TmuxPane::parse("no server running"), None);
    }

    #[test]
    fn protocol_waits_for_the_answer_that_decides() {
        let mut outer = OuterTerminal::default();
        assert_eq!(outer.choose(None), None);
        outer.pane = Some(Some(pane("1|on|bottom|0|0||kitty(0.42.0)")));
        assert_eq!(outer.choose(None), None);
        outer.kitty = Some((true, false));
        assert_eq!(outer.choose(None), Some((Protocol::KittyRemote, Some((0, 0)))));
        assert_eq!(outer.choose(Some(Protocol::Sixel)), Some((Protocol::Sixel, Some((0, 0)))));
        outer =
            OuterTerminal { pane: Some(Some(pane("1|on|bottom|5|0||iTerm2 3.5"))), kitty: None };
        assert_eq!(outer.choose(None), Some((Protocol::Iterm2Multipart, Some((5, 0)))));
    }

    #[test]
    fn without_passthrough_there_are_blocks() {
        let closed = Some(Some(pane("0|on|bottom|0|0||kitty(0.42.0)")));
        for (pane, kitty) in [(closed, None), (Some(None), None), (None, Some((false, false)))] {
            let outer = OuterTerminal { pane, kitty };
            assert_eq!(outer.choose(None), Some((Protocol::Blocks, None)));
        }
    }
}
