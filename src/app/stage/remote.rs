//! Commands from other programs. They do what keys do, but never answer a question for the speaker: a
//! block that may not run yet opens the question whether it may.

use crate::app::effect::Effect;
use crate::app::input::bindings::Action;
use crate::app::input::{passthrough, stdin_prompt};
use crate::app::nav::movement;
use crate::app::runs::{schedule, stop};
use crate::app::stage::blank;
use crate::app::stage::command::{Blank, RemoteCommand};
use crate::app::state::{App, Mode};
use crate::deck::{CellId, Cursor, SlideNo, Start, Step};

/// What a command leads to.
pub(in crate::app) enum RemoteOutcome {
    /// The same as the key of an action.
    Act(Action),
    /// These effects.
    Effects(Vec<Effect>),
}

impl App {
    /// Returns whether [`RemoteCommand::RunAllowed`] runs a cell: it is on the screen, and the speaker has allowed
    /// it and what has to run before it.
    pub fn is_run_allowed(&self, cell: CellId) -> bool {
        self.visible_cells().any(|visible| visible.id == cell)
            && !schedule::needs_consent(self, &[cell])
    }
}

/// Performs a command, or says why not.
pub(in crate::app) fn perform(
    app: &mut App,
    command: RemoteCommand,
) -> Result<RemoteOutcome, String> {
    let action = match command {
        RemoteCommand::Next => Action::Next,
        RemoteCommand::Back => Action::Previous,
        RemoteCommand::NextSlide => Action::NextFast,
        RemoteCommand::PreviousSlide => Action::PreviousFast,
        RemoteCommand::First => Action::FirstSlide,
        RemoteCommand::Last => Action::LastSlide,
        _ => return other(app, command).map(RemoteOutcome::Effects),
    };
    free_slide(app)?;
    app.notice = None;
    Ok(RemoteOutcome::Act(action))
}

/// Performs a command that no key has.
fn other(app: &mut App, command: RemoteCommand) -> Result<Vec<Effect>, String> {
    match command {
        RemoteCommand::GoTo { slide, step } => return go_to(app, slide, step),
        RemoteCommand::Run { block } => return run(app, block),
        RemoteCommand::RunAllowed { block } => return run_allowed(app, block),
        RemoteCommand::Stop if app.is_running() => return Ok(stop::stop(app)),
        RemoteCommand::Stop => return Err("nothing is running".to_owned()),
        RemoteCommand::Timer(command) => return Ok(vec![Effect::Timer(command)]),
        RemoteCommand::Reload => return Ok(vec![Effect::Reload]),
        RemoteCommand::Blank(Some(color)) => blank::set(app, color),
        RemoteCommand::Blank(None) => {
            let color = if app.view.blank.is_some() { None } else { Some(Blank::Black) };
            blank::set(app, color);
        }
        _ => {}
    }
    Ok(Vec::new())
}

fn go_to(app: &mut App, slide: u32, step: Option<u32>) -> Result<Vec<Effect>, String> {
    let last = app.deck.last_slide();
    let to = SlideNo::new(slide.saturating_sub(1) as usize);
    if slide == 0 || to > last {
        return Err(format!("there is no slide {slide}; the deck has {}", last.human()));
    }
    let steps = u32::from(app.deck.slide(to).steps.max(1));
    let step = step.unwrap_or(1);
    if step == 0 || step > steps {
        return Err(format!("there is no step {step}; slide {slide} has {steps}"));
    }
    free_slide(app)?;
    app.notice = None;
    blank::set(app, None);
    let step = Step(u16::try_from(step - 1).unwrap_or(u16::MAX));
    movement::jump(app, Cursor { slide: to, step });
    Ok(Vec::new())
}

/// Runs blocks, or opens the question whether they may run.
fn run(app: &mut App, block: Option<u32>) -> Result<Vec<Effect>, String> {
    let cells = chosen(app, block)?;
    free_slide(app)?;
    Ok(schedule::run(app, cells))
}

/// Runs blocks that the speaker has allowed. Never opens the question: the screen is not before the eyes of
/// whoever sends this.
fn run_allowed(app: &mut App, block: Option<u32>) -> Result<Vec<Effect>, String> {
    let cells = chosen(app, block)?;
    if schedule::needs_consent(app, &cells) {
        return Err("the speaker has not allowed this code to run".to_owned());
    }
    free_slide(app)?;
    Ok(schedule::run(app, cells))
}

/// Returns the cells that a command to run means.
fn chosen(app: &App, block: Option<u32>) -> Result<Vec<CellId>, String> {
    let Some(number) = block else {
        if app.visible_cells().next().is_none() {
            return Err("no block on this slide can run".to_owned());
        }
        return Ok(schedule::chosen(app));
    };
    let Some(cell) = numbered(app, number) else {
        let count = app.visible_cells().count();
        return Err(format!("there is no block {number}; the slide shows {count} that can run"));
    };
    Ok(vec![cell])
}

/// Returns the cell with this number, from 1, among those of the slide that can run, if it is visible.
fn numbered(app: &App, number: u32) -> Option<CellId> {
    let index = (number as usize).checked_sub(1)?;
    let cells = app.deck.cells_of(app.view.at.slide);
    let cell = cells.filter(|cell| cell.exec.start != Start::OnCheck).nth(index)?;
    app.deck.shows(cell, app.view.at.step).then_some(cell.id)
}

/// Closes what is open on top of the slide. Fails if the speaker has to decide something first.
fn free_slide(app: &mut App) -> Result<(), String> {
    match app.mode {
        Mode::TrustPrompt(_) => {
            return Err("the talk asks whether the deck's code may run".to_owned());
        }
        Mode::Edit(_) => return Err("the speaker is editing a block".to_owned()),
        Mode::Passthrough(cell) => passthrough::end(app, cell),
        Mode::StdinPrompt(cell) => stdin_prompt::leave(app, cell),
        Mode::Slide => {}
        _ => {
            app.mode = Mode::Slide;
            app.paint_changed();
        }
    }
    Ok(())
}
