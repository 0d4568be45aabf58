//! The places that jumps left, to go back to and forward again. Going step by step is no jump.

use crate::app::App;
use crate::app::nav::movement;
use crate::deck::Cursor;

/// Older places than this many jumps ago are forgotten.
const MAX_JUMPS: usize = 100;

/// Where jumps started.
#[derive(Debug, Default)]
pub(in crate::app) struct Jumps {
    back: Vec<Cursor>,
    forward: Vec<Cursor>,
}

/// Does what may jump to another slide; if it does, this place is kept.
pub(in crate::app) fn from_here(app: &mut App, jump: impl FnOnce(&mut App)) {
    let before = app.at;
    jump(app);
    if app.at.slide == before.slide {
        return;
    }
    let jumps = &mut app.internal.jumps;
    jumps.forward.clear();
    jumps.back.push(before);
    if jumps.back.len() > MAX_JUMPS {
        jumps.back.remove(0);
    }
}

/// Goes back to where the last jump started.
pub(in crate::app) fn back(app: &mut App) {
    if let Some(to) = app.internal.jumps.back.pop() {
        app.internal.jumps.forward.push(app.at);
        go(app, to);
    }
}

/// Undoes the last [`back`].
pub(in crate::app) fn forward(app: &mut App) {
    if let Some(to) = app.internal.jumps.forward.pop() {
        app.internal.jumps.back.push(app.at);
        go(app, to);
    }
}

/// The deck may have become shorter since.
fn go(app: &mut App, to: Cursor) {
    let slide = to.slide.min(app.deck.last_slide());
    let last = app.deck.slide(slide).steps.max(1) - 1;
    let step = crate::deck::Step(to.step.0.min(last));
    movement::jump(app, Cursor { slide, step });
}
