//! Benchmark results: a text line below each contender's code, and below the last contender a bar
//! chart of the times. Where there is no space for bars, the chart is text only.

use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::status;
use crate::deck::{Cell, CellId, CodeBlock};
use crate::layout::code::CodeBox;
use crate::layout::flow::Flow;
use crate::layout::key_hints::KeyHints;
use crate::layout::text::{DIM, StyledText};
use crate::layout::wrap;
use crate::run::{CellRun, OPTIMIZED_AWAY, State, Timing};
use crate::theme::{OutputStyle, Padding};

/// Maximum columns of the longest bar.
const MAX_BAR: u16 = 48;

/// Minimum columns for the longest bar; bars are omitted below that.
const MIN_BAR: u16 = 8;

/// Columns between the parts of a row.
const GAP: u16 = 2;

/// Minimum columns of the longest bar, absolute and as a divisor of the chart's width, that are
/// reserved before statements are shown in full.
const RESERVED_BAR: (u16, u16) = (14, 3);

/// Minimum columns for statements; they are omitted below that.
const MIN_STATEMENT: u16 = 8;

/// Partial blocks, in eighths of a cell.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Returns the result of a contender as one line of text.
pub(in crate::layout) fn line(timing: &Timing) -> StyledText {
    let mut text = StyledText::plain("timed ", DIM);
    text.push(&timing.timed, Style::new());
    text.push(&format!(" · {}", timing.words()), DIM);
    if timing.is_empty {
        text.push(&format!(" · {OPTIMIZED_AWAY}"), Style::new());
    }
    text
}

/// Lays out the result of a contender in a box.
pub(in crate::layout) fn words(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    panel: &CodeBox,
    timing: &Timing,
) {
    let top = flow.open();
    let rows: Vec<_> = line(timing).rows(panel.inner().max(1)).collect();
    if !block.no_background {
        let style = flow.context.theme().output.style;
        flow.fill(panel.range.x, top, (panel.range.width, rows.len() as u32), style);
    }
    let mut y = top;
    for row in rows {
        flow.put(panel.x(), y, row);
        y = y.saturating_add(1);
    }
    flow.close(y, 1);
}

/// Lays out the chart below the last contender, at least `columns` wide. Returns `None` for other
/// contenders and before any has run.
pub(in crate::layout) fn chart(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    id: CellId,
    columns: u16,
) -> Option<CodeBox> {
    let contenders = contenders(flow, id)?;
    let padding =
        if block.no_background { Padding::default() } else { flow.context.theme().output.padding };
    let alignment = flow.context.theme().code.alignment;
    let wanted = BenchChart::new(&contenders, u16::MAX).width(MAX_BAR);
    let wanted = wanted.max(columns.saturating_sub(u16::from(padding.horizontal) * 2));
    let panel = CodeBox::aligned(flow, alignment, padding, wanted);
    let top = flow.open();
    let room = flow.room.saturating_sub(top);
    let rows = BenchChart::new(&contenders, panel.inner()).rows(room, &flow.context.theme().output);
    let height = rows.len() as u32;
    let above = if height + panel.above * 2 > room { 0 } else { panel.above };
    if !block.no_background {
        let style = flow.context.theme().output.style;
        flow.fill(panel.range.x, top, (panel.range.width, height + above * 2), style);
    }
    let y = top.saturating_add(above);
    for (row, y) in rows.into_iter().zip(y..) {
        flow.put(panel.x(), y, row);
    }
    flow.close(y.saturating_add(height + above), 1);
    Some(panel)
}

