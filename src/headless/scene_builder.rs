//! Builds the scene for the app's state, and the layout information that the app needs.

use crate::app::{Action, App, CellPlace, Keymap, LayoutInfo, Msg, Pane, update};
use crate::deck::{Block, BlockKind, CellId, Cursor, Deck};
use crate::layout::{
    Highlighting, Inputs, Item, KeyHints, PaneScene, PaneView, PictureKey, PictureSizes,
    PlacedItem, Scene, Size,
};
use crate::layout::{layout, pane};
use crate::media::Media;
use crate::project::LoadedDeck;
use crate::run::{CellRun, Runs};
use crate::source::Span;

/// Lays out the app's state and sends the layout information to the app.
pub(crate) fn scene(
    loaded: &LoadedDeck,
    app: &mut App,
    (size, colours): (Size, Highlighting),
    media: &mut Media,
) -> Scene {
    let how = (size, colours);
    let (scene, stage) = if let Some(shown) = app.pane() {
        let lay_out = |inputs: &Inputs<'_>| pane(inputs, &view(shown));
        let PaneScene { scene, left, matches, .. } =
            with_inputs(loaded, app, app.at(), how, media, lay_out);
        let stage = LayoutInfo { matches, left, ..stage(&scene) };
        (scene, stage)
    } else {
        let scene = scene_at(loaded, app, app.at(), how, media);
        let stage = stage(&scene);
        (scene, stage)
    };
    update(app, Msg::LaidOut(stage));
    scene
}

/// Converts the pane for the layout.
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

/// Lays out another position of the deck, with the current state.
pub(crate) fn scene_at(
    loaded: &LoadedDeck,
    app: &App,
    at: Cursor,
    how: (Size, Highlighting),
    media: &mut Media,
) -> Scene {
    with_inputs(loaded, app, at, how, media, layout)
}

/// Calls `lay_out` with all inputs of the layout.
fn with_inputs<T>(
    loaded: &LoadedDeck,
    app: &App,
    at: Cursor,
    (size, colours): (Size, Highlighting),
    media: &mut Media,
    lay_out: impl FnOnce(&Inputs<'_>) -> T,
) -> T {
    let mut measures = measure(&loaded.deck, at, app.runs(), media);
    let look = loaded.style(at.slide);
    for key in look.footer.pictures.iter().flatten() {
        measures.pictures.insert(key.clone(), media.measure(key));
    }
    lay_out(&Inputs {
        deck: &loaded.deck,
        at,
        size,
        theme: &look.theme,
        highlighter: &look.highlighter,
        colours,
        runs: app.runs(),
        measures: &measures,
        footer: &look.footer,
        focus: app.focus(),
        grid: app.shows_grid(),
        limits: loaded.limits,
        hints: &hints(app.keymap()),
    })
}

/// Returns the key names that slides mention.
fn hints(keys: &Keymap) -> KeyHints {
    let run = keys.first_of(Action::Execute).unwrap_or_default();
    let enter = keys.first_of(Action::FocusNext).zip(keys.first_of(Action::RunFocused));
    KeyHints { run, enter: enter.map_or_else(String::new, |(to, then)| format!("{to}, {then}")) }
}

/// Returns the layout information of a scene.
pub(crate) fn stage(scene: &Scene) -> LayoutInfo {
    let cells = scene.body.iter().filter_map(|placed| match placed.item {
        Item::Cell { id, columns, .. } => {
            Some(CellPlace { id, rows: scene.extent_of(id)?, columns })
        }
        _ => None,
    });
    LayoutInfo {
        terminal: (scene.size.columns, scene.size.rows),
        viewport: u32::from(scene.viewport.height),
        height: scene.height,
        revealed: scene.revealed.clone(),
        columns: scene.columns,
        screens: scene.body.iter().filter_map(screen).collect(),
        cells: cells.collect(),
        ..LayoutInfo::default()
    }
}

fn screen(placed: &PlacedItem) -> Option<(CellId, (u16, u16))> {
    match placed.item {
        Item::Terminal { width, height, id } => Some((id, (width, height))),
        _ => None,
    }
}

/// Measures a slide's pictures, including those that its cells created.
pub(super) fn measure(deck: &Deck, at: Cursor, runs: &Runs, media: &mut Media) -> PictureSizes {
    let mut measures = PictureSizes::default();
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

/// Calls `found` with every picture in these blocks and its position.
pub(super) fn visit(blocks: &[Block], found: &mut impl FnMut(PictureKey, Span)) {
    Block::walk_all(blocks, &mut |block| {
        if let BlockKind::Picture(picture) = &block.kind {
            let (base, source) = (picture.base.clone(), picture.source.clone());
            found(PictureKey { base, source }, block.span);
        }
    });
}
