//! What opens on top of the slide: panels, the pane, and the trust prompt.

pub(super) mod actions;
pub(super) mod index_panel;
pub(super) mod pane;
pub(super) mod problems;
pub(super) mod trust_prompt;
pub(super) mod variables;
