//! One message in, the state changed, effects out: dispatch by what is open on top of the slide.

use crossterm::event::KeyCode;

use crate::app::input::editor;
use crate::app::input::{passthrough, stdin_prompt};
use crate::app::nav::{jumps, movement};
use crate::app::panels;
use crate::app::panels::problems;
use crate::app::panels::{pane, trust_prompt, variables};
use crate::app::reload;
use crate::app::runs::replay;
use crate::app::runs::{output, schedule};
use crate::app::{Action, App, Effect, Hit, Index, Key, KeyMatch, Mode, Msg, TrustPrompt};

/// Changes the state by what happened and says what is to be done.
pub fn update(app: &mut App, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => return press(app, key),
        Msg::Click(hit) => return click(app, hit),
        Msg::Mouse(pointer) => return passthrough::point(app, pointer),
        Msg::Wheel(rows, hit) => wheel(app, rows, hit),
        Msg::Resized | Msg::Resumed | Msg::Redraw => app.scene_changed(),
        Msg::Terminate => return vec![Effect::Quit],
        Msg::LaidOut(layout) => movement::settle(app, layout),
        Msg::MovedTo(slide, pauses) => movement::follow(app, slide, pauses),
        Msg::Shown => return schedule::shown(app),
        Msg::Loaded(deck) => return reload::reload(app, deck),
        Msg::Edited(deck) => return reload::exchange(app, deck),
        Msg::RunFocused => return schedule::run_focused(app),
        Msg::Examined(found) => return trust_prompt::examined(app, found),
        Msg::Reviewed(found) => {
            app.reviewed = found;
            app.paint_changed();
        }
        Msg::Failed(why) => {
            app.notice = Some(why);
            app.paint_changed();
        }
        Msg::Validated(invalid) => {
            app.invalid = invalid;
            app.paint_changed();
        }
        Msg::Recorded(recorded) => replay::take_in(app, recorded),
        Msg::Run(run, event) => return schedule::event(app, run, event),
        Msg::Variables(run, found) => variables::told(app, run, found),
        Msg::Prepared(code, how) => schedule::prepared(app, code, &how),
        Msg::Tick(passed) => schedule::tick(app, passed),
    }
    Vec::new()
}

fn press(app: &mut App, key: Key) -> Vec<Effect> {
    app.internal.pressed += 1;
    if app.notice.take().is_some() {
        app.paint_changed();
    }
    problems::mark_seen(app);
    match app.mode {
        Mode::Passthrough(cell) => passthrough::press(app, cell, key),
        Mode::StdinPrompt(cell) => stdin_prompt::press(app, cell, key),
        Mode::Edit(_) => editor::press(app, key),
        Mode::Index(_) if !is_chord(key) => press_in_index(app, key),
        Mode::TrustPrompt(_) if !is_chord(key) => trust_prompt::press(app, key),
        Mode::Slide if app.pane.is_some() => pane::press(app, key),
        _ => match app.keymap.press(key) {
            KeyMatch::Action(action, number) => act(app, action, number),
            KeyMatch::Partial | KeyMatch::None => Vec::new(),
        },
    }
}

/// Control and alt chords mean the same everywhere; other keys belong to the open panel.
fn is_chord(key: Key) -> bool {
    key.ctrl || key.alt
}

pub(in crate::app) fn act(app: &mut App, action: Action, number: Option<u32>) -> Vec<Effect> {
    if panels::act(app, action) {
        return Vec::new();
    }
    if pane::has_keys(app)
        && let Some(effects) = pane::act(app, action, number)
    {
        return effects;
    }
    match action {
        Action::Next => movement::next(app),
        Action::NextFast => movement::next_fast(app),
        Action::Previous => movement::previous(app),
        Action::PreviousFast => movement::previous_fast(app),
        Action::FirstSlide => jumps::from_here(app, |app| movement::go_to_number(app, 1)),
        Action::LastSlide => {
            let last = app.deck.last_slide();
            jumps::from_here(app, |app| movement::go_to(app, last));
        }
        Action::GoToSlide => {
            jumps::from_here(app, |app| movement::go_to_number(app, number.unwrap_or(0)));
        }
        Action::JumpBack => jumps::back(app),
        Action::JumpForward => jumps::forward(app),
        Action::SkipPauses => movement::skip_pauses(app),
        Action::ScrollDown => movement::scroll_by(app, movement::half_page(&app.layout)),
        Action::ScrollUp => movement::scroll_by(app, -movement::half_page(&app.layout)),
        Action::FocusNext => schedule::focus(app, true),
        Action::FocusPrevious => schedule::focus(app, false),
        Action::ToggleIndex | Action::ToggleHelp | Action::ToggleProblems => toggle(app, action),
        Action::ToggleVariables => return variables::toggle(app),
        Action::ToggleGrid => {
            app.grid = !app.grid;
            app.scene_changed();
        }
        Action::Close => close(app),
        Action::Execute => return schedule::execute(app),
        Action::RunFocused => return schedule::enter(app),
        Action::Edit => editor::begin(app),
        Action::OpenEditor => return editor::open(app),
        Action::ToggleRecorded => replay::toggle(app),
        Action::ZoomOutput => pane::toggle(app),
        Action::SearchOutput => pane::search(app),
        Action::FoldOutput => output::fold(app),
        Action::CopyOutput => return output::copy(app),
        Action::CopyCode => return output::copy_code(app),
        Action::Stop => return schedule::stop(app),
        Action::Reload => return vec![Effect::Reload],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Exit => return vec![Effect::Quit],
    }
    Vec::new()
}

