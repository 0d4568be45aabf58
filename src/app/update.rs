//! Changes the state for one message and returns the effects: dispatches by what is open on top of
//! the slide.

use crate::app::effect::Effect;
use crate::app::input::bindings::Action;
use crate::app::input::keys::Key;
use crate::app::input::outcome::KeyOutcome;
use crate::app::input::{editor, passthrough, paste, stdin_prompt};
use crate::app::msg::{Hit, Msg};
use crate::app::nav::{focus, movement};
use crate::app::panels::{actions, index_panel, pane, problems, trust_prompt, variables};
use crate::app::reload;
use crate::app::runs::events::EventResult;
use crate::app::runs::{autorun, events, kernels, output, replay, schedule, stop};
use crate::app::stage::command::{Blank, RemoteCommand, TimerCommand};
use crate::app::stage::remote::RemoteOutcome;
use crate::app::stage::{audience, blank, overview, remote, spotlight, typing};
use crate::app::state::permission::TrustPrompt;
use crate::app::state::{App, Mode, MouseButtonState};
use crate::run::{Event, RunId};

/// Rows that the notes under the slide scroll by.
const NOTES_SCROLL_ROWS: i32 = 3;

/// Changes the state for a message and returns what has to be done outside.
pub fn update(app: &mut App, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => return press(app, key),
        Msg::Paste(text) => return paste::paste(app, &text),
        Msg::Click(hit) => click(app, hit),
        Msg::Drag(hit) => spotlight::drag(app, hit.at),
        Msg::Release => return release(app),
        Msg::Mouse(pointer) => return passthrough::point(app, pointer),
        Msg::Wheel(rows, hit) => wheel(app, rows, hit),
        Msg::Resized | Msg::Resumed | Msg::Redraw => app.scene_changed(),
        Msg::Terminate => return vec![Effect::Quit],
        Msg::Painted => app.changed.paint = false,
        Msg::LaidOut(layout) => movement::settle(app, layout),
        Msg::MovedTo(slide, pauses) => movement::follow(app, slide, pauses),
        Msg::Follow(at) => movement::follow_to(app, at),
        Msg::Mirrored(runs) => {
            app.runs = runs;
            app.scene_changed();
        }
        Msg::Remote(command) => return perform(app, command),
        Msg::Served(report) => audience::report(app, report),
        Msg::Shown => return shown(app),
        Msg::Loaded(deck) => return reload::reload(app, deck),
        Msg::Edited(deck) => return reload::replace(app, deck),
        Msg::Unsaved(unsaved) => editor::set_unsaved(app, unsaved),
        Msg::RunFocused => return schedule::run_focused(app),
        Msg::Examined(summary) => return trust_prompt::examined(app, summary),
        Msg::Reviewed(found) => {
            app.problems.reviewed = found;
            app.paint_changed();
        }
        Msg::Failed(why) => app.report_failure(why),
        Msg::Notice(text) => app.notify(text),
        Msg::EditFailed { previous, why } => {
            editor::take_back(app, previous);
            app.report_failure(why);
        }
        Msg::NoticeRead => app.clear_notice(),
        Msg::Validated(invalid) => {
            app.problems.invalid = invalid;
            app.paint_changed();
        }
        Msg::Recorded(recorded) => replay::set_recorded(app, recorded),
        Msg::Run(run, event) => return run_event(app, run, event),
        Msg::Markdown(run, markdown, name) => {
            events::show_markdown(app, run, markdown, name.as_ref());
        }
        Msg::Variables(run, found) => variables::answered(app, run, found),
        Msg::Prepared(code, progress) => events::prepared(app, code, &progress),
        Msg::Tick(passed) => events::tick(app, passed),
        Msg::GoTo(at) => {
            app.mode = Mode::Slide;
            app.view.at = at;
            app.scene_changed();
        }
        Msg::Act(action) => return act(app, action, None),
        Msg::RunCells(cells) => return schedule::run(app, cells),
        Msg::SetTrust(trust) => app.permission.trust = trust,
    }
    Vec::new()
}

/// Performs a command of another program. The effects end with the answer.
fn perform(app: &mut App, command: RemoteCommand) -> Vec<Effect> {
    let (mut effects, answer) = match remote::perform(app, command) {
        Ok(RemoteOutcome::Act(action)) => (act(app, action, None), Ok(())),
        Ok(RemoteOutcome::Effects(effects)) => (effects, Ok(())),
        Err(why) => (Vec::new(), Err(why)),
    };
    effects.push(Effect::Answer(answer));
    effects
}

