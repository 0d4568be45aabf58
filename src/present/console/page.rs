//! Draws the console's page.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Widget};
use time::UtcOffset;

use super::clock::{self, Pace};
use super::mirror::Mirror;
use super::panes::{PaneShares, Panes};
use super::readiness::{BlockUrgency, readiness};
use crate::app::{Action, Blank, Keymap};
use crate::control::{BlockReport, BlockStatus, TalkState};
use crate::layout::Size;
use crate::present::notes_pane::NotesPart;
use crate::source::visible_line;
use crate::theme::Theme;
use crate::view;

/// What the page shows besides the deck.
pub(super) struct PageStatus<'a> {
    /// The last state of the talk.
    pub(super) state: Option<&'a TalkState>,
    /// Whether the talk is running.
    pub(super) is_connected: bool,
    /// Why there is no talk.
    pub(super) waits_because: Option<&'a str>,
    /// A line for the speaker.
    pub(super) notice: Option<&'a str>,
    /// The keys of the console.
    pub(super) keymap: &'a Keymap,
    /// The first row of the open help.
    pub(super) help: Option<u16>,
    /// The time in milliseconds since 1970.
    pub(super) now_ms: u64,
    /// The offset of local time.
    pub(super) utc_offset: UtcOffset,
}

/// Colours of the page, from the deck's theme.
#[derive(Clone, Copy)]
struct Ink {
    base: Style,
    dim: Style,
    good: Style,
    busy: Style,
    look: Style,
    bad: Style,
}

impl Ink {
    fn of(theme: Option<&Theme>) -> Self {
        let Some(theme) = theme else {
            let base = Style::new();
            let color = |color| base.fg(color);
            return Self {
                base,
                dim: base.add_modifier(Modifier::DIM),
                good: color(Color::Green),
                busy: color(Color::Blue),
                look: color(Color::Yellow),
                bad: color(Color::Red),
            };
        };
        let base = theme.base;
        let of = |style: Style| style.fg.map_or(base, |color| base.fg(color));
        Self {
            base,
            dim: base.add_modifier(Modifier::DIM),
            good: of(theme.output.success),
            busy: of(theme.output.running),
            look: of(theme.output.not_started).add_modifier(Modifier::BOLD),
            bad: of(theme.output.failure),
        }
    }
}

/// Draws the page. Returns the bytes to write after the cells.
pub(super) fn draw(
    mirror: &mut Option<Mirror>,
    status: &PageStatus<'_>,
    shares: PaneShares,
    size: Size,
    buffer: &mut Buffer,
) -> Vec<u8> {
    let ink = Ink::of(mirror.as_ref().map(Mirror::theme));
    view::clear_area(buffer.area, ink.base, buffer);
    let (Some(mirror), Some(state)) = (mirror, status.state) else {
        waiting(status, ink, buffer);
        return Vec::new();
    };
    let lines = block_lines(state, status.now_ms, ink);
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let panes = shares.panes(buffer.area, rows);
    header(state, mirror, status, (panes.header, ink), buffer);
    slides(mirror, state, &panes, (size, ink), buffer);
    let inside = frame(panes.notes, "notes", ink, buffer);
    let part = mirror.draw_notes(inside, size.cell, buffer);
    notes_marks(panes.notes, inside, part, ink, buffer);
    if !panes.blocks.is_empty() {
        let inside = frame(panes.blocks, "blocks", ink, buffer);
        let text = if lines.is_empty() {
            vec![Line::styled(" nothing to run on this slide and the next", ink.dim)]
        } else if lines.len() > inside.height.into() {
            short_lines(state, status.now_ms, ink)
        } else {
            lines
        };
        write_lines(text, inside, ink, buffer);
    }
    footer(state, status, (panes.footer, ink), buffer);
    let bytes = mirror.paint_pictures(size.cell, buffer);
    if let Some(row) = status.help {
        mirror.draw_keys(row, buffer);
    }
    view::resolve_dim(buffer);
    bytes
}

