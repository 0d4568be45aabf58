//! Between scene and app: making the scene that the app's state asks for, what the app needs to know
//! of it, and what the mouse points at in it.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::{Answers, Look, Settings, Show};
use crate::app::{
    Action, App, CellPlace, Editing, Hit, Keymap, Mode, Msg, OutputHit, Pane, Stage, update,
};
use crate::deck::{Block, BlockKind, CellId, Cursor, Deck};
use crate::layout::{
    Colours, Hints, Inputs, Item, Measures, PaneScene, PaneView, PictureKey, Placed, Scene, Size,
};
use crate::layout::{layout, pane};
use crate::media::{Capabilities, Media, Protocol};
use crate::run::{CellRun, Did, Pointer, Runs};
use crate::source::Span;
use crate::view;

/// Rows that one notch of the wheel scrolls.
const WHEEL: i32 = 3;

/// Lays out what the app's state says, and tells the app what came of it.
pub(super) fn scene(
    show: &Show,
    app: &mut App,
    (size, colours): (Size, Colours),
    media: &mut Media,
) -> Scene {
    app.changed.scene = false;
    let how = (size, colours);
    let (scene, stage) = if let Some(shown) = &app.pane {
        let lay_out = |inputs: &Inputs<'_>| pane(inputs, &view(shown));
        let PaneScene { scene, left, matches, .. } =
            with_inputs(show, app, app.at, how, media, lay_out);
        let stage = Stage { matches, left, ..stage(&scene) };
        (scene, stage)
    } else {
        let scene = scene_at(show, app, app.at, how, media);
        let stage = stage(&scene);
        (scene, stage)
    };
    update(app, Msg::LaidOut(stage));
    scene
}

/// The pane as layout knows it.
fn view(pane: &Pane) -> PaneView<'_> {
    PaneView {
        cell: pane.cell,
        top: pane.top,
        left: pane.left,
        query: pane.query(),
        current: pane.current,
        typed: pane.typed.as_ref(),
    }
}

/// Lays out another place of the talk, as it would be now.
pub(super) fn scene_at(
    show: &Show,
    app: &App,
    at: Cursor,
    how: (Size, Colours),
    media: &mut Media,
) -> Scene {
    with_inputs(show, app, at, how, media, layout)
}

/// Lays out what is asked for, with all that it depends on.
fn with_inputs<T>(
    show: &Show,
    app: &App,
    at: Cursor,
    (size, colours): (Size, Colours),
    media: &mut Media,
    lay_out: impl FnOnce(&Inputs<'_>) -> T,
) -> T {
    let mut measures = measure(&show.deck, at, &app.runs, media);
    let look = show.look(at.slide);
    for key in look.footer.pictures.iter().flatten() {
        measures.pictures.insert(key.clone(), media.measure(key));
    }
    lay_out(&Inputs {
        deck: &show.deck,
        at,
        size,
        theme: &look.theme,
        highlighter: &look.highlighter,
        colours,
        runs: &app.runs,
        measures: &measures,
        footer: &look.footer,
        focus: app.focus,
        grid: app.grid,
        limits: show.limits,
        hints: &hints(&app.keymap),
    })
}

/// What the keys are called of which slides speak.
fn hints(keys: &Keymap) -> Hints {
    let run = keys.first_of(Action::Execute).unwrap_or_default();
    let enter = keys.first_of(Action::FocusNext).zip(keys.first_of(Action::RunFocused));
    Hints { run, enter: enter.map_or_else(String::new, |(to, then)| format!("{to}, {then}")) }
}

/// Draws the editor on the slide, its code in colour; nothing where the window is too small for
/// anything.
pub(super) fn edit(app: &App, editing: &Editing, scene: &Scene, look: &Look, buffer: &mut Buffer) {
    if app.stage.is_too_small() {
        return;
    }
    let language = app.deck.cell(editing.cell).map_or("", |cell| &cell.language);
    let lines = look.highlighter.lines(language, &editing.lines().join("\n"));
    let background = look.highlighter.background();
    let base = background.map_or(Style::new(), |color| look.highlighter.foreground().bg(color));
    view::edit(editing, &lines, (scene, app.scroll), (&look.theme, base), buffer);
}

/// What decisions need to know of a scene.
pub(super) fn stage(scene: &Scene) -> Stage {
    let cells = scene.body.iter().filter_map(|placed| match placed.item {
        Item::Cell { id, columns, .. } => {
            Some(CellPlace { id, rows: scene.extent_of(id)?, columns })
        }
        _ => None,
    });
    Stage {
        terminal: (scene.size.columns, scene.size.rows),
        viewport: u32::from(scene.viewport.height),
        height: scene.height,
        revealed: scene.revealed.clone(),
        columns: scene.columns,
        screens: scene.body.iter().filter_map(screen).collect(),
        cells: cells.collect(),
        ..Stage::default()
    }
}

fn screen(placed: &Placed) -> Option<(CellId, (u16, u16))> {
    match placed.item {
        Item::Screen { width, height, id } => Some((id, (width, height))),
        _ => None,
    }
}

/// What a mouse event means; none for those that mean nothing.
pub(super) fn pointed(app: &App, scene: &Scene, mouse: MouseEvent) -> Option<Msg> {
    if let Some(pointer) = over_terminal(app, scene, mouse) {
        return Some(Msg::Pointed(pointer));
    }
    let hit = hit(app, scene, mouse.column, mouse.row);
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Msg::Click(hit)),
        MouseEventKind::ScrollDown => Some(Msg::Wheel(WHEEL, hit)),
        MouseEventKind::ScrollUp => Some(Msg::Wheel(-WHEEL, hit)),
        _ => None,
    }
}