/// Returns the contenders of the chart below this cell, if there is one: those visible on its
/// slide, and others that have run.
fn contenders<'a>(flow: &Flow<'a>, id: CellId) -> Option<Vec<Contender<'a>>> {
    let context = flow.context;
    let deck = context.inputs.deck;
    let own = deck.cell(id)?;
    let is_seen = |cell: &Cell| own.slide != context.inputs.at.slide || context.shows(cell.step);
    let near = |cell: &Cell| cell.slide == own.slide && is_seen(cell);
    let all = || deck.contenders(id);
    if all().filter(|cell| near(cell)).last()?.id != id {
        return None;
    }
    let contender = |cell: &'a Cell| {
        let run = context.run(cell.id).filter(|run| has_begun(run));
        (run.is_some() || near(cell)).then_some(Contender { cell, run, keys: context.inputs.hints })
    };
    let contenders: Vec<_> = all().filter_map(|cell| contender(cell)).collect();
    contenders.iter().any(|contender| contender.run.is_some()).then_some(contenders)
}

fn has_begun(run: &CellRun) -> bool {
    run.is_under_way() || matches!(run.state, State::Ended(_))
}

/// A contender: its cell, and its run once requested.
struct Contender<'a> {
    cell: &'a Cell,
    run: Option<&'a CellRun>,
    keys: &'a KeyHints,
}

impl Contender<'_> {
    fn timing(&self) -> Option<&Timing> {
        self.run.and_then(|run| run.output.timing())
    }

    /// Returns the speed-up over the slowest, or the reason why there is none.
    fn ratio(&self, slowest: f64) -> Option<String> {
        let timing = self.timing()?;
        if self.run.is_some_and(|run| run.stale) {
            return Some("stale".to_owned());
        }
        Some(timing.speedup(slowest).unwrap_or_else(|| "–".to_owned()))
    }

    fn language(&self) -> String {
        let mut letters = self.cell.language.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect()
    }

    /// Returns the status shown in place of a bar.
    fn words(&self) -> String {
        let none = CellRun::default();
        status::words(self.run.unwrap_or(&none), &self.cell.exec, self.keys)
    }
}

/// A chart laid out for a width.
struct BenchChart<'a> {
    contenders: &'a [Contender<'a>],
    room: u16,
    /// Columns of the language, the label (which starts with the language), the time, and the
    /// speed-up with its gap.
    language: u16,
    label: u16,
    time: u16,
    ratio: u16,
    fastest: f64,
    slowest: f64,
}