fn toggle(app: &mut App, action: Action) {
    app.mode = match (action, &app.mode) {
        (Action::ToggleIndex, Mode::Index(_))
        | (Action::ToggleHelp, Mode::Help(_))
        | (Action::ToggleProblems, Mode::Problems(_)) => Mode::Slide,
        (Action::ToggleIndex, _) => Mode::Index(Index::open(&app.deck, app.at.slide)),
        (Action::ToggleHelp, _) => Mode::Help(0),
        _ => Mode::Problems(0),
    };
    app.paint_changed();
}

pub(in crate::app) fn close(app: &mut App) {
    match app.mode {
        Mode::Slide if app.focus.take().is_some() => app.scene_changed(),
        Mode::Slide => {}
        _ => {
            app.mode = Mode::Slide;
            app.paint_changed();
        }
    }
}

/// Keys in the index: letters narrow it, arrows choose, enter goes there.
fn press_in_index(app: &mut App, key: Key) -> Vec<Effect> {
    let page = panels::rows(app).cast_signed();
    let Mode::Index(index) = &mut app.mode else { return Vec::new() };
    app.changed.paint = true;
    match key.code {
        KeyCode::Up | KeyCode::BackTab => index.step(-1),
        KeyCode::Down | KeyCode::Tab => index.step(1),
        KeyCode::PageUp => index.step(-page),
        KeyCode::PageDown => index.step(page),
        KeyCode::Home => index.step(isize::MIN),
        KeyCode::End => index.step(isize::MAX),
        KeyCode::Char(c) => {
            let query = format!("{}{c}", index.query);
            index.search(&app.deck, query);
        }
        KeyCode::Backspace => {
            let mut query = index.query.clone();
            query.pop();
            index.search(&app.deck, query);
        }
        KeyCode::Enter => {
            let choice = index.choice();
            app.mode = Mode::Slide;
            if let Some(at) = choice {
                jumps::from_here(app, |app| movement::jump(app, at));
            }
        }
        KeyCode::Esc => app.mode = Mode::Slide,
        _ => {}
    }
    Vec::new()
}

fn click(app: &mut App, hit: Hit) -> Vec<Effect> {
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
        return Vec::new();
    }
    if app.pane.is_some() {
        pane::click(app);
        return Vec::new();
    }
    let again = hit.cell.is_some() && hit.cell == app.focus;
    app.focus = hit.cell;
    app.scene_changed();
    if again { schedule::enter(app) } else { Vec::new() }
}

fn wheel(app: &mut App, rows: i32, hit: Hit) {
    match (&mut app.mode, hit.output) {
        (Mode::Index(_) | Mode::Help(_) | Mode::Problems(_) | Mode::Variables(_), _) => {
            panels::scroll(app, rows.signum() as isize);
        }
        (Mode::TrustPrompt(TrustPrompt { row, .. }), _) => {
            *row = row.saturating_add_signed(rows.signum() as i16);
            app.paint_changed();
        }
        _ if app.pane.is_some() => pane::scroll_by(app, rows.into()),
        (Mode::Slide | Mode::StdinPrompt(_), Some(output)) => {
            schedule::scroll_output(app, output, rows)
        }
        (Mode::Slide | Mode::Passthrough(_) | Mode::StdinPrompt(_) | Mode::Edit(_), _) => {
            movement::scroll_by(app, i64::from(rows));
        }
    }
}