/// Says what the console waits for.
fn waiting(status: &PageStatus<'_>, ink: Ink, buffer: &mut Buffer) {
    let area = buffer.area;
    let why = status.notice.or(status.waits_because).unwrap_or("looking for a talk");
    let why = why.lines().next().unwrap_or_default();
    let leave = status.keymap.first_of(Action::Exit).unwrap_or_default();
    let lines = [
        Line::styled("waiting for a talk", ink.base.add_modifier(Modifier::BOLD)),
        Line::styled(visible_line(why).into_owned(), ink.dim),
        Line::styled("start one in another terminal: livedeck DECK", ink.base),
        Line::styled(format!("{leave} to quit"), ink.dim),
    ];
    let top = area.height.saturating_sub(lines.len() as u16) / 2;
    for (line, row) in lines.into_iter().zip(area.rows().skip(top.into())) {
        line.centered().render(row, buffer);
    }
}

fn header(
    state: &TalkState,
    mirror: &Mirror,
    status: &PageStatus<'_>,
    (area, ink): (Rect, Ink),
    buffer: &mut Buffer,
) {
    let position = &state.position;
    let strong = ink.base.add_modifier(Modifier::BOLD);
    let mut left = vec![Span::styled(format!(" {}/{}", position.slide, position.slides), strong)];
    if !status.is_connected {
        left.push(Span::styled("  the talk has ended, waiting", ink.bad));
    }
    match state.screen.blank {
        Some(Blank::Black) => left.push(Span::styled("  screen is black", ink.look)),
        Some(Blank::White) => left.push(Span::styled("  screen is white", ink.look)),
        None => {}
    }
    if position.steps > 1 {
        left.push(Span::styled(format!("  step {}/{}", position.step, position.steps), ink.dim));
    }
    let elapsed = clock::elapsed(&state.timer, status.now_ms);
    let mut right = Vec::new();
    if let Some(pace) = mirror.plan().and_then(|plan| clock::pace(plan, state, status.now_ms)) {
        right.push(match pace {
            Pace::OnTime => Span::styled("on time  ", ink.good),
            Pace::Ahead(time) => {
                Span::styled(format!("{} ahead  ", clock::minutes(time)), ink.good)
            }
            Pace::Behind(time) => {
                Span::styled(format!("{} behind  ", clock::minutes(time)), ink.bad)
            }
        });
    }
    let is_paused = state.timer.running_since_ms.is_none();
    let timer_style = if is_paused { ink.dim } else { strong };
    let mut timer = clock::minutes(elapsed);
    if let Some(duration) = state.timer.duration_ms.map(std::time::Duration::from_millis) {
        let left = duration.saturating_sub(elapsed);
        let rest = if elapsed > duration {
            format!("{} over", clock::minutes(elapsed.saturating_sub(duration)))
        } else {
            format!("{} left", clock::minutes(left))
        };
        timer = format!("{timer} of {} · {rest}", clock::minutes(duration));
    }
    let paused = if is_paused && !elapsed.is_zero() { " paused" } else { "" };
    right.push(Span::styled(format!("{timer}{paused}"), timer_style));
    right.push(Span::styled(
        format!("  {} ", clock::clock(status.now_ms, status.utc_offset)),
        ink.dim,
    ));
    let right = Line::from(right);
    let width = u16::try_from(right.width()).unwrap_or(u16::MAX).min(area.width);
    let place = Rect { x: area.right() - width, width, ..area };
    let space = usize::from(area.width - width);
    // What comes last is left out first.
    while left.len() > 1 && left.iter().map(Span::width).sum::<usize>() >= space {
        left.pop();
    }
    Line::from(left).render(Rect { width: area.width - width, ..area }, buffer);
    right.render(place, buffer);
}

