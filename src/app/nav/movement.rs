//! Movement: over steps, slides, and the rows of a slide taller than the screen.
//!
//! `next` skips nothing: it scrolls to what is below the screen, then reveals the next step, then goes
//! to the next slide. `previous` is its inverse: it scrolls back through what a step revealed before it
//! undoes the step.

use std::ops::Range;

use crate::app::nav::focus;
use crate::app::stage::spotlight;
use crate::app::state::layout_info::LayoutInfo;
use crate::app::state::{App, Direction, Mode, ScrollTarget};
use crate::deck::{Cursor, SlideNo, Step};

/// Rows that stay on the screen when a page is scrolled.
const PAGE_OVERLAP: u32 = 2;

/// Goes to the next step.
pub(in crate::app) fn next(app: &mut App) {
    app.view.direction = Direction::Forward;
    let at = app.view.at;
    let steps = app.deck.slide(at.slide).steps.max(1);
    if app.view.scroll < app.layout.scroll_limit() {
        scroll_to(app, app.view.scroll + page(&app.layout));
    } else if at.step.0 + 1 < steps {
        app.changed.step = Some(at.step);
        app.view.at.step.0 += 1;
        app.internal.scroll_target = Some(ScrollTarget::Revealed);
        app.scene_changed();
    } else if at.slide < app.deck.last_slide() {
        go_to(app, SlideNo::new(at.slide.index() + 1));
        app.changed.transition = Some(Direction::Forward);
    } else if app.internal.loops {
        go_to(app, SlideNo::new(0));
        app.changed.transition = Some(Direction::Forward);
    }
}

impl App {
    /// Returns where the next step in the current direction leads, or in the other one where there is no
    /// other step; none if it scrolls, or if anything but the slide is shown or running.
    pub fn likely_next(&self) -> Option<(Cursor, Direction)> {
        if !self.is_plain() {
            return None;
        }
        let direction = match self.view.direction {
            Direction::Forward if is_at_end(self) => Direction::Back,
            Direction::Back if is_at_start(self) => Direction::Forward,
            direction => direction,
        };
        let next = match direction {
            Direction::Forward => after(self),
            Direction::Back => before(self),
        };
        next.map(|next| (next, direction))
    }

    /// Returns where the speaker jumped from, right after a jump; none if anything but the slide is shown or
    /// running.
    pub fn way_back(&self) -> Option<Cursor> {
        let back = self.internal.jumps.way_back(self.view.at).filter(|_| self.is_plain())?;
        (back.slide <= self.deck.last_slide()).then_some(back)
    }

    /// Returns whether nothing but the slide is shown, and nothing runs.
    pub fn is_plain(&self) -> bool {
        matches!(self.mode, Mode::Slide)
            && self.notice.is_none()
            && self.view.focus.is_none()
            && self.pane.is_none()
            && self.view.blank.is_none()
            && self.lit_area().is_none()
            && !self.is_running()
    }
}

/// Returns whether nothing precedes what is shown.
fn is_at_start(app: &App) -> bool {
    app.view.at == Cursor::default() && app.view.scroll == 0
}

/// Returns whether nothing follows what is shown.
fn is_at_end(app: &App) -> bool {
    let Cursor { slide, step } = app.view.at;
    slide == app.deck.last_slide()
        && step.0 + 1 >= app.deck.slide(slide).steps.max(1)
        && app.view.scroll >= app.layout.scroll_limit()
}

/// Returns where `next` goes if it does not scroll or complete a typed block.
fn after(app: &App) -> Option<Cursor> {
    if app.view.scroll < app.layout.scroll_limit() || app.typing().is_some() {
        return None;
    }
    let at = app.view.at;
    let steps = app.deck.slide(at.slide).steps.max(1);
    if at.step.0 + 1 < steps {
        return Some(Cursor { step: Step(at.step.0 + 1), ..at });
    }
    let slide = SlideNo::new(at.slide.index() + 1);
    (slide <= app.deck.last_slide()).then_some(Cursor { slide, step: Step(0) })
}

