//! Builds the scene for the app's state, and the layout information that the app needs.

use std::borrow::Cow;
use std::sync::Arc;

use crate::app::{
    Action, App, CellPlace, Keymap, LayoutInfo, LitArea, Mode, Msg, Pane, SpotlightParts, update,
};
use crate::deck::{Block, BlockKind, CellId, CodeBlock, Cursor, LineFormula, SlideNo};
use crate::layout::{
    Highlighting, Inputs, Item, KeyHints, PaneScene, PaneView, PictureContent, PictureKey,
    PictureSizes, PlacedItem, Scene, ScenePart, Size,
};
use crate::layout::{drawing, layout, line_drawing, pane, surely_fits};
use crate::media::Media;
use crate::project::{self, LoadedDeck};
use crate::recording::hide_masked;
use crate::run::{CellRun, Runs};
use crate::source::Span;
use crate::theme::Theme;

/// Lays out the app's state and sends the layout information to the app.
pub(crate) fn scene(
    loaded: &LoadedDeck,
    app: &mut App,
    (size, colours): (Size, Highlighting),
    media: &mut Media,
) -> Scene {
    let (scene, stage) = lay_out(loaded, app, (size, colours), media);
    update(app, Msg::LaidOut(stage));
    scene
}

/// Lays out the app's state for another reader than the app.
pub(crate) fn current_scene(
    loaded: &LoadedDeck,
    app: &App,
    how: (Size, Highlighting),
    media: &mut Media,
) -> Scene {
    lay_out(loaded, app, how, media).0
}

fn lay_out(
    loaded: &LoadedDeck,
    app: &App,
    how: (Size, Highlighting),
    media: &mut Media,
) -> (Scene, LayoutInfo) {
    if let Some(shown) = app.pane() {
        let lay_out = |inputs: &Inputs<'_>| pane(inputs, &view(shown));
        let PaneScene { scene, left, matches, .. } =
            with_inputs(loaded, app, app.at(), how, media, lay_out);
        let stage = LayoutInfo { matches, left, ..stage(&scene) };
        (scene, stage)
    } else {
        let scene = scene_at(loaded, app, app.at(), how, media);
        let parts = app.spotlight_parts().map(|parts| lit_parts(&scene, parts));
        let stage = LayoutInfo { parts: parts.unwrap_or_default(), ..stage(&scene) };
        (scene, stage)
    }
}

/// Returns the parts of a scene that the spotlight goes through.
fn lit_parts(scene: &Scene, parts: SpotlightParts) -> Vec<LitArea> {
    let found = match parts {
        SpotlightParts::Blocks => scene.blocks(),
        SpotlightParts::Lines => scene.lines(),
        SpotlightParts::Columns => scene.side_by_side(),
    };
    let area = |part: ScenePart| LitArea { columns: part.columns, rows: part.rows };
    found.into_iter().map(area).collect()
}

/// Sends the layout information of a slide that surely fits the screen, without laying it out. Returns false
/// if it may not fit, or if anything but the slide takes keys.
pub(crate) fn settle_fitting(loaded: &LoadedDeck, app: &mut App, size: Size) -> bool {
    let is_plain = matches!(app.mode(), Mode::Slide)
        && app.pane().is_none()
        && app.spotlight_parts().is_none();
    let look = loaded.style(app.at().slide);
    let fits = is_plain
        && surely_fits(&Inputs {
            deck: &loaded.deck,
            at: app.at(),
            size,
            theme: &look.theme,
            highlighter: &look.highlighter,
            colours: Highlighting::Cached,
            runs: app.runs(),
            measures: &PictureSizes::default(),
            footer: &look.footer,
            focus: None,
            edited: None,
            typed: &app.partial_texts(app.at().slide),
            grid: false,
            limits: loaded.limits,
            hints: &KeyHints::default(),
        });
    if fits {
        let terminal = (size.columns, size.rows);
        let viewport = size.rows.into();
        update(app, Msg::LaidOut(LayoutInfo { terminal, viewport, ..LayoutInfo::default() }));
    }
    fits
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
    let runs = &*visible_runs(loaded, app.runs());
    let mut measures = measure(loaded, at, runs, media);
    let look = loaded.style(at.slide);
    for key in look.footer.pictures.iter().flatten() {
        measure_picture(key, media, &mut measures);
    }
    lay_out(&Inputs {
        deck: &loaded.deck,
        at,
        size,
        theme: &look.theme,
        highlighter: &look.highlighter,
        colours,
        runs,
        measures: &measures,
        footer: &look.footer,
        focus: app.focus(),
        edited: edited(app),
        typed: &app.partial_texts(at.slide),
        grid: app.shows_grid(),
        limits: loaded.limits,
        hints: &hints(app.keymap()),
    })
}

/// Returns the runs as they are shown: in documents, without what `+mask` matches.
fn visible_runs<'r>(loaded: &LoadedDeck, runs: &'r Runs) -> Cow<'r, Runs> {
    let masked = loaded.deck.cells.iter().filter_map(|cell| {
        let mask = cell.check.mask.as_deref().filter(|_| loaded.hides_masked)?;
        Some((cell.id, hidden(runs.get(&cell.id)?, mask)))
    });
    let masked: Vec<_> = masked.collect();
    if masked.is_empty() {
        return Cow::Borrowed(runs);
    }
    let mut runs = runs.clone();
    runs.extend(masked);
    Cow::Owned(runs)
}

/// Returns a run without what a mask matches.
pub(crate) fn hidden(run: &CellRun, mask: &str) -> CellRun {
    let mut hidden = hide_masked(run, mask);
    for run in std::iter::once(&mut hidden.output)
        .chain(hidden.replay.as_mut().map(|replay| &mut replay.output))
    {
        project::read_markdown(run);
    }
    hidden
}