fn press(app: &mut App, key: Key) -> Vec<Effect> {
    app.internal.pressed += 1;
    app.clear_notice();
    problems::mark_seen(app);
    let outcome = match app.mode {
        Mode::Passthrough(cell) => KeyOutcome::Handled(passthrough::press(app, cell, key)),
        Mode::StdinPrompt(cell) => stdin_prompt::press(app, cell, key),
        Mode::Edit(_) => editor::press(app, key),
        Mode::Index(_) if !is_chord(key) => {
            index_panel::press(app, key);
            KeyOutcome::default()
        }
        Mode::Overview(_) if !is_chord(key) => {
            overview::press(app, key);
            KeyOutcome::default()
        }
        Mode::TrustPrompt(_) if !is_chord(key) => {
            KeyOutcome::Handled(trust_prompt::press(app, key))
        }
        Mode::Slide if app.pane.is_some() => pane::press(app, key),
        Mode::Slide => on_slide(app, key),
        _ => app.keymap.press(key).into(),
    };
    match outcome {
        KeyOutcome::Handled(effects) => effects,
        KeyOutcome::Pass(action, number) => act(app, action, number),
    }
}

/// Handles a key on the slide: it types, moves the light, or is bound to an action.
fn on_slide(app: &mut App, key: Key) -> KeyOutcome {
    if typing::press(app, key) || spotlight::press(app, key) {
        return KeyOutcome::default();
    }
    app.keymap.press(key).into()
}

/// Control and alt chords mean the same everywhere; other keys belong to the open panel.
fn is_chord(key: Key) -> bool {
    key.ctrl || key.alt
}

fn act(app: &mut App, action: Action, number: Option<u32>) -> Vec<Effect> {
    if blank::ends_with(app, action) || spotlight::ends_with(app, action) {
        return Vec::new();
    }
    if actions::act(app, action) || audience::act(app, action) {
        return Vec::new();
    }
    if pane::has_keys(app)
        && let Some(effects) = pane::act(app, action, number)
    {
        return effects;
    }
    match action {
        Action::Next | Action::Close if typing::complete(app) => {}
        Action::Next => movement::next(app),
        Action::NextFast => movement::next_fast(app),
        Action::Previous => movement::previous(app),
        Action::PreviousFast => movement::previous_fast(app),
        Action::FirstSlide => movement::jump_to_number(app, 1),
        Action::LastSlide => movement::jump_to_last(app),
        Action::GoToSlide => movement::jump_to_number(app, number.unwrap_or(0)),
        Action::JumpBack => movement::jump_back(app),
        Action::JumpForward => movement::jump_forward(app),
        Action::SkipPauses => movement::skip_pauses(app),
        Action::ScrollDown => movement::scroll_by(app, movement::half_page(&app.layout)),
        Action::ScrollUp => movement::scroll_by(app, -movement::half_page(&app.layout)),
        Action::FocusNext => focus::step(app, true),
        Action::FocusPrevious => focus::step(app, false),
        Action::ToggleIndex | Action::ToggleHelp | Action::ToggleProblems => {
            actions::toggle(app, action);
        }
        Action::ToggleVariables => return variables::toggle(app),
        Action::RestartKernels => return kernels::restart(app),
        Action::ToggleGrid => {
            app.view.grid = !app.view.grid;
            app.scene_changed();
        }
        Action::Spotlight => spotlight::toggle(app),
        Action::ToggleNotes => {
            app.view.has_notes = !app.view.has_notes;
            app.scene_changed();
        }
        Action::NotesDown => return vec![Effect::ScrollNotes(NOTES_SCROLL_ROWS)],
        Action::NotesUp => return vec![Effect::ScrollNotes(-NOTES_SCROLL_ROWS)],
        Action::ToggleMouse => return actions::toggle_mouse(app),
        Action::ToggleOverview => overview::toggle(app),
        Action::ToggleAddress => audience::toggle(app),
        Action::Blank => blank::toggle(app, Blank::Black),
        Action::BlankWhite => blank::toggle(app, Blank::White),
        Action::ToggleTimer => return vec![Effect::Timer(TimerCommand::Toggle)],
        Action::ResetTimer => return vec![Effect::Timer(TimerCommand::Reset)],
        Action::Close => actions::close(app),
        Action::Execute => {
            typing::complete(app);
            return schedule::execute(app);
        }
        Action::RunFocused => return enter(app),
        Action::Edit => editor::begin(app),
        Action::OpenEditor => return editor::open_external(app),
        Action::ToggleRecorded => replay::toggle(app),
        Action::ZoomOutput => pane::toggle(app),
        Action::SearchOutput => pane::search(app),
        Action::FoldOutput => output::fold(app),
        Action::CopyOutput => return output::copy(app),
        Action::CopyCode => return output::copy_code(app),
        Action::Stop => return stop::stop(app),
        Action::Reload => return vec![Effect::Reload],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Exit => return editor::quit(app, action),
        // Nothing has taken the keys.
        Action::ReleaseKeys => {}
    }
    Vec::new()
}

