//! The trust prompt: the question before a deck's code may run, and its answer. It can be answered
//! once everything it shows is known, and nothing runs before that.

use std::sync::Arc;

use crossterm::event::KeyCode;

use crate::app::effect::Effect;
use crate::app::input::keys::Key;
use crate::app::runs::{schedule, session};
use crate::app::state::permission::{Trust, TrustSummary};
use crate::app::state::{App, Mode};

/// Rows that a page key scrolls the prompt by.
const PAGE_ROWS: u16 = 5;

/// Stores what is known about the deck's code; none if the deck was never trusted.
pub(in crate::app) fn examined(app: &mut App, summary: Option<Arc<TrustSummary>>) -> Vec<Effect> {
    let is_trusted = summary.as_ref().is_some_and(|summary| summary.is_trusted);
    app.permission.summary = summary;
    app.paint_changed();
    if app.permission.trust != Trust::Checking {
        return Vec::new();
    }
    app.permission.trust = if is_trusted { Trust::Always } else { Trust::Unknown };
    // Autorun blocks start now, or show that they may not run.
    app.scene_changed();
    let waiting = std::mem::take(&mut app.permission.waiting);
    let mut effects: Vec<_> = is_trusted.then_some(Effect::Prepare).into_iter().collect();
    effects.extend(schedule::run(app, waiting));
    effects
}

/// Handles a key in the prompt. Keys that allow code have no effect until the summary is shown.
pub(in crate::app) fn press(app: &mut App, key: Key) -> Vec<Effect> {
    let Mode::TrustPrompt(prompt) = &mut app.mode else { return Vec::new() };
    let trust = match key.code {
        KeyCode::Char('o' | 'O' | 'y') => Trust::Once,
        KeyCode::Char('a' | 'A') => Trust::Always,
        KeyCode::Char('s' | 'S') if app.permission.sandbox.is_ok() => Trust::Sandboxed,
        KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => Trust::No,
        code => {
            let row = prompt.row;
            prompt.row = match code {
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

/// Applies an answer and runs the cells that waited for it.
fn answer(app: &mut App, trust: Trust) -> Vec<Effect> {
    let is_possible = match (trust, &app.permission.summary) {
        (Trust::No, _) => true,
        (_, None) => false,
        (Trust::Always, Some(summary)) => summary.unrememberable.is_none(),
        (_, Some(_)) => true,
    };
    if !is_possible {
        return Vec::new();
    }
    let Mode::TrustPrompt(prompt) = std::mem::take(&mut app.mode) else { return Vec::new() };
    app.permission.trust = trust;
    app.scene_changed();
    if !trust.allows() {
        return Vec::new();
    }
    let mut effects = Vec::new();
    if trust == Trust::Sandboxed {
        // Code that ran because of `-x` ran outside the sandbox: no session continues from it.
        session::forget_all(app);
        effects.push(Effect::EnterSandbox);
    }
    effects.push(Effect::Prepare);
    effects.extend((trust == Trust::Always).then_some(Effect::RememberTrust));
    effects.extend(schedule::run(app, prompt.cells));
    effects
}
