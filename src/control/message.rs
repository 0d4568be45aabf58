//! The messages: the state of a talk, calls, and replies to calls. One line of JSON each.

use serde::{Deserialize, Serialize};

use crate::app::{Blank, RemoteCommand, ServeReport, TimerCommand};

/// The version of the protocol. It grows when a field or command changes its meaning; new ones do not
/// change it.
pub const PROTOCOL_VERSION: u32 = 1;

/// A message of a talk.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum TalkMessage {
    /// The state, after a connection and after each change.
    State(Box<TalkState>),
    /// The reply to a call.
    Reply(Reply),
}

/// The state of a talk.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(default)]
pub struct TalkState {
    /// See [`PROTOCOL_VERSION`].
    pub version: u32,
    /// The absolute path of the deck.
    pub deck: String,
    /// The process of the talk.
    pub pid: u32,
    /// Which slides are shown.
    #[serde(flatten)]
    pub variant: VariantReport,
    /// The slide and step that are shown.
    #[serde(flatten)]
    pub position: StagePosition,
    /// The titles of this slide and the next one.
    #[serde(flatten)]
    pub titles: TalkTitles,
    /// What is on the screen besides the slide.
    #[serde(flatten)]
    pub screen: ScreenReport,
    /// Whether code may run: `unknown`, `checking`, `flag`, `once`, `always`, `sandboxed` or `no`.
    pub consent: String,
    /// The blocks of this slide and the next one that can run.
    pub blocks: Vec<BlockReport>,
    /// The problems of the deck, at most twenty.
    pub problems: Vec<TalkProblem>,
    /// The timer.
    pub timer: TimerReport,
    /// The outputs on the slide, for clients that watch them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputReport>,
    /// What the audience can open, if the talk is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serve: Option<ServeReport>,
}

/// The position in the deck. Numbers start at 1.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default)]
pub struct StagePosition {
    /// The slide.
    pub slide: u32,
    /// The step on the slide.
    pub step: u32,
    /// The number of steps of the slide.
    pub steps: u32,
    /// The number of slides.
    pub slides: u32,
    /// How far a slide taller than the screen is scrolled: from 0 to 1000.
    pub scrolled: u32,
}

/// Which slides of the deck are shown, by their tags.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default)]
pub struct VariantReport {
    /// The tags given with `--only`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// The tags given with `--without`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
}

/// The titles of slides.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default)]
pub struct TalkTitles {
    /// This slide's.
    pub title: String,
    /// The next slide's; none on the last slide.
    pub next_title: Option<String>,
}

/// What is on the screen besides the slide.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default)]
pub struct ScreenReport {
    /// What has the keys: `slide`, `index`, `overview`, `help`, `problems`, `variables`, `address`,
    /// `question` (whether code may run), `program`, `input` or `editor`.
    pub mode: String,
    /// The colour of a blank screen.
    pub blank: Option<Blank>,
    /// The line for the speaker.
    pub notice: Option<String>,
}

/// A block that can run.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default)]
pub struct BlockReport {
    /// The number of its slide.
    pub slide: u32,
    /// Its number on the slide.
    pub block: u32,
    /// Its number in the deck.
    pub number: u32,
    /// Its language.
    pub language: String,
    /// The first line of its code.
    pub code: String,
    /// The state of its run.
    pub status: BlockStatus,
    /// How long it ran, or had run when this was sent, in milliseconds.
    pub elapsed_ms: Option<u64>,
    /// When its status began, in milliseconds since 1970.
    pub since_ms: Option<u64>,
    /// Why it failed.
    pub reason: Option<String>,
    /// Whether its output is out of date: the code, or what ran before it, has changed.
    pub stale: bool,
    /// What the recording says of it: how long it took and whether it failed.
    #[serde(flatten)]
    pub recorded: RecordedReport,
    /// Whether it reads input.
    pub reads_input: bool,
}

/// What the recording says of a block.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default)]
pub struct RecordedReport {
    /// How long it took when it was recorded, in milliseconds.
    pub recorded_ms: Option<u64>,
    /// Whether it failed when it was recorded.
    pub recorded_failure: bool,
    /// Whether its output now differs from the recorded one.
    pub differs: bool,
}

/// The state of a block's run.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it all")]
pub enum BlockStatus {
    #[default]
    NotRun,
    NotAllowed,
    Queued,
    Compiling,
    Ready,
    Running,
    WaitsForInput,
    Done,
    Failed,
    Stopped,
    TimedOut,
    /// A status that this version does not know.
    #[serde(other)]
    Unknown,
}

/// The output of a block as text with colours.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default)]
pub struct OutputReport {
    /// The block's number in the deck.
    pub number: u32,
    /// The last lines, with escape sequences for colours.
    pub lines: Vec<String>,
    /// Columns and rows, if it is the screen of a program.
    pub screen: Option<(u16, u16)>,
}

/// A problem of the deck.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default)]
pub struct TalkProblem {
    /// Whether it is an error; otherwise it is a warning.
    pub is_error: bool,
    /// Its place: `talk.md:3:1`.
    pub place: String,
    /// The message.
    pub message: String,
}

/// The timer of a talk.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default)]
pub struct TimerReport {
    /// Milliseconds counted until it last started or paused.
    pub elapsed_ms: u64,
    /// When it last started, in milliseconds since 1970; none while it is paused.
    pub running_since_ms: Option<u64>,
    /// The duration of the talk in milliseconds.
    pub duration_ms: Option<u64>,
}

