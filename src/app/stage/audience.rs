//! The panel with the addresses of a talk that is served.

use crate::app::input::bindings::Action;
use crate::app::stage::served::{AddressPanel, ServeReport};
use crate::app::state::{App, Mode};

impl App {
    /// Returns what the audience can open, if the talk is served.
    pub fn served(&self) -> Option<&ServeReport> {
        self.view.served.as_deref()
    }
}

/// Takes news of the server.
pub(in crate::app) fn report(app: &mut App, report: ServeReport) {
    app.view.served = Some(Box::new(report));
    if matches!(app.mode, Mode::Address(_)) {
        app.paint_changed();
    }
}

/// Opens or closes the panel.
pub(in crate::app) fn toggle(app: &mut App) {
    match app.mode {
        Mode::Address(_) => app.mode = Mode::Slide,
        _ if app.view.served.is_none() => {
            return app.notify("no address: start the talk with `--serve`");
        }
        _ => app.mode = Mode::Address(AddressPanel::Audience),
    }
    app.paint_changed();
}

/// Performs an action in the panel; returns whether it has a meaning there.
pub(in crate::app) fn act(app: &mut App, action: Action) -> bool {
    let Mode::Address(shown) = app.mode else { return false };
    app.mode = match (action, shown) {
        (Action::RunFocused, AddressPanel::Audience) => Mode::Address(AddressPanel::Remote),
        (Action::RunFocused, AddressPanel::Remote) => Mode::Address(AddressPanel::Audience),
        (
            Action::Exit
            | Action::Next
            | Action::NextFast
            | Action::Previous
            | Action::PreviousFast,
            _,
        ) => Mode::Slide,
        _ => return false,
    };
    app.paint_changed();
    true
}
