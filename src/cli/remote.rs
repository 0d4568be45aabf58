//! `livedeck remote`: drives a running talk through its control socket.

use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;

use super::print;
use super::stage_args::{BlankChoice, RemoteAction, RemoteArgs, TimerChoice};
use crate::app::TimerCommand;
use crate::control::{BlankColor, TalkCall, TalkChoice, TalkConnection, choose_talk};
use crate::layout::qr_rows;

/// Sends one command to a talk, or prints its state.
///
/// # Errors
/// No talk is running, several are, or the talk refuses.
pub(super) fn remote(args: &RemoteArgs) -> anyhow::Result<ExitCode> {
    let choice = match (args.talk, args.deck.as_deref()) {
        (Some(pid), _) => TalkChoice::Process(pid),
        (None, Some(deck)) => TalkChoice::Deck(deck),
        (None, None) => TalkChoice::Only,
    };
    let talk = choose_talk(choice)?;
    match (call(&args.action), args.action) {
        (Some(call), _) => TalkConnection::open(&talk.socket)?.call(call)?,
        (None, RemoteAction::Link) => print_links(&talk.socket)?,
        (None, _) => print_state(&talk.socket)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the state as one JSON document.
fn print_state(socket: &Path) -> anyhow::Result<()> {
    let state = TalkConnection::open(socket)?.first_state()?;
    print(&format!("{}\n", serde_json::to_string_pretty(&state)?))
}

/// Prints the addresses of a talk that is served, and on a terminal the code of the remote.
fn print_links(socket: &Path) -> anyhow::Result<()> {
    let state = TalkConnection::open(socket)?.first_state()?;
    let Some(served) = state.serve else {
        bail!("the talk is not served\nhint: start it with `livedeck DECK --serve`");
    };
    let mut text = format!("audience  {}\nremote    {}\n", served.address, served.remote);
    let size = io::stdout().is_terminal().then(crossterm::terminal::size);
    if let Some(Ok((columns, rows))) = size {
        // The addresses and the prompt take rows, too.
        let code = qr_rows(&served.remote, columns, u32::from(rows.saturating_sub(4)));
        for row in code.unwrap_or_default() {
            let _ = writeln!(text, "\x1b[38;2;0;0;0;48;2;255;255;255m{row}\x1b[0m");
        }
    }
    print(&text)
}

/// Returns the call of an action; none for what only prints.
fn call(action: &RemoteAction) -> Option<TalkCall> {
    Some(match *action {
        RemoteAction::Next => TalkCall::Next,
        RemoteAction::Back => TalkCall::Back,
        RemoteAction::NextSlide => TalkCall::NextSlide,
        RemoteAction::PreviousSlide => TalkCall::PreviousSlide,
        RemoteAction::First => TalkCall::First,
        RemoteAction::Last => TalkCall::Last,
        RemoteAction::Go { slide, step } => TalkCall::Go { slide, step },
        RemoteAction::Run { block } => TalkCall::Run { block },
        RemoteAction::Stop => TalkCall::Stop,
        RemoteAction::Blank { color } => TalkCall::Blank {
            color: color.map(|color| match color {
                BlankChoice::Black => BlankColor::Black,
                BlankChoice::White => BlankColor::White,
                BlankChoice::Off => BlankColor::Off,
            }),
        },
        RemoteAction::Timer { action } => TalkCall::Timer {
            action: match action {
                TimerChoice::Start => TimerCommand::Start,
                TimerChoice::Pause => TimerCommand::Pause,
                TimerChoice::Toggle => TimerCommand::Toggle,
                TimerChoice::Reset => TimerCommand::Reset,
            },
        },
        RemoteAction::Reload => TalkCall::Reload,
        RemoteAction::State | RemoteAction::Link => return None,
    })
}