/// Returns where `previous` goes if it does not scroll.
fn before(app: &App) -> Option<Cursor> {
    if hidden_start(app).is_some() {
        return None;
    }
    let at = app.view.at;
    if let Some(step) = at.step.0.checked_sub(1) {
        return Some(Cursor { step: Step(step), ..at });
    }
    let before = at.slide.index().checked_sub(1).filter(|_| app.view.scroll == 0)?;
    let slide = SlideNo::new(before);
    Some(Cursor { slide, step: Step(app.deck.slide(slide).steps.max(1) - 1) })
}

/// Goes back one step. A slide entered backwards shows its end.
pub(in crate::app) fn previous(app: &mut App) {
    if let Some(start) = hidden_start(app) {
        scroll_to(app, start.max(app.view.scroll.saturating_sub(page(&app.layout))));
    } else if app.view.at.step > Step(0) {
        app.changed.step = Some(app.view.at.step);
        app.view.at.step.0 -= 1;
        app.internal.scroll_target = Some(ScrollTarget::End);
        app.scene_changed();
    } else if app.view.scroll > 0 {
        scroll_to(app, app.view.scroll.saturating_sub(page(&app.layout)));
    } else if let Some(before) = app.view.at.slide.index().checked_sub(1) {
        go_to(app, SlideNo::new(before));
        skip_pauses(app);
        app.internal.scroll_target = Some(ScrollTarget::End);
        app.changed.transition = Some(Direction::Back);
    }
    app.view.direction = Direction::Back;
}

/// Returns the first row that this step revealed, if it is scrolled off above the screen because the
/// revealed rows do not fit.
fn hidden_start(app: &App) -> Option<u32> {
    let revealed = app.layout.revealed.as_ref()?;
    let is_tall = !fits(app.layout.viewport, revealed);
    let is_hidden = app.view.scroll > revealed.start;
    (app.view.at.step > Step(0) && is_tall && is_hidden).then_some(revealed.start)
}

/// Goes to the next slide, skipping steps.
pub(in crate::app) fn next_fast(app: &mut App) {
    if app.view.at.slide < app.deck.last_slide() {
        go_to(app, SlideNo::new(app.view.at.slide.index() + 1));
    } else if app.internal.loops {
        go_to(app, SlideNo::new(0));
    }
}

/// Goes to the start of the previous slide.
pub(in crate::app) fn previous_fast(app: &mut App) {
    go_to(app, SlideNo::new(app.view.at.slide.index().saturating_sub(1)));
}

/// Jumps to the slide with this number, from 1; 0 is the first, a number past the end is ignored.
pub(in crate::app) fn jump_to_number(app: &mut App, number: u32) {
    let slide = SlideNo::new(number.saturating_sub(1) as usize);
    if slide <= app.deck.last_slide() {
        jump(app, Cursor { slide, step: Step(0) });
    }
}

/// Jumps to the last slide.
pub(in crate::app) fn jump_to_last(app: &mut App) {
    let slide = app.deck.last_slide();
    jump(app, Cursor { slide, step: Step(0) });
}

/// Jumps to a position: if it is on another slide, the jump is recorded.
pub(in crate::app) fn jump(app: &mut App, to: Cursor) {
    let from = app.view.at;
    set_position(app, to);
    if to.slide != from.slide {
        app.internal.jumps.push(from, to);
    }
}

/// Goes back to where the last jump started.
pub(in crate::app) fn jump_back(app: &mut App) {
    if let Some(to) = app.internal.jumps.back(app.view.at) {
        return_to(app, to);
    }
}

/// Undoes the last [`jump_back`].
pub(in crate::app) fn jump_forward(app: &mut App) {
    if let Some(to) = app.internal.jumps.forward(app.view.at) {
        return_to(app, to);
    }
}

/// Goes to a recorded position. The deck may have become shorter since.
fn return_to(app: &mut App, to: Cursor) {
    let slide = to.slide.min(app.deck.last_slide());
    let last = app.deck.slide(slide).steps.max(1) - 1;
    set_position(app, Cursor { slide, step: Step(to.step.0.min(last)) });
}

/// Goes to the first step of a slide.
pub(in crate::app) fn go_to(app: &mut App, slide: SlideNo) {
    set_position(app, Cursor { slide, step: Step(0) });
}

