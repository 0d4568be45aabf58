//! What a speaker needs on stage: a blank screen, the timer, the audience's address, and commands from other
//! programs.

pub(super) mod audience;
pub(super) mod blank;
pub(super) mod command;
pub(super) mod light;
pub(super) mod overview;
pub(super) mod overview_grid;
pub(super) mod remote;
pub(super) mod served;
pub(super) mod spotlight;
pub(super) mod typed_texts;
pub(super) mod typing;
