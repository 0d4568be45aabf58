//! The values of commands from other programs.

use serde::{Deserialize, Serialize};

/// The colour of a blank screen.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Blank {
    /// Black.
    Black,
    /// White.
    White,
}

/// A command from another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteCommand {
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
    GoTo {
        /// The slide.
        slide: u32,
        /// The step.
        step: Option<u32>,
    },
    /// Run the blocks of the slide, or one of them, counted from 1.
    Run {
        /// The block.
        block: Option<u32>,
    },
    /// Like [`Run`](Self::Run), but refuses what may not run yet instead of opening the question.
    RunAllowed {
        /// The block.
        block: Option<u32>,
    },
    /// Stop what runs. Never quits.
    Stop,
    /// Blank the screen or show the slide; `None` toggles a black screen.
    Blank(Option<Option<Blank>>),
    /// Change the timer.
    Timer(TimerCommand),
    /// Reload the deck.
    Reload,
}

/// A change of the timer.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TimerCommand {
    /// Start, or go on after a pause.
    Start,
    /// Pause.
    Pause,
    /// Start or pause.
    Toggle,
    /// Count from zero again.
    Reset,
}
