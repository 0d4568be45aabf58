//! The spotlight: dims all but a block, a line, a column, or an area dragged with the mouse.

use crossterm::event::KeyCode;

use crate::app::input::bindings::Action;
use crate::app::input::keys::Key;
use crate::app::stage::light::{ChosenPart, Spotlight, SpotlightParts, SpotlightTarget};
use crate::app::state::layout_info::LitArea;
use crate::app::state::{App, Mode, ScrollTarget};

impl App {
    /// Returns the area that the spotlight lights.
    pub fn lit_area(&self) -> Option<&LitArea> {
        match &self.spotlight()?.target {
            SpotlightTarget::Part(_, ChosenPart::Number(part)) => self.layout.parts.get(*part),
            SpotlightTarget::Part(_, ChosenPart::Near(_)) => None,
            SpotlightTarget::Area(area) => Some(area),
        }
    }

    /// Returns the parts that the next layout has to find for the spotlight.
    pub fn spotlight_parts(&self) -> Option<SpotlightParts> {
        match self.spotlight()?.target {
            SpotlightTarget::Part(parts, _) => Some(parts),
            SpotlightTarget::Area(_) => None,
        }
    }

    /// Returns the spotlight, if it belongs to what is shown.
    fn spotlight(&self) -> Option<&Spotlight> {
        let is_slide = !matches!(self.mode, Mode::Overview(_) | Mode::Index(_) | Mode::Edit(_));
        let is_shown = is_slide && self.pane.is_none();
        self.view.spotlight.as_deref().filter(|spotlight| is_shown && spotlight.at == self.view.at)
    }
}

/// Turns the spotlight on; then goes from blocks to lines to columns to off.
pub(in crate::app) fn toggle(app: &mut App) {
    let parts = match app.spotlight().map(|spotlight| &spotlight.target) {
        None => SpotlightParts::Blocks,
        Some(SpotlightTarget::Part(SpotlightParts::Blocks, _)) => SpotlightParts::Lines,
        Some(SpotlightTarget::Part(SpotlightParts::Lines, _)) => SpotlightParts::Columns,
        Some(SpotlightTarget::Part(SpotlightParts::Columns, _) | SpotlightTarget::Area(_)) => {
            return end(app);
        }
    };
    let near = app.lit_area().map(|area| area.rows.start);
    set(app, SpotlightTarget::Part(parts, ChosenPart::Near(near)));
}

/// Lights an area from a position to another one, both included.
pub(in crate::app) fn drag(app: &mut App, to: (u16, u32)) {
    let is_slide = matches!(app.mode, Mode::Slide) && app.pane.is_none();
    let Some(from) = app.view.button.pressed_at.filter(|_| is_slide) else { return };
    app.view.button.runs_focused = false;
    let area = LitArea {
        columns: from.0.min(to.0)..from.0.max(to.0).saturating_add(1),
        rows: from.1.min(to.1)..from.1.max(to.1).saturating_add(1),
    };
    set(app, SpotlightTarget::Area(area));
}

fn set(app: &mut App, target: SpotlightTarget) {
    app.view.spotlight = Some(Box::new(Spotlight { target, at: app.view.at }));
    app.scene_changed();
}

/// Turns the spotlight off.
pub(in crate::app) fn end(app: &mut App) {
    if app.view.spotlight.take().is_some() {
        app.scene_changed();
    }
}

/// Moves the light with the arrows up and down. Returns whether the key did that.
pub(in crate::app) fn press(app: &mut App, key: Key) -> bool {
    let by = match key.code {
        KeyCode::Down if !key.ctrl && !key.alt => 1,
        KeyCode::Up if !key.ctrl && !key.alt => -1,
        _ => return false,
    };
    let last = app.layout.parts.len().saturating_sub(1);
    let Some(SpotlightTarget::Part(parts, ChosenPart::Number(part))) =
        app.spotlight().map(|spotlight| spotlight.target.clone())
    else {
        return false;
    };
    let part = part.saturating_add_signed(by).min(last);
    set(app, SpotlightTarget::Part(parts, ChosenPart::Number(part)));
    app.internal.scroll_target = Some(ScrollTarget::Lit);
    true
}

/// Turns the spotlight off before actions that show something else. Returns whether that is all that the
/// action does.
pub(in crate::app) fn ends_with(app: &mut App, action: Action) -> bool {
    let keeps = matches!(
        action,
        Action::Spotlight
            | Action::Execute
            | Action::RunFocused
            | Action::Stop
            | Action::ToggleTimer
            | Action::ResetTimer
            | Action::ToggleNotes
            | Action::NotesDown
            | Action::NotesUp
            | Action::ToggleMouse
            | Action::ToggleHelp
            | Action::Suspend
            | Action::Blank
            | Action::BlankWhite
    );
    if keeps || app.spotlight().is_none() || !matches!(app.mode, Mode::Slide) {
        return false;
    }
    if let Action::FocusNext | Action::FocusPrevious = action {
        // The light goes to the block that gets the focus.
        set(app, SpotlightTarget::Part(SpotlightParts::Blocks, ChosenPart::Near(None)));
        return false;
    }
    end(app);
    action == Action::Close
}

/// Chooses a part after a layout, and keeps the choice in its bounds.
pub(in crate::app) fn settle(app: &mut App) {
    let Some(SpotlightTarget::Part(parts, part)) =
        app.spotlight().map(|spotlight| spotlight.target.clone())
    else {
        return;
    };
    let found = &app.layout.parts;
    if found.is_empty() {
        app.view.spotlight = None;
        return;
    }
    let part = match part {
        ChosenPart::Number(part) => part.min(found.len() - 1),
        ChosenPart::Near(row) => {
            let focus = app.view.focus.and_then(|id| app.layout.cell(id)).map(|it| it.rows.start);
            let revealed = app.layout.revealed.as_ref().map(|rows| rows.start);
            let first = row.or(focus).or(revealed).unwrap_or(app.view.scroll);
            found.iter().position(|area| area.rows.end > first).unwrap_or(0)
        }
    };
    let target = SpotlightTarget::Part(parts, ChosenPart::Number(part));
    app.view.spotlight = Some(Box::new(Spotlight { target, at: app.view.at }));
}
