//! Keys: how they are read, and who gets them besides the slide.

pub(super) mod editor;
pub(super) mod keymap;
pub(super) mod keys;
pub(super) mod passthrough;
pub(super) mod stdin_prompt;
