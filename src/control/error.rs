//! Why a talk cannot be driven.

use std::io;

use super::running_talk::RunningTalk;

/// A connection to a talk failed.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No talk was found.
    #[error("{0}\nhint: start one with `livedeck DECK`")]
    NoTalk(String),
    /// It is not clear which talk is meant.
    #[error("several talks are running\nhint: choose one with `--talk PID`:{}", list(.0))]
    SeveralTalks(Vec<RunningTalk>),
    /// The connection was lost.
    #[error("the talk does not answer")]
    Lost(#[source] io::Error),
    /// The talk refused.
    #[error("the talk refused: {0}")]
    Refused(String),
}

fn list(talks: &[RunningTalk]) -> String {
    let lines = talks.iter().map(|talk| format!("\n  {} ({})", talk.pid, talk.name));
    lines.collect::<Vec<_>>().concat()
}
