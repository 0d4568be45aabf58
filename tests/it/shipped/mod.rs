//! The decks that ship with livedeck.

mod execution;
mod talk;
mod tour;