impl TimerReport {
    /// Returns the elapsed milliseconds at a time in milliseconds since 1970.
    pub fn elapsed_ms_at(&self, now_ms: u64) -> u64 {
        self.elapsed_ms + self.running_since_ms.map_or(0, |since| now_ms.saturating_sub(since))
    }
}

/// A call to a talk.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum TalkCall {
    /// Go to the next step.
    Next,
    /// Go back one step.
    Back,
    /// Go to the next slide, skipping steps.
    NextSlide,
    /// Go to the previous slide.
    PreviousSlide,
    /// Go to the first slide.
    First,
    /// Go to the last slide.
    Last,
    /// Go to a slide and step, counted from 1.
    Go {
        /// The slide.
        slide: u32,
        /// The step.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<u32>,
    },
    /// Run the blocks of the slide as the run key does, or one of them, counted from 1.
    Run {
        /// The block.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        block: Option<u32>,
    },
    /// Stop what runs.
    Stop,
    /// Blank the screen, or show the slide again.
    Blank {
        /// The colour; without one, a blank screen shows the slide again and another one turns black.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        color: Option<BlankColor>,
    },
    /// Start, pause or reset the timer.
    Timer {
        /// What to do.
        action: TimerCommand,
    },
    /// Reload the deck.
    Reload,
    /// Send the state now.
    State,
    /// Also send the outputs on the slide from now on.
    Watch,
}

/// The colours of `blank`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it all")]
pub enum BlankColor {
    Black,
    White,
    Off,
}

impl TalkCall {
    /// Returns the command for the app; none if the app is not concerned.
    pub fn command(&self) -> Option<RemoteCommand> {
        Some(match *self {
            Self::Next => RemoteCommand::Next,
            Self::Back => RemoteCommand::Back,
            Self::NextSlide => RemoteCommand::NextSlide,
            Self::PreviousSlide => RemoteCommand::PreviousSlide,
            Self::First => RemoteCommand::First,
            Self::Last => RemoteCommand::Last,
            Self::Go { slide, step } => RemoteCommand::GoTo { slide, step },
            Self::Run { block } => RemoteCommand::Run { block },
            Self::Stop => RemoteCommand::Stop,
            Self::Blank { color } => RemoteCommand::Blank(match color {
                None => None,
                Some(BlankColor::Black) => Some(Some(Blank::Black)),
                Some(BlankColor::White) => Some(Some(Blank::White)),
                Some(BlankColor::Off) => Some(None),
            }),
            Self::Timer { action } => RemoteCommand::Timer(action),
            Self::Reload => RemoteCommand::Reload,
            Self::State | Self::Watch => return None,
        })
    }
}

/// A call and the number that its reply repeats.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct NumberedCall {
    /// The number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<u64>,
    /// The call.
    #[serde(flatten)]
    pub(super) call: TalkCall,
}

/// The reply to a call.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default)]
pub struct Reply {
    /// The number of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// Whether the talk did what was asked.
    pub ok: bool,
    /// Why it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r#"{"command":"next"}"#, TalkCall::Next)]
    #[case(r#"{"id":3,"command":"go","slide":4}"#, TalkCall::Go { slide: 4, step: None })]
    #[case(r#"{"command":"run","block":2}"#, TalkCall::Run { block: Some(2) })]
    #[case(r#"{"command":"blank","color":"white"}"#, TalkCall::Blank { color: Some(BlankColor::White) })]
    #[case(r#"{"command":"timer","action":"pause"}"#, TalkCall::Timer { action: TimerCommand::Pause })]
    fn calls_are_json(#[case] line: &str, #[case] call: TalkCall) {
        let read: NumberedCall = serde_json::from_str(line).unwrap();
        assert_eq!(read.call, call);
        assert_eq!(serde_json::to_string(&read).unwrap(), line);
    }

    #[test]
    fn state_survives_the_wire() {
        let block =
            BlockReport { number: 3, status: BlockStatus::Compiling, ..BlockReport::default() };
        let state = TalkState {
            version: PROTOCOL_VERSION,
            position: StagePosition { slide: 2, step: 1, steps: 4, slides: 9, scrolled: 0 },
            blocks: vec![block],
            ..TalkState::default()
        };
        let message = TalkMessage::State(Box::new(state));
        let line = serde_json::to_string(&message).unwrap();
        assert!(line.starts_with(r#"{"type":"state","version":1,"#), "{line}");
        assert!(line.contains(r#""slide":2,"step":1,"steps":4,"slides":9"#), "{line}");
        assert_eq!(serde_json::from_str::<TalkMessage>(&line).unwrap(), message);
    }

    #[test]
    fn unknown_statuses_and_fields_are_accepted() {
        let line = r#"{"type":"state","new":1,"blocks":[{"status":"dreaming"}]}"#;
        let TalkMessage::State(state) = serde_json::from_str(line).unwrap() else { panic!() };
        assert_eq!(state.blocks[0].status, BlockStatus::Unknown);
    }

    #[test]
    fn running_timer_counts_on() {
        let timer =
            TimerReport { elapsed_ms: 500, running_since_ms: Some(1_000), duration_ms: None };
        assert_eq!(timer.elapsed_ms_at(3_000), 2_500);
        assert_eq!(timer.elapsed_ms_at(0), 500, "a clock that was set back");
    }
}
