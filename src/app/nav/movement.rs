//! Moving: over steps, slides, and the rows of a slide taller than the screen.
//!
//! `next` never skips anything: it scrolls to what is still below the screen, then reveals the next
//! step, then goes to the next slide. `previous` undoes that in the opposite order: what a step
//! revealed is scrolled back through before the step is undone.

use std::ops::Range;

use crate::app::panels::pane;
use crate::app::{App, Direction, LayoutInfo, Mode, ScrollTarget};
use crate::deck::{Cursor, SlideNo, Step};

/// Rows that stay on the screen when a page is scrolled.
const OVERLAP: u32 = 2;

/// One step on.
pub(in crate::app) fn next(app: &mut App) {
    app.direction = Direction::Forward;
    let steps = app.deck.slide(app.at.slide).steps.max(1);
    if app.scroll < app.layout.scroll_limit() {
        scroll_to(app, app.scroll + page(&app.layout));
    } else if app.at.step.0 + 1 < steps {
        app.at.step.0 += 1;
        app.internal.scroll_target = Some(ScrollTarget::Revealed);
        app.scene_changed();
    } else if app.at.slide < app.deck.last_slide() {
        go_to(app, SlideNo::new(app.at.slide.index() + 1));
        app.changed.transition = Some(Direction::Forward);
    }
}

/// Where one step further the way the talk goes will lead; none while it would scroll, or while
/// anything else than the slide is shown or going on.
pub(in crate::app) fn ahead(app: &App) -> Option<Cursor> {
    let alone = matches!(app.mode, Mode::Slide) && app.notice.is_none() && app.focus.is_none();
    if !alone || app.pane.is_some() || app.is_running() {
        return None;
    }
    match app.direction {
        Direction::Forward => after(app),
        Direction::Back => before(app),
    }
}

/// Where `next` will go if it does not scroll.
fn after(app: &App) -> Option<Cursor> {
    if app.scroll < app.layout.scroll_limit() {
        return None;
    }
    let steps = app.deck.slide(app.at.slide).steps.max(1);
    if app.at.step.0 + 1 < steps {
        return Some(Cursor { step: Step(app.at.step.0 + 1), ..app.at });
    }
    let slide = SlideNo::new(app.at.slide.index() + 1);
    (slide <= app.deck.last_slide()).then_some(Cursor { slide, step: Step(0) })
}

/// Where `previous` will go if it does not scroll.
fn before(app: &App) -> Option<Cursor> {
    if more_above(app).is_some() {
        return None;
    }
    if let Some(step) = app.at.step.0.checked_sub(1) {
        return Some(Cursor { step: Step(step), ..app.at });
    }
    let before = app.at.slide.index().checked_sub(1).filter(|_| app.scroll == 0)?;
    let slide = SlideNo::new(before);
    Some(Cursor { slide, step: Step(app.deck.slide(slide).steps.max(1) - 1) })
}

/// One step back. A slide entered backwards shows its end.
pub(in crate::app) fn previous(app: &mut App) {
    if let Some(above) = more_above(app) {
        scroll_to(app, above.max(app.scroll.saturating_sub(page(&app.layout))));
    } else if app.at.step > Step(0) {
        app.at.step.0 -= 1;
        app.internal.scroll_target = Some(ScrollTarget::End);
        app.scene_changed();
    } else if app.scroll > 0 {
        scroll_to(app, app.scroll.saturating_sub(page(&app.layout)));
    } else if let Some(before) = app.at.slide.index().checked_sub(1) {
        go_to(app, SlideNo::new(before));
        skip_pauses(app);
        app.internal.scroll_target = Some(ScrollTarget::End);
        app.changed.transition = Some(Direction::Back);
    }
    app.direction = Direction::Back;
}

/// Where what this step revealed begins, if that is scrolled away above the screen because all of it
/// never fits.
fn more_above(app: &App) -> Option<u32> {
    let revealed = app.layout.revealed.as_ref()?;
    let tall = !fits(app.layout.viewport, revealed);
    (app.at.step > Step(0) && tall && app.scroll > revealed.start).then_some(revealed.start)
}

/// To the next slide, past all steps.
pub(in crate::app) fn next_fast(app: &mut App) {
    if app.at.slide < app.deck.last_slide() {
        go_to(app, SlideNo::new(app.at.slide.index() + 1));
    }
}

