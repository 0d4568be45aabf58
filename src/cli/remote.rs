//! `livedeck remote`: drives a running talk through its control socket.

use std::path::Path;
use std::process::ExitCode;

use super::print;
use super::stage_args::{BlankChoice, RemoteAction, RemoteArgs, TimerChoice};
use crate::app::TimerCommand;
use crate::control::{BlankColor, TalkCall, TalkChoice, TalkConnection, choose_talk};

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
    match call(&args.action) {
        Some(call) => TalkConnection::open(&talk.socket)?.call(call)?,
        None => print_state(&talk.socket)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the state as one JSON document.
fn print_state(socket: &Path) -> anyhow::Result<()> {
    let state = TalkConnection::open(socket)?.first_state()?;
    print(&format!("{}\n", serde_json::to_string_pretty(&state)?))
}

/// Returns the call of an action; none for the state.
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
        RemoteAction::State => return None,
    })
}