impl<'a> BenchChart<'a> {
    fn new(contenders: &'a [Contender<'a>], room: u16) -> Self {
        let timings = || contenders.iter().filter_map(Contender::timing);
        let slowest = timings().map(|timing| timing.median).fold(0.0, f64::max);
        // An optimized-away contender cannot win.
        let runners = timings().filter(|timing| !timing.is_empty);
        let fastest = runners.map(|timing| timing.median).fold(f64::INFINITY, f64::min);
        let language = longest(contenders.iter().map(Contender::language));
        let timed = longest(timings().map(|timing| timing.timed.to_string()));
        let time = longest(timings().map(Timing::median_text));
        let ratio =
            GAP + longest(contenders.iter().filter_map(|contender| contender.ratio(slowest)));
        let ratio = if timings().count() > 1 { ratio } else { 0 };
        let mut chart =
            Self { contenders, room, language, label: language, time, ratio, fastest, slowest };
        let statement = if timed > 0 { timed.saturating_add(GAP) } else { 0 };
        let whole = language.saturating_add(statement);
        let fair = RESERVED_BAR.0.max(room / RESERVED_BAR.1);
        let more = room.saturating_sub(chart.width(fair));
        if more >= MIN_STATEMENT {
            chart.label = whole.min(language.saturating_add(more));
        }
        chart
    }

    /// Returns the total columns for this length of the longest bar.
    fn width(&self, bar: u16) -> u16 {
        let parts = [self.label, GAP, bar, GAP, self.time, self.ratio];
        parts.into_iter().fold(0, u16::saturating_add)
    }

    /// Returns all rows: each bar beside its numbers; in fewer columns below them, if there are
    /// enough rows; or else text only.
    fn rows(&self, room: u32, theme: &OutputStyle) -> Vec<(Line<'static>, u16)> {
        let bar = self.room.saturating_sub(self.width(0));
        let below = self.width(0) - GAP;
        let cut = |row: StyledText| (row.cut(self.room), self.room);
        if bar >= MIN_BAR {
            self.contenders.iter().map(|contender| cut(self.row(contender, bar, theme))).collect()
        } else if below <= self.room && self.contenders.len() as u32 * 2 <= room {
            let below =
                |contender| [Some(self.row(contender, 0, theme)), self.bar(contender, theme)];
            self.contenders.iter().flat_map(below).flatten().map(cut).collect()
        } else {
            let text_rows = |contender| {
                self.text_row(contender, theme).rows(self.room.max(1)).collect::<Vec<_>>()
            };
            self.contenders.iter().flat_map(text_rows).collect()
        }
    }

    /// Returns a contender's bar as a row of its own.
    fn bar(&self, contender: &Contender<'_>, theme: &OutputStyle) -> Option<StyledText> {
        let timing = contender.timing()?;
        let (colour, _) = self.styles(contender, timing, theme);
        Some(StyledText::plain(&draw_bar(timing.median / self.slowest, self.room), colour))
    }

    /// Returns a contender's row, with `bar` columns for the slowest contender's bar. Without a
    /// bar, the numbers are right-aligned.
    fn row(&self, contender: &Contender<'_>, bar: u16, theme: &OutputStyle) -> StyledText {
        let mut row = self.head(contender);
        let Some(timing) = contender.timing() else {
            row.push(&contender.words(), style_of(contender, theme));
            return row;
        };
        let (colour, number_style) = self.styles(contender, timing, theme);
        if bar > 0 {
            row.push(&draw_bar(timing.median / self.slowest, bar), colour);
        }
        let numbers = self.time + self.ratio;
        let rest = self.room.saturating_sub(row.width() + numbers);
        row.push(&" ".repeat(rest.into()), Style::new());
        row.push(&right(&timing.median_text(), self.time), number_style);
        if let Some(ratio) = contender.ratio(self.slowest).filter(|_| self.ratio > 0) {
            row.push(&right(&ratio, self.ratio), number_style);
        }
        row
    }

    /// Returns a contender's row as text only.
    fn text_row(&self, contender: &Contender<'_>, theme: &OutputStyle) -> StyledText {
        let mut row = StyledText::plain(&contender.language(), Style::new());
        row.push(" ", Style::new());
        let Some(timing) = contender.timing() else {
            row.push(&contender.words(), style_of(contender, theme));
            return row;
        };
        let (_, number_style) = self.styles(contender, timing, theme);
        row.push(&timing.median_text(), number_style);
        if let Some(ratio) = contender.ratio(self.slowest).filter(|_| self.ratio > 0) {
            row.push(&format!(" {ratio}"), number_style);
        }
        row
    }

    /// Returns the styles of a contender's bar and numbers.
    fn styles(
        &self,
        contender: &Contender<'_>,
        timing: &Timing,
        theme: &OutputStyle,
    ) -> (Style, Style) {
        let is_fastest = self.ratio > 0 && !timing.is_empty && timing.median <= self.fastest;
        let colour = if is_fastest { theme.success } else { theme.running };
        if contender.run.is_some_and(|run| run.stale) {
            (colour.patch(DIM), DIM)
        } else if is_fastest {
            (colour, Style::new().add_modifier(Modifier::BOLD))
        } else {
            (colour, Style::new())
        }
    }

    /// Returns the label of a row.
    fn head(&self, contender: &Contender<'_>) -> StyledText {
        let mut label = StyledText::plain(&contender.language(), Style::new());
        if let Some(timing) = contender.timing().filter(|_| self.label > self.language) {
            let blanks = self.language - label.width() + GAP;
            label.push(&" ".repeat(blanks.into()), Style::new());
            label.push(&timing.timed, DIM);
        }
        let mut row = StyledText::from_line(&label.cut(self.label));
        let rest = self.label.saturating_sub(row.width()) + GAP;
        row.push(&" ".repeat(rest.into()), Style::new());
        row
    }
}