/// Runs the focused cell. If its program reads keys or input, it gets the keys.
fn enter(app: &mut App) -> Vec<Effect> {
    let effects = schedule::run_focused(app);
    if let Some(cell) = app.view.focus.filter(|_| !matches!(app.mode, Mode::TrustPrompt(_))) {
        passthrough::begin(app, cell);
        stdin_prompt::begin(app, cell);
    }
    effects
}

/// The slide is about to be shown: starts its autorun blocks and resizes its terminals.
fn shown(app: &mut App) -> Vec<Effect> {
    let mut effects = autorun::slide_shown(app);
    effects.extend(schedule::resize_terminals(app));
    effects
}

/// Handles an event of a run, and what follows from its end.
fn run_event(app: &mut App, run: RunId, event: Event) -> Vec<Effect> {
    let cell = match events::apply(app, run, event) {
        EventResult::Effects(effects) => return effects,
        EventResult::Ended(cell) => cell,
    };
    stop::clear_notice(app);
    passthrough::end(app, cell);
    stdin_prompt::end(app, cell);
    replay::run_ended(app, cell);
    let mut effects: Vec<Effect> = variables::refresh(app, cell).into_iter().collect();
    effects.extend(schedule::run_ended(app, cell));
    effects
}

fn click(app: &mut App, hit: Hit) {
    spotlight::end(app);
    app.view.button = MouseButtonState::default();
    if let Mode::Passthrough(cell) = app.mode
        && hit.cell != Some(cell)
    {
        passthrough::end(app, cell);
    }
    if let Mode::StdinPrompt(cell) = app.mode
        && hit.cell != Some(cell)
    {
        stdin_prompt::leave(app, cell);
    }
    if !matches!(app.mode, Mode::Slide) {
        return;
    }
    if app.pane.is_some() {
        return pane::click(app);
    }
    let runs_focused = hit.cell.is_some() && hit.cell == app.view.focus;
    app.view.button = MouseButtonState { pressed_at: Some(hit.at), runs_focused };
    app.view.focus = hit.cell;
    app.scene_changed();
}

/// The mouse button was released: a second click on a cell runs it.
fn release(app: &mut App) -> Vec<Effect> {
    let button = std::mem::take(&mut app.view.button);
    if button.runs_focused && matches!(app.mode, Mode::Slide) { enter(app) } else { Vec::new() }
}

fn wheel(app: &mut App, rows: i32, hit: Hit) {
    match (&mut app.mode, hit.output) {
        (Mode::Index(_) | Mode::Help(_) | Mode::Problems(_) | Mode::Variables(_), _) => {
            actions::scroll(app, rows.signum() as isize);
        }
        (Mode::Overview(_), _) => overview::step_rows(app, rows.signum() as isize),
        (Mode::TrustPrompt(TrustPrompt { row, .. }), _) => {
            *row = row.saturating_add_signed(rows.signum() as i16);
            app.paint_changed();
        }
        _ if app.pane.is_some() => pane::scroll_by(app, rows.into()),
        (Mode::Slide | Mode::StdinPrompt(_), Some(hit)) => output::scroll(app, hit, rows),
        (Mode::Slide | Mode::Passthrough(_) | Mode::StdinPrompt(_) | Mode::Edit(_), _) => {
            movement::scroll_by(app, i64::from(rows));
        }
        (Mode::Address(_), _) => {}
    }
}