/// Follows the presentation to this slide, after this many pauses.
pub(in crate::app) fn follow(app: &mut App, slide: SlideNo, pauses: usize) {
    let slide = slide.min(app.deck.last_slide());
    let step = app.deck.slide(slide).after_pauses(pauses);
    if app.view.at != (Cursor { slide, step }) {
        set_position(app, Cursor { slide, step });
    }
}

/// Follows the presentation to a position.
pub(in crate::app) fn follow_to(app: &mut App, at: Cursor) {
    let slide = at.slide.min(app.deck.last_slide());
    let last = app.deck.slide(slide).steps.max(1) - 1;
    let at = Cursor { slide, step: Step(at.step.0.min(last)) };
    if app.view.at != at {
        set_position(app, at);
    }
}

/// Sets the position and resets what depends on it.
fn set_position(app: &mut App, at: Cursor) {
    if app.view.at.slide != at.slide {
        app.view.focus = None;
        app.pane = None;
    }
    app.view.at = at;
    app.view.direction = Direction::Forward;
    app.view.scroll = 0;
    app.internal.scroll_target = (at.step > Step(0)).then_some(ScrollTarget::Revealed);
    app.scene_changed();
}

/// Reveals the whole slide.
pub(in crate::app) fn skip_pauses(app: &mut App) {
    app.view.at.step = Step(app.deck.slide(app.view.at.slide).steps.max(1) - 1);
    app.scene_changed();
}

/// Scrolls by rows, down if positive.
pub(in crate::app) fn scroll_by(app: &mut App, rows: i64) {
    let to = i64::from(app.view.scroll).saturating_add(rows).clamp(0, i64::from(u32::MAX));
    scroll_to(app, u32::try_from(to).unwrap_or(0));
}

/// Returns the rows in half a screen.
pub(in crate::app) fn half_page(layout: &LayoutInfo) -> i64 {
    i64::from((layout.viewport / 2).max(1))
}

/// Stores a new layout: keeps the scroll offset within the slide and brings the scroll target into
/// view.
pub(in crate::app) fn settle(app: &mut App, layout: LayoutInfo) {
    app.layout = layout;
    app.changed.scene = false;
    spotlight::settle(app);
    focus::forget_replaced(app);
    if let Some(pane) = &mut app.pane {
        // The slide's own scroll offset stays as it was.
        return pane.settle(&app.layout);
    }
    let limit = app.layout.scroll_limit();
    let rows = match app.internal.scroll_target.take() {
        None => None,
        Some(ScrollTarget::End) => Some(app.layout.height..app.layout.height),
        Some(ScrollTarget::Revealed) => {
            app.layout.revealed.clone().map(|rows| first_page(&app.layout, rows))
        }
        Some(ScrollTarget::Lit) => app.lit_area().map(|area| area.rows.clone()),
        Some(ScrollTarget::Cell(id)) => app.layout.cell(id).map(|place| place.rows.clone()),
    };
    if let Some(rows) = rows {
        app.view.scroll = into_view(app.view.scroll, app.layout.viewport, &rows);
    }
    app.view.scroll = app.view.scroll.min(limit);
}

/// Cuts rows to as many as fit on the screen, from the first one.
fn first_page(layout: &LayoutInfo, rows: Range<u32>) -> Range<u32> {
    if fits(layout.viewport, &rows) { rows } else { rows.start..rows.start + layout.viewport }
}

fn fits(viewport: u32, rows: &Range<u32>) -> bool {
    rows.end.saturating_sub(rows.start) <= viewport
}

/// Returns the scroll offset nearest to `scroll` that shows the end of `rows`, and their start if both
/// fit.
fn into_view(scroll: u32, viewport: u32, rows: &Range<u32>) -> u32 {
    let for_end = rows.end.saturating_sub(viewport);
    if rows.end.saturating_sub(rows.start) >= viewport {
        return for_end;
    }
    scroll.clamp(for_end, rows.start.max(for_end))
}

fn scroll_to(app: &mut App, row: u32) {
    let row = row.min(app.layout.scroll_limit());
    if row != app.view.scroll {
        app.view.scroll = row;
        app.paint_changed();
    }
}

fn page(layout: &LayoutInfo) -> u32 {
    layout.viewport.saturating_sub(PAGE_OVERLAP).max(1)
}
