//! The state of a presentation and every decision about it, without I/O: [`update()`] changes the
//! state and returns the effects to perform.
//!
//! `App` holds what must survive a redraw: the position, the runs, and what is open on top of the
//! slide. It holds no themes, scenes or terminals; what decisions need to know about the last layout
//! comes back as a [`LayoutInfo`]. Its fields are private to this module: the shell reads them by
//! accessors and changes them by messages.

mod cell_pairs;
mod effect;
mod input;
mod msg;
mod nav;
mod panels;
mod reload;
mod runs;
mod stage;
mod state;
#[cfg(test)]
mod tests;
mod update;

pub use effect::Effect;
pub use input::bindings::{Action, Binding, default_bindings};
pub use input::block_editor::{AfterEdit, BlockEditor, Edit};
pub use input::keymap::{Conflict, KeyMatch, Keymap};
pub use input::keys::{Key, Sequence, readable_keys};
pub use msg::{Hit, Msg, OutputHit};
pub use nav::index::{Index, IndexEntry, IsTitle, title as slide_title};
pub use stage::command::{Blank, RemoteCommand, TimerCommand};
pub use stage::light::SpotlightParts;
pub use stage::overview_grid::{Overview, OverviewGrid};
pub use stage::served::{AddressPanel, ServeReport};
pub use state::edits::UnsavedEdits;
pub use state::layout_info::{CellPlace, LayoutInfo, LitArea, MIN_TERMINAL_SIZE};
pub use state::pane::Pane;
pub use state::permission::{Policy, Trust, TrustPrompt, TrustSummary};
pub use state::{App, AppOptions, Changes, Direction, Mode, NoticeKind, Variables};
pub use update::update;