fn slides(
    mirror: &mut Mirror,
    state: &TalkState,
    panes: &Panes,
    (size, ink): (Size, Ink),
    buffer: &mut Buffer,
) {
    let title = match state.screen.mode.as_str() {
        "question" => "on screen: the question whether code may run",
        "index" => "on screen: the slide index",
        "overview" => "on screen: the overview",
        "help" => "on screen: the keys",
        "problems" => "on screen: the problems",
        "variables" => "on screen: the variables",
        "program" => "on screen · keys go to a program",
        "editor" => "on screen · a block is being edited",
        _ => "on screen",
    };
    let inside = frame(panes.current, title, ink, buffer);
    mirror.draw_current(inside, size.cell, buffer);
    let is_step = mirror.next().is_some_and(|next| next.step.0 > 0);
    let title = if is_step { "next step" } else { "next slide" };
    if panes.next.is_empty() {
        return;
    }
    let inside = frame(panes.next, title, ink, buffer);
    if !mirror.draw_next(inside, size.cell, buffer) {
        let middle = Rect { y: inside.y + inside.height / 2, height: 1, ..inside };
        let middle = middle.intersection(inside);
        Line::styled("the end", ink.dim).centered().render(middle, buffer);
    }
}

/// Draws the upper edge of a pane with its title, and an edge towards a pane at its left; returns the area
/// inside.
fn frame(area: Rect, title: &str, ink: Ink, buffer: &mut Buffer) -> Rect {
    let borders = if area.x > 0 { Borders::TOP | Borders::LEFT } else { Borders::TOP };
    let block = Block::new()
        .borders(borders)
        .border_style(ink.dim)
        .title(Line::styled(format!(" {title} "), ink.dim))
        .style(ink.base);
    let inside = block.inner(area);
    block.render(area, buffer);
    inside
}

/// Says that there are no notes, or marks that there are more.
fn notes_marks(area: Rect, inside: Rect, part: NotesPart, ink: Ink, buffer: &mut Buffer) {
    if part.is_empty {
        let line = Line::styled("no notes here", ink.dim);
        line.render(Rect { height: 1, ..inside }.intersection(inside), buffer);
    }
    let marks = part.marks();
    let width = marks.chars().count() as u16;
    if width > 0 && area.width > width + 2 && area.height > 1 {
        buffer.set_string(area.right() - 1 - width, area.y, marks, ink.base);
    }
}

/// Returns a line for each block and problem.
fn block_lines(state: &TalkState, now_ms: u64, ink: Ink) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut slide = None;
    for block in &state.blocks {
        if slide.replace(block.slide) != Some(block.slide) {
            let is_here = block.slide == state.position.slide;
            let head = if is_here { " this slide" } else { " next slide" };
            lines.push(Line::styled(head, ink.dim));
        }
        lines.extend(block_line(block, now_ms, ink));
    }
    if let Some(count) = problem_count(state) {
        lines.push(Line::styled(format!(" {count}"), ink.dim));
        for problem in &state.problems {
            let style = if problem.is_error { ink.bad } else { ink.look };
            let place = problem.place.rsplit('/').next().unwrap_or_default();
            lines.push(Line::from(vec![
                Span::styled(if problem.is_error { " ✗ " } else { " ! " }, style),
                Span::styled(format!("{place}  "), ink.dim),
                Span::styled(visible_line(&problem.message).into_owned(), ink.base),
            ]));
        }
    }
    lines
}

/// Returns a single line for each block, and one for the problems.
fn short_lines(state: &TalkState, now_ms: u64, ink: Ink) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for block in &state.blocks {
        let (words, symbol, style) = condition(block, now_ms, ink);
        let is_here = block.slide == state.position.slide;
        lines.push(Line::from(vec![
            Span::styled(format!(" {symbol} "), style),
            Span::styled(if is_here { "" } else { "next: " }, ink.dim),
            Span::styled(format!("{} {}  ", block.block, block.language), ink.base),
            Span::styled(words, style),
        ]));
    }
    if let Some(count) = problem_count(state) {
        lines.push(Line::styled(format!(" ! {count}"), ink.look));
    }
    lines
}