/// To the start of the previous slide.
pub(in crate::app) fn previous_fast(app: &mut App) {
    go_to(app, SlideNo::new(app.at.slide.index().saturating_sub(1)));
}

/// To the slide of this number, from 1; 0 is the first, a number past the end is ignored.
pub(in crate::app) fn go_to_number(app: &mut App, number: u32) {
    let slide = SlideNo::new(number.saturating_sub(1) as usize);
    if slide <= app.deck.last_slide() {
        go_to(app, slide);
    }
}

/// To the first step of a slide.
pub(in crate::app) fn go_to(app: &mut App, slide: SlideNo) {
    jump(app, Cursor { slide, step: Step(0) });
}

/// Where the talk's other window is: to this slide, so many pauses on.
pub(in crate::app) fn follow(app: &mut App, slide: SlideNo, pauses: usize) {
    let slide = slide.min(app.deck.last_slide());
    let step = app.deck.slide(slide).after_pauses(pauses);
    if app.at != (Cursor { slide, step }) {
        jump(app, Cursor { slide, step });
    }
}

/// To a slide and step.
pub(in crate::app) fn jump(app: &mut App, at: Cursor) {
    if app.at.slide != at.slide {
        app.focus = None;
        app.pane = None;
    }
    app.at = at;
    app.direction = Direction::Forward;
    app.scroll = 0;
    app.internal.scroll_target = (at.step > Step(0)).then_some(ScrollTarget::Revealed);
    app.scene_changed();
}

/// Reveals all of the slide.
pub(in crate::app) fn skip_pauses(app: &mut App) {
    app.at.step = Step(app.deck.slide(app.at.slide).steps.max(1) - 1);
    app.scene_changed();
}

/// Scrolls by rows, down if positive.
pub(in crate::app) fn scroll_by(app: &mut App, rows: i64) {
    let to = i64::from(app.scroll).saturating_add(rows).clamp(0, i64::from(u32::MAX));
    scroll_to(app, u32::try_from(to).unwrap_or(0));
}

/// Half a screen, for ctrl-d and ctrl-u.
pub(in crate::app) fn half_page(layout: &LayoutInfo) -> i64 {
    i64::from((layout.viewport / 2).max(1))
}

/// Takes in a layout: keeps the scroll within the slide and brings into view what was asked for.
pub(in crate::app) fn settle(app: &mut App, layout: LayoutInfo) {
    app.layout = layout;
    if let Some(pane) = &mut app.pane {
        // The slide is where it was, and goes on from there.
        return pane::settle(pane, &app.layout);
    }
    let limit = app.layout.scroll_limit();
    let rows = match app.internal.scroll_target.take() {
        None => None,
        Some(ScrollTarget::End) => Some(app.layout.height..app.layout.height),
        Some(ScrollTarget::Revealed) => {
            app.layout.revealed.clone().map(|rows| opening(&app.layout, rows))
        }
        Some(ScrollTarget::Cell(id)) => {
            app.layout.cells.iter().find(|place| place.id == id).map(|place| place.rows.clone())
        }
    };
    if let Some(rows) = rows {
        app.scroll = into_view(app.scroll, app.layout.viewport, &rows);
    }
    app.scroll = app.scroll.min(limit);
}

/// Of rows that do not fit the screen, those that do: the first ones.
fn opening(layout: &LayoutInfo, rows: Range<u32>) -> Range<u32> {
    if fits(layout.viewport, &rows) { rows } else { rows.start..rows.start + layout.viewport }
}

fn fits(viewport: u32, rows: &Range<u32>) -> bool {
    rows.end.saturating_sub(rows.start) <= viewport
}

/// The least scroll from `scroll` that shows the end of `rows`, and their start where both fit.
fn into_view(scroll: u32, viewport: u32, rows: &Range<u32>) -> u32 {
    let for_end = rows.end.saturating_sub(viewport);
    if rows.end.saturating_sub(rows.start) >= viewport {
        return for_end;
    }
    scroll.clamp(for_end, rows.start.max(for_end))
}

fn scroll_to(app: &mut App, row: u32) {
    let row = row.min(app.layout.scroll_limit());
    if row != app.scroll {
        app.scroll = row;
        app.paint_changed();
    }
}

fn page(layout: &LayoutInfo) -> u32 {
    layout.viewport.saturating_sub(OVERLAP).max(1)
}