/// What the mouse did over the terminal of the program that has the keys, if that asked for it.
fn over_terminal(app: &App, scene: &Scene, mouse: MouseEvent) -> Option<Pointer> {
    let Mode::Typing(cell) = app.mode else { return None };
    app.runs.get(&cell)?.screen.as_ref().filter(|screen| screen.wants_mouse())?;
    let (column, row) = scene.place_in_screen(cell, (mouse.column, mouse.row), app.rows_above())?;
    let number = |button| match button {
        MouseButton::Left => 0,
        MouseButton::Middle => 1,
        MouseButton::Right => 2,
    };
    let did = match mouse.kind {
        MouseEventKind::Down(button) => Did::Press(number(button)),
        MouseEventKind::Up(button) => Did::Release(number(button)),
        MouseEventKind::Drag(button) => Did::Drag(number(button)),
        MouseEventKind::ScrollUp => Did::Wheel { up: true },
        MouseEventKind::ScrollDown => Did::Wheel { up: false },
        _ => return None,
    };
    let keys = [KeyModifiers::SHIFT, KeyModifiers::ALT, KeyModifiers::CONTROL];
    let held = keys.map(|key| mouse.modifiers.contains(key));
    Some(Pointer { did, column, row, held })
}

fn hit(app: &App, scene: &Scene, column: u16, row: u16) -> Hit {
    Hit {
        cell: scene.cell_at(column, row, app.rows_above()),
        output: scene.output_at(column, row, app.rows_above()).and_then(output_hit),
    }
}

fn output_hit(item: &Item) -> Option<OutputHit> {
    let &Item::Output { height, id, part, follows, first, total, .. } = item else { return None };
    Some(OutputHit { cell: id, part, follows, first, shown: height as usize, total })
}

/// How pictures are shown: as forced, else the best the terminal knows.
pub(super) fn protocol(settings: &Settings, answers: Answers) -> Protocol {
    settings.protocol.unwrap_or_else(|| {
        Protocol::choose(&Capabilities {
            kitty: answers.kitty,
            sixel: answers.sixel,
            ..Capabilities::from_env()
        })
    })
}

/// The sizes of a slide's pictures, those that its cells made among them.
pub(super) fn measure(deck: &Deck, at: Cursor, runs: &Runs, media: &mut Media) -> Measures {
    let mut measures = Measures::default();
    let mut found = |key| {
        let size = media.measure(&key);
        measures.pictures.insert(key, size);
    };
    visit(&deck.slide(at.slide).blocks, &mut |key, _| found(key));
    let here = deck.cells_of(at.slide).chain(deck.cells.iter().filter(|cell| cell.detached));
    for run in here.filter_map(|cell| runs.get(&cell.id)).map(CellRun::shown) {
        let files = run.picture.iter().chain(run.output.pictures());
        files.map(|file| PictureKey::of_file(file)).for_each(&mut found);
        run.output.markdown().for_each(|blocks| visit(blocks, &mut |key, _| found(key)));
    }
    measures
}

/// Every picture of these blocks, and where it is named.
pub(super) fn visit(blocks: &[Block], found: &mut impl FnMut(PictureKey, Span)) {
    for block in blocks {
        match &block.kind {
            BlockKind::Picture(picture) => {
                let (base, source) = (picture.base.clone(), picture.source.clone());
                found(PictureKey { base, source }, block.span);
            }
            BlockKind::Quote(inner) | BlockKind::Alert(.., inner) => visit(inner, found),
            BlockKind::Columns(columns) => {
                columns.columns.iter().for_each(|column| visit(column, found));
            }
            BlockKind::List(list) => list.items.iter().for_each(|item| visit(&item.blocks, found)),
            _ => {}
        }
    }
}