/// Returns the rows of a block: what it is, and how ready it is.
fn block_line(block: &BlockReport, now_ms: u64, ink: Ink) -> [Line<'static>; 2] {
    let (words, symbol, style) = condition(block, now_ms, ink);
    let code = visible_line(&block.code).into_owned();
    [
        Line::from(vec![
            Span::styled(format!(" {symbol} "), style),
            Span::styled(format!("{} {}  ", block.block, block.language), ink.base),
            Span::styled(code, ink.dim),
        ]),
        Line::from(vec![Span::raw("   "), Span::styled(words, style)]),
    ]
}

/// Returns the readiness of a block: text, symbol and style.
fn condition(block: &BlockReport, now_ms: u64, ink: Ink) -> (String, &'static str, Style) {
    let (words, urgency) = readiness(block, now_ms);
    let words = visible_line(&words).into_owned();
    match urgency {
        BlockUrgency::Fine if block.status == BlockStatus::NotRun => (words, "◌", ink.dim),
        BlockUrgency::Fine => (words, "✓", ink.good),
        BlockUrgency::Busy => (words, "●", ink.busy),
        BlockUrgency::Look => (words, "!", ink.look),
        BlockUrgency::Broken => (words, "✗", ink.bad),
    }
}

/// Returns the numbers of errors and warnings; none if there are none.
fn problem_count(state: &TalkState) -> Option<String> {
    let errors = state.problems.iter().filter(|problem| problem.is_error).count();
    let count = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        count => Some(format!("{count} {what}s")),
    };
    let counts = [count(errors, "error"), count(state.problems.len() - errors, "warning")];
    let counts: Vec<_> = counts.into_iter().flatten().collect();
    (!counts.is_empty()).then(|| counts.join(", "))
}

fn footer(
    state: &TalkState,
    status: &PageStatus<'_>,
    (area, ink): (Rect, Ink),
    buffer: &mut Buffer,
) {
    let notice = status.notice.or(state.screen.notice.as_deref());
    if let Some(notice) = notice {
        let text = format!(" {} ", visible_line(notice.lines().next().unwrap_or_default()));
        return Line::styled(text, ink.look).render(area, buffer);
    }
    let key = |action| status.keymap.first_of(action);
    let hints = [
        (Action::Next, "next"),
        (Action::Previous, "back"),
        (Action::Execute, "run"),
        (Action::Blank, "blank"),
        (Action::ToggleTimer, "timer"),
        (Action::ToggleHelp, "keys"),
        (Action::Exit, "quit"),
        (Action::ScrollDown, "scroll notes"),
    ];
    let hints = hints.into_iter().filter_map(|(action, word)| Some((key(action)?, word)));
    let mut line = Line::raw(" ");
    for (key, word) in hints {
        let hint = [Span::styled(key, ink.base), Span::styled(format!(" {word}  "), ink.dim)];
        let width: usize = hint.iter().map(Span::width).sum();
        if line.width() + width <= usize::from(area.width) + 2 {
            line.spans.extend(hint);
        }
    }
    line.render(area, buffer);
}

fn write_lines(lines: Vec<Line<'static>>, area: Rect, ink: Ink, buffer: &mut Buffer) {
    let hidden = lines.len().saturating_sub(area.height.into());
    for (line, row) in lines.into_iter().zip(area.rows()) {
        line.render(row, buffer);
    }
    if hidden > 0 && !area.is_empty() {
        let last = Rect { y: area.bottom() - 1, height: 1, ..area };
        view::clear_area(last, ink.base, buffer);
        Line::styled(format!(" … {} more", hidden + 1), ink.dim).render(last, buffer);
    }
}