/// Returns the columns of the longest text.
fn longest(texts: impl Iterator<Item = String>) -> u16 {
    texts.map(|text| wrap::columns(&text)).max().unwrap_or(0)
}

fn right(text: &str, columns: u16) -> String {
    let blanks = columns.saturating_sub(wrap::columns(text));
    " ".repeat(blanks.into()) + text
}

/// Returns the style of a contender without a bar.
fn style_of(contender: &Contender<'_>, theme: &OutputStyle) -> Style {
    contender.run.map_or(theme.not_started, |run| status::style_of(theme, run))
}

/// Draws a bar that covers this share of `columns` columns, and at least an eighth of one.
#[expect(clippy::cast_sign_loss, reason = "a share is from 0 to 1")]
fn draw_bar(share: f64, columns: u16) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let eighths = (share * f64::from(columns) * 8.0).round() as usize;
    let eighths = eighths.max(1);
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;

    use super::*;
    use crate::deck::{ExecSpec, SlideNo, Step};
    use crate::layout::Item;
    use crate::layout::tests::{Fixture, cell_of};
    use crate::run::{Outcome, OutputValue, RunId, SessionLink};

    fn timing(timed: &str, median: f64) -> Timing {
        let (low, high) = (median * 0.97, median * 1.02);
        let (calls, samples, total) = (3_257, 50, 1.02e9);
        Timing { timed: timed.into(), calls, samples, total, median, low, high, is_empty: false }
    }

    /// Creates a run that took this many nanoseconds per call.
    fn took(timed: &str, median: f64) -> CellRun {
        let mut run = ended(Outcome::Exited(0));
        run.output.show(OutputValue::Timing(timing(timed, median)));
        run
    }

    fn ended(outcome: Outcome) -> CellRun {
        CellRun { run: RunId(1), state: State::Ended(outcome), ..CellRun::default() }
    }

    /// Creates a slide with a contender in each of these languages.
    fn bench(languages: &[&str]) -> Fixture {
        let blocks = (0..).zip(languages).map(|(id, _)| cell_of(id, "f(10_000)")).collect();
        let mut fixture = Fixture::new(blocks).size(80, 24);
        let cell = |(id, language): (u32, &&str)| {
            let exec = ExecSpec { bench: Some("f".into()), ..ExecSpec::default() };
            let id = CellId(id);
            Arc::new(Cell { id, language: (*language).into(), exec, ..Cell::default() })
        };
        fixture.deck.cells = (0..).zip(languages).map(cell).collect();
        fixture
    }

    fn done() -> Fixture {
        let python = took("primes(10_000)", 20.3e6);
        bench(&["python", "rust"]).run(python).run_of(1, took("primes(10_000)", 307e3))
    }

    #[test]
    fn chart_is_below_the_last_contender() {
        insta::assert_snapshot!(done().body());
    }

    #[test]
    fn chart_grows_as_contenders_finish() {
        let waits = SessionLink { waits: true, ..SessionLink::default() };
        let queued =
            CellRun { state: State::Queued, wanted: true, link: waits, ..CellRun::default() };
        let failed = ended(Outcome::Raised);
        let contenders =
            bench(&["python", "rust", "python", "rust"]).run(took("f(10_000)", 20.3e6));
        let contenders =
            contenders.run_of(1, failed).run_of(2, queued).run_of(3, CellRun::default());
        insta::assert_snapshot!(bars(&contenders.body()), @"
        Python  f(10_000)  ████████████████████████████████████████  20.3 ms
        Rust               failed: exception · 0.0 ms
        Python             queued
        Rust               not run · ctrl-e
        ");
        let mut empty = timing("1 + 1", 2.0);
        empty.is_empty = true;
        let mut nothing = ended(Outcome::Exited(0));
        nothing.output.show(OutputValue::Timing(empty));
        let mut stale = took("f(9)", 2e6);
        stale.stale = true;
        let contenders = contenders.run_of(1, nothing).run_of(2, stale);
        insta::assert_snapshot!(bars(&contenders.body()), @"
        Python  f(10_000)  █████████████████████████████████  20.3 ms     1×
        Rust    1 + 1      ▏                                  2.00 ns      –
        Python  f(9)       ███▎                               2.00 ms  stale
        Rust               not run · ctrl-e
        ");
    }

    /// Returns the rows of the chart.
    fn bars(body: &str) -> String {
        let rows = body.lines().rev().skip_while(|row| row.trim().is_empty());
        let mut rows: Vec<_> = rows.take_while(|row| !row.trim().is_empty()).collect();
        rows.reverse();
        rows.join("\n")
    }

    #[rstest]
    #[case(60, 40)]
    #[case(44, 40)]
    #[case(38, 40)]
    #[case(38, 12)]
    #[case(30, 40)]
    #[case(12, 40)]
    #[case(1, 40)]
    fn narrow_charts_show_less(#[case] columns: u16, #[case] rows: u16) {
        insta::with_settings!({snapshot_suffix => format!("{columns}x{rows}")}, {
            insta::assert_snapshot!(bars(&done().size(columns, rows).body()));
        });
    }

    #[test]
    fn extreme_recorded_times_can_be_drawn() {
        for (length, median) in [(70_000, 1.0), (5, 1e300), (5, 0.0), (5, -1.0), (5, 5e-324)] {
            let strange = took(&"x".repeat(length), median);
            let contenders = bench(&["python", "rust"]).run(strange.clone());
            let body = contenders.run_of(1, took("f", 20.0)).body();
            assert!(body.contains("Rust"), "{body}");
        }
    }

    #[test]
    fn fastest_contender_has_the_success_colour() {
        let mut empty = timing("1 + 1", 2.0);
        empty.is_empty = true;
        let mut nothing = ended(Outcome::Exited(0));
        nothing.output.show(OutputValue::Timing(empty));
        let contenders = bench(&["python", "rust", "rust"]).run(took("f(9)", 20.3e6));
        let contenders = contenders.run_of(1, took("f(9)", 307e3)).run_of(2, nothing);
        let scene = contenders.scene();
        let theme = contenders.with(|inputs| inputs.theme.output.clone());
        let bars = scene.body.iter().filter_map(|placed| match &placed.item {
            Item::Text(line) => line
                .spans
                .iter()
                .find(|span| span.content.contains(['█', '▏', '▎', '▍', '▌', '▋', '▊', '▉']))
                .filter(|span| span.content != "▍"),
            _ => None,
        });
        let styles: Vec<_> = bars.map(|span| span.style).collect();
        assert_eq!(styles, [theme.running, theme.success, theme.running]);
    }

    #[test]
    fn contenders_on_other_slides_appear_once_run() {
        let mut contenders = bench(&["python", "rust"]);
        contenders.deck.slides[0].blocks.truncate(1);
        let other = Arc::make_mut(&mut contenders.deck.cells[1]);
        other.slide = SlideNo::new(1);
        let contenders = contenders.run(took("f(1)", 20.3e6));
        assert!(!contenders.body().contains("Rust"), "{}", contenders.body());
        assert!(contenders.run_of(1, took("f(1)", 3e3)).body().contains("Rust"));
    }

    #[test]
    fn chart_is_below_the_last_visible_contender() {
        let mut contenders = done();
        Arc::make_mut(&mut contenders.deck.cells[1]).step = Step(3);
        contenders.deck.slides[0].blocks[1].step = Step(3);
        assert!(bars(&contenders.body()).contains("Rust"));
        let before = contenders.step(0).body();
        assert!(bars(&before).contains("Python  "), "{before}");
    }

    #[test]
    fn no_chart_before_the_first_run() {
        assert!(!bench(&["python", "rust"]).body().contains("Python"));
    }
}
