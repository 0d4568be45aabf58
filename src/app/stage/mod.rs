//! What a speaker needs on stage: a blank screen, the timer, and commands from other programs.

pub(super) mod blank;
pub(super) mod command;
pub(super) mod light;
pub(super) mod overview;
pub(super) mod overview_grid;
pub(super) mod remote;
pub(super) mod spotlight;
pub(super) mod typed_texts;
pub(super) mod typing;