/// Returns the cell that is being edited, and its number of lines.
fn edited(app: &App) -> Option<(CellId, usize)> {
    match app.mode() {
        Mode::Edit(editor) => Some((editor.cell, editor.lines().len())),
        _ => None,
    }
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

/// Returns whether a slide has pictures whose size is known, in its blocks or from its cells.
pub(crate) fn has_pictures(
    loaded: &LoadedDeck,
    at: Cursor,
    runs: &Runs,
    media: &mut Media,
) -> bool {
    !measure(loaded, at, runs, media).pictures.is_empty()
}

/// Measures a slide's pictures, including those that its cells created.
pub(super) fn measure(
    loaded: &LoadedDeck,
    at: Cursor,
    runs: &Runs,
    media: &mut Media,
) -> PictureSizes {
    let deck = &loaded.deck;
    let mut measures = PictureSizes { content: media.content(), ..PictureSizes::default() };
    measure_drawings(loaded, at.slide, media, &mut measures);
    let theme = &loaded.style(at.slide).theme;
    let blocks = &deck.slide(at.slide).blocks;
    measure_formulas(blocks, theme, media, &mut measures);
    let mut found = |key: PictureKey| measure_picture(&key, media, &mut measures);
    visit(blocks, &mut |key, _| found(key));
    let here = || {
        let cells = deck.cells_of(at.slide).chain(deck.cells.iter().filter(|cell| cell.detached));
        cells.filter_map(|cell| runs.get(&cell.id)).map(CellRun::shown)
    };
    for run in here() {
        let files = run.output.picture.iter().chain(run.output.pictures());
        files.map(|file| PictureKey::of_file(file)).for_each(&mut found);
        run.output.markdown().for_each(|blocks| visit(blocks, &mut |key, _| found(key)));
    }
    for blocks in here().flat_map(|run| run.output.markdown()) {
        measure_formulas(blocks, theme, media, &mut measures);
        drawn_blocks(blocks, &mut |code, _| {
            if let Some(drawing) = drawing(code, theme) {
                measure_picture(&PictureKey::Drawing(drawing), media, &mut measures);
            }
        });
    }
    measures
}

/// Measures a picture, unless its size is not known yet.
fn measure_picture(key: &PictureKey, media: &mut Media, measures: &mut PictureSizes) {
    if let Some(size) = media.measure(key).transpose() {
        measures.pictures.insert(key.clone(), size);
    }
}

/// Measures the drawn blocks of a slide. For one that is not drawn after an edit, also what was drawn
/// in its place before.
fn measure_drawings(
    loaded: &LoadedDeck,
    slide: SlideNo,
    media: &mut Media,
    measures: &mut PictureSizes,
) {
    if media.content() == PictureContent::Blank {
        return;
    }
    let theme = &loaded.style(slide).theme;
    let mut number = 0;
    drawn_blocks(&loaded.deck.slide(slide).blocks, &mut |code, _| {
        let Some(drawing) = drawing(code, theme) else { return };
        number += 1;
        let place = (slide, number);
        let key = PictureKey::Drawing(Arc::clone(&drawing));
        measure_picture(&key, media, measures);
        if let Some(Ok(_)) = measures.pictures.get(&key) {
            media.remember_drawing(place, drawing);
        } else if let Some(last) = media.last_drawing(place, &drawing) {
            let last = PictureKey::Drawing(last);
            measure_picture(&last, media, measures);
            measures.last_good.insert(key, last);
        }
    });
}

/// Measures the formulas in lines.
fn measure_formulas(
    blocks: &[Block],
    theme: &Theme,
    media: &mut Media,
    measures: &mut PictureSizes,
) {
    if media.content() != PictureContent::Pixels {
        return;
    }
    line_formulas(blocks, &mut |formula| {
        let key = PictureKey::Drawing(line_drawing(formula, theme));
        measure_picture(&key, media, measures);
        measures.rows_above.insert(key.clone(), media.rows_above_baseline(&key));
    });
}

/// Starts the drawings of a slide, which will probably be shown soon.
pub(crate) fn draw_ahead(loaded: &LoadedDeck, slide: SlideNo, media: &mut Media) {
    let theme = &loaded.style(slide).theme;
    let blocks = &loaded.deck.slide(slide).blocks;
    drawn_blocks(blocks, &mut |code, _| {
        if let Some(drawing) = drawing(code, theme) {
            media.prepare(&PictureKey::Drawing(drawing));
        }
    });
    line_formulas(blocks, &mut |formula| {
        media.prepare(&PictureKey::Drawing(line_drawing(formula, theme)));
    });
}

/// Calls `found` with every formula in the lines of these blocks and of those in them.
pub(super) fn line_formulas<'b>(blocks: &'b [Block], found: &mut impl FnMut(&'b LineFormula)) {
    Block::walk_all(blocks, &mut |block| block.each_formula(&mut |formula| found(formula)));
}

/// Calls `found` with every drawn block among these and in them, and its position.
pub(super) fn drawn_blocks<'b>(blocks: &'b [Block], found: &mut impl FnMut(&'b CodeBlock, Span)) {
    Block::walk_all(blocks, &mut |block| match &block.kind {
        BlockKind::Code(code) if code.render.is_some() && code.cell.is_none() => {
            found(code, block.span);
        }
        _ => {}
    });
}

/// Calls `found` with every picture in these blocks and its position.
pub(super) fn visit(blocks: &[Block], found: &mut impl FnMut(PictureKey, Span)) {
    Block::walk_all(blocks, &mut |block| {
        if let BlockKind::Picture(picture) = &block.kind {
            found(PictureKey::of(picture), block.span);
        }
    });
}
