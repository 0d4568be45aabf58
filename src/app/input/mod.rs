//! Keyboard input: key bindings, and what takes the keys instead of the slide.

pub(super) mod bindings;
pub(super) mod block_editor;
pub(super) mod editor;
pub(super) mod keymap;
pub(super) mod keys;
pub(super) mod line_edit;
pub(super) mod outcome;
pub(super) mod passthrough;
pub(super) mod paste;
pub(super) mod stdin_prompt;
