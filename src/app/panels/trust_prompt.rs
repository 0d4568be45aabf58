//! The question before a deck's code may run, and its answer. The question waits until everything is
//! known, and nothing runs before the answer.

use std::sync::Arc;

use crossterm::event::KeyCode;

use crate::app::runs::{schedule, session};
use crate::app::{App, Effect, Key, Mode, Trust};
use crate::deck::CellId;

/// Rows that a page key scrolls the question by.
const PAGE_ROWS: u16 = 5;

/// What was found out about a deck without running anything. Its texts are safe to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustSummary {
    /// Whether the deck was trusted before and nothing that decides what runs has changed.
    pub is_trusted: bool,
    /// What has changed since it was trusted.
    pub changes: Vec<String>,
    /// The Python that will most likely run its blocks; none if it has no such blocks.
    pub interpreter: Option<String>,
    /// The crates that its blocks are built with, and which of them run a build script.
    pub crates: Vec<String>,
    /// Files of its folder that decide what runs.
    pub files: Vec<String>,
    /// Why it cannot be remembered.
    pub unrememberable: Option<String>,
}

/// The open question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustPrompt {
    /// The cells that wait for the answer.
    pub cells: Vec<CellId>,
    /// Rows of the question that are scrolled away.
    pub row: u16,
}

/// Asks whether the deck's code may run, for these cells. While it is being found out whether that was
/// answered before, they wait.
pub(in crate::app) fn ask(app: &mut App, cells: Vec<CellId>) -> Vec<Effect> {
    app.paint_changed();
    if app.trust == Trust::Checking {
        app.internal.waiting = cells;
        return Vec::new();
    }
    app.mode = Mode::TrustPrompt(TrustPrompt { cells, row: 0 });
    let is_known = app.inquiry.is_some();
    if is_known { Vec::new() } else { vec![Effect::Examine] }
}

/// Takes in what was found out about the deck; nothing if it was never trusted and so not looked at.
pub(in crate::app) fn examined(app: &mut App, inquiry: Option<Arc<TrustSummary>>) -> Vec<Effect> {
    let is_trusted = inquiry.as_ref().is_some_and(|inquiry| inquiry.is_trusted);
    app.inquiry = inquiry;
    app.paint_changed();
    if app.trust != Trust::Checking {
        return Vec::new();
    }
    app.trust = if is_trusted { Trust::Always } else { Trust::Unknown };
    // Blocks that run by themselves start now, or say that they may not.
    app.scene_changed();
    let waiting = std::mem::take(&mut app.internal.waiting);
    let mut effects: Vec<_> = is_trusted.then_some(Effect::Prepare).into_iter().collect();
    effects.extend(schedule::run(app, waiting));
    effects
}

/// A key at the question. Those that allow something count only when all of it was shown.
pub(in crate::app) fn press(app: &mut App, key: Key) -> Vec<Effect> {
    let Mode::TrustPrompt(question) = &mut app.mode else { return Vec::new() };
    let trust = match key.code {
        KeyCode::Char('o' | 'O' | 'y') => Trust::Once,
        KeyCode::Char('a' | 'A') => Trust::Always,
        KeyCode::Char('s' | 'S') if app.sandbox.is_ok() => Trust::Sandboxed,
        KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => Trust::No,
        code => {
            let row = question.row;
            question.row = match code {
                KeyCode::Down | KeyCode::Char('j') => row.saturating_add(1),
                KeyCode::Up | KeyCode::Char('k') => row.saturating_sub(1),
                KeyCode::PageDown => row.saturating_add(PAGE_ROWS),
                KeyCode::PageUp => row.saturating_sub(PAGE_ROWS),
                _ => return Vec::new(),
            };
            app.paint_changed();
            return Vec::new();
        }
    };
    answer(app, trust)
}

/// Takes in the answer, and runs what waits for it.
fn answer(app: &mut App, trust: Trust) -> Vec<Effect> {
    let is_possible = match (trust, &app.inquiry) {
        (Trust::No, _) => true,
        (_, None) => false,
        (Trust::Always, Some(inquiry)) => inquiry.unrememberable.is_none(),
        (_, Some(_)) => true,
    };
    if !is_possible {
        return Vec::new();
    }
    let Mode::TrustPrompt(question) = std::mem::take(&mut app.mode) else { return Vec::new() };
    app.trust = trust;
    app.scene_changed();
    if !trust.allows() {
        return Vec::new();
    }
    let mut effects = Vec::new();
    if trust == Trust::Sandboxed {
        // What ran before, by `-x`, is outside: no session goes on from it.
        session::forget_all(app);
        effects.push(Effect::EnterSandbox);
    }
    effects.push(Effect::Prepare);
    effects.extend((trust == Trust::Always).then_some(Effect::RememberTrust));
    effects.extend(schedule::run(app, question.cells));
    effects
}
