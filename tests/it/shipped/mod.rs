//! The decks that ship with livedeck.

mod execution;
mod stage;
mod talk;
mod tour;
