//! A running talk as other programs see and drive it: a Unix socket in the user's runtime directory
//! that speaks lines of JSON. [docs/CONTROL.md](../../docs/CONTROL.md) documents it.
//!
//! `message` has the messages, `folder` the place and names of the sockets, `server` the talk's end and
//! `client` the other one. Every buffer is bounded, and the talk never waits for a client.

mod client;
mod clients;
mod error;
mod folder;
mod message;
mod running_talk;
mod server;

pub use client::{TalkConnection, TalkUpdate};
pub use error::ControlError;
pub use folder::{TalkChoice, choose_talk, find_talks};
pub use message::{
    BlankColor, BlockReport, BlockStatus, OutputReport, PROTOCOL_VERSION, RecordedReport, Reply,
    ScreenReport, StagePosition, TalkCall, TalkProblem, TalkState, TalkTitles, TimerReport,
    VariantReport,
};
pub use running_talk::RunningTalk;
pub use server::{CallId, ControlEvent, ControlServer};
