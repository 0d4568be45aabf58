//! The blank screen: the audience sees one colour, the talk goes on.

use crate::app::input::bindings::Action;
use crate::app::stage::command::Blank;
use crate::app::state::App;

impl App {
    /// Returns the colour of the screen while it is blank.
    pub fn blank(&self) -> Option<Blank> {
        self.view.blank
    }
}

/// Blanks the screen, or shows the slide again.
pub(in crate::app) fn set(app: &mut App, blank: Option<Blank>) {
    if app.view.blank != blank {
        app.view.blank = blank;
        // The pictures were removed.
        app.scene_changed();
    }
}

/// Blanks the screen in a colour, or shows the slide again if it has that colour.
pub(in crate::app) fn toggle(app: &mut App, color: Blank) {
    let blank = (app.view.blank != Some(color)).then_some(color);
    set(app, blank);
}

/// Shows the slide again before most actions. Returns whether that is all that the action does: a step
/// from a blank screen shows the slide that was left.
pub(in crate::app) fn ends_with(app: &mut App, action: Action) -> bool {
    let keeps = matches!(
        action,
        Action::Blank
            | Action::BlankWhite
            | Action::ToggleTimer
            | Action::ResetTimer
            | Action::Execute
            | Action::RunFocused
            | Action::Stop
            | Action::Reload
            | Action::Suspend
            | Action::Exit
            | Action::ReleaseKeys
            | Action::ToggleMouse
    );
    if app.view.blank.is_none() || keeps {
        return false;
    }
    set(app, None);
    matches!(
        action,
        Action::Next
            | Action::NextFast
            | Action::Previous
            | Action::PreviousFast
            | Action::Close
            | Action::ScrollDown
            | Action::ScrollUp
    )
}
